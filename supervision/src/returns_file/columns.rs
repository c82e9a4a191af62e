//! Which column of a report is which of ours.

use std::{fmt, path::Path, str::FromStr};

use serde::Serialize;

use super::ReportError;

/// A column of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The order's id on the channel.
    Order,
    /// The report's id of the return.
    Id,
    /// Units reported.
    Advised,
    /// Units arrived.
    Received,
    /// Units that cannot be sold again.
    Scrapped,
}

impl Column {
    const ALL: [Self; 5] = [Self::Order, Self::Id, Self::Advised, Self::Received, Self::Scrapped];

    fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Id => "id",
            Self::Advised => "advised",
            Self::Received => "received",
            Self::Scrapped => "scrapped",
        }
    }

    /// Usual names, letters and digits only: English, Romanian, and the Nordic languages of the channel's own exports.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Order => &[
                "order",
                "orderid",
                "ordernumber",
                "orderno",
                "ordernr",
                "comanda",
                "nrcomanda",
                "numarcomanda",
                "idcomanda",
                "ordernummer",
                "ordrenummer",
                "tilausnumero",
            ],
            Self::Id => &[
                "id",
                "returnid",
                "returnnumber",
                "returnno",
                "returnnr",
                "return",
                "rma",
                "rmaid",
                "rmanumber",
                "retur",
                "idretur",
                "nrretur",
                "numarretur",
                "returnummer",
                "caseid",
            ],
            Self::Advised => &[
                "advised",
                "quantity",
                "qty",
                "units",
                "returnedquantity",
                "returnquantity",
                "returnqty",
                "expected",
                "cantitate",
                "cantitatereturnata",
                "anuntate",
                "antal",
                "antall",
                "maara",
            ],
            Self::Received => &[
                "received",
                "receivedquantity",
                "receivedqty",
                "quantityreceived",
                "arrived",
                "primite",
                "primit",
                "receptionate",
                "cantitateprimita",
                "mottagna",
                "modtaget",
            ],
            Self::Scrapped => &[
                "scrapped",
                "scrappedquantity",
                "damaged",
                "unsellable",
                "writtenoff",
                "casate",
                "deteriorate",
                "nevandabile",
                "kasserade",
            ],
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A column of ours and the report's name for it: `order=Order number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    column: Column,
    name: String,
}

impl FromStr for Mapped {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected e.g. order=Order number, with order, id, advised, received or scrapped".to_owned();
        let (column, name) = text.split_once('=').ok_or_else(wrong)?;
        let column = Column::ALL.into_iter().find(|known| known.name() == column.trim()).ok_or_else(wrong)?;
        let name = name.trim();
        if name.is_empty() { Err(wrong()) } else { Ok(Self { column, name: name.to_owned() }) }
    }
}

/// Lower case, without what people write between words and over letters.
fn plain(name: &str) -> String {
    let letter = |c: char| match c {
        'ă' | 'â' | 'ä' | 'å' => 'a',
        'î' => 'i',
        'ș' | 'ş' => 's',
        'ț' | 'ţ' => 't',
        'ö' | 'ø' => 'o',
        other => other,
    };
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).map(letter).collect()
}

/// Where each column of ours stands.
pub(super) struct Columns([Option<usize>; Column::ALL.len()]);

impl Columns {
    pub(super) fn find(path: &Path, header: &[String], mapped: &[Mapped]) -> Result<Self, ReportError> {
        let wrong = |column, why: String| ReportError::Column {
            path: path.to_owned(),
            column,
            why,
            found: header.iter().filter(|name| !name.is_empty()).cloned().collect(),
        };
        let mut places = [None; Column::ALL.len()];
        for (place, column) in places.iter_mut().zip(Column::ALL) {
            let fits: Vec<usize> = if let Some(named) = mapped.iter().find(|mapped| mapped.column == column) {
                let same = |name: &String| *name == named.name || plain(name) == plain(&named.name);
                let fits = positions(header, same);
                if fits.is_empty() {
                    return Err(wrong(column, format!("there is no column `{}`", named.name)));
                }
                fits
            } else {
                positions(header, |name| column.usual().contains(&plain(name).as_str()))
            };
            if fits.len() > 1 {
                return Err(wrong(column, format!("several columns may be `{column}`")));
            }
            *place = fits.first().copied();
        }
        let columns = Self(places);
        if columns.place(Column::Order).is_none() {
            return Err(wrong(Column::Order, "no column is recognised as the order".to_owned()));
        }
        if columns.place(Column::Advised).or(columns.place(Column::Received)).is_none() {
            let why = "no column is recognised as units advised or received".to_owned();
            return Err(wrong(Column::Received, why));
        }
        Ok(columns)
    }

    fn place(&self, column: Column) -> Option<usize> {
        Column::ALL.into_iter().zip(self.0).find(|(known, _)| *known == column).and_then(|(_, place)| place)
    }

    pub(super) fn cell<'l>(&self, column: Column, cells: &'l [String]) -> Option<&'l str> {
        cells.get(self.place(column)?).map(String::as_str)
    }

    /// What was taken for what.
    pub(super) fn named(&self, header: &[String]) -> Vec<(Column, String)> {
        let name = |column| Some((column, self.cell(column, header)?.to_owned()));
        Column::ALL.into_iter().filter_map(name).collect()
    }
}

fn positions(header: &[String], fits: impl Fn(&String) -> bool) -> Vec<usize> {
    header.iter().enumerate().filter(|(_, name)| fits(name)).map(|(place, _)| place).collect()
}
