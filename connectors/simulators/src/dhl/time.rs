//! DHL's planned times (`2030-01-15T14:00:00 GMT+02:00`, spec section 4.1) and local event times (12).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A planned time as it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) instant_ms: i64,
    pub(super) offset: Offset,
}

/// Reads a planned time, with or without the blank before `GMT`.
pub(super) fn parse_planned(text: &str) -> Option<Planned> {
    let (civil, zone) = text.split_once("GMT")?;
    let civil = civil.strip_suffix(' ').unwrap_or(civil);
    if civil.len() != 19 || civil.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let civil: DateTime = civil.parse().ok()?;
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let offset = Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()?;
    let instant_ms = offset.to_timestamp(civil).ok()?.as_millisecond();
    Some(Planned { instant_ms, offset })
}

/// A moment as the clocks of a place show it.
#[derive(Debug)]
pub(super) struct Local {
    /// `YYYY-MM-DD`.
    pub(super) date: String,
    /// `HH:MM:SS`.
    pub(super) time: String,
    /// `+02:00`.
    pub(super) offset: String,
}

impl Local {
    /// Milliseconds since 1970-01-01 UTC in a zone of the IANA database; UTC when the zone is unknown.
    pub(super) fn at(ms: i64, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let zoned = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone);
        Self {
            date: zoned.strftime("%Y-%m-%d").to_string(),
            time: zoned.strftime("%H:%M:%S").to_string(),
            offset: zoned.strftime("%:z").to_string(),
        }
    }

    /// `YYYY-MM-DDTHH:MM:SS`, without an offset.
    pub(super) fn stamp(&self) -> String {
        format!("{}T{}", self.date, self.time)
    }
}

/// Whether clocks in the zone show this offset at that moment.
pub(super) fn is_offset_of(planned: Planned, zone: &str) -> bool {
    let Ok(zone) = TimeZone::get(zone) else { return true };
    let instant = Timestamp::from_millisecond(planned.instant_ms).unwrap_or_default();
    zone.to_offset(instant) == planned.offset
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The day (UTC) that a moment belongs to, counted from 1970-01-01.
pub(super) fn day(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// Days as milliseconds.
pub(super) fn days(count: i64) -> i64 {
    count * DAY_MS
}
