//! An explanation in sentences, Romanian and English.

use rust_decimal::Decimal;
use vortex_domain::{
    Currency, Money, Sku,
    attention::Reader,
    mapping::{PriceBase, PriceEnding},
};

use super::explain::{PriceExplained, QuantityExplained};

/// Decimals of amounts between steps; the receipt has all of them.
const STEP_DECIMALS: u32 = 6;
/// Orders that are named; more are counted.
const NAMED_ORDERS: usize = 5;

/// Everything that can be said.
pub(super) fn all(
    reader: Reader,
    sku: &Sku,
    at_ms: i64,
    quantity: Option<&QuantityExplained>,
    prices: &[PriceExplained],
) -> Vec<String> {
    let say = Say { reader };
    let mut told = Vec::new();
    match quantity {
        Some(quantity) => say.quantity(sku, quantity, &mut told),
        None => told.push(say.no_quantity(sku, at_ms)),
    }
    for price in prices {
        say.price(price, &mut told);
    }
    if prices.is_empty() {
        told.push(say.no_price(sku, at_ms));
    }
    told
}

struct Say {
    reader: Reader,
}

impl Say {
    /// Picks the reader's language.
    fn in_words(&self, ro: String, en: String) -> String {
        match self.reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }

    fn number(&self, value: Decimal) -> String {
        let text = value.round_dp(STEP_DECIMALS).normalize().to_string();
        match self.reader {
            Reader::Ro => text.replace('.', ","),
            Reader::En => text,
        }
    }

    fn units(&self, milli: i64) -> String {
        self.number(Decimal::new(milli, 3))
    }

    fn money(&self, minor: i64, currency: Currency) -> String {
        let text = Money::minor(minor, currency).to_string();
        match self.reader {
            Reader::Ro => text.replace('.', ","),
            Reader::En => text,
        }
    }

    /// A moment on a wall clock in Romania.
    fn time(&self, at_ms: i64) -> String {
        let zoned = jiff::Timestamp::from_millisecond(at_ms).and_then(|time| time.in_tz("Europe/Bucharest"));
        let text = zoned
            .map_or_else(|_| format!("{at_ms} ms"), |zoned| zoned.strftime("%Y-%m-%d %H:%M:%S").to_string());
        self.in_words(format!("{text} (ora României)"), format!("{text} (Romanian time)"))
    }

    fn no_quantity(&self, sku: &Sku, at_ms: i64) -> String {
        let at = self.time(at_ms);
        self.in_words(
            format!("Până la {at} nu am trimis nicio cantitate pentru `{sku}`."),
            format!("Until {at} we had sent no quantity for `{sku}`."),
        )
    }

    fn no_price(&self, sku: &Sku, at_ms: i64) -> String {
        let at = self.time(at_ms);
        self.in_words(
            format!("Până la {at} nu am trimis niciun preț pentru `{sku}` pe piața cerută."),
            format!("Until {at} we had sent no price for `{sku}` in the market asked for."),
        )
    }

    fn quantity(&self, sku: &Sku, explained: &QuantityExplained, told: &mut Vec<String>) {
        let terms = &explained.terms;
        let (shown, sent) = (explained.quantity, self.time(explained.sent_ms));
        told.push(self.in_words(
            format!("La {sent} am trimis cantitatea {shown} pentru `{sku}`."),
            format!("At {sent} we sent the quantity {shown} for `{sku}`."),
        ));
        let (on_hand, reserved) = (self.units(terms.on_hand_milli), self.units(terms.reserved_in_erp_milli));
        if let Some(read_ms) = explained.read_ms {
            let read = self.time(read_ms);
            told.push(self.in_words(
                format!("Citirea din WinMentor începută la {read}: {on_hand} în stoc, {reserved} rezervate în WinMentor."),
                format!("The WinMentor reading begun at {read}: {on_hand} on hand, {reserved} reserved in WinMentor."),
            ));
        }
        let ours = terms.reserved_by_us;
        if ours != 0 {
            let orders = Self::orders(explained);
            told.push(self.in_words(
                format!("Comenzile noastre care nu apar încă în acea citire țin {ours}{orders}."),
                format!("Our orders that are not yet in that reading hold {ours}{orders}."),
            ));
        }
        let (buffer, cap, available) = (terms.buffer, terms.cap, terms.available());
        told.push(self.in_words(
            format!("Formula: ({on_hand} − {reserved}) rotunjit în jos − {ours} = {available} disponibile; minus stocul de siguranță {buffer}, între 0 și {cap}: {shown}."),
            format!("The formula: ({on_hand} − {reserved}) rounded down − {ours} = {available} available; minus the safety stock {buffer}, between 0 and {cap}: {shown}."),
        ));
    }

    fn orders(explained: &QuantityExplained) -> String {
        let held = &explained.held;
        if held.is_empty() {
            return String::new();
        }
        let mut named: Vec<String> =
            held.iter().take(NAMED_ORDERS).map(super::explain::HeldTerm::in_words).collect();
        if held.len() > NAMED_ORDERS {
            named.push(format!("+{}", held.len() - NAMED_ORDERS));
        }
        format!(" ({})", named.join(", "))
    }

    fn price(&self, explained: &PriceExplained, told: &mut Vec<String>) {
        let receipt = &explained.receipt;
        let (market, currency) = (receipt.market, receipt.market.currency());
        let base = self.number(receipt.base_ron);
        let net = self.number(receipt.vat_stripped);
        let base_vat = self.number(receipt.base_vat_percent);
        told.push(match receipt.base_kind {
            PriceBase::Gross => self.in_words(
                format!("{market}: prețul din WinMentor este {base} RON cu TVA {base_vat} %; fără TVA {net} RON."),
                format!("{market}: WinMentor's price is {base} RON with {base_vat} % Romanian VAT; without it {net} RON."),
            ),
            PriceBase::Net => self.in_words(
                format!("{market}: prețul din WinMentor este {base} RON fără TVA."),
                format!("{market}: WinMentor's price is {base} RON without VAT."),
            ),
        });
        let rate = self.number(receipt.rate.ron_per_unit);
        let converted = self.number(receipt.converted);
        let published = format!("{} ({})", receipt.rate.published, receipt.rate.source);
        told.push(self.in_words(
            format!("La cursul din {published}, 1 {currency} = {rate} RON: {converted} {currency}."),
            format!("At the rate of {published}, 1 {currency} = {rate} RON: {converted} {currency}."),
        ));
        if !receipt.margin_percent.is_zero() {
            let (margin, with) = (self.number(receipt.margin_percent), self.number(receipt.with_margin));
            told.push(self.in_words(
                format!("Cu adaosul de {margin} %: {with} {currency}."),
                format!("With the margin of {margin} %: {with} {currency}."),
            ));
        }
        let vat = self.number(receipt.vat_rate * Decimal::ONE_HUNDRED);
        let before = self.number(receipt.before_rounding);
        let rounded = self.money(receipt.rounded_minor, currency);
        told.push(self.in_words(
            format!("Cu TVA {vat} % ({market}): {before} {currency}, rotunjit la {rounded}."),
            format!("With {vat} % VAT ({market}): {before} {currency}, rounded to {rounded}."),
        ));
        if let Some(rule) = self.ending(receipt.ending, receipt.floor_minor, currency) {
            told.push(rule);
        }
        let (paid, version, sent) = (
            self.money(receipt.gross_minor, currency),
            receipt.mapping_version,
            self.time(explained.sent_ms),
        );
        told.push(self.in_words(
            format!("Cumpărătorul plătește {paid}; versiunea de mapare {version}, trimis la {sent}."),
            format!("The buyer pays {paid}; mapping version {version}, sent at {sent}."),
        ));
    }

    fn ending(&self, ending: PriceEnding, floor_minor: Option<i64>, currency: Currency) -> Option<String> {
        let ends = match ending {
            PriceEnding::None => None,
            PriceEnding::Whole => Some(("în unități întregi", "in whole units")),
            PriceEnding::Ninety => Some(("cu terminația ,90", "ending in .90")),
            PriceEnding::Nine => Some(("în unități întregi terminate în 9", "in whole units ending in 9")),
        };
        let floor = floor_minor.map(|minor| self.money(minor, currency));
        match (ends, floor) {
            (None, None) => None,
            (Some((ro, en)), None) => {
                Some(self.in_words(format!("Prețurile sunt {ro}."), format!("Prices are {en}.")))
            }
            (None, Some(floor)) => {
                Some(self.in_words(format!("Cel puțin {floor}."), format!("At least {floor}.")))
            }
            (Some((ro, en)), Some(floor)) => Some(self.in_words(
                format!("Prețurile sunt {ro}, cel puțin {floor}."),
                format!("Prices are {en}, at least {floor}."),
            )),
        }
    }
}
