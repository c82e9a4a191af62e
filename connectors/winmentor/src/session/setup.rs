//! Bringing the bridge's session into the state that a call needs, and noticing when it no longer is in it.

use serde_json::{Value, json};
use tokio::time::Instant;
use vortex_port::{CallError, http::encode_segment};

use super::{HEALTH_EVERY, Health, TRUST_IN_SILENCE, Turn};
use crate::{
    bridge::{Reply, Request, integer, names},
    config::Dialect,
    date::WorkingMonth,
    record::Batch,
    rows::{ArticleStock, StockRow},
};

/// Set-ups that may miss a learned canary before it counts as deleted.
const CANARY_MISSES: u32 = 3;

/// Whether the article that must be there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Canary {
    /// It is there, or none is known to look for.
    Fine,
    /// It is not: another company, or other identifiers (spec 7, 6).
    Missing(String),
}

/// Why the session could not be made ready.
#[derive(Debug)]
pub(crate) enum NotReady {
    /// A call failed.
    Call(CallError),
    /// The month does not exist in WinMentor.
    NoSuchMonth(WorkingMonth),
    /// The configured canary is not found under our identifiers.
    WrongIdentifiers { field: String, canary: String },
}

impl From<CallError> for NotReady {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl NotReady {
    /// The same as an error of a reading.
    pub(crate) fn into_call_error(self, turn: &Turn<'_>) -> CallError {
        match self {
            Self::Call(error) => error,
            Self::NoSuchMonth(month) => {
                turn.bridge().refused(format!("accounting month {month} does not exist"))
            }
            Self::WrongIdentifiers { field, canary } => turn.bridge().implausible(format!(
                "article `{canary}` is not found by {field}: another company or another identifier is set; \
                 check canary_article and article_id_field"
            )),
        }
    }
}

impl Turn<'_> {
    /// Makes the session ready for a call that does not depend on the month.
    pub(crate) async fn ready(&mut self) -> Result<(), CallError> {
        self.ready_in(None).await.map_err(|not_ready| not_ready.into_call_error(self))
    }

    /// Makes the session ready, with the month selected where one is given. Costs nothing while what was set is
    /// known to hold still.
    pub(crate) async fn ready_in(&mut self, month: Option<WorkingMonth>) -> Result<(), NotReady> {
        let silent = self.state.contact.is_none_or(|at| at.elapsed() > TRUST_IN_SILENCE);
        if silent || self.settings().shared_bridge {
            self.state.selected = None;
        } else if self.state.selected.is_some() {
            self.look_at_health_now_and_then().await?;
        }
        match (self.state.selected, month) {
            (Some(selected), Some(month)) if selected != month => self.select(month).await,
            (Some(_), _) => Ok(()),
            (None, month) => self.set_up(month).await,
        }
    }

    async fn look_at_health_now_and_then(&mut self) -> Result<(), NotReady> {
        if self.state.health_read.is_none_or(|at| at.elapsed() > HEALTH_EVERY) {
            self.look_at_health().await?;
        }
        Ok(())
    }

    /// Asks the bridge how it is; a restart or reconnect since the last time puts the session in doubt.
    pub(crate) async fn look_at_health(&mut self) -> Result<(), CallError> {
        let timeout = self.settings().timeouts.read();
        let data = self.fetch(Request::get("health", "/health", timeout)).await?;
        let health = Health::read(&data);
        self.state.health_read = Some(Instant::now());
        let before = self.state.health.replace(health.clone());
        if before.is_some_and(|before| health.is_another_life_than(&before)) {
            tracing::warn!(connection = self.bridge().connection(), "the bridge restarted or reconnected");
            self.doubt();
        }
        if health.connected {
            Ok(())
        } else {
            self.doubt();
            Err(self.bridge().paused("the bridge is disconnected from WinMentor"))
        }
    }

    /// Everything from the beginning (spec 3.3).
    async fn set_up(&mut self, month: Option<WorkingMonth>) -> Result<(), NotReady> {
        self.look_at_health_now_and_then().await?;
        if self.state.months.is_empty() {
            self.read_months().await?;
        }
        let month = match month {
            Some(month) => month,
            None => self.default_month()?,
        };
        self.select(month).await?;
        self.state.selected = None;
        let (article, partner) = (self.settings().article_id_field, self.settings().partner_id_field);
        self.set_id_field("/config/id-part-field", partner.name()).await?;
        self.set_id_field("/config/id-art-field", article.name()).await?;
        self.state.selected = Some(month);
        self.require_canary().await
    }

    /// Reads which accounting months the company has.
    pub(crate) async fn read_months(&mut self) -> Result<(), CallError> {
        let company = self.settings().company.clone();
        let timeout = self.settings().timeouts.setup();
        let segment = encode_segment(&company)
            .ok_or_else(|| self.bridge().refused(format!("`{company}` cannot be the name of a company")))?;
        let data = self.fetch(Request::get("months", format!("/firme/{segment}/luni"), timeout)).await?;
        let mut months: Vec<_> =
            names(&data).iter().filter_map(|name| WorkingMonth::parse(name).ok()).collect();
        months.sort_unstable();
        if months.is_empty() {
            return Err(self.bridge().refused(format!(
                "WinMentor has no company `{company}`, or it has no accounting months; correct company in the settings"
            )));
        }
        self.state.months = months;
        Ok(())
    }

    /// The company's accounting months, oldest first.
    pub(crate) fn months(&self) -> &[WorkingMonth] {
        &self.state.months
    }

    /// The month of today, or the latest before it.
    fn default_month(&self) -> Result<WorkingMonth, CallError> {
        let today = WorkingMonth::of(self.session().today());
        let past = self.state.months.iter().rev().find(|month| **month <= today);
        let month = past.or(self.state.months.first()).copied();
        month.ok_or_else(|| self.bridge().refused("the company has no accounting month"))
    }

    /// `SetNumeFirma` and `SetLunaLucru`. Id fields are not touched by it.
    pub(crate) async fn select(&mut self, month: WorkingMonth) -> Result<(), NotReady> {
        if !self.state.months.contains(&month) {
            self.read_months().await?;
            if !self.state.months.contains(&month) {
                return Err(NotReady::NoSuchMonth(month));
            }
        }
        let body = json!({"firma": self.settings().company, "an": month.year(), "luna": month.month()});
        let timeout = self.settings().timeouts.setup();
        self.state.selected = None;
        self.fetch(Request::post("company.select", "/firme/select", body, timeout)).await?;
        self.state.selected = Some(month);
        Ok(())
    }

    async fn set_id_field(&mut self, path: &'static str, field: &'static str) -> Result<(), CallError> {
        let timeout = self.settings().timeouts.setup();
        let body = json!({"fieldName": field});
        let data = self.fetch(Request::post("id_field.set", path, body, timeout)).await?;
        // An answer without the flag is the older dialect; one with a false flag is a refusal.
        let flag = data.get("set").or_else(|| data.get("applied")).and_then(integer);
        match flag {
            Some(0) => Err(self.bridge().refused(format!("the identifier field {field} could not be set"))),
            _ => Ok(()),
        }
    }

    async fn require_canary(&mut self) -> Result<(), NotReady> {
        if self.settings().canary_article.is_none() && self.state.learned_canary.is_none() {
            self.learn_canary().await?;
            return Ok(());
        }
        let Canary::Missing(canary) = self.look_for_canary().await? else {
            self.state.canary_missed = 0;
            return Ok(());
        };
        self.doubt();
        if self.settings().canary_article.is_some() {
            let field = self.settings().article_id_field.name().to_owned();
            return Err(NotReady::WrongIdentifiers { field, canary });
        }
        // Either somebody changed the session during the set-up, or the article itself is gone.
        self.state.canary_missed += 1;
        if self.state.canary_missed >= CANARY_MISSES {
            tracing::info!(
                connection = self.bridge().connection(),
                article = canary,
                "another canary will be chosen"
            );
            self.state.learned_canary = None;
            self.state.canary_missed = 0;
        }
        let why = format!(
            "article `{canary}` is missing right after the set-up: does another program use the bridge?"
        );
        Err(NotReady::Call(self.bridge().implausible(why)))
    }

    /// Takes the first article that has stock as canary. Having none is no error: the company may be new.
    async fn learn_canary(&mut self) -> Result<(), CallError> {
        let timeout = self.settings().timeouts.list();
        // The bridge's memory may be of another company or identifier; only then is a costly fresh list worth it.
        for refresh in ["", "&refresh=true"] {
            let path = format!("/stocuri?page=1&pageSize=20{refresh}");
            let data = self.fetch(Request::get("stock.first", path, timeout)).await?;
            let rows = Batch::<StockRow>::decode(&data).map(|batch| batch.rows).unwrap_or_default();
            let Some(code) = rows.into_iter().find_map(|row| row.code) else { continue };
            if self.article(&code).await?.is_some() {
                self.state.learned_canary = Some(code);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Looks for the canary, past every cache of the bridge.
    pub(crate) async fn look_for_canary(&mut self) -> Result<Canary, CallError> {
        let known = self.settings().canary_article.clone().or_else(|| self.state.learned_canary.clone());
        let Some(canary) = known else { return Ok(Canary::Fine) };
        match self.article(&canary).await? {
            Some(_) => Ok(Canary::Fine),
            None => Ok(Canary::Missing(canary)),
        }
    }

    /// Code and unit of the canary, where one is known.
    pub(crate) async fn canary_article(&mut self) -> Result<Option<(String, String)>, CallError> {
        let known = self.settings().canary_article.clone().or_else(|| self.state.learned_canary.clone());
        let Some(canary) = known else { return Ok(None) };
        Ok(self.article(&canary).await?.map(|article| (canary, article.unit)))
    }

    /// Looks for the canary after a reading: a session that another program changed meanwhile makes it worthless.
    pub(crate) async fn confirm_session(&mut self) -> Result<(), CallError> {
        match self.look_for_canary().await? {
            Canary::Fine => Ok(()),
            Canary::Missing(canary) => {
                self.doubt();
                Err(self.bridge().implausible(format!(
                    "article `{canary}` was there before the reading and not after it: another program uses the \
                     bridge; set shared_bridge, or give that program a bridge of its own"
                )))
            }
        }
    }

    /// `GetStocArticol`: none when WinMentor does not know the article.
    pub(crate) async fn article(&mut self, code: &str) -> Result<Option<ArticleStock>, CallError> {
        let Some(segment) = encode_segment(code) else { return Ok(None) };
        let path = match self.bridge().dialect() {
            Dialect::MentorApi => format!("/stocuri/articol/{segment}"),
            Dialect::BridgeV12 => format!("/stocuri/{segment}"),
        };
        let timeout = self.settings().timeouts.read();
        match self.exchange(Request::get("stock.article", path, timeout)).await? {
            Reply::Done { data, .. } => self.one_article(&data),
            Reply::Declined { status: 404, .. } => Ok(None),
            Reply::Declined { status, errors } if status >= 500 => {
                // The COM object says the same of an unknown article and of its own trouble; only the latter
                // strikes other calls too.
                if self.com_works().await? { Ok(None) } else { Err(self.bridge().declined(status, &errors)) }
            }
            Reply::Declined { status, errors } => Err(self.bridge().declined(status, &errors)),
        }
    }

    fn one_article(&self, data: &Value) -> Result<Option<ArticleStock>, CallError> {
        let record = match data {
            Value::Null => return Ok(None),
            Value::Array(rows) => match rows.first() {
                None => return Ok(None),
                Some(Value::Object(_) | Value::Array(_)) => rows.first().cloned(),
                // One record, already split.
                Some(_) if rows.len() >= 5 => Some(data.clone()),
                Some(_) => rows.first().cloned(),
            },
            other => Some(other.clone()),
        };
        let records: Vec<Value> = record.into_iter().collect();
        if matches!(records.first(), Some(Value::String(text)) if text.trim_matches([';', ' ']).is_empty()) {
            return Ok(None);
        }
        let batch = Batch::<ArticleStock>::from_records(&records);
        if let Some(rejection) = batch.health.examples.first() {
            return Err(self.bridge().implausible(rejection.to_string()));
        }
        Ok(batch.rows.into_iter().next())
    }

    async fn com_works(&mut self) -> Result<bool, CallError> {
        let timeout = self.settings().timeouts.read();
        let versions = Request::get("versions", "/versiuni", timeout);
        Ok(matches!(self.exchange(versions).await?, Reply::Done { .. }))
    }
}

impl Health {
    fn read(data: &Value) -> Self {
        let instance = data.get("instanceId").and_then(Value::as_str).map(str::to_owned);
        let uptime_s = data.get("uptime").and_then(uptime_s);
        // A bridge that connects lazily and says nothing about it is not in maintenance.
        let connected = data.get("comConnected").and_then(integer).is_none_or(|flag| flag != 0);
        Self { instance, uptime_s, connected }
    }

    fn is_another_life_than(&self, before: &Self) -> bool {
        let restarted = self.uptime_s.zip(before.uptime_s).is_some_and(|(now, then)| now < then);
        restarted || self.instance != before.instance || self.connected != before.connected
    }
}

/// Seconds, as a number, a text, or what Go writes for a duration (`1h2m3.5s`).
fn uptime_s(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds of an uptime are wanted")]
        return Some(seconds as i64);
    }
    let mut rest = value.as_str()?.trim();
    if let Ok(seconds) = rest.parse() {
        return Some(seconds);
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let whole: i64 = number.split('.').next()?.parse().ok()?;
        let unit_s = match unit.trim() {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            "ms" | "us" | "µs" | "ns" => 0,
            _ => return None,
        };
        total = total.checked_add(whole.checked_mul(unit_s)?)?;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(data: &Value) -> Health {
        Health::read(data)
    }

    #[test]
    fn a_restart_shows_in_the_health() {
        let before = health(&json!({"uptime": 500, "comConnected": true}));
        let later = health(&json!({"uptime": "8m25s", "comConnected": true}));
        let restarted = health(&json!({"uptime": 3.5, "comConnected": true}));
        let reconnecting = health(&json!({"uptime": 600, "comConnected": false}));
        assert!(!later.is_another_life_than(&before));
        assert!(restarted.is_another_life_than(&before));
        assert!(reconnecting.is_another_life_than(&before) && !reconnecting.connected);
        assert!(health(&json!({"status": "ok"})).connected);
    }

    #[test]
    fn reads_uptimes() {
        assert_eq!(uptime_s(&json!("1h2m3.5s")), Some(3_723));
        assert_eq!(uptime_s(&json!("90")), Some(90));
        assert_eq!(uptime_s(&json!("since morning")), None);
    }
}
