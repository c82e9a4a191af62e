//! One suite, three stores: memory, SQLite, PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

mod cases;
mod support;

use std::sync::Arc;

use vortex_store::{OpenOptions, SqlStore, Store, memory::MemStore, secrets::MasterKey};

fn options() -> OpenOptions {
    OpenOptions::new(MasterKey::generate().unwrap())
}

macro_rules! on_every_store {
    ($($module:ident: $($case:ident)+;)+) => {
        mod memory {
            use super::*;
            $($(#[tokio::test]
            async fn $case() {
                cases::$module::$case(Arc::new(MemStore::new())).await;
            })+)+
        }
        mod sqlite {
            use super::*;
            $($(#[tokio::test]
            async fn $case() {
                let dir = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", dir.path().join("vortex.db").display());
                let store = Arc::new(SqlStore::open(&url, options()).await.unwrap());
                cases::$module::$case(store.clone()).await;
                store.close().await;
            })+)+
        }
        mod postgres {
            use super::*;
            $($(#[tokio::test]
            async fn $case() {
                let Some(url) = vortex_store::testing::postgres().await else { return };
                let store = Arc::new(SqlStore::open(&url, options()).await.unwrap());
                cases::$module::$case(store.clone()).await;
                store.close().await;
            })+)+
        }
    };
}

on_every_store! {
    guards: versions_guard_rows a_chain_in_one_group_is_one_step a_conflict_leaves_only_its_change_out
        what_depends_on_a_refused_change_is_refused_too a_change_is_whole document_numbers_are_unique
        a_row_that_was_never_written_cannot_be_replaced;
    rows: skus_come_back_whole orders_come_back_and_are_listed a_reservation_never_yields_to_an_earlier_moment
        reservations_are_found effects_are_rescheduled_and_done the_inbox_knows_its_events
        cursors_are_set receipts_are_found_by_time the_journal_keeps_its_order queues_are_measured
        no_vendor_sees_another texts_of_any_kind_survive large_groups_are_committed;
    attention: items_gather_subjects clearing_closes_the_last raising_again_keeps_the_age subjects_are_paged;
    files: a_file_comes_back_byte_for_byte orders_share_bytes a_kept_file_is_never_overwritten
        a_refused_change_keeps_no_file a_month_is_paged files_of_vendors_are_apart;
    strays: strays_stand_until_they_are_settled;
    marks: orders_are_found_by_their_marks many_marks_are_looked_up_at_once;
    pickups: collections_come_back_newest_first a_collection_is_written_by_one;
}

/// The trait stays usable as an object.
#[expect(dead_code, reason = "compiles or not")]
fn object(store: Arc<MemStore>) -> Arc<dyn Store> {
    store
}
