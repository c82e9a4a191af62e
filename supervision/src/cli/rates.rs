//! `vortex rates`

use serde_json::{Value, json};

use super::{
    Failure, Outcome,
    args::rates::{RatesAction, RatesArgs, RatesDayArgs, RatesListArgs, RatesSetArgs},
    client::{Client, text},
    say, say_json,
};

pub(super) async fn run(args: RatesArgs) -> Outcome {
    match args.action {
        RatesAction::List(args) => list(args).await,
        RatesAction::Set(args) => set(args).await,
        RatesAction::Confirm(args) => judge(args, "confirm").await,
        RatesAction::Refuse(args) => judge(args, "refuse").await,
        RatesAction::Withdraw(args) => judge(args, "withdraw").await,
    }
}

async fn list(args: RatesListArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let mut url = client.vendors_url(&[args.vendor.as_str(), "rates"]);
    url.query_pairs_mut().append_pair("days", &args.days.to_string());
    if let Some(currency) = args.currency {
        url.query_pairs_mut().append_pair("currency", currency.code());
    }
    show(&client.get(url).await?, args.json)
}

async fn set(args: RatesSetArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let url = client.vendors_url(&[args.vendor.as_str(), "rates"]);
    let body = json!({
        "currency": args.currency, "ron_per_unit": args.rate.to_string(), "date": args.date, "reason": args.reason,
    });
    let (_, answer) = client.post(url, &body).await?;
    show(&answer, args.json)
}

async fn judge(args: RatesDayArgs, verdict: &str) -> Outcome {
    let client = Client::new(&args.service)?;
    let (currency, date) = (args.currency.code(), args.date.to_string());
    let url = client.vendors_url(&[args.vendor.as_str(), "rates", currency, &date, verdict]);
    let (_, answer) = client.post(url, &json!({})).await?;
    show(&answer, args.json)
}

fn show(answer: &Value, machine: bool) -> Result<bool, Failure> {
    if machine {
        say_json(answer)?;
        return Ok(true);
    }
    for currency in answer["currencies"].as_array().into_iter().flatten() {
        let stale = if currency["stale"] == true { "; TOO OLD for new prices" } else { "" };
        say(format_args!(
            "{}: orders at {}, prices at {}{stale}",
            text(&currency["currency"]),
            rate(&currency["orders"]),
            rate(&currency["prices"])
        ));
        for day in currency["days"].as_array().into_iter().flatten() {
            say(format_args!("  {}", line(day)));
        }
    }
    Ok(true)
}

fn rate(now: &Value) -> String {
    if now.is_null() {
        return "no rate".to_owned();
    }
    format!("{} ({}, {})", text(&now["ron_per_unit"]), text(&now["source"]), text(&now["published"]))
}

fn line(day: &Value) -> String {
    let (date, rate, source) = (text(&day["date"]), text(&day["ron_per_unit"]), text(&day["source"]));
    let mut line = format!("{date}  {rate:>10}  {source}");
    match day["standing"].as_str() {
        Some("used") if day["prices_since"] != day["date"] => {
            let (at, since) = (text(&day["prices_at"]), text(&day["prices_since"]));
            line.extend(["; prices stay at ", &at, " of ", &since]);
        }
        Some("used") | None => {}
        Some(standing) => line.extend(["; ", &standing.to_uppercase()]),
    }
    if let Some(author) = day["author"].as_str() {
        line.extend(["; ", author]);
    }
    if let Some(reason) = day["reason"].as_str() {
        line.extend([": ", reason]);
    }
    line
}
