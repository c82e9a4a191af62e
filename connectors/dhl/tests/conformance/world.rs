//! A connector and the DHL simulator behind it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_dhl::DhlConnector;
use vortex_domain::{
    Clock, Currency, Entropy, Money, VendorId,
    order::Address,
    pickup::Cargo,
    shipping::{Measures, Milestone},
};
use vortex_port::{
    Connection, Courier,
    conformance::courier::{Calls, CourierWorld, Trouble},
    courier::{Customs, CustomsLine, MintAnswer, Parcel, Pickup, Waybill},
    http::EgressPolicy,
};
use vortex_simulators::{
    FaultMode, FaultRule, SimClock,
    dhl::{DhlSim, DhlSimOptions},
};

pub(crate) const ACCOUNT: &str = "123456789";
const DUTIES: &str = "987654321";
const KEY: &str = "canary-key";
const SECRET: &str = "canary-secret";
/// A pause between two scans, longer than the clocks of two places differ.
const SCAN_STEP_MS: i64 = 47 * 60_000;
const LOOKUP_DELAY_MS: i64 = 31_000;

/// The connector lives by the simulator's clock.
struct SharedClock(SimClock);

impl Clock for SharedClock {
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

pub(crate) struct World {
    pub(crate) sim: DhlSim,
    pub(crate) connector: DhlConnector,
    /// Another account of the same simulator takes over when credentials are revoked.
    revoked: std::sync::OnceLock<DhlConnector>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(&json!({})).await
    }

    /// A world whose connector has these settings beside.
    pub(crate) async fn with(extra: &Value) -> Self {
        let accounts =
            [ACCOUNT, DUTIES].map(|account| (KEY.to_owned(), SECRET.to_owned(), account.to_owned()));
        let options = DhlSimOptions { accounts: accounts.into(), ..DhlSimOptions::default() };
        let sim = DhlSim::start(options).await.unwrap();
        let connector = connect(&sim, KEY, extra);
        Self { sim, connector, revoked: std::sync::OnceLock::new() }
    }

    pub(crate) async fn mint(&self, parcel: &Parcel) -> Waybill {
        match self.courier().mint(parcel).await {
            MintAnswer::Minted(waybill) => waybill,
            other => panic!("not minted: {other:?}"),
        }
    }
}

/// A connector of this API key.
pub(crate) fn connect(sim: &DhlSim, key: &str, extra: &Value) -> DhlConnector {
    let mut settings = json!({
        "account_number": ACCOUNT, "reserve_waybills": true, "requests_per_minute": 60_000, "timeout_s": 5,
        "vat": "RO12345678", "eori": "RO12345678",
        "shipper": {"company": "Exemplu SRL", "name": "Depozit", "phone": "+40 264 000 000",
            "street": "Strada Exemplu 1", "city": "Cluj-Napoca", "postal_code": "400001", "country": "RO"},
    });
    settings.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
    let connection = Connection {
        name: "dhl".to_owned(),
        kind: "dhl-express".to_owned(),
        base_url: sim.base_url(),
        settings,
        secrets: BTreeMap::from([("key".to_owned(), key.into()), ("secret".to_owned(), SECRET.into())]),
    };
    let egress = EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] };
    let clock = Arc::new(SharedClock(sim.clock().clone()));
    DhlConnector::new(&VendorId::new("acme").unwrap(), &connection, egress, Entropy::seeded(1), clock)
        .unwrap()
}

#[async_trait]
impl CourierWorld for World {
    type Courier = DhlConnector;

    fn courier(&self) -> &DhlConnector {
        self.revoked.get().unwrap_or(&self.connector)
    }

    fn parcel(&self, reference: &str) -> Parcel {
        Parcel {
            reference: reference.to_owned(),
            reserved: None,
            ready_ms: self.sim.clock().now_ms() + 3_600_000,
            to: Address {
                name: "Åsa Öberg".to_owned(),
                street: "Storgatan 1".to_owned(),
                postal_code: "111 22".to_owned(),
                city: "Stockholm".to_owned(),
                country: "Sweden".to_owned(),
                phone: "+46 70 123 45 67".to_owned(),
                business: false,
            },
            country: "SE".to_owned(),
            measures: Measures { weight_g: 1200, length_cm: 30, width_cm: 20, height_cm: 10 },
            contents: "Enamelled pot".to_owned(),
            customs: None,
        }
    }

    fn declarable(&self, reference: &str) -> Parcel {
        let mut parcel = self.parcel(reference);
        parcel.country = String::from("NO");
        parcel.to.postal_code = String::from("0150");
        parcel.to.city = String::from("Oslo");
        parcel.customs = Some(Customs {
            invoice_number: "FCT-1".to_owned(),
            invoice_date: jiff::civil::date(2030, 1, 14),
            value: Money::minor(59_800, Currency::Nok),
            lines: vec![CustomsLine {
                description: "Enamelled steel pot with lid".to_owned(),
                quantity: 2,
                unit_price: Decimal::from(299),
                commodity_code: "732394".to_owned(),
                origin: "RO".to_owned(),
                net_weight_g: 900,
            }],
            voec: Some("VOEC2000000".to_owned()),
        });
        parcel
    }

    async fn refused(&self, reference: &str) -> Parcel {
        Parcel { contents: "Gift set".to_owned(), ..self.parcel(reference) }
    }

    async fn allow_reservations(&self) -> bool {
        self.sim.update_options(|o| o.own_numbers = true);
        true
    }

    async fn minted(&self, reference: &str) -> Vec<String> {
        self.sim.minted_under(reference).into_iter().map(|shipment| shipment.awb).collect()
    }

    async fn scan(&self, awb: &str, milestone: Milestone) {
        let code = match milestone {
            Milestone::Announced => "DUMMY_PU",
            Milestone::Collected => "PU",
            Milestone::Moving => "DF",
            Milestone::Customs => "IC",
            Milestone::OutForDelivery => "WC",
            Milestone::AtCollectionPoint => "CC",
            Milestone::Exception => "NH",
            Milestone::Delivered => "OK",
            Milestone::Damaged => "DD",
            Milestone::Returned => "RT",
            Milestone::Lost => "DS",
        };
        self.sim.clock().advance_ms(SCAN_STEP_MS);
        self.sim.scan(awb, code).unwrap();
    }

    async fn show_references(&self) {
        self.sim.clock().advance_ms(LOOKUP_DELAY_MS);
    }

    fn pickup(&self, parcels: Vec<Cargo>) -> Pickup {
        Pickup {
            ready_ms: self.sim.clock().now_ms() + 3_600_000,
            close: jiff::civil::time(18, 0, 0, 0),
            location: "Ramp 2".to_owned(),
            parcels,
        }
    }

    async fn doubts_about_pickups(&self) -> Vec<String> {
        self.sim.pickups().into_iter().flat_map(|pickup| pickup.flags).collect()
    }

    async fn open_pickups(&self) -> usize {
        self.sim.pickups().iter().filter(|pickup| pickup.cancelled_ms.is_none()).count()
    }

    async fn revoke_credentials(&self) {
        assert!(self.revoked.set(connect(&self.sim, "another-key", &json!({}))).is_ok());
    }

    async fn trouble(&self, calls: Calls, trouble: Trouble) {
        let route = match calls {
            Calls::Minting => "POST /mydhlapi/shipments",
            Calls::Tracking => "GET /mydhlapi/tracking",
            Calls::Pickups => "/mydhlapi/pickups",
        };
        let mode = match trouble {
            Trouble::ServerError(code) => FaultMode::Status { code, retry_after_s: None, html: false },
            Trouble::DoneThenError(code) => FaultMode::CommitThenStatus { code },
            Trouble::LostReply => FaultMode::CommitThenDrop,
            Trouble::AskToWait(seconds) => {
                FaultMode::Status { code: 429, retry_after_s: seconds, html: false }
            }
            Trouble::Maintenance(seconds) => {
                FaultMode::Status { code: 503, retry_after_s: Some(seconds), html: false }
            }
            Trouble::WebPage(status) => FaultMode::HtmlPage { status },
            Trouble::Empty => FaultMode::Empty,
            Trouble::Half => FaultMode::Half,
        };
        self.sim.faults().push(FaultRule::always(route, mode));
    }

    async fn calm(&self) {
        self.sim.faults().clear();
    }
}
