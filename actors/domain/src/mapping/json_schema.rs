//! The form of a mapping as JSON Schema (2020-12), for editors that complete and underline.

use serde_json::{Map, Value, json};

use super::{
    model::Object,
    steps::{CATALOGUE, Doc},
};

/// The JSON Schema of [`super::Mapping`]; TOML files have the same form.
pub fn json_schema() -> Value {
    let mut properties = Map::new();
    for object in Object::ALL {
        let rows = json!({"type": "array", "maxItems": super::ROW_LIMIT, "items": {"$ref": "#/$defs/row"}});
        properties.insert(object.code().to_owned(), rows);
    }
    properties.insert(
        "tables".to_owned(),
        json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/table"}}),
    );
    let texts = |of: &str| json!({"anyOf": [{"type": of}, {"type": "array", "items": {"type": of}}]});
    let scalar = json!({"type": ["string", "number", "boolean"]});
    let scalars = json!({"anyOf": [scalar, {"type": "array", "items": scalar}]});
    let rows = json!({"type": "object", "maxProperties": super::TABLE_LIMIT, "additionalProperties": scalar});
    let named_rows = json!({"type": "object", "additionalProperties": rows});
    let examples = json!({"type": "array", "items": {"$ref": "#/$defs/example"}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mapping",
        "description": "Rules from the ERP's fields to the channel's, and their look-up tables",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "row": {
                "description": "A field that is made, where its value comes from, and what happens to it on the way",
                "type": "object",
                "additionalProperties": false,
                "required": ["to"],
                "properties": {
                    "to": {"description": "The field that is made", "type": "string"},
                    "from": texts("string"),
                    "markets": {"type": "array", "items": {"type": "string"}},
                    "when": {"type": "array", "items": {"$ref": "#/$defs/condition"}},
                    "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}},
                    "examples": examples,
                },
            },
            "condition": {
                "description": "Everything that it says must hold",
                "type": "object",
                "additionalProperties": false,
                "required": ["field"],
                "properties": {
                    "field": {"type": "string"},
                    "is": scalars,
                    "is_not": scalars,
                    "filled": {"type": "boolean"},
                    "above": {"type": ["number", "string"]},
                    "below": {"type": ["number", "string"]},
                    "matches": {"type": "string"},
                },
            },
            "table": {
                "description": "From a value to another; a market's rows go before a language's, and these before the general ones",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "rows": rows,
                    "markets": named_rows,
                    "languages": named_rows,
                    "otherwise": scalar,
                    "examples": examples,
                },
            },
            "example": {
                "description": "A value with what must come of it",
                "type": "object",
                "required": ["in"],
            },
            "step": {"oneOf": steps()},
        },
    })
}

/// A step is its name alone, or one name with parameters.
fn steps() -> Vec<Value> {
    let names: Vec<&str> = CATALOGUE.iter().map(|doc| doc.name).collect();
    let alone = json!({"description": "A step without parameters", "enum": names});
    std::iter::once(alone).chain(CATALOGUE.iter().map(with_parameters)).collect()
}

fn with_parameters(doc: &Doc) -> Value {
    // Written with a value alone, a step takes that value.
    let bare = doc.parameters.iter().any(|parameter| parameter.name.is_empty());
    let parameters: Map<String, Value> = doc
        .parameters
        .iter()
        .filter(|parameter| !parameter.name.is_empty())
        .map(|parameter| (parameter.name.to_owned(), json!({"description": parameter.en})))
        .collect();
    let form = if bare { json!({}) } else { json!({"type": "object", "properties": parameters}) };
    let name = doc.name;
    json!({
        "description": doc.en,
        "type": "object",
        "additionalProperties": false,
        "required": [name],
        "properties": {name: form},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;

    /// Whatever the built-in mapping uses stands in the schema.
    #[test]
    fn the_built_in_mapping_has_the_form() {
        let schema = json_schema();
        let mapping = serde_json::to_value(Mapping::built_in()).unwrap();
        let defs = &schema["$defs"];
        for (object, rows) in mapping.as_object().unwrap() {
            assert!(schema["properties"].get(object).is_some(), "{object}");
            for row in rows.as_array().into_iter().flatten() {
                for key in row.as_object().unwrap().keys() {
                    assert!(defs["row"]["properties"].get(key).is_some(), "{key}");
                }
                for step in row["steps"].as_array().into_iter().flatten() {
                    let name = step.as_str().or_else(|| step.as_object()?.keys().next().map(String::as_str));
                    let name = name.unwrap();
                    let known = defs["step"]["oneOf"].as_array().unwrap();
                    assert!(known.iter().any(|form| form["properties"].get(name).is_some()), "{name}");
                }
            }
        }
        for table in mapping["tables"].as_object().unwrap().values() {
            for key in table.as_object().unwrap().keys() {
                assert!(defs["table"]["properties"].get(key).is_some(), "{key}");
            }
        }
    }
}
