//! Collections at the shipper's door (dhl.md section 10).

use vortex_domain::shipping::Lane;
use vortex_port::{
    CallError,
    courier::Pickup,
    http::{HttpCall, Method, encode_segment},
};

use crate::{
    body::{PickupCustomers, PickupParty, PickupRequest, PickupShipment},
    client::DhlConnector,
    problem::Private,
    shipment::package,
    text::{clean, length},
    when,
    wire::{rows, text},
};

const LOCATION_CHARS: usize = 80;
const MOST_PARCELS: usize = 999;
/// A pickup is for the courier's van, whatever the products are; DHL wants one named.
const ANY_PRODUCT: &str = "U";
const CANCEL_REASON: &str = "not needed any more";

impl DhlConnector {
    /// Orders a collection; its confirmation number.
    pub(crate) async fn order_pickup(&self, pickup: &Pickup) -> Result<String, CallError> {
        let request = self.pickup_request(pickup).map_err(|why| self.not_sent(why))?;
        let private = Private::default().and_of(&self.settings.shipper);
        let reply = self.send(self.posting("pickups.book", "/pickups", &request)?.for_orders()).await?;
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
            return Err(self.not_sent("the confirmation number of the collection is missing"));
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
        if !is_time(&pickup.close) {
            return Err("the time until somebody is there must be written as 18:00".to_owned());
        }
        let location = clean(&pickup.location);
        if length(&location) > LOCATION_CHARS {
            return Err("the place of the collection must have at most 80 characters".to_owned());
        }
        if pickup.parcels.is_empty() || pickup.parcels.len() > MOST_PARCELS {
            return Err("a collection is for 1 to 999 parcels".to_owned());
        }
        let product = self.settings.fixed_product(Lane::Union).unwrap_or(ANY_PRODUCT);
        let shipments = pickup.parcels.iter().map(|(awb, measures)| PickupShipment {
            product_code: product.to_owned(),
            is_customs_declarable: false,
            unit_of_measurement: "metric",
            shipment_tracking_number: awb.clone(),
            packages: vec![package(measures, Vec::new())],
        });
        let shipper = &self.settings.shipper;
        Ok(PickupRequest {
            planned_pickup_date_and_time: planned,
            close_time: pickup.close.clone(),
            location: Some(location).filter(|location| !location.is_empty()),
            location_type: "business",
            accounts: vec![self.settings.shipper_account()],
            customer_details: PickupCustomers {
                shipper_details: PickupParty {
                    postal_address: shipper.postal_address.clone(),
                    contact_information: shipper.contact_information.clone(),
                },
            },
            shipment_details: shipments.collect(),
        })
    }
}

/// `HH:MM`, as DHL writes times of day.
fn is_time(text: &str) -> bool {
    let (hours, minutes) = text.split_once(':').unwrap_or_default();
    let two = |part: &str, most: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n <= most)
    };
    two(hours, 23) && two(minutes, 59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_time_of_day() {
        for good in ["00:00", "18:00", "23:59"] {
            assert!(is_time(good), "{good}");
        }
        for bad in ["", "24:00", "18:60", "8:00", "18.00", "18:00:00", "+1:00"] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
