//! Collections come back as they were written, newest first, each guarded by its version.

use std::sync::Arc;

use jiff::civil::{date, time};
use vortex_domain::{
    Pickup, PickupId,
    pickup::{Cargo, PickupEvent},
    shipping::Measures,
};
use vortex_store::{
    Store, Verdict,
    rows::{PickupRow, Write},
};

use crate::support::*;

fn id(text: &str) -> PickupId {
    PickupId::new(text).unwrap()
}

fn pickup(name: &str) -> Pickup {
    let measures = Measures { weight_g: 1_200, length_cm: 30, width_cm: 20, height_cm: 10 };
    let value = Some(vortex_domain::Money::minor(59_800, vortex_domain::Currency::Nok));
    let cargo = Cargo {
        order: order_id("o-1"),
        parcel: 1,
        awb: "0123456789".to_owned(),
        measures,
        declarable: true,
        product: Some("P".to_owned()),
        value,
    };
    let asked = Pickup::asked(
        id(name),
        date(2026, 3, 2),
        time(15, 0, 0, 0),
        time(18, 30, 0, 0),
        "rampa 2".to_owned(),
    );
    asked.on(&PickupEvent::Starts(vec![cargo]), 5)
}

fn row(state: Pickup, version: i64) -> Write {
    Write::Pickup(Box::new(PickupRow { vendor: vendor(), version, state, at_ms: version }))
}

pub(crate) async fn collections_come_back_newest_first(store: Arc<impl Store>) {
    let names = ["2026-03-02-01", "2026-03-01-02", "2026-03-02-02"];
    let all = vec![names.map(|name| row(pickup(name), 1)).into()];
    assert_eq!(store.commit(&all).await.unwrap(), [Verdict::Durable]);
    let listed = async |before: Option<&str>, limit: u32| -> Vec<String> {
        let before = before.map(id);
        let rows = store.pickups(&vendor(), before.as_ref(), limit).await.unwrap();
        rows.into_iter().map(|(_, pickup)| pickup.id.to_string()).collect()
    };
    assert_eq!(listed(None, 2).await, ["2026-03-02-02", "2026-03-02-01"]);
    assert_eq!(listed(Some("2026-03-02-01"), 9).await, ["2026-03-01-02"]);
    assert_eq!(store.pickup(&vendor(), &id(names[0])).await.unwrap(), Some((1, pickup(names[0]))));
    assert_eq!(store.pickup(&other_vendor(), &id(names[0])).await.unwrap(), None);
}

pub(crate) async fn a_collection_is_written_by_one(store: Arc<impl Store>) {
    let name = "2026-03-02-01";
    let recovered = pickup(name).on(&PickupEvent::Recovered, 6);
    let first = store.commit(&[vec![row(pickup(name), 1)], vec![row(pickup(name), 1)]]).await.unwrap();
    assert_eq!(first, [Verdict::Durable, Verdict::Conflict], "one id, one collection");
    let second = store.commit(&[vec![row(recovered.clone(), 2)]]).await.unwrap();
    assert_eq!(second, [Verdict::Durable]);
    let late = store.commit(&[vec![row(pickup(name), 2)]]).await.unwrap();
    assert_eq!(late, [Verdict::Conflict], "somebody else has written meanwhile");
    assert_eq!(store.pickup(&vendor(), &id(name)).await.unwrap(), Some((2, recovered)));
}
