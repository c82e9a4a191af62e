//! What is wrong with a mapping: the place, the cause and the remedy, for people.

use std::fmt;

use super::{
    fit::Broken,
    kind::{AmountKind, Denomination, Kind, VatSide},
    model::Object,
};
use crate::{attention::Reader, ids::Market};

/// One thing that keeps a mapping from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The object; none for a table, or the mapping as a whole.
    pub object: Option<Object>,
    /// Which of the object's rows, from 1.
    pub row: Option<usize>,
    /// The row's target, or the table.
    pub target: String,
    /// Which of the row's steps, from 1, and its name.
    pub step: Option<(usize, &'static str)>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The object has no such field.
    UnknownTarget {
        /// Those that it has.
        known: String,
    },
    /// Nothing with that name can be read.
    UnknownField {
        /// The name.
        field: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// There is no such table.
    UnknownTable {
        /// The name.
        table: String,
        /// Those that there are.
        known: String,
    },
    /// No row makes a field that must be there.
    NoRow,
    /// A step, condition or target was given the wrong kind of value.
    Kind {
        /// What it takes.
        needs: Vec<Kind>,
        /// What it would be given.
        got: Kind,
    },
    /// VAT is taken off an amount that has none.
    NoVat,
    /// Markets differ, and the target is one for all of them.
    SameInAllMarkets,
    /// A row without a source and without a step that makes a value.
    NothingToBeginWith,
    /// A regular expression that cannot be used.
    Pattern {
        /// The expression.
        pattern: String,
        /// Why, in English.
        why: String,
    },
    /// More than the limit.
    TooMany {
        /// Of what: `rows`, `steps`, `table_rows`, `depth`, `sources`, `characters`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A parameter that breaks its rule.
    Parameter {
        /// Its name.
        name: &'static str,
        /// What stands there.
        value: String,
        /// What may stand there, in Romanian.
        ro: &'static str,
        /// The same in English.
        en: &'static str,
    },
    /// An example beside a rule that is not true.
    Example {
        /// What goes in.
        input: String,
        /// What must come out; none: nothing.
        wanted: Option<String>,
        /// It must be refused.
        refused: bool,
        /// What came out.
        got: Option<String>,
        /// Why it was refused, in English.
        why: Option<String>,
    },
    /// A constant that is looked up, and that the table has no row for.
    Gap {
        /// The table.
        table: String,
        /// The key.
        key: String,
    },
    /// A constant, or a row of a table, that the target does not take.
    Value {
        /// The key, when it is a table's.
        key: Option<String>,
        /// The market where it would be used, when it is a market's.
        market: Option<Market>,
        /// The value.
        value: String,
        /// The rule that it breaks.
        rule: Broken,
    },
}

impl Fault {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTarget { .. } => "unknown_target",
            Self::UnknownField { .. } => "unknown_field",
            Self::UnknownTable { .. } => "unknown_table",
            Self::NoRow => "no_row",
            Self::Kind { .. } => "kind",
            Self::NoVat => "no_vat",
            Self::SameInAllMarkets => "same_in_all_markets",
            Self::NothingToBeginWith => "nothing_to_begin_with",
            Self::Pattern { .. } => "pattern",
            Self::TooMany { .. } => "too_many",
            Self::Parameter { .. } => "parameter",
            Self::Example { .. } => "example",
            Self::Gap { .. } => "gap",
            Self::Value { .. } => "value",
        }
    }

    fn say(&self, reader: Reader) -> String {
        let (ro, en) = match self {
            Self::UnknownTarget { known } => (
                format!("nu există un asemenea câmp; alegeți unul dintre: {known}"),
                format!("there is no such field; use one of: {known}"),
            ),
            Self::UnknownField { field, nearest } => {
                let (ro, en) = nearest.as_ref().map_or_else(
                    || ("alegeți un câmp din listă".to_owned(), "use a field of the list".to_owned()),
                    |nearest| (format!("poate `{nearest}`"), format!("did you mean `{nearest}`?")),
                );
                (format!("câmpul `{field}` nu există: {ro}"), format!("there is no field `{field}`: {en}"))
            }
            Self::UnknownTable { table, known } => (
                format!("tabela `{table}` nu există; adăugați [tables.{table}] sau folosiți una dintre: {known}"),
                format!("there is no table `{table}`; add [tables.{table}], or use one of: {known}"),
            ),
            Self::NoRow => (
                "nicio regulă nu completează acest câmp obligatoriu; adăugați una".to_owned(),
                "no row makes this required field; add one".to_owned(),
            ),
            Self::Kind { needs, got } => {
                let one = |reader: Reader, or: &str| {
                    let words: Vec<_> = needs.iter().map(|kind| kind.say(reader)).collect();
                    words.join(or)
                };
                let (ro, en) = remedy(needs, *got);
                (
                    format!("primește {}, are nevoie de {}; {ro}", got.say(Reader::Ro), one(Reader::Ro, " sau ")),
                    format!("is given {}, needs {}; {en}", got.say(Reader::En), one(Reader::En, " or ")),
                )
            }
            Self::NoVat => (
                "suma nu conține TVA; scoateți pasul".to_owned(),
                "the amount has no VAT; remove the step".to_owned(),
            ),
            Self::SameInAllMarkets => (
                "câmpul este același în toate piețele, iar regula diferă de la o piață la alta; scoateți `markets`, câmpurile și tabelele care depind de piață".to_owned(),
                "the field is one for all markets and the row differs between them; leave out `markets`, and fields and tables that depend on the market".to_owned(),
            ),
            Self::NothingToBeginWith => (
                "regula nu are nicio sursă; adăugați `from` sau un pas `constant`".to_owned(),
                "the row has no source; add `from`, or a step `constant`".to_owned(),
            ),
            Self::Pattern { pattern, why } => (
                format!("expresia `{pattern}` nu poate fi folosită ({why}); corectați-o"),
                format!("the expression `{pattern}` cannot be used ({why}); correct it"),
            ),
            Self::TooMany { what, limit } => {
                let (ro, en) = match *what {
                    "rows" => ("reguli", "rows"),
                    "steps" => ("pași", "steps"),
                    "table_rows" => ("rânduri de tabelă", "table rows"),
                    "depth" => ("niveluri de `if`", "levels of `if`"),
                    "sources" => ("surse", "sources"),
                    _ => ("caractere", "characters"),
                };
                (
                    format!("sunt permise cel mult {limit} {ro}; împărțiți sau scurtați"),
                    format!("at most {limit} {en} are allowed; divide or shorten"),
                )
            }
            Self::Parameter { name, value, ro, en } => (
                format!("`{name}` = {value} nu poate fi folosit; scrieți {ro}"),
                format!("`{name}` = {value} cannot be used; write {en}"),
            ),
            Self::Example { input, wanted, refused, got, why } => {
                let one = |value: &Option<String>, nothing: &str| {
                    value.as_ref().map_or_else(|| nothing.to_owned(), |value| format!("`{value}`"))
                };
                let (ro, en) = match (why, refused) {
                    (Some(why), _) => (
                        format!("este refuzat ({why}) și trebuie să dea {}", one(wanted, "nimic")),
                        format!("is refused ({why}), and must give {}", one(wanted, "nothing")),
                    ),
                    (None, true) => (
                        format!("dă {} și trebuie refuzat", one(got, "nimic")),
                        format!("gives {}, and must be refused", one(got, "nothing")),
                    ),
                    (None, false) => (
                        format!("dă {}, nu {}", one(got, "nimic"), one(wanted, "nimic")),
                        format!("gives {}, not {}", one(got, "nothing"), one(wanted, "nothing")),
                    ),
                };
                (
                    format!("exemplul `{input}` {ro}; corectați regula sau exemplul"),
                    format!("the example `{input}` {en}; correct the rule or the example"),
                )
            }
            Self::Gap { table, key } => (
                format!("tabela `{table}` nu are rândul `{key}`; adăugați-l"),
                format!("table `{table}` has no row `{key}`; add it"),
            ),
            Self::Value { key, market, value, rule } => {
                let place = |of: &str, at: &str| {
                    let key = key.as_ref().map(|key| format!("{of} `{key}` = ")).unwrap_or_default();
                    let market = market.map(|market| format!(" ({at} {market})")).unwrap_or_default();
                    format!("{key}`{value}`{market}")
                };
                (
                    format!("{} nu este permis; este nevoie de {}", place("rândul", "în"), rule.say(Reader::Ro)),
                    format!("{} is not taken; it must be {}", place("row", "in"), rule.say(Reader::En)),
                )
            }
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}

/// How one kind is made into another.
fn remedy(needs: &[Kind], got: Kind) -> (&'static str, &'static str) {
    let amount = |kind: &Kind| match kind {
        Kind::Amount(amount) => Some(*amount),
        _ => None,
    };
    if let Kind::Amount(AmountKind { currency, vat }) = got {
        let wanted: Vec<AmountKind> = needs.iter().filter_map(amount).collect();
        let same_currency = wanted.iter().any(|w| w.currency == currency);
        let same_vat = wanted.iter().any(|w| w.vat == vat);
        return match (wanted.is_empty(), same_currency, same_vat, vat) {
            (true, ..) => ("folosiți alt pas pentru sume", "use another step for amounts"),
            (_, true, false, VatSide::With) => (
                "suma conține deja TVA: puneți `vat_strip` înainte",
                "the amount already includes VAT: put `vat_strip` before it",
            ),
            (_, true, false, VatSide::Without) => (
                "suma nu conține TVA: puneți `vat_add` înainte",
                "the amount has no VAT yet: put `vat_add` before it",
            ),
            (_, false, _, VatSide::With) if currency == Denomination::Ron => (
                "suma este în lei, cu TVA românesc: puneți înainte `vat_strip`, `convert` și `vat_add`",
                "the amount is in RON with Romanian VAT: put `vat_strip`, `convert` and `vat_add` before it",
            ),
            (_, false, _, VatSide::Without) if currency == Denomination::Ron => (
                "suma este în lei: puneți înainte `convert` și `vat_add`",
                "the amount is in RON: put `convert` and `vat_add` before it",
            ),
            _ => (
                "suma este deja în moneda pieței: scoateți pasul",
                "the amount is in the market's currency already: remove the step",
            ),
        };
    }
    if needs.iter().any(|kind| amount(kind).is_some()) {
        return match got {
            Kind::Text => {
                ("puneți înainte `parse_number` și `amount`", "put `parse_number` and `amount` before it")
            }
            _ => ("puneți înainte `amount`", "put `amount` before it"),
        };
    }
    match (needs.first(), got) {
        (Some(Kind::Number), Kind::Text) => ("puneți `parse_number` înainte", "put `parse_number` before it"),
        (Some(Kind::Text), Kind::Number) => {
            ("puneți `format_number` înainte", "put `format_number` before it")
        }
        (Some(Kind::Text), Kind::List) => ("puneți `join` înainte", "put `join` before it"),
        (Some(Kind::List), Kind::Text) => ("puneți `split` înainte", "put `split` before it"),
        (Some(Kind::Text), Kind::Date) => ("puneți `date_format` înainte", "put `date_format` before it"),
        _ => ("alegeți altă sursă sau alt pas", "use another source or another step"),
    }
}

impl Finding {
    /// The place, the cause and the remedy in one sentence.
    pub fn say(&self, reader: Reader) -> String {
        let target = &self.target;
        let place = match (self.object, self.row, reader) {
            (Some(object), Some(row), Reader::Ro) => {
                format!("{}, regula {row} (`{target}`)", object.say(reader))
            }
            (Some(object), Some(row), Reader::En) => format!("{} row {row} (`{target}`)", object.say(reader)),
            (Some(object), None, _) => format!("{} `{target}`", object.say(reader)),
            (None, _, Reader::Ro) => format!("tabela `{target}`"),
            (None, _, Reader::En) => format!("table `{target}`"),
        };
        let step = match (self.step, reader) {
            (Some((number, name)), Reader::Ro) => format!(", pasul {number} `{name}`"),
            (Some((number, name)), Reader::En) => format!(", step {number} `{name}`"),
            (None, _) => String::new(),
        };
        format!("{place}{step}: {}.", self.fault.say(reader))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Reader::En))
    }
}

/// Everything that keeps a mapping from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, finding) in self.0.iter().enumerate() {
            write!(f, "{}{finding}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}
