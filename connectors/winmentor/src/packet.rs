//! The `COMANDA` packet: a customer order as WinMentor imports it (spec 3.8.1, 3.8.2).
//!
//! One packet carries exactly one order, so that "one document imported" is an unambiguous answer (spec 8.1).
//! [`OrderPacket::render`] checks every field first: the format escapes nothing, so what cannot travel
//! unharmed is refused here, in words that say what to change. [`OrderPacket::parse`] is its inverse.

mod ini;
mod parse;
mod render;

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::date::WorkingMonth;
use crate::reference::{DocumentNumber, OrderToken};

pub use parse::PacketParseError;
pub(crate) use render::check_code;
pub use render::{CodeField, CodeProblem, PacketError};

/// The longest order remark that we send, token included; the field's true limit is not documented.
pub const REMARK_MAX_CHARS: usize = 200;

/// The longest line remark that we send.
pub const LINE_REMARK_MAX_CHARS: usize = 80;

/// A packet with one customer order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPacket {
    /// The open month that the order is entered in.
    pub month: WorkingMonth,
    /// The WinMentor user in whose name it is entered, such as `Master`; some installations need none.
    pub logon: Option<String>,
    /// The order.
    pub order: CustomerOrder,
}

/// A customer order. Text is given as the channel has it; rendering makes it fit WinMentor.
///
/// Customer and remarks may be personal data: `Debug` leaves them out.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerOrder {
    /// `NrDoc`, from our own counter.
    pub number: DocumentNumber,
    /// `SimbolCarnet`; blank where the installation numbers without booklets.
    pub booklet: String,
    /// Must lie in the packet's month. The true order date belongs into the remark when it does not.
    pub date: Date,
    /// When the customer has to pay.
    pub payment_due: Option<Date>,
    /// The partner's code, as `SetIDPartField` says.
    pub customer: String,
    /// Name of one of the partner's addresses (`sediu`).
    pub location: Option<String>,
    /// The sales agent's employee number.
    pub agent: Option<u32>,
    /// The symbol that this WinMentor has for the currency of the prices, such as `LEI`.
    pub currency: String,
    /// In percent, over the whole order.
    pub discount: Option<Decimal>,
    /// What the order is found by again; the remark begins with it.
    pub token: OrderToken,
    /// What else the remark says.
    pub remark: String,
    /// Marks the order as coming from an online shop (`DinOnline=D`).
    pub from_online_shop: bool,
    /// At least one.
    pub lines: Vec<OrderLine>,
}

impl fmt::Debug for CustomerOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerOrder")
            .field("number", &self.number)
            .field("booklet", &self.booklet)
            .field("date", &self.date)
            .field("token", &self.token)
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

/// One line of a customer order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The article's code, as `SetIDArtField` says.
    pub article: String,
    /// A unit that WinMentor knows for this article.
    pub unit: String,
    /// More than zero.
    pub quantity: Decimal,
    /// Per unit, zero or more; excluding VAT unless the article is configured otherwise.
    pub price: Decimal,
    /// In percent; its sign follows a constant of the installation.
    pub discount: Decimal,
    /// `TermenLivrare`.
    pub delivery: Date,
    /// Free text; may be blank.
    pub remark: String,
}
