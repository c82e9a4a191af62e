//! The HTTP library's set-up, one exchange, and what its failures mean.

use std::{error::Error, sync::Once, time::Duration};

use reqwest::{redirect, tls};
use tokio::time::Instant;
use url::Url;

use super::{answer::Answer, call::HttpCall, egress::Denied, egress::EgressPolicy, resolve::GuardedResolver};

const USER_AGENT: &str = concat!("MEGZO-Vortex/", env!("CARGO_PKG_VERSION"));
const IDLE_CONNECTION: Duration = Duration::from_mins(1);

static TLS_PROVIDER: Once = Once::new();

/// How one exchange ended without a complete answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The resolved address may not be called.
    Denied(Denied),
    /// No connection: nothing left.
    NoConnection(String),
    /// The request may have left.
    Lost(String),
    /// The answer is longer than allowed.
    TooLong(usize),
}

/// The library's client: no proxy, no redirects, TLS 1.2 or newer, guarded names.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the HTTP library is set up, behind the guard"
)]
pub(super) fn build(
    policy: &EgressPolicy,
    connect_timeout: Duration,
    secure: bool,
) -> Result<reqwest::Client, String> {
    TLS_PROVIDER.call_once(|| {
        // An error means that the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut builder = reqwest::Client::builder();
    if !secure {
        // Plain connections need no certificates, so a machine without any can make them.
        builder = builder.tls_certs_only([]);
    }
    builder
        .user_agent(USER_AGENT)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .tls_version_min(tls::Version::TLS_1_2)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .tcp_nodelay(true)
        .gzip(true)
        .dns_resolver(GuardedResolver { policy: policy.clone() })
        .build()
        .map_err(|error| chain(&error))
}

/// Sends one request and reads the answer to its end, within the time and size limits.
pub(super) async fn exchange(
    client: &reqwest::Client,
    url: &Url,
    call: &HttpCall,
    auth: Option<&(reqwest::header::HeaderName, reqwest::header::HeaderValue)>,
    timeout: Duration,
    body_limit: usize,
) -> Result<Answer, Broken> {
    let mut request =
        client.request(call.method.clone(), url.clone()).headers(call.headers.clone()).timeout(timeout);
    if let Some((name, value)) = auth {
        request = request.header(name, value);
    }
    if let Some(body) = &call.body {
        request = request.body(body.clone());
    }
    let started = Instant::now();
    let mut response = request.send().await.map_err(|error| broken(&error, timeout))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error, timeout))? {
        if body.len() + chunk.len() > body_limit {
            return Err(Broken::TooLong(body_limit));
        }
        body.extend_from_slice(&chunk);
    }
    tracing::trace!(status, bytes = body.len(), elapsed_ms = elapsed_ms(started), "answer read");
    Ok(Answer { status, headers, body })
}

pub(super) fn elapsed_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn broken(error: &reqwest::Error, timeout: Duration) -> Broken {
    if let Some(denied) = sources(error).find_map(|source| source.downcast_ref::<Denied>()) {
        return Broken::Denied(denied.clone());
    }
    if error.is_dns() {
        return Broken::NoConnection("its name cannot be resolved".to_owned());
    }
    if sources(error).any(<dyn Error>::is::<rustls::Error>) && error.is_connect() {
        return Broken::NoConnection(
            "no secure connection (TLS): its certificate is not valid here".to_owned(),
        );
    }
    if error.is_connect() {
        return Broken::NoConnection("no connection: it is down, or something in between refuses".to_owned());
    }
    if error.is_builder() {
        return Broken::NoConnection("the request could not be put together".to_owned());
    }
    tracing::debug!(cause = chain(error), "exchange broke off");
    if error.is_timeout() {
        return Broken::Lost(format!("no complete answer within {} s", timeout.as_secs_f32()));
    }
    Broken::Lost("the connection broke before the answer was complete".to_owned())
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        // An I/O error hides the error that it wraps from `source`.
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The causes behind an error, without its first line, which names the address and thereby perhaps a secret.
fn chain(error: &reqwest::Error) -> String {
    let causes: Vec<String> = sources(error).skip(1).map(ToString::to_string).collect();
    causes.join(": ")
}
