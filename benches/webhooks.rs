//! Webhooks accepted durably per second: verified, on disk, then 202.
//!
//! `cargo bench --bench webhooks`
//!
//! * Ours: the whole router of the service, the row through the journal.
//! * Usual way: a minimal axum handler that verifies the same signature and inserts the row itself, one transaction per request:
//!   on PostgreSQL (`fsync=on`) one prepared statement over a pool of 32 connections, on SQLite (`synchronous=FULL`)
//!   through the store's connection.
//!
//! 64 kept connections over loopback, signed bodies of about 830 bytes; rounds alternate, figures are medians. No vendor runs, so
//! that nothing but accepting is measured. After the last round the rows are counted: every accepted one must be there.

mod support;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use axum::Router;
use secrecy::SecretString;
use support::{
    engine::configure,
    http_load::load,
    medians,
    postgres::Postgres,
    setting,
    table::{Target, digits, heading, line},
    usual_hooks::{HOOK, Rows, Usual, router},
};
use tokio::net::TcpListener;
use vortex::{
    demo::vendor::VENDOR,
    node::{Node, api_state, sqlite_url},
};
use vortex_api::signature::Key;
use vortex_domain::{Clock as _, SystemClock, VendorId};
use vortex_store::{
    OpenOptions, SqlStore, Store as _,
    registry::{ConnectionRecord, VendorRecord},
    secrets::MasterKey,
};

const CONNECTIONS: usize = 64;
const POOL: usize = 32;
const ROUNDS: usize = 3;
const SECRET: &str = "whsec_YmVuY2gtd2ViaG9vay1zZWNyZXQtMzItYnl0ZXM=";

/// One way of accepting, being served.
struct Way {
    name: &'static str,
    address: SocketAddr,
    node: Option<Node>,
    usual: Option<Arc<Usual>>,
    accepted: usize,
    rounds: Vec<(f64, f64)>,
}

impl Way {
    async fn serve(name: &'static str, router: Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { name, address, node: None, usual: None, accepted: 0, rounds: Vec::new() })
    }

    async fn ours(name: &'static str, folder: &Path, url: Option<&str>) -> anyhow::Result<Self> {
        let node = Node::start(&configure(folder, url, 0)?).await?;
        let vendor = VendorId::new(VENDOR)?;
        let record = VendorRecord {
            id: vendor.clone(),
            name: VENDOR.to_owned(),
            settings: serde_json::json!({}),
            at_ms: 1,
        };
        node.store.put_vendor(&record).await?;
        let connection = ConnectionRecord {
            vendor,
            name: HOOK.to_owned(),
            kind: "cdon".to_owned(),
            base_url: "http://127.0.0.1:9".to_owned(),
            settings: serde_json::json!({}),
            secrets: [("webhook_secret".to_owned(), SecretString::from(SECRET))].into(),
        };
        node.store.put_connection(&connection).await?;
        let state = api_state(&node, vortex_api::Site::local());
        state.set_engine_running(true);
        Ok(Self { node: Some(node), ..Self::serve(name, vortex_api::router(state)).await? })
    }

    async fn usual(name: &'static str, rows: Rows) -> anyhow::Result<Self> {
        let usual_way = Arc::new(Usual { keys: vec![key()?], rows });
        let router = router(usual_way.clone());
        Ok(Self { usual: Some(usual_way), ..Self::serve(name, router).await? })
    }

    async fn round(&mut self, round: usize, time: Duration) -> anyhow::Result<()> {
        let key = key()?;
        let body = format!(
            r#"{{"type":"order.created","data":{{"text":"{}"}}}}"#,
            "MEGZO Integrator Vortex ".repeat(33)
        );
        let request = move |client: usize, number: usize| {
            let id = format!("msg-{round}-{client}-{number}");
            let sent_s = SystemClock.now_ms() / 1_000;
            let signature = key.sign(&id, sent_s, body.as_bytes());
            format!(
                "POST /hooks/{VENDOR}/{HOOK} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nwebhook-id: {id}\r\n\
                 webhook-timestamp: {sent_s}\r\nwebhook-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        let done = load(self.address, CONNECTIONS, time, request).await.context(self.name)?;
        self.accepted += done.accepted;
        self.rounds.push((done.per_second, done.p99_ms));
        Ok(())
    }

    /// Every accepted message is a row.
    async fn check(&self, server: Option<&Postgres>) -> anyhow::Result<()> {
        let inbox = async |store: &SqlStore| -> anyhow::Result<i64> {
            Ok(store
                .backlog()
                .await?
                .iter()
                .filter(|queue| queue.queue == "inbox")
                .map(|queue| queue.depth)
                .sum())
        };
        let stored = match (&self.node, self.usual.as_deref().map(|usual| &usual.rows), server) {
            (Some(node), ..) => inbox(&node.store).await?,
            (_, Some(Rows::Lite(store)), _) => inbox(store).await?,
            (.., Some(server)) => Rows::count(server)?,
            _ => return Ok(()),
        };
        ensure!(
            usize::try_from(stored)? == self.accepted,
            "{}: {} accepted, {stored} stored",
            self.name,
            self.accepted
        );
        println!("  {}: {} accepted, {stored} on disk", self.name, self.accepted);
        Ok(())
    }
}

fn key() -> anyhow::Result<Key> {
    Key::parse(&SecretString::from(SECRET)).context("not a secret")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let time = Duration::from_secs(u64::try_from(setting("SECONDS", 3)?)?);
    let server = Postgres::start()?;
    let (lite, own) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let options = OpenOptions::new(MasterKey::generate()?);
    let rows = Rows::Lite(SqlStore::open(&sqlite_url(lite.path()), options).await?);
    // A usual way, then ours on the same database.
    let mut ways = vec![
        Way::usual("SQLite FULL, one INSERT each", rows).await?,
        Way::ours("SQLite FULL, ours", own.path(), None).await?,
    ];
    let pg_folder = tempfile::tempdir()?;
    if let Some(server) = &server {
        let url = server.database("ours")?;
        let rows = Rows::on(server, POOL).await?;
        ways.push(Way::usual("PostgreSQL, one INSERT each, pool of 32", rows).await?);
        ways.push(Way::ours("PostgreSQL, ours", pg_folder.path(), Some(&url)).await?);
    }
    for round in 0..ROUNDS {
        for way in &mut ways {
            way.round(round, time).await?;
        }
    }
    let title = format!("webhooks accepted durably, {CONNECTIONS} connections; median of {ROUNDS} rounds");
    heading(&title);
    for (pair, times) in ways.chunks(2).zip([10.0, 3.0]) {
        let [base, ours] = pair else { continue };
        let ((base_rate, base_p99), (rate, p99)) = (medians(&base.rounds), medians(&ours.rounds));
        let beside = format!("{}: {}/s, p99 {} ms", base.name, digits(base_rate), digits(base_p99));
        line(ours.name, rate, "/s", Target::None, &beside);
        line("  times the usual way", rate / base_rate, "times", Target::AtLeast(times), "");
        line("  p99", p99, "ms", Target::AtMost(20.0), "");
    }
    for way in &ways {
        way.check(server.as_ref()).await?;
    }
    Ok(())
}
