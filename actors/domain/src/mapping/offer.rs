//! The offer: what the channel is told of one article, where it cannot be told, and why.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Mapping,
    fields::Common,
    price::{PriceInput, PriceReceipt},
    problem::{ContentRule, Field, Note, Problem, ProblemKind},
    texts::Texts,
};
use crate::{
    article::{ContentRow, ErpArticle, Listing, MarketPrice, fingerprint},
    ids::{Language, Market},
    rates::RateTable,
    vat::VatTable,
};

/// Everything that an offer is made from.
#[derive(Debug, Clone, Copy)]
pub struct OfferInput<'a> {
    /// What the ERP says.
    pub article: &'a ErpArticle,
    /// What the ERP does not hold; rows of other SKUs are passed over.
    pub content: &'a [ContentRow],
    /// Where the vendor sells.
    pub markets: &'a [Market],
    /// Exchange rates.
    pub rates: &'a RateTable,
    /// VAT rates and the vendor's classes of goods.
    pub vat: &'a VatTable,
    /// The business date (Europe/Bucharest), which chooses rates and VAT.
    pub date: Date,
    /// Image URL with `{sku}` in it, for articles without an image of their own.
    pub image_url: Option<&'a str>,
}

/// What the channel is to be told of one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The descriptive part; none when the article can be sold nowhere.
    pub listing: Option<Listing>,
    /// One price for each listed market, in the order of the listing; none without a listing.
    pub prices: Vec<MarketPrice>,
    /// What keeps it from being sold, everywhere or in one market. Never empty without a listing.
    pub problems: Vec<Problem>,
    /// What somebody may want to know.
    pub notes: Vec<Note>,
    /// How each price came about, in the order of the prices.
    pub price_receipts: Vec<PriceReceipt>,
    /// The mapping version that made all of it.
    pub mapping_version: u32,
}

impl Offer {
    /// Fingerprints of listing and prices, to tell a change from none; the mapping version alone is no change.
    pub fn fingerprints(&self) -> (u64, u64) {
        (fingerprint(&self.listing), fingerprint(&self.prices))
    }

    fn blocked(mapping_version: u32, kind: ProblemKind) -> Self {
        Self {
            listing: None,
            prices: Vec::new(),
            problems: vec![Problem { market: None, kind }],
            notes: Vec::new(),
            price_receipts: Vec::new(),
            mapping_version,
        }
    }
}

impl Mapping {
    /// Makes the offer of one article. Total: whatever comes in, the offer keeps the channel's limits.
    pub fn offer(&self, input: &OfferInput<'_>) -> Offer {
        let article = input.article;
        if article.service {
            return Offer::blocked(self.version, ProblemKind::Service);
        }
        if input.markets.is_empty() {
            return Offer::blocked(self.version, ProblemKind::NoMarkets);
        }
        let content: Vec<&ContentRow> = input.content.iter().filter(|row| row.sku == article.sku).collect();
        let common = Common { mapping: self, article, content: &content, image_template: input.image_url };
        let (mut problems, mut notes) = (Vec::new(), Vec::new());
        let mut keep = |kind| problems.push(Problem { market: None, kind });
        let category = common.category(&mut notes).map_err(&mut keep).ok();
        let images = common.images(&mut notes).map_err(&mut keep).ok();

        let price_input = PriceInput {
            article,
            rates: input.rates,
            vat: input.vat,
            vat_class: input.vat.class_of(&article.sku, category.as_deref(), &article.class_code),
            date: input.date,
            mapping_version: self.version,
        };
        let mut texts = Texts::new(self, article, &content);
        let mut markets = input.markets.to_vec();
        markets.sort_unstable();
        markets.dedup();
        let mut title: Vec<(Language, String)> = Vec::new();
        let mut description: Vec<(Language, String)> = Vec::new();
        let mut shipping_days = Vec::new();
        let mut price_receipts = Vec::new();
        // Every reason is collected, so that a person mends an article once, not once for each reason.
        markets.retain(|&market| {
            let before = problems.len();
            let mut block = |kind| problems.push(Problem { market: Some(market), kind });
            let days = self.shipping_days.days(market);
            if !days.is_valid() {
                let value = format!("{} to {}", days.min, days.max);
                block(ProblemKind::InvalidContent {
                    field: Field::ShippingDays,
                    rule: ContentRule::ShippingDays,
                    value,
                });
            }
            let price = self.price.price(market, &price_input).map_err(&mut block).ok();
            let words = texts.of(market).map_err(|kinds| kinds.into_iter().for_each(&mut block)).ok();
            let (Some(price), Some(words)) = (price, words) else { return false };
            if problems.len() > before {
                return false;
            }
            if !title.iter().any(|(language, _)| *language == words.language) {
                title.push((words.language, words.title));
                description.push((words.language, words.description));
            }
            shipping_days.push((market, days.min, days.max));
            price_receipts.push(price);
            true
        });
        notes.extend(texts.into_notes());
        title.sort_unstable_by_key(|(language, _)| *language);
        description.sort_unstable_by_key(|(language, _)| *language);

        let listing = match (category, images) {
            (Some(category), Some((main_image, images))) if !markets.is_empty() => Some(Listing {
                for_sale: true,
                markets,
                title,
                description,
                main_image,
                images,
                category: Some(category),
                brand: common.brand(&mut notes),
                gtin: common.gtin(&mut notes),
                shipping_days,
                parent_sku: None,
                weight_g: common.weight_g(&mut notes),
                customs_code: common.customs_code(&mut notes),
            }),
            _ => {
                price_receipts.clear();
                None
            }
        };
        let prices = price_receipts.iter().map(PriceReceipt::price).collect();
        Offer { listing, prices, problems, notes, price_receipts, mapping_version: self.version }
    }
}

#[cfg(test)]
#[path = "offer_tests.rs"]
mod tests;
