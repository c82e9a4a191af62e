//! From an order to packet lines, refusing what would not arrive as it is.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{LINE_REMARK_MAX_CHARS, OrderLine, OrderPacket, REMARK_MAX_CHARS};
use crate::date::{self, WorkingMonth};
use crate::decimal::{self, DecimalSeparator};
use crate::text;

/// An order that must not be sent as it is. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// A code that would arrive as another one.
    #[error("{field} `{code}` {problem}; {}", field.remedy())]
    Code {
        /// What the code identifies.
        field: CodeField,
        /// The code.
        code: String,
        /// Why it cannot travel.
        problem: CodeProblem,
    },
    /// WinMentor enters documents into their own month only.
    #[error("order date {} is outside the working month {month}: date the order inside an open month", date::write(*date))]
    DateOutsideMonth {
        /// The order's date.
        date: Date,
        /// The packet's month.
        month: WorkingMonth,
    },
    /// Due before it was ordered.
    #[error("payment is due on {}, before the order date {}: correct the payment term", date::write(*due), date::write(*date))]
    DueBeforeOrder {
        /// When the customer has to pay.
        due: Date,
        /// The order's date.
        date: Date,
    },
    /// An order of nothing.
    #[error("the order has no lines: nothing to send")]
    NoLines,
    /// A quantity, price or discount that makes no sense in an order.
    #[error("article `{article}`: {what} {value} is not allowed in an order; correct the order's data")]
    Number {
        /// The article of the line; blank for the order as a whole.
        article: String,
        /// Which number.
        what: &'static str,
        /// Its value.
        value: Decimal,
    },
}

/// What a code in a packet identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeField {
    /// `Item_k`, first field.
    Article,
    /// `Item_k`, second field.
    Unit,
    /// `CodClient`.
    Customer,
    /// `Locatie`.
    Location,
    /// `SimbolCarnet`.
    Booklet,
    /// `Moneda`.
    Currency,
    /// `Logon`.
    Logon,
}

impl CodeField {
    fn remedy(self) -> &'static str {
        match self {
            Self::Article => {
                "give the article another code in WinMentor, or set article_id_field to the other identifier"
            }
            Self::Unit => "rename the unit in WinMentor",
            Self::Customer => "give the partner another code in WinMentor, or correct customer_per_market",
            Self::Location => "rename the partner's address in WinMentor",
            Self::Booklet => "correct order_booklet in the connection settings",
            Self::Currency => "correct the currency symbol in the connection settings",
            Self::Logon => "correct the WinMentor user in the connection settings",
        }
    }
}

impl fmt::Display for CodeField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Article => "article code",
            Self::Unit => "unit",
            Self::Customer => "customer code",
            Self::Location => "customer address",
            Self::Booklet => "booklet",
            Self::Currency => "currency",
            Self::Logon => "WinMentor user",
        })
    }
}

/// Why a code cannot travel in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeProblem {
    /// Nothing to identify by.
    #[error("is blank")]
    Blank,
    /// The field separator, which the format cannot escape.
    #[error("contains `;`, which WinMentor's import format cannot carry")]
    Separator,
    /// The separator of several values inside one field of a partner.
    #[error("contains `~`, which WinMentor reads as the boundary between two values")]
    Tilde,
    /// A line break or another invisible character.
    #[error("contains a line break or control character")]
    Control,
    /// WinMentor would store `?` instead.
    #[error("contains a letter that WinMentor's code page 1250 lacks")]
    CodePage,
}

/// Accepts a code that arrives exactly as it is.
pub(crate) fn check_code(code: &str) -> Result<&str, CodeProblem> {
    if code.trim().is_empty() {
        Err(CodeProblem::Blank)
    } else if code.contains(';') {
        Err(CodeProblem::Separator)
    } else if code.chars().any(char::is_control) {
        Err(CodeProblem::Control)
    } else if !text::fits_cp1250(code) {
        Err(CodeProblem::CodePage)
    } else {
        Ok(code)
    }
}

impl OrderPacket {
    /// The packet's lines, each one element of `SetDocsData` or one line of a file.
    pub fn render(&self, separator: DecimalSeparator) -> Result<Vec<String>, PacketError> {
        let order = &self.order;
        self.check_dates()?;
        if order.lines.is_empty() {
            return Err(PacketError::NoLines);
        }

        let mut lines = vec![
            "[InfoPachet]".to_owned(),
            format!("AnLucru={}", self.month.year()),
            format!("LunaLucru={}", self.month.month()),
            "Tipdocument=COMANDA".to_owned(),
            "TotalComenzi=1".to_owned(),
        ];
        if let Some(user) = &self.logon {
            lines.push(format!("Logon={}", code(CodeField::Logon, user)?));
        }

        lines.push("[Comanda_1]".to_owned());
        lines.push(format!("NrDoc={}", order.number));
        lines.push(format!("SimbolCarnet={}", code_or_blank(CodeField::Booklet, &order.booklet)?));
        lines.push("Operatie=A".to_owned());
        lines.push(format!("Data={}", date::write(order.date)));
        if let Some(due) = order.payment_due {
            lines.push(format!("Scadenta={}", date::write(due)));
        }
        lines.push(format!("CodClient={}", code(CodeField::Customer, &order.customer)?));
        if let Some(location) = &order.location {
            lines.push(format!("Locatie={}", code(CodeField::Location, location)?));
        }
        if let Some(agent) = order.agent {
            lines.push(format!("Agent={agent}"));
        }
        lines.push(format!("Moneda={}", code(CodeField::Currency, &order.currency)?));
        if let Some(discount) = order.discount {
            let discount = percentage("", "order discount", discount)?;
            lines.push(format!("Discount={}", decimal::write(discount, separator)));
        }
        lines.push(format!("Observatii={}", self.remark()));
        if order.from_online_shop {
            lines.push("DinOnline=D".to_owned());
        }
        lines.push(format!("TotalArticole={}", order.lines.len()));

        lines.push("[Items_1]".to_owned());
        for (index, line) in order.lines.iter().enumerate() {
            lines.push(format!("Item_{}={}", index + 1, line.render(separator)?));
        }
        Ok(lines)
    }

    fn check_dates(&self) -> Result<(), PacketError> {
        let order = &self.order;
        if !self.month.contains(order.date) {
            return Err(PacketError::DateOutsideMonth { date: order.date, month: self.month });
        }
        match order.payment_due {
            Some(due) if due < order.date => Err(PacketError::DueBeforeOrder { due, date: order.date }),
            _ => Ok(()),
        }
    }

    /// The token first: what comes after it may be cut, by us or by WinMentor.
    fn remark(&self) -> String {
        text::outgoing(&format!("{} {}", self.order.token, self.order.remark), REMARK_MAX_CHARS)
    }
}

impl OrderLine {
    fn render(&self, separator: DecimalSeparator) -> Result<String, PacketError> {
        let refuse = |what, value| PacketError::Number { article: self.article.clone(), what, value };
        if self.quantity <= Decimal::ZERO {
            return Err(refuse("quantity", self.quantity));
        }
        if self.price < Decimal::ZERO {
            return Err(refuse("price", self.price));
        }
        let discount = percentage(&self.article, "discount", self.discount)?;
        Ok(format!(
            "{};{};{};{};{};{};{};",
            code(CodeField::Article, &self.article)?,
            code(CodeField::Unit, &self.unit)?,
            decimal::write(self.quantity, separator),
            decimal::write(self.price, separator),
            decimal::write(discount, separator),
            date::write(self.delivery),
            text::outgoing(&self.remark, LINE_REMARK_MAX_CHARS),
        ))
    }
}

fn code(field: CodeField, code: &str) -> Result<&str, PacketError> {
    check_code(code).map_err(|problem| PacketError::Code { field, code: code.to_owned(), problem })
}

fn code_or_blank(field: CodeField, value: &str) -> Result<&str, PacketError> {
    if value.is_empty() { Ok(value) } else { code(field, value) }
}

fn percentage(article: &str, what: &'static str, value: Decimal) -> Result<Decimal, PacketError> {
    if value.abs() <= Decimal::ONE_HUNDRED {
        Ok(value)
    } else {
        Err(PacketError::Number { article: article.to_owned(), what, value })
    }
}
