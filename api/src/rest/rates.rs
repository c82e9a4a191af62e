//! A vendor's exchange rates: what counts and why, the history, and what people say about single days.

use axum::extract::{FromRequestParts, State};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    Currency, Vendor,
    rates::{AppliedRate, RateChoice, RateRule, RateVerdict, RateWord, Standing},
    sales::business_date,
};

use crate::{
    auth::Scope,
    extract::{Json, Query, segment},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Days of history when the caller does not say.
const DAYS_DEFAULT: usize = 30;
/// Days of history at most: ten years of banking days.
const DAYS_LIMIT: usize = 2_600;
/// Longest reason, characters.
const REASON_CHARS: usize = 500;
/// Rates beyond this are a slip of the decimal point, RON for one unit.
const HIGHEST: i64 = 1_000;

/// A rate as it counts now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateNow {
    /// RON for one unit.
    pub(crate) ron_per_unit: String,
    /// The day of publication.
    pub(crate) published: String,
    /// `bnr`, `ecb`, `file`, `manual` or `fixed`.
    pub(crate) source: String,
}

impl RateNow {
    fn of(rate: &AppliedRate) -> Self {
        Self {
            ron_per_unit: rate.ron_per_unit.normalize().to_string(),
            published: rate.published.to_string(),
            source: rate.source.to_string(),
        }
    }
}

impl RateDayView {
    /// The name of its standing.
    pub(crate) fn standing(&self) -> &'static str {
        match self.standing {
            Standing::Used => "used",
            Standing::Held => "held",
            Standing::Refused => "refused",
        }
    }
}

/// One day of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateDayView {
    /// The day of publication.
    pub(crate) date: String,
    /// RON for one unit.
    pub(crate) ron_per_unit: String,
    /// Who says so.
    pub(crate) source: String,
    /// `used`, `held` (it jumped and waits for a person) or `refused`.
    #[schema(value_type = String)]
    pub(crate) standing: Standing,
    /// What prices were made with while this was the market's rate, RON for one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prices_at: Option<String>,
    /// Since which day's publication prices stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prices_since: Option<String>,
    /// Who spoke about this day last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// One currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrencyRates {
    /// Which.
    pub(crate) currency: String,
    /// What an order of today takes; null when there is none.
    pub(crate) orders: Option<RateNow>,
    /// What a price of today is made with, unless its mapping says otherwise.
    pub(crate) prices: Option<RateNow>,
    /// It is too old for new prices.
    pub(crate) stale: bool,
    /// The history, newest first.
    pub(crate) days: Vec<RateDayView>,
}

/// The vendor's rates and the rules that they are held and kept by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RatesView {
    /// `published_before` or `published_on_or_before`.
    #[schema(value_type = String)]
    pub(crate) rule: RateRule,
    /// An older rate makes no new price, days.
    pub(crate) max_age_days: u16,
    /// A rate that moved further is held, percent; 0: none is.
    pub(crate) jump_percent: String,
    /// Prices stay where they are until the market has moved further, percent; 0: they follow every rate.
    pub(crate) corridor_percent: String,
    /// Of each currency that the vendor sells in.
    pub(crate) currencies: Vec<CurrencyRates>,
}

impl RatesView {
    fn of(vendor: &Vendor, today: Date, only: Option<Currency>, days: usize) -> Self {
        let mut currencies: Vec<Currency> = vendor.markets.iter().map(|market| market.currency()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies.retain(|currency| only.is_none_or(|only| only == *currency));
        let policy = vendor.rates.policy();
        Self {
            rule: vendor.booking.rate_rule,
            max_age_days: policy.max_age_days,
            jump_percent: policy.jump_percent.normalize().to_string(),
            corridor_percent: policy.corridor_percent.normalize().to_string(),
            currencies: currencies.iter().map(|c| CurrencyRates::of(vendor, today, *c, days)).collect(),
        }
    }
}

impl CurrencyRates {
    fn of(vendor: &Vendor, today: Date, currency: Currency, days: usize) -> Self {
        let (rates, rule) = (&vendor.rates, vendor.booking.rate_rule);
        let orders = rates.rate_for(currency, today, rule);
        let prices = rates.pricing_rate(RateChoice::Vendor, currency, today, rule);
        let plain = |rate: Decimal| rate.normalize().to_string();
        let history = rates.history(RateChoice::Vendor, currency).rev().take(days);
        Self {
            currency: currency.to_string(),
            stale: orders.as_ref().is_some_and(|rate| rates.is_stale(rate, today)),
            orders: orders.as_ref().map(RateNow::of),
            prices: prices.as_ref().map(RateNow::of),
            days: history
                .map(|day| RateDayView {
                    date: day.rate.published.to_string(),
                    ron_per_unit: plain(day.rate.ron_per_unit),
                    source: day.source.to_string(),
                    standing: day.standing,
                    prices_at: day.pricing.map(|rate| plain(rate.ron_per_unit)),
                    prices_since: day.pricing.map(|rate| rate.published.to_string()),
                    author: day.word.map(|word| word.author.clone()),
                    reason: day.word.map(|word| word.reason.clone()).filter(|reason| !reason.is_empty()),
                })
                .collect(),
        }
    }
}

/// Which rates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RatesQuery {
    /// Only this currency: `SEK`, `DKK`, `EUR`, `NOK`.
    pub(crate) currency: Option<String>,
    /// Days of history, newest first: 30 unless said, 2600 at most.
    pub(crate) days: Option<usize>,
}

/// What orders and prices are reckoned with today, and the history with what people said about it.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/rates", tag = "rates",
    params(("v" = String, Path, description = "Vendor id"), RatesQuery),
    responses(
        (status = 200, description = "Rates", body = RatesView),
        (status = 400, description = "No such currency", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<RatesQuery>,
) -> Result<Json<RatesView>, ApiError> {
    let only = query.currency.as_deref().map(str::parse::<Currency>).transpose();
    let only = only.map_err(|why| ApiError::Invalid(why.to_string().into()))?;
    let vendor = state.engine.settings(&scope.vendor).await?;
    let days = query.days.unwrap_or(DAYS_DEFAULT).min(DAYS_LIMIT);
    Ok(Json(RatesView::of(&vendor, business_date(state.clock.now_ms()), only, days)))
}

/// A rate by hand.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ManualRate {
    /// `SEK`, `DKK`, `EUR`, `NOK`.
    currency: String,
    /// RON for one unit, as a decimal text: `0.4601`.
    ron_per_unit: String,
    /// As if published on this day, `YYYY-MM-DD`; without it on the newest day whose rate counts today, so that it counts at once.
    #[serde(default)]
    date: Option<String>,
    /// Why; it stands in the history.
    #[serde(default)]
    reason: String,
}

/// Sets the rate of one day by hand. It wins over what was or will be published for that day, moves prices at once, and stays
/// in the history with the token's name.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/rates", tag = "rates",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = ManualRate,
    responses(
        (status = 200, description = "It counts", body = RatesView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be a rate", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    State(state): State<ApiState>,
    scope: Scope,
    Json(manual): Json<ManualRate>,
) -> Result<Json<RatesView>, ApiError> {
    let unfit = |why: String| ApiError::Unprocessable(why.into());
    let currency: Currency =
        manual.currency.parse().map_err(|why: vortex_domain::ids::InvalidId| unfit(why.to_string()))?;
    let rate: Decimal = manual
        .ron_per_unit
        .trim()
        .parse()
        .map_err(|_| unfit("`ron_per_unit` is a number like 0.4601.".to_owned()))?;
    if currency == Currency::Ron || rate <= Decimal::ZERO || rate > Decimal::from(HIGHEST) {
        return Err(unfit(format!("{rate} cannot be RON for one {currency}.")));
    }
    let reason = manual.reason.trim().to_owned();
    if reason.chars().count() > REASON_CHARS || reason.chars().any(char::is_control) {
        return Err(unfit(format!("`reason` is one line of at most {REASON_CHARS} characters.")));
    }
    let vendor = state.engine.settings(&scope.vendor).await?;
    let today = business_date(state.clock.now_ms());
    let counts_today = match vendor.booking.rate_rule {
        RateRule::PublishedBefore => today.yesterday().unwrap_or(today),
        RateRule::PublishedOnOrBefore => today,
    };
    let date = manual.date.as_deref().map(str::parse::<Date>).transpose();
    let date =
        date.map_err(|_| unfit("`date` is a day like 2026-03-31.".to_owned()))?.unwrap_or(counts_today);
    if date > today {
        return Err(unfit(format!(
            "{date} is still to come; the rate of a day is set on that day or later."
        )));
    }
    say(&state, &scope, currency, date, RateVerdict::Manual, rate, reason).await
}

/// `{currency}` and `{date}`; what is none is not found.
pub(crate) struct RateKey(Currency, Date);

impl<S: Send + Sync> FromRequestParts<S> for RateKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        let currency = segment(parts, state, "currency").await?.parse().map_err(|_| ApiError::NotFound)?;
        let date = segment(parts, state, "date").await?.parse().map_err(|_| ApiError::NotFound)?;
        Ok(Self(currency, date))
    }
}

/// `{verdict}`; one that we do not have is not found.
pub(crate) struct Verdict(RateVerdict);

impl<S: Send + Sync> FromRequestParts<S> for Verdict {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        match segment(parts, state, "verdict").await?.as_str() {
            "confirm" => Ok(Self(RateVerdict::Confirmed)),
            "refuse" => Ok(Self(RateVerdict::Refused)),
            "withdraw" => Ok(Self(RateVerdict::Withdrawn)),
            _ => Err(ApiError::NotFound),
        }
    }
}

/// Judges the rate of one day: `confirm` (right, however far it moved), `refuse` (wrong, not used), or `withdraw` (what was
/// said about this day, a manual rate too, no longer holds).
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/rates/{currency}/{date}/{verdict}", tag = "rates",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("currency" = String, Path, description = "`SEK`, `DKK`, `EUR`, `NOK`"),
        ("date" = String, Path, description = "The day of publication"),
        ("verdict" = String, Path, description = "`confirm`, `refuse` or `withdraw`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    responses(
        (status = 200, description = "Done", body = RatesView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No rate of that day", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn judge(
    State(state): State<ApiState>,
    scope: Scope,
    RateKey(currency, date): RateKey,
    Verdict(verdict): Verdict,
) -> Result<Json<RatesView>, ApiError> {
    let vendor = state.engine.settings(&scope.vendor).await?;
    let day = vendor.rates.history(RateChoice::Vendor, currency).find(|day| day.rate.published == date);
    let rate = day.ok_or(ApiError::NotFound)?.rate.ron_per_unit;
    say(&state, &scope, currency, date, verdict, rate, String::new()).await
}

async fn say(
    state: &ApiState,
    scope: &Scope,
    currency: Currency,
    date: Date,
    verdict: RateVerdict,
    ron_per_unit: Decimal,
    reason: String,
) -> Result<Json<RatesView>, ApiError> {
    let (author, at_ms) = (scope.caller.journal_name(), state.clock.now_ms());
    info!(vendor.id = %scope.vendor, author, %currency, %date, verdict = verdict.code(), "`{author}` spoke about an exchange rate");
    let word = RateWord { currency, date, verdict, ron_per_unit, author, reason, at_ms };
    state.engine.rate_word(&scope.vendor, word).await?;
    let vendor = state.engine.settings(&scope.vendor).await?;
    Ok(Json(RatesView::of(&vendor, business_date(at_ms), Some(currency), DAYS_DEFAULT)))
}
