//! The European Central Bank (fx-vat.md section 2).

use jiff::civil::Date;
use vortex_port::rates::PublishedRate;

use crate::table::{below, date, document, rate};

/// The files that hold everything since a day; the bank's short history reaches back 90 days.
pub(crate) fn paths(since: Date, today: Date) -> Vec<String> {
    let file = if since == today { "daily" } else { "hist-90d" };
    vec![format!("/stats/eurofxref/eurofxref-{file}.xml")]
}

/// Reads a file of one or many days: units per EUR.
pub(crate) fn read(text: &str) -> Result<Vec<PublishedRate>, String> {
    let document = document(text)?;
    let mut rates = Vec::new();
    for day in below(document.root_element(), "Cube") {
        let Some(time) = day.attribute("time") else { continue };
        let published = date(time)?;
        for node in below(day, "Cube").filter(|node| node.has_attribute("currency")) {
            if let Some((currency, value)) = rate(node.attribute("currency"), node.attribute("rate"))? {
                rates.push(PublishedRate { date: published, currency, value });
            }
        }
    }
    if rates.is_empty() {
        return Err("it holds no rates of our currencies".to_owned());
    }
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_days() {
        let text = "<?xml version='1.0'?><gesmes:Envelope xmlns:gesmes='g' xmlns='e'><gesmes:subject>Reference rates</gesmes:subject>\
                    <Cube><Cube time='2023-05-18'><Cube currency='USD' rate='1.08'/><Cube currency='SEK' rate='11.3'/>\
                    <Cube currency='RON' rate='4.97'/></Cube><Cube time='2023-05-17'><Cube currency='RON' rate='4.96'/></Cube></Cube>\
                    </gesmes:Envelope>";
        let rates = read(text).unwrap();
        let found: Vec<_> =
            rates.iter().map(|r| (r.date.to_string(), r.currency.code(), r.value.to_string())).collect();
        assert!(found.contains(&("2023-05-18".to_owned(), "SEK", "11.3".to_owned())), "{found:?}");
        assert!(found.contains(&("2023-05-17".to_owned(), "RON", "4.96".to_owned())), "{found:?}");
        assert!(read("<html/>").is_err());
        assert!(
            read("<Cube><Cube time='2023-05-18'><Cube currency='SEK' rate='-1'/></Cube></Cube>").is_err()
        );
    }
}
