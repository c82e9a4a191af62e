//! An explanation in sentences, Romanian and English.

use rust_decimal::Decimal;
use vortex_domain::{
    Currency, Money, Sku,
    attention::Reader,
    mapping::{Stored, steps},
    rates::{AppliedRate, MarketRate},
};

use super::{
    answers::{Answer, AnswerState},
    attention::Concern,
    explain::{PriceExplained, QuantityExplained},
};

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
    problems: &[Concern],
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
    if let Some(price) = prices.first() {
        told.push(say.answer(&price.answer, say.in_words("Prețurile".to_owned(), "The prices".to_owned())));
    } else {
        told.push(say.no_price(sku, at_ms));
    }
    told.extend(problems.iter().map(|problem| problem.text().to_owned()));
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
        if !explained.parts.is_empty() {
            let parts: Vec<String> =
                explained.parts.iter().map(|(part, units)| format!("{part}: {units}")).collect();
            let parts = parts.join(", ");
            told.push(self.in_words(
                format!("Este un set; părțile lui puteau da: {parts} bucăți, adică {on_hand} seturi."),
                format!(
                    "It is a bundle; its parts could give: {parts} units, which makes {on_hand} bundles."
                ),
            ));
        } else if let Some(read_ms) = explained.read_ms {
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
        if cap == 0 {
            told.push(self.in_words(
                "Limita este 0 pentru că articolul nu putea fi oferit pe nicio piață.".to_owned(),
                "The limit is 0 because the article could not be offered in any market.".to_owned(),
            ));
        }
        told.push(
            self.answer(&explained.answer, self.in_words("Cantitatea".to_owned(), "The quantity".to_owned())),
        );
    }

    /// What the channel had said of a part.
    fn answer(&self, answer: &Answer, what: String) -> String {
        let since = self.time(answer.since_ms);
        let detail = answer.detail.as_deref().unwrap_or_default();
        let accepted = answer.accepted_ms.map(|at_ms| self.time(at_ms)).unwrap_or_default();
        let (ro, en) = match answer.state {
            AnswerState::Sent => {
                (": CDON nu a răspuns încă.".to_owned(), ": CDON has not answered yet.".to_owned())
            }
            AnswerState::Taken => (
                format!(": CDON a preluat la {since}; verdictul nu a venit încă."),
                format!(": taken by CDON at {since}; its verdict has not come yet."),
            ),
            AnswerState::Accepted => (
                format!(": CDON a acceptat la {since}; încă nu am citit înapoi."),
                format!(": accepted by CDON at {since}; not read back yet."),
            ),
            AnswerState::Seen => (
                format!(": CDON a acceptat la {accepted} și arăta același lucru la {since}."),
                format!(": accepted by CDON at {accepted}, and seen there at {since}."),
            ),
            AnswerState::Differs => (
                format!(": CDON a acceptat la {accepted}, dar la {since} arăta {detail}."),
                format!(": accepted by CDON at {accepted}, but at {since} CDON showed {detail}."),
            ),
            AnswerState::Refused => (
                format!(": CDON a refuzat la {since}: {detail}."),
                format!(": refused by CDON at {since}: {detail}."),
            ),
            AnswerState::Unknown => (
                format!(": niciun răspuns sigur până la {since}; retrimitem."),
                format!(": without a certain answer until {since}; sent again."),
            ),
            AnswerState::NotSent => (
                format!(": nu a plecat ({since}); retrimitem."),
                format!(": did not leave ({since}); sent again."),
            ),
        };
        what + &self.in_words(ro, en)
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
        if let Some(read_ms) = explained.article_ms {
            let read = self.time(read_ms);
            told.push(self.in_words(
                format!("{market}: articolul din WinMentor, așa cum a fost citit la {read}."),
                format!("{market}: WinMentor's article, as it was read at {read}."),
            ));
        }
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
            told.extend(self.rate_notes(rate));
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

    /// Why it was not the newest published rate.
    fn rate_notes(&self, rate: &AppliedRate) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(MarketRate { rate: market, corridor_percent }) = rate.market {
            let (now, within) = (self.number(market.ron_per_unit), self.number(corridor_percent));
            let published = market.published;
            notes.push(self.in_words(
                format!("Cursul zilei era {now} RON ({published}); prețurile rămân la cursul lor cât piața se mișcă sub {within} %."),
                format!("The day's rate was {now} RON ({published}); prices stay at theirs while the market moves by less than {within} %."),
            ));
        }
        if let Some(held) = rate.held {
            let (now, published) = (self.number(held.ron_per_unit), held.published);
            notes.push(self.in_words(
                format!("Cursul mai nou {now} RON ({published}) a sărit prea mult și aștepta o confirmare."),
                format!("The newer rate {now} RON ({published}) had jumped too far and waited for somebody to confirm it."),
            ));
        }
        notes
    }

    /// A value of a receipt; numbers without needless digits.
    fn value(&self, value: &Stored) -> String {
        let text = value.to_string();
        text.parse().map_or(text, |number| self.number(number))
    }
}
