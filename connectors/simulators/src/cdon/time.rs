//! CDON's timestamps: `YYYY-MM-DD HH:MM:SS`, UTC, without a zone mark (spec section 12.1).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Milliseconds since 1970-01-01 UTC as CDON writes them; times outside of years 1 to 9999 become 1970.
pub(super) fn text(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Milliseconds since 1970-01-01 UTC of a timestamp with or without `T` and zone mark.
pub(super) fn parse(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let civil = text.parse::<DateTime>().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
