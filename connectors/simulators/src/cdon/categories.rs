//! A small category tree in CDON's flattened form (spec section 11.3).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The id that an article names, as text.
    pub id: u32,
    /// English name, served for every language.
    pub name: String,
    /// Dotted chain of ids from the root, ending with `id`.
    pub path: String,
}

/// The tree as an answer.
pub(super) fn as_json(tree: &[Category]) -> Value {
    let node = |category: &Category| {
        json!({
            "id": category.id,
            "name": category.name,
            "path": category.path,
            "search_friendly_name": friendly(&category.name),
        })
    };
    tree.iter().map(node).collect()
}

/// Whether `id`, as an article spells it, is in the tree.
pub(super) fn contains(tree: &[Category], id: &str) -> bool {
    id.parse::<u32>().is_ok_and(|id| tree.iter().any(|category| category.id == id))
}

fn friendly(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// The tree served unless another is set.
pub(super) fn default_tree() -> Vec<Category> {
    const TREE: [(&str, &str); 28] = [
        ("1", "Home & Garden"),
        ("1.423", "Kitchen"),
        ("1.423.1124", "Pots & Pans"),
        ("1.423.1125", "Cutlery"),
        ("1.423.1126", "Small Appliances"),
        ("1.424", "Garden"),
        ("1.424.1130", "Garden Tools"),
        ("1.424.1131", "Outdoor Furniture"),
        ("1.425", "Textiles"),
        ("1.425.1140", "Bed Linen"),
        ("2", "Electronics"),
        ("2.500", "Computers"),
        ("2.500.1586", "Keyboards"),
        ("2.500.1587", "Storage"),
        ("2.501", "Audio"),
        ("2.501.1590", "Headphones"),
        ("3", "Fashion"),
        ("3.600", "Shoes"),
        ("3.600.1700", "Sneakers"),
        ("3.601", "Clothes"),
        ("3.601.1710", "T-shirts"),
        ("4", "Sport & Leisure"),
        ("4.700", "Cycling"),
        ("4.700.1800", "Bicycle Parts"),
        ("5", "Toys"),
        ("5.800", "Board Games"),
        ("6", "Beauty"),
        ("6.900", "Skin Care"),
    ];
    let node = |(path, name): (&str, &str)| {
        let id = path.rsplit('.').next().and_then(|id| id.parse().ok())?;
        Some(Category { id, name: name.to_owned(), path: path.to_owned() })
    };
    TREE.into_iter().filter_map(node).collect()
}
