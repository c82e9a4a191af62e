//! One article, several markets: what is missing in one of them is missing there only.

use std::{fmt::Write as _, fs};

use rust_decimal::Decimal;
use tokio::time::Instant;
use vortex_domain::attention::{Code, Subject};
use vortex_entities::Flow;
use vortex_simulators::cdon::Market;

use crate::story::{LIMIT, MERCHANT, Story};

const CATEGORY: &str = "[tables.category]\notherwise = \"1124\"\n";

/// Publishes a mapping.
async fn map(story: &Story, mapping: &str) {
    let write = |folder: &std::path::Path| fs::write(folder.join("mapping.toml"), mapping);
    story
        .apply(|file, folder| {
            write(folder).expect("the mapping");
            file
        })
        .await;
}

/// Where an article is blocked, and why.
async fn blocked(story: &Story, sku: &str) -> Vec<String> {
    let subject = Subject::Sku(sku.parse().expect("a SKU"));
    let items = story.attention().await;
    let ours = items.into_iter().filter(|i| i.code == Code::ArticleBlocked && i.subjects.contains(&subject));
    let mut causes: Vec<String> = ours.map(|item| item.cause).collect();
    causes.sort();
    causes
}

/// A price above Norway's limit: sold in the other markets, and a person is told what is wrong in Norway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_cannot_be_blocks_its_market_only() {
    let story = Story::begin().await;
    let shown = story.world.channel.articles(MERCHANT);
    let highest = shown.iter().filter_map(|a| a.prices.get(&Market::No)).max().expect("articles");
    let limit = Decimal::new(highest * 3, 2);
    let guard = format!(
        "[[offer]]\nto = \"price\"\nfrom = [\"erp.price_gross\", \"erp.price_net\"]\n\
         steps = [\"vat_strip\", \"convert\", \"vat_add\", {{ round = \"half_up\" }}, {{ require_between = {{ max = {{ NO = \"{limit}\" }} }} }}]\n"
    );
    map(&story, &format!("{guard}{CATEGORY}")).await;
    story.settled().await;

    let article = story.article(0);
    assert_eq!(blocked(&story, &article.code).await, [""; 0]);
    let dear = article.net.expect("a price") * Decimal::from(1_000);
    story.world.erp.set_price(&article.code, Some(dear)).expect("a known article");
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    assert_eq!(story.shown(&article.code).for_sale, [Market::Se, Market::Dk, Market::Fi]);
    assert_eq!(blocked(&story, &article.code).await, ["NO:price_out_of_range"]);
    let order = story.buy_in(Market::Fi, &article.code, 1);
    story.settled().await;
    assert_eq!(story.documents(&order), 1);

    story.world.erp.set_price(&article.code, article.net).expect("a known article");
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    assert_eq!(story.shown(&article.code).for_sale.len(), 4);
    assert_eq!(blocked(&story, &article.code).await, [""; 0]);
    story.settled().await;
    story.end().await;
}

/// A translation that is missing: the other markets are served, and a person is told which text is missing where.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_translation_blocks_its_market_only() {
    let story = Story::begin().await;
    let poor = story.article(0).code;
    let skus: Vec<String> = story.world.channel.articles(MERCHANT).into_iter().map(|a| a.sku).collect();
    let content = |complete: bool| {
        let mut table = "sku\tlanguage\ttitle\tdescription\n".to_owned();
        for sku in &skus {
            for language in ["sv-SE", "da-DK", "fi-FI", "nb-NO"] {
                if complete || *sku != poor || language != "fi-FI" {
                    let text = format!("{sku} in {language}").replace('"', "");
                    writeln!(table, "{sku}\t{language}\tTitle of {text}\tDescription of {text}")
                        .expect("a text");
                }
            }
        }
        table
    };
    let folder = &story.options().folder;
    fs::write(folder.join("content.csv"), content(false)).expect("the content");
    let strict = "[[article]]\nto = \"title\"\nfrom = \"content.title\"\n\
                  [[article]]\nto = \"description\"\nfrom = \"content.description\"\n";
    // In one step: a second one would interrupt what the first has begun to send, which is then left alone for a while.
    story
        .apply(|file, folder| {
            fs::write(folder.join("mapping.toml"), format!("{strict}{CATEGORY}")).expect("the mapping");
            file.replace("[content]", "[content]\nfile = \"content.csv\"")
        })
        .await;

    let limit = Instant::now() + LIMIT;
    while story.shown(&poor).for_sale.len() == 4 {
        assert!(Instant::now() < limit, "a market without a text is still served");
        story.world.run_flows().await;
    }
    assert_eq!(story.shown(&poor).for_sale, [Market::Se, Market::Dk, Market::No]);
    // Title and description are two texts, and one reason.
    let causes = blocked(&story, &poor).await;
    assert!(!causes.is_empty() && causes.iter().all(|c| c == "FI:missing_translation"), "{causes:?}");
    for sku in skus.iter().filter(|sku| **sku != poor) {
        assert_eq!(story.shown(sku).for_sale.len(), 4, "{sku}: blocked by another article's text");
    }

    // The text is supplied: the market is served by itself.
    fs::write(folder.join("content.csv"), content(true)).expect("the content");
    story.apply(|file, _| file).await;
    while story.shown(&poor).for_sale.len() < 4 {
        assert!(Instant::now() < limit, "the text is there and Finland is not served");
        story.world.run_flows().await;
    }
    assert_eq!(blocked(&story, &poor).await, [""; 0]);
    // The audit reckons without content; with these rules it comes to the same.
    map(&story, CATEGORY).await;
    story.settled().await;
    story.end().await;
}
