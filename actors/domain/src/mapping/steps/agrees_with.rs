//! `agrees_with`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::{Context, Field},
        engine::Run,
        finding::Fault,
        kind::{Kind, VatSide},
        problem::ProblemKind,
        value::Value,
    },
    vat::{self, Country},
};

/// Compares a price with the ERP's other prices of the same article, each with its VAT; blocks when they tell different
/// stories (1 %, at least 2 bani, is rounding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgreesWith(Vec<String>);

impl AgreesWith {
    pub(super) const DOC: Doc = Doc {
        name: "agrees_with",
        ro: "oprește când prețurile cu și fără TVA nu se potrivesc",
        en: "stops when the prices with and without VAT disagree",
        parameters: &[Parameter { name: "", ro: "celelalte prețuri", en: "the other prices" }],
        examples: &[
            StepExample {
                step: "{ agrees_with = [\"erp.price_net\"] }",
                kind: Kind::RON_GROSS,
                before: "121",
                after: "121",
            },
            StepExample {
                step: "{ agrees_with = [\"erp.price_net\"] }",
                kind: Kind::RON_GROSS,
                before: "1.21",
                after: "!prices_disagree",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    own: VatSide,
    others: Vec<(VatSide, Field)>,
}

impl Rule for AgreesWith {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let side = |kind| match kind {
            Kind::RON_NET => Ok(VatSide::Without),
            Kind::RON_GROSS => Ok(VatSide::With),
            got => Err(Fault::Kind { needs: vec![Kind::RON_NET, Kind::RON_GROSS], got }),
        };
        let own = side(kind)?;
        let mut others = Vec::new();
        for name in &self.0 {
            let field = scope.field(name)?;
            others.push((side(field.kind)?, field));
        }
        Ok((kind, Box::new(Compiled { own, others })))
    }

    fn say(&self, reader: Reader) -> String {
        let fields = self.0.join(", ");
        words(reader, format!("se potrivește cu {fields}"), format!("agrees with {fields}"))
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Amount(amount)) = &value else { return Ok(value) };
        let Some(own) = amount.exact.quotient() else { return Ok(value) };
        for (side, field) in self.others.iter().filter(|(side, _)| *side != self.own) {
            let Some(Value::Amount(other)) = context.read(field) else { continue };
            let Some(other) = other.exact.quotient() else { continue };
            let (gross, net) = if *side == VatSide::With { (other, own) } else { (own, other) };
            let percent = context.vat_percent(Country::Ro, None)?;
            if !agree(gross, net, percent) {
                return Err(ProblemKind::PricesDisagree { gross, net, vat_percent: percent });
            }
        }
        Ok(value)
    }
}

/// Whether two prices tell the same story, give or take the ERP's rounding.
fn agree(gross: Decimal, net: Decimal, percent: Decimal) -> bool {
    let tolerance = gross.abs().checked_div(Decimal::ONE_HUNDRED).unwrap_or_default().max(Decimal::new(2, 2));
    vat::gross_of(net, percent)
        .and_then(|expected| expected.checked_sub(gross))
        .is_some_and(|difference| difference.abs() <= tolerance)
}
