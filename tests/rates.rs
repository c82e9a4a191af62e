//! Published rates reach a running vendor by themselves; what is no rate, what is old and what jumped changes nothing, and a
//! person is told. Against the simulator of the banks.

#![expect(clippy::expect_used, reason = "a test that cannot set its world up fails")]

use jiff::{ToSpan as _, civil::Date};
use rust_decimal::Decimal;
use tempfile::TempDir;
use vortex::{
    config::{Config, Environment},
    node::Node,
    rates::refresh,
    vendor_file::{self, VendorFile},
};
use vortex_domain::{
    Currency, VendorId,
    attention::Code,
    rates::{AppliedRate, RateRule, RateSource, RateVerdict, RateWord, Standing},
    sales::business_date,
};
use vortex_entities::{Engine as _, engine::AttentionAction};
use vortex_simulators::banks::{BankSim, BankSimOptions, Publisher};
use vortex_store::{
    Store as _,
    rows::{AttentionItem, JournalRow},
    secrets::MasterKey,
};

const RULE: RateRule = RateRule::PublishedOnOrBefore;

/// A vendor who sells in Sweden by the rates of a simulated bank.
struct Desk {
    folder: TempDir,
    config: Config,
    bank: BankSim,
    node: Node,
    vendor: VendorId,
}

impl Desk {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bank = BankSim::start(BankSimOptions::default()).await.expect("a bank");
        let key = folder.path().join("master.key");
        MasterKey::create_file(&key).expect("a key");
        let config = format!(
            "[database]\nurl = \"sqlite:{}\"\n[security]\nmaster_key_file = \"{}\"\nallow_networks = [\"127.0.0.0/8\"]\n",
            folder.path().join("vortex.db").display(),
            key.display()
        );
        let environment = Environment::Given([].into());
        let config = Config::parse(&config, &folder.path().join("vortex.toml"), &environment)
            .expect("a configuration");
        let vendor = format!(
            "[vendor]\nid = \"acme\"\nname = \"Acme\"\n[connections.erp]\nkind = \"winmentor-bridge\"\nbase_url = \"http://127.0.0.1:9\"\n\
             api_key = {{ value = \"k\" }}\n[connections.erp.settings]\ncompany = \"ACME\"\nwarehouses = [\"MAG1\"]\n[connections.cdon]\n\
             kind = \"cdon\"\nbase_url = \"http://127.0.0.1:9\"\nmerchant_id = \"m\"\ntoken = {{ value = \"t\" }}\n\
             [connections.cdon.settings]\nmarkets = [\"SE\"]\n[rates]\nsource = \"bnr\"\nurl = \"{}\"\nfixed = {{ SEK = 0.40 }}\n",
            bank.base_url()
        );
        let path = folder.path().join("vendor.toml");
        let file =
            VendorFile::parse(&vendor, &path, &environment, &config.security.egress).expect("a vendor");
        let node = Node::start(&config).await.expect("the node starts");
        let plan = vendor_file::plan(Some(&*node.store), &file, false, 1).await.expect("a plan");
        vendor_file::write(&node.store, &file, plan, false, 1).await.expect("it is written");
        node.start_vendor(&file.id).await.expect("the vendor starts");
        Self { folder, config, bank, node, vendor: file.id }
    }

    /// The same database after a restart.
    async fn restarted(self) -> Self {
        self.node.shutdown().await;
        let node = Node::start(&self.config).await.expect("the node starts");
        node.start_vendor(&self.vendor).await.expect("the vendor starts");
        Self { node, ..self }
    }

    fn today(&self) -> Date {
        business_date(self.node.seams.clock.now_ms())
    }

    /// The newest days that the bank has published, newest first.
    fn published(&self) -> Vec<Date> {
        let days = (0..20).map(|days| self.today().checked_sub(i64::from(days).days()).expect("a day"));
        days.filter(|day| self.bank.rate(Publisher::Bnr, "SEK", *day).is_some()).collect()
    }

    fn bank_rate(&self, day: Date) -> Decimal {
        self.bank.rate(Publisher::Bnr, "SEK", day).expect("published").normalize()
    }

    async fn refresh(&self) -> usize {
        let new = refresh(&self.node).await.expect("it is looked after");
        self.node.seams.journal.barrier().await;
        new
    }

    fn rate(&self) -> AppliedRate {
        let vendor = self.node.vendor(&self.vendor).expect("it runs").vendor;
        vendor.rates.rate_for(Currency::Sek, self.today(), RULE).expect("a rate")
    }

    async fn item(&self, code: Code) -> Option<AttentionItem> {
        self.node.seams.journal.barrier().await;
        let items = self.node.store.attention(&self.vendor, 100).await.expect("items");
        // The channel of this test is nowhere, and the engine says so.
        items.into_iter().find(|item| item.code == code && item.params.first().is_none_or(|of| of != "cdon"))
    }

    async fn act(&self, code: Code, action: AttentionAction) {
        let item = self.item(code).await.expect("it waits for a person");
        self.node.engine().act(&self.vendor, item.id, action, "ana").await.expect("it is done");
    }

    /// What the journal says of rates, oldest first.
    async fn said(&self) -> Vec<JournalRow> {
        let entries = self.node.store.journal_after(&self.vendor, 0, 1_000).await.expect("the journal");
        let rows = entries.into_iter().map(|entry| entry.row);
        rows.filter(|row| row.subject.key().starts_with("rate ") && row.cause.starts_with("rate_")).collect()
    }

    async fn close(self) {
        self.node.shutdown().await;
        self.bank.stop();
        drop(self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_rates_reach_a_running_vendor() {
    let desk = Desk::open().await;
    assert_eq!((desk.rate().ron_per_unit, desk.rate().source), (Decimal::new(40, 2), RateSource::Fixed));

    desk.bank.maintenance(true);
    assert_eq!(desk.refresh().await, 0);
    let down = desk.item(Code::RemoteDown).await.expect("somebody is told");
    assert_eq!(down.params[0], "bnr");
    assert_eq!(desk.rate().source, RateSource::Fixed, "a page is no rate");

    desk.bank.maintenance(false);
    assert!(desk.refresh().await > 100, "sixty days of four currencies");
    let newest = desk.published()[0];
    let rate = desk.rate();
    assert_eq!((rate.ron_per_unit.normalize(), rate.source), (desk.bank_rate(newest), RateSource::Bnr));
    assert_eq!((rate.published, desk.item(Code::RemoteDown).await), (newest, None));

    // Everything is known: the bank is left alone.
    let asked = desk.bank.log().count("served");
    assert_eq!(desk.refresh().await, 0);
    assert_eq!(desk.bank.log().count("served"), asked);
    let again = desk.restarted().await;
    assert_eq!(again.refresh().await, 0);
    assert_eq!((again.bank.log().count("served"), again.rate()), (asked, rate), "history is kept");
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_waits_until_a_person_says_what_it_is() {
    let desk = Desk::open().await;
    let (newest, before) = (desk.published()[0], desk.published()[1]);
    desk.bank.jump("SEK", newest, 20);
    desk.refresh().await;
    let held = desk.rate();
    assert_eq!((held.published, held.held.map(|held| held.published)), (before, Some(newest)));
    let item = desk.item(Code::RateHeld).await.expect("somebody is told");
    assert_eq!(item.params[..3], ["SEK".to_owned(), newest.to_string(), desk.bank_rate(newest).to_string()]);

    desk.act(Code::RateHeld, AttentionAction::Approve).await;
    assert_eq!((desk.rate().published, desk.item(Code::RateHeld).await), (newest, None));
    desk.refresh().await;
    assert_eq!(desk.item(Code::RateHeld).await, None, "it stays settled");
    let desk = desk.restarted().await;
    assert_eq!(desk.rate().published, newest);
    let said = desk.said().await;
    assert_eq!((said.len(), said[0].cause.as_str(), said[0].actor.as_str()), (1, "rate_confirmed", "ana"));
    desk.close().await;

    let desk = Desk::open().await;
    let (newest, before) = (desk.published()[0], desk.published()[1]);
    desk.bank.misprint("SEK", newest, Decimal::new(46, 1));
    desk.refresh().await;
    desk.act(Code::RateHeld, AttentionAction::Settled).await;
    assert_eq!((desk.rate().published, desk.rate().held), (before, None));
    assert_eq!(desk.item(Code::RateHeld).await, None);
    let vendor = desk.node.vendor(&desk.vendor).expect("it runs").vendor;
    let refused = vendor.rates.history(vortex_domain::rates::RateChoice::Vendor, Currency::Sek).next_back();
    assert_eq!(refused.map(|day| day.standing), Some(Standing::Refused));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_by_hand_counts_at_once_for_ever_and_by_name() {
    let desk = Desk::open().await;
    desk.refresh().await;
    let newest = desk.published()[0];
    let word = |verdict, rate| RateWord {
        currency: Currency::Sek,
        date: newest,
        verdict,
        ron_per_unit: rate,
        author: "token:ana".to_owned(),
        reason: "as agreed".to_owned(),
        at_ms: desk.node.seams.clock.now_ms(),
    };
    let by_hand = Decimal::new(4_777, 4);
    let engine = desk.node.engine();
    engine.rate_word(&desk.vendor, word(RateVerdict::Manual, by_hand)).await.expect("it is kept");
    assert_eq!((desk.rate().ron_per_unit, desk.rate().source), (by_hand, RateSource::Manual));
    engine.rate_word(&desk.vendor, word(RateVerdict::Withdrawn, by_hand)).await.expect("it is kept");
    assert_eq!(
        (desk.rate().ron_per_unit.normalize(), desk.rate().source),
        (desk.bank_rate(newest), RateSource::Bnr)
    );
    engine.rate_word(&desk.vendor, word(RateVerdict::Manual, by_hand)).await.expect("it is kept");
    let desk = desk.restarted().await;
    assert_eq!(desk.rate().source, RateSource::Manual);
    let words = desk.node.store.rate_words(&desk.vendor).await.expect("the words");
    assert_eq!(words.len(), 3, "nothing that was said is lost");
    let said = desk.said().await;
    assert_eq!(said.iter().map(|row| row.actor.as_str()).collect::<Vec<_>>(), ["token:ana"; 3]);
    assert!(said[0].old.contains("bnr") && said[0].new.contains("0.4777 (manual)"), "{:?}", said[0]);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_told_when_rates_grow_old() {
    let desk = Desk::open().await;
    desk.bank.clock().advance_ms(-9 * 24 * 3_600_000);
    desk.refresh().await;
    let published = desk.rate().published;
    let item = desk.item(Code::RateStale).await.expect("somebody is told");
    assert_eq!(item.params[..3], ["bnr".to_owned(), "SEK".to_owned(), published.to_string()]);
    desk.bank.clock().advance_ms(9 * 24 * 3_600_000);
    assert!(desk.refresh().await > 0);
    assert_eq!(desk.item(Code::RateStale).await, None);
    desk.close().await;
}
