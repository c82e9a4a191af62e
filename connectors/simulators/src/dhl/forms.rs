//! The parts that several closed schemas share, and the schemas of pickups and rates (spec sections 10 and 11).

use std::sync::LazyLock;

use rust_decimal::Decimal;

use super::schema::{Node, amount, any_text, filled, list, object, opt, req, set, text, time_of_day};

/// Largest sum of money.
pub(super) const MONEY: i64 = 999_999_999_999_999;
/// Largest weight.
pub(super) const WEIGHT: i64 = 999_999_999_999;
const LENGTH: i64 = 9_999_999;

/// One thousandth: the step, and the least weight and length.
pub(super) fn thousandth() -> Decimal {
    Decimal::new(1, 3)
}

pub(super) const UNITS: &[&str] = &["metric", "imperial"];

pub(super) fn account() -> Node {
    filled(vec![
        req("typeCode", Node::Word(&["shipper", "payer", "duties-taxes"])),
        req("number", text(1, 12)),
    ])
}

pub(super) fn contact() -> Node {
    object(vec![
        opt("email", text(1, 70)),
        req("phone", text(1, 70)),
        opt("mobilePhone", text(1, 70)),
        req("companyName", text(1, 100)),
        req("fullName", text(1, 255)),
    ])
}

/// An address of a shipment, which alone may name its country and province in words.
pub(super) fn address_with_names() -> Node {
    address_of(vec![opt("provinceName", text(1, 35)), opt("countryName", text(1, 35))], true)
}

fn address(street_required: bool) -> Node {
    address_of(Vec::new(), street_required)
}

fn address_of(mut fields: Vec<super::schema::Field>, street_required: bool) -> Node {
    fields.extend([
        req("postalCode", text(0, 12)),
        req("cityName", text(1, 45)),
        req("countryCode", text(2, 2)),
        opt("provinceCode", text(2, 35)),
        opt("addressLine2", text(1, 45)),
        opt("addressLine3", text(1, 45)),
        opt("countyName", text(1, 45)),
    ]);
    let street = if street_required { req } else { opt };
    fields.push(street("addressLine1", text(1, 45)));
    object(fields)
}

/// Packaging of DHL's own.
pub(super) const PACKAGING: &[&str] = &[
    "1CE", "2BC", "2BP", "2BX", "3BX", "4BX", "5BX", "6BX", "7BX", "8BX", "CE1", "TBL", "TBS", "WB1", "WB2",
    "WB3", "WB6", "XPD",
];

pub(super) fn dimensions() -> Node {
    let length = || amount(thousandth(), LENGTH);
    object(vec![req("length", length()), req("width", length()), req("height", length())])
}

fn package() -> Node {
    object(vec![
        opt("typeCode", Node::Word(PACKAGING)),
        req("weight", amount(thousandth(), WEIGHT)),
        opt("dimensions", dimensions()),
    ])
}

fn services() -> Node {
    list(
        0,
        99,
        filled(vec![
            req("serviceCode", text(1, 6)),
            opt("localServiceCode", text(1, 3)),
            opt("value", amount(Decimal::ZERO, MONEY)),
            opt("currency", text(3, 3)),
            opt("method", Node::Word(&["cash"])),
        ]),
    )
}

pub(super) fn instructions() -> Node {
    filled(vec![req("value", text(0, 80)), opt("typeCode", text(2, 3))])
}

fn pickup_party(address_required: bool) -> Node {
    let place = if address_required { req } else { opt };
    object(vec![place("postalAddress", address(true)), req("contactInformation", contact())])
}

fn pickup_shipment() -> Node {
    object(vec![
        req("productCode", text(1, 6)),
        opt("localProductCode", text(1, 3)),
        opt("accounts", list(0, 5, account())),
        opt("valueAddedServices", services()),
        req("isCustomsDeclarable", Node::Flag),
        opt("declaredValue", amount(Decimal::ZERO, MONEY)),
        opt("declaredValueCurrency", text(3, 3)),
        req("unitOfMeasurement", Node::Word(UNITS)),
        opt("shipmentTrackingNumber", any_text()),
        req("packages", list(1, 999, package())),
    ])
}

fn pickup(changing: bool) -> Node {
    let first = if changing { opt } else { req };
    let mut fields = vec![
        first("plannedPickupDateAndTime", text(1, 29)),
        opt("closeTime", time_of_day()),
        opt("location", text(0, 80)),
        opt("locationType", Node::Word(&["business", "residence"])),
        first("accounts", set(1, 5, account())),
        opt("specialInstructions", set(0, 4, instructions())),
        opt("remark", any_text()),
        first(
            "customerDetails",
            object(vec![
                req("shipperDetails", pickup_party(true)),
                opt("receiverDetails", pickup_party(true)),
                opt("bookingRequestorDetails", pickup_party(false)),
                opt("pickupDetails", pickup_party(true)),
            ]),
        ),
        first("shipmentDetails", list(1, 999, pickup_shipment())),
    ];
    if changing {
        fields.push(opt("dispatchConfirmationNumber", any_text()));
        fields.push(req("originalShipperAccountNumber", text(1, 12)));
    }
    object(fields)
}

/// Body of `POST /pickups`.
pub(super) static PICKUP: LazyLock<Node> = LazyLock::new(|| pickup(false));

/// Body of `PATCH /pickups/{confirmation}`: what changes, and the account it was booked for.
pub(super) static PICKUP_CHANGE: LazyLock<Node> = LazyLock::new(|| pickup(true));

/// Body of `POST /rates`.
pub(super) static RATES: LazyLock<Node> = LazyLock::new(|| {
    object(vec![
        req(
            "customerDetails",
            object(vec![req("shipperDetails", address(false)), req("receiverDetails", address(false))]),
        ),
        opt("accounts", list(0, 2, account())),
        opt("productCode", text(1, 6)),
        opt("localProductCode", text(1, 3)),
        opt("valueAddedServices", services()),
        opt(
            "productsAndServices",
            list(
                0,
                usize::MAX,
                filled(vec![
                    req("productCode", text(1, 6)),
                    opt("localProductCode", text(1, 3)),
                    opt("valueAddedServices", services()),
                ]),
            ),
        ),
        opt("payerCountryCode", text(2, 2)),
        req("plannedShippingDateAndTime", text(1, 29)),
        req("unitOfMeasurement", Node::Word(UNITS)),
        req("isCustomsDeclarable", Node::Flag),
        opt(
            "monetaryAmount",
            list(
                0,
                usize::MAX,
                filled(vec![
                    req("typeCode", Node::Word(&["declaredValue", "insuredValue"])),
                    req("value", amount(Decimal::MIN, MONEY)),
                    req("currency", text(3, 3)),
                ]),
            ),
        ),
        opt("requestAllValueAddedServices", Node::Flag),
        opt("estimatedDeliveryDate", estimated_delivery(false)),
        opt(
            "getAdditionalInformation",
            list(
                0,
                3,
                object(vec![
                    opt(
                        "typeCode",
                        Node::Word(&[
                            "allValueAddedServices",
                            "allValueAddedServicesAndRuleGroups",
                            "sortCodes",
                        ]),
                    ),
                    req("isRequested", Node::Flag),
                ]),
            ),
        ),
        opt("returnStandardProductsOnly", Node::Flag),
        opt("nextBusinessDay", Node::Flag),
        opt("productTypeCode", Node::Word(&["all", "dayDefinite", "timeDefinite"])),
        req("packages", list(1, 999, package())),
    ])
});

pub(super) fn estimated_delivery(asked_explicitly: bool) -> Node {
    let asked = if asked_explicitly { req } else { opt };
    object(vec![asked("isRequested", Node::Flag), opt("typeCode", Node::Word(&["QDDC", "QDDF"]))])
}
