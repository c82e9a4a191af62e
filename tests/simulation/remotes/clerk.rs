//! The merchant's clerk: invoices what is booked, exports the PDF, takes goods back.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use vortex_domain::{
    ChannelOrder, ChannelState, OrderId,
    article::fingerprint,
    invoice::{SalesDocument, SoldLine},
    sales::{SaleLine, business_date},
    shipping::Tracking,
};
use vortex_port::{
    CallError, ErpInvoices, InvoiceFiles,
    documents::{InvoiceFile, InvoiceWanted, SaleSeen, SalesReading},
};

use super::{Happening, Line, Remote, World, erp::Doc};

/// From a booking to its invoice at most; most are faster.
const INVOICED_MS: i64 = 1_800_000;
/// From an invoice to its PDF in the folder at most.
const EXPORTED_MS: i64 = 600_000;

/// An invoice or a storno.
#[derive(Debug, Clone)]
pub(crate) struct Fiscal {
    /// The token of its order.
    pub(crate) token: String,
    /// As a reader shows it.
    pub(crate) shown: SalesDocument,
    /// When its file appears.
    pub(crate) exported_ms: i64,
}

impl Fiscal {
    /// What the ERP prints for it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!("%PDF-1.4\n{} of {}, {} bani\n%%EOF", self.shown.name(), self.token, self.shown.total_minor)
            .into_bytes()
    }
}

/// What came back of an order, in truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Back {
    /// Units that are back, or are known to be.
    pub(crate) units: u32,
    /// Units that the ERP has credited.
    pub(crate) credited: u32,
}

/// The clerk's desk.
#[derive(Default)]
pub(crate) struct Clerk {
    /// Invoices and stornos, in order of their numbers.
    pub(crate) fiscal: Vec<Fiscal>,
    /// What came back, by token.
    pub(crate) back: BTreeMap<String, Back>,
}

impl World {
    /// A new document will be invoiced, when this merchant invoices through the ERP.
    pub(super) fn invoice_follows(&mut self, at_ms: i64, doc: u64) {
        if self.ships && (self.weather.quirks == 0 || self.chance.permille(850)) {
            let after_ms = if self.weather.quirks == 0 { 60_000 } else { INVOICED_MS };
            let after_ms = self.chance.between(after_ms / 6, after_ms);
            self.at(at_ms + after_ms, Happening::Invoice(doc));
        }
    }

    fn day(&self, at_ms: i64) -> Date {
        business_date(self.channel.epoch_ms + at_ms)
    }

    /// The clerk invoices a document: its goods leave. Of a cancelled order too, when nobody has told the clerk.
    pub(crate) fn invoice(&mut self, at_ms: i64, doc: u64) {
        let Some(found) = self.erp.docs.get_mut(&doc).filter(|doc| doc.live && !doc.shipped) else { return };
        found.shipped = true;
        let Doc { token, customer, lines, .. } = found.clone();
        for line in &lines {
            *self.erp.on_hand.entry(line.sku.clone()).or_default() -= line.quantity * 1_000;
        }
        self.write_fiscal(at_ms, &token, &customer, &lines, 1);
    }

    fn write_fiscal(&mut self, at_ms: i64, token: &str, customer: &str, lines: &[SaleLine], sign: i64) {
        let number = 1_000 + self.clerk.fiscal.len();
        let net = |line: &SaleLine| {
            (Decimal::from(line.quantity) * line.unit_price * Decimal::ONE_HUNDRED)
                .round()
                .to_i64()
                .unwrap_or(0)
        };
        let lines: Vec<SoldLine> = lines
            .iter()
            .map(|line| SoldLine {
                sku: line.sku.clone(),
                quantity_milli: sign * line.quantity * 1_000,
                net_minor: sign * net(line),
            })
            .collect();
        let total_minor = lines.iter().map(|line| line.net_minor).sum::<i64>() * 121 / 100;
        let shown = SalesDocument {
            series: "FCT".to_owned(),
            number: number.to_string(),
            date: self.day(at_ms),
            partner: customer.to_owned(),
            total_minor: if total_minor == 0 { sign } else { total_minor },
            lines,
        };
        self.note(
            at_ms,
            format!("{} {} for {token}", if sign > 0 { "invoice" } else { "storno" }, shown.name()),
        );
        let late_ms = if self.quirk("PDF exported late", 300) { EXPORTED_MS } else { 5_000 };
        let exported_ms = at_ms + self.chance.between(0, late_ms);
        self.clerk.fiscal.push(Fiscal { token: token.to_owned(), shown, exported_ms });
    }

    /// The clerk takes the invoiced goods of an order back: all, or so many units of a plain article.
    pub(crate) fn storno(&mut self, at_ms: i64, doc: u64, units: Option<u32>) {
        let Some(found) = self.erp.docs.get(&doc).filter(|doc| doc.live && doc.shipped).cloned() else {
            return;
        };
        let Doc { token, customer, lines, .. } = found;
        let Some(order) = self.order_of(&token) else { return };
        // What the document has, not what the buyer has changed the order to since.
        let each = |line: &SaleLine| line.quantity / i64::from(order.quantity.max(1));
        if self.clerk.back.get(&token).is_some_and(|back| back.credited > 0) {
            return;
        }
        let plain = lines.len() == 1;
        let units = units.filter(|units| plain && *units < order.quantity).unwrap_or(order.quantity);
        let back: Vec<SaleLine> = lines
            .iter()
            .map(|line| {
                let whole = units == order.quantity;
                let quantity = if whole { line.quantity } else { each(line) * i64::from(units) };
                SaleLine { quantity, ..line.clone() }
            })
            .collect();
        for line in &back {
            *self.erp.on_hand.entry(line.sku.clone()).or_default() += line.quantity * 1_000;
        }
        self.write_fiscal(at_ms, &token, &customer, &back, -1);
        let known = self.clerk.back.entry(token).or_default();
        known.credited = units;
        known.units = known.units.max(units);
    }

    /// The channel's newest version of the order with this token.
    pub(crate) fn order_of(&self, token: &str) -> Option<&ChannelOrder> {
        self.channel.orders.values().find(|order| order.id.erp_token() == token)
    }

    /// Something that was sent comes back: the courier brings it, the clerk takes it back without a word, or both. What a
    /// buyer has changed after the booking is left alone: its units are for people.
    pub(super) fn parcel_returns(&mut self, at_ms: i64) {
        let sent: Vec<(u64, OrderId, u32)> = self
            .erp
            .docs
            .iter()
            .filter(|(_, doc)| doc.live && doc.shipped && !self.clerk.back.contains_key(&doc.token))
            .filter_map(|(id, doc)| {
                let order = self.order_of(&doc.token)?;
                let ours = self.desk.under(&order.id.parcel_reference(1)).next().is_some();
                let whole = doc.lines.iter().map(|line| line.quantity).sum::<i64>() == self.units_of(order);
                (order.state == ChannelState::Fulfilled && ours && whole)
                    .then(|| (*id, order.id.clone(), order.quantity))
            })
            .collect();
        let Some((doc, id, quantity)) = self.chance.pick(&sent).cloned() else { return };
        self.inject("parcel comes back");
        let (reference, token) = (id.parcel_reference(1), id.erp_token());
        let courier = self.chance.permille(600);
        if courier {
            let back = self.desk.waybills.values_mut().filter(|minted| minted.reference == reference);
            back.for_each(|minted| minted.returned_ms = Some(at_ms));
            self.clerk.back.entry(token).or_default().units = quantity;
        }
        if !courier || self.chance.permille(700) {
            let units = (!courier && self.chance.permille(400)).then_some(1);
            self.at(at_ms + self.chance.between(60_000, 900_000), Happening::Storno(doc, units));
        }
    }

    /// Units that a document of this order has, over all parts.
    pub(crate) fn units_of(&self, order: &ChannelOrder) -> i64 {
        let parts = self.vendor.parts(&order.sku);
        parts.iter().map(|(_, each)| each * i64::from(order.quantity)).sum()
    }

    /// The merchant ships something that is booked by hand and tells the channel itself, in spite of us.
    pub(super) fn fulfilled_by_hand(&mut self, at_ms: i64) {
        let open = [ChannelState::Created, ChannelState::Accepted];
        let waiting: Vec<ChannelOrder> =
            self.channel.orders.values().filter(|order| open.contains(&order.state)).cloned().collect();
        let live = super::tokens(&self.erp.docs);
        let waiting: Vec<ChannelOrder> =
            waiting.into_iter().filter(|order| live.contains(&order.id.erp_token())).collect();
        let Some(order) = self.chance.pick(&waiting).cloned() else { return };
        self.inject("fulfilled by hand");
        let tracking = vec![Tracking { carrier: "Budbee".to_owned(), number: format!("HAND-{at_ms}") }];
        self.show(at_ms, ChannelOrder { state: ChannelState::Fulfilled, tracking, ..order });
    }
}

#[async_trait]
impl ErpInvoices for Line {
    async fn sales(&self, since: Date) -> Result<Box<dyn SalesReading>, CallError> {
        self.read(Remote::Erp, "sales", |world, _| {
            let months = |fiscal: &&Fiscal| fiscal.shown.date >= since.first_of_month();
            let read: Vec<Fiscal> = world.clerk.fiscal.iter().filter(months).cloned().collect();
            Ok(Box::new(Sales(read)) as Box<dyn SalesReading>)
        })
        .await
    }
}

/// What one reading of the sales shows.
struct Sales(Vec<Fiscal>);

impl SalesReading for Sales {
    fn seen(&self) -> Vec<SaleSeen> {
        let seen = |fiscal: &Fiscal| SaleSeen {
            print: fingerprint(&fiscal.shown),
            date: fiscal.shown.date,
            storno: fiscal.shown.is_storno(),
            numbers: Vec::new(),
            tokens: vec![fiscal.token.clone()],
            names: Vec::new(),
        };
        self.0.iter().map(seen).collect()
    }

    fn of(&self, wanted: &[InvoiceWanted]) -> Vec<Vec<SalesDocument>> {
        let of = |wanted: &InvoiceWanted| {
            let ours = self.0.iter().filter(|fiscal| fiscal.token == wanted.token);
            ours.map(|fiscal| fiscal.shown.clone()).collect::<Vec<_>>()
        };
        wanted.iter().map(of).collect()
    }
}

#[async_trait]
impl InvoiceFiles for Line {
    async fn fetch(&self, invoice: &SalesDocument) -> Result<Option<InvoiceFile>, CallError> {
        let name = invoice.name();
        self.read(Remote::Erp, &format!("file {name}"), |world, now_ms| {
            let found = world.clerk.fiscal.iter().find(|fiscal| fiscal.shown.name() == name);
            let found = found.filter(|fiscal| fiscal.exported_ms <= now_ms).map(Fiscal::bytes);
            if found.is_some() && world.quirk("PDF half written", 100) {
                return Ok(None);
            }
            if found.is_some() && world.quirk("a web page instead of the PDF", 60) {
                let connection = Remote::Erp.name().to_owned();
                return Err(CallError::Implausible { connection, why: "a web page".to_owned() });
            }
            Ok(found.map(|bytes| InvoiceFile { name: format!("{name}.pdf"), bytes }))
        })
        .await
    }
}
