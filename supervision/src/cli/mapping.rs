//! `vortex mapping`

use std::{io::Read as _, path::Path};

use indicatif::ProgressBar;
use serde_json::{Value, json};
use url::Url;
use vortex_domain::{Currency, Market, Money, mapping::json_schema};

use super::{
    Failure, Outcome,
    args::mapping::{
        MappingAction, MappingArgs, MappingDiffArgs, MappingExportArgs, MappingFileArgs, MappingImportArgs,
        MappingOf, MappingPreviewArgs, MappingPublishArgs, MappingRevertArgs, MappingRowArgs,
        MappingShowArgs, MappingTrialArgs,
    },
    client::{Client, text},
    say, say_json,
};

/// Longest mapping file, bytes.
const FILE_BYTES: u64 = 8 << 20;

pub(super) async fn run(args: MappingArgs) -> Outcome {
    match args.action {
        MappingAction::List(args) => list(args).await,
        MappingAction::Show(args) => show(args).await,
        MappingAction::Validate(args) => validate(args).await,
        MappingAction::Preview(args) => preview(args).await,
        MappingAction::Publish(args) => publish(args).await,
        MappingAction::Revert(args) => revert(args).await,
        MappingAction::Diff(args) => diff(args).await,
        MappingAction::Row(args) => row(args).await,
        MappingAction::Gaps(args) => gaps(args).await,
        MappingAction::Export(args) => export(args).await,
        MappingAction::Import(args) => import(args).await,
        MappingAction::Schema(args) => schema(args).await,
        MappingAction::Trial(args) => trial(args).await,
    }
}

/// The service about one vendor's mapping.
struct Desk<'a> {
    client: Client<'a>,
    of: &'a MappingOf,
}

impl<'a> Desk<'a> {
    fn new(of: &'a MappingOf) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(&of.service)?, of })
    }

    fn url(&self, segments: &[&str]) -> Url {
        let all: Vec<&str> = [self.of.vendor.as_str(), "mapping"].iter().chain(segments).copied().collect();
        let mut url = self.client.vendors_url(&all);
        url.query_pairs_mut().append_pair("lang", "en");
        url
    }

    /// Prints the answer for machines, or as `words` for people.
    fn answer(&self, answer: &Value, words: impl FnOnce(&Value)) -> Outcome {
        if self.of.json {
            say_json(answer)?;
        } else {
            words(answer);
        }
        Ok(true)
    }

    /// `live`, a number, or `draft:` and a name.
    async fn read(&self, which: &str) -> Result<Value, Failure> {
        let segments = which.strip_prefix("draft:").map_or(["versions", which], |name| ["drafts", name]);
        self.client.get(self.url(&segments)).await
    }

    /// Saves a file as a draft.
    async fn save(&self, file: &Path, whole: bool, draft: &str) -> Result<Value, Failure> {
        let text = content(file)?;
        let body = if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            let mapping: Value = serde_json::from_str(&text).map_err(Failure::usage)?;
            json!({"mapping": mapping, "whole": whole})
        } else {
            json!({"toml": text, "whole": whole})
        };
        self.client.put(self.url(&["drafts", draft]), &body).await
    }

    async fn save_file(&self, args: &MappingFileArgs) -> Result<Value, Failure> {
        self.save(&args.file, args.whole, &args.draft).await
    }

    /// A call that may take seconds.
    async fn wait_for(&self, what: &'static str, url: Url, body: &Value) -> Result<Value, Failure> {
        let progress = if self.of.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        progress.set_message(what);
        progress.enable_steady_tick(std::time::Duration::from_millis(200));
        let answer = self.client.post(url, body).await;
        progress.finish_and_clear();
        Ok(answer?.1)
    }
}

fn content(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(anyhow::Error::new(error).context(format!("{} cannot be read", file.display())))
    };
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(FILE_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(FILE_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    }
    Ok(text)
}

/// A moment for people.
fn moment(value: &Value) -> String {
    value.as_i64().filter(|at| *at > 0).map(vortex_domain::clock::in_words).unwrap_or_default()
}

async fn list(of: MappingOf) -> Outcome {
    let desk = Desk::new(&of)?;
    let versions = desk.client.get(desk.url(&["versions"])).await?;
    let drafts = desk.client.get(desk.url(&["drafts"])).await?;
    let all = json!({"live": versions["live"], "versions": versions["items"], "drafts": drafts["items"]});
    desk.answer(&all, |all| {
        for item in all["versions"].as_array().into_iter().flatten() {
            let live = if item["version"] == all["live"] { "  live" } else { "" };
            let (at, author, why) = (moment(&item["at_ms"]), text(&item["author"]), text(&item["reason"]));
            say(format_args!("{:>5}{live}  {at}  {author}: {why}", item["version"]));
        }
        if all["live"] == 0 {
            say("the built-in mapping is live");
        }
        for item in all["drafts"].as_array().into_iter().flatten() {
            let (name, at, author) = (text(&item["name"]), moment(&item["at_ms"]), text(&item["author"]));
            say(format_args!("draft `{name}` over version {}  {at}  {author}", item["base"]));
        }
    })
}

async fn show(args: MappingShowArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let found = desk.read(&args.version).await?;
    desk.answer(&found, |found| say(text(&found["toml"]).trim_end()))
}

async fn validate(args: MappingFileArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    desk.save_file(&args).await?;
    let (_, checked) = desk.client.post(desk.url(&["drafts", &args.draft, "validate"]), &json!({})).await?;
    let findings = checked["findings"].as_array().map_or(0, Vec::len);
    desk.answer(&checked, |checked| {
        for finding in checked["findings"].as_array().into_iter().flatten() {
            say(text(&finding["text"]));
        }
        match findings {
            0 => say(format_args!("{}: it can be published", args.file.display())),
            n => say(format_args!("{}: {n} to mend", args.file.display())),
        }
    })?;
    Ok(findings == 0)
}

async fn preview(args: MappingPreviewArgs) -> Outcome {
    let MappingPreviewArgs { file, days } = args;
    let desk = Desk::new(&file.of)?;
    desk.save_file(&file).await?;
    if let Some(days) = days {
        let url = desk.url(&["drafts", &file.draft, "replay"]);
        let replay = desk.wait_for("reckoning published prices again", url, &json!({"days": days})).await?;
        return desk.answer(&replay, |replay| {
            say(format_args!(
                "{} of {} prices published in {days} days would have been others",
                replay["changed"], replay["prices"]
            ));
            for (code, count) in replay["refused"].as_object().into_iter().flatten() {
                say(format_args!("  {count} would not have been made: {code}"));
            }
            if replay["unknown"] != 0 {
                say(format_args!("  {} cannot be told: their receipts lack a field", replay["unknown"]));
            }
            markets(replay, "published prices");
            movers(replay);
        });
    }
    let url = desk.url(&["drafts", &file.draft, "preview"]);
    let preview = desk.wait_for("computing the whole catalogue", url, &json!({})).await?;
    desk.answer(&preview, |preview| {
        say(format_args!("{} of {} articles change", preview["changed"], preview["articles"]));
        for (field, count) in preview["fields"].as_object().into_iter().flatten() {
            say(format_args!("  {field}: {count}"));
        }
        markets(preview, "price × stock shown");
        movers(preview);
        for (name, words) in [("newly_invalid", "no longer sold"), ("newly_valid", "newly sold")] {
            for reason in preview[name].as_array().into_iter().flatten() {
                let skus: Vec<String> = reason["skus"].as_array().into_iter().flatten().map(text).collect();
                let (why, skus) = (text(&reason["text"]), skus.join(", "));
                say(format_args!("{words}: {} × {why} ({skus})", reason["count"]));
            }
        }
        say("nothing is published; `vortex mapping publish` does that");
    })
}

fn amount(value: &Value, currency: Currency) -> String {
    value.as_i64().map(|minor| Money::minor(minor, currency).to_string()).unwrap_or_default()
}

fn currency_of(market: &str) -> Option<Currency> {
    market.parse::<Market>().ok().map(Market::currency)
}

fn markets(of: &Value, what: &str) {
    for (market, change) in of["markets"].as_object().into_iter().flatten() {
        let Some(currency) = currency_of(market) else { continue };
        let (before, after) =
            (amount(&change["before_minor"], currency), amount(&change["after_minor"], currency));
        let (up, down) = (&change["raised"], &change["lowered"]);
        say(format_args!("  {market}: {up} prices rise, {down} fall; {what}: {before} → {after}"));
        let sold = [&change["sold_before_minor"], &change["sold_after_minor"]];
        if sold.iter().any(|value| value.as_i64().is_some_and(|minor| minor != 0)) {
            let [was, is] = sold.map(|value| amount(value, currency));
            say(format_args!("      orders of the last 30 days at these prices: {was} → {is}"));
        }
    }
}

fn movers(of: &Value) {
    for mover in of["movers"].as_array().into_iter().flatten() {
        let (sku, market) = (text(&mover["sku"]), text(&mover["market"]));
        let Some(currency) = currency_of(&market) else { continue };
        let (was, is) = (amount(&mover["before_minor"], currency), amount(&mover["after_minor"], currency));
        let percent = rust_decimal::Decimal::new(mover["moved_permille"].as_i64().unwrap_or(0), 1);
        say(format_args!("  {sku} ({market}): {was} → {is} ({percent} %)"));
    }
}

fn issued(vendor: &vortex_domain::VendorId, answer: &Value, how: &str) {
    say(format_args!("{vendor}: mapping version {} is {how}", answer["version"]));
}

async fn publish(args: MappingPublishArgs) -> Outcome {
    let desk = Desk::new(&args.file.of)?;
    desk.save_file(&args.file).await?;
    let trial = args.trial.map(|share| {
        json!({
            "share_percent": share, "stop_percent": args.stop_percent, "stop_from": args.stop_from,
            "promote_after": args.promote_after,
        })
    });
    let body = json!({"reason": args.reason, "mass_change": args.mass_change, "trial": trial});
    let url = desk.url(&["drafts", &args.file.draft, "publish"]);
    let answer = desk.wait_for("publishing", url, &body).await?;
    let how = if trial.is_some() { "on trial" } else { "live" };
    desk.answer(&answer, |answer| issued(&args.file.of.vendor, answer, how))
}

async fn revert(args: MappingRevertArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let url = desk.url(&["versions", &args.to.to_string(), "revert"]);
    let body = json!({"reason": args.reason, "mass_change": args.mass_change});
    let answer = desk.wait_for("publishing", url, &body).await?;
    desk.answer(&answer, |answer| issued(&args.of.vendor, answer, "live"))
}

async fn diff(args: MappingDiffArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let mut url = desk.client.vendors_url(&[args.of.vendor.as_str(), "mapping", "diff"]);
    url.query_pairs_mut()
        .append_pair("from", &args.from)
        .append_pair("to", &args.to)
        .append_pair("lang", &args.lang);
    let changes = desk.client.get(url).await?;
    desk.answer(&changes, |changes| {
        let sentences = changes["sentences"].as_array().map_or(&[][..], Vec::as_slice);
        for sentence in sentences {
            say(text(sentence));
        }
        let count = changes["count"].as_u64().unwrap_or(0);
        match count.saturating_sub(sentences.len() as u64) {
            0 => say(format_args!("{count} differences")),
            more => say(format_args!("{count} differences, {more} of them not listed")),
        }
    })
}

async fn row(args: MappingRowArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let mut url = desk.url(&["tables", &args.table, "rows", &args.key]);
    if let Some(market) = args.market {
        url.query_pairs_mut().append_pair("market", market.code());
    }
    if let Some(language) = args.language {
        url.query_pairs_mut().append_pair("language", language.code());
    }
    let answer = match &args.value {
        Some(value) => desk.client.put(url, &json!({"to": value, "mass_change": args.mass_change})).await?,
        None => desk.client.delete(url).await?,
    };
    desk.answer(&answer, |answer| issued(&args.of.vendor, answer, "live"))
}

async fn gaps(of: MappingOf) -> Outcome {
    let desk = Desk::new(&of)?;
    let gaps = desk.client.get(desk.url(&["gaps"])).await?;
    desk.answer(&gaps, |gaps| {
        let items = gaps["items"].as_array().map_or(&[][..], Vec::as_slice);
        for gap in items {
            let (table, key) = (text(&gap["table"]), text(&gap["key"]));
            say(format_args!("{table}: `{key}` has no row; {} wait for it", gap["blocked"]));
        }
        if !items.is_empty() {
            say("fill one with `vortex mapping row --table … --key … --value …`");
        }
    })
}

async fn export(args: MappingExportArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let found = desk.read(&args.version).await?;
    let as_json = args.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let body = if as_json {
        serde_json::to_string_pretty(&found["mapping"]).map_err(Failure::failed)?
    } else {
        text(&found["toml"])
    };
    std::fs::write(&args.file, body).map_err(|error| {
        Failure::usage(
            anyhow::Error::new(error).context(format!("{} cannot be written", args.file.display())),
        )
    })?;
    let answer = json!({"version": found["version"], "file": args.file});
    desk.answer(&answer, |_| say(args.file.display()))
}

async fn import(args: MappingImportArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let saved = desk.save(&args.file, true, &args.draft).await?;
    desk.answer(&saved, |saved| {
        say(format_args!("draft `{}` is saved over version {}", args.draft, saved["base"]));
        say(format_args!("compare it with `vortex mapping diff --from live --to draft:{}`", args.draft));
    })
}

async fn schema(of: MappingOf) -> Outcome {
    let desk = Desk::new(&of)?;
    let steps = desk.client.get(desk.url(&["steps"])).await?;
    let fields = desk.client.get(desk.url(&["fields"])).await?;
    let all = json!({"fields": fields["items"], "steps": steps["items"], "schema": json_schema()});
    desk.answer(&all, |all| {
        for object in all["fields"].as_array().into_iter().flatten() {
            for (name, title) in [("sources", "can be read"), ("targets", "can be made")] {
                let fields = object[name].as_array().map_or(&[][..], Vec::as_slice);
                if !fields.is_empty() {
                    say(format_args!("{}: {title}", text(&object["object"])));
                }
                for field in fields {
                    let (name, kind, about) =
                        (text(&field["name"]), text(&field["kind"]), text(&field["about"]));
                    say(format_args!("  {name} ({kind}): {about}"));
                }
            }
        }
        say("steps");
        for step in all["steps"].as_array().into_iter().flatten() {
            say(format_args!("  {}: {}", text(&step["name"]), text(&step["text"])));
        }
    })
}

async fn trial(args: MappingTrialArgs) -> Outcome {
    let desk = Desk::new(&args.of)?;
    let trials = match (args.stop, args.promote) {
        (Some(version), _) => end(&desk, version, "stop").await?,
        (None, Some(version)) => end(&desk, version, "promote").await?,
        (None, None) => desk.client.get(desk.url(&["trials"])).await?,
    };
    desk.answer(&trials, |trials| {
        for trial in trials["items"].as_array().into_iter().flatten() {
            say(format_args!(
                "version {}: {} on {} % of the articles, {} accepted, {} refused",
                trial["version"],
                text(&trial["state"]),
                trial["share_percent"],
                trial["accepted"],
                trial["rejected"]
            ));
        }
    })
}

async fn end(desk: &Desk<'_>, version: i64, action: &str) -> Result<Value, Failure> {
    let url = desk.url(&["trials", &version.to_string(), action]);
    Ok(desk.client.post(url, &json!({})).await?.1)
}
