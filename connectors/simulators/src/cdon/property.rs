//! Article properties and their allowed values (spec section 7).

use serde_json::Value;

use super::article::for_rows;
use super::check::{At, Checker};
use super::market::LANGUAGES;

const FREE_TEXT: [&str; 7] =
    ["color", "connection_type", "flavor", "material", "pattern", "phone_case_type", "size"];

const NUMERICAL: [&str; 14] = [
    "shoe_size_eu",
    "shoe_size_uk_men",
    "shoe_size_uk_women",
    "shoe_size_us_men",
    "shoe_size_us_women",
    "size_cm",
    "size_gb",
    "size_m",
    "size_mm",
    "size_unit",
    "volume_l",
    "volume_ml",
    "weight_g",
    "weight_kg",
];

/// Predefined properties with their values, parted by `|`.
const PREDEFINED: [(&str, &str); 9] = [
    (
        "preset-color",
        "red|blue|green|orange|yellow|purple|pink|gold|silver|multicolor|white|gray|black|turquoise|brown|\
         beige|transparent",
    ),
    ("preset-connection_type", "bluetooth|usb-c|micro-usb|lightning|3.5mm"),
    (
        "preset-hair_type",
        "dry hair|normal hair|curly hair|damaged hair|frizzy hair|fine hair|dry scalp|dyed hair",
    ),
    ("preset-media_format", "dvd|blu-ray|4k ultra hd|cd|vinyl"),
    (
        "preset-pattern",
        "abstract and geometry|animals and animal patterns|nature and environment|plants and fruit|\
         space and scifi|text and quotes|camouflage|glitter|marble and stone|vehicles|flags and symbols|maps|\
         characters and celebrities|fantasy|retro",
    ),
    ("preset-refurb_grading", "a+|a|b|c"),
    ("preset-refurb_warranty", "2|6|12|24"),
    ("preset-size_SML", "one size|xxs|xs|s|m|l|xl|xxl"),
    ("preset-skin_type", "dry skin|normal skin|mature skin|oily skin|mixed skin|acne"),
];

pub(super) fn check_properties(value: &Value, at: At<'_>, checker: &mut Checker) {
    for_rows(value, at, checker, |row, at, checker| {
        let (name_at, value_at) = (at.key("name"), at.key("value"));
        let name = checker.required(row, "name", name_at);
        let value = checker.required(row, "value", value_at);
        if let Some(language) = row.get("language") {
            checker.word(language, at.key("language"), &LANGUAGES);
        }
        let (Some(name), Some(value)) = (name, value) else { return };
        let Some(name) = checker.string(name, name_at) else { return };
        if FREE_TEXT.contains(&name) {
            checker.text(value, value_at, 1, 36);
        } else if NUMERICAL.contains(&name) {
            if let Some(text) = checker.text(value, value_at, 1, 50)
                && !is_decimal(text)
            {
                checker.fail(value_at, "must be a number");
            }
        } else if let Some((_, allowed)) = PREDEFINED.iter().find(|(known, _)| *known == name) {
            let allowed: Vec<&str> = allowed.split('|').collect();
            checker.word(value, value_at, &allowed);
        } else {
            checker.fail(name_at, format!("unallowed value {name}"));
        }
    });
}

/// Digits with at most one decimal point between them.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}
