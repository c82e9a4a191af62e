//! Group commit: the decisions of many actors share one transaction (feasibility.md section 2).
//!
//! An actor decides in memory, hands its change over and takes the next message. Whatever arrived while
//! the previous transaction was being written forms the next one; no timer. Replies and follow-up
//! messages leave only when the change is durable. When it is not, or nobody knows, the actors that took part are ended:
//! nothing that they said has left, and they start again from rows.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use metrics::{counter, histogram};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tracing::{error, warn};

use crate::{
    rows::Write,
    store::{CommitError, Store, Verdict},
};

/// Changes that wait for the writer at most; submitting waits when it is full.
const QUEUE_LIMIT: usize = 8_192;
/// Changes in one transaction at most.
const GROUP_LIMIT: usize = 2_048;

/// Histogram of seconds that one group's transaction took.
pub const COMMIT_SECONDS: &str = "vortex_commit_seconds";
/// Counter of changes made durable.
pub const COMMITTED: &str = "vortex_changes_committed_total";
/// Counter of changes that were not: they conflicted, the commit failed, or nobody knows.
pub const NOT_COMMITTED: &str = "vortex_changes_not_committed_total";

/// Ends an actor whose decision was not committed, once. From then on nothing that it still has in the queue is written or
/// confirmed: it rests on a state that never was.
#[derive(Clone)]
pub struct Fuse(Arc<Wire>);

struct Wire {
    blown: AtomicBool,
    end: Box<dyn Fn() + Send + Sync>,
}

impl Fuse {
    /// A fuse that ends its actor by calling `end`.
    pub fn new(end: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Wire { blown: AtomicBool::new(false), end: Box::new(end) }))
    }

    fn blow(&self) {
        if !self.0.blown.swap(true, Ordering::AcqRel) {
            (self.0.end)();
        }
    }

    fn is_blown(&self) -> bool {
        self.0.blown.load(Ordering::Acquire)
    }
}

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

    fn rests_on_nothing(&self) -> bool {
        self.fuses.iter().any(Fuse::is_blown)
    }

    fn drop_undone(self) {
        self.fuses.iter().for_each(Fuse::blow);
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
            change.drop_undone();
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

async fn write_group(store: &dyn Store, group: Vec<Change>) {
    let (undone, mut group): (Vec<_>, Vec<_>) = group.into_iter().partition(Change::rests_on_nothing);
    undone.into_iter().for_each(Change::drop_undone);
    let writes: Vec<Vec<Write>> = group.iter_mut().map(|change| std::mem::take(&mut change.writes)).collect();
    let started = Instant::now();
    let outcome = store.commit(&writes).await;
    histogram!(COMMIT_SECONDS).record(started.elapsed().as_secs_f64());
    let (mut durable, all) = (0, group.len() as u64);
    match outcome {
        Ok(verdicts) => {
            for (change, verdict) in group.into_iter().zip(verdicts) {
                if verdict == Verdict::Durable && !change.rests_on_nothing() {
                    durable += 1;
                    change.then.into_iter().for_each(|act| act());
                    continue;
                }
                if verdict != Verdict::Durable {
                    warn!("A change met a newer row; its actors start again from the database");
                }
                change.drop_undone();
            }
        }
        Err(failure) => {
            let outcome = match &failure {
                CommitError::NotCommitted(_) => "not_committed",
                CommitError::Unknown(_) => "unknown",
            };
            error!(outcome, error = ?failure, changes = group.len(), "A group of changes is not durable; its actors start again");
            group.into_iter().for_each(Change::drop_undone);
        }
    }
    counter!(COMMITTED).increment(durable);
    counter!(NOT_COMMITTED).increment(all - durable);
}
