//! The bodies that we send: closed objects, exactly the keys of dhl.md sections 4, 10 and 11. An optional text is left
//! out when there is none, because an empty one is refused. Most hold personal data, so they have no `Debug`.

use serde::Serialize;

use crate::thousandths::Thousandths;

/// Body of `POST /shipments`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentRequest {
    pub(crate) planned_shipping_date_and_time: String,
    pub(crate) pickup: PickupWish,
    pub(crate) product_code: String,
    pub(crate) accounts: Vec<Account>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) value_added_services: Vec<Service>,
    pub(crate) output_image_properties: OutputImageProperties,
    pub(crate) customer_references: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) customer_details: Customers<Party>,
    pub(crate) content: Content,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PickupWish {
    pub(crate) is_requested: bool,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) type_code: &'static str,
    pub(crate) number: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Service {
    pub(crate) service_code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutputImageProperties {
    #[serde(rename = "printerDPI")]
    pub(crate) printer_dpi: u32,
    pub(crate) encoding_format: &'static str,
    pub(crate) image_options: Vec<ImageOption>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImageOption {
    pub(crate) type_code: &'static str,
    pub(crate) template_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_requested: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invoice_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language_code: Option<&'static str>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub(crate) value: String,
    pub(crate) type_code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identifier {
    pub(crate) type_code: &'static str,
    pub(crate) value: String,
}

/// Who sends and who receives, in the shape that an operation wants.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customers<P> {
    pub(crate) shipper_details: P,
    pub(crate) receiver_details: P,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Party {
    pub(crate) postal_address: PostalAddress,
    pub(crate) contact_information: Contact,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) registration_numbers: Vec<Registration>,
    pub(crate) type_code: &'static str,
}

/// Of the same form everywhere; in rates it is the whole party.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostalAddress {
    pub(crate) postal_code: String,
    pub(crate) city_name: String,
    pub(crate) country_code: String,
    pub(crate) address_line1: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address_line3: Option<String>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) phone: String,
    pub(crate) company_name: String,
    pub(crate) full_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registration {
    pub(crate) type_code: &'static str,
    pub(crate) number: String,
    pub(crate) issuer_country_code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) packages: Vec<Package>,
    pub(crate) is_customs_declarable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declared_value: Option<Thousandths>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declared_value_currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) export_declaration: Option<ExportDeclaration>,
    pub(crate) description: String,
    pub(crate) incoterm: &'static str,
    pub(crate) unit_of_measurement: &'static str,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Package {
    pub(crate) weight: Thousandths,
    pub(crate) dimensions: Dimensions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) customer_references: Vec<Reference>,
}

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Dimensions {
    pub(crate) length: Thousandths,
    pub(crate) width: Thousandths,
    pub(crate) height: Thousandths,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportDeclaration {
    pub(crate) line_items: Vec<LineItem>,
    pub(crate) invoice: Invoice,
    pub(crate) export_reason_type: &'static str,
    pub(crate) export_reason: &'static str,
    pub(crate) place_of_incoterm: String,
    pub(crate) shipment_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineItem {
    pub(crate) number: u32,
    pub(crate) description: String,
    pub(crate) price: Thousandths,
    pub(crate) quantity: Quantity,
    pub(crate) commodity_codes: Vec<CommodityCode>,
    pub(crate) export_reason_type: &'static str,
    pub(crate) manufacturer_country: String,
    pub(crate) weight: LineWeight,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Quantity {
    pub(crate) value: u32,
    pub(crate) unit_of_measurement: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommodityCode {
    pub(crate) type_code: &'static str,
    pub(crate) value: String,
}

/// Of the whole line; DHL multiplies nothing (dhl.md 4.3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineWeight {
    pub(crate) net_value: Thousandths,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gross_value: Option<Thousandths>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invoice {
    pub(crate) number: String,
    pub(crate) date: String,
    pub(crate) total_net_weight: Thousandths,
    pub(crate) total_gross_weight: Thousandths,
}

/// Body of `POST /rates`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RatesRequest {
    pub(crate) customer_details: Customers<PostalAddress>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) planned_shipping_date_and_time: String,
    pub(crate) unit_of_measurement: &'static str,
    pub(crate) is_customs_declarable: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) monetary_amount: Vec<MonetaryAmount>,
    pub(crate) next_business_day: bool,
    pub(crate) product_type_code: &'static str,
    pub(crate) packages: Vec<Package>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MonetaryAmount {
    pub(crate) type_code: &'static str,
    pub(crate) value: Thousandths,
    pub(crate) currency: &'static str,
}

/// Body of `POST /pickups`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PickupRequest {
    pub(crate) planned_pickup_date_and_time: String,
    pub(crate) close_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    pub(crate) location_type: &'static str,
    pub(crate) accounts: Vec<Account>,
    pub(crate) customer_details: PickupCustomers,
    pub(crate) shipment_details: Vec<PickupShipment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PickupCustomers {
    pub(crate) shipper_details: PickupParty,
}

/// A party without registration numbers, type and country name, which pickups refuse (dhl.md section 10).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PickupParty {
    pub(crate) postal_address: PostalAddress,
    pub(crate) contact_information: Contact,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PickupShipment {
    pub(crate) product_code: String,
    pub(crate) is_customs_declarable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declared_value: Option<Thousandths>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declared_value_currency: Option<&'static str>,
    pub(crate) unit_of_measurement: &'static str,
    pub(crate) shipment_tracking_number: String,
    pub(crate) packages: Vec<Package>,
}
