//! `vortex ship` and `vortex cancel`

use serde_json::{Value, json};

use super::{
    Failure, Outcome,
    args::after_sale::{CancelArgs, Parcel, ShipArgs},
    client::{Client, text},
    say, say_json,
};

pub(super) async fn run(args: ShipArgs) -> Outcome {
    let body = body(&args)?;
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "orders", args.order.as_str(), "ship"]);
    let (_, answer) = client.post(url, &body).await?;
    if args.json {
        say_json(&answer)?;
        return Ok(true);
    }
    let changed = answer["changed"].as_bool().unwrap_or_default();
    let done = if changed { "taken up" } else { "nothing to change" };
    say(format_args!(
        "{}: {}: {done}; it waits for: {}",
        args.vendor,
        args.order,
        text(&answer["step"]["text"])
    ));
    for parcel in answer["parcels"].as_array().into_iter().flatten() {
        let waybill = match &parcel["tracking"] {
            Value::Null => text(&parcel["stage"]),
            tracking => format!("{} {}", text(&tracking["carrier"]), text(&tracking["number"])),
        };
        let held = parcel["held"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
        say(format_args!("  parcel {}: {waybill}{held}", parcel["number"]));
    }
    Ok(true)
}

fn body(args: &ShipArgs) -> Result<Value, Failure> {
    let wrong = |words: &'static str| Failure::usage(anyhow::anyhow!(words));
    if let (Some(carrier), Some(number)) = (&args.carrier, &args.tracking) {
        let parcel = match args.parcel[..] {
            [] => 1,
            [Parcel::Number(ref number)] => *number,
            _ => return Err(wrong("--parcel: with --carrier expected the number of one parcel, e.g. 2")),
        };
        return Ok(json!({"carrier": carrier, "tracking_number": number, "parcel": parcel}));
    }
    if args.parcel.is_empty() {
        return Ok(json!({}));
    }
    let measured = args.parcel.iter().map(|parcel| match parcel {
        Parcel::Measured(grams, [length, width, height], goods) => Ok(json!({
            "weight_g": grams, "length_cm": length, "width_cm": width, "height_cm": height, "goods": goods,
        })),
        Parcel::Number(_) => Err(wrong("--parcel: expected weight and size, e.g. 1200g,30x20x10")),
    });
    Ok(json!({"parcels": measured.collect::<Result<Vec<Value>, Failure>>()?}))
}

pub(super) async fn cancel(args: CancelArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "orders", args.order.as_str(), "cancel"]);
    let (_, answer) = client.post(url, &json!({"reason": args.reason})).await?;
    if args.json {
        say_json(&answer)?;
        return Ok(true);
    }
    let changed = answer["changed"].as_bool().unwrap_or_default();
    let done = if changed { "the channel is told to cancel it" } else { "it is to be cancelled already" };
    say(format_args!("{}: {}: {done} ({})", args.vendor, args.order, text(&answer["reason"])));
    Ok(true)
}
