//! The connector: one bridge, its session, and the reading that is going on.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vortex_domain::{Clock, Entropy, VendorId};
use vortex_port::{Connection, connection::SettingsError, http::EgressPolicy};

use crate::{bridge::Bridge, config::Settings, paging::Reading, session::Session};

/// A WinMentor Classic installation behind an HTTP bridge. Clones share the session.
#[derive(Clone)]
pub struct WinMentorConnector {
    inner: Arc<Inner>,
}

struct Inner {
    session: Session,
    articles: Mutex<Reading>,
}

impl WinMentorConnector {
    /// Prepares the connector of one connection of kind `winmentor-bridge` or `winmentor-bridge-v12`; nothing is
    /// called yet. There must be one per bridge and process: it is what keeps requests one at a time.
    ///
    /// # Errors
    /// Names the setting that is missing, unknown or wrong.
    pub fn new(
        vendor: &VendorId,
        connection: &Connection,
        egress: EgressPolicy,
        entropy: Entropy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let settings = Arc::new(Settings::read(connection)?);
        let api_key = connection.secrets.get("api_key").cloned().ok_or_else(|| SettingsError {
            connection: connection.name.clone(),
            field: "api_key".to_owned(),
            why: "is missing; it stands in the bridge's appsettings.json".to_owned(),
        })?;
        let bridge = Bridge::new(vendor, connection, settings.dialect, egress, entropy, api_key)?;
        let session = Session::new(bridge, settings, clock);
        Ok(Self { inner: Arc::new(Inner { session, articles: Mutex::default() }) })
    }

    pub(crate) fn session(&self) -> &Session {
        &self.inner.session
    }

    /// What the pages of the catalogue reading that is going on have shown.
    pub(crate) fn article_reading(&self) -> MutexGuard<'_, Reading> {
        self.inner.articles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for WinMentorConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WinMentorConnector")
            .field("connection", &self.inner.session.bridge.connection())
            .field("company", &self.inner.session.settings.company)
            .finish_non_exhaustive()
    }
}
