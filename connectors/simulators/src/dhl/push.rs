//! Shipment Tracking Unified, push: subscriptions, their handshake and their messages (spec section 14).
//!
//! Messages are not signed; a hook's own header token is all that speaks for them. Nothing is sent twice for
//! want of an answer: how DHL retries is not documented.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use super::book::News;
use super::handle::Shared;
use super::judge::{items_at, text_at};
use super::reply::Reply;
use super::schema::{Node, any_text, filled, list, object, opt, req, text};
use super::unified::{brief, problem};

/// How often the desk looks for news, and how long a hook may take.
const TICK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(5);

/// Who wants to hear of which parcels.
#[derive(Debug, Clone)]
struct Subscription {
    key: String,
    hook: Hook,
    secret: String,
    /// The handshake is done.
    ready: bool,
    wanted: Wanted,
    /// Status codes, as in tracking.
    statuses: Vec<String>,
}

#[derive(Debug, Clone)]
enum Wanted {
    Account(String),
    Shipments(Vec<String>),
}

/// Where messages go.
#[derive(Debug, Clone)]
struct Hook {
    /// Host and port.
    authority: String,
    path: String,
    /// Header and token that every message carries.
    token: Option<(String, String)>,
}

#[derive(Debug)]
struct Message {
    subscription: String,
    hook: Hook,
    body: Value,
}

/// Subscriptions and what is to be sent.
#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    working: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    subscriptions: BTreeMap<String, Subscription>,
    outbox: Vec<Message>,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static SUBSCRIPTION: LazyLock<Node> = LazyLock::new(|| {
    object(vec![
        req(
            "hook",
            object(vec![
                req("uri", text(1, 2000)),
                opt(
                    "authentication",
                    filled(vec![
                        req("type", Node::Word(&["ApiKeyAuthentication"])),
                        req("header", text(1, 100)),
                        req("token", text(1, 1000)),
                    ]),
                ),
            ]),
        ),
        req("format", Node::Word(&["Default"])),
        req("type", Node::Word(&["Account", "Shipment"])),
        req("service", Node::Word(&["express"])),
        req("events", list(1, 5, Node::Word(&["Pre-Transit", "Transit", "Delivered", "Failure", "Unknown"]))),
        opt("accountID", any_text()),
        opt("shipmentIDs", list(1, 10, any_text())),
    ])
});

/// `POST /subscription`: 201 at once, the handshake follows.
pub(super) fn subscribe(shared: &Arc<Shared>, key: &str, body: &[u8], path: &str) -> Reply {
    let refuse = |detail: &str| problem(StatusCode::BAD_REQUEST, detail, path);
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return refuse("The request body is not valid JSON.");
    };
    if let Some(fault) = SUBSCRIPTION.check(&body).first() {
        return refuse(fault);
    }
    let wanted = match (text_at(&body, "/type"), text_at(&body, "/accountID"), body.get("shipmentIDs")) {
        (Some("Account"), Some(account), None) if shared.has_account(account) => {
            Wanted::Account(account.to_owned())
        }
        (Some("Shipment"), None, Some(_)) => Wanted::Shipments(texts(&body, "/shipmentIDs")),
        _ => return refuse("type Account goes with a known accountID, type Shipment with shipmentIDs."),
    };
    let Some(hook) = Hook::read(&body) else { return refuse("The simulator calls hooks at http:// only.") };
    let (id, secret) = shared.with_book(|book| {
        book.follow_news();
        (book.token(), book.token())
    });
    let own = own_address(shared, &id);
    let statuses = texts(&body, "/events").iter().map(|event| event.to_lowercase()).collect();
    let mut desk = shared.desk.lock();
    let handshake = json!({"scope": "subscription.validate", "self": own, "secret": secret});
    desk.outbox.push(Message { subscription: id.clone(), hook: hook.clone(), body: handshake });
    let subscription = Subscription { key: key.to_owned(), hook, secret, ready: false, wanted, statuses };
    desk.subscriptions.insert(id.clone(), subscription);
    drop(desk);
    if !shared.desk.working.swap(true, Ordering::Relaxed) {
        tokio::spawn(work(Arc::downgrade(shared)));
    }
    Reply::created(json!({"self": own, "subscriptionId": id}))
}

fn texts(body: &Value, pointer: &str) -> Vec<String> {
    items_at(body, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn own_address(shared: &Shared, id: &str) -> String {
    format!("http://{}/tracking/push/v1/subscription/{id}", shared.addr)
}

impl Hook {
    fn read(body: &Value) -> Option<Self> {
        let rest = text_at(body, "/hook/uri")?.strip_prefix("http://")?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let token = text_at(body, "/hook/authentication/header")
            .zip(text_at(body, "/hook/authentication/token"))
            .map(|(header, token)| (header.to_owned(), token.to_owned()));
        let clean = |text: &str| !text.contains(['\r', '\n']);
        let tidy = clean(path) && token.iter().all(|(header, token)| clean(header) && clean(token));
        tidy.then(|| Self { authority, path: path.to_owned(), token })
    }

    /// Posts one message; the status of the answer.
    async fn post(&self, body: &Value) -> io::Result<u16> {
        let body = body.to_string();
        let token =
            self.token.as_ref().map_or(String::new(), |(header, token)| format!("{header}: {token}\r\n"));
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{token}\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.path,
            self.authority,
            body.len()
        );
        let mut socket = TcpStream::connect(&self.authority).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        socket.take(4096).read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::Error::other("the hook's answer is no HTTP"))
    }
}

/// `POST /subscription/{id}`: the hook's owner proves that it got the secret.
pub(super) fn confirm(shared: &Shared, id: &str, headers: &HeaderMap, path: &str) -> Reply {
    let secret = headers.get("dhl-api-hook-secret").and_then(|secret| secret.to_str().ok());
    // What was scanned before the handshake is nobody's news.
    gather(shared);
    let mut desk = shared.desk.lock();
    let State { subscriptions, outbox } = &mut *desk;
    let Some(subscription) = subscriptions.get_mut(id) else {
        return problem(StatusCode::NOT_FOUND, "There is no such subscription.", path);
    };
    if secret != Some(subscription.secret.as_str()) {
        return problem(StatusCode::UNAUTHORIZED, "The secret is not valid.", path);
    }
    if !subscription.ready {
        subscription.ready = true;
        let body = json!({"scope": "subscription.ready", "self": own_address(shared, id)});
        outbox.push(Message { subscription: id.to_owned(), hook: subscription.hook.clone(), body });
    }
    no_content()
}

fn no_content() -> Reply {
    Reply { status: StatusCode::NO_CONTENT, body: None, location: None }
}

fn shown(shared: &Shared, id: &str, subscription: &Subscription) -> Value {
    let state = if subscription.ready { "ready" } else { "pending" };
    json!({"subscriptionId": id, "self": own_address(shared, id), "status": state})
}

/// `GET /subscriptions`.
pub(super) fn overview(shared: &Shared, key: &str) -> Reply {
    let desk = shared.desk.lock();
    let own = desk.subscriptions.iter().filter(|(_, subscription)| subscription.key == key);
    let rows: Vec<Value> = own.map(|(id, subscription)| shown(shared, id, subscription)).collect();
    Reply::ok(json!({"subscriptions": rows}))
}

/// `GET /subscription/{id}`.
pub(super) fn show(shared: &Shared, key: &str, id: &str, path: &str) -> Reply {
    let desk = shared.desk.lock();
    match desk.subscriptions.get(id).filter(|subscription| subscription.key == key) {
        Some(subscription) => Reply::ok(shown(shared, id, subscription)),
        None => problem(StatusCode::NOT_FOUND, "There is no such subscription.", path),
    }
}

/// `DELETE /subscription/{id}`.
pub(super) fn unsubscribe(shared: &Shared, key: &str, id: &str, path: &str) -> Reply {
    let mut desk = shared.desk.lock();
    if desk.subscriptions.get(id).is_none_or(|subscription| subscription.key != key) {
        return problem(StatusCode::NOT_FOUND, "There is no such subscription.", path);
    }
    desk.subscriptions.remove(id);
    no_content()
}

/// Sends what there is to send until the simulator is gone.
async fn work(shared: Weak<Shared>) {
    let mut ticks = interval(TICK);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        gather(&shared);
        let messages = std::mem::take(&mut shared.desk.lock().outbox);
        for message in messages {
            let scope = text_at(&message.body, "/scope").unwrap_or_default().to_owned();
            let outcome = timeout(PATIENCE, message.hook.post(&message.body)).await;
            let status = outcome.ok().and_then(Result::ok);
            shared.log.record_with(
                "push",
                || json!({"scope": scope, "subscription": message.subscription, "status": status}),
            );
        }
    }
}

/// Turns scans into messages for those who want them.
fn gather(shared: &Shared) {
    let behaviour = shared.behaviour();
    let loose = behaviour.dialect.loose_unified;
    let mut messages = shared.with_book(|book| {
        let desk = shared.desk.lock();
        let mut messages = Vec::new();
        for News { awb, event } in book.take_news() {
            let Some(shipment) = book.shipment(&awb).filter(|shipment| !shipment.test) else { continue };
            let shipment_now = brief(shipment, Some(&event), loose);
            let status = text_at(&shipment_now, "/status/statusCode").unwrap_or_default().to_owned();
            let listening = desk.subscriptions.iter().filter(|(_, subscription)| {
                let wanted = match &subscription.wanted {
                    Wanted::Account(account) => *account == shipment.account,
                    Wanted::Shipments(awbs) => awbs.contains(&awb),
                };
                subscription.ready && wanted && subscription.statuses.contains(&status)
            });
            for (id, subscription) in listening {
                let body = json!({"scope": "subscription.push", "self": own_address(shared, id),
                    "shipments": [shipment_now.clone()]});
                let copies = if behaviour.push_twice { 2 } else { 1 };
                messages.extend((0..copies).map(|_| Message {
                    subscription: id.clone(),
                    hook: subscription.hook.clone(),
                    body: body.clone(),
                }));
            }
        }
        messages
    });
    if behaviour.push_out_of_order {
        messages.reverse();
    }
    shared.desk.lock().outbox.append(&mut messages);
}
