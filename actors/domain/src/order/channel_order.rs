//! An order as the channel shows it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    article::fingerprint,
    ids::{Market, OrderId, Sku},
    money::Money,
    shipping::Tracking,
};

/// The channel's own state of an order (cdon.md section 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// Placed, nothing promised yet.
    Created,
    /// Promised; can no longer be cancelled through the API.
    Accepted,
    /// Shipped; final.
    Fulfilled,
    /// Cancelled, by us, by CDON or by the deadline; final.
    NotFulfilled,
}

impl ChannelState {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Fulfilled | Self::NotFulfilled)
    }
}

/// Where an order is shipped to. Personal data: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// Full name; from first and last name when the channel gives only those.
    pub name: String,
    /// Street and number.
    pub street: String,
    /// Postal code, leading zeros kept.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country as the channel writes it; the market decides, not this.
    pub country: String,
    /// Phone, as given.
    pub phone: String,
    /// No first and last name: a business (cdon.md section 18).
    #[serde(default)]
    pub business: bool,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}

/// An order as the channel shows it. One order is one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelOrder {
    /// The channel's id.
    pub id: OrderId,
    /// The basket it was bought in.
    #[serde(default)]
    pub basket: Option<String>,
    /// What was bought.
    pub sku: Sku,
    /// Units, at least 1.
    pub quantity: u32,
    /// For the whole quantity, without VAT (cdon.md 12.3).
    pub net: Money,
    /// VAT of the whole quantity.
    pub vat: Money,
    /// VAT rate as a fraction.
    pub vat_rate: Decimal,
    /// The market decides country and currency.
    pub market: Market,
    /// The channel's state.
    pub state: ChannelState,
    /// When it was placed, UTC.
    pub created_at_ms: i64,
    /// When the channel last changed it, UTC.
    pub updated_at_ms: i64,
    /// After it the channel cancels, UTC.
    #[serde(default)]
    pub deadline_ms: Option<i64>,
    /// Where it goes.
    pub ship_to: Address,
    /// How it was sent, once fulfilled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking: Vec<Tracking>,
}

impl ChannelOrder {
    /// Identifies this version of the order in the inbox.
    pub fn event_id(&self) -> String {
        format!("{}:{:016x}", self.id, fingerprint(self))
    }

    /// Goods and money, VAT included, in a few words.
    pub(super) fn in_short(&self) -> String {
        let total = self.net.plus(self.vat).unwrap_or(self.net);
        format!("{} × {}, {total}", self.quantity, self.sku)
    }

    /// Fingerprint of what the ERP document depends on: goods, money and address, not the state.
    pub(super) fn substance(&self) -> u64 {
        fingerprint(&(
            &self.sku,
            self.quantity,
            self.net,
            self.vat,
            self.vat_rate,
            self.market,
            &self.ship_to,
        ))
    }
}
