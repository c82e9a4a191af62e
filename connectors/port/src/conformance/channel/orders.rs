use std::collections::BTreeMap;

use vortex_domain::{ChannelOrder, ChannelState, OrderId, Sku};

use super::{
    Calls, ChannelWorld, Trouble,
    offers::{publish_one, publish_quantity},
};
use crate::{
    channel::{ChannelOrders, CommandAnswer},
    conformance::{Failure, ensure},
    outcome::CallError,
};

/// A list of orders never needs more pages in these cases.
const MOST_PAGES: u32 = 20;

/// All orders of a state, page by page until the connector says that there are no more.
async fn walk(
    world: &impl ChannelWorld,
    state: ChannelState,
) -> Result<BTreeMap<OrderId, ChannelOrder>, Failure> {
    let mut found = BTreeMap::new();
    for page in 1..=MOST_PAGES {
        let listed = world.channel().orders(state, page).await?;
        found.extend(listed.orders.into_iter().map(|order| (order.id.clone(), order)));
        if !listed.more {
            return Ok(found);
        }
    }
    Err(Failure(format!("the list of orders did not end after {MOST_PAGES} pages")))
}

async fn buy(world: &impl ChannelWorld, count: usize) -> Result<(Sku, Vec<OrderId>), Failure> {
    let sku = publish_one(world, "C-ORDERS").await?;
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(world.buy(&sku, 1).await);
    }
    Ok((sku, ids))
}

fn is_listed(found: &BTreeMap<OrderId, ChannelOrder>, id: &OrderId) -> Result<(), Failure> {
    ensure(found.contains_key(id), || format!("order {id} is missing from the list"))
}

/// What the list shows and what the single reading shows is the same order, amendments included.
pub async fn shows_the_orders_that_it_lists(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (sku, ids) = buy(world, 1).await?;
    let [id] = ids.as_slice() else { return Err(Failure("the world sold nothing".to_owned())) };
    let two = world.buy(&sku, 2).await;
    let listed = walk(world, ChannelState::Created).await?;
    for (id, quantity) in [(id, 1), (&two, 2)] {
        is_listed(&listed, id)?;
        let order = world.channel().order(id).await?;
        ensure(listed.get(id) == order.as_ref(), || format!("list and single reading of {id} disagree"))?;
        let right = order
            .is_some_and(|o| o.sku == sku && o.quantity == quantity && o.net.minor > 0 && o.vat.minor > 0);
        ensure(right, || format!("order {id} is not what was bought"))?;
    }
    world.amend(id, 3).await;
    let amended = world.channel().order(id).await?;
    ensure(amended.is_some_and(|o| o.quantity == 3), || "an amended quantity is not shown".to_owned())?;
    let nobody = OrderId::new("00000000-0000-4000-8000-000000000000").map_err(|e| Failure(e.to_string()))?;
    let unknown = world.channel().order(&nobody).await?;
    ensure(unknown.is_none(), || "an order that nobody placed is shown".to_owned())
}

/// The pages of a quiet list hold every order.
pub async fn pages_together_hold_every_order(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (_, ids) = buy(world, world.orders_per_page() * 2 + 1).await?;
    let found = walk(world, ChannelState::Created).await?;
    ensure(found.len() == ids.len(), || format!("{} orders were placed, {} listed", ids.len(), found.len()))?;
    ids.iter().try_for_each(|id| is_listed(&found, id))
}

/// F13: when orders come and go between two pages, the next walk has them all.
pub async fn orders_that_move_between_pages_are_found_again(
    world: &impl ChannelWorld,
) -> Result<(), Failure> {
    let (sku, ids) = buy(world, world.orders_per_page() * 2).await?;
    let first = world.channel().orders(ChannelState::Created, 1).await?;
    let Some(gone) = first.orders.first() else { return Err(Failure("page 1 is empty".to_owned())) };
    world.cancel_by_channel(&gone.id).await;
    let late = world.buy(&sku, 1).await;
    let second = world.channel().orders(ChannelState::Created, 2).await?;
    ensure(second.unreadable.is_empty(), || "a shifted page became unreadable".to_owned())?;
    let found = walk(world, ChannelState::Created).await?;
    for id in ids.iter().filter(|id| **id != gone.id).chain([&late]) {
        is_listed(&found, id)?;
    }
    ensure(!found.contains_key(&gone.id), || "a cancelled order is listed as open".to_owned())?;
    let cancelled = world.channel().order(&gone.id).await?;
    ensure(cancelled.is_some_and(|o| o.state == ChannelState::NotFulfilled), || {
        "an order cancelled by the channel is not shown as such".to_owned()
    })
}

/// F11: one order that cannot be read is kept and shown, and the others of its page arrive.
pub async fn an_unreadable_order_spoils_nothing_else(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (_, ids) = buy(world, 1).await?;
    let bad = world.buy_unreadably().await;
    let mut unreadable = Vec::new();
    for page in 1..=MOST_PAGES {
        let listed = world.channel().orders(ChannelState::Created, page).await?;
        unreadable.extend(listed.unreadable);
        if !listed.more {
            break;
        }
    }
    let found = walk(world, ChannelState::Created).await?;
    ids.iter().try_for_each(|id| is_listed(&found, id))?;
    let kept = unreadable.iter().find(|order| order.id.as_deref() == Some(bad.as_str()));
    let Some(kept) = kept else { return Err(Failure(format!("unreadable order {bad} was dropped"))) };
    ensure(!kept.why.is_empty() && kept.raw.contains(&bad), || {
        "nobody could mend the unreadable order".to_owned()
    })
}

/// F12: whatever goes wrong with a page, it is never taken for the end of the list.
pub async fn a_failed_page_is_not_the_end(world: &impl ChannelWorld) -> Result<(), Failure> {
    buy(world, world.orders_per_page() + 1).await?;
    for trouble in
        [Trouble::ServerError, Trouble::WebPage(200), Trouble::WebPage(403), Trouble::Empty, Trouble::Half]
    {
        world.trouble(Calls::OrderPage(2), trouble).await;
        let first = world.channel().orders(ChannelState::Created, 1).await?;
        ensure(first.more, || "a full page 1 claims to be the last".to_owned())?;
        let second = world.channel().orders(ChannelState::Created, 2).await;
        ensure(second.is_err(), || format!("{trouble:?} was taken for a page: {second:?}"))?;
        world.calm().await;
    }
    let second = world.channel().orders(ChannelState::Created, 2).await?;
    ensure(second.orders.len() == 1 && !second.more, || "page 2 is wrong after the trouble".to_owned())
}

/// Accepting and cancelling: done once, harmless twice, refused when the state forbids it.
pub async fn commands_are_final_and_repeatable(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (_, ids) = buy(world, 2).await?;
    let [kept, dropped] = ids.as_slice() else { return Err(Failure("the world sold too little".to_owned())) };
    let channel = world.channel();
    let same = |what: &str, got: CommandAnswer, wanted: &CommandAnswer| {
        ensure(got == *wanted, || format!("{what}: {got:?} instead of {wanted:?}"))
    };
    same("accept", channel.accept(kept).await?, &CommandAnswer::Done)?;
    same("accept again", channel.accept(kept).await?, &CommandAnswer::AlreadySo)?;
    same("cancel", channel.cancel(dropped).await?, &CommandAnswer::Done)?;
    same("cancel again", channel.cancel(dropped).await?, &CommandAnswer::AlreadySo)?;
    let late = channel.accept(dropped).await?;
    let named = matches!(late, CommandAnswer::Refused { state: Some(ChannelState::NotFulfilled), .. });
    ensure(named, || format!("accepting a cancelled order: {late:?}"))?;
    for (id, state) in [(kept, ChannelState::Accepted), (dropped, ChannelState::NotFulfilled)] {
        is_listed(&walk(world, state).await?, id)?;
    }
    Ok(())
}

/// A command whose answer is lost is unknown, and repeating it finds out.
pub async fn a_lost_reply_to_a_command_can_be_repeated(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (_, ids) = buy(world, 1).await?;
    let [id] = ids.as_slice() else { return Err(Failure("the world sold nothing".to_owned())) };
    for trouble in [Trouble::WebPage(200), Trouble::Empty, Trouble::LostReply] {
        world.trouble(Calls::Commands, trouble).await;
        let lost = world.channel().accept(id).await;
        ensure(lost.as_ref().is_err_and(CallError::may_have_acted), || format!("{trouble:?}: {lost:?}"))?;
        world.calm().await;
    }
    let again = world.channel().accept(id).await?;
    ensure(again == CommandAnswer::AlreadySo, || format!("after the lost reply: {again:?}"))
}

/// F61: 429 becomes a pause that is at least as long as asked, for every later call too.
pub async fn asking_to_wait_is_heard(world: &impl ChannelWorld) -> Result<(), Failure> {
    const ASKED_S: u32 = 30;
    let sku = publish_one(world, "C-WAIT").await?;
    world.trouble(Calls::Publishing, Trouble::AskToWait(Some(ASKED_S))).await;
    let answer = publish_quantity(world, &sku, 1).await;
    let long = |error: &CallError| matches!(error, CallError::Paused { retry_after_ms, .. } if *retry_after_ms >= i64::from(ASKED_S) * 900);
    ensure(answer.as_ref().is_err_and(long), || format!("a 429 became {answer:?}"))?;
    world.calm().await;
    let next = world.channel().orders(ChannelState::Created, 1).await;
    ensure(next.as_ref().is_err_and(long), || format!("a call left during the pause: {next:?}"))
}

/// Refused credentials are not a verdict on anything else.
pub async fn wrong_credentials_are_called_so(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (sku, ids) = buy(world, 1).await?;
    world.revoke_credentials().await;
    let refused = |error: &CallError| matches!(error, CallError::Credentials { .. });
    let list = world.channel().orders(ChannelState::Created, 1).await;
    ensure(list.as_ref().is_err_and(refused), || format!("listing orders: {list:?}"))?;
    let publish = publish_quantity(world, &sku, 1).await;
    ensure(publish.as_ref().is_err_and(refused), || format!("publishing: {publish:?}"))?;
    for id in &ids {
        let accept = world.channel().accept(id).await;
        ensure(accept.as_ref().is_err_and(refused), || format!("accepting: {accept:?}"))?;
    }
    Ok(())
}
