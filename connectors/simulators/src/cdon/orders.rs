//! A merchant's orders and their states (spec sections 12 and 13).

use std::collections::{BTreeSet, HashMap};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::catalogue::Applying;
use super::options::{Behaviour, Dialect};
use super::reply::Reply;
use super::time;

/// State of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Placed by the buyer.
    Created,
    /// Accepted by the merchant.
    Accepted,
    /// Sent; final.
    Fulfilled,
    /// Cancelled by anyone or run out of time; final.
    NotFulfilled,
}

impl OrderState {
    /// The word as it stands in answers, such as `NOT_FULFILLED`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Accepted => "ACCEPTED",
            Self::Fulfilled => "FULFILLED",
            Self::NotFulfilled => "NOT_FULFILLED",
        }
    }

    /// The state with this word.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Created, Self::Accepted, Self::Fulfilled, Self::NotFulfilled]
            .into_iter()
            .find(|state| state.text() == text)
    }

    /// Whether the API can no longer change it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Fulfilled | Self::NotFulfilled)
    }
}

/// What a merchant may do with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Accept,
    Fulfil,
    Cancel,
}

impl Command {
    pub(super) fn from_path(word: &str) -> Option<Self> {
        match word {
            "accept" => Some(Self::Accept),
            "fulfill" => Some(Self::Fulfil),
            "cancel" => Some(Self::Cancel),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) state: OrderState,
    deadline_ms: i64,
    /// The order object in the documented spelling; what answers are made of.
    pub(super) document: Map<String, Value>,
}

impl Order {
    pub(super) fn text(&self, key: &str) -> &str {
        self.document.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn put_state(&mut self, state: OrderState, now_ms: i64) {
        self.state = state;
        self.document.insert("state".to_owned(), Value::from(state.text()));
        self.document.insert("updated_at".to_owned(), Value::from(time::text(now_ms)));
    }
}

#[derive(Debug, Default)]
pub(super) struct OrderBook {
    /// Oldest first; places never change.
    orders: Vec<Order>,
    by_id: HashMap<String, usize>,
    /// Deadlines of orders that are not final.
    deadlines: BTreeSet<(i64, usize)>,
}

impl OrderBook {
    pub(super) fn orders(&self) -> &[Order] {
        &self.orders
    }

    pub(super) fn get(&self, id: &str) -> Option<&Order> {
        self.orders.get(*self.by_id.get(id)?)
    }

    /// Adds an order; fails when its `id` is missing or taken, or its state unknown.
    pub(super) fn add(
        &mut self,
        mut document: Map<String, Value>,
        now_ms: i64,
        deadline_ms: i64,
    ) -> Result<&Order, String> {
        let Some(id) = document.get("id").and_then(Value::as_str).map(str::to_owned) else {
            return Err("it has no id".to_owned());
        };
        if self.by_id.contains_key(&id) {
            return Err(format!("the id {id} is taken"));
        }
        let now = Value::from(time::text(now_ms));
        let due = Value::from(time::text(now_ms + deadline_ms));
        let defaults = [
            ("state", Value::from(OrderState::Created.text())),
            ("created_at", now.clone()),
            ("updated_at", now),
            ("fulfillment_deadline", due),
            ("tracking_information", json!([])),
        ];
        for (key, value) in defaults {
            document.entry(key).or_insert(value);
        }
        let mut order = Order { id: id.clone(), state: OrderState::Created, deadline_ms: 0, document };
        read_back(&mut order)?;
        let place = self.orders.len();
        if !order.state.is_final() {
            self.deadlines.insert((order.deadline_ms, place));
        }
        self.by_id.insert(id, place);
        self.orders.push(order);
        self.orders.last().ok_or_else(|| "the order book is empty".to_owned())
    }

    /// Changes fields of an order: a JSON merge patch. The id stays.
    pub(super) fn amend(&mut self, id: &str, patch: &Map<String, Value>, now_ms: i64) -> Result<(), String> {
        let Some((place, order)) = self.find(id) else { return Err("there is no such order".to_owned()) };
        let old_deadline = order.deadline_ms;
        let mut document = Value::Object(order.document.clone());
        merge(&mut document, &Value::Object(patch.clone()));
        let Value::Object(mut document) = document else {
            return Err("the patch is not an object".to_owned());
        };
        document.insert("id".to_owned(), Value::from(id));
        if !patch.contains_key("updated_at") {
            document.insert("updated_at".to_owned(), Value::from(time::text(now_ms)));
        }
        let mut amended =
            Order { id: id.to_owned(), state: order.state, deadline_ms: old_deadline, document };
        read_back(&mut amended)?;
        let (deadline, open) = (amended.deadline_ms, !amended.state.is_final());
        *order = amended;
        self.deadlines.remove(&(old_deadline, place));
        if open {
            self.deadlines.insert((deadline, place));
        }
        Ok(())
    }

    /// Puts an order into a state, whatever its present one; false when there is no such order.
    pub(super) fn force_state(&mut self, id: &str, state: OrderState, now_ms: i64) -> bool {
        let Some((place, order)) = self.find(id) else { return false };
        order.put_state(state, now_ms);
        let deadline = (order.deadline_ms, place);
        if state.is_final() {
            self.deadlines.remove(&deadline);
        } else {
            self.deadlines.insert(deadline);
        }
        true
    }

    /// Cancels what has passed its deadline (13).
    pub(super) fn expire(&mut self, applying: &Applying<'_>) {
        if !applying.behaviour.auto_cancel {
            return;
        }
        while let Some(&(deadline, place)) = self.deadlines.first()
            && deadline.saturating_add(applying.behaviour.auto_cancel_lag_ms) <= applying.now_ms
        {
            self.deadlines.remove(&(deadline, place));
            let Some(order) = self.orders.get_mut(place) else { continue };
            order.put_state(OrderState::NotFulfilled, applying.now_ms);
            let (merchant, id) = (applying.merchant, &order.id);
            applying.log.record_with(
                "order_cancelled",
                || json!({"merchant": merchant, "order": id, "by": "deadline"}),
            );
        }
    }

    /// Accept, fulfil or cancel (12.6 to 12.8).
    pub(super) fn command(
        &mut self,
        id: &str,
        command: Command,
        body: &[u8],
        applying: &Applying<'_>,
    ) -> Reply {
        let tracking = match tracking(command, body) {
            Ok(tracking) => tracking,
            Err(errors) => return Reply::invalid(&errors),
        };
        let Some((place, order)) = self.find(id) else {
            return Reply::unknown_object(applying.behaviour.unknown_order_status);
        };
        if let Some(text) = refusal(order, command, applying) {
            return Reply::described(StatusCode::FORBIDDEN, &text);
        }
        let (state, kind, text) = match command {
            Command::Accept => (OrderState::Accepted, "order_accepted", "Order row was accepted"),
            Command::Fulfil => (OrderState::Fulfilled, "fulfil", "Order row was fulfilled"),
            Command::Cancel => (OrderState::NotFulfilled, "order_cancelled", "Order row was cancelled"),
        };
        let mut entry = json!({"merchant": applying.merchant, "order": id});
        match command {
            Command::Accept => {}
            Command::Fulfil => {
                entry["tracking"] = Value::from(tracking.clone());
                order.document.insert("tracking_information".to_owned(), Value::from(tracking));
            }
            Command::Cancel => entry["by"] = Value::from("merchant"),
        }
        order.put_state(state, applying.now_ms);
        let deadline = (order.deadline_ms, place);
        if state.is_final() {
            self.deadlines.remove(&deadline);
        }
        applying.log.record(kind, entry);
        Reply::described(StatusCode::ACCEPTED, text)
    }

    fn find(&mut self, id: &str) -> Option<(usize, &mut Order)> {
        let place = *self.by_id.get(id)?;
        Some((place, self.orders.get_mut(place)?))
    }
}

/// Why the order's state or age forbids the command.
fn refusal(order: &Order, command: Command, applying: &Applying<'_>) -> Option<String> {
    let already = match order.state {
        OrderState::Fulfilled => Some("fulfilled"),
        OrderState::NotFulfilled => Some("not_fulfilled"),
        OrderState::Accepted => match command {
            Command::Accept => Some("accepted"),
            Command::Cancel => (!applying.behaviour.cancel_accepted).then_some("accepted"),
            Command::Fulfil => None,
        },
        OrderState::Created => None,
    };
    if let Some(state) = already {
        return Some(format!("Order row already has {state} as state"));
    }
    let late = command != Command::Cancel && applying.now_ms >= order.deadline_ms;
    late.then(|| "Order has passed fulfillment due date".to_owned())
}

/// The tracking entries of a command's body, which may be empty; the errors when its form is wrong.
fn tracking(command: Command, body: &[u8]) -> Result<Vec<Value>, Value> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else {
        return Err(json!({"payload": ["must be of dict type"]}));
    };
    let list = match body.remove("tracking_information") {
        Some(list) if command == Command::Fulfil => list,
        _ => return Ok(Vec::new()),
    };
    let Value::Array(list) = list else {
        return Err(json!({"tracking_information": ["must be of list type"]}));
    };
    for (index, entry) in list.iter().enumerate() {
        let wrong = match (entry.get("tracking_number"), entry.get("carrier_name")) {
            (None, _) => json!({"tracking_number": ["required field"]}),
            (Some(Value::String(number)), _) if number.is_empty() => {
                json!({"tracking_number": ["empty values not allowed"]})
            }
            (Some(Value::String(_)), None | Some(Value::Null | Value::String(_))) => continue,
            (Some(Value::String(_)), Some(_)) => json!({"carrier_name": ["must be of string type"]}),
            (Some(_), _) => json!({"tracking_number": ["must be of string type"]}),
        };
        return Err(json!({"tracking_information": [{index.to_string(): [wrong]}]}));
    }
    Ok(list)
}

/// Takes state and deadline from the document.
fn read_back(order: &mut Order) -> Result<(), String> {
    let state = order.text("state").replace(' ', "_");
    order.state = OrderState::from_text(&state).ok_or_else(|| format!("its state {state:?} is unknown"))?;
    let deadline = order.text("fulfillment_deadline");
    order.deadline_ms =
        time::parse(deadline).ok_or_else(|| format!("its fulfillment_deadline {deadline:?} is no time"))?;
    Ok(())
}

/// JSON merge patch (RFC 7396): null removes, objects merge, the rest replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}

/// What a list call asks for (12.4).
pub(super) struct Page {
    pub(super) state: OrderState,
    pub(super) limit: usize,
    /// Counted from 1.
    pub(super) number: usize,
}

impl Page {
    /// Reads the query; the errors when a value is not allowed.
    pub(super) fn read(query: &HashMap<String, String>, behaviour: &Behaviour) -> Result<Self, Value> {
        let state = query.get("state").map_or("CREATED", String::as_str);
        let state = OrderState::from_text(state)
            .ok_or_else(|| json!({"state": [format!("unallowed value {state}")]}))?;
        let (limit, number) = limit_and_page(query, behaviour)?;
        Ok(Self { state, limit, number })
    }
}

/// `limit` and `page` of a list call.
pub(super) fn limit_and_page(
    query: &HashMap<String, String>,
    behaviour: &Behaviour,
) -> Result<(usize, usize), Value> {
    const MAX_LIMIT: usize = 1000;
    let number = |key: &str, default: usize| match query.get(key).map(|text| text.parse::<usize>()) {
        None => Ok(default),
        Some(Ok(0)) => Err(json!({key: ["min value is 1"]})),
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => Err(json!({key: ["must be of integer type"]})),
    };
    let limit = number("limit", 100)?;
    if limit > MAX_LIMIT && behaviour.oversized_limit == super::options::OversizedLimit::Refuse {
        return Err(json!({"limit": [format!("max value is {MAX_LIMIT}")]}));
    }
    Ok((limit.min(MAX_LIMIT), number("page", 1)?))
}

/// One page of `items`, counted from page 1.
pub(super) fn paged<T>(items: impl Iterator<Item = T>, limit: usize, page: usize) -> Vec<T> {
    items.skip(limit.saturating_mul(page.saturating_sub(1))).take(limit).collect()
}

/// An order as an answer, spelled in the dialect.
pub(super) fn render(order: &Order, dialect: &Dialect) -> Value {
    let mut document = order.document.clone();
    let rename = |document: &mut Map<String, Value>, from: &str, to: &str| {
        if let Some(value) = document.remove(from) {
            document.insert(to.to_owned(), value);
        }
    };
    if dialect.iso_dates {
        for key in ["created_at", "updated_at", "fulfillment_deadline"] {
            if let Some(Value::String(text)) = document.get_mut(key) {
                *text = text.replacen(' ', "T", 1) + "Z";
            }
        }
    }
    if dialect.article_title {
        rename(&mut document, "title", "article_title");
    }
    if dialect.fulfill_before {
        rename(&mut document, "fulfillment_deadline", "fulfill_before");
    }
    if dialect.spaced_states
        && let Some(Value::String(state)) = document.get_mut("state")
    {
        *state = state.replace('_', " ");
    }
    if dialect.omit_customer_order {
        document.remove("customer_order_id");
    }
    if dialect.omit_total_price {
        document.remove("total_price");
    }
    if dialect.numeric_strings {
        for key in ["price", "total_price"] {
            for value in
                document.get_mut(key).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
            {
                stringify(value);
            }
        }
        if let Some(quantity) = document.get_mut("quantity") {
            stringify(quantity);
        }
    }
    let market = document.get("market").cloned();
    if let Some(Value::Object(address)) = document.get_mut("shipping_address") {
        if dialect.omit_person_names {
            address.remove("first_name");
            address.remove("last_name");
        }
        if dialect.omit_full_name {
            address.remove("full_name");
        }
        if dialect.country_as_code
            && let Some(market) = market
        {
            address.insert("country".to_owned(), market);
        }
    }
    if dialect.extra_fields {
        document.insert("gift_wrapping".to_owned(), json!(false));
        document.insert("campaign".to_owned(), json!({"id": 17, "labels": ["spring", null]}));
    }
    Value::Object(document)
}

fn stringify(value: &mut Value) {
    if let Value::Number(number) = value {
        *value = Value::from(number.to_string());
    }
}
