//! Orders as the engine asks for them, and the day on which they are booked (spec 7, 3).

use async_trait::async_trait;
use jiff::civil::Date;
use serde_json::Value;
use vortex_domain::order::ImportAnswer;
use vortex_port::{
    CallError, ErpOrders, SalesOrder,
    erp::{BookingDay, Copies, Customer, Wanted},
};

use crate::{
    bridge::{Request, integer},
    config::Dialect,
    connector::WinMentorConnector,
    date::WorkingMonth,
    session::{NotReady, Turn},
};

#[async_trait]
impl ErpOrders for WinMentorConnector {
    async fn find(&self, wanted: &[Wanted]) -> Result<Vec<Copies>, CallError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.repeatedly(move || self.look_for(wanted)).await
    }

    async fn booking_day(&self, wanted: Date) -> Result<BookingDay, CallError> {
        self.repeatedly(move || async move {
            let mut turn = self.session().turn_for_orders().await;
            match booking_day(&mut turn, wanted).await {
                Ok(day) => Ok(day),
                Err(NotReady::WrongIdentifiers { field, canary }) => {
                    Ok(BookingDay::WrongIdentifiers { field, canary })
                }
                Err(not_ready) => Err(not_ready.into_call_error(&turn)),
            }
        })
        .await
    }

    async fn import(&self, order: &SalesOrder) -> ImportAnswer {
        // In a task of its own: a caller that gives up must not let the next request into a running import.
        let (connector, order) = (self.clone(), order.clone());
        let import = tokio::spawn(async move { connector.import_once(&order).await });
        import.await.unwrap_or(ImportAnswer::Unknown)
    }

    async fn ensure_customer(&self, customer: &Customer) -> Result<(), CallError> {
        let (connector, customer) = (self.clone(), customer.clone());
        let adding = tokio::spawn(async move { connector.ensure_partner(&customer).await });
        adding.await.unwrap_or_else(|_| Err(self.session().bridge.unknown("the call was given up")))
    }
}

/// Sets the session up in the month of the day that orders get, and says which day that is.
async fn booking_day(turn: &mut Turn<'_>, wanted: Date) -> Result<BookingDay, NotReady> {
    turn.ready_in(None).await?;
    if let Some((asked, open)) = turn.state.booking_day
        && asked == wanted
    {
        turn.ready_in(Some(WorkingMonth::of(open))).await?;
        return Ok(BookingDay::Open(open));
    }
    turn.read_months().await?;
    let month = WorkingMonth::of(wanted);
    if turn.months().contains(&month) && may_enter(turn, month).await? {
        turn.state.booking_day = Some((wanted, wanted));
        return Ok(BookingDay::Open(wanted));
    }
    // Not remembered: the bookkeeper may open the month at any time.
    let later: Vec<WorkingMonth> = turn.months().iter().copied().filter(|other| *other > month).collect();
    for other in later {
        if may_enter(turn, other).await?
            && let Ok(first) = Date::new(other.year(), other.month(), 1)
        {
            return Ok(BookingDay::Open(first));
        }
    }
    Ok(BookingDay::Closed(format!("{:04}-{:02}", month.year(), month.month())))
}

/// `PotIntroduceDoc`, with the month selected too: bridges differ in which of the two they look at.
pub(crate) async fn may_enter(turn: &mut Turn<'_>, month: WorkingMonth) -> Result<bool, NotReady> {
    turn.ready_in(Some(month)).await?;
    let route = match turn.bridge().dialect() {
        Dialect::MentorApi => "/system/pot-introduce-doc",
        Dialect::BridgeV12 => "/facturi/pot-introduce",
    };
    let path = format!("{route}?an={}&luna={}", month.year(), month.month());
    let timeout = turn.settings().timeouts.read();
    let data = turn.fetch(Request::get("month.open", path, timeout)).await?;
    let result = ["result", "potIntroduce", "value"].iter().find_map(|key| data.get(*key)).unwrap_or(&data);
    match (result, integer(result)) {
        (Value::Null, _) | (_, None) => {
            let why = "PotIntroduceDoc answered neither 0 nor 1; is the bridge's version supported?";
            Err(NotReady::Call(turn.bridge().implausible(why)))
        }
        (_, Some(result)) => Ok(result == 1),
    }
}
