//! The connection's settings in vendor.toml.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use vortex_domain::shipping::Lane;
use vortex_port::{
    connection::{Connection, SettingsError},
    courier::Format,
};

use crate::{
    body::{Account, Party, Registration},
    customs::{VOEC_RULE, is_voec},
    objections::Objections,
    party,
    product::{Product, usual},
};

/// The only origin whose lanes and customs rules are known here.
const ORIGIN: &str = "RO";
const DEFAULT_LABEL: &str = "ECOM26_84_001";
const PUSH_URL: &str = "https://api-eu.dhl.com/tracking/push/v1";
const TEMPLATE_CHARS: usize = 25;
const REGISTRATION_CHARS: usize = 35;

/// Who pays duties and taxes of a declarable parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Incoterm {
    /// The receiver.
    Dap,
    /// The shipper, through an account for duties.
    Ddp,
}

impl Incoterm {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Dap => "DAP",
            Self::Ddp => "DDP",
        }
    }
}

/// Settings of a DHL connection.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The DHL Express account that is billed.
    pub(crate) account_number: String,
    /// Where parcels start, checked and in DHL's form, registration numbers included.
    pub(crate) shipper: Party,
    product_union: Product,
    product_declarable: Product,
    /// How labels are encoded; other papers are always PDF.
    pub(crate) label_format: Format,
    /// DHL's name of the label's layout.
    pub(crate) label_template: String,
    pub(crate) incoterm: Incoterm,
    duties_account: Option<String>,
    /// The seller's number in the Norwegian VOEC register.
    pub(crate) voec: Option<String>,
    /// Book paperless trade for declarable parcels.
    pub(crate) paperless: bool,
    /// Whether the account may reserve waybill numbers (dhl.md section 9, 5).
    pub(crate) reserve_waybills: bool,
    /// Ask before each minting whether DHL delivers there: one more call, and the refusal names the address.
    pub(crate) check_addresses: bool,
    /// Calls per minute; DHL publishes no limit for production.
    pub(crate) requests_per_minute: u32,
    /// Longest time for one call; a creation can be slow.
    pub(crate) timeout: Duration,
    /// Where pushes are subscribed to (dhl.md section 14).
    pub(crate) push_url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipper {
    company: String,
    name: String,
    phone: String,
    street: String,
    city: String,
    postal_code: String,
    country: String,
}

const SHIPPER: &str = "a table of company, name, phone, street, city, postal_code and country, all texts";
const KNOWN: &str = "account_number, shipper, product_union, product_declarable, label_format, label_template, incoterm, \
                     duties_account, voec, paperless, reserve_waybills, check_addresses, eori, vat, requests_per_minute, timeout_s, push_url";

impl Settings {
    /// Reads the settings; unknown keys are refused, so that a misspelled one is not silently without effect.
    pub(crate) fn read(connection: &Connection) -> Result<Self, SettingsError> {
        let mut table = Table { connection: &connection.name, left: map_of(connection)? };
        let account_number = table.account("account_number")?.ok_or_else(|| {
            table.wrong("account_number", "is needed: DHL's contract names it, 9 digits".to_owned())
        })?;
        let duties_account = table.account("duties_account")?;
        let incoterm = table.take("incoterm", "DAP or DDP")?.unwrap_or(Incoterm::Dap);
        if incoterm == Incoterm::Ddp && duties_account.is_none() {
            return Err(table.wrong(
                "duties_account",
                "is needed with incoterm DDP: the account that pays duties and taxes".to_owned(),
            ));
        }
        let mut shipper = table.shipper()?;
        for (key, type_code) in [("vat", "VAT"), ("eori", "EOR")] {
            shipper.registration_numbers.extend(table.registration(key, type_code)?);
        }
        let settings = Self {
            account_number,
            shipper,
            product_union: table.product("product_union", usual(Lane::Union))?,
            product_declarable: table.product("product_declarable", usual(Lane::Declarable))?,
            label_format: match table.take::<String>("label_format", "pdf or zpl")?.as_deref() {
                None | Some("pdf") => Format::Pdf,
                Some("zpl") => Format::Zpl,
                Some(_) => return Err(table.wrong("label_format", "must be pdf or zpl".to_owned())),
            },
            label_template: table.template()?,
            incoterm,
            duties_account,
            voec: table.voec()?,
            paperless: table.take("paperless", "true or false")?.unwrap_or(false),
            reserve_waybills: table.take("reserve_waybills", "true or false")?.unwrap_or(false),
            check_addresses: table.take("check_addresses", "true or false")?.unwrap_or(false),
            requests_per_minute: table.number("requests_per_minute", 60, 1..=1_000_000)?,
            timeout: Duration::from_secs(table.number("timeout_s", 60, 1..=300)?.into()),
            push_url: table.text("push_url")?.unwrap_or_else(|| PUSH_URL.to_owned()),
        };
        if let Some(unknown) = table.left.keys().next() {
            return Err(
                table.wrong(unknown, format!("is not a setting of a DHL connection; known are {KNOWN}"))
            );
        }
        Ok(settings)
    }

    /// The product for a lane; none where it is chosen by price.
    pub(crate) fn fixed_product(&self, lane: Lane) -> Option<&str> {
        let product = if lane == Lane::Declarable { &self.product_declarable } else { &self.product_union };
        match product {
            Product::Fixed(code) => Some(code),
            Product::Cheapest => None,
        }
    }

    /// Who is billed for the transport.
    pub(crate) fn shipper_account(&self) -> Account {
        Account { type_code: "shipper", number: self.account_number.clone() }
    }

    /// Who is billed for duties and taxes, when that is not the receiver.
    pub(crate) fn duties_account(&self) -> Option<Account> {
        let number = self.duties_account.clone().filter(|_| self.incoterm == Incoterm::Ddp)?;
        Some(Account { type_code: "duties-taxes", number })
    }
}

struct Table<'a> {
    connection: &'a str,
    left: Map<String, Value>,
}

impl Table<'_> {
    fn take<T: DeserializeOwned>(&mut self, key: &str, expected: &str) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.left.remove(key) else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|_| self.wrong(key, format!("must be {expected}")))
    }

    fn number(
        &mut self,
        key: &str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, SettingsError> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.take(key, &expected)?.unwrap_or(default);
        if range.contains(&number) { Ok(number) } else { Err(self.wrong(key, format!("must be {expected}"))) }
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, SettingsError> {
        let text: Option<String> = self.take(key, "a text")?;
        Ok(text.map(|text| text.trim().to_owned()))
    }

    fn account(&mut self, key: &str) -> Result<Option<String>, SettingsError> {
        let Some(number) = self.text(key)? else { return Ok(None) };
        if (1..=12).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(Some(number));
        }
        Err(self
            .wrong(key, "must be a DHL Express account number in quotes, 9 digits, at most 12".to_owned()))
    }

    fn product(&mut self, key: &str, default: &str) -> Result<Product, SettingsError> {
        let code = self.text(key)?.unwrap_or_else(|| default.to_owned());
        match code.as_str() {
            "auto" => Ok(Product::Cheapest),
            code if (1..=6).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) =>
            {
                Ok(Product::Fixed(code.to_owned()))
            }
            _ => Err(self.wrong(
                key,
                format!("must be a product code of DHL such as {default}, or auto for the cheapest"),
            )),
        }
    }

    fn template(&mut self) -> Result<String, SettingsError> {
        let template = self.text("label_template")?.unwrap_or_else(|| DEFAULT_LABEL.to_owned());
        if (1..=TEMPLATE_CHARS).contains(&template.len()) && template.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(template);
        }
        Err(self.wrong("label_template", format!("must be a label template of DHL such as {DEFAULT_LABEL}")))
    }

    fn voec(&mut self) -> Result<Option<String>, SettingsError> {
        match self.text("voec")? {
            Some(number) if !is_voec(&number) => Err(self.wrong("voec", VOEC_RULE.to_owned())),
            number => Ok(number),
        }
    }

    fn registration(
        &mut self,
        key: &str,
        type_code: &'static str,
    ) -> Result<Option<Registration>, SettingsError> {
        let Some(number) = self.text(key)? else { return Ok(None) };
        if (1..=REGISTRATION_CHARS).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Ok(Some(Registration { type_code, number, issuer_country_code: ORIGIN }));
        }
        Err(self.wrong(key, "must be letters and digits without blanks, such as RO12345678".to_owned()))
    }

    fn shipper(&mut self) -> Result<Party, SettingsError> {
        let given: Shipper = self
            .take("shipper", SHIPPER)?
            .ok_or_else(|| self.wrong("shipper", format!("is needed: {SHIPPER}")))?;
        if !given.country.trim().eq_ignore_ascii_case(ORIGIN) {
            return Err(
                self.wrong("shipper.country", "must be RO: only parcels from Romania are known".to_owned())
            );
        }
        let mut objections = Objections::default();
        let party = Party {
            postal_address: party::postal_address(
                &given.street,
                &given.city,
                &given.postal_code,
                ORIGIN,
                &mut objections,
            ),
            contact_information: party::contact(&given.company, &given.name, &given.phone, &mut objections),
            registration_numbers: Vec::new(),
            type_code: "business",
        };
        match objections.into_list().into_iter().next() {
            Some(objection) => Err(self.wrong(&format!("shipper.{}", objection.field), objection.rule)),
            None => Ok(party),
        }
    }

    fn wrong(&self, field: &str, why: String) -> SettingsError {
        SettingsError { connection: self.connection.to_owned(), field: field.to_owned(), why }
    }
}

fn map_of(connection: &Connection) -> Result<Map<String, Value>, SettingsError> {
    match &connection.settings {
        Value::Object(map) => Ok(map.clone()),
        Value::Null => Ok(Map::new()),
        _ => Err(SettingsError {
            connection: connection.name.clone(),
            field: "settings".to_owned(),
            why: "must be a table".to_owned(),
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
