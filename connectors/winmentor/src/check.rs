//! `vortex check` of this connection: every step with what was found and how to mend it (contract.md).

mod documents;
mod report;

use async_trait::async_trait;
use vortex_port::{CallError, CheckItem, connection::Checkable};

use crate::{
    booking::may_enter,
    bridge::{Request, names},
    connector::WinMentorConnector,
    date::WorkingMonth,
    session::{NotReady, Turn},
};

use report::Report;

#[async_trait]
impl Checkable for WinMentorConnector {
    async fn check(&self) -> Vec<CheckItem> {
        let mut turn = self.session().turn_for_orders().await;
        let mut report = Report::default();
        // Whatever was remembered is what is to be tested.
        turn.doubt();
        if reachable(&mut turn, &mut report).await && company(&mut turn, &mut report).await {
            let open = month(&mut turn, &mut report).await;
            if identifiers(&mut turn, &mut report).await {
                documents::warehouses(&mut turn, &mut report).await;
                documents::booklet(&mut turn, &mut report).await;
                documents::partners(&mut turn, &mut report).await;
                documents::shipping_article(&mut turn, &mut report).await;
                documents::invoice_series(&turn, &mut report);
                if let Some(month) = open {
                    documents::decimal_separator(&mut turn, &mut report, month).await;
                }
            }
        }
        report.items
    }
}

/// Address, key and connection to WinMentor; nothing else can be tested without them.
async fn reachable(turn: &mut Turn<'_>, report: &mut Report) -> bool {
    match turn.look_at_health().await {
        Ok(()) => report.good("bridge", "answers and is connected to WinMentor"),
        Err(error) => {
            let remedy = match &error {
                CallError::Paused { .. } => "wait for the maintenance to end, or run `connect` on the bridge",
                CallError::NotSent { .. } => {
                    "check base_url, the tunnel to the customer's network, and that the bridge's Windows service runs"
                }
                _ => "check that base_url is the bridge's own address (by default port 9500), not a proxy's",
            };
            report.bad("bridge", error, remedy);
            return false;
        }
    }
    true
}

async fn company(turn: &mut Turn<'_>, report: &mut Report) -> bool {
    let timeout = turn.settings().timeouts.setup();
    let companies = match turn.fetch(Request::get("companies", "/firme", timeout)).await {
        Ok(data) => names(&data),
        Err(error) => {
            let remedy = match &error {
                CallError::Credentials { .. } => {
                    "copy the ApiKey from the bridge's appsettings.json into api_key"
                }
                _ => "check that WinMentor's DocImpServer is installed and that its own program starts",
            };
            report.bad("api key and companies", error, remedy);
            return false;
        }
    };
    report.good("api key", "accepted");
    let company = turn.settings().company.clone();
    if companies.iter().any(|name| name.eq_ignore_ascii_case(&company)) {
        report.good("company", format!("`{company}` exists"));
        return true;
    }
    let known = companies.join("`, `");
    report.bad(
        "company",
        format!("`{company}` is not among `{known}`"),
        "enter the company's short name as company",
    );
    false
}

/// The working month of today, when it is open.
async fn month(turn: &mut Turn<'_>, report: &mut Report) -> Option<WorkingMonth> {
    let month = WorkingMonth::of(turn.session().today());
    let remedy = "open the month in WinMentor; until then orders wait, or are dated into the next open month";
    if let Err(error) = turn.read_months().await {
        report.bad("accounting month", error, remedy);
        return None;
    }
    if !turn.months().contains(&month) {
        report.bad("accounting month", format!("{month} does not exist"), remedy);
        return None;
    }
    match may_enter(turn, month).await {
        Ok(true) => {
            report.good("accounting month", format!("{month} is open"));
            Some(month)
        }
        Ok(false) => {
            report.bad("accounting month", format!("{month} is closed"), remedy);
            None
        }
        // Told by the next step, with its own remedy.
        Err(NotReady::WrongIdentifiers { .. }) => None,
        Err(other) => {
            report.bad("accounting month", other.into_call_error(turn), remedy);
            None
        }
    }
}

/// Id fields and canary: with wrong identifiers every code means something else.
async fn identifiers(turn: &mut Turn<'_>, report: &mut Report) -> bool {
    let (article, partner) =
        (turn.settings().article_id_field.name(), turn.settings().partner_id_field.name());
    match turn.ready_in(None).await {
        Ok(()) => {
            let seen = turn.settings().canary_article.clone();
            let canary = seen.map_or_else(
                || "no canary_article is set".to_owned(),
                |canary| format!("article `{canary}` is found"),
            );
            report.good("identifiers", format!("articles by {article}, partners by {partner}; {canary}"));
            true
        }
        Err(not_ready) => {
            let remedy = "set canary_article to an article that exists, and article_id_field to the field that holds \
                          its code";
            report.bad("identifiers", not_ready.into_call_error(turn), remedy);
            false
        }
    }
}
