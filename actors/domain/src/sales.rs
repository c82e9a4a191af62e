//! From a channel order to the lines of an ERP sales order, to the cent (cdon.md 12.3, fx-vat.md section 4).

mod bill;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

pub use bill::{Bill, BillLine, Closing, VatRounding};

use crate::{
    ids::{Currency, Market, Sku},
    money::Money,
    order::{ChannelOrder, Hold},
    rates::AppliedRate,
};

/// One line of the ERP order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleLine {
    /// The article.
    pub sku: Sku,
    /// Its unit of measure.
    pub unit: String,
    /// Units.
    pub quantity: i64,
    /// RON per unit without VAT, 4 to 8 decimals: as many as it takes for `quantity × price` to be exact to the ban.
    pub unit_price: Decimal,
}

impl SaleLine {
    /// `quantity × unit price`, rounded to bani.
    pub fn total_minor(&self) -> i64 {
        line_total_minor(self.quantity, self.unit_price)
    }
}

fn line_total_minor(quantity: i64, unit_price: Decimal) -> i64 {
    Decimal::from(quantity)
        .checked_mul(unit_price)
        .and_then(|total| total.checked_mul(Decimal::ONE_HUNDRED))
        .map(|minor| minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
        .and_then(|minor| minor.to_i64())
        .unwrap_or(i64::MAX)
}

/// What the ERP is told of one channel order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The lines; one, or the parts of a bundle.
    pub lines: Vec<SaleLine>,
    /// What the buyer paid without VAT, in RON.
    pub total: Money,
    /// The exchange rate used, its date and source.
    pub rate: AppliedRate,
    /// The ERP partner that the order is booked on.
    pub customer: String,
    /// What the ERP's remark says after the token, where the mapping makes it.
    #[serde(default)]
    pub remark: Option<String>,
    /// How the document closes with VAT; older orders have none.
    #[serde(default)]
    pub closing: Option<Closing>,
    /// The rate was older than the vendor wants for prices when the order took it: by so many days.
    #[serde(default)]
    pub stale_days: Option<i64>,
}

/// What is in an order, for its parcel and for customs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// The article.
    pub sku: Sku,
    /// Its name in the ERP.
    pub name: String,
    /// Its English title, where the content has one.
    #[serde(default)]
    pub title_en: Option<String>,
    /// Units for the whole order.
    pub quantity: i64,
    /// Grams of one unit, when the ERP knows them.
    pub weight_g: Option<u32>,
    /// Customs code, when the ERP knows it.
    pub customs_code: String,
}

impl Goods {
    /// What courier and customs read: the English title, else the ERP's name.
    pub fn called(&self) -> &str {
        self.title_en.as_deref().unwrap_or(&self.name).trim()
    }
}

/// One part that the order takes from stock: the article itself, or a component of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The article.
    pub sku: Sku,
    /// Units for the whole order.
    pub quantity: i64,
    /// Unit of measure in the ERP.
    pub unit: String,
    /// The part's weight in the split of a bundle's price: its own ERP price × quantity; any positive number for a single part.
    pub share: Decimal,
}

/// CDON's three amounts must agree within two minor units (cdon.md 12.3), in the market's currency.
pub fn check_amounts(order: &ChannelOrder) -> Result<(), Hold> {
    let currency = order.market.currency();
    let bill = Bill::of(order, Vec::new());
    if order.net.currency == currency && order.vat.currency == currency {
        return bill.check();
    }
    Err(bill.contradiction())
}

/// What the ERP is told of a bill: each line's net amount in RON, spread over its parts so that everything sums to the total.
///
/// # Errors
/// A [`Hold`] when the amounts contradict each other or cannot be expressed.
pub fn sale(bill: &Bill, rate: &AppliedRate, rounding: VatRounding, customer: &str) -> Result<Sale, Hold> {
    let closing = bill.close(rate, rounding)?;
    let mut lines = Vec::new();
    for (line, (net_minor, _)) in bill.lines.iter().zip(&closing.lines) {
        lines.extend(spread(&line.parts, *net_minor).ok_or_else(|| bill.contradiction())?);
    }
    let net = closing.gross.minor - closing.vat.minor;
    Ok(Sale {
        lines,
        total: Money::minor(net, Currency::Ron),
        rate: rate.clone(),
        customer: customer.to_owned(),
        remark: None,
        closing: Some(closing),
        stale_days: None,
    })
}

/// Spreads bani over parts by their shares; the last one takes what is left.
fn spread(parts: &[Part], minor: i64) -> Option<Vec<SaleLine>> {
    let share = |part: &Part| part.share.max(Decimal::ZERO);
    let whole = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(share(part)))?;
    let (last, mut left) = (parts.len().checked_sub(1)?, minor);
    let mut lines = Vec::with_capacity(parts.len());
    for (i, part) in parts.iter().enumerate() {
        let minor = if i == last || whole.is_zero() {
            left
        } else {
            Decimal::from(minor).checked_mul(share(part))?.checked_div(whole)?.trunc().to_i64()?
        };
        left -= minor;
        lines.push(SaleLine {
            sku: part.sku.clone(),
            unit: part.unit.clone(),
            quantity: part.quantity,
            unit_price: unit_price(minor, part.quantity)?,
        });
    }
    Some(lines)
}

/// The shortest price of 4 to 8 decimals with which `quantity` units cost exactly `minor` bani after rounding.
fn unit_price(minor: i64, quantity: i64) -> Option<Decimal> {
    let exact = Decimal::new(minor, 2).checked_div(Decimal::from(quantity))?;
    (4..=8)
        .map(|places| exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
        .find(|price| line_total_minor(quantity, *price) == minor)
}

/// The business date in Bucharest of a moment (design.md: ERP dates are Europe/Bucharest).
pub fn business_date(at_ms: i64) -> jiff::civil::Date {
    business_time(at_ms).date()
}

/// What the clocks on the walls of Bucharest show at a moment.
pub fn business_time(at_ms: i64) -> jiff::civil::DateTime {
    let moment = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.to_zoned(BUCHAREST.clone()).datetime()
}

/// The moment at which the clocks on the walls of Bucharest show this; of an hour that stands there twice, the first.
pub fn business_ms(at: jiff::civil::DateTime) -> i64 {
    at.to_zoned(BUCHAREST.clone()).map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

static BUCHAREST: std::sync::LazyLock<jiff::tz::TimeZone> = std::sync::LazyLock::new(|| {
    jiff::tz::TimeZone::get("Europe/Bucharest").unwrap_or(jiff::tz::TimeZone::UTC)
});

/// The market's name in an ERP partner key.
pub fn default_customer(market: Market) -> String {
    format!("CDON-{market}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::OrderId,
        order::{Address, ChannelState},
    };

    fn order(net_minor: i64, vat_minor: i64, quantity: u32) -> ChannelOrder {
        ChannelOrder {
            id: OrderId::new("o-1").unwrap(),
            basket: None,
            sku: Sku::new("A").unwrap(),
            quantity,
            net: Money::minor(net_minor, Currency::Sek),
            vat: Money::minor(vat_minor, Currency::Sek),
            vat_rate: Decimal::new(25, 2),
            market: Market::Se,
            state: ChannelState::Created,
            created_at_ms: 0,
            updated_at_ms: 0,
            deadline_ms: None,
            ship_to: Address::default(),
            tracking: Vec::new(),
        }
    }

    fn rate(text: &str) -> AppliedRate {
        let table = crate::rates::RateTable::fixed([(Currency::Sek, text.parse().unwrap())]).unwrap();
        table
            .rate_for(Currency::Sek, jiff::civil::date(2026, 3, 1), crate::rates::RateRule::PublishedBefore)
            .unwrap()
    }

    fn part(name: &str, quantity: i64, share: i64) -> Part {
        Part { sku: Sku::new(name).unwrap(), quantity, unit: "Buc".to_owned(), share: Decimal::from(share) }
    }

    #[test]
    fn takes_the_amount_as_net_whatever_a_chatbot_says() {
        // F37: an article sold at 399.00 incl. 25 % VAT arrives as 319.20 + 79.80.
        let order = order(31_920, 7_980, 1);
        assert!(check_amounts(&order).is_ok());
        let bill = Bill::of(&order, vec![part("A", 1, 1)]);
        let sale = sale(&bill, &rate("0.46"), VatRounding::Line, "CDON-SE").unwrap();
        assert_eq!(sale.total.minor, 14_683);
        assert_eq!(sale.lines[0].unit_price.to_string(), "146.83");
        let closing = sale.closing.unwrap();
        assert_eq!((closing.paid.minor, closing.gross.minor, closing.vat.minor), (39_900, 18_354, 3_671));
    }

    #[test]
    fn refuses_amounts_that_contradict_each_other() {
        assert!(check_amounts(&order(31_920, 7_983, 1)).is_err());
        assert!(check_amounts(&order(31_920, 7_982, 1)).is_ok());
        assert!(check_amounts(&order(0, 0, 1)).is_err());
        // The gross taken for the net: 25 % of 399.00 is not 79.80.
        assert!(check_amounts(&order(39_900, 7_980, 1)).is_err());
        let foreign = Money::minor(7_980, Currency::Nok);
        assert!(check_amounts(&ChannelOrder { vat: foreign, ..order(31_920, 7_980, 1) }).is_err());
    }

    #[test]
    fn dates_documents_by_the_clock_on_a_wall_in_bucharest() {
        // 2026-10-31 22:30 UTC is already November in Bucharest (UTC+2 since the 25th).
        assert_eq!(business_date(1_793_485_800_000), jiff::civil::date(2026, 11, 1));
        assert_eq!(business_ms(business_time(1_793_485_800_000)), 1_793_485_800_000);
    }
}
