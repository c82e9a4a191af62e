//! Collections at the shipper's door (dhl.md section 10).

use vortex_domain::{pickup::Cargo, shipping::Lane};
use vortex_port::{
    CallError,
    courier::Pickup,
    http::{HttpCall, Method, encode_segment},
};

use crate::{
    body::{PickupCustomers, PickupParty, PickupRequest, PickupShipment},
    client::DhlConnector,
    problem::Private,
    product::usual,
    shipment::package,
    text::{clean, length},
    thousandths::Thousandths,
    when,
    wire::{rows, text},
};

const LOCATION_CHARS: usize = 80;
pub(crate) const MOST_PARCELS: usize = 999;
const CANCEL_REASON: &str = "not needed any more";

impl DhlConnector {
    /// Orders a collection; its confirmation number.
    pub(crate) async fn order_pickup(&self, pickup: &Pickup) -> Result<String, CallError> {
        let request = self.pickup_request(pickup).map_err(|why| self.refused(why))?;
        let private = Private::default().and_of(&self.settings.shipper);
        let reply = self.send(self.posting("pickups.book", "/pickups", &request)?.for_orders()).await;
        let reply = reply.map_err(CallError::unless_surely_before)?;
        let confirmation =
            reply.success().and_then(|body| rows(body, "dispatchConfirmationNumbers").iter().find_map(text));
        confirmation.ok_or_else(|| reply.unresolved(&private))
    }

    /// Cancels a collection. One that DHL does not know any more is gone already.
    pub(crate) async fn drop_pickup(&self, confirmation: &str) -> Result<(), CallError> {
        let requestor = &self.settings.shipper.contact_information.company_name;
        let parts = encode_segment(confirmation.trim()).filter(|encoded| !encoded.is_empty());
        let parts = parts.zip(encode_segment(requestor)).zip(encode_segment(CANCEL_REASON));
        let Some(((confirmation, requestor), reason)) = parts else {
            return Err(self.refused("the confirmation number of the collection is missing"));
        };
        let path = format!("/pickups/{confirmation}?requestorName={requestor}&reason={reason}");
        let reply = self.send(HttpCall::new("pickups.cancel", Method::DELETE, path).for_orders()).await?;
        let gone = reply.status() == 404 && reply.problem().is_some();
        // Nothing of the answer is needed, but a web page is nobody's answer.
        if gone || reply.is_plain_success() {
            return Ok(());
        }
        Err(reply.unresolved(&Private::default().and_of(&self.settings.shipper)))
    }

    fn pickup_request(&self, pickup: &Pickup) -> Result<PickupRequest, String> {
        let planned = when::planned(pickup.ready_ms, self.now_ms(), &self.zone)
            .ok_or("a collection can be ordered at most ten days ahead")?;
        let location = clean(&pickup.location);
        if length(&location) > LOCATION_CHARS {
            return Err("the place of the collection must have at most 80 characters".to_owned());
        }
        if pickup.parcels.is_empty() || pickup.parcels.len() > MOST_PARCELS {
            return Err("a collection is for 1 to 999 parcels".to_owned());
        }
        let shipper = &self.settings.shipper;
        Ok(PickupRequest {
            planned_pickup_date_and_time: planned,
            close_time: pickup.close.strftime("%H:%M").to_string(),
            location: Some(location).filter(|location| !location.is_empty()),
            location_type: "business",
            accounts: vec![self.settings.shipper_account()],
            customer_details: PickupCustomers {
                shipper_details: PickupParty {
                    postal_address: shipper.postal_address.clone(),
                    contact_information: shipper.contact_information.clone(),
                },
            },
            shipment_details: pickup.parcels.iter().map(|cargo| self.picked_up(cargo)).collect(),
        })
    }

    /// A parcel as it was minted; of one whose product nobody knows, the usual one of its lane.
    fn picked_up(&self, cargo: &Cargo) -> PickupShipment {
        let lane = if cargo.declarable { Lane::Declarable } else { Lane::Union };
        let product = cargo.product.as_deref().or_else(|| self.settings.fixed_product(lane));
        let value = cargo.value.filter(|_| cargo.declarable);
        PickupShipment {
            product_code: product.unwrap_or_else(|| usual(lane)).to_owned(),
            is_customs_declarable: cargo.declarable,
            declared_value: value.and_then(|value| Thousandths::of_amount(value.amount())),
            declared_value_currency: value.map(|value| value.currency.code()),
            unit_of_measurement: "metric",
            shipment_tracking_number: cargo.awb.clone(),
            packages: vec![package(&cargo.measures, Vec::new())],
        }
    }
}
