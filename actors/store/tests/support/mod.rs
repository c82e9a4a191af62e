//! Rows to test with.
#![allow(dead_code, unused_macros, reason = "every test binary uses another part")]

use std::path::Path;

use vortex_domain::{
    ChannelOrder, ChannelState, ContentRow, Currency, Language, Market, Money, Order, OrderId, Sku, SkuState,
    Stage, VendorId,
    attention::{Code, Raise, Subject},
    order::{Address, Document, Ending},
};
use vortex_store::rows::{
    EffectKind, EffectRow, FileKind, FileRow, InboxRow, JournalRow, OrderRow, ReceiptParts, ReceiptRow,
    ReservationRow, ReservationState, SkuRow, Write,
};

/// The address of a database of its own in a folder.
pub(crate) fn sqlite_url(dir: &Path) -> String {
    format!("sqlite:{}", dir.join("vortex.db").display())
}

/// Runs the body with an address on each database.
macro_rules! on_both {
    ($($name:ident($url:ident) $body:block)+) => {
        $(mod $name {
            use super::*;
            async fn body($url: &str) $body
            #[tokio::test]
            async fn sqlite() {
                let dir = tempfile::tempdir().unwrap();
                body(&sqlite_url(dir.path())).await;
            }
            #[tokio::test]
            async fn postgres() {
                let Some(url) = vortex_store::testing::postgres().await else { return };
                body(&url).await;
            }
        })+
    };
}

pub(crate) fn vendor() -> VendorId {
    VendorId::new("acme").unwrap()
}

pub(crate) fn other_vendor() -> VendorId {
    VendorId::new("beta").unwrap()
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn order_id(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

pub(crate) fn sku_row(name: &str, version: i64) -> SkuRow {
    SkuRow {
        vendor: vendor(),
        version,
        state: SkuState::new(sku(name)),
        article_print: version * 10,
        stock_print: -version,
        at_ms: version,
    }
}

pub(crate) fn sku_write(name: &str, version: i64) -> Write {
    Write::Sku(Box::new(sku_row(name, version)))
}

pub(crate) fn order(id: &str, seen_ms: i64) -> Order {
    let channel = ChannelOrder {
        id: order_id(id),
        basket: Some("basket-1".to_owned()),
        sku: sku("A1"),
        quantity: 2,
        net: Money::minor(8_000, Currency::Sek),
        vat: Money::minor(2_000, Currency::Sek),
        vat_rate: rust_decimal::Decimal::new(25, 2),
        market: Market::Se,
        state: ChannelState::Created,
        created_at_ms: 1,
        updated_at_ms: 2,
        deadline_ms: Some(9_000),
        ship_to: Address { name: "Åsa Ö".to_owned(), ..Address::default() },
        tracking: Vec::new(),
    };
    Order::arrived(channel, seen_ms)
}

pub(crate) fn order_row(state: Order, version: i64) -> OrderRow {
    OrderRow { vendor: vendor(), version, state, at_ms: version }
}

pub(crate) fn order_write(state: Order, version: i64) -> Write {
    Write::Order(Box::new(order_row(state, version)))
}

pub(crate) fn numbered(mut state: Order, number: i64) -> Order {
    let date = vortex_domain::sales::business_date(0);
    state.document = Some(Document { number, booklet: "CDON".to_owned(), date });
    state
}

pub(crate) fn closed(mut state: Order) -> Order {
    state.stage = Stage::Closed { since_ms: 5, ending: Ending::NeverBooked };
    state
}

pub(crate) fn reservation(
    order: &str,
    article: &str,
    qty: i64,
    state: ReservationState,
    since_ms: i64,
) -> ReservationRow {
    ReservationRow { vendor: vendor(), order: order_id(order), sku: sku(article), qty, state, since_ms }
}

pub(crate) fn effect(kind: EffectKind, key: &str, due_ms: i64, since_ms: i64) -> EffectRow {
    EffectRow { vendor: vendor(), kind, key: key.to_owned(), due_ms, batch: String::new(), since_ms }
}

pub(crate) fn event(id: &str, payload: &str) -> InboxRow {
    InboxRow {
        vendor: vendor(),
        connection: "cdon".to_owned(),
        event_id: id.to_owned(),
        key: "o-1".to_owned(),
        topic: "order".to_owned(),
        payload: payload.to_owned(),
        at_ms: 7,
    }
}

pub(crate) fn journal(cause: &str, subject: Subject) -> JournalRow {
    JournalRow {
        vendor: vendor(),
        subject,
        at_ms: 3,
        cause: cause.to_owned(),
        actor: "engine".to_owned(),
        old: "before".to_owned(),
        new: "after".to_owned(),
    }
}

pub(crate) fn receipt(article: &str, at_ms: i64, body: &str) -> ReceiptRow {
    let parts = ReceiptParts { quantity: body.contains("quantity"), prices: body.contains("prices") };
    ReceiptRow {
        vendor: vendor(),
        sku: sku(article),
        at_ms,
        mapping_version: 1,
        parts,
        body: body.to_owned(),
    }
}

pub(crate) fn raise(code: Code, cause: &str, param: &str, subject: Subject, at_ms: i64) -> Write {
    let raise = Raise { code, cause: cause.to_owned(), params: vec![param.to_owned()], subject };
    Write::Raise(vendor(), Box::new(raise), at_ms)
}

pub(crate) fn content(article: &str, language: Option<Language>, title: &str) -> ContentRow {
    ContentRow {
        sku: sku(article),
        language,
        title: Some(title.to_owned()),
        description: None,
        category: None,
        images: vec!["https://img.example.com/1.jpg".to_owned()],
        gtin: None,
        brand: None,
    }
}

pub(crate) fn file(order: &str, kind: FileKind, name: &str, bytes: &[u8], at_ms: i64) -> FileRow {
    FileRow::new(&vendor(), &order_id(order), kind, name.to_owned(), bytes.to_vec(), at_ms)
}
