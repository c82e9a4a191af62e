//! Countries: on which side of the EU's customs border they lie, and where DHL handles parcels in them.

/// A service area.
#[derive(Debug)]
pub(super) struct Place {
    country: &'static str,
    /// Three letters.
    pub(super) code: &'static str,
    /// As events name it.
    pub(super) name: &'static str,
    /// Zone of the IANA database; event times are local to it (12).
    pub(super) zone: &'static str,
}

const fn place(country: &'static str, code: &'static str, name: &'static str, zone: &'static str) -> Place {
    Place { country, code, name, zone }
}

/// The sorting centre between origin and destination.
pub(super) static HUB: Place = place("DE", "LEJ", "LEIPZIG-DE", "Europe/Berlin");

static ELSEWHERE: Place = place("", "XXX", "ELSEWHERE", "UTC");

static PLACES: [Place; 12] = [
    place("RO", "BUH", "BUCHAREST-RO", "Europe/Bucharest"),
    place("SE", "STO", "STOCKHOLM-SE", "Europe/Stockholm"),
    place("DK", "CPH", "COPENHAGEN-DK", "Europe/Copenhagen"),
    place("FI", "HEL", "HELSINKI-FI", "Europe/Helsinki"),
    place("NO", "OSL", "OSLO-NO", "Europe/Oslo"),
    place("DE", "BER", "BERLIN-DE", "Europe/Berlin"),
    place("FR", "PAR", "PARIS-FR", "Europe/Paris"),
    place("PL", "WAW", "WARSAW-PL", "Europe/Warsaw"),
    place("HU", "BUD", "BUDAPEST-HU", "Europe/Budapest"),
    place("GB", "LON", "LONDON-GB", "Europe/London"),
    place("CH", "ZRH", "ZURICH-CH", "Europe/Zurich"),
    place("US", "JFK", "NEW YORK-US", "America/New_York"),
];

/// The service area of a country.
pub(super) fn of(country: &str) -> &'static Place {
    PLACES.iter().find(|place| place.country == country).unwrap_or(&ELSEWHERE)
}

const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// What lies between two addresses (1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Domestic,
    Union,
    Export,
}

impl Lane {
    /// Åland belongs to Finland and to the customs territory, not to the VAT territory: declarable.
    pub(super) fn between(origin: &str, destination: &str, postal_code: &str) -> Self {
        let aland = destination == "FI" && postal_code.trim_start_matches("FI-").starts_with("22");
        if !UNION.contains(&origin) || !UNION.contains(&destination) || aland {
            if origin == destination && !aland { Self::Domestic } else { Self::Export }
        } else if origin == destination {
            Self::Domestic
        } else {
            Self::Union
        }
    }
}
