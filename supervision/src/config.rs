//! The service's own settings: `vortex.toml`, overridden by `VORTEX__SECTION__KEY` in the environment.
//!
//! Invariant: a setting that is wrong, or that nobody knows, stops the start; nothing is guessed.

pub mod reader;

use std::{
    collections::HashMap,
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use vortex_port::http::EgressPolicy;
use vortex_store::{
    OpenOptions,
    secrets::{MasterKey, SecretError},
};

use reader::{Node, Problems, Section};

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "vortex.toml";
/// The environment variable that may hold the master key itself.
pub const MASTER_KEY_VARIABLE: &str = "VORTEX_MASTER_KEY";
/// Longest period that a schedule may have: a day.
const DAY_S: i64 = 86_400;

/// The service's settings are not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read; check the path, or start without --config for the defaults", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML: {why}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// The parser's words, with line and column.
        why: String,
    },
    /// Keys or values are wrong.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// Neither the environment nor a file has the master key.
    #[error("there is no master key: {} does not exist and {MASTER_KEY_VARIABLE} is not set; create one with `vortex migrate --create-master-key`, and keep a copy in a safe place", path.display())]
    NoMasterKey {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The master key cannot be used.
    #[error(transparent)]
    MasterKey(#[from] SecretError),
}

/// The service's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Listeners.
    pub server: Server,
    /// Where the rows are.
    pub database: Database,
    /// Keys and limits of trust.
    pub security: Security,
    /// How often things happen.
    pub schedule: Schedule,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Panel, API and webhooks; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Prometheus metrics, on a listener of their own; default `127.0.0.1:9090`.
    pub metrics_listen: SocketAddr,
    /// The address under which others see the service; by default `http://` and `listen`. No slash at the end.
    pub public_url: String,
    /// Networks of the proxies that stand before the service and whose `X-Forwarded-For` is believed; default none.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[database]`
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// `sqlite:<file>` (relative to the configuration file) or `postgres://…`; default `sqlite:vortex.db`.
    pub url: String,
    /// Connections for reading; default 4.
    pub readers: u32,
    /// How long to wait at the start for the process before us to end, milliseconds; default 5000. PostgreSQL only.
    pub lock_wait_ms: u64,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a password.
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("Database")
            .field("scheme", &scheme)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

/// `[security]`
#[derive(Debug, Clone)]
pub struct Security {
    /// 32 random bytes in base64; default `master.key`, relative to the configuration file.
    pub master_key_file: PathBuf,
    /// The key itself from `VORTEX_MASTER_KEY`, which wins over the file.
    pub master_key: Option<SecretString>,
    /// Which private networks connections may reach (`allow_networks`); default none.
    pub egress: EgressPolicy,
}

/// `[schedule]`, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Between two comparisons of what should be with what is; default 300.
    pub heartbeat_s: u32,
    /// Between two polls of the channel's orders; default 60.
    pub orders_poll_s: u32,
    /// Between two readings of the ERP's catalogue; default 900.
    pub catalogue_s: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { heartbeat_s: 300, orders_poll_s: 60, catalogue_s: 900 }
    }
}

/// Environment variables, as the process was started with or as a test wants them.
#[derive(Clone)]
pub enum Environment {
    /// The process's own.
    Process,
    /// These and no others.
    Given(HashMap<String, String>),
}

impl Environment {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Process => std::env::var(name).ok(),
            Self::Given(variables) => variables.get(name).cloned(),
        }
    }

    fn overrides(&self) -> config::Environment {
        let given = match self {
            Self::Process => None,
            Self::Given(variables) => Some(variables.clone().into_iter().collect()),
        };
        config::Environment::with_prefix("VORTEX")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("security.allow_networks")
            .with_list_parse_key("server.trusted_proxies")
            .source(given)
    }
}

impl Config {
    /// Reads the named file, or `vortex.toml` in the working directory if there is one, and the environment's overrides.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        let named = path.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match fs::read_to_string(named) {
            Ok(text) => text,
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Unreadable { path: named.to_owned(), source }),
        };
        Self::parse(&text, named, environment)
    }

    /// Reads the text of a file that stands at `path`.
    pub fn parse(text: &str, path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let layered = config::Config::builder()
            .add_source(config::File::from_str(text, config::FileFormat::Toml))
            .add_source(environment.overrides())
            .build()
            .map_err(|error| ConfigError::Syntax { path: path.to_owned(), why: error.to_string() })?;
        let origin: Arc<str> = Arc::from(path.display().to_string());
        let root = Section::root(Node::from_config(layered.cache, &origin));
        let folder = path.parent().unwrap_or(Path::new(""));
        let config = Self {
            server: server(&root.section_or_empty("server")),
            database: database(&root.section_or_empty("database"), folder),
            security: security(&root.section_or_empty("security"), folder, environment),
            schedule: schedule(&root.section_or_empty("schedule")),
        };
        root.finish();
        root.problems()?;
        Ok(config)
    }

    /// The key under which secrets are sealed: the environment's, else the file's.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        if let Some(key) = &self.security.master_key {
            return Ok(MasterKey::from_env_value(key.expose_secret())?);
        }
        let path = &self.security.master_key_file;
        if !path.exists() {
            return Err(ConfigError::NoMasterKey { path: path.clone() });
        }
        Ok(MasterKey::from_file(path)?)
    }

    /// How the database is opened.
    pub fn open_options(&self) -> Result<OpenOptions, ConfigError> {
        let mut options = OpenOptions::new(self.master_key()?);
        options.readers = self.database.readers;
        options.lock_wait_ms = self.database.lock_wait_ms;
        Ok(options)
    }
}

fn server(section: &Section) -> Server {
    let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let address = "an address and port such as 127.0.0.1:8080";
    let listen = section.parsed("listen", address).unwrap_or_else(|| loopback(8080));
    let metrics_listen = section.parsed("metrics_listen", address).unwrap_or_else(|| loopback(9090));
    if listen == metrics_listen && listen.port() != 0 {
        section
            .wrong("metrics_listen", "is the same address as `listen`; metrics need a listener of their own");
    }
    let public_url = section.parsed::<Url>("public_url", "a web address such as https://vortex.example.com");
    if let Some(url) = &public_url
        && (!matches!(url.scheme(), "http" | "https") || url.host().is_none())
    {
        section.wrong("public_url", "expected a web address that begins with https:// or http://");
    }
    let trusted_proxies = networks(section, "trusted_proxies", "name the proxy's network", "10.0.0.5/32");
    section.finish();
    let public_url = public_url
        .map_or_else(|| format!("http://{listen}"), |url| url.as_str().trim_end_matches('/').to_owned());
    Server { listen, metrics_listen, public_url, trusted_proxies }
}

fn database(section: &Section, folder: &Path) -> Database {
    let url = section.text("url").unwrap_or_else(|| "sqlite:vortex.db".to_owned());
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        // The address may hold a password: it is not repeated.
        section.wrong("url", "expected sqlite:<file> or postgres://<user>@<host>/<database>");
    }
    let url = match url.strip_prefix("sqlite:") {
        Some(file) => {
            format!("sqlite:{}", beside(folder, file.trim_start_matches("//"), file.starts_with("///")))
        }
        None => url,
    };
    let readers = section.integer("readers", 1..=64, 4);
    let lock_wait_ms = section.integer("lock_wait_ms", 0..=600_000, 5_000);
    section.finish();
    Database {
        url,
        readers: u32::try_from(readers).unwrap_or(4),
        lock_wait_ms: u64::try_from(lock_wait_ms).unwrap_or(0),
    }
}

/// A file's path, seen from the configuration file's folder.
fn beside(folder: &Path, file: &str, absolute: bool) -> String {
    if absolute || file.starts_with('/') {
        return format!("/{}", file.trim_start_matches('/'));
    }
    folder.join(file).display().to_string()
}

/// A list of networks, none of which is everything.
fn networks(section: &Section, key: &'static str, instead: &str, example: &str) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for text in section.texts(key).unwrap_or_default() {
        match text.trim().parse::<IpNet>() {
            Ok(network) if network.prefix_len() == 0 => {
                section.wrong(key, format!("`{text}` is every address there is; {instead}"));
            }
            Ok(network) => networks.push(network),
            Err(_) => section.wrong(key, format!("`{text}` is not a network; expected e.g. {example}")),
        }
    }
    networks
}

fn security(section: &Section, folder: &Path, environment: &Environment) -> Security {
    let file = section.text("master_key_file").unwrap_or_else(|| "master.key".to_owned());
    let allow_networks = networks(section, "allow_networks", "name the ERP's network", "10.20.0.0/24");
    section.finish();
    let master_key =
        environment.get(MASTER_KEY_VARIABLE).filter(|key| !key.is_empty()).map(SecretString::from);
    Security { master_key_file: folder.join(file), master_key, egress: EgressPolicy { allow_networks } }
}

fn schedule(section: &Section) -> Schedule {
    let default = Schedule::default();
    let period = |key, default: u32| {
        u32::try_from(section.integer(key, 1..=DAY_S, i64::from(default))).unwrap_or(default)
    };
    let schedule = Schedule {
        heartbeat_s: period("heartbeat_s", default.heartbeat_s),
        orders_poll_s: period("orders_poll_s", default.orders_poll_s),
        catalogue_s: period("catalogue_s", default.catalogue_s),
    };
    section.finish();
    schedule
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
[server]
listen = "127.0.0.1:8080"
metrics_listen = "127.0.0.1:9090"
public_url = "https://vortex.example.com"

[database]
url = "sqlite:vortex.db"            # or postgres://…

[security]
master_key_file = "master.key"      # 32 random bytes, base64; or env VORTEX_MASTER_KEY
allow_networks = []                 # operator's CIDR list for private ERPs, e.g. ["10.20.0.0/24"]

[schedule]
heartbeat_s = 300
orders_poll_s = 60
"#;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(text, Path::new("etc/vortex.toml"), &Environment::Given(variables.collect()))
    }

    fn complaint(text: &str, variables: &[(&str, &str)]) -> String {
        read(text, variables).unwrap_err().to_string()
    }

    #[test]
    fn reads_the_documented_file() {
        let config = read(CONTRACT, &[]).unwrap();
        assert_eq!(config.server.public_url, "https://vortex.example.com");
        assert_eq!(config.database.url, "sqlite:etc/vortex.db");
        assert_eq!(config.security.master_key_file, Path::new("etc/master.key"));
        assert_eq!(config.schedule, Schedule::default());
    }

    #[test]
    fn an_empty_file_means_the_documented_defaults() {
        let empty = read("", &[]).unwrap();
        let full = read(CONTRACT, &[]).unwrap();
        assert_eq!(empty.server.listen, full.server.listen);
        assert_eq!(empty.server.public_url, "http://127.0.0.1:8080");
        assert_eq!(empty.database, full.database);
        assert_eq!(empty.schedule, full.schedule);
        assert!(empty.security.egress.allow_networks.is_empty());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = read(
            CONTRACT,
            &[
                ("VORTEX__SCHEDULE__HEARTBEAT_S", "5"),
                ("VORTEX__SERVER__LISTEN", "0.0.0.0:80"),
                ("VORTEX__SECURITY__ALLOW_NETWORKS", "10.20.0.0/24,fd00::/64"),
                ("VORTEX_MASTER_KEY", "k"),
            ],
        )
        .unwrap();
        assert_eq!(config.schedule.heartbeat_s, 5);
        assert_eq!(config.server.listen.to_string(), "0.0.0.0:80");
        assert_eq!(config.security.egress.allow_networks.len(), 2);
        assert!(config.security.master_key.is_some());
    }

    #[test]
    fn a_single_network_in_the_environment_is_a_list_of_one() {
        let config = read("", &[("VORTEX__SECURITY__ALLOW_NETWORKS", "10.20.0.0/24")]).unwrap();
        assert_eq!(config.security.egress.allow_networks, ["10.20.0.0/24".parse::<IpNet>().unwrap()]);
    }

    #[test]
    fn refuses_unknown_keys_wherever_they_come_from() {
        let found = complaint("[schedule]\nheart_beat_s = 3\n[sever]\n", &[]);
        assert!(
            found
                .contains("etc/vortex.toml: schedule.heart_beat_s: unknown key; did you mean `heartbeat_s`?"),
            "{found}"
        );
        assert!(found.contains("etc/vortex.toml: sever: unknown key; did you mean `server`?"), "{found}");
        let found = complaint("", &[("VORTEX__DATABASE__URI", "sqlite:x.db")]);
        assert_eq!(found, "the environment: database.uri: unknown key; did you mean `url`?");
    }

    #[test]
    fn names_file_key_and_what_is_expected() {
        let cases = [
            (
                "[schedule]\nheartbeat_s = 0\n",
                "schedule.heartbeat_s: 0 is out of bounds; expected a whole number from 1 to 86400",
            ),
            (
                "[schedule]\nheartbeat_s = \"5 min\"\n",
                "schedule.heartbeat_s: expected a whole number, found a text",
            ),
            (
                "[server]\nlisten = \"8080\"\n",
                "server.listen: expected an address and port such as 127.0.0.1:8080",
            ),
            (
                "[server]\nlisten = \"127.0.0.1:9090\"\n",
                "server.metrics_listen: is the same address as `listen`",
            ),
            ("[server]\npublic_url = \"vortex.example.com\"\n", "server.public_url: expected a web address"),
            (
                "[database]\nurl = \"mysql://root:hunter2@db\"\n",
                "database.url: expected sqlite:<file> or postgres://",
            ),
            (
                "[security]\nallow_networks = [\"10.20.0.5-9\"]\n",
                "security.allow_networks: `10.20.0.5-9` is not a network",
            ),
            (
                "[security]\nallow_networks = [\"0.0.0.0/0\"]\n",
                "security.allow_networks: `0.0.0.0/0` is every address",
            ),
        ];
        for (text, expected) in cases {
            let found = complaint(text, &[]);
            assert!(
                found.starts_with("etc/vortex.toml: ") && found.contains(expected),
                "{text} gave {found}"
            );
            assert!(!found.contains("hunter2"), "{found}");
        }
    }

    #[test]
    fn a_syntax_error_names_file_and_line() {
        let found = complaint("[server]\nlisten = \n", &[]);
        assert!(
            found.starts_with("etc/vortex.toml is not valid TOML") && found.contains("line 2"),
            "{found}"
        );
    }

    #[test]
    fn a_named_file_must_exist_and_the_default_one_need_not() {
        let nowhere = Path::new("no-such-folder/vortex.toml");
        let environment = Environment::Given(HashMap::new());
        assert!(matches!(Config::load(Some(nowhere), &environment), Err(ConfigError::Unreadable { .. })));
    }

    #[test]
    fn a_missing_master_key_says_how_to_make_one() {
        let folder = tempfile::tempdir().unwrap();
        let config =
            Config::parse("", &folder.path().join("vortex.toml"), &Environment::Given(HashMap::new()))
                .unwrap();
        let found = config.master_key().unwrap_err().to_string();
        assert!(found.contains("vortex migrate --create-master-key"), "{found}");
        MasterKey::create_file(&config.security.master_key_file).unwrap();
        assert!(config.master_key().is_ok());
    }

    #[test]
    fn debug_output_holds_no_database_password() {
        let config = read("[database]\nurl = \"postgres://vortex:hunter2@db/vortex\"\n", &[]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
