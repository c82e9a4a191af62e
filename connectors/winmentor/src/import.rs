//! Importing one order: one packet, sent once, and what the answer proves (spec 5.3, 8.1).

mod refusal;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;
use tokio::time::Instant;
use vortex_domain::{
    attention::Code,
    order::{Hold, ImportAnswer},
};
use vortex_port::{CallError, SalesOrder};

use crate::{
    bridge::{Reply, Request, integer, texts},
    config::Settings,
    connector::WinMentorConnector,
    date::WorkingMonth,
    packet::{CustomerOrder, OrderLine, OrderPacket},
    reference::{DocumentNumber, OrderToken},
    session::{Canary, NotReady, Turn},
};

use refusal::{Refusal, hold, refusal};

/// What the bridge's answer to an import means.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Imported { warnings: Vec<String> },
    Refused { errors: Vec<String> },
    Unknown(&'static str),
}

impl WinMentorConnector {
    /// Sends the order once and never again, whatever happens.
    pub(crate) async fn import_once(&self, order: &SalesOrder) -> ImportAnswer {
        let session = self.session();
        let lines = match packet_lines(order, &session.settings) {
            Ok(lines) => lines,
            Err(hold) => return ImportAnswer::Refused(hold),
        };
        let mut turn = session.turn_for_orders().await;
        match make_ready(&mut turn, order).await {
            Ok(()) => {}
            Err(NotReady::NoSuchMonth(_)) => return ImportAnswer::Refused(month_closed(order)),
            Err(NotReady::WrongIdentifiers { field, canary }) => {
                return ImportAnswer::Refused(Hold {
                    code: Code::IdentifierMismatch,
                    cause: canary.clone(),
                    params: vec![field, canary],
                });
            }
            Err(NotReady::Call(error)) => {
                tracing::info!(token = order.token, %error, "order not sent");
                return ImportAnswer::NotSent;
            }
        }
        let timeout = turn.settings().timeouts.import();
        let request = Request::post("orders.import", "/import/comenzi", json!({"lines": lines}), timeout);
        let sent = Instant::now();
        let reply = turn.exchange(request).await;
        let verdict = match reply {
            Ok(reply) => verdict(reply),
            Err(CallError::NotSent { .. } | CallError::Paused { .. } | CallError::Credentials { .. }) => {
                return ImportAnswer::NotSent;
            }
            // A redirect to another place: whoever answered is not the bridge, and was not given the order.
            Err(CallError::Refused { .. }) => return ImportAnswer::NotSent,
            Err(error) => {
                tracing::warn!(token = order.token, %error, "nobody knows whether the order was imported");
                turn.import_took(sent.elapsed(), false);
                return ImportAnswer::Unknown;
            }
        };
        turn.import_took(sent.elapsed(), true);
        match verdict {
            Verdict::Imported { warnings } => {
                if !warnings.is_empty() {
                    tracing::warn!(token = order.token, ?warnings, "order imported with warnings");
                }
                ImportAnswer::Imported
            }
            Verdict::Unknown(why) => {
                tracing::warn!(token = order.token, why, "nobody knows whether the order was imported");
                turn.doubt();
                ImportAnswer::Unknown
            }
            Verdict::Refused { errors } => refused(&mut turn, order, &errors).await,
        }
    }
}

async fn make_ready(turn: &mut Turn<'_>, order: &SalesOrder) -> Result<(), NotReady> {
    turn.wait_for_writes().await?;
    turn.ready_in(Some(WorkingMonth::of(order.document.date))).await
}

fn verdict(reply: Reply) -> Verdict {
    let (data, notes) = match reply {
        // The bridge says that it, or the validator, stopped before the import.
        Reply::Declined { status: 400..500, errors } => return Verdict::Refused { errors },
        Reply::Declined { .. } => return Verdict::Unknown("the COM call failed in the middle"),
        Reply::Done { data, notes } => (data, notes),
    };
    let mut said: Vec<String> =
        ["errors", "warnings"].iter().filter_map(|key| data.get(*key)).flat_map(texts).collect();
    said.extend(notes);
    said.dedup();
    let valid = data.get("isValid").and_then(integer);
    let imported = data.get("importedCount").and_then(integer);
    match (valid, imported) {
        (Some(0), None | Some(0)) => Verdict::Refused { errors: said },
        (None | Some(1), Some(1)) => Verdict::Imported { warnings: said },
        (_, Some(0)) => Verdict::Unknown("it reports success and no imported order"),
        (_, Some(_)) => Verdict::Unknown("it does not report exactly one imported order"),
        (_, None) => Verdict::Unknown("it does not say how many orders it imported"),
    }
}

/// A definite no. A session that was lost or taken over is no fault of the order: then it was as good as not sent.
async fn refused(turn: &mut Turn<'_>, order: &SalesOrder, errors: &[String]) -> ImportAnswer {
    let said = refusal(errors, order);
    if said == Refusal::SessionLost {
        turn.doubt();
        return ImportAnswer::NotSent;
    }
    match turn.look_for_canary().await {
        Ok(Canary::Fine) => {}
        Ok(Canary::Missing(canary)) => {
            tracing::warn!(token = order.token, canary, "the session was changed by another program");
            turn.doubt();
            return ImportAnswer::NotSent;
        }
        // The no stands; only its reason is less sure.
        Err(error) => tracing::debug!(%error, "the session could not be looked at"),
    }
    if said == Refusal::Month {
        turn.doubt();
    }
    ImportAnswer::Refused(hold(said, order))
}

fn month_closed(order: &SalesOrder) -> Hold {
    hold(Refusal::Month, order)
}

/// The packet's lines, or why this order cannot be expressed as one.
fn packet_lines(order: &SalesOrder, settings: &Settings) -> Result<Vec<String>, Hold> {
    let wrong = |why: String| hold(Refusal::Other(why), order);
    let number = DocumentNumber::new(order.document.number).map_err(|error| wrong(error.to_string()))?;
    let token = OrderToken::parse(&order.token).map_err(|error| wrong(error.to_string()))?;
    let packet = OrderPacket {
        month: WorkingMonth::of(order.document.date),
        logon: settings.logon.clone(),
        order: CustomerOrder {
            number,
            booklet: order.document.booklet.clone(),
            date: order.document.date,
            payment_due: None,
            customer: order.customer.clone(),
            location: None,
            agent: None,
            currency: settings.currency.clone(),
            discount: None,
            token,
            remark: order.remark.clone(),
            from_online_shop: true,
            lines: order.lines.iter().map(|line| order_line(line, order.document.date)).collect(),
        },
    };
    packet.render(settings.decimal_separator).map_err(|error| wrong(error.to_string()))
}

fn order_line(line: &vortex_domain::sales::SaleLine, day: Date) -> OrderLine {
    OrderLine {
        article: line.sku.to_string(),
        unit: line.unit.clone(),
        quantity: Decimal::from(line.quantity),
        price: line.unit_price,
        discount: Decimal::ZERO,
        delivery: day,
        remark: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn done(data: Value) -> Verdict {
        verdict(Reply::Done { data, notes: Vec::new() })
    }

    /// F01: only one imported document is a yes, and only a refusal before the import is a no.
    #[test]
    fn judges_by_outcome() {
        assert_eq!(
            done(json!({"isValid": true, "importedCount": 1, "errors": ["Stoc blocat"]})),
            Verdict::Imported { warnings: vec!["Stoc blocat".to_owned()] }
        );
        assert!(matches!(done(json!({"importedCount": "1"})), Verdict::Imported { .. }));
        for odd in [
            json!({"isValid": true, "importedCount": 0}),
            json!({"isValid": true, "importedCount": 2}),
            json!({"isValid": true}),
            json!({"isValid": false, "importedCount": 1}),
            json!(null),
            json!("ok"),
        ] {
            assert!(matches!(done(odd.clone()), Verdict::Unknown(_)), "{odd}");
        }
        let v12 = done(json!({"isValid": false, "importedCount": 0, "errors": ["x"], "warnings": []}));
        assert_eq!(v12, Verdict::Refused { errors: vec!["x".to_owned()] });
        let declined = |status| verdict(Reply::Declined { status, errors: vec!["x".to_owned()] });
        assert!(matches!(declined(400), Verdict::Refused { .. }));
        assert!(matches!(declined(500), Verdict::Unknown(_)));
        assert!(matches!(declined(200), Verdict::Unknown(_)));
    }
}
