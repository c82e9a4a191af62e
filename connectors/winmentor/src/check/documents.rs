//! What orders need in WinMentor: warehouses, booklet, partners, transport article, number format.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_port::CallError;

use super::report::Report;
use crate::{
    bridge::{Reply, Request, integer, texts},
    config::Dialect,
    customer::partner,
    date::WorkingMonth,
    decimal::DecimalSeparator,
    packet::{CustomerOrder, OrderLine, OrderPacket},
    record::{Batch, Row},
    reference::{DocumentNumber, OrderToken},
    rows::{Booklet, Warehouse},
    session::Turn,
};

async fn list<R: Row>(turn: &mut Turn<'_>, path: &'static str) -> Result<Vec<R>, CallError> {
    let timeout = turn.settings().timeouts.read();
    let data = turn.fetch(Request::get("check.list", path, timeout)).await?;
    let batch = Batch::decode(&data).map_err(|error| turn.bridge().implausible(error.to_string()))?;
    Ok(batch.rows)
}

/// A warehouse that is not there would silently count as empty.
pub(super) async fn warehouses(turn: &mut Turn<'_>, report: &mut Report) {
    let wanted = turn.settings().warehouses.clone();
    if wanted.is_empty() {
        report.good("warehouses", "none chosen: the stock of all counts");
        return;
    }
    match list::<Warehouse>(turn, "/gestiuni").await {
        Ok(known) => {
            let is_known =
                |symbol: &&String| known.iter().any(|w| w.symbol.trim().eq_ignore_ascii_case(symbol));
            let missing: Vec<_> = wanted.iter().filter(|symbol| !is_known(symbol)).cloned().collect();
            if missing.is_empty() {
                report.good("warehouses", wanted.join(", "));
            } else {
                let known: Vec<_> = known.into_iter().map(|warehouse| warehouse.symbol).collect();
                let found = format!("`{}` is not among `{}`", missing.join("`, `"), known.join("`, `"));
                report.bad("warehouses", found, "correct warehouses in the settings; symbols, not names");
            }
        }
        Err(error) => report.bad("warehouses", error, "check the bridge's log"),
    }
}

/// The booklet, and whether our numbers lie in it. The reader with ranges is broken on some servers (spec 3.6).
pub(super) async fn booklet(turn: &mut Turn<'_>, report: &mut Report) {
    let wanted = turn.settings().order_booklet.clone();
    let first = turn.settings().first_document_number;
    let known = match list::<Booklet>(turn, "/carnete/ext").await {
        Ok(known) if !known.is_empty() => Ok(known),
        _ => match turn.ready().await {
            Ok(()) => list(turn, "/carnete").await,
            Err(error) => Err(error),
        },
    };
    let known = match known {
        Ok(known) => known,
        Err(error) => return report.bad("booklet", error, "check the bridge's log"),
    };
    let Some(booklet) = known.iter().find(|booklet| booklet.symbol.eq_ignore_ascii_case(&wanted)) else {
        let known: Vec<_> = known.into_iter().map(|booklet| booklet.symbol).collect();
        let found = format!("`{wanted}` is not among `{}`", known.join("`, `"));
        let remedy = format!(
            "create a booklet `{wanted}` for customer orders in WinMentor that only we use, or set order_booklet"
        );
        return report.bad("booklet", found, remedy);
    };
    match (booklet.first_number, booklet.last_number) {
        (Some(from), Some(to)) if !(from..=to).contains(&first) => report.bad(
            "booklet",
            format!("`{wanted}` holds the numbers {from} to {to}, and ours begin at {first}"),
            format!("set first_document_number to {from}, or widen the booklet"),
        ),
        (Some(from), Some(to)) => report.good("booklet", format!("`{wanted}`, numbers {from} to {to}")),
        _ => report.good("booklet", format!("`{wanted}` exists; its range of numbers is not shown")),
    }
}

/// The partners that orders of each market go to.
pub(super) async fn partners(turn: &mut Turn<'_>, report: &mut Report) {
    for (market, code) in turn.settings().customer_per_market.clone() {
        let what = format!("partner of {market}");
        match partner(turn, &code, true).await {
            Ok(Some(found)) if found.blocked => {
                report.bad(&what, format!("`{code}` is blocked"), "unblock the partner in WinMentor");
            }
            Ok(Some(_)) => report.good(&what, format!("`{code}` exists")),
            Ok(None) => report.bad(
                &what,
                format!("`{code}` does not exist"),
                format!("add a partner with CodExtern `{code}` in WinMentor, or correct customer_per_market"),
            ),
            Err(error) => return report.bad(&what, error, "check the bridge's log"),
        }
    }
}

pub(super) async fn shipping_article(turn: &mut Turn<'_>, report: &mut Report) {
    let Some(code) = turn.settings().shipping_article.clone() else { return };
    match turn.article(&code).await {
        Ok(Some(_)) => report.good("shipping article", format!("`{code}` exists")),
        Ok(None) => report.bad(
            "shipping article",
            format!("`{code}` does not exist"),
            "add the transport service in WinMentor, or correct shipping_article",
        ),
        Err(error) => report.bad("shipping article", error, "check the bridge's log"),
    }
}

/// Has WinMentor validate, and not import, an order with a fraction in its price (spec 3.13).
pub(super) async fn decimal_separator(turn: &mut Turn<'_>, report: &mut Report, month: WorkingMonth) {
    const WHAT: &str = "decimal separator";
    if turn.bridge().dialect() == Dialect::BridgeV12 {
        // Its manual names no way to validate orders that could not also import them.
        return report.good(WHAT, "not tested with this bridge; compare the price of the first order");
    }
    let Some(customer) = turn.settings().customer_per_market.values().next().cloned() else {
        return report.good(WHAT, "not tested without a partner in customer_per_market");
    };
    let article = match turn.canary_article().await {
        Ok(Some(article)) => article,
        Ok(None) => return report.good(WHAT, "not tested without an article"),
        Err(error) => return report.bad(WHAT, error, "check the bridge's log"),
    };
    let ours = turn.settings().decimal_separator;
    let other = match ours {
        DecimalSeparator::Point => DecimalSeparator::Comma,
        DecimalSeparator::Comma => DecimalSeparator::Point,
    };
    let sign = |separator| if separator == DecimalSeparator::Point { "." } else { "," };
    match validate(turn, month, &article, &customer, ours).await {
        Ok(Ok(())) => report.good(WHAT, format!("`{}` is understood", sign(ours))),
        Ok(Err(refusal)) => match validate(turn, month, &article, &customer, other).await {
            Ok(Ok(())) => report.bad(
                WHAT,
                format!("WinMentor refuses `{}` and takes `{}`", sign(ours), sign(other)),
                format!("set decimal_separator = \"{}\"", sign(other)),
            ),
            _ => report.bad(
                "order packet",
                format!("WinMentor would refuse an order: {refusal}"),
                "mend what it names: user (logon), currency, partner or unit",
            ),
        },
        Err(error) => report.bad(WHAT, error, "check the bridge's log"),
    }
}

/// The inner result is WinMentor's verdict.
async fn validate(
    turn: &mut Turn<'_>,
    month: WorkingMonth,
    (article, unit): &(String, String),
    customer: &str,
    separator: DecimalSeparator,
) -> Result<Result<(), String>, CallError> {
    turn.ready_in(Some(month)).await.map_err(|not_ready| not_ready.into_call_error(turn))?;
    let lines = match probe(turn, article, unit, customer).map(|packet| packet.render(separator)) {
        Some(Ok(lines)) => lines,
        Some(Err(error)) => return Ok(Err(error.to_string())),
        None => return Ok(Err("first_document_number is out of range".to_owned())),
    };
    let timeout = turn.settings().timeouts.import();
    // Not the importing route with a flag: a bridge that overlooks the flag would import.
    let request =
        Request::post("orders.validate", "/import/comenzi/validate", json!({"lines": lines}), timeout);
    match turn.exchange(request).await? {
        Reply::Done { data, .. } if data.get("isValid").and_then(integer) == Some(0) => {
            Ok(Err(texts(data.get("errors").unwrap_or(&Value::Null)).join("; ")))
        }
        Reply::Done { .. } => Ok(Ok(())),
        Reply::Declined { status: 400..500, errors } => Ok(Err(errors.join("; "))),
        Reply::Declined { status, errors } => Err(turn.bridge().declined(status, &errors)),
    }
}

fn probe(turn: &Turn<'_>, article: &str, unit: &str, customer: &str) -> Option<OrderPacket> {
    let settings = turn.settings();
    let day = turn.session().today();
    Some(OrderPacket {
        month: WorkingMonth::of(day),
        logon: settings.logon.clone(),
        order: CustomerOrder {
            number: DocumentNumber::new(settings.first_document_number).ok()?,
            booklet: settings.order_booklet.clone(),
            date: day,
            payment_due: None,
            customer: customer.to_owned(),
            location: None,
            agent: None,
            currency: settings.currency.clone(),
            discount: None,
            token: OrderToken::new("CDON", "check").ok()?,
            remark: String::new(),
            from_online_shop: true,
            lines: vec![OrderLine {
                article: article.to_owned(),
                unit: unit.to_owned(),
                quantity: Decimal::ONE,
                price: Decimal::new(12_345, 3),
                discount: Decimal::ZERO,
                delivery: day,
                remark: String::new(),
            }],
        },
    })
}

/// The files of invoices are named after series and number; the .NET bridge shows only the latter (spec 5.2).
pub(super) fn invoice_series(turn: &Turn<'_>, report: &mut Report) {
    let settings = turn.settings();
    if settings.dialect != Dialect::BridgeV12 || !settings.invoice_files {
        return;
    }
    if settings.invoice_series.is_empty() {
        let remedy = "set invoice_series to the prefix of the booklet that invoices are numbered in";
        report.bad("invoice series", "this bridge does not show the series of invoices", remedy);
    } else {
        report.good("invoice series", format!("`{}`", settings.invoice_series));
    }
}
