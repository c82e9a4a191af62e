//! `vat_strip` and `vat_add`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, scaled, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::Context,
        engine::Run,
        finding::Fault,
        kind::{AmountKind, Denomination, Kind, VatSide},
        problem::ProblemKind,
        value::Value,
    },
    vat::Country,
};

const CLASS: Parameter = Parameter {
    name: "class",
    ro: "clasa de bunuri; fără ea, cea a articolului",
    en: "the class of goods; without it, the article's own",
};

/// Takes VAT off: Romanian VAT off an amount in lei, the market's VAT off one in its currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatStrip {
    /// The class of goods; the article's own without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
}

/// Puts VAT on: Romanian VAT on an amount in lei, the market's VAT on one in its currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatAdd {
    /// The class of goods; the article's own without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
}

impl VatStrip {
    pub(super) const DOC: Doc = Doc {
        name: "vat_strip",
        ro: "scade TVA",
        en: "takes VAT off",
        parameters: &[CLASS],
        examples: &[
            StepExample { step: "\"vat_strip\"", kind: Kind::RON_GROSS, before: "121", after: "100" },
            StepExample {
                step: "{ vat_strip = { class = \"food\" } }",
                kind: Kind::RON_GROSS,
                before: "111",
                after: "100",
            },
        ],
    };
}

impl VatAdd {
    pub(super) const DOC: Doc = Doc {
        name: "vat_add",
        ro: "adaugă TVA",
        en: "puts VAT on",
        parameters: &[CLASS],
        examples: &[
            StepExample { step: "\"vat_add\"", kind: Kind::MARKET_NET, before: "100", after: "125" },
            StepExample {
                step: "{ vat_add = { class = \"gold\" } }",
                kind: Kind::MARKET_NET,
                before: "100",
                after: "!missing_vat_rate",
            },
        ],
    };
}

#[derive(Debug)]
struct Change {
    currency: Denomination,
    add: bool,
    class: Option<String>,
}

/// A step that finds its work done.
#[derive(Debug)]
struct Nothing;

impl Change {
    fn on(
        currency: Denomination,
        add: bool,
        class: Option<&String>,
        scope: &mut Scope<'_>,
    ) -> (Kind, Box<dyn Run>) {
        if currency == Denomination::Market {
            scope.differs_by_market();
        }
        let vat = if add { VatSide::With } else { VatSide::Without };
        (Kind::Amount(AmountKind { currency, vat }), Box::new(Self { currency, add, class: class.cloned() }))
    }
}

impl Rule for VatStrip {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        match kind {
            Kind::Amount(AmountKind { currency, vat: VatSide::With }) => {
                Ok(Change::on(currency, false, self.class.as_ref(), scope))
            }
            // One of several sources may come without VAT.
            Kind::Amount(_) if scope.mixed => Ok((kind, Box::new(Nothing))),
            Kind::Amount(_) => Err(Fault::NoVat),
            got => Err(Fault::Kind { needs: vec![Kind::RON_GROSS, Kind::MARKET_GROSS], got }),
        }
    }

    fn say(&self, reader: Reader) -> String {
        let class = of_class(self.class.as_ref(), reader);
        words(reader, format!("fără TVA{class}"), format!("less VAT{class}"))
    }
}

impl Rule for VatAdd {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        match kind {
            Kind::Amount(AmountKind { currency, vat: VatSide::Without }) => {
                Ok(Change::on(currency, true, self.class.as_ref(), scope))
            }
            got => Err(Fault::Kind { needs: vec![Kind::MARKET_NET, Kind::RON_NET], got }),
        }
    }

    fn say(&self, reader: Reader) -> String {
        let class = of_class(self.class.as_ref(), reader);
        words(reader, format!("plus TVA{class}"), format!("plus VAT{class}"))
    }
}

fn of_class(class: Option<&String>, reader: Reader) -> String {
    class
        .map(|class| words(reader, format!(" (clasa `{class}`)"), format!(" (class `{class}`)")))
        .unwrap_or_default()
}

impl Run for Change {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Amount(amount)) = value else { return Ok(value) };
        let country = match (self.currency, context.market()) {
            (Denomination::Market, Some(market)) => Country::from(market),
            _ => Country::Ro,
        };
        let percent = context.vat_percent(country, self.class.as_deref())?;
        let with = Decimal::ONE_HUNDRED.saturating_add(percent);
        let (above, below) =
            if self.add { (with, Decimal::ONE_HUNDRED) } else { (Decimal::ONE_HUNDRED, with) };
        Ok(Some(Value::Amount(scaled(amount, above, below)?)))
    }
}

impl Run for Nothing {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(value)
    }
}
