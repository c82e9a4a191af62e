//! A PostgreSQL server with its usual durability (`fsync=on`), from the machine's binaries; the tests' server has it off.

use std::{fs, path::Path};

use anyhow::{Context as _, anyhow, ensure};
use vortex_store::testing::LocalServer;

/// A running server; it ends with this value.
pub(crate) struct Postgres(LocalServer);

impl Postgres {
    /// Starts one; none, said loudly, where PostgreSQL is not installed.
    pub(crate) fn start() -> anyhow::Result<Option<Self>> {
        let programs = ["initdb", "postgres", "psql", "pgbench"];
        let server = LocalServer::start(&programs, true).map_err(|why| anyhow!(why))?;
        if server.is_none() {
            eprintln!("SKIPPED: everything that needs PostgreSQL: {} are not installed", programs.join(", "));
        }
        Ok(server.map(Self))
    }

    /// The URL of a new database.
    pub(crate) fn database(&self, name: &str) -> anyhow::Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.0.url(name))
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        self.0.folder()
    }

    /// Runs SQL; what it prints.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut command = self.0.client("psql");
        let out = command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, database]).output()?;
        ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Ok(String::from_utf8(out.stdout)?.trim().to_owned())
    }

    /// Runs a script of `pgbench` in prepared mode with so many clients; transactions per second and p99, milliseconds.
    pub(crate) fn pgbench(
        &self,
        database: &str,
        script: &str,
        clients: u32,
        seconds: u32,
    ) -> anyhow::Result<(f64, f64)> {
        let logs = tempfile::tempdir()?;
        let file = logs.path().join("script.sql");
        fs::write(&file, script)?;
        let out = self
            .0
            .client("pgbench")
            .args(["-n", "-M", "prepared", "-j", "2", "-l", "--log-prefix"])
            .arg(logs.path().join("log"))
            .args(["-c", &clients.to_string(), "-T", &seconds.to_string(), "-f"])
            .arg(&file)
            .arg(database)
            .output()?;
        let said = String::from_utf8(out.stdout)?;
        ensure!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
        let tps = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok())
            .context("pgbench printed no rate")?;
        Ok((tps, p99_ms(logs.path())?))
    }
}

/// The third column of pgbench's log lines is a transaction's time in microseconds.
#[expect(clippy::cast_precision_loss, reason = "microseconds of one transaction")]
fn p99_ms(folder: &Path) -> anyhow::Result<f64> {
    let mut times: Vec<u64> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "sql") {
            continue;
        }
        let log = fs::read_to_string(path)?;
        times.extend(log.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
    }
    times.sort_unstable();
    let place = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    Ok(times.get(place).map_or(f64::NAN, |us| *us as f64 / 1_000.0))
}
