//! What can be set about the CDON simulator: start options, behaviour switches and dialects of its answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::categories::{self, Category};
use super::market::Market;
use crate::log::LogTarget;

/// How to start a simulator.
#[derive(Debug, Clone)]
pub struct CdonSimOptions {
    /// Where to listen; port 0 takes any free one.
    pub addr: SocketAddr,
    /// Decides ids, buyers, shuffles and chances of faults.
    pub seed: u64,
    /// Merchants present from the start: id and API token.
    pub merchants: Vec<(String, String)>,
    /// Where the log goes.
    pub log: LogTarget,
    /// The switches in force at the start.
    pub behaviour: Behaviour,
}

impl Default for CdonSimOptions {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            merchants: Vec::new(),
            log: LogTarget::default(),
            behaviour: Behaviour::default(),
        }
    }
}

/// Switches that may change while the simulator runs. Section numbers refer to the API description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Time on the simulator's clock between the answer to a bulk call and its effect; 0 = at once.
    pub apply_delay_ms: i64,
    /// Batches that fall due together are applied in random order.
    pub shuffle_batches: bool,
    /// What a create does to a SKU that exists (10.1).
    pub existing_sku: ExistingSku,
    /// Most articles in one create call (4).
    pub max_creates: usize,
    /// Most actions in one update call (4).
    pub max_actions: usize,
    /// Every n-th applied action reports `ok` and changes nothing; 0 = never.
    pub ignore_every: u64,
    /// Actions on these SKUs report `ok` and change nothing.
    pub ignore_skus: BTreeSet<String>,
    /// Actions on these SKUs pass intake and then fail with this error code.
    pub reject_skus: BTreeMap<String, String>,
    /// Bulk items of these SKUs appear in neither list of the answer and are forgotten.
    pub lose_skus: BTreeSet<String>,
    /// How long a new batch id is still unknown to the status call (11.1).
    pub batch_hidden_ms: i64,
    /// The answer about an unknown batch id (11.1).
    pub unknown_batch: UnknownBatch,
    /// A failed action carries an `ok` row for `*` beside its failed rows, as in the published samples.
    pub mixed_star_rows: bool,
    /// Fields that no document names are refused at intake.
    pub reject_unknown_fields: bool,
    /// VAT rates that a market knows; the first is taken when an article names none (5).
    pub vat_rates: BTreeMap<Market, Vec<Decimal>>,
    /// The category tree, flattened (11.3).
    pub categories: Vec<Category>,
    /// From an order's creation to its deadline (13).
    pub deadline_ms: i64,
    /// Orders past their deadline become `NOT_FULFILLED` by themselves (13).
    pub auto_cancel: bool,
    /// From the deadline to the automatic cancellation; commands in between meet the past-due text.
    pub auto_cancel_lag_ms: i64,
    /// An accepted order can be cancelled (12.8 says that it cannot).
    pub cancel_accepted: bool,
    /// Status code for an order id that the merchant does not have (12.5): 404 or 403.
    pub unknown_order_status: u16,
    /// What `limit` above 1000 does (17.5).
    pub oversized_limit: OversizedLimit,
    /// Order lists begin with the newest order.
    pub newest_first: bool,
    /// Order lists answer with their first page, whatever page is asked for.
    pub repeat_first_page: bool,
    /// Every order stands twice in its list.
    pub double_orders: bool,
    /// `POST /v1/orders/` creates test orders (12.9).
    pub sandbox: bool,
    /// The undocumented article calls answer (10.3).
    pub undocumented_articles: bool,
    /// A sale needs enough quantity.
    pub enforce_stock: bool,
    /// A sale lowers the quantity (CDON is not known to do so).
    pub lower_stock_on_sale: bool,
    /// Most requests per merchant; more get 429.
    pub rate_limit: Option<RateLimit>,
    /// How answers are spelled.
    pub dialect: Dialect,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            apply_delay_ms: 0,
            shuffle_batches: false,
            existing_sku: ExistingSku::Refuse,
            max_creates: 100,
            max_actions: 200,
            ignore_every: 0,
            ignore_skus: BTreeSet::new(),
            reject_skus: BTreeMap::new(),
            lose_skus: BTreeSet::new(),
            batch_hidden_ms: 0,
            unknown_batch: UnknownBatch::Missing,
            mixed_star_rows: true,
            reject_unknown_fields: true,
            vat_rates: known_vat_rates(),
            categories: categories::default_tree(),
            deadline_ms: 7 * DAY_MS,
            auto_cancel: true,
            auto_cancel_lag_ms: 0,
            cancel_accepted: false,
            unknown_order_status: 404,
            oversized_limit: OversizedLimit::Clamp,
            newest_first: false,
            repeat_first_page: false,
            double_orders: false,
            sandbox: false,
            undocumented_articles: true,
            enforce_stock: false,
            lower_stock_on_sale: false,
            rate_limit: None,
            dialect: Dialect::default(),
        }
    }
}

/// National rates, the standard one first.
fn known_vat_rates() -> BTreeMap<Market, Vec<Decimal>> {
    let per_mille = |rates: &[i64]| rates.iter().map(|r| Decimal::new(*r, 3).normalize()).collect();
    BTreeMap::from([
        (Market::Se, per_mille(&[250, 120, 60, 0])),
        (Market::Dk, per_mille(&[250, 0])),
        (Market::Fi, per_mille(&[255, 140, 135, 100, 0])),
        (Market::No, per_mille(&[250, 150, 120, 0])),
    ])
}

/// What a create does to a SKU that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExistingSku {
    /// Accepted at intake, then failed as `sku_already_exists`.
    Refuse,
    /// Replaces the article.
    Overwrite,
}

/// The answer about an unknown batch id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBatch {
    /// Left out of `batches`.
    Missing,
    /// Listed with no statuses.
    EmptyStatuses,
    /// The whole call answers 404.
    NotFound,
    /// The whole call answers 400.
    Invalid,
}

/// What a page size above the maximum does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OversizedLimit {
    /// Pages of 1000.
    Clamp,
    /// Status 400.
    Refuse,
}

/// A token bucket per merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Tokens that come back in a minute.
    pub per_minute: u32,
    /// Most tokens at once.
    pub burst: u32,
    /// Whether the 429 names the seconds to wait.
    #[serde(default)]
    pub retry_after: bool,
}

/// Spellings of answers that sources disagree about (17.8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// `article_title` in place of `title` on orders.
    pub article_title: bool,
    /// `fulfill_before` in place of `fulfillment_deadline`.
    pub fulfill_before: bool,
    /// Amounts, rates and quantities of orders as strings.
    pub numeric_strings: bool,
    /// `2026-01-31T10:00:00Z` in place of `2026-01-31 10:00:00`.
    pub iso_dates: bool,
    /// `NOT FULFILLED` in place of `NOT_FULFILLED`.
    pub spaced_states: bool,
    /// No `customer_order_id`.
    pub omit_customer_order: bool,
    /// No `first_name` and `last_name`, as for a business buyer.
    pub omit_person_names: bool,
    /// No `full_name`, as in the published samples.
    pub omit_full_name: bool,
    /// No `total_price`.
    pub omit_total_price: bool,
    /// Fields that no document names.
    pub extra_fields: bool,
    /// `SE` in place of `Sweden` in the shipping address.
    pub country_as_code: bool,
    /// Order answers are labelled `application/json` in place of `text/html`.
    pub orders_labelled_json: bool,
    /// The path of an intake failure.
    pub error_field: ErrorField,
    /// The key that holds the article list, such as `items`; a bare array without it.
    pub article_list_key: Option<String>,
}

/// How an intake failure names the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorField {
    /// `"field": ["price", "0"]`.
    #[default]
    Field,
    /// `"location": ["price", "0"]`.
    Location,
    /// `"field": "price.0"`.
    PlainString,
}
