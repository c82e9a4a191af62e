//! What stories about the time after the sale are told with.

use vortex_domain::{
    Order, OrderId,
    order::{Event, ParcelEvent},
    shipping::Tracking,
};
use vortex_entities::{Flow, OrderMsg};
use vortex_simulators::{cdon::Market, dhl::ShipmentView};
use vortex_store::{Store as _, rows::FileKind};

use crate::story::{LIMIT, Story, pause};

/// What brings an order from its invoice to the channel's tracking.
pub(crate) const SHIP: [Flow; 4] = [Flow::Invoices, Flow::Shipping, Flow::Tracking, Flow::Commands];

impl Story {
    /// An order that WinMentor has, not invoiced.
    pub(crate) async fn booked(&self, nth: usize) -> String {
        self.booked_in(Market::Se, nth, 1).await
    }

    pub(crate) async fn booked_in(&self, market: Market, nth: usize, quantity: u32) -> String {
        let order = self.buy_in(market, &self.article(nth).code, quantity);
        self.book(&order).await;
        order
    }

    /// The order is read, imported and proven.
    pub(crate) async fn book(&self, order: &str) {
        self.run(Flow::Orders).await;
        self.until_known(order, &[Flow::Booking], |order| order.stage.name() == "booked").await;
    }

    /// An order that WinMentor has invoiced: it may leave.
    pub(crate) async fn invoiced(&self, nth: usize) -> String {
        let order = self.booked(nth).await;
        self.invoice(&order);
        order
    }

    /// The clerk invoices what is left of the order. Returns the invoice's number.
    pub(crate) fn invoice(&self, order: &str) -> i64 {
        self.world.erp.invoice(self.document(order).nr_doc).expect("it can be invoiced")
    }

    /// The order as our database has it.
    pub(crate) async fn known(&self, order: &str) -> Order {
        let id = OrderId::new(order).expect("an order id");
        let rows =
            self.world.node.store.load_orders(&self.vendor(), &[id]).await.expect("orders can be read");
        rows.into_iter().flatten().next().expect("the order is known").1
    }

    /// Runs these flows until our database shows the order so.
    pub(crate) async fn until_known(
        &self,
        order: &str,
        flows: &[Flow],
        so: impl Fn(&Order) -> bool,
    ) -> Order {
        let limit = tokio::time::Instant::now() + LIMIT;
        loop {
            let known = self.known(order).await;
            if so(&known) {
                return known;
            }
            assert!(
                tokio::time::Instant::now() < limit,
                "not within a minute: {}; told {:?}",
                known.summary(),
                self.told_of(order).await
            );
            self.run_all(flows).await;
            pause().await;
        }
    }

    /// Something that a person does to an order; whether it changed anything.
    pub(crate) async fn asked(&self, order: &str, event: Event) -> bool {
        let id = OrderId::new(order).expect("an order id");
        let who = "token:story".to_owned();
        let handle = self.handle();
        handle.directory.ask_order(&id, |reply| OrderMsg::Asked(event, who, reply)).await.expect("an answer")
    }

    /// A person types in the waybill of the first parcel.
    pub(crate) async fn type_in(&self, order: &str, carrier: &str, number: &str) -> bool {
        let tracking = Tracking { carrier: carrier.to_owned(), number: number.to_owned() };
        self.asked(order, Event::Parcel(1, ParcelEvent::Adopted(tracking))).await
    }

    /// The waybills that DHL has minted for the order, whether or not it shows them.
    pub(crate) fn waybills(&self, order: &str) -> Vec<ShipmentView> {
        let reference = OrderId::new(order).expect("an order id").parcel_reference(1);
        self.world.courier.minted_under(&reference)
    }

    /// Its one waybill.
    pub(crate) fn awb(&self, order: &str) -> String {
        let all = self.waybills(order);
        assert_eq!(all.len(), 1, "order {order}: {all:?}");
        all[0].awb.clone()
    }

    /// The order of a waybill.
    pub(crate) fn order_of(&self, awb: &str) -> String {
        let shown = self.world.channel.orders(crate::story::MERCHANT);
        let of = |order: &vortex_simulators::cdon::OrderView| {
            order.tracking.iter().any(|parcel| parcel["tracking_number"] == awb)
        };
        shown.into_iter().find(of).expect("the waybill is shown").id
    }

    /// The tracking numbers that the channel shows.
    pub(crate) fn numbers(&self, order: &str) -> Vec<String> {
        let text = |parcel: &serde_json::Value| parcel["tracking_number"].as_str().unwrap_or("?").to_owned();
        self.order(order).tracking.iter().map(text).collect()
    }

    /// Runs what follows the invoice until the channel shows the order as sent, under its one waybill.
    pub(crate) async fn leaves(&self, order: &str) {
        let sent = |order: &Order| order.channel.state == vortex_domain::ChannelState::Fulfilled;
        self.until_known(order, &SHIP, sent).await;
        assert_eq!(self.numbers(order), [self.awb(order)]);
    }

    /// The kept invoice files: name and bytes.
    pub(crate) async fn kept(&self, order: &str) -> Vec<(String, Vec<u8>)> {
        let (store, vendor) = (&self.world.node.store, self.vendor());
        let id = OrderId::new(order).expect("an order id");
        let mut kept = Vec::new();
        for entry in store.files_of(&vendor, &id).await.expect("files can be read") {
            if entry.kind == FileKind::Invoice {
                let bytes = store.file_content(&vendor, &entry.hash).await.expect("a file can be read");
                kept.push((entry.name, bytes.expect("its bytes")));
            }
        }
        kept
    }

    /// The ERP's own bytes of the order's invoice with this number.
    pub(crate) fn printed(&self, number: i64) -> (String, Vec<u8>) {
        let invoices = self.world.erp.invoices();
        let all = invoices.iter().flat_map(|invoice| std::iter::once(invoice).chain(&invoice.stornos));
        let found = all.into_iter().find(|invoice| invoice.number == number).expect("the invoice");
        let bytes = self.world.erp.invoice_pdf_bytes(&found.series, number).expect("its PDF");
        (format!("{}{number}.pdf", found.series), bytes)
    }
}
