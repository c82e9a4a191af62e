//! The flows of one vendor. Each reads what is, compares, and sends messages or calls; decisions are the actors'.

mod booking;
mod catalogue;
mod commands;
mod intake;
mod invoices;
mod news;
mod pickups;
mod prints;
mod publish;
mod pushes;
mod reconcile;
mod shipping;
mod stock;
mod tracking;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicI64},
};

pub use booking::Booking;
pub use catalogue::{APPROVED as CATALOGUE_APPROVED, Catalogue};
pub use commands::Commands;
pub use intake::Intake;
pub use invoices::Invoices;
pub use pickups::Pickups;
pub use prints::PrintCache;
pub use publish::Publish;
pub use reconcile::Reconcile;
pub use shipping::Shipping;
pub use stock::{APPROVED as STOCK_APPROVED, Stock};
use tokio::sync::Mutex;
use tracing::warn;
pub use tracking::Tracking;
use vortex_domain::{
    Vendor,
    attention::{Code, Raise, Subject},
    clock::in_words,
};
use vortex_entities::{Directory, Seams, directory::Undecided};
use vortex_port::CallError;
use vortex_store::{
    Change, StoreError,
    journal::NotDurable,
    rows::{CursorRow, Write},
};

use crate::{connectors::Remotes, flow::Hub};

/// What all flows of one vendor share.
pub struct FlowContext {
    /// Settings.
    pub vendor: Arc<Vendor>,
    /// Database, journal, time, chance.
    pub seams: Seams,
    /// The way to the actors.
    pub directory: Directory,
    /// ERP, channel, courier.
    pub remotes: Remotes,
    /// The other flows.
    pub hub: Hub,
    /// Fingerprints of every SKU, so that unchanged rows cost nothing.
    pub prints: Mutex<PrintCache>,
    /// When the channel's orders were last read whole; 0: not in this life.
    pub orders_read_ms: AtomicI64,
    /// Causes raised for connections; cleared when the connection works again.
    pub raised: Mutex<BTreeSet<(String, Code)>>,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// A remote.
    #[error(transparent)]
    Remote(#[from] CallError),
    /// The database.
    #[error("the database does not answer: {0}")]
    Store(#[from] StoreError),
    /// A commit.
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
    /// An actor.
    #[error(transparent)]
    Undecided(#[from] Undecided),
    /// Orders could not be read before a push.
    #[error("nothing is pushed before the channel's orders were read: {0}")]
    OrdersUnread(String),
}

impl Stop {
    /// It may concern nothing but what was just asked: the next order, file or waybill is tried all the same, so that one bad
    /// one does not stop all others for ever (T3).
    pub(crate) fn may_be_about_one(&self) -> bool {
        use CallError::{Implausible, Refused, Unknown};
        matches!(self, Self::Remote(Refused { .. } | Implausible { .. } | Unknown { .. }))
    }

    /// Keeps the first of several failures that concern one thing each; any other one ends the work.
    pub(crate) fn set_aside(self, first: &mut Option<Self>) -> Result<(), Self> {
        if !self.may_be_about_one() {
            return Err(self);
        }
        first.get_or_insert(self);
        Ok(())
    }
}

impl FlowContext {
    /// Milliseconds since 1970, UTC.
    pub fn now_ms(&self) -> i64 {
        self.seams.clock.now_ms()
    }

    /// The ERP connection's name.
    pub fn erp(&self) -> &str {
        &self.remotes.erp_name
    }

    /// The channel connection's name.
    pub fn channel(&self) -> &str {
        &self.remotes.channel_name
    }

    /// Writes rows that no actor's memory depends on, and waits until they are on disk.
    pub async fn write(&self, writes: Vec<Write>) -> Result<(), NotDurable> {
        if writes.is_empty() {
            return Ok(());
        }
        self.seams.journal.write(Change::of(writes)).await
    }

    /// Sets a cursor.
    pub fn cursor(&self, name: &str, value: &impl ToString) -> Write {
        Write::Cursor(CursorRow {
            vendor: self.vendor.id.clone(),
            name: name.to_owned(),
            value: value.to_string(),
        })
    }

    /// A cursor that holds a number; 0 when it was never set.
    pub async fn cursor_ms(&self, name: &str) -> Result<i64, StoreError> {
        let value = self.seams.store.cursor(&self.vendor.id, name).await?;
        Ok(value.and_then(|v| v.parse().ok()).unwrap_or(0))
    }

    /// Puts a cause in front of a person, with the connection as what it blocks.
    pub async fn raise(&self, connection: &str, code: Code, params: Vec<String>) {
        let raise = Raise {
            code,
            cause: connection.to_owned(),
            params,
            subject: Subject::Connection(connection.to_owned()),
        };
        let vendor = self.vendor.id.clone();
        self.raised.lock().await.insert((connection.to_owned(), code));
        if self.write(vec![Write::Raise(vendor, Box::new(raise), self.now_ms())]).await.is_err() {
            warn!(vendor.id = %self.vendor.id, code = %code, "An attention item could not be written; it is raised again when met again");
        }
    }

    /// The connection works (again): its causes are gone.
    pub async fn clear(&self, connection: &str, codes: &[Code]) {
        let gone: Vec<Code> = {
            let mut raised = self.raised.lock().await;
            codes.iter().copied().filter(|code| raised.remove(&(connection.to_owned(), *code))).collect()
        };
        let clear = |code: &Code| {
            Write::Clear(self.vendor.id.clone(), *code, Subject::Connection(connection.to_owned()))
        };
        if self.write(gone.iter().map(clear).collect()).await.is_err() {
            // The next call that works repeats it.
            self.raised.lock().await.extend(gone.into_iter().map(|code| (connection.to_owned(), code)));
        }
    }

    /// Takes up what earlier runs of the process raised for connections, so that it can be cleared.
    pub async fn recall_raised(&self) -> Result<(), StoreError> {
        let items = self.seams.store.attention(&self.vendor.id, 1_000).await?;
        let mut raised = self.raised.lock().await;
        for item in items {
            for subject in item.subjects {
                if let Subject::Connection(name) = subject {
                    raised.insert((name, item.code));
                }
            }
        }
        Ok(())
    }

    /// Tells people about a failed call, when they can do something about it.
    pub async fn report(&self, stop: &Stop) {
        let Stop::Remote(call) = stop else { return };
        let connection = call.connection().to_owned();
        match call {
            CallError::Credentials { .. } => {
                self.raise(&connection, Code::CredentialsRefused, vec![connection.clone()]).await;
            }
            CallError::Implausible { why, .. } => {
                self.raise(&connection, Code::ReadingImplausible, vec![connection.clone(), why.clone()])
                    .await;
            }
            CallError::NotSent { why, .. } | CallError::Unknown { why, .. } => {
                let since = in_words(self.now_ms());
                self.raise(&connection, Code::RemoteDown, vec![connection.clone(), since, why.clone()]).await;
            }
            CallError::Paused { .. } | CallError::Refused { .. } => {}
        }
    }

    /// A call of this connection has worked.
    pub async fn works(&self, connection: &str) {
        self.clear(connection, &[Code::CredentialsRefused, Code::RemoteDown, Code::ReadingImplausible]).await;
    }
}
