use vortex_domain::{Publication, Sku, sku::Seen};

use super::{Calls, ChannelWorld, Shown, Trouble};
use crate::{
    channel::{ChannelOffers, ItemAnswer, PublishReceipt, Verdict},
    conformance::{Failure, ensure},
    outcome::CallError,
};

/// A moment of reading; the cases only look whether it comes back.
const READ_MS: i64 = 1_772_704_800_000;
const MOST_PAGES: u32 = 50;

fn sku(text: &str) -> Result<Sku, Failure> {
    Sku::new(text).map_err(|error| Failure(error.to_string()))
}

fn change(sku: &Sku) -> Publication {
    Publication {
        sku: sku.clone(),
        create: false,
        listing: None,
        prices: None,
        quantity: None,
        delete: false,
    }
}

/// Changes the quantity of one article.
pub(super) async fn publish_quantity(
    world: &impl ChannelWorld,
    sku: &Sku,
    quantity: u32,
) -> Result<PublishReceipt, CallError> {
    world.channel().publish(&[Publication { quantity: Some(quantity), ..change(sku) }]).await
}

/// Creates an article and sees to it that it is in the shop.
pub(super) async fn publish_one(world: &impl ChannelWorld, name: &str) -> Result<Sku, Failure> {
    let sku = sku(name)?;
    let verdict = publish(world, &world.creation(&sku)).await?;
    ensure(verdict == Verdict::Decided(Vec::new()), || format!("creating {sku}: {verdict:?}"))?;
    Ok(sku)
}

/// Publishes and asks for the verdict, which must come at once: nothing is held back.
async fn publish(world: &impl ChannelWorld, publication: &Publication) -> Result<Verdict, Failure> {
    let receipt = world.channel().publish(std::slice::from_ref(publication)).await?;
    match (receipt.items.as_slice(), &receipt.batch) {
        ([ItemAnswer::AlreadyListed], _) => Ok(Verdict::AlreadyListed),
        ([ItemAnswer::NotListed], _) => Ok(Verdict::NotListed),
        ([ItemAnswer::Taken { refused, .. }], Some(batch)) if refused.is_empty() => {
            verdict(world, batch, &publication.sku).await
        }
        other => Err(Failure(format!("publishing {}: {other:?}", publication.sku))),
    }
}

async fn verdict(world: &impl ChannelWorld, batch: &str, sku: &Sku) -> Result<Verdict, Failure> {
    let mut verdicts = world.channel().verdicts(batch, std::slice::from_ref(sku)).await?;
    ensure(verdicts.len() == 1, || format!("asked for one verdict, got {}", verdicts.len()))?;
    verdicts.pop().ok_or_else(|| Failure("no verdict".to_owned()))
}

async fn shown(world: &impl ChannelWorld, sku: &Sku) -> Result<Shown, Failure> {
    world.shown(sku).await.ok_or_else(|| Failure(format!("{sku} is not in the shop")))
}

fn sorted<T: Ord + Copy>(list: &[T]) -> Vec<T> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list
}

fn agrees(seen: &Seen, shown: &Shown) -> bool {
    seen.present && seen.quantity == Some(shown.quantity) && sorted(&seen.prices) == sorted(&shown.prices)
}

/// Everything that the connector lists; none when the channel cannot be read back.
async fn listed(world: &impl ChannelWorld) -> Result<Option<Vec<(Sku, Seen)>>, Failure> {
    let mut all = Vec::new();
    for page in 1..=MOST_PAGES {
        let Some(listing) = world.channel().listing(page, READ_MS).await? else { return Ok(None) };
        all.extend(listing.rows);
        if !listing.more {
            return Ok(Some(all));
        }
    }
    Err(Failure(format!("the listing did not end after {MOST_PAGES} pages")))
}

/// Created, accepted, and seen by buyers and by us with the same numbers.
pub async fn publishing_ends_in_being_seen(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = sku("C-1 / ä?")?;
    let creation = world.creation(&sku);
    let complaints = world.channel().validate(&creation);
    ensure(complaints.is_empty(), || format!("a good article is refused before sending: {complaints:?}"))?;
    let verdict = publish(world, &creation).await?;
    ensure(verdict == Verdict::Decided(Vec::new()), || format!("creation: {verdict:?}"))?;
    let shop = shown(world, &sku).await?;
    let prices: Vec<_> = creation.prices.iter().flatten().map(|p| (p.market, p.gross_minor)).collect();
    let right = creation.quantity == Some(shop.quantity) && sorted(&prices) == sorted(&shop.prices);
    ensure(right, || format!("buyers see {shop:?} instead of {:?} at {prices:?}", creation.quantity))?;
    if let Some(seen) = world.channel().show(&sku, READ_MS).await? {
        ensure(agrees(&seen, &shop) && seen.read_ms == READ_MS, || {
            format!("read back {seen:?}, shop has {shop:?}")
        })?;
    }
    if let Some(rows) = listed(world).await? {
        let row = rows.iter().find(|(of, _)| *of == sku);
        ensure(row.is_some_and(|(_, seen)| agrees(seen, &shop)), || format!("the listing shows {row:?}"))?;
    }
    Ok(())
}

/// A quantity alone leaves the prices as they are, and the other way round; a deletion takes the article away.
pub async fn a_change_touches_what_it_names(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = publish_one(world, "C-CHANGE").await?;
    let before = shown(world, &sku).await?;
    let good = Verdict::Decided(Vec::new());
    let quantity = Publication { quantity: Some(before.quantity + 5), ..change(&sku) };
    ensure(publish(world, &quantity).await? == good, || "changing the quantity failed".to_owned())?;
    let after = shown(world, &sku).await?;
    ensure(after == Shown { quantity: before.quantity + 5, ..before.clone() }, || {
        format!("quantity: {after:?}")
    })?;
    let mut prices = world.creation(&sku).prices.unwrap_or_default();
    for price in &mut prices {
        price.gross_minor += 100;
    }
    let dearer: Vec<_> = prices.iter().map(|p| (p.market, p.gross_minor)).collect();
    let all = Publication { prices: Some(prices), listing: world.creation(&sku).listing, ..quantity };
    ensure(publish(world, &all).await? == good, || "changing everything at once failed".to_owned())?;
    let after = shown(world, &sku).await?;
    ensure(sorted(&after.prices) == sorted(&dearer), || format!("prices: {after:?}"))?;
    ensure(after.quantity == before.quantity + 5, || format!("prices changed the quantity: {after:?}"))?;
    let gone = Publication { delete: true, ..change(&sku) };
    ensure(publish(world, &gone).await? == good, || "deleting failed".to_owned())?;
    ensure(world.shown(&sku).await.is_none(), || "a deleted article is still in the shop".to_owned())
}

/// F29: what is refused at once is refused, however friendly the status; its neighbours are not.
pub async fn a_refusal_at_once_is_no_success(world: &impl ChannelWorld) -> Result<(), Failure> {
    let (good, bad) = (sku("C-GOOD")?, sku("C-BAD")?);
    let malformed = world.malformed(&bad);
    ensure(!world.channel().validate(&malformed).is_empty(), || {
        "validation misses a malformed article".to_owned()
    })?;
    let receipt = world.channel().publish(&[malformed, world.creation(&good)]).await?;
    let [first, second] = receipt.items.as_slice() else {
        return Err(Failure(format!("two were sent, {} answered", receipt.items.len())));
    };
    let refused = matches!(first, ItemAnswer::Taken { refused, .. } if !refused.is_empty());
    ensure(refused, || format!("the malformed article: {first:?}"))?;
    let taken = matches!(second, ItemAnswer::Taken { refused, .. } if refused.is_empty());
    ensure(taken, || format!("its good neighbour: {second:?}"))?;
    ensure(world.shown(&bad).await.is_none(), || "a refused article is in the shop".to_owned())
}

/// F29: taken, and refused afterwards.
pub async fn a_later_refusal_reaches_the_verdict(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = sku("C-LATER")?;
    world.refuse_later(&sku).await;
    let verdict = publish(world, &world.creation(&sku)).await?;
    let named = matches!(&verdict, Verdict::Decided(refused) if refused.iter().any(|r| !r.reason.is_empty()));
    ensure(named, || format!("{verdict:?}"))?;
    ensure(world.shown(&sku).await.is_none(), || "a refused article is in the shop".to_owned())
}

/// Not decided is not accepted; neither is a batch that nobody knows.
pub async fn an_unfinished_batch_is_pending(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = sku("C-PENDING")?;
    world.hold_batches(true).await;
    let receipt = world.channel().publish(&[world.creation(&sku)]).await?;
    let Some(batch) = receipt.batch else { return Err(Failure("no batch to ask about".to_owned())) };
    let early = verdict(world, &batch, &sku).await?;
    ensure(early == Verdict::Pending, || format!("while held back: {early:?}"))?;
    let unknown = verdict(world, "00000000-0000-4000-8000-000000000000", &sku).await?;
    ensure(unknown == Verdict::Pending, || format!("an unknown batch: {unknown:?}"))?;
    world.hold_batches(false).await;
    let late = verdict(world, &batch, &sku).await?;
    ensure(late == Verdict::Decided(Vec::new()), || format!("when applied: {late:?}"))
}

/// The remote has acted and the answer is lost: unknown, and reading back finds out.
pub async fn a_lost_reply_to_a_publication_is_unknown(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = publish_one(world, "C-LOST").await?;
    let before = shown(world, &sku).await?.quantity;
    world.trouble(Calls::Publishing, Trouble::LostReply).await;
    let lost = publish_quantity(world, &sku, before + 7).await;
    ensure(lost.as_ref().is_err_and(CallError::may_have_acted), || format!("{lost:?}"))?;
    world.calm().await;
    if let Some(seen) = world.channel().show(&sku, READ_MS).await? {
        ensure(seen.quantity == Some(before + 7), || format!("reading back shows {seen:?}"))?;
    }
    Ok(())
}

/// The same again changes nothing: neither a change nor a creation.
pub async fn a_repeated_publication_is_harmless(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = publish_one(world, "C-AGAIN").await?;
    let before = shown(world, &sku).await?;
    for _ in 0..2 {
        let same = Publication { quantity: Some(before.quantity), ..change(&sku) };
        let verdict = publish(world, &same).await?;
        ensure(verdict == Verdict::Decided(Vec::new()), || format!("repeated change: {verdict:?}"))?;
    }
    let again = publish(world, &world.creation(&sku)).await?;
    let harmless = again == Verdict::AlreadyListed || again == Verdict::Decided(Vec::new());
    ensure(harmless, || format!("repeated creation: {again:?}"))?;
    ensure(shown(world, &sku).await? == before, || "repeating changed the article".to_owned())
}

/// A change of an article that was never created is told apart from a refusal.
pub async fn a_change_of_an_unknown_article_says_so(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = sku("C-NEVER")?;
    let verdict = publish(world, &Publication { quantity: Some(1), ..change(&sku) }).await?;
    ensure(verdict == Verdict::NotListed, || format!("{verdict:?}"))
}

/// What is not in the shop is not shown, and is not shown as zero either.
pub async fn an_absent_article_is_not_shown(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = sku("C-ABSENT")?;
    let seen = world.channel().show(&sku, READ_MS).await?;
    let absent = seen.as_ref().is_none_or(|seen| !seen.present && seen.quantity.is_none());
    ensure(absent, || format!("{seen:?}"))?;
    let rows = listed(world).await?.unwrap_or_default();
    ensure(rows.iter().all(|(of, seen)| *of != sku || !seen.present), || {
        "the listing invents an article".to_owned()
    })
}

/// F46: a web page, whatever its status, is neither yes nor no.
pub async fn a_web_page_is_no_verdict(world: &impl ChannelWorld) -> Result<(), Failure> {
    let sku = publish_one(world, "C-PAGE").await?;
    let batch = publish_quantity(world, &sku, 3).await?.batch.unwrap_or_default();
    for status in [200, 403, 503] {
        for calls in [Calls::Publishing, Calls::Verdicts] {
            world.trouble(calls, Trouble::WebPage(status)).await;
            let ending = match calls {
                Calls::Publishing => {
                    publish_quantity(world, &sku, 4).await.map(|receipt| format!("{receipt:?}"))
                }
                _ => world
                    .channel()
                    .verdicts(&batch, std::slice::from_ref(&sku))
                    .await
                    .map(|v| format!("{v:?}")),
            };
            let undecided =
                |error: &CallError| error.may_have_acted() || matches!(error, CallError::Paused { .. });
            ensure(ending.as_ref().is_err_and(undecided), || {
                format!("{calls:?}, page with {status}: {ending:?}")
            })?;
            world.calm().await;
        }
    }
    Ok(())
}
