//! Passwords: argon2id, and how often one may be tried (SEC07).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, OnceLock, PoisonError},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use tracing::error;

use crate::{problem::ApiError, state::ApiState};

/// Fewest characters of a new password.
pub const PASSWORD_CHARS: usize = 12;
/// Most bytes of a password: hashing must cost everybody the same.
const PASSWORD_BYTES: usize = 512;
/// Passwords that are hashed at once in the process; each takes 19 MiB and some milliseconds of a core.
pub(crate) const HASHED_AT_ONCE: usize = 2;
/// Attempts for one account, and from one address, in a window.
const ATTEMPTS: u32 = 10;
/// How long attempts count, milliseconds.
const WINDOW_MS: i64 = 600_000;
/// Accounts and addresses whose attempts are remembered at most.
const REMEMBERED: usize = 20_000;

/// Why a new password is not taken; the key of its words.
pub fn unfit(password: &str, login: &str) -> Option<&'static str> {
    if password.chars().count() < PASSWORD_CHARS {
        return Some("password-short");
    }
    if password.len() > PASSWORD_BYTES {
        return Some("password-long");
    }
    password.to_lowercase().contains(login).then_some("password-login")
}

/// The hash to store, in PHC form. Slow on purpose: call it where blocking is allowed.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

fn verify(password: &str, stored: &str) -> bool {
    let parsed = PasswordHash::new(stored);
    parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// The hash of nobody's password: an unknown account costs as much as a known one.
fn nobodys() -> &'static str {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    NOBODYS.get_or_init(|| hash_password("nobody has this password").unwrap_or_default())
}

/// Runs something slow where blocking is allowed, few at a time.
async fn apart<T: Send + 'static>(
    slots: &Semaphore,
    slow: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let _slot = slots.acquire().await.map_err(|_| ApiError::busy())?;
    tokio::task::spawn_blocking(slow).await.map_err(|failure| {
        error!(error = %failure, "Hashing a password ended early");
        ApiError::Internal
    })
}

/// Whether the password is the account's. The same work for an account that is not there.
pub(crate) async fn is_right(state: &ApiState, login: &str, password: String) -> Result<bool, ApiError> {
    if password.len() > PASSWORD_BYTES {
        return Ok(false);
    }
    let stored = state.accounts.password(login).await?;
    apart(&state.hashing, move || {
        let known = stored.is_some();
        verify(&password, stored.as_deref().unwrap_or_else(|| nobodys())) && known
    })
    .await
}

/// The hash of a new password.
pub(crate) async fn hashed(state: &ApiState, password: String) -> Result<String, ApiError> {
    apart(&state.hashing, move || hash_password(&password)).await?.map_err(|failure| {
        error!(error = %failure, "A password could not be hashed");
        ApiError::Internal
    })
}

/// Whose attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Account(String),
    Address(String),
}

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    since_ms: i64,
}

/// Failed attempts, by account and by address.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Whose, Tries>>);

/// Who has an address has its whole IPv6 network.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => format!("{:?}", &address.segments()[..4]),
        _ => address.to_owned(),
    }
}

impl Attempts {
    fn whose(login: &str, address: &str) -> [Whose; 2] {
        [Whose::Address(network(address)), Whose::Account(login.to_owned())]
    }

    /// Counts an attempt before it is made, so that many at once count as many; otherwise how many seconds to wait.
    pub(crate) fn begin(&self, login: &str, address: &str, now_ms: i64) -> Result<(), u32> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whose = Self::whose(login, address);
        // A clock that was set back starts the count anew.
        let counts = |tries: &Tries| (0..WINDOW_MS).contains(&(now_ms - tries.since_ms));
        for key in &whose {
            if let Some(tries) = all.get(key).filter(|tries| counts(tries) && tries.count >= ATTEMPTS) {
                let wait_ms = WINDOW_MS - (now_ms - tries.since_ms);
                return Err(u32::try_from(wait_ms.div_euclid(1_000) + 1).unwrap_or(u32::MAX));
            }
        }
        if all.len() + whose.len() > REMEMBERED {
            all.retain(|_, tries| counts(tries));
        }
        if all.len() + whose.len() > REMEMBERED {
            // Those that are closed stay closed.
            all.retain(|_, tries| tries.count >= ATTEMPTS);
        }
        if all.len() + whose.len() > REMEMBERED {
            all.clear();
        }
        for key in whose {
            let tries = all.entry(key).or_insert(Tries { count: 0, since_ms: now_ms });
            if !counts(tries) {
                *tries = Tries { count: 0, since_ms: now_ms };
            }
            tries.count += 1;
        }
        Ok(())
    }

    /// The attempt was right: it was none.
    pub(crate) fn succeeded(&self, login: &str, address: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in Self::whose(login, address) {
            if let Some(tries) = all.get_mut(&key) {
                tries.count = tries.count.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_only_and_no_hash_fits_nothing() {
        let stored = hash_password("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", &stored));
        assert!(!verify("correct horse batterx", &stored) && !verify("", &stored) && !verify("", ""));
        assert_ne!(stored, hash_password("correct horse battery").unwrap(), "salted");
    }

    #[test]
    fn new_passwords_are_long_and_do_not_hold_the_login() {
        assert_eq!(unfit("elevenchars", "ana"), Some("password-short"));
        assert_eq!(unfit(&"x".repeat(513), "ana"), Some("password-long"));
        assert_eq!(unfit("my-name-is-Ana-Pop", "ana"), Some("password-login"));
        assert_eq!(unfit("correct horse battery", "ana"), None);
    }

    #[test]
    fn ten_wrong_attempts_close_account_and_address_until_the_window_ends() {
        let attempts = Attempts::default();
        let taken = (0..100).filter(|i| attempts.begin("ana", "192.0.2.1", i * 600).is_ok()).count();
        assert_eq!(taken, 10);
        // From elsewhere the account stays closed, and from the address every account.
        assert_eq!(attempts.begin("ana", "192.0.2.2", 59_000), Err(542));
        assert!(attempts.begin("ion", "192.0.2.1", 59_000).is_err());
        assert!(attempts.begin("ion", "192.0.2.2", 59_000).is_ok());
        assert!(attempts.begin("ana", "192.0.2.1", WINDOW_MS).is_ok());
    }

    #[test]
    fn right_attempts_are_none_and_a_network_counts_as_one() {
        let attempts = Attempts::default();
        for _ in 0..50 {
            attempts.begin("ana", "192.0.2.1", 0).unwrap();
            attempts.succeeded("ana", "192.0.2.1");
        }
        let tries = |i: usize| attempts.begin(&format!("login{i}"), &format!("2001:db8:0:1::{i}"), 0);
        assert_eq!((0..20).filter(|i| tries(*i).is_ok()).count(), 10);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for i in 0..REMEMBERED {
            let _ = attempts.begin(&format!("l{i}"), &format!("a{i}"), i64::try_from(i).unwrap());
        }
        assert!(attempts.0.lock().unwrap().len() <= REMEMBERED);
    }
}
