//! Which goods lie in which parcel: all of them, each once.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Order, Packing, Parcel};
use crate::{
    ids::Sku,
    money::Money,
    sales::{Goods, SaleLine},
    shipping::{Lane, lane},
};

/// Why a plan of parcels cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// The parcels hold another number of units of an article than were ordered.
    #[error("{packed} units of `{sku}` would lie in the parcels, {ordered} were ordered")]
    Disagrees {
        /// Which article; of a bundle, its parts.
        sku: Sku,
        /// Units in all parcels.
        packed: i64,
        /// Units ordered.
        ordered: i64,
    },
    /// A parcel holds nothing while others are told what they hold.
    #[error("parcel {0} would be empty; say what lies in it, or in none of them")]
    Empty(usize),
}

impl Order {
    /// Whether the goods can be packed so. Nobody needs to say what lies where, but whoever does says it of everything.
    ///
    /// # Errors
    /// [`PackingError`], in which case nothing must be changed.
    pub fn check_packing(&self, packings: &[Packing]) -> Result<(), PackingError> {
        let contents: Vec<&[(Sku, i64)]> = packings.iter().map(|packing| packing.goods.as_slice()).collect();
        check(&contents, &self.goods)
    }

    /// Whether the parcels, as planned, still hold what is ordered: it may have been amended since.
    pub(super) fn is_packed(&self) -> bool {
        let contents: Vec<&[(Sku, i64)]> =
            self.parcels.iter().map(|parcel| parcel.goods.as_slice()).collect();
        check(&contents, &self.goods).is_ok()
    }

    /// What lies in a parcel: what was said, or everything when it is the only one. None when nobody knows, or what was said no
    /// longer fits the order.
    pub fn goods_in(&self, parcel: &Parcel) -> Option<Vec<Goods>> {
        if parcel.goods.is_empty() {
            return (self.parcels.len() == 1).then(|| self.goods.clone());
        }
        if !self.is_packed() {
            return None;
        }
        let of = |(sku, quantity): &(Sku, i64)| {
            let goods = self.goods.iter().find(|goods| goods.sku == *sku)?;
            Some(Goods { quantity: *quantity, ..goods.clone() })
        };
        parcel.goods.iter().map(of).collect()
    }
}

impl Order {
    /// What one unit of an article is worth to customs: the buyer's price without VAT and freight, in the buyer's currency, spread
    /// over a bundle's parts as the ERP's lines are; to a thousandth. None when it cannot be told.
    pub fn customs_price(&self, sku: &Sku) -> Option<Decimal> {
        let lines = &self.sale.as_ref()?.lines;
        let whole: i64 = lines.iter().map(SaleLine::total_minor).sum();
        let line = lines.iter().find(|line| line.sku == *sku)?;
        let share = Decimal::from(line.total_minor()).checked_div(whole.max(1).into())?;
        let price = self.channel.net.amount().checked_mul(share)?.checked_div(line.quantity.max(1).into())?;
        Some(price.round_dp_with_strategy(3, RoundingStrategy::MidpointAwayFromZero))
    }

    /// What a parcel is worth to customs: the sum over its goods.
    pub fn declared_value(&self, parcel: &Parcel) -> Option<Money> {
        let of = |goods: &Goods| self.customs_price(&goods.sku)?.checked_mul(goods.quantity.into());
        let sum = self
            .goods_in(parcel)?
            .iter()
            .try_fold(Decimal::ZERO, |sum, goods| sum.checked_add(of(goods)?))?;
        Money::rounded(sum, self.channel.net.currency).ok()
    }

    /// Articles of a parcel that customs is told of by their name in the ERP, for want of an English title.
    pub fn untranslated(&self, parcel: &Parcel) -> Vec<Sku> {
        let to = &self.channel;
        if lane(to.market, &to.ship_to.postal_code) != Lane::Declarable {
            return Vec::new();
        }
        let goods = self.goods_in(parcel).unwrap_or_default();
        goods.into_iter().filter(|goods| goods.title_en.is_none()).map(|goods| goods.sku).collect()
    }
}

fn check(contents: &[&[(Sku, i64)]], ordered: &[Goods]) -> Result<(), PackingError> {
    if contents.iter().all(|goods| goods.is_empty()) {
        return Ok(());
    }
    let mut left: BTreeMap<&Sku, (i64, i64)> = BTreeMap::new();
    for goods in ordered {
        left.entry(&goods.sku).or_default().1 += goods.quantity;
    }
    for (number, goods) in (1..).zip(contents) {
        if goods.iter().all(|(_, units)| *units <= 0) {
            return Err(PackingError::Empty(number));
        }
        for (sku, units) in *goods {
            let packed = &mut left.entry(sku).or_default().0;
            *packed = packed.saturating_add(*units);
        }
    }
    let negative = contents.iter().flat_map(|goods| goods.iter()).find(|(_, units)| *units <= 0);
    let wrong = left.into_iter().find(|(_, (packed, ordered))| packed != ordered);
    match (wrong, negative) {
        (Some((sku, (packed, ordered))), _) => {
            Err(PackingError::Disagrees { sku: sku.clone(), packed, ordered })
        }
        (None, Some((sku, units))) => {
            Err(PackingError::Disagrees { sku: sku.clone(), packed: *units, ordered: 0 })
        }
        (None, None) => Ok(()),
    }
}
