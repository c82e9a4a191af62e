use super::*;
use crate::mapping::{Scalar, example};

#[test]
fn the_built_in_mapping_is_sound_and_survives_every_form() {
    let mapping = Mapping::built_in();
    assert_eq!(toml::from_str::<Mapping>(DEFAULT_TOML).unwrap(), mapping);
    mapping.clone().compile(0, &example()).unwrap();
    let toml = mapping.to_toml().unwrap();
    assert_eq!(toml::from_str::<Mapping>(&toml).unwrap(), mapping, "{toml}");
    assert_eq!(Mapping::from_json(&mapping.to_json().unwrap()).unwrap(), mapping);
}

#[test]
fn a_file_says_only_what_differs() {
    let mapping = Mapping::from_toml(
        r#"
        [[article]]
        to = "title"
        from = "content.title"
        [[offer]]
        to = "price"
        from = "erp.price_net"
        steps = ["convert", { percent = 12.5 }, "vat_add", { price_ending = { NO = "nine" } }]
        [tables.category]
        rows = { SCULE = 1124 }
        [tables.shipping_days]
        markets.SE = { min = 3, max = 6 }
        [tables.colour]
        rows = { rosu = "red" }
        "#,
    )
    .unwrap();
    let built_in = Mapping::built_in();
    let of = |mapping: &Mapping, to: &str| -> Vec<_> {
        mapping.article.iter().filter(|row| row.to == to).cloned().collect()
    };
    assert_eq!(of(&mapping, "description"), of(&built_in, "description"));
    assert_eq!(of(&mapping, "title").len(), 1);
    assert_eq!(of(&mapping, "title")[0].from, ["content.title"]);
    assert_eq!((mapping.offer.len(), mapping.offer[0].steps.len()), (1, 4));
    assert_eq!(mapping.tables["category"].rows["SCULE"], Scalar::from("1124"));
    let days = &mapping.tables["shipping_days"];
    assert_eq!(days.get("min", Some(crate::Market::Se)), Some("3"));
    assert_eq!(days.get("min", Some(crate::Market::No)), Some("4"));
    assert_eq!(mapping.tables.len(), 3);
    mapping.compile(1, &example()).unwrap();
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let refused = |text: &str| Mapping::from_toml(text).unwrap_err().to_string();
    assert!(refused("[prices]").contains("unknown field `prices`"));
    assert!(refused("[[article]]\nto = \"title\"\nfrm = \"erp.name\"").contains("unknown field `frm`"));
    assert!(refused("[[article]]\nfrom = \"erp.name\"").contains("missing field `to`"));
    assert!(refused("[tables.days.markets.XX]\nmin = 1").contains("XX"));
    assert!(refused("[[article]]\nto = \"title\"\nsteps = [\"tirm\"]").contains("line 3"));
}
