//! A believable nomenclature from a seed: Romanian goods, EAN codes, prices, stock.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::DateTime;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rust_decimal::{Decimal, RoundingStrategy};

use super::catalogue::{Article, Class};
use super::options::WinMentorSimOptions;
use super::text::to_e4;

/// Producers: code and name.
pub(super) const PRODUCERS: &[(&str, &str)] = &[
    ("", ""),
    ("11", "ROMFERM SRL"),
    ("12", "CARPATICA PROD"),
    ("13", "DACIA TOOLS"),
    ("14", "EDITURA LUMINA"),
    ("15", "JUCĂRIA VESELĂ"),
    ("16", "OLTENIA CERAMIC"),
    ("17", "TRANSILVANIA TEXTIL"),
    ("18", "SANO BIO"),
];

/// Units of measure.
pub(super) const UNITS: &[&str] = &["Buc", "Set", "Kg", "Lei", "Pereche", "L"];

/// The class of services.
pub(super) const SERVICES: Class = Class { symbol: "SERV", name: "Servicii" };

/// Every class of the nomenclature.
pub(super) fn classes() -> impl Iterator<Item = &'static Class> {
    FAMILIES.iter().map(|family| &family.class).chain([&SERVICES])
}

struct Family {
    class: Class,
    unit: &'static str,
    vat: u8,
    producer: u8,
    /// Gross price range in lei.
    price: (u32, u32),
    weight_g: (u32, u32),
    nouns: &'static [&'static str],
    kinds: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        class: Class { symbol: "1 Casa", name: "Articole pentru casă" },
        unit: "Buc",
        vat: 21,
        producer: 6,
        price: (12, 320),
        weight_g: (150, 4_000),
        nouns: &[
            "Oală",
            "Tigaie",
            "Cană",
            "Farfurie adâncă",
            "Coș rufe",
            "Suport prosoape",
            "Caserolă",
            "Vază",
        ],
        kinds: &["inox", "ceramică", "emailată", "bambus", "sticlă termorezistentă", "albă", "antracit"],
    },
    Family {
        class: Class { symbol: "2 Scule", name: "Scule și unelte" },
        unit: "Buc",
        vat: 21,
        producer: 3,
        price: (9, 890),
        weight_g: (80, 6_000),
        nouns: &[
            "Șurubelniță",
            "Cheie combinată",
            "Clește patent",
            "Ruletă",
            "Ciocan",
            "Bormașină",
            "Fierăstrău",
        ],
        kinds: &[
            "crom-vanadiu",
            "izolat 1000V",
            "PH2",
            "magnetic",
            "profesional",
            "cu acumulator",
            "compact",
        ],
    },
    Family {
        class: Class { symbol: "3 Jucarii", name: "Jucării" },
        unit: "Buc",
        vat: 21,
        producer: 5,
        price: (15, 260),
        weight_g: (100, 2_500),
        nouns: &["Puzzle", "Mașinuță", "Păpușă", "Joc de societate", "Cuburi", "Ursuleț de pluș", "Trenuleț"],
        kinds: &["din lemn", "educativ", "cu sunete", "pentru exterior", "3-6 ani", "clasic", "colorat"],
    },
    Family {
        class: Class { symbol: "4 Piese", name: "Piese și accesorii" },
        unit: "Set",
        vat: 21,
        producer: 2,
        price: (6, 180),
        weight_g: (20, 1_200),
        nouns: &[
            "Set garnituri",
            "Set șuruburi",
            "Set burghie",
            "Set cabluri",
            "Set becuri LED",
            "Set filtre",
        ],
        kinds: &["M6", "M8", "universal", "12V", "E27", "zincat", "rezistent la apă"],
    },
    Family {
        class: Class { symbol: "5 Alimente", name: "Alimente" },
        unit: "Kg",
        vat: 11,
        producer: 8,
        price: (8, 120),
        weight_g: (1_000, 1_000),
        nouns: &["Miere", "Nuci", "Fasole boabe", "Făină integrală", "Cafea boabe", "Gem", "Zacuscă"],
        kinds: &["de salcâm", "de pădure", "eco", "de casă", "din Ardeal", "fără zahăr", "prăjită mediu"],
    },
    Family {
        class: Class { symbol: "6 Carti", name: "Cărți" },
        unit: "Buc",
        vat: 11,
        producer: 4,
        price: (18, 140),
        weight_g: (150, 1_400),
        nouns: &[
            "Povești",
            "Atlas",
            "Dicționar român-suedez",
            "Carte de bucate",
            "Roman",
            "Poezii",
            "Ghid turistic",
        ],
        kinds: &[
            "ilustrat",
            "ediție de buzunar",
            "ediție cartonată",
            "pentru copii",
            "ediția a II-a",
            "bilingv",
        ],
    },
    Family {
        class: Class { symbol: "7 Textile", name: "Textile" },
        unit: "Buc",
        vat: 21,
        producer: 7,
        price: (25, 420),
        weight_g: (100, 2_200),
        nouns: &["Prosop", "Lenjerie de pat", "Pătură", "Șosete lână", "Față de masă", "Pernă", "Covor"],
        kinds: &["bumbac 100%", "in", "lână merinos", "motive populare", "bleumarin", "gri deschis", "roșu"],
    },
];

/// EAN-13 with a Romanian prefix and a valid check digit.
pub(super) fn ean13(number: u32) -> String {
    let digits = format!("594{:09}", number % 1_000_000_000);
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Makes the articles of a fresh company; `today` is the local date and time of the start.
pub(super) fn articles(options: &WinMentorSimOptions, today: DateTime) -> Vec<Article> {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut units: HashMap<&str, Arc<str>> = UNITS.iter().map(|unit| (*unit, Arc::from(*unit))).collect();
    let warehouses = options.warehouses.len();
    let first_ean = rng.random_range(0..900_000_000_u32);
    let mut articles = Vec::with_capacity(options.articles);
    for index in 0..options.articles {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let added = today.date().saturating_sub(rng.random_range(30..2_000).days());
        if index < 2 {
            articles.push(service(index, options, &mut units, added, warehouses));
            continue;
        }
        let family = FAMILIES.choose(&mut rng).unwrap_or(&FAMILIES[0]);
        let noun = family.nouns.choose(&mut rng).unwrap_or(&"Articol");
        let kind = family.kinds.choose(&mut rng).unwrap_or(&"");
        // Old and zero rates linger on a few cards.
        let vat = match index % 61 {
            59 => 9,
            60 => 0,
            _ => family.vat,
        };
        let gross = Decimal::new(i64::from(rng.random_range(family.price.0..family.price.1)) * 100 + 99, 2);
        let net = gross * Decimal::ONE_HUNDRED / Decimal::from(100 + u32::from(vat));
        let net = to_e4(net.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero));
        let code = match index {
            17 => "35mmp  ; H01N2-D".to_owned(),
            _ if index % 1_399 == 1_398 => format!("{index}mmp  ; H01N2-D"),
            _ => ean13(first_ean.wrapping_add(number.wrapping_mul(7_919))),
        };
        let stock = (0..warehouses)
            .map(|_| match rng.random_range(0..10) {
                0..=2 => 0,
                _ if family.unit == "Kg" => i64::from(rng.random_range(500..80_000_u32)),
                _ => i64::from(rng.random_range(1..120_u32)) * 1_000,
            })
            .collect();
        articles.push(Article {
            code: code.into(),
            internal_id: if index % 97 == 96 {
                format!("{}.1", 1_000 + index)
            } else {
                (1_000 + index).to_string()
            }
            .into(),
            name: cedilla(&format!("{noun} {kind} {}{}", model(&mut rng), 100 + index % 900)).into(),
            unit: unit(&mut units, family.unit),
            class: &family.class,
            producer: family.producer,
            vat,
            service: false,
            net_e4: (index % 41 != 40).then_some(net),
            weight_g: rng.random_range(family.weight_g.0..=family.weight_g.1),
            added,
            modified: added.to_datetime(jiff::civil::Time::midnight()),
            stock,
            reserved: 0,
        });
    }
    articles
}

/// The cedilla letters of code page 1250 in place of today's comma-below ones.
fn cedilla(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            'ș' => 'ş',
            'ț' => 'ţ',
            'Ș' => 'Ş',
            'Ț' => 'Ţ',
            other => other,
        })
        .collect()
}

fn model(rng: &mut StdRng) -> char {
    char::from(b'A' + rng.random_range(0..26_u8))
}

fn unit(units: &mut HashMap<&str, Arc<str>>, name: &str) -> Arc<str> {
    units.get(name).map_or_else(|| Arc::from(name), Arc::clone)
}

fn service(
    index: usize,
    options: &WinMentorSimOptions,
    units: &mut HashMap<&str, Arc<str>>,
    added: jiff::civil::Date,
    warehouses: usize,
) -> Article {
    let (code, name, unit_name) = match index {
        0 => ("TRANSPORT", "Servicii transport", options.transport_unit.as_str()),
        _ => ("MONTAJ", "Servicii montaj", "Buc"),
    };
    Article {
        code: code.into(),
        internal_id: (1_000 + index).to_string().into(),
        name: name.into(),
        unit: unit(units, unit_name),
        class: &SERVICES,
        producer: 0,
        vat: 21,
        service: true,
        net_e4: None,
        weight_g: 0,
        added,
        modified: added.to_datetime(jiff::civil::Time::midnight()),
        stock: vec![0; warehouses].into(),
        reserved: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(seed: u64, count: usize) -> Vec<Article> {
        let options = WinMentorSimOptions { seed, articles: count, ..WinMentorSimOptions::default() };
        articles(&options, "2026-11-23T10:00:00".parse().unwrap())
    }

    #[test]
    fn check_digits_are_those_of_known_codes() {
        assert_eq!(ean13(123_456_789), "5941234567899");
        assert_eq!(ean13(0), "5940000000004");
    }

    #[test]
    fn a_seed_decides_everything() {
        let shown = |seed| format!("{:?}", made(seed, 300));
        assert_eq!(shown(7), shown(7));
        assert_ne!(shown(7), shown(8));
    }

    #[test]
    fn codes_are_unique_and_the_gross_price_is_the_one_of_the_shelf() {
        let articles = made(3, 5_000);
        let codes: std::collections::HashSet<_> = articles.iter().map(|a| a.code.clone()).collect();
        assert_eq!(codes.len(), 5_000);
        assert!(articles.iter().any(|article| article.code.contains(';')));
        for article in articles.iter().filter(|article| article.net_e4.is_some()) {
            assert_eq!(article.gross_e4().unwrap() % 10_000, 9_900, "{article:?}");
        }
    }
}
