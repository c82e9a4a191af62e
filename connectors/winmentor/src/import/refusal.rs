//! From WinMentor's refusal to what a person has to mend. That it is a refusal is known by then; the wording only
//! chooses the hint (spec 3.10).

use vortex_domain::{attention::Code, order::Hold};
use vortex_port::SalesOrder;

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No company or another month is selected: somebody else used the bridge, or it lost its state.
    SessionLost,
    /// The month is closed.
    Month,
    /// The partner is missing or blocked.
    Partner,
    /// The ERP does not know this article.
    Article(String),
    /// Anything else, in WinMentor's words.
    Other(String),
}

/// Reads the refusal's texts.
pub(super) fn refusal(errors: &[String], order: &SalesOrder) -> Refusal {
    let plain: Vec<String> = errors.iter().map(|error| folded(error)).collect();
    let any = |test: &dyn Fn(&str) -> bool| plain.iter().any(|text| test(text));
    let missing = |text: &str| {
        ["nu exist", "inexistent", "necunoscut", "nu a fost gasit", "nu este definit"]
            .iter()
            .any(|w| text.contains(w))
    };
    let month =
        |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "luna" || word == "lunii");
    if any(&|text| {
        text.contains("nicio firma")
            || (month(text) && (text.contains("difera") || text.contains("selectat")))
    }) {
        return Refusal::SessionLost;
    }
    if any(&|text| month(text) && (text.contains("inchis") || missing(text))) {
        return Refusal::Month;
    }
    if any(&|text| {
        (text.contains("partener") || text.contains("client"))
            && (missing(text) || text.contains("blocat") || text.contains("inactiv"))
    }) {
        return Refusal::Partner;
    }
    let about_article = errors
        .iter()
        .zip(&plain)
        .find(|(_, text)| text.contains("articol") && missing(text) && !text.contains("unitate"));
    let named = about_article.and_then(|(error, _)| {
        let skus = order.lines.iter().map(|line| line.sku.as_str());
        skus.filter(|sku| error.contains(*sku)).max_by_key(|sku| sku.len())
    });
    if let Some(sku) = named {
        return Refusal::Article(sku.to_owned());
    }
    if errors.is_empty() {
        return Refusal::Other("fără explicație / without a reason".to_owned());
    }
    let number = order.document.number.to_string();
    let said = errors.iter().map(|error| without_number(error, &number)).collect::<Vec<_>>().join("; ");
    Refusal::Other(said.chars().take(500).collect())
}

/// The hold for a refusal; orders with the same cause are mended by one act.
pub(super) fn hold(refusal: Refusal, order: &SalesOrder) -> Hold {
    let (code, cause) = match refusal {
        Refusal::Month | Refusal::SessionLost => {
            let day = order.document.date;
            (Code::MonthClosed, format!("{:04}-{:02}", day.year(), day.month()))
        }
        Refusal::Partner => (Code::PartnerUnusable, order.customer.clone()),
        Refusal::Article(sku) => (Code::UnknownArticle, sku),
        Refusal::Other(said) => (Code::ErpRefused, said),
    };
    Hold { code, params: vec![cause.clone()], cause }
}

/// Drops the `Comanda 500001:` that makes the same cause look different for every order.
fn without_number(error: &str, number: &str) -> String {
    match error.split_once(':') {
        Some((head, rest)) if head.contains(number) => rest.trim().to_owned(),
        _ => error.to_owned(),
    }
}

/// Lower case without Romanian marks.
fn folded(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| match c {
            'ă' | 'â' => 'a',
            'î' => 'i',
            'ș' | 'ş' => 's',
            'ț' | 'ţ' => 't',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use vortex_domain::{Sku, order::Document, sales::SaleLine};

    use super::*;

    fn order() -> SalesOrder {
        let line = |sku| SaleLine {
            sku: Sku::new(sku).unwrap(),
            unit: "Buc".to_owned(),
            quantity: 1,
            unit_price: rust_decimal::Decimal::ONE,
        };
        SalesOrder {
            token: "CDON:1".to_owned(),
            remark: String::new(),
            document: Document { number: 500_001, booklet: "CDON".to_owned(), date: date(2026, 11, 3) },
            customer: "CDON-SE".to_owned(),
            lines: vec![line("A-1"), line("A-12")],
        }
    }

    fn said(text: &str) -> Hold {
        hold(refusal(&[text.to_owned()], &order()), &order())
    }

    #[test]
    fn the_wording_chooses_the_hint() {
        let article = said("Comanda 500001: articolul A-12 nu există");
        assert_eq!((article.code, article.cause.as_str()), (Code::UnknownArticle, "A-12"));
        assert_eq!(said("Comanda 500001: partenerul CDON-SE este blocat").code, Code::PartnerUnusable);
        let month = said("Luna 11/2026 este închisă");
        assert_eq!((month.code, month.params), (Code::MonthClosed, vec!["2026-11".to_owned()]));
        let unit = said("Comanda 500001: unitatea de masura Buc nu este a articolului A-1");
        assert_eq!(unit.code, Code::ErpRefused);
        assert_eq!(unit.cause, "unitatea de masura Buc nu este a articolului A-1");
        assert_eq!(said("articolul X-9 nu exista").code, Code::ErpRefused);
        assert_eq!(said("Eroare 435").params, ["Eroare 435"]);
    }

    #[test]
    fn a_lost_session_is_not_the_orders_fault() {
        for text in
            ["Nu este selectata nicio firma", "Luna pachetului (11/2026) difera de luna de lucru (10/2026)"]
        {
            assert_eq!(refusal(&[text.to_owned()], &order()), Refusal::SessionLost, "{text}");
        }
    }
}
