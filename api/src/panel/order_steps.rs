//! An order's way as a list of steps, each with how it stands and what proves it.

use super::words::Words;
use crate::rest::{
    after_sale::{InvoiceView, ParcelView},
    orders::OrderDetail,
};

/// One step of the way.
pub(super) struct Step {
    /// Its name in texts.
    pub(super) key: &'static str,
    /// `good`, `busy`, `warn`, `bad` or `idle`.
    pub(super) state: &'static str,
    /// When it was done, milliseconds since 1970.
    pub(super) at_ms: Option<i64>,
    /// What proves it, or what it waits for.
    pub(super) facts: Vec<String>,
}

impl Step {
    fn new(key: &'static str, state: &'static str, at_ms: Option<i64>) -> Self {
        Self { key, state, at_ms, facts: Vec::new() }
    }
}

/// The whole way of an order.
pub(super) fn steps(w: Words, o: &OrderDetail) -> Vec<Step> {
    let mut way = vec![bought(w, o), checked(w, o), booked(w, o), invoiced(w, o), minted(w, o)];
    way.push(told(w, o));
    way.push(delivered(w, o));
    way.extend(returned(w, o));
    if o.order.channel_state == "not_fulfilled" {
        // What has not happened will not happen any more.
        for step in way.iter_mut().filter(|step| step.state != "good") {
            *step = Step::new(step.key, "idle", None);
        }
        let mut cancelled = Step::new("cancelled", "warn", Some(o.order.updated_ms));
        cancelled.facts.extend(o.after_sale.cancellation.iter().map(|asked| asked.reason.clone()));
        way.push(cancelled);
    }
    way
}

fn bought(w: Words, o: &OrderDetail) -> Step {
    let mut step = Step::new("bought", "good", Some(o.order.placed_ms));
    step.facts.push(w.x("fact-order", &o.order.id));
    step.facts.push(w.of("channel-state", o.order.channel_state));
    step.facts.push(w.x("fact-seen", w.moment(o.order.seen_ms)));
    step
}

fn checked(w: Words, o: &OrderDetail) -> Step {
    if let Some(held) = &o.order.held {
        let mut step = Step::new("checked", "warn", None);
        step.facts.push(held.text.clone());
        return step;
    }
    let Some(sale) = &o.sale else { return Step::new("checked", "busy", None) };
    let mut step = Step::new("checked", "good", None);
    for line in &sale.lines {
        step.facts.push(format!("{} × {}", line.quantity, line.sku));
    }
    step.facts.push(w.money(&sale.total.amount, sale.total.currency));
    step.facts.push(
        w.x("fact-rate", format!("{} ({})", w.number(&sale.ron_per_unit), w.day_of(&sale.rate_published))),
    );
    step
}

fn booked(w: Words, o: &OrderDetail) -> Step {
    let (state, told) = match o.order.stage {
        "arrived" | "held" => ("idle", None),
        "ready" => ("busy", Some("book-ready")),
        "sending" => ("busy", Some("book-sending")),
        "imported" => ("busy", Some("book-imported")),
        "unknown" => ("bad", Some("book-unknown")),
        _ if o.order.document.is_none() => ("idle", None),
        _ => ("good", Some("book-proven")),
    };
    let proven_ms = || {
        let read = o.journal.iter().filter(|entry| entry.cause == "erp_read");
        read.map(|entry| entry.at_ms).min()
    };
    let mut step = Step::new("booked", state, if state == "good" { proven_ms() } else { None });
    if let Some(document) = &o.order.document {
        step.facts.push(w.x("fact-document", format!("{} {}", document.booklet, document.number)));
        step.facts.push(w.x("fact-dated", w.day_of(&document.date)));
    }
    step.facts.extend(told.map(|name| match name {
        "book-ready" => w.t("book-ready"),
        "book-sending" => w.t("book-sending"),
        "book-imported" => w.t("book-imported"),
        "book-unknown" => w.t("book-unknown"),
        _ => w.t("book-proven"),
    }));
    step
}

fn invoiced(w: Words, o: &OrderDetail) -> Step {
    let invoices: Vec<&InvoiceView> = o.after_sale.invoices.iter().filter(|paper| !paper.storno).collect();
    if invoices.is_empty() {
        let waits = o.order.stage == "booked";
        let mut step = Step::new("invoiced", if waits { "busy" } else { "idle" }, None);
        if waits {
            step.facts.push(w.t("invoice-waits"));
            step.facts.extend(o.after_sale.invoices_read_ms.map(|ms| w.x("fact-read", w.moment(ms))));
        }
        return step;
    }
    let kept_ms = invoices.iter().filter_map(|paper| paper.file.as_ref()).map(|file| file.kept_ms).max();
    let mut step = Step::new("invoiced", if kept_ms.is_some() { "good" } else { "busy" }, kept_ms);
    for paper in invoices {
        step.facts.push(format!("{} {}, {}", paper.series, paper.number, w.day_of(&paper.date)));
        step.facts.push(w.money(&paper.total.amount, paper.total.currency));
        step.facts.push(paper.text.to_owned());
    }
    step
}

fn parcel_state(parcel: &ParcelView) -> &'static str {
    match parcel.stage {
        "minted" => "good",
        "held" => "warn",
        "unknown" | "undecided" => "bad",
        _ => "busy",
    }
}

/// The state of all is that of the one that needs most.
fn worst(states: impl Iterator<Item = &'static str>) -> &'static str {
    let rank = |state: &str| ["good", "idle", "busy", "warn", "bad"].iter().position(|name| *name == state);
    states.max_by_key(|state| rank(state)).unwrap_or("idle")
}

fn minted(w: Words, o: &OrderDetail) -> Step {
    let parcels = &o.after_sale.parcels;
    let mut step = Step::new("minted", worst(parcels.iter().map(parcel_state)), None);
    for parcel in parcels {
        let waybill = parcel.tracking.as_ref().map(|way| format!("{} {}", way.carrier, way.number));
        let standing = w.of("parcel", parcel.stage);
        let standing = waybill.unwrap_or(standing);
        step.facts.push(format!("{}: {standing}", w.n("parcel-number", parcel.number)));
        step.facts.extend(parcel.held.clone());
        if parcel.label {
            step.facts.push(w.t("label-kept"));
        }
    }
    for spare in &o.after_sale.spare_waybills {
        step.state = "bad";
        step.facts.push(w.x("waybill-spare", format!("{} {}", spare.carrier, spare.number)));
    }
    step
}

fn told(w: Words, o: &OrderDetail) -> Step {
    let told = &o.after_sale.fulfilment;
    let state = match () {
        () if told.done => "good",
        () if told.refused.is_some() => "warn",
        () if o.after_sale.step.code == "step_fulfil" => "busy",
        () => "idle",
    };
    let mut step = Step::new("told", state, None);
    step.facts.extend(told.refused.clone());
    for way in &told.shown {
        step.facts.push(w.x("fact-shown", format!("{} {}", way.carrier, way.number)));
    }
    step
}

fn delivered(w: Words, o: &OrderDetail) -> Step {
    let state = |parcel: &ParcelView| match parcel.milestone {
        "delivered" => "good",
        "announced" if parcel.scans.is_empty() => "idle",
        "exception" | "damaged" | "returned" | "lost" => "warn",
        _ => "busy",
    };
    let parcels = &o.after_sale.parcels;
    let mut step = Step::new("delivered", worst(parcels.iter().map(state)), None);
    for scan in parcels.iter().filter_map(|parcel| parcel.scans.last()) {
        let (day, time) = scan.at.split_once('T').unwrap_or((&scan.at, ""));
        step.facts.push(format!("{} {time}: {}", w.day_of(day), scan.text));
    }
    if step.facts.is_empty() && step.state == "busy" {
        step.facts.push(w.t("parcel-moves"));
    }
    step
}

fn returned(w: Words, o: &OrderDetail) -> Option<Step> {
    let back = &o.after_sale.returned;
    let state = match back.state {
        "open" => "warn",
        "reconciled" => "good",
        _ => return None,
    };
    let mut step = Step::new("returned", state, None);
    step.facts.push(w.n("return-received", back.received));
    step.facts.push(w.n("return-credited", back.credited));
    Some(step)
}
