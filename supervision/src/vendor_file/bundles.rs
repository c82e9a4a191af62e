//! `[bundles]`: articles that are sold as one and kept as their parts.

use std::collections::BTreeMap;

use vortex_domain::Sku;

use super::settings::UNITS_LIMIT;
use crate::config::reader::Section;

/// Distinct parts that one bundle may have, nested bundles resolved.
const PARTS_LIMIT: usize = 100;

/// Bundles within bundles.
const DEPTH_LIMIT: usize = 5;

type Parts = BTreeMap<Sku, i64>;

/// Reads bundles and resolves those that contain others down to real articles.
pub(super) fn read(section: &Section) -> BTreeMap<Sku, Parts> {
    let mut written: BTreeMap<Sku, Parts> = BTreeMap::new();
    for (name, parts) in section.named_sections() {
        let parts = parts.named_integers(&(1..=UNITS_LIMIT));
        match Sku::new(&name) {
            Ok(_) if parts.is_empty() => {
                section.wrong(&name, "has no parts; expected e.g. { \"A\" = 1, \"B\" = 2 }");
            }
            Ok(bundle) => {
                written.insert(bundle, parts);
            }
            Err(error) => section.wrong(&name, error.to_string()),
        }
    }
    let mut resolved = BTreeMap::new();
    for bundle in written.keys() {
        let mut parts = Parts::new();
        match resolve(&written, bundle, 1, &mut Vec::new(), &mut parts) {
            Ok(()) => {
                resolved.insert(bundle.clone(), parts);
            }
            Err(why) => section.wrong(bundle.as_str(), why),
        }
    }
    resolved
}

/// Adds `units` of a bundle's parts to `parts`. `path` are the bundles that we are inside of.
fn resolve<'b>(
    written: &'b BTreeMap<Sku, Parts>,
    bundle: &'b Sku,
    units: i64,
    path: &mut Vec<&'b Sku>,
    parts: &mut Parts,
) -> Result<(), String> {
    if path.contains(&bundle) {
        let names: Vec<&str> = path.iter().chain([&bundle]).map(|sku| sku.as_str()).collect();
        return Err(format!("contains itself: {}", names.join(" → ")));
    }
    if path.len() == DEPTH_LIMIT {
        return Err(format!("is nested deeper than {DEPTH_LIMIT} bundles"));
    }
    path.push(bundle);
    for (part, each) in written.get(bundle).into_iter().flatten() {
        let total = units.checked_mul(*each).filter(|total| *total <= UNITS_LIMIT);
        let total = total.ok_or_else(|| format!("takes more than {UNITS_LIMIT} of `{part}`"))?;
        if written.contains_key(part) {
            resolve(written, part, total, path, parts)?;
        } else {
            let sum = parts.entry(part.clone()).or_default();
            *sum = sum.saturating_add(total);
        }
        if parts.len() > PARTS_LIMIT {
            return Err(format!("has more than {PARTS_LIMIT} different parts"));
        }
    }
    path.pop();
    Ok(())
}
