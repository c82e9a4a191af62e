//! Units held for orders: as many orders as there are for one SKU, so a copy of the state shares them and sums are kept.

use rpds::RedBlackTreeMapSync;

use crate::ids::OrderId;

/// Units held for an order. One that holds them although they were not there (`short`) lowers what the channel shows, but
/// takes nothing from other orders: two short orders must not starve each other when stock for one of them arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldUnits {
    /// Units.
    pub qty: i64,
    /// Since when the ERP has the document; none while it does not.
    pub booked_ms: Option<i64>,
    /// The units were not there when they were asked for.
    pub short: bool,
}

/// Who holds how much of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holds {
    by_order: RedBlackTreeMapSync<OrderId, HeldUnits>,
    units: i64,
    short: i64,
}

impl Holds {
    /// What an order holds.
    pub fn get(&self, order: &OrderId) -> Option<HeldUnits> {
        self.by_order.get(order).copied()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&OrderId, HeldUnits)> {
        self.by_order.iter().map(|(order, units)| (order, *units))
    }

    /// Units held in all.
    pub fn units(&self) -> i64 {
        self.units
    }

    /// Units that short orders hold.
    pub fn short(&self) -> i64 {
        self.short
    }

    /// An order holds so much; what it held before no longer counts.
    pub fn hold(&mut self, order: OrderId, units: HeldUnits) {
        self.free(&order);
        self.units = self.units.saturating_add(units.qty);
        if units.short {
            self.short = self.short.saturating_add(units.qty);
        }
        self.by_order.insert_mut(order, units);
    }

    /// An order holds nothing any more.
    pub fn free(&mut self, order: &OrderId) {
        let Some(units) = self.get(order) else { return };
        self.units = self.units.saturating_sub(units.qty);
        if units.short {
            self.short = self.short.saturating_sub(units.qty);
        }
        self.by_order.remove_mut(order);
    }

    /// Ends what the ERP had before a reading began: the reading contains it.
    pub fn end_booked_before(&mut self, read_ms: i64) {
        let ended: Vec<OrderId> = self
            .iter()
            .filter(|(_, units)| units.booked_ms.is_some_and(|booked| booked < read_ms))
            .map(|(order, _)| order.clone())
            .collect();
        for order in &ended {
            self.free(order);
        }
    }
}

impl FromIterator<(OrderId, HeldUnits)> for Holds {
    fn from_iter<T: IntoIterator<Item = (OrderId, HeldUnits)>>(all: T) -> Self {
        let mut holds = Self::default();
        for (order, units) in all {
            holds.hold(order, units);
        }
        holds
    }
}
