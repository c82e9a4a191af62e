//! From a publication to CDON's request bodies (cdon.md sections 5 to 10).
//!
//! Numbers are JSON numbers, fields that we do not have are left out, and only `amount_including_vat` is sent.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Map, Value, json};
use vortex_domain::{Language, Listing, MarketPrice, Money, Publication, sku::Facet};

use crate::markup;

/// What a bulk update does to one article (cdon.md 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Replaces the descriptive part.
    Update,
    /// Sets the prices of all markets.
    Price,
    /// Sets the quantity.
    Quantity,
    /// Takes the article off the shop.
    Delete,
}

impl Action {
    const ALL: [Self; 4] = [Self::Update, Self::Price, Self::Quantity, Self::Delete];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Update => "update_article",
            Self::Price => "update_article_price",
            Self::Quantity => "update_article_quantity",
            Self::Delete => "delete_article",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// What an error of this action is about.
    pub(crate) fn facet(self) -> Facet {
        match self {
            Self::Update | Self::Delete => Facet::Listing,
            Self::Price => Facet::Prices,
            Self::Quantity => Facet::Quantity,
        }
    }

    /// The actions that a change consists of.
    pub(crate) fn of(publication: &Publication) -> Vec<Self> {
        if publication.delete {
            return vec![Self::Delete];
        }
        let parts = [
            (Self::Update, publication.listing.is_some()),
            (Self::Price, publication.prices.is_some()),
            (Self::Quantity, publication.quantity.is_some()),
        ];
        parts.into_iter().filter_map(|(action, wanted)| wanted.then_some(action)).collect()
    }
}

/// The body of `POST /v2/articles/bulk`.
pub(crate) fn creations(batch: &[Publication]) -> Value {
    json!({"articles": batch.iter().map(article).collect::<Vec<_>>()})
}

/// The body of `PUT /v2/articles/bulk`.
pub(crate) fn changes(batch: &[Publication]) -> Value {
    let actions: Vec<Value> = batch
        .iter()
        .flat_map(|publication| Action::of(publication).into_iter().map(move |action| (publication, action)))
        .map(|(publication, action)| {
            let mut row = json!({"sku": publication.sku.as_str(), "action": action.name()});
            if let (Some(body), Some(row)) = (action_body(publication, action), row.as_object_mut()) {
                row.insert("body".to_owned(), Value::Object(body));
            }
            row
        })
        .collect();
    json!({"actions": actions})
}

fn article(publication: &Publication) -> Value {
    let mut article = Map::new();
    article.insert("sku".to_owned(), json!(publication.sku.as_str()));
    for action in Action::of(publication) {
        article.extend(action_body(publication, action).unwrap_or_default());
    }
    Value::Object(article)
}

fn action_body(publication: &Publication, action: Action) -> Option<Map<String, Value>> {
    let mut body = Map::new();
    match action {
        Action::Update => return publication.listing.as_ref().map(descriptive),
        Action::Price => body.insert("price".to_owned(), prices(publication.prices.as_deref()?)),
        Action::Quantity => body.insert("quantity".to_owned(), json!(publication.quantity?)),
        Action::Delete => return None,
    };
    Some(body)
}

fn prices(rows: &[MarketPrice]) -> Value {
    rows.iter()
        .map(|price| {
            let amount = Money::minor(price.gross_minor, price.currency()).amount();
            json!({"market": price.market, "value": {
                "amount_including_vat": number(amount),
                "currency": price.currency(),
                "vat_rate": number(price.vat_rate),
            }})
        })
        .collect()
}

/// A decimal of few digits as the JSON number that prints the same.
fn number(value: Decimal) -> Value {
    value.to_f64().map_or(Value::Null, Value::from)
}

fn descriptive(listing: &Listing) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| {
        body.insert(key.to_owned(), value);
    };
    put("status", json!(if listing.for_sale { "for sale" } else { "paused" }));
    put("main_image", json!(listing.main_image.trim()));
    put("markets", json!(listing.markets));
    put("title", translations(&listing.title, markup::plain));
    put("description", translations(&listing.description, markup::description));
    let shipping = listing.shipping_days.iter();
    put(
        "shipping_time",
        shipping.map(|(market, min, max)| json!({"market": market, "min": min, "max": max})).collect(),
    );
    let images: Vec<&str> = further_images(listing).collect();
    if !images.is_empty() {
        put("images", json!(images));
    }
    let optional = [
        ("category", &listing.category),
        ("brand", &listing.brand),
        ("gtin", &listing.gtin),
        ("parent_sku", &listing.parent_sku),
        ("kn_number", &listing.customs_code),
    ];
    for (key, value) in optional {
        if let Some(value) = value.as_deref().map(str::trim).filter(|value| !value.is_empty()) {
            put(key, json!(value));
        }
    }
    if let Some(grams) = listing.weight_g {
        put("properties", json!([{"name": "weight_g", "value": grams.to_string()}]));
    }
    body
}

/// The images beside the main one; CDON wants none twice.
pub(crate) fn further_images(listing: &Listing) -> impl Iterator<Item = &str> {
    let images = || listing.images.iter().map(|url| url.trim());
    images()
        .enumerate()
        .filter(move |(place, url)| {
            !url.is_empty()
                && *url != listing.main_image.trim()
                && images().take(*place).all(|other| other != *url)
        })
        .map(|(_, url)| url)
}

fn translations(rows: &[(Language, String)], clean: fn(&str) -> String) -> Value {
    rows.iter().map(|(language, text)| json!({"language": language, "value": clean(text)})).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use vortex_domain::{Market, Sku};

    use super::*;

    pub(crate) fn full(create: bool) -> Publication {
        Publication {
            sku: Sku::new("WM-000417").unwrap(),
            create,
            listing: Some(Listing {
                for_sale: true,
                markets: vec![Market::Se, Market::Fi],
                title: vec![(Language::En, "Cast iron pot 4 l, red".to_owned())],
                description: vec![(Language::En, "Enamelled cast iron pot for all hobs.".to_owned())],
                main_image: "https://img.example.ro/417.jpg".to_owned(),
                images: vec![
                    "https://img.example.ro/417b.jpg".to_owned(),
                    "https://img.example.ro/417.jpg".to_owned(),
                ],
                category: Some("1124".to_owned()),
                brand: Some("Exemplar".to_owned()),
                gtin: Some("5940000000017".to_owned()),
                shipping_days: vec![(Market::Se, 3, 6), (Market::Fi, 4, 7)],
                parent_sku: None,
                weight_g: Some(5200),
                customs_code: Some(String::new()),
            }),
            prices: Some(vec![
                MarketPrice { market: Market::Se, gross_minor: 39_900, vat_rate: Decimal::new(25, 2) },
                MarketPrice { market: Market::Fi, gross_minor: 3_490, vat_rate: Decimal::new(255, 3) },
            ]),
            quantity: Some(12),
            delete: false,
        }
    }

    #[test]
    fn writes_a_creation_exactly_as_documented() {
        let expected = json!({"articles": [{
            "sku": "WM-000417", "status": "for sale", "quantity": 12,
            "main_image": "https://img.example.ro/417.jpg", "images": ["https://img.example.ro/417b.jpg"],
            "markets": ["SE", "FI"],
            "title": [{"language": "en-US", "value": "Cast iron pot 4 l, red"}],
            "description": [{"language": "en-US", "value": "Enamelled cast iron pot for all hobs."}],
            "price": [
                {"market": "SE", "value": {"amount_including_vat": 399.0, "currency": "SEK", "vat_rate": 0.25}},
                {"market": "FI", "value": {"amount_including_vat": 34.9, "currency": "EUR", "vat_rate": 0.255}}
            ],
            "shipping_time": [{"market": "SE", "min": 3, "max": 6}, {"market": "FI", "min": 4, "max": 7}],
            "category": "1124", "brand": "Exemplar", "gtin": "5940000000017",
            "properties": [{"name": "weight_g", "value": "5200"}]
        }]});
        assert_eq!(creations(&[full(true)]), expected);
    }

    #[test]
    fn writes_a_change_as_one_action_per_part() {
        let body = changes(&[full(false)]);
        let actions = body["actions"].as_array().unwrap();
        let names: Vec<_> = actions.iter().map(|a| a["action"].as_str().unwrap()).collect();
        assert_eq!(names, ["update_article", "update_article_price", "update_article_quantity"]);
        assert!(actions[0]["body"].get("price").is_none() && actions[0]["body"].get("quantity").is_none());
        assert_eq!(actions[2]["body"], json!({"quantity": 12}));
        let mut only_quantity = full(false);
        (only_quantity.listing, only_quantity.prices) = (None, None);
        assert_eq!(
            changes(&[only_quantity]),
            json!({"actions": [{"sku": "WM-000417", "action": "update_article_quantity", "body": {"quantity": 12}}]})
        );
    }

    #[test]
    fn a_deletion_has_no_body() {
        let mut gone = full(false);
        (gone.listing, gone.prices, gone.quantity, gone.delete) = (None, None, None, true);
        assert_eq!(changes(&[gone]), json!({"actions": [{"sku": "WM-000417", "action": "delete_article"}]}));
    }

    #[test]
    fn amounts_print_with_at_most_two_decimals() {
        // F40: no binary noise in a price.
        for minor in (1..2_000_000i64).step_by(7919).chain([999_999_900, 10, 1]) {
            let printed = number(Decimal::new(minor, 2)).to_string();
            assert_eq!(printed.parse::<Decimal>().unwrap(), Decimal::new(minor, 2), "{printed}");
        }
    }

    #[test]
    fn sends_no_null_anywhere() {
        let mut bare = full(true);
        let listing = bare.listing.as_mut().unwrap();
        (listing.category, listing.brand, listing.gtin, listing.weight_g, listing.images) =
            (None, None, None, None, vec![]);
        assert!(!creations(&[bare]).to_string().contains("null"));
    }
}
