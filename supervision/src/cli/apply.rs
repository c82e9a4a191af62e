//! `vortex apply`

use std::path::Path;

use serde::Serialize;
use vortex_domain::{Clock as _, SystemClock, VendorId};

use super::{Failure, Outcome, args::ApplyArgs, say, say_json};
use crate::{
    config::Environment,
    content_file::{BadRows, ContentFile},
    vendor_file::{self, ApplyError, Change, VendorFile},
};

#[derive(Serialize)]
struct Answer<'a> {
    vendor: &'a VendorId,
    changes: &'a [Change],
    applied: bool,
    skipped_rows: u64,
}

pub(super) async fn run(args: ApplyArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let file = VendorFile::read(&args.file, &Environment::Process, &config.security.egress)
        .map_err(Failure::usage)?;
    let skipped = match &file.content {
        Some(path) => ContentFile::check(path, args.skip_bad_rows).map_err(Failure::usage)?,
        None => BadRows::default(),
    };
    // A rehearsal must not even create the database.
    let store =
        if args.dry_run && !exists(&config.database.url) { None } else { Some(super::open(&config).await?) };
    let at_ms = SystemClock.now_ms();
    let plan = vendor_file::plan(store.as_ref(), &file, args.skip_bad_rows, at_ms).await.map_err(failure)?;
    let changes = plan.changes.clone();
    let mut applied = false;
    if let Some(store) = &store {
        if !args.dry_run && !plan.is_empty() {
            vendor_file::write(store, &file, plan, args.skip_bad_rows, at_ms).await.map_err(failure)?;
            applied = true;
        }
        store.close().await;
    }
    if args.json {
        say_json(&Answer { vendor: &file.id, changes: &changes, applied, skipped_rows: skipped.count })?;
        return Ok(true);
    }
    if skipped.count > 0 {
        say(format_args!("{} rows of the content file are left out:\n{skipped}", skipped.count));
    }
    if changes.is_empty() {
        say(format_args!("{}: nothing to change", file.id));
        return Ok(true);
    }
    for change in &changes {
        say(format_args!("  {change}"));
    }
    let done = if applied { "applied" } else { "not applied (--dry-run)" };
    say(format_args!("{}: {} changes, {done}", file.id, changes.len()));
    Ok(true)
}

fn failure(error: ApplyError) -> Failure {
    match error {
        ApplyError::ConnectionMissing { .. } | ApplyError::Content(_) => Failure::usage(error),
        other => Failure::failed(other),
    }
}

/// Whether there is a database at all; a server's is taken to exist.
fn exists(url: &str) -> bool {
    match url.strip_prefix("sqlite:") {
        Some(file) => Path::new(file.split('?').next().unwrap_or_default()).exists(),
        None => true,
    }
}
