//! The folder into which WinMentor prints its invoices, on a server of its own: `/pdf/FACT1001.pdf`.
//!
//! `DocImpServer` hands out no documents (specification 3.12); a shared folder is how they leave the office. A file
//! appears `pdf_delay_ms` after its invoice, and may have the troubles of [`PdfFault`].

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::books::{Books, Order};
use super::bridge::Bridge;
use super::invoices::Invoice;
use super::options::PdfFault;
use super::text::comma;
use crate::faults::FaultPlan;

/// More than anybody prints.
const TOO_LARGE: usize = 25 * 1024 * 1024;

pub(super) fn router(bridge: &Arc<Bridge>, faults: &FaultPlan) -> Router {
    faults.protect(Router::new().route("/pdf/{name}", get(file)).with_state(Arc::clone(bridge)))
}

/// The invoice whose series and number make up the file name, with or without the `F.` of sales documents.
async fn file(State(bridge): State<Arc<Bridge>>, Path(name): Path<String>) -> Response {
    let wanted = name.strip_suffix(".pdf").unwrap_or(&name);
    let wanted = wanted.strip_prefix("F.").unwrap_or(wanted);
    let mut books = bridge.books();
    books.clerk_at_work();
    let Some((bytes, fault, number)) = books.print(wanted) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let sha256 = hex(&Sha256::digest(&bytes));
    let Some((order, _)) = books.sales_document(number) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    bridge.log.record_with("pdf", || {
        json!({"number": number, "nr_doc": order.nr_doc, "ref": order.reference(), "sha256": sha256,
               "len": bytes.len(), "fault": fault})
    });
    let tag = format!("\"{}\"", sha256.get(..16).unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::ETAG, tag)], bytes).into_response()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

impl Books {
    /// What the folder holds under this name now, with what is wrong with it, and the invoice's number.
    fn print(&mut self, wanted: &str) -> Option<(Vec<u8>, Option<PdfFault>, i64)> {
        let now_ms = self.now_ms();
        let delay_ms = self.options.pdf_delay_ms;
        let mut all = self.orders.iter().flat_map(|order| order.invoices.iter().map(move |i| (order, i)));
        let printed = |invoice: &Invoice| now_ms >= invoice.entered_ms.saturating_add(delay_ms);
        let (order, invoice) = all.find(|(_, invoice)| invoice.name() == wanted && printed(invoice))?;
        let (whole, number) = (document(order, invoice), invoice.number);
        let fault = self.prints.get(&number).copied();
        let bytes = match fault {
            None => whole,
            Some(PdfFault::Missing) => return None,
            Some(PdfFault::HalfWritten { looks }) => {
                if looks <= 1 {
                    self.prints.remove(&number);
                } else {
                    self.prints.insert(number, PdfFault::HalfWritten { looks: looks - 1 });
                }
                whole.get(..whole.len() / 2).unwrap_or_default().to_vec()
            }
            Some(PdfFault::WebPage) => b"<!doctype html><title>Index of /pdf</title>".to_vec(),
            Some(PdfFault::Empty) => Vec::new(),
            Some(PdfFault::TooLarge) => {
                let mut padded = whole;
                padded.resize(TOO_LARGE, b' ');
                padded.extend_from_slice(b"\n%%EOF\n");
                padded
            }
            Some(PdfFault::AnotherInvoice) => self.print_of_another(number)?,
        };
        Some((bytes, fault, number))
    }

    /// The print of some other invoice, or of the one that would come next.
    fn print_of_another(&self, number: i64) -> Option<Vec<u8>> {
        let all = || self.orders.iter().flat_map(|order| order.invoices.iter().map(move |i| (order, i)));
        if let Some((order, invoice)) = all().find(|(_, invoice)| invoice.number != number) {
            return Some(document(order, invoice));
        }
        let (order, invoice) = all().next()?;
        Some(document(order, &Invoice { number: self.next_invoice, ..invoice.clone() }))
    }

    /// What WinMentor prints for an invoice or storno, whatever becomes of it in the folder.
    pub(super) fn pdf_bytes(&self, series: &str, number: i64) -> Option<Vec<u8>> {
        let (order, invoice) = self.sales_document(number).filter(|(_, invoice)| invoice.series == series)?;
        Some(document(order, invoice))
    }
}

/// A one-page PDF; the same bytes each time.
fn document(order: &Order, invoice: &Invoice) -> Vec<u8> {
    let title = if invoice.storno_of.is_some() { "FACTURA STORNO" } else { "FACTURA" };
    let mut lines = vec![
        format!("{title} {} {}", invoice.series, invoice.number),
        format!("Data {}", invoice.date),
        format!("Comanda {} {}", order.nr_doc, order.reference().unwrap_or("")),
    ];
    lines.extend(invoice.lines.iter().filter_map(|sold| {
        let line = order.lines.get(sold.line)?;
        Some(format!("{} {} {} x {}", line.code, line.unit, comma(sold.quantity), comma(line.price)))
    }));
    lines.push(format!("Total cu TVA {} LEI", invoice.total));
    let mut content = "BT /F1 11 Tf 50 780 Td 16 TL".to_owned();
    for line in lines {
        let safe: String = line
            .chars()
            .filter(|c| c.is_ascii_graphic() || *c == ' ')
            .filter(|c| !"()\\".contains(*c))
            .collect();
        let _infallible = write!(content, " ({safe}) Tj T*");
    }
    content.push_str(" ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        let _infallible = writeln!(table, "{:010} 00000 n ", pdf.len());
        let _infallible = writeln!(pdf, "{} 0 obj\n{object}\nendobj", index + 1);
    }
    let start = pdf.len();
    let _infallible =
        write!(pdf, "xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    pdf.into_bytes()
}
