//! The files, written as the banks write them.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{ToSpan as _, civil::Date};
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    Shared,
    ledger::{CURRENCIES, FIRST, Publisher},
};

/// A file that holds any number of days.
const ALL: usize = usize::MAX;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let bnr =
        |most| move |State(shared): State<Arc<Shared>>| async move { shared.bnr(FIRST, Date::MAX, most) };
    let ecb =
        |back: i32, most| move |State(shared): State<Arc<Shared>>| async move { shared.ecb(back, most) };
    Router::new()
        .route("/nbrfxrates.xml", get(bnr(1)))
        .route("/nbrfxrates10days.xml", get(bnr(10)))
        .route("/files/xml/years/{file}", get(year))
        .route("/stats/eurofxref/eurofxref-daily.xml", get(ecb(30, 1)))
        .route("/stats/eurofxref/eurofxref-hist-90d.xml", get(ecb(90, ALL)))
        .fallback(|| async { home() })
        .with_state(shared)
}

async fn year(State(shared): State<Arc<Shared>>, Path(file): Path<String>) -> Response {
    let year = file.strip_prefix("nbrfxrates").and_then(|rest| rest.strip_suffix(".xml"));
    let Some(first) = year.and_then(|year| format!("{year}-01-01").parse::<Date>().ok()) else {
        return home();
    };
    shared.bnr(first, first.last_of_year(), ALL)
}

/// What the banks show for an address that they no longer have.
fn home() -> Response {
    let page =
        "<!DOCTYPE html><html lang=\"ro\"><head><title>Banca</title></head><body>Bun venit</body></html>";
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], text).into_response()
}

impl Shared {
    fn bnr(&self, from: Date, until: Date, most: usize) -> Response {
        let ledger = self.ledger();
        let mut days = ledger.days(Publisher::Bnr, self.clock.now_ms(), from, until, most);
        let Some(newest) = days.first().copied() else { return home() };
        days.reverse();
        let mut cubes = String::new();
        for day in days {
            // Writing to a text cannot fail.
            let _ = writeln!(cubes, "    <Cube date=\"{day}\">");
            for (currency, _, units) in CURRENCIES {
                let Some(rate) = ledger.quoted(Publisher::Bnr, currency, day) else { continue };
                let quoted = (rate * Decimal::from(units)).normalize();
                let multiplier = if units == 1 { String::new() } else { format!(" multiplier=\"{units}\"") };
                let _ = writeln!(cubes, "      <Rate currency=\"{currency}\"{multiplier}>{quoted}</Rate>");
            }
            let _ = writeln!(cubes, "    </Cube>");
        }
        drop(ledger);
        self.log
            .record_with("served", || json!({"publisher": "bnr", "newest": newest, "days": most.min(400)}));
        let scheme = if self.https_namespace { "https" } else { "http" };
        xml(format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DataSet xmlns=\"{scheme}://www.bnr.ro/xsd\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"{scheme}://www.bnr.ro/xsd nbrfxrates.xsd\">\n  \
             <Header>\n    <Publisher>National Bank of Romania</Publisher>\n    <PublishingDate>{newest}</PublishingDate>\n    \
             <MessageType>DR</MessageType>\n  </Header>\n  <Body>\n    <Subject>Reference rates</Subject>\n    \
             <OrigCurrency>RON</OrigCurrency>\n{cubes}  </Body>\n</DataSet>\n"
        ))
    }

    fn ecb(&self, back: i32, most: usize) -> Response {
        let ledger = self.ledger();
        let now_ms = self.clock.now_ms();
        let today = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
        let from = today.checked_sub(back.days()).unwrap_or(FIRST);
        let days = ledger.days(Publisher::Ecb, now_ms, from, Date::MAX, most);
        let mut cubes = String::new();
        for day in &days {
            let _ = write!(cubes, "<Cube time=\"{day}\">");
            let codes = CURRENCIES.iter().map(|(code, ..)| *code).chain(["RON"]);
            for code in codes {
                let Some(rate) = ledger.quoted(Publisher::Ecb, code, *day) else { continue };
                let _ = write!(cubes, "<Cube currency=\"{code}\" rate=\"{}\"/>", rate.normalize());
            }
            cubes.push_str("</Cube>");
        }
        drop(ledger);
        self.log.record_with(
            "served",
            || json!({"publisher": "ecb", "newest": days.first(), "days": days.len()}),
        );
        xml(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
             xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\"><gesmes:subject>Reference rates</gesmes:subject>\
             <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender><Cube>{cubes}</Cube></gesmes:Envelope>"
        ))
    }
}
