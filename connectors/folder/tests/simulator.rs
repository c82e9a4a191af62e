//! The folder that the WinMentor simulator prints into, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot build its world has failed")]

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::json;
use vortex_domain::{Entropy, SystemClock, VendorId, invoice::SalesDocument};
use vortex_folder::FolderFiles;
use vortex_port::{CallError, InvoiceFiles, connection::Checkable, http::EgressPolicy};
use vortex_simulators::{
    FaultMode, FaultRule,
    winmentor::{ErpOrderLineView, ErpOrderView, NewArticle, PdfFault, WinMentorSim, WinMentorSimOptions},
};

fn files(url: &str, name: &str, allowed: &str) -> FolderFiles {
    let vendor = VendorId::new("acme").unwrap();
    let egress = EgressPolicy { allow_networks: vec![allowed.parse().unwrap()] };
    let setting = json!({"folder_url": url, "name": name});
    FolderFiles::new(&vendor, "erp", &setting, egress, Entropy::seeded(1), Arc::new(SystemClock)).unwrap()
}

fn invoice_of(number: i64) -> SalesDocument {
    SalesDocument {
        series: "FACT".to_owned(),
        number: number.to_string(),
        date: date(2026, 11, 23),
        partner: "CDON-SE".to_owned(),
        total_minor: 12_100,
        lines: Vec::new(),
    }
}

struct World {
    sim: WinMentorSim,
    files: FolderFiles,
    orders: i64,
}

impl World {
    async fn start(change: impl FnOnce(&mut WinMentorSimOptions)) -> Self {
        let mut options = WinMentorSimOptions { articles: 20, ..WinMentorSimOptions::default() };
        change(&mut options);
        let sim = WinMentorSim::start(options).await.unwrap();
        let article = NewArticle {
            code: "A-1".to_owned(),
            stock: BTreeMap::from([("MAG1".to_owned(), Decimal::TEN)]),
            ..NewArticle::default()
        };
        sim.add_article(&article).unwrap();
        let files = files(&sim.pdf_base_url(), "{series}{number}.pdf", "127.0.0.0/8");
        Self { sim, files, orders: 0 }
    }

    /// Makes an order and invoices it.
    fn invoice(&mut self) -> SalesDocument {
        self.orders += 1;
        let line = ErpOrderLineView {
            code: "A-1".to_owned(),
            unit: "Buc".to_owned(),
            qty: Decimal::ONE,
            price: Decimal::ONE_HUNDRED,
            remark: String::new(),
        };
        let order = ErpOrderView {
            nr_doc: 500_000 + self.orders,
            own_nr: 0,
            booklet: "CDON".to_owned(),
            remark: format!("CDON:{}", self.orders),
            reference: None,
            partner: "CDON-SE".to_owned(),
            place: String::new(),
            date: Date::constant(2026, 11, 23),
            cancelled: false,
            invoiced: false,
            invoice_number: None,
            lines: vec![line],
        };
        self.sim.enter_by_hand(&order).unwrap();
        invoice_of(self.sim.invoice(order.nr_doc).unwrap())
    }

    async fn bytes(&self, invoice: &SalesDocument) -> Option<Vec<u8>> {
        self.files.fetch(invoice).await.unwrap().map(|file| file.bytes)
    }

    fn printed(&self, invoice: &SalesDocument) -> Option<Vec<u8>> {
        self.sim.invoice_pdf_bytes(&invoice.series, invoice.number.parse().unwrap())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.sim.stop();
    }
}

/// I1: the bytes are those that the ERP printed.
#[tokio::test]
async fn the_file_of_an_invoice_is_fetched() {
    let mut world = World::start(|_| ()).await;
    let (first, second) = (world.invoice(), world.invoice());
    assert!(world.printed(&first).is_some());
    for invoice in [&first, &second] {
        let file = world.files.fetch(invoice).await.unwrap().unwrap();
        assert_eq!(Some(&file.bytes), world.printed(invoice).as_ref());
        assert_eq!(file.name, format!("{}.pdf", invoice.name()));
    }
    assert_eq!(world.bytes(&invoice_of(999)).await, None);
    let check = world.files.check().await;
    assert!(check.iter().all(|item| item.ok) && check.len() == 1, "{check:?}");
}

#[tokio::test]
async fn a_file_that_is_not_printed_yet_is_absent() {
    let mut world = World::start(|options| options.pdf_delay_ms = 60_000).await;
    let invoice = world.invoice();
    assert_eq!(world.bytes(&invoice).await, None);
    world.sim.clock().advance_ms(60_000);
    assert_eq!(world.bytes(&invoice).await, world.printed(&invoice));
    assert!(world.printed(&invoice).is_some());
}

/// F56: half of a file is not the file, and neither is anything else in its place.
#[tokio::test]
async fn what_is_no_complete_pdf_is_not_taken() {
    let mut world = World::start(|_| ()).await;
    // One look: the HEAD sees half of the file, two GETs all of it. Two: HEAD and GET see half. Three: the next HEAD too.
    for (looks, absences) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
        world.sim.pdf_fault(None, PdfFault::HalfWritten { looks }).unwrap();
        let invoice = world.invoice();
        for absence in 0..absences {
            assert_eq!(world.bytes(&invoice).await, None, "{looks} looks, absence {absence}");
        }
        let whole = world.bytes(&invoice).await;
        assert!(whole.is_some() && whole == world.printed(&invoice), "{looks} looks");
    }
    for (fault, words) in [
        (PdfFault::WebPage, "a web page"),
        (PdfFault::Empty, "empty"),
        (PdfFault::TooLarge, "longer than 10485760 bytes"),
    ] {
        let invoice = world.invoice();
        world.sim.pdf_fault(Some(invoice.number.parse().unwrap()), fault).unwrap();
        let fetched = world.files.fetch(&invoice).await;
        let told = matches!(&fetched, Err(CallError::Implausible { connection, why })
            if connection == "erp.invoice_pdf" && why.contains(words));
        assert!(told, "{fault:?}: {fetched:?}");
    }
    let invoice = world.invoice();
    world.sim.pdf_fault(Some(invoice.number.parse().unwrap()), PdfFault::Missing).unwrap();
    assert_eq!(world.bytes(&invoice).await, None);
}

/// Servers without HEAD are asked twice.
#[tokio::test]
async fn a_server_without_head_is_asked_twice() {
    let mut world = World::start(|_| ()).await;
    for code in [405, 501] {
        let status = FaultMode::Status { code, retry_after_s: None, html: false };
        world.sim.faults().push(FaultRule::next(1, "HEAD ", status));
        let invoice = world.invoice();
        world.sim.pdf_fault(None, PdfFault::HalfWritten { looks: 1 }).unwrap();
        let growing = world.invoice();
        assert_eq!(world.bytes(&invoice).await, world.printed(&invoice));
        world.sim.faults().push(FaultRule::next(
            1,
            "HEAD ",
            FaultMode::Status { code, retry_after_s: None, html: false },
        ));
        assert_eq!(world.bytes(&growing).await, None);
        assert_eq!(world.bytes(&growing).await, world.printed(&growing));
        assert!(world.printed(&growing).is_some());
    }
}

#[tokio::test]
async fn names_stay_inside_of_the_folder() {
    let mut world = World::start(|_| ()).await;
    let invoice = world.invoice();
    let walk = SalesDocument { series: "x/../FACT".to_owned(), ..invoice.clone() };
    assert_eq!(world.bytes(&walk).await, None);
    assert_eq!(world.sim.log().count("pdf"), 0);
    let dots = files(&world.sim.pdf_base_url(), "{series}/{number}.pdf", "127.0.0.0/8");
    let up = SalesDocument { series: "..".to_owned(), ..invoice };
    assert!(matches!(dots.fetch(&up).await, Err(CallError::Implausible { .. })));
}

/// SEC15
#[tokio::test]
async fn the_egress_guard_stands_before_the_folder() {
    let vendor = VendorId::new("acme").unwrap();
    let refused = FolderFiles::new(
        &vendor,
        "erp",
        &json!({"folder_url": "http://127.0.0.1:9501/pdf/"}),
        EgressPolicy::default(),
        Entropy::seeded(1),
        Arc::new(SystemClock),
    );
    assert_eq!(refused.unwrap_err().field, "invoice_pdf.folder_url");
}

#[tokio::test]
async fn a_folder_that_is_away_is_said() {
    let mut world = World::start(|_| ()).await;
    let invoice = world.invoice();
    world.sim.faults().push(FaultRule::always("/pdf/", FaultMode::HtmlPage { status: 200 }));
    let check = world.files.check().await;
    assert!(!check[0].ok && check[0].remedy.contains("404"), "{check:?}");
    world.sim.faults().clear();
    world.sim.stop();
    world.sim.stopped().await;
    let fetched = world.files.fetch(&invoice).await;
    assert!(matches!(fetched, Err(CallError::NotSent { .. })), "{fetched:?}");
    let check = world.files.check().await;
    assert!(!check[0].ok && check[0].remedy.contains("folder_url"), "{check:?}");
}
