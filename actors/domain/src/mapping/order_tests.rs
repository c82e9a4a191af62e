use rust_decimal::Decimal;

use super::*;
use crate::{
    ids::{Currency, Market, OrderId, Sku},
    mapping::{FieldSpec, Format, Kind, Mapping, example},
    money::Money,
    order::{Address, ChannelState},
};

fn order(market: Market, basket: Option<&str>) -> ChannelOrder {
    ChannelOrder {
        id: OrderId::new("o-1").unwrap(),
        basket: basket.map(str::to_owned),
        sku: Sku::new("A").unwrap(),
        quantity: 2,
        net: Money::minor(31_920, Currency::Sek),
        vat: Money::minor(7_980, Currency::Sek),
        vat_rate: Decimal::new(25, 2),
        market,
        state: ChannelState::Created,
        created_at_ms: 1_772_359_200_000, // 2026-03-01
        updated_at_ms: 0,
        deadline_ms: None,
        ship_to: Address::default(),
        tracking: Vec::new(),
    }
}

fn texts(rules: &str, order: &ChannelOrder) -> Result<OrderTexts, Hold> {
    let of = |name, kind| FieldSpec::new(name, kind, "", "");
    let read = [
        of("order.id", Kind::Text),
        of("order.basket", Kind::Text),
        of("order.units", Kind::Number),
        of("order.vat_percent", Kind::Number),
        of("order.paid", Kind::Text),
        of("order.day", Kind::Date),
    ];
    let made = [
        of("customer", Kind::Text).per_market().chars(1, 10),
        of("remark", Kind::Text).per_market().chars(1, 60).format(Format::Plain),
    ];
    let schemas = example().reads(Object::Order, read).makes(Object::Order, made);
    let rules = format!("[tables.category]\notherwise = 1\n{rules}");
    Mapping::from_toml(&rules).unwrap().compile(1, &schemas).unwrap().order_texts(order)
}

#[test]
fn without_rows_the_settings_decide() {
    assert_eq!(texts("", &order(Market::Se, None)).unwrap(), OrderTexts::default());
}

#[test]
fn partner_and_remark_are_made_from_the_order() {
    let rules = r#"
        [[order]]
        to = "customer"
        from = "market.code"
        steps = [{ lookup = { table = "customer" } }]
        [[order]]
        to = "remark"
        steps = [{ template = "{order.day}: {order.units} × {order.vat_percent} %, {order.paid}[, cos {order.basket}]" }]
        [tables.customer]
        rows = { SE = "SUEDIA" }
    "#;
    let made = texts(rules, &order(Market::Se, Some("b-7"))).unwrap();
    assert_eq!(made.customer.as_deref(), Some("SUEDIA"));
    assert_eq!(made.remark.as_deref(), Some("2026-03-01: 2 × 25 %, 399.00 SEK, cos b-7"));
    let alone = texts(rules, &order(Market::Se, None)).unwrap();
    assert_eq!(alone.remark.as_deref(), Some("2026-03-01: 2 × 25 %, 399.00 SEK"));
    // Booked on anybody else, it would have to be cancelled: the order waits for the row.
    let hold = texts(rules, &order(Market::Fi, None)).unwrap_err();
    assert_eq!((hold.code, hold.cause.as_str()), (Code::MappingGap, "customer:FI"));
}

#[test]
fn a_text_that_cannot_be_made_leaves_the_settings() {
    let long = r#"
        [[order]]
        to = "customer"
        from = "order.id"
        steps = [{ template = "{order.id}{order.id}{order.id}{order.id}{order.id}" }]
    "#;
    assert_eq!(texts(long, &order(Market::Se, None)).unwrap().customer, None);
}
