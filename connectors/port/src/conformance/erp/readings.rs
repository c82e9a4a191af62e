//! A reading is complete, or it is an error.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Answers, ErpWorld,
    orders::{ONE, book, find, is_found, nobodys_sku, order, same},
};
use crate::{
    conformance::{Failure, ensure},
    erp::ErpCatalogue,
};

/// A catalogue never needs more pages in these cases.
const MOST_PAGES: u32 = 100;

/// Every article once, whatever the page size, and the stock of the chosen warehouses.
pub async fn reads_everything(world: &impl ErpWorld) -> Result<(), Failure> {
    let erp = world.erp();
    let mut seen = BTreeSet::new();
    let mut pages = 0;
    for number in 1..=MOST_PAGES {
        let page = erp.articles(number).await?;
        pages = number;
        same(("rejected on page", number), &page.rejected, &0)?;
        for article in page.articles {
            ensure(seen.insert(article.sku.to_string()), || format!("{} came twice", article.sku))?;
        }
        if !page.more {
            break;
        }
    }
    ensure(pages > 1, || "the case needs more articles than fit on a page".to_owned())?;
    same("SKUs", &seen, &world.skus())?;

    let reading = erp.stock().await?;
    same("rejected stock", &reading.rejected, &0)?;
    let levels: BTreeMap<String, i64> =
        reading.levels.iter().map(|(sku, level)| (sku.to_string(), level.on_hand_milli)).collect();
    same("stock", &levels, &world.stock_milli())?;

    let (sku, _) = world.sellable();
    let on_hand = erp.stock_of(&sku).await?.map(|level| level.on_hand_milli);
    same(&sku, &on_hand, &world.stock_milli().get(sku.as_str()).copied())?;
    same("an unknown article", &erp.stock_of(&nobodys_sku()?).await?, &None)
}

/// F31, F12, F46, S6: a reading without rows, without its end, or without sense is an error, not a state of the shop.
pub async fn a_bad_answer_is_no_reading(world: &impl ErpWorld) -> Result<(), Failure> {
    let erp = world.erp();
    let order = order(world, 1);
    book(world, &order).await?;
    for answers in [Answers::Empty, Answers::CutOff, Answers::WebPage] {
        world.answers(answers);
        ensure(erp.articles(1).await.is_err(), || format!("{answers:?} answers are taken for a catalogue"))?;
        ensure(erp.stock().await.is_err(), || format!("{answers:?} answers are taken for the stock"))?;
        // There may well be no orders, so a well-formed empty list of them is an answer.
        if answers != Answers::Empty {
            let found = find(world, &order).await;
            ensure(found.is_err(), || format!("from {answers:?} answers the search concludes {found:?}"))?;
        }
        world.answers(Answers::Whole);
    }
    erp.articles(1).await?;
    erp.stock().await?;
    is_found(world, &order, ONE).await
}
