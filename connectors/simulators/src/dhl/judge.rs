//! What a well-formed shipment must keep to beside the schema (spec sections 4, 6 and 8).

use rust_decimal::Decimal;
use serde_json::Value;

use super::book::{Book, OwnNumber};
use super::options::{Behaviour, UndeclaredExport};
use super::places::{self, Lane};
use super::products::{self, Load};
use super::schema::decimal;
use super::time::{self, Planned};

pub(super) const UNKNOWN_ACCOUNT: &str =
    "The account number is not found or invalid. Please check the account number and retry.";
pub(super) const BLOCKED_ACCOUNT: &str =
    "8003: Account not allowed for this service. Please contact your DHL Express representative.";
pub(super) const NO_INVOICE: &str = "7120: Required either #/outputImageProperties/imageOptions where typeCode=invoice or provide #/documentImages";
pub(super) const INVALID_NUMBER: &str = "400104: The provided Shipment Identification Number is invalid. Please check the request message and retry.";
pub(super) const NO_OWN_NUMBERS: &str = "3501: Request Identifier is not allowed for your username. \
     Please contact your DHL Express representative.";
const MALFORMED_DATE: &str =
    "998: ShipTimeStamp is not well formatted.(Expected Sample Format : '2010-02-11T17:10:09 GMT+01:00')";

/// Circumstances of a judgement.
pub(super) struct Court<'a> {
    pub(super) key: &'a str,
    /// Accounts of the key.
    pub(super) accounts: &'a [&'a str],
    pub(super) behaviour: &'a Behaviour,
    pub(super) now_ms: i64,
}

/// What the judgement found out about a shipment that may be minted.
pub(super) struct Verdict {
    pub(super) account: String,
    pub(super) planned: Planned,
    pub(super) origin: String,
    pub(super) destination: String,
    pub(super) load: Load,
    pub(super) own_number: Option<String>,
    pub(super) flags: Vec<String>,
}

pub(super) fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

pub(super) fn items_at<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn is_set(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The kilograms of a list of packages together.
pub(super) fn kilograms(packages: &[Value], metric: bool) -> Decimal {
    let sum: Decimal = packages.iter().filter_map(|package| package.get("weight")).filter_map(decimal).sum();
    if metric { sum } else { sum * Decimal::new(453_592, 6) }
}

impl Court<'_> {
    /// A planned time: not past, at most ten days ahead.
    pub(super) fn planned(&self, text: &str) -> Result<Planned, String> {
        let planned = time::parse_planned(text).ok_or_else(|| MALFORMED_DATE.to_owned())?;
        if planned.instant_ms < self.now_ms.saturating_sub(self.behaviour.past_tolerance_ms) {
            return Err("998: ShipTimeStamp is in the past. Please check the date and retry.".to_owned());
        }
        if planned.instant_ms > self.now_ms.saturating_add(time::days(10)) {
            return Err(
                "998: ShipTimeStamp is more than 10 days ahead. Please check the date and retry.".to_owned()
            );
        }
        Ok(planned)
    }

    /// The account that ships, out of a list of accounts; each must belong to the key.
    pub(super) fn shipper_account(&self, accounts: &[Value]) -> Result<String, String> {
        let mut shipper = None;
        for account in accounts {
            let number = text_at(account, "/number").unwrap_or_default();
            if !self.accounts.contains(&number) {
                return Err(UNKNOWN_ACCOUNT.to_owned());
            }
            if self.behaviour.blocked_accounts.contains(number) {
                return Err(BLOCKED_ACCOUNT.to_owned());
            }
            if text_at(account, "/typeCode") == Some("shipper") {
                shipper = Some(number);
            }
        }
        shipper.map(str::to_owned).ok_or_else(|| UNKNOWN_ACCOUNT.to_owned())
    }

    /// Judges a body that has passed the schema.
    pub(super) fn judge(&self, body: &Value, book: &Book) -> Result<Verdict, Vec<String>> {
        let mut faults = Vec::new();
        let mut flags = Vec::new();
        let planned = self.planned(text_at(body, "/plannedShippingDateAndTime").unwrap_or_default());
        let planned = planned.map_err(|fault| faults.push(fault)).ok();
        let account = self.shipper_account(items_at(body, "/accounts"));
        let account = account.map_err(|fault| faults.push(fault)).ok();

        let country = |party: &str| {
            text_at(body, &format!("/customerDetails/{party}/postalAddress/countryCode")).unwrap_or_default()
        };
        let (origin, destination) = (country("shipperDetails"), country("receiverDetails"));
        let postal_code =
            text_at(body, "/customerDetails/receiverDetails/postalAddress/postalCode").unwrap_or_default();
        for (party, code) in [("shipperDetails", origin), ("receiverDetails", destination)] {
            if !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                faults.push(format!("The {party}/postalAddress/countryCode value provided is invalid."));
            }
        }
        let seller = country("sellerDetails");
        if !seller.bytes().all(|byte| byte.is_ascii_uppercase()) {
            faults.push(
                "7127: The sellerDetails/postalAddress/countryCode value provided is invalid.".to_owned(),
            );
        }
        if self.behaviour.unserved_postal_codes.contains(postal_code) {
            faults.push(
                "420505: The destination location is invalid. Please check the data and retry.".to_owned(),
            );
        }

        let metric = text_at(body, "/content/unitOfMeasurement") == Some("metric");
        let packages = items_at(body, "/content/packages");
        let load = Load {
            lane: Lane::between(origin, destination, postal_code),
            declarable: is_set(body, "/content/isCustomsDeclarable"),
            pieces: packages.len(),
            kilograms: kilograms(packages, metric),
        };
        if let Some(account) = &account {
            let code = text_at(body, "/productCode").unwrap_or_default();
            if !products::available(load, Some(account), self.behaviour).any(|product| product.code == code) {
                faults.push(products::refusal(code));
            }
        }
        package_faults(packages, metric, &mut faults);
        service_faults(body, load.declarable, &mut faults);
        self.customs(body, &load, &mut faults, &mut flags);
        self.screen(body, &mut faults);
        let own_number = self.own_number(body, book).map_err(|fault| faults.push(fault)).ok().flatten();

        if let Some(planned) = planned
            && !time::is_offset_of(planned, places::of(origin).zone)
        {
            flags.push("planned time is not in the local time of its origin".to_owned());
        }
        match (planned, account) {
            (Some(planned), Some(account)) if faults.is_empty() => Ok(Verdict {
                account,
                planned,
                origin: origin.to_owned(),
                destination: destination.to_owned(),
                load,
                own_number,
                flags,
            }),
            _ => Err(faults),
        }
    }

    fn customs(&self, body: &Value, load: &Load, faults: &mut Vec<String>, flags: &mut Vec<String>) {
        let declaration = body.pointer("/content/exportDeclaration");
        if !load.declarable {
            if declaration.is_some() {
                faults.push(
                    "#/content/exportDeclaration is only allowed when #/content/isCustomsDeclarable is true"
                        .to_owned(),
                );
            }
            if load.lane == Lane::Export {
                let text = "goods cross the customs border undeclared";
                match self.behaviour.undeclared_export {
                    UndeclaredExport::Flag => flags.push(text.to_owned()),
                    UndeclaredExport::Refuse => faults.push(
                        "#/content/isCustomsDeclarable must be true between this origin and destination"
                            .to_owned(),
                    ),
                }
            }
            return;
        }
        let declared = body.pointer("/content/declaredValue").and_then(decimal);
        if declared.is_none() || text_at(body, "/content/declaredValueCurrency").is_none() {
            faults.push(
                "#/content/declaredValue and #/content/declaredValueCurrency are required when \
                 #/content/isCustomsDeclarable is true"
                    .to_owned(),
            );
        }
        if text_at(body, "/content/incoterm") == Some("DDP") {
            let duties =
                items_at(body, "/accounts").iter().any(|a| text_at(a, "/typeCode") == Some("duties-taxes"));
            if !duties && !has_requested_service(body, "DD") {
                faults.push(
                    "incoterm DDP requires an account with typeCode duties-taxes or service DD".to_owned(),
                );
            }
        }
        let Some(declaration) = declaration else {
            faults.push(
                "#/content/exportDeclaration is required when #/content/isCustomsDeclarable is true"
                    .to_owned(),
            );
            return;
        };
        let printed = items_at(body, "/outputImageProperties/imageOptions")
            .iter()
            .any(|option| text_at(option, "/typeCode") == Some("invoice") && is_set(option, "/isRequested"));
        if !printed && body.get("documentImages").is_none() {
            faults.push(NO_INVOICE.to_owned());
        }
        if printed && declaration.get("invoice").is_none() {
            faults.push("#/content/exportDeclaration/invoice is required to print the invoice".to_owned());
        }
        let mut numbers = Vec::new();
        let mut sum = Decimal::ZERO;
        for (index, line) in items_at(declaration, "/lineItems").iter().enumerate() {
            let at = format!("#/content/exportDeclaration/lineItems/{index}");
            let weight = line.get("weight").and_then(Value::as_object);
            if weight.is_none_or(serde_json::Map::is_empty) {
                faults.push(format!("{at}/weight requires netValue or grossValue"));
            }
            let number = line.get("number").and_then(decimal);
            if numbers.contains(&number) {
                faults.push(format!("{at}/number is used twice"));
            }
            numbers.push(number);
            let price = line.get("price").and_then(decimal).unwrap_or_default();
            let units = line.pointer("/quantity/value").and_then(decimal).unwrap_or_default();
            sum = price.checked_mul(units).and_then(|value| sum.checked_add(value)).unwrap_or(Decimal::MAX);
        }
        let apart = declared.is_some_and(|declared| (declared - sum).abs() > Decimal::new(1, 2));
        if self.behaviour.check_declared_value && apart {
            faults.push("#/content/declaredValue does not match the sum of the line items".to_owned());
        }
        norwegian_vat(body, declaration, flags);
    }

    /// Descriptions that match a screened word (7147).
    fn screen(&self, body: &Value, faults: &mut Vec<String>) {
        let hit = |text: &str| {
            let text = text.to_uppercase();
            let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
            self.behaviour.screened_words.iter().find(|word| words.contains(&word.to_uppercase().as_str()))
        };
        if let Some(word) = text_at(body, "/content/description").and_then(hit) {
            faults.push(format!(
                "7147: The shipment description #/content/description Match Keyword[Description:{word}]. \
                 Please update the description and retry."
            ));
        }
        for (index, line) in items_at(body, "/content/exportDeclaration/lineItems").iter().enumerate() {
            if let Some(word) = text_at(line, "/description").and_then(hit) {
                faults.push(format!(
                    "7147: The export line item description #/content/exportdeclaration/lineitems/{}/description \
                     Match Keyword[Description:{word}]. Please update the description and retry.",
                    index + 1
                ));
            }
        }
    }

    fn own_number(&self, body: &Value, book: &Book) -> Result<Option<String>, String> {
        let Some(identifier) = items_at(body, "/identifiers").first() else { return Ok(None) };
        if !self.behaviour.own_numbers {
            return Err(NO_OWN_NUMBERS.to_owned());
        }
        if text_at(identifier, "/typeCode") != Some("shipmentId") {
            return Ok(None);
        }
        let number = text_at(identifier, "/value").unwrap_or_default();
        match book.own_number(self.key, number) {
            OwnNumber::Free => Ok(Some(number.to_owned())),
            OwnNumber::Invalid => Err(INVALID_NUMBER.to_owned()),
        }
    }
}

pub(super) fn has_requested_service(body: &Value, code: &str) -> bool {
    items_at(body, "/valueAddedServices").iter().any(|s| text_at(s, "/serviceCode") == Some(code))
}

/// Goods for Norway under VOEC need the number and six digits of the commodity code (4.3).
fn norwegian_vat(body: &Value, declaration: &Value, flags: &mut Vec<String>) {
    let to = text_at(body, "/customerDetails/receiverDetails/postalAddress/countryCode");
    if to != Some("NO") {
        return;
    }
    let numbers = items_at(body, "/customerDetails/shipperDetails/registrationNumbers");
    let registered = numbers
        .iter()
        .any(|n| text_at(n, "/typeCode") == Some("SDT") && text_at(n, "/issuerCountryCode") == Some("NO"));
    if !registered {
        flags.push("no VOEC number: the buyer will be charged VAT".to_owned());
    }
    let coded = items_at(declaration, "/lineItems").iter().all(|line| {
        items_at(line, "/commodityCodes").iter().any(|code| {
            text_at(code, "/value").unwrap_or_default().bytes().filter(u8::is_ascii_digit).count() >= 6
        })
    });
    if !coded {
        flags.push("a line has no commodity code of six digits".to_owned());
    }
}

/// Largest piece: 303 x 303 x 183 cm, longest edges first (6); reference numbers for all pieces or none (4.1).
fn package_faults(packages: &[Value], metric: bool, faults: &mut Vec<String>) {
    for (index, package) in packages.iter().enumerate() {
        let edges = ["length", "width", "height"];
        let mut edges: Vec<Decimal> = edges
            .iter()
            .filter_map(|edge| package.pointer(&format!("/dimensions/{edge}")).and_then(decimal))
            .map(|edge| if metric { edge } else { edge * Decimal::new(254, 2) })
            .collect();
        edges.sort_unstable_by(|a, b| b.cmp(a));
        if edges.iter().zip([303, 303, 183]).any(|(edge, most)| *edge > Decimal::from(most)) {
            faults.push(format!("#/content/packages/{index}/dimensions exceed what the product can carry"));
        }
    }
    let numbered = packages.iter().filter(|package| package.get("referenceNumber").is_some()).count();
    if numbered != 0 && numbered != packages.len() {
        faults.push("#/content/packages: referenceNumber is required for all packages or none".to_owned());
    }
}

fn service_faults(body: &Value, declarable: bool, faults: &mut Vec<String>) {
    for (index, service) in items_at(body, "/valueAddedServices").iter().enumerate() {
        let code = text_at(service, "/serviceCode").unwrap_or_default();
        if !products::has_service(code, declarable) {
            faults.push(format!(
                "7008: The requested Special Service Code  #/valueAddedServices/{index}/serviceCode '{code}' is \
                 not available between this origin and destination. Please validate the products and services \
                 combination (via the /rates or /products service) or contact our customer service."
            ));
        }
        if code == "II" && (service.get("value").is_none() || service.get("currency").is_none()) {
            faults.push(format!("#/valueAddedServices/{index}: service II requires value and currency"));
        }
    }
}
