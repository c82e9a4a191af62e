//! The client of one remote account.

use std::{sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, LOCATION};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;
use vortex_domain::{Entropy, VendorId};

use super::{
    answer::Answer,
    breaker::{Breaker, Permit},
    budget::{Budget, Priority, Wait},
    call::HttpCall,
    egress::EgressPolicy,
    names,
    retry_after::retry_after,
    transport::{self, Broken},
};
use crate::{connection::SettingsError, outcome::CallError};

const MOST_REDIRECTS: usize = 3;
const READ_ATTEMPTS: u32 = 3;
const FIRST_RETRY_SPAN: Duration = Duration::from_millis(500);

/// How we identify ourselves.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// A secret in a header.
    Header {
        /// Which.
        name: HeaderName,
        /// The secret.
        value: SecretString,
    },
}

/// Limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per minute.
    pub per_minute: u32,
    /// Calls that may leave at once after a quiet time.
    pub burst: u32,
    /// How many of those are for orders only.
    pub reserve: u32,
    /// Longest wait for a free place; who would wait longer gets `NotSent`.
    pub max_wait: Duration,
    /// Name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The whole call, answer included.
    pub call_timeout: Duration,
    /// Most bytes of an answer, decompressed.
    pub body_limit: usize,
    /// Failures in a row that open the circuit breaker.
    pub breaker_failures: u32,
    /// Follow up to three redirects within the same scheme, host and port, repeating method, body and credentials.
    pub same_host_redirects: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_minute: 240,
            burst: 20,
            reserve: 5,
            max_wait: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(45),
            body_limit: 32 * 1024 * 1024,
            breaker_failures: 5,
            same_host_redirects: false,
        }
    }
}

/// One remote account and how to reach it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Whose connection it is.
    pub vendor: VendorId,
    /// The connection's name, e.g. `cdon`.
    pub connection: String,
    /// Where it is; paths are appended to it.
    pub base_url: String,
    /// How we identify ourselves.
    pub auth: Auth,
    /// Its limits.
    pub limits: Limits,
    /// Where connections may go.
    pub egress: EgressPolicy,
    /// Source of jitter.
    pub entropy: Entropy,
}

/// Calls one remote account. Clones share connections, budget and circuit breaker.
#[derive(Debug, Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    vendor: VendorId,
    connection: String,
    base_url: String,
    auth: Option<(HeaderName, HeaderValue)>,
    limits: Limits,
    egress: EgressPolicy,
    entropy: Entropy,
    http: reqwest::Client,
    budget: Budget,
    breaker: Breaker,
}

/// A call without an answer, and whether asking again could help.
struct Failed {
    error: CallError,
    again: bool,
}

impl HttpClient {
    /// Prepares the client; nothing is called yet.
    ///
    /// # Errors
    /// Names the field of the connection that cannot be used.
    pub fn new(remote: Remote) -> Result<Self, SettingsError> {
        let wrong = |field: &str, why: String| SettingsError {
            connection: remote.connection.clone(),
            field: field.to_owned(),
            why,
        };
        let base = remote.egress.check_url(&remote.base_url).map_err(|e| wrong("base_url", e.to_string()))?;
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("base_url", "must end with its path, without ? and #".to_owned()));
        }
        let auth = header_of(&remote.auth).map_err(|()| {
            wrong("credentials", "contain characters that no HTTP header can carry".to_owned())
        })?;
        let http = transport::build(&remote.egress, remote.limits.connect_timeout, base.scheme() == "https")
            .map_err(|why| {
                wrong(
                    "tls",
                    format!("this machine's certificates cannot be used ({why}); install ca-certificates"),
                )
            })?;
        let limits = remote.limits;
        let budget = Budget::new(
            limits.per_minute,
            limits.burst,
            limits.reserve,
            remote.entropy.clone(),
            Instant::now(),
        );
        let inner = Inner {
            base_url: base.as_str().trim_end_matches('/').to_owned(),
            breaker: Breaker::new(limits.breaker_failures, remote.entropy.clone()),
            vendor: remote.vendor,
            connection: remote.connection,
            auth,
            limits,
            egress: remote.egress,
            entropy: remote.entropy,
            http,
            budget,
        };
        metrics::gauge!(names::BREAKER_OPEN, "vendor" => inner.vendor.to_string(), "connection" => inner.connection.clone())
            .set(0.0);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The connection's name.
    pub fn connection(&self) -> &str {
        &self.inner.connection
    }

    /// Makes one call, once. 2xx, 3xx and 4xx come back as an [`Answer`]; the exceptions are 401 (`Credentials`),
    /// 429 and a 503 that names a time (`Paused`), 5xx (`Unknown`, unless the call wants them) and redirects that
    /// lead elsewhere (`Refused`).
    pub async fn call(&self, call: &HttpCall) -> Result<Answer, CallError> {
        self.attempt(call).await.map_err(|failed| failed.error)
    }

    /// Makes a call that only reads, up to three times with full jitter in between. Never for anything that the
    /// remote may act on, and never inside another retry: at most a tenth of a connection's calls are retries.
    pub async fn read(&self, call: &HttpCall) -> Result<Answer, CallError> {
        let mut span = FIRST_RETRY_SPAN;
        for _ in 1..READ_ATTEMPTS {
            let failed = match self.attempt(call).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if !failed.again || !self.inner.budget.may_retry() {
                return Err(failed.error);
            }
            let jitter = self.inner.entropy.below(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
            pause(Duration::from_millis(jitter)).await;
            span *= 2;
        }
        self.call(call).await
    }

    async fn attempt(&self, call: &HttpCall) -> Result<Answer, Failed> {
        let inner = &*self.inner;
        let started = Instant::now();
        let result = inner.guarded(call).await;
        let outcome = match &result {
            Ok(answer) if answer.is_success() => "ok",
            Ok(_) => "declined",
            Err(failed) => outcome_name(&failed.error),
        };
        let (vendor, connection) = (inner.vendor.to_string(), inner.connection.clone());
        metrics::counter!(names::CALLS, "vendor" => vendor.clone(), "connection" => connection.clone(),
            "operation" => call.operation, "outcome" => outcome)
        .increment(1);
        metrics::histogram!(names::CALL_SECONDS, "vendor" => vendor, "connection" => connection,
            "operation" => call.operation)
        .record(started.elapsed().as_secs_f64());
        let elapsed_ms = transport::elapsed_ms(started);
        match &result {
            Ok(answer) => tracing::debug!(vendor = %inner.vendor, connection = %inner.connection,
                operation = call.operation, status = answer.status, request_id = answer.request_id(), elapsed_ms,
                "call answered"),
            Err(failed) => tracing::warn!(vendor = %inner.vendor, connection = %inner.connection,
                operation = call.operation, outcome, elapsed_ms, error = %failed.error, "call failed"),
        }
        result
    }
}

impl Inner {
    async fn guarded(&self, call: &HttpCall) -> Result<Answer, Failed> {
        let mut url = Url::parse(&format!("{}{}", self.base_url, call.path))
            .map_err(|_| self.not_sent("the address of the call does not parse".to_owned(), false))?;
        for _ in 0..=MOST_REDIRECTS {
            self.egress.check(&url).map_err(|denied| self.not_sent(denied.to_string(), false))?;
            let permit = self.breaker.admit(Instant::now()).map_err(|rest| {
                let why = format!("it was down a moment ago; next try in {} s", rest.as_secs() + 1);
                self.not_sent(why, false)
            })?;
            self.take_token(call.priority).await?;
            let timeout = call.timeout.unwrap_or(self.limits.call_timeout);
            let limit = call.body_limit.unwrap_or(self.limits.body_limit);
            let sent = transport::exchange(&self.http, &url, call, self.auth.as_ref(), timeout, limit).await;
            self.tell_breaker(permit, &sent);
            let answer = sent.map_err(|broken| self.failed(broken))?;
            if !(matches!(answer.status, 301 | 302 | 307 | 308)) {
                return self.judge(call, answer);
            }
            url = self.redirected(&url, &answer)?;
        }
        Err(self.refused(310, "redirects in a circle".to_owned()))
    }

    async fn take_token(&self, priority: Priority) -> Result<(), Failed> {
        let give_up = Instant::now() + self.limits.max_wait;
        loop {
            let now = Instant::now();
            match self.budget.take(priority, now) {
                Ok(()) => return Ok(()),
                Err(Wait::Paused(rest)) => {
                    return Err(self.paused(rest, "it asked to wait a moment ago".to_owned()));
                }
                Err(Wait::Empty(wait)) if now + wait > give_up => {
                    return Err(self.not_sent("its calls per minute are used up".to_owned(), false));
                }
                Err(Wait::Empty(wait)) => pause(wait).await,
            }
        }
    }

    fn tell_breaker(&self, permit: Permit<'_>, sent: &Result<Answer, Broken>) {
        let was_open = self.breaker.is_open();
        match sent {
            Err(Broken::Denied(_)) => drop(permit),
            Err(Broken::NoConnection(_) | Broken::Lost(_)) => permit.failed(Instant::now()),
            // A gateway that finds nobody behind it.
            Ok(answer) if matches!(answer.status, 502 | 504) => permit.failed(Instant::now()),
            Ok(answer) if answer.status == 503 && retry_after(&answer.headers).is_none() => {
                permit.failed(Instant::now());
            }
            Ok(_) | Err(Broken::TooLong(_)) => permit.worked(),
        }
        let is_open = self.breaker.is_open();
        if was_open != is_open {
            metrics::gauge!(names::BREAKER_OPEN, "vendor" => self.vendor.to_string(), "connection" => self.connection.clone())
                .set(f64::from(u8::from(is_open)));
            tracing::warn!(vendor = %self.vendor, connection = %self.connection, open = is_open, "circuit breaker");
        }
    }

    fn judge(&self, call: &HttpCall, answer: Answer) -> Result<Answer, Failed> {
        let asked = retry_after(&answer.headers);
        if answer.status == 429 || (answer.status == 503 && asked.is_some()) {
            let rest = self.budget.pause(asked, Instant::now());
            return Err(self.paused(rest, answer.summary()));
        }
        self.budget.calm();
        match answer.status {
            401 => Err(Failed {
                error: CallError::Credentials { connection: self.connection.clone() },
                again: false,
            }),
            500.. if !call.answers_5xx => Err(self.unknown(with_id(&answer))),
            300..=399 => Err(self.refused(answer.status, answer.summary())),
            _ => Ok(answer),
        }
    }

    fn redirected(&self, from: &Url, answer: &Answer) -> Result<Url, Failed> {
        let to =
            answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| from.join(to).ok());
        match to {
            Some(to) if self.limits.same_host_redirects && to.origin() == from.origin() => Ok(to),
            _ => {
                let why = "redirects to another place; enter its final address as base_url";
                Err(self.refused(answer.status, why.to_owned()))
            }
        }
    }

    fn failed(&self, broken: Broken) -> Failed {
        match broken {
            Broken::Denied(denied) => self.not_sent(denied.to_string(), false),
            Broken::NoConnection(why) => self.not_sent(why, true),
            Broken::Lost(why) => self.unknown(why),
            Broken::TooLong(limit) => Failed {
                error: CallError::Implausible {
                    connection: self.connection.clone(),
                    why: format!("it is longer than {limit} bytes"),
                },
                again: false,
            },
        }
    }

    fn not_sent(&self, why: String, again: bool) -> Failed {
        Failed { error: CallError::NotSent { connection: self.connection.clone(), why }, again }
    }

    fn unknown(&self, why: String) -> Failed {
        Failed { error: CallError::Unknown { connection: self.connection.clone(), why }, again: true }
    }

    fn refused(&self, status: u16, message: String) -> Failed {
        Failed {
            error: CallError::Refused { connection: self.connection.clone(), status, message },
            again: false,
        }
    }

    fn paused(&self, rest: Duration, why: String) -> Failed {
        // Rounded up, so that nobody comes a millisecond early.
        let retry_after_ms = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX).saturating_add(1);
        Failed {
            error: CallError::Paused { connection: self.connection.clone(), why, retry_after_ms },
            again: false,
        }
    }
}

fn with_id(answer: &Answer) -> String {
    let id = answer.request_id().map(|id| format!(" (its id of the call: {id})")).unwrap_or_default();
    format!("{}{id}", answer.summary())
}

fn outcome_name(error: &CallError) -> &'static str {
    match error {
        CallError::NotSent { .. } => "not_sent",
        CallError::Unknown { .. } => "unknown",
        CallError::Paused { .. } => "paused",
        CallError::Refused { .. } => "refused",
        CallError::Credentials { .. } => "credentials",
        CallError::Implausible { .. } => "implausible",
    }
}

fn header_of(auth: &Auth) -> Result<Option<(HeaderName, HeaderValue)>, ()> {
    let (name, text) = match auth {
        Auth::None => return Ok(None),
        Auth::Basic { user, password } => (
            AUTHORIZATION,
            format!("Basic {}", base64(format!("{user}:{}", password.expose_secret()).as_bytes())),
        ),
        Auth::Header { name, value } => (name.clone(), value.expose_secret().to_owned()),
    };
    let mut value = HeaderValue::from_str(&text).map_err(drop)?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[expect(
    clippy::disallowed_methods,
    reason = "calls run in tasks of their own, where waiting blocks no mailbox"
)]
async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

#[cfg(test)]
mod tests;
