//! Group commit: fold, write about one statement per table, leave out what conflicts, say what became of each change.

use std::collections::VecDeque;

use tracing::warn;
use vortex_domain::order::{Errand, Order};

use super::{
    SqlStore, corrupt,
    transaction::{Done, Failure, Texts, Work, missing},
};
use crate::{
    db::{Link, Val},
    plan::{Guard, Guarded, Plan, Verdicts, language_code},
    rows::{EffectKind, FileKind, OrderRow, PickupRow, ReservationState, SkuRow, Write},
    statements as sql,
    store::{CommitError, Verdict},
};

impl EffectKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Publish, Self::Verdict, Self::Pickup].into_iter().chain(Errand::ALL.map(Self::Order))
    }

    /// Stands there by rhythm for as long as its order lives: no backlog.
    pub fn is_routine(self) -> bool {
        matches!(self, Self::Order(Errand::Track | Errand::Invoice | Errand::Radar | Errand::Collect))
    }

    /// The kind's name in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Verdict => "verdict",
            Self::Order(Errand::Book) => "book",
            Self::Order(Errand::Accept) => "accept",
            Self::Order(Errand::Cancel) => "cancel",
            Self::Order(Errand::Ship) => "ship",
            Self::Order(Errand::Track) => "track",
            Self::Order(Errand::Fulfil) => "fulfil",
            Self::Order(Errand::Invoice) => "invoice",
            Self::Order(Errand::Attach) => "attach",
            Self::Order(Errand::Radar) => "radar",
            Self::Order(Errand::Collect) => "collect",
            Self::Pickup => "pickup",
        }
    }
}

impl FileKind {
    /// The kind's name in the database and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Papers => "papers",
            Self::Invoice => "invoice",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Label, Self::Papers, Self::Invoice].into_iter().find(|kind| kind.name() == name)
    }
}

impl ReservationState {
    pub(crate) fn rank(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Booked => 1,
            Self::Ended => 2,
        }
    }

    pub(crate) fn of_rank(rank: i64) -> Option<Self> {
        [Self::Open, Self::Booked, Self::Ended].into_iter().find(|state| state.rank() == rank)
    }
}

impl SqlStore {
    /// See [`crate::Store::commit`]. One transaction, unless the data of a change are refused: then the halves of the group
    /// are committed one after the other until the guilty change stands alone.
    pub(crate) async fn commit_group(&self, changes: &[Vec<Write>]) -> Result<Vec<Verdict>, CommitError> {
        let mut verdicts = Verdicts::open(changes.len());
        let mut parts = VecDeque::new();
        parts.push_back(0..changes.len());
        let mut committed_some = false;
        while let Some(part) = parts.pop_front() {
            let fitting = verdicts.fitting(changes, part.clone());
            if fitting.is_empty() {
                continue;
            }
            let mut plan = match Plan::of(changes, &fitting) {
                Ok(plan) => plan,
                Err(guilty) => {
                    verdicts.refuse(changes, guilty);
                    parts.push_front(part);
                    continue;
                }
            };
            plan.seal(&self.file_key)
                .map_err(|why| CommitError::NotCommitted(corrupt("file", "new", why)))?;
            match self.transact(&Work::Plan(&plan)).await {
                Ok(Done::Committed(_)) => {
                    verdicts.settle(part);
                    committed_some = true;
                }
                Ok(Done::Refused(guilty)) => {
                    for index in guilty {
                        verdicts.refuse(changes, index);
                    }
                    parts.push_front(part);
                }
                Err(Failure::Data(error)) => {
                    if let [guilty] = fitting[..] {
                        warn!(%error, "The database refused a change for its data; it is left out");
                        verdicts.refuse(changes, guilty);
                    } else {
                        // Halves of what is still open, so that each round gets closer to the guilty one.
                        let middle = fitting[fitting.len() / 2];
                        parts.push_front(middle..part.end);
                        parts.push_front(part.start..middle);
                    }
                }
                // Part of the group is on disk: the whole must not be called "not committed".
                Err(Failure::NotCommitted(error)) if committed_some => {
                    return Err(Failure::Unknown(error).into_commit_error("committing the rest of a group"));
                }
                Err(failure) => return Err(failure.into_commit_error("committing a group of changes")),
            }
        }
        Ok(verdicts.into_all())
    }
}

/// Appends one row's values.
macro_rules! row {
    ($values:ident: $($value:expr),+ $(,)?) => { $values.extend([$(Val::from($value)),+]) };
}

impl Plan<'_> {
    /// Writes everything, tables in one fixed order; the changes whose guards do not hold (then the rest is not written).
    pub(crate) async fn write(&self, link: &mut Link<'_>) -> Result<Vec<usize>, sqlx::Error> {
        let mut refused = self.write_skus(link).await?;
        refused.extend(self.write_orders(link).await?);
        refused.extend(self.write_pickups(link).await?);
        if !refused.is_empty() {
            return Ok(refused);
        }
        self.write_work(link).await?;
        self.write_attention(link).await?;
        self.write_records(link).await?;
        Ok(Vec::new())
    }

    async fn write_skus(&self, link: &mut Link<'_>) -> Result<Vec<usize>, sqlx::Error> {
        let (mut new, mut next) = (Vec::new(), Vec::new());
        for guard in &self.skus.rows {
            let row = guard.row;
            let (vendor, sku) = (row.vendor.as_str(), row.state.sku.as_str());
            if guard.expected == 0 {
                row!(new: vendor, sku);
            } else {
                row!(next: vendor, sku, guard.expected);
            }
            let values = if guard.expected == 0 { &mut new } else { &mut next };
            row!(values: row.version, row.article_print, row.stock_print, row.at_ms, guard.state.as_str());
        }
        let came = insert_and_update(link, (&sql::SKU_NEW, &new), (&sql::SKU_NEXT, &next)).await?;
        let key = |guard: &Guard<'_, SkuRow>| {
            (Guarded::Sku(guard.row.vendor.clone(), guard.row.state.sku.clone()), guard.change)
        };
        Ok(missing(self.skus.rows.iter().map(key), &came))
    }

    async fn write_orders(&self, link: &mut Link<'_>) -> Result<Vec<usize>, sqlx::Error> {
        let (mut new, mut next) = (Vec::new(), Vec::new());
        for guard in &self.orders.rows {
            let row = guard.row;
            let (vendor, id) = (row.vendor.as_str(), row.state.id.as_str());
            if guard.expected == 0 {
                row!(new: vendor, id);
            } else {
                row!(next: vendor, id, guard.expected);
            }
            let values = if guard.expected == 0 { &mut new } else { &mut next };
            let columns = OrderColumns::of(&row.state);
            row!(values: row.version, columns.stage, columns.closed, columns.document_number, row.state.seen_ms,
                columns.deadline_ms, columns.market, columns.basket, row.state.channel.created_at_ms,
                columns.gross_minor, row.at_ms, guard.state.as_str());
        }
        let came = insert_and_update(link, (&sql::ORDER_NEW, &new), (&sql::ORDER_NEXT, &next)).await?;
        let key = |guard: &Guard<'_, OrderRow>| {
            (Guarded::Order(guard.row.vendor.clone(), guard.row.state.id.clone()), guard.change)
        };
        Ok(missing(self.orders.rows.iter().map(key), &came))
    }

    async fn write_pickups(&self, link: &mut Link<'_>) -> Result<Vec<usize>, sqlx::Error> {
        let (mut new, mut next) = (Vec::new(), Vec::new());
        for guard in &self.pickups.rows {
            let row = guard.row;
            let (vendor, id) = (row.vendor.as_str(), row.state.id.as_str());
            if guard.expected == 0 {
                row!(new: vendor, id, row.version, row.at_ms, guard.state.as_str());
            } else {
                row!(next: vendor, id, guard.expected, row.version, row.at_ms, guard.state.as_str());
            }
        }
        let came = insert_and_update(link, (&sql::PICKUP_NEW, &new), (&sql::PICKUP_NEXT, &next)).await?;
        let key = |guard: &Guard<'_, PickupRow>| {
            (Guarded::Pickup(guard.row.vendor.clone(), guard.row.state.id.clone()), guard.change)
        };
        Ok(missing(self.pickups.rows.iter().map(key), &came))
    }

    /// Marks, reservations, effects, inbox, cursors, content, stray returns.
    async fn write_work(&self, link: &mut Link<'_>) -> Result<(), sqlx::Error> {
        let (mut marks, mut unmarked) = (Vec::new(), Vec::new());
        for ((vendor, mark, order), stands) in &self.marks.rows {
            let values = if *stands { &mut marks } else { &mut unmarked };
            row!(values: vendor.as_str(), mark.kind.name(), mark.value.as_str(), order.as_str());
        }
        link.run(&sql::UNMARK, &unmarked).await?;
        link.run(&sql::MARK, &marks).await?;

        let mut values = Vec::new();
        for r in &self.reservations.rows {
            row!(values: r.vendor.as_str(), r.order.as_str(), r.sku.as_str(), r.qty, r.state.rank(), r.since_ms);
        }
        link.run(&sql::RESERVATION, &values).await?;

        let (mut done, mut wishes) = (Vec::new(), Vec::new());
        for fate in &self.effects.rows {
            let (vendor, kind) = (fate.vendor.as_str(), fate.kind.name());
            if fate.done {
                row!(done: vendor, kind, fate.key);
            }
            if let Some((wish, since_ms)) = fate.wish {
                row!(wishes: vendor, kind, fate.key, wish.due_ms, wish.batch.as_str(), since_ms);
            }
        }
        link.run(&sql::EFFECT_DONE, &done).await?;
        link.run(&sql::EFFECT, &wishes).await?;

        let mut values = Vec::new();
        for event in &self.inbox.rows {
            row!(values: event.vendor.as_str(), event.connection.as_str(), event.event_id.as_str(), event.key.as_str(),
                event.topic.as_str(), event.at_ms, 0, event.payload.as_str());
        }
        link.run(&sql::INBOX, &values).await?;
        let mut values = Vec::new();
        for (vendor, connection, event_id) in &self.inbox_done {
            row!(values: vendor.as_str(), *connection, *event_id);
        }
        link.run(&sql::INBOX_DONE, &values).await?;

        let mut values = Vec::new();
        for cursor in &self.cursors.rows {
            row!(values: cursor.vendor.as_str(), cursor.name.as_str(), cursor.value.as_str());
        }
        link.run(&sql::CURSOR, &values).await?;
        let mut values = Vec::new();
        for (vendor, content) in &self.content.rows {
            row!(values: vendor.as_str(), content.sku.as_str(), language_code(content), json(content)?);
        }
        link.run(&sql::CONTENT, &values).await?;

        let (mut strays, mut settled) = (Vec::new(), Vec::new());
        for ((vendor, order, id), stray) in &self.strays.rows {
            match stray {
                Some(r) => {
                    row!(strays: vendor.as_str(), *order, *id, i64::from(r.advised), i64::from(r.received),
                    i64::from(r.scrapped), r.why.name(), r.at_ms);
                }
                None => row!(settled: vendor.as_str(), *order, *id),
            }
        }
        link.run(&sql::STRAY_SETTLED, &settled).await?;
        link.run(&sql::STRAY, &strays).await
    }

    async fn write_attention(&self, link: &mut Link<'_>) -> Result<(), sqlx::Error> {
        let (mut cleared, mut raised) = (Vec::new(), Vec::new());
        for fate in &self.subjects.rows {
            let (vendor, kind, key) = (fate.vendor.as_str(), fate.subject.kind(), fate.subject.key());
            if fate.cleared {
                row!(cleared: vendor, fate.code, kind, key);
            }
            for cause in &fate.causes {
                row!(raised: vendor, fate.code, *cause, kind, key);
            }
        }
        let mut items = Vec::new();
        let mut maybe_empty = Vec::new();
        for item in &self.items.rows {
            row!(items: item.vendor.as_str(), item.code, item.cause, json(&item.params)?, item.since_ms);
            if item.maybe_empty {
                row!(maybe_empty: item.vendor.as_str(), item.code, item.cause);
            }
        }
        let freed = link.rows::<Texts>(&sql::SUBJECT_CLEAR, &cleared).await?;
        for (vendor, code, cause) in &freed {
            row!(maybe_empty: vendor.as_str(), code.as_str(), cause.as_str());
        }
        link.run(&sql::ITEM, &items).await?;
        link.run(&sql::SUBJECT, &raised).await?;
        link.run(&sql::ITEM_CLOSE, &maybe_empty).await
    }

    /// What is only appended.
    async fn write_records(&self, link: &mut Link<'_>) -> Result<(), sqlx::Error> {
        let mut values = Vec::new();
        for r in &self.receipts {
            row!(values: r.vendor.as_str(), r.sku.as_str(), r.at_ms, r.mapping_version, r.parts.bits(), r.body.as_str());
        }
        link.run(&sql::RECEIPT, &values).await?;
        let (mut contents, mut entries) = (Vec::new(), Vec::new());
        for file in &self.files {
            let e = &file.row.entry;
            let (vendor, hash) = (e.vendor.as_str(), e.hash.as_str());
            row!(contents: vendor, hash, e.size, file.sealed.as_str());
            row!(entries: vendor, e.order.as_str(), e.kind.name(), e.name.as_str(), hash, e.size, e.at_ms);
        }
        link.run(&sql::FILE, &contents).await?;
        link.run(&sql::ORDER_FILE, &entries).await?;
        let mut values = Vec::new();
        for entry in &self.journal {
            row!(values: entry.vendor.as_str(), entry.subject.kind(), entry.subject.key(), entry.at_ms,
                entry.cause.as_str(), entry.actor.as_str(), entry.old.as_str(), entry.new.as_str());
        }
        link.run(&sql::JOURNAL, &values).await
    }
}

type Filled<'b, 'v> = (&'b sql::Batch, &'b [Val<'v>]);

/// Writes rows that must not exist and rows that must have their expected version; the keys of those that did.
async fn insert_and_update(
    link: &mut Link<'_>,
    (insert, new): Filled<'_, '_>,
    (update, next): Filled<'_, '_>,
) -> Result<Vec<Texts>, sqlx::Error> {
    let mut came = link.rows::<Texts>(insert, new).await?;
    came.extend(link.rows::<Texts>(update, next).await?);
    Ok(came)
}

/// What of an order is searched by.
pub(crate) struct OrderColumns<'a> {
    pub(crate) stage: &'static str,
    pub(crate) closed: i64,
    pub(crate) document_number: Option<i64>,
    pub(crate) deadline_ms: Option<i64>,
    pub(crate) market: &'static str,
    pub(crate) basket: Option<&'a str>,
    pub(crate) gross_minor: i64,
}

impl<'a> OrderColumns<'a> {
    pub(crate) fn of(order: &'a Order) -> Self {
        Self {
            stage: order.stage.name(),
            closed: i64::from(!order.follows_channel()),
            document_number: order.document.as_ref().map(|document| document.number),
            deadline_ms: order.channel.deadline_ms,
            market: order.channel.market.code(),
            basket: order.channel.basket.as_deref(),
            gross_minor: order.channel.net.minor.saturating_add(order.channel.vat.minor),
        }
    }
}

pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
