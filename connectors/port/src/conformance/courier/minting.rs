use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use vortex_domain::order::Address;

use super::{Calls, CourierWorld, Trouble, books_hold, mint};
use crate::{
    conformance::{Failure, ensure},
    courier::{Courier, MintAnswer, PaperKind, Parcel},
    outcome::CallError,
};

/// A day before the parcel is handed over: early enough for every zone.
pub(super) fn since(parcel: &Parcel) -> Result<Date, Failure> {
    let ready = Timestamp::from_millisecond(parcel.ready_ms).map_err(|error| Failure(error.to_string()))?;
    ready.to_zoned(TimeZone::UTC).date().yesterday().map_err(|error| Failure(error.to_string()))
}

async fn refused_without_trace(
    world: &impl CourierWorld,
    what: &str,
    parcel: &Parcel,
) -> Result<(), Failure> {
    let objections = world.courier().validate(parcel);
    ensure(objections.iter().all(|o| !o.field.is_empty() && !o.rule.is_empty()), || {
        format!("{what}: an objection names no field or no rule: {objections:?}")
    })?;
    ensure(!objections.is_empty(), || format!("{what}: nothing was found before sending"))?;
    let answer = world.courier().mint(parcel).await;
    ensure(matches!(answer, MintAnswer::Refused(_)), || format!("{what}: {answer:?}"))?;
    books_hold(world, &parcel.reference, &[]).await
}

/// One request makes one waybill with its label, and the number is text.
pub async fn minting_once_makes_one_waybill(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = world.parcel("C-ONCE-1");
    let waybill = mint(world, &parcel).await?;
    ensure(!waybill.awb.is_empty(), || "the waybill has no number".to_owned())?;
    let labels =
        waybill.papers.iter().filter(|paper| paper.kind == PaperKind::Label && !paper.bytes.is_empty());
    ensure(labels.count() >= 1, || format!("there is no label: {:?}", waybill.papers))?;
    books_hold(world, &parcel.reference, &[waybill.awb]).await
}

/// Across the border the commercial invoice comes with the label; without customs data nothing is sent.
pub async fn a_declarable_parcel_brings_its_papers(world: &impl CourierWorld) -> Result<(), Failure> {
    let bare = Parcel { customs: None, ..world.declarable("C-BARE-1") };
    refused_without_trace(world, "a declarable parcel without customs data", &bare).await?;
    let parcel = world.declarable("C-PAPERS-1");
    let waybill = mint(world, &parcel).await?;
    for kind in [PaperKind::Label, PaperKind::Papers] {
        let found = waybill.papers.iter().any(|paper| paper.kind == kind);
        ensure(found, || format!("{kind:?} is missing: {:?}", waybill.papers))?;
    }
    books_hold(world, &parcel.reference, &[waybill.awb]).await
}

/// Diacritics, long streets, control characters, quotes, other scripts and odd phones reach the courier in a form that
/// it takes.
pub async fn awkward_addresses_are_carried(world: &impl CourierWorld) -> Result<(), Failure> {
    let good = world.parcel("C-AWKWARD").to;
    let long = "c/o Bostadsrättsföreningen Kungsholmsstranden, Norra Agnegatan 36, uppgång B, 3 tr";
    let addresses = [
        Address { name: "Åsa Öberg-Ærø Ștefănescu Łukasz ß".to_owned(), ..good.clone() },
        Address { name: "A\u{30a}sa \"Ass\u{2019}n\" <O'Brien> & Co \\ {x}".to_owned(), ..good.clone() },
        Address { name: "Юлия Щукина".to_owned(), ..good.clone() },
        Address { street: long.to_owned(), ..good.clone() },
        Address { street: format!("{} {}", "å".repeat(45), "ö".repeat(45)), ..good.clone() },
        Address { street: " Storgatan\t1\r\n\u{0}lgh 1101 🏠\u{200b} ".to_owned(), ..good.clone() },
        Address { phone: "tel: 0046 (0)70-123 45 67 / 08-123 456".to_owned(), ..good.clone() },
        Address { business: true, ..good },
    ];
    for (number, to) in addresses.into_iter().enumerate() {
        let reference = format!("C-AWKWARD-{number}");
        let parcel = Parcel { to, ..world.parcel(&reference) };
        let waybill =
            mint(world, &parcel).await.map_err(|failure| Failure(format!("{reference}: {failure}")))?;
        books_hold(world, &reference, &[waybill.awb]).await?;
    }
    Ok(())
}

/// F50: parcels minted at the same time get one waybill each, under their own references.
pub async fn parcels_minted_at_once_are_kept_apart(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcels = ["C-TWIN-1", "C-TWIN-2"].map(|reference| world.parcel(reference));
    let [first, second] = &parcels;
    let (one, other) = tokio::join!(mint(world, first), mint(world, second));
    let minted = [one?.awb, other?.awb];
    ensure(minted.iter().collect::<BTreeSet<_>>().len() == 2, || format!("two parcels share {minted:?}"))?;
    for (parcel, awb) in parcels.iter().zip(minted) {
        books_hold(world, &parcel.reference, &[awb]).await?;
    }
    Ok(())
}

/// F55: what the courier would refuse for its form is found without it, and named.
pub async fn what_is_invalid_is_found_before_sending(world: &impl CourierWorld) -> Result<(), Failure> {
    let change = |reference: &str, change: fn(&mut Parcel)| {
        let mut parcel = world.parcel(reference);
        change(&mut parcel);
        parcel
    };
    let invalid = [
        ("a receiver without a name", change("C-BAD-1", |p| p.to.name.clear())),
        ("a street of control characters", change("C-BAD-2", |p| p.to.street = String::from("\u{7}\n"))),
        ("a street that fits on no label", change("C-BAD-3", |p| p.to.street = "x".repeat(300))),
        ("no city", change("C-BAD-4", |p| p.to.city = String::from(" "))),
        ("a postal code of nonsense", change("C-BAD-5", |p| p.to.postal_code = "x".repeat(40))),
        ("no phone", change("C-BAD-6", |p| p.to.phone.clear())),
        ("no weight", change("C-BAD-7", |p| p.measures.weight_g = 0)),
        ("no size", change("C-BAD-8", |p| p.measures.length_cm = 0)),
        ("no contents", change("C-BAD-9", |p| p.contents.clear())),
        ("a country where nothing is sent", change("C-BAD-10", |p| p.country = String::from("XX"))),
        ("a reference that is too long", change("C-BAD-11", |p| p.reference = "R".repeat(200))),
    ];
    for (what, parcel) in &invalid {
        refused_without_trace(world, what, parcel).await?;
    }
    Ok(())
}

/// The courier's no is final, comes with its words, and without the receiver's data.
pub async fn a_refusal_is_a_refusal(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = world.refused("C-REFUSED-1").await;
    let objections = world.courier().validate(&parcel);
    ensure(objections.is_empty(), || format!("the parcel was to be refused by the courier: {objections:?}"))?;
    let answer = world.courier().mint(&parcel).await;
    let MintAnswer::Refused(objections) = answer else {
        return Err(Failure(format!("a refusal became {answer:?}")));
    };
    ensure(objections.iter().any(|o| !o.rule.is_empty()), || "a refusal says nothing".to_owned())?;
    let said = format!("{objections:?}");
    for data in [&parcel.to.name, &parcel.to.street, &parcel.to.phone] {
        ensure(!said.contains(data.as_str()), || "a refusal shows the receiver's data".to_owned())?;
    }
    books_hold(world, &parcel.reference, &[]).await
}

/// F49: what was minted behind a lost answer is unknown, and its reference finds it: no second waybill is needed.
pub async fn a_lost_reply_is_unknown_and_found_again(world: &impl CourierWorld) -> Result<(), Failure> {
    let troubles =
        [Trouble::LostReply, Trouble::DoneThenError(500), Trouble::DoneThenError(504), Trouble::Half];
    for (number, trouble) in troubles.into_iter().enumerate() {
        let parcel = world.parcel(&format!("C-LOST-{number}"));
        world.trouble(Calls::Minting, trouble).await;
        let answer = world.courier().mint(&parcel).await;
        ensure(matches!(answer, MintAnswer::Unknown(_)), || format!("{trouble:?} became {answer:?}"))?;
        world.calm().await;
        world.show_references().await;
        let found = world.courier().find(&parcel.reference, since(&parcel)?).await?;
        ensure(found.len() == 1, || format!("after {trouble:?} the reference finds {found:?}"))?;
        books_hold(world, &parcel.reference, &found).await?;
    }
    Ok(())
}

/// Whatever comes instead of an answer, nobody may claim that nothing was minted.
pub async fn an_unclear_answer_is_unknown(world: &impl CourierWorld) -> Result<(), Failure> {
    let troubles = [
        Trouble::ServerError(500),
        Trouble::ServerError(502),
        Trouble::ServerError(503),
        Trouble::ServerError(504),
        Trouble::WebPage(200),
        Trouble::WebPage(400),
        Trouble::WebPage(503),
        Trouble::Empty,
        // Last, because it makes the connection wait.
        Trouble::Maintenance(1),
    ];
    for (number, trouble) in troubles.into_iter().enumerate() {
        let parcel = world.parcel(&format!("C-UNCLEAR-{number}"));
        world.trouble(Calls::Minting, trouble).await;
        let answer = world.courier().mint(&parcel).await;
        ensure(matches!(answer, MintAnswer::Unknown(_)), || format!("{trouble:?} became {answer:?}"))?;
        world.calm().await;
    }
    Ok(())
}

/// F61: a 429 has minted nothing, and is a pause of at least the time asked.
pub async fn asking_to_wait_is_not_sent(world: &impl CourierWorld) -> Result<(), Failure> {
    const ASKED_S: u32 = 30;
    let parcel = world.parcel("C-WAIT-1");
    world.trouble(Calls::Minting, Trouble::AskToWait(Some(ASKED_S))).await;
    let long = |answer: &MintAnswer| {
        matches!(answer, MintAnswer::NotSent(CallError::Paused { retry_after_ms, .. })
            if *retry_after_ms >= i64::from(ASKED_S) * 900)
    };
    let answer = world.courier().mint(&parcel).await;
    ensure(long(&answer), || format!("a 429 became {answer:?}"))?;
    world.calm().await;
    let next = world.courier().mint(&parcel).await;
    ensure(long(&next), || format!("a call left during the pause: {next:?}"))?;
    books_hold(world, &parcel.reference, &[]).await
}

/// Refused credentials are no verdict on the parcel, and no absence of a waybill.
pub async fn wrong_credentials_are_called_so(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = world.parcel("C-KEYS-1");
    world.revoke_credentials().await;
    let answer = world.courier().mint(&parcel).await;
    ensure(matches!(answer, MintAnswer::NotSent(CallError::Credentials { .. })), || {
        format!("minting: {answer:?}")
    })?;
    let found = world.courier().find(&parcel.reference, since(&parcel)?).await;
    ensure(matches!(found, Err(CallError::Credentials { .. })), || format!("finding: {found:?}"))?;
    books_hold(world, &parcel.reference, &[]).await
}

/// A number reserved before minting is the one minted, and sending it again makes no second waybill.
pub async fn a_reserved_number_is_minted_once(world: &impl CourierWorld) -> Result<(), Failure> {
    let before = world.courier().reserve().await?;
    if !world.allow_reservations().await {
        return ensure(before.is_none(), || format!("a number was reserved that nobody gives: {before:?}"));
    }
    let reserved = world.courier().reserve().await?;
    let Some(number) = reserved.clone() else { return Err(Failure("no number was reserved".to_owned())) };
    let parcel = Parcel { reserved, ..world.parcel("C-RESERVED-1") };
    let waybill = mint(world, &parcel).await?;
    ensure(waybill.awb == number, || format!("{} was minted instead of {number}", waybill.awb))?;
    let again = world.courier().mint(&parcel).await;
    ensure(matches!(again, MintAnswer::Unknown(_)), || format!("the number sent again: {again:?}"))?;
    books_hold(world, &parcel.reference, &[number]).await
}
