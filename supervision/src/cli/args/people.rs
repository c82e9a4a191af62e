//! People and their acts: `vortex user`, `vortex audit`.

use clap::{ArgGroup, Args, Subcommand};
use vortex_domain::VendorId;

use super::{ConfigArgs, RoleName};

/// `vortex user`
#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    pub(crate) action: UserAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// Makes an account with a role and prints a one-time link by which its owner sets a password
    #[command(
        after_help = "Examples:\n  vortex user create ana@acme.ro --name \"Ana Pop\" --vendor acme --role owner\n  vortex user create night-shift --operator --role operator"
    )]
    Create(UserCreateArgs),
    /// Prints a new one-time link for an account that has lost its password
    #[command(after_help = "Example:\n  vortex user invite ana@acme.ro")]
    Invite(UserInviteArgs),
    /// Gives an account a role on one more vendor, or another role
    #[command(after_help = "Example:\n  vortex user grant ana@acme.ro --vendor beta --role viewer")]
    Grant(UserGrantArgs),
    /// Takes an account's role on a vendor; its sessions end at once
    #[command(after_help = "Example:\n  vortex user revoke ana@acme.ro --vendor beta")]
    Revoke(UserRevokeArgs),
    /// Lists accounts and their roles
    #[command(after_help = "Example:\n  vortex user list --json")]
    List(UserListArgs),
}

/// On one vendor, or on all and the installation.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("scope").required(true).args(["vendor", "operator"]))]
pub(crate) struct ScopeArgs {
    /// On this vendor only
    #[arg(long)]
    pub(crate) vendor: Option<VendorId>,
    /// On every vendor and the installation itself
    #[arg(long)]
    pub(crate) operator: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UserCreateArgs {
    /// What the person types to sign in: a mail address or a name
    #[arg(value_parser = login)]
    pub(crate) login: String,
    /// The person's name; without it the log-in
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// What it allows
    #[arg(long, value_enum)]
    pub(crate) role: RoleName,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserInviteArgs {
    /// Whose
    #[arg(value_parser = login)]
    pub(crate) login: String,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserGrantArgs {
    /// Whose
    #[arg(value_parser = login)]
    pub(crate) login: String,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// What it allows
    #[arg(long, value_enum)]
    pub(crate) role: RoleName,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserRevokeArgs {
    /// Whose
    #[arg(value_parser = login)]
    pub(crate) login: String,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserListArgs {
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

fn login(text: &str) -> Result<String, String> {
    let login = text.to_lowercase();
    let fits =
        (2..=120).contains(&login.len()) && login.chars().all(|c| c.is_alphanumeric() || "-_.+@".contains(c));
    if fits { Ok(login) } else { Err("expected 2 to 120 letters, digits, - _ . + @".to_owned()) }
}

/// `vortex audit`
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub(crate) action: AuditAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Checks that no act was edited, removed or inserted; prints the trail's end
    #[command(
        after_help = "The end that it prints, noted elsewhere, proves later that nothing was cut off:\n  vortex audit verify\n  vortex audit verify --head 1204:6f1c…"
    )]
    Verify(AuditVerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditVerifyArgs {
    /// An end that was printed before: the trail must contain it
    #[arg(long, value_name = "NUMBER:SEAL", value_parser = head)]
    pub(crate) head: Option<(i64, String)>,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

fn head(text: &str) -> Result<(i64, String), String> {
    let parts = text.split_once(':').and_then(|(seq, mac)| Some((seq.parse::<i64>().ok()?, mac.to_owned())));
    parts.ok_or_else(|| "expected the number and the seal as they were printed, e.g. 1204:6f1c…".to_owned())
}
