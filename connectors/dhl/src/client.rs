//! The connector and its calls.

use std::sync::Arc;

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::{Builder, Uuid};
use vortex_domain::{Clock, Entropy, VendorId};
use vortex_port::{
    CallError,
    connection::{Connection, SettingsError},
    http::{
        Answer, Auth, Content, EgressPolicy, HeaderName, HeaderValue, HttpCall, HttpClient, Limits, Remote,
    },
};

use crate::{
    config::Settings,
    problem::{Private, Problem},
    when::ORIGIN_ZONE,
};

/// The version of the API whose rules are built here; the header is marked as required (dhl.md section 2).
const API_VERSION: &str = "3.1.0";
const NO_SECRET: &str = "is needed: DHL's developer portal shows it for the MyDHL API";

/// A merchant's DHL Express account. Clones share connections, call budget and circuit breaker.
#[derive(Clone)]
pub struct DhlConnector {
    pub(crate) settings: Settings,
    pub(crate) zone: TimeZone,
    clock: Arc<dyn Clock>,
    entropy: Entropy,
    vendor: VendorId,
    http: HttpClient,
}

impl DhlConnector {
    /// Prepares the connector; nothing is called yet. Needs the secrets `key` and `secret`, and the settings
    /// `account_number` and `shipper`. The clock decides what is past: DHL refuses planned times that are.
    ///
    /// # Errors
    /// Names the field of the connection that cannot be used.
    pub fn new(
        vendor: &VendorId,
        connection: &Connection,
        egress: EgressPolicy,
        entropy: Entropy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let wrong = |field: &str, why: &str| SettingsError {
            connection: connection.name.clone(),
            field: field.to_owned(),
            why: why.to_owned(),
        };
        let settings = Settings::read(connection)?;
        let secret = |name: &str| -> Result<SecretString, SettingsError> {
            connection.secrets.get(name).cloned().ok_or_else(|| wrong(name, NO_SECRET))
        };
        let (key, password) = (secret("key")?, secret("secret")?);
        if key.expose_secret().contains(':') {
            return Err(wrong("key", "must not contain a colon"));
        }
        let zone = TimeZone::get(ORIGIN_ZONE)
            .map_err(|_| wrong("shipper.country", "its time zone is not known on this machine"))?;
        let http = HttpClient::new(Remote {
            vendor: vendor.clone(),
            connection: connection.name.clone(),
            base_url: connection.base_url.clone(),
            auth: Auth::Basic { user: key.expose_secret().to_owned(), password },
            limits: Limits {
                per_minute: settings.requests_per_minute,
                call_timeout: settings.timeout,
                ..Limits::default()
            },
            egress,
            entropy: entropy.clone(),
        })?;
        Ok(Self { settings, zone, clock, entropy, vendor: vendor.clone(), http })
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// A reading; repeated when nobody answered.
    pub(crate) async fn get(&self, call: HttpCall) -> Result<Reply, CallError> {
        let (call, reference) = self.prepared(call)?;
        let answer = self.http.read(&call).await;
        self.reply(call.operation, reference, answer)
    }

    /// A call that changes something; never repeated here.
    pub(crate) async fn send(&self, call: HttpCall) -> Result<Reply, CallError> {
        let (call, reference) = self.prepared(call)?;
        let answer = self.http.call(&call).await;
        self.reply(call.operation, reference, answer)
    }

    /// Adds the headers of every call. The reference only traces a call: nothing is de-duplicated by it.
    fn prepared(&self, call: HttpCall) -> Result<(HttpCall, Uuid), CallError> {
        let random = (u128::from(self.entropy.next_u64()) << 64) | u128::from(self.entropy.next_u64());
        let reference = Builder::from_random_bytes(random.to_be_bytes()).into_uuid();
        let header = HeaderValue::from_str(&reference.to_string())
            .map_err(|_| self.not_sent("the reference of the call is no header"))?;
        let call = call
            .header(HeaderName::from_static("accept"), HeaderValue::from_static("application/json"))
            .header(HeaderName::from_static("x-version"), HeaderValue::from_static(API_VERSION))
            .header(HeaderName::from_static("message-reference"), header)
            // The application speaks with 500 too, and its Invocation-Id is what DHL's support asks for.
            .answers_5xx();
        Ok((call, reference))
    }

    fn reply(
        &self,
        operation: &'static str,
        message_reference: Uuid,
        answer: Result<Answer, CallError>,
    ) -> Result<Reply, CallError> {
        let connection = self.http.connection();
        let answer = answer.inspect_err(|error| {
            tracing::warn!(vendor = %self.vendor, connection, operation, %message_reference, %error, "DHL gave no answer");
        })?;
        let reply = Reply {
            vendor: self.vendor.clone(),
            connection: connection.to_owned(),
            operation,
            message_reference,
            content: answer.content(),
            answer,
        };
        // 404 is how DHL says that it knows nothing yet.
        if !reply.answer.is_success() && reply.answer.status != 404 {
            reply.log("DHL did not do what was asked");
        }
        if reply.answer.status == 403 {
            return Err(CallError::Credentials { connection: reply.connection });
        }
        Ok(reply)
    }

    /// Guard against our own mistakes: nothing was sent.
    pub(crate) fn not_sent(&self, why: impl Into<String>) -> CallError {
        CallError::NotSent { connection: self.http.connection().to_owned(), why: why.into() }
    }

    /// What we are asked for cannot be asked of DHL: nothing was sent, and nothing would be later.
    pub(crate) fn refused(&self, why: impl Into<String>) -> CallError {
        let connection = self.http.connection().to_owned();
        CallError::Refused { connection, status: 422, message: why.into() }
    }

    /// A call that goes out with a body.
    pub(crate) fn posting(
        &self,
        operation: &'static str,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<HttpCall, CallError> {
        HttpCall::new(operation, vortex_port::http::Method::POST, path)
            .json_of(body)
            .map_err(|error| self.not_sent(format!("the request cannot be written: {error}")))
    }
}

/// An answer and what it is; never 401, 403 or 429, which are errors already.
#[derive(Debug)]
pub(crate) struct Reply {
    vendor: VendorId,
    connection: String,
    operation: &'static str,
    message_reference: Uuid,
    answer: Answer,
    content: Content,
}

impl Reply {
    /// HTTP's status.
    pub(crate) fn status(&self) -> u16 {
        self.answer.status
    }

    /// The JSON of a good answer.
    pub(crate) fn success(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(body) if self.answer.is_success() => Some(body),
            _ => None,
        }
    }

    /// A good answer of the application, with or without JSON.
    pub(crate) fn is_plain_success(&self) -> bool {
        self.answer.is_success() && matches!(self.content, Content::Json(_) | Content::Empty)
    }

    /// The problem of an answer that says no in DHL's own form; none for web pages, and for statuses after which
    /// nobody knows what was done.
    pub(crate) fn problem(&self) -> Option<Problem> {
        match (&self.content, self.answer.status) {
            (Content::Json(body), 400 | 404..=407 | 410..=424) => Problem::read(body),
            _ => None,
        }
    }

    /// The ending of a call that changes something: refused in so many words, or nobody knows.
    pub(crate) fn unresolved(&self, private: &Private) -> CallError {
        match self.problem() {
            Some(problem) => self.refused(&problem, private),
            None => self.unknown(self.why(private)),
        }
    }

    /// The ending of a reading that brought nothing: refused in so many words, down, or not believable.
    pub(crate) fn unreadable(&self, private: &Private) -> CallError {
        match self.problem() {
            Some(problem) => self.refused(&problem, private),
            None if self.answer.status >= 500 => self.unknown(self.why(private)),
            None => self.implausible(self.why(private)),
        }
    }

    /// A reading that cannot be true.
    pub(crate) fn implausible(&self, why: impl Into<String>) -> CallError {
        self.log_unless_declined();
        CallError::Implausible { connection: self.connection.clone(), why: why.into() }
    }

    /// Nobody knows what was done.
    pub(crate) fn unknown(&self, why: impl Into<String>) -> CallError {
        self.log_unless_declined();
        CallError::Unknown { connection: self.connection.clone(), why: why.into() }
    }

    fn refused(&self, problem: &Problem, private: &Private) -> CallError {
        CallError::Refused {
            connection: self.connection.clone(),
            status: self.answer.status,
            message: problem.words(private),
        }
    }

    /// What came instead of what was wanted, with what DHL's support needs to find the call.
    pub(crate) fn why(&self, private: &Private) -> String {
        let said = match &self.content {
            Content::Json(body) => match Problem::read(body) {
                Some(problem) => format!("HTTP {}: {}", self.answer.status, problem.words(private)),
                None => format!("HTTP {}: JSON without what was asked for", self.answer.status),
            },
            _ => self.answer.summary(),
        };
        let invocation = self.invocation_id().map(|id| format!("Invocation-Id {id}, ")).unwrap_or_default();
        format!("{said} ({invocation}Message-Reference {})", self.message_reference)
    }

    /// A status that looked harmless, and an answer that is not.
    fn log_unless_declined(&self) {
        if self.answer.is_success() || self.answer.status == 404 {
            self.log("DHL's answer cannot be used");
        }
    }

    /// What DHL's support needs to find the call.
    fn log(&self, what: &str) {
        tracing::warn!(vendor = %self.vendor, connection = self.connection, operation = self.operation,
            message_reference = %self.message_reference, invocation_id = self.invocation_id(),
            status = self.answer.status, "{what}");
    }

    fn invocation_id(&self) -> Option<&str> {
        self.answer.headers.get("invocation-id").and_then(|id| id.to_str().ok())
    }
}
