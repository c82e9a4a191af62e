//! What is particular to WinMentor behind a bridge: session, order of calls, damaged records, `vortex check`.

mod world;

use std::{sync::Arc, time::Duration};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_domain::{
    Sku,
    order::{Address, Document, ImportAnswer},
    sales::SaleLine,
};
use vortex_port::{
    CallError, ErpCatalogue, ErpOrders, SalesOrder,
    conformance::erp::ErpWorld,
    connection::{CheckItem, Checkable},
    erp::{BookingDay, Copies, Customer, Wanted},
};
use vortex_simulators::{
    FaultMode, FaultRule,
    winmentor::{
        DecimalSeparator, Dialect, IdField, ImportCount, TextField, WinMentorSim, WinMentorSimOptions,
    },
};
use vortex_winmentor::WinMentorConnector;

use world::{World, connector, options, settings};

fn order(world: &World, n: i64) -> SalesOrder {
    let (sku, unit) = world.sellable();
    SalesOrder {
        token: format!("CDON:t-{n}"),
        remark: String::new(),
        document: Document { number: 500_001 + n, booklet: "CDON".to_owned(), date: world.today() },
        customer: "CDON-SE".to_owned(),
        lines: vec![SaleLine { sku, unit, quantity: 1, unit_price: Decimal::new(123_456, 4) }],
    }
}

fn wanted(order: &SalesOrder) -> Wanted {
    Wanted { token: order.token.clone(), document: Some(order.document.clone()), since: order.document.date }
}

/// The routes called so far, each request once.
fn watch(sim: &WinMentorSim) {
    sim.faults().push(FaultRule::always("", FaultMode::Slow { ms: 0 }));
}

fn routes(sim: &WinMentorSim) -> Vec<String> {
    let faults = sim.log().of_kind("fault");
    faults.iter().filter_map(|fault| fault["route"].as_str()).map(str::to_owned).collect()
}

fn count(routes: &[String], part: &str) -> usize {
    routes.iter().filter(|route| route.contains(part)).count()
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if condition() {
            return;
        }
        let _ = tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await;
    }
    panic!("the condition did not come true");
}

/// A burst costs one request per order and one set-up.
#[tokio::test]
async fn a_burst_needs_no_set_up_per_order() {
    let world = World::start(Dialect::MentorApi).await;
    watch(&world.sim);
    for _ in 0..3 {
        assert_eq!(world.erp().booking_day(world.today()).await, Ok(BookingDay::Open(world.today())));
    }
    let before = routes(&world.sim).len();
    for n in 0..40 {
        assert_eq!(world.erp().import(&order(&world, n)).await, ImportAnswer::Imported);
    }
    let all = routes(&world.sim);
    let others =
        all[before..].iter().filter(|route| !route.contains("import/comenzi") && !route.contains("health"));
    assert_eq!(others.count(), 0, "{:?}", &all[before..]);
    assert_eq!(count(&all, "pot-introduce-doc"), 1);
    assert_eq!(count(&all, "firme/select"), 1);
}

/// At most the reading under way and one that waits go before an order.
#[tokio::test]
async fn an_order_overtakes_readings() {
    let world = World::start(Dialect::MentorApi).await;
    world.erp().booking_day(world.today()).await.unwrap();
    watch(&world.sim);
    world.sim.update_options(|options| options.latency_ms = 10);
    let readers: Vec<_> = (0..10)
        .map(|_| {
            let erp = world.erp();
            tokio::spawn(async move { erp.articles(1).await.map(drop) })
        })
        .collect();
    until(|| count(&routes(&world.sim), "articole") >= 1).await;
    let before = count(&routes(&world.sim), "articole");
    assert_eq!(world.erp().import(&order(&world, 1)).await, ImportAnswer::Imported);
    let all = routes(&world.sim);
    let import = all.iter().position(|route| route.contains("import/comenzi")).unwrap();
    assert!(count(&all[..import], "articole") <= before + 2, "{all:?}");
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
}

/// S6, F40: what cannot be read is neither zero nor a guess.
#[tokio::test]
async fn unreadable_stock_is_not_zero() {
    let world = World::start(Dialect::MentorApi).await;
    let (sku, _) = world.sellable();
    for damage in ["NaN", "1.2,3", ""] {
        world.sim.override_text(sku.as_str(), TextField::Stock, Some(damage));
        let reading = world.erp().stock().await.unwrap();
        assert!(reading.rejected > 0, "{damage}");
        assert!(reading.levels.iter().all(|(listed, _)| *listed != sku), "{damage}");
        assert_eq!(reading.levels.len(), world.stock_milli().len() - 1);
    }
    world.sim.override_text(sku.as_str(), TextField::Stock, Some("1.234,50"));
    let reading = world.erp().stock().await.unwrap();
    let level = reading.levels.iter().find(|(listed, _)| *listed == sku).unwrap().1;
    assert_eq!(level.on_hand_milli, 1_234_500);
}

/// A bridge that splits on every `;` shifts the fields of some articles: they are left out, the others are right.
#[tokio::test]
async fn shifted_fields_are_left_out() {
    let world = World::start(Dialect::MentorApi).await;
    world.sim.update_options(|options| options.split_on_every_semicolon = true);
    let reading = world.erp().stock().await.unwrap();
    let truth = world.stock_milli();
    let torn = truth.keys().filter(|code| code.contains(';')).count();
    assert!(torn > 0 && reading.rejected > 0);
    assert_eq!(reading.levels.len(), truth.len() - torn);
    for (sku, level) in &reading.levels {
        assert_eq!(truth.get(sku.as_str()), Some(&level.on_hand_milli), "{sku}");
    }
}

#[tokio::test]
async fn prices_are_read_exactly() {
    let world = World::start(Dialect::MentorApi).await;
    let (sku, _) = world.sellable();
    world.sim.override_text(sku.as_str(), TextField::NetPrice, Some("1.234,50"));
    world.sim.override_text(sku.as_str(), TextField::GrossPrice, Some("0"));
    let mut number = 1;
    let article = loop {
        let page = world.erp().articles(number).await.unwrap();
        if let Some(article) = page.articles.into_iter().find(|article| article.sku == sku) {
            break article;
        }
        number += 1;
    };
    assert_eq!(article.price_net, Some(Decimal::new(12_345, 1)));
    assert_eq!(article.price_gross, None);
    assert_eq!((article.unit.as_str(), article.service), ("Buc", false));
}

/// F12: the list changed between two pages.
#[tokio::test]
async fn pages_of_two_readings_do_not_mix() {
    let world = World::start(Dialect::MentorApi).await;
    assert!(world.erp().articles(1).await.unwrap().more);
    for article in world.sim.articles().iter().take(60) {
        world.sim.remove_article(&article.code).ok();
    }
    world.sim.restart_bridge();
    let second = world.erp().articles(2).await;
    assert!(matches!(second, Err(CallError::Implausible { .. })), "{second:?}");
    assert!(world.erp().articles(1).await.is_ok());
}

#[tokio::test]
async fn success_without_an_imported_order_is_unknown() {
    let world = World::start(Dialect::MentorApi).await;
    for (n, mode, live) in [(1, ImportCount::ZeroButApplied, 1), (2, ImportCount::ZeroNotApplied, 0)] {
        world.sim.update_options(|options| options.import_count = mode);
        let order = order(&world, n);
        assert_eq!(world.erp().import(&order).await, ImportAnswer::Unknown, "{mode:?}");
        assert_eq!(world.erp().find(&[wanted(&order)]).await, Ok(vec![Copies { live, cancelled: 0 }]));
    }
}

#[tokio::test]
async fn warnings_do_not_spoil_a_success() {
    let world = World::start(Dialect::MentorApi).await;
    world.sim.update_options(|o| o.import_warnings = vec!["Stocul este blocat de alt utilizator".to_owned()]);
    assert_eq!(world.erp().import(&order(&world, 1)).await, ImportAnswer::Imported);
}

/// An order of October that was invoiced in November, seen in December; the day's month is selected again after it.
#[tokio::test]
async fn orders_are_found_across_months() {
    let world = World::start(Dialect::MentorApi).await;
    let old = order(&world, 1);
    assert_eq!(world.erp().import(&old).await, ImportAnswer::Imported);
    let month_ms = 31 * 86_400_000;
    world.sim.clock().advance_ms(month_ms);
    world.sim.update_options(|options| options.copy_remark_to_invoice = false);
    world.sim.invoice(old.document.number).unwrap();
    world.sim.clock().advance_ms(month_ms);
    let new = order(&world, 2);
    assert_eq!(world.erp().booking_day(world.today()).await, Ok(BookingDay::Open(world.today())));
    let both = world.erp().find(&[wanted(&old), wanted(&new)]).await;
    assert_eq!(both, Ok(vec![Copies { live: 1, cancelled: 0 }, Copies { live: 0, cancelled: 0 }]));
    watch(&world.sim);
    assert_eq!(world.erp().import(&new).await, ImportAnswer::Imported);
    assert_eq!(count(&routes(&world.sim), "firme/select"), 0);
}

/// F48: after a restored backup the order is gone, and that is said.
#[tokio::test]
async fn a_vanished_order_is_absent() {
    let world = World::start(Dialect::MentorApi).await;
    let order = order(&world, 1);
    assert_eq!(world.erp().import(&order).await, ImportAnswer::Imported);
    world.sim.restore_backup(6);
    assert_eq!(world.erp().find(&[wanted(&order)]).await, Ok(vec![Copies { live: 0, cancelled: 0 }]));
}

async fn with_settings(
    change: impl FnOnce(&mut Value),
    sim: impl FnOnce(&mut WinMentorSimOptions),
) -> (WinMentorSim, Arc<WinMentorConnector>) {
    let mut sim_options = options();
    sim(&mut sim_options);
    let Ok(sim) = WinMentorSim::start(sim_options).await else { panic!("the simulator does not start") };
    let mut settings = settings();
    change(&mut settings);
    let connector = Arc::new(connector(&sim, settings));
    (sim, connector)
}

/// Another program that selects its own company now and then.
#[tokio::test]
async fn a_shared_bridge_is_set_up_before_every_import() {
    let world = World::start(Dialect::MentorApi).await;
    let erp = connector(&world.sim, {
        let mut settings = settings();
        settings["shared_bridge"] = json!(true);
        settings
    });
    // No multiple of what one try takes, or it would strike the same step of every try.
    world.sim.update_options(|options| options.interloper_every = Some(11));
    for n in 0..10 {
        let order = order(&world, n);
        for _ in 0..20 {
            match erp.import(&order).await {
                ImportAnswer::Imported => break,
                ImportAnswer::NotSent => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let tokens: std::collections::BTreeSet<_> =
        world.sim.orders().into_iter().filter_map(|o| o.reference).collect();
    assert_eq!((world.sim.orders().len(), tokens.len()), (10, 10));
}

#[tokio::test]
async fn a_missing_canary_stops_everything() {
    let (sim, erp) = with_settings(|s| s["canary_article"] = json!("NOT-THERE"), |_| {}).await;
    let day = vortex_domain::sales::business_date(sim.clock().now_ms());
    let expected =
        BookingDay::WrongIdentifiers { field: "CodExtern".to_owned(), canary: "NOT-THERE".to_owned() };
    assert_eq!(erp.booking_day(day).await, Ok(expected));
    assert!(matches!(erp.articles(1).await, Err(CallError::Implausible { .. })));
    assert!(matches!(erp.stock().await, Err(CallError::Implausible { .. })));
    sim.stop();
}

/// The bridge's memory may hold lists under the identifiers of whoever read before.
#[tokio::test]
async fn lists_come_under_our_identifiers() {
    let (sim, by_internal) = with_settings(
        |s| s["article_id_field"] = json!("CodIntern"),
        |options| {
            options.cache_survives_id_switch = true;
            options.default_id_field = IdField::CodIntern;
        },
    )
    .await;
    assert!(by_internal.articles(1).await.is_ok());
    let ours = connector(&sim, settings());
    let codes: Vec<String> = sim.articles().into_iter().map(|article| article.code).collect();
    let page = ours.articles(1).await.unwrap();
    assert!(page.articles.iter().all(|article| codes.contains(&article.sku.to_string())));
    sim.stop();
}

#[tokio::test]
async fn partners_survive_a_moody_server() {
    let world = World::start(Dialect::MentorApi).await;
    let customer = Customer {
        code: "CDON-C-7".to_owned(),
        address: Address { name: "Åsa Ångström".to_owned(), ..Address::default() },
        country: "SE".to_owned(),
    };
    world.sim.update_options(|options| options.next_id_empty = 2);
    assert_eq!(world.erp().ensure_customer(&customer).await, Ok(()));
    world.sim.update_options(|options| options.partner_add_fails = true);
    let refused =
        world.erp().ensure_customer(&Customer { code: "CDON-C-8".to_owned(), ..customer.clone() }).await;
    assert!(matches!(refused, Err(CallError::Refused { .. })), "{refused:?}");
    // Known ones need nothing from the server but its list.
    assert_eq!(world.erp().ensure_customer(&customer).await, Ok(()));
    assert_eq!(world.partners().iter().filter(|code| *code == "CDON-C-7").count(), 1);
}

fn item<'a>(items: &'a [CheckItem], what: &str) -> &'a CheckItem {
    items.iter().find(|item| item.what == what).unwrap_or_else(|| panic!("{what} is not among {items:#?}"))
}

#[tokio::test]
async fn check_finds_nothing_wrong_with_a_good_set_up() {
    for dialect in [Dialect::MentorApi, Dialect::BridgeV12] {
        let world = World::start(dialect).await;
        let items = world.erp().check().await;
        assert!(items.iter().all(|item| item.ok && item.remedy.is_empty()), "{items:#?}");
        assert!(items.len() >= 10, "{items:#?}");
        assert!(world.sim.orders().is_empty(), "a check must not import");
    }
}

#[tokio::test]
async fn check_names_what_to_mend() {
    let (sim, erp) = with_settings(
        |s| {
            s["warehouses"] = json!(["MAG1", "MAG9"]);
            s["order_booklet"] = json!("CDON2");
            s["customer_per_market"]["FI"] = json!("NOBODY");
            s["shipping_article"] = json!("POSTA");
        },
        |options| options.decimal_separator = DecimalSeparator::Comma,
    )
    .await;
    sim.block_partner("CDON-DK", true).unwrap();
    let items = erp.check().await;
    for (what, found) in [
        ("warehouses", "MAG9"),
        ("booklet", "CDON2"),
        ("partner of FI", "NOBODY"),
        ("partner of DK", "blocked"),
        ("shipping article", "POSTA"),
    ] {
        let item = item(&items, what);
        assert!(!item.ok && item.found.contains(found) && !item.remedy.is_empty(), "{item:?}");
    }
    assert!(item(&items, "partner of SE").ok);
    sim.stop();

    let (sim, erp) =
        with_settings(|_| {}, |options| options.decimal_separator = DecimalSeparator::Comma).await;
    assert!(item(&erp.check().await, "decimal separator").remedy.contains("decimal_separator = \",\""));
    sim.close_month(2026, 3);
    assert!(!item(&erp.check().await, "accounting month").ok);
    sim.maintenance(true);
    assert!(erp.check().await.iter().all(|item| item.what == "bridge" && !item.ok));
    sim.maintenance(false);
    sim.update_options(|options| options.api_key = "another".to_owned());
    assert!(item(&erp.check().await, "api key and companies").remedy.contains("api_key"));
    sim.stop();

    let (sim, erp) = with_settings(
        |s| {
            s["dialect"] = json!("winmentor-bridge-v12");
            s["invoice_pdf"] = json!({"directory": "/srv/invoices"});
        },
        |options| options.dialect = Dialect::BridgeV12,
    )
    .await;
    assert!(item(&erp.check().await, "invoice series").remedy.contains("invoice_series"));
    sim.stop();

    let (sim, erp) = with_settings(|s| s["company"] = json!("ACMEE"), |_| {}).await;
    assert!(item(&erp.check().await, "company").found.contains("`ACME`"));
    sim.stop();
    sim.stopped().await;
    assert!(item(&erp.check().await, "bridge").remedy.contains("base_url"));
}

#[tokio::test]
async fn personal_data_stays_out_of_debug() {
    let partner = vortex_winmentor::partner::NewPartner {
        external_code: "CDON-C-1".to_owned(),
        name: "Åsa Ångström".to_owned(),
        ..Default::default()
    };
    let shown = format!("{partner:?}");
    assert!(shown.contains("CDON-C-1") && !shown.contains("Åsa"), "{shown}");
}

#[tokio::test]
async fn a_service_article_is_flagged() {
    let world = World::start(Dialect::MentorApi).await;
    let transport = Sku::new("TRANSPORT").unwrap();
    let mut number = 1;
    loop {
        let page = world.erp().articles(number).await.unwrap();
        if let Some(article) = page.articles.iter().find(|article| article.sku == transport) {
            assert!(article.service);
            return;
        }
        assert!(page.more, "the transport article is not listed");
        number += 1;
    }
}
