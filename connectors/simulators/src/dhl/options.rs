//! What can be set about the DHL simulator: start options, behaviour switches and dialects of its answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::clock::SimClock;
use crate::log::LogTarget;

/// How to start a simulator.
#[derive(Debug, Clone)]
pub struct DhlSimOptions {
    /// Where to listen; port 0 takes any free one.
    pub addr: SocketAddr,
    /// Decides waybill numbers, the pace of journeys and chances of faults.
    pub seed: u64,
    /// API key, API secret and shipping account number; the same key may stand for several accounts.
    pub accounts: Vec<(String, String, String)>,
    /// Keys of the Unified Tracking API (13).
    pub unified_keys: Vec<String>,
    /// The clock that the simulator lives by.
    pub clock: SimClock,
    /// Where the log goes.
    pub log: LogTarget,
    /// The switches in force at the start.
    pub behaviour: Behaviour,
}

impl Default for DhlSimOptions {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            accounts: Vec::new(),
            unified_keys: Vec::new(),
            clock: SimClock::new(),
            log: LogTarget::default(),
            behaviour: Behaviour::default(),
        }
    }
}

/// Switches that may change while the simulator runs. Section numbers refer to the API description.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Behaves as the vendor's test system: minted waybills are never tracked, the fixed ones are (12).
    pub test_mode: bool,
    /// When a new shipment is found by its reference (9).
    pub reference_lookup: ReferenceLookup,
    /// How long a new waybill is still unknown to tracking, milliseconds.
    pub tracking_after_ms: i64,
    /// A new shipment shows "shipment information received" (12).
    pub information_event: bool,
    /// Events are listed from the newest to the oldest, as one client has seen them.
    pub newest_first: bool,
    /// Text of a tracked shipment's `status`; says that the query worked, nothing about the parcel (12).
    pub tracking_status: String,
    /// Minted shipments travel by themselves as the clock passes; those minted without it stay where they are.
    pub auto_journey: Option<AutoJourney>,
    /// How far a planned time may lie in the past, milliseconds.
    pub past_tolerance_ms: i64,
    /// What a parcel across the customs border without customs data meets (4.3; the real answer is unknown).
    pub undeclared_export: UndeclaredExport,
    /// The lines of a declaration must add up to its declared value within 0.01 (4.3).
    pub check_declared_value: bool,
    /// Words that no description may contain (7147), whatever their case.
    pub screened_words: BTreeSet<String>,
    /// Receiver postal codes that nobody delivers to.
    pub unserved_postal_codes: BTreeSet<String>,
    /// Products enabled for an account (1001 for others); all for accounts that are not named.
    pub account_products: BTreeMap<String, BTreeSet<String>>,
    /// Accounts that may not ship (8003).
    pub blocked_accounts: BTreeSet<String>,
    /// Own waybill numbers may be reserved and used (9); 3501 otherwise.
    pub own_numbers: bool,
    /// Every new waybill number begins with a zero.
    pub leading_zero_numbers: bool,
    /// A pickup asked for together with a shipment is not booked, and a warning says so.
    pub pickup_fails_with_shipment: bool,
    /// Problems of `validateDataOnly` come under 201, as in the vendor's sample (4).
    pub validate_only_as_created: bool,
    /// Calls a day (UTC) and key, 429 afterwards (2); unlimited without it.
    pub quota_per_day: Option<u32>,
    /// Seconds for the `Retry-After` of a used up quota; no header without it.
    pub quota_retry_after_s: Option<u32>,
    /// Calls a day (UTC) and key of the Unified Tracking API (13); unlimited without it.
    pub unified_quota_per_day: Option<u32>,
    /// Every push message goes out twice (14).
    pub push_twice: bool,
    /// Push messages that are due together go out newest first (14).
    pub push_out_of_order: bool,
    /// How answers are spelled.
    pub dialect: Dialect,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            test_mode: false,
            reference_lookup: ReferenceLookup::AfterMs(30_000),
            tracking_after_ms: 0,
            information_event: true,
            newest_first: false,
            tracking_status: "Success".to_owned(),
            auto_journey: None,
            past_tolerance_ms: 60_000,
            undeclared_export: UndeclaredExport::Flag,
            check_declared_value: true,
            screened_words: ["GIFT", "JEWELRY"].map(str::to_owned).into(),
            unserved_postal_codes: BTreeSet::new(),
            account_products: BTreeMap::new(),
            blocked_accounts: BTreeSet::new(),
            own_numbers: false,
            leading_zero_numbers: false,
            pickup_fails_with_shipment: false,
            validate_only_as_created: false,
            quota_per_day: None,
            quota_retry_after_s: None,
            unified_quota_per_day: None,
            push_twice: false,
            push_out_of_order: false,
            dialect: Dialect::default(),
        }
    }
}

/// When a new shipment is found by its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceLookup {
    /// This many milliseconds after it was minted.
    AfterMs(i64),
    /// Never, as in the vendor's test system.
    Never,
}

/// The pace of shipments that travel by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoJourney {
    /// From one scan to the next, milliseconds of the simulator's clock; varies by a quarter with the seed.
    pub step_ms: i64,
}

/// What a parcel across the customs border without customs data meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndeclaredExport {
    /// Accepted; the shipment carries a flag.
    Flag,
    /// Status 400.
    Refuse,
}

/// Spellings of answers that sources disagree about, and answers that lack something (7, 8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// `shipmentTrackingNumber` of a creation as a JSON number; leading zeros are lost.
    pub numeric_awb: bool,
    /// A creation answers 201 without `shipmentTrackingNumber`, and without all that would betray it.
    pub omit_awb: bool,
    /// A creation answers 201 without `documents`.
    pub omit_documents: bool,
    /// Documents whose content is not what their format says.
    pub garbled_documents: bool,
    /// Warnings that every creation carries.
    pub warnings: Vec<String>,
    /// How a problem body names its status.
    pub status: StatusStyle,
    /// Fields that no document names.
    pub extra_fields: bool,
    /// The Unified Tracking API gives ids as numbers and timestamps without an offset.
    pub loose_unified: bool,
}

/// How a problem body names its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusStyle {
    /// `"status": "400"`.
    #[default]
    Text,
    /// `"status": 400`.
    Number,
    /// `"code": "400"`.
    Code,
}
