//! Every error that leaves, as problem+json (RFC 9457), mapped to status codes in this one place.
//!
//! Handlers return [`ApiError`]; the outermost layer turns it, and every other bare error answer, into a body
//! that names nothing of our insides.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::rejection::{BytesRejection, JsonRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;
use vortex_entities::engine::EngineError;
use vortex_store::{StoreError, journal::NotDurable};

use crate::accounts::AccountsError;

/// Longest part of the request's path that is repeated in a problem, bytes.
const INSTANCE_LIMIT: usize = 256;

/// Why a request was not done, in words that the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request cannot be understood.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// No token, or one that does not count.
    #[error("Send a valid API token as `Authorization: Bearer vx_…`.")]
    Unauthorized,
    /// The signature of a webhook does not count; the same answer for every reason (SEC11).
    #[error("The message is not signed with a current secret of this connection.")]
    BadSignature,
    /// The role does not allow it.
    #[error("Your role does not allow this; ask for the role operator or owner.")]
    Forbidden,
    /// A write with a session's cookie that no page of ours sent.
    #[error(
        "This request was not sent by a page of this service, or the page is too old; load it again and repeat."
    )]
    Forged,
    /// Unknown, or of somebody else: nobody can tell which (SEC01).
    #[error("There is nothing at this address that this token may see.")]
    NotFound,
    /// The address exists, but not with this method.
    #[error("This address does not take this method; see /api/openapi.json.")]
    MethodNotAllowed,
    /// The request took too long.
    #[error("The request was not complete in time; try again.")]
    Timeout,
    /// It clashes with the state of things.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// The body or a list in it is longer than its limit.
    #[error("The request is larger than this address takes.")]
    TooLarge,
    /// The body is not JSON by its content type.
    #[error("Send the body as `Content-Type: application/json`.")]
    UnsupportedMedia,
    /// Understood, but it cannot be done.
    #[error("{0}")]
    Unprocessable(Cow<'static, str>),
    /// A mapping that cannot be used; everything that is wrong with it.
    #[error("The mapping cannot be used; `findings` says what to mend.")]
    Findings(Vec<FindingView>),
    /// The request's headers are longer than their limit.
    #[error("The request's headers are larger than we take.")]
    HeadersTooLarge,
    /// One caller asks too much; others are served.
    #[error("Too many requests; wait the seconds named in Retry-After.")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// Not now; nothing was done.
    #[error("{reason}")]
    Unavailable {
        /// Why, without insides.
        reason: Cow<'static, str>,
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// Our fault; the log has the cause under the request id.
    #[error("Something failed on our side; quote the request id when you ask for help.")]
    Internal,
}

/// The body of every error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The kind, for people.
    title: &'static str,
    /// The HTTP status again.
    status: u16,
    /// What was wrong this time, and what to do.
    detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// What is wrong with a mapping, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingView>,
    /// The log's name of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Something that is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingView {
    /// The object that the rule makes something of; null for a table, or the whole.
    pub(crate) object: Option<&'static str>,
    /// The object's rule, from 1.
    pub(crate) row: Option<usize>,
    /// The rule's target, or the table.
    pub(crate) target: String,
    /// The rule's step, from 1.
    pub(crate) step: Option<usize>,
    /// What is wrong, for programs.
    pub(crate) code: &'static str,
    /// Place, cause and remedy in one sentence.
    pub(crate) text: String,
}

impl FindingView {
    /// It is no mapping at all.
    pub(crate) fn unreadable(why: String) -> Self {
        Self { object: None, row: None, target: String::new(), step: None, code: "unreadable", text: why }
    }
}

impl ApiError {
    /// The database cannot be used now.
    pub(crate) fn database() -> Self {
        Self::Unavailable {
            reason: "The database does not answer now; nothing was done.".into(),
            retry_after_s: 2,
        }
    }

    /// Too much is under way in this process.
    pub(crate) fn busy() -> Self {
        Self::Unavailable {
            reason: "The service is at its limit now; nothing was done.".into(),
            retry_after_s: 1,
        }
    }

    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid", "The request cannot be understood"),
            Self::Unauthorized | Self::BadSignature => {
                (StatusCode::UNAUTHORIZED, "unauthorized", "Proof of identity is missing or not valid")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed with this role"),
            Self::Forged => (StatusCode::FORBIDDEN, "forged", "Not sent by a page of this service"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "Not complete in time"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "It clashes with the state of things"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large"),
            Self::UnsupportedMedia => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::Unprocessable(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", "It cannot be done")
            }
            Self::Findings(_) => (StatusCode::UNPROCESSABLE_ENTITY, "mapping", "The mapping cannot be used"),
            Self::HeadersTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "Headers too large")
            }
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests"),
            Self::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }

    /// The stable name of the kind of problem.
    pub(crate) fn kind(&self) -> &'static str {
        self.parts().1
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.parts().0
    }

    /// What a bare status of the framework means.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::Timeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMedia,
            StatusCode::UNPROCESSABLE_ENTITY => {
                Self::Unprocessable("The body does not have the documented form.".into())
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::busy(),
            other if other.is_client_error() => Self::Invalid("The request cannot be understood.".into()),
            _ => Self::Internal,
        }
    }
}

impl IntoResponse for ApiError {
    /// Status and headers; the body follows in `render`, which knows the request.
    fn into_response(self) -> Response {
        let mut response = self.parts().0.into_response();
        let headers = response.headers_mut();
        match &self {
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::TooMany { retry_after_s } | Self::Unavailable { retry_after_s, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives an error answer its body. Answers that are no errors, and pages for people, pass unchanged.
pub(crate) fn render(mut response: Response, path: &str, request_id: &str) -> Response {
    let status = response.status();
    let told = response.extensions_mut().remove::<ApiError>();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if told.is_none() && (!(status.is_client_error() || status.is_server_error()) || is_page) {
        return response;
    }
    let problem_of = told.unwrap_or_else(|| ApiError::from_status(status));
    let (status, kind, title) = problem_of.parts();
    // A refused webhook learns nothing, not even by the length of the body.
    let anonymous = problem_of == ApiError::BadSignature;
    let detail = problem_of.to_string();
    let findings = match problem_of {
        ApiError::Findings(findings) => findings,
        _ => Vec::new(),
    };
    let problem = Problem {
        kind: format!("urn:vortex:problem:{kind}"),
        title,
        status: status.as_u16(),
        detail,
        instance: (!anonymous).then(|| shortened(path)),
        findings,
        request_id: (!anonymous).then(|| request_id.to_owned()),
    };
    // A struct of texts always serialises.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    *response.status_mut() = status;
    *response.body_mut() = Body::from(body);
    response
}

fn shortened(path: &str) -> String {
    let mut end = path.len().min(INSTANCE_LIMIT);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    path[..end].to_owned()
}

impl From<StoreError> for ApiError {
    fn from(failure: StoreError) -> Self {
        error!(error = ?failure, "A read for the API failed");
        match failure {
            StoreError::Database { .. } => Self::database(),
            StoreError::Corrupt { .. } => Self::Internal,
        }
    }
}

impl From<AccountsError> for ApiError {
    fn from(failure: AccountsError) -> Self {
        error!(error = ?failure, "Accounts could not be read");
        Self::database()
    }
}

impl From<NotDurable> for ApiError {
    fn from(_: NotDurable) -> Self {
        Self::database()
    }
}

impl From<EngineError> for ApiError {
    fn from(failure: EngineError) -> Self {
        match failure {
            EngineError::NotFound(_) => Self::NotFound,
            EngineError::NotPossible(why) => Self::Conflict(why.into()),
            EngineError::Unavailable(why) => Self::Unavailable { reason: why.into(), retry_after_s: 2 },
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::UnsupportedMedia,
            // Serde's words name the field and the expected form, and quote at most a short piece of the caller's own body.
            JsonRejection::JsonDataError(why) => Self::Unprocessable(shortened(&why.body_text()).into()),
            JsonRejection::JsonSyntaxError(_) => Self::Invalid("The body is not valid JSON.".into()),
            other => Self::from_status(other.status()),
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::Invalid(shortened(&rejection.body_text()).into())
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::from_status(rejection.status())
    }
}
