//! `vortex migrate`

use serde_json::json;
use vortex_store::secrets::MasterKey;

use super::{Failure, Outcome, args::MigrateArgs, say, say_json};

pub(super) async fn run(args: MigrateArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let file = &config.security.master_key_file;
    if args.create_master_key {
        MasterKey::create_file(file).map_err(Failure::usage)?;
    }
    let store = super::open(&config).await?;
    store.close().await;
    if args.json {
        say_json(&json!({"ok": true, "created_master_key": args.create_master_key}))?;
        return Ok(true);
    }
    if args.create_master_key {
        say(format_args!(
            "The master key is in {}. Keep a copy in a safe place: without it no stored credential opens again.",
            file.display()
        ));
    }
    say("The database schema is up to date.");
    Ok(true)
}
