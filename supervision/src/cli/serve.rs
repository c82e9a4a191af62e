//! `vortex serve`

use super::{Failure, Outcome, args::ServeArgs, shutdown};
use crate::node;

pub(super) async fn run(args: ServeArgs) -> Outcome {
    let config = super::config(&args.config)?;
    // Found before anything is opened, so that it counts as wrong use.
    config.master_key().map_err(Failure::usage)?;
    let shutdown = shutdown::requested().map_err(Failure::failed)?;
    node::serve(config, shutdown).await.map_err(Failure::Failed)?;
    Ok(true)
}
