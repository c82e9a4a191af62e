//! Buyers with Nordic names and addresses.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::market::Market;

struct Region {
    first_names: [&'static str; 6],
    last_names: [&'static str; 6],
    streets: [&'static str; 5],
    /// Postal code and city.
    places: [(&'static str, &'static str); 5],
    dial_code: &'static str,
}

const SWEDEN: Region = Region {
    first_names: ["Åsa", "Björn", "Märta", "Göran", "Linnéa", "Sven-Åke"],
    last_names: ["Sjöström", "Åkerlund", "Nyström", "Hägglöf", "Lindqvist", "Öberg"],
    streets: ["Stårgatan", "Östra Hamngatan", "Kungsvägen", "Björkbacken", "Ängsstigen"],
    places: [
        ("111 22", "Stockholm"),
        ("411 10", "Göteborg"),
        ("211 34", "Malmö"),
        ("903 26", "Umeå"),
        ("702 11", "Örebro"),
    ],
    dial_code: "+4670",
};

const DENMARK: Region = Region {
    first_names: ["Søren", "Bjørk", "Jørgen", "Åse", "Mette", "Rasmus"],
    last_names: ["Kjærgaard", "Sørensen", "Møller", "Nørgaard", "Ågård", "Østergaard"],
    streets: ["Ærøvej", "Strandgade", "Nørrebrogade", "Åboulevarden", "Skovbrynet"],
    places: [
        ("0999", "København C"),
        ("8000", "Aarhus C"),
        ("5970", "Ærøskøbing"),
        ("6200", "Aabenraa"),
        ("4600", "Køge"),
    ],
    dial_code: "+4520",
};

const FINLAND: Region = Region {
    first_names: ["Päivi", "Väinö", "Sinikka", "Jyrki", "Öivind", "Aino"],
    last_names: ["Mäkinen", "Hämäläinen", "Korhonen", "Åström", "Lähteenmäki", "Yrjölä"],
    streets: ["Mäntytie", "Hämeenkatu", "Länsiväylä", "Pyynikintie", "Åvägen"],
    places: [
        ("00100", "Helsinki"),
        ("33100", "Tampere"),
        ("40100", "Jyväskylä"),
        ("22100", "Mariehamn"),
        ("06100", "Porvoo"),
    ],
    dial_code: "+35840",
};

const NORWAY: Region = Region {
    first_names: ["Bjørg", "Håkon", "Øystein", "Åshild", "Kåre", "Sæunn"],
    last_names: ["Bjørnstad", "Håland", "Østby", "Kjærstad", "Åmot", "Nordbø"],
    streets: ["Fjellgata", "Øvre Storgate", "Båtsveien", "Sæterlia", "Kirkeveien"],
    places: [
        ("0150", "Oslo"),
        ("5003", "Bergen"),
        ("9008", "Tromsø"),
        ("6002", "Ålesund"),
        ("1472", "Fjellhamar"),
    ],
    dial_code: "+4790",
};

/// A shipping address of a private buyer in `market`.
pub(super) fn address(market: Market, rng: &mut StdRng) -> Value {
    let region = match market {
        Market::Se => &SWEDEN,
        Market::Dk => &DENMARK,
        Market::Fi => &FINLAND,
        Market::No => &NORWAY,
    };
    let pick = |rng: &mut StdRng, from: &[&'static str]| from.choose(rng).copied().unwrap_or_default();
    let (first, last) = (pick(rng, &region.first_names), pick(rng, &region.last_names));
    let (postal_code, city) = region.places.choose(rng).copied().unwrap_or_default();
    json!({
        "full_name": format!("{first} {last}"),
        "first_name": first,
        "last_name": last,
        "street_address": format!("{} {}", pick(rng, &region.streets), rng.random_range(1..180)),
        "postal_code": postal_code,
        "city": city,
        "country": market.country(),
        "phone_number": format!("{}{}", region.dial_code, rng.random_range(1_000_000..10_000_000)),
    })
}
