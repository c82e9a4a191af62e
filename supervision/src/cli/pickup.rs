//! `vortex pickup`

use serde_json::{Value, json};

use super::{
    Outcome,
    args::pickup::{
        PickupAction, PickupArgs, PickupAskArgs, PickupDecideArgs, PickupListArgs, PickupOneArgs,
    },
    client::{Client, text},
    say, say_json,
};

pub(super) async fn run(args: PickupArgs) -> Outcome {
    match args.action {
        PickupAction::Ask(args) => ask(args).await,
        PickupAction::List(args) => list(args).await,
        PickupAction::Show(args) => show(args).await,
        PickupAction::Cancel(args) => cancel(args).await,
        PickupAction::Decide(args) => decide(args).await,
    }
}

/// Says how a collection stands. Good only if it stands as it was wanted.
fn told(answer: &Value, json: bool, wanted: &[&str]) -> Outcome {
    let good = wanted.iter().any(|stage| answer["stage"] == *stage);
    if json {
        say_json(answer)?;
        return Ok(good);
    }
    line(answer);
    for parcel in answer["parcels"].as_array().into_iter().flatten() {
        let (awb, order) = (text(&parcel["awb"]), text(&parcel["order"]));
        say(format_args!("  {awb}  order {order}, parcel {}", parcel["parcel"]));
    }
    Ok(good)
}

fn line(pickup: &Value) {
    let [id, day, ready, close, stage] =
        ["id", "day", "ready", "close", "stage"].map(|name| text(&pickup[name]));
    let parcels = pickup["parcels"].as_array().map_or(0, Vec::len);
    let more = match (&pickup["confirmation"], &pickup["why"]) {
        (_, Value::String(why)) => format!(": {why}"),
        (Value::String(number), _) => format!(" {number}"),
        _ => String::new(),
    };
    say(format_args!("{id}  {day} {ready}-{close}, {parcels} parcels, {stage}{more}"));
}

async fn ask(args: PickupAskArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let body = json!({
        "day": args.day, "ready": args.ready, "close": args.close, "location": args.location,
    });
    let (_, answer) = client.post(client.vendors_url(&[args.vendor.as_str(), "pickups"]), &body).await?;
    told(&answer, args.json, &["ordered", "asked", "ordering"])
}

async fn list(args: PickupListArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let items = client.pages(&client.vendors_url(&[args.vendor.as_str(), "pickups"])).await?;
    if args.json {
        say_json(&json!({"vendor": args.vendor, "items": items}))?;
        return Ok(true);
    }
    items.iter().for_each(line);
    say(format_args!("{}: {} collections", args.vendor, items.len()));
    Ok(true)
}

async fn show(args: PickupOneArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "pickups", args.id.as_str()]);
    let answer = client.get(url).await?;
    told(&answer, args.json, &[text(&answer["stage"]).as_str()])
}

async fn cancel(args: PickupOneArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "pickups", args.id.as_str(), "cancel"]);
    let (_, answer) = client.post(url, &json!({})).await?;
    told(&answer, args.json, &["cancelled", "cancelling"])
}

async fn decide(args: PickupDecideArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "pickups", args.id.as_str(), "decide"]);
    let (_, answer) = client.post(url, &json!({"confirmation": args.confirmation})).await?;
    told(&answer, args.json, &["ordered", "cancelled", "refused"])
}
