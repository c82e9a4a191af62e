//! Reading orders and commanding them (cdon.md section 12).

use async_trait::async_trait;
use serde_json::{Value, json, value::RawValue};
use vortex_domain::{ChannelOrder, ChannelState, OrderId, shipping::Tracking};
use vortex_port::{
    CallError, ChannelOrders,
    channel::{CommandAnswer, OrderPage},
    http::{Content, HttpCall, Method},
};

use crate::{
    client::{CdonConnector, description, words},
    order::{read, read_raw, read_state},
};

fn code(state: ChannelState) -> &'static str {
    match state {
        ChannelState::Created => "CREATED",
        ChannelState::Accepted => "ACCEPTED",
        ChannelState::Fulfilled => "FULFILLED",
        ChannelState::NotFulfilled => "NOT_FULFILLED",
    }
}

#[async_trait]
impl ChannelOrders for CdonConnector {
    async fn orders(&self, state: ChannelState, page: u32) -> Result<OrderPage, CallError> {
        let limit = self.settings.orders_per_page;
        let path = format!("/v1/orders?state={}&limit={limit}&page={page}", code(state));
        let reply = self.get(HttpCall::get("orders.list", path).for_orders()).await?;
        if !reply.answer.is_success() {
            return Err(reply.unreadable());
        }
        // Not `Reply::success`: one number beyond all types must not make the whole page unreadable.
        let text = reply.answer.text();
        let Ok(rows) = serde_json::from_str::<Vec<Box<RawValue>>>(text.trim()) else {
            // Never an empty page: an error taken for the end loses orders (F12).
            let found = match reply.content {
                Content::Json(_) => "the list of orders is not a list".to_owned(),
                _ => reply.answer.summary(),
            };
            return Err(reply.implausible(found));
        };
        let mut result = OrderPage {
            orders: Vec::with_capacity(rows.len()),
            unreadable: Vec::new(),
            more: rows.len() >= limit as usize,
        };
        for row in &rows {
            match read_raw(row) {
                Ok(order) => result.orders.push(order),
                Err(bad) => {
                    tracing::warn!(order = bad.id.as_deref(), why = bad.why, "order cannot be read");
                    result.unreadable.push(bad);
                }
            }
        }
        Ok(result)
    }

    async fn order(&self, id: &OrderId) -> Result<Option<ChannelOrder>, CallError> {
        let reply = self.get(HttpCall::get("orders.show", format!("/v1/orders/{id}")).for_orders()).await?;
        if let Some((status, body)) = reply.decline()
            && is_unknown_order(status, body)
        {
            return Ok(None);
        }
        let body = reply.success().ok_or_else(|| reply.unreadable())?;
        let order =
            read(body).map_err(|why| reply.implausible(format!("the order cannot be read: {why}")))?;
        if order.id == *id { Ok(Some(order)) } else { Err(reply.implausible("it is about another order")) }
    }

    async fn accept(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        self.command("orders.accept", id, "accept", &json!({}), ChannelState::Accepted).await
    }

    async fn cancel(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        self.command("orders.cancel", id, "cancel", &json!({}), ChannelState::NotFulfilled).await
    }

    async fn fulfil(&self, id: &OrderId, tracking: &[Tracking]) -> Result<CommandAnswer, CallError> {
        let sent = |parcel: &Tracking| {
            if parcel.carrier.is_empty() {
                json!({"tracking_number": parcel.number})
            } else {
                json!({"carrier_name": parcel.carrier, "tracking_number": parcel.number})
            }
        };
        let body = json!({"tracking_information": tracking.iter().map(sent).collect::<Vec<_>>()});
        self.command("orders.fulfil", id, "fulfill", &body, ChannelState::Fulfilled).await
    }
}

impl CdonConnector {
    async fn command(
        &self,
        operation: &'static str,
        id: &OrderId,
        verb: &str,
        body: &Value,
        wanted: ChannelState,
    ) -> Result<CommandAnswer, CallError> {
        let call = HttpCall::new(operation, Method::PUT, format!("/v1/orders/{id}/{verb}")).json(body);
        let reply = self.send(call.for_orders()).await?;
        if let Some((403, body)) = reply.decline() {
            let message = description(body);
            if let Some(state) = state_in(message) {
                return Ok(if state == wanted {
                    CommandAnswer::AlreadySo
                } else {
                    CommandAnswer::Refused { message: message.to_owned(), state: Some(state) }
                });
            }
            if message.contains("due date") {
                return Ok(CommandAnswer::Refused { message: words(body), state: None });
            }
        }
        // A web page or nothing at all with a good status is not CDON's word (F46).
        match reply.success() {
            Some(Value::Object(_)) => Ok(CommandAnswer::Done),
            _ => Err(reply.unresolved()),
        }
    }
}

/// The state in `Order row already has fulfilled as state`.
fn state_in(message: &str) -> Option<ChannelState> {
    let (_, rest) = message.split_once("already has ")?;
    let (state, _) = rest.split_once(" as state")?;
    read_state(state).ok()
}

/// What CDON answers to an id that it does not know is not documented; its sister platform says 403 in these words
/// (cdon.md 3.2, 12.5). Any other 403 is about permissions, and must not make an order disappear.
fn is_unknown_order(status: u16, body: &Value) -> bool {
    status == 404 || (status == 403 && description(body).contains("permission to access this object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_state_in_the_refusal() {
        let table = [
            ("Order row already has accepted as state", Some(ChannelState::Accepted)),
            ("Order row already has not_fulfilled as state", Some(ChannelState::NotFulfilled)),
            ("Order row already has NOT FULFILLED as state", Some(ChannelState::NotFulfilled)),
            ("Order has passed fulfillment due date", None),
            ("Permission denied", None),
        ];
        for (text, state) in table {
            assert_eq!(state_in(text), state, "{text}");
        }
    }

    #[test]
    fn a_lack_of_permission_does_not_make_an_order_disappear() {
        assert!(is_unknown_order(404, &json!({"description": "Not found"})));
        assert!(is_unknown_order(
            403,
            &json!({"description": "You do not have permission to access this object"})
        ));
        assert!(!is_unknown_order(403, &json!({"description": "Permission denied"})));
        assert!(!is_unknown_order(400, &json!({"description": "Not found"})));
    }
}
