//! Where each field of an offer comes from.

use serde::{Deserialize, Serialize};

/// Where title and description come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// Content in the market's own language.
    ContentMarketLanguage,
    /// Content in English, which the channel translates.
    ContentEnglish,
    /// Content without a language, sent as the market's.
    ContentAnyLanguage,
    /// The ERP's name, sent as the market's language.
    ErpName,
    /// The ERP's name and class, sent as the market's language.
    ErpNameAndClass,
}

/// Where the category comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategorySource {
    /// The content.
    Content,
    /// The ERP's class symbol, through the table `category.by_class`.
    ClassTable,
    /// `category.default`.
    Default,
}

/// Where the images come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// The content.
    Content,
    /// The vendor's URL template.
    Template,
}

/// Where the brand comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrandSource {
    /// The content.
    Content,
    /// The ERP's producer.
    ErpProducer,
}

/// Where the GTIN comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GtinSource {
    /// The content.
    Content,
    /// The SKU, when it is an EAN-8 or EAN-13 outside of the shops' own ranges.
    Sku,
}

/// Where the weight comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightSource {
    /// The ERP's weight.
    ErpWeight,
}

/// Where the customs code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomsSource {
    /// The ERP's customs code.
    ErpCustomsCode,
}

/// For each field of the offer its sources; the first that has something wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldSources {
    /// Title; with content sources only, a missing translation blocks the market.
    pub title: Vec<TextSource>,
    /// Description; as the title.
    pub description: Vec<TextSource>,
    /// Category.
    pub category: Vec<CategorySource>,
    /// Main image and, from content, further images.
    pub main_image: Vec<ImageSource>,
    /// Brand.
    pub brand: Vec<BrandSource>,
    /// GTIN.
    pub gtin: Vec<GtinSource>,
    /// Weight.
    pub weight: Vec<WeightSource>,
    /// Customs code.
    pub customs_code: Vec<CustomsSource>,
}

impl Default for FieldSources {
    fn default() -> Self {
        use TextSource::{
            ContentAnyLanguage, ContentEnglish, ContentMarketLanguage, ErpName, ErpNameAndClass,
        };
        let content = [ContentMarketLanguage, ContentEnglish, ContentAnyLanguage];
        Self {
            title: content.into_iter().chain([ErpName]).collect(),
            description: content.into_iter().chain([ErpNameAndClass]).collect(),
            category: vec![CategorySource::Content, CategorySource::ClassTable, CategorySource::Default],
            main_image: vec![ImageSource::Content, ImageSource::Template],
            brand: vec![BrandSource::Content, BrandSource::ErpProducer],
            gtin: vec![GtinSource::Content, GtinSource::Sku],
            weight: vec![WeightSource::ErpWeight],
            customs_code: vec![CustomsSource::ErpCustomsCode],
        }
    }
}
