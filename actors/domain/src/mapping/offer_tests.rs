use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{super::text::tests::well_formed, *};
use crate::{
    ids::{Currency, Sku},
    mapping::{Mapping, example},
};

const DAY: Date = date(2026, 11, 23);

fn article() -> ErpArticle {
    ErpArticle {
        sku: Sku::new("WM-000417").unwrap(),
        name: "Oală fontă 4 l".into(),
        unit: "Buc".into(),
        class_code: "VASE".into(),
        class_name: "Vase de gătit".into(),
        producer: "Exemplar".into(),
        price_net: None,
        price_gross: Some(Decimal::from(121)),
        vat_percent: Some(Decimal::from(21)),
        service: false,
        weight_kg: Some(Decimal::new(5_2004, 4)),
        customs_code: "7323 92 00".into(),
    }
}

fn row(language: Option<Language>) -> ContentRow {
    ContentRow {
        sku: article().sku,
        language,
        title: None,
        description: None,
        category: None,
        images: Vec::new(),
        gtin: None,
        brand: None,
    }
}

fn texts(language: Option<Language>, title: &str, description: &str) -> ContentRow {
    ContentRow { title: Some(title.into()), description: Some(description.into()), ..row(language) }
}

fn mapping() -> Mapping {
    Mapping::from_toml("[tables.category.rows]\nVASE = \"1124\"\n").unwrap()
}

fn rates() -> RateTable {
    let rates = [(Currency::Sek, 46), (Currency::Dkk, 68), (Currency::Nok, 43), (Currency::Eur, 507)];
    RateTable::fixed(rates.map(|(currency, rate)| (currency, Decimal::new(rate, 2)))).unwrap()
}

struct World {
    mapping: Mapping,
    article: ErpArticle,
    content: Vec<ContentRow>,
    markets: Vec<Market>,
    rates: RateTable,
    image_url: Option<String>,
}

impl World {
    fn new() -> Self {
        Self {
            mapping: mapping(),
            article: article(),
            content: Vec::new(),
            markets: vec![Market::Fi, Market::Se, Market::Se],
            rates: rates(),
            image_url: Some("https://img.example.com/{sku}.jpg".into()),
        }
    }

    /// Lays rules over the vendor's.
    fn with(&mut self, rules: &str) {
        let own: Mapping = toml::from_str(rules).unwrap();
        self.mapping = own.over(std::mem::take(&mut self.mapping));
    }

    fn compiled(&self) -> Compiled {
        self.mapping.clone().compile(3, &example()).unwrap()
    }

    fn offer(&self) -> Offer {
        self.offer_by(&self.compiled())
    }

    fn offer_by(&self, mapping: &Compiled) -> Offer {
        let vat = VatTable::built_in();
        mapping.offer(&OfferInput {
            article: &self.article,
            content: &self.content,
            markets: &self.markets,
            rates: &self.rates,
            vat: &vat,
            date: DAY,
            image_url: self.image_url.as_deref(),
            previous: &[],
        })
    }

    fn listing(&self) -> Listing {
        let offer = self.offer();
        offer.listing.unwrap_or_else(|| panic!("{:?}", offer.problems))
    }

    fn problems(&self) -> Vec<(Option<Market>, &'static str)> {
        self.offer().problems.iter().map(|p| (p.market, p.kind.code())).collect()
    }
}

#[test]
fn without_content_everything_comes_from_the_erp_and_says_so() {
    let offer = World::new().offer();
    let listing = offer.listing.unwrap();
    assert_eq!(listing.markets, [Market::Se, Market::Fi]);
    let name = "Oală fontă 4 l".to_owned();
    assert_eq!(listing.title, [(Language::Sv, name.clone()), (Language::Fi, name)]);
    assert_eq!(listing.description[0].1, "Oală fontă 4 l. Vase de gătit");
    assert_eq!(listing.main_image, "https://img.example.com/WM-000417.jpg");
    assert_eq!((listing.category.as_deref(), listing.brand.as_deref()), (Some("1124"), Some("Exemplar")));
    assert_eq!((listing.weight_g, listing.customs_code.as_deref()), (Some(5_200), Some("73239200")));
    assert_eq!(listing.shipping_days, [(Market::Se, 4, 7), (Market::Fi, 4, 7)]);
    assert_eq!(offer.problems, []);
    let untranslated =
        |field: &str| Note::Untranslated { field: field.into(), languages: vec![Language::Sv, Language::Fi] };
    assert!(offer.notes.contains(&untranslated("title")), "{:?}", offer.notes);
    assert!(offer.notes.contains(&untranslated("description")), "{:?}", offer.notes);
    assert_eq!(offer.price_receipts.len(), 2);
    let mapping = World::new().compiled();
    for receipt in &offer.price_receipts {
        assert_eq!((receipt.mapping_version, receipt.recompute(&mapping)), (3, Some(receipt.gross_minor)));
    }
    assert_eq!(offer.prices[0].vat_rate, Decimal::new(25, 2));
}

#[test]
fn texts_go_from_the_markets_language_over_english_to_any_language() {
    let mut world = World::new();
    world.content = vec![
        texts(None, "Any title", "Any description"),
        texts(Some(Language::En), "English title", "English description"),
        texts(Some(Language::Sv), "Svensk titel", "Svensk beskrivning"),
    ];
    let listing = world.listing();
    let pair = |l, t: &str| (l, t.to_owned());
    assert_eq!(listing.title, [pair(Language::Sv, "Svensk titel"), pair(Language::En, "English title")]);
    assert_eq!(
        listing.description,
        [pair(Language::Sv, "Svensk beskrivning"), pair(Language::En, "English description")]
    );
    assert!(!world.offer().notes.iter().any(|n| n.code() == "untranslated"));

    world.content.remove(1);
    assert_eq!(world.listing().title[1], pair(Language::Fi, "Any title"));
}

#[test]
fn one_language_carries_both_texts_of_a_market() {
    let mut world = World::new();
    world.markets = vec![Market::Se];
    world.content = vec![
        ContentRow { title: Some("Svensk titel".into()), ..row(Some(Language::Sv)) },
        ContentRow { description: Some("English description".into()), ..row(Some(Language::En)) },
    ];
    let listing = world.listing();
    assert_eq!(listing.title, [(Language::Sv, "Svensk titel".to_owned())]);
    assert_eq!(listing.description, [(Language::Sv, "English description".to_owned())]);
}

#[test]
fn a_strict_mapping_blocks_the_market_without_translation() {
    let mut world = World::new();
    world.with("[[article]]\nto = \"title\"\nfrom = \"content.title\"\n");
    world.content = vec![texts(Some(Language::Sv), "Svensk titel", "Svensk beskrivning")];
    assert_eq!(world.listing().markets, [Market::Se]);
    assert_eq!(world.problems(), [(Some(Market::Fi), "missing_translation")]);
}

#[test]
fn a_text_that_is_only_decoration_counts_as_missing() {
    let mut world = World::new();
    world.content = vec![texts(Some(Language::Sv), "🔥🔥🔥🔥🔥🔥", "<p><b></b></p>")];
    assert_eq!(world.listing().title[0].1, "Oală fontă 4 l");
}

#[test]
fn short_texts_block_with_what_is_left_of_them() {
    let mut world = World::new();
    world.article.name = "Oală".into();
    world.article.class_name = "Vas".into();
    assert_eq!(world.offer().listing, None);
    let short = |of: &str| {
        let problems = world.offer().problems;
        let of_field = |p: &&Problem| matches!(&p.kind, ProblemKind::TooShort { field, .. } if field == of);
        problems.iter().filter(of_field).count()
    };
    assert_eq!((short("title"), short("description")), (2, 2), "5 and 10 characters are the least");
}

#[test]
fn f39_a_missing_rate_blocks_only_its_market() {
    let mut world = World::new();
    world.rates = RateTable::fixed([(Currency::Sek, Decimal::new(46, 2))]).unwrap();
    let offer = world.offer();
    assert_eq!(offer.listing.unwrap().markets, [Market::Se]);
    assert_eq!(offer.prices.len(), 1);
    assert_eq!(world.problems(), [(Some(Market::Fi), "missing_rate")]);
}

#[test]
fn a_missing_category_or_image_blocks_the_article_and_all_reasons_come_at_once() {
    let mut world = World::new();
    world.mapping.tables.clear();
    world.with("[tables.category]\n[tables.shipping_days]\nrows = { min = 4, max = 7 }\n");
    world.image_url = None;
    world.rates = RateTable::fixed([(Currency::Sek, Decimal::new(46, 2))]).unwrap();
    let offer = world.offer();
    assert_eq!((offer.listing, offer.prices.len(), offer.price_receipts.len()), (None, 0, 0));
    assert_eq!(
        world.problems(),
        [(None, "mapping_gap"), (None, "missing_image"), (Some(Market::Fi), "missing_rate")]
    );
}

#[test]
fn category_goes_from_content_over_class_to_default() {
    let mut world = World::new();
    world.with("[tables.category]\notherwise = 9\n");
    world.article.class_code = "ALTE".into();
    assert_eq!(world.listing().category.as_deref(), Some("9"));
    let otherwise = Note::TableOtherwise { table: "category".into(), value: "ALTE".into() };
    assert!(world.offer().notes.contains(&otherwise));
    world.article.class_code = "VASE".into();
    assert_eq!(world.listing().category.as_deref(), Some("1124"));
    world.content = vec![ContentRow { category: Some("1.423".into()), ..row(None) }];
    assert_eq!(world.listing().category.as_deref(), Some("423"));
    world.content[0].category = Some("pots & pans".into());
    assert_eq!(world.problems(), [(None, "invalid_content")], "a wrong category is not replaced by a guess");
}

#[test]
fn images_are_unique_absolute_and_at_most_eleven() {
    let mut world = World::new();
    let mut images: Vec<String> = (0..15).map(|i| format!("https://i.example.com/{i}.jpg")).collect();
    images.insert(0, "417.jpg".into());
    images.insert(2, "https://i.example.com/0.jpg".into());
    world.content = vec![ContentRow { images, ..row(None) }];
    let listing = world.listing();
    assert_eq!(listing.main_image, "https://i.example.com/0.jpg");
    assert_eq!(listing.images.len(), 10);
    assert_eq!(listing.images[0], "https://i.example.com/1.jpg");
    assert_eq!(world.offer().notes.iter().filter(|n| n.code() == "ignored").count(), 5);
    world.content[0].images = vec!["417.jpg".into()];
    assert_eq!(
        world.listing().main_image,
        "https://img.example.com/WM-000417.jpg",
        "none of the content's can be sent"
    );
}

#[test]
fn gtin_and_brand_prefer_content_and_drop_what_is_wrong() {
    let mut world = World::new();
    world.content = vec![ContentRow {
        gtin: Some("594-0000000011".into()),
        brand: Some("Brand & Söner".into()),
        ..row(None)
    }];
    assert_eq!(world.listing().gtin.as_deref(), Some("5940000000011"));
    assert_eq!(world.listing().brand.as_deref(), Some("Brand & Söner"));
    world.content[0].gtin = Some("5940000000012".into());
    assert_eq!(world.listing().gtin, None);
    assert!(
        world.offer().notes.contains(&Note::Ignored { field: "gtin".into(), value: "5940000000012".into() })
    );
    world.article.producer = "An Unusually Long Producer Name That Does Not Fit Here".into();
    world.content.clear();
    assert_eq!(world.listing().brand.as_deref(), Some("An Unusually Long Producer Name That Does Not Fit"));
}

#[test]
fn a_service_or_no_market_gives_a_reason() {
    let mut world = World::new();
    world.markets.clear();
    assert_eq!(world.problems(), [(None, "no_markets")]);
    world.article.service = true;
    assert_eq!(world.problems(), [(None, "service")]);
    assert_eq!(world.offer().listing, None);
}

#[test]
fn content_of_another_article_is_not_used() {
    let mut world = World::new();
    let mut other = texts(Some(Language::Sv), "Annan artikel", "Annan beskrivning");
    other.sku = Sku::new("WM-2").unwrap();
    world.content = vec![other];
    assert_eq!(world.listing().title[0].1, "Oală fontă 4 l");
}

#[test]
fn fingerprints_tell_listing_from_price_changes_and_ignore_the_version() {
    let mut world = World::new();
    let (listing, prices) = world.offer().fingerprints();
    let next = world.mapping.clone().compile(4, &example()).unwrap();
    assert_eq!(world.offer_by(&next).fingerprints(), (listing, prices));
    world.article.price_gross = Some(Decimal::from(122));
    let dearer = world.offer().fingerprints();
    assert_eq!(dearer.0, listing);
    assert_ne!(dearer.1, prices);
    world.article.name.push_str(" roșie");
    let renamed = world.offer().fingerprints();
    assert_ne!(renamed.0, listing);
    assert_eq!(renamed.1, dearer.1);
}

/// The limits of cdon.md section 6, and that an offer is whole.
fn keeps_the_limits(offer: &Offer, mapping: &Compiled) -> Result<(), TestCaseError> {
    let Some(listing) = &offer.listing else {
        prop_assert!(!offer.problems.is_empty(), "blocked without a reason");
        prop_assert!(offer.prices.is_empty() && offer.price_receipts.is_empty());
        return Ok(());
    };
    prop_assert!(!listing.markets.is_empty());
    prop_assert!(listing.markets.is_sorted_by(|a, b| a < b));
    let listed = listing.markets.clone();
    prop_assert_eq!(offer.prices.iter().map(|p| p.market).collect::<Vec<_>>(), listed.clone());
    prop_assert_eq!(listing.shipping_days.iter().map(|d| d.0).collect::<Vec<_>>(), listed.clone());
    for (price, receipt) in offer.prices.iter().zip(&offer.price_receipts) {
        prop_assert!(price.gross_minor > 0 && price.gross_minor <= 999_999_900);
        prop_assert!(price.vat_rate >= Decimal::ZERO && price.vat_rate < Decimal::ONE);
        prop_assert_eq!(receipt.recompute(mapping), Some(price.gross_minor));
    }
    let languages = |texts: &[(Language, String)]| texts.iter().map(|t| t.0).collect::<Vec<_>>();
    prop_assert_eq!(languages(&listing.title), languages(&listing.description));
    prop_assert!(listing.title.is_sorted_by(|a, b| a.0 < b.0));
    for market in listed {
        let served = |l: &Language| *l == market.language() || *l == Language::En;
        prop_assert!(languages(&listing.title).iter().any(served), "no text for {}", market);
    }
    for (_, title) in &listing.title {
        prop_assert!((5..=150).contains(&title.chars().count()), "{}", title);
        prop_assert!(!title.chars().any(char::is_control));
    }
    for (_, description) in &listing.description {
        prop_assert!((10..=4096).contains(&description.chars().count()));
        prop_assert!(well_formed(description), "{}", description);
    }
    prop_assert!(listing.images.len() <= 10 && !listing.images.contains(&listing.main_image));
    for url in listing.images.iter().chain([&listing.main_image]) {
        prop_assert!((1..=1500).contains(&url.len()) && url.is_ascii() && !url.contains(char::is_whitespace));
        prop_assert!(url.starts_with("https://") || url.starts_with("http://"));
    }
    let category = listing.category.as_deref().unwrap_or_default();
    prop_assert!((1..=10).contains(&category.len()) && category.bytes().all(|b| b.is_ascii_alphanumeric()));
    prop_assert!(listing.brand.as_ref().is_none_or(|b| (1..=50).contains(&b.chars().count())));
    prop_assert!(
        listing
            .gtin
            .as_ref()
            .is_none_or(|g| (8..=13).contains(&g.len()) && g.bytes().all(|b| b.is_ascii_digit()))
    );
    prop_assert!(listing.customs_code.as_ref().is_none_or(|c| (1..=48).contains(&c.len())));
    prop_assert!(listing.shipping_days.iter().all(|(_, min, max)| 1 <= *min && min <= max && *max <= 10));
    Ok(())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[a-zA-Zåäöș ]{0,30}",
        1 => "\\PC{0,40}",
        1 => "(<p>|</p>|<br>|&amp;|&lt;|word |🔥|\n){0,60}",
        1 => ("[a-zå]{1,12}", 300usize..900).prop_map(|(word, times)| format!("{word} ").repeat(times)),
        1 => "[a-z]{140,160}",
    ]
}

prop_compose! {
    fn any_row()(language in proptest::option::of(proptest::sample::select(Language::ALL)),
                 title in proptest::option::of(any_text()), description in proptest::option::of(any_text()),
                 category in proptest::option::of(prop_oneof![3 => "[0-9]{1,4}(\\.[0-9]{1,4}){0,2}", 1 => any_text()]),
                 images in proptest::collection::vec(prop_oneof!["https://[a-z]{1,5}/\\PC{0,9}", any_text()], 0..14),
                 gtin in proptest::option::of("[0-9 ]{0,14}"), brand in proptest::option::of(any_text())) -> ContentRow {
        ContentRow { title, description, category, images, gtin, brand, ..row(language) }
    }
}

prop_compose! {
    fn any_article()(sku in prop_oneof!["[0-9]{8}", "[0-9]{13}", "\\PC{1,64}"], name in prop_oneof!["[A-Z][a-z]{4,9} [a-z ]{4,20}", any_text()], class_name in any_text(),
                     class_code in prop_oneof![Just("VASE".to_owned()), any_text()], producer in any_text(),
                     gross in prop_oneof![4 => (100i64..9_999_999, Just(2u32)), 1 => (any::<i64>(), 0u32..20)],
                     net in proptest::option::weighted(0.2, (-5i64..9_999_999, 0u32..5)),
                     percent in proptest::option::of(prop_oneof![Just((21i64, 0u32)), (0i64..3000, 0u32..3)]),
                     weight in proptest::option::of((any::<i64>(), 0u32..12)),
                     customs_code in any_text(), service in proptest::bool::weighted(0.02)) -> ErpArticle {
        let decimal = |parts: Option<(i64, u32)>| parts.map(|(number, scale)| Decimal::new(number, scale));
        let sku = Sku::new(sku).unwrap_or(article().sku);
        ErpArticle {
            sku, name, class_name, class_code, producer, customs_code, service,
            price_gross: decimal(Some(gross)), price_net: decimal(net), vat_percent: decimal(percent), weight_kg: decimal(weight),
            ..article()
        }
    }
}

proptest! {
    #[test]
    fn any_offer_keeps_the_channels_limits(
        article in any_article(), mut content in proptest::collection::vec(any_row(), 0..5),
        markets in proptest::collection::vec(proptest::sample::select(Market::ALL), 0..6),
        image_url in proptest::option::of(prop_oneof![Just("https://img.example.com/{sku}.jpg".to_owned()), any_text()]),
        days in (1u8..11, 1u8..11), default in proptest::option::of(prop_oneof!["[0-9]{1,4}", any_text()]), rate in (1i64..i64::MAX, 0u32..28),
    ) {
        for row in &mut content {
            row.sku = article.sku.clone();
        }
        let mut world = World { article, content, markets, image_url, ..World::new() };
        world.with(&format!("[tables.shipping_days.markets]\nDK = {{ min = {}, max = {} }}\n", days.0, days.1));
        if let Some(default) = default {
            world.with(&format!("[[article]]\nto = \"category\"\nsteps = [{{ constant = {} }}]\n", toml::Value::from(default)));
        }
        world.rates.fix(Currency::Nok, Decimal::new(rate.0, rate.1)).unwrap();
        // A constant that the channel does not take never gets so far.
        let Ok(mapping) = world.mapping.clone().compile(3, &example()) else { return Ok(()) };
        let offer = world.offer_by(&mapping);
        keeps_the_limits(&offer, &mapping)?;
        prop_assert_eq!(&offer, &world.offer_by(&mapping), "the same input gave two offers");
        let json = serde_json::to_string(&offer).unwrap();
        prop_assert_eq!(serde_json::from_str::<Offer>(&json).unwrap(), offer);
    }

    /// Ordinary articles must mostly get through, or the property above would prove nothing.
    #[test]
    fn a_sound_article_is_always_offered(name in "[A-Z][a-z]{4,20}( [a-z0-9]{1,9}){2,30}", bani in 100i64..10_000_000) {
        let mut world = World::new();
        world.article.name = name;
        world.article.price_gross = Some(Decimal::new(bani, 2));
        let offer = world.offer();
        prop_assert!(offer.problems.is_empty(), "{:?}", offer.problems);
        keeps_the_limits(&offer, &world.compiled())?;
    }
}
