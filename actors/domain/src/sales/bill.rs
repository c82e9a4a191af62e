//! What a buyer was billed, and how it closes to the minor unit: Σ net + Σ VAT is what he paid, in his currency and in RON,
//! whichever way VAT is rounded (fx-vat.md section 4).

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::Part;
use crate::{
    attention::Code,
    ids::{Currency, OrderId},
    money::Money,
    order::{ChannelOrder, Hold},
    rates::AppliedRate,
};

/// Where VAT is rounded to minor units; ERPs do it one way or the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatRounding {
    /// On every line.
    #[default]
    Line,
    /// On the sum of the lines of one rate.
    Total,
}

/// One line of a bill: goods, shipping, or a discount, which is negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// Without VAT, minor units of the bill's currency.
    pub net_minor: i64,
    /// VAT as a fraction (`0.25`).
    pub vat_rate: Decimal,
    /// What the ERP is told that it consists of; its net amount is spread over them.
    pub parts: Vec<Part>,
}

/// What a buyer was billed in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The order.
    pub order: OrderId,
    /// Its lines.
    pub lines: Vec<BillLine>,
    /// What the buyer paid, VAT included.
    pub paid: Money,
}

/// How a document closes in RON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// What the buyer paid, in his currency.
    pub paid: Money,
    /// The same in RON by the document's rate; the document's total, always.
    pub gross: Money,
    /// VAT in RON: the total without the net amount.
    pub vat: Money,
    /// Where VAT was rounded.
    pub rounding: VatRounding,
    /// Net amount and VAT of each line of the bill, bani; they sum to the document's.
    pub lines: Vec<(i64, i64)>,
    /// The line whose VAT takes what rounding leaves, and how much of it is that, bani.
    pub residual: (usize, i64),
}

impl Bill {
    /// A channel order's bill: one line, no shipping, no discount (cdon.md section 12).
    pub fn of(order: &ChannelOrder, parts: Vec<Part>) -> Self {
        let line = BillLine { net_minor: order.net.minor, vat_rate: order.vat_rate, parts };
        let paid = order.net.plus(order.vat).unwrap_or(order.net);
        Self { order: order.id.clone(), lines: vec![line], paid }
    }

    /// Σ of the lines without VAT, minor units.
    fn net_minor(&self) -> Option<i64> {
        self.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.net_minor))
    }

    /// Whether the amounts tell one story: something is paid, and VAT by the lines' rates is what was paid beyond the net
    /// amount, within two minor units or one for each line (cdon.md 12.3).
    fn agrees(&self) -> Option<bool> {
        let net = self.net_minor()?;
        let vat = self.paid.minor.checked_sub(net)?;
        let expected = self.lines.iter().try_fold(Decimal::ZERO, |sum, line| {
            sum.checked_add(Decimal::from(line.net_minor).checked_mul(line.vat_rate)?)
        })?;
        let tolerance = Decimal::from(self.lines.len().max(2));
        let apart = expected.checked_sub(Decimal::from(vat))?.abs();
        Some(net > 0 && vat >= 0 && apart <= tolerance)
    }

    /// The bill's amounts contradict each other; a person looks at the order.
    pub(super) fn contradiction(&self) -> Hold {
        let (net, paid) = (self.net_minor().unwrap_or_default(), self.paid);
        let vat = Money::minor(paid.minor.saturating_sub(net), paid.currency);
        let mut rates: Vec<String> =
            self.lines.iter().map(|line| line.vat_rate.normalize().to_string()).collect();
        rates.dedup();
        Hold {
            code: Code::AmountsDisagree,
            cause: self.order.to_string(),
            params: vec![Money::minor(net, paid.currency).to_string(), vat.to_string(), rates.join(", ")],
        }
    }

    /// Checks that the amounts agree.
    ///
    /// # Errors
    /// A [`Hold`] when they contradict each other.
    pub fn check(&self) -> Result<(), Hold> {
        if self.agrees() == Some(true) { Ok(()) } else { Err(self.contradiction()) }
    }

    /// Closes the bill in RON: Σ net is the bill's net amount by the rate, Σ net + Σ VAT is what was paid by the rate.
    ///
    /// # Errors
    /// A [`Hold`] when the amounts contradict each other or cannot be expressed.
    pub fn close(&self, rate: &AppliedRate, rounding: VatRounding) -> Result<Closing, Hold> {
        self.check()?;
        self.closed(rate, rounding).ok_or_else(|| self.contradiction())
    }

    fn closed(&self, rate: &AppliedRate, rounding: VatRounding) -> Option<Closing> {
        let ron =
            |minor: i64| minor_of(rate.to_ron(Decimal::new(minor, 2))?.checked_mul(Decimal::ONE_HUNDRED)?);
        let gross = ron(self.paid.minor)?;
        let nets: Vec<i64> = running(self.lines.iter().map(|line| line.net_minor), ron)?;
        let taxed: Vec<(i64, Decimal)> =
            nets.iter().zip(&self.lines).map(|(net, line)| (*net, line.vat_rate)).collect();
        let mut vats = vat_of(&taxed, rounding)?;
        let net = nets.iter().try_fold(0_i64, |sum, net| sum.checked_add(*net))?;
        let vat = gross.checked_sub(net)?;
        let rounded = vats.iter().try_fold(0_i64, |sum, vat| sum.checked_add(*vat))?;
        let left = vat.checked_sub(rounded)?;
        // The largest line bears it most easily; of equals the first.
        let (at, _) = nets.iter().enumerate().rev().max_by_key(|(_, net)| **net)?;
        *vats.get_mut(at)? += left;
        Some(Closing {
            paid: self.paid,
            gross: Money::minor(gross, Currency::Ron),
            vat: Money::minor(vat, Currency::Ron),
            rounding,
            lines: nets.into_iter().zip(vats).collect(),
            residual: (at, left),
        })
    }
}

/// VAT of each line in minor units, by the method.
fn vat_of(lines: &[(i64, Decimal)], rounding: VatRounding) -> Option<Vec<i64>> {
    let vat = |net: i64, rate: Decimal| minor_of(Decimal::from(net).checked_mul(rate)?);
    if rounding == VatRounding::Line {
        return lines.iter().map(|(net, rate)| vat(*net, *rate)).collect();
    }
    let mut vats = vec![0; lines.len()];
    for (i, (_, rate)) in lines.iter().enumerate() {
        let of_rate = || lines.iter().enumerate().filter(|(_, (_, other))| other == rate);
        // Each rate once, at its first line.
        if of_rate().next().is_none_or(|(first, _)| first != i) {
            continue;
        }
        let shares = running(of_rate().map(|(_, (net, _))| *net), |net| vat(net, *rate))?;
        for ((at, _), share) in of_rate().zip(shares) {
            *vats.get_mut(at)? = share;
        }
    }
    Some(vats)
}

/// The steps between the rounded values of a running sum: they add up to the rounded value of the whole.
fn running(parts: impl Iterator<Item = i64>, rounded: impl Fn(i64) -> Option<i64>) -> Option<Vec<i64>> {
    let (mut sum, mut before) = (0_i64, 0_i64);
    parts
        .map(|part| {
            sum = sum.checked_add(part)?;
            let now = rounded(sum)?;
            let step = now.checked_sub(before)?;
            before = now;
            Some(step)
        })
        .collect()
}

/// Half away from zero.
fn minor_of(amount: Decimal) -> Option<i64> {
    amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::{RateRule, RateTable};

    fn bill(nets: &[i64], vat_rate: &str, vat_minor: i64) -> Bill {
        let line =
            |net: &i64| BillLine { net_minor: *net, vat_rate: vat_rate.parse().unwrap(), parts: Vec::new() };
        Bill {
            order: OrderId::new("o-1").unwrap(),
            lines: nets.iter().map(line).collect(),
            paid: Money::minor(
                nets.iter().fold(vat_minor, |sum, net| sum.saturating_add(*net)),
                Currency::Ron,
            ),
        }
    }

    /// In RON, so that only VAT is rounded.
    fn closed(nets: &[i64], vat_rate: &str, vat_minor: i64, rounding: VatRounding) -> Closing {
        let rate = RateTable::default().rate_for(
            Currency::Ron,
            jiff::civil::date(2026, 3, 1),
            RateRule::PublishedBefore,
        );
        bill(nets, vat_rate, vat_minor).close(&rate.unwrap(), rounding).unwrap()
    }

    fn vats(closing: &Closing) -> Vec<i64> {
        closing.lines.iter().map(|(_, vat)| *vat).collect()
    }

    #[test]
    fn f38_three_lines_of_99_99_at_25_percent() {
        let nets = [9_999; 3];
        let by_line = closed(&nets, "0.25", 7_500, VatRounding::Line);
        assert_eq!((vats(&by_line), by_line.residual), (vec![2_500; 3], (0, 0)));
        let by_total = closed(&nets, "0.25", 7_499, VatRounding::Total);
        assert_eq!((vats(&by_total), by_total.residual), (vec![2_500, 2_500, 2_499], (0, 0)));
        // The channel rounds one way and the ERP the other: the document still totals what was paid.
        let other = closed(&nets, "0.25", 7_499, VatRounding::Line);
        assert_eq!((vats(&other), other.residual), (vec![2_499, 2_500, 2_500], (0, -1)));
        assert_eq!((other.vat.minor, other.gross.minor), (7_499, 37_496));
        assert_eq!(closed(&nets, "0.25", 7_500, VatRounding::Total).residual, (0, 1));
    }

    #[test]
    fn f38_discounts_at_8_5_percent() {
        let nets = [59_889, 32_984, -5_989, -3_298];
        let by_line = closed(&nets, "0.085", 7_106, VatRounding::Line);
        assert_eq!((vats(&by_line), by_line.residual.1), (vec![5_091, 2_804, -509, -280], 0));
        let by_total = closed(&nets, "0.085", 7_105, VatRounding::Total);
        assert_eq!((by_total.vat.minor, by_total.residual.1), (7_105, 0));
    }

    #[test]
    fn the_largest_line_takes_the_residual() {
        let closing = closed(&[100, 9_999, 9_999, -5], "0.25", 5_024, VatRounding::Line);
        assert_eq!(closing.residual, (1, closing.vat.minor - (25 + 2_500 + 2_500 - 1)));
    }

    #[test]
    fn refuses_bills_that_contradict_themselves() {
        let agrees = |nets: &[i64], vat| bill(nets, "0.25", vat).check().is_ok();
        assert!(agrees(&[10_000], 2_502) && !agrees(&[10_000], 2_503));
        assert!(agrees(&[10_000; 5], 12_505) && !agrees(&[10_000; 5], 12_506), "one for each line");
        assert!(!agrees(&[0], 0) && !agrees(&[100, -100], 0) && !agrees(&[], 0) && !agrees(&[100], -25));
        assert!(!agrees(&[i64::MAX, i64::MAX], 0), "beyond all measure");
    }
}
