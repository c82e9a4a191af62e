//! A connector and the CDON simulator behind it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;
use vortex_cdon::CdonConnector;
use vortex_domain::{Entropy, Language, Listing, Market, MarketPrice, OrderId, Publication, Sku, VendorId};
use vortex_port::{
    ChannelOffers, Connection,
    conformance::channel::{Calls, ChannelWorld, Shown, Trouble},
    http::EgressPolicy,
};
use vortex_simulators::{
    FaultMode, FaultRule,
    cdon::{self, CdonSim, CdonSimOptions},
};

pub(crate) const MERCHANT: &str = "6f1d2c3b-0000-4000-8000-000000000001";
const TOKEN: &str = "canary-token";

pub(crate) struct World {
    pub(crate) sim: CdonSim,
    pub(crate) connector: CdonConnector,
}

impl World {
    pub(crate) async fn start() -> Self {
        let options = CdonSimOptions {
            merchants: vec![(MERCHANT.to_owned(), TOKEN.to_owned())],
            ..CdonSimOptions::default()
        };
        let sim = CdonSim::start(options).await.unwrap();
        let connector = connect(&sim.base_url(), &json!({}));
        Self { sim, connector }
    }

    /// Publishes one article and sells one unit of it.
    pub(crate) async fn sell_one(&self) -> OrderId {
        let sku = Sku::new("A-1").unwrap();
        self.connector.publish(&[creation(&sku)]).await.unwrap();
        self.buy(&sku, 1).await
    }
}

/// A connector with small pages, and these settings beside.
pub(crate) fn connect(base_url: &str, extra: &serde_json::Value) -> CdonConnector {
    let mut settings = json!({"merchant_id": MERCHANT, "markets": ["SE", "FI"], "orders_per_page": 3, "articles_per_page": 3,
        "requests_per_minute": 350, "burst": 100, "timeout_s": 5});
    settings.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
    let connection = Connection {
        name: "cdon".to_owned(),
        kind: "cdon".to_owned(),
        base_url: base_url.to_owned(),
        settings,
        secrets: BTreeMap::from([("token".to_owned(), TOKEN.into())]),
    };
    let egress = EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] };
    CdonConnector::new(&VendorId::new("acme").unwrap(), &connection, egress, Entropy::seeded(1)).unwrap()
}

pub(crate) fn creation(sku: &Sku) -> Publication {
    Publication {
        sku: sku.clone(),
        create: true,
        listing: Some(Listing {
            for_sale: true,
            markets: vec![Market::Se, Market::Fi],
            title: vec![(Language::En, "Enamelled pot".to_owned())],
            description: vec![(Language::En, "<p>Enamelled pot &amp; lid, <b>4 l</b>.</p>".to_owned())],
            main_image: "https://img.example.com/pot.jpg".to_owned(),
            images: Vec::new(),
            category: None,
            brand: Some("Exemplar".to_owned()),
            gtin: None,
            shipping_days: vec![(Market::Se, 3, 6), (Market::Fi, 4, 7)],
            parent_sku: None,
            weight_g: Some(1200),
            customs_code: None,
        }),
        prices: Some(vec![
            MarketPrice { market: Market::Se, gross_minor: 39_900, vat_rate: "0.25".parse().unwrap() },
            MarketPrice { market: Market::Fi, gross_minor: 3_490, vat_rate: "0.255".parse().unwrap() },
        ]),
        quantity: Some(12),
        delete: false,
    }
}

#[async_trait]
impl ChannelWorld for World {
    type Channel = CdonConnector;

    fn channel(&self) -> &CdonConnector {
        &self.connector
    }

    fn orders_per_page(&self) -> usize {
        3
    }

    fn creation(&self, sku: &Sku) -> Publication {
        creation(sku)
    }

    fn malformed(&self, sku: &Sku) -> Publication {
        let mut publication = creation(sku);
        publication.listing.as_mut().unwrap().title[0].1.truncate(3);
        publication
    }

    async fn refuse_later(&self, sku: &Sku) {
        self.sim.update_options(|o| {
            o.reject_skus.insert(sku.to_string(), "invalid_category".to_owned());
        });
    }

    async fn hold_batches(&self, held: bool) {
        self.sim.pause_applying(held);
    }

    async fn buy(&self, sku: &Sku, quantity: u32) -> OrderId {
        OrderId::new(self.sim.buy(MERCHANT, sku.as_str(), cdon::Market::Se, quantity).unwrap()).unwrap()
    }

    async fn buy_unreadably(&self) -> String {
        self.sim.place_raw(MERCHANT, json!({"id": "bad-1", "article_sku": "A", "quantity": "many"})).unwrap()
    }

    async fn cancel_by_channel(&self, order: &OrderId) {
        self.sim.cancel_as_cdon(order.as_str()).unwrap();
    }

    async fn amend(&self, order: &OrderId, quantity: u32) {
        self.sim.amend(order.as_str(), &json!({"quantity": quantity})).unwrap();
    }

    async fn revoke_credentials(&self) {
        self.sim.add_merchant(MERCHANT, "another-token");
    }

    async fn trouble(&self, calls: Calls, trouble: Trouble) {
        let route = match calls {
            Calls::OrderPage(page) => format!("GET /api/v1/orders?*page={page}"),
            Calls::Commands => "PUT /api/v1/orders".to_owned(),
            Calls::Publishing => "/api/v2/articles/bulk".to_owned(),
            Calls::Verdicts => "POST /api/v1/statuses".to_owned(),
        };
        let mode = match trouble {
            Trouble::ServerError => FaultMode::Status { code: 500, retry_after_s: None, html: false },
            Trouble::LostReply => FaultMode::CommitThenDrop,
            Trouble::AskToWait(seconds) => {
                FaultMode::Status { code: 429, retry_after_s: seconds, html: false }
            }
            Trouble::WebPage(status) => FaultMode::HtmlPage { status },
            Trouble::Empty => FaultMode::Empty,
            Trouble::Half => FaultMode::Half,
        };
        self.sim.faults().push(FaultRule::always(&route, mode));
    }

    async fn calm(&self) {
        self.sim.faults().clear();
    }

    async fn shown(&self, sku: &Sku) -> Option<Shown> {
        let article =
            self.sim.article(MERCHANT, sku.as_str()).filter(|article| article.status != "deleted")?;
        let prices = article.prices.iter().map(|(market, minor)| (market.code().parse().unwrap(), *minor));
        Some(Shown { quantity: article.quantity, prices: prices.collect() })
    }
}
