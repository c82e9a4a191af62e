//! The folder into which WinMentor prints its invoices: `/pdf/FACT1001.pdf`.
//!
//! `DocImpServer` hands out no documents (specification 3.12); a shared folder is how they leave the office.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::books::{Invoice, Order};
use super::bridge::Bridge;

pub(super) fn router(bridge: &Arc<Bridge>) -> Router {
    Router::new().route("/pdf/{name}", get(invoice)).with_state(Arc::clone(bridge))
}

/// The invoice whose series and number make up the file name, with or without the `F.` of sales documents.
async fn invoice(State(bridge): State<Arc<Bridge>>, Path(name): Path<String>) -> Response {
    let wanted = name.strip_suffix(".pdf").unwrap_or(&name);
    let wanted = wanted.strip_prefix("F.").unwrap_or(wanted);
    let books = bridge.books();
    let found = books.orders.iter().find_map(|order| {
        let invoice = order.invoice.as_ref()?;
        (format!("FACT{}", invoice.number) == wanted)
            .then(|| (order, document(order, invoice), invoice.number))
    });
    let Some((order, document, number)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    bridge.log.record_with("pdf", || {
        let sha256 = Sha256::digest(&document).iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _infallible = write!(hex, "{byte:02x}");
            hex
        });
        json!({"number": number, "nr_doc": order.nr_doc, "ref": order.reference(), "sha256": sha256,
               "len": document.len()})
    });
    ([(header::CONTENT_TYPE, "application/pdf")], document).into_response()
}

/// A one-page PDF; the same bytes each time.
fn document(order: &Order, invoice: &Invoice) -> Vec<u8> {
    let mut lines = vec![
        format!("FACTURA FACT {}", invoice.number),
        format!("Data {}", invoice.date),
        format!("Comanda {} {}", order.nr_doc, order.reference().unwrap_or("")),
    ];
    lines.extend(
        order
            .lines
            .iter()
            .map(|line| format!("{} {} {} x {}", line.code, line.unit, line.quantity, line.price)),
    );
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
