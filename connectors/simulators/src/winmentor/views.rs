//! What the one who runs the simulator sees and changes directly, past the bridge.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::SimError;
use super::books::{Books, MAIN};
use super::catalogue::Article;
use super::options::TextField;
use super::orders::take;
use super::seed::classes;
use super::text::{to_e4, to_milli};

/// An article as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpArticleView {
    /// `CodExtern`: SKU or EAN.
    pub code: String,
    /// `CodIntern`.
    pub internal_id: String,
    /// `Denumire`.
    pub name: String,
    /// `DenUM`.
    pub unit: String,
    /// Symbol of the class.
    pub class: String,
    /// VAT rate in percent.
    pub vat: u8,
    /// Price in lei without VAT.
    pub net: Option<Decimal>,
    /// Price in lei with VAT.
    pub gross: Option<Decimal>,
    /// Whether it is a service.
    pub service: bool,
    /// Quantity by warehouse symbol, zeros included.
    pub stock: BTreeMap<String, Decimal>,
    /// Quantity reserved by uninvoiced orders.
    pub reserved: Decimal,
}

/// An imported order as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpOrderView {
    /// The number that the packet asked for.
    pub nr_doc: i64,
    /// WinMentor's own count.
    pub own_nr: i64,
    /// `SimbolCarnet`.
    pub booklet: String,
    /// `Observatii`, after the code page.
    pub remark: String,
    /// What follows `CDON:` in the remark.
    pub reference: Option<String>,
    /// `CodExtern` of the partner.
    pub partner: String,
    /// `Locatie`.
    pub place: String,
    /// Date of the document.
    pub date: Date,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Whether it was invoiced, at least in part.
    pub invoiced: bool,
    /// Number of its first invoice.
    pub invoice_number: Option<i64>,
    /// The lines.
    pub lines: Vec<ErpOrderLineView>,
}

/// One line of an imported order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpOrderLineView {
    /// `CodExtern` of the article at the time of the entry.
    pub code: String,
    /// `DenUM`.
    pub unit: String,
    /// Quantity.
    pub qty: Decimal,
    /// Price in lei without VAT.
    pub price: Decimal,
    /// Remark of the line.
    pub remark: String,
}

/// An article to add.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct NewArticle {
    /// `CodExtern`.
    pub code: String,
    /// `Denumire`.
    pub name: String,
    /// `DenUM`.
    pub unit: String,
    /// Symbol of the class; the first class without or with an unknown one.
    pub class: String,
    /// VAT rate in percent.
    pub vat: u8,
    /// Price in lei without VAT.
    pub net: Option<Decimal>,
    /// Whether it is a service.
    pub service: bool,
    /// Quantity by warehouse symbol.
    pub stock: BTreeMap<String, Decimal>,
}

impl Default for NewArticle {
    fn default() -> Self {
        Self {
            code: String::new(),
            name: "Articol nou".to_owned(),
            unit: "Buc".to_owned(),
            class: String::new(),
            vat: 21,
            net: None,
            service: false,
            stock: BTreeMap::new(),
        }
    }
}

impl Books {
    fn changed(
        &mut self,
        sku: &str,
        change: impl FnOnce(&mut Article) -> Result<(), SimError>,
    ) -> Result<Article, SimError> {
        let missing = || SimError::UnknownArticle(sku.to_owned());
        self.catalogue.change(sku, |article| change(article).map(|()| article.clone())).ok_or_else(missing)?
    }

    fn warehouse(&self, symbol: &str) -> Result<usize, SimError> {
        let found = self.options.warehouses.iter().position(|known| known == symbol);
        found.ok_or_else(|| SimError::UnknownWarehouse(symbol.to_owned()))
    }

    pub(super) fn set_stock(
        &mut self,
        sku: &str,
        warehouse: &str,
        quantity: Decimal,
    ) -> Result<(), SimError> {
        let index = self.warehouse(warehouse)?;
        let article = self.changed(sku, |article| {
            if let Some(cell) = article.stock.get_mut(index) {
                *cell = to_milli(quantity);
            }
            Ok(())
        })?;
        self.log_stock(&article);
        Ok(())
    }

    pub(super) fn sell_elsewhere(&mut self, sku: &str, quantity: Decimal) -> Result<(), SimError> {
        let article = self.changed(sku, |article| {
            take(&mut article.stock, to_milli(quantity));
            Ok(())
        })?;
        self.log_stock(&article);
        Ok(())
    }

    pub(super) fn set_price(&mut self, sku: &str, net: Option<Decimal>) -> Result<(), SimError> {
        let now = self.now();
        self.changed(sku, |article| {
            article.net_e4 = net.map(to_e4);
            article.modified = now;
            Ok(())
        })
        .map(drop)
    }

    pub(super) fn rename(&mut self, sku: &str, name: &str) -> Result<(), SimError> {
        let now = self.now();
        self.changed(sku, |article| {
            article.name = name.into();
            article.modified = now;
            Ok(())
        })
        .map(drop)
    }

    pub(super) fn override_text(&mut self, sku: &str, field: TextField, text: Option<&str>) {
        let texts = Arc::make_mut(&mut self.texts);
        let key = (sku.to_owned(), field);
        match text {
            Some(text) => texts.insert(key, text.to_owned()),
            None => texts.remove(&key),
        };
    }

    pub(super) fn add_article(&mut self, new: &NewArticle) -> Result<String, SimError> {
        let now = self.now();
        let mut stock = vec![0; self.options.warehouses.len()];
        for (symbol, quantity) in &new.stock {
            let index = self.warehouse(symbol)?;
            if let Some(cell) = stock.get_mut(index) {
                *cell = to_milli(*quantity);
            }
        }
        let internal_id = self.catalogue.next_internal();
        let wanted = classes().find(|class| class.symbol == new.class);
        let Some(class) = wanted.or_else(|| classes().next()) else {
            return Err(SimError::UnknownArticle(new.code.clone()));
        };
        let article = Article {
            code: new.code.as_str().into(),
            internal_id: internal_id.clone(),
            name: new.name.as_str().into(),
            unit: new.unit.as_str().into(),
            class,
            producer: 0,
            vat: new.vat,
            service: new.service,
            net_e4: new.net.map(to_e4),
            weight_g: 500,
            added: now.date(),
            modified: now,
            stock: stock.into(),
            reserved: 0,
        };
        self.log_stock(&article);
        self.catalogue.add(article);
        Ok(internal_id.into())
    }

    pub(super) fn remove_article(&mut self, sku: &str) -> Result<(), SimError> {
        let now = self.now();
        self.catalogue.remove(sku, now).map(drop).ok_or_else(|| SimError::UnknownArticle(sku.to_owned()))
    }

    pub(super) fn block_partner(&mut self, code: &str, blocked: bool) -> Result<(), SimError> {
        let partners = Arc::make_mut(&mut self.partners);
        let found = partners.iter_mut().find(|partner| partner.company == MAIN && partner.code == code);
        found
            .map(|partner| partner.blocked = blocked)
            .ok_or_else(|| SimError::UnknownPartner(code.to_owned()))
    }

    pub(super) fn partner_codes(&self) -> Vec<String> {
        let ours = self.partners.iter().filter(|partner| partner.company == MAIN);
        ours.map(|partner| partner.code.clone()).collect()
    }

    pub(super) fn order_views(&self) -> Vec<ErpOrderView> {
        let imported = self.orders.iter().filter(|order| !order.desktop);
        imported
            .map(|order| ErpOrderView {
                nr_doc: order.nr_doc,
                own_nr: order.own_nr,
                booklet: order.booklet.clone(),
                remark: order.remark.clone(),
                reference: order.reference().map(str::to_owned),
                partner: self
                    .partner_by_internal(&order.partner)
                    .map_or_else(String::new, |partner| partner.code.clone()),
                place: order.place.clone(),
                date: order.date,
                cancelled: order.cancelled,
                invoiced: !order.invoices.is_empty(),
                invoice_number: order.invoices.first().map(|invoice| invoice.number),
                lines: order
                    .lines
                    .iter()
                    .map(|line| ErpOrderLineView {
                        code: line.code.to_string(),
                        unit: line.unit.to_string(),
                        qty: line.quantity,
                        price: line.price,
                        remark: line.remark.clone(),
                    })
                    .collect(),
            })
            .collect()
    }

    fn view_of(&self, article: &Article) -> ErpArticleView {
        let decimal = |value: i64, scale| Decimal::new(value, scale).normalize();
        let warehouses = self.options.warehouses.iter().cloned();
        ErpArticleView {
            code: article.code.to_string(),
            internal_id: article.internal_id.to_string(),
            name: article.name.to_string(),
            unit: article.unit.to_string(),
            class: article.class.symbol.to_owned(),
            vat: article.vat,
            net: article.net_e4.map(|net| decimal(net, 4)),
            gross: article.gross_e4().map(|gross| decimal(gross, 4)),
            service: article.service,
            stock: warehouses.zip(article.stock.iter().map(|&quantity| decimal(quantity, 3))).collect(),
            reserved: decimal(article.reserved, 3),
        }
    }

    pub(super) fn article_views(&self) -> Vec<ErpArticleView> {
        self.catalogue.all().iter().map(|article| self.view_of(article)).collect()
    }

    pub(super) fn article_view(&self, code: &str) -> Option<ErpArticleView> {
        self.catalogue.by_code(code).map(|article| self.view_of(article))
    }
}
