//! The stories that cost money when they fail, on PostgreSQL.

use vortex_store::testing::postgres;

use crate::{import, orders, story::Story, waybills};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_never_makes_a_second_document_on_postgresql() {
    let Some(url) = postgres().await else { return };
    import::lost_answers(Story::on(Some(url)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pollers_book_each_order_once_on_postgresql() {
    let Some(url) = postgres().await else { return };
    orders::two_pollers(Story::on(Some(url)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_loses_and_doubles_nothing_on_postgresql() {
    let Some(url) = postgres().await else { return };
    import::restart(Story::on(Some(url)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_never_makes_a_second_waybill_on_postgresql() {
    let Some(url) = postgres().await else { return };
    waybills::lost_answers(Story::on(Some(url)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_while_minting_loses_and_doubles_nothing_on_postgresql() {
    let Some(url) = postgres().await else { return };
    waybills::restart(Story::on(Some(url)).await).await;
}
