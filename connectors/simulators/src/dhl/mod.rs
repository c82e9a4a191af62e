//! A simulator of DHL Express' shipping API (`MyDHL`) and of DHL's Unified Tracking API.
//!
//! It serves the documented calls under `/mydhlapi` (and `/mydhlapi/test`, the test system), `/track` and
//! `/tracking/push`, and a private control interface under `/control`. What it really did is in its log, whatever it answered; the log names
//! no person. `t_ms` is the simulator's clock. Entries by kind:
//!
//! | kind | fields |
//! | --- | --- |
//! | `minted` | awb, references, account, country, product, pieces, declarable, papers, pickup, test, flags |
//! | `reserved` | awbs |
//! | `pickup_booked` | confirmation, account, awbs, flags |
//! | `pickup_changed` | confirmation |
//! | `pickup_cancelled` | confirmation, account, awbs |
//! | `image_uploaded` | awb |
//! | `scan` | awb, code, `at_ms` |
//! | `refused` | route, status |
//! | `push` | scope, subscription, status (none when nobody answered) |
//! | `fault` | mode, route, committed |
//!
//! Trouble on demand is in the fault plan (statuses come in DHL's words, 500 with the code 999; `status` with
//! `html` is an edge page, `commit_then_*` mints first) and in [`Dialect`] (answers that lack or twist something).
//!
//! There is no idempotency: the same body twice mints two waybills, and nothing voids one.

mod book;
mod control;
mod customs_form;
mod documents;
mod events;
mod forms;
mod handle;
mod http;
mod judge;
mod mint;
mod options;
mod paper;
mod pickups;
mod places;
mod products;
mod push;
mod rates;
mod reply;
mod schema;
mod shipment_form;
mod time;
mod tracking;
mod unified;
mod views;

pub use handle::{DhlSim, SimError};
pub use options::{
    AutoJourney, Behaviour, DhlSimOptions, Dialect, ReferenceLookup, StatusStyle, UndeclaredExport,
};
pub use views::{EventView, PaperView, PickupView, ShipmentView};
