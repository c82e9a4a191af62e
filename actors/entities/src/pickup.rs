//! What a collection's state means for other tables: its row, its journal entry, the courier's errand, attention.
//!
//! There is no actor for a collection: whoever wants one inserts its row, and from then on only the flow `pickups` of its
//! vendor changes it, which runs once at a time and takes what people want of it from the inbox.

use vortex_domain::{
    Pickup, PickupId, VendorId,
    attention::{Code, Raise, Subject},
    pickup::{PickupEvent, Wish},
};
use vortex_store::rows::{EffectKind, EffectRow, InboxRow, JournalRow, PickupRow, Write};

/// Causes that a collection can put in front of a person.
const CODES: [Code; 2] = [Code::PickupUnknown, Code::PickupRefused];

/// The writes of one step of a collection.
pub struct PickupStep<'a> {
    /// Whose.
    pub vendor: &'a VendorId,
    /// Version and state before; none when it is new.
    pub before: Option<(i64, &'a Pickup)>,
    /// State after.
    pub after: &'a Pickup,
    /// The cause, for the journal.
    pub cause: &'static str,
    /// Who, for the journal.
    pub who: &'a str,
    /// When.
    pub now_ms: i64,
}

impl PickupStep<'_> {
    /// One change; to be committed whole.
    pub fn writes(&self) -> Vec<Write> {
        let Self { vendor, before, after, cause, who, now_ms } = *self;
        let id = after.id.clone();
        let subject = Subject::Pickup(id.clone());
        let row = PickupRow {
            vendor: vendor.clone(),
            version: before.map_or(0, |(version, _)| version) + 1,
            state: after.clone(),
            at_ms: now_ms,
        };
        let entry = JournalRow {
            vendor: vendor.clone(),
            subject: subject.clone(),
            at_ms: now_ms,
            cause: cause.to_owned(),
            actor: who.to_owned(),
            old: before.map_or_else(String::new, |(_, pickup)| pickup.summary()),
            new: after.summary(),
        };
        let mut writes = vec![Write::Pickup(Box::new(row)), Write::Journal(entry)];
        let (kind, key) = (EffectKind::Pickup, id.to_string());
        writes.push(if after.is_due() {
            let (vendor, batch) = (vendor.clone(), String::new());
            Write::Effect(EffectRow { vendor, kind, key, due_ms: now_ms, batch, since_ms: now_ms })
        } else {
            Write::EffectDone(vendor.clone(), kind, key)
        });
        let told = |pickup: &Pickup| pickup.attention();
        if before.and_then(|(_, pickup)| told(pickup)) != told(after) {
            writes.extend(CODES.map(|code| Write::Clear(vendor.clone(), code, subject.clone())));
            writes.extend(told(after).map(|hold| {
                let raise = Raise { code: hold.code, cause: hold.cause, params: hold.params, subject };
                Write::Raise(vendor.clone(), Box::new(raise), now_ms)
            }));
        }
        writes
    }
}

/// What a person (`who`) wants of a collection, on its way to the flow. `nonce` tells it from every other wish.
pub fn wish(
    vendor: &VendorId,
    id: &PickupId,
    event: PickupEvent,
    who: &str,
    nonce: u64,
    now_ms: i64,
) -> Write {
    let wish = Wish { event, who: who.to_owned() };
    Write::Inbox(InboxRow {
        vendor: vendor.clone(),
        connection: "people".to_owned(),
        event_id: format!("{id}:{nonce:016x}"),
        key: id.to_string(),
        topic: "pickup".to_owned(),
        // A wish always serialises.
        payload: serde_json::to_string(&wish).unwrap_or_default(),
        at_ms: now_ms,
    })
}
