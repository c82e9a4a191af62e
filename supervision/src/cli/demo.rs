//! `vortex demo`

use super::{Failure, Outcome, args::DemoArgs};
use crate::demo::{self, DemoOptions};

pub(super) async fn run(args: DemoArgs) -> Outcome {
    let DemoArgs { once, json, orders, seed, faults, data } = args;
    demo::run(DemoOptions { once, json, orders, seed, faults, data }).await.map_err(Failure::Failed)
}
