//! Invoices and stornos, read back from the WinMentor simulator in both dialects and in the ways in which it can name
//! orders (specification 3.7.8, 3.7.9, 3.12).

mod world;

use std::sync::Arc;

use rust_decimal::Decimal;
use vortex_domain::order::{Document, ImportAnswer};
use vortex_domain::{Sku, sales::SaleLine};
use vortex_port::{
    CallError, ErpInvoices, ErpOrders, SalesOrder, conformance::erp::ErpWorld,
    conformance::erp::invoices::InvoiceWorld, documents::InvoiceWanted,
};
use vortex_simulators::{
    FaultMode, FaultRule,
    winmentor::{Dialect, NewArticle, OrderNumberField},
};

use world::World;

mod mentor_api {
    use super::{Dialect, World};

    async fn world() -> World {
        World::start(Dialect::MentorApi).await
    }

    vortex_port::erp_invoice_conformance!(world);
}

mod bridge_v12 {
    use super::{Dialect, World};

    async fn world() -> World {
        World::start(Dialect::BridgeV12).await
    }

    vortex_port::erp_invoice_conformance!(world);
}

mod columns_split_at_every_semicolon {
    use super::{Dialect, World};

    async fn world() -> World {
        let world = World::start(Dialect::BridgeV12).await;
        world.sim.update_options(|options| options.split_on_every_semicolon = true);
        world
    }

    vortex_port::erp_invoice_conformance!(world);
}

mod tied_by_the_token_alone {
    use super::{Dialect, OrderNumberField, World};

    async fn world() -> World {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| options.order_number_field = OrderNumberField::NrDocCarnet);
        world
    }

    vortex_port::erp_invoice_conformance!(world);
}

mod tied_by_the_number_alone {
    use super::{Dialect, World};

    async fn world() -> World {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| options.copy_remark_to_invoice = false);
        world
    }

    vortex_port::erp_invoice_conformance!(world);
}

/// Stornos are typed without an order: their remark names the invoice.
mod stornos_that_name_the_invoice {
    use super::{Dialect, World};

    async fn world() -> World {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| {
            options.copy_remark_to_invoice = false;
            options.order_number_on_stornos = false;
        });
        world
    }

    vortex_port::erp_invoice_conformance!(world);
}

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

fn wanted(order: &SalesOrder) -> InvoiceWanted {
    InvoiceWanted {
        token: order.token.clone(),
        document_number: order.document.number,
        since: order.document.date,
    }
}

async fn booked(world: &World, n: i64) -> SalesOrder {
    let order = order(world, n);
    assert_eq!(world.erp().import(&order).await, ImportAnswer::Imported);
    order
}

/// One reading per month serves all orders, whatever their number, and the working month is restored.
#[tokio::test]
async fn a_month_is_read_once_for_all_orders() {
    let world = World::start(Dialect::MentorApi).await;
    let mut orders = Vec::new();
    for n in 0..12 {
        orders.push(booked(&world, n).await);
    }
    world.next_month();
    for order in &orders {
        world.sim.invoice(order.document.number).unwrap();
    }
    world.next_month();
    world.sim.faults().push(FaultRule::always("", FaultMode::Slow { ms: 0 }));
    let all: Vec<InvoiceWanted> = orders.iter().map(wanted).collect();
    let found = world.erp().invoices(&all).await.unwrap();
    assert!(found.iter().all(|documents| documents.len() == 1), "{found:?}");
    let requests = || {
        let faults = world.sim.log().of_kind("fault");
        faults.into_iter().filter_map(|fault| fault["route"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let count = |part: &str| requests().iter().filter(|route| route.contains(part)).count();
    assert_eq!(count("vanzari/luna"), 3, "{:?}", requests());
    assert!(count("comenzi") == 0 && count("import") == 0, "{:?}", requests());
    let next = order(&world, 20);
    let before = count("firme/select");
    assert_eq!(world.erp().import(&next).await, ImportAnswer::Imported);
    assert!(count("firme/select") <= before + 1);
}

/// The first month is read, the second one is not: nothing is said of either.
#[tokio::test]
async fn one_failed_month_fails_the_whole() {
    let world = World::start(Dialect::MentorApi).await;
    let order = booked(&world, 1).await;
    world.sim.invoice(order.document.number).unwrap();
    world.next_month();
    world.sim.faults().push(FaultRule::next(1, "vanzari/luna", FaultMode::Slow { ms: 0 }));
    world.sim.faults().push(FaultRule::always("vanzari/luna", FaultMode::Half));
    let found = world.erp().invoices(&[wanted(&order)]).await;
    assert!(found.is_err(), "{found:?}");
    world.sim.faults().clear();
    assert_eq!(world.erp().invoices(&[wanted(&order)]).await.unwrap()[0].len(), 1);
}

/// One unhappy answer is no failure: the reading is begun anew.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let world = World::start(Dialect::MentorApi).await;
    let order = booked(&world, 1).await;
    world.sim.invoice(order.document.number).unwrap();
    world.sim.faults().push(FaultRule::next(1, "vanzari/luna", FaultMode::Drop));
    assert_eq!(world.erp().invoices(&[wanted(&order)]).await.unwrap()[0].len(), 1);
}

/// F42
#[tokio::test]
async fn maintenance_is_a_pause() {
    let world = World::start(Dialect::MentorApi).await;
    let order = booked(&world, 1).await;
    world.sim.maintenance(true);
    let found = world.erp().invoices(&[wanted(&order)]).await;
    assert!(matches!(found, Err(CallError::Paused { .. } | CallError::NotSent { .. })), "{found:?}");
}

/// What is not posted is not among the sales yet.
#[tokio::test]
async fn an_invoice_counts_once_it_is_posted() {
    let world = World::start(Dialect::MentorApi).await;
    let order = booked(&world, 1).await;
    world.sim.update_options(|options| options.post_invoices = false);
    let number = world.sim.invoice(order.document.number).unwrap();
    assert_eq!(world.erp().invoices(&[wanted(&order)]).await, Ok(vec![vec![]]));
    world.sim.post_invoice(number).unwrap();
    let found = world.erp().invoices(&[wanted(&order)]).await.unwrap();
    assert_eq!(found, [world.truth(&order.token)]);
    assert_eq!(found[0].len(), 1);
}

/// Where neither our number nor the remark is shown, WinMentor's own count must not be taken for our number.
#[tokio::test]
async fn without_a_mark_nothing_is_claimed() {
    let world = World::start(Dialect::MentorApi).await;
    world.sim.update_options(|options| {
        options.order_number_field = OrderNumberField::NrDocCarnet;
        options.copy_remark_to_invoice = false;
    });
    let order = booked(&world, 1).await;
    world.sim.invoice(order.document.number).unwrap();
    let own = world.sim.orders()[0].own_nr;
    let later =
        InvoiceWanted { document_number: own, since: world.today().tomorrow().unwrap(), ..wanted(&order) };
    assert_eq!(world.erp().invoices(&[wanted(&order), later]).await, Ok(vec![vec![], vec![]]));
}

/// The other company's sales are not ours, and its silence is no absence.
#[tokio::test]
async fn another_company_is_noticed() {
    let world = World::start(Dialect::MentorApi).await;
    let order = booked(&world, 1).await;
    world.sim.invoice(order.document.number).unwrap();
    world.sim.switch_company_elsewhere();
    let found = world.erp().invoices(&[wanted(&order)]).await;
    assert!(found.is_err() || found == Ok(vec![world.truth(&order.token)]), "{found:?}");
}

/// Services are invoiced and sold in fractions like goods.
#[tokio::test]
async fn fractions_and_services_are_read() {
    let world = World::start(Dialect::MentorApi).await;
    let service = NewArticle { code: "SRV".to_owned(), service: true, ..NewArticle::default() };
    world.sim.add_article(&service).unwrap();
    let order = order(&world, 1);
    let line = SaleLine { sku: Sku::new("SRV").unwrap(), ..order.lines[0].clone() };
    let order = SalesOrder { lines: vec![line], ..order };
    world.enter_by_hand(&order);
    world.sim.invoice_part(order.document.number, Decimal::new(25, 2)).unwrap();
    let found = Arc::clone(&world.erp()).invoices(&[wanted(&order)]).await.unwrap();
    assert_eq!(found, [world.truth(&order.token)]);
    assert_eq!((found[0][0].lines[0].quantity_milli, found[0][0].lines[0].net_minor), (250, 309));
}
