//! An explanation in sentences, Romanian and English.

use rust_decimal::Decimal;
use vortex_domain::{
    Currency, Money, Sku,
    attention::Reader,
    mapping::{Stored, steps},
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
        if let Some((field, base)) =
            receipt.source.as_ref().and_then(|field| Some((field, receipt.inputs.get(field)?.as_ref()?)))
        {
            let base = self.value(base);
            told.push(self.in_words(
                format!("{market}: `{field}` din WinMentor este {base}."),
                format!("{market}: WinMentor's `{field}` is {base}."),
            ));
        }
        for used in &receipt.vat {
            let (country, percent) = (used.country.code(), self.number(used.percent));
            let class = used.class.as_deref().unwrap_or(&receipt.vat_class);
            told.push(self.in_words(
                format!("TVA {country} pentru clasa `{class}`: {percent} %."),
                format!("VAT {country} for class `{class}`: {percent} %."),
            ));
        }
        if let Some(rate) = &receipt.rate {
            let (ron, published) =
                (self.number(rate.ron_per_unit), format!("{} ({})", rate.published, rate.source));
            told.push(self.in_words(
                format!("Cursul din {published}: 1 {currency} = {ron} RON."),
                format!("The rate of {published}: 1 {currency} = {ron} RON."),
            ));
        }
        for step in &receipt.steps {
            let title = steps::title(&step.name, self.reader).unwrap_or(&step.name);
            let value = step.value.as_ref().map_or_else(|| "–".to_owned(), |value| self.value(value));
            told.push(format!("{}. {title}: {value}.", step.step));
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

    /// A value of a receipt; numbers without needless digits.
    fn value(&self, value: &Stored) -> String {
        let text = value.to_string();
        text.parse().map_or(text, |number| self.number(number))
    }
}
