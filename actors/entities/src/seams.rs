//! What the actors need from outside, so that a test can own all of it.

use std::sync::Arc;

use ractor::{ActorCell, ActorStatus};
use tokio::sync::{mpsc, oneshot};
use vortex_domain::{Clock, Entropy, Vendor};
use vortex_store::{Fuse, Journal, Store};

/// Database, journal, time and chance.
#[derive(Clone)]
pub struct Seams {
    /// Reads.
    pub store: Arc<dyn Store>,
    /// Writes.
    pub journal: Journal,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Entropy,
    /// When this process began: nobody waits any more for an answer to a call that is older.
    pub started_ms: i64,
}

/// What one vendor's actors share.
pub struct VendorContext {
    /// The settings that these actors decide by; new settings start new actors.
    pub vendor: Arc<Vendor>,
    /// Database, journal, time and chance.
    pub seams: Seams,
    /// The way to the vendor's other actors.
    pub directory: crate::directory::Directory,
}

impl VendorContext {
    /// Milliseconds since 1970, UTC.
    pub fn now_ms(&self) -> i64 {
        self.seams.clock.now_ms()
    }
}

/// Where an answer goes. Dropped unanswered, the asker learns that nothing was decided.
pub type Reply<T> = oneshot::Sender<T>;

/// Collects the keys whose change became durable; closed when every message of the wave was handled or dropped.
pub type Acks<K> = mpsc::UnboundedSender<K>;

/// Sends an answer; that nobody waits for it any more is fine.
pub fn answer<T>(reply: Reply<T>, value: T) {
    drop(reply.send(value));
}

/// Sends a wave of messages that carry `acks`, and waits until each is durable or dropped. Returns the durable ones.
pub async fn gather<K>(send: impl FnOnce(Acks<K>)) -> Vec<K> {
    let (acks, mut durable) = mpsc::unbounded_channel();
    send(acks);
    let mut done = Vec::new();
    while let Some(key) = durable.recv().await {
        done.push(key);
    }
    done
}

/// What ends an actor whose decision was not committed.
pub fn fuse(actor: ActorCell) -> Fuse {
    Fuse::new(move || {
        if actor.get_status() < ActorStatus::Stopping {
            actor.kill();
        }
    })
}
