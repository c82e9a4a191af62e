//! The ERP may be closed, forget us, or be used by others at the same time.

use std::{future::Future, pin::Pin};

use vortex_domain::order::ImportAnswer;

use super::{
    ErpWorld,
    orders::{ONE, book, find, is_found, is_imported, order, same, wanted},
};
use crate::{
    conformance::{Failure, ensure},
    erp::{ErpCatalogue, ErpOrders, SalesOrder},
    outcome::CallError,
};

/// F42: maintenance is a pause; nothing is lost, nothing is claimed, and afterwards everything goes on.
pub async fn maintenance_is_a_pause(world: &impl ErpWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await?;
    world.maintenance(true);
    same("import in maintenance", &world.erp().import(&second).await, &ImportAnswer::NotSent)?;
    for answer in [find(world, &first).await.err(), world.erp().stock().await.err()] {
        let pause = matches!(answer, Some(CallError::Paused { .. } | CallError::NotSent { .. }));
        ensure(pause, || format!("maintenance is called {answer:?}"))?;
    }
    world.maintenance(false);
    book(world, &second).await?;
    is_found(world, &first, ONE).await?;
    same("documents", &world.documents().live, &2)
}

/// Imported now, or surely not sent and imported at the second try.
async fn imported_in_the_end(world: &impl ErpWorld, order: &SalesOrder) -> Result<(), Failure> {
    match world.erp().import(order).await {
        ImportAnswer::Imported => Ok(()),
        ImportAnswer::NotSent => is_imported(world, order).await,
        other => Err(Failure(format!("a lost session makes of an import: {other:?}"))),
    }
}

/// A server that restarted knows no company any more: what was set is set again.
pub async fn a_lost_session_is_set_up_again(world: &impl ErpWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await?;
    world.restart();
    imported_in_the_end(world, &second).await?;
    world.restart();
    same("both", &world.erp().find(&[wanted(&first), wanted(&second)]).await?, &vec![ONE, ONE])?;
    world.restart();
    world.erp().stock().await?;
    same("documents", &world.documents().live, &2)
}

/// Another program on the same connection selects another company: what is read there is not taken for ours.
pub async fn another_company_is_noticed(world: &impl ErpWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await?;
    world.switch_company();
    let copies = find(world, &first).await;
    ensure(copies.is_err() || copies == Ok(ONE), || {
        format!("of an order in our company is said: {copies:?}")
    })?;
    world.switch_company();
    let stock = world.erp().stock().await.map(|reading| reading.levels.len());
    let right = stock.is_err() || stock == Ok(world.stock_milli().len());
    ensure(right, || format!("another company's stock was read: {stock:?}"))?;
    world.switch_company();
    imported_in_the_end(world, &second).await?;
    same("documents", &world.documents().live, &2)
}

type Task = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

fn boxed(task: impl Future<Output = Result<(), Failure>> + Send + 'static) -> Task {
    Box::pin(task)
}

/// B2: twenty callers, one request at a time.
pub async fn one_request_is_in_flight(world: &impl ErpWorld) -> Result<(), Failure> {
    let imports = (0..10).map(|n| {
        let (erp, order) = (world.erp(), order(world, n));
        boxed(async move { same("import", &erp.import(&order).await, &ImportAnswer::Imported) })
    });
    let readings = (0..10).map(|n| {
        let (erp, order) = (world.erp(), wanted(&order(world, n)));
        boxed(async move {
            match n % 3 {
                0 => erp.find(&[order]).await.map(drop)?,
                1 => erp.stock().await.map(drop)?,
                _ => erp.articles(1).await.map(drop)?,
            }
            Ok(())
        })
    });
    let tasks: Vec<_> = imports.chain(readings).map(tokio::spawn).collect();
    for task in tasks {
        task.await.map_err(|error| Failure(error.to_string()))??;
    }
    same("documents", &world.documents().live, &10)?;
    same("requests at once", &world.most_in_flight(), &1)
}
