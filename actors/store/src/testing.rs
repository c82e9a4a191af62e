//! A PostgreSQL server for tests: `TEST_POSTGRES_URL`, or one started from the machine's binaries, or none.
//!
//! Without one the tests that need it print a line that starts with `SKIPPED` and pass, unless
//! `VORTEX_REQUIRE_POSTGRES=1` is set.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Set it to fail instead of skip.
const REQUIRE: &str = "VORTEX_REQUIRE_POSTGRES";

/// The server that the tests of this process use.
struct Server {
    /// Address of its databases, without the database's name.
    base: Address,
    /// Held: it ends with this process.
    _started: Option<LocalServer>,
}

/// An address that a database name can be put into.
#[derive(Clone)]
struct Address {
    before: String,
    after: String,
}

impl Address {
    fn of(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The URL of a new, empty database on a test server; none when there is no server (already said on stderr).
///
/// # Panics
/// When there is no server although `VORTEX_REQUIRE_POSTGRES=1`, or when it refuses a new database.
pub async fn postgres() -> Option<String> {
    let server = match SERVER.get_or_init(find_or_start) {
        Ok(server) => server,
        Err(why) => {
            assert!(
                env::var(REQUIRE).as_deref() != Ok("1"),
                "PostgreSQL is required by {REQUIRE}=1, but {why}"
            );
            // Not `eprintln`: the test harness would hide it. A closed stderr hides it too, and changes nothing.
            let line =
                format!("SKIPPED: PostgreSQL tests, because {why} (set {REQUIRE}=1 to fail instead)\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            return None;
        }
    };
    let name = format!("vortex_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    match create_database(&server.base.of("postgres"), &name).await {
        Ok(()) => Some(server.base.of(&name)),
        Err(error) => panic!("the test server refuses a new database: {error}"),
    }
}

async fn create_database(admin: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut conn = PgConnection::connect(admin).await?;
    conn.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await?;
    conn.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    conn.close().await
}

fn find_or_start() -> Result<Server, String> {
    if let Ok(url) = env::var("TEST_POSTGRES_URL") {
        return Ok(Server { base: given(&url), _started: None });
    }
    let started = LocalServer::start(&["initdb", "postgres"], false)?
        .ok_or("neither TEST_POSTGRES_URL is set nor initdb and postgres are installed")?;
    Ok(Server { base: started.base(), _started: Some(started) })
}

/// Splits a URL around its database name.
fn given(url: &str) -> Address {
    let (main, query) =
        url.split_once('?').map_or((url, String::new()), |(main, query)| (main, format!("?{query}")));
    let after_scheme = main.find("://").map_or(0, |at| at + 3);
    let end = main[after_scheme..].find('/').map_or(main.len(), |at| after_scheme + at);
    Address { before: format!("{}/", &main[..end]), after: query }
}

/// The folder that has all of these programs.
fn binaries(programs: &[&str]) -> Option<PathBuf> {
    let on_path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    packaged.sort();
    packaged.reverse();
    let complete = |folder: &PathBuf| programs.iter().all(|program| folder.join(program).exists());
    packaged.into_iter().chain(on_path).find(complete)
}

/// What the watcher runs: set up, start, say when it is ready, and stop when the input closes.
const SCRIPT: &str = r#"
set -eu
"$1/initdb" -D "$2/data" -U postgres -A trust --no-sync >"$2/log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -h '' -c fsync=$3 -c max_connections=200 >>"$2/log" 2>&1 &
server=$!
trap 'kill -INT $server; wait $server || true' EXIT
n=0
until grep -q 'ready to accept connections' "$2/log"; do
    kill -0 $server
    n=$((n+1))
    test $n -lt 300
    sleep 0.1
done
echo ready
cat >/dev/null
trap - EXIT
kill -INT $server
wait $server || true
rm -rf "$2"
"#;

/// A PostgreSQL server from the machine's binaries; it ends with this value, and with this process however that ends.
pub struct LocalServer {
    folder: PathBuf,
    binaries: PathBuf,
    watcher: Child,
}

impl LocalServer {
    /// Starts a server, without its usual durability unless `fsync`. None where these programs are not installed.
    ///
    /// # Errors
    /// Why it does not start, in words.
    pub fn start(programs: &[&str], fsync: bool) -> Result<Option<Self>, String> {
        let Some(binaries) = binaries(programs) else { return Ok(None) };
        let folder = env::temp_dir().join(format!("vortex-pg-{}", std::process::id()));
        let broken = |doing: &str, why: &dyn std::fmt::Display| {
            format!("{doing} in {} failed: {why}", folder.display())
        };
        // A leftover of an earlier process with our number.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| broken("making a folder", &error))?;
        let mut command = if is_root() {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").arg("postgres").arg(&folder).status();
            if !owned.is_ok_and(|status| status.success()) {
                return Err("we are root and there is no user `postgres` to run a server as".to_owned());
            }
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut watcher = command
            .args(["-c", SCRIPT, "sh"])
            .arg(&binaries)
            .arg(&folder)
            .arg(if fsync { "on" } else { "off" })
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| broken("starting PostgreSQL", &error))?;
        let mut line = String::new();
        let said = watcher.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        if line.trim() != "ready" {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default().to_owned();
            return Err(broken("starting PostgreSQL", &format!("{last} ({said:?})")));
        }
        Ok(Some(Self { folder, binaries, watcher }))
    }

    /// Where its socket is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a database on it, which must exist.
    pub fn url(&self, database: &str) -> String {
        self.base().of(database)
    }

    /// One of PostgreSQL's client programs, told where the server is and who we are.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-h").arg(&self.folder).args(["-U", "postgres"]);
        command
    }

    fn base(&self) -> Address {
        Address {
            before: "postgres://postgres@localhost/".to_owned(),
            after: format!("?host={}", self.folder.display()),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Closing the input is what the script waits for.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
