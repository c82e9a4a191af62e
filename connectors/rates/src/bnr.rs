//! The National Bank of Romania (fx-vat.md section 1).

use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::Currency;
use vortex_port::rates::PublishedRate;

use crate::table::{below, date, document, rate};

/// The file of the last ten banking days reaches back so many days at least.
const TEN_DAYS: i32 = 10;

/// The files that hold everything since a day.
pub(crate) fn paths(since: Date, today: Date) -> Vec<String> {
    let ten_days = "/nbrfxrates10days.xml".to_owned();
    if (today - since).get_days() <= TEN_DAYS {
        return vec![ten_days];
    }
    let years = since.year()..=today.year();
    years.map(|year| format!("/files/xml/years/nbrfxrates{year}.xml")).chain([ten_days]).collect()
}

/// Reads a file of one or many days: RON per unit, the multiplier taken out.
pub(crate) fn read(text: &str) -> Result<Vec<PublishedRate>, String> {
    let document = document(text)?;
    let body = document.root_element();
    let quoted_in = below(body, "OrigCurrency").next().and_then(|node| node.text());
    if let Some(other) = quoted_in.map(str::trim).filter(|currency| *currency != Currency::Ron.code()) {
        return Err(format!("its rates are in {other}, not in RON"));
    }
    let mut rates = Vec::new();
    for day in below(body, "Cube") {
        let published = date(day.attribute("date").ok_or("a day has no date")?)?;
        for node in below(day, "Rate") {
            let Some((currency, ron)) = rate(node.attribute("currency"), node.text())? else { continue };
            let multiplier = match node.attribute("multiplier") {
                None => Decimal::ONE,
                Some(text) => text
                    .trim()
                    .parse::<u32>()
                    .ok()
                    .filter(|multiplier| *multiplier > 0)
                    .map(Decimal::from)
                    .ok_or_else(|| format!("the multiplier of {currency} is no whole number above zero"))?,
            };
            let value = ron.checked_div(multiplier).ok_or("a rate is out of range")?;
            rates.push(PublishedRate { date: published, currency, value });
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
    use jiff::civil::date as day;

    fn file(namespace: &str, cubes: &str) -> String {
        format!(
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DataSet xmlns=\"{namespace}\"><Header><Publisher>National Bank</Publisher>\
             <PublishingDate>2023-05-18</PublishingDate><MessageType>DR</MessageType></Header><Body><Subject>Reference rates</Subject>\
             <OrigCurrency>RON</OrigCurrency>{cubes}</Body></DataSet>"
        )
    }

    const DAY: &str = "<Cube date=\"2023-05-18\"><Rate currency=\"EUR\">4.9731</Rate><Rate currency=\"SEK\">0.4382</Rate>\
                       <Rate currency=\"DKK\" multiplier=\"100\">66.77</Rate><Rate currency=\"XDR\">6.1234</Rate></Cube>";

    #[test]
    fn reads_days_in_either_namespace_and_takes_the_multiplier_out() {
        for namespace in ["http://www.bnr.ro/xsd", "https://www.bnr.ro/xsd"] {
            let rates = read(&file(namespace, DAY)).unwrap();
            let found: Vec<_> = rates.iter().map(|r| (r.currency.code(), r.value.to_string())).collect();
            let expected = [("EUR", "4.9731"), ("SEK", "0.4382"), ("DKK", "0.6677")];
            assert_eq!(found, expected.map(|(code, value)| (code, value.to_owned())));
            assert!(rates.iter().all(|rate| rate.date == day(2023, 5, 18)));
        }
        let two = DAY.to_owned() + &DAY.replace("-18", "-19");
        assert_eq!(read(&file("x", &two)).unwrap().len(), 6);
    }

    #[test]
    fn what_is_no_table_is_an_error() {
        let bad = |cubes: &str| read(&file("x", cubes)).unwrap_err();
        assert!(bad("").contains("no rates"));
        assert!(bad(&DAY.replace("2023-05-18", "18.05.2023")).contains("no date"));
        assert!(bad(&DAY.replace("0.4382", "n/a")).contains("SEK"));
        assert!(bad(&DAY.replace("0.4382", "0")).contains("above zero"));
        assert!(bad(&DAY.replace("\"100\"", "\"0\"")).contains("multiplier"));
        assert!(read("<!DOCTYPE html><html><body>Mentenanță").unwrap_err().contains("no XML table"));
        assert!(read("").is_err());
        assert!(read(&file("x", DAY).replace(">RON<", ">EUR<")).unwrap_err().contains("not in RON"));
        // Half of a file.
        let whole = file("x", DAY);
        assert!(read(&whole[..whole.len() - 60]).is_err());
    }

    #[test]
    fn asks_for_no_more_than_it_needs() {
        assert_eq!(paths(day(2026, 11, 20), day(2026, 11, 23)), ["/nbrfxrates10days.xml"]);
        let far = paths(day(2025, 12, 1), day(2026, 1, 5));
        let expected = [
            "/files/xml/years/nbrfxrates2025.xml",
            "/files/xml/years/nbrfxrates2026.xml",
            "/nbrfxrates10days.xml",
        ];
        assert_eq!(far, expected);
    }
}
