//! The rules of `deny.toml` that need nothing but cargo: who may depend on whom, which licences may come in, and from where.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own project fails")]

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rules() -> toml::Table {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")).unwrap().parse().unwrap()
}

#[test]
fn only_the_named_crates_depend_on_what_is_walled_in() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let rules = rules();
    let mut broken = Vec::new();
    for ban in rules["bans"]["deny"].as_array().unwrap() {
        let name = ban["crate"].as_str().unwrap();
        let wrappers: Vec<&str> = ban
            .get("wrappers")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
            .collect();
        for package in packages {
            let depends = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .any(|dependency| dependency["name"] == name && dependency["optional"] == false);
            let who = package["name"].as_str().unwrap();
            // Optional features of others that we do not turn on are no dependency of ours.
            let ours = package["source"].is_null() || wrappers.is_empty();
            if depends && ours && !wrappers.contains(&who) {
                broken.push(format!("{who} depends on {name}"));
            }
        }
    }
    assert!(broken.is_empty(), "deny.toml forbids: {broken:?}");
}

#[test]
fn the_crates_depend_on_each_other_one_way() {
    // domain <- store, port <- entities <- api <- vortex; a connector knows port and domain only; simulators know nobody.
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("vortex-domain", &[][..]),
        ("vortex-port", &["vortex-domain"][..]),
        ("vortex-store", &["vortex-domain"][..]),
        ("vortex-entities", &["vortex-domain", "vortex-port", "vortex-store"][..]),
        ("vortex-cdon", &["vortex-domain", "vortex-port"][..]),
        ("vortex-dhl", &["vortex-domain", "vortex-port"][..]),
        ("vortex-folder", &["vortex-domain", "vortex-port"][..]),
        ("vortex-rates", &["vortex-domain", "vortex-port"][..]),
        ("vortex-winmentor", &["vortex-domain", "vortex-port"][..]),
        ("vortex-simulators", &[][..]),
        ("vortex-api", &["vortex-domain", "vortex-entities", "vortex-store"][..]),
    ]);
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let who = package["name"].as_str().unwrap();
        let Some(allowed) = allowed.get(who) else {
            assert!(who == "vortex" || !who.starts_with("vortex-"), "{who} has no place in the cut");
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            let for_tests = dependency["kind"] == "dev";
            assert!(
                !name.starts_with("vortex") || for_tests || allowed.contains(&name),
                "{who} must not depend on {name}"
            );
        }
    }
}

#[test]
fn every_licence_is_allowed_and_everything_comes_from_the_registry() {
    let rules = rules();
    let allowed: Vec<&str> =
        rules["licenses"]["allow"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(permitted(licence, &allowed), "{name} is licensed as `{licence}`");
        let source = package["source"].as_str().unwrap_or("registry+ (ours)");
        assert!(source.starts_with("registry+"), "{name} comes from {source}");
    }
}

/// An SPDX expression of names, AND, OR and parentheses; `/` is an old spelling of OR.
fn permitted(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ");
    if let Some(rest) = expression.trim().strip_prefix('(')
        && let Some((inner, after)) = rest.split_once(')')
    {
        let after = after.trim();
        return match after.split_once(' ') {
            None => permitted(inner, allowed),
            Some(("AND", more)) => permitted(inner, allowed) && permitted(more, allowed),
            Some((_, more)) => permitted(inner, allowed) || permitted(more, allowed),
        };
    }
    expression.split(" OR ").any(|choice| {
        choice.split(" AND ").all(|name| allowed.contains(&name.trim().trim_matches(['(', ')'])))
    })
}

#[test]
fn licences_are_understood() {
    let allowed = ["MIT", "ISC"];
    assert!(permitted("MIT OR GPL-3.0", &allowed));
    assert!(!permitted("MIT AND GPL-3.0", &allowed));
    assert!(permitted("(MIT OR GPL-3.0) AND ISC", &allowed));
    assert!(!permitted("(MIT OR GPL-3.0) AND GPL-3.0", &allowed));
    assert!(permitted("GPL-3.0/ISC", &allowed));
    assert!(!permitted("none", &allowed));
}
