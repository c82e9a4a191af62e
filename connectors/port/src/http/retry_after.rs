//! How long a remote asks to wait.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The time of a `Retry-After` header: seconds, or a date, which is measured against the answer's own `Date`
/// so that no clock of ours takes part.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = DateTimeParser::new();
    let until = parser.parse_timestamp(text).ok()?;
    let sent = parser.parse_timestamp(headers.get(DATE)?.to_str().ok()?.trim()).ok()?;
    Some(Duration::try_from(until.duration_since(sent)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        retry_after(&headers.collect())
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(of(&[("retry-after", "120")]), Some(Duration::from_mins(2)));
        let date = ("date", "Sun, 06 Nov 1994 08:49:07 GMT");
        assert_eq!(
            of(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), date]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(of(&[("retry-after", "Sun, 06 Nov 1994 08:40:00 GMT"), date]), Some(Duration::ZERO));
    }

    #[test]
    fn takes_nothing_from_nonsense() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("retry-after", "soon")]), None);
        assert_eq!(of(&[("retry-after", "-5")]), None);
        assert_eq!(of(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), None);
    }
}
