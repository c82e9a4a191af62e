//! A WinMentor simulator with a connector on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot build its world has failed")]

pub(crate) mod invoices;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};
use vortex_domain::{Clock, Entropy, Sku, VendorId, sales::business_date};
use vortex_port::{
    Connection,
    conformance::erp::{Answers, ErpWorld, OrderReader, Trouble},
    erp::Copies,
    http::EgressPolicy,
};
use vortex_simulators::{
    FaultMode, FaultRule, SimClock,
    winmentor::{AnswerFault, Dialect, WinMentorSim, WinMentorSimOptions},
};
use vortex_winmentor::WinMentorConnector;

pub(crate) struct World {
    pub(crate) sim: WinMentorSim,
    connector: Arc<WinMentorConnector>,
}

/// The simulator's clock as the connector's.
pub(crate) struct ErpClock(pub(crate) SimClock);

impl Clock for ErpClock {
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

/// 2026-03-18 10:00 in Bucharest.
pub(crate) const START_MS: i64 = 1_773_820_800_000;

pub(crate) fn options() -> WinMentorSimOptions {
    WinMentorSimOptions { articles: 120, start_ms: Some(START_MS), ..WinMentorSimOptions::default() }
}

pub(crate) fn settings() -> Value {
    json!({
        "company": "ACME", "article_id_field": "CodExtern", "partner_id_field": "CodExtern",
        "warehouses": ["MAG1"], "order_booklet": "CDON", "page_size": 50,
        "customer_per_market": {"SE": "CDON-SE", "DK": "CDON-DK", "FI": "CDON-FI", "NO": "CDON-NO"},
        "shipping_article": "TRANSPORT",
    })
}

pub(crate) fn connector(sim: &WinMentorSim, settings: Value) -> WinMentorConnector {
    let connection = Connection {
        name: "erp".to_owned(),
        kind: "winmentor-bridge".to_owned(),
        base_url: sim.base_url(),
        settings,
        secrets: BTreeMap::from([("api_key".to_owned(), sim.options().api_key.into())]),
    };
    let egress = EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] };
    let vendor = VendorId::new("acme").unwrap();
    WinMentorConnector::new(&vendor, &connection, egress, Entropy::seeded(1), Arc::new(ErpClock(sim.clock())))
        .unwrap()
}

impl World {
    pub(crate) async fn start(dialect: Dialect) -> Self {
        let sim = WinMentorSim::start(WinMentorSimOptions { dialect, ..options() }).await.unwrap();
        let mut settings = settings();
        if dialect == Dialect::BridgeV12 {
            settings["dialect"] = json!("winmentor-bridge-v12");
            settings["invoice_series"] = json!("FACT");
        }
        let connector = Arc::new(connector(&sim, settings));
        Self { sim, connector }
    }

    fn milli(quantity: Decimal) -> i64 {
        (quantity * Decimal::ONE_THOUSAND).to_i64().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.sim.stop();
    }
}

impl ErpWorld for World {
    type Erp = WinMentorConnector;

    fn erp(&self) -> Arc<WinMentorConnector> {
        Arc::clone(&self.connector)
    }

    fn today(&self) -> Date {
        business_date(self.sim.clock().now_ms())
    }

    fn skus(&self) -> BTreeSet<String> {
        self.sim
            .articles()
            .into_iter()
            .map(|article| article.code)
            .filter(|code| !code.trim().is_empty())
            .collect()
    }

    fn stock_milli(&self) -> BTreeMap<String, i64> {
        let listed = |article: &vortex_simulators::winmentor::ErpArticleView| {
            !article.service
                && !article.code.trim().is_empty()
                && article.stock.values().any(|q| !q.is_zero())
        };
        let articles = self.sim.articles().into_iter().filter(listed);
        articles.map(|article| (article.code, Self::milli(article.stock["MAG1"]))).collect()
    }

    fn sellable(&self) -> (Sku, String) {
        let articles = self.sim.articles();
        let fit = articles.iter().find(|article| {
            !article.service
                && !article.code.contains(';')
                && article.stock["MAG1"] > Decimal::ONE
                && article.unit == "Buc"
        });
        let article = fit.unwrap();
        (Sku::new(&article.code).unwrap(), article.unit.clone())
    }

    fn customer(&self) -> String {
        "CDON-SE".to_owned()
    }

    fn booklet(&self) -> String {
        "CDON".to_owned()
    }

    fn documents(&self) -> Copies {
        let orders = self.sim.orders();
        let cancelled = orders.iter().filter(|order| order.cancelled).count();
        Copies {
            live: u32::try_from(orders.len() - cancelled).unwrap(),
            cancelled: u32::try_from(cancelled).unwrap(),
        }
    }

    fn partners(&self) -> Vec<String> {
        self.sim.partner_codes()
    }

    fn next(&self, trouble: Trouble) {
        let import = "/import/comenzi";
        let (route, mode) = match trouble {
            Trouble::ImportReplyLost => (import, FaultMode::CommitThenDrop),
            Trouble::ImportLost => (import, FaultMode::Drop),
            Trouble::ImportWebPage => (import, FaultMode::HtmlPage { status: 200 }),
            Trouble::ImportServerError => (import, FaultMode::CommitThenStatus { code: 500 }),
            Trouble::PartnerReplyLost => ("/parteneri/add", FaultMode::CommitThenDrop),
        };
        self.sim.faults().push(FaultRule::next(1, route, mode));
    }

    fn answers(&self, answers: Answers) {
        self.sim.faults().clear();
        self.sim.answers(if answers == Answers::Empty { AnswerFault::Empty } else { AnswerFault::None });
        let lists = ["GET /api/articole", "GET /api/stocuri?", "GET /api/comenzi/", "GET /api/vanzari"];
        for route in lists {
            match answers {
                Answers::CutOff => self.sim.faults().push(FaultRule::always(route, FaultMode::Half)),
                Answers::WebPage => {
                    self.sim.faults().push(FaultRule::always(route, FaultMode::HtmlPage { status: 200 }));
                }
                Answers::Whole | Answers::Empty => {}
            }
        }
    }

    fn breaks(&self, reader: Option<OrderReader>) {
        let v12 = self.sim.options().dialect == Dialect::BridgeV12;
        let path = match reader {
            None => return self.sim.update_options(|options| options.broken.clear()),
            Some(OrderReader::Open) => "comenzi/nefacturate",
            Some(OrderReader::All) => "comenzi/info",
            Some(OrderReader::Sales) if v12 => "vanzari",
            Some(OrderReader::Sales) => "vanzari/luna",
        };
        self.sim.update_options(|options| options.broken = vec![path.to_owned()]);
    }

    fn invoice(&self, number: i64) {
        self.sim.invoice(number).unwrap();
    }

    fn cancel(&self, number: i64) {
        self.sim.cancel_order(number).unwrap();
    }

    fn block(&self, partner: &str) {
        self.sim.block_partner(partner, true).unwrap();
    }

    fn close_month(&self, day: Date) {
        self.sim.close_month(day.year(), day.month());
    }

    fn open_month(&self, day: Date) {
        self.sim.open_month(day.year(), day.month());
    }

    fn maintenance(&self, on: bool) {
        self.sim.maintenance(on);
    }

    fn restart(&self) {
        self.sim.restart_bridge();
    }

    fn switch_company(&self) {
        self.sim.switch_company_elsewhere();
    }

    fn most_in_flight(&self) -> usize {
        self.sim.concurrent_high_water()
    }
}
