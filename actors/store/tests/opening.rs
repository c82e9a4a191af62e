//! Opening, locking, keys, and administrative data on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

#[macro_use]
mod support;

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sqlx::{Connection as _, Executor as _};
use support::*;
use vortex_domain::Currency;
use vortex_store::{
    OpenError, OpenOptions, SqlStore, Store as _,
    registry::{Answered, ConnectionRecord, RateRecord, RegistryError, TokenRecord, VendorRecord},
    secrets::{MasterKey, Place, SecretError},
};

const SECRET: &str = "canary-0123456789-ABCDEFGH-secret";

fn options(key: &MasterKey) -> OpenOptions {
    OpenOptions { lock_wait_ms: 200, ..OpenOptions::new(key.clone()) }
}

async fn execute(url: &str, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite") {
        sqlx::SqliteConnection::connect(url).await.unwrap().execute(sql).await.map(drop).unwrap();
    } else {
        sqlx::PgConnection::connect(url).await.unwrap().execute(sql).await.map(drop).unwrap();
    }
}

fn record(id: &vortex_domain::VendorId) -> VendorRecord {
    VendorRecord {
        id: id.clone(),
        name: "Acme SRL".into(),
        settings: json!({"stock": {"buffer": 2}}),
        at_ms: 5,
    }
}

fn connection(of: &vortex_domain::VendorId, name: &str) -> ConnectionRecord {
    ConnectionRecord {
        vendor: of.clone(),
        name: name.into(),
        kind: "cdon".into(),
        base_url: "https://merchants-api.cdon.com/api".into(),
        settings: json!({"markets": ["SE"]}),
        secrets: BTreeMap::from([
            ("token".to_owned(), SecretString::from(SECRET)),
            ("other".to_owned(), "x".into()),
        ]),
    }
}

async fn with_connections(store: &SqlStore) {
    for id in [vendor(), other_vendor()] {
        store.put_vendor(&record(&id)).await.unwrap();
        for name in ["cdon", "cdon2"] {
            store.put_connection(&connection(&id, name)).await.unwrap();
        }
    }
}

on_both! {
    what_was_written_is_there_after_reopening(url) {
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        store.commit(&[vec![sku_write("A1", 1)]]).await.unwrap();
        with_connections(&store).await;
        store.close().await;
        drop(store);
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        assert_eq!(store.prints(&vendor(), None, 9).await.unwrap().len(), 1);
        let connections = store.connections(&vendor()).await.unwrap();
        assert_eq!(connections[0].secrets["token"].expose_secret(), SECRET);
        assert!(!format!("{connections:?} {store:?} {key:?}").contains(SECRET), "Debug shows no secret");
        store.close().await;
    }

    a_second_process_is_refused(url) {
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        let refused = SqlStore::open(url, options(&key)).await.unwrap_err();
        assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
        assert!(refused.to_string().contains("another vortex process"), "{refused}");
        store.commit(&[vec![sku_write("A1", 1)]]).await.unwrap();
        store.close().await;
        drop(store);
        SqlStore::open(url, options(&key)).await.unwrap().close().await;
    }

    a_database_of_a_newer_version_is_refused(url) {
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        store.close().await;
        drop(store);
        let (now, yes, sum) = if url.starts_with("sqlite") { ("0", "1", "x'00'") } else { ("now()", "true", "'\\x00'") };
        execute(url, &format!(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
             VALUES (9999, 'from the future', {now}, {yes}, {sum}, 0)"
        ))
        .await;
        let refused = SqlStore::open(url, options(&key)).await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, .. }), "{refused:?}");
        assert!(refused.to_string().contains("newer"), "{refused}");
    }

    a_wrong_master_key_is_refused_and_changes_nothing(url) {
        // SEC20
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        with_connections(&store).await;
        store.close().await;
        drop(store);
        let refused = SqlStore::open(url, options(&MasterKey::generate().unwrap())).await.unwrap_err();
        assert!(matches!(refused, OpenError::WrongKey), "{refused:?}");
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        assert_eq!(store.connections(&vendor()).await.unwrap()[0].secrets["token"].expose_secret(), SECRET);
        store.close().await;
    }

    the_master_key_rotates_under_a_running_store(url) {
        // SEC20
        let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let store = SqlStore::open(url, options(&old)).await.unwrap();
        with_connections(&store).await;
        store.rotate_key(new.clone()).await.unwrap();
        assert_eq!(store.connections(&vendor()).await.unwrap()[1].secrets["token"].expose_secret(), SECRET);
        store.put_connection(&connection(&vendor(), "late")).await.unwrap();
        store.close().await;
        drop(store);
        assert!(matches!(SqlStore::open(url, options(&old)).await.unwrap_err(), OpenError::WrongKey));
        let store = SqlStore::open(url, options(&new)).await.unwrap();
        assert_eq!(store.connections(&vendor()).await.unwrap().len(), 3);
        assert_eq!(store.connections(&other_vendor()).await.unwrap()[0].secrets["other"].expose_secret(), "x");
        store.close().await;
    }

    a_secret_opens_only_in_its_own_row(url) {
        // SEC19
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        with_connections(&store).await;
        store.close().await;
        drop(store);
        execute(url, "UPDATE connection SET secrets = (SELECT c.secrets FROM connection c WHERE c.vendor = 'acme' \
            AND c.name = 'cdon') WHERE vendor = 'beta' AND name = 'cdon'").await;
        execute(url, "UPDATE connection SET secrets = (SELECT c.secrets FROM connection c WHERE c.vendor = 'acme' \
            AND c.name = 'cdon') WHERE vendor = 'acme' AND name = 'cdon2'").await;
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        for id in [vendor(), other_vendor()] {
            let refused = store.connections(&id).await.unwrap_err();
            assert!(matches!(refused, RegistryError::Secret(SecretError::NotOurs { .. })), "{refused:?}");
            assert!(!refused.to_string().contains(SECRET));
        }
        store.close().await;
    }

    the_registry_keeps_what_people_set(url) {
        let key = MasterKey::generate().unwrap();
        let store = SqlStore::open(url, options(&key)).await.unwrap();
        let refused = store.put_connection(&connection(&vendor(), "cdon")).await;
        assert!(refused.is_err(), "a connection needs its vendor");
        store.put_vendor(&record(&other_vendor())).await.unwrap();
        store.put_vendor(&record(&vendor())).await.unwrap();
        let renamed = VendorRecord { name: "Renamed".into(), ..record(&vendor()) };
        store.put_vendor(&renamed).await.unwrap();
        assert_eq!(store.vendors().await.unwrap(), [renamed.clone(), record(&other_vendor())]);
        assert_eq!(store.vendor(&vendor()).await.unwrap(), Some(renamed));

        let rows = (0..4_500).map(|i| content(&format!("S{}", i % 4_400), None, &format!("title {i}")));
        assert_eq!(store.put_content(&vendor(), rows).await.unwrap(), 4_500);
        assert_eq!(store.content_count(&vendor()).await.unwrap(), 4_400);
        assert_eq!(store.content_count(&other_vendor()).await.unwrap(), 0);
        let loaded = store.load_skus(&vendor(), &[sku("S7")]).await.unwrap();
        assert_eq!(loaded[0].content[0].title.as_deref(), Some("title 4407"));

        let rate = |date: &str, currency, text: &str| RateRecord {
            date: date.into(), currency, source: "bnr".into(), ron_per_unit: text.parse().unwrap(),
        };
        let all = [rate("2026-11-20", Currency::Sek, "0.4601"), rate("2026-11-21", Currency::Eur, "5.0712"),
            rate("2026-11-21", Currency::Sek, "0.46"), rate("2026-11-23", Currency::Sek, "0.4599")];
        store.put_rates(&all).await.unwrap();
        store.put_rates(&[rate("2026-11-23", Currency::Sek, "0.4598"), rate("2026-11-23", Currency::Sek, "0.4600")]).await.unwrap();
        let newest = store.rates(2).await.unwrap();
        assert_eq!(newest, [rate("2026-11-23", Currency::Sek, "0.4600"), all[1].clone(), all[2].clone()]);
        assert_eq!(newest[0].ron_per_unit.to_string(), "0.4600", "the digits as published");

        let token = TokenRecord { hash: "h1".into(), vendor: Some(vendor()), role: "merchant".into(), name: "panel".into(),
            at_ms: 1, revoked_ms: None };
        let operator = TokenRecord { hash: "h2".into(), vendor: None, role: "operator".into(), at_ms: 2, ..token.clone() };
        store.put_token(&token).await.unwrap();
        store.put_token(&operator).await.unwrap();
        store.put_token(&TokenRecord { vendor: None, ..token.clone() }).await.unwrap();
        assert_eq!(store.tokens().await.unwrap(), [token.clone(), operator]);
        assert!(store.revoke_token("h1", 9).await.unwrap());
        assert!(!store.revoke_token("h1", 10).await.unwrap());
        assert_eq!(store.token("h1").await.unwrap(), Some(TokenRecord { revoked_ms: Some(9), ..token }));
        assert_eq!(store.token("h3").await.unwrap(), None);

        let answer = |body: &str, expires_ms| Answered { body_hash: body.into(), response: "{}".into(), expires_ms };
        assert_eq!(store.remember_answer(&vendor(), "k", &answer("b1", 100), 1).await.unwrap(), None);
        let standing = store.remember_answer(&vendor(), "k", &answer("b2", 200), 2).await.unwrap();
        assert_eq!(standing, Some(answer("b1", 100)));
        assert_eq!(store.answered(&other_vendor(), "k", 2).await.unwrap(), None);
        assert_eq!(store.answered(&vendor(), "k", 101).await.unwrap(), None, "expired");
        assert_eq!(store.remember_answer(&vendor(), "k", &answer("b3", 300), 101).await.unwrap(), None);
        store.close().await;
    }
}

/// SEC18: the secret stands nowhere in the files, in no encoding.
#[tokio::test]
async fn files_hold_no_secret_and_are_private() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let key = MasterKey::create_file(&dir.path().join("master.key")).unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let store = SqlStore::open(&sqlite_url(&data), options(&key)).await.unwrap();
    with_connections(&store).await;
    let hex: String = SECRET
        .bytes()
        .flat_map(|b| [b >> 4, b & 15])
        .map(|n| char::from_digit(n.into(), 16).unwrap())
        .collect();
    let wide: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let encoded = STANDARD.encode(SECRET);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for needle in [SECRET.as_bytes(), hex.as_bytes(), &wide, encoded.trim_end_matches('=').as_bytes()] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", path.display());
        }
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["vortex.db", "vortex.db-shm", "vortex.db-wal", "vortex.db.lock"]);
    store.close().await;
    let mode = dir.path().join("master.key").metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn master_keys_come_from_files_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master.key");
    assert!(matches!(MasterKey::from_file(&path), Err(SecretError::File { doing: "read", .. })));
    let created = MasterKey::create_file(&path).unwrap();
    assert!(
        matches!(MasterKey::create_file(&path), Err(SecretError::File { doing: "created", .. })),
        "never overwritten"
    );
    let text = std::fs::read_to_string(&path).unwrap();
    let place = Place { vendor: "acme", connection: "erp", field: "api_key" };
    let sealed = created.seal(place, &SecretString::from(SECRET)).unwrap();
    for key in [MasterKey::from_file(&path).unwrap(), MasterKey::from_env_value(&text).unwrap()] {
        assert_eq!(key.open(place, &sealed).unwrap().expose_secret(), SECRET);
    }
    for wrong in ["", "abc", "AAAA", &text[..40]] {
        assert!(matches!(MasterKey::from_env_value(wrong), Err(SecretError::Malformed { .. })), "{wrong:?}");
    }
}

/// SEC19: every part of the place is authenticated, and lengths keep the parts apart.
#[test]
fn a_ciphertext_is_bound_to_its_place() {
    let key = MasterKey::generate().unwrap();
    let place = Place { vendor: "ab", connection: "c", field: "d" };
    let secret = SecretString::from(SECRET);
    let sealed = key.seal(place, &secret).unwrap();
    assert_ne!(sealed, key.seal(place, &secret).unwrap(), "a nonce of its own each time");
    let elsewhere = [
        Place { vendor: "a", connection: "bc", field: "d" },
        Place { vendor: "xx", ..place },
        Place { connection: "x", ..place },
        Place { field: "x", ..place },
    ];
    for other in elsewhere {
        assert!(matches!(key.open(other, &sealed), Err(SecretError::NotOurs { .. })), "{other:?}");
    }
    for broken in ["", "AQ==", "not base64!", &sealed[4..]] {
        assert!(key.open(place, broken).is_err(), "{broken:?}");
    }
    assert!(MasterKey::generate().unwrap().open(place, &sealed).is_err());
}

#[tokio::test]
async fn addresses_are_judged_without_showing_passwords() {
    let key = MasterKey::generate().unwrap();
    for url in ["mysql://root:hunter2@db/x", "sqlite::memory:", "", "postgres:hunter2"] {
        let refused = SqlStore::open(url, options(&key)).await.unwrap_err();
        assert!(matches!(refused, OpenError::Address { .. }), "{refused:?}");
        assert!(!format!("{refused:?} {refused}").contains("hunter2"));
    }
    let dir = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}/none/vortex.db", dir.path().display());
    assert!(matches!(SqlStore::open(&missing, options(&key)).await.unwrap_err(), OpenError::File { .. }));
}
