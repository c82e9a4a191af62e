//! Shipment Tracking Unified, push (dhl.md section 14): an API of its own beside `MyDHL`, with its own key and address.
//!
//! Messages are not signed. What speaks for one is the token that we gave with the subscription, which the receiver of the
//! hook checks; here they are only read.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use vortex_domain::{Entropy, VendorId};
use vortex_port::{
    CallError, Connection, CourierPush,
    connection::SettingsError,
    courier::Push,
    http::{
        Answer, Auth, Content, EgressPolicy, HeaderName, HeaderValue, HttpCall, HttpClient, Limits, Method,
        Remote, encode_segment,
    },
};

use crate::{
    config::Settings,
    wire::{awb, rows, text_of},
};

/// The header in which messages carry our token.
pub const HOOK_TOKEN_HEADER: &str = "x-hook-token";
/// Parcels that one message is believed to speak of at most.
const MOST_PARCELS: usize = 1_000;
/// A few calls a day.
const PER_MINUTE: u32 = 12;

/// The subscription of a merchant's DHL Express account.
#[derive(Clone)]
pub struct DhlPush {
    account_number: String,
    token: SecretString,
    http: HttpClient,
}

impl DhlPush {
    /// Prepares it; none without the secret `push_key`. Needs the secret `webhook_secret` too: the token that messages carry.
    ///
    /// # Errors
    /// Names the field of the connection that cannot be used.
    pub fn new(
        vendor: &VendorId,
        connection: &Connection,
        egress: EgressPolicy,
        entropy: Entropy,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(key) = connection.secrets.get("push_key") else { return Ok(None) };
        let settings = Settings::read(connection)?;
        let token = connection.secrets.get("webhook_secret").cloned().ok_or_else(|| SettingsError {
            connection: connection.name.clone(),
            field: "webhook_secret".to_owned(),
            why: "is needed with push_key: the token that DHL's messages must carry".to_owned(),
        })?;
        let http = HttpClient::new(Remote {
            vendor: vendor.clone(),
            connection: connection.name.clone(),
            base_url: settings.push_url,
            auth: Auth::Header { name: HeaderName::from_static("dhl-api-key"), value: key.clone() },
            limits: Limits { per_minute: PER_MINUTE, ..Limits::default() },
            egress,
            entropy,
        })?;
        Ok(Some(Self { account_number: settings.account_number, token, http }))
    }

    fn of(&self, subscription: &str) -> Result<String, CallError> {
        let id = encode_segment(subscription).filter(|id| !id.is_empty());
        id.map(|id| format!("/subscription/{id}"))
            .ok_or_else(|| self.implausible("the subscription has no name"))
    }

    fn implausible(&self, why: impl Into<String>) -> CallError {
        CallError::Implausible { connection: self.http.connection().to_owned(), why: why.into() }
    }

    fn refused(&self, answer: &Answer) -> CallError {
        CallError::Refused {
            connection: self.http.connection().to_owned(),
            status: answer.status,
            message: answer.summary(),
        }
    }
}

#[async_trait]
impl CourierPush for DhlPush {
    fn read(&self, message: &str) -> Push {
        read(message)
    }

    async fn subscribe(&self, hook: &str) -> Result<String, CallError> {
        let body = json!({
            "hook": {"uri": hook, "authentication": {"type": "ApiKeyAuthentication",
                "header": HOOK_TOKEN_HEADER, "token": self.token.expose_secret()}},
            "format": "Default", "type": "Account", "service": "express",
            "events": ["Pre-Transit", "Transit", "Delivered", "Failure", "Unknown"],
            "accountID": self.account_number,
        });
        let call = HttpCall::new("push.subscribe", Method::POST, "/subscription").json(&body);
        let answer = self.http.call(&call).await?;
        let Content::Json(body) = answer.content() else { return Err(self.refused(&answer)) };
        let named = text_of(&body, "subscriptionId").or_else(|| last_segment(&body));
        match named {
            Some(id) if answer.is_success() => Ok(id),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn is_subscribed(&self, subscription: &str) -> Result<bool, CallError> {
        let answer = self.http.read(&HttpCall::get("push.look", self.of(subscription)?)).await?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_success() => Ok(true),
            _ => Err(self.refused(&answer)),
        }
    }

    async fn confirm(&self, subscription: &str, secret: &SecretString) -> Result<(), CallError> {
        let mut secret = HeaderValue::from_str(secret.expose_secret())
            .map_err(|_| self.implausible("the handshake's secret is no header"))?;
        secret.set_sensitive(true);
        let call = HttpCall::new("push.confirm", Method::POST, self.of(subscription)?)
            .header(HeaderName::from_static("dhl-api-hook-secret"), secret);
        let answer = self.http.call(&call).await?;
        if answer.is_success() { Ok(()) } else { Err(self.refused(&answer)) }
    }
}

/// The subscription's name is the last part of its own address. The address itself is never called: whoever knows our token
/// could write any other there.
fn last_segment(message: &Value) -> Option<String> {
    let address = text_of(message, "self")?;
    address.trim_end_matches('/').rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned)
}

fn read(message: &str) -> Push {
    let Ok(message) = serde_json::from_str::<Value>(message) else { return Push::Other };
    match text_of(&message, "scope").as_deref() {
        Some("subscription.validate") => match (last_segment(&message), text_of(&message, "secret")) {
            (Some(subscription), Some(secret)) => Push::Handshake { subscription, secret: secret.into() },
            _ => Push::Other,
        },
        Some("subscription.push") => {
            let of = |shipment: &Value| shipment.get("id").and_then(awb);
            let mut awbs: Vec<String> = rows(&message, "shipments").iter().filter_map(of).collect();
            awbs.truncate(MOST_PARCELS);
            awbs.sort_unstable();
            awbs.dedup();
            if awbs.is_empty() { Push::Other } else { Push::Parcels(awbs) }
        }
        _ => Push::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://api-eu.dhl.com/tracking/push/v1/subscription/0f1e2d";

    #[test]
    fn a_push_names_waybills_in_every_spelling() {
        let body = json!({"scope": "subscription.push", "self": OWN, "shipments": [
            {"id": "0123456789", "status": {"statusCode": "transit"}}, {"id": 123_456_789}, {"id": ""}, {}]});
        assert!(matches!(read(&body.to_string()), Push::Parcels(awbs) if awbs == ["0123456789"]));
    }

    #[test]
    fn a_handshake_is_answered_at_the_address_that_we_know() {
        let evil = "http://169.254.169.254/latest/0f1e2d";
        for own in [OWN, evil] {
            let body = json!({"scope": "subscription.validate", "self": own, "secret": "s-1"});
            let Push::Handshake { subscription, secret } = read(&body.to_string()) else {
                panic!("no handshake")
            };
            assert_eq!((subscription.as_str(), secret.expose_secret()), ("0f1e2d", "s-1"));
        }
    }

    #[test]
    fn what_is_neither_does_nothing() {
        for other in [
            json!({"scope": "subscription.ready", "self": OWN}),
            json!({"scope": "subscription.validate", "self": OWN}),
            json!({"scope": "subscription.push", "shipments": []}),
            json!({"shipments": [{"id": "1"}]}),
            json!(7),
        ] {
            assert!(matches!(read(&other.to_string()), Push::Other), "{other}");
        }
        assert!(matches!(read("no JSON"), Push::Other));
    }
}
