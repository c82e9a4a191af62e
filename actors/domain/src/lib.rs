//! Rules without I/O: ids, money, stock formula, order and SKU state machines, mapping, VAT, rates,
//! attention reasons.
//!
//! Invariant: nothing here reads a clock, a file, a socket or a random source; the same input gives
//! the same answer, so every number can be recomputed later.

pub mod article;
pub mod attention;
pub mod clock;
pub mod ids;
pub mod invoice;
pub mod mapping;
pub mod money;
pub mod order;
pub mod pickup;
pub mod rates;
pub mod sales;
pub mod shipping;
pub mod sku;
pub mod stock;
pub mod vat;
pub mod vendor;

pub use article::{ContentRow, ErpArticle, Listing, MarketPrice, Publication, StockLevel};
pub use clock::{Clock, Entropy, SystemClock};
pub use ids::{Currency, Language, Market, OrderId, PickupId, Sku, VendorId};
pub use money::Money;
pub use order::{ChannelOrder, ChannelState, Order, Stage};
pub use pickup::Pickup;
pub use sku::SkuState;
pub use vendor::Vendor;
