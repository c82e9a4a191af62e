//! The fields that are common to all markets: category, images, brand, GTIN, weight, customs code.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    BrandSource, CategorySource, CustomsSource, GtinSource, ImageSource, Mapping, WeightSource,
    problem::{ContentRule, Field, Note, ProblemKind, excerpt},
    text,
};
use crate::{
    article::{ContentRow, ErpArticle},
    ids::Sku,
};

const BRAND_MAX: usize = 50;
const URL_MAX: usize = 1500;
const IMAGES_MAX: usize = 10;
const CUSTOMS_MAX: usize = 48;
/// A ton; more is an error of the data.
const WEIGHT_MAX_G: u32 = 1_000_000;

/// What the common fields are made from.
pub(super) struct Common<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) article: &'a ErpArticle,
    pub(super) content: &'a [&'a ContentRow],
    pub(super) image_template: Option<&'a str>,
}

impl Common<'_> {
    pub(super) fn category(&self, notes: &mut Vec<Note>) -> Result<String, ProblemKind> {
        let rules = &self.mapping.category;
        for source in &self.mapping.fields.category {
            let found = match source {
                CategorySource::Content => filled(self.content.iter().map(|row| row.category.as_deref())),
                CategorySource::ClassTable => {
                    rules.by_class.get(self.article.class_code.trim()).map(String::as_str)
                }
                CategorySource::Default => rules.default.as_deref(),
            };
            let Some(found) = found else { continue };
            let id = category_id(found).ok_or_else(|| ProblemKind::InvalidContent {
                field: Field::Category,
                rule: ContentRule::CategoryId,
                value: excerpt(found),
            })?;
            if *source == CategorySource::Default {
                notes.push(Note::DefaultCategory { category: id.to_owned() });
            }
            return Ok(id.to_owned());
        }
        Err(ProblemKind::MissingCategory { class_code: self.article.class_code.clone() })
    }

    /// Main image and further images.
    pub(super) fn images(&self, notes: &mut Vec<Note>) -> Result<(String, Vec<String>), ProblemKind> {
        for source in &self.mapping.fields.main_image {
            match source {
                ImageSource::Content => {
                    let mut urls: Vec<String> = Vec::new();
                    for raw in
                        self.content.iter().flat_map(|row| &row.images).filter(|raw| !raw.trim().is_empty())
                    {
                        match image_url(raw) {
                            Some(url) if urls.contains(&url) => {}
                            Some(url) if urls.len() <= IMAGES_MAX => urls.push(url),
                            _ => notes.push(Note::Ignored { field: Field::Images, value: excerpt(raw) }),
                        }
                    }
                    if !urls.is_empty() {
                        let main = urls.remove(0);
                        return Ok((main, urls));
                    }
                }
                ImageSource::Template => {
                    let Some(template) = self.image_template.filter(|t| !t.trim().is_empty()) else {
                        continue;
                    };
                    let url = template.replace("{sku}", &percent_encoded(self.article.sku.as_str()));
                    return image_url(&url).map(|url| (url, Vec::new())).ok_or_else(|| {
                        ProblemKind::InvalidContent {
                            field: Field::MainImage,
                            rule: ContentRule::ImageUrl,
                            value: excerpt(&url),
                        }
                    });
                }
            }
        }
        Err(ProblemKind::MissingImage)
    }

    pub(super) fn brand(&self, notes: &mut Vec<Note>) -> Option<String> {
        self.mapping.fields.brand.iter().find_map(|source| {
            let raw = match source {
                BrandSource::Content => filled(self.content.iter().map(|row| row.brand.as_deref())),
                BrandSource::ErpProducer => Some(self.article.producer.as_str()),
            };
            let clean = text::plain(raw?, BRAND_MAX);
            if clean.truncated {
                notes.push(Note::Truncated { field: Field::Brand, language: None });
            }
            Some(clean.text).filter(|brand| !brand.is_empty())
        })
    }

    pub(super) fn gtin(&self, notes: &mut Vec<Note>) -> Option<String> {
        self.mapping.fields.gtin.iter().find_map(|source| match source {
            GtinSource::Content => {
                let raw = filled(self.content.iter().map(|row| row.gtin.as_deref()))?;
                let digits: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
                if is_gtin(&digits) {
                    return Some(digits);
                }
                notes.push(Note::Ignored { field: Field::Gtin, value: excerpt(raw) });
                None
            }
            GtinSource::Sku => sku_gtin(&self.article.sku),
        })
    }

    pub(super) fn weight_g(&self, notes: &mut Vec<Note>) -> Option<u32> {
        let kg = self.mapping.fields.weight.iter().find_map(|source| match source {
            WeightSource::ErpWeight => self.article.weight_kg.filter(|kg| !kg.is_zero()),
        })?;
        let grams = kg
            .checked_mul(Decimal::ONE_THOUSAND)
            .map(|g| g.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
            .and_then(|g| u32::try_from(g).ok())
            .filter(|g| (1..=WEIGHT_MAX_G).contains(g));
        if grams.is_none() {
            notes.push(Note::Ignored { field: Field::Weight, value: kg.to_string() });
        }
        grams
    }

    pub(super) fn customs_code(&self, notes: &mut Vec<Note>) -> Option<String> {
        let raw = self.mapping.fields.customs_code.iter().find_map(|source| match source {
            CustomsSource::ErpCustomsCode => {
                Some(self.article.customs_code.trim()).filter(|code| !code.is_empty())
            }
        })?;
        let code: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
        if (1..=CUSTOMS_MAX).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Some(code);
        }
        notes.push(Note::Ignored { field: Field::CustomsCode, value: excerpt(raw) });
        None
    }
}

/// The first value that is more than white space, trimmed.
fn filled<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    values.flatten().map(str::trim).find(|value| !value.is_empty())
}

/// A category as the channel wants it: the leaf of a dotted path of ids, 1 to 10 letters or digits (cdon.md 6, 11.3).
pub(super) fn category_id(text: &str) -> Option<&str> {
    let text = text.trim();
    let is_path = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let id = if is_path { text.rsplit('.').next()? } else { text };
    let valid = (1..=10).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    valid.then_some(id)
}

/// An absolute http(s) URL of at most 1500 characters; spaces and letters beyond ASCII in path and query are encoded.
fn image_url(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| raw.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let rest = raw.get(scheme.len()..)?;
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = (rest.get(..host_end)?, rest.get(host_end..)?);
    let host_valid = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:_".contains(&b));
    if !host_valid || path.chars().any(char::is_control) {
        return None;
    }
    let mut url = format!("{scheme}{host}");
    for c in path.chars() {
        if c.is_ascii() && !" \"<>\\^`{|}".contains(c) {
            url.push(c);
        } else {
            push_encoded(&mut url, c);
        }
    }
    (url.len() <= URL_MAX).then_some(url)
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) {
            out.push(c);
        } else {
            push_encoded(&mut out, c);
        }
    }
    out
}

fn push_encoded(out: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.push('%');
        for nibble in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

/// GTIN-8, -12 or -13 with a right check digit; the channel takes at most 13 digits.
fn is_gtin(digits: &str) -> bool {
    if !matches!(digits.len(), 8 | 12 | 13) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|b| b != b'0')
}

/// The SKU as EAN-8 or EAN-13. Not from the ranges that shops number by themselves (0… and 2… of EAN-8; 02, 04 and
/// 2… of EAN-13): such a number is nobody else's GTIN.
fn sku_gtin(sku: &Sku) -> Option<String> {
    let digits = sku.as_str();
    let own_range = match digits.len() {
        8 => digits.starts_with(['0', '2']),
        13 => digits.starts_with('2') || digits.starts_with("02") || digits.starts_with("04"),
        _ => true,
    };
    (!own_range && is_gtin(digits)).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_a_leaf_id() {
        assert_eq!(category_id(" 1124 "), Some("1124"));
        assert_eq!(category_id("1.423"), Some("423"));
        assert_eq!(category_id("abc1"), Some("abc1"));
        for bad in ["", " ", "1.", "12345678901", "a.b", "a b"] {
            assert_eq!(category_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_image_url_is_absolute_and_encoded() {
        let ok = |raw: &str| image_url(raw).unwrap();
        assert_eq!(
            ok("HTTPS://img.example.ro/a b/oală.jpg?w=1&x={y}"),
            "https://img.example.ro/a%20b/oal%C4%83.jpg?w=1&x=%7By%7D"
        );
        assert_eq!(ok("http://img.example.ro:8080"), "http://img.example.ro:8080");
        for bad in [
            "",
            "img.jpg",
            "//img.example.ro/a.jpg",
            "ftp://x/a",
            "https://",
            "https:///a",
            "https://a b/",
            "https://u@h/",
        ] {
            assert_eq!(image_url(bad), None, "{bad}");
        }
        assert_eq!(image_url(&format!("https://h/{}", "a".repeat(1490))).map(|u| u.len()), Some(1500));
        assert_eq!(image_url(&format!("https://h/{}", "a".repeat(1491))), None);
        assert_eq!(percent_encoded("35mmp  ; H/Å"), "35mmp%20%20%3B%20H%2F%C3%85");
    }

    #[test]
    fn a_gtin_has_the_right_check_digit() {
        for good in ["5940000000011", "96385074", "036000291452"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in [
            "5940000000012",
            "96385075",
            "0000000000000",
            "15940000000018",
            "594000000001",
            "5940000000O11",
            "",
        ] {
            assert!(!is_gtin(bad), "{bad}");
        }
        let sku = |text: &str| sku_gtin(&Sku::new(text).unwrap());
        assert_eq!(sku("5940000000011").as_deref(), Some("5940000000011"));
        assert_eq!(sku("2000000000008"), None, "a shop's own number, though its check digit is right");
        assert_eq!(sku("036000291452"), None, "12 digits as SKU are more likely an internal code");
        assert_eq!(sku("WM-1"), None);
    }
}
