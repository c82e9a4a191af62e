//! A parcel's way to its waybill: planned, described for courier and customs, claimed once.

use vortex_domain::{
    Order, Sku,
    order::{Due, Errand, Event, Parcel, ParcelEvent, ParcelStage},
    sales::{Goods, business_date},
    shipping::{Lane, Measures, lane},
};
use vortex_port::courier::{self, Customs, CustomsLine};

use super::OrderMemory;
use crate::{
    directory::Undecided,
    seams::{Reply, answer},
    sku::SkuMsg,
};

/// From the claim to the courier's door, milliseconds: a planned time must not lie in the past (dhl.md 4.1).
const READY_AFTER_MS: i64 = 3_600_000;
/// Longest description of a parcel's contents (dhl.md 4.1).
const CONTENTS_LIMIT: usize = 70;
/// Customs wants to know it of every parcel.
const NOBODY_KNOWS_WHAT_LIES_WHERE: &str = "mai multe colete cu declarație vamală: spuneți ce articole sunt în fiecare / \
     several parcels across a border: say which goods lie in which";

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
        // What was missing at the booking may have been completed since.
        let Ok(goods) = self.described(order).await else {
            self.decline(reply).await;
            return;
        };
        let mut planned = self.after(order, &Event::Described(goods));
        if planned.parcels.is_empty() {
            let packing = self.measures(&planned).into();
            planned = self.after(&planned, &Event::ParcelsPlanned(vec![packing]));
        }
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

    /// Its goods as their articles are called and weigh now.
    async fn described(&self, order: &Order) -> Result<Vec<Goods>, Undecided> {
        let mut all = Vec::with_capacity(order.goods.len());
        for goods in &order.goods {
            let facts = self.context.directory.ask_sku(&goods.sku, SkuMsg::Describe).await?;
            let known = facts.map(|facts| facts.goods(goods.sku.clone(), goods.quantity));
            all.push(known.unwrap_or_else(|| goods.clone()));
        }
        Ok(all)
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
        let inside = order.goods_in(parcel);
        let customs = match lane(channel.market, &channel.ship_to.postal_code) {
            Lane::Union => None,
            Lane::Declarable => {
                let inside = inside.as_ref().ok_or_else(|| NOBODY_KNOWS_WHAT_LIES_WHERE.to_owned())?;
                Some(self.customs(order, parcel, inside)?)
            }
            Lane::Special(territory) => {
                return Err(format!("{territory}: teritoriu special / special territory, VAT & customs"));
            }
        };
        let names: Vec<&str> = inside.as_ref().unwrap_or(&order.goods).iter().map(Goods::called).collect();
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

    fn customs(&self, order: &Order, parcel: &Parcel, inside: &[Goods]) -> Result<Customs, String> {
        let policy = &self.vendor().shipping;
        let valueless = |sku: &Sku| format!("{sku}: valoare vamală / customs value");
        let mut lines = Vec::with_capacity(inside.len());
        for goods in inside {
            let code: String = goods.customs_code.chars().filter(char::is_ascii_digit).collect();
            let commodity_code =
                Some(code).filter(|code| code.len() >= 6).or_else(|| policy.commodity_code.clone());
            let commodity_code = commodity_code.ok_or_else(|| {
                format!("{}: lipsește codul vamal (cel puțin 6 cifre) / commodity code missing", goods.sku)
            })?;
            let quantity = u32::try_from(goods.quantity).unwrap_or(u32::MAX).max(1);
            let kinds = u32::try_from(inside.len()).unwrap_or(u32::MAX).max(1);
            lines.push(CustomsLine {
                description: goods.called().to_owned(),
                quantity,
                unit_price: order.customs_price(&goods.sku).ok_or_else(|| valueless(&goods.sku))?,
                commodity_code,
                origin: policy.origin.clone(),
                net_weight_g: goods
                    .weight_g
                    .map_or(parcel.measures.weight_g / kinds, |grams| grams.saturating_mul(quantity)),
            });
        }
        let invoice = order.billing.invoices().next();
        let number = invoice.map(|invoice| match order.parcels.len() {
            1 => invoice.name(),
            // Each parcel travels with a commercial invoice of its own.
            _ => format!("{}/{}", invoice.name(), parcel.number),
        });
        Ok(Customs {
            invoice_number: number.unwrap_or_else(|| order.id.parcel_reference(parcel.number)),
            invoice_date: invoice.map_or_else(|| business_date(self.context.now_ms()), |i| i.date),
            value: order.declared_value(parcel).ok_or_else(|| valueless(&order.channel.sku))?,
            lines,
            voec: None,
        })
    }
}
