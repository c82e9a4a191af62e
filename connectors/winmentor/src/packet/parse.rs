//! From packet lines back to an order.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::ini::{Ini, Section};
use super::{CustomerOrder, OrderLine, OrderPacket};
use crate::date::{self, WorkingMonth};
use crate::decimal;
use crate::reference::{DocumentNumber, OrderToken};

/// Lines that are no packet with one customer order of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketParseError {
    /// Neither blank, nor a section, nor `key=value`.
    #[error("packet line {0} is neither a section nor key=value")]
    Line(usize),
    /// A section that must be there.
    #[error("the packet has no section [{0}]")]
    NoSection(&'static str),
    /// A key that is missing or holds something else than it should.
    #[error("[{section}] {key}: missing or not {expected}")]
    Value {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What should stand there.
        expected: &'static str,
    },
}

impl OrderPacket {
    /// Reads a packet with one customer order, either decimal separator.
    pub fn parse<S: AsRef<str>>(lines: &[S]) -> Result<Self, PacketParseError> {
        let ini = Ini::parse(lines).map_err(PacketParseError::Line)?;
        let section = |name| ini.section(name).ok_or(PacketParseError::NoSection(name));
        let (info, header, items) = (section("InfoPachet")?, section("Comanda_1")?, section("Items_1")?);

        info.required("Tipdocument", "COMANDA", |kind| kind.eq_ignore_ascii_case("COMANDA").then_some(()))?;
        info.required("TotalComenzi", "1", |total| (total == "1").then_some(()))?;
        let year = info.required("AnLucru", "a year", |year| year.parse().ok())?;
        let month =
            info.required("LunaLucru", "a month", |month| WorkingMonth::new(year, month.parse().ok()?))?;

        let (token, remark) = header.required("Observatii", "an order token", |remark| {
            let (token, rest) = remark.split_once(' ').unwrap_or((remark, ""));
            Some((OrderToken::parse(token).ok()?, rest.to_owned()))
        })?;
        let count: usize = header.required("TotalArticole", "the number of items", |count| {
            count.parse().ok().filter(|count| *count == items.len())
        })?;
        let lines = (1..=count)
            .map(|k| items.required(&format!("Item_{k}"), "an order line", order_line))
            .collect::<Result<_, _>>()?;

        Ok(Self {
            month,
            logon: info.get("Logon").map(str::to_owned),
            order: CustomerOrder {
                number: header.required("NrDoc", "a document number", |number| {
                    DocumentNumber::new(number.parse().ok()?).ok()
                })?,
                booklet: header.get("SimbolCarnet").unwrap_or_default().to_owned(),
                date: header.required("Data", "a date", day)?,
                payment_due: header.optional("Scadenta", "a date", day)?,
                customer: header.required("CodClient", "a code", filled)?,
                location: header.get("Locatie").map(str::to_owned),
                agent: header.optional("Agent", "an employee number", |agent| agent.parse().ok())?,
                currency: header.required("Moneda", "a currency", filled)?,
                discount: header.optional("Discount", "a number", number)?,
                token,
                remark,
                from_online_shop: header.get("DinOnline").is_some_and(|flag| flag.eq_ignore_ascii_case("D")),
                lines,
            },
        })
    }
}

impl Section<'_> {
    fn required<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, PacketParseError> {
        self.optional(key, expected, read)?.ok_or_else(|| self.error(key, expected))
    }

    fn optional<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, PacketParseError> {
        self.get(key).map(|value| read(value).ok_or_else(|| self.error(key, expected))).transpose()
    }

    fn error(&self, key: &str, expected: &'static str) -> PacketParseError {
        PacketParseError::Value { section: self.name.to_owned(), key: key.to_owned(), expected }
    }
}

fn order_line(item: &str) -> Option<OrderLine> {
    let mut fields = item.split(';');
    let mut next = || fields.next();
    let line = OrderLine {
        article: next().and_then(filled)?,
        unit: next().and_then(filled)?,
        quantity: next().and_then(number)?,
        price: next().and_then(number)?,
        discount: next().and_then(number)?,
        delivery: next().and_then(day)?,
        remark: next()?.to_owned(),
    };
    (next() == Some("") && next().is_none()).then_some(line)
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.trim().is_empty())
}

fn day(text: &str) -> Option<Date> {
    date::read(text).ok().flatten()
}

fn number(text: &str) -> Option<Decimal> {
    decimal::read(text).ok().flatten()
}
