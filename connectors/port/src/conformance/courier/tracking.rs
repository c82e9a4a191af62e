use vortex_domain::shipping::Milestone;

use super::{Calls, CourierWorld, Trouble, mint, minting::since};
use crate::{
    conformance::{Failure, ensure},
    courier::Courier,
};

/// A reference finds what was minted under it and nothing else, and nothing before anything was.
pub async fn a_reference_finds_its_own_waybill_only(world: &impl CourierWorld) -> Result<(), Failure> {
    let [short, long] = ["C-REF-1", "C-REF-10"].map(|reference| world.parcel(reference));
    let day = since(&short)?;
    let nothing = world.courier().find(&short.reference, day).await?;
    ensure(nothing.is_empty(), || format!("a reference that nobody used finds {nothing:?}"))?;
    let other = mint(world, &long).await?.awb;
    world.show_references().await;
    let nothing = world.courier().find(&short.reference, day).await?;
    ensure(nothing.is_empty(), || format!("a reference finds the waybill of another: {nothing:?}"))?;
    let own = mint(world, &short).await?.awb;
    world.show_references().await;
    for (parcel, awb) in [(&short, own), (&long, other)] {
        let found = world.courier().find(&parcel.reference, day).await?;
        ensure(found == [awb.clone()], || format!("{} finds {found:?}, not {awb}", parcel.reference))?;
    }
    Ok(())
}

/// A waybill that nobody has scanned is neither delivered nor collected, and a question about it is no failure.
pub async fn a_fresh_waybill_is_not_delivered(world: &impl CourierWorld) -> Result<(), Failure> {
    let awb = mint(world, &world.parcel("C-FRESH-1")).await?.awb;
    let scans = world.courier().scans(&[awb]).await?;
    let [scans] = scans.as_slice() else {
        return Err(Failure(format!("one waybill, {} answers", scans.len())));
    };
    let idle = scans.iter().filter_map(|scan| scan.milestone).all(|milestone| !milestone.is_collected());
    ensure(idle, || format!("a fresh waybill is on its way: {scans:?}"))
}

/// Each waybill's scans stand where it was asked for, oldest first; one that is not known has none.
pub async fn scans_come_oldest_first_in_the_order_asked(world: &impl CourierWorld) -> Result<(), Failure> {
    const JOURNEY: [Milestone; 4] =
        [Milestone::Collected, Milestone::Moving, Milestone::OutForDelivery, Milestone::Delivered];
    let far = mint(world, &world.parcel("C-SCAN-1")).await?.awb;
    let near = mint(world, &world.parcel("C-SCAN-2")).await?.awb;
    for milestone in JOURNEY {
        world.scan(&far, milestone).await;
    }
    world.scan(&near, Milestone::Collected).await;
    let asked = [near, "0000000001".to_owned(), far];
    let scans = world.courier().scans(&asked).await?;
    let reached: Vec<Vec<Milestone>> = scans
        .iter()
        .map(|scans| scans.iter().filter_map(|scan| scan.milestone).filter(|m| m.is_collected()).collect())
        .collect();
    let expected = [vec![Milestone::Collected], Vec::new(), JOURNEY.to_vec()];
    ensure(reached == expected, || format!("{asked:?} show {reached:?}, not {expected:?}"))?;
    ensure(world.courier().scans(&[]).await?.is_empty(), || "no waybill has scans".to_owned())
}

/// Trouble is never read as "there is none": neither waybills nor scans.
pub async fn a_web_page_is_no_absence(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = world.parcel("C-PAGE-1");
    let awb = mint(world, &parcel).await?.awb;
    for trouble in [
        Trouble::WebPage(200),
        Trouble::WebPage(404),
        Trouble::Empty,
        Trouble::Half,
        Trouble::ServerError(500),
    ] {
        world.trouble(Calls::Tracking, trouble).await;
        let found = world.courier().find(&parcel.reference, since(&parcel)?).await;
        ensure(found.is_err(), || format!("{trouble:?} finds {found:?}"))?;
        let scans = world.courier().scans(std::slice::from_ref(&awb)).await;
        ensure(scans.is_err(), || format!("{trouble:?} shows {scans:?}"))?;
        world.calm().await;
    }
    Ok(())
}
