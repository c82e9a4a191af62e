//! `vortex returns`

use serde_json::{Value, json};

use super::{
    Failure, Outcome,
    args::after_sale::{
        ReturnState, ReturnsAction, ReturnsArgs, ReturnsEnterArgs, ReturnsImportArgs, ReturnsListArgs,
        ReturnsSettleArgs,
    },
    client::{Client, text},
    say, say_json,
};
use crate::returns_file::Report;

pub(super) async fn run(args: ReturnsArgs) -> Outcome {
    match args.action {
        ReturnsAction::List(args) => list(args).await,
        ReturnsAction::Enter(args) => enter(args).await,
        ReturnsAction::Import(args) => import(args).await,
        ReturnsAction::Settle(args) => settle(args).await,
    }
}

async fn list(args: ReturnsListArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let mut url = client.vendors_url(&[args.vendor.as_str(), "returns"]);
    url.query_pairs_mut().append_pair("state", args.state.name());
    let items = client.pages(&url).await?;
    if args.json {
        say_json(&json!({"vendor": args.vendor, "state": args.state.name(), "items": items}))?;
        return Ok(true);
    }
    for item in &items {
        let order = text(&item["order"]);
        if args.state == ReturnState::Unmatched {
            let (id, why) = (text(&item["id"]), text(&item["text"]));
            let (advised, received) = (&item["advised"], &item["received"]);
            say(format_args!("{order} / {id}: advised {advised}, received {received}: {why}"));
        } else {
            let of = &item["returned"];
            say(format_args!("{order}: {}", figures(of)));
        }
    }
    say(format_args!("{}: {} {} returns", args.vendor, items.len(), args.state.name()));
    Ok(true)
}

fn figures(returned: &Value) -> String {
    let [sold, advised, received, credited] =
        ["sold", "advised", "received", "credited"].map(|name| returned[name].to_string());
    format!("sold {sold}, advised {advised}, received {received}, credited {credited}")
}

async fn enter(args: ReturnsEnterArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "orders", args.order.as_str(), "returns"]);
    let body = json!({
        "id": args.id, "advised": args.advised, "received": args.received, "scrapped": args.scrapped,
    });
    let (_, answer) = client.post(url, &body).await?;
    if args.json {
        say_json(&answer)?;
        return Ok(true);
    }
    let done = if answer["changed"] == true { "entered" } else { "known already" };
    say(format_args!("{}: {}: {done}; {}", args.vendor, args.order, figures(&answer["returned"])));
    Ok(true)
}

async fn import(args: ReturnsImportArgs) -> Outcome {
    let report = Report::read(&args.file, &args.map).map_err(Failure::usage)?;
    if !report.bad.is_empty() && !args.preview && !args.skip_bad_rows {
        let lines: Vec<String> = report.bad.iter().map(ToString::to_string).collect();
        return Err(Failure::usage(anyhow::anyhow!(
            "{} lines of {} cannot be used, so nothing was imported; mend them, or leave them out with --skip-bad-rows:\n{}",
            lines.len(),
            args.file.display(),
            lines.join("\n")
        )));
    }
    let client = Client::new(&args.service)?;
    let mut url = client.vendors_url(&[args.vendor.as_str(), "returns", "import"]);
    url.query_pairs_mut().append_pair("lang", "en");
    let rows: Vec<_> = report.rows.iter().map(|(_, row)| row).collect();
    let (_, answer) = client.post(url, &json!({"preview": args.preview, "rows": rows})).await?;
    let count = |name: &str| answer["counts"][name].as_u64().unwrap_or_default();
    let fits_none = count("unknown_order") + count("too_many");
    let good = fits_none == 0 && report.bad.is_empty();
    if args.json {
        let columns: Vec<_> =
            report.columns.iter().map(|(column, name)| json!({"column": column, "name": name})).collect();
        say_json(&json!({
            "ok": good, "vendor": args.vendor, "preview": args.preview, "columns": columns,
            "counts": answer["counts"], "rows": answer["rows"], "bad": report.bad,
        }))?;
        return Ok(good);
    }
    let columns: Vec<String> =
        report.columns.iter().map(|(column, name)| format!("{column} = `{name}`")).collect();
    say(format_args!("columns: {}", columns.join(", ")));
    for bad in &report.bad {
        say(bad);
    }
    let outcomes = answer["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    for ((line, _), outcome) in report.rows.iter().zip(outcomes) {
        if outcome["outcome"] != "same" {
            let (order, id) = (text(&outcome["order"]), text(&outcome["id"]));
            say(format_args!("line {line}: {order} / {id}: {}", text(&outcome["text"])));
        }
    }
    let done = if args.preview { "nothing written (--preview)" } else { "imported" };
    say(format_args!(
        "{}: {} new, {} changed, {} known already, {fits_none} fit no order: {done}",
        args.vendor,
        count("new"),
        count("changed"),
        count("same"),
    ));
    if fits_none > 0 && !args.preview {
        say(format_args!("see `vortex returns list --vendor {} --state unmatched`", args.vendor));
    }
    Ok(good)
}

async fn settle(args: ReturnsSettleArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "returns", "unmatched"]);
    let body = json!({"order": args.order, "id": args.id, "to": args.to});
    let (_, answer) = client.post(url, &body).await?;
    if args.json {
        say_json(&answer)?;
    } else {
        say(format_args!("{}: {} / {}: {}", args.vendor, args.order, args.id, text(&answer["outcome"])));
    }
    Ok(true)
}
