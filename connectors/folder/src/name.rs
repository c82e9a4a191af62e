//! How the file of an invoice is called.

use std::str::FromStr;

use vortex_domain::invoice::SalesDocument;

/// A file name with places to fill in, split at its slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamePattern(Vec<Vec<Part>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Series,
    Number,
    Year,
    Month,
    Date,
}

/// A name pattern that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPattern {
    #[error("`{{{0}}}` is not known; known are {{series}}, {{number}}, {{year}}, {{month}}, {{date}}")]
    Unknown(String),
    #[error("has a {{ without its }}")]
    Unclosed,
    #[error("must contain {{number}}, or all invoices would have one file")]
    NoNumber,
    #[error("must be a file name, or names parted by single slashes, without `..`")]
    Path,
}

impl FromStr for NamePattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let segment = |text: &str| {
            if matches!(text, "" | "." | "..") || text.contains(['\\', '\0']) {
                return Err(BadPattern::Path);
            }
            parts(text)
        };
        let segments: Vec<_> = text.trim().split('/').map(segment).collect::<Result<_, _>>()?;
        if segments.iter().flatten().any(|part| *part == Part::Number) {
            Ok(Self(segments))
        } else {
            Err(BadPattern::NoNumber)
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, BadPattern> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (name, after) = after.split_once('}').ok_or(BadPattern::Unclosed)?;
        parts.push(match name.trim() {
            "series" => Part::Series,
            "number" => Part::Number,
            "year" => Part::Year,
            "month" => Part::Month,
            "date" => Part::Date,
            unknown => return Err(BadPattern::Unknown(unknown.to_owned())),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

impl NamePattern {
    /// The names of the folders below and of the file. What series and number hold is not judged here.
    pub(crate) fn fill_in(&self, invoice: &SalesDocument) -> Vec<String> {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Series => invoice.series.clone(),
            Part::Number => invoice.number.clone(),
            Part::Year => format!("{:04}", invoice.date.year()),
            Part::Month => format!("{:02}", invoice.date.month()),
            Part::Date => invoice.date.to_string(),
        };
        self.0.iter().map(|parts| parts.iter().map(text).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn places_are_filled_in() {
        let invoice = SalesDocument {
            series: "MZ".to_owned(),
            number: "1001".to_owned(),
            date: date(2026, 3, 5),
            partner: String::new(),
            total_minor: 0,
            lines: Vec::new(),
        };
        let pattern: NamePattern = "{year}/{month}/factura {series}-{number} din {date}.pdf".parse().unwrap();
        assert_eq!(pattern.fill_in(&invoice), ["2026", "03", "factura MZ-1001 din 2026-03-05.pdf"]);
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        for (pattern, error) in [
            ("{series}.pdf", BadPattern::NoNumber),
            ("{nr}.pdf", BadPattern::Unknown("nr".to_owned())),
            ("{number.pdf", BadPattern::Unclosed),
            ("../{number}.pdf", BadPattern::Path),
            ("/{number}.pdf", BadPattern::Path),
            ("a//{number}.pdf", BadPattern::Path),
            ("{number}.pdf/", BadPattern::Path),
            ("a\\{number}.pdf", BadPattern::Path),
            ("", BadPattern::Path),
        ] {
            assert_eq!(pattern.parse::<NamePattern>(), Err(error), "{pattern}");
        }
    }
}
