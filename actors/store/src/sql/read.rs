//! [`Store`] on SQL: every read is one statement, bounded by its keys or its limit.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use vortex_domain::{
    ContentRow, OrderId, Pickup, PickupId, Sku, VendorId,
    attention::Subject,
    order::{Mark, Order},
    sku::SkuState,
};

use super::{SqlStore, corrupt, failed, transaction::Step};
use crate::{
    db::{Val, on},
    rows::{
        AttentionItem, Backlog, CursorRow, Desk, EffectKind, EffectRow, FileEntry, FileKind, InboxRow,
        JournalEntry, Prints, ReceiptParts, ReceiptRow, ReservationRow, ReservationState, StrayReturnRow,
        Write,
    },
    statements as sql,
    store::{CommitError, LIST_LIMIT, SkuRows, Store, StoreError, Verdict},
};

/// A parsed stored text, or which row is broken.
pub(crate) fn parsed<T: DeserializeOwned>(
    what: &'static str,
    key: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        // The message of a data error may quote what stands there; the position is enough to find it.
        corrupt(
            what,
            key,
            format!("not the expected JSON at line {}, column {}", error.line(), error.column()),
        )
    })
}

pub(crate) fn sku(text: &str) -> Result<Sku, StoreError> {
    Sku::new(text).map_err(|error| corrupt("sku", text, error))
}

pub(crate) fn order_id(text: &str) -> Result<OrderId, StoreError> {
    OrderId::new(text).map_err(|error| corrupt("order", text, error))
}

pub(crate) fn vendor_id(text: &str) -> Result<VendorId, StoreError> {
    VendorId::new(text).map_err(|error| corrupt("vendor", text, error))
}

fn limited(limit: u32) -> i64 {
    i64::from(limit.min(LIST_LIMIT))
}

type FileColumns = (String, String, String, String, i64, i64);

fn file_entry(
    vendor: &VendorId,
    (order, kind, name, hash, size, at_ms): FileColumns,
) -> Result<FileEntry, StoreError> {
    let order = order_id(&order)?;
    let kind =
        FileKind::named(&kind).ok_or_else(|| corrupt("file", &hash, format!("kind `{kind}` is unknown")))?;
    Ok(FileEntry { vendor: vendor.clone(), order, kind, name, hash, size, at_ms })
}

fn reservation(
    vendor: &VendorId,
    order: &str,
    article: &str,
    (qty, rank, since_ms): (i64, i64, i64),
) -> Result<ReservationRow, StoreError> {
    let state = ReservationState::of_rank(rank)
        .ok_or_else(|| corrupt("reservation", order, format!("state {rank} is unknown")))?;
    Ok(ReservationRow {
        vendor: vendor.clone(),
        order: order_id(order)?,
        sku: sku(article)?,
        qty,
        state,
        since_ms,
    })
}

/// One row of [`sql::LOAD_SKUS`].
#[derive(sqlx::FromRow)]
struct Part {
    #[sqlx(rename = "part")]
    kind: i64,
    sku: String,
    a: i64,
    b: i64,
    c: i64,
    body: String,
}

#[async_trait]
impl Store for SqlStore {
    async fn commit(&self, changes: &[Vec<Write>]) -> Result<Vec<Verdict>, CommitError> {
        self.commit_group(changes).await
    }

    async fn load_skus(&self, vendor: &VendorId, skus: &[Sku]) -> Result<Vec<SkuRows>, StoreError> {
        let mut wanted: Vec<&Sku> = skus.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let keys: Vec<Val<'_>> =
            wanted.iter().flat_map(|sku| [vendor.as_str().into(), sku.as_str().into()]).collect();
        let parts: Vec<Part> = self.db.read(&sql::LOAD_SKUS, &keys).await.map_err(failed("loading SKUs"))?;
        let mut loaded: BTreeMap<&str, SkuRows> = BTreeMap::new();
        for sku in wanted {
            let empty = SkuRows {
                sku: sku.clone(),
                stored: None,
                reservations: Vec::new(),
                content: Vec::new(),
                prints: (0, 0),
            };
            loaded.insert(sku.as_str(), empty);
        }
        for Part { kind, sku: key, a, b, c, body } in &parts {
            let Some(rows) = loaded.get_mut(key.as_str()) else { continue };
            match kind {
                0 => {
                    rows.stored = Some((*a, parsed::<SkuState>("sku", key, body)?));
                    rows.prints = (*b, *c);
                }
                1 => rows.reservations.push(reservation(vendor, body, key, (*a, *b, *c))?),
                _ => rows.content.push(parsed::<ContentRow>("content", key, body)?),
            }
        }
        for rows in loaded.values_mut() {
            rows.content.sort_by_key(|row| row.language);
        }
        Ok(skus.iter().filter_map(|sku| loaded.get(sku.as_str()).cloned()).collect())
    }

    async fn load_orders(
        &self,
        vendor: &VendorId,
        ids: &[OrderId],
    ) -> Result<Vec<Option<(i64, Order)>>, StoreError> {
        let mut wanted: Vec<&OrderId> = ids.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let keys: Vec<Val<'_>> =
            wanted.iter().flat_map(|id| [vendor.as_str().into(), id.as_str().into()]).collect();
        let rows: Vec<(String, i64, String)> =
            self.db.read(&sql::LOAD_ORDERS, &keys).await.map_err(failed("loading orders"))?;
        let mut loaded = HashMap::new();
        for (id, version, state) in rows {
            let order: Order = parsed("order", &id, &state)?;
            loaded.insert(id, (version, order));
        }
        Ok(ids.iter().map(|id| loaded.get(id.as_str()).cloned()).collect())
    }

    async fn list_orders(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        let after = after.map_or("", OrderId::as_str);
        let rows: Vec<(i64, String, String)> = match stage {
            Some(stage) => on!(&self.db, pool => sqlx::query_as(sql::ORDERS_OF_STAGE)
                .bind(vendor.as_str()).bind(stage).bind(after).bind(limited(limit)).fetch_all(pool).await),
            None => on!(&self.db, pool => sqlx::query_as(sql::ORDERS)
                .bind(vendor.as_str()).bind(after).bind(limited(limit)).fetch_all(pool).await),
        }
        .map_err(failed("listing orders"))?;
        rows.into_iter().map(|(version, state, id)| Ok((version, parsed("order", &id, &state)?))).collect()
    }

    async fn stale_open_orders(
        &self,
        vendor: &VendorId,
        seen_before_ms: i64,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        let rows: Vec<String> = on!(&self.db, pool => sqlx::query_scalar(sql::STALE_ORDERS)
            .bind(vendor.as_str()).bind(seen_before_ms).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("looking for orders not seen lately"))?;
        rows.iter().map(|id| order_id(id)).collect()
    }

    async fn orders_marked(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.found_by(vendor, mark, after.map_or("", OrderId::as_str), limited(limit)).await
    }

    async fn marked(&self, vendor: &VendorId, marks: &[Mark]) -> Result<Vec<(Mark, OrderId)>, StoreError> {
        self.owners_of(vendor, marks).await
    }

    async fn numbered(&self, vendor: &VendorId, numbers: &[i64]) -> Result<Vec<OrderId>, StoreError> {
        self.owners_of_numbers(vendor, numbers).await
    }

    async fn last_document_number(&self, vendor: &VendorId) -> Result<i64, StoreError> {
        let number: Option<i64> = on!(&self.db, pool => sqlx::query_scalar(sql::LAST_DOCUMENT)
            .bind(vendor.as_str()).fetch_one(pool).await)
        .map_err(failed("reading the last document number"))?;
        Ok(number.unwrap_or(0))
    }

    async fn due_effects(
        &self,
        vendor: &VendorId,
        kind: EffectKind,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<EffectRow>, StoreError> {
        let rows: Vec<(String, i64, String, i64)> = on!(&self.db, pool => sqlx::query_as(sql::DUE_EFFECTS)
            .bind(vendor.as_str()).bind(kind.name()).bind(now_ms).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading due effects"))?;
        let row = |(key, due_ms, batch, since_ms)| EffectRow {
            vendor: vendor.clone(),
            kind,
            key,
            due_ms,
            batch,
            since_ms,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn open_inbox(
        &self,
        vendor: &VendorId,
        desk: Desk,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        // As many as the statement has room for; one that stands there twice finds nothing more.
        let mut topics = desk.topics().iter().cycle();
        let mut topic = || topics.next().copied().unwrap_or_default();
        let topics = [topic(), topic(), topic()];
        let rows: Vec<(String, String, String, String, String, i64)> =
            on!(&self.db, pool => sqlx::query_as(sql::OPEN_INBOX)
            .bind(vendor.as_str()).bind(topics[0]).bind(topics[1]).bind(topics[2]).bind(limited(limit))
            .fetch_all(pool).await)
            .map_err(failed("reading the inbox"))?;
        let row = |(connection, event_id, key, topic, payload, at_ms)| InboxRow {
            vendor: vendor.clone(),
            connection,
            event_id,
            key,
            topic,
            payload,
            at_ms,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn known_events(
        &self,
        vendor: &VendorId,
        connection: &str,
        ids: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let keys: Vec<Val<'_>> = ids
            .iter()
            .flat_map(|id| [vendor.as_str().into(), connection.into(), id.as_str().into()])
            .collect();
        let rows: Vec<(String, String, String)> =
            self.db.read(&sql::KNOWN_EVENTS, &keys).await.map_err(failed("looking for known events"))?;
        let mut known: Vec<String> = rows.into_iter().map(|(id, ..)| id).collect();
        known.sort_unstable();
        known.dedup();
        Ok(known)
    }

    async fn booked_reservations(
        &self,
        vendor: &VendorId,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<Sku>, StoreError> {
        let rows: Vec<String> = on!(&self.db, pool => sqlx::query_scalar(sql::BOOKED)
            .bind(vendor.as_str()).bind(before_ms).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading booked reservations"))?;
        rows.iter().map(|text| sku(text)).collect()
    }

    async fn orphan_reservations(
        &self,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<ReservationRow>, StoreError> {
        let rows: Vec<(String, String, i64, i64, i64)> = on!(&self.db, pool => sqlx::query_as(sql::ORPHANS)
            .bind(vendor.as_str()).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("looking for reservations without an open order"))?;
        rows.iter()
            .map(|(order, sku, qty, rank, since)| reservation(vendor, order, sku, (*qty, *rank, *since)))
            .collect()
    }

    async fn prints(
        &self,
        vendor: &VendorId,
        after: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Prints>, StoreError> {
        let rows: Vec<(String, i64, i64)> = on!(&self.db, pool => sqlx::query_as(sql::PRINTS)
            .bind(vendor.as_str()).bind(after.map_or("", Sku::as_str)).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading fingerprints"))?;
        rows.iter()
            .map(|(key, article, stock)| Ok(Prints { sku: sku(key)?, article: *article, stock: *stock }))
            .collect()
    }

    async fn cursor(&self, vendor: &VendorId, name: &str) -> Result<Option<String>, StoreError> {
        on!(&self.db, pool => sqlx::query_scalar(sql::CURSOR_OF)
            .bind(vendor.as_str()).bind(name).fetch_optional(pool).await)
        .map_err(failed("reading a cursor"))
    }

    async fn cursors(&self, vendor: &VendorId) -> Result<Vec<CursorRow>, StoreError> {
        let rows: Vec<(String, String)> = on!(&self.db, pool => sqlx::query_as(sql::CURSORS)
            .bind(vendor.as_str()).fetch_all(pool).await)
        .map_err(failed("reading cursors"))?;
        Ok(rows.into_iter().map(|(name, value)| CursorRow { vendor: vendor.clone(), name, value }).collect())
    }

    async fn attention(&self, vendor: &VendorId, limit: u32) -> Result<Vec<AttentionItem>, StoreError> {
        self.open_items(vendor, limited(limit)).await
    }

    async fn attention_subjects(
        &self,
        vendor: &VendorId,
        id: i64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Subject>, StoreError> {
        self.subjects_of(vendor, id, after.unwrap_or_default(), limited(limit)).await
    }

    async fn receipt(
        &self,
        vendor: &VendorId,
        sku: &Sku,
        at_ms: i64,
        with: ReceiptParts,
    ) -> Result<Option<ReceiptRow>, StoreError> {
        let row: Option<(i64, i64, i64, String)> = on!(&self.db, pool => sqlx::query_as(sql::RECEIPT_AT)
            .bind(vendor.as_str()).bind(sku.as_str()).bind(at_ms).bind(with.bits()).fetch_optional(pool).await)
        .map_err(failed("reading a receipt"))?;
        Ok(row.map(|(at_ms, mapping_version, parts, body)| ReceiptRow {
            vendor: vendor.clone(),
            sku: sku.clone(),
            at_ms,
            mapping_version,
            parts: ReceiptParts::of(parts),
            body,
        }))
    }

    async fn journal_of(
        &self,
        vendor: &VendorId,
        kind: &str,
        key: &str,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let rows = on!(&self.db, pool => sqlx::query_as(sql::JOURNAL_OF)
            .bind(vendor.as_str()).bind(kind).bind(key).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading the journal"))?;
        Self::journal_entries(vendor, rows)
    }

    async fn journal_between(
        &self,
        vendor: &VendorId,
        subject: &Subject,
        (from_ms, until_ms): (i64, i64),
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let rows = on!(&self.db, pool => sqlx::query_as(sql::JOURNAL_BETWEEN)
            .bind(vendor.as_str()).bind(subject.kind()).bind(subject.key()).bind(from_ms).bind(until_ms)
            .bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading the journal"))?;
        Self::journal_entries(vendor, rows)
    }

    async fn journal_after(
        &self,
        vendor: &VendorId,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let rows = on!(&self.db, pool => sqlx::query_as(sql::JOURNAL_AFTER)
            .bind(vendor.as_str()).bind(seq).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("reading the journal"))?;
        Self::journal_entries(vendor, rows)
    }

    async fn files_of(&self, vendor: &VendorId, order: &OrderId) -> Result<Vec<FileEntry>, StoreError> {
        let rows: Vec<FileColumns> = on!(&self.db, pool => sqlx::query_as(sql::FILES_OF)
            .bind(vendor.as_str()).bind(order.as_str()).fetch_all(pool).await)
        .map_err(failed("listing an order's files"))?;
        rows.into_iter().map(|row| file_entry(vendor, row)).collect()
    }

    async fn files_between(
        &self,
        vendor: &VendorId,
        kind: FileKind,
        time_ms: std::ops::Range<i64>,
        after: Option<&FileEntry>,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        let (at_ms, order, name) = after.map_or((time_ms.start - 1, "\u{10ffff}", ""), |entry| {
            (entry.at_ms, entry.order.as_str(), entry.name.as_str())
        });
        let rows: Vec<FileColumns> = on!(&self.db, pool => sqlx::query_as(sql::FILES_SINCE)
            .bind(vendor.as_str()).bind(kind.name()).bind(at_ms).bind(order).bind(name)
            .bind(time_ms.end).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("listing files"))?;
        rows.into_iter().map(|row| file_entry(vendor, row)).collect()
    }

    async fn files_with(
        &self,
        vendor: &VendorId,
        hash: &str,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        let rows: Vec<FileColumns> = on!(&self.db, pool => sqlx::query_as(sql::FILES_WITH)
            .bind(vendor.as_str()).bind(hash).bind(limited(limit)).fetch_all(pool).await)
        .map_err(failed("looking for a file"))?;
        let mut files =
            rows.into_iter().map(|row| file_entry(vendor, row)).collect::<Result<Vec<_>, StoreError>>()?;
        files.sort_by(|a, b| (&a.order, a.kind.name(), &a.name).cmp(&(&b.order, b.kind.name(), &b.name)));
        Ok(files)
    }

    async fn file_content(&self, vendor: &VendorId, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed: Option<String> = on!(&self.db, pool => sqlx::query_scalar(sql::FILE_CONTENT)
            .bind(vendor.as_str()).bind(hash).fetch_optional(pool).await)
        .map_err(failed("reading a file"))?;
        let open = |sealed: String| self.file_key.open(vendor, hash, &sealed);
        sealed.map(open).transpose().map_err(|why| corrupt("file", hash, why))
    }

    async fn stray_returns(
        &self,
        vendor: &VendorId,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<StrayReturnRow>, StoreError> {
        self.strays(vendor, after.unwrap_or_default(), limited(limit)).await
    }

    async fn pickup(&self, vendor: &VendorId, id: &PickupId) -> Result<Option<(i64, Pickup)>, StoreError> {
        self.one_pickup(vendor, id).await
    }

    async fn pickups(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: u32,
    ) -> Result<Vec<(i64, Pickup)>, StoreError> {
        self.pickups_before(vendor, before, limited(limit)).await
    }

    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let rows: Vec<(String, String, i64, Option<i64>)> =
            on!(&self.db, pool => sqlx::query_as(sql::BACKLOG).fetch_all(pool).await)
                .map_err(failed("measuring queues"))?;
        let row = |(vendor, queue, depth, oldest_ms): (String, String, i64, Option<i64>)| {
            Ok(Backlog { vendor: vendor_id(&vendor)?, queue, depth, oldest_ms })
        };
        rows.into_iter().map(row).collect()
    }

    async fn probe(&self) -> Result<(), CommitError> {
        let step = Step::new(&sql::META, vec!["probe".into(), "ok".into()]);
        self.write("proving that the database can commit", &[step]).await.map(drop)
    }
}
