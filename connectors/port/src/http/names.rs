//! Names of what is measured about outgoing calls.

/// Counter of calls by vendor, connection, operation and outcome.
pub const CALLS: &str = "vortex_calls_total";
/// Histogram of seconds from the first byte sent to the last received, by vendor, connection and operation.
pub const CALL_SECONDS: &str = "vortex_call_seconds";
/// Gauge by vendor and connection: 1 while the circuit breaker lets no calls through, else 0.
pub const BREAKER_OPEN: &str = "vortex_breaker_open";

/// Tells the metrics recorder what the names mean; once, after the recorder is installed.
pub fn describe() {
    metrics::describe_counter!(CALLS, "Calls to remote systems by outcome");
    metrics::describe_histogram!(CALL_SECONDS, metrics::Unit::Seconds, "Duration of calls to remote systems");
    metrics::describe_gauge!(BREAKER_OPEN, "1 while no calls are made because the remote system is down");
}
