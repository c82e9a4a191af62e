//! The cases of every ERP connector, run against the WinMentor simulator in both dialects.

mod world;

use vortex_port::conformance::erp::{self as cases, OrderReader};
use vortex_simulators::winmentor::{Dialect, OrderNumberField};

use world::World;

macro_rules! in_both_dialects {
    ($($case:ident),+ $(,)?) => {
        mod mentor_api {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                cases::$case(&World::start(Dialect::MentorApi).await).await;
            })+
        }
        mod bridge_v12 {
            use super::*;
            $(#[tokio::test]
            async fn $case() {
                cases::$case(&World::start(Dialect::BridgeV12).await).await;
            })+
        }
    };
}

in_both_dialects!(
    reads_everything,
    a_bad_answer_is_no_reading,
    an_import_is_found,
    a_lost_reply_is_unknown,
    duplicates_are_counted,
    an_invoiced_order_is_found,
    a_cancelled_order_is_counted,
    a_closed_month_is_respected,
    a_refusal_names_its_cause,
    maintenance_is_a_pause,
    a_lost_session_is_set_up_again,
    another_company_is_noticed,
    one_request_is_in_flight,
    a_customer_is_added_once,
);

#[tokio::test]
async fn absence_needs_every_reader() {
    for dialect in [Dialect::MentorApi, Dialect::BridgeV12] {
        for reader in [OrderReader::Open, OrderReader::All, OrderReader::Sales] {
            cases::a_failed_reader_fails_the_search(&World::start(dialect).await, reader).await;
        }
    }
}

/// Which of the two numbers is ours differs between installations (specification 3.7.8).
#[tokio::test]
async fn the_other_number_may_be_ours() {
    for case in 0..3 {
        let world = World::start(Dialect::MentorApi).await;
        world.sim.update_options(|options| {
            options.order_number_field = OrderNumberField::NrDocCarnet;
            options.copy_remark_to_invoice = case != 1;
        });
        match case {
            0 | 1 => cases::an_invoiced_order_is_found(&world).await,
            _ => cases::duplicates_are_counted(&world).await,
        }
    }
}
