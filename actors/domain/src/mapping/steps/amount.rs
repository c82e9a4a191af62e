//! `amount`

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample};
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
};

/// Says what money a number is; from here on no step mistakes its currency or its VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// `ron` or `market`.
    currency: Denomination,
    /// `with` or `without`.
    vat: VatSide,
}

impl Amount {
    pub(super) const DOC: Doc = Doc {
        name: "amount",
        ro: "spune ce fel de bani este un număr",
        en: "says what money a number is",
        parameters: &[
            Parameter {
                name: "currency",
                ro: "`ron` sau `market` (moneda pieței)",
                en: "`ron` or `market` (the market's currency)",
            },
            Parameter {
                name: "vat",
                ro: "`with` (cu TVA) sau `without` (fără)",
                en: "`with` or `without` VAT",
            },
        ],
        examples: &[StepExample {
            step: "{ amount = { currency = \"ron\", vat = \"without\" } }",
            kind: Kind::Number,
            before: "46",
            after: "46",
        }],
    };

    fn kind(self) -> Kind {
        Kind::Amount(AmountKind { currency: self.currency, vat: self.vat })
    }
}

impl Rule for Amount {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Number {
            return Err(Fault::Kind { needs: vec![Kind::Number], got: kind });
        }
        if self.currency == Denomination::Market {
            scope.differs_by_market();
        }
        Ok((self.kind(), Box::new(*self)))
    }

    fn say(&self, reader: Reader) -> String {
        self.kind().say(reader).to_owned()
    }
}

impl Run for Amount {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Number(number)) = value else { return Ok(value) };
        let Value::Amount(amount) = Value::amount(number) else { return Ok(value) };
        // What is not above zero is no price, whatever limit comes later.
        if !amount.exact.is_positive() {
            return Err(ProblemKind::PriceOutOfRange { amount: number, min: None, max: None });
        }
        Ok(Some(Value::Amount(amount)))
    }
}
