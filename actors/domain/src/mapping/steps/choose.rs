//! `if`

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, Step, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        condition::Test,
        context::Context,
        engine::{CompiledStep, Run, run_nested},
        finding::Fault,
        kind::Kind,
        model::Condition,
        problem::ProblemKind,
        value::Value,
    },
};

/// Some steps where conditions hold, others where they do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct If {
    /// All of this must hold.
    when: Vec<Condition>,
    /// Then this happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    then: Vec<Step>,
    /// Else this.
    #[serde(default, rename = "else", skip_serializing_if = "Vec::is_empty")]
    otherwise: Vec<Step>,
}

impl If {
    pub(super) const DOC: Doc = Doc {
        name: "if",
        ro: "unii pași dacă se îndeplinesc condiții, alții dacă nu",
        en: "some steps where conditions hold, others where they do not",
        parameters: &[
            Parameter {
                name: "when",
                ro: "condițiile, ca la `when` al unei reguli; toate trebuie îndeplinite",
                en: "the conditions, as in a row's `when`; all must hold",
            },
            Parameter { name: "then", ro: "pașii dacă sunt îndeplinite", en: "the steps when they hold" },
            Parameter { name: "else", ro: "pașii dacă nu sunt", en: "the steps when they do not" },
        ],
        examples: &[
            StepExample {
                step: "{ if = { when = [{ field = \"erp.class\", is = \"VASE\" }], then = [{ percent = 10 }], else = [{ percent = 20 }] } }",
                kind: Kind::MARKET_NET,
                before: "100",
                after: "110",
            },
            StepExample {
                step: "{ if = { when = [{ field = \"erp.class\", is_not = \"VASE\" }], then = [{ percent = 10 }] } }",
                kind: Kind::MARKET_NET,
                before: "100",
                after: "100",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    when: Vec<Test>,
    then: Vec<CompiledStep>,
    otherwise: Vec<CompiledStep>,
}

impl Rule for If {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let when = self.when.iter().map(|test| Test::new(test, scope)).collect::<Result<_, _>>()?;
        let (after, then) = scope.nested(kind, &self.then)?;
        let (other, otherwise) = scope.nested(kind, &self.otherwise)?;
        // Whatever held, the next step is given the same kind of value.
        if after != other {
            return Err(Fault::Kind { needs: vec![after], got: other });
        }
        Ok((after, Box::new(Compiled { when, then, otherwise })))
    }

    fn say(&self, reader: Reader) -> String {
        let all = |steps: &[Step]| {
            let said: Vec<String> = steps.iter().map(|step| step.say(reader)).collect();
            if said.is_empty() { "–".to_owned() } else { said.join(", ") }
        };
        let when: Vec<String> = self.when.iter().map(|test| test.say(reader)).collect();
        let (then, otherwise) = (all(&self.then), all(&self.otherwise));
        words(
            reader,
            format!("dacă {}: {then}; altfel: {otherwise}", when.join(" și ")),
            format!("if {}: {then}; else: {otherwise}", when.join(" and ")),
        )
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let holds = self.when.iter().all(|test| test.holds(context));
        run_nested(if holds { &self.then } else { &self.otherwise }, value, context)
    }
}
