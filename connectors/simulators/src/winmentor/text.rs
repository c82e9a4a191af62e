//! Numbers, dates and characters as WinMentor writes them (specification 3.13).

use encoding_rs::WINDOWS_1250;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// WinMentor's way of saying "no date".
pub(super) const NO_DATE: &str = "30.12.1899";

/// A decimal with a comma, without thousands separators or trailing zeros.
pub(super) fn comma(value: Decimal) -> String {
    value.normalize().to_string().replace('.', ",")
}

/// A quantity in thousandths as a decimal with a comma.
pub(super) fn milli_comma(value: i64) -> String {
    comma(Decimal::new(value, 3))
}

/// A price in ten-thousandths of a leu as a decimal with a comma.
pub(super) fn e4_comma(value: i64) -> String {
    comma(Decimal::new(value, 4))
}

/// A decimal as thousandths, rounded half away from zero.
pub(super) fn to_milli(value: Decimal) -> i64 {
    scaled(value, 3)
}

/// An amount in lei as bani, rounded half away from zero.
pub(super) fn to_minor(value: Decimal) -> i64 {
    scaled(value, 2)
}

/// A decimal as ten-thousandths, rounded half away from zero.
pub(super) fn to_e4(value: Decimal) -> i64 {
    scaled(value, 4)
}

fn scaled(value: Decimal, scale: u32) -> i64 {
    let rounded = value.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    i64::try_from((rounded * Decimal::from(10_i64.pow(scale))).trunc().mantissa()).unwrap_or(0)
}

/// `dd.mm.yyyy`.
pub(super) fn date_text(date: Date) -> String {
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())
}

/// `dd.mm.yyyy hh:mm:ss`, local time.
pub(super) fn stamp_text(at: DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", date_text(at.date()), at.hour(), at.minute(), at.second())
}

/// Reads `dd.mm.yyyy`; both padded and unpadded days and months occur.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.trim().splitn(3, '.');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    Date::new(year, month, day).ok()
}

/// Reads `dd.mm.yyyy hh:mm:ss`; the time may be missing.
pub(super) fn parse_stamp(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let (day, time) = text.split_once(' ').unwrap_or((text, "0:0:0"));
    let date = parse_date(day)?;
    let mut parts = time.trim().splitn(3, ':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second = parts.next().unwrap_or("0").parse().ok()?;
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    Some(date.to_datetime(time))
}

/// Bucharest's clock, by rule and not by the machine's time zone files, so that every machine agrees.
pub(super) fn bucharest() -> TimeZone {
    TimeZone::posix("EET-2EEST,M3.5.0/3,M10.5.0/4").unwrap_or(TimeZone::UTC)
}

/// Local date and time in Bucharest.
pub(super) fn local(at: Timestamp) -> DateTime {
    at.to_zoned(bucharest()).datetime()
}

/// What code page 1250 keeps of a text: every other character becomes `?`.
pub(super) fn code_page(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars()
        .map(|character| {
            let mut buffer = [0_u8; 4];
            let (_, _, lost) = WINDOWS_1250.encode(character.encode_utf8(&mut buffer));
            if lost { '?' } else { character }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_page_keeps_romanian_and_loses_nordic_letters() {
        assert_eq!(code_page("Ștefan şi ţară ăâî äöé åøæ"), "?tefan şi ţară ăâî äöé ???");
    }

    #[test]
    fn numbers_have_a_comma_and_no_padding() {
        assert_eq!(milli_comma(-56_090), "-56,09");
        assert_eq!(e4_comma(3_711_058), "371,1058");
        assert_eq!(milli_comma(2_000), "2");
        assert_eq!(to_e4(Decimal::new(991_735, 4)), 991_735);
        assert_eq!(to_milli(Decimal::new(-15, 1)), -1_500);
    }

    #[test]
    fn bucharest_follows_summer_time() {
        let winter: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let summer: Timestamp = "2026-07-15T12:00:00Z".parse().unwrap();
        assert_eq!(local(winter).hour(), 14);
        assert_eq!(local(summer).hour(), 15);
    }
}
