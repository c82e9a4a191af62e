//! The names that the bridges give to the positions of a record (specification 5.1).

use super::record::Layout;

const fn terminated(names: &'static [&'static str]) -> Layout {
    Layout { names, terminated: true }
}

const fn open_ended(names: &'static [&'static str]) -> Layout {
    Layout { names, terminated: false }
}

/// `GetNomenclatorArticole`.
pub(super) const ARTICLE: Layout = terminated(&[
    "codExtern",
    "denumire",
    "denUM",
    "pretVanzare",
    "simbolClasa",
    "denClasa",
    "codExternProducator",
    "denProducator",
    "gestImplicita",
    "codExternAlt",
    "cotaTVA",
    "denUMSecundara",
    "paritateUMSecundara",
    "masa",
    "serviciu",
    "codVamal",
    "pretMinim",
    "cantImplicita",
    "pretValuta",
    "dataAdaug",
    "masa2",
    "pretVCuTVA",
    "locatie",
    "pretReferinta",
]);

/// `GetProducts`.
pub(super) const PRODUCT: Layout = terminated(&[
    "idArticol",
    "denumire",
    "denUM",
    "idProducator",
    "denProducator",
    "tipSerie",
    "dataAdaugarii",
    "dataUltimeiModificari",
    "tipUM",
    "codIntern",
    "simbolClasa",
]);

/// `GetStergeriProduse`.
pub(super) const REMOVED: Layout = terminated(&["codIntern", "dataStergerii"]);

/// `GetStocArticole`.
pub(super) const STOCK: Layout = terminated(&[
    "codExtern",
    "denumire",
    "denUM",
    "pretVanzare",
    "stoc",
    "simbolClasa",
    "denClasa",
    "idProducator",
    "denProducator",
    "idFurnizor",
    "denFurnizor",
    "simbolGestiune",
    "denGestiune",
    "cotaTVA",
    "flagTVAInclus",
    "pretCuTVA",
    "stocRezervat",
]);

/// `GetStocArticol`.
pub(super) const STOCK_OF_ONE: Layout =
    terminated(&["codExtern", "denumire", "denUM", "pretVanzare", "stoc"]);

/// `GetListaGestiuni`.
pub(super) const WAREHOUSE: Layout = terminated(&["simbol", "denumire"]);

/// `GetListaCarnete`.
pub(super) const BOOKLET: Layout = terminated(&["simbol", "tip", "denumire"]);

/// `GetListacarneteExt`.
pub(super) const BOOKLET_RANGE: Layout =
    open_ended(&["simbol", "tipDoc", "denumire", "nrStart", "nrStop", "numereRamase"]);

/// `GetMonede`: name before symbol.
pub(super) const CURRENCY: Layout = open_ended(&["denumire", "simbol"]);

/// `GetUM`.
pub(super) const UNIT: Layout = terminated(&["denUM"]);

/// `GetListaParteneri`.
pub(super) const PARTNER: Layout = terminated(&[
    "idPartener",
    "denumire",
    "codFiscal",
    "localitate",
    "adresa",
    "telefon",
    "persoanaContact",
    "simbolClasa",
    "denClasa",
    "simbolCatPret",
    "denCategPret",
    "marcaAgent",
    "numeAgent",
    "scadenta",
    "discount",
    "denCritDiscount",
    "denumiriSedii[]",
    "codExtern",
    "partenerBlocat",
    "creditVanzare",
    "nrRegCom",
    "contBanca",
    "localitatiSedii",
    "judet",
    "marcaAgentiSedii",
    "observatii",
    "flagSediuSocial",
    "codPostalSedii",
    "emailSedii",
    "telPersoaneContact",
    "pfSauPj",
    "monedaImplicita",
    "dataAdaugarii",
    "trasee",
    "puncteAcumulate",
    "codFiscalSedii",
    "infoTipSediu",
    "",
    "",
    "",
    "serieBuletinSedii",
    "numarBuletinSedii",
    "tara",
]);

/// `GetInfoComenzi`; the last three names are the bridge's guesses.
pub(super) const ORDER_INFO: Layout = terminated(&[
    "idPartener",
    "dataComanda",
    "nrComanda",
    "codArticol",
    "cantitate",
    "pret",
    "livrat",
    "facturat",
    "acceptat",
]);

/// `GetComenziNefacturate`.
pub(super) const UNINVOICED: Layout = terminated(&[
    "codArticol",
    "nrComanda",
    "cantitate",
    "denUM",
    "dataComanda",
    "idPartener",
    "marcaAgent",
    "pret",
    "cantComanda",
    "",
    "codExternAlt",
    "serieDocument",
    "nrDocument",
    "observatii",
    "sediuPartener",
    "",
    "dataLivrare",
    "",
    "",
    "pozitie",
    "numePartener",
    "",
    "",
    "moneda",
]);

/// `GetVanzariLuna`.
pub(super) const SALE: Layout = terminated(&[
    "idPartener",
    "zi",
    "nrFactura",
    "codArticol",
    "numarComanda",
    "cant",
    "denUM",
    "pret",
    "marcaAgent",
    "valoareFactura",
    "dataScadenta",
    "tvaInclus",
    "cotaTVA",
    "tipDocument",
    "prefixCarnet",
    "serieDocument",
    "denArticol",
    "discount",
    "",
    "dataEmitere",
    "sediuClient",
    "adresaClient",
    "localitateClient",
    "observatiiFactura",
]);

/// How many fields of a sale the WinMentor Bridge shows.
pub(super) const SALE_V12_FIELDS: usize = 10;
