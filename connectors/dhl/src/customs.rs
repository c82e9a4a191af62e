//! The customs block of a declarable parcel (dhl.md 4.3).

use rust_decimal::Decimal;
use vortex_domain::{Currency, shipping::Measures};
use vortex_port::courier::{Customs, CustomsLine};

use crate::{
    body::{CommodityCode, ExportDeclaration, Invoice, LineItem, LineWeight, Quantity, Registration},
    objections::Objections,
    text::{clean, has_foreign_letters, length},
    thousandths::Thousandths,
};

const INVOICE_NUMBER_CHARS: usize = 35;
const DESCRIPTION_CHARS: usize = 512;
const MOST_LINES: usize = 999;
const MOST_UNITS: u32 = 1_000_000_000;
const REASON: &str = "commercial_purpose_or_sale";
/// Digits of a commodity code: customs wants at least 6, the API takes at most 18.
const COMMODITY_DIGITS: std::ops::RangeInclusive<usize> = 6..=18;
/// Goods of this price in NOK and above are not VOEC goods.
const VOEC_BELOW_NOK: Decimal = Decimal::from_parts(3000, 0, 0, false, 0);
/// How far the declared value may be from the sum of the lines.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What customs is told, and its value.
pub(crate) struct Declaration {
    pub(crate) declared_value: Option<Thousandths>,
    pub(crate) export: ExportDeclaration,
}

/// Builds the block. Objections speak of `invoice_number`, `value` and the fields of a line.
pub(crate) fn declaration(
    customs: &Customs,
    measures: &Measures,
    place: &str,
    objections: &mut Objections,
) -> Declaration {
    let number = clean(&customs.invoice_number);
    objections.unless(
        !number.is_empty() && length(&number) <= INVOICE_NUMBER_CHARS,
        "invoice_number",
        "a number of 1 to 35 characters is needed on the commercial invoice",
    );
    objections.unless(!customs.lines.is_empty(), "lines", "customs must know at least one kind of goods");
    objections.unless(
        customs.lines.len() <= MOST_LINES,
        "lines",
        "at most 999 kinds of goods fit on one declaration",
    );
    let alone = customs.lines.len() == 1;
    let items = (1..)
        .zip(&customs.lines)
        .map(|(at, line)| item(at, line, alone.then_some(measures), objections))
        .collect();
    let net_g = customs.lines.iter().fold(0_u32, |sum, line| sum.saturating_add(line.net_weight_g));
    objections.unless(
        net_g <= measures.weight_g,
        "net_weight",
        "the goods weigh more than the whole parcel: mend the weight of the article or of the parcel",
    );
    let value = customs.value.amount();
    let sum = customs.lines.iter().try_fold(Decimal::ZERO, |sum, line| {
        sum.checked_add(line.unit_price.checked_mul(line.quantity.into())?)
    });
    objections.unless(
        value > Decimal::ZERO && sum.is_some_and(|sum| (sum - value).abs() <= TOLERANCE),
        "value",
        "must be more than nothing and equal the sum of quantity times unit price",
    );
    let declared_value = Thousandths::of_amount(value);
    objections.unless(declared_value.is_some(), "value", "is larger than DHL can declare");
    Declaration {
        declared_value,
        export: ExportDeclaration {
            line_items: items,
            invoice: Invoice {
                number,
                date: customs.invoice_date.to_string(),
                total_net_weight: Thousandths::of_grams(net_g),
                total_gross_weight: Thousandths::of_grams(measures.weight_g),
            },
            export_reason_type: REASON,
            export_reason: "Sale",
            place_of_incoterm: place.to_owned(),
            shipment_type: "commercial",
        },
    }
}

/// One line. Its gross weight is known only when it is alone in the parcel.
fn item(number: u32, line: &CustomsLine, parcel: Option<&Measures>, objections: &mut Objections) -> LineItem {
    let description = clean(&line.description);
    objections.unless(
        !description.is_empty()
            && length(&description) <= DESCRIPTION_CHARS
            && !has_foreign_letters(&description),
        "description",
        "say exactly what the goods are, in English, in 1 to 512 characters",
    );
    let price = Thousandths::of_amount(line.unit_price);
    objections.unless(
        price.is_some(),
        "unit_price",
        "must not be negative nor have more than three decimals",
    );
    objections.unless((1..=MOST_UNITS).contains(&line.quantity), "quantity", "must be at least 1");
    let code: String = line.commodity_code.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    objections.unless(
        COMMODITY_DIGITS.contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()),
        "commodity_code",
        "a customs tariff number of at least 6 digits is needed for every article sent to Norway",
    );
    let origin = line.origin.trim().to_ascii_uppercase();
    objections.unless(
        origin.len() == 2 && origin.bytes().all(|b| b.is_ascii_uppercase()),
        "origin",
        "the country of manufacture is needed, as two letters such as RO",
    );
    objections.unless(
        line.net_weight_g > 0,
        "net_weight",
        "the weight of the goods without packaging is needed",
    );
    let codes = ["outbound", "inbound"].map(|type_code| CommodityCode { type_code, value: code.clone() });
    LineItem {
        number,
        description,
        price: price.unwrap_or(Thousandths::of_grams(0)),
        quantity: Quantity { value: line.quantity, unit_of_measurement: "PCS" },
        commodity_codes: codes.into(),
        export_reason_type: REASON,
        manufacturer_country: origin,
        weight: LineWeight {
            net_value: Thousandths::of_grams(line.net_weight_g),
            gross_value: parcel.map(|measures| Thousandths::of_grams(measures.weight_g)),
        },
    }
}

/// The seller's VOEC number as a registration, when the parcel is a VOEC sale. A number that the parcel names itself
/// must fit to it; the connection's own is used where it may be.
pub(crate) fn voec(
    customs: &Customs,
    of_the_connection: Option<&str>,
    business: bool,
    objections: &mut Objections,
) -> Option<Registration> {
    let in_nok = customs.value.currency == Currency::Nok;
    let cheap = customs.lines.iter().all(|line| line.unit_price < VOEC_BELOW_NOK);
    let number = match customs.voec.as_deref() {
        Some(named) => {
            objections.unless(in_nok, "value", "must be in NOK where a VOEC number is declared");
            objections.unless(
                cheap,
                "voec",
                "covers only goods below NOK 3000 a piece: send this parcel without it",
            );
            objections.unless(is_voec(named), "voec", VOEC_RULE);
            named
        }
        None => of_the_connection.filter(|_| in_nok && cheap && !business)?,
    };
    Some(Registration { type_code: "SDT", number: number.trim().to_owned(), issuer_country_code: "NO" })
}

/// What a VOEC number looks like, in words.
pub(crate) const VOEC_RULE: &str = "must be the number of the Norwegian VOEC register: VOEC and 7 digits";

/// Whether a text is a VOEC number.
pub(crate) fn is_voec(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix("VOEC").unwrap_or(text).trim_start();
    digits.len() == 7 && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use vortex_domain::Money;

    use super::*;

    fn line() -> CustomsLine {
        CustomsLine {
            description: "Enamelled steel pot with lid, 4 l".to_owned(),
            quantity: 2,
            unit_price: Decimal::new(29_900, 2),
            commodity_code: "7323.94 00".to_owned(),
            origin: "ro".to_owned(),
            net_weight_g: 900,
        }
    }

    fn customs() -> Customs {
        Customs {
            invoice_number: "FCT-1".to_owned(),
            invoice_date: jiff::civil::date(2030, 1, 15),
            value: Money::minor(59_800, Currency::Nok),
            lines: vec![line()],
            voec: None,
        }
    }

    const MEASURES: Measures = Measures { weight_g: 1200, length_cm: 30, width_cm: 20, height_cm: 10 };

    fn objected(customs: &Customs) -> Vec<String> {
        let mut objections = Objections::default();
        declaration(customs, &MEASURES, "Oslo", &mut objections);
        voec(customs, None, false, &mut objections);
        objections.into_list().into_iter().map(|o| o.field).collect()
    }

    #[test]
    fn weights_are_of_the_whole_line_and_codes_bare_digits() {
        let built = declaration(&customs(), &MEASURES, "Oslo", &mut Objections::default());
        let body = serde_json::to_value(&built.export).unwrap();
        let item = &body["lineItems"][0];
        assert_eq!(item["weight"], serde_json::json!({"netValue": 0.9, "grossValue": 1.2}));
        assert_eq!(
            item["commodityCodes"][1],
            serde_json::json!({"typeCode": "inbound", "value": "73239400"})
        );
        assert_eq!(item["manufacturerCountry"], "RO");
        assert_eq!(body["invoice"]["date"], "2030-01-15");
        assert_eq!(built.declared_value.unwrap().to_string(), "598");
    }

    #[test]
    fn names_what_customs_would_refuse() {
        let with = |change: fn(&mut Customs)| {
            let mut changed = customs();
            change(&mut changed);
            objected(&changed)
        };
        assert_eq!(with(|_| {}), [""; 0]);
        assert_eq!(with(|c| c.value.minor = 50_000), ["value"]);
        assert_eq!(with(|c| c.value.minor = 59_801), [""; 0]);
        assert_eq!(with(|c| c.value.minor = 59_802), ["value"]);
        assert_eq!(with(|c| c.lines[0].commodity_code = "73239".to_owned()), ["commodity_code"]);
        assert_eq!(with(|c| c.lines[0].origin = "Romania".to_owned()), ["origin"]);
        assert_eq!(with(|c| c.lines[0].net_weight_g = 0), ["net_weight"]);
        assert_eq!(with(|c| c.lines[0].net_weight_g = 1201), ["net_weight"]);
        assert_eq!(with(|c| c.lines[0].description.clear()), ["description"]);
        assert_eq!(with(|c| c.invoice_number = "x".repeat(36)), ["invoice_number"]);
        assert_eq!(with(|c| c.lines[0].unit_price = Decimal::new(2_990_001, 4)), ["unit_price"]);
        assert_eq!(with(|c| c.lines.clear()), ["lines", "value"]);
    }

    #[test]
    fn voec_is_declared_where_it_applies_and_nowhere_else() {
        let of = |customs: &Customs, business| {
            voec(customs, Some("VOEC2000000"), business, &mut Objections::default())
        };
        assert_eq!(of(&customs(), false).unwrap().type_code, "SDT");
        assert_eq!(of(&customs(), true), None);
        let mut dear = customs();
        dear.lines[0].unit_price = Decimal::from(3000);
        assert_eq!(of(&dear, false), None);
        let mut euros = customs();
        euros.value.currency = Currency::Eur;
        assert_eq!(of(&euros, false), None);
        euros.voec = Some("VOEC2000000".to_owned());
        assert_eq!(objected(&euros), ["value"]);
        dear.voec = Some("2000000".to_owned());
        assert!(objected(&dear).contains(&"voec".to_owned()));
    }
}
