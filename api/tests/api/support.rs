//! A small installation: two vendors, their tokens and webhook secrets, one order and one article.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use rand::{SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;
use vortex_api::{
    ApiParts, ApiState, HookScheme, LINK_KEY, Limits, Site, new_token, passwords::hash_password, router,
    signature::Key, stored_hash,
};
use vortex_domain::{
    Currency, Entropy, Market, Order, OrderId, Pickup, PickupId, Sku, SkuState, StockLevel, Vendor, VendorId,
    attention::{Code, Raise, Subject},
    clock::ManualClock,
    mapping::{Compiled, Mapping, Schemas},
    order::{Event, Mark},
    rates::{RateBook, RatePolicy, RateTable, RateWord},
    sku::StockRead,
    vat::VatTable,
    vendor::{BookingPolicy, ChannelPolicy, InvoicePolicy, ShippingPolicy, StockPolicy},
};
use vortex_entities::{
    Engine, Flow,
    engine::{AttentionAction, EngineError, FlowReport, FlowStatus, SyncRequest},
    pickup::PickupStep,
    vendor::VendorView,
};
use vortex_store::{
    Journal, OpenOptions, SqlStore, Store,
    registry::{ConnectionRecord, TokenRecord, VendorRecord},
    rows::{FileKind, FileRow, JournalRow, OrderRow, SkuRow, Write},
    secrets::MasterKey,
};

use crate::mappings::FakeMappings;

pub(crate) const NOW_MS: i64 = 1_772_359_200_000; // 2026-03-01 10:00 UTC
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const NEXT_SECRET: &str = "whsec_bmV4dC1zZWNyZXQtbmV4dC1zZWNyZXQ=";
pub(crate) const FOREIGN_SECRET: &str = "whsec_b3RoZXItdmVuZG9ycy1zZWNyZXQtMTIz";

pub(crate) fn vendor(name: &str) -> VendorId {
    VendorId::new(name).unwrap()
}

/// What the orders' machine needs to know of a vendor.
fn settings(name: &VendorId) -> Vendor {
    Vendor {
        id: name.clone(),
        name: format!("{name} SRL"),
        markets: vec![Market::Se],
        stock: StockPolicy::default(),
        bundles: BTreeMap::new(),
        booking: BookingPolicy::default(),
        channel: ChannelPolicy::default(),
        shipping: ShippingPolicy { courier: true, ..ShippingPolicy::default() },
        invoices: InvoicePolicy::default(),
        mapping: Arc::new(mapping()),
        trial: None,
        rates: Arc::new(RateTable::fixed([]).unwrap()),
        vat: Arc::new(VatTable::built_in()),
        image_url: None,
    }
}

/// The vendor's live mapping, as a file.
pub(crate) const MAPPING: &str = "[tables.category]\notherwise = \"1\"\n";

/// The vendor's live mapping.
pub(crate) fn mapping() -> Compiled {
    let schemas = vortex_winmentor::fields::declare(vortex_cdon::fields::declare(Schemas::new()));
    Mapping::from_toml(MAPPING).unwrap().compile(3, &schemas).unwrap()
}

/// Writes down what it was asked; orders it tells by their machine, and stores them.
#[derive(Default)]
pub(crate) struct FakeEngine {
    pub(crate) syncs: Mutex<Vec<SyncRequest>>,
    pub(crate) wakes: Mutex<Vec<(VendorId, Flow)>>,
    pub(crate) acts: Mutex<Vec<(i64, AttentionAction, String)>>,
    pub(crate) asked: Mutex<Vec<(OrderId, Event, String)>>,
    pub(crate) rate_words: Mutex<Vec<(VendorId, RateWord)>>,
    pub(crate) store: OnceLock<Arc<SqlStore>>,
    /// While set, a sync waits for it.
    pub(crate) gate: Mutex<Option<Arc<Notify>>>,
}

#[async_trait]
impl Engine for FakeEngine {
    async fn sync(&self, request: SyncRequest) -> Result<FlowReport, EngineError> {
        assert_ne!(request.order.as_ref().map(OrderId::as_str), Some("panic"), "asked to panic");
        self.syncs.lock().unwrap().push(request);
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        Ok(FlowReport { looked_at: 7, changed: 2, stopped: None })
    }

    fn wake(&self, vendor: &VendorId, flow: Flow) {
        self.wakes.lock().unwrap().push((vendor.clone(), flow));
    }

    async fn act(
        &self,
        _: &VendorId,
        item: i64,
        action: AttentionAction,
        who: &str,
    ) -> Result<u64, EngineError> {
        match action {
            AttentionAction::Approve => {
                Err(EngineError::NotPossible("nothing waits for approval".to_owned()))
            }
            _ if item > 1_000 => Err(EngineError::NotFound("attention item")),
            _ => {
                self.acts.lock().unwrap().push((item, action, who.to_owned()));
                Ok(1)
            }
        }
    }

    async fn ask_order(
        &self,
        vendor: &VendorId,
        order: &OrderId,
        event: Event,
        who: &str,
    ) -> Result<bool, EngineError> {
        let store = self.store.get().unwrap();
        let rows = store.load_orders(vendor, std::slice::from_ref(order)).await.unwrap();
        let (version, state) = rows.into_iter().next().flatten().unwrap();
        let next = state.on(&event, NOW_MS, &settings(vendor));
        self.asked.lock().unwrap().push((order.clone(), event, who.to_owned()));
        let changed = next != state;
        if changed {
            let (old, new) = (state.marks(), next.marks());
            let row = OrderRow { vendor: vendor.clone(), version: version + 1, state: next, at_ms: NOW_MS };
            let mut writes = vec![Write::Order(Box::new(row))];
            let of = |mark: &Mark| (vendor.clone(), mark.clone(), order.clone());
            writes.extend(old.difference(&new).map(of).map(|(v, m, o)| Write::Unmark(v, m, o)));
            writes.extend(new.difference(&old).map(of).map(|(v, m, o)| Write::Mark(v, m, o)));
            store.commit(&[writes]).await.unwrap();
        }
        Ok(changed)
    }

    async fn rate_word(&self, vendor: &VendorId, word: RateWord) -> Result<(), EngineError> {
        self.rate_words.lock().unwrap().push((vendor.clone(), word));
        Ok(())
    }

    async fn settings(&self, vendor: &VendorId) -> Result<Arc<Vendor>, EngineError> {
        let mut book = RateBook::default();
        for (day, rate) in [(26, 4_600), (27, 5_600)] {
            book.add_bnr(Currency::Sek, jiff::civil::date(2026, 2, day), Decimal::new(rate, 4), 1).unwrap();
        }
        for (_, word) in self.rate_words.lock().unwrap().iter().filter(|(of, _)| of == vendor) {
            book.say(word.clone()).unwrap();
        }
        Ok(Arc::new(Vendor { rates: Arc::new(book.table(RatePolicy::default())), ..settings(vendor) }))
    }

    async fn flows(&self, _: &VendorId) -> Result<Vec<FlowStatus>, EngineError> {
        Ok(vec![FlowStatus {
            flow: Flow::Orders,
            running: false,
            last_success_ms: Some(NOW_MS - 60_000),
            next_ms: Some(NOW_MS + 60_000),
            last: Some(FlowReport { looked_at: 1, changed: 0, stopped: None }),
        }])
    }

    async fn actors(&self, _: &VendorId) -> Result<VendorView, EngineError> {
        let parked = BTreeMap::from([("sku".to_owned(), vec!["A-9".to_owned()])]);
        let one = |count| BTreeMap::from([("sku".to_owned(), count)]);
        Ok(VendorView { skus: 3, orders: 2, restarts: one(1), waiting: one(7), handled: one(90), parked })
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    /// Checks the form of a problem (RFC 9457) and gives it without what differs between requests.
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        let mut problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        for field in ["type", "title", "detail", "instance", "request_id"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
        }
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        let fields = problem.as_object_mut().unwrap();
        fields.remove("request_id");
        fields.remove("instance");
        problem
    }
}

pub(crate) struct Tokens {
    pub(crate) owner: SecretString,
    pub(crate) operator: SecretString,
    pub(crate) viewer: SecretString,
    pub(crate) revoked: SecretString,
    pub(crate) foreign: SecretString,
    pub(crate) platform: SecretString,
}

pub(crate) struct World {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) engine: Arc<FakeEngine>,
    pub(crate) mappings: Arc<FakeMappings>,
    pub(crate) clock: ManualClock,
    pub(crate) state: ApiState,
    pub(crate) router: Router,
    pub(crate) tokens: Tokens,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default(), None).await
    }

    /// Behind another address.
    pub(crate) async fn at(site: Site) -> Self {
        Self::made(Limits::default(), None, site).await
    }

    /// `writes_to` takes the place of the database for everything written, so that it can fail.
    pub(crate) async fn with(limits: Limits, writes_to: Option<Arc<dyn Store>>) -> Self {
        Self::made(limits, writes_to, Site::local()).await
    }

    async fn made(limits: Limits, writes_to: Option<Arc<dyn Store>>, site: Site) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("vortex.db").display());
        let key = MasterKey::generate().unwrap();
        let store = Arc::new(SqlStore::open(&url, OpenOptions::new(key)).await.unwrap());
        for (name, secrets) in [("acme", vec![SECRET, NEXT_SECRET]), ("other", vec![FOREIGN_SECRET])] {
            let record = VendorRecord {
                id: vendor(name),
                name: format!("{name} SRL"),
                settings: json!({}),
                at_ms: NOW_MS,
            };
            store.put_vendor(&record).await.unwrap();
            let mut sealed: BTreeMap<String, SecretString> = secrets
                .iter()
                .enumerate()
                .map(|(i, secret)| (format!("webhook_secret{i}"), SecretString::from(*secret)))
                .collect();
            sealed.insert("token".to_owned(), SecretString::from("not-for-hooks"));
            let connection = ConnectionRecord {
                vendor: vendor(name),
                name: "cdon".to_owned(),
                kind: "cdon".to_owned(),
                base_url: "https://channel.example".to_owned(),
                settings: json!({}),
                secrets: sealed,
            };
            store.put_connection(&connection).await.unwrap();
        }
        let mut rng = StdRng::seed_from_u64(7);
        let mut tokens = Vec::new();
        for (name, of, role) in [
            ("owner", Some("acme"), "owner"),
            ("operator", Some("acme"), "operator"),
            ("viewer", Some("acme"), "viewer"),
            ("revoked", Some("acme"), "owner"),
            ("foreign", Some("other"), "owner"),
            ("platform", None, "operator"),
        ] {
            let (token, hash) = new_token(&mut rng);
            let hash = stored_hash(&hash);
            let record = TokenRecord {
                hash: hash.clone(),
                vendor: of.map(vendor),
                role: role.to_owned(),
                name: name.to_owned(),
                at_ms: NOW_MS,
                revoked_ms: None,
            };
            store.put_token(&record).await.unwrap();
            if name == "revoked" {
                assert!(store.revoke_token(&hash, NOW_MS).await.unwrap());
            }
            tokens.push(token);
        }
        let spare = TokenRecord {
            hash: SPARE.to_owned(),
            vendor: Some(vendor("acme")),
            role: "viewer".to_owned(),
            name: "spare".to_owned(),
            at_ms: NOW_MS,
            revoked_ms: None,
        };
        store.put_token(&spare).await.unwrap();
        people(&store).await;
        let [owner, operator, viewer, revoked, foreign, platform] =
            <[SecretString; 6]>::try_from(tokens).unwrap();
        seed(&*store).await;

        let engine = Arc::new(FakeEngine { store: OnceLock::from(store.clone()), ..FakeEngine::default() });
        let mappings = Arc::new(FakeMappings::default());
        let clock = ManualClock::at(NOW_MS);
        let written: Arc<dyn Store> = writes_to.clone().unwrap_or_else(|| store.clone());
        let (journal, _writer) = Journal::start(written.clone());
        let state = ApiState::new(ApiParts {
            engine: engine.clone(),
            store: writes_to.unwrap_or_else(|| store.clone()),
            journal,
            clock: Arc::new(clock.clone()),
            entropy: Entropy::seeded(1),
            lists: store.clone(),
            site,
            accounts: store.clone(),
            hook_scheme: |kind| match kind {
                "courier" => HookScheme::Token { header: "x-hook-token" },
                _ => HookScheme::Signed,
            },
            link_key: store.derived_key(LINK_KEY),
            mappings: Some(mappings.clone()),
            limits,
        });
        state.set_engine_running(true);
        let router = router(state.clone());
        let tokens = Tokens { owner, operator, viewer, revoked, foreign, platform };
        Self { store, engine, mappings, clock, state, router, tokens, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        let (bytes, text) = (bytes.to_vec(), String::from_utf8_lossy(&bytes).into_owned());
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }

    pub(crate) async fn get(&self, token: &SecretString, path: &str) -> Answer {
        self.send(request(Method::GET, path, Some(token), None)).await
    }

    pub(crate) async fn call(&self, method: Method, token: &SecretString, path: &str, body: Value) -> Answer {
        self.send(request(method, path, Some(token), Some(body))).await
    }

    /// Sends a webhook that is signed as told.
    pub(crate) async fn hook(&self, path: &str, id: &str, at_s: i64, secret: &str, body: &str) -> Answer {
        let signature = Key::parse(&SecretString::from(secret)).unwrap().sign(id, at_s, body.as_bytes());
        self.send(hook_request(path, id, &at_s.to_string(), &signature, body)).await
    }
}

pub(crate) fn request(
    method: Method,
    path: &str,
    token: Option<&SecretString>,
    body: Option<Value>,
) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        builder = builder.header("authorization", format!("Bearer {}", token.expose_secret()));
    }
    match body {
        Some(body) => {
            builder.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
        }
        None => builder.body(Body::empty()).unwrap(),
    }
}

pub(crate) fn hook_request(path: &str, id: &str, at: &str, signature: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// An order as the channel shows it, with a buyer whose name must never show.
pub(crate) fn order(id: &str) -> Order {
    let channel = json!({
        "id": id, "sku": "A-1", "quantity": 2,
        "net": {"minor": 31_920, "currency": "SEK"}, "vat": {"minor": 7_980, "currency": "SEK"}, "vat_rate": "0.25",
        "market": "SE", "state": "created", "created_at_ms": NOW_MS - 5_000, "updated_at_ms": NOW_MS - 5_000,
        "deadline_ms": NOW_MS + 86_400_000,
        "ship_to": {"name": "Astrid Secretsson", "street": "Hemliga gatan 1", "postal_code": "11122",
                    "city": "Stockholm", "country": "Sweden", "phone": "+46700000001"},
    });
    Order::arrived(serde_json::from_value(channel).unwrap(), NOW_MS)
}

pub(crate) fn journal_row(subject: Subject, cause: &str) -> Write {
    Write::Journal(JournalRow {
        vendor: vendor("acme"),
        subject,
        at_ms: NOW_MS,
        cause: cause.to_owned(),
        actor: "engine".to_owned(),
        old: "before".to_owned(),
        new: "after".to_owned(),
    })
}

/// A file of an order.
pub(crate) fn file(order: &str, kind: FileKind, name: &str, bytes: &[u8], at_ms: i64) -> Write {
    let id = OrderId::new(order).unwrap();
    Write::File(Box::new(FileRow::new(&vendor("acme"), &id, kind, name.to_owned(), bytes.to_vec(), at_ms)))
}

/// A token that nobody uses: whoever revokes it hurts no other test.
pub(crate) const SPARE: &str = "0707070707070707";
/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// `ana` owns acme, `vera` views it, `ion` owns other, `ops` operates everything, `new` has set no password yet.
async fn people(store: &SqlStore) {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| hash_password(PASSWORD).unwrap());
    for (login, of, role) in [
        ("ana", Some("acme"), "owner"),
        ("vera", Some("acme"), "viewer"),
        ("ion", Some("other"), "owner"),
        ("ops", None, "operator"),
        ("new", Some("acme"), "operator"),
    ] {
        assert!(store.create_account(login, &format!("{login} Pop"), NOW_MS).await.unwrap());
        store.grant_role(login, of.map(vendor).as_ref(), role).await.unwrap();
        if login != "new" {
            store.set_password(login, hash).await.unwrap();
        }
    }
}

async fn seed(store: &dyn Store) {
    let acme = vendor("acme");
    let old = Pickup::asked(
        PickupId::new("2026-02-01-01").unwrap(),
        jiff::civil::date(2026, 2, 1),
        jiff::civil::time(15, 0, 0, 0),
        jiff::civil::time(18, 0, 0, 0),
        String::new(),
    );
    let step = PickupStep {
        vendor: &acme,
        before: None,
        after: &old,
        cause: "person_asks",
        who: "token:owner",
        now_ms: NOW_MS,
    };
    let row = step.writes().into_iter().find(|write| matches!(write, Write::Pickup(_))).unwrap();
    store.commit(&[vec![row]]).await.unwrap();
    let mut held = order("o-1");
    held.stage = serde_json::from_value(json!({
        "stage": "held", "since_ms": NOW_MS,
        "hold": {"code": "unknown_article", "cause": "A-1", "params": ["A-1"]},
    }))
    .unwrap();
    held.projected.raised = vec![(Code::UnknownArticle, "A-1".to_owned())];
    let order_row =
        Write::Order(Box::new(OrderRow { vendor: acme.clone(), version: 1, state: held, at_ms: NOW_MS }));
    let subject = Subject::Order(OrderId::new("o-1").unwrap());
    let raise = Raise {
        code: Code::UnknownArticle,
        cause: "A-1".to_owned(),
        params: vec!["A-1".to_owned()],
        subject: subject.clone(),
    };
    let sku = Sku::new("A-1").unwrap();
    let mut state = SkuState::new(sku.clone());
    state.stock = Some(StockRead {
        level: StockLevel { on_hand_milli: 10_000, reserved_milli: 2_000 },
        read_ms: NOW_MS - 9_000,
    });
    state.channel.listed = true;
    state.channel.quantity.accepted = Some(4);
    state.channel.quantity.seen = Some(4);
    let sku_row =
        SkuRow { vendor: acme.clone(), version: 1, state, article_print: 1, stock_print: 1, at_ms: NOW_MS };
    let changes = vec![vec![
        order_row,
        Write::Raise(acme.clone(), Box::new(raise), NOW_MS),
        Write::Sku(Box::new(sku_row)),
        file("o-1", FileKind::Label, "1.pdf", b"%PDF label", NOW_MS),
        journal_row(subject, "order_delivered"),
    ]];
    store.commit(&changes).await.unwrap();
}
