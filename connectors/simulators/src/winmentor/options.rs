//! What a WinMentor simulator is made of and how it misbehaves.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::log::LogTarget;

/// The HTTP vocabulary that the bridge speaks (specification 5.1 and 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// The Go bridge.
    #[default]
    MentorApi,
    /// The .NET bridge, version 1.2.
    BridgeV12,
}

/// What identifies articles or partners (specification 3.3, step 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdField {
    /// The external code: SKU, EAN, customer key.
    CodExtern,
    /// WinMentor's own code.
    CodIntern,
    /// The tax id; partners only.
    CodFiscal,
}

impl IdField {
    /// The name as it travels.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodExtern => "CodExtern",
            Self::CodIntern => "CodIntern",
            Self::CodFiscal => "CodFiscal",
        }
    }
}

/// Which number of an uninvoiced order carries the `NrDoc` that was sent (specification 3.7.8 leaves it open).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderNumberField {
    /// Position 1; position 12 then holds WinMentor's own count. Also position 4 of the sales lines.
    #[default]
    NumarComanda,
    /// Position 12; position 1 and the sales lines then hold WinMentor's own count.
    NrDocCarnet,
}

/// The decimal separator that packets must use (specification 3.13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalSeparator {
    /// `12.5`
    #[default]
    Point,
    /// `12,5`
    Comma,
    /// Both.
    Either,
}

/// How `StocRezervat` is shown (specification 3.7.3 leaves it open).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationView {
    /// The article's whole reservation on each of its rows.
    #[default]
    RepeatedPerArticle,
    /// Spread over the article's rows, first warehouse first.
    PerRow,
}

/// Whether `ImportaComenzi` tells the truth about what it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportCount {
    /// Returns how many orders were entered.
    #[default]
    Honest,
    /// Returns 0 although the orders were entered.
    ZeroButApplied,
    /// Returns 0 and enters nothing.
    ZeroNotApplied,
}

/// A whole list answer that is not what it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFault {
    /// All rows.
    #[default]
    None,
    /// No row: the list is `null`.
    Empty,
    /// The first half of the rows.
    Half,
    /// The first tenth of the rows.
    FirstTenPercent,
}

impl AnswerFault {
    /// How many of `rows` are shown.
    pub(super) fn keep(self, rows: usize) -> usize {
        match self {
            Self::None => rows,
            Self::Empty => 0,
            Self::Half => rows / 2,
            Self::FirstTenPercent => rows / 10,
        }
    }
}

/// A numeric column whose text a test may replace for one article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// `stoc` of every stock row of the article.
    Stock,
    /// `pretVanzare` of the nomenclature.
    NetPrice,
    /// `pretVCuTVA` of the nomenclature.
    GrossPrice,
}

/// What is wrong with the printed file of one invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfFault {
    /// The file is still being written: so many requests see its first half only, the following ones the whole.
    HalfWritten {
        /// Requests, `HEAD` ones too.
        looks: u32,
    },
    /// A web page stands in its place.
    WebPage,
    /// The file has no bytes.
    Empty,
    /// It never appears.
    Missing,
    /// It is the file of another invoice.
    AnotherInvoice,
    /// It has 25 MiB.
    TooLarge,
}

/// How a simulator starts and behaves. What stands under "behaviour" can be changed while it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct WinMentorSimOptions {
    /// Where to listen; port 0 takes any free one. Read at the start.
    pub listen: SocketAddr,
    /// Where the folder of printed invoices listens; port 0 takes any free one. Read at the start.
    pub pdf_listen: SocketAddr,
    /// Decides catalogue, prices, stock and which requests chance faults strike. Read at the start.
    pub seed: u64,
    /// How many articles, services included. Read at the start.
    pub articles: usize,
    /// Warehouse symbols. Read at the start.
    pub warehouses: Vec<String>,
    /// Unit of the `TRANSPORT` service: `Buc`, or `Lei` where quantity is the amount. Read at the start.
    pub transport_unit: String,
    /// Milliseconds since 1970-01-01 UTC that the clock shows at the start; the real time without it.
    pub start_ms: Option<i64>,
    /// Whether old orders typed by hand, with newlines, NUL and `;` in remarks, exist. Read at the start.
    pub desktop_orders: bool,
    /// Whether the initial stock of every article goes to the log as `stock_truth` (up to 5,000 articles).
    pub log_initial_stock: bool,
    /// Where the log goes. Read at the start.
    #[serde(skip)]
    pub log: LogTarget,

    /// Behaviour: which HTTP vocabulary is spoken.
    pub dialect: Dialect,
    /// Behaviour: the accepted `X-API-Key`.
    pub api_key: String,
    /// Behaviour: short name of the company that holds the data; a second, empty one always exists.
    pub company: String,
    /// Behaviour: what identifies articles and partners until a client sets it.
    pub default_id_field: IdField,
    /// Behaviour: how long one request holds the COM thread, in milliseconds; answers from the cache do not.
    pub latency_ms: u64,
    /// Behaviour: pause between the COM calls of one import during which another request may slip in.
    pub import_gap_ms: u64,
    /// Behaviour: how long `com/connect` takes.
    pub reconnect_ms: u64,
    /// Behaviour: largest page size; the WinMentor Bridge never gives more than 5,000.
    pub max_page_size: usize,
    /// Behaviour: page size when none is asked for.
    pub default_page_size: usize,
    /// Behaviour: minutes for which article, stock and partner lists are answered from memory.
    pub cache_minutes: i64,
    /// Behaviour: keep the cached lists, with their old identifiers, when an id field is switched.
    pub cache_survives_id_switch: bool,
    /// Behaviour: whether a second order with the same number and booklet is entered.
    pub accept_duplicates: bool,
    /// Behaviour: whether a second partner with the same `CodExtern` is entered.
    pub accept_duplicate_partners: bool,
    /// Behaviour: refuse order numbers outside of the booklet's range.
    pub enforce_booklet_range: bool,
    /// Behaviour: which of the two numbers carries ours.
    pub order_number_field: OrderNumberField,
    /// Behaviour: separator demanded in packets.
    pub decimal_separator: DecimalSeparator,
    /// Behaviour: how reservations are shown.
    pub reservation_view: ReservationView,
    /// Behaviour: columns appended to every record, before its terminator.
    pub extra_columns: usize,
    /// Behaviour: typed rows are made by splitting on every `;`, so codes with `;` shift what follows.
    pub split_on_every_semicolon: bool,
    /// Behaviour: show rows of articles without stock, which WinMentor leaves out.
    pub zero_stock_rows: bool,
    /// Behaviour: nomenclature and partner lists begin with a `---nedefinit---` row.
    pub placeholder_rows: bool,
    /// Behaviour: months appear as open when the clock reaches them.
    pub auto_open_months: bool,
    /// Behaviour: the bookkeeper closes the working month right after the next validation of an import; once.
    pub close_month_after_validation: bool,
    /// Behaviour: warnings reported after a successful import.
    pub import_warnings: Vec<String>,
    /// Behaviour: what the import reports.
    pub import_count: ImportCount,
    /// Behaviour: `AdaugaPartener` answers 0 and adds nothing.
    pub partner_add_fails: bool,
    /// Behaviour: how many more times the next partner id comes back empty.
    pub next_id_empty: u32,
    /// Behaviour: the order's remark is copied to its invoice.
    pub copy_remark_to_invoice: bool,
    /// Behaviour: prefix of the booklet of new invoices.
    pub invoice_series: String,
    /// Behaviour: invoice lines name the order that they came from.
    pub order_number_on_invoices: bool,
    /// Behaviour: storno lines name the order of the goods that they take back.
    pub order_number_on_stornos: bool,
    /// Behaviour: invoices are posted when they are made; unposted ones are not among the sales.
    pub post_invoices: bool,
    /// Behaviour: the clerk invoices every imported order so many milliseconds after its entry; by hand only without it.
    pub auto_invoice_ms: Option<i64>,
    /// Behaviour: how many milliseconds after an invoice its printed file appears.
    pub pdf_delay_ms: i64,
    /// Behaviour: local hours (from, to) of a nightly maintenance during which everything answers 503.
    pub maintenance_hours: Option<(i8, i8)>,
    /// Behaviour: another program switches to the other company before every n-th request.
    pub interloper_every: Option<u32>,
    /// Behaviour: paths under `/api` whose COM method fails with 0x8000FFFF, such as `carnete/ext`.
    pub broken: Vec<String>,
    /// Behaviour: what list answers look like.
    pub answers: AnswerFault,
}

impl Default for WinMentorSimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            pdf_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            articles: 200,
            warehouses: vec!["MAG1".to_owned(), "MAG2".to_owned()],
            transport_unit: "Buc".to_owned(),
            start_ms: None,
            desktop_orders: true,
            log_initial_stock: true,
            log: LogTarget::Memory,
            dialect: Dialect::MentorApi,
            api_key: "sim-winmentor-key".to_owned(),
            company: "ACME".to_owned(),
            default_id_field: IdField::CodIntern,
            latency_ms: 0,
            import_gap_ms: 0,
            reconnect_ms: 0,
            max_page_size: 10_000,
            default_page_size: 100,
            cache_minutes: 5,
            cache_survives_id_switch: false,
            accept_duplicates: true,
            accept_duplicate_partners: true,
            enforce_booklet_range: false,
            order_number_field: OrderNumberField::NumarComanda,
            decimal_separator: DecimalSeparator::Point,
            reservation_view: ReservationView::RepeatedPerArticle,
            extra_columns: 0,
            split_on_every_semicolon: false,
            zero_stock_rows: false,
            placeholder_rows: true,
            auto_open_months: true,
            close_month_after_validation: false,
            import_warnings: Vec::new(),
            import_count: ImportCount::Honest,
            partner_add_fails: false,
            next_id_empty: 0,
            copy_remark_to_invoice: true,
            invoice_series: "FACT".to_owned(),
            order_number_on_invoices: true,
            order_number_on_stornos: true,
            post_invoices: true,
            auto_invoice_ms: None,
            pdf_delay_ms: 0,
            maintenance_hours: None,
            interloper_every: None,
            broken: Vec::new(),
            answers: AnswerFault::None,
        }
    }
}
