//! `vortex check`

use std::sync::Arc;

use serde::Serialize;
use vortex_domain::{Clock, Entropy, SystemClock, VendorId};
use vortex_port::CheckItem;
use vortex_store::{OpenError, SqlStore};

use super::{Failure, Outcome, args::CheckArgs, say, say_json};
use crate::{
    config::Config,
    connectors::{self, Role},
    vendor_file,
};

#[derive(Serialize)]
struct Line {
    vendor: Option<VendorId>,
    connection: Option<String>,
    #[serde(flatten)]
    item: CheckItem,
}

#[derive(Serialize)]
struct Answer {
    ok: bool,
    items: Vec<Line>,
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, vendor: Option<&VendorId>, connection: Option<&str>, item: CheckItem) {
        self.0.push(Line { vendor: vendor.cloned(), connection: connection.map(str::to_owned), item });
    }
}

fn good(what: &str, found: impl Into<String>) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: true, found: found.into(), remedy: String::new() }
}

fn bad(what: &str, found: impl Into<String>, remedy: &str) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: false, found: found.into(), remedy: remedy.to_owned() }
}

pub(super) async fn run(args: CheckArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let mut lines = Lines::default();
    lines.add(None, None, good("configuration", "every key is known and every value fits"));
    if let Some(store) = database(&config, &mut lines).await {
        vendors(&config, &store, args.vendor.as_ref(), &mut lines).await?;
        store.close().await;
    }
    let answer = Answer { ok: lines.0.iter().all(|line| line.item.ok), items: lines.0 };
    if args.json {
        say_json(&answer)?;
    } else {
        for line in &answer.items {
            say(render(line));
        }
    }
    Ok(answer.ok)
}

async fn database(config: &Config, lines: &mut Lines) -> Option<SqlStore> {
    let options = match config.open_options() {
        Ok(options) => options,
        Err(error) => {
            lines.add(
                None,
                None,
                bad("master key", error.to_string(), "Give the key that this database was made with."),
            );
            return None;
        }
    };
    match SqlStore::open(&config.database.url, options).await {
        Ok(store) => {
            lines.add(None, None, good("database", "reachable, schema up to date, master key fits"));
            Some(store)
        }
        Err(error @ OpenError::InUse { .. }) => {
            let remedy =
                "The service holds it. Stop the service for this check, or look at the panel's connections.";
            lines.add(None, None, bad("database", error.to_string(), remedy));
            None
        }
        Err(error) => {
            let because =
                std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
            lines.add(
                None,
                None,
                bad("database", format!("{error}{because}"), "Check [database] in vortex.toml."),
            );
            None
        }
    }
}

async fn vendors(
    config: &Config,
    store: &SqlStore,
    only: Option<&VendorId>,
    lines: &mut Lines,
) -> Result<(), Failure> {
    let all: Vec<VendorId> =
        store.vendors().await.map_err(Failure::failed)?.into_iter().map(|record| record.id).collect();
    if let Some(wanted) = only.filter(|wanted| !all.contains(wanted)) {
        let known: Vec<&str> = all.iter().map(VendorId::as_str).collect();
        return Err(Failure::usage(anyhow::anyhow!(
            "there is no vendor `{wanted}`; there are: {}",
            known.join(", ")
        )));
    }
    if all.is_empty() {
        lines.add(None, None, good("vendors", "none yet; `vortex apply -f vendor.toml` makes one"));
    }
    for vendor in all.iter().filter(|vendor| only.is_none_or(|only| only == *vendor)) {
        match vendor_file::load(store, vendor).await {
            Ok(Some(stored)) => {
                lines.add(Some(vendor), None, good("settings", "readable, every secret opens"));
                connections(config, vendor, &stored.connections, lines).await;
            }
            Ok(None) => {}
            Err(error) => {
                let because =
                    std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
                let remedy = "Apply the vendor's file again.";
                lines.add(Some(vendor), None, bad("settings", format!("{error}{because}"), remedy));
            }
        }
    }
    Ok(())
}

async fn connections(
    config: &Config,
    vendor: &VendorId,
    connections: &[vortex_port::Connection],
    lines: &mut Lines,
) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy = Entropy::seeded(rand_seed());
    let remotes = match connectors::build(vendor, connections, &config.security.egress, &entropy, &clock) {
        Ok(remotes) => remotes,
        Err(error) => {
            lines.add(
                Some(vendor),
                None,
                bad("connections", error.to_string(), "Mend the vendor's file and apply it again."),
            );
            return;
        }
    };
    for (name, check) in remotes.checks {
        for item in check.check().await {
            lines.add(Some(vendor), Some(&name), item);
        }
    }
    for courier in connections.iter().filter(|connection| Role::of(&connection.kind) == Some(Role::Courier)) {
        let found = "settings and credentials are stored; this version does not call the courier yet";
        lines.add(Some(vendor), Some(&courier.name), good("connection", found));
    }
}

fn rand_seed() -> u64 {
    use rand::{RngCore as _, SeedableRng as _};
    rand::rngs::StdRng::from_os_rng().next_u64()
}

fn render(line: &Line) -> String {
    let mark = if line.item.ok { "ok   " } else { "WRONG" };
    let place = match (&line.vendor, &line.connection) {
        (Some(vendor), Some(connection)) => format!("{vendor}/{connection}: "),
        (Some(vendor), None) => format!("{vendor}: "),
        _ => String::new(),
    };
    let CheckItem { what, found, remedy, .. } = &line.item;
    let remedy = if remedy.is_empty() { String::new() } else { format!("\n      → {remedy}") };
    format!("{mark} {place}{what}: {found}{remedy}")
}
