//! Buyers and the merchant's people: orders come, change, end; goods leave.

use rust_decimal::Decimal;
use vortex_domain::{ChannelOrder, ChannelState, Market, Money, OrderId, Sku, order::Address};

use super::World;

/// Markets in which orders come, with their VAT.
const MARKETS: [(Market, i64); 4] =
    [(Market::Se, 250), (Market::Dk, 250), (Market::Fi, 255), (Market::No, 250)];

impl World {
    /// Buyers see what the channel offers; some are faster than any page.
    pub(super) fn buyer_orders(&mut self, at_ms: i64) {
        let quantity = u32::try_from(self.chance.between(1, 3)).unwrap_or(1);
        let offered: Vec<Sku> = self
            .channel
            .offers
            .iter()
            .filter(|(_, offered)| offered.quantity > 0 && offered.for_sale)
            .map(|(sku, _)| sku.clone())
            .collect();
        let known: Vec<Sku> = self.erp.articles.keys().cloned().collect();
        let sku = if self.quirk("order of an unknown article", 8) {
            Sku::new("NOT-OURS").ok()
        } else {
            self.chance.pick(&offered).or_else(|| self.chance.pick(&known)).cloned()
        };
        let (Some(sku), Some((market, vat))) = (sku, self.chance.pick(&MARKETS).copied()) else { return };
        let number = self.issue();
        // Half of the ids are UUIDs, as long as references allow and longer.
        let text = if number.is_multiple_of(2) {
            format!("{number:08}-0000-4000-8000-00000000abcd")
        } else {
            format!("o-{number}")
        };
        let Ok(id) = OrderId::new(text) else { return };
        let mut order = ChannelOrder {
            id,
            basket: None,
            sku,
            quantity,
            net: Money::minor(0, market.currency()),
            vat: Money::minor(0, market.currency()),
            vat_rate: Decimal::new(vat, 3),
            market,
            state: ChannelState::Created,
            created_at_ms: self.channel.epoch_ms + at_ms,
            updated_at_ms: 0,
            deadline_ms: None,
            ship_to: Address {
                name: format!("Buyer {}", number % 7),
                postal_code: "111 22".to_owned(),
                ..Address::default()
            },
            tracking: Vec::new(),
        };
        self.price(&mut order);
        if self.quirk("amounts disagree", 8) {
            order.vat.minor += 500;
        }
        let taken = order.quantity;
        if self.vendor.channel.lowers_stock_itself
            && let Some(offered) = self.channel.offers.get_mut(&order.sku)
        {
            offered.quantity = offered.quantity.saturating_sub(taken);
        }
        self.show(at_ms, order);
    }

    fn price(&mut self, order: &mut ChannelOrder) {
        let net = self.chance.between(1_000, 90_000) * i64::from(order.quantity) + self.chance.between(0, 2);
        order.net.minor = net;
        order.vat.minor = (Decimal::from(net) * order.vat_rate).round().try_into().unwrap_or(0);
    }

    fn any_order(&mut self, states: &[ChannelState]) -> Option<ChannelOrder> {
        let open: Vec<ChannelOrder> =
            self.channel.orders.values().filter(|order| states.contains(&order.state)).cloned().collect();
        self.chance.pick(&open).cloned()
    }

    pub(super) fn buyer_amends(&mut self, at_ms: i64) {
        let Some(mut order) = self.any_order(&[ChannelState::Created]) else { return };
        self.inject("order amended");
        if self.chance.permille(500) {
            order.ship_to.street = format!("New street {at_ms}");
        } else {
            order.quantity = u32::try_from(self.chance.between(1, 4)).unwrap_or(1);
            self.price(&mut order);
        }
        self.show(at_ms, order);
    }

    pub(super) fn order_cancelled(&mut self, at_ms: i64) {
        let Some(order) =
            self.any_order(&[ChannelState::Created, ChannelState::Created, ChannelState::Accepted])
        else {
            return;
        };
        self.inject("order cancelled");
        self.show(at_ms, ChannelOrder { state: ChannelState::NotFulfilled, ..order });
    }

    /// The merchant ships what the ERP has booked.
    pub(crate) fn order_ships(&mut self, at_ms: i64) {
        let open = [ChannelState::Created, ChannelState::Accepted];
        let waiting: Vec<u64> = self
            .erp
            .docs
            .iter()
            .filter(|(_, doc)| doc.live && !doc.shipped)
            .filter(|(_, doc)| {
                self.channel
                    .orders
                    .values()
                    .any(|order| order.id.erp_token() == doc.token && open.contains(&order.state))
            })
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = self.chance.pick(&waiting).copied() else { return };
        let Some(doc) = self.erp.docs.get_mut(&id) else { return };
        doc.shipped = true;
        let token = doc.token.clone();
        for line in doc.lines.clone() {
            *self.erp.on_hand.entry(line.sku).or_default() -= line.quantity * 1_000;
        }
        self.note(at_ms, format!("{token} ships"));
        let order = self.channel.orders.values().find(|order| order.id.erp_token() == token).cloned();
        if let Some(order) = order {
            self.show(at_ms, ChannelOrder { state: ChannelState::Fulfilled, ..order });
        }
    }
}
