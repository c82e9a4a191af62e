//! The binary from outside: exit codes, what goes to standard output, and what a second call changes.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails like the test")]

#[path = "cli/after_sale.rs"]
mod after_sale;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use serde_json::Value;

const VENDOR: &str = r#"
[vendor]
id = "acme"
name = "Acme SRL"
[connections.erp]
kind = "winmentor-bridge"
base_url = "http://127.0.0.1:1"
api_key = { env = "ACME_ERP_KEY" }
[connections.erp.settings]
company = "ACME"
[connections.cdon]
kind = "cdon"
base_url = "http://127.0.0.1:1/api"
merchant_id = "m-1"
token = { value = "canary-cdon-secret" }
[connections.cdon.settings]
markets = ["SE"]
[rates]
source = "fixed"
fixed = { SEK = 0.46 }
[content]
file = "content.csv"
"#;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.put("vortex.toml", "[security]\nallow_networks = [\"127.0.0.0/8\"]\n");
        desk.put("vendor.toml", VENDOR);
        desk.put("content.csv", "sku,title\nA,Title\n");
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vortex"));
        command.args(args.split_whitespace()).current_dir(self.path()).env_clear();
        command.env("ACME_ERP_KEY", "canary-erp-secret");
        command
    }

    fn run(&self, args: &str) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must end with this code; what it wrote to standard output.
    fn ends(&self, code: i32, args: &str) -> String {
        let output = self.run(args);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "vortex {args}\nout: {out}\nerr: {err}");
        out
    }

    /// Runs a command that must end with this code; what it wrote to standard error.
    fn complains(&self, code: i32, args: &str) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(code), "vortex {args}: {}", text(&output.stderr));
        text(&output.stderr)
    }

    fn migrated() -> Self {
        let desk = Self::new();
        desk.ends(0, "migrate --create-master-key");
        desk
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn help_is_good_and_a_wrong_call_is_two() {
    let desk = Desk::new();
    assert!(desk.ends(0, "--help").contains("Exit codes: 0 good, 1 a promise or check failed, 2 wrong use"));
    for command in [
        "demo",
        "serve",
        "apply",
        "check",
        "sync",
        "explain",
        "simulate",
        "token",
        "migrate",
        "ship",
        "cancel",
        "label",
        "invoices",
        "returns",
        "mapping",
        "returns list",
        "returns enter",
        "returns import",
        "returns settle",
    ] {
        assert!(desk.ends(0, &format!("{command} --help")).contains("Example"), "{command}");
    }
    desk.ends(2, "");
    desk.ends(2, "frobnicate");
    desk.ends(2, "demo --json");
    desk.ends(2, "sync --vendor acme --flow dance --token t");
    let flows = desk.ends(0, "sync --help");
    for flow in [
        "catalog",
        "price",
        "stock",
        "orders",
        "booking",
        "publish",
        "commands",
        "shipping",
        "tracking",
        "invoices",
        "returns",
        "reconcile",
    ] {
        assert!(flows.contains(flow), "{flow}: {flows}");
    }
    desk.ends(2, "ship --vendor acme --order o-1 --carrier X --token t");
    desk.ends(2, "label --vendor acme --token t");
    desk.ends(2, "returns settle --vendor acme --order x --id R --token t");
    desk.ends(2, "token create --role owner");
}

#[test]
fn a_wrong_file_is_two_and_names_the_place() {
    let desk = Desk::migrated();
    assert!(desk.complains(2, "check --config none.toml").contains("none.toml cannot be read"));
    assert!(desk.complains(2, "apply -f none.toml").contains("none.toml cannot be read"));
    desk.put("vendor.toml", &VENDOR.replace("company", "compny"));
    let found = desk.complains(2, "apply -f vendor.toml");
    assert!(
        found.contains("vendor.toml: connections.erp.settings.compny: unknown key; did you mean `company`?"),
        "{found}"
    );
    desk.put("vortex.toml", "[sever]\n");
    assert!(desk.complains(2, "migrate").contains("vortex.toml: sever: unknown key; did you mean `server`?"));
    desk.put("vortex.toml", "");
    let overridden = desk.command("migrate").env("VORTEX__SCHEDULE__HEARTBEAT", "5").output().unwrap();
    assert_eq!(overridden.status.code(), Some(2));
    assert!(text(&overridden.stderr).contains("the environment: schedule.heartbeat: unknown key"));
}

#[test]
fn a_missing_or_wrong_master_key_changes_nothing() {
    let desk = Desk::new();
    assert!(desk.complains(2, "migrate").contains("vortex migrate --create-master-key"));
    assert!(!desk.path().join("vortex.db").exists());
    desk.ends(0, "migrate --create-master-key");
    assert!(desk.complains(2, "migrate --create-master-key").contains("cannot be created"));
    desk.ends(0, "apply -f vendor.toml");
    // SEC20: start with the wrong key.
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let wrong = desk.command("apply -f vendor.toml").env("VORTEX_MASTER_KEY", other).output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("not the one this database was sealed with"));
    assert!(desk.ends(0, "apply -f vendor.toml").contains("nothing to change"));
}

#[test]
fn apply_is_rehearsed_then_done_then_nothing() {
    let desk = Desk::new();
    let rehearsal = desk.ends(0, "apply -f vendor.toml --dry-run");
    assert!(
        rehearsal.contains("vendor.name: (nothing) → Acme SRL") && rehearsal.contains("--dry-run"),
        "{rehearsal}"
    );
    assert!(!desk.path().join("vortex.db").exists());

    desk.ends(0, "migrate --create-master-key");
    let first = json(&desk.ends(0, "apply -f vendor.toml --json"));
    assert_eq!(first["applied"], true);
    assert!(desk.ends(0, "apply -f vendor.toml").contains("acme: nothing to change"));
    let again = json(&desk.ends(0, "apply -f vendor.toml --json"));
    assert_eq!((&again["applied"], again["changes"].as_array().unwrap().len()), (&Value::Bool(false), 0));

    desk.put("vendor.toml", &VENDOR.replace("Acme SRL", "Acme SA").replace("canary-cdon", "canary-new"));
    let changed = desk.ends(0, "apply -f vendor.toml");
    assert!(
        changed.contains("vendor.name: Acme SRL → Acme SA")
            && changed.contains("connections.cdon.token: changed"),
        "{changed}"
    );
}

#[test]
fn secrets_stand_nowhere_in_the_clear() {
    // SEC18
    let desk = Desk::migrated();
    let output = desk.run("apply -f vendor.toml");
    let mut seen = [output.stdout, output.stderr].concat();
    for file in std::fs::read_dir(desk.path()).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vortex.db")) {
            seen.extend(std::fs::read(path).unwrap());
        }
    }
    assert!(seen.len() > 10_000, "the database was not among the files");
    for canary in ["canary-cdon-secret", "canary-erp-secret"] {
        let hex = canary.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let utf16: Vec<u8> = canary.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for form in [canary.as_bytes(), hex.as_bytes(), &utf16] {
            assert!(!seen.windows(form.len()).any(|window| window == form), "{canary}");
        }
    }
}

#[test]
fn a_bad_content_row_keeps_the_file_out_unless_it_is_to_be_skipped() {
    let desk = Desk::migrated();
    desk.put("content.csv", "sku,title\nA,Title\n,none\n");
    assert!(desk.complains(2, "apply -f vendor.toml").contains("line 3: has no SKU"));
    assert_eq!(json(&desk.ends(0, "apply -f vendor.toml --skip-bad-rows --json"))["skipped_rows"], 1);
}

#[test]
fn check_says_what_is_wrong_and_how_to_mend_it() {
    let desk = Desk::migrated();
    assert!(desk.ends(0, "check").contains("none yet"));
    desk.ends(0, "apply -f vendor.toml");
    let checked = json(&desk.ends(1, "check --json"));
    assert_eq!(checked["ok"], false);
    let items = checked["items"].as_array().unwrap();
    let of =
        |connection: &str| items.iter().any(|item| item["connection"] == connection && item["ok"] == false);
    assert!(of("erp") && of("cdon"), "{checked}");
    assert!(items.iter().all(|item| item["ok"] == true || item["remedy"] != ""), "{checked}");
    assert!(
        desk.complains(2, "check --vendor nobody").contains("there is no vendor `nobody`; there are: acme")
    );
}

#[test]
fn a_token_is_printed_once_and_only_its_hash_is_kept() {
    let desk = Desk::migrated();
    desk.ends(2, "token create --vendor acme --role viewer");
    desk.ends(0, "apply -f vendor.toml");
    let made = json(&desk.ends(0, "token create --vendor acme --role operator --name ana --json"));
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("vx_") && made["name"] == "ana");
    let stored = std::fs::read(desk.path().join("vortex.db")).unwrap();
    let journal = std::fs::read(desk.path().join("vortex.db-wal")).unwrap_or_default();
    let stored = [stored, journal].concat();
    assert!(!stored.windows(token.len()).any(|window| window == token.as_bytes()));
    assert!(stored.windows(3).any(|window| window == b"ana"));
    assert!(desk.ends(0, "token create --operator --role owner").starts_with("vx_"));
}

#[test]
fn a_service_that_is_not_there_is_one() {
    let desk = Desk::new();
    let found = desk.complains(1, "sync --vendor acme --flow stock --url http://127.0.0.1:1 --token t");
    assert!(found.contains("the service at http://127.0.0.1:1/ does not answer"), "{found}");
    desk.complains(2, "sync --vendor acme --flow stock --url ftp://x --token t");
}

/// A service that gives these answers one after the other; what it was asked.
fn service(answers: &'static [(&'static str, &'static str)]) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let handle = thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let mut socket = listener.accept().unwrap().0;
            let mut reader = BufReader::new(socket.try_clone().unwrap());
            let (mut request, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                request.push_str(&line);
                if line == "\r\n" {
                    break;
                }
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            request.push_str(&text(&sent));
            asked.push(request);
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            socket.write_all(head.as_bytes()).unwrap();
            socket.write_all(body.as_bytes()).unwrap();
        }
        asked
    });
    (url, handle)
}

#[test]
fn sync_waits_for_the_end_of_a_long_flow_and_reports_it() {
    let (url, asked) = service(&[
        ("202 Accepted", r#"{"flow":"stock","finished":false,"report":null}"#),
        ("200 OK", r#"{"items":[{"flow":"stock","running":true,"last":null}]}"#),
        (
            "200 OK",
            r#"{"items":[{"flow":"orders","running":true},{"flow":"stock","running":false,"last":{"looked_at":9,"changed":2,"stopped":null}}]}"#,
        ),
    ]);
    let desk = Desk::new();
    let args = format!("sync --vendor acme --flow stock --sku A/1 --url {url} --token vx_secret --json");
    let answer = json(&desk.ends(0, &args));
    assert_eq!(
        (&answer["looked_at"], &answer["changed"], &answer["ok"]),
        (&9.into(), &2.into(), &true.into())
    );
    let asked = asked.join().unwrap();
    assert!(
        asked[0].starts_with("POST /api/v1/vendors/acme/sync ") && asked[0].contains(r#""sku":"A/1""#),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains("authorization: Bearer vx_secret"), "{}", asked[0]);
    assert!(asked[2].starts_with("GET /api/v1/vendors/acme/flows "));
}

#[test]
fn a_flow_that_stopped_early_is_one_and_a_refused_call_is_two() {
    let desk = Desk::new();
    let call = |url: &str| format!("sync --vendor acme --flow stock --url {url} --token t");
    let (url, _) = service(&[(
        "200 OK",
        r#"{"flow":"stock","finished":true,"report":{"looked_at":1,"changed":0,"stopped":"the ERP is closed"}}"#,
    )]);
    assert!(desk.ends(1, &call(&url)).contains("stopped early: the ERP is closed"));
    let (url, _) =
        service(&[("404 Not Found", r#"{"title":"Not found","detail":"There is no such vendor."}"#)]);
    assert!(desk.complains(2, &call(&url)).contains("Not found: There is no such vendor."));
    let (url, _) = service(&[("503 Service Unavailable", "<html>")]);
    desk.complains(1, &call(&url));
}

#[test]
fn explain_prints_the_sentences() {
    let (url, asked) =
        service(&[("200 OK", r#"{"sku":"A/1","sentences":["Quantity 3.","Price 199.00 SEK."]}"#)]);
    let desk = Desk::new();
    let args = format!(
        "explain --vendor acme --sku A/1 --market SE --at 1970-01-01T00:00:01Z --url {url} --token t"
    );
    assert_eq!(desk.ends(0, &args), "Quantity 3.\nPrice 199.00 SEK.\n");
    let asked = asked.join().unwrap();
    assert!(
        asked[0].starts_with("GET /api/v1/vendors/acme/skus/A%2F1/explain?lang=en&market=SE&at=1000 "),
        "{}",
        asked[0]
    );
}

#[test]
#[cfg(unix)]
fn a_simulator_says_where_it_is_and_ends_when_told() {
    let desk = Desk::new();
    for (args, kind) in [
        (
            "simulate winmentor --port 0 --seed 3 --articles 12 --log w.jsonl",
            "WinMentor simulator: http://127.0.0.1:",
        ),
        ("simulate cdon --port 0 --seed 3 --merchant shop:secret", "CDON simulator: http://127.0.0.1:"),
    ] {
        let mut child = desk.command(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with(kind), "{line}");
        let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(stopped.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{args}");
    }
    assert!(desk.path().join("w.jsonl").exists());
}
