//! Overview: the six flows as a picture, what needs me, today's orders. The same parts, live.

use askama::Template;
use axum::{extract::State, response::Response};
use tracing::error;
use vortex_domain::VendorId;

use super::{
    frame::{self, Frame},
    live::Part,
    words::Words,
};
use crate::{
    auth::Scope,
    problem::ApiError,
    rest::{
        overview::{self, Bar, Overview},
        vendors::FlowView,
    },
    state::ApiState,
};

/// Items that are shown.
const SHOWN: usize = 5;
/// A flow whose start is overdue for so long is late, milliseconds.
const LATE_MS: i64 = 120_000;

/// One of the six flows, as a lane of the picture.
pub(super) struct Lane {
    /// Its name in texts and icons.
    key: &'static str,
    /// `right` or `left`, as it is drawn.
    way: &'static str,
    /// `good`, `busy`, `late`, `bad` or `idle`.
    state: &'static str,
    last_success_ms: Option<i64>,
    next_ms: Option<i64>,
    looked_at: u64,
    changed: u64,
    stopped: Option<String>,
    depth: i64,
    oldest_ms: Option<i64>,
}

/// Which flows and queues of the engine make a lane.
struct Plan {
    key: &'static str,
    way: &'static str,
    flows: &'static [&'static str],
    queues: &'static [&'static str],
}

const GOODS: [Plan; 4] = [
    Plan { key: "catalogue", way: "right", flows: &["catalog"], queues: &[] },
    Plan { key: "stock", way: "right", flows: &["stock", "publish"], queues: &["publish", "verdict"] },
    Plan {
        key: "orders",
        way: "left",
        flows: &["orders", "booking"],
        queues: &["inbox", "book", "accept", "cancel"],
    },
    Plan { key: "invoices", way: "right", flows: &["invoices"], queues: &["attach"] },
];
const PARCELS: [Plan; 2] = [
    Plan { key: "shipping", way: "right", flows: &["shipping"], queues: &["ship"] },
    Plan { key: "tracking", way: "left", flows: &["tracking", "commands"], queues: &["fulfil"] },
];

impl Lane {
    fn new(plan: &Plan, overview: &Overview) -> Self {
        let mine = |flow: &&FlowView| plan.flows.contains(&flow.flow.as_str());
        let flows: Vec<&FlowView> = overview.flows.iter().filter(mine).collect();
        let queues = overview.queues.iter().filter(|queue| plan.queues.contains(&queue.queue.as_str()));
        let (depth, oldest_ms) = queues.fold((0, None::<i64>), |(depth, oldest), queue| {
            let oldest = oldest.into_iter().chain(queue.oldest_ms).min();
            (depth + queue.depth, oldest)
        });
        let reports = || flows.iter().filter_map(|flow| flow.last.as_ref());
        let stopped = reports().find_map(|report| report.stopped.clone());
        // A lane is as good as its worst flow.
        let last_success_ms = flows.iter().map(|flow| flow.last_success_ms).min().flatten();
        let next_ms = flows.iter().filter_map(|flow| flow.next_ms).min();
        let state = match () {
            () if flows.is_empty() => "idle",
            () if stopped.is_some() => "bad",
            () if next_ms.is_some_and(|next_ms| overview.now_ms - next_ms > LATE_MS) => "late",
            () if flows.iter().any(|flow| flow.running) => "busy",
            () if last_success_ms.is_none() => "idle",
            () => "good",
        };
        Self {
            key: plan.key,
            way: plan.way,
            state,
            last_success_ms,
            next_ms,
            looked_at: reports().map(|report| report.looked_at).sum(),
            changed: reports().map(|report| report.changed).sum(),
            stopped,
            depth,
            oldest_ms,
        }
    }
}

/// A column of a chart, drawn.
pub(super) struct Column {
    x: usize,
    y: i64,
    height: i64,
    orders: i64,
    label: String,
}

/// What is drawn and told.
pub(super) struct Glance {
    w: Words,
    base: String,
    o: Overview,
    goods: Vec<Lane>,
    parcels: Vec<Lane>,
    hours: Vec<Column>,
    days: Vec<Column>,
}

/// Height of a chart's columns at most.
const CHART_HEIGHT: i64 = 72;
/// From column to column.
const PITCH: usize = 12;

fn columns(bars: &[Bar], label: impl Fn(i64) -> String) -> Vec<Column> {
    let most = bars.iter().map(|bar| bar.orders).max().unwrap_or(0).max(1);
    let column = |(place, bar): (usize, &Bar)| {
        // What is not nothing is seen.
        let height = if bar.orders == 0 { 2 } else { (bar.orders * CHART_HEIGHT / most).max(4) };
        Column {
            x: place * PITCH,
            y: CHART_HEIGHT - height,
            height,
            orders: bar.orders,
            label: label(bar.from_ms),
        }
    };
    bars.iter().enumerate().map(column).collect()
}

impl Glance {
    async fn read(state: &ApiState, vendor: &VendorId, w: Words) -> Result<Self, ApiError> {
        let o = overview::read(state, vendor, w.reader).await?;
        let lanes = |plans: &[Plan]| plans.iter().map(|plan| Lane::new(plan, &o)).collect();
        Ok(Self {
            w,
            base: format!("/v/{vendor}"),
            goods: lanes(&GOODS),
            parcels: lanes(&PARCELS),
            hours: columns(&o.hours, |ms| w.time(ms, o.now_ms)),
            days: columns(&o.days, |ms| w.date(ms)),
            o,
        })
    }

    fn needs(&self) -> &[overview::StakedItem] {
        &self.o.attention[..self.o.attention.len().min(SHOWN)]
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    f: Frame,
    g: Glance,
}

#[derive(Template)]
#[template(path = "overview_flows.html")]
struct FlowsPart<'g> {
    g: &'g Glance,
}

#[derive(Template)]
#[template(path = "overview_needs.html")]
struct NeedsPart<'g> {
    g: &'g Glance,
}

#[derive(Template)]
#[template(path = "overview_today.html")]
struct TodayPart<'g> {
    g: &'g Glance,
}

#[derive(Template)]
#[template(path = "overview_charts.html")]
struct ChartsPart<'g> {
    g: &'g Glance,
}

/// The overview.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
) -> Result<Response, ApiError> {
    let g = Glance::read(&state, &scope.vendor, f.w).await?;
    frame::page(&state, &OverviewPage { f: f.at("overview"), g })
}

/// What of it stays true by itself.
pub(super) async fn parts(state: &ApiState, vendor: &VendorId, w: Words) -> Result<Vec<Part>, ApiError> {
    let g = Glance::read(state, vendor, w).await?;
    Ok(vec![
        part("flows", &FlowsPart { g: &g })?,
        part("needs", &NeedsPart { g: &g })?,
        part("today", &TodayPart { g: &g })?,
        part("charts", &ChartsPart { g: &g })?,
        Part { id: "waiting", html: if g.o.waiting > 0 { g.w.number(g.o.waiting) } else { String::new() } },
    ])
}

fn part(id: &'static str, template: &impl Template) -> Result<Part, ApiError> {
    let html = template.render().map_err(|failure| {
        error!(error = %failure, part = id, "A part of a page could not be rendered");
        ApiError::Internal
    })?;
    Ok(Part { id, html })
}
