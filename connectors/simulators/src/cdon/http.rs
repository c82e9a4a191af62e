//! The public routes under `/api` (spec sections 2 and 10 to 12).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::catalogue::Applying;
use super::handle::Shared;
use super::intake::{Intake, whole_list};
use super::market::{LANGUAGES, Market};
use super::merchant::{Merchant, Shop};
use super::orders::{Command, Order, Page, paged, render};
use super::reply::Reply;
use super::{categories, readback, status};

/// Most bytes of a request body.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/api/{*path}", any(answer)).fallback(unknown_path).with_state(shared)
}

async fn unknown_path(State(shared): State<Arc<Shared>>) -> Response {
    Reply::not_found().into_response(shared.next_request())
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let number = shared.next_request();
    let (parts, body) = request.into_parts();
    let merchant = match authenticate(&shared, &parts.headers, parts.uri.path()) {
        Ok(merchant) => merchant,
        Err(reply) => return reply.into_response(number),
    };
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Reply::described(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large").into_response(number);
    };
    let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri).map(|q| q.0).unwrap_or_default();
    let call =
        Call { shared: &shared, merchant: &merchant, method: &parts.method, query: &query, body: &body };
    let path = parts.uri.path().strip_prefix("/api").unwrap_or_default().trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    call.route(&segments).into_response(number)
}

/// The merchant of a request by Basic authentication (section 2), or the answer that refuses it.
fn authenticate(shared: &Shared, headers: &HeaderMap, path: &str) -> Result<Arc<Merchant>, Reply> {
    let (user, token) = credentials(headers).unwrap_or_default();
    let Some(merchant) = shared.merchant(&user).filter(|merchant| merchant.has_token(&token)) else {
        shared.log.record_with("auth_failed", || json!({"merchant": user, "route": path}));
        return Err(Reply::described(StatusCode::UNAUTHORIZED, "Authorization credentials were incorrect"));
    };
    if headers.get("x-merchant-id").is_some_and(|id| id.as_bytes() != merchant.id.as_bytes()) {
        shared.log.record_with("auth_failed", || json!({"merchant": user, "route": path}));
        let body = json!({"description": "Permission denied", "errors": {"response_status_code": 403}});
        return Err(Reply::json(StatusCode::FORBIDDEN, body));
    }
    Ok(merchant)
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let (user, token) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), token.to_owned()))
}

/// One authenticated request.
struct Call<'a> {
    shared: &'a Shared,
    merchant: &'a Merchant,
    method: &'a Method,
    query: &'a HashMap<String, String>,
    body: &'a [u8],
}

impl Call<'_> {
    fn route(&self, segments: &[&str]) -> Reply {
        let behaviour = self.shared.behaviour();
        if let Some(limit) = behaviour.rate_limit
            && let Err(seconds) = self.merchant.shop().spend(limit, self.shared.clock.now_ms())
        {
            let mut reply = Reply::described(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
            reply.retry_after_s = limit.retry_after.then_some(seconds);
            return reply;
        }
        let (get, put, post) =
            (*self.method == Method::GET, *self.method == Method::PUT, *self.method == Method::POST);
        match segments {
            ["v2", "articles", "bulk"] if post || put => self.bulk(),
            ["v1", "statuses", "batch"] if post => {
                self.shop(|shop, at| status::by_batch(&shop.catalogue, self.body, at.now_ms, at.behaviour))
            }
            ["v1", "statuses", "sku"] if post => {
                self.shop(|shop, at| status::by_sku(&shop.catalogue, self.body, at.behaviour))
            }
            ["v1", "categories", market, language] if get => {
                if Market::from_code(market).is_none() || !LANGUAGES.contains(language) {
                    return Reply::invalid(
                        &json!({"market": [format!("unallowed value {market}/{language}")]}),
                    );
                }
                Reply::ok(categories::as_json(&behaviour.categories))
            }
            ["v1", "orders"] if get => labelled(self.orders(), &behaviour.dialect),
            ["v1", "orders"] if post && behaviour.sandbox => labelled(self.test_order(), &behaviour.dialect),
            ["v1", "orders", id] if get => labelled(self.order(id), &behaviour.dialect),
            ["v1", "orders", id, word] if put && Command::from_path(word).is_some() => {
                let Some(command) = Command::from_path(word) else { return Reply::not_found() };
                let reply = self.shop(|shop, at| shop.orders.command(id, command, self.body, at));
                labelled(reply, &behaviour.dialect)
            }
            ["v1", "articles"] if get && behaviour.undocumented_articles => self.shop(|shop, at| {
                readback::list(&shop.catalogue, &self.merchant.id, self.query, at.behaviour)
            }),
            ["v1", "articles", "sku", sku] if get && behaviour.undocumented_articles => {
                let sku = percent_decoded(sku);
                self.shop(|shop, _| readback::by_sku(&shop.catalogue, &self.merchant.id, &sku))
            }
            ["v1", "articles", id, "quantity"] if put && behaviour.undocumented_articles => {
                self.shop(|shop, at| readback::set_quantity(&mut shop.catalogue, id, self.body, at))
            }
            ["v2", "articles", "bulk"]
            | ["v1", "orders" | "statuses", _]
            | ["v1", "orders"]
            | ["v1", "categories", _, _] => Reply::method_not_allowed(),
            _ => Reply::not_found(),
        }
    }

    fn shop(&self, work: impl FnOnce(&mut Shop, &Applying<'_>) -> Reply) -> Reply {
        self.shared.with_shop(self.merchant, work)
    }

    fn bulk(&self) -> Reply {
        let create = *self.method == Method::POST;
        let behaviour = self.shared.behaviour();
        let parsed = if create {
            whole_list(self.body, "articles", behaviour.max_creates)
        } else {
            whole_list(self.body, "actions", behaviour.max_actions)
        };
        let items = match parsed {
            Ok(items) => items,
            Err(errors) => return Reply::invalid(&errors),
        };
        self.shop(|shop, at| {
            let intake =
                Intake { merchant: at.merchant, now_ms: at.now_ms, behaviour: at.behaviour, log: at.log };
            let reply = if create {
                intake.create(&mut shop.catalogue, items)
            } else {
                intake.update(&mut shop.catalogue, items)
            };
            shop.settle(at, self.shared.is_paused());
            reply
        })
    }

    fn orders(&self) -> Reply {
        self.shop(|shop, at| {
            let page = match Page::read(self.query, at.behaviour) {
                Ok(page) => page,
                Err(errors) => return Reply::invalid(&errors),
            };
            let orders = shop.orders.orders().iter().filter(|order| order.state == page.state);
            let copies = if at.behaviour.double_orders { 2 } else { 1 };
            let orders = orders.flat_map(|order| std::iter::repeat_n(order, copies));
            let number = if at.behaviour.repeat_first_page { 1 } else { page.number };
            let found: Vec<&Order> = if at.behaviour.newest_first {
                paged(orders.rev(), page.limit, number)
            } else {
                paged(orders, page.limit, number)
            };
            at.log.record_with("poll", || {
                let returned: Vec<&str> = found.iter().map(|order| order.id.as_str()).collect();
                json!({"merchant": at.merchant, "state": page.state, "page": page.number, "limit": page.limit,
                    "returned": returned})
            });
            Reply::ok(found.into_iter().map(|order| render(order, &at.behaviour.dialect)).collect::<Value>())
        })
    }

    fn order(&self, id: &str) -> Reply {
        self.shop(|shop, at| match shop.orders.get(id) {
            Some(order) => {
                at.log.record_with(
                    "order_read",
                    || json!({"merchant": at.merchant, "order": id, "state": order.state}),
                );
                Reply::ok(render(order, &at.behaviour.dialect))
            }
            None => Reply::unknown_object(at.behaviour.unknown_order_status),
        })
    }

    /// A test order (12.9): of quantity 0 one unit, since no order has fewer.
    fn test_order(&self) -> Reply {
        let body: Value = serde_json::from_slice(self.body).unwrap_or_default();
        let quantity = body.get("quantity").and_then(Value::as_u64).filter(|quantity| *quantity <= 50);
        let Some(quantity) = quantity.and_then(|quantity| u32::try_from(quantity).ok()) else {
            return Reply::invalid(&json!({"quantity": ["must be of integer type"]}));
        };
        let id = body.get("article_id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
        let Some(id) = id else {
            return Reply::invalid(&json!({"article_id": ["required field"]}));
        };
        self.shop(|shop, at| {
            let Some(article) = shop.catalogue.article_by_id(id) else { return Reply::unknown_object(403) };
            let offered = Market::ALL.into_iter().find(|market| article.offered_in(*market).is_ok());
            let Some(market) = offered else {
                return Reply::invalid(&json!({"article_id": ["article is not for sale"]}));
            };
            let sku = Arc::clone(&article.sku);
            match shop.sell(market, &[(&sku, quantity.max(1))], at) {
                Ok(ids) => Reply::ok(json!({"id": ids.first(), "description": "Order was created."})),
                Err(error) => Reply::invalid(&json!({"article_id": [error.to_string()]})),
            }
        })
    }
}

/// Order answers carry JSON under the label `text/html` (section 2).
fn labelled(mut reply: Reply, dialect: &super::options::Dialect) -> Reply {
    reply.labelled_html = !dialect.orders_labelled_json;
    reply
}

/// Undoes `%xx` in a path segment; what is not well-formed stays as it is.
fn percent_decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escape = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let decoded = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%');
        if let Some(decoded) = decoded {
            bytes.push(decoded);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
