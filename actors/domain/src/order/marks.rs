//! What an order is found by besides its id: computed from its state, so that no list disagrees with it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Order, ReturnState};

/// One thing that an order is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// Its text.
    pub value: String,
}

/// Kinds of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A waybill of it, live or abandoned: the bare number.
    Awb,
    /// A fiscal document of it: series and number.
    Invoice,
    /// That something came back of it: `open` or `reconciled`.
    Return,
}

impl MarkKind {
    /// The kind's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Awb => "awb",
            Self::Invoice => "invoice",
            Self::Return => "return",
        }
    }
}

impl Mark {
    /// A waybill.
    pub fn awb(number: &str) -> Self {
        Self { kind: MarkKind::Awb, value: number.to_owned() }
    }

    /// A fiscal document, as `SalesDocument::name` writes it.
    pub fn invoice(name: String) -> Self {
        Self { kind: MarkKind::Invoice, value: name }
    }

    /// How far its return is.
    pub fn returned(state: ReturnState) -> Self {
        Self { kind: MarkKind::Return, value: state.name().to_owned() }
    }
}

impl Order {
    /// Everything that it is found by now.
    pub fn marks(&self) -> BTreeSet<Mark> {
        let mut marks = BTreeSet::new();
        for parcel in &self.parcels {
            let numbers = parcel.tracking().into_iter().chain(&parcel.abandoned);
            marks.extend(numbers.map(|tracking| Mark::awb(&tracking.number)));
        }
        marks.extend(self.billing.documents.iter().map(|document| Mark::invoice(document.name())));
        let returned = self.returned().state();
        marks.extend((returned != ReturnState::None).then(|| Mark::returned(returned)));
        marks
    }
}
