//! The only place that knows every concrete connector: which kinds there are, and how each is built.

use std::{fmt, sync::Arc};

use vortex_api::HookScheme;
use vortex_cdon::CdonConnector;
use vortex_dhl::{DhlConnector, DhlPush};
use vortex_domain::{Clock, Entropy, VendorId, mapping::Schemas};
use vortex_folder::FolderFiles;
use vortex_port::{
    ChannelDocuments, ChannelOffers, ChannelOrders, Connection, Courier, CourierPush, ErpCatalogue,
    ErpInvoices, ErpOrders, InvoiceFiles,
    connection::{Checkable, SettingsError},
    http::EgressPolicy,
};
use vortex_winmentor::WinMentorConnector;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The source of truth for articles, stock and documents.
    Erp,
    /// Where the vendor sells.
    Channel,
    /// Who carries the parcels.
    Courier,
}

impl Role {
    /// What connections of a kind are for; none for an unknown kind.
    pub fn of(kind: &str) -> Option<Self> {
        Kind::named(kind).map(|kind| kind.role)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Erp => "ERP",
            Self::Channel => "sales channel",
            Self::Courier => "courier",
        })
    }
}

/// What the vendor file may say of a connection of one kind.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the file.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Credentials that it needs.
    pub secrets: &'static [&'static str],
    /// Credentials that it may have.
    pub optional_secrets: &'static [&'static str],
    /// How its webhooks prove that they are its own.
    pub hooks: HookScheme,
    /// Texts beside the credentials that it needs; they are stored with the settings.
    pub identifiers: &'static [&'static str],
    /// Settings that it knows.
    pub settings: &'static [&'static str],
}

const WINMENTOR_SETTINGS: &[&str] = &[
    "company",
    "dialect",
    "article_id_field",
    "partner_id_field",
    "warehouses",
    "order_booklet",
    "first_document_number",
    "decimal_separator",
    "invoice_pdf",
    "invoice_series",
    "customer_per_market",
    "customer_per_consumer",
    "shipping_article",
    "canary_article",
    "shared_bridge",
    "logon",
    "currency",
    "page_size",
    "timeouts",
    "quiet_ms",
];

/// Settings of the channel that are the engine's alone: its connector refuses what it does not know.
const LOWERS_STOCK_ITSELF: &str = "lowers_stock_itself";
const DELETE_GONE_AFTER_DAYS: &str = "delete_gone_after_days";

const KINDS: &[Kind] = &[
    Kind {
        name: "winmentor-bridge",
        role: Role::Erp,
        secrets: &["api_key"],
        optional_secrets: &[],
        hooks: HookScheme::Signed,
        identifiers: &[],
        settings: WINMENTOR_SETTINGS,
    },
    Kind {
        name: "winmentor-bridge-v12",
        role: Role::Erp,
        secrets: &["api_key"],
        optional_secrets: &[],
        hooks: HookScheme::Signed,
        identifiers: &[],
        settings: WINMENTOR_SETTINGS,
    },
    Kind {
        name: "cdon",
        role: Role::Channel,
        secrets: &["token"],
        optional_secrets: &[],
        hooks: HookScheme::Signed,
        identifiers: &["merchant_id"],
        settings: &[
            "markets",
            "accept_orders",
            LOWERS_STOCK_ITSELF,
            DELETE_GONE_AFTER_DAYS,
            "requests_per_minute",
            "burst",
            "undocumented_reads",
            "orders_per_page",
            "articles_per_page",
            "timeout_s",
        ],
    },
    Kind {
        name: "dhl-express",
        role: Role::Courier,
        secrets: &["key", "secret"],
        optional_secrets: &["push_key"],
        hooks: HookScheme::Token { header: vortex_dhl::HOOK_TOKEN_HEADER },
        identifiers: &[],
        settings: &[
            "account_number",
            "shipper",
            "product_union",
            "product_declarable",
            "label_format",
            "label_template",
            "incoterm",
            "duties_account",
            "voec",
            "paperless",
            "reserve_waybills",
            "check_addresses",
            "eori",
            "vat",
            "requests_per_minute",
            "timeout_s",
            "push_url",
        ],
    },
];

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|kind| kind.name)
    }
}

/// A vendor's remotes, ready for use.
#[derive(Clone)]
pub struct Remotes {
    /// The ERP connection's name, for people.
    pub erp_name: String,
    /// The channel connection's name, for people and for the inbox.
    pub channel_name: String,
    /// Articles and stock.
    pub erp_catalogue: Arc<dyn ErpCatalogue>,
    /// Sales orders.
    pub erp_orders: Arc<dyn ErpOrders>,
    /// Orders of buyers.
    pub channel_orders: Arc<dyn ChannelOrders>,
    /// Articles, prices and quantities on offer.
    pub channel_offers: Arc<dyn ChannelOffers>,
    /// Fiscal documents of the ERP.
    pub erp_invoices: Arc<dyn ErpInvoices>,
    /// Where the files of fiscal documents lie, when the vendor says so; its name for people, and its content.
    pub invoice_files: Option<(String, Arc<dyn InvoiceFiles>)>,
    /// Attaches documents to orders; none for a channel that takes none.
    pub channel_documents: Option<Arc<dyn ChannelDocuments>>,
    /// The courier's connection and what it can do; none when waybills are typed in by hand.
    pub courier: Option<(String, Arc<dyn Courier>)>,
    /// Tells what the courier pushes; none where that is not set up.
    pub courier_push: Option<Arc<dyn CourierPush>>,
    /// Where the courier is to push to; without it nobody is subscribed by us.
    pub courier_hook: Option<String>,
    /// Every connection that can be tested, by name.
    pub checks: Vec<(String, Arc<dyn Checkable>)>,
}

/// A vendor's remotes cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A connection's settings are not usable.
    #[error("vendor `{vendor}`: {source}")]
    Settings {
        /// Whose.
        vendor: VendorId,
        /// What is wrong.
        source: SettingsError,
    },
    /// A connection that the vendor cannot work without.
    #[error("vendor `{vendor}` has no connection to its {role}; add one to its file and apply it again")]
    Missing {
        /// Whose.
        vendor: VendorId,
        /// Of which role.
        role: Role,
    },
    /// Two connections for one role.
    #[error(
        "vendor `{vendor}` has two connections to its {role}, `{first}` and `{second}`; there can be one"
    )]
    Twice {
        /// Whose.
        vendor: VendorId,
        /// Of which role.
        role: Role,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Stored by another version of the program.
    #[error(
        "vendor `{vendor}`: connection `{connection}` has the kind `{kind}`, which this version does not know"
    )]
    UnknownKind {
        /// Whose.
        vendor: VendorId,
        /// Which connection.
        connection: String,
        /// Its kind.
        kind: String,
    },
}

/// The only connection of a role, which there must be.
pub(crate) fn only<'c>(
    vendor: &VendorId,
    connections: &'c [Connection],
    role: Role,
) -> Result<&'c Connection, BuildError> {
    at_most_one(vendor, connections, role)?
        .ok_or_else(|| BuildError::Missing { vendor: vendor.clone(), role })
}

/// The only connection of a role, if there is one.
fn at_most_one<'c>(
    vendor: &VendorId,
    connections: &'c [Connection],
    role: Role,
) -> Result<Option<&'c Connection>, BuildError> {
    let mut of_role = connections.iter().filter(|connection| Role::of(&connection.kind) == Some(role));
    let Some(first) = of_role.next() else { return Ok(None) };
    match of_role.next() {
        None => Ok(Some(first)),
        Some(second) => Err(BuildError::Twice {
            vendor: vendor.clone(),
            role,
            first: first.name.clone(),
            second: second.name.clone(),
        }),
    }
}

/// Builds the connectors of a vendor. No connection is opened yet.
pub fn build(
    vendor: &VendorId,
    connections: &[Connection],
    egress: &EgressPolicy,
    entropy: &Entropy,
    clock: &Arc<dyn Clock>,
) -> Result<Remotes, BuildError> {
    if let Some(unknown) = connections.iter().find(|connection| Kind::named(&connection.kind).is_none()) {
        let (connection, kind) = (unknown.name.clone(), unknown.kind.clone());
        return Err(BuildError::UnknownKind { vendor: vendor.clone(), connection, kind });
    }
    let settings = |source| BuildError::Settings { vendor: vendor.clone(), source };
    let erp = only(vendor, connections, Role::Erp)?;
    let winmentor = Arc::new(winmentor(vendor, erp, egress, entropy, clock).map_err(settings)?);
    let folder = folder(vendor, erp, egress, entropy, clock).map_err(settings)?.map(Arc::new);
    let channel = only(vendor, connections, Role::Channel)?;
    let cdon = Arc::new(cdon(vendor, channel, egress, entropy).map_err(settings)?);
    let mut checks = vec![
        (erp.name.clone(), winmentor.clone() as Arc<dyn Checkable>),
        (channel.name.clone(), cdon.clone() as Arc<dyn Checkable>),
    ];
    checks.extend(
        folder.iter().map(|folder| (folder.remote().to_owned(), folder.clone() as Arc<dyn Checkable>)),
    );
    let mut courier: Option<(String, Arc<dyn Courier>)> = None;
    let mut courier_push: Option<Arc<dyn CourierPush>> = None;
    if let Some(connection) = at_most_one(vendor, connections, Role::Courier)? {
        let dhl = Arc::new(dhl(vendor, connection, egress, entropy, clock).map_err(settings)?);
        checks.push((connection.name.clone(), dhl.clone()));
        courier = Some((connection.name.clone(), dhl));
        let push = DhlPush::new(vendor, connection, egress.clone(), entropy.clone()).map_err(settings)?;
        courier_push = push.map(|push| Arc::new(push) as Arc<dyn CourierPush>);
    }
    Ok(Remotes {
        erp_name: erp.name.clone(),
        channel_name: channel.name.clone(),
        checks,
        erp_catalogue: winmentor.clone(),
        erp_invoices: winmentor.clone(),
        erp_orders: winmentor,
        invoice_files: folder.map(|folder| (folder.remote().to_owned(), folder as Arc<dyn InvoiceFiles>)),
        channel_orders: cdon.clone(),
        channel_offers: cdon,
        channel_documents: None,
        courier,
        courier_push,
        courier_hook: None,
    })
}

/// The fields that a vendor's mapping can read and make, as its connectors declare them.
pub fn schemas(connections: &[Connection]) -> Schemas {
    connections.iter().fold(Schemas::new(), |schemas, connection| match Role::of(&connection.kind) {
        Some(Role::Erp) => vortex_winmentor::fields::declare(schemas),
        Some(Role::Channel) => vortex_cdon::fields::declare(schemas),
        Some(Role::Courier) | None => schemas,
    })
}

/// Where a connection's webhooks come in, under the service's own address.
pub fn hook_address(public_url: &str, vendor: &VendorId, connection: &str) -> String {
    format!("{}/hooks/{vendor}/{connection}", public_url.trim_end_matches('/'))
}

/// Asks the connector whether it can work with these settings; nothing is sent.
pub(crate) fn validate(
    vendor: &VendorId,
    connection: &Connection,
    egress: &EgressPolicy,
) -> Result<(), SettingsError> {
    let entropy = Entropy::seeded(0);
    let clock: Arc<dyn Clock> = Arc::new(vortex_domain::SystemClock);
    match Role::of(&connection.kind) {
        Some(Role::Erp) => {
            winmentor(vendor, connection, egress, &entropy, &clock)?;
            folder(vendor, connection, egress, &entropy, &clock).map(drop)
        }
        Some(Role::Channel) => cdon(vendor, connection, egress, &entropy).map(drop),
        Some(Role::Courier) => {
            dhl(vendor, connection, egress, &entropy, &clock)?;
            DhlPush::new(vendor, connection, egress.clone(), entropy).map(drop)
        }
        None => Ok(()),
    }
}

fn winmentor(
    vendor: &VendorId,
    connection: &Connection,
    egress: &EgressPolicy,
    entropy: &Entropy,
    clock: &Arc<dyn Clock>,
) -> Result<WinMentorConnector, SettingsError> {
    WinMentorConnector::new(vendor, connection, egress.clone(), entropy.clone(), clock.clone())
}

fn cdon(
    vendor: &VendorId,
    connection: &Connection,
    egress: &EgressPolicy,
    entropy: &Entropy,
) -> Result<CdonConnector, SettingsError> {
    let mut connection = connection.clone();
    if let Some(settings) = connection.settings.as_object_mut() {
        settings.remove(LOWERS_STOCK_ITSELF);
        settings.remove(DELETE_GONE_AFTER_DAYS);
    }
    CdonConnector::new(vendor, &connection, egress.clone(), entropy.clone())
}

fn dhl(
    vendor: &VendorId,
    connection: &Connection,
    egress: &EgressPolicy,
    entropy: &Entropy,
    clock: &Arc<dyn Clock>,
) -> Result<DhlConnector, SettingsError> {
    DhlConnector::new(vendor, connection, egress.clone(), entropy.clone(), clock.clone())
}

/// Where the files of the ERP's invoices lie, if its connection says so.
fn folder(
    vendor: &VendorId,
    erp: &Connection,
    egress: &EgressPolicy,
    entropy: &Entropy,
    clock: &Arc<dyn Clock>,
) -> Result<Option<FolderFiles>, SettingsError> {
    let Some(place) = erp.settings.get("invoice_pdf") else { return Ok(None) };
    FolderFiles::new(vendor, &erp.name, place, egress.clone(), entropy.clone(), clock.clone()).map(Some)
}
