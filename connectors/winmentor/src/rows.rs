//! Typed rows of the readers that we use (spec 3.7, field names of the bridges 5.1).
//!
//! The same type comes out whether a bridge sends raw records or JSON rows. Text is trimmed; codes are exactly
//! what the ERP has, because they are sent back.

mod article;
mod list;
mod order;
mod partner;
mod sale;
mod stock;

#[cfg(test)]
mod tests;

pub use article::Article;
pub use list::{Booklet, Warehouse};
pub use order::{OrderLineInfo, UninvoicedLine};
pub use partner::Partner;
pub use sale::SaleLine;
pub use stock::{ArticleStock, StockRow};
