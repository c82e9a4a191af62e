//! `vortex demo`

use super::{Failure, Outcome, args::DemoArgs};
use crate::demo::{self, DemoOptions};

pub(super) async fn run(args: DemoArgs) -> Outcome {
    let DemoArgs { once, json, orders, articles, seed, faults, data } = args;
    let options = DemoOptions { once, json, orders, articles, seed, faults, data };
    demo::run(options).await.map_err(Failure::Failed)
}
