//! Which product goes where, and what it costs (spec section 6).

use rust_decimal::Decimal;

use super::options::Behaviour;
use super::places::Lane;

/// A product of the table.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    lane: Lane,
    /// For papers only.
    documents: bool,
    single_piece: bool,
    most_kg: u32,
    /// Price of the first kilogram, in bani.
    base: i64,
    /// From collection to delivery.
    pub(super) transit_days: i64,
    pub(super) timed: bool,
}

const fn product(
    code: &'static str,
    name: &'static str,
    lane: Lane,
    documents: bool,
    base: i64,
    transit_days: i64,
) -> Product {
    Product {
        code,
        name,
        lane,
        documents,
        single_piece: false,
        most_kg: 3030,
        base,
        transit_days,
        timed: false,
    }
}

const fn timed(code: &'static str, name: &'static str, lane: Lane, documents: bool, base: i64) -> Product {
    Product { timed: true, ..product(code, name, lane, documents, base, 1) }
}

const fn easy(code: &'static str, name: &'static str, lane: Lane, documents: bool, base: i64) -> Product {
    Product { single_piece: true, most_kg: 30, ..product(code, name, lane, documents, base, 2) }
}

static PRODUCTS: [Product; 18] = [
    product("U", "EXPRESS WORLDWIDE", Lane::Union, false, 14_700, 2),
    product("W", "ECONOMY SELECT", Lane::Union, false, 9_900, 5),
    product("P", "EXPRESS WORLDWIDE NONDOC", Lane::Export, false, 19_900, 2),
    product("H", "ECONOMY SELECT NONDOC", Lane::Export, false, 15_900, 6),
    product("D", "EXPRESS WORLDWIDE DOC", Lane::Union, true, 12_900, 2),
    product("D", "EXPRESS WORLDWIDE DOC", Lane::Export, true, 16_900, 2),
    timed("T", "EXPRESS 12:00 DOC", Lane::Union, true, 18_900),
    timed("T", "EXPRESS 12:00 DOC", Lane::Export, true, 23_900),
    timed("K", "EXPRESS 9:00 DOC", Lane::Union, true, 24_900),
    timed("K", "EXPRESS 9:00 DOC", Lane::Export, true, 29_900),
    timed("L", "EXPRESS 10:30 DOC", Lane::Union, true, 21_900),
    timed("L", "EXPRESS 10:30 DOC", Lane::Export, true, 26_900),
    timed("Y", "EXPRESS 12:00 NONDOC", Lane::Export, false, 25_900),
    timed("E", "EXPRESS 9:00 NONDOC", Lane::Export, false, 31_900),
    timed("M", "EXPRESS 10:30 NONDOC", Lane::Export, false, 28_900),
    easy("7", "EXPRESS EASY DOC", Lane::Export, true, 13_900),
    easy("8", "EXPRESS EASY NONDOC", Lane::Export, false, 17_900),
    product("N", "EXPRESS DOMESTIC", Lane::Domestic, false, 3_900, 1),
];

/// What is to be carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) lane: Lane,
    pub(super) declarable: bool,
    pub(super) pieces: usize,
    /// All pieces together.
    pub(super) kilograms: Decimal,
}

impl Product {
    fn carries(&self, load: &Load) -> bool {
        self.lane == load.lane
            && !(load.declarable && (self.documents || load.lane != Lane::Export))
            && (!self.single_piece || load.pieces == 1)
            && load.kilograms <= Decimal::from(self.most_kg)
    }

    /// Price in RON, major units.
    pub(super) fn price(&self, load: &Load) -> Decimal {
        let more = (load.kilograms - Decimal::ONE).max(Decimal::ZERO).ceil();
        Decimal::new(self.base, 2) + more * Decimal::new(1250, 2)
    }
}

/// What an account may use for a load; without an account, every product that carries it.
pub(super) fn available(
    load: Load,
    account: Option<&str>,
    behaviour: &Behaviour,
) -> impl Iterator<Item = &'static Product> {
    let enabled = account.and_then(|account| behaviour.account_products.get(account)).cloned();
    PRODUCTS.iter().filter(move |product| {
        product.carries(&load) && enabled.as_ref().is_none_or(|enabled| enabled.contains(product.code))
    })
}

/// The refusal of a product.
pub(super) fn refusal(code: &str) -> String {
    format!(
        "1001: The requested product(s) ({code}) not available based on your search criteria. \
         Please check the product(s) and retry."
    )
}

/// Services that exist, and whether only goods that are declared can have them.
const SERVICES: [(&str, bool); 8] = [
    ("WY", true),
    ("DD", true),
    ("II", false),
    ("AA", false),
    ("SF", false),
    ("LX", false),
    ("EE", false),
    ("PZ", false),
];

/// Whether a service can be had.
pub(super) fn has_service(code: &str, declarable: bool) -> bool {
    SERVICES.iter().any(|(known, declared_only)| *known == code && (declarable || !declared_only))
}
