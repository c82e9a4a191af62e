//! Webhooks accepted the usual way: a minimal axum handler that verifies the signature and inserts the row itself.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::sync::Semaphore;
use vortex::demo::vendor::VENDOR;
use vortex_api::signature::{Key, verify};
use vortex_domain::{Clock as _, SystemClock, VendorId};
use vortex_store::{
    SqlStore, Store as _, Verdict,
    rows::{InboxRow, Write},
};

use super::{pg_client::PgClient, postgres::Postgres};

/// The connection that the messages are for.
pub(crate) const HOOK: &str = "cdon";
const DATABASE: &str = "usual";

const TABLE: &str = "CREATE TABLE hook (source text NOT NULL, event_id text NOT NULL, at_ms bigint NOT NULL, \
    payload text NOT NULL, PRIMARY KEY (source, event_id))";
const INSERT: &str = "INSERT INTO hook VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// Where the rows go, one transaction for each.
pub(crate) enum Rows {
    /// Over a pool of connections.
    Postgres { room: Semaphore, idle: Mutex<Vec<PgClient>> },
    /// Over the store's connection.
    Lite(SqlStore),
}

impl Rows {
    /// A new table on the server, and a pool of so many connections.
    pub(crate) async fn on(server: &Postgres, connections: usize) -> anyhow::Result<Self> {
        server.database(DATABASE)?;
        server.sql(DATABASE, TABLE)?;
        let mut idle = Vec::new();
        for _ in 0..connections {
            idle.push(PgClient::connect(server.folder(), DATABASE, INSERT).await?);
        }
        Ok(Self::Postgres { room: Semaphore::new(connections), idle: Mutex::new(idle) })
    }

    /// Rows in the server's table.
    pub(crate) fn count(server: &Postgres) -> anyhow::Result<i64> {
        Ok(server.sql(DATABASE, "SELECT count(*) FROM hook")?.parse()?)
    }
}

/// The handler's state.
pub(crate) struct Usual {
    pub(crate) keys: Vec<Key>,
    pub(crate) rows: Rows,
}

/// The service.
pub(crate) fn router(usual: Arc<Usual>) -> Router {
    Router::new().route(&format!("/hooks/{VENDOR}/{HOOK}"), post(receive)).with_state(usual)
}

impl Usual {
    async fn insert(&self, event_id: &str, body: &Bytes, at_ms: i64) -> anyhow::Result<()> {
        match &self.rows {
            Rows::Postgres { room, idle } => {
                let _room = room.acquire().await?;
                let client = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut client = client.context("a permit without a connection")?;
                let at = at_ms.to_string();
                client.execute(&[HOOK.as_bytes(), event_id.as_bytes(), at.as_bytes(), body]).await?;
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
            }
            Rows::Lite(store) => {
                let row = InboxRow {
                    vendor: VendorId::new(VENDOR)?,
                    connection: HOOK.to_owned(),
                    event_id: event_id.to_owned(),
                    key: String::new(),
                    topic: "wake".to_owned(),
                    payload: std::str::from_utf8(body)?.to_owned(),
                    at_ms,
                };
                let verdicts = store.commit(&[vec![Write::Inbox(row)]]).await?;
                ensure!(verdicts == [Verdict::Durable], "not durable");
            }
        }
        Ok(())
    }
}

async fn receive(State(state): State<Arc<Usual>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now_ms = SystemClock.now_ms();
    let Some(event_id) = verify(&headers, &body, &state.keys, now_ms) else {
        return StatusCode::UNAUTHORIZED;
    };
    match state.insert(event_id, &body, now_ms).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
