//! The connector as a courier.

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::shipping::Scan;
use vortex_port::{
    CallError, Courier,
    courier::{MintAnswer, Objection, Parcel, Pickup, Rate, TRACKED_AT_ONCE},
    http::HttpCall,
};

use crate::{
    client::DhlConnector,
    minted,
    pickup::MOST_PARCELS,
    place::Visit,
    problem::Private,
    shipment::draft,
    wire::{awb, rows},
};

/// The name under which the marketplaces know DHL.
const CARRIER: &str = "DHL";
/// The account may not reserve waybill numbers.
const NO_RESERVATIONS: &str = "3501";

#[async_trait]
impl Courier for DhlConnector {
    fn carrier(&self) -> &str {
        CARRIER
    }

    fn validate(&self, parcel: &Parcel) -> Vec<Objection> {
        draft(&self.settings, &self.zone, parcel, self.now_ms()).err().unwrap_or_default()
    }

    async fn reserve(&self) -> Result<Option<String>, CallError> {
        if !self.settings.reserve_waybills {
            return Ok(None);
        }
        let path = format!("/identifiers?accountNumber={}&type=SID&size=1", self.settings.account_number);
        let reply = self.send(HttpCall::get("waybills.reserve", path).for_orders()).await?;
        if reply.problem().is_some_and(|problem| problem.has_code(NO_RESERVATIONS)) {
            return Ok(None);
        }
        let number = reply.success().and_then(|body| {
            rows(body, "identifiers").iter().find_map(|kind| rows(kind, "list").iter().find_map(awb))
        });
        number.map(Some).ok_or_else(|| reply.unreadable(&Private::default()))
    }

    async fn mint(&self, parcel: &Parcel) -> MintAnswer {
        let mut draft = match draft(&self.settings, &self.zone, parcel, self.now_ms()) {
            Ok(draft) => draft,
            Err(objections) => return MintAnswer::Refused(objections),
        };
        if self.settings.fixed_product(draft.lane).is_none() {
            match self.cheapest(parcel, draft.lane).await {
                Ok(Some(product)) => draft.request.product_code = product,
                Ok(None) => return MintAnswer::Refused(vec![no_product()]),
                Err(CallError::Refused { message, .. }) => {
                    return MintAnswer::Refused(vec![Objection {
                        field: "product".to_owned(),
                        rule: message,
                    }]);
                }
                // Whatever became of the question, nothing was minted by it.
                Err(error) => return MintAnswer::NotSent(error),
            }
        }
        let private = Private::of(&parcel.to).and_of(&self.settings.shipper);
        if self.settings.check_addresses {
            let to = &draft.request.customer_details.receiver_details.postal_address;
            match self.ask_place("address.check", Visit::Delivery, to).await {
                Ok(reply) => {
                    if let Some(problem) = reply.problem() {
                        return MintAnswer::Refused(vec![Objection {
                            field: "postal_code".to_owned(),
                            rule: problem.words(&private),
                        }]);
                    }
                }
                Err(error) => return MintAnswer::NotSent(error),
            }
        }
        let ending = match self.posting("shipments.mint", "/shipments", &draft.request) {
            Ok(call) => self.send(call.for_orders()).await,
            Err(error) => Err(error),
        };
        minted::judge(parcel, draft.request.product_code, &private, ending)
    }

    async fn find(&self, reference: &str, since: Date) -> Result<Vec<String>, CallError> {
        self.waybills_under(reference, since).await
    }

    async fn scans(&self, awbs: &[String]) -> Result<Vec<Vec<Scan>>, CallError> {
        let mut found = Vec::with_capacity(awbs.len());
        for chunk in awbs.chunks(TRACKED_AT_ONCE) {
            let by_awb = self.scans_by_awb(chunk).await?;
            found.extend(chunk.iter().map(|awb| by_awb.get(awb.trim()).cloned().unwrap_or_default()));
        }
        Ok(found)
    }

    async fn rates(&self, parcel: &Parcel) -> Result<Vec<Rate>, CallError> {
        self.rates_of(parcel).await
    }

    async fn book_pickup(&self, pickup: &Pickup) -> Result<String, CallError> {
        self.order_pickup(pickup).await
    }

    fn pickup_limit(&self) -> usize {
        MOST_PARCELS
    }

    async fn cancel_pickup(&self, confirmation: &str) -> Result<(), CallError> {
        self.drop_pickup(confirmation).await
    }
}

fn no_product() -> Objection {
    Objection {
        field: "product".to_owned(),
        rule: "DHL offers this account no product for the parcel: ask DHL, or name one in the settings"
            .to_owned(),
    }
}
