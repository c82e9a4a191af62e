use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::http::Content;

/// What the scripted server does with one request.
#[derive(Clone)]
enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Closes without a word.
    Drop,
    /// Never answers.
    Hang,
}

/// A server that answers the n-th request with the n-th reply (the last one for ever) and keeps what it was sent.
struct Server {
    address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

fn http(status: &str, headers: &str, body: &str) -> Reply {
    let text = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    Reply::Bytes(text.into_bytes())
}

impl Server {
    async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (kept, count) = (seen.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let place = count.fetch_add(1, Ordering::SeqCst);
                let reply = script.get(place).or(script.last()).unwrap().clone();
                let kept = kept.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut chunk = [0; 4096];
                    while !complete(&request) {
                        let read = socket.read(&mut chunk).await.unwrap_or(0);
                        if read == 0 {
                            break;
                        }
                        request.extend_from_slice(&chunk[..read]);
                    }
                    kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                    match reply {
                        Reply::Bytes(bytes) => socket.write_all(&bytes).await.unwrap(),
                        Reply::Drop => {}
                        Reply::Hang => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, seen, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn request(&self, place: usize) -> String {
        self.seen.lock().unwrap()[place].clone()
    }
}

fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

/// What a server does, and what must become of it.
type Ending = (&'static str, Reply, fn(&CallError) -> bool);

const SECRET: &str = "canary-secret-4711";

fn remote(address: std::net::SocketAddr) -> Remote {
    Remote {
        vendor: VendorId::new("acme").unwrap(),
        connection: "cdon".to_owned(),
        base_url: format!("http://{address}/api"),
        auth: Auth::Basic { user: "me".to_owned(), password: SecretString::from(SECRET) },
        limits: Limits {
            call_timeout: Duration::from_millis(400),
            same_host_redirects: true,
            ..Limits::default()
        },
        egress: EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] },
        entropy: Entropy::seeded(1),
    }
}

async fn one(script: Vec<Reply>) -> (Server, HttpClient, Result<Answer, CallError>) {
    let server = Server::start(script).await;
    let client = HttpClient::new(remote(server.address)).unwrap();
    let result = client.call(&HttpCall::get("test", "/x?a=1")).await;
    (server, client, result)
}

#[tokio::test]
async fn hands_over_what_the_remote_understood() {
    for (status, code) in
        [("200 OK", 200), ("400 Bad Request", 400), ("404 Not Found", 404), ("403 Forbidden", 403)]
    {
        let (_, _, result) = one(vec![http(status, "x-request-id: abc\r\n", "{\"a\":1}")]).await;
        let answer = result.unwrap();
        assert_eq!((answer.status, answer.request_id()), (code, Some("abc")));
        assert_eq!(answer.content(), Content::Json(serde_json::json!({"a": 1})));
    }
}

#[tokio::test]
async fn identifies_itself_on_every_call() {
    let (server, _, result) = one(vec![http("200 OK", "", "[]")]).await;
    result.unwrap();
    let request = server.request(0).to_ascii_lowercase();
    assert!(request.starts_with("get /api/x?a=1 http/1.1"), "{request}");
    assert!(request.contains("user-agent: megzo-vortex/"));
    assert!(request.contains("authorization: basic bwu6y2fuyxj5lxnly3jldc00nzex"));
    assert!(request.contains("accept-encoding: gzip"));
}

#[tokio::test]
async fn says_of_every_ending_whether_the_remote_may_have_acted() {
    let cut = Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n[1, 2".to_vec());
    let table: Vec<Ending> = vec![
        ("dropped", Reply::Drop, |e| matches!(e, CallError::Unknown { .. })),
        ("hanging", Reply::Hang, |e| matches!(e, CallError::Unknown { .. })),
        ("cut off", cut, |e| matches!(e, CallError::Unknown { .. })),
        ("not HTTP", Reply::Bytes(b"SSH-2.0-x\r\n".to_vec()), |e| matches!(e, CallError::Unknown { .. })),
        ("500", http("500 Oops", "", "{}"), |e| matches!(e, CallError::Unknown { .. })),
        ("503", http("503 Busy", "", "<html>"), |e| matches!(e, CallError::Unknown { .. })),
        ("401", http("401 No", "", "{}"), |e| matches!(e, CallError::Credentials { .. })),
        ("429", http("429 Slow", "", "{}"), |e| {
            matches!(e, CallError::Paused { retry_after_ms: 1000.., .. })
        }),
        ("429 with time", http("429 Slow", "retry-after: 7\r\n", "{}"), |e| {
            matches!(e, CallError::Paused { retry_after_ms: 7000..=7001, .. })
        }),
        ("503 with time", http("503 Busy", "retry-after: 9\r\n", "{}"), |e| {
            matches!(e, CallError::Paused { retry_after_ms: 9000..=9001, .. })
        }),
        ("304", http("304 Same", "", ""), |e| matches!(e, CallError::Refused { status: 304, .. })),
    ];
    for (name, reply, expected) in table {
        let (_, _, result) = one(vec![reply]).await;
        let error = result.unwrap_err();
        assert!(expected(&error), "{name}: {error:?}");
        assert!(!format!("{error:?} {error}").contains(SECRET));
    }
}

#[tokio::test]
async fn a_closed_port_was_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = HttpClient::new(remote(address)).unwrap();
    let error = client.call(&HttpCall::get("test", "/")).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn never_touches_a_denied_address_and_says_nothing_about_it() {
    // SEC15: open and closed ports look the same, because nobody knocks.
    let server = Server::start(vec![http("200 OK", "", "inside")]).await;
    let mut open = remote(server.address);
    open.egress = EgressPolicy::default();
    let literal = HttpClient::new(open.clone()).unwrap_err();
    assert_eq!(literal.field, "base_url");
    // A name passes the first check and is denied when it resolves.
    open.egress = EgressPolicy { allow_networks: vec!["127.0.0.1/32".parse().unwrap()] };
    open.base_url = format!("http://localhost:{}/api", server.address.port());
    let client = HttpClient::new(open).unwrap();
    let inner = Arc::into_inner(client.inner).unwrap();
    let denying = transport::build(&EgressPolicy::default(), Duration::from_secs(1), false).unwrap();
    let client = HttpClient { inner: Arc::new(Inner { http: denying, ..inner }) };
    let error = client.call(&HttpCall::get("test", "/")).await.unwrap_err();
    assert!(matches!(&error, CallError::NotSent { why, .. } if why.contains("not public")), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn repeats_method_body_and_credentials_after_a_redirect_on_the_same_host() {
    let moved = http("308 Moved", "location: /api/x/\r\n", "");
    let server = Server::start(vec![moved, http("202 Accepted", "", "{}")]).await;
    let client = HttpClient::new(remote(server.address)).unwrap();
    let call = HttpCall::new("test", reqwest::Method::PUT, "/x").json(&serde_json::json!({"n": 1}));
    assert_eq!(client.call(&call).await.unwrap().status, 202);
    let second = server.request(1);
    assert!(second.starts_with("PUT /api/x/ "), "{second}");
    assert!(second.contains("authorization: ") && second.ends_with("{\"n\":1}"), "{second}");
}

#[tokio::test]
async fn follows_no_redirect_to_another_place() {
    let other = Server::start(vec![http("200 OK", "", "{}")]).await;
    let elsewhere = format!("location: http://{}/api/x\r\n", other.address);
    let (_, _, result) = one(vec![http("307 Moved", &elsewhere, "")]).await;
    assert!(matches!(result.unwrap_err(), CallError::Refused { status: 307, .. }));
    assert_eq!(other.connections(), 0);
    let (circle, _, result) = one(vec![http("301 Moved", "location: /api/x\r\n", "")]).await;
    assert!(matches!(result.unwrap_err(), CallError::Refused { .. }));
    assert_eq!(circle.connections(), 1 + MOST_REDIRECTS);
}

#[tokio::test]
async fn a_compressed_bomb_ends_at_the_limit() {
    // 100 000 zeros.
    let bomb: &[u8] = &BOMB;
    let mut reply =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len())
            .into_bytes();
    reply.extend_from_slice(bomb);
    let server = Server::start(vec![Reply::Bytes(reply)]).await;
    let client = HttpClient::new(remote(server.address)).unwrap();
    let small = client.call(&HttpCall::get("test", "/").body_limit(50_000)).await.unwrap_err();
    assert!(matches!(small, CallError::Implausible { .. }), "{small:?}");
    let large = client.call(&HttpCall::get("test", "/").body_limit(100_000)).await.unwrap();
    assert_eq!(large.body.len(), 100_000);
}

#[tokio::test]
async fn after_a_429_nobody_calls_before_the_time() {
    // B3, F61
    let (server, client, result) = one(vec![http("429 Slow", "retry-after: 60\r\n", "{}")]).await;
    assert!(result.is_err());
    for _ in 0..5 {
        let error = client.read(&HttpCall::get("test", "/").for_orders()).await.unwrap_err();
        assert!(matches!(error, CallError::Paused { retry_after_ms: 50_000.., .. }), "{error:?}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn stops_calling_a_remote_that_is_down() {
    // F62
    let (server, client, _) = one(vec![Reply::Drop]).await;
    for _ in 0..50 {
        client.call(&HttpCall::get("test", "/")).await.unwrap_err();
    }
    let limit = usize::try_from(Limits::default().breaker_failures).unwrap();
    assert_eq!(server.connections(), limit);
    let error = client.call(&HttpCall::get("test", "/")).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn repeats_readings_and_nothing_else() {
    let script = vec![Reply::Drop, http("502 Bad", "", ""), http("200 OK", "", "[]")];
    let server = Server::start(script.clone()).await;
    let client = HttpClient::new(remote(server.address)).unwrap();
    assert_eq!(client.read(&HttpCall::get("test", "/")).await.unwrap().status, 200);
    assert_eq!(server.connections(), 3);
    let (server, _, result) = one(script).await;
    assert!(matches!(result.unwrap_err(), CallError::Unknown { .. }));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn who_would_wait_too_long_for_a_place_is_told_so() {
    let server = Server::start(vec![http("200 OK", "", "[]")]).await;
    let mut tight = remote(server.address);
    tight.limits =
        Limits { per_minute: 1, burst: 2, reserve: 1, max_wait: Duration::from_millis(10), ..tight.limits };
    let client = HttpClient::new(tight).unwrap();
    let (article, order) = (HttpCall::get("test", "/"), HttpCall::get("test", "/").for_orders());
    assert!(client.call(&article).await.is_ok());
    assert!(matches!(client.call(&article).await.unwrap_err(), CallError::NotSent { .. }));
    assert!(client.call(&order).await.is_ok(), "the reserve is for orders");
    assert!(matches!(client.call(&order).await.unwrap_err(), CallError::NotSent { .. }));
}

#[test]
fn a_secure_remote_can_be_prepared_with_this_machines_certificates() {
    let mut secure = remote("127.0.0.1:1".parse().unwrap());
    secure.base_url = "https://merchants-api.cdon.com/api/".to_owned();
    let client = HttpClient::new(secure.clone()).unwrap();
    assert_eq!(client.inner.base_url, "https://merchants-api.cdon.com/api");
    secure.base_url = "https://merchants-api.cdon.com/api?key=1".to_owned();
    assert_eq!(HttpClient::new(secure).unwrap_err().field, "base_url");
}

#[test]
fn refuses_credentials_that_no_header_can_carry() {
    let mut bad = remote("127.0.0.1:1".parse().unwrap());
    bad.auth = Auth::Header { name: HeaderName::from_static("x-api-key"), value: SecretString::from("a\nb") };
    let error = HttpClient::new(bad).unwrap_err();
    assert_eq!(error.field, "credentials");
    let client = HttpClient::new(remote("127.0.0.1:1".parse().unwrap())).unwrap();
    assert!(!format!("{client:?}").contains(SECRET));
}

const BOMB: [u8; 132] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 245, 79, 109, 13, 15, 160, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 87, 3, 125, 149, 17, 212, 160,
    134, 1, 0,
];
