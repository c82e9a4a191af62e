//! `vortex check` for a CDON connection.

use async_trait::async_trait;
use vortex_domain::Language;
use vortex_port::{
    CallError, ChannelOffers, CheckItem,
    connection::Checkable,
    http::{Content, HttpCall},
};

use crate::client::CdonConnector;

#[async_trait]
impl Checkable for CdonConnector {
    async fn check(&self) -> Vec<CheckItem> {
        let mut items = Vec::new();
        // The same call that integrators use to test credentials (cdon.md section 2).
        let reading =
            self.get(HttpCall::get("check", "/v1/orders?state=CREATED&limit=10&page=1").for_orders()).await;
        let (reached, allowed) = match &reading {
            Ok(reply) if reply.answer.status == 403 && reply.decline().is_some() => (Ok(()), false),
            Ok(reply) if matches!(reply.success(), Some(rows) if rows.is_array()) => (Ok(()), true),
            Ok(reply) => {
                let hint = match reply.content {
                    Content::WebPage => {
                        "a filter between Vortex and CDON answers; allow this server's address there"
                    }
                    _ => "base_url should be https://merchants-api.cdon.com/api",
                };
                (Err((reply.answer.summary(), hint)), false)
            }
            Err(CallError::Credentials { .. }) => (Ok(()), false),
            Err(error) => (Err((error.to_string(), remedy(error))), false),
        };
        if let Err((found, hint)) = reached {
            items.push(bad("CDON answers", found, hint));
            return items;
        }
        items.push(good("CDON answers", "reachable"));
        if !allowed {
            let hint = "enter merchant id and token from the API page of CDON's back office (merchantcenter.cdon.se)";
            items.push(bad("credentials", "CDON refuses merchant id or token".to_owned(), hint));
            return items;
        }
        items.push(good("credentials", "orders can be read"));
        for market in &self.settings.markets {
            let what = format!("categories of {market}");
            items.push(match self.categories(*market, Language::En).await {
                Ok(tree) => good(&what, &format!("{} categories", tree.len())),
                Err(error) => bad(&what, error.to_string(), remedy(&error)),
            });
        }
        if self.settings.undocumented_reads {
            items.push(match self.listing(1, 0).await {
                Ok(Some(page)) => {
                    good("reading articles back", &format!("{} articles on the first page", page.rows.len()))
                }
                Ok(None) => bad(
                    "reading articles back",
                    "CDON does not offer it to this account".to_owned(),
                    "set undocumented_reads = false: Vortex then trusts CDON's verdicts alone",
                ),
                Err(error) => bad("reading articles back", error.to_string(), remedy(&error)),
            });
        }
        items
    }
}

fn remedy(error: &CallError) -> &'static str {
    match error {
        CallError::NotSent { .. } => "look at base_url and this server's way to the internet",
        CallError::Paused { .. } => "wait, and lower requests_per_minute if it happens again",
        CallError::Credentials { .. } => "enter merchant id and token again",
        CallError::Refused { .. } => "ask CDON merchant support what this account may do",
        CallError::Unknown { .. } | CallError::Implausible { .. } => "try again later; CDON may have trouble",
    }
}

fn good(what: &str, found: &str) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: true, found: found.to_owned(), remedy: String::new() }
}

fn bad(what: &str, found: String, remedy: &str) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: false, found, remedy: remedy.to_owned() }
}
