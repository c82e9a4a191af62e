//! `vortex user`

use serde_json::json;
use vortex_api::{new_invitation, stored_hash};
use vortex_domain::{Clock as _, SystemClock, VendorId};
use vortex_store::{SqlStore, registry::AuditEntry};

use super::{
    Failure, Outcome,
    args::people::{
        ScopeArgs, UserAction, UserArgs, UserCreateArgs, UserGrantArgs, UserInviteArgs, UserListArgs,
        UserRevokeArgs,
    },
    say, say_json,
};
use crate::config::Config;

/// How long a one-time link can be used, milliseconds.
const LINK_MS: i64 = 3 * 86_400_000;

pub(super) async fn run(args: UserArgs) -> Outcome {
    match args.action {
        UserAction::Create(args) => create(args).await,
        UserAction::Invite(args) => invite(args).await,
        UserAction::Grant(args) => grant(args).await,
        UserAction::Revoke(args) => revoke(args).await,
        UserAction::List(args) => list(args).await,
    }
}

/// Who sits at this machine, for the audit trail.
pub(super) fn act(name: &str, subject: &str, old: String, new: String) -> AuditEntry {
    let user = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    AuditEntry {
        at_ms: SystemClock.now_ms(),
        actor: format!("cli:{user}"),
        origin: "command line".to_owned(),
        act: name.to_owned(),
        subject: subject.to_owned(),
        old,
        new,
        outcome: "done".to_owned(),
        ..AuditEntry::default()
    }
}

async fn known_vendor(store: &SqlStore, scope: &ScopeArgs) -> Result<(), Failure> {
    if let Some(vendor) = &scope.vendor
        && store.vendor(vendor).await.map_err(Failure::failed)?.is_none()
    {
        let error = anyhow::anyhow!("there is no vendor `{vendor}`; `vortex apply -f vendor.toml` makes one");
        return Err(Failure::Usage(error));
    }
    Ok(())
}

async fn known_account(store: &SqlStore, login: &str) -> Result<(), Failure> {
    if store.account(login).await.map_err(Failure::failed)?.is_none() {
        let error = anyhow::anyhow!("there is no account `{login}`; `vortex user create` makes one");
        return Err(Failure::Usage(error));
    }
    Ok(())
}

fn words(vendor: Option<&VendorId>) -> &str {
    vendor.map_or("installation", VendorId::as_str)
}

async fn create(args: UserCreateArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    known_vendor(&store, &args.scope).await?;
    let (login, role) = (&args.login, args.role.name());
    let name = args.name.as_deref().unwrap_or(login);
    if !store.create_account(login, name, SystemClock.now_ms()).await.map_err(Failure::failed)? {
        let error =
            anyhow::anyhow!("there is an account `{login}` already; `vortex user grant` gives it a role");
        return Err(Failure::Usage(error));
    }
    store.grant_role(login, args.scope.vendor.as_ref(), role).await.map_err(Failure::failed)?;
    let link = one_time_link(&store, &config, login).await?;
    let on = words(args.scope.vendor.as_ref());
    let entry = act("user.create", login, String::new(), format!("{role} of {on}"));
    store.append_audit(&entry).await.map_err(Failure::failed)?;
    store.close().await;
    tell_link(login, &link, args.json)
}

async fn invite(args: UserInviteArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    known_account(&store, &args.login).await?;
    let link = one_time_link(&store, &config, &args.login).await?;
    let entry = act("user.invite", &args.login, String::new(), String::new());
    store.append_audit(&entry).await.map_err(Failure::failed)?;
    store.close().await;
    tell_link(&args.login, &link, args.json)
}

async fn one_time_link(store: &SqlStore, config: &Config, login: &str) -> Result<String, Failure> {
    let (secret, sha256) = new_invitation().map_err(Failure::failed)?;
    let expires_ms = SystemClock.now_ms() + LINK_MS;
    store.invite(&stored_hash(&sha256), login, expires_ms).await.map_err(Failure::failed)?;
    Ok(format!("{}/welcome/{secret}", config.server.public_url))
}

fn tell_link(login: &str, link: &str, as_json: bool) -> Outcome {
    if as_json {
        say_json(&json!({"login": login, "link": link}))?;
    } else {
        say(link);
        // Beside the result, so that it can be piped.
        eprintln!("Whoever opens this link within three days sets the password of `{login}`; it works once.");
    }
    Ok(true)
}

async fn grant(args: UserGrantArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    known_vendor(&store, &args.scope).await?;
    known_account(&store, &args.login).await?;
    let vendor = args.scope.vendor.as_ref();
    let before = store.roles(&args.login).await.map_err(Failure::failed)?;
    let before = before.into_iter().find(|role| role.vendor.as_ref() == vendor).map(|role| role.role);
    store.grant_role(&args.login, vendor, args.role.name()).await.map_err(Failure::failed)?;
    let new = format!("{} of {}", args.role.name(), words(vendor));
    let entry = act("user.grant", &args.login, before.unwrap_or_default(), new);
    store.append_audit(&entry).await.map_err(Failure::failed)?;
    store.close().await;
    say(format_args!("`{}` is {} of {} now.", args.login, args.role.name(), words(vendor)));
    Ok(true)
}

async fn revoke(args: UserRevokeArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    let vendor = args.scope.vendor.as_ref();
    let Some(before) = store.end_role(&args.login, vendor).await.map_err(Failure::failed)? else {
        let error = anyhow::anyhow!("`{}` has no role on {}", args.login, words(vendor));
        return Err(Failure::Usage(error));
    };
    store.end_sessions(&args.login).await.map_err(Failure::failed)?;
    let entry = act("user.revoke", &args.login, format!("{before} of {}", words(vendor)), String::new());
    store.append_audit(&entry).await.map_err(Failure::failed)?;
    store.close().await;
    say(format_args!("`{}` is {before} of {} no more.", args.login, words(vendor)));
    Ok(true)
}

async fn list(args: UserListArgs) -> Outcome {
    let config = super::config(&args.config)?;
    let store = super::open(&config).await?;
    let mut all = Vec::new();
    for account in store.accounts().await.map_err(Failure::failed)? {
        let roles = store.roles(&account.login).await.map_err(Failure::failed)?;
        all.push((account, roles));
    }
    store.close().await;
    if args.json {
        let items: Vec<_> = all
            .iter()
            .map(|(account, roles)| {
                let roles: Vec<_> =
                    roles.iter().map(|role| json!({"vendor": role.vendor, "role": role.role})).collect();
                json!({"login": account.login, "name": account.name, "password": account.password.is_some(), "roles": roles})
            })
            .collect();
        say_json(&items)?;
        return Ok(true);
    }
    for (account, roles) in all {
        let roles: Vec<String> =
            roles.iter().map(|role| format!("{} of {}", role.role, words(role.vendor.as_ref()))).collect();
        let open = if account.password.is_none() { "; has not set a password" } else { "" };
        say(format_args!("{}  {}  ({}{open})", account.login, account.name, roles.join(", ")));
    }
    Ok(true)
}
