//! `round`

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Doc, Parameter, Rule, StepExample, out_of_range, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::Context,
        decimal,
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::{Amount, Exact, Value},
    },
};

/// Which way a rounding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// To the nearest, from the middle away from zero.
    HalfUp,
    /// To the nearest, from the middle to the even neighbour.
    HalfEven,
    /// To the greater.
    Up,
    /// To the smaller.
    Down,
}

impl Way {
    fn strategy(self) -> RoundingStrategy {
        match self {
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::Up => RoundingStrategy::ToPositiveInfinity,
            Self::Down => RoundingStrategy::ToNegativeInfinity,
        }
    }
}

/// Rounds to a multiple of a step: cents for an amount, whole for a number, when nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    way: Way,
    to: Option<Decimal>,
}

/// `{ way = "half_up", to = 0.05 }`
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    way: Way,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "decimal::optional",
        serialize_with = "decimal::write_optional"
    )]
    to: Option<Decimal>,
}

impl Serialize for Round {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to {
            None => self.way.serialize(serializer),
            to => Long { way: self.way, to }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Round {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value.is_string() {
            let way = serde_json::from_value(value).map_err(D::Error::custom)?;
            return Ok(Self { way, to: None });
        }
        let Long { way, to } = serde_json::from_value(value).map_err(D::Error::custom)?;
        Ok(Self { way, to })
    }
}

impl Round {
    pub(super) const DOC: Doc = Doc {
        name: "round",
        ro: "rotunjește",
        en: "rounds",
        parameters: &[
            Parameter {
                name: "way",
                ro: "`half_up`, `half_even`, `up` sau `down`; poate sta și singur: { round = \"half_up\" }",
                en: "`half_up`, `half_even`, `up` or `down`; may stand alone: { round = \"half_up\" }",
            },
            Parameter {
                name: "to",
                ro: "la un multiplu al acestui număr; implicit 0.01 pentru sume și 1 pentru numere",
                en: "to a multiple of this; by default 0.01 for amounts and 1 for numbers",
            },
        ],
        examples: &[
            StepExample {
                step: "{ round = \"half_up\" }",
                kind: Kind::MARKET_GROSS,
                before: "125.005",
                after: "125.01",
            },
            StepExample {
                step: "{ round = \"half_even\" }",
                kind: Kind::MARKET_GROSS,
                before: "125.005",
                after: "125.00",
            },
            StepExample {
                step: "{ round = { way = \"up\", to = 0.05 } }",
                kind: Kind::MARKET_GROSS,
                before: "125.01",
                after: "125.05",
            },
            StepExample { step: "{ round = \"down\" }", kind: Kind::Number, before: "5200.4", after: "5200" },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    way: Way,
    to: Decimal,
}

impl Rule for Round {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let usual = match kind {
            Kind::Number => Decimal::ONE,
            Kind::Amount(_) => Decimal::new(1, 2),
            got => return Err(Fault::Kind { needs: vec![Kind::Number, Kind::MARKET_GROSS], got }),
        };
        let to = self.to.unwrap_or(usual);
        if to < Decimal::new(1, 8) || to > Decimal::from(1_000_000) {
            return Err(Fault::Parameter {
                name: "to",
                value: to.to_string(),
                ro: "un număr între 0.00000001 și 1000000",
                en: "a number from 0.00000001 to 1000000",
            });
        }
        Ok((kind, Box::new(Compiled { way: self.way, to })))
    }

    fn say(&self, reader: Reader) -> String {
        let (ro, en) = match self.way {
            Way::HalfUp => ("rotunjit, jumătatea în sus", "rounded half up"),
            Way::HalfEven => ("rotunjit, jumătatea la par", "rounded half to even"),
            Way::Up => ("rotunjit în sus", "rounded up"),
            Way::Down => ("rotunjit în jos", "rounded down"),
        };
        let to = self.to.map(|to| to.normalize());
        words(
            reader,
            to.map_or_else(|| ro.to_owned(), |to| format!("{ro}, la {to}")),
            to.map_or_else(|| en.to_owned(), |to| format!("{en}, to {to}")),
        )
    }
}

impl Compiled {
    fn number(&self, number: Decimal, strategy: RoundingStrategy) -> Option<Decimal> {
        // Cents, the usual case, need no division.
        if self.to == Decimal::new(1, 2) {
            return Some(number.round_dp_with_strategy(2, strategy));
        }
        number.checked_div(self.to)?.round_dp_with_strategy(0, strategy).checked_mul(self.to)
    }

    fn amount(&self, amount: Amount) -> Option<Amount> {
        let round = |exact: Exact, strategy| Some(Exact::of(self.number(exact.quotient()?, strategy)?));
        let rounded = round(amount.exact, self.way.strategy())?;
        let mut after = Amount { exact: rounded, floor: None, ceiling: None };
        // A limit is rounded to its own side, and then holds as before.
        if let Some(ceiling) = amount.ceiling {
            after = after.lower_to(round(ceiling, RoundingStrategy::ToNegativeInfinity)?);
        }
        if let Some(floor) = amount.floor {
            after = after.raise_to(round(floor, RoundingStrategy::ToPositiveInfinity)?);
        }
        Some(after)
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Amount(amount)) => {
                Some(Value::Amount(self.amount(amount).ok_or_else(|| out_of_range(amount.exact))?))
            }
            Some(Value::Number(number)) => self.number(number, self.way.strategy()).map(Value::Number),
            other => other,
        })
    }
}
