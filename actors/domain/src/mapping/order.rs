//! What the ERP is told of an order beside its lines and money.

use super::{
    compile::{Compiled, NoMoney},
    context::Context,
    engine::Cache,
    fields::Facts,
    model::Object,
    problem::ProblemKind,
};
use crate::{
    attention::Code,
    order::{ChannelOrder, Hold},
    sales::business_date,
};

/// Texts of an ERP order; where there is none, the vendor's settings decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderTexts {
    /// The ERP partner that it is booked on.
    pub customer: Option<String>,
    /// What its remark says after the token.
    pub remark: Option<String>,
}

impl Compiled {
    /// Makes the texts of an order.
    ///
    /// # Errors
    /// A [`Hold`] when a table has no row for what the order brings: booked on the wrong partner, it would have to be cancelled.
    pub fn order_texts(&self, order: &ChannelOrder) -> Result<OrderTexts, Hold> {
        let facts = Facts { order: Some(order), market: Some(order.market), ..Facts::default() };
        let context = Context::new(facts, business_date(order.created_at_ms), &NoMoney);
        let mut cache = Cache::default();
        let mut text = |name: &str| {
            let Some(target) = self.target(Object::Order, name) else { return Ok(None) };
            match target.evaluate(&context, &mut cache).result {
                Ok(found) => Ok(found.map(|found| found.fitted.value.into_text().into_owned())),
                Err(ProblemKind::MappingGap { table, value }) => Err(Hold {
                    code: Code::MappingGap,
                    cause: format!("{table}:{value}"),
                    params: vec![table, value],
                }),
                // A text that cannot be made is no reason to keep a sale from the books.
                Err(_) => Ok(None),
            }
        };
        Ok(OrderTexts { customer: text("customer")?, remark: text("remark")? })
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
