//! The panel's doors: signing in, cookies, forged requests, other vendors' pages, headers.

use axum::{
    body::Body,
    http::{HeaderMap, Method, StatusCode},
};
use serde_json::json;
use vortex_api::Site;

use crate::{
    access::{body, document, operations},
    browser::{Browser, form},
    support::{NOW_MS, PASSWORD, SPARE, World},
};

/// Every page and form of the panel, with `{v}` left open.
pub(crate) fn routes() -> Vec<(Method, String)> {
    let source = include_str!("../../src/panel/mod.rs");
    let mut all = Vec::new();
    for rest in source.split(".route(").skip(1) {
        let rest = rest.split('"').nth(1).map(|path| (path, rest.split_once(", ").unwrap().1));
        let (path, handlers) = rest.unwrap();
        let handlers = handlers.split(".route").next().unwrap();
        let path = path
            .replace("{key}", SPARE)
            .replace("{id}", "o-1")
            .replace("{sku}", "A-1")
            .replace("{item}", "1")
            .replace("{action}", "retry")
            .replace("{version}", "3")
            .replace("{draft}", "spring")
            .replace("{kind}", "label")
            .replace("{name}", "1.pdf")
            .replace("{token}", "never-given");
        if handlers.contains("get(") {
            all.push((Method::GET, path.clone()));
        }
        if handlers.contains("post(") {
            all.push((Method::POST, path));
        }
    }
    assert!(all.len() > 12, "{all:?}");
    all
}

/// What is no page: live parts and files.
pub(crate) fn is_stream(path: &str) -> bool {
    ["/live", ".csv", ".jsonl", ".zip"].iter().any(|end| path.ends_with(end))
}

fn session_cookie(headers: &HeaderMap) -> String {
    let mut lines = headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines.find(|line| line.starts_with("vortex=") || line.starts_with("__Host-vortex=")).unwrap().to_owned()
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_scripts_other_sites_and_plain_connections_do_not_get() {
    // SEC08
    let plain = World::new().await;
    let answer = Browser::new(&plain).sign_in("ANA ", PASSWORD).await;
    assert_eq!(
        (answer.status, answer.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/account")
    );
    let cookie = session_cookie(&answer.headers);
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(!answer.headers.contains_key("strict-transport-security"));

    let site = Site { public_url: "https://panel.example".to_owned(), trusted_proxies: Vec::new() };
    let secure = World::at(site).await;
    let answer = Browser::new(&secure).sign_in("ana", PASSWORD).await;
    let cookie = session_cookie(&answer.headers);
    assert!(
        cookie.starts_with("__Host-vortex=") && cookie.contains("; Secure") && cookie.contains("; Path=/")
    );
    assert!(answer.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
    let mut other_name = Browser::new(&secure);
    other_name
        .cookies
        .insert("vortex".to_owned(), cookie["__Host-vortex=".len()..].split(';').next().unwrap().to_owned());
    assert_eq!(
        other_name.get("/account").await.status,
        StatusCode::SEE_OTHER,
        "a cookie without its protection"
    );
}

#[tokio::test]
async fn whoever_plants_a_session_gains_nothing() {
    let world = World::new().await;
    let attacker = Browser::signed_in(&world, "ion").await;
    let mut victim = Browser::new(&world);
    victim.cookies = attacker.cookies.clone();
    let answer = victim.sign_in("ana", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(victim.cookies["vortex"], attacker.cookies["vortex"]);
    let mut attacker = attacker;
    assert_eq!(attacker.get("/account").await.status, StatusCode::SEE_OTHER, "the planted one is over");
    let mut invented = Browser::new(&world);
    invented.cookies.insert("vortex".to_owned(), "A".repeat(43));
    assert_eq!(invented.sign_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_ne!(invented.cookies["vortex"], "A".repeat(43));
}

#[tokio::test]
async fn a_session_ends_at_once_when_it_is_told_to_and_by_itself() {
    let world = World::new().await;
    let mut here = Browser::signed_in(&world, "ana").await;
    let mut there = Browser::signed_in(&world, "ana").await;
    let kept = here.cookies.clone();
    assert_eq!(here.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!here.cookies.contains_key("vortex"));
    here.cookies = kept;
    assert_eq!(here.get("/account").await.status, StatusCode::SEE_OTHER, "the cookie is worth nothing");
    assert_eq!(there.get("/account").await.status, StatusCode::OK);
    // A new password ends all others.
    let mut third = Browser::signed_in(&world, "ana").await;
    let new = "another horse battery";
    let answer =
        third.post("/account/password", &[("current", PASSWORD), ("password", new), ("again", new)]).await;
    assert_eq!(answer.headers["location"], "/account", "{}", answer.text);
    assert_eq!(third.get("/account").await.status, StatusCode::OK);
    assert_eq!(there.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(Browser::new(&world).sign_in("ana", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    // All at once.
    let mut fourth = Browser::new(&world);
    assert_eq!(fourth.sign_in("ana", new).await.status, StatusCode::SEE_OTHER);
    assert_eq!(third.post("/account/sessions/end-all", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(fourth.get("/account").await.status, StatusCode::SEE_OTHER);
    // Idle, and old.
    let mut idle = Browser::signed_in(&world, "ion").await;
    world.clock.advance(12 * 3_600_000);
    assert_eq!(idle.get("/account").await.status, StatusCode::SEE_OTHER);
    let mut busy = Browser::signed_in(&world, "ion").await;
    for _ in 0..13 {
        assert_eq!(busy.get("/account").await.status, StatusCode::OK);
        world.clock.advance(11 * 3_600_000 + 3_500_000);
    }
    for _ in 0..2 {
        world.clock.advance(6 * 3_600_000);
        busy.get("/account").await;
    }
    assert_eq!(busy.get("/account").await.status, StatusCode::SEE_OTHER, "a week is over");
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_others() {
    let world = World::new().await;
    let ana = Browser::signed_in(&world, "ana").await;
    let hash = world.store.sessions("ana").await.unwrap()[0].hash.clone();
    let mut ion = Browser::signed_in(&world, "ion").await;
    let answer = ion.post("/account/sessions/end", &[("session", &hash)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let mut ana = ana;
    assert_eq!(ana.get("/account").await.status, StatusCode::OK);
    let answer = ana.post("/account/sessions/end", &[("session", &hash)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.get("/account").await.headers["location"], "/sign-in?next=%2Faccount");
}

#[tokio::test]
async fn ten_wrong_passwords_close_the_door_for_known_and_unknown_alike() {
    // SEC07
    let world = World::new().await;
    for (login, last) in [("ana", 1), ("nobody", 2)] {
        let mut statuses = Vec::new();
        for _ in 0..12 {
            let answer = Browser::from_address(&world, last).sign_in(login, "wrong horse battery").await;
            statuses.push(answer.status.as_u16());
            assert!(!answer.headers.contains_key("set-cookie") || !answer.text.contains("vortex="));
        }
        assert_eq!(statuses, [vec![401; 10], vec![429; 2]].concat(), "{login}");
    }
    let closed = Browser::from_address(&world, 3).sign_in("ana", PASSWORD).await;
    assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS, "from elsewhere too");
    assert!(closed.headers.contains_key("retry-after"));
    let other = Browser::from_address(&world, 3).sign_in("ion", PASSWORD).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "others are not locked out");
    world.clock.advance(600_000);
    assert_eq!(Browser::from_address(&world, 1).sign_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_unknown_login_a_wrong_password_and_none_yet_look_the_same() {
    let world = World::new().await;
    let mut texts = Vec::new();
    for login in ["anx", "ana", "new"] {
        let answer = Browser::new(&world).sign_in(login, "wrong horse battery").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        texts.push(answer.text.replace(&format!("value=\"{login}\""), ""));
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
}

#[tokio::test]
async fn a_one_time_link_sets_a_password_once() {
    let world = World::new().await;
    let (secret, sha256) = vortex_api::new_invitation().unwrap();
    world.store.invite(&vortex_api::stored_hash(&sha256), "new", NOW_MS + 1_000).await.unwrap();
    let path = format!("/welcome/{secret}");
    let mut browser = Browser::new(&world);
    assert!(browser.get(&path).await.text.contains("new"));
    let set = |password: &'static str, again: &'static str| [("password", password), ("again", again)];
    for (password, again) in [
        ("short", "short"),
        ("long enough, this", "long enough, that"),
        ("brand-new-password", "brand-new-password"),
    ] {
        let answer = browser.post_as_it_is(&path, &set(password, again)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
    }
    let good = "correct horse staple";
    assert_eq!(browser.post_as_it_is(&path, &set(good, good)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/v/acme").await.status, StatusCode::OK, "signed in");
    assert_eq!(browser.post_as_it_is(&path, &set(good, good)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Browser::new(&world).get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Browser::new(&world).sign_in("new", good).await.status, StatusCode::SEE_OTHER);
    world.store.invite(&vortex_api::stored_hash(&sha256), "new", NOW_MS + 1_000).await.unwrap();
    world.clock.advance(1_000);
    assert_eq!(Browser::new(&world).get(&path).await.status, StatusCode::NOT_FOUND, "ended");
}

#[tokio::test]
async fn no_write_is_taken_from_another_sites_page() {
    // SEC09
    let world = World::new().await;
    let mut tried = 0;
    for (method, path) in routes().into_iter().filter(|(method, _)| *method == Method::POST) {
        let path = path.replace("{v}", "acme");
        let mut ana = Browser::signed_in(&world, "ana").await;
        let csrf = ana.csrf.clone();
        // The word of another session.
        let foreign = Browser::signed_in(&world, "ion").await.csrf;
        let sites = [
            (Some("cross-site"), None, csrf.as_str()),
            (Some("same-site"), None, csrf.as_str()),
            (Some("none"), None, csrf.as_str()),
            (None, Some("https://evil.example"), csrf.as_str()),
            (None, Some("null"), csrf.as_str()),
            (None, None, csrf.as_str()),
            (Some("same-origin"), None, foreign.as_str()),
            (Some("same-origin"), None, ""),
        ];
        let outside = ["/sign-in", "/preferences", "/welcome/never-given"].contains(&path.as_str());
        for (site, origin, word) in sites {
            // Who is not signed in has no word.
            if outside && site == Some("same-origin") {
                continue;
            }
            let mut request = ana
                .request(method.clone(), &path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(form(&[("login", "ana"), ("password", PASSWORD), ("csrf", word)])))
                .unwrap();
            request.headers_mut().remove("sec-fetch-site");
            if let Some(site) = site {
                request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
            }
            if let Some(origin) = origin {
                request.headers_mut().insert("origin", origin.parse().unwrap());
            }
            let answer = world.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {site:?} {origin:?} {word}");
            assert!(
                !answer
                    .headers
                    .get_all("set-cookie")
                    .iter()
                    .any(|line| line.to_str().unwrap().starts_with("vortex="))
            );
            tried += 1;
        }
        assert_eq!(ana.get("/account").await.status, StatusCode::OK, "{path} was done all the same");
    }
    assert!(tried > 50);
    assert!(world.engine.acts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_api_takes_a_sessions_writes_only_with_its_word() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let path = "/api/v1/vendors/acme/sync";
    let text = json!({"flow": "stock"}).to_string();
    for kind in ["text/plain", "application/json", "application/x-www-form-urlencoded"] {
        let request =
            ana.request(Method::POST, path).header("content-type", kind).body(Body::from(text.clone()));
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{kind}");
    }
    assert!(world.engine.syncs.lock().unwrap().is_empty());
    let answer = ana.call(Method::POST, path, Some(json!({"flow": "stock"}))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(world.engine.syncs.lock().unwrap().len(), 1);
    let me = ana.call(Method::GET, "/api/v1/me", None).await;
    assert_eq!(me.json(), json!({"name": "user:ana", "roles": [{"vendor": "acme", "role": "owner"}]}));
    // A token that does not count is not helped out by a session.
    let request =
        ana.request(Method::GET, "/api/v1/me").header("authorization", "Bearer x").body(Body::empty());
    assert_eq!(world.send(request.unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_vendor_looks_like_no_vendor_to_whoever_is_signed_in() {
    // SEC01, with a session: every operation of the API, every page and form of the panel.
    let world = World::new().await;
    let mut ion = Browser::signed_in(&world, "ion").await;
    let mut asked = 0;
    let api = operations(&document(&world).await);
    for (method, path) in api.iter().filter(|(_, path)| path.contains("/v1/vendors/{v}")) {
        let foreign = ion.call(method.clone(), &path.replace("{v}", "acme"), body(path)).await;
        let unknown = ion.call(method.clone(), &path.replace("{v}", "nobody"), body(path)).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(foreign.problem(), unknown.problem(), "{method} {path}");
        asked += 1;
    }
    for (method, path) in routes().into_iter().filter(|(_, path)| path.contains("{v}")) {
        let mut seen = Vec::new();
        for vendor in ["acme", "nobody"] {
            let path = path.replace("{v}", vendor);
            let answer = match method {
                Method::POST => ion.post(&path, &[("name", "x"), ("role", "owner")]).await,
                _ => ion.get(&path).await,
            };
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
            seen.push(answer.text.replace(vendor, "…"));
        }
        assert_eq!(seen[0], seen[1], "{method} {path}");
        asked += 1;
    }
    assert!(asked > 30);
    assert!(world.engine.acts.lock().unwrap().is_empty() && world.engine.syncs.lock().unwrap().is_empty());
    let own = ion.get("/v/other").await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(!own.text.contains("acme"));
}

#[tokio::test]
async fn pages_ask_for_a_sign_in_and_come_back_after_it() {
    let world = World::new().await;
    for (method, path) in routes() {
        let path = path.replace("{v}", "acme");
        let outside = ["/sign-in", "/preferences", "/welcome/never-given"].contains(&path.as_str())
            || path.starts_with("/assets/");
        if outside {
            continue;
        }
        let mut browser = Browser::new(&world);
        let answer =
            if method == Method::POST { browser.post(&path, &[]).await } else { browser.get(&path).await };
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
        assert!(answer.headers["location"].to_str().unwrap().starts_with("/sign-in?next="), "{path}");
    }
    let mut browser = Browser::new(&world);
    let answer =
        browser.post("/sign-in", &[("login", "ana"), ("password", PASSWORD), ("next", "/v/acme?x=1")]).await;
    assert_eq!(answer.headers["location"], "/v/acme?x=1");
    let answer = browser
        .post("/sign-in", &[("login", "ana"), ("password", PASSWORD), ("next", "//evil.example")])
        .await;
    assert_eq!(answer.headers["location"], "/");
}

#[tokio::test]
async fn every_page_carries_the_headers_and_nothing_inline() {
    // SEC25
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let mut pages = 0;
    for (_, path) in routes().into_iter().filter(|(method, path)| *method == Method::GET && !is_stream(path))
    {
        let answer = ana.get(&path.replace("{v}", "acme")).await;
        if answer.status.is_redirection() || path.starts_with("/assets/") {
            continue;
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
        assert_eq!(answer.headers["referrer-policy"], "same-origin");
        let text = &answer.text;
        assert!(text.starts_with("<!doctype html>"), "{path}: {text}");
        for inline in
            [" style=", "<style", " onclick=", " onload=", " onsubmit=", "javascript:", "//cdn", "https://"]
        {
            assert!(!text.contains(inline), "{path} holds `{inline}`");
        }
        for script in text.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/"), "{path}");
        }
        assert!(text.contains("<html lang=\"en\"") && text.contains("<title>"), "{path}");
        pages += 1;
    }
    assert!(pages >= 3);
    let text = ana.get("/v/acme").await.text;
    let sheet =
        text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let asset = ana.get(&sheet).await;
    assert_eq!(asset.status, StatusCode::OK);
    assert_eq!(asset.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(asset.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(ana.get("/assets/000000000000/panel.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn language_and_theme_are_chosen_and_kept() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let answer = ana.post("/preferences", &[("language", "ro"), ("next", "/v/acme")]).await;
    assert_eq!(answer.headers["location"], "/v/acme");
    let page = ana.get("/v/acme").await.text;
    assert!(page.contains("<html lang=\"ro\"") && page.contains("Cele șase fluxuri"), "{page}");
    ana.post("/preferences", &[("theme", "dark"), ("next", "//evil.example")]).await;
    assert!(ana.get("/v/acme").await.text.contains("data-theme=\"dark\""));
    ana.post("/preferences", &[("theme", "\"><script>"), ("language", "xx")]).await;
    assert!(ana.get("/v/acme").await.text.contains("<html lang=\"ro\" data-theme=\"dark\">"));
}

#[tokio::test]
async fn errors_are_pages_that_say_what_to_do() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let answer = ana.get("/v/acme/no-such-page").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("There is nothing here") && answer.text.contains("href=\"/\""));
    let mut vera = Browser::signed_in(&world, "vera").await;
    assert_eq!(vera.get("/v/acme/access").await.status, StatusCode::FORBIDDEN);
    let answer = vera.post("/v/acme/tokens", &[("name", "x"), ("role", "owner")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("Your role does not allow this"));
}
