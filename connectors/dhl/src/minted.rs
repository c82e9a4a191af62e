//! What became of a request to mint (dhl.md sections 7 to 9).

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;
use vortex_port::{
    CallError,
    courier::{Format, MintAnswer, Paper, PaperKind, Parcel, Waybill},
};

use crate::{
    client::Reply,
    problem::Private,
    text::clean,
    wire::{awb, rows, text, text_of},
};

const MOST_WARNINGS: usize = 20;
const WARNING_CHARS: usize = 300;
/// Padding is often lost on the way.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Judges the ending of `POST /shipments`.
pub(crate) fn judge(
    parcel: &Parcel,
    product: String,
    private: &Private,
    ending: Result<Reply, CallError>,
) -> MintAnswer {
    let reply = match ending {
        Ok(reply) => reply,
        Err(error) => return without_answer(error),
    };
    if let Some(body) = reply.success() {
        return match body.get("shipmentTrackingNumber").and_then(awb) {
            Some(awb) => {
                MintAnswer::Minted(Waybill { product: Some(product), ..waybill(awb, body, parcel, private) })
            }
            None => {
                MintAnswer::Unknown(reply.unknown(format!("no waybill number in it; {}", reply.why(private))))
            }
        };
    }
    match reply.problem() {
        // The number came from DHL for us alone: refused means that a request before this one has used it.
        Some(problem) if parcel.reserved.is_some() && problem.is_about_the_waybill_number() => {
            MintAnswer::Unknown(reply.unknown(format!(
                "the reserved waybill number is taken, so it may be minted already; {}",
                reply.why(private)
            )))
        }
        Some(problem) => MintAnswer::Refused(problem.objections(private)),
        None => MintAnswer::Unknown(reply.unresolved(private)),
    }
}

fn without_answer(error: CallError) -> MintAnswer {
    match error.unless_surely_before() {
        error if error.may_have_acted() => MintAnswer::Unknown(error),
        error => MintAnswer::NotSent(error),
    }
}

fn waybill(awb: String, body: &Value, parcel: &Parcel, private: &Private) -> Waybill {
    let shown = |warning: &str| private.hide(&clean(warning)).chars().take(WARNING_CHARS).collect::<String>();
    let mut warnings: Vec<String> =
        rows(body, "warnings").iter().filter_map(text).take(MOST_WARNINGS).map(|w| shown(&w)).collect();
    if let Some(reserved) = parcel.reserved.as_ref().filter(|reserved| **reserved != awb) {
        warnings.push(format!("DHL gave {awb} instead of the reserved waybill number {reserved}"));
    }
    let mut papers = Vec::new();
    for document in rows(body, "documents") {
        match paper(document) {
            Some(paper) => papers.push(paper),
            None => warnings.push(format!(
                "a document of kind {} is neither PDF nor ZPL and was left out",
                shown(&text_of(document, "typeCode").unwrap_or_else(|| "unknown".to_owned()))
            )),
        }
    }
    Waybill { awb, product: None, papers, warnings }
}

/// A document, judged by its first bytes and not by what it is called.
fn paper(document: &Value) -> Option<Paper> {
    let content: String = text_of(document, "content")?.split_whitespace().collect();
    let bytes = BASE64.decode(content).ok()?;
    let format = if bytes.starts_with(b"%PDF-") {
        Format::Pdf
    } else if bytes.trim_ascii_start().starts_with(b"^XA") {
        Format::Zpl
    } else {
        return None;
    };
    let label = text_of(document, "typeCode").is_some_and(|code| code.eq_ignore_ascii_case("label"));
    Some(Paper { kind: if label { PaperKind::Label } else { PaperKind::Papers }, format, bytes })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shipment::tests::to_sweden;

    fn read(body: &Value) -> Waybill {
        waybill("0123456789".to_owned(), body, &to_sweden(), &Private::of(&to_sweden().to))
    }

    #[test]
    fn papers_are_judged_by_their_first_bytes() {
        let pdf = BASE64.encode(b"%PDF-1.4 label");
        let zpl = BASE64.encode(b"^XA^FS^XZ");
        let page = BASE64.encode(b"<html>");
        let found = read(&json!({"documents": [
            {"imageFormat": "PDF", "content": pdf, "typeCode": "label"},
            {"imageFormat": "PDF", "content": zpl.trim_end_matches('='), "typeCode": "label"},
            {"imageFormat": "PDF", "content": pdf, "typeCode": "invoice"},
            {"imageFormat": "PDF", "content": page, "typeCode": "label"},
            {"imageFormat": "PDF", "content": "?", "typeCode": "label"}, {"typeCode": "label"}]}));
        let kinds: Vec<_> = found.papers.iter().map(|p| (p.kind, p.format)).collect();
        let expected = [
            (PaperKind::Label, Format::Pdf),
            (PaperKind::Label, Format::Zpl),
            (PaperKind::Papers, Format::Pdf),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(found.warnings.len(), 3);
    }

    #[test]
    fn a_waybill_without_documents_stands() {
        let found = read(&json!({"warnings": ["Pickup not booked for Åsa Öberg"]}));
        assert_eq!((found.awb.as_str(), found.papers.len()), ("0123456789", 0));
        assert_eq!(found.warnings, ["Pickup not booked for …"]);
    }

    #[test]
    fn a_503_with_a_time_is_unknown_and_a_429_is_not_sent() {
        let paused = |why: &str| CallError::Paused {
            connection: "dhl".to_owned(),
            why: why.to_owned(),
            retry_after_ms: 1000,
        };
        assert!(matches!(without_answer(paused("HTTP 503: a web page")), MintAnswer::Unknown(_)));
        assert!(matches!(without_answer(paused("HTTP 429: JSON")), MintAnswer::NotSent(_)));
    }
}
