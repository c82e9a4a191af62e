//! How the fields that a mapping reads are found in what the engine holds.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::{kind::Kind, schema::FieldSpec, urls::percent_encoded, value::Value};
use crate::{
    article::{ContentRow, ErpArticle},
    ids::{Language, Market},
    order::ChannelOrder,
    sales::business_date,
};

/// Everything that rows of one object can read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts<'a> {
    pub(super) article: Option<&'a ErpArticle>,
    pub(super) content: &'a [&'a ContentRow],
    pub(super) image_url: Option<&'a str>,
    pub(super) market: Option<Market>,
    pub(super) order: Option<&'a ChannelOrder>,
}

/// Where a text came from, for the language that it is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Content, for the market's language.
    Content,
    /// Content in English, which the channel translates.
    English,
    /// Anything that nobody wrote for buyers.
    Other,
}

pub(super) type Getter = for<'a> fn(&Facts<'a>) -> Option<Value<'a>>;

/// A known field: how to read it, whether markets differ, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    pub(super) get: Getter,
    pub(super) varies: bool,
    pub(super) origin: Origin,
}

impl Access {
    const fn new(get: Getter) -> Self {
        Self { get, varies: false, origin: Origin::Other }
    }

    const fn varying(self) -> Self {
        Self { varies: true, ..self }
    }

    const fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
}

/// How a field is read, by its name; none for a name that no reader is known for.
pub(super) fn access(name: &str) -> Option<Access> {
    Some(match name {
        "erp.sku" => Access::new(|f| Some(Value::text(f.article?.sku.as_str()))),
        "erp.name" => Access::new(|f| Some(Value::text(&f.article?.name))),
        "erp.unit" => Access::new(|f| Some(Value::text(&f.article?.unit))),
        "erp.class" => Access::new(|f| Some(Value::text(&f.article?.class_code))),
        "erp.class_name" => Access::new(|f| Some(Value::text(&f.article?.class_name))),
        "erp.producer" => Access::new(|f| Some(Value::text(&f.article?.producer))),
        "erp.customs_code" => Access::new(|f| Some(Value::text(&f.article?.customs_code))),
        "erp.price_net" => Access::new(|f| f.article?.price_net.map(Value::amount)),
        "erp.price_gross" => Access::new(|f| f.article?.price_gross.map(Value::amount)),
        "erp.vat_percent" => Access::new(|f| f.article?.vat_percent.map(Value::Number)),
        "erp.weight_kg" => Access::new(|f| f.article?.weight_kg.map(Value::Number)),
        "content.title" => {
            Access::new(|f| text(f, own(f)?, |row| row.title.as_deref())).varying().from(Origin::Content)
        }
        "content.title_en" => {
            Access::new(|f| text(f, Some(Language::En), |row| row.title.as_deref())).from(Origin::English)
        }
        "content.title_any" => {
            Access::new(|f| text(f, None, |row| row.title.as_deref())).from(Origin::Content)
        }
        "content.description" => Access::new(|f| text(f, own(f)?, |row| row.description.as_deref()))
            .varying()
            .from(Origin::Content),
        "content.description_en" => {
            Access::new(|f| text(f, Some(Language::En), |row| row.description.as_deref()))
                .from(Origin::English)
        }
        "content.description_any" => {
            Access::new(|f| text(f, None, |row| row.description.as_deref())).from(Origin::Content)
        }
        "content.category" => Access::new(|f| first(f, |row| row.category.as_deref())),
        "content.brand" => Access::new(|f| first(f, |row| row.brand.as_deref())),
        "content.gtin" => Access::new(|f| first(f, |row| row.gtin.as_deref())),
        "content.images" => Access::new(|f| {
            let images = f.content.iter().flat_map(|row| &row.images);
            let filled = images.filter(|image| !image.trim().is_empty());
            Some(Value::List(filled.take(super::LIST_LIMIT).map(|i| Cow::Borrowed(i.as_str())).collect()))
        }),
        "vendor.image_url" => Access::new(|f| {
            let sku = f.article?.sku.as_str();
            Some(Value::Text(Cow::Owned(f.image_url?.replace("{sku}", &percent_encoded(sku)))))
        }),
        "order.id" => Access::new(|f| Some(Value::text(f.order?.id.as_str()))),
        "order.basket" => Access::new(|f| f.order?.basket.as_deref().map(Value::text)),
        "order.sku" => Access::new(|f| Some(Value::text(f.order?.sku.as_str()))),
        "order.units" => Access::new(|f| Some(Value::Number(f.order?.quantity.into()))),
        "order.vat_percent" => {
            Access::new(|f| f.order?.vat_rate.checked_mul(Decimal::ONE_HUNDRED).map(Value::Number))
        }
        "order.paid" => Access::new(|f| {
            let order = f.order?;
            Some(Value::Text(Cow::Owned(order.net.plus(order.vat).ok()?.to_string())))
        }),
        "order.day" => Access::new(|f| Some(Value::Date(business_date(f.order?.created_at_ms)))),
        "market.code" => Access::new(|f| Some(Value::text(f.market?.code()))).varying(),
        "market.language" => Access::new(|f| Some(Value::text(f.market?.language().code()))).varying(),
        "market.currency" => Access::new(|f| Some(Value::text(f.market?.currency().code()))).varying(),
        _ => return None,
    })
}

/// The market's own language, as content rows name it.
#[expect(
    clippy::option_option,
    reason = "the outer says whether there is a market, the inner is a row's language"
)]
fn own(facts: &Facts<'_>) -> Option<Option<Language>> {
    Some(Some(facts.market?.language()))
}

fn text<'a>(
    facts: &Facts<'a>,
    language: Option<Language>,
    of: fn(&ContentRow) -> Option<&str>,
) -> Option<Value<'a>> {
    let rows = facts.content.iter().filter(|row| row.language == language);
    rows.filter_map(|row| of(row)).find(|text| !text.trim().is_empty()).map(Value::text)
}

fn first<'a>(facts: &Facts<'a>, of: fn(&ContentRow) -> Option<&str>) -> Option<Value<'a>> {
    facts.content.iter().filter_map(|row| of(row)).find(|text| !text.trim().is_empty()).map(Value::text)
}

/// The fields of articles that are the program's own, not a connector's.
pub(super) fn own_specs() -> Vec<FieldSpec> {
    use Kind::{List, Text};
    let of = FieldSpec::new;
    vec![
        of(
            "content.title",
            Text,
            "Titlul din conținut, în limba pieței",
            "Title in the content, in the market's language",
        ),
        of(
            "content.title_en",
            Text,
            "Titlul din conținut în engleză, pe care CDON îl traduce",
            "English title in the content, which the channel translates",
        ),
        of(
            "content.title_any",
            Text,
            "Titlul din conținut fără limbă",
            "Title in the content without a language",
        ),
        of(
            "content.description",
            Text,
            "Descrierea din conținut, în limba pieței",
            "Description in the content, in the market's language",
        ),
        of(
            "content.description_en",
            Text,
            "Descrierea din conținut în engleză, pe care CDON o traduce",
            "English description in the content, which the channel translates",
        ),
        of(
            "content.description_any",
            Text,
            "Descrierea din conținut fără limbă",
            "Description in the content without a language",
        ),
        of("content.category", Text, "Categoria CDON din conținut", "Channel category in the content"),
        of("content.brand", Text, "Marca din conținut", "Brand in the content"),
        of("content.gtin", Text, "GTIN din conținut", "GTIN in the content"),
        of(
            "content.images",
            List,
            "Imaginile din conținut; prima este cea principală",
            "Images in the content; the first is the main one",
        ),
        of(
            "vendor.image_url",
            Text,
            "Adresa imaginii după șablonul din [content] image_url",
            "Image address by the pattern of [content] image_url",
        ),
    ]
    .into_iter()
    .chain(market_specs())
    .collect()
}

/// What the program itself knows of the market that a record is for.
pub(super) fn market_specs() -> [FieldSpec; 3] {
    use Kind::Text;
    let of = FieldSpec::new;
    [
        of("market.code", Text, "Piața: SE, DK, FI, NO", "The market: SE, DK, FI, NO").per_market(),
        of("market.language", Text, "Limba pieței: sv-SE …", "The market's language: sv-SE …").per_market(),
        of("market.currency", Text, "Moneda pieței: SEK …", "The market's currency: SEK …").per_market(),
    ]
}
