//! Dates as WinMentor writes them, and its working month. All are local to the ERP (Europe/Bucharest).

use std::fmt;

use jiff::civil::{Date, DateTime, Time, date};

/// What Delphi programs write for "no date".
const NO_DATE: Date = date(1899, 12, 30);

/// A text that should have been a date or a time stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date of the form dd.mm.yyyy")]
pub struct NotADate(String);

impl NotADate {
    fn new(text: &str) -> Self {
        Self(text.chars().take(40).collect())
    }
}

/// Reads `dd.mm.yyyy`, padded or not, with or without a time after it. Empty and `30.12.1899` are no date.
pub fn read(text: &str) -> Result<Option<Date>, NotADate> {
    Ok(read_stamp(text)?.map(DateTime::date))
}

/// Reads `dd.mm.yyyy[ hh:mm[:ss]]`; midnight where the time is missing. Empty and `30.12.1899` are no time.
pub fn read_stamp(text: &str) -> Result<Option<DateTime>, NotADate> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let stamp = parse_stamp(trimmed).ok_or_else(|| NotADate::new(trimmed))?;
    Ok((stamp.date() != NO_DATE).then_some(stamp))
}

/// Writes `dd.mm.yyyy`.
pub fn write(day: Date) -> String {
    format!("{:02}.{:02}.{:04}", day.day(), day.month(), day.year())
}

/// Writes the `dd.mm.yyyy hh:mm:ss` that the change readers (`GetProducts` and kin) take.
pub fn write_stamp(stamp: DateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", write(stamp.date()), stamp.hour(), stamp.minute(), stamp.second())
}

/// Whether the text has the form of a date, "no date" included.
pub(crate) fn looks_like_date(text: &str) -> bool {
    parse_stamp(text.trim()).is_some()
}

fn parse_stamp(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once(' ').map_or((text, None), |(day, time)| (day, Some(time.trim())));
    let day = parse_day(day)?;
    let time = time.map_or(Some(Time::midnight()), parse_time)?;
    Some(day.to_datetime(time))
}

fn parse_day(text: &str) -> Option<Date> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(i16::try_from(number(year)?).ok()?, small(month)?, small(day)?).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute) = (small(parts.next()?)?, small(parts.next()?)?);
    let second = parts.next().map_or(Some(0), small)?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

fn small(digits: &str) -> Option<i8> {
    if digits.len() > 2 { None } else { i8::try_from(number(digits)?).ok() }
}

/// Digits only: `str::parse` alone would also take `+5`.
fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The accounting month that all writes and the month-scoped reads of a session happen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkingMonth {
    year: i16,
    month: i8,
}

impl WorkingMonth {
    /// The month that contains the day.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Month 1 to 12 of a year 1900 to 9999; anything else is `None`.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((1900..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Reads the `aaaa_ll` of `GetListaLuni`, such as `2026_03`.
    pub fn parse(text: &str) -> Result<Self, NotAMonth> {
        let parts = || {
            let (year, month) = text.trim().split_once('_')?;
            Self::new(i16::try_from(number(year)?).ok()?, small(month)?)
        };
        parts().ok_or_else(|| NotAMonth(text.chars().take(40).collect()))
    }

    /// `AnLucru`.
    pub fn year(self) -> i16 {
        self.year
    }

    /// `LunaLucru`, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// This day of the month, where it has one.
    pub fn day(self, day: i8) -> Option<Date> {
        Date::new(self.year, self.month, day).ok()
    }

    /// Whether the day lies in the month.
    pub fn contains(self, day: Date) -> bool {
        Self::of(day) == self
    }

    /// The following month.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { month: self.month + 1, ..self }
        }
    }
}

impl fmt::Display for WorkingMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{:02}", self.year, self.month)
    }
}

/// A text that should have named an accounting month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an accounting month of the form yyyy_mm")]
pub struct NotAMonth(String);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_forms_that_occur() {
        let expected = Ok(Some(date(2026, 3, 7)));
        for text in ["07.03.2026", "7.3.2026", " 07.03.2026 ", "07.03.2026 14:05", "7.3.2026 14:05:59"] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("30.12.1899"), Ok(None));
        assert_eq!(read_stamp("07.03.2026 14:05:59"), Ok(Some(date(2026, 3, 7).at(14, 5, 59, 0))));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "31.02.2026",
            "2026-03-07",
            "07.03.26",
            "7.3",
            "07.03.2026.",
            "+7.03.2026",
            "7.3.2026 25:00",
            "x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_padded() {
        assert_eq!(write(date(2026, 3, 7)), "07.03.2026");
        assert_eq!(write_stamp(date(2026, 3, 7).at(4, 5, 6, 0)), "07.03.2026 04:05:06");
    }

    #[test]
    fn months() {
        let december = WorkingMonth::parse("2026_12").unwrap();
        assert!(december.contains(date(2026, 12, 31)));
        assert!(!december.contains(date(2027, 1, 1)));
        assert_eq!(december.next().to_string(), "2027_01");
        for text in ["2026-12", "2026_13", "2026_0", "_1", "2026_", ""] {
            assert!(WorkingMonth::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(year in 1900_i16..=9999, month in 1_i8..=12, day in 1_i8..=28,
                                      hour in 0_i8..24, minute in 0_i8..60, second in 0_i8..60) {
            let stamp = date(year, month, day).at(hour, minute, second, 0);
            prop_assert_eq!(read_stamp(&write_stamp(stamp)), Ok(Some(stamp)));
            prop_assert_eq!(read(&write(stamp.date())), Ok(Some(stamp.date())));
        }

        #[test]
        fn never_panics(text in any::<String>(), dotted in "[0-9.: ]{0,24}") {
            let _ = (read(&text), WorkingMonth::parse(&text), read(&dotted));
        }
    }
}
