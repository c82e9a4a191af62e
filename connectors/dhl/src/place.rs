//! Whether DHL collects or delivers at a place (dhl.md section 3).

use vortex_port::{
    CallError,
    http::{HttpCall, encode_segment},
};

use crate::{
    body::PostalAddress,
    client::{DhlConnector, Reply},
};

/// What DHL would do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    Pickup,
    Delivery,
}

impl DhlConnector {
    /// Asks about a place; repeating it is harmless. A good answer says yes, a problem says why not.
    pub(crate) async fn ask_place(
        &self,
        operation: &'static str,
        visit: Visit,
        address: &PostalAddress,
    ) -> Result<Reply, CallError> {
        let parts = encode_segment(&address.postal_code).zip(encode_segment(&address.city_name));
        let (postal_code, city) =
            parts.ok_or_else(|| self.not_sent("postal code and city cannot be asked for"))?;
        let visit = match visit {
            Visit::Pickup => "pickup",
            Visit::Delivery => "delivery",
        };
        let country = &address.country_code;
        let path = format!(
            "/address-validate?type={visit}&countryCode={country}&postalCode={postal_code}&cityName={city}&strictValidation=false"
        );
        self.get(HttpCall::get(operation, path)).await
    }
}
