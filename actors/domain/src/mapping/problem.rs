//! Why something is not offered, and what a person may want to know of what is: stable codes and parameters.
//! The sentences for people are made elsewhere.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{Currency, Language, Market},
    vat::Country,
};

/// A field of the offer, or of what it is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Title.
    Title,
    /// Description.
    Description,
    /// Category.
    Category,
    /// Main image.
    MainImage,
    /// Further images.
    Images,
    /// Brand.
    Brand,
    /// GTIN.
    Gtin,
    /// Delivery time.
    ShippingDays,
    /// Weight.
    Weight,
    /// Customs code.
    CustomsCode,
    /// Romanian VAT of the ERP's article.
    VatPercent,
}

impl Field {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Category => "category",
            Self::MainImage => "main_image",
            Self::Images => "images",
            Self::Brand => "brand",
            Self::Gtin => "gtin",
            Self::ShippingDays => "shipping_days",
            Self::Weight => "weight",
            Self::CustomsCode => "customs_code",
            Self::VatPercent => "vat_percent",
        }
    }
}

/// The rule that a value breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentRule {
    /// A channel category id: 1 to 10 letters or digits.
    CategoryId,
    /// An absolute `http` or `https` URL of at most 1500 characters.
    ImageUrl,
    /// `1 ≤ min ≤ max ≤ 10` working days.
    ShippingDays,
    /// A percent: 0, or 1 to 50.
    Percent,
}

impl ContentRule {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::CategoryId => "category_id",
            Self::ImageUrl => "image_url",
            Self::ShippingDays => "shipping_days",
            Self::Percent => "percent",
        }
    }

    fn expectation(self) -> &'static str {
        match self {
            Self::CategoryId => "a category id (1 to 10 letters or digits)",
            Self::ImageUrl => "an absolute http(s) URL of at most 1500 characters",
            Self::ShippingDays => "a delivery time (1 <= min <= max <= 10 working days)",
            Self::Percent => "a percent (0, or 1 to 50)",
        }
    }
}

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
    /// Neither content nor class nor default names a category.
    #[error("no category: add one to its content, or map class `{class_code}`")]
    MissingCategory {
        /// The ERP class that is not in the table.
        class_code: String,
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
    #[error("no {} in {language}", .field.code())]
    MissingTranslation {
        /// Title or description.
        field: Field,
        /// The language.
        language: Language,
    },
    /// Fewer than 5 characters remain.
    #[error("the title `{text}` has fewer than 5 characters")]
    TitleTooShort {
        /// What remains.
        text: String,
    },
    /// Fewer than 10 characters remain.
    #[error("the description `{text}` has fewer than 10 characters")]
    DescriptionTooShort {
        /// What remains.
        text: String,
    },
    /// Zero, negative, or outside of the guards.
    #[error("the price {amount} is not between {} and {max}", .min.unwrap_or_default())]
    PriceOutOfRange {
        /// The amount, in the market's currency (a base price that is not above zero: RON).
        amount: Decimal,
        /// The guard below; none means above zero.
        min: Option<Decimal>,
        /// The guard above.
        max: Decimal,
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
    #[error("{} `{value}` is not {}", .field.code(), .rule.expectation())]
    InvalidContent {
        /// Where.
        field: Field,
        /// Which rule.
        rule: ContentRule,
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
            Self::MissingCategory { .. } => "missing_category",
            Self::MissingImage => "missing_image",
            Self::MissingPrice => "missing_price",
            Self::MissingRate { .. } => "missing_rate",
            Self::StaleRate { .. } => "stale_rate",
            Self::MissingVatRate { .. } => "missing_vat_rate",
            Self::MissingTranslation { .. } => "missing_translation",
            Self::TitleTooShort { .. } => "title_too_short",
            Self::DescriptionTooShort { .. } => "description_too_short",
            Self::PriceOutOfRange { .. } => "price_out_of_range",
            Self::PricesDisagree { .. } => "prices_disagree",
            Self::InvalidContent { .. } => "invalid_content",
        }
    }

    /// Values for the sentences, in the order of the fields.
    pub fn params(&self) -> Vec<String> {
        match self {
            Self::Service | Self::NoMarkets | Self::MissingImage | Self::MissingPrice => Vec::new(),
            Self::MissingCategory { class_code } => vec![class_code.clone()],
            Self::MissingRate { currency, date } => vec![currency.to_string(), date.to_string()],
            Self::StaleRate { currency, published, age_days, max_days } => {
                vec![currency.to_string(), published.to_string(), age_days.to_string(), max_days.to_string()]
            }
            Self::MissingVatRate { country, class, date } => {
                vec![country.code().to_owned(), class.clone(), date.to_string()]
            }
            Self::MissingTranslation { field, language } => {
                vec![field.code().to_owned(), language.to_string()]
            }
            Self::TitleTooShort { text } | Self::DescriptionTooShort { text } => vec![text.clone()],
            Self::PriceOutOfRange { amount, min, max } => {
                vec![amount.to_string(), min.unwrap_or_default().to_string(), max.to_string()]
            }
            Self::PricesDisagree { gross, net, vat_percent } => {
                vec![gross.to_string(), net.to_string(), vat_percent.to_string()]
            }
            Self::InvalidContent { field, rule, value } => {
                vec![field.code().to_owned(), rule.code().to_owned(), value.clone()]
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
    /// The title is the ERP's name, sent as these languages.
    TitleFallback {
        /// The languages.
        languages: Vec<Language>,
    },
    /// The description is made of ERP fields, sent as these languages.
    DescriptionFallback {
        /// The languages.
        languages: Vec<Language>,
    },
    /// A text was cut to the channel's limit.
    Truncated {
        /// Which.
        field: Field,
        /// Of a text: its language.
        language: Option<Language>,
    },
    /// A value that the channel would refuse was left out.
    Ignored {
        /// Which.
        field: Field,
        /// The value, cut to 80 characters.
        value: String,
    },
    /// Only the default placed the article.
    DefaultCategory {
        /// The category.
        category: String,
    },
}

impl Note {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TitleFallback { .. } => "title_fallback",
            Self::DescriptionFallback { .. } => "description_fallback",
            Self::Truncated { .. } => "truncated",
            Self::Ignored { .. } => "ignored",
            Self::DefaultCategory { .. } => "default_category",
        }
    }

    /// Values for the sentences, in the order of the fields; languages in one value.
    pub fn params(&self) -> Vec<String> {
        match self {
            Self::TitleFallback { languages } | Self::DescriptionFallback { languages } => {
                let codes: Vec<_> = languages.iter().map(|l| l.code()).collect();
                vec![codes.join(", ")]
            }
            Self::Truncated { field, language } => {
                vec![field.code().to_owned(), language.map(Language::code).unwrap_or_default().to_owned()]
            }
            Self::Ignored { field, value } => vec![field.code().to_owned(), value.clone()],
            Self::DefaultCategory { category } => vec![category.clone()],
        }
    }
}

/// At most 80 characters of a value, for messages.
pub(super) fn excerpt(value: &str) -> String {
    value.chars().take(80).collect()
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
            ProblemKind::PriceOutOfRange { amount: Decimal::ZERO, min: None, max: Decimal::ONE },
            ProblemKind::InvalidContent {
                field: Field::VatPercent,
                rule: ContentRule::Percent,
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
                field: Field::VatPercent,
                rule: ContentRule::Percent,
                value: "0.21".into(),
            },
        };
        assert_eq!(vat.kind.to_string(), "vat_percent `0.21` is not a percent (0, or 1 to 50)");
        let note = Note::TitleFallback { languages: vec![Language::Sv, Language::Fi] };
        assert_eq!(serde_json::to_value(&note).unwrap()["code"], note.code());
        assert_eq!(note.params(), ["sv-SE, fi-FI"]);
    }
}
