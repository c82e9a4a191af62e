//! Group commit: the decisions of many actors share one transaction (feasibility.md section 2).
//!
//! An actor decides in memory, hands its change over and takes the next message. Whatever arrived while
//! the previous transaction was being written forms the next one; no timer. Replies and follow-up
//! messages leave only when the change is durable. When it is not, or nobody knows, the actors that took part are ended:
//! nothing that they said has left, and they start again from rows.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use crate::{
    rows::Write,
    store::{CommitError, Store, Verdict},
};

/// Changes that wait for the writer at most; submitting waits when it is full.
const QUEUE_LIMIT: usize = 8_192;
/// Changes in one transaction at most.
const GROUP_LIMIT: usize = 2_048;

/// Ends an actor whose decision was not committed.
pub type Fuse = Arc<dyn Fn() + Send + Sync>;

/// Something that may happen only after the change is durable.
type Then = Box<dyn FnOnce() + Send>;

/// A decision on its way to disk.
pub struct Change {
    /// What is written, as a whole or not at all.
    pub writes: Vec<Write>,
    /// The actors whose memory already assumes the change.
    pub fuses: Vec<Fuse>,
    /// What happens once it is durable, in order.
    pub then: Vec<Then>,
}

impl Change {
    /// A change that nobody's memory depends on.
    pub fn of(writes: Vec<Write>) -> Self {
        Self { writes, fuses: Vec::new(), then: Vec::new() }
    }

    /// Adds an actor that must end if this is not committed.
    #[must_use]
    pub fn assumed_by(mut self, fuse: Fuse) -> Self {
        self.fuses.push(fuse);
        self
    }

    /// Adds something to do once it is durable.
    #[must_use]
    pub fn then(mut self, act: impl FnOnce() + Send + 'static) -> Self {
        self.then.push(Box::new(act));
        self
    }
}

/// The journal's inlet; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    inlet: mpsc::Sender<Item>,
}

enum Item {
    Change(Change),
    Barrier(oneshot::Sender<()>),
}

/// The change is not durable: it conflicted, or the journal has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change was not committed; the state is read again from the database")]
pub struct NotDurable;

impl Journal {
    /// Starts the writer on the current runtime; it ends when the last handle is dropped and the queue is written.
    pub fn start(store: Arc<dyn Store>) -> (Self, tokio::task::JoinHandle<()>) {
        let (inlet, outlet) = mpsc::channel(QUEUE_LIMIT);
        let writer = tokio::spawn(write_groups(store, outlet));
        (Self { inlet }, writer)
    }

    /// Queues a change; returns when it is queued, not when it is durable. Ends the change's actors when the
    /// journal has stopped.
    pub async fn submit(&self, change: Change) {
        if let Err(mpsc::error::SendError(Item::Change(change))) = self.inlet.send(Item::Change(change)).await
        {
            change.fuses.iter().for_each(|blow| blow());
        }
    }

    /// Writes a change and waits until it is durable.
    pub async fn write(&self, change: Change) -> Result<(), NotDurable> {
        let (done, durable) = oneshot::channel();
        let tell = move || {
            // The asker may have gone; the change is durable all the same.
            let _ = done.send(());
        };
        self.submit(change.then(tell)).await;
        durable.await.map_err(|_| NotDurable)
    }

    /// Waits until everything that was queued before is written (or has failed).
    pub async fn barrier(&self) {
        let (done, passed) = oneshot::channel();
        if self.inlet.send(Item::Barrier(done)).await.is_ok() {
            // An error means that the writer ended, which also leaves nothing queued.
            let _ = passed.await;
        }
    }
}

async fn write_groups(store: Arc<dyn Store>, mut outlet: mpsc::Receiver<Item>) {
    let mut items = Vec::with_capacity(GROUP_LIMIT);
    while outlet.recv_many(&mut items, GROUP_LIMIT).await > 0 {
        let mut group = Vec::with_capacity(items.len());
        let mut barriers = Vec::new();
        for item in items.drain(..) {
            match item {
                Item::Change(change) => group.push(change),
                Item::Barrier(done) => barriers.push(done),
            }
        }
        if !group.is_empty() {
            write_group(&*store, group).await;
        }
        for done in barriers {
            // Nobody waits any more: fine.
            let _ = done.send(());
        }
    }
}

async fn write_group(store: &dyn Store, mut group: Vec<Change>) {
    let writes: Vec<Vec<Write>> = group.iter_mut().map(|change| std::mem::take(&mut change.writes)).collect();
    match store.commit(&writes).await {
        Ok(verdicts) => {
            // What an actor decided after a decision that conflicted rests on a state that never was, whatever it wrote.
            let mut blown: Vec<*const ()> = Vec::new();
            let address = |fuse: &Fuse| Arc::as_ptr(fuse).cast::<()>();
            for (change, verdict) in group.into_iter().zip(verdicts) {
                let rests_on_conflict = change.fuses.iter().any(|fuse| blown.contains(&address(fuse)));
                if verdict == Verdict::Durable && !rests_on_conflict {
                    change.then.into_iter().for_each(|act| act());
                    continue;
                }
                if !rests_on_conflict {
                    warn!("A change met a newer row; its actors start again from the database");
                }
                blown.extend(change.fuses.iter().map(address));
                change.fuses.iter().for_each(|blow| blow());
            }
        }
        Err(failure) => {
            let outcome = match &failure {
                CommitError::NotCommitted(_) => "not_committed",
                CommitError::Unknown(_) => "unknown",
            };
            error!(outcome, error = ?failure, changes = group.len(), "A group of changes is not durable; its actors start again");
            for change in group {
                change.fuses.iter().for_each(|blow| blow());
            }
        }
    }
}
