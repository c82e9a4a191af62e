//! Partners: who exists at the start, and how a new one is read from its 35 fields (specification 3.7.6).

use jiff::civil::Date;

use super::text::code_page;

/// One customer or supplier.
#[derive(Clone, Debug, Default)]
pub(super) struct Partner {
    /// Index of the company that the partner belongs to.
    pub(super) company: usize,
    pub(super) internal_id: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) tax_id: String,
    pub(super) town: String,
    pub(super) address: String,
    pub(super) phone: String,
    pub(super) contact: String,
    pub(super) county: String,
    pub(super) country: String,
    pub(super) email: String,
    pub(super) trade_register: String,
    pub(super) remark: String,
    pub(super) terms_days: String,
    pub(super) natural_person: bool,
    pub(super) blocked: bool,
    pub(super) added: Date,
    /// Clock of the entry, milliseconds; 0 for those who were there from the start.
    pub(super) entered_ms: i64,
}

impl Partner {
    /// Reads the `;` fields of `AdaugaPartener`, numbered from 1 in the specification. Text goes through the code page.
    pub(super) fn from_fields(fields: &[String]) -> Self {
        let field =
            |number: usize| fields.get(number - 1).map_or(String::new(), |text| code_page(text.trim()));
        Self {
            internal_id: field(1),
            name: field(2),
            tax_id: field(3),
            town: field(4),
            address: field(5),
            phone: field(6),
            contact: field(7),
            trade_register: field(11),
            remark: field(12),
            code: field(23),
            county: field(25),
            natural_person: field(26).eq_ignore_ascii_case("PF"),
            terms_days: field(27),
            email: field(30),
            country: field(35),
            ..Self::default()
        }
    }
}

/// The names that the Go bridge gives to the 35 fields, in order.
pub(super) const ADD_KEYS: [&str; 35] = [
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

/// The partners of a fresh company: the four market partners, a few others, one blocked, one doubled.
pub(super) fn initial(added: Date) -> Vec<Partner> {
    let market = |code: &str, name: &str, town: &str, country: &str| Partner {
        code: code.to_owned(),
        name: name.to_owned(),
        town: town.to_owned(),
        country: country.to_owned(),
        natural_person: true,
        ..Partner::default()
    };
    let company = |code: &str, name: &str, tax_id: &str, town: &str, county: &str| Partner {
        code: code.to_owned(),
        name: name.to_owned(),
        tax_id: tax_id.to_owned(),
        town: town.to_owned(),
        county: county.to_owned(),
        country: "RO".to_owned(),
        address: "Str. Fabricii nr. 12".to_owned(),
        phone: "0264000111~0722000111".to_owned(),
        trade_register: "J12/345/2009".to_owned(),
        terms_days: "30".to_owned(),
        ..Partner::default()
    };
    let mut partners = vec![
        market("CDON-SE", "CDON Suedia", "Malmö", "SE"),
        market("CDON-DK", "CDON Danemarca", "Copenhaga", "DK"),
        market("CDON-FI", "CDON Finlanda", "Helsinki", "FI"),
        market("CDON-NO", "CDON Norvegia", "Oslo", "NO"),
        Partner {
            contact: "Ion Popescu\nMaria Ionescu".to_owned(),
            ..company("CL-100", "FEROMETAL SRL", "RO14399840", "Cluj-Napoca", "CJ")
        },
        company("CL-101", "X FEROMETAL SRL", "RO14399840", "Cluj-Napoca", "CJ"),
        Partner {
            blocked: true,
            remark: "rau platnic; nu se mai livreaza".to_owned(),
            ..company("CL-102", "BLOCAT PROD SRL", "RO27182818", "Iaşi", "IS")
        },
        Partner { natural_person: true, ..company("CL-103", "Ionescu Ştefan", "", "Târgu Mureş", "MS") },
    ];
    for (index, partner) in partners.iter_mut().enumerate() {
        partner.internal_id = (index + 1).to_string();
        partner.added = added;
    }
    partners
}
