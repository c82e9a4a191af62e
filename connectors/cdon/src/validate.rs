//! CDON's rules, checked before anything is sent (cdon.md sections 6, 7 and 9).

use rust_decimal::Decimal;
use url::Url;
use vortex_domain::{
    Language, Listing, Market, MarketPrice, Publication,
    sku::{Facet, Refusal},
};

use crate::{markup, transform::further_images};

const MOST_UNITS: u32 = 500_000;
/// `amount_including_vat` has at most seven digits before the point.
const MOST_MINOR: i64 = 9_999_999 * 100;
const MOST_IMAGES: usize = 10;
const MOST_DAYS: u8 = 10;

/// Every rule that the publication breaks; each message names the field and the rule.
pub(crate) fn validate(publication: &Publication, sold_in: &[Market]) -> Vec<Refusal> {
    let mut found = Findings::default();
    let parts = (&publication.listing, &publication.prices, publication.quantity);
    let anything = parts.0.is_some() || parts.1.is_some() || parts.2.is_some();
    if publication.delete {
        if anything || publication.create {
            found.add(Facet::Listing, None, "delete: nothing else can be sent with a deletion");
        }
        return found.0;
    }
    if publication.create {
        for (facet, field, there) in [
            (Facet::Listing, "listing", parts.0.is_some()),
            (Facet::Prices, "price", parts.1.is_some()),
            (Facet::Quantity, "quantity", parts.2.is_some()),
        ] {
            if !there {
                found.add(facet, None, format!("{field}: needed to create an article"));
            }
        }
    } else if !anything {
        found.add(Facet::Listing, None, "nothing to change");
    }
    if let Some(listing) = parts.0 {
        found.listing(listing, sold_in);
    }
    if let Some(prices) = parts.1 {
        found.prices(prices, parts.0.as_ref());
    }
    if let Some(quantity) = parts.2
        && quantity > MOST_UNITS
    {
        found.add(Facet::Quantity, None, format!("quantity: 0 to {MOST_UNITS}, is {quantity}"));
    }
    found.0
}

#[derive(Default)]
struct Findings(Vec<Refusal>);

impl Findings {
    fn add(&mut self, facet: Facet, market: Option<Market>, reason: impl Into<String>) {
        self.0.push(Refusal { facet, reason: reason.into(), market });
    }

    fn bad(&mut self, reason: impl Into<String>) {
        self.add(Facet::Listing, None, reason);
    }

    fn listing(&mut self, listing: &Listing, sold_in: &[Market]) {
        self.markets(listing, sold_in);
        self.translations("title", &listing.title, 5, 150, markup::plain);
        self.translations("description", &listing.description, 10, 4096, markup::description);
        self.image("main_image", &listing.main_image);
        let further: Vec<&str> = further_images(listing).collect();
        if further.len() > MOST_IMAGES {
            self.bad(format!("images: at most {MOST_IMAGES} beside the main image, are {}", further.len()));
        }
        for (place, url) in further.iter().enumerate() {
            self.image(&format!("images[{place}]"), url);
        }
        self.length("category", listing.category.as_deref(), 10);
        if listing.category.as_deref().is_some_and(|id| id.trim().contains(|c: char| !c.is_ascii_digit())) {
            self.bad("category: the number of one category (the last one of its path)");
        }
        self.length("brand", listing.brand.as_deref(), 50);
        self.length("gtin", listing.gtin.as_deref(), 13);
        if listing.gtin.as_deref().is_some_and(|gtin| gtin.trim().contains(|c: char| !c.is_ascii_digit())) {
            self.bad("gtin: digits only");
        }
        self.length("parent_sku", listing.parent_sku.as_deref(), 64);
        self.length("kn_number", listing.customs_code.as_deref(), 48);
    }

    fn markets(&mut self, listing: &Listing, sold_in: &[Market]) {
        if listing.markets.is_empty() {
            self.bad("markets: at least one; to stop selling everywhere, pause the article");
        }
        for (place, market) in listing.markets.iter().enumerate() {
            if !sold_in.contains(market) {
                self.add(
                    Facet::Listing,
                    Some(*market),
                    format!("markets: {market} is not a market of this connection"),
                );
            }
            if listing.markets.iter().take(place).any(|other| other == market) {
                self.add(Facet::Listing, Some(*market), format!("markets: {market} stands twice"));
            }
            let rows = listing.shipping_days.iter().filter(|(of, ..)| of == market).count();
            if rows != 1 {
                self.add(
                    Facet::Listing,
                    Some(*market),
                    format!("shipping_time: exactly one row for {market}, are {rows}"),
                );
            }
        }
        for (market, min, max) in &listing.shipping_days {
            if *min < 1 || min > max || *max > MOST_DAYS {
                self.add(
                    Facet::Listing,
                    Some(*market),
                    format!("shipping_time: 1 to {MOST_DAYS} days, min not above max, is {min} to {max}"),
                );
            }
        }
    }

    fn translations(
        &mut self,
        field: &str,
        rows: &[(Language, String)],
        min: usize,
        max: usize,
        clean: fn(&str) -> String,
    ) {
        if rows.is_empty() {
            self.bad(format!("{field}: needed in at least one language"));
        }
        for (place, (language, text)) in rows.iter().enumerate() {
            let length = clean(text).chars().count();
            if !(min..=max).contains(&length) {
                self.bad(format!(
                    "{field} ({language}): {min} to {max} characters without markup, has {length}"
                ));
            }
            if rows.iter().take(place).any(|(other, _)| other == language) {
                self.bad(format!("{field} ({language}): stands twice"));
            }
        }
    }

    fn image(&mut self, field: &str, url: &str) {
        let url = url.trim();
        let absolute = Url::parse(url)
            .is_ok_and(|parsed| matches!(parsed.scheme(), "http" | "https") && parsed.has_host());
        if !absolute {
            self.bad(format!("{field}: an absolute http or https address that everybody can open"));
        } else if url.chars().count() > 1500 {
            self.bad(format!("{field}: at most 1500 characters, has {}", url.chars().count()));
        }
    }

    /// Optional texts: an empty one is not sent.
    fn length(&mut self, field: &str, text: Option<&str>, max: usize) {
        let length = text.map_or(0, |text| text.trim().chars().count());
        if length > max {
            self.bad(format!("{field}: at most {max} characters, has {length}"));
        }
    }

    fn prices(&mut self, prices: &[MarketPrice], listing: Option<&Listing>) {
        if prices.is_empty() {
            self.add(Facet::Prices, None, "price: at least one row");
        }
        let listed = listing.map_or(&[][..], |listing| listing.markets.as_slice());
        for market in listed {
            if !prices.iter().any(|price| price.market == *market) {
                self.add(
                    Facet::Prices,
                    Some(*market),
                    format!("price: a row for {market}, which is a listed market"),
                );
            }
        }
        for (place, price) in prices.iter().enumerate() {
            let market = Some(price.market);
            if price.gross_minor <= 0 || price.gross_minor > MOST_MINOR {
                let amount = Decimal::new(price.gross_minor, 2);
                self.add(Facet::Prices, market, format!("price: above 0 and at most 9999999, is {amount}"));
            }
            if price.vat_rate.is_sign_negative() || price.vat_rate >= Decimal::ONE {
                let reason = format!("price: vat_rate is a fraction such as 0.25, is {}", price.vat_rate);
                self.add(Facet::Prices, market, reason);
            }
            if prices.iter().take(place).any(|other| other.market == price.market) {
                self.add(Facet::Prices, market, format!("price: {} stands twice", price.market));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::full;

    #[test]
    fn finds_nothing_wrong_with_a_good_article() {
        assert_eq!(validate(&full(true), Market::ALL), []);
        assert_eq!(validate(&full(false), Market::ALL), []);
    }

    #[test]
    fn names_field_and_rule_of_every_break() {
        type Break = (&'static str, Facet, fn(&mut Publication));
        fn listing(publication: &mut Publication) -> &mut Listing {
            publication.listing.as_mut().unwrap()
        }
        fn price(publication: &mut Publication) -> &mut MarketPrice {
            &mut publication.prices.as_mut().unwrap()[0]
        }
        let breaks: &[Break] = &[
            ("listing", Facet::Listing, |p| p.listing = None),
            ("price", Facet::Prices, |p| p.prices = None),
            ("quantity", Facet::Quantity, |p| p.quantity = None),
            ("quantity", Facet::Quantity, |p| p.quantity = Some(500_001)),
            ("markets", Facet::Listing, |p| listing(p).markets.clear()),
            ("markets", Facet::Listing, |p| listing(p).markets.push(Market::No)),
            ("markets", Facet::Listing, |p| listing(p).markets.push(Market::Se)),
            ("title", Facet::Listing, |p| listing(p).title.clear()),
            ("title", Facet::Listing, |p| listing(p).title[0].1 = "Four".to_owned()),
            ("title", Facet::Listing, |p| listing(p).title[0].1 = "<b>Four</b>".to_owned()),
            ("title", Facet::Listing, |p| listing(p).title[0].1 = "x".repeat(151)),
            ("title", Facet::Listing, |p| listing(p).title.push((Language::En, "Another".to_owned()))),
            ("description", Facet::Listing, |p| listing(p).description[0].1 = "123456789".to_owned()),
            ("description", Facet::Listing, |p| listing(p).description[0].1 = "x".repeat(4097)),
            ("main_image", Facet::Listing, |p| listing(p).main_image = "417.jpg".to_owned()),
            ("main_image", Facet::Listing, |p| listing(p).main_image = "ftp://a/b.jpg".to_owned()),
            ("main_image", Facet::Listing, |p| {
                listing(p).main_image = format!("https://a/{}", "x".repeat(1500));
            }),
            ("images", Facet::Listing, |p| {
                listing(p).images = (0..11).map(|n| format!("https://a/{n}")).collect();
            }),
            ("images[0]", Facet::Listing, |p| listing(p).images = vec!["nowhere".to_owned()]),
            ("category", Facet::Listing, |p| listing(p).category = Some("1.423".to_owned())),
            ("category", Facet::Listing, |p| listing(p).category = Some("1".repeat(11))),
            ("brand", Facet::Listing, |p| listing(p).brand = Some("x".repeat(51))),
            ("gtin", Facet::Listing, |p| listing(p).gtin = Some("12345678901234".to_owned())),
            ("gtin", Facet::Listing, |p| listing(p).gtin = Some("59400X".to_owned())),
            ("parent_sku", Facet::Listing, |p| listing(p).parent_sku = Some("x".repeat(65))),
            ("kn_number", Facet::Listing, |p| listing(p).customs_code = Some("1".repeat(49))),
            ("shipping_time", Facet::Listing, |p| listing(p).shipping_days.truncate(1)),
            ("shipping_time", Facet::Listing, |p| listing(p).shipping_days[0] = (Market::Se, 0, 3)),
            ("shipping_time", Facet::Listing, |p| listing(p).shipping_days[0] = (Market::Se, 5, 3)),
            ("shipping_time", Facet::Listing, |p| listing(p).shipping_days[0] = (Market::Se, 5, 11)),
            ("price", Facet::Prices, |p| p.prices = Some(vec![])),
            ("price", Facet::Prices, |p| p.prices.as_mut().unwrap().truncate(1)),
            ("price", Facet::Prices, |p| price(p).gross_minor = 0),
            ("price", Facet::Prices, |p| price(p).gross_minor = 1_000_000_000),
            ("price", Facet::Prices, |p| price(p).vat_rate = Decimal::from(25)),
            ("price", Facet::Prices, |p| price(p).market = Market::Fi),
            ("delete", Facet::Listing, |p| p.delete = true),
        ];
        let sold_in = [Market::Se, Market::Fi, Market::Dk];
        for (place, (field, facet, spoil)) in breaks.iter().enumerate() {
            let mut publication = full(true);
            spoil(&mut publication);
            let found = validate(&publication, &sold_in);
            let named = found.iter().any(|r| r.facet == *facet && r.reason.starts_with(field));
            assert!(named, "break {place} ({field}): {found:?}");
        }
        let mut nothing = full(false);
        (nothing.listing, nothing.prices, nothing.quantity) = (None, None, None);
        assert_eq!(validate(&nothing, &sold_in).len(), 1);
    }
}
