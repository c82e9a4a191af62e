//! Words, numbers, money and times in the reader's language.
//!
//! The texts stand in `api/locales/*.ftl`, one file per language with the same keys. A key that is asked for in a template or
//! in code stands there literally, so that the tests below find one that is missing.

use std::sync::OnceLock;

use fluent_bundle::{
    FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle, memoizer::MemoizerKind,
};
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use tracing::error;
use unic_langid::LanguageIdentifier;
use vortex_domain::attention::Reader;

const RO: &str = include_str!("../../locales/ro.ftl");
const EN: &str = include_str!("../../locales/en.ftl");
/// The wall clock of merchants.
pub(crate) const ZONE: &str = "Europe/Bucharest";
const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

type Bundle = FluentBundle<FluentResource>;

fn bundle(tag: &str, text: &str, digits: Digits) -> Bundle {
    let language = tag.parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match digits {
        Digits::Ro => shown_ro,
        Digits::En => shown_en,
    }));
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, errors)| {
        error!(?errors, "A file of texts has errors");
        resource
    });
    if let Err(errors) = bundle.add_resource(resource) {
        error!(?errors, "A file of texts has a key twice");
    }
    bundle
}

#[derive(Clone, Copy)]
enum Digits {
    Ro,
    En,
}

fn shown_ro<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    shown(value, Digits::Ro)
}

fn shown_en<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    shown(value, Digits::En)
}

fn shown(value: &FluentValue<'_>, digits: Digits) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(grouped(&number.as_string(), digits)),
        _ => None,
    }
}

/// A plain number (`-1234.5`) with groups of digits and the language's signs.
fn grouped(plain: &str, digits: Digits) -> String {
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain), |rest| ("\u{2212}", rest));
    let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(w, f)| (w, Some(f)));
    let (group, decimal) = match digits {
        Digits::Ro => ('.', ','),
        Digits::En => (',', '.'),
    };
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(decimal);
        text.push_str(fraction);
    }
    text
}

/// A count or a time, as templates hand it over.
pub(crate) trait Whole {
    fn whole(&self) -> i64;
}

impl Whole for i64 {
    fn whole(&self) -> i64 {
        *self
    }
}

impl Whole for u32 {
    fn whole(&self) -> i64 {
        i64::from(*self)
    }
}

impl Whole for u64 {
    fn whole(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

impl Whole for usize {
    fn whole(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

impl<T: Whole> Whole for &T {
    fn whole(&self) -> i64 {
        T::whole(self)
    }
}

/// How the reader is spoken to.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// Which language.
    pub(crate) reader: Reader,
}

impl Words {
    fn bundle(self) -> &'static Bundle {
        static ALL: OnceLock<(Bundle, Bundle)> = OnceLock::new();
        let (ro, en) = ALL.get_or_init(|| (bundle("ro", RO, Digits::Ro), bundle("en", EN, Digits::En)));
        match self.reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }

    fn digits(self) -> Digits {
        match self.reader {
            Reader::Ro => Digits::Ro,
            Reader::En => Digits::En,
        }
    }

    /// The language's tag.
    pub(crate) fn tag(self) -> &'static str {
        match self.reader {
            Reader::Ro => "ro",
            Reader::En => "en",
        }
    }

    fn say(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let found = self.bundle().get_message(key).and_then(|message| message.value());
        let Some(pattern) = found else {
            error!(key, language = self.tag(), "A text is missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        self.bundle().format_pattern(pattern, args, &mut errors).into_owned()
    }

    /// Is there such a text?
    pub(crate) fn has(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }

    /// A text.
    pub(crate) fn t(self, key: &str) -> String {
        self.say(key, None)
    }

    /// The text of one of a family: `of("stage", "booked")` is `stage-booked`.
    pub(crate) fn of(self, family: &str, name: &str) -> String {
        self.say(&format!("{family}-{}", name.replace(['_', '.'], "-")), None)
    }

    /// The text of one of a family; the name itself where we have no words for it.
    pub(crate) fn of_or_name(self, family: &str, name: &str) -> String {
        let key = format!("{family}-{}", name.replace(['_', '.'], "-"));
        if self.has(&key) { self.say(&key, None) } else { name.replace('_', " ") }
    }

    /// Which plural a count takes (CLDR). The library's own rule for Romanian forgets that 102 counts as 2.
    fn plural(self, count: i64) -> &'static str {
        match (self.reader, count.unsigned_abs()) {
            (_, 1) => "one",
            (Reader::Ro, 0) => "few",
            (Reader::Ro, count) if (1..=19).contains(&(count % 100)) => "few",
            _ => "other",
        }
    }

    /// A text with a count, `$n`, and its plural, `$p`.
    pub(crate) fn n(self, key: &str, count: impl Whole) -> String {
        let mut args = FluentArgs::new();
        args.set("n", count.whole());
        args.set("p", self.plural(count.whole()));
        self.say(key, Some(&args))
    }

    /// A text with a word, `$x`.
    pub(crate) fn x(self, key: &str, word: impl std::fmt::Display) -> String {
        let mut args = FluentArgs::new();
        args.set("x", word.to_string());
        self.say(key, Some(&args))
    }

    /// A whole number.
    pub(crate) fn number(self, number: impl std::fmt::Display) -> String {
        grouped(&number.to_string(), self.digits())
    }

    /// An amount as we carry it in answers (`1234.50`), with its currency.
    pub(crate) fn money(self, amount: &str, currency: &str) -> String {
        format!("{}\u{a0}{currency}", grouped(amount, self.digits()))
    }

    fn zoned(at_ms: i64) -> Option<Zoned> {
        Timestamp::from_millisecond(at_ms).ok()?.in_tz(ZONE).ok()
    }

    fn day(self, date: Date) -> String {
        let month = self.of("month", &date.month().to_string());
        format!("{}\u{a0}{month}\u{a0}{}", date.day(), date.year())
    }

    /// The day on a calendar in Romania.
    pub(crate) fn date(self, at_ms: impl Whole) -> String {
        let at_ms = at_ms.whole();
        Self::zoned(at_ms).map_or_else(String::new, |zoned| self.day(zoned.date()))
    }

    /// A day as we carry it in answers (`2026-03-01`); what is none stands as it is.
    pub(crate) fn day_of(self, date: &str) -> String {
        date.parse::<Date>().map_or_else(|_| date.to_owned(), |date| self.day(date))
    }

    /// Day and minute on a wall clock in Romania.
    pub(crate) fn moment(self, at_ms: impl Whole) -> String {
        let at_ms = at_ms.whole();
        Self::zoned(at_ms).map_or_else(String::new, |zoned| {
            format!("{}, {:02}:{:02}", self.day(zoned.date()), zoned.hour(), zoned.minute())
        })
    }

    /// The minute alone when it is today, else the day too.
    pub(crate) fn time(self, at_ms: impl Whole, now_ms: impl Whole) -> String {
        let (at_ms, now_ms) = (at_ms.whole(), now_ms.whole());
        let Some((then, now)) = Self::zoned(at_ms).zip(Self::zoned(now_ms)) else { return String::new() };
        if then.date() == now.date() {
            return format!("{:02}:{:02}", then.hour(), then.minute());
        }
        let month = self.of("month", &then.month().to_string());
        format!("{}\u{a0}{month}, {:02}:{:02}", then.day(), then.hour(), then.minute())
    }

    /// To the second, for journals.
    pub(crate) fn clock(self, at_ms: impl Whole, now_ms: impl Whole) -> String {
        let (at_ms, now_ms) = (at_ms.whole(), now_ms.whole());
        let seconds = Self::zoned(at_ms).map_or(0, |zoned| zoned.second());
        format!("{}:{seconds:02}", self.time(at_ms, now_ms))
    }

    /// How long, in the largest unit that says enough.
    pub(crate) fn duration(self, ms: impl Whole) -> String {
        match ms.whole().max(0) {
            ms if ms < MINUTE_MS => self.n("duration-seconds", ms / SECOND_MS),
            ms if ms < HOUR_MS => self.n("duration-minutes", ms / MINUTE_MS),
            ms if ms < 2 * DAY_MS => self.n("duration-hours", ms / HOUR_MS),
            ms => self.n("duration-days", ms / DAY_MS),
        }
    }

    /// How long ago.
    pub(crate) fn ago(self, at_ms: impl Whole, now_ms: impl Whole) -> String {
        let (at_ms, now_ms) = (at_ms.whole(), now_ms.whole());
        if now_ms - at_ms < SECOND_MS {
            return self.t("ago-now");
        }
        self.x("ago", self.duration(now_ms - at_ms))
    }

    /// How long until then, or since when it is over.
    pub(crate) fn until(self, at_ms: impl Whole, now_ms: impl Whole) -> String {
        let (at_ms, now_ms) = (at_ms.whole(), now_ms.whole());
        if at_ms <= now_ms {
            return self.x("overdue", self.duration(now_ms - at_ms));
        }
        self.x("until", self.duration(at_ms - now_ms))
    }
}

/// When the merchant's day began.
pub(crate) fn midnight_ms(now_ms: i64) -> i64 {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let midnight = Timestamp::from_millisecond(now_ms).and_then(|now| now.to_zoned(zone).start_of_day());
    midnight.map_or(now_ms - now_ms.rem_euclid(DAY_MS), |midnight| midnight.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests;
