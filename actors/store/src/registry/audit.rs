//! The trail of human acts: appended only, each row sealed to the one before it.
//!
//! Invariant: numbers have no gaps, and `mac` is over the row and the `mac` before it, under a key that no copy of the
//! database holds in the clear. Whoever edits, removes or inserts a row cannot make the rest fit again.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::RegistryError;
use crate::{
    db::on,
    secrets::FileKey,
    sql::{SqlStore, corrupt, failed, transaction::Step},
    statements as sql,
};

/// Attempts to take the next number while other processes take it too.
const ATTEMPTS: u32 = 20;
/// Rows that are verified at a time.
const PAGE: i64 = 1_000;
/// What the first row is sealed to.
const BEGINNING: &str = "";

/// One human act: announced before it is done (`outcome` is `asked`), and told again with its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditEntry {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// On which vendor; empty for the installation.
    pub vendor: String,
    /// Who: `user:<login>`, `token:<name>` or `cli:<user>`.
    pub actor: String,
    /// From where: an address, or a machine.
    pub origin: String,
    /// What: `orders.ship`, `tokens.create`, …
    pub act: String,
    /// To what: an id.
    pub subject: String,
    /// Before, in words.
    pub old: String,
    /// After, in words.
    pub new: String,
    /// `asked`, then `done` or why not.
    pub outcome: String,
    /// The number of the row that announced it.
    pub asked: Option<i64>,
}

/// A row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1.
    pub seq: i64,
    /// The act.
    pub entry: AuditEntry,
    /// Seals the row to all before it.
    pub mac: String,
}

/// The end of the trail: noted elsewhere, it proves later that nothing was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The last number; 0 in an empty trail.
    pub seq: i64,
    /// Its seal.
    pub mac: String,
}

/// What became of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row fits.
    Whole(AuditHead),
    /// The first row that does not fit: it was edited, or rows before it were removed or inserted.
    Broken {
        /// The number that was expected there.
        seq: i64,
    },
    /// The trail does not contain the end that was noted.
    HeadMissing,
}

type AuditText =
    (i64, i64, String, String, String, String, String, String, String, String, Option<i64>, String);

fn row(text: AuditText) -> AuditRow {
    let (seq, at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked, mac) = text;
    let entry = AuditEntry { at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked };
    AuditRow { seq, entry, mac }
}

/// Length-prefixed, so that no two rows look alike.
fn seal(key: &FileKey, seq: i64, entry: &AuditEntry, before: &str) -> String {
    let mut mac: Hmac<Sha256> = key.audit_mac();
    let numbers = [seq, entry.at_ms, entry.asked.unwrap_or(0)];
    for number in numbers {
        mac.update(&number.to_be_bytes());
    }
    let AuditEntry { vendor, actor, origin, act, subject, old, new, outcome, .. } = entry;
    for text in [before, vendor, actor, origin, act, subject, old, new, outcome] {
        mac.update(&(text.len() as u64).to_be_bytes());
        mac.update(text.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold(String::new(), |mut seal, byte| {
        // Writing to a text cannot fail.
        let _ = write!(seal, "{byte:02x}");
        seal
    })
}

impl SqlStore {
    /// Appends an act; its number.
    pub async fn append_audit(&self, entry: &AuditEntry) -> Result<i64, RegistryError> {
        // In turn within this process; against others the number decides.
        let _turn = self.audit_turn.lock().await;
        for _ in 0..ATTEMPTS {
            let head = self.audit_head().await?;
            let seq = head.seq + 1;
            let mac = seal(&self.file_key, seq, entry, &head.mac);
            let values = vec![
                seq.into(),
                entry.at_ms.into(),
                entry.vendor.as_str().into(),
                entry.actor.as_str().into(),
                entry.origin.as_str().into(),
                entry.act.as_str().into(),
                entry.subject.as_str().into(),
                entry.old.as_str().into(),
                entry.new.as_str().into(),
                entry.outcome.as_str().into(),
                entry.asked.into(),
                mac.into(),
            ];
            let answers =
                self.write("appending to the audit trail", &[Step::new(&sql::AUDIT, values)]).await?;
            if answers.iter().any(|rows| !rows.is_empty()) {
                return Ok(seq);
            }
        }
        Err(corrupt("audit trail", "head", "other processes always take the next number").into())
    }

    /// The end of the trail.
    pub async fn audit_head(&self) -> Result<AuditHead, RegistryError> {
        let row: Option<(i64, String)> =
            on!(&self.db, pool => sqlx::query_as(sql::AUDIT_HEAD).fetch_optional(pool).await)
                .map_err(failed("reading the audit trail"))?;
        let (seq, mac) = row.unwrap_or((0, BEGINNING.to_owned()));
        Ok(AuditHead { seq, mac })
    }

    /// Acts on a vendor (empty: on the installation) before a number, newest first; what was announced and has ended is told once.
    pub async fn audit(&self, vendor: &str, before: i64, limit: u32) -> Result<Vec<AuditRow>, RegistryError> {
        let rows: Vec<AuditText> = on!(&self.db, pool => sqlx::query_as(sql::AUDIT_BEFORE)
            .bind(vendor).bind(before).bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading the audit trail"))?;
        Ok(rows.into_iter().map(row).collect())
    }

    /// Reads the whole trail and checks every seal; `noted` is an earlier end that it must contain.
    pub async fn verify_audit(&self, noted: Option<&AuditHead>) -> Result<AuditVerdict, RegistryError> {
        let mut head = AuditHead { seq: 0, mac: BEGINNING.to_owned() };
        let mut found = noted.is_none_or(|noted| noted.seq == 0);
        loop {
            let rows: Vec<AuditText> = on!(&self.db, pool => sqlx::query_as(sql::AUDIT_AFTER)
                .bind(head.seq).bind(PAGE).fetch_all(pool).await)
            .map_err(failed("reading the audit trail"))?;
            if rows.is_empty() {
                return Ok(if found { AuditVerdict::Whole(head) } else { AuditVerdict::HeadMissing });
            }
            for row in rows.into_iter().map(row) {
                let seq = head.seq + 1;
                if row.seq != seq || row.mac != seal(&self.file_key, seq, &row.entry, &head.mac) {
                    return Ok(AuditVerdict::Broken { seq });
                }
                head = AuditHead { seq, mac: row.mac };
                found |= noted.is_some_and(|noted| *noted == head);
            }
        }
    }
}
