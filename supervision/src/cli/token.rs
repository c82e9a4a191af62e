//! `vortex token`

use rand::SeedableRng as _;
use secrecy::ExposeSecret as _;
use serde_json::json;
use vortex_api::{new_token, stored_hash};
use vortex_domain::{Clock as _, SystemClock, VendorId};
use vortex_store::registry::{AuditEntry, TokenRecord};

use super::{
    Failure, Outcome,
    args::{TokenAction, TokenArgs, TokenCreateArgs},
    say, say_json,
    user::act,
};

pub(super) async fn run(args: TokenArgs) -> Outcome {
    match args.action {
        TokenAction::Create(args) => create(args).await,
    }
}

async fn create(args: TokenCreateArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    if let Some(vendor) = &args.vendor
        && store.vendor(vendor).await.map_err(Failure::failed)?.is_none()
    {
        let error = anyhow::anyhow!("there is no vendor `{vendor}`; `vortex apply -f vendor.toml` makes one");
        return Err(Failure::Usage(error));
    }
    let role = args.role.name();
    let at_ms = SystemClock.now_ms();
    let scope = args.vendor.as_ref().map_or("installation", VendorId::as_str);
    let name = args.name.unwrap_or_else(|| format!("{role}-{scope}-{at_ms}"));
    let mut rng = rand::rngs::StdRng::try_from_os_rng().map_err(Failure::failed)?;
    let (token, sha256) = new_token(&mut rng);
    let record = TokenRecord {
        hash: stored_hash(&sha256),
        vendor: args.vendor.clone(),
        role: role.to_owned(),
        name: name.clone(),
        at_ms,
        revoked_ms: None,
    };
    store.put_token(&record).await.map_err(Failure::failed)?;
    let entry = AuditEntry {
        vendor: args.vendor.as_ref().map_or_else(String::new, |vendor| vendor.as_str().to_owned()),
        ..act("tokens", &name, String::new(), role.to_owned())
    };
    store.append_audit(&entry).await.map_err(Failure::failed)?;
    store.close().await;
    if args.json {
        say_json(
            &json!({"token": token.expose_secret(), "name": name, "vendor": args.vendor, "role": role}),
        )?;
    } else {
        say(token.expose_secret());
        // Beside the result, so that it can be piped.
        eprintln!("Token `{name}` ({role} of {scope}). It is shown this once only; keep it in a safe place.");
    }
    Ok(true)
}
