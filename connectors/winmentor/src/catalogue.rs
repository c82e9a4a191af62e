//! Articles and stock, from the bridge's lists to the engine's terms (spec 3.7.1, 3.7.3, 9).

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use vortex_domain::{ErpArticle, Sku, StockLevel};
use vortex_port::{
    CallError, ErpCatalogue,
    erp::{CataloguePage, StockReading},
    http::encode_segment,
};

use crate::{
    bridge::Request,
    connector::WinMentorConnector,
    paging::{Page, Reading},
    record::{Batch, Health},
    rows::{Article, StockRow},
    session::{Turn, pause},
};

/// How often a reading is begun anew after a call without an answer.
const ATTEMPTS: u32 = 3;
const FIRST_REST: std::time::Duration = std::time::Duration::from_millis(200);

/// More pages than any catalogue has: a bridge that never ends its list is broken.
const MOST_PAGES: u32 = 10_000;

#[async_trait]
impl ErpCatalogue for WinMentorConnector {
    async fn articles(&self, page: u32) -> Result<CataloguePage, CallError> {
        self.repeatedly(move || async move {
            let mut turn = self.session().turn_for_reading().await;
            turn.ready().await?;
            let sent = self.article_page(&mut turn, page.max(1)).await?;
            turn.confirm_session().await?;
            let result = catalogue_page(&sent);
            if result.articles.is_empty() && page <= 1 && !sent.more {
                let field = turn.settings().article_id_field.name();
                return Err(turn
                    .bridge()
                    .implausible(format!("no article has a {field}; check article_id_field")));
            }
            Ok(result)
        })
        .await
    }

    async fn stock(&self) -> Result<StockReading, CallError> {
        self.repeatedly(move || async move {
            let mut sums = Sums::default();
            let mut reading = Reading::default();
            for number in 1..=MOST_PAGES {
                // An order may go in between two pages; the list itself stays in the bridge's memory.
                let mut turn = self.session().turn_for_reading().await;
                turn.ready().await?;
                let path = list_path("/stocuri", number, turn.settings().page_size, number == 1);
                let timeout = turn.settings().timeouts.list();
                let data = turn.fetch(Request::get("stock.list", path, timeout)).await?;
                let page = reading
                    .accept(number, data)
                    .map_err(|why| turn.bridge().implausible(format!("stock: {why}")))?;
                let batch = Batch::<StockRow>::from_records(&page.rows);
                report(&turn, &batch.health);
                sums.add(batch, &turn.settings().warehouses);
                if !page.more {
                    turn.confirm_session().await?;
                    return Ok(sums.into_reading());
                }
            }
            Err(self.session().bridge.implausible("stock: the list does not end"))
        })
        .await
    }

    async fn stock_of(&self, sku: &Sku) -> Result<Option<StockLevel>, CallError> {
        self.repeatedly(move || async move {
            let mut turn = self.session().turn_for_reading().await;
            turn.ready().await?;
            let Some(article) = turn.article(sku.as_str()).await? else {
                turn.confirm_session().await?;
                return Ok(None);
            };
            if article.on_hand.is_zero() {
                return Ok(Some(StockLevel { on_hand_milli: 0, reserved_milli: 0 }));
            }
            // The single reader knows neither warehouses nor reservations; the list does.
            self.level_in_list(&mut turn, sku).await.map(Some)
        })
        .await
    }
}

impl WinMentorConnector {
    /// Repeats a reading that got no answer, or an answer from a session that was lost, from its set-up on.
    pub(crate) async fn repeatedly<T, F>(&self, read: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut rest = FIRST_REST;
        for _ in 1..ATTEMPTS {
            match read().await {
                Err(CallError::Unknown { .. } | CallError::Implausible { .. }) => {}
                done => return done,
            }
            pause(rest).await;
            rest *= 4;
        }
        read().await
    }

    async fn article_page(&self, turn: &mut Turn<'_>, number: u32) -> Result<Page, CallError> {
        let path = list_path("/articole", number, turn.settings().page_size, number == 1);
        let timeout = turn.settings().timeouts.list();
        let data = turn.fetch(Request::get("articles.list", path, timeout)).await?;
        let mut reading = self.article_reading();
        // A page that does not fit leaves the reading as it was, so that asking for it again can succeed.
        let mut next = reading.clone();
        let page =
            next.accept(number, data).map_err(|why| turn.bridge().implausible(format!("articles: {why}")))?;
        *reading = next;
        Ok(page)
    }

    async fn level_in_list(&self, turn: &mut Turn<'_>, sku: &Sku) -> Result<StockLevel, CallError> {
        let mut sums = Sums::default();
        let mut reading = Reading::default();
        let search = encode_segment(sku.as_str()).unwrap_or_default();
        for number in 1..=MOST_PAGES {
            let path = list_path("/stocuri", number, turn.settings().page_size, number == 1);
            let timeout = turn.settings().timeouts.list();
            let data =
                turn.fetch(Request::get("stock.search", format!("{path}&search={search}"), timeout)).await?;
            let page = reading
                .accept(number, data)
                .map_err(|why| turn.bridge().implausible(format!("stock of {sku}: {why}")))?;
            sums.add(Batch::from_records(&page.rows), &turn.settings().warehouses);
            if !page.more {
                break;
            }
        }
        let level = sums.by_code.get(sku.as_str()).filter(|_| !sums.incomplete.contains(sku.as_str()));
        level.map(Sum::level).ok_or_else(|| {
            turn.bridge()
                .implausible(format!("`{sku}` has stock, but its rows in the stock list cannot be read"))
        })
    }
}

fn list_path(route: &str, page: u32, page_size: u32, refresh: bool) -> String {
    let refresh = if refresh { "&refresh=true" } else { "" };
    format!("{route}?page={page}&pageSize={page_size}{refresh}")
}

/// Says what could not be read; stock and article rows hold no personal data.
fn report(turn: &Turn<'_>, health: &Health) {
    if let Some(first) = health.examples.first() {
        tracing::warn!(connection = turn.bridge().connection(), rejected = health.rejected, %first,
            "records that cannot be read were left out");
    }
}

fn catalogue_page(page: &Page) -> CataloguePage {
    let batch = Batch::<Article>::from_records(&page.rows);
    let mut rejected = batch.health.rejected;
    for rejection in &batch.health.examples {
        tracing::warn!(%rejection, "article left out");
    }
    let mut articles = Vec::with_capacity(batch.rows.len());
    for row in batch.rows {
        // Without our identifier an article cannot be named, by us or by an order.
        let Some(code) = &row.code else { continue };
        match Sku::new(code) {
            Ok(sku) => articles.push(article(sku, row)),
            Err(error) => {
                tracing::warn!(%error, "article left out");
                rejected += 1;
            }
        }
    }
    CataloguePage { articles, rejected: count(rejected), more: page.more }
}

fn article(sku: Sku, row: Article) -> ErpArticle {
    // WinMentor writes "unknown" both as nothing and as 0 (spec 3.13).
    let known = |price: Option<Decimal>| price.filter(|price| !price.is_zero());
    ErpArticle {
        sku,
        name: row.name,
        unit: row.unit,
        class_code: row.class_symbol.unwrap_or_default(),
        class_name: row.class_name.unwrap_or_default(),
        producer: row.producer_name.unwrap_or_default(),
        price_net: known(row.price_excl_vat),
        price_gross: known(row.price_incl_vat),
        vat_percent: row.vat_rate,
        service: row.is_service,
        weight_kg: known(row.weight),
        customs_code: row.customs_code.unwrap_or_default(),
    }
}

fn count(records: usize) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}

/// Stock by article, over the chosen warehouses.
#[derive(Debug, Default)]
struct Sums {
    by_code: HashMap<String, Sum>,
    /// Some row of these could not be read.
    incomplete: HashSet<String>,
    rejected: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    on_hand: Decimal,
    reserved: Decimal,
}

impl Sums {
    fn add(&mut self, batch: Batch<StockRow>, warehouses: &[String]) {
        self.rejected += batch.health.rejected;
        self.incomplete.extend(batch.health.rejected_codes);
        for row in batch.rows {
            // An article without our identifier is none of ours.
            let Some(code) = row.code else { continue };
            let sum = self.by_code.entry(code).or_default();
            if warehouses.is_empty()
                || warehouses.iter().any(|symbol| symbol.eq_ignore_ascii_case(&row.warehouse))
            {
                sum.on_hand += row.on_hand;
            }
            // It may be the article's whole reservation, repeated on each of its rows (spec 3.7.3).
            sum.reserved = sum.reserved.max(row.reserved);
        }
    }

    fn into_reading(self) -> StockReading {
        let mut rejected = self.rejected;
        let mut levels = Vec::with_capacity(self.by_code.len());
        for (code, sum) in self.by_code {
            if self.incomplete.contains(&code) {
                continue;
            }
            match Sku::new(&code) {
                Ok(sku) => levels.push((sku, sum.level())),
                Err(error) => {
                    tracing::warn!(%error, "stock row left out");
                    rejected += 1;
                }
            }
        }
        StockReading { levels, rejected: count(rejected) }
    }
}

impl Sum {
    /// Thousandths; what is finer is given away rather than sold.
    fn level(&self) -> StockLevel {
        let milli = |value: Decimal| value.checked_mul(Decimal::ONE_THOUSAND);
        StockLevel {
            on_hand_milli: milli(self.on_hand).and_then(|v| v.floor().to_i64()).unwrap_or(0),
            reserved_milli: milli(self.reserved).and_then(|v| v.ceil().to_i64()).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn row(code: &str, stock: &str, reserved: &str, warehouse: &str) -> Value {
        json!({"codExtern": code, "denumire": "Ciocan", "um": "Buc", "stoc": stock, "simbolGestiune": warehouse,
               "cotaTVA": "21", "flagTVAInclus": "NU", "stocRezervat": reserved})
    }

    fn reading(rows: &[Value]) -> (HashMap<String, StockLevel>, u32) {
        let mut sums = Sums::default();
        sums.add(Batch::from_records(rows), &["MAG1".to_owned(), "MAG2".to_owned()]);
        let reading = sums.into_reading();
        (reading.levels.into_iter().map(|(sku, level)| (sku.to_string(), level)).collect(), reading.rejected)
    }

    #[test]
    fn sums_the_chosen_warehouses_exactly() {
        let (levels, rejected) = reading(&[
            row("A", "0,1", "3", "MAG1"),
            row("A", "0,2", "3", "mag2"),
            row("A", "50", "4", "VITRINA"),
            row("B", "-3,0005", "0,0001", "MAG1"),
            row("C", "9", "0", "VITRINA"),
        ]);
        assert_eq!(rejected, 0);
        assert_eq!(levels["A"], StockLevel { on_hand_milli: 300, reserved_milli: 4_000 });
        assert_eq!(levels["B"], StockLevel { on_hand_milli: -3_001, reserved_milli: 1 });
        assert_eq!(levels["C"].on_hand_milli, 0);
    }

    /// S6: half of an article's stock is not its stock.
    #[test]
    fn an_article_with_an_unreadable_row_has_no_level() {
        let (levels, rejected) =
            reading(&[row("A", "5", "0", "MAG1"), row("A", "NaN", "0", "MAG2"), row("B", "2", "0", "MAG1")]);
        assert_eq!(rejected, 1);
        assert_eq!(levels.keys().collect::<Vec<_>>(), ["B"]);
    }
}
