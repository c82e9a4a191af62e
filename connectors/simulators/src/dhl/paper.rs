//! Labels and papers: small, but such as a viewer opens and a printer prints (spec section 5).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A document of a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paper {
    /// `label`, `waybillDoc`, `invoice`, `shipmentReceipt` or `qr-code`.
    pub(super) type_code: &'static str,
    /// `PDF`, `ZPL`, `LP2`, `EPL` or `PNG`.
    pub(super) format: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Paper {
    /// As an answer carries it.
    pub(super) fn as_json(&self, garbled: bool) -> Value {
        let content = if garbled { STANDARD.encode(b"not a document") } else { STANDARD.encode(&self.bytes) };
        json!({"imageFormat": self.format, "content": content, "typeCode": self.type_code})
    }

    pub(super) fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// How a label is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Pdf,
    Zpl,
    Lp2,
    Epl,
}

impl Encoding {
    pub(super) fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("zpl") => Self::Zpl,
            Some("lp2") => Self::Lp2,
            Some("epl") => Self::Epl,
            _ => Self::Pdf,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Zpl => "ZPL",
            Self::Lp2 => "LP2",
            Self::Epl => "EPL",
        }
    }
}

/// One page's lines as a document of the encoding; several pages for several parcels.
pub(super) fn encoded(pages: &[Vec<String>], encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Pdf => pdf(pages),
        Encoding::Zpl => labels(pages, "^XA", "^XZ\n", |text, line, y| {
            let _infallible = write!(text, "^FO40,{y}^A0N,30,30^FD{line}^FS");
        }),
        Encoding::Lp2 | Encoding::Epl => labels(pages, "N\n", "P1\n", |text, line, y| {
            let _infallible = writeln!(text, "A40,{y},0,3,1,1,N,\"{line}\"");
        }),
    }
}

fn labels(
    pages: &[Vec<String>],
    begin: &str,
    end: &str,
    print: impl Fn(&mut String, &str, usize),
) -> Vec<u8> {
    let mut text = String::new();
    for page in pages {
        text.push_str(begin);
        for (index, line) in page.iter().enumerate() {
            let safe: String = line.chars().filter(|c| !"^~\"\\".contains(*c)).collect();
            print(&mut text, &safe, 40 + index * 40);
        }
        text.push_str(end);
    }
    text.into_bytes()
}

/// A PDF of one page per list of lines; the same bytes each time.
fn pdf(pages: &[Vec<String>]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 4 + page * 2)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (index, lines) in pages.iter().enumerate() {
        let mut content = "BT /F1 11 Tf 14 540 Td 16 TL".to_owned();
        for line in lines {
            let safe: String = line
                .chars()
                .filter(|c| c.is_ascii_graphic() || *c == ' ')
                .filter(|c| !"()\\".contains(*c))
                .collect();
            let _infallible = write!(content, " ({safe}) Tj T*");
        }
        content.push_str(" ET");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 283 566] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + index * 2
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        let _infallible = writeln!(table, "{:010} 00000 n ", pdf.len());
        let _infallible = writeln!(pdf, "{} 0 obj\n{object}\nendobj", index + 1);
    }
    let (start, size) = (pdf.len(), objects.len() + 1);
    let _infallible = write!(
        pdf,
        "xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    pdf.into_bytes()
}

/// A picture of one grey dot.
pub(super) const PIXEL: [u8; 67] = [
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E', b'N', b'D',
    0xae, 0x42, 0x60, 0x82,
];
