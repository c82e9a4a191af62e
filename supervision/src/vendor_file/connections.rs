//! `[connections.*]`: where the vendor's systems are and how to get in.

use std::collections::BTreeMap;

use secrecy::SecretString;
use vortex_domain::{Market, VendorId};
use vortex_port::{Connection, http::EgressPolicy};

use crate::{
    config::{
        Environment,
        reader::{Section, nearest},
    },
    connectors::{self, Kind, Role},
};

/// Secrets that any connection may have: they sign the webhooks that it sends us.
const HOOK_SECRETS: [&str; 2] = ["webhook_secret", "webhook_secret_old"];
/// Longest name of a connection; it stands in the addresses of webhooks.
const NAME_LIMIT: usize = 40;

pub(super) fn read(
    section: &Section,
    vendor: Option<&VendorId>,
    environment: &Environment,
    egress: &EgressPolicy,
) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    for (name, fields) in section.named_sections() {
        let valid = name.len() <= NAME_LIMIT
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !valid || name.is_empty() {
            section.wrong(&name, "is not a connection's name; expected 1 to 40 of a-z, 0-9, - and _");
            continue;
        }
        if let Some(connection) = one(section, &name, &fields, vendor, environment, egress) {
            connections.push(connection);
        }
    }
    for role in [Role::Erp, Role::Channel, Role::Courier] {
        let of_role: Vec<&str> = connections
            .iter()
            .filter(|connection| Role::of(&connection.kind) == Some(role))
            .map(|connection| connection.name.as_str())
            .collect();
        match of_role.as_slice() {
            // An unreadable connection has its own complaint; one about its absence would only confuse.
            [] if role != Role::Courier && section.problems().is_ok() => {
                section.wrong(
                    if role == Role::Erp { "erp" } else { "cdon" },
                    format!("there is no connection to the {role}"),
                );
            }
            [_, second, ..] => {
                section.wrong(second, format!("is a second connection to the {role}; there can be one"));
            }
            _ => {}
        }
    }
    connections
}

fn one(
    parent: &Section,
    name: &str,
    fields: &Section,
    vendor: Option<&VendorId>,
    environment: &Environment,
    egress: &EgressPolicy,
) -> Option<Connection> {
    let kind_name = fields.required("kind", "winmentor-bridge")?;
    let kind_name = fields.text("dialect").unwrap_or(kind_name);
    let Some(kind) = Kind::named(&kind_name) else {
        let known: Vec<&str> = Kind::names().collect();
        let hint =
            nearest(&kind_name, known.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
        let hint = hint.unwrap_or_else(|| format!("; expected one of {}", known.join(", ")));
        fields.wrong("kind", format!("`{kind_name}` is not a kind of connection{hint}"));
        return None;
    };
    let base_url = fields.required("base_url", "https://host.example/path");
    if let Some(url) = &base_url {
        address(fields, kind, url, egress);
    }
    let mut secrets = BTreeMap::new();
    for field in kind.secrets {
        if let Some(value) = secret(fields, field, environment, true) {
            secrets.insert((*field).to_owned(), value);
        }
    }
    for field in kind.optional_secrets.iter().copied().chain(HOOK_SECRETS) {
        if let Some(value) = secret(fields, field, environment, false) {
            secrets.insert(field.to_owned(), value);
        }
    }
    let section = fields.section_or_empty("settings");
    for key in kind.settings {
        section.node(key);
    }
    let mut settings = section.to_json();
    for key in kind.identifiers {
        if let Some(value) = fields.required(key, "123") {
            settings.insert((*key).to_owned(), value.into());
        }
    }
    match kind.role {
        Role::Erp => booking(&section),
        Role::Channel => channel(&section),
        Role::Courier => {}
    }
    section.finish();
    fields.finish();
    let settings = serde_json::Value::Object(settings);
    let connection =
        Connection { name: name.to_owned(), kind: kind_name, base_url: base_url?, settings, secrets };
    // The connector has the last word on its own settings, but only on what is otherwise in order.
    if let Some(vendor) = vendor
        && parent.problems().is_ok()
        && let Err(error) = connectors::validate(vendor, &connection, egress)
    {
        section.wrong(&error.field, error.why);
    }
    Some(connection)
}

fn address(fields: &Section, kind: &Kind, text: &str, egress: &EgressPolicy) {
    match egress.check_url(text) {
        Err(denied) => fields.wrong("base_url", denied.to_string()),
        Ok(url) => {
            // A literal address that passed is public, or private and allowed by the operator.
            let private = EgressPolicy::default().check_url(text).is_err();
            if url.scheme() == "http" && kind.role != Role::Erp && !private {
                fields.wrong(
                    "base_url",
                    "the credentials would travel readable for everybody; expected https://",
                );
            }
        }
    }
}

/// A credential: `{ env = "NAME" }` or `{ value = "…" }`.
fn secret(
    fields: &Section,
    key: &'static str,
    environment: &Environment,
    needed: bool,
) -> Option<SecretString> {
    const FORMS: &str = "expected { env = \"NAME\" } or { value = \"…\" }";
    if fields.is_text(key) {
        fields.node(key);
        fields.wrong(key, format!("is a bare text; {FORMS}"));
        return None;
    }
    let Some(form) = fields.section(key) else {
        if needed && !fields.has(key) {
            fields.wrong(key, format!("is missing; {FORMS}"));
        }
        return None;
    };
    let secret = match (form.text("env"), form.text("value")) {
        (Some(name), None) => {
            let value = environment.get(&name).filter(|value| !value.is_empty());
            if value.is_none() {
                fields.wrong(
                    key,
                    format!("the environment variable `{name}` is not set; set it and try again"),
                );
            }
            value
        }
        (None, Some(value)) if value.is_empty() => {
            fields.wrong(key, "is empty");
            None
        }
        (None, Some(value)) => Some(value),
        (Some(_), Some(_)) => {
            fields.wrong(key, format!("has both; {FORMS}"));
            None
        }
        (None, None) => {
            fields.wrong(key, FORMS);
            None
        }
    };
    form.finish();
    secret.map(SecretString::from)
}

/// What the engine reads of the ERP's settings (`snapshot`), so that a mistake shows at its key.
fn booking(section: &Section) {
    section.text("order_booklet");
    section.integer("first_document_number", 1..=999_999_999, 1);
    section.section_or_empty("customer_per_market").named_texts::<Market>();
    section.flag("customer_per_consumer", false);
    section.choice("vat_rounding", &[("line", ()), ("total", ())], ());
    section.integer("quiet_ms", 0..=86_400_000, 0);
    if let Some(warehouses) = section.texts("warehouses") {
        for (i, warehouse) in warehouses.iter().enumerate() {
            if warehouses.iter().take(i).any(|earlier| earlier == warehouse) {
                section.wrong(
                    "warehouses",
                    format!("`{warehouse}` stands there twice; its stock would count twice"),
                );
            }
        }
    }
}

/// What the engine reads of the channel's settings.
fn channel(section: &Section) {
    match section.names::<Market>("markets") {
        Some(markets) if markets.is_empty() && section.problems().is_ok() => {
            section.wrong("markets", "is empty; expected e.g. [\"SE\", \"DK\", \"FI\", \"NO\"]");
        }
        None if !section.has("markets") => {
            section.wrong("markets", "is missing; expected e.g. [\"SE\", \"DK\"]");
        }
        _ => {}
    }
    section.flag("accept_orders", false);
    section.flag("lowers_stock_itself", false);
    section.integer("delete_gone_after_days", 0..=3_650, 30);
}
