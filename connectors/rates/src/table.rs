//! What both tables have in common: elements by local name, dates, positive numbers.

use jiff::civil::Date;
use roxmltree::{Document, Node};
use rust_decimal::Decimal;
use vortex_domain::Currency;

/// Reads the XML, whatever its namespace; the error says what came instead.
pub(crate) fn document(text: &str) -> Result<Document<'_>, String> {
    Document::parse(text.trim_start_matches('\u{FEFF}').trim_start()).map_err(|error| {
        let start: String = text.trim_start().chars().take(40).collect();
        format!(
            "it is no XML table of rates ({error}); it begins with `{}`",
            start.replace(['\r', '\n'], " ")
        )
    })
}

/// The elements of that local name below a node.
pub(crate) fn below<'a, 'i>(
    node: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
    node.descendants().filter(move |found| found.is_element() && found.tag_name().name() == name)
}

pub(crate) fn date(text: &str) -> Result<Date, String> {
    text.trim().parse().map_err(|_| format!("`{}` is no date", shown(text)))
}

/// The rate of a currency; none for one that we do not trade in.
pub(crate) fn rate(
    currency: Option<&str>,
    value: Option<&str>,
) -> Result<Option<(Currency, Decimal)>, String> {
    let code = currency.ok_or("a rate names no currency")?;
    let Ok(currency) = code.trim().parse::<Currency>() else { return Ok(None) };
    let value = value.unwrap_or_default();
    let number: Option<Decimal> = value.trim().parse().ok();
    let number = number.filter(|number| *number > Decimal::ZERO);
    number
        .map(|number| Some((currency, number)))
        .ok_or_else(|| format!("the rate of {currency} is `{}`, which is no number above zero", shown(value)))
}

fn shown(text: &str) -> String {
    text.trim().chars().take(40).collect()
}
