//! Why something is not offered, and what a person may want to know of what is: stable codes and parameters.
//! The sentences for people are made elsewhere.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::fit::Broken;
use crate::{
    attention::Reader,
    ids::{Currency, Language, Market},
    vat::Country,
};

/// Something that keeps an article from being offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The market that is blocked; none: every market.
    pub market: Option<Market>,
    /// The cause.
    #[serde(flatten)]
    pub kind: ProblemKind,
}

/// The causes. `Display` says each in short, in English, for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ProblemKind {
    /// The ERP calls it a service; services are never listed.
    #[error("the ERP calls it a service")]
    Service,
    /// The vendor sells in no market.
    #[error("no market is chosen")]
    NoMarkets,
    /// A look-up table lacks a row, and the mapping says that nothing may be sent without it.
    #[error("table `{table}` has no row for `{value}`: add one")]
    MappingGap {
        /// The table.
        table: String,
        /// What it has no row for.
        value: String,
    },
    /// No source of the mapping has a value for a field that must be there.
    #[error("no {field}")]
    MissingValue {
        /// The field.
        field: String,
    },
    /// No image given, and no usable template.
    #[error("no image: add one to its content, or set an image URL template")]
    MissingImage,
    /// The ERP has none of the prices that the mapping asks for.
    #[error("the ERP has no sale price")]
    MissingPrice,
    /// No exchange rate for the day.
    #[error("no {currency} exchange rate published for {date}")]
    MissingRate {
        /// The currency.
        currency: Currency,
        /// The business date.
        date: Date,
    },
    /// The newest exchange rate is too old.
    #[error("the {currency} exchange rate of {published} is {age_days} days old, allowed are {max_days}")]
    StaleRate {
        /// The currency.
        currency: Currency,
        /// Its day.
        published: Date,
        /// Its age.
        age_days: i64,
        /// The allowed age.
        max_days: u16,
    },
    /// The VAT table has no rate for this class of goods.
    #[error("no VAT rate for class `{class}` in {} on {date}", .country.code())]
    MissingVatRate {
        /// The country.
        country: Country,
        /// The class of goods.
        class: String,
        /// The day.
        date: Date,
    },
    /// No source of the mapping has this text.
    #[error("no {field} in {language}")]
    MissingTranslation {
        /// Title or description.
        field: String,
        /// The language.
        language: Language,
    },
    /// Too few characters remain.
    #[error("the {field} `{text}` has fewer than {min} characters")]
    TooShort {
        /// Which text.
        field: String,
        /// How many there must be.
        min: usize,
        /// What remains.
        text: String,
    },
    /// Zero, negative, or outside of the guards.
    #[error("the price {amount} is not above {} and at most {}", .min.unwrap_or_default(), .max.map_or_else(|| "any".to_owned(), |max| max.to_string()))]
    PriceOutOfRange {
        /// The amount, in the currency where the rules found it wrong.
        amount: Decimal,
        /// The guard below; none means above zero.
        min: Option<Decimal>,
        /// The guard above.
        max: Option<Decimal>,
    },
    /// The ERP's prices with and without VAT contradict its VAT percent.
    #[error("the ERP prices disagree: {gross} with VAT, {net} without, VAT {vat_percent} %")]
    PricesDisagree {
        /// With VAT, RON.
        gross: Decimal,
        /// Without VAT, RON.
        net: Decimal,
        /// Romanian VAT.
        vat_percent: Decimal,
    },
    /// A value that breaks a rule.
    #[error("{field} `{value}` must be {}", .rule.say(Reader::En))]
    InvalidContent {
        /// Where.
        field: String,
        /// Which rule.
        rule: Broken,
        /// The value, cut to 80 characters.
        value: String,
    },
}

impl ProblemKind {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::NoMarkets => "no_markets",
            Self::MappingGap { .. } => "mapping_gap",
            Self::MissingValue { .. } => "missing_value",
            Self::MissingImage => "missing_image",
            Self::MissingPrice => "missing_price",
            Self::MissingRate { .. } => "missing_rate",
            Self::StaleRate { .. } => "stale_rate",
            Self::MissingVatRate { .. } => "missing_vat_rate",
            Self::MissingTranslation { .. } => "missing_translation",
            Self::TooShort { .. } => "too_short",
            Self::PriceOutOfRange { .. } => "price_out_of_range",
            Self::PricesDisagree { .. } => "prices_disagree",
            Self::InvalidContent { .. } => "invalid_content",
        }
    }

    /// Values for the sentences, in the order of the fields.
    pub fn params(&self) -> Vec<String> {
        match self {
            Self::Service | Self::NoMarkets | Self::MissingImage | Self::MissingPrice => Vec::new(),
            Self::MappingGap { table, value } => vec![table.clone(), value.clone()],
            Self::MissingValue { field } => vec![field.clone()],
            Self::MissingRate { currency, date } => vec![currency.to_string(), date.to_string()],
            Self::StaleRate { currency, published, age_days, max_days } => {
                vec![currency.to_string(), published.to_string(), age_days.to_string(), max_days.to_string()]
            }
            Self::MissingVatRate { country, class, date } => {
                vec![country.code().to_owned(), class.clone(), date.to_string()]
            }
            Self::MissingTranslation { field, language } => {
                vec![field.clone(), language.to_string()]
            }
            Self::TooShort { field, min, text } => vec![field.clone(), min.to_string(), text.clone()],
            Self::PriceOutOfRange { amount, min, max } => {
                let max = max.map(|max| max.to_string()).unwrap_or_default();
                vec![amount.to_string(), min.unwrap_or_default().to_string(), max]
            }
            Self::PricesDisagree { gross, net, vat_percent } => {
                vec![gross.to_string(), net.to_string(), vat_percent.to_string()]
            }
            Self::InvalidContent { field, rule, value } => {
                vec![field.clone(), rule.code().to_owned(), value.clone()]
            }
        }
    }

    /// Whether the article is sound and only an outside figure is missing for now: what is already published
    /// stays, instead of the market being taken down (fx-vat.md section 1).
    pub fn keeps_published(&self) -> bool {
        matches!(self, Self::MissingRate { .. } | Self::StaleRate { .. })
    }
}

/// Something that did not stop the offer but that its owner may want to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// A text that nobody wrote for buyers (the ERP's name) is sent as these languages.
    Untranslated {
        /// Which.
        field: String,
        /// The languages.
        languages: Vec<Language>,
    },
    /// A text was cut to the channel's limit.
    Truncated {
        /// Which.
        field: String,
        /// Of a text: its language.
        language: Option<Language>,
    },
    /// A value that the channel would refuse was left out.
    Ignored {
        /// Which.
        field: String,
        /// The value, cut to 80 characters.
        value: String,
    },
    /// A look-up table has no row for a value; what stands for everything else was taken.
    TableOtherwise {
        /// The table.
        table: String,
        /// What it has no row for.
        value: String,
    },
}

impl Note {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Untranslated { .. } => "untranslated",
            Self::Truncated { .. } => "truncated",
            Self::Ignored { .. } => "ignored",
            Self::TableOtherwise { .. } => "table_otherwise",
        }
    }

    /// Values for the sentences, in the order of the fields; languages in one value.
    pub fn params(&self) -> Vec<String> {
        match self {
            Self::Untranslated { field, languages } => {
                let codes: Vec<_> = languages.iter().map(|l| l.code()).collect();
                vec![field.clone(), codes.join(", ")]
            }
            Self::Truncated { field, language } => {
                vec![field.clone(), language.map(Language::code).unwrap_or_default().to_owned()]
            }
            Self::Ignored { field, value } => vec![field.clone(), value.clone()],
            Self::TableOtherwise { table, value } => vec![table.clone(), value.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_in_the_stored_form() {
        let kinds = [
            ProblemKind::MissingImage,
            ProblemKind::MissingVatRate {
                country: Country::Dk,
                class: "books".into(),
                date: jiff::civil::date(2026, 1, 1),
            },
            ProblemKind::PriceOutOfRange { amount: Decimal::ZERO, min: None, max: Some(Decimal::ONE) },
            ProblemKind::InvalidContent {
                field: "vat_percent".into(),
                rule: Broken::Percent,
                value: "0.21".into(),
            },
        ];
        for kind in kinds {
            let problem = Problem { market: Some(Market::Se), kind };
            let json = serde_json::to_value(&problem).unwrap();
            assert_eq!(json["code"], problem.kind.code());
            assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
        }
        let vat = Problem {
            market: None,
            kind: ProblemKind::InvalidContent {
                field: "vat_percent".into(),
                rule: Broken::Percent,
                value: "0.21".into(),
            },
        };
        assert_eq!(vat.kind.to_string(), "vat_percent `0.21` must be a percent (0, or 1 to 50)");
        let note = Note::Untranslated { field: "title".into(), languages: vec![Language::Sv, Language::Fi] };
        assert_eq!(serde_json::to_value(&note).unwrap()["code"], note.code());
        assert_eq!(note.params(), ["title", "sv-SE, fi-FI"]);
    }
}
