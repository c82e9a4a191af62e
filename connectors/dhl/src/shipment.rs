//! From a parcel to the body of `POST /shipments`, and everything that stands against it.

use jiff::tz::TimeZone;
use vortex_domain::{
    Market,
    shipping::{Lane, Measures, lane},
};
use vortex_port::courier::{Format, Objection, Parcel};

use crate::{
    body::{
        Content, Customers, Dimensions, Identifier, ImageOption, OutputImageProperties, Package, PickupWish,
        Reference, Service, ShipmentRequest,
    },
    config::Settings,
    customs,
    objections::Objections,
    party,
    text::{clean, has_foreign_letters, shortened},
    thousandths::Thousandths,
    when,
};

const REFERENCE_CHARS: usize = 35;
const DESCRIPTION_CHARS: usize = 70;
/// The largest shipment of EXPRESS WORLDWIDE (dhl.md section 6).
const MOST_GRAMS: u32 = 3_030_000;
/// The largest piece, centimetres, longest side first.
const MOST_CM: [u32; 3] = [303, 303, 183];

/// A request that keeps every rule that we know; it lacks the product only where that is chosen by price.
pub(crate) struct Draft {
    pub(crate) request: ShipmentRequest,
    pub(crate) lane: Lane,
}

/// Where a parcel goes: its market, and what the border means for it.
pub(crate) fn destination(parcel: &Parcel, objections: &mut Objections) -> Option<(Market, Lane)> {
    let Ok(market) = parcel.country.trim().parse::<Market>() else {
        objections.add("country", "parcels go to SE, DK, FI and NO");
        return None;
    };
    let lane = lane(market, &parcel.to.postal_code);
    if let Lane::Special(territory) = lane {
        let rule = format!(
            "the postal code lies in {territory}, outside of the usual customs territory: book this parcel by hand"
        );
        objections.add("postal_code", rule);
        return None;
    }
    Some((market, lane))
}

/// One piece.
pub(crate) fn package(measures: &Measures, references: Vec<Reference>) -> Package {
    Package {
        weight: Thousandths::of_grams(measures.weight_g),
        dimensions: Dimensions {
            length: Thousandths::of_cm(measures.length_cm),
            width: Thousandths::of_cm(measures.width_cm),
            height: Thousandths::of_cm(measures.height_cm),
        },
        customer_references: references,
    }
}

/// What DHL does not carry.
pub(crate) fn measurable(measures: &Measures, objections: &mut Objections) {
    objections.unless(
        (1..=MOST_GRAMS).contains(&measures.weight_g),
        "weight",
        "the weight of the packed parcel is needed, at most 3030 kg",
    );
    let mut sides = [measures.length_cm, measures.width_cm, measures.height_cm];
    sides.sort_unstable_by(|a, b| b.cmp(a));
    objections.unless(
        sides.iter().zip(MOST_CM).all(|(side, most)| (1..=most).contains(side)),
        "size",
        "length, width and height are needed, at most 303 x 303 x 183 cm",
    );
}

/// Builds the request.
///
/// # Errors
/// Everything that is wrong with the parcel.
pub(crate) fn draft(
    settings: &Settings,
    zone: &TimeZone,
    parcel: &Parcel,
    now_ms: i64,
) -> Result<Draft, Vec<Objection>> {
    let mut objections = Objections::default();
    let built = build(settings, zone, parcel, now_ms, &mut objections);
    objections.verdict(built)
}

fn build(
    settings: &Settings,
    zone: &TimeZone,
    parcel: &Parcel,
    now_ms: i64,
    objections: &mut Objections,
) -> Option<Draft> {
    let reference = reference(parcel, objections);
    let planned = when::planned(parcel.ready_ms, now_ms, zone);
    objections.unless(planned.is_some(), "ready", "a parcel can be announced at most ten days ahead");
    measurable(&parcel.measures, objections);
    let description = shortened(&clean(&parcel.contents), DESCRIPTION_CHARS);
    objections.unless(
        !description.is_empty() && !has_foreign_letters(&description),
        "contents",
        "say what is inside, in English",
    );
    if let Some(reserved) = &parcel.reserved {
        objections.unless(
            (1..=REFERENCE_CHARS).contains(&reserved.len())
                && reserved.bytes().all(|b| b.is_ascii_alphanumeric()),
            "reserved",
            "the reserved waybill number must be the one that DHL gave",
        );
    }
    let (market, lane) = destination(parcel, objections)?;
    let receiver = party::receiver(&parcel.to, market, objections);
    let declarable = lane == Lane::Declarable;
    let mut shipper = settings.shipper.clone();
    let mut accounts = vec![settings.shipper_account()];
    let mut services = Vec::new();
    let mut declaration = None;
    if declarable {
        match &parcel.customs {
            Some(customs) => {
                let place = &receiver.postal_address.city_name;
                declaration = Some(customs::declaration(customs, &parcel.measures, place, objections));
                let voec = customs::voec(customs, settings.voec.as_deref(), parcel.to.business, objections);
                shipper.registration_numbers.extend(voec);
            }
            None => objections.add("customs", format!("a parcel to {market} crosses the customs border: invoice number, value and goods are needed")),
        }
        accounts.extend(settings.duties_account());
        if settings.paperless {
            services.push(Service { service_code: "WY" });
        }
    }
    let currency = parcel.customs.as_ref().map(|customs| customs.value.currency.code());
    let (declared_value, export_declaration) = declaration.map(|d| (d.declared_value, d.export)).unzip();
    let references = vec![Reference { value: reference, type_code: "CU" }];
    let request = ShipmentRequest {
        planned_shipping_date_and_time: planned?,
        pickup: PickupWish { is_requested: false },
        product_code: settings.fixed_product(lane).unwrap_or_default().to_owned(),
        accounts,
        value_added_services: services,
        output_image_properties: printables(settings, declarable),
        customer_references: references.clone(),
        identifiers: parcel
            .reserved
            .iter()
            .map(|number| Identifier { type_code: "shipmentId", value: number.clone() })
            .collect(),
        customer_details: Customers { shipper_details: shipper, receiver_details: receiver },
        content: Content {
            packages: vec![package(&parcel.measures, references)],
            is_customs_declarable: declarable,
            declared_value: declared_value.flatten(),
            declared_value_currency: currency.filter(|_| declarable),
            export_declaration,
            description,
            incoterm: if declarable { settings.incoterm.code() } else { "DAP" },
            unit_of_measurement: "metric",
        },
    };
    Some(Draft { request, lane })
}

fn reference(parcel: &Parcel, objections: &mut Objections) -> String {
    let reference = parcel.reference.trim();
    objections.unless(
        (1..=REFERENCE_CHARS).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_graphic()),
        "reference",
        "must have 1 to 35 letters, digits and signs without blanks: it finds the parcel again",
    );
    reference.to_owned()
}

fn printables(settings: &Settings, invoice: bool) -> OutputImageProperties {
    let mut image_options = vec![
        ImageOption {
            type_code: "label",
            template_name: settings.label_template.clone(),
            is_requested: None,
            invoice_type: None,
            language_code: None,
        },
        ImageOption {
            type_code: "waybillDoc",
            template_name: "ARCH_8x4".to_owned(),
            is_requested: Some(false),
            invoice_type: None,
            language_code: None,
        },
    ];
    if invoice {
        // Without it, and without an image of our own, a declarable shipment is refused (7120).
        image_options.push(ImageOption {
            type_code: "invoice",
            template_name: "COMMERCIAL_INVOICE_P_10".to_owned(),
            is_requested: Some(true),
            invoice_type: Some("commercial"),
            language_code: Some("eng"),
        });
    }
    let encoding_format = match settings.label_format {
        Format::Pdf => "pdf",
        Format::Zpl => "zpl",
    };
    OutputImageProperties { printer_dpi: 300, encoding_format, image_options }
}

#[cfg(test)]
pub(crate) mod tests;
