//! What a check found so far.

use std::fmt::Display;

use vortex_port::CheckItem;

/// The steps of a check, in their order.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) items: Vec<CheckItem>,
}

impl Report {
    pub(super) fn good(&mut self, what: &str, found: impl Display) {
        self.items.push(CheckItem {
            what: what.to_owned(),
            ok: true,
            found: found.to_string(),
            remedy: String::new(),
        });
    }

    pub(super) fn bad(&mut self, what: &str, found: impl Display, remedy: impl Display) {
        self.items.push(CheckItem {
            what: what.to_owned(),
            ok: false,
            found: found.to_string(),
            remedy: remedy.to_string(),
        });
    }
}
