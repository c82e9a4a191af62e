//! `convert`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, percent, scaled, words};
use crate::{
    attention::Reader,
    ids::Currency,
    mapping::{
        compile::Scope, context::Context, decimal, engine::Run, finding::Fault, kind::Kind,
        problem::ProblemKind, value::Value,
    },
    rates::{RateChoice, RateRule},
};

/// From lei to the market's currency, by the vendor's exchange rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Convert {
    /// Whose rates.
    source: RateChoice,
    /// Which day's rate.
    rule: RateRule,
    /// An older rate makes no price, calendar days.
    max_age_days: u16,
    /// Put on after the conversion, percent; a cushion against the rate's moves.
    #[serde(deserialize_with = "decimal::required", serialize_with = "decimal::write")]
    margin_percent: Decimal,
}

impl Default for Convert {
    fn default() -> Self {
        Self {
            source: RateChoice::Vendor,
            rule: RateRule::PublishedBefore,
            max_age_days: 5,
            margin_percent: Decimal::ZERO,
        }
    }
}

impl Convert {
    pub(super) const DOC: Doc = Doc {
        name: "convert",
        ro: "trece din lei în moneda pieței",
        en: "from lei to the market's currency",
        parameters: &[
            Parameter {
                name: "source",
                ro: "`vendor` (implicit: cursul comerciantului, și pentru comenzi), `bnr` sau `ecb`",
                en: "`vendor` (default: the merchant's rates, as for orders), `bnr` or `ecb`",
            },
            Parameter {
                name: "rule",
                ro: "`published_before` (implicit: luni se ia cursul de vineri) sau `published_on_or_before`",
                en: "`published_before` (default: a Monday takes Friday's rate) or `published_on_or_before`",
            },
            Parameter {
                name: "max_age_days",
                ro: "un curs mai vechi de atâtea zile nu face niciun preț; implicit 5",
                en: "a rate older than so many days makes no price; 5 by default",
            },
            Parameter {
                name: "margin_percent",
                ro: "procent adăugat după conversie",
                en: "percent put on after the conversion",
            },
        ],
        examples: &[
            StepExample { step: "\"convert\"", kind: Kind::RON_NET, before: "46", after: "100" },
            StepExample {
                step: "{ convert = { margin_percent = 2 } }",
                kind: Kind::RON_NET,
                before: "46",
                after: "102",
            },
        ],
    };
}

impl Rule for Convert {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::RON_NET {
            return Err(Fault::Kind { needs: vec![Kind::RON_NET], got: kind });
        }
        percent::check("margin_percent", self.margin_percent)?;
        scope.differs_by_market();
        Ok((Kind::MARKET_NET, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let day = match (self.rule, reader) {
            (RateRule::PublishedBefore, Reader::Ro) => "dinaintea zilei",
            (RateRule::PublishedBefore, Reader::En) => "before the day",
            (RateRule::PublishedOnOrBefore, Reader::Ro) => "din ziua respectivă",
            (RateRule::PublishedOnOrBefore, Reader::En) => "of the day",
        };
        let (ro, en) = match self.source {
            RateChoice::Vendor => ("", ""),
            RateChoice::Bnr => (" BNR", " of the National Bank of Romania"),
            RateChoice::Ecb => (" BCE", " of the European Central Bank"),
        };
        let days = self.max_age_days;
        let margin = if self.margin_percent.is_zero() {
            String::new()
        } else {
            format!(", +{} %", self.margin_percent.normalize())
        };
        words(
            reader,
            format!("în moneda pieței la cursul{ro} {day}, vechi de cel mult {days} zile{margin}"),
            format!("to the market's currency at the rate{en} {day}, at most {days} days old{margin}"),
        )
    }
}

impl Run for Convert {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let (Some(Value::Amount(amount)), Some(market)) = (&value, context.market()) else {
            return Ok(value);
        };
        let (currency, date): (Currency, _) = (market.currency(), context.date);
        let rate = context
            .rate(self.source, currency, self.rule)
            .ok_or(ProblemKind::MissingRate { currency, date })?;
        let (age_days, max_days) = (rate.age_days(date), self.max_age_days);
        if age_days > i64::from(max_days) {
            return Err(ProblemKind::StaleRate { currency, published: rate.published, age_days, max_days });
        }
        let amount = scaled(*amount, rate.units, rate.ron)?;
        let with = Decimal::ONE_HUNDRED.saturating_add(self.margin_percent);
        let amount =
            if self.margin_percent.is_zero() { amount } else { scaled(amount, with, Decimal::ONE_HUNDRED)? };
        Ok(Some(Value::Amount(amount)))
    }
}
