//! A parcel's way to its waybill: planned, described for courier and customs, claimed once.

use rust_decimal::{Decimal, RoundingStrategy};
use vortex_domain::{
    Order,
    invoice::SalesDocument,
    order::{Due, Errand, Event, Parcel, ParcelEvent, ParcelStage},
    sales::{SaleLine, business_date},
    shipping::{Lane, Measures, lane},
};
use vortex_port::courier::{self, Customs, CustomsLine};

use super::OrderMemory;
use crate::seams::{Reply, answer};

/// From the claim to the courier's door, milliseconds: a planned time must not lie in the past (dhl.md 4.1).
const READY_AFTER_MS: i64 = 3_600_000;
/// Longest description of a parcel's contents (dhl.md 4.1).
const CONTENTS_LIMIT: usize = 70;

/// A parcel that may be minted now, exactly so.
#[derive(Debug, Clone, PartialEq)]
pub struct ParcelTask {
    /// Its number within the order.
    pub number: u32,
    /// What the courier is told.
    pub parcel: courier::Parcel,
}

impl OrderMemory {
    pub(super) async fn claim_parcel(
        &mut self,
        reserved: Option<String>,
        reply: Reply<Option<Box<ParcelTask>>>,
    ) {
        let due = self
            .order
            .as_ref()
            .filter(|order| order.may_ship() && order.errand(Errand::Ship, self.vendor()) == Some(Due::Now));
        let Some(order) = due else {
            self.decline(reply).await;
            return;
        };
        let planned = if order.parcels.is_empty() {
            self.after(order, &Event::ParcelsPlanned(vec![self.measures(order)]))
        } else {
            order.clone()
        };
        let waiting = planned.parcels.iter().find_map(|parcel| match &parcel.stage {
            ParcelStage::Waiting { reserved } => Some((parcel, reserved.clone())),
            _ => None,
        });
        let Some((parcel, kept)) = waiting else {
            self.decline(reply).await;
            return;
        };
        let reserved = kept.or(reserved);
        let number = parcel.number;
        match self.describe(&planned, parcel, reserved.clone()) {
            Ok(described) => {
                let event = Event::Parcel(number, ParcelEvent::Starts(reserved));
                let next = self.after(&planned, &event);
                let task = Box::new(ParcelTask { number, parcel: described });
                let finish = |change: vortex_store::Change| change.then(move || answer(reply, Some(task)));
                self.settle(next, event.name(), "engine", Vec::new(), finish).await;
            }
            Err(why) => {
                let event = Event::Parcel(number, ParcelEvent::Objected(why));
                let next = self.after(&planned, &event);
                let finish = |change: vortex_store::Change| change.then(move || answer(reply, None));
                self.settle(next, event.name(), "engine", Vec::new(), finish).await;
            }
        }
    }

    /// One parcel for everything: the goods' own weight where the ERP knows it, the vendor's usual size.
    fn measures(&self, order: &Order) -> Measures {
        let policy = &self.vendor().shipping;
        let of_goods: Option<u64> = order
            .goods
            .iter()
            .map(|goods| Some(u64::from(goods.weight_g?).saturating_mul(goods.quantity.unsigned_abs())))
            .sum();
        let weighed = of_goods.filter(|grams| *grams > 0 && !order.goods.is_empty());
        let weight_g = weighed.map_or(policy.default_parcel.weight_g, |grams| {
            u32::try_from(grams).unwrap_or(u32::MAX).saturating_add(policy.packaging_g)
        });
        Measures { weight_g, ..policy.default_parcel }
    }

    /// What the courier is told, or why a person must look at it first; no personal data.
    fn describe(
        &self,
        order: &Order,
        parcel: &Parcel,
        reserved: Option<String>,
    ) -> Result<courier::Parcel, String> {
        let channel = &order.channel;
        let customs = match lane(channel.market, &channel.ship_to.postal_code) {
            Lane::Union => None,
            // Which goods lie in which parcel, nobody has said.
            Lane::Declarable if order.parcels.len() > 1 => {
                return Err("mai multe colete cu declarație vamală: manual / several parcels across a border: by hand".to_owned());
            }
            Lane::Declarable => Some(self.customs(order, parcel)?),
            Lane::Special(territory) => {
                return Err(format!("{territory}: teritoriu special / special territory, VAT & customs"));
            }
        };
        let names: Vec<&str> = order.goods.iter().map(|goods| goods.name.trim()).collect();
        let contents: String = names.join(", ").chars().take(CONTENTS_LIMIT).collect();
        Ok(courier::Parcel {
            reference: order.id.parcel_reference(parcel.number),
            reserved,
            ready_ms: self.context.now_ms().saturating_add(READY_AFTER_MS),
            to: channel.ship_to.clone(),
            country: channel.market.to_string(),
            measures: parcel.measures,
            contents: if contents.trim().is_empty() { channel.sku.to_string() } else { contents },
            customs,
        })
    }

    /// Value without VAT and freight in the buyer's currency, spread over the goods as the ERP's lines are.
    fn customs(&self, order: &Order, parcel: &Parcel) -> Result<Customs, String> {
        let policy = &self.vendor().shipping;
        let whole: i64 = order.sale.iter().flat_map(|sale| &sale.lines).map(SaleLine::total_minor).sum();
        let net = order.channel.net;
        let mut lines = Vec::with_capacity(order.goods.len());
        let mut value = Decimal::ZERO;
        for (goods, line) in order.goods.iter().zip(order.sale.iter().flat_map(|sale| &sale.lines)) {
            let code: String = goods.customs_code.chars().filter(char::is_ascii_digit).collect();
            let commodity_code =
                Some(code).filter(|code| code.len() >= 6).or_else(|| policy.commodity_code.clone());
            let commodity_code = commodity_code.ok_or_else(|| {
                format!("{}: lipsește codul vamal (cel puțin 6 cifre) / commodity code missing", goods.sku)
            })?;
            let units = u32::try_from(goods.quantity).unwrap_or(u32::MAX).max(1);
            let share = Decimal::from(line.total_minor()).checked_div(Decimal::from(whole.max(1)));
            let unit_price = share
                .and_then(|share| net.amount().checked_mul(share))
                .and_then(|amount| amount.checked_div(Decimal::from(units)))
                .map(|price| price.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero))
                .ok_or_else(|| format!("{}: valoare vamală / customs value", goods.sku))?;
            value += unit_price * Decimal::from(units);
            let net_weight_g = goods
                .weight_g
                .map_or(parcel.measures.weight_g / u32::try_from(order.goods.len()).unwrap_or(1), |grams| {
                    grams.saturating_mul(units)
                });
            lines.push(CustomsLine {
                description: goods.name.clone(),
                quantity: units,
                unit_price,
                commodity_code,
                origin: policy.origin.clone(),
                net_weight_g,
            });
        }
        let invoice = order.billing.invoices().next();
        Ok(Customs {
            invoice_number: invoice
                .map_or_else(|| order.id.parcel_reference(parcel.number), SalesDocument::name),
            invoice_date: invoice.map_or_else(|| business_date(self.context.now_ms()), |i| i.date),
            value: vortex_domain::Money::rounded(value, net.currency)
                .map_err(|_| "valoare vamală / customs value".to_owned())?,
            lines,
            voec: None,
        })
    }
}
