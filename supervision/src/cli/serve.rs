//! `vortex serve`

use super::{Failure, Outcome, args::ServeArgs, shutdown};
use crate::node;

pub(super) async fn run(args: ServeArgs) -> Outcome {
    let config = super::config(&args.config)?;
    // Found before anything is opened, so that it counts as wrong use.
    config.master_key().map_err(Failure::usage)?;
    node::serve(config, shutdown::requested()).await.map_err(Failure::Failed)?;
    Ok(true)
}
