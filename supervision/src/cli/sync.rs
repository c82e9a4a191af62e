//! `vortex sync`

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Value, json};
use vortex_domain::{OrderId, Sku};

use super::{Failure, Outcome, args::SyncArgs, client::Client, say, say_json};

/// How long one call waits for the flow's end, seconds; then the flow is watched.
const WAIT_S: u64 = 30;
/// Between two looks at a flow that goes on.
const LOOK: Duration = Duration::from_secs(2);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    looked_at: u64,
    changed: u64,
    stopped: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FlowView {
    flow: String,
    running: bool,
    last: Option<Report>,
}

#[derive(Debug, Deserialize)]
struct Flows {
    items: Vec<FlowView>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    finished: bool,
    report: Option<Report>,
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::Failed(
        anyhow::Error::new(error).context("the service's answer is not understood; is it another version?"),
    )
}

pub(super) async fn run(args: SyncArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let flow = args.flow.name();
    let bar = ProgressBar::new_spinner().with_message(format!("{}: {flow}", args.vendor));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let report = run_flow(&client, &args, &bar).await;
    bar.finish_and_clear();
    let report = report?;
    let good = report.stopped.is_none();
    if args.json {
        say_json(&json!({
            "ok": good, "vendor": args.vendor, "flow": flow,
            "looked_at": report.looked_at, "changed": report.changed, "stopped": report.stopped,
        }))?;
        return Ok(good);
    }
    let (looked_at, changed) = (report.looked_at, report.changed);
    say(format_args!("{}: {flow}: {looked_at} looked at, {changed} changed", args.vendor));
    if let Some(why) = &report.stopped {
        say(format_args!("stopped early: {why}"));
    }
    Ok(good)
}

async fn run_flow(client: &Client<'_>, args: &SyncArgs, bar: &ProgressBar) -> Result<Report, Failure> {
    let vendor = args.vendor.as_str();
    let flow = args.flow.name();
    let mut body = json!({"flow": flow, "wait_s": WAIT_S});
    let sku = args.sku.as_ref().map(Sku::as_str);
    let order = args.order.as_ref().map(OrderId::as_str);
    for (key, value) in [("sku", sku), ("order", order)] {
        if let (Some(value), Some(fields)) = (value, body.as_object_mut()) {
            fields.insert(key.to_owned(), Value::from(value));
        }
    }
    let (_, answer) = client.post(client.vendors_url(&[vendor, "sync"]), &body).await?;
    let answer: Answer = serde_json::from_value(answer).map_err(unreadable)?;
    if answer.finished {
        return Ok(answer.report.unwrap_or_default());
    }
    bar.set_message(format!("{vendor}: {flow} goes on; Ctrl-C leaves it running"));
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let flows = client.get(client.vendors_url(&[vendor, "flows"])).await?;
        let flows: Flows = serde_json::from_value(flows).map_err(unreadable)?;
        let ours = flows.items.into_iter().find(|view| view.flow == flow);
        match ours {
            Some(FlowView { running: true, .. }) => {}
            Some(FlowView { last, .. }) => return Ok(last.unwrap_or_default()),
            None => {
                return Err(Failure::Failed(anyhow::anyhow!(
                    "the service no longer knows the flow `{flow}` of `{vendor}`"
                )));
            }
        }
    }
}
