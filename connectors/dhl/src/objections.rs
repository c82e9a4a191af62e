//! Collects everything that is wrong with a parcel, so that a merchant mends it once.

use vortex_port::courier::Objection;

/// The objections found so far.
#[derive(Debug, Default)]
pub(crate) struct Objections(Vec<Objection>);

impl Objections {
    /// Objects to a field; `rule` says what is expected.
    pub(crate) fn add(&mut self, field: &str, rule: impl Into<String>) {
        self.0.push(Objection { field: field.to_owned(), rule: rule.into() });
    }

    /// Objects unless the claim holds.
    pub(crate) fn unless(&mut self, claim: bool, field: &str, rule: &str) {
        if !claim {
            self.add(field, rule);
        }
    }

    /// What was built, when nothing stands against it.
    pub(crate) fn verdict<T>(self, built: Option<T>) -> Result<T, Vec<Objection>> {
        match built {
            Some(built) if self.0.is_empty() => Ok(built),
            _ => Err(self.0),
        }
    }

    /// The objections alone.
    pub(crate) fn into_list(self) -> Vec<Objection> {
        self.0
    }
}
