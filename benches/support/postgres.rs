//! A PostgreSQL server with its usual durability (`fsync=on`), from the machine's binaries; the tests' server has it off.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};

/// Sets up and starts a server, says so, and stops it when the input closes.
const SCRIPT: &str = r#"
set -eu
"$1/initdb" -D "$2/data" -U postgres -A trust >"$2/log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -h '' -c fsync=on -c synchronous_commit=on -c max_connections=200 >>"$2/log" 2>&1 &
server=$!
trap 'kill -INT $server; wait $server || true' EXIT
until grep -q 'ready to accept connections' "$2/log"; do kill -0 $server; sleep 0.1; done
echo ready
cat >/dev/null
"#;

/// A running server; it ends with this value.
pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    watcher: Child,
}

impl Postgres {
    /// Starts one; none, said loudly, where PostgreSQL is not installed.
    pub(crate) fn start() -> anyhow::Result<Option<Self>> {
        let Some(binaries) = binaries() else {
            eprintln!(
                "SKIPPED: everything that needs PostgreSQL: initdb, postgres and pgbench are not installed"
            );
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
        let mut command = if root {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status()?;
            ensure!(owned.success(), "we are root and there is no user `postgres` to run a server as");
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut watcher = command
            .args(["-c", SCRIPT, "sh"])
            .arg(&binaries)
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(watcher.stdout.take().context("no output")?).read_line(&mut line)?;
        if line.trim() != "ready" {
            bail!("PostgreSQL does not start: {}", fs::read_to_string(folder.path().join("log"))?);
        }
        Ok(Some(Self { folder, binaries, watcher }))
    }

    /// The URL of a new database.
    pub(crate) fn database(&self, name: &str) -> anyhow::Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display()))
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs SQL; what it prints.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut command = self.client("psql");
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

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-h").arg(self.folder.path()).args(["-U", "postgres"]);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Closing the input is what the script waits for.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
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

/// The folder that has server and clients.
fn binaries() -> Option<PathBuf> {
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    packaged.sort();
    packaged.reverse();
    let path = env::var_os("PATH").unwrap_or_default();
    let all = packaged.into_iter().chain(env::split_paths(&path));
    let complete =
        |dir: &PathBuf| ["initdb", "postgres", "psql", "pgbench"].iter().all(|p| dir.join(p).exists());
    all.into_iter().find(complete)
}
