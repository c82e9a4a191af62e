//! A new partner: the 35 fields of `AdaugaPartener`, as a record or as a bridge's JSON object (spec 3.7.6, 5.1).

use std::fmt;

use serde_json::{Map, Value};

use crate::packet::{CodeProblem, check_code};
use crate::text::outgoing;

/// The keys of a bridge's partner object; their order is that of the record's fields.
const KEYS: [&str; 35] = [
    "id",
    "denumire",
    "codFiscal",
    "localitate",
    "adresa",
    "telefon",
    "persoaneContact",
    "simbolClasa",
    "simbolCategoriePret",
    "idAgent",
    "nrRegCom",
    "observatii",
    "simbolBanca",
    "numeBanca",
    "localitateBanca",
    "contBanca",
    "ziImplicitaPlata",
    "numeSediuSecundar",
    "adresaSediuSecundar",
    "telefonSediuSecundar",
    "localitateSediuSec",
    "idAgentSediuSec",
    "codExtern",
    "judetLivrare",
    "judetSediu",
    "flagPF",
    "scadentaImplicita",
    "simbolTipContabil",
    "flagProducator",
    "emailSediu",
    "emailSediiLivrare",
    "tvaIncasare",
    "serAI",
    "nrAI",
    "taraSediu",
];

/// The longest name or address that we send; the fields' true limits are not documented.
const TEXT_MAX_CHARS: usize = 100;

/// A partner to be added. Fields that we never set, identity documents among them, are sent blank.
///
/// Personal data: `Debug` shows only our own key.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NewPartner {
    /// From `GetNextPartID`; blank where WinMentor gives ids itself.
    pub id: String,
    /// Our own key, by which the partner is found again.
    pub external_code: String,
    /// Name of the person or company.
    pub name: String,
    /// Sent with the `PF` flag.
    pub is_natural_person: bool,
    /// Tax id of a company.
    pub tax_id: String,
    /// Registration number of a company.
    pub registration_number: String,
    /// Street and number.
    pub address: String,
    /// Town, in WinMentor's own spelling.
    pub locality: String,
    /// County, as on number plates.
    pub county: String,
    /// Two-letter country code.
    pub country: String,
    /// Phone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Symbol of the partner class.
    pub class_symbol: String,
    /// Symbol of the price category.
    pub price_category: String,
    /// Days until payment is due.
    pub payment_days: Option<u16>,
    /// Free text.
    pub remark: String,
}

impl fmt::Debug for NewPartner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPartner").field("external_code", &self.external_code).finish_non_exhaustive()
    }
}

/// A partner that must not be sent as it is. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("partner {field} `{value}` {problem}; correct it in the customer data or the connection settings")]
pub struct PartnerError {
    field: &'static str,
    value: String,
    problem: CodeProblem,
}

impl NewPartner {
    /// The record: 35 fields, each followed by its separator.
    pub fn record(&self) -> Result<String, PartnerError> {
        Ok(self.values()?.map(|value| value + ";").concat())
    }

    /// The object that the MentorAPI dialect takes.
    pub fn object(&self) -> Result<Map<String, Value>, PartnerError> {
        Ok(KEYS
            .iter()
            .zip(self.values()?)
            .map(|(key, value)| ((*key).to_owned(), Value::String(value)))
            .collect())
    }

    /// The values in the order of [`KEYS`].
    fn values(&self) -> Result<[String; 35], PartnerError> {
        let name = text(&self.name);
        check("name", &name)?;
        check("external code", &self.external_code)?;
        let values = KEYS.map(|key| match key {
            "id" => optional_code("id", &self.id),
            "denumire" => Ok(name.clone()),
            "codFiscal" => optional_code("tax id", &self.tax_id),
            "localitate" => Ok(text(&self.locality)),
            "adresa" => Ok(text(&self.address)),
            "telefon" => Ok(text(&self.phone)),
            "simbolClasa" => optional_code("class", &self.class_symbol),
            "simbolCategoriePret" => optional_code("price category", &self.price_category),
            "nrRegCom" => Ok(text(&self.registration_number)),
            "observatii" => Ok(text(&self.remark)),
            "codExtern" => Ok(self.external_code.clone()),
            "judetSediu" => Ok(text(&self.county)),
            "flagPF" => Ok(if self.is_natural_person { "PF" } else { "" }.to_owned()),
            "scadentaImplicita" => Ok(self.payment_days.map(|days| days.to_string()).unwrap_or_default()),
            "emailSediu" => Ok(text(&self.email)),
            "taraSediu" => optional_code("country", &self.country),
            _ => Ok(String::new()),
        });
        let mut checked = [const { String::new() }; 35];
        for (slot, value) in checked.iter_mut().zip(values) {
            *slot = value?;
        }
        Ok(checked)
    }
}

fn text(value: &str) -> String {
    outgoing(value, TEXT_MAX_CHARS)
}

fn optional_code(field: &'static str, value: &str) -> Result<String, PartnerError> {
    if value.is_empty() { Ok(String::new()) } else { check(field, value) }
}

/// Codes travel unchanged; `~` would make two values of one.
fn check(field: &'static str, value: &str) -> Result<String, PartnerError> {
    let problem = match check_code(value) {
        Ok(code) if !code.contains('~') => return Ok(code.to_owned()),
        Ok(_) => CodeProblem::Tilde,
        Err(problem) => problem,
    };
    Err(PartnerError { field, value: value.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn partner() -> NewPartner {
        NewPartner {
            id: "1543".to_owned(),
            external_code: "CDON-C-9".to_owned(),
            name: "Åsa Ström".to_owned(),
            is_natural_person: true,
            address: "Storgatan 1; lgh 2".to_owned(),
            locality: "Malmö".to_owned(),
            country: "SE".to_owned(),
            email: "asa@example.com".to_owned(),
            payment_days: Some(14),
            ..NewPartner::default()
        }
    }

    #[test]
    fn fields_stand_where_the_vendor_wants_them() {
        let record = partner().record().unwrap();
        let fields: Vec<&str> = record.split(';').collect();
        assert_eq!(fields.len(), 36);
        // Numbered from 1 in the vendor's list.
        for (number, value) in [
            (1, "1543"),
            (2, "Asa Ström"),
            (4, "Malmö"),
            (5, "Storgatan 1, lgh 2"),
            (23, "CDON-C-9"),
            (26, "PF"),
            (27, "14"),
            (30, "asa@example.com"),
            (33, ""),
            (35, "SE"),
            (36, ""),
        ] {
            assert_eq!(fields[number - 1], value, "field {number}");
        }
    }

    #[test]
    fn the_object_says_the_same_as_the_record() {
        let partner = partner();
        let object = partner.object().unwrap();
        assert_eq!(object.len(), 35);
        let joined: Vec<&str> = KEYS.iter().map(|key| object[*key].as_str().unwrap()).collect();
        assert_eq!(joined.join(";") + ";", partner.record().unwrap());
        assert_eq!(object["codExtern"], "CDON-C-9");
    }

    #[test]
    fn refuses_codes_that_would_arrive_as_others() {
        for code in ["", "A;B", "A~B", "Ø1"] {
            let partner = NewPartner { external_code: code.to_owned(), ..partner() };
            assert!(partner.record().is_err(), "{code}");
        }
        assert!(NewPartner { name: "😀".to_owned(), ..partner() }.record().is_err());
    }

    proptest! {
        #[test]
        fn free_text_never_shifts_a_field(text in any::<String>(), hostile in "[;~=\r\n\0åa ]{0,40}") {
            for text in [text, hostile] {
                let partner = NewPartner { address: text.clone(), remark: text, ..partner() };
                let record = partner.record().unwrap();
                prop_assert_eq!(record.split(';').count(), 36);
                prop_assert_eq!(record.split(';').nth(22), Some("CDON-C-9"));
                prop_assert!(crate::text::fits_cp1250(&record) && !record.contains('~'));
            }
        }
    }
}
