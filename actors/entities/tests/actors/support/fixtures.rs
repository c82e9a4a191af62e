//! A vendor, its articles and its orders.

use std::{collections::BTreeMap, sync::Arc};

use rust_decimal::Decimal;
use vortex_domain::{
    ChannelOrder, ChannelState, Currency, ErpArticle, Market, Money, OrderId, Sku, StockLevel, Vendor,
    VendorId,
    mapping::{Compiled, Mapping, Schemas},
    order::{Address, Document, Stage},
    rates::RateTable,
    vat::VatTable,
    vendor::{BookingPolicy, ChannelPolicy, InvoicePolicy, ShippingPolicy, StockPolicy},
};

/// A vendor that sells in Sweden.
pub(crate) fn vendor() -> Vendor {
    Vendor {
        id: VendorId::new("acme").unwrap(),
        name: "Acme".to_owned(),
        markets: vec![Market::Se],
        stock: StockPolicy::default(),
        bundles: BTreeMap::new(),
        booking: BookingPolicy::default(),
        channel: ChannelPolicy::default(),
        shipping: ShippingPolicy::default(),
        invoices: InvoicePolicy::default(),
        mapping: Arc::new(mapping()),
        trial: None,
        rates: Arc::new(RateTable::fixed([(Currency::Sek, Decimal::new(46, 2))]).unwrap()),
        vat: Arc::new(VatTable::built_in()),
        image_url: Some("https://img.example.com/{sku}.jpg".to_owned()),
    }
}

fn mapping() -> Compiled {
    let schemas = vortex_winmentor::fields::declare(vortex_cdon::fields::declare(Schemas::new()));
    Mapping::from_toml("[tables.category]\notherwise = \"1124\"\n").unwrap().compile(1, &schemas).unwrap()
}

/// The same vendor, who also sells `KIT`: one `A` and two `B`.
pub(crate) fn bundle_vendor() -> Vendor {
    Vendor { bundles: BTreeMap::from([(sku("KIT"), vec![(sku("A"), 1), (sku("B"), 2)])]), ..vendor() }
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn id(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

/// An article that can be offered.
pub(crate) fn article(name: &str) -> ErpArticle {
    ErpArticle {
        sku: sku(name),
        name: "Cratiță de fontă 4 l, roșie".to_owned(),
        unit: "Buc".to_owned(),
        class_code: "1".to_owned(),
        class_name: "Casă".to_owned(),
        producer: String::new(),
        price_net: Some(Decimal::from(40)),
        price_gross: None,
        vat_percent: Some(Decimal::from(21)),
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}

/// So many units on hand, none reserved in the ERP.
pub(crate) fn level(units: i64) -> StockLevel {
    StockLevel { on_hand_milli: units * 1000, reserved_milli: 0 }
}

/// An order as the channel first shows it.
pub(crate) fn order(name: &str, article: &str, quantity: u32) -> ChannelOrder {
    ChannelOrder {
        id: id(name),
        basket: None,
        sku: sku(article),
        quantity,
        net: Money::minor(8_000 * i64::from(quantity), Currency::Sek),
        vat: Money::minor(2_000 * i64::from(quantity), Currency::Sek),
        vat_rate: Decimal::new(25, 2),
        market: Market::Se,
        state: ChannelState::Created,
        created_at_ms: 1_772_000_000_000,
        updated_at_ms: 1_772_000_000_000,
        deadline_ms: None,
        ship_to: Address::default(),
        tracking: Vec::new(),
    }
}

/// The same order, changed by the channel a second later.
pub(crate) fn amended(order: &ChannelOrder, article: &str, quantity: u32) -> ChannelOrder {
    let fresh = self::order(order.id.as_str(), article, quantity);
    ChannelOrder { state: order.state, updated_at_ms: order.updated_at_ms + 1_000, ..fresh }
}

/// The same order, cancelled on the channel a second later.
pub(crate) fn cancelled(order: ChannelOrder) -> ChannelOrder {
    ChannelOrder { state: ChannelState::NotFulfilled, updated_at_ms: order.updated_at_ms + 1_000, ..order }
}

/// An ERP document of this number.
pub(crate) fn document(number: i64) -> Document {
    Document { number, booklet: "CDON".to_owned(), date: jiff::civil::date(2026, 2, 25) }
}

/// What an order came short of: article, ordered, available; none when it is not held for that.
pub(crate) fn short_of(stage: &Stage) -> Option<Vec<&str>> {
    match stage {
        Stage::Held { hold, .. } if hold.code == vortex_domain::attention::Code::StockShort => {
            Some(hold.params.iter().map(String::as_str).collect())
        }
        _ => None,
    }
}
