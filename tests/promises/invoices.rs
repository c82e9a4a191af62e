//! The ERP's invoices: found, kept byte for byte with the right order, given to a channel that takes them, doubted aloud.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::{
    Order, OrderId,
    attention::Code,
    invoice::SalesDocument,
    order::{Decision, Event},
};
use vortex_entities::Flow;
use vortex_port::{
    CallError, ChannelDocuments, ErpInvoices, InvoiceFiles,
    documents::{InvoiceFile, InvoiceWanted, SaleSeen, SalesReading},
};
use vortex_simulators::winmentor::PdfFault;

use crate::{
    engine::{DAY_MS, Engine, Wall},
    story::Story,
};

fn complete(order: &Order) -> bool {
    order.billing.invoices().next().is_some() && order.billing.unkept().next().is_none()
}

/// I1, F56: half written, empty, a web page, too large: none of these is kept, and the others go on; the right bytes are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_whole_invoice_is_kept() {
    let story = Story::begin().await;
    story.world.erp.update_options(|o| o.pdf_delay_ms = 0);
    let faults = [
        PdfFault::HalfWritten { looks: 3 },
        PdfFault::Empty,
        PdfFault::WebPage,
        PdfFault::TooLarge,
        PdfFault::Missing,
    ];
    let mut orders = Vec::new();
    for (nth, fault) in faults.into_iter().enumerate() {
        let order = story.booked(nth).await;
        story.world.erp.pdf_fault(None, fault).expect("the next one");
        let number = story.invoice(&order);
        orders.push((order, number));
    }
    let good = story.booked(7).await;
    let number = story.invoice(&good);
    story.until_known(&good, &[Flow::Invoices], complete).await;
    assert_eq!(story.kept(&good).await, [story.printed(number)], "one bad file holds up the others");
    story.until_known(&orders[0].0, &[Flow::Invoices], complete).await;
    assert_eq!(story.kept(&orders[0].0).await, [story.printed(orders[0].1)]);
    for (order, number) in &orders[1..] {
        assert_eq!(story.kept(order).await, []);
        // Exported again.
        story.world.erp.pdf_fault(Some(*number), PdfFault::HalfWritten { looks: 1 }).expect("an invoice");
    }
    for (order, number) in &orders[1..] {
        story.until_known(order, &[Flow::Invoices], complete).await;
        assert_eq!(story.kept(order).await, [story.printed(*number)]);
    }
    let audit = story.settled().await;
    assert_eq!((audit.invoices_archived, audit.invoices_wrong), (6, 0));
    story.nobody_is_told(Code::ReadingImplausible).await;
    story.end().await;
}

/// I1, F56: the file under the invoice's name is another order's: it is not kept, a person is told until the right one is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_orders_file_is_not_kept() {
    let story = Story::begin().await;
    story.world.erp.update_options(|o| o.pdf_delay_ms = 0);
    let first = story.booked(0).await;
    story.invoice(&first);
    story.until_known(&first, &[Flow::Invoices], complete).await;
    let second = story.booked(1).await;
    story.world.erp.pdf_fault(None, PdfFault::AnotherInvoice).expect("the next one");
    let number = story.invoice(&second);
    story.until_known(&second, &[Flow::Invoices], |order| order.billing.foreign_file.is_some()).await;
    assert_eq!(story.kept(&second).await, []);
    assert_eq!(story.told_of(&second).await, [Code::InvoiceFileForeign]);
    story.world.erp.pdf_fault(Some(number), PdfFault::HalfWritten { looks: 1 }).expect("an invoice");
    story.until_known(&second, &[Flow::Invoices], complete).await;
    assert_eq!(story.kept(&second).await, [story.printed(number)]);
    assert_eq!(story.told_of(&second).await, []);
    story.settled().await;
    story.end().await;
}

/// F57: invoiced twice: a person is told; the storno of the surplus one ends it, and is no return of the buyer's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_invoice_is_told() {
    let story = Story::begin().await;
    let order = story.booked(0).await;
    story.invoice(&order);
    story.world.erp.invoice_again(story.document(&order).nr_doc).expect("by mistake");
    story.until_known(&order, &[Flow::Invoices], |order| order.billing.invoices().count() == 2).await;
    assert!(story.told_of(&order).await.contains(&Code::InvoiceDuplicate));
    story.run(Flow::Shipping).await;
    assert_eq!(story.waybills(&order).len(), 0, "nothing leaves while the invoices are in doubt");
    assert!(story.asked(&order, Event::Decided(Decision::BillingSettled)).await);
    assert!(!story.told_of(&order).await.contains(&Code::InvoiceDuplicate));
    story.end().await;
}

/// An order that is invoiced in parts has several invoices, each kept, and no doubt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partial_invoices_are_kept_each() {
    let story = Story::begin().await;
    let order = story.booked_in(vortex_simulators::cdon::Market::Se, 0, 3).await;
    let document = story.document(&order).nr_doc;
    let first = story.world.erp.invoice_part(document, Decimal::ONE).expect("three are open");
    let second = story.world.erp.invoice_part(document, Decimal::TWO).expect("two are open");
    let both = |order: &Order| order.billing.invoices().count() == 2 && complete(order);
    story.until_known(&order, &[Flow::Invoices], both).await;
    let kept = story.kept(&order).await;
    assert!(kept.contains(&story.printed(first)) && kept.contains(&story.printed(second)), "{kept:?}");
    assert_eq!(story.told_of(&order).await, []);
    story.leaves(&order).await;
    story.settled().await;
    story.end().await;
}

/// An invoice that does not come, and a file that does not come, are told in their time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_invoice_and_a_late_file_are_told() {
    let story = Story::begin().await;
    story.world.erp.update_options(|o| o.pdf_delay_ms = 0);
    let order = story.booked(0).await;
    let document = story.document(&order).nr_doc;
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    let wall = Wall::default();
    for (days, told) in [(1, vec![]), (2, vec![Code::InvoiceLate])] {
        wall.step(DAY_MS * i64::from(days == 2) + DAY_MS);
        let engine = Engine::with(&config, vendor.clone(), wall.clone(), |_| ()).await;
        engine.run(&[Flow::Invoices]).await;
        assert_eq!(engine.told_of(&order).await, told, "after {days} days");
        engine.stop().await;
    }
    remotes.erp.pdf_fault(None, PdfFault::Missing).expect("the next one");
    let number = remotes.erp.invoice(document).expect("it can be invoiced");
    let engine = Engine::with(&config, vendor.clone(), wall.clone(), |_| ()).await;
    let limit = tokio::time::Instant::now() + crate::story::LIMIT;
    while engine.known(&order).await.billing.invoices().next().is_none() {
        assert!(tokio::time::Instant::now() < limit, "{:?}", engine.known(&order).await.billing);
        engine.run(&[Flow::Invoices]).await;
        crate::story::pause().await;
    }
    assert_eq!(engine.told_of(&order).await, []);
    engine.stop().await;
    wall.step(DAY_MS + 1_000);
    let engine = Engine::with(&config, vendor, wall, |_| ()).await;
    engine.run(&[Flow::Invoices]).await;
    assert_eq!(engine.told_of(&order).await, [Code::InvoiceFileMissing]);
    remotes.erp.pdf_fault(Some(number), PdfFault::HalfWritten { looks: 1 }).expect("an invoice");
    let limit = tokio::time::Instant::now() + crate::story::LIMIT;
    while !complete(&engine.known(&order).await) {
        assert!(tokio::time::Instant::now() < limit, "{:?}", engine.known(&order).await.billing);
        engine.run(&[Flow::Invoices]).await;
        crate::story::pause().await;
    }
    assert_eq!(engine.told_of(&order).await, []);
    engine.stop().await;
    remotes.erp.stop();
    remotes.channel.stop();
    remotes.courier.stop();
}

/// The ERP, with its invoices changed on their way to us.
struct Altered(Arc<dyn ErpInvoices>, fn(usize, &mut SalesDocument));

#[async_trait]
impl ErpInvoices for Altered {
    async fn sales(&self, since: Date) -> Result<Box<dyn SalesReading>, CallError> {
        Ok(Box::new(AlteredReading(self.0.sales(since).await?, self.1)))
    }
}

struct AlteredReading(Box<dyn SalesReading>, fn(usize, &mut SalesDocument));

impl SalesReading for AlteredReading {
    fn seen(&self) -> Vec<SaleSeen> {
        self.0.seen()
    }

    fn of(&self, wanted: &[InvoiceWanted]) -> Vec<Vec<SalesDocument>> {
        let mut found = self.0.of(wanted);
        for (nth, documents) in found.iter_mut().enumerate() {
            for document in documents {
                (self.1)(nth, document);
            }
        }
        found
    }
}

/// The invoice's total or partner is not the order's: a person is told, and nothing leaves on its strength.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_of_somebody_else_or_over_another_sum_is_told() {
    let other_sum: fn(usize, &mut SalesDocument) = |_, document| {
        document.lines.iter_mut().for_each(|line| line.net_minor += 500);
    };
    let other_partner: fn(usize, &mut SalesDocument) = |_, document| document.partner = "SOMEBODY".to_owned();
    let story = Story::begin().await;
    let order = story.invoiced(0).await;
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    for alter in [other_sum, other_partner] {
        let engine = Engine::with(&config, vendor.clone(), Wall::default(), |remotes| {
            remotes.erp_invoices = Arc::new(Altered(remotes.erp_invoices.clone(), alter));
        })
        .await;
        let limit = tokio::time::Instant::now() + crate::story::LIMIT;
        while !engine.told_of(&order).await.contains(&Code::InvoiceMismatch) {
            assert!(tokio::time::Instant::now() < limit, "{:?}", engine.known(&order).await.billing);
            let scope = vortex::flow::Scope { sku: None, order: order.parse().ok() };
            engine.handle().hub.run(Flow::Invoices, scope).await.expect("the flow runs");
        }
        engine.run(&[Flow::Shipping]).await;
        let reference = OrderId::new(&order).expect("an id").parcel_reference(1);
        assert_eq!(remotes.courier.minted_under(&reference).len(), 0);
        engine.stop().await;
        // The clerk has corrected it.
        let engine =
            Engine::with(&config, vendor.clone(), Wall::default(), |remotes| remotes.courier = None).await;
        let scope = vortex::flow::Scope { sku: None, order: order.parse().ok() };
        engine.handle().hub.run(Flow::Invoices, scope).await.expect("the flow runs");
        assert_eq!(engine.told_of(&order).await, []);
        engine.stop().await;
    }
    remotes.erp.stop();
    remotes.channel.stop();
    remotes.courier.stop();
}

/// A channel that takes documents: each once, however often it is asked.
#[derive(Default)]
struct Shelf {
    taken: Mutex<Vec<(OrderId, String, Vec<u8>)>>,
    calls: AtomicUsize,
}

#[async_trait]
impl ChannelDocuments for Shelf {
    async fn attach(&self, id: &OrderId, file: &InvoiceFile) -> Result<(), CallError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (id.clone(), file.name.clone(), file.bytes.clone());
        if !taken.contains(&entry) {
            taken.push(entry);
        }
        // The first answer is lost on its way.
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(CallError::Unknown { connection: "channel".to_owned(), why: "cut off".to_owned() });
        }
        Ok(())
    }
}

/// I3: a channel that takes documents gets the right bytes once, also after a lost answer and a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_takes_documents_gets_each_once() {
    let story = Story::begin().await;
    story.world.erp.update_options(|o| o.pdf_delay_ms = 0);
    let mut expected = Vec::new();
    for nth in 0..3 {
        let order = story.booked(nth).await;
        let number = story.invoice(&order);
        let (name, bytes) = story.printed(number);
        expected.push((OrderId::new(&order).expect("an id"), name, bytes));
    }
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    let shelf = Arc::new(Shelf::default());
    for life in 0..2 {
        let documents: Arc<dyn ChannelDocuments> = shelf.clone();
        let engine = Engine::with(&config, vendor.clone(), Wall::default(), |remotes| {
            (remotes.courier, remotes.channel_documents) = (None, Some(documents));
        })
        .await;
        let limit = tokio::time::Instant::now() + crate::story::LIMIT;
        loop {
            let mut open = 0;
            for (id, ..) in &expected {
                // On demand: an order that was looked at just before its invoice was made is due again in a quarter of an hour.
                let scope = vortex::flow::Scope { order: Some(id.clone()), ..vortex::flow::Scope::default() };
                let _first_fails = engine.handle().hub.run(Flow::Invoices, scope).await;
                let files = engine.known(id.as_str()).await.billing.files;
                open += usize::from(files.is_empty() || files.iter().any(|file| file.attached_ms.is_none()));
            }
            if open == 0 {
                break;
            }
            assert!(tokio::time::Instant::now() < limit, "{open} are not attached in life {life}");
            crate::story::pause().await;
        }
        engine.stop().await;
    }
    let mut taken = shelf.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
    taken.sort();
    expected.sort();
    assert_eq!(taken, expected);
    assert_eq!(shelf.calls.load(Ordering::Relaxed), 4, "one was asked again, because its answer was lost");
    remotes.erp.stop();
    remotes.channel.stop();
    remotes.courier.stop();
}

/// One file for everybody.
struct OneFile;

#[async_trait]
impl InvoiceFiles for OneFile {
    async fn fetch(&self, invoice: &SalesDocument) -> Result<Option<InvoiceFile>, CallError> {
        Ok(Some(InvoiceFile {
            name: format!("{}.pdf", invoice.name()),
            bytes: b"%PDF-1.4 both\n%%EOF".to_vec(),
        }))
    }
}

/// One invoice for the two orders of a basket: kept with both, and nobody takes it for a stranger's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_invoice_of_two_orders_is_kept_with_both() {
    let story = Story::begin().await;
    let (first, second) = (story.invoiced(0).await, story.invoiced(1).await);
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    let same_number: fn(usize, &mut SalesDocument) = |_, document| document.number = "77".to_owned();
    let engine = Engine::with(&config, vendor, Wall::default(), |remotes| {
        remotes.courier = None;
        remotes.erp_invoices = Arc::new(Altered(remotes.erp_invoices.clone(), same_number));
        remotes.invoice_files = Some(("folder".to_owned(), Arc::new(OneFile)));
    })
    .await;
    let same = |order: &Order| complete(order) && order.billing.documents.iter().all(|d| d.number == "77");
    let limit = tokio::time::Instant::now() + crate::story::LIMIT;
    while !(same(&engine.known(&first).await) && same(&engine.known(&second).await)) {
        assert!(tokio::time::Instant::now() < limit, "{:?}", engine.known(&second).await.billing);
        engine.run(&[Flow::Invoices]).await;
        crate::story::pause().await;
    }
    for order in [&first, &second] {
        assert_eq!(engine.told_of(order).await, []);
    }
    engine.stop().await;
    remotes.erp.stop();
    remotes.channel.stop();
    remotes.courier.stop();
}
