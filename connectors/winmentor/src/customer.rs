//! One partner per consumer, added at most once: `CodExtern` is the token (spec 8.2, 7.7–7.8).

use std::time::Duration;

use serde_json::{Value, json};
use vortex_port::{CallError, erp::Customer, http::encode_segment};

use crate::{
    bridge::{Reply, Request, integer},
    config::Dialect,
    connector::WinMentorConnector,
    paging::Reading,
    partner::NewPartner,
    record::Batch,
    rows::Partner,
    session::{Turn, pause},
};

/// `GetNextPartID` sometimes answers nothing (spec 3.7.6).
const NEXT_ID_ATTEMPTS: u32 = 6;
const NEXT_ID_REST: Duration = Duration::from_millis(400);

const MOST_PAGES: u32 = 1_000;

impl WinMentorConnector {
    /// Finds the partner, or adds it and proves it by reading.
    pub(crate) async fn ensure_partner(&self, customer: &Customer) -> Result<(), CallError> {
        // One turn for all of it: two adders would make two partners.
        let mut turn = self.session().turn_for_orders().await;
        turn.ready().await?;
        if partner(&mut turn, &customer.code, false).await?.is_some() {
            return Ok(());
        }
        // Absence must not be read from the bridge's memory.
        if partner(&mut turn, &customer.code, true).await?.is_some() {
            return Ok(());
        }
        turn.confirm_session().await?;
        turn.wait_for_writes().await?;
        turn.ready().await?;
        let id = next_id(&mut turn).await?;
        let added = add(&mut turn, customer, id).await;
        if let Err(
            error @ (CallError::NotSent { .. } | CallError::Paused { .. } | CallError::Credentials { .. }),
        ) = added
        {
            return Err(error);
        }
        // Whatever was answered, only reading proves it.
        turn.ready().await?;
        match (partner(&mut turn, &customer.code, true).await?, added) {
            (Some(_), _) => Ok(()),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => {
                Err(turn.bridge().unknown("WinMentor says that it added the partner, but does not list it"))
            }
        }
    }
}

/// The partner with this `CodExtern`, past the bridge's memory when asked so.
pub(crate) async fn partner(
    turn: &mut Turn<'_>,
    code: &str,
    fresh: bool,
) -> Result<Option<Partner>, CallError> {
    let search = match turn.bridge().dialect() {
        Dialect::MentorApi => format!("&search={}", encode_segment(code).unwrap_or_default()),
        // Whether it searches external codes is not documented.
        Dialect::BridgeV12 => String::new(),
    };
    let mut reading = Reading::default();
    for number in 1..=MOST_PAGES {
        let refresh = if fresh && number == 1 { "&refresh=true" } else { "" };
        let size = turn.settings().page_size;
        let path = format!("/parteneri?page={number}&pageSize={size}{search}{refresh}");
        let timeout = turn.settings().timeouts.list();
        let data = turn.fetch(Request::get("partners.list", path, timeout)).await?;
        if number == 1 && !search.is_empty() && found_nothing(&data) {
            return Ok(None);
        }
        let page = reading
            .accept(number, data)
            .map_err(|why| turn.bridge().implausible(format!("partners: {why}")))?;
        let batch = Batch::<Partner>::from_records(&page.rows);
        // With other identifiers than CodExtern the code that orders use is the row's first field.
        let wanted = |partner: &Partner| {
            partner.external_code.as_deref() == Some(code) || partner.id.as_deref() == Some(code)
        };
        if let Some(found) = batch.rows.into_iter().find(wanted) {
            return Ok(Some(found));
        }
        if batch.health.rejected > 0 && mentions(&page.rows, code) {
            return Err(turn.bridge().implausible("the partner's record cannot be read"));
        }
        if !page.more {
            return Ok(None);
        }
    }
    Err(turn.bridge().implausible("partners: the list does not end"))
}

fn found_nothing(data: &Value) -> bool {
    let rows = data.get("items").unwrap_or(data);
    rows.is_null() || rows.as_array().is_some_and(Vec::is_empty)
}

fn mentions(rows: &[Value], code: &str) -> bool {
    rows.iter().any(|row| match row {
        Value::String(text) => text.contains(code),
        Value::Array(cells) => mentions(cells, code),
        Value::Object(fields) => fields.values().any(|value| value.as_str() == Some(code)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    })
}

async fn next_id(turn: &mut Turn<'_>) -> Result<String, CallError> {
    for attempt in 0..NEXT_ID_ATTEMPTS {
        if attempt > 0 {
            pause(NEXT_ID_REST).await;
        }
        let timeout = turn.settings().timeouts.read();
        let data = turn.fetch(Request::get("partners.next_id", "/parteneri/next-id", timeout)).await?;
        let id = data.get("nextId").unwrap_or(&data);
        let id = id.as_str().map(str::to_owned).or_else(|| integer(id).map(|id| id.to_string()));
        if let Some(id) = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && id != "0") {
            return Ok(id);
        }
    }
    Err(turn.bridge().refused("WinMentor gives no id for a new partner; are partner ids numeric there?"))
}

/// `AdaugaPartener`. `result` 0 is a failure although the bridge reports success (spec 5.1).
async fn add(turn: &mut Turn<'_>, customer: &Customer, id: String) -> Result<(), CallError> {
    let address = &customer.address;
    let partner = NewPartner {
        id,
        external_code: customer.code.clone(),
        name: address.name.clone(),
        is_natural_person: !address.business,
        address: format!("{} {}", address.street, address.postal_code),
        locality: address.city.clone(),
        country: customer.country.clone(),
        phone: address.phone.clone(),
        ..NewPartner::default()
    };
    // The error would show the name.
    let unusable = |_| turn.bridge().refused("the consumer's name or code cannot be written into WinMentor");
    let body = match turn.bridge().dialect() {
        Dialect::MentorApi => Value::Object(partner.object().map_err(unusable)?),
        Dialect::BridgeV12 => json!({"info": partner.record().map_err(unusable)?}),
    };
    let timeout = turn.settings().timeouts.import();
    match turn.exchange(Request::post("partners.add", "/parteneri/add", body, timeout)).await? {
        Reply::Done { data, .. } => match data.get("result").and_then(integer) {
            Some(result) if result > 0 => Ok(()),
            _ => Err(turn.bridge().refused("WinMentor did not add the partner (result 0)")),
        },
        // Its texts may hold what was sent.
        Reply::Declined { status, .. } => {
            Err(turn.bridge().declined(status, &["the partner was not added".to_owned()]))
        }
    }
}
