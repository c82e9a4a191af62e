//! What every SKU looked like when it was last read: 24 bytes each, so that a heartbeat in which nothing changed
//! costs neither actors nor writes (feasibility.md section 4).

use std::collections::BTreeSet;

use vortex_domain::{Sku, VendorId};
use vortex_store::{Store, StoreError};
use xxhash_rust::xxh3::xxh3_64;

/// Rows read per query when the cache is built.
const PAGE: u32 = 5_000;

#[derive(Debug, Clone, Copy)]
struct Row {
    key: u64,
    article: i64,
    stock: i64,
}

/// Fingerprints by SKU, sorted by the SKU's hash. A cache: the rows in the database are the truth.
#[derive(Debug, Default)]
pub struct PrintCache {
    rows: Vec<Row>,
    loaded: bool,
}

/// Which of the two fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of the catalogue row.
    Article,
    /// Of the stock rows.
    Stock,
}

/// The key of a SKU in the cache.
pub(super) fn key(sku: &Sku) -> u64 {
    xxh3_64(sku.as_str().as_bytes())
}

impl PrintCache {
    /// Reads the fingerprints, unless what is in memory is surely what the database has.
    pub async fn load(&mut self, store: &dyn Store, vendor: &VendorId) -> Result<(), StoreError> {
        if self.loaded {
            return Ok(());
        }
        let mut rows = Vec::new();
        let mut after: Option<Sku> = None;
        loop {
            let page = store.prints(vendor, after.as_ref(), PAGE).await?;
            rows.extend(page.iter().map(|p| Row { key: key(&p.sku), article: p.article, stock: p.stock }));
            let Some(last) = page.into_iter().next_back() else { break };
            after = Some(last.sku);
        }
        rows.sort_unstable_by_key(|row| row.key);
        rows.shrink_to_fit();
        self.rows = rows;
        self.loaded = true;
        Ok(())
    }

    /// The fingerprint of a SKU; 0 when it has none.
    pub fn get(&self, kind: Kind, key: u64) -> i64 {
        self.rows.binary_search_by_key(&key, |row| row.key).map_or(0, |i| match kind {
            Kind::Article => self.rows[i].article,
            Kind::Stock => self.rows[i].stock,
        })
    }

    /// How many SKUs have a fingerprint of this kind.
    pub fn known(&self, kind: Kind) -> usize {
        self.rows.iter().filter(|row| row.of(kind) != 0).count()
    }

    /// Keys with a fingerprint of this kind that are not among `seen` (sorted).
    pub fn missing(&self, kind: Kind, seen: &[u64]) -> Vec<u64> {
        self.rows
            .iter()
            .filter(|row| row.of(kind) != 0 && seen.binary_search(&row.key).is_err())
            .map(|row| row.key)
            .collect()
    }

    /// Keys that have a catalogue row but no stock reading and are not among `seen` (sorted).
    pub fn never_counted(&self, seen: &[u64]) -> Vec<u64> {
        self.rows
            .iter()
            .filter(|row| row.article != 0 && row.stock == 0 && seen.binary_search(&row.key).is_err())
            .map(|row| row.key)
            .collect()
    }

    /// Notes which of these fingerprints are on disk now; how many. What became of the others only the database knows, and it is
    /// asked before the next reading is compared: taken as never read, an article that sold out would be zero without a question.
    pub fn note(&mut self, kind: Kind, prints: &[(Sku, i64)], durable: Vec<Sku>) -> usize {
        let durable: BTreeSet<Sku> = durable.into_iter().collect();
        let noted = prints.iter().filter(|(sku, _)| durable.contains(sku));
        let noted: Vec<(u64, i64)> = noted.map(|(sku, print)| (key(sku), *print)).collect();
        let count = noted.len();
        self.loaded &= count == prints.len();
        self.set(kind, noted);
        count
    }

    fn set(&mut self, kind: Kind, mut updates: Vec<(u64, i64)>) {
        updates.sort_unstable_by_key(|(key, _)| *key);
        updates.dedup_by_key(|(key, _)| *key);
        let mut new = Vec::new();
        for (key, print) in updates {
            match self.rows.binary_search_by_key(&key, |row| row.key) {
                Ok(i) => match kind {
                    Kind::Article => self.rows[i].article = print,
                    Kind::Stock => self.rows[i].stock = print,
                },
                Err(_) => new.push(match kind {
                    Kind::Article => Row { key, article: print, stock: 0 },
                    Kind::Stock => Row { key, article: 0, stock: print },
                }),
            }
        }
        if !new.is_empty() {
            self.rows.extend(new);
            self.rows.sort_unstable_by_key(|row| row.key);
        }
    }
}

impl Row {
    fn of(self, kind: Kind) -> i64 {
        match kind {
            Kind::Article => self.article,
            Kind::Stock => self.stock,
        }
    }
}

/// The SKUs behind the given keys (sorted), found by walking the stored SKUs once.
pub(super) async fn skus_of(
    store: &dyn Store,
    vendor: &VendorId,
    keys: &[u64],
) -> Result<Vec<Sku>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    let mut after: Option<Sku> = None;
    while found.len() < keys.len() {
        let page = store.prints(vendor, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.sku.clone());
        found.extend(page.into_iter().map(|p| p.sku).filter(|sku| keys.binary_search(&key(sku)).is_ok()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit whose outcome nobody knows: the database is asked again, so that what it has counts as read.
    #[test]
    fn what_may_be_on_disk_is_read_again() {
        let skus: Vec<(Sku, i64)> = ["A", "B"].map(|sku| (sku.parse().expect("a SKU"), 7)).into();
        let mut cache = PrintCache { rows: Vec::new(), loaded: true };
        assert_eq!(cache.note(Kind::Stock, &skus, skus.iter().map(|(sku, _)| sku.clone()).collect()), 2);
        assert!(cache.loaded);
        assert_eq!(cache.note(Kind::Stock, &skus, vec![skus[0].0.clone()]), 1);
        assert!(!cache.loaded);
    }
}
