//! A merchant changes the mapping: looks first, publishes, and goes back. Nothing is restarted by hand.

use std::collections::BTreeMap;

use tokio::time::Instant;
use vortex::{
    demo::Served,
    mapping::{MappingDesk, trial},
};
use vortex_api::mappings::{Mappings as _, MappingsError, Place, Which, Wish};
use vortex_domain::{attention::Code, mapping::Mapping};
use vortex_entities::Flow;
use vortex_simulators::cdon::{ArticleView, Market};
use vortex_store::registry::{NewVersion, Published, TrialState, TrialTerms};

use crate::story::{LIMIT, MERCHANT, Story};

const TITLE: &str = "[[article]]\nto = \"title\"\nsteps = [{ template = \"Nou: {erp.name}\" }]\n";
const ENDING: &str = "[[offer]]\nto = \"price\"\nfrom = [\"erp.price_gross\", \"erp.price_net\"]\n\
    steps = [\"vat_strip\", \"convert\", \"vat_add\", { round = \"half_up\" }, { price_ending = \"nine\" }]\n";
/// Romanian VAT stays in, and the market's is put on top.
const VAT_TWICE: &str =
    "[[offer]]\nto = \"price\"\nfrom = \"erp.price_gross\"\nsteps = [\"convert\", \"vat_add\"]\n";

impl Story {
    fn desk(&self) -> MappingDesk {
        MappingDesk::new(self.world.node.starter().clone())
    }

    async fn draft(&self, name: &str, rules: &str) {
        let rules = Mapping::parse(rules).expect("rules");
        self.desk().save(&self.vendor(), name, rules, false, "ana").await.expect("the draft is saved");
    }

    async fn publish(&self, name: &str) -> i64 {
        self.desk().publish(&self.vendor(), name, wish(name)).await.expect("it is published")
    }

    fn on_channel(&self) -> BTreeMap<String, ArticleView> {
        self.world
            .channel
            .articles(MERCHANT)
            .into_iter()
            .map(|article| (article.sku.clone(), article))
            .collect()
    }

    /// Runs the flows until every article on the channel is so.
    async fn all_become(&self, what: &str, so: impl Fn(&ArticleView) -> bool) {
        let until = Instant::now() + LIMIT;
        loop {
            self.world.run_flows().await;
            let wrong: Vec<_> = self.on_channel().into_values().filter(|article| !so(article)).collect();
            if wrong.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "{what}: not {:?}", wrong.first());
        }
    }

    async fn live(&self) -> i64 {
        self.desk().versions(&self.vendor(), None, 1).await.expect("versions").1
    }
}

fn wish(key: &str) -> Wish {
    let (author, note) = ("ana".to_owned(), format!("because {key}"));
    Wish { author, note, key: key.to_owned(), mass_change: true, trial: None }
}

/// The market as the simulator calls it.
fn of(market: vortex_domain::Market) -> Market {
    match market {
        vortex_domain::Market::Se => Market::Se,
        vortex_domain::Market::Dk => Market::Dk,
        vortex_domain::Market::Fi => Market::Fi,
        vortex_domain::Market::No => Market::No,
    }
}

fn is_new(article: &ArticleView) -> bool {
    article.titles.values().all(|title| title.starts_with("Nou: "))
}

/// A title is remapped: the preview says what will change, only that is sent, and going back brings the old titles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remapped_title_is_looked_at_published_and_taken_back() {
    let story = Story::begin().await;
    let (desk, vendor) = (story.desk(), story.vendor());
    let before = story.on_channel();
    let log = story.world.channel.log();
    let mark = log.len();

    story.draft("titles", TITLE).await;
    assert_eq!(desk.check(&vendor, &Which::Draft("titles".into())).await.expect("checked"), []);
    let preview = desk.preview(&vendor, &Which::Draft("titles".into())).await.expect("a preview");
    assert_eq!(preview.fields.keys().copied().collect::<Vec<_>>(), ["title"], "{preview:?}");
    assert!(preview.changed >= before.len() as u64 && preview.articles >= preview.changed, "{preview:?}");
    assert!(preview.markets.values().all(|market| market.before_minor == market.after_minor), "{preview:?}");
    assert_eq!(log.after(mark, Some("batch")).len(), 0, "a preview sends nothing");

    // So much of the catalogue changes only when somebody has said that it may.
    let careless = Wish { mass_change: false, ..wish("careless") };
    let refused = desk.publish(&vendor, "titles", careless).await;
    assert!(
        matches!(&refused, Err(MappingsError::Conflict(why)) if why.contains("mass change")),
        "{refused:?}"
    );
    let base = story.live().await;

    let version = story.publish("titles").await;
    assert_eq!((version, story.live().await), (base + 1, version));
    assert_eq!(i64::from(story.handle().vendor.mapping.version()), version, "the running vendor works by it");
    story.all_become("a new title", is_new).await;
    let kinds = |kind| log.after(mark, Some(kind)).len();
    assert_eq!((kinds("price_put"), kinds("stock_put")), (0, 0), "only what changed is sent");
    assert_eq!(kinds("article_put"), before.len(), "once for each article");

    let reverted = desk.revert(&vendor, base, wish("back")).await.expect("reverted");
    assert_eq!(reverted, version + 1);
    story.all_become("the old title", |article| article.titles == before[&article.sku].titles).await;
    story.settled().await;
    story.end().await;
}

/// Prices that end in 9: in the preview first, with money and movers, and then on the channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_ending_moves_prices_as_the_preview_said() {
    let story = Story::begin().await;
    let (desk, vendor) = (story.desk(), story.vendor());
    let before = story.on_channel();
    let log = story.world.channel.log();
    let mark = log.len();
    story.draft("nine", ENDING).await;
    let preview = desk.preview(&vendor, &Which::Draft("nine".into())).await.expect("a preview");
    story.publish("nine").await;
    story
        .all_become("a price that ends in 9", |article| article.prices.values().all(|p| p % 1_000 == 900))
        .await;
    let after = story.on_channel();
    for (market, change) in &preview.markets {
        let market = of(*market);
        let worth = |of: &BTreeMap<String, ArticleView>| -> i128 {
            of.values()
                .map(|a| i128::from(a.prices.get(&market).copied().unwrap_or(0)) * i128::from(a.quantity))
                .sum()
        };
        assert_eq!((worth(&before), worth(&after)), (change.before_minor, change.after_minor), "{market:?}");
    }
    let biggest = preview.movers.first().expect("a mover");
    assert_eq!(after[biggest.sku.as_str()].prices[&of(biggest.market)], biggest.after_minor);
    let replay = desk.replay(&vendor, &Which::Version(story.live().await), 30).await.expect("a replay");
    assert!(replay.changed > 0 && replay.unknown == 0 && replay.refused.is_empty(), "{replay:?}");
    assert_eq!(
        (log.after(mark, Some("stock_put")).len(), log.after(mark, Some("article_put")).len()),
        (0, 0)
    );
    story.settled().await;
    story.end().await;
}

/// A price that would carry VAT twice can be saved, cannot be published, and says why and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_draft_cannot_be_published() {
    let story = Story::begin().await;
    let (desk, vendor, base) = (story.desk(), story.vendor(), story.live().await);
    story.draft("broken", VAT_TWICE).await;
    let refused = desk.publish(&vendor, "broken", wish("broken")).await;
    let Err(MappingsError::Findings(findings)) = refused else { panic!("{refused:?}") };
    let text = findings.iter().map(ToString::to_string).collect::<String>();
    assert!(text.contains("`convert`") && text.contains("put `vat_strip` before it"), "{text}");
    assert_eq!(story.live().await, base);
    assert!(desk.preview(&vendor, &Which::Draft("broken".into())).await.is_err());
    story.end().await;
}

/// A look-up table loses its catch-all: one item for each value that it lacks; its row brings the articles back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_one_item_and_its_row_fills_it() {
    let story = Story::begin().await;
    let (desk, vendor, base) = (story.desk(), story.vendor(), story.live().await);
    let mut rules = desk.read(&vendor, &Which::Live).await.expect("the live mapping").mapping;
    rules.tables.get_mut("category").expect("the table").otherwise = None;
    desk.save(&vendor, "strict", rules, true, "ana").await.expect("saved");
    let preview = desk.preview(&vendor, &Which::Draft("strict".into())).await.expect("a preview");
    let lacking = preview.newly_invalid.by_count();
    assert!(lacking.iter().all(|reason| reason.code == "mapping_gap"), "{lacking:?}");
    story.publish("strict").await;
    story.all_become("sold out", |article| article.quantity == 0).await;

    let gaps: Vec<_> = story.attention().await.into_iter().filter(|i| i.code == Code::MappingGap).collect();
    let told: std::collections::BTreeSet<_> = gaps.iter().map(|gap| gap.params.clone()).collect();
    assert_eq!((told.len(), gaps.len()), (lacking.len(), lacking.len()), "one for each value: {gaps:?}");
    let gap = gaps.iter().max_by_key(|gap| gap.blocked).expect("a gap");
    let row = (gap.params[0].as_str(), gap.params[1].as_str());
    desk.set_row(&vendor, row, Place::default(), Some("1124".into()), wish("row")).await.expect("the row");
    let until = Instant::now() + LIMIT;
    while story.attention().await.iter().any(|item| item.id == gap.id) {
        assert!(Instant::now() < until, "the gap stays");
        story.world.run_flows().await;
    }
    let back = gap.subjects.iter().filter(|subject| story.on_channel().contains_key(subject.key()));
    story.world.run_flows().await;
    for subject in back {
        assert_eq!(story.shown(subject.key()).status, "for sale");
    }
    desk.revert(&vendor, base, wish("back")).await.expect("reverted");
    story.nobody_is_told(Code::MappingGap).await;
    story.settled().await;
    story.end().await;
}

/// Of two who publish over the same version one is told that the other was faster; a repeated wish is granted once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_publish_at_once_one_wins() {
    let story = Story::begin().await;
    let (desk, vendor, base) = (story.desk(), story.vendor(), story.live().await);
    story.draft("a", TITLE).await;
    story.draft("b", ENDING).await;
    let (a, b) = tokio::join!(desk.publish(&vendor, "a", wish("a")), desk.publish(&vendor, "b", wish("b")));
    let won =
        [&a, &b].iter().filter(|outcome| matches!(outcome, Ok(version) if *version == base + 1)).count();
    let lost = [&a, &b].iter().filter(|outcome| matches!(outcome, Err(MappingsError::Conflict(_)))).count();
    assert_eq!((won, lost), (1, 1), "{a:?} {b:?}");
    let (name, key) = if a.is_ok() { ("a", "a") } else { ("b", "b") };
    assert_eq!(desk.publish(&vendor, name, wish(key)).await.expect("granted before"), base + 1);
    assert_eq!(story.live().await, base + 1);
    story.end().await;
}

/// The process dies when the version is on disk and nothing else has happened: the next life does the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_publishing_loses_nothing() {
    let story = Story::begin().await;
    let (desk, vendor, base) = (story.desk(), story.vendor(), story.live().await);
    story.draft("titles", TITLE).await;
    let body = desk.read(&vendor, &Which::Draft("titles".into())).await.expect("the draft").mapping;
    let body = body.to_json().expect("a body");
    let new = NewVersion {
        vendor: &vendor,
        base,
        body: &body,
        author: "ana",
        note: "",
        at_ms: 1,
        wish: "w",
        trial: None,
        draft: None,
    };
    let published = story.world.node.store.publish_mapping(&new).await.expect("on disk");
    assert_eq!(published, Published::Version(base + 1));
    drop(desk);
    let story = story.restart().await;
    story.all_become("a new title", is_new).await;
    story.settled().await;
    story.end().await;
}

/// A version on trial that the channel refuses stops by itself: its share goes back to the live version, and a person is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_stops_by_itself_when_it_is_refused() {
    let story = Story::begin().await;
    let (desk, vendor, base) = (story.desk(), story.vendor(), story.live().await);
    let before = story.on_channel();
    story.draft("titles", TITLE).await;
    let reject: BTreeMap<String, String> = before.keys().map(|sku| (sku.clone(), "no".to_owned())).collect();
    story.world.channel.update_options(|options| options.reject_skus = reject);
    let terms = TrialTerms { share_percent: 50, stop_percent: 20, stop_from: 5, promote_after: None };
    let version = desk
        .publish(&vendor, "titles", Wish { trial: Some(terms), ..wish("trial") })
        .await
        .expect("on trial");
    assert_eq!((version, story.live().await), (base + 1, base), "a trial is not live");
    let until = Instant::now() + LIMIT;
    loop {
        story.world.run_flows().await;
        trial::judge(story.world.node.starter()).await.expect("judged");
        let trials = desk.trials(&vendor).await.expect("trials");
        if trials[0].record.state == TrialState::Stopped {
            assert!(trials[0].rejected >= 5 && trials[0].accepted == 0, "{trials:?}");
            break;
        }
        assert!(Instant::now() < until, "it does not stop: {trials:?}");
    }
    story.item(Code::TrialStopped).await;
    story.world.channel.update_options(|options| options.reject_skus.clear());
    story.all_become("the old title", |article| article.titles == before[&article.sku].titles).await;
    assert_eq!(story.live().await, base);
    story.end().await;
}

/// A version on trial changes its share and nothing else; promoted, it changes everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_that_is_accepted_goes_live() {
    let story = Story::begin().await;
    let (desk, vendor) = (story.desk(), story.vendor());
    story.draft("titles", TITLE).await;
    let terms = TrialTerms { share_percent: 50, stop_percent: 5, stop_from: 5, promote_after: Some(5) };
    let version =
        desk.publish(&vendor, "titles", Wish { trial: Some(terms), ..wish("trial") }).await.expect("a trial");
    let handle = story.handle();
    let on_trial = handle.vendor.trial.as_ref().expect("it runs");
    let takes = |article: &ArticleView| on_trial.takes(&article.sku.parse().expect("a SKU"));
    story.all_become("its own title", |article| is_new(article) == takes(article)).await;
    let until = Instant::now() + LIMIT;
    while story.live().await != version {
        assert!(Instant::now() < until, "it is not promoted: {:?}", desk.trials(&vendor).await);
        story.world.run_flows().await;
        trial::judge(story.world.node.starter()).await.expect("judged");
    }
    story.all_become("a new title", is_new).await;
    story.settled().await;
    story.end().await;
}

/// The command line, by the README's words: look, publish, a row of a table, differences, back; a broken file says why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_does_all_of_it() {
    let story = Story::begin().await;
    let before = story.on_channel();
    let Served { address, token, server, .. } = story.world.serve_api().await.expect("the API is served");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("change.toml"), format!("{TITLE}{ENDING}")).expect("a file");
    std::fs::write(folder.path().join("broken.toml"), VAT_TWICE).expect("a file");
    let desk = async |code: i32, args: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_vortex"));
        command.args(["mapping"]).args(args.split_whitespace()).args(["--vendor", "demo"]);
        command.env("VORTEX_URL", format!("http://{address}")).env("VORTEX_TOKEN", &token);
        let output = command.current_dir(folder.path()).output().await.expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "vortex mapping {args}\nout: {out}\nerr: {err}");
        if code == 0 { out } else { format!("{out}{err}") }
    };
    assert!(desk(1, "validate broken.toml").await.contains("put `vat_strip` before it"));
    assert!(desk(2, "publish broken.toml --reason x").await.contains("put `vat_strip` before it"));
    assert!(desk(0, "validate change.toml").await.contains("it can be published"));
    let preview = desk(0, "preview change.toml").await;
    assert!(
        preview.contains("articles change") && preview.contains("title:") && preview.contains("SE:"),
        "{preview}"
    );
    assert!(desk(2, "publish change.toml --reason nine").await.contains("--mass-change"));
    assert!(desk(0, "publish change.toml --reason nine --mass-change").await.contains("version 2 is live"));
    story
        .all_become("a new title and price", |a| {
            is_new(a) && a.prices.values().all(|price| price % 1_000 == 900)
        })
        .await;
    assert!(
        desk(0, "row --table category --key SCULE --value 1124 --mass-change")
            .await
            .contains("version 3 is live")
    );
    assert!(desk(0, "diff --from 2").await.contains("SCULE"));
    assert!(desk(0, "list").await.contains("nine"));
    assert!(desk(0, "schema").await.contains("vat_strip"));
    assert!(desk(0, "show --version 2").await.contains("Nou: "));
    desk(0, "export all.json").await;
    desk(0, "import all.json --draft copy").await;
    assert!(desk(0, "diff --from live --to draft:copy").await.contains("0 differences"));
    assert_eq!(desk(0, "gaps --json").await.trim(), r#"{"items":[]}"#);
    desk(0, "revert --to 1 --reason back --mass-change").await;
    story
        .all_become("as it was", |a| a.titles == before[&a.sku].titles && a.prices == before[&a.sku].prices)
        .await;
    server.abort();
    story.settled().await;
    story.end().await;
}

/// The vendor's file is applied again: what a person has published since stays, unless the file itself says something new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unchanged_file_does_not_undo_what_was_published() {
    let story = Story::begin().await;
    story.draft("titles", TITLE).await;
    let version = story.publish("titles").await;
    story.apply(|file, _| file.replace("buffer = 1", "buffer = 0")).await;
    assert_eq!(story.live().await, version);
    story
        .apply(|file, folder| {
            std::fs::write(folder.join("mapping.toml"), "[tables.category]\notherwise = \"1125\"\n")
                .expect("a file");
            file
        })
        .await;
    assert_eq!(story.live().await, version + 1);
    story.end().await;
}

const PARTNER: &str = r#"
[[order]]
to = "customer"
from = "market.code"
steps = [{ lookup = { table = "customer" } }]
[[order]]
to = "remark"
steps = [{ template = "{order.units} buc, {order.paid}" }]
[tables.customer]
rows = { SE = "CDON-DK" }
"#;

/// Orders follow the mapping too: the partner of the table, the remark of the template. A market that the table lacks holds its
/// orders, nothing is booked on anybody else, and the row lets them go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_booked_on_the_partner_that_the_mapping_says() {
    let story = Story::begin().await;
    story.draft("partner", PARTNER).await;
    story.publish("partner").await;
    let swedish = story.booked_in(Market::Se, 0, 2).await;
    let document = story.document(&swedish);
    assert_eq!(document.partner, "CDON-DK");
    assert!(document.remark.contains(" 2 buc, ") && document.remark.ends_with(" SEK"), "{}", document.remark);

    let finnish = story.buy_in(Market::Fi, &story.article(1).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    assert_eq!((story.documents(&finnish), story.told_of(&finnish).await), (0, vec![Code::MappingGap]));
    let to = Some("CDON-FI".to_owned());
    let (desk, vendor, row) = (story.desk(), story.vendor(), ("customer", "FI"));
    desk.set_row(&vendor, row, Place::default(), to, wish("row")).await.expect("the row");
    story
        .until_known(&finnish, &[Flow::Reconcile, Flow::Booking], |order| order.stage.name() == "booked")
        .await;
    assert_eq!(story.document(&finnish).partner, "CDON-FI");
    assert_eq!(story.told_of(&finnish).await, []);
    story.settled().await;
    story.end().await;
}
