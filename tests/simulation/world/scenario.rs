//! What a seed makes of the world: the merchant, the weather, what buyers and people do, when the process dies.

use std::{collections::BTreeMap, fmt, sync::Arc};

use rust_decimal::Decimal;
use vortex_domain::{
    Currency, ErpArticle, Market, Sku, Vendor, VendorId,
    mapping::{Compiled, Mapping, Schemas},
    rates::RateTable,
    vat::VatTable,
    vendor::{
        BookingPolicy, ChannelPolicy, FulfilWhen, InvoicePolicy, MintWhen, ShippingPolicy, StockPolicy,
    },
};

use crate::{
    remotes::{Happening, Remote, Weather, World},
    time::Chance,
};

/// Moments at which worlds begin: an ordinary morning, the last hours of a month and of a year in Bucharest, the end of summer time.
const EPOCHS_MS: [i64; 4] = [1_794_816_000_000, 1_796_072_400_000, 1_798_750_800_000, 1_792_888_200_000];

/// What will happen.
pub(crate) struct Scenario {
    /// When the world begins, by the wall clock.
    pub(crate) epoch_ms: i64,
    /// The vendor's settings at first.
    pub(crate) vendor: Arc<Vendor>,
    /// Faults stop then.
    pub(crate) calm_ms: i64,
    /// When the process dies, and for how long.
    pub(crate) crashes: Vec<(i64, i64)>,
    /// Nobody asks for anything once faults have stopped.
    pub(crate) patient: bool,
    /// When the safety stock is changed, and to what.
    pub(crate) settings: Option<(i64, i64)>,
    /// The vendor invoices in the ERP and ships through us; with reserved numbers or not.
    ships: Option<bool>,
    /// Nothing happens but one order and one movement of goods, then.
    only: Option<i64>,
    chance: Chance,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Vendor { stock, bundles, booking, channel, .. } = &*self.vendor;
        write!(f, "epoch {}, calm {}, crashes {:?}, ", self.epoch_ms, self.calm_ms, self.crashes)?;
        write!(f, "buffer {}, cap {}, bundles {bundles:?}, {channel:?}, ", stock.buffer, stock.cap)?;
        write!(f, "per consumer {}, patient {}, ", booking.customer_per_consumer, self.patient)?;
        write!(f, "ships {:?} {:?}", self.ships, self.vendor.shipping.mint_when)
    }
}

/// RON per unit.
pub(crate) fn rates() -> BTreeMap<Currency, Decimal> {
    [(Currency::Sek, 4_563), (Currency::Dkk, 6_817), (Currency::Nok, 4_311), (Currency::Eur, 50_912)]
        .into_iter()
        .map(|(currency, rate)| (currency, Decimal::new(rate, 4)))
        .collect()
}

fn sku(number: i64) -> Sku {
    Sku::new(format!("ART-{number:02}")).expect("a SKU")
}

impl Scenario {
    /// The scenario of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let chance = Chance::new(seed, 3);
        let mut bundles = BTreeMap::new();
        if chance.permille(400) {
            bundles
                .insert(Sku::new("SET-1").expect("a SKU"), vec![(sku(1), 1), (sku(2), chance.between(1, 2))]);
        }
        let vendor = Vendor {
            id: VendorId::new("sim").expect("a vendor id"),
            name: "Simulated".to_owned(),
            markets: vec![Market::Se, Market::Dk, Market::Fi, Market::No],
            stock: StockPolicy {
                buffer: chance.between(0, 2),
                cap: if chance.permille(200) { 6 } else { 500_000 },
                ..StockPolicy::default()
            },
            bundles,
            booking: BookingPolicy {
                customer_per_consumer: chance.permille(250),
                ..BookingPolicy::default()
            },
            channel: ChannelPolicy {
                accept_orders: chance.permille(500),
                lowers_stock_itself: chance.permille(LOWERS_PERMILLE),
                ..ChannelPolicy::default()
            },
            shipping: ShippingPolicy {
                mint_when: *chance
                    .pick(&[
                        MintWhen::Invoiced,
                        MintWhen::Invoiced,
                        MintWhen::Booked,
                        MintWhen::Booked,
                        MintWhen::Manual,
                    ])
                    .unwrap_or(&MintWhen::Booked),
                fulfil_when: *chance
                    .pick(&[FulfilWhen::Minted, FulfilWhen::Collected])
                    .unwrap_or(&FulfilWhen::Minted),
                commodity_code: Some("732392".to_owned()),
                lookups: 3,
                track_every_ms: 900_000,
                ..ShippingPolicy::default()
            },
            invoices: InvoicePolicy { look_every_ms: 600_000, ..InvoicePolicy::default() },
            mapping: Arc::new(mapping()),
            trial: None,
            rates: Arc::new(RateTable::fixed(rates()).expect("rates")),
            vat: Arc::new(VatTable::built_in()),
            image_url: Some("https://img.example.com/{sku}.jpg".to_owned()),
        };
        let calm_ms = chance.between(60, 110) * 60_000;
        let mut crashes: Vec<(i64, i64)> = (0..chance.between(0, 4))
            .map(|_| {
                (
                    chance.between(1_000, calm_ms - 300_000),
                    [500, 5_000, 60_000, 400_000][usize::try_from(chance.between(0, 3)).unwrap_or(0)],
                )
            })
            .collect();
        crashes.sort_unstable();
        let epoch_ms = *chance.pick(&EPOCHS_MS).unwrap_or(&EPOCHS_MS[0]);
        let settings =
            chance.permille(250).then(|| (chance.between(300_000, calm_ms - 300_000), chance.between(0, 3)));
        Self {
            epoch_ms,
            vendor: Arc::new(vendor),
            calm_ms,
            crashes,
            patient: seed.is_multiple_of(20),
            settings,
            ships: chance.permille(850).then(|| chance.permille(250)),
            only: None,
            chance,
        }
    }

    /// A calm world in which nothing happens but a buyer's order and, shortly after, goods that come in or leave.
    pub(crate) fn calm(seed: u64, at_ms: i64) -> Self {
        let scenario = Self::of(seed);
        let mut vendor = (*scenario.vendor).clone();
        vendor.channel = ChannelPolicy { accept_orders: true, ..ChannelPolicy::default() };
        // Of two worlds, the waybill of one is minted at once, of the other once the order is invoiced.
        vendor.shipping.mint_when =
            if seed.is_multiple_of(2) { MintWhen::Invoiced } else { MintWhen::Booked };
        vendor.shipping.fulfil_when = FulfilWhen::Minted;
        Self {
            vendor: Arc::new(vendor),
            calm_ms: 0,
            crashes: Vec::new(),
            patient: false,
            settings: None,
            ships: Some(false),
            only: Some(at_ms),
            ..scenario
        }
    }

    /// Fills the books and the agenda.
    pub(crate) fn prepare(&self, world: &mut World) {
        let chance = &self.chance;
        world.channel.epoch_ms = self.epoch_ms;
        world.ships = self.ships.is_some();
        world.desk.own_numbers = self.ships == Some(true);
        for number in 1..=chance.between(5, 20) {
            let sku = sku(number);
            // Not everything is in stock, not everything has a price.
            let units = if chance.permille(200) { 0 } else { chance.between(1, 14) };
            world.erp.on_hand.insert(sku.clone(), units * 1_000);
            world
                .erp
                .articles
                .insert(sku.clone(), article(sku, chance.permille(950).then(|| chance.between(20, 900))));
        }
        for bundle in self.vendor.bundles.keys() {
            world.erp.articles.insert(bundle.clone(), article(bundle.clone(), Some(300)));
        }
        if let Some(at_ms) = self.only {
            world.at(at_ms, Happening::Order);
            world.at(at_ms + 30_000, Happening::Goods);
            return;
        }
        world.weather = self.weather();
        let active_ms = self.calm_ms - 60_000;
        for _ in 0..chance.between(10, 40) {
            world.at(chance.between(20_000, active_ms), Happening::Order);
        }
        for _ in 0..chance.between(10, 60) {
            world.at(chance.between(20_000, active_ms), Happening::Goods);
        }
        let ships = self.ships.is_some();
        let (by_us, by_hand) = if ships { (8, 0) } else { (0, 8) };
        for (most, what) in [(5, 0), (5, 1), (by_hand, 2), (by_us / 2, 3), (by_us / 4, 4)] {
            for _ in 0..chance.between(0, most) {
                let happenings = [
                    Happening::Amend,
                    Happening::Cancel,
                    Happening::Ship,
                    Happening::Return,
                    Happening::ByHand,
                ];
                let what = happenings.into_iter().nth(what);
                if let Some(what) = what {
                    world.at(chance.between(120_000, active_ms), what);
                }
            }
        }
        if chance.permille(150) {
            world.at(
                chance.between(1_200_000, active_ms),
                Happening::Restore(chance.between(60_000, 1_800_000)),
            );
        }
        if chance.permille(STEPS_PERMILLE) {
            let steps = [-3_600_000, -20_000, 30_000, 300_000, 550_000, 86_400_000];
            for _ in 0..chance.between(1, 3) {
                let step_ms = *chance.pick(&steps).unwrap_or(&0);
                world.at(chance.between(60_000, active_ms), Happening::Wall(step_ms));
            }
        }
    }

    fn weather(&self) -> Weather {
        let chance = &self.chance;
        // One world in eight is calm from the beginning: what fails there fails without any fault.
        let severity = chance.between(0, 7);
        let mut weather = Weather::default();
        if severity == 0 {
            return weather;
        }
        weather.faults = severity * 12;
        weather.slow = severity * 15;
        weather.quirks = severity * 100;
        weather.commits = if chance.permille(500) { severity * 5 } else { 0 };
        for remote in [Remote::Erp, Remote::Channel, Remote::Courier] {
            if chance.permille(300) {
                let from_ms = chance.between(0, self.calm_ms - 600_000);
                weather.outages.push((
                    remote,
                    chance.permille(500),
                    from_ms,
                    from_ms + chance.between(30_000, 1_500_000),
                ));
            }
        }
        if chance.permille(200) {
            let from_ms = chance.between(0, self.calm_ms - 600_000);
            weather.closed = Some((from_ms, from_ms + chance.between(60_000, 1_800_000)));
        }
        weather
    }
}

/// Worlds of a thousand in which the channel lowers its quantity by itself when it sells.
const LOWERS_PERMILLE: i64 = 120;
/// Worlds of a thousand in which somebody turns the machine's clock.
const STEPS_PERMILLE: i64 = 200;

fn mapping() -> Compiled {
    let schemas = vortex_winmentor::fields::declare(vortex_cdon::fields::declare(Schemas::new()));
    let mapping = Mapping::from_toml("[tables.category]\notherwise = \"1124\"\n").expect("a mapping");
    mapping.compile(1, &schemas).expect("a sound mapping")
}

fn article(sku: Sku, price: Option<i64>) -> ErpArticle {
    ErpArticle {
        name: format!("Simulated article {sku}"),
        sku,
        unit: "Buc".to_owned(),
        class_code: "VASE".to_owned(),
        class_name: "Vase".to_owned(),
        producer: "Exemplar".to_owned(),
        price_net: None,
        price_gross: price.map(Decimal::from),
        vat_percent: Some(Decimal::from(21)),
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}
