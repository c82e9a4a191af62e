//! Reasons why something waits for a person: one code per cause, with a text in Romanian and English.
//!
//! The texts are one exhaustive `match`: a code without both does not compile.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who can remove the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The merchant, in WinMentor, on CDON or on the panel.
    Merchant,
    /// Whoever runs this installation.
    Operator,
}

/// Languages of the people who use us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Romanian
    Ro,
    /// English
    En,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $actor:ident, retry $retry:literal, $ro:literal, $en:literal;)+) => {
        /// One cause. `{0}`… in the texts stand for the item's parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $code)] $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name in the database and the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Who must act.
            pub fn who(self) -> Actor {
                match self { $(Self::$variant => Actor::$actor),+ }
            }

            /// Whether "try again" is safe before anything was mended.
            pub fn safe_to_retry(self) -> bool {
                match self { $(Self::$variant => $retry),+ }
            }

            fn template(self, reader: Reader) -> &'static str {
                match (self, reader) { $((Self::$variant, Reader::Ro) => $ro, (Self::$variant, Reader::En) => $en),+ }
            }
        }
    };
}

codes! {
    /// The ERP does not know the ordered article.
    UnknownArticle = "unknown_article", Merchant, retry true,
        "Articolul `{0}` nu există în WinMentor. Creați-l (sau corectați codul extern), apoi reluați comanda.",
        "Article `{0}` does not exist in WinMentor. Create it (or correct its external code), then retry the order.";
    /// Not enough stock for an order.
    StockShort = "stock_short", Merchant, retry true,
        "Stoc insuficient pentru `{0}`: cerut {1}, disponibil {2}. Aprovizionați și reluați, înregistrați oricum comanda sau anulați-o pe CDON înainte de termen.",
        "Not enough stock of `{0}`: ordered {1}, available {2}. Restock and retry, book the order anyway, or cancel it on CDON before the deadline.";
    /// CDON's net amount, VAT and rate contradict each other (cdon.md 12.3).
    AmountsDisagree = "amounts_disagree", Merchant, retry true,
        "Sumele comenzii nu se potrivesc: net {0}, TVA {1}, cotă {2}. Verificați comanda în CDON, apoi reluați.",
        "The order's amounts disagree: net {0}, VAT {1}, rate {2}. Check the order in CDON, then retry.";
    /// No exchange rate for the order's currency and date.
    MissingRate = "missing_rate", Operator, retry true,
        "Lipsește cursul {0} pentru data {1}. Adăugați cursul (sau corectați sursa), apoi reluați.",
        "There is no {0} exchange rate for {1}. Add the rate (or mend its source), then retry.";
    /// The newest exchange rates are too old for new prices.
    RateStale = "rate_stale", Merchant, retry true,
        "Cursul {1} ({0}) este din {2}, vechi de {3} zile. Prețurile noi așteaptă; comenzile se înregistrează la acest curs. Verificați sursa sau introduceți cursul.",
        "The {1} exchange rate ({0}) is of {2}, {3} days old. New prices wait; orders are booked at it. Check its source, or enter a rate.";
    /// A published exchange rate moved too far to be believed.
    RateHeld = "rate_held", Merchant, retry false,
        "Cursul {0} din {1} este {2} ({3} % față de {4}). Nu îl folosim: confirmați-l dacă este corect, sau marcați ca rezolvat și rămâne nefolosit.",
        "The {0} exchange rate of {1} is {2} ({3} % against {4}). It is not used: approve it if it is right, or mark it settled and it stays unused.";
    /// WinMentor refused the order's packet.
    ErpRefused = "erp_refused", Merchant, retry true,
        "WinMentor a refuzat comanda: {0}. Corectați cauza în WinMentor, apoi reluați.",
        "WinMentor refused the order: {0}. Mend the cause in WinMentor, then retry.";
    /// The partner that orders of a market go to is missing or blocked.
    PartnerUnusable = "partner_unusable", Merchant, retry true,
        "Partenerul `{0}` lipsește sau este blocat în WinMentor. Creați-l sau deblocați-l, apoi reluați.",
        "Partner `{0}` is missing or blocked in WinMentor. Create or unblock it, then retry.";
    /// The accounting month is closed.
    MonthClosed = "month_closed", Merchant, retry true,
        "Luna {0} este închisă în WinMentor. Deschideți luna (sau creați luna următoare); comenzile pleacă apoi singure.",
        "Month {0} is closed in WinMentor. Open it (or create the next month); the orders then go by themselves.";
    /// Sent, no proof, and it cannot be looked up yet.
    OutcomeUnknown = "outcome_unknown", Merchant, retry false,
        "Nu știm dacă WinMentor a înregistrat comanda (document {0}). Verificăm citind; nu o introduceți manual.",
        "We do not know whether WinMentor booked the order (document {0}). We are checking by reading; do not enter it by hand.";
    /// Two live ERP documents with the same token.
    DuplicateDocument = "duplicate_document", Merchant, retry false,
        "În WinMentor există {0} comenzi cu același simbol {1}. Anulați-le pe cele în plus; noi nu ștergem nimic.",
        "WinMentor holds {0} orders with the same token {1}. Cancel the surplus ones; we never delete anything.";
    /// A document that was there is gone (restored backup?).
    DocumentVanished = "document_vanished", Merchant, retry false,
        "Comanda (document {0}) nu mai este în WinMentor; poate s-a restaurat o copie. Reintroduceți-o doar prin acțiunea de aici.",
        "The order (document {0}) is no longer in WinMentor; was a backup restored? Re-create it only by the action here.";
    /// Cancelled on the channel after it was booked.
    CancelledAfterBooking = "cancelled_after_booking", Merchant, retry false,
        "CDON a anulat comanda, dar ea este în WinMentor ca document {0}. Anulați documentul {0}; dacă este deja facturat, stornați factura.",
        "CDON cancelled the order, but WinMentor has it as document {0}. Cancel document {0}; if it is invoiced already, make a storno of the invoice.";
    /// The order changed on the channel after it was booked.
    AmendedAfterBooking = "amended_after_booking", Merchant, retry false,
        "CDON a modificat comanda după înregistrare (document {0}): {1}. Corectați documentul în WinMentor.",
        "CDON changed the order after booking (document {0}): {1}. Correct the document in WinMentor.";
    /// A remote's answer was empty, short or not parsable; nothing was changed.
    ReadingImplausible = "reading_implausible", Operator, retry true,
        "Răspunsul conexiunii `{0}` nu este plauzibil ({1}); nu am schimbat nimic. Verificați serverul și datele.",
        "The answer of connection `{0}` is not plausible ({1}); nothing was changed. Check the server and the data.";
    /// One reading would move more of the catalogue than the limit.
    MassChange = "mass_change", Merchant, retry false,
        "O citire ar modifica {0} din {1} articole, peste limita de {2} %. Confirmați schimbarea sau verificați WinMentor.",
        "One reading would change {0} of {1} articles, above the limit of {2} %. Confirm the change or check WinMentor.";
    /// An article cannot be offered (somewhere) until its data is completed.
    ArticleBlocked = "article_blocked", Merchant, retry true,
        "Nu poate fi publicat ({0}): {1} ({2}). Completați datele; publicarea pornește singură.",
        "Cannot be published ({0}): {1} ({2}). Complete the data; publishing then starts by itself.";
    /// A look-up table has no row for a value.
    MappingGap = "mapping_gap", Merchant, retry true,
        "Tabela `{0}` din mapare nu are rând pentru `{1}`. Adăugați rândul; ce așteaptă se recalculează singur.",
        "The mapping's table `{0}` has no row for `{1}`. Add the row; what waits for it is computed again by itself.";
    /// A mapping version on trial was refused too often.
    TrialStopped = "trial_stopped", Merchant, retry true,
        "Încercarea versiunii {0} a mapării s-a oprit: {1}. Toate articolele urmează din nou versiunea {2}; vedeți refuzurile, corectați și publicați din nou.",
        "The trial of mapping version {0} has stopped: {1}. All articles follow version {2} again; look at the refusals, mend them and publish again.";
    /// The channel refused an article, price or quantity.
    ChannelRefused = "channel_refused", Merchant, retry true,
        "CDON a refuzat {0}: {1}. Corectați datele; retrimitem la următoarea schimbare.",
        "CDON refused {0}: {1}. Correct the data; we send again at the next change.";
    /// Accepted, but the channel shows something else.
    ChannelDrift = "channel_drift", Operator, retry true,
        "CDON arată altceva decât am trimis pentru {0}: trimis {1}, afișat {2}. Am retrimis.",
        "CDON shows something else than we sent for {0}: sent {1}, shown {2}. We have sent it again.";
    /// Credentials were refused.
    CredentialsRefused = "credentials_refused", Merchant, retry true,
        "Conexiunea `{0}` refuză datele de acces. Actualizați cheia conexiunii.",
        "Connection `{0}` refuses the credentials. Update the connection's key.";
    /// A remote has been unreachable for long.
    RemoteDown = "remote_down", Merchant, retry true,
        "`{0}` nu răspunde din {1}: {2}. Datele așteaptă în siguranță; verificați serverul și rețeaua.",
        "`{0}` has not answered since {1}: {2}. Everything waits safely; check the server and the network.";
    /// ERP stock below zero.
    NegativeStock = "negative_stock", Merchant, retry true,
        "Stoc negativ în WinMentor: {0}. Publicăm 0 până la corectare.",
        "Negative stock in WinMentor: {0}. We publish 0 until it is corrected.";
    /// An actor failed again and again on the same key.
    Parked = "parked", Operator, retry true,
        "Prelucrarea s-a oprit după erori repetate: {0}. Restul continuă; reluați după remediere.",
        "Processing stopped after repeated failures: {0}. Everything else goes on; resume after mending.";
    /// An incoming event could not be understood.
    BadEvent = "bad_event", Operator, retry true,
        "Un mesaj primit nu poate fi înțeles: {0}. L-am păstrat; nimic nu s-a pierdut.",
        "A received message cannot be understood: {0}. It is kept; nothing is lost.";
    /// The channel's deadline is near and the order is not done.
    DeadlineNear = "deadline_near", Merchant, retry true,
        "Termenul CDON ({0}) se apropie, iar comanda de {2} așteaptă la pasul: {1}.",
        "CDON's deadline ({0}) is near and the order of {2} waits at: {1}.";
    /// A parcel cannot be sent as it is.
    ParcelRefused = "parcel_refused", Merchant, retry true,
        "Coletul {0} nu poate fi expediat: {1}. Corectați (sau expediați manual și introduceți AWB-ul), apoi reluați.",
        "Parcel {0} cannot be sent: {1}. Mend it (or ship by hand and type in the AWB), then retry.";
    /// A waybill may have been minted, and cannot be looked up.
    AwbUnknown = "awb_unknown", Merchant, retry false,
        "Nu știm dacă există un AWB pentru coletul {0} (cerut la {1}). Căutați referința în MyDHL+: dacă există, introduceți AWB-ul; dacă nu, cereți emiterea din nou.",
        "We do not know whether parcel {0} has an AWB (asked for at {1}). Search for the reference in MyDHL+: if it is there, type in the AWB; if not, mint again.";
    /// A waybill that must not be used.
    AwbAbandoned = "awb_abandoned", Merchant, retry false,
        "AWB-ul {0} nu trebuie folosit (comandă anulată sau AWB în plus). Nu predați coletul; dacă a plecat, cereți returul la curier.",
        "AWB {0} must not be used (order cancelled, or one too many). Do not hand the parcel over; if it has left, ask the courier to return it.";
    /// The waybill is there, its label is not.
    LabelMissing = "label_missing", Merchant, retry false,
        "AWB-ul {0} există, dar eticheta lui nu a ajuns la noi. Retipăriți-o din MyDHL+.",
        "AWB {0} exists, but its label did not reach us. Print it from MyDHL+.";
    /// A parcel is not where it should be.
    ParcelException = "parcel_exception", Merchant, retry false,
        "Coletul {0} are o problemă la curier: {1}. Contactați curierul sau cumpărătorul.",
        "Parcel {0} has a problem at the courier: {1}. Contact the courier or the buyer.";
    /// A collection may have been ordered, and cannot be looked up.
    PickupUnknown = "pickup_unknown", Merchant, retry false,
        "Nu știm dacă DHL vine să ridice coletele ({0}, cerut la {1}). Sunați la DHL: dacă vine, introduceți numărul de confirmare; dacă nu, marcați ca rezolvat și cereți alta.",
        "We do not know whether DHL comes to collect ({0}, asked for at {1}). Call DHL: if it comes, type in the confirmation number; if not, mark it settled and ask for another.";
    /// A collection was not ordered, or not cancelled.
    PickupRefused = "pickup_refused", Merchant, retry false,
        "Curierul nu face ce am cerut pentru ridicarea coletelor ({0}): {1}. Corectați și cereți din nou, apoi marcați ca rezolvat.",
        "The courier does not do what was asked about the collection ({0}): {1}. Mend it and ask again, then mark it settled.";
    /// The channel does not take the fulfilment.
    FulfilRefused = "fulfil_refused", Merchant, retry true,
        "CDON refuză expedierea (AWB {0}): {1}. Opriți coletul sau lămuriți cu CDON, apoi reluați.",
        "CDON refuses the fulfilment (AWB {0}): {1}. Stop the parcel or clear it up with CDON, then retry.";
    /// The channel shows another tracking number than ours.
    FulfilledElsewhere = "fulfilled_elsewhere", Merchant, retry false,
        "CDON arată alt număr de urmărire ({0}) decât al nostru ({1}). Nu se mai poate schimba; anunțați cumpărătorul prin Reclaimit.",
        "CDON shows another tracking number ({0}) than ours ({1}). It cannot be changed; tell the buyer through Reclaimit.";
    /// The channel does not cancel what a person asked it to.
    CancelRefused = "cancel_refused", Merchant, retry true,
        "CDON nu anulează comanda: {0}. Rezolvați cu cumpărătorul prin Reclaimit, sau marcați ca rezolvat și comanda pleacă.",
        "CDON does not cancel the order: {0}. Settle it with the buyer through Reclaimit, or mark it settled and the order ships.";
    /// Booked long ago, and not invoiced.
    InvoiceLate = "invoice_late", Merchant, retry true,
        "Comanda (document {0}) nu are încă factură în WinMentor. Facturați-o.",
        "The order (document {0}) has no invoice in WinMentor yet. Invoice it.";
    /// The invoice's file is not where it should be.
    InvoiceFileMissing = "invoice_file_missing", Merchant, retry true,
        "PDF-ul facturii {0} lipsește din dosarul configurat. Exportați-l din WinMentor.",
        "The PDF of invoice {0} is not in the configured folder. Export it from WinMentor.";
    /// The file under the invoice's name is another order's.
    InvoiceFileForeign = "invoice_file_foreign", Merchant, retry true,
        "Fișierul facturii {0} este identic cu al altei comenzi. Nu l-am păstrat; exportați din nou PDF-ul corect.",
        "The file of invoice {0} is identical to another order's. It was not kept; export the right PDF again.";
    /// More invoices than the order has goods for.
    InvoiceDuplicate = "invoice_duplicate", Merchant, retry false,
        "Comanda (document {0}) este facturată de mai multe ori: {1}. Stornați factura în plus.",
        "The order (document {0}) is invoiced more than once: {1}. Make a storno of the surplus invoice.";
    /// Invoice and order disagree.
    InvoiceMismatch = "invoice_mismatch", Merchant, retry false,
        "Factura {0} nu se potrivește cu comanda: factură {1}, comandă {2}. Corectați-o în WinMentor sau confirmați.",
        "Invoice {0} does not match the order: invoice {1}, order {2}. Correct it in WinMentor, or confirm it.";
    /// Goods are back and the ERP does not know it.
    ReturnOpen = "return_open", Merchant, retry false,
        "Marfa s-a întors. Faceți în WinMentor stornarea facturii {0}: {1}, {2} fără TVA. O recunoaștem singuri.",
        "Goods have come back. Make the storno of invoice {0} in WinMentor: {1}, {2} without VAT. We notice it by ourselves.";
    /// The channel took a sale back after it was fulfilled.
    SaleReversed = "sale_reversed", Merchant, retry false,
        "CDON a anulat vânzarea după expediere, deci cumpărătorul primește banii înapoi. Când lămuriți marfa, stornați factura {0}: {1}, {2} fără TVA. O recunoaștem singuri.",
        "CDON has taken the sale back after it was sent, so the buyer gets the money back. Once the goods are cleared up, make the storno of invoice {0}: {1}, {2} without VAT. We notice it by ourselves.";
    /// Identifier canary: the ERP answers with other codes than ours.
    IdentifierMismatch = "identifier_mismatch", Operator, retry true,
        "Codurile citite nu corespund câmpului `{0}`: lipsește articolul martor `{1}`. Verificați identificarea articolelor în WinMentor.",
        "The codes read do not match field `{0}`: the canary article `{1}` is missing. Check article identification in WinMentor.";
}

impl Code {
    /// The text for a person, parameters filled in.
    pub fn text(self, reader: Reader, params: &[String]) -> String {
        let mut text = String::new();
        let mut rest = self.template(reader);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (index, after) = after.split_once('}').unwrap_or((after, ""));
            let value = index.parse().ok().and_then(|i: usize| params.get(i)).map_or("", String::as_str);
            text.push_str(words(value, reader).unwrap_or(value));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// Words for what travels as a parameter: an order's step, and the mapping's problem codes.
/// `None` for a code that needs no words.
pub fn words(code: &str, reader: Reader) -> Option<&'static str> {
    if let Some(step) = crate::order::Step::named(code) {
        return Some(step.words(reader));
    }
    let (ro, en) = match code {
        "mapping_gap" => ("tabela din mapare nu are acest rând", "the mapping's table has no such row"),
        "missing_value" => ("lipsește un câmp obligatoriu", "a required field is missing"),
        "missing_image" => ("lipsește imaginea", "no image"),
        "missing_price" => ("lipsește prețul în WinMentor", "no price in WinMentor"),
        "missing_rate" => ("lipsește cursul valutar", "no exchange rate"),
        "stale_rate" => ("cursul valutar este prea vechi", "the exchange rate is too old"),
        "missing_vat_rate" => ("lipsește cota de TVA", "no VAT rate"),
        "missing_translation" => ("lipsește traducerea", "no translation"),
        "too_short" => ("textul este prea scurt", "the text is too short"),
        "price_out_of_range" => ("prețul este în afara limitelor", "the price is out of range"),
        "prices_disagree" => {
            ("prețurile cu și fără TVA nu se potrivesc", "prices with and without VAT disagree")
        }
        "invalid_content" => ("conținut nevalid", "invalid content"),
        "service" => ("este un serviciu", "it is a service"),
        "no_markets" => ("nu este ales niciun market", "no market is chosen"),
        _ => return None,
    };
    Some(match reader {
        Reader::Ro => ro,
        Reader::En => en,
    })
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = crate::ids::InvalidId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(|| crate::ids::InvalidId {
            kind: "attention code",
            value: text.chars().take(80).collect(),
            rule: "one of the codes in the documentation",
        })
    }
}

/// Something that waits for a person: one item per cause, with everything that it blocks as subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// What kind of cause.
    pub code: Code,
    /// Tells causes of one code apart (the partner, the month, the article); subjects with the same cause are grouped.
    pub cause: String,
    /// Values for the texts.
    pub params: Vec<String>,
    /// What it blocks: `order`, `sku` or `connection`, and its key.
    pub subject: Subject,
}

/// The thing that an attention item or a journal entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "key", rename_all = "snake_case")]
pub enum Subject {
    /// An order.
    Order(crate::OrderId),
    /// An article.
    Sku(crate::Sku),
    /// A connection or a flow.
    Connection(String),
    /// A collection.
    Pickup(crate::PickupId),
}

impl Subject {
    /// `order`, `sku`, `connection` or `pickup`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Sku(_) => "sku",
            Self::Connection(_) => "connection",
            Self::Pickup(_) => "pickup",
        }
    }

    /// The key within its kind.
    pub fn key(&self) -> &str {
        match self {
            Self::Order(id) => id.as_str(),
            Self::Sku(sku) => sku.as_str(),
            Self::Connection(name) => name,
            Self::Pickup(id) => id.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_use_the_same_parameters() {
        for code in Code::ALL {
            for i in 0..5 {
                let mark = format!("{{{i}}}");
                assert_eq!(
                    code.template(Reader::Ro).contains(&mark),
                    code.template(Reader::En).contains(&mark),
                    "{code}: parameter {i} is in one language only"
                );
            }
        }
    }

    #[test]
    fn fills_in_the_parameters() {
        let text = Code::UnknownArticle.text(Reader::En, &["A-1".into()]);
        assert!(text.starts_with("Article `A-1` does not exist"));
    }
}
