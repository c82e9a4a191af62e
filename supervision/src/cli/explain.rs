//! `vortex explain`

use super::{
    Outcome,
    args::{ExplainArgs, SentenceLanguage},
    client::Client,
    say, say_json,
};

pub(super) async fn run(args: ExplainArgs) -> Outcome {
    let client = Client::new(&args.service)?;
    let mut url = client.vendors_url(&[args.vendor.as_str(), "skus", args.sku.as_str(), "explain"]);
    {
        let mut query = url.query_pairs_mut();
        query.append_pair(
            "lang",
            match args.lang {
                SentenceLanguage::En => "en",
                SentenceLanguage::Ro => "ro",
            },
        );
        if let Some(market) = args.market {
            query.append_pair("market", market.code());
        }
        if let Some(at_ms) = args.at {
            query.append_pair("at", &at_ms.to_string());
        }
    }
    let answer = client.get(url).await?;
    if args.json {
        say_json(&answer)?;
        return Ok(true);
    }
    for sentence in answer.get("sentences").and_then(|list| list.as_array()).into_iter().flatten() {
        say(sentence.as_str().unwrap_or_default());
    }
    Ok(true)
}
