//! A browser as far as the service can see one: it keeps cookies and says where its requests come from.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
};
use serde_json::Value;

use crate::support::{Answer, PASSWORD, World};

pub(crate) struct Browser<'w> {
    world: &'w World,
    pub(crate) cookies: BTreeMap<String, String>,
    /// From the last page that was read.
    pub(crate) csrf: String,
    address: [u8; 4],
}

/// A form's body.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

impl<'w> Browser<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, cookies: BTreeMap::new(), csrf: String::new(), address: [192, 0, 2, 1] }
    }

    pub(crate) fn from_address(world: &'w World, last: u8) -> Self {
        Self { address: [192, 0, 2, last], ..Self::new(world) }
    }

    /// Somebody who has signed in.
    pub(crate) async fn signed_in(world: &'w World, login: &str) -> Self {
        let mut browser = Self::new(world);
        let answer = browser.sign_in(login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let page = browser.get("/account").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        browser
    }

    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("login", login), ("password", password), ("next", "/account")]).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html")
            .header("cookie", cookies.join("; "))
            .header("host", "panel.example")
            .header("sec-fetch-site", "same-origin")
            .extension(ConnectInfo(std::net::SocketAddr::from((self.address, 40_000))))
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = self.world.send(request).await;
        for line in answer.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(rest) = answer.text.split("name=\"csrf\" value=\"").nth(1) {
            rest.split('"').next().unwrap().clone_into(&mut self.csrf);
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// A form with the word that its page holds.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.post_as_it_is(path, &fields).await
    }

    pub(crate) async fn post_as_it_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .unwrap();
        self.send(request).await
    }

    /// What a script of ours sends.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let csrf = self.csrf.clone();
        let mut builder = self.request(method, path).header("x-csrf-token", csrf);
        if let Some(headers) = builder.headers_mut() {
            headers.insert("accept", "application/json".parse().unwrap());
            headers.insert("content-type", "application/json".parse().unwrap());
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(builder.body(body).unwrap()).await
    }
}
