//! Times as the API writes them: local at the origin, with the offset.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// How far ahead a shipment may be planned (dhl.md 4.1), milliseconds.
const MOST_AHEAD_MS: i64 = 10 * 24 * 3_600_000;
/// A planned time must not be past when DHL reads it; milliseconds.
const MARGIN_MS: i64 = 5 * 60_000;

/// Where Romanian parcels start.
pub(crate) const ORIGIN_ZONE: &str = "Europe/Bucharest";

/// A moment as `2030-01-15T14:00:00 GMT+02:00`, never in the past. None when it is more than ten days ahead, or no date.
pub(crate) fn planned(ready_ms: i64, now_ms: i64, zone: &TimeZone) -> Option<String> {
    if ready_ms.saturating_sub(now_ms) > MOST_AHEAD_MS {
        return None;
    }
    let at = Timestamp::from_millisecond(ready_ms.max(now_ms.saturating_add(MARGIN_MS))).ok()?;
    Some(at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S GMT%:z").to_string())
}

/// Today at the origin.
pub(crate) fn today(now_ms: i64, zone: &TimeZone) -> Option<Date> {
    Some(Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn is_local_with_its_offset_and_a_blank_before_gmt() {
        let zone = TimeZone::get(ORIGIN_ZONE).unwrap();
        let now = at("2030-01-14T10:00:00Z");
        assert_eq!(planned(at("2030-01-15T12:00:00Z"), now, &zone).unwrap(), "2030-01-15T14:00:00 GMT+02:00");
        let summer = at("2030-07-01T00:00:00Z");
        assert_eq!(planned(summer, summer, &zone).unwrap(), "2030-07-01T03:05:00 GMT+03:00");
        assert_eq!(today(at("2030-01-14T22:30:00Z"), &zone).unwrap().to_string(), "2030-01-15");
    }

    #[test]
    fn is_neither_past_nor_more_than_ten_days_ahead() {
        let zone = TimeZone::get(ORIGIN_ZONE).unwrap();
        let now = at("2030-01-14T10:00:00Z");
        assert_eq!(planned(at("2030-01-01T10:00:00Z"), now, &zone).unwrap(), "2030-01-14T12:05:00 GMT+02:00");
        assert!(planned(now + MOST_AHEAD_MS, now, &zone).is_some());
        assert_eq!(planned(now + MOST_AHEAD_MS + 1, now, &zone), None);
    }
}
