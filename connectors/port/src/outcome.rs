//! How a call to a remote can end, when it does not end well.

/// Why a call brought no usable answer. The difference that matters: may the remote have acted?
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request surely never reached the remote (no connection, breaker open, no budget, address not allowed).
    #[error("could not reach {connection}: {why}")]
    NotSent {
        /// The connection's name.
        connection: String,
        /// What happened, without secrets.
        why: String,
    },
    /// The request left and no complete, understandable answer came: the remote may have acted.
    #[error("no usable answer from {connection}: {why}")]
    Unknown {
        /// The connection's name.
        connection: String,
        /// What happened, without secrets.
        why: String,
    },
    /// The remote asks to wait (429, maintenance); it has not acted.
    #[error("{connection} asks to wait {retry_after_ms} ms: {why}")]
    Paused {
        /// The connection's name.
        connection: String,
        /// Its words.
        why: String,
        /// How long to wait at least, milliseconds.
        retry_after_ms: i64,
    },
    /// The remote understood and said no.
    #[error("{connection} refused: {message}")]
    Refused {
        /// The connection's name.
        connection: String,
        /// HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// The remote refuses our credentials.
    #[error("{connection} refuses the credentials")]
    Credentials {
        /// The connection's name.
        connection: String,
    },
    /// A reading came back but cannot be true (empty, short, truncated, a web page): nothing may be changed by it.
    #[error("the answer of {connection} is not plausible: {why}")]
    Implausible {
        /// The connection's name.
        connection: String,
        /// What is wrong with it.
        why: String,
    },
}

impl CallError {
    /// Whether the remote may have acted on the call.
    pub fn may_have_acted(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Implausible { .. })
    }

    /// Of a call that changes something: a 503 that names a time reads like maintenance, but nothing says that it came before what
    /// was asked for. Such a remote may have acted.
    #[must_use]
    pub fn unless_surely_before(self) -> Self {
        match self {
            Self::Paused { connection, why, .. } if why.starts_with("HTTP 503") => {
                Self::Unknown { connection, why }
            }
            other => other,
        }
    }

    /// Which connection it is about.
    pub fn connection(&self) -> &str {
        match self {
            Self::NotSent { connection, .. }
            | Self::Unknown { connection, .. }
            | Self::Paused { connection, .. }
            | Self::Refused { connection, .. }
            | Self::Credentials { connection }
            | Self::Implausible { connection, .. } => connection,
        }
    }
}
