//! `vortex label` and `vortex invoices`

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    Failure, Outcome,
    args::after_sale::{InvoicesArgs, LabelArgs, LabelFormat},
    client::{Client, text},
    say, say_json,
};

pub(super) async fn label(args: LabelArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let files = match &args.zip {
        Some(file) => {
            let mut url = client.vendors_url(&[args.vendor.as_str(), "labels"]);
            let orders: Vec<&str> = args.order.iter().map(vortex_domain::OrderId::as_str).collect();
            url.query_pairs_mut().append_pair("orders", &orders.join(","));
            if let Some(format) = args.format {
                url.query_pairs_mut().append_pair("format", format.name());
            }
            client.save(url, file).await?;
            vec![file.clone()]
        }
        None => one_by_one(&client, &args).await?,
    };
    if args.json {
        say_json(&json!({"vendor": args.vendor, "files": files}))?;
    } else {
        for file in files {
            say(file.display());
        }
    }
    Ok(true)
}

async fn one_by_one(client: &Client<'_>, args: &LabelArgs) -> Result<Vec<PathBuf>, Failure> {
    let vendor = args.vendor.as_str();
    let format = args.format.map(LabelFormat::name);
    let mut wanted = Vec::new();
    for order in &args.order {
        let files = client.get(client.vendors_url(&[vendor, "orders", order.as_str(), "files"])).await?;
        let labels =
            files["items"].as_array().into_iter().flatten().filter(|file| {
                file["kind"] == "label" && format.is_none_or(|format| file["format"] == format)
            });
        let names: Vec<String> = labels.map(|file| text(&file["name"])).collect();
        if names.is_empty() {
            let sort = format.map(|format| format!(" {format}")).unwrap_or_default();
            // A label that is silently not printed is a parcel that stays behind.
            return Err(Failure::usage(anyhow::anyhow!(
                "order `{order}` has no{sort} label; nothing was written"
            )));
        }
        wanted.extend(names.into_iter().map(|name| (order, name)));
    }
    let mut written = Vec::new();
    for (order, name) in wanted {
        let body = json!({"order": order, "kind": "label", "name": name});
        let (_, link) = client.post(client.vendors_url(&[vendor, "files", "links"]), &body).await?;
        let name = text(&link["name"]);
        // A name is a name and no way out of the folder.
        let plain = PathBuf::from(&name).file_name().is_some_and(|plain| plain == name.as_str());
        if !plain {
            return Err(Failure::failed(anyhow::anyhow!(
                "the service names a file `{name}`; nothing was written"
            )));
        }
        let file = args.out.join(name);
        client.save(client.linked_url(&text(&link["url"]))?, &file).await?;
        written.push(file);
    }
    Ok(written)
}

pub(super) async fn invoices(args: InvoicesArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let vendor = args.vendor.as_str();
    if let Some(file) = &args.out {
        let mut url = client.vendors_url(&[vendor, "invoices.zip"]);
        url.query_pairs_mut().append_pair("month", &args.month);
        let bytes = client.save(url, file).await?;
        if args.json {
            say_json(&json!({"vendor": args.vendor, "month": args.month, "file": file, "bytes": bytes}))?;
        } else {
            say(format_args!("{}: {} written, {bytes} bytes", args.vendor, file.display()));
        }
        return Ok(true);
    }
    let mut url = client.vendors_url(&[vendor, "invoices"]);
    url.query_pairs_mut().append_pair("month", &args.month);
    let items = client.pages(&url).await?;
    if args.json {
        say_json(&json!({"vendor": args.vendor, "month": args.month, "items": items}))?;
        return Ok(true);
    }
    for item in &items {
        let amount = match &item["total"] {
            Value::Null => "?".to_owned(),
            total => format!("{} {}", text(&total["amount"]), text(&total["currency"])),
        };
        let storno = if item["storno"] == true { ", storno" } else { "" };
        let (date, document, order) = (text(&item["date"]), text(&item["document"]), text(&item["order"]));
        say(format_args!("{date}  {document}  {amount}{storno}  (order {order})"));
    }
    say(format_args!("{}: {} invoices kept of {}", args.vendor, items.len(), args.month));
    Ok(true)
}
