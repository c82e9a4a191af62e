//! `price_ending`

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Doc, Parameter, Rule, StepExample, operand::PerMarket, out_of_range, words, worth_something};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::Context,
        engine::Run,
        finding::Fault,
        fit::minor_units,
        kind::Kind,
        problem::ProblemKind,
        value::{Amount, Exact, Value},
    },
};

/// Most digits of an ending before the decimals.
const DIGITS_LIMIT: usize = 4;

/// How a price ends: its last digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// As reckoned.
    None,
    /// The last whole digits (may be empty), and the two decimals: `("9", 0)` for …9,00.
    Digits(String, u8),
}

impl Ending {
    fn read(text: &str) -> Option<Self> {
        let text = match text {
            "none" => return Some(Self::None),
            "whole" => ",00",
            "ninety" => ",90",
            "nine" => "9,00",
            other => other.trim_start_matches(['…', '.']),
        };
        let (whole, decimals) = match text.split_once([',', '.']) {
            Some((whole, decimals)) => (whole, decimals),
            // `…` and `.` are both trimmed: ".95" is two decimals, "95" are whole digits.
            None => (text, "00"),
        };
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let good =
            whole.len() <= DIGITS_LIMIT && is_digits(whole) && decimals.len() == 2 && is_digits(decimals);
        if !good {
            return None;
        }
        Some(Self::Digits(whole.to_owned(), decimals.parse().ok()?))
    }

    /// The grid of prices with this ending, minor units: a step, and where it begins.
    fn grid(&self) -> Option<(i64, i64)> {
        let Self::Digits(whole, decimals) = self else { return None };
        let step = 100 * 10_i64.checked_pow(u32::try_from(whole.len()).ok()?)?;
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        Some((step, whole * 100 + i64::from(*decimals)))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Digits(whole, decimals) => write!(f, "{whole},{decimals:02}"),
        }
    }
}

impl Serialize for Ending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(text.trim()).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is not a price ending: write none, whole, ninety, nine, or the last digits, such as \"9,00\" or \",95\""
            ))
        })
    }
}

/// Takes the nearest price that ends like this (up from the middle), between floor and ceiling; a price that no such
/// ending fits stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceEnding(PerMarket<Ending>);

impl PriceEnding {
    pub(super) const DOC: Doc = Doc {
        name: "price_ending",
        ro: "cel mai apropiat preț cu această terminație, niciodată sub `floor`",
        en: "the nearest price with this ending, never below a `floor`",
        parameters: &[Parameter {
            name: "",
            ro: "none, whole (…,00), ninety (…,90), nine (…9,00) sau ultimele cifre, ca „,95”; pe piețe: { SE = \"nine\", FI = \",90\" }",
            en: "none, whole (…,00), ninety (…,90), nine (…9,00) or the last digits, such as \",95\"; by market: { SE = \"nine\", FI = \",90\" }",
        }],
        examples: &[
            StepExample {
                step: "{ price_ending = \"nine\" }",
                kind: Kind::MARKET_GROSS,
                before: "321.40",
                after: "319.00",
            },
            StepExample {
                step: "{ price_ending = \"ninety\" }",
                kind: Kind::MARKET_GROSS,
                before: "319.40",
                after: "319.90",
            },
            StepExample {
                step: "{ price_ending = \",95\" }",
                kind: Kind::MARKET_GROSS,
                before: "319.40",
                after: "318.95",
            },
            StepExample {
                step: "{ price_ending = { FI = \",90\" } }",
                kind: Kind::MARKET_GROSS,
                before: "319.40",
                after: "319.40",
            },
        ],
    };
}

impl Rule for PriceEnding {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::MARKET_GROSS {
            return Err(Fault::Kind { needs: vec![Kind::MARKET_GROSS], got: kind });
        }
        self.0.declare(scope);
        Ok((kind, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let ending = self.0.say(|ending| match ending {
            Ending::None => words(reader, "fără".to_owned(), "none".to_owned()),
            Ending::Digits(..) => format!("…{ending}"),
        });
        words(reader, format!("terminația {ending}"), format!("ending in {ending}"))
    }
}

impl Run for PriceEnding {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Amount(amount)) = &value else { return Ok(value) };
        worth_something(amount.exact)?;
        let Some((step, at)) = self.0.of(context.market()).and_then(Ending::grid) else { return Ok(value) };
        let ended = ended(*amount, step, at).ok_or_else(|| out_of_range(amount.exact))?;
        let exact = ended.map_or(amount.exact, |minor| Exact::of(Decimal::new(minor, 2)));
        Ok(Some(Value::Amount(Amount { exact, ..*amount })))
    }
}

/// The nearest price on the grid between the limits, if one lies there; none when out of range.
#[expect(
    clippy::option_option,
    reason = "the outer says whether the numbers are in range, the inner whether one fits"
)]
fn ended(amount: Amount, step: i64, at: i64) -> Option<Option<i64>> {
    let side = |limit: Exact, strategy| {
        let minor = limit.quotient()?.checked_mul(Decimal::ONE_HUNDRED)?;
        minor.round_dp_with_strategy(0, strategy).to_i64()
    };
    let floor = match amount.floor {
        Some(floor) => side(floor, RoundingStrategy::ToPositiveInfinity)?.max(1),
        None => 1,
    };
    let ceiling = match amount.ceiling {
        Some(ceiling) => side(ceiling, RoundingStrategy::ToNegativeInfinity)?,
        None => i64::MAX,
    };
    let minor = minor_units(amount.exact.quotient()?)?;
    let on_grid = |steps: i64| steps.saturating_mul(step).saturating_add(at);
    let below = |minor: i64| minor.saturating_sub(at).div_euclid(step);
    let nearest = on_grid(below(minor.saturating_add(step / 2)));
    let lifted = on_grid(below(floor.saturating_add(step - 1)));
    let lowered = on_grid(below(ceiling));
    let best = if nearest < floor {
        lifted
    } else if nearest > ceiling {
        lowered
    } else {
        nearest
    };
    Some((floor..=ceiling).contains(&best).then_some(best))
}
