//! Addresses and contacts in DHL's lengths (dhl.md 4.1).

use vortex_domain::{Market, order::Address};

use crate::{
    body::{Contact, Party, PostalAddress},
    objections::Objections,
    text::{clean, has_foreign_letters, length, phone, wrap},
};

const LINE_CHARS: usize = 45;
const LINES: usize = 3;
const CITY_CHARS: usize = 45;
const POSTAL_CODE_CHARS: usize = 12;
/// DHL's limit for a company name; a private name stands there too.
const NAME_CHARS: usize = 100;
/// Fewer digits reach nobody.
const LEAST_PHONE_DIGITS: usize = 5;
const MOST_PHONE_CHARS: usize = 70;

/// An address; the country is taken as given. Objections speak of `street`, `city`, `postal_code`.
pub(crate) fn postal_address(
    street: &str,
    city: &str,
    postal_code: &str,
    country: &str,
    objections: &mut Objections,
) -> PostalAddress {
    let city = printable("city", city, CITY_CHARS, objections);
    let postal_code = clean(postal_code);
    objections.unless(!postal_code.is_empty(), "postal_code", "is needed");
    objections.unless(
        length(&postal_code) <= POSTAL_CODE_CHARS && !has_foreign_letters(&postal_code),
        "postal_code",
        "must have at most 12 characters, Latin letters and digits",
    );
    let street = clean(street);
    objections.unless(!street.is_empty(), "street", "is needed");
    objections.unless(!has_foreign_letters(&street), "street", FOREIGN);
    let mut lines = wrap(&street, LINE_CHARS, LINES).unwrap_or_else(|| {
        if !street.is_empty() {
            objections.add(
                "street",
                "does not fit on three lines of 45 characters, split between words: shorten it",
            );
        }
        Vec::new()
    });
    let mut lines = lines.drain(..);
    PostalAddress {
        postal_code,
        city_name: city,
        country_code: country.to_owned(),
        address_line1: lines.next().unwrap_or_default(),
        address_line2: lines.next(),
        address_line3: lines.next(),
    }
}

const FOREIGN: &str = "is written in letters that DHL's label does not print: write it in Latin letters";

fn printable(field: &str, text: &str, most: usize, objections: &mut Objections) -> String {
    let text = clean(text);
    objections.unless(!text.is_empty(), field, "is needed");
    objections.unless(!has_foreign_letters(&text), field, FOREIGN);
    if length(&text) > most {
        objections.add(field, format!("must have at most {most} characters: shorten it"));
    }
    text
}

/// A contact. Objections speak of `name` and `phone`.
pub(crate) fn contact(company: &str, name: &str, number: &str, objections: &mut Objections) -> Contact {
    let company_name = printable("name", company, NAME_CHARS, objections);
    let full_name =
        if name == company { company_name.clone() } else { printable("name", name, NAME_CHARS, objections) };
    let phone = phone(number);
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    objections.unless(
        digits >= LEAST_PHONE_DIGITS && phone.len() <= MOST_PHONE_CHARS,
        "phone",
        "a phone number is needed: DHL calls it when nobody opens",
    );
    Contact { phone, company_name, full_name }
}

/// A postal code without the country in front of it (`SE-111 22`), which some channels send along.
pub(crate) fn bare_postal_code<'a>(postal_code: &'a str, country: &str) -> &'a str {
    let trimmed = postal_code.trim();
    match trimmed.get(..country.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(country) => {
            trimmed.get(country.len()..).unwrap_or_default().trim_start_matches([' ', '-'])
        }
        _ => trimmed,
    }
}

/// Digits of a market's postal codes.
fn postal_digits(market: Market) -> usize {
    match market {
        Market::Se | Market::Fi => 5,
        Market::Dk | Market::No => 4,
    }
}

/// The receiver: for a private one the person's name stands as company too (dhl.md 4.1).
pub(crate) fn receiver(to: &Address, market: Market, objections: &mut Objections) -> Party {
    let postal_code = bare_postal_code(&to.postal_code, market.code());
    let digits = clean(postal_code).chars().filter(char::is_ascii_digit).count();
    if digits != postal_digits(market) && !postal_code.is_empty() {
        objections.add("postal_code", format!("must have {} digits in {market}", postal_digits(market)));
    }
    Party {
        postal_address: postal_address(&to.street, &to.city, postal_code, market.code(), objections),
        contact_information: contact(&to.name, &to.name, &to.phone, objections),
        registration_numbers: Vec::new(),
        type_code: if to.business { "business" } else { "direct_consumer" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            name: "Åsa Öberg".to_owned(),
            street: "Storgatan 1".to_owned(),
            postal_code: "111 22".to_owned(),
            city: "Stockholm".to_owned(),
            country: "Sweden".to_owned(),
            phone: "+46 70 123 45 67".to_owned(),
            business: false,
        }
    }

    fn objected(address: &Address) -> Vec<String> {
        let mut objections = Objections::default();
        receiver(address, Market::Se, &mut objections);
        objections.into_list().into_iter().map(|o| o.field).collect()
    }

    #[test]
    fn a_private_receiver_is_company_and_person() {
        let mut objections = Objections::default();
        let party = receiver(&address(), Market::Se, &mut objections);
        assert!(objections.into_list().is_empty());
        let contact = &party.contact_information;
        assert_eq!((contact.company_name.as_str(), contact.full_name.as_str()), ("Åsa Öberg", "Åsa Öberg"));
        assert_eq!(contact.phone, "+46701234567");
        assert_eq!(party.type_code, "direct_consumer");
        assert_eq!(
            (party.postal_address.address_line2, party.postal_address.country_code.as_str()),
            (None, "SE")
        );
    }

    #[test]
    fn names_every_field_that_dhl_would_refuse() {
        // F55
        let with = |change: fn(&mut Address)| {
            let mut changed = address();
            change(&mut changed);
            objected(&changed)
        };
        assert_eq!(with(|a| a.name.clear()), ["name"]);
        assert_eq!(with(|a| a.name = "x".repeat(101)), ["name"]);
        assert_eq!(with(|a| a.name = "山田 太郎".to_owned()), ["name"]);
        assert_eq!(with(|a| a.street = "\u{7}".to_owned()), ["street"]);
        assert_eq!(with(|a| a.street = "x".repeat(46)), ["street"]);
        assert_eq!(with(|a| a.city = "x".repeat(46)), ["city"]);
        assert_eq!(with(|a| a.city = " ".to_owned()), ["city"]);
        assert_eq!(with(|a| a.postal_code.clear()), ["postal_code"]);
        assert_eq!(with(|a| a.postal_code = "1112".to_owned()), ["postal_code"]);
        assert_eq!(with(|a| a.phone = "ring!".to_owned()), ["phone"]);
        assert_eq!(with(|_| {}), [""; 0]);
    }

    #[test]
    fn takes_the_country_off_the_postal_code() {
        assert_eq!(bare_postal_code("SE-111 22", "SE"), "111 22");
        assert_eq!(bare_postal_code("se 11122", "SE"), "11122");
        assert_eq!(bare_postal_code(" 0150", "NO"), "0150");
        assert_eq!(bare_postal_code("ø1", "NO"), "ø1");
    }
}
