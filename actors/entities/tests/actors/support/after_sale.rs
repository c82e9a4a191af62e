//! What happens to an order once the ERP has it.

use vortex_domain::{
    Sku, Vendor,
    invoice::{SalesDocument, SoldLine},
    order::{Errand, Event, Minting, Parcel, ParcelEvent},
    shipping::Tracking,
    vendor::{ChannelPolicy, MintWhen, ShippingPolicy},
};
use vortex_entities::{OrderMsg, directory::Undecided, order::ParcelTask};
use vortex_store::{
    Store,
    rows::{EffectKind, FileEntry, FileKind, FileRow},
};

use super::{World, fixtures, id, order, vendor, within};

/// The order of these stories.
pub(crate) const SHIPPED: &str = "o-1";

/// A vendor whose parcels are minted as soon as the ERP has the order, and whose channel takes documents.
pub(crate) fn shipping_vendor() -> Vendor {
    Vendor {
        shipping: ShippingPolicy { courier: true, mint_when: MintWhen::Booked, ..ShippingPolicy::default() },
        channel: ChannelPolicy { takes_documents: true, ..ChannelPolicy::default() },
        ..vendor()
    }
}

/// A waybill of this number.
pub(crate) fn awb(number: &str) -> Tracking {
    Tracking { carrier: "DHL".to_owned(), number: number.to_owned() }
}

/// The courier minted this waybill, label and all.
pub(crate) fn minted(number: &str) -> ParcelEvent {
    ParcelEvent::Answered(Minting::Done { tracking: awb(number), labelled: true, product: None })
}

/// The label of the first parcel.
pub(crate) fn label(bytes: &[u8]) -> FileRow {
    FileRow::new(&vendor().id, &id(SHIPPED), FileKind::Label, "1.pdf".to_owned(), bytes.to_vec(), 7)
}

/// A sales document of `A`: so many units at 36.80 RON; a storno when negative.
pub(crate) fn invoice(number: u32, units: i64) -> SalesDocument {
    SalesDocument {
        series: "F".to_owned(),
        number: number.to_string(),
        date: jiff::civil::date(2026, 2, 26),
        partner: "CDON-SE".to_owned(),
        total_minor: units * 4_453,
        lines: vec![SoldLine {
            sku: Sku::new("A").unwrap(),
            quantity_milli: units * 1_000,
            net_minor: units * 3_680,
        }],
    }
}

impl World {
    /// The order of two units is booked and may be shipped.
    pub(crate) async fn to_ship() -> Self {
        Self::to_ship_of(shipping_vendor()).await
    }

    /// The same for other settings.
    pub(crate) async fn to_ship_of(vendor: Vendor) -> Self {
        let world = Self::of(vendor).await;
        world.stocked("A", 5).await;
        assert!(world.delivered(order(SHIPPED, "A", 2)).await);
        world.book(SHIPPED, 7).await;
        world
    }

    /// May the next parcel be minted?
    pub(crate) async fn claim_parcel(
        &self,
        reserved: Option<&str>,
    ) -> Result<Option<Box<ParcelTask>>, Undecided> {
        let reserved = reserved.map(ToOwned::to_owned);
        within(self.directory.ask_order(&id(SHIPPED), |reply| OrderMsg::ClaimParcel(reserved, reply))).await
    }

    /// Something happened to the order; whether that was acknowledged.
    pub(crate) async fn hears(&self, event: Event) -> bool {
        self.tell_order(SHIPPED, |acks| OrderMsg::Happened(event, acks)).await
    }

    /// Something happened to its first parcel.
    pub(crate) async fn parcel_hears(&self, event: ParcelEvent) {
        assert!(self.hears(Event::Parcel(1, event)).await);
    }

    /// The courier answered, and these files came along; whether that was acknowledged.
    pub(crate) async fn kept(&self, event: Event, files: Vec<FileRow>) -> bool {
        self.tell_order(SHIPPED, |acks| OrderMsg::Kept(event, files, acks)).await
    }

    /// A person does something; whether that changed anything.
    pub(crate) async fn person(&self, event: Event) -> Result<bool, Undecided> {
        self.asking_order(SHIPPED, |reply| OrderMsg::Asked(event, "token:ana".to_owned(), reply)).get().await
    }

    /// The first parcel as it stands on disk.
    pub(crate) async fn parcel(&self) -> Option<Parcel> {
        self.order_row(SHIPPED).await.expect("an order row").1.parcels.into_iter().next()
    }

    /// When the order's errand is due, as its effect row says; none without a row.
    pub(crate) async fn due(&self, errand: Errand) -> Option<i64> {
        let rows = self.effects(EffectKind::Order(errand)).await;
        assert!(rows.len() <= 1, "{rows:?}");
        rows.first().map(|row| row.due_ms)
    }

    /// Every file of the order.
    pub(crate) async fn files(&self) -> Vec<FileEntry> {
        self.store.rows.files_of(&fixtures::vendor().id, &id(SHIPPED)).await.expect("readable rows")
    }
}
