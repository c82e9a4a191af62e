//! Waybills by reference, and the scans of waybills (dhl.md sections 9 and 12).

use std::{cmp::Ordering, collections::BTreeMap};

use jiff::{
    SignedDuration,
    civil::{Date, DateTime, Time},
};
use serde_json::Value;
use vortex_domain::shipping::{Milestone, Scan};
use vortex_port::{
    CallError,
    http::{HttpCall, encode_segment},
};

use crate::{
    client::DhlConnector,
    codes::milestone,
    problem::Private,
    text::clean,
    when,
    wire::{awb, rows, text_of},
};

const TEXT_CHARS: usize = 200;
/// Between Romania, the hubs on the way and the Nordic countries clocks differ by no more.
const MOST_CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(3);

impl DhlConnector {
    /// The waybills under a reference, minted on `since` or later.
    pub(crate) async fn waybills_under(
        &self,
        reference: &str,
        since: Date,
    ) -> Result<Vec<String>, CallError> {
        let encoded = encode_segment(reference).filter(|encoded| !encoded.is_empty());
        let encoded =
            encoded.ok_or_else(|| self.not_sent("a parcel without a reference cannot be looked up"))?;
        let until = when::today(self.now_ms(), &self.zone).map_or(since, |today| today.max(since));
        let path = format!(
            "/tracking?shipmentReference={encoded}&shipmentReferenceType=CU&shipperAccountNumber={}\
             &dateRangeFrom={since}&dateRangeTo={until}&trackingView=shipment-details-only&levelOfDetail=shipment",
            self.settings.account_number
        );
        let reply = self.get(HttpCall::get("shipments.find", path).for_orders()).await?;
        if reply.status() == 404 && reply.problem().is_some() {
            return Ok(Vec::new());
        }
        let Some(shipments) = reply.success().and_then(|body| body.get("shipments")?.as_array()) else {
            return Err(reply.unreadable(&Private::default()));
        };
        let mut found = Vec::with_capacity(shipments.len());
        for shipment in shipments {
            let Some(number) = shipment.get("shipmentTrackingNumber").and_then(awb) else {
                return Err(reply.implausible("a shipment in it has no waybill number"));
            };
            // Adopting another order's waybill would be worse than not finding this one.
            if !bears(shipment, reference) {
                return Err(reply.implausible(format!("waybill {number} in it bears another reference")));
            }
            if !found.contains(&number) {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// The scans of at most [`TRACKED_AT_ONCE`](vortex_port::courier::TRACKED_AT_ONCE) waybills, by number.
    pub(crate) async fn scans_by_awb(
        &self,
        awbs: &[String],
    ) -> Result<BTreeMap<String, Vec<Scan>>, CallError> {
        let numbers: Vec<String> = awbs
            .iter()
            .filter_map(|awb| encode_segment(awb.trim()).filter(|encoded| !encoded.is_empty()))
            .map(|encoded| format!("shipmentTrackingNumber={encoded}"))
            .collect();
        if numbers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let path =
            format!("/tracking?{}&trackingView=all-checkpoints&levelOfDetail=shipment", numbers.join("&"));
        let reply = self.get(HttpCall::get("shipments.track", path)).await?;
        // A fresh waybill is not known for a while (dhl.md section 12).
        if reply.status() == 404 && reply.problem().is_some() {
            return Ok(BTreeMap::new());
        }
        let Some(shipments) = reply.success().and_then(|body| body.get("shipments")?.as_array()) else {
            return Err(reply.unreadable(&Private::default()));
        };
        let mut by_awb: BTreeMap<String, Vec<Scan>> = BTreeMap::new();
        for shipment in shipments {
            if let Some(number) = shipment.get("shipmentTrackingNumber").and_then(awb) {
                by_awb.entry(number).or_default().extend(scans(shipment));
            }
        }
        Ok(by_awb)
    }
}

/// Whether a shipment is the one that was asked for, as far as it says.
fn bears(shipment: &Value, reference: &str) -> bool {
    let mut said =
        rows(shipment, "shipperReferences").iter().filter_map(|row| text_of(row, "value")).peekable();
    said.peek().is_none() || said.any(|value| value.eq_ignore_ascii_case(reference.trim()))
}

/// The scans of a shipment, oldest first. Its `status` says how the question went, never where the parcel is.
fn scans(shipment: &Value) -> Vec<Scan> {
    let mut placed: Vec<(Scan, Option<String>)> =
        rows(shipment, "events").iter().filter_map(|event| Some((scan(event)?, area_of(event)))).collect();
    // DHL documents no order; both have been seen.
    if placed.windows(2).map(direction).sum::<i32>() < 0 {
        placed.reverse();
    }
    let mut scans: Vec<Scan> = placed.into_iter().map(|(scan, _)| scan).collect();
    let mixed =
        scans.windows(2).any(|pair| matches!(pair, [a, b] if a.at.duration_since(b.at) > MOST_CLOCK_SKEW));
    if mixed {
        scans.sort_by_key(|scan| scan.at);
    }
    scans
}

/// Whether two neighbours of a list run forwards (positive), backwards (negative), or say nothing of it. Local times
/// are compared only at one place, or when they are further apart than the clocks of two places can be.
fn direction(pair: &[(Scan, Option<String>)]) -> i32 {
    let [(a, place_of_a), (b, place_of_b)] = pair else { return 0 };
    let apart = b.at.duration_since(a.at);
    let same_place = place_of_a.is_some() && place_of_a == place_of_b;
    let by_time = if same_place || apart.abs() > MOST_CLOCK_SKEW { apart.signum() } else { 0 };
    let by_stage = match stage(a).cmp(&stage(b)) {
        Ordering::Less => 1,
        Ordering::Equal => 0,
        Ordering::Greater => -1,
    };
    i32::from(by_time) + by_stage
}

/// Announced, collected, on its way, at its end: a parcel never goes back in this.
fn stage(scan: &Scan) -> u8 {
    match scan.milestone {
        Some(Milestone::Announced) => 0,
        Some(Milestone::Collected) => 1,
        Some(milestone) if milestone.is_final() => 3,
        Some(_) | None => 2,
    }
}

fn area_of(event: &Value) -> Option<String> {
    rows(event, "serviceArea").iter().find_map(|area| text_of(area, "code"))
}

fn scan(event: &Value) -> Option<Scan> {
    let code = text_of(event, "typeCode").unwrap_or_default().to_ascii_uppercase();
    let Some(at) = time_of(event) else {
        tracing::warn!(code, "a scan of DHL has no readable time and was left out");
        return None;
    };
    let said = clean(&text_of(event, "description").unwrap_or_default());
    let text = without_signature(&said, &code).chars().take(TEXT_CHARS).collect();
    Some(Scan { at, milestone: milestone(&code), code, text })
}

fn time_of(event: &Value) -> Option<DateTime> {
    let date = text_of(event, "date")?;
    if let Ok(both) = date.parse::<DateTime>()
        && date.len() > "2030-01-15".len()
    {
        return Some(both);
    }
    let date: Date = date.parse().ok()?;
    let time = text_of(event, "time").map_or(Some(Time::midnight()), |time| time.parse().ok())?;
    Some(date.to_datetime(time))
}

/// Who signed is personal data, and the words of a delivery name them: `Delivered : ALBY H`, `Signed for by: …`.
fn without_signature<'a>(text: &'a str, code: &str) -> &'a str {
    let named = text.to_ascii_lowercase().find("signed for by");
    let delivered = matches!(code, "OK" | "PD" | "DD").then(|| text.find(':')).flatten();
    let end = named.into_iter().chain(delivered).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim_end_matches([' ', '-', ':', ','])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(date: &str, time: &str, code: &str) -> Value {
        json!({"date": date, "time": time, "typeCode": code, "description": "…", "serviceArea": [{"code": "OTP"}]})
    }

    fn codes(events: &[Value]) -> Vec<String> {
        let shipment = json!({"status": "Success", "events": events});
        scans(&shipment).into_iter().map(|scan| scan.code).collect()
    }

    #[test]
    fn scans_are_oldest_first_however_they_come() {
        let journey = [
            event("2030-01-15", "18:00:00", "PU"),
            // Arrives, by the clocks of the places, before it left.
            event("2030-01-15", "21:30:00", "DF"),
            event("2030-01-15", "21:20:00", "AF"),
            event("2030-01-16", "10:00:00", "OK"),
        ];
        assert_eq!(codes(&journey), ["PU", "DF", "AF", "OK"]);
        let reversed: Vec<Value> = journey.iter().rev().cloned().collect();
        assert_eq!(codes(&reversed), ["PU", "DF", "AF", "OK"]);
        let [a, b, c, d] = journey;
        assert_eq!(codes(&[d, a, b, c]), ["PU", "AF", "DF", "OK"]);
    }

    #[test]
    fn a_short_list_over_a_border_is_not_turned_by_local_clocks() {
        let at = |time: &str, code: &str, area: &str| json!({"date": "2030-01-15", "time": time, "typeCode": code, "serviceArea": [{"code": area}]});
        let crossing = [at("18:00:01", "DUMMY_PU", "OTP"), at("17:00:02", "OK", "ARN")];
        assert_eq!(codes(&crossing), ["DUMMY_PU", "OK"]);
        assert_eq!(codes(&[crossing[1].clone(), crossing[0].clone()]), ["DUMMY_PU", "OK"]);
        assert_eq!(codes(&[at("18:00:00", "DF", "OTP"), at("17:30:00", "AF", "LEJ")]), ["DF", "AF"]);
        assert_eq!(codes(&[at("18:30:00", "DF", "LEJ"), at("17:30:00", "AF", "LEJ")]), ["AF", "DF"]);
    }

    #[test]
    fn a_successful_question_is_no_delivery() {
        let found = scans(&json!({"status": "Success", "events": [event("2030-01-15", "18:00:00", "ZZ")]}));
        assert_eq!(found.iter().map(|s| s.milestone).collect::<Vec<_>>(), [None]);
        assert!(scans(&json!({"status": "delivered"})).is_empty());
        let ok = scans(&json!({"events": [event("2030-01-15", "18:00:00", "OK")]}));
        assert_eq!(ok[0].milestone, Some(Milestone::Delivered));
    }

    #[test]
    fn odd_events_spoil_nothing_else() {
        let events = [
            json!({"date": "2030-01-15", "typeCode": "PU"}),
            json!({"date": "2030-01-15T19:00:00", "typeCode": "af"}),
            json!({"date": "soon", "time": "18:00:00", "typeCode": "OK"}),
            json!({"date": "2030-01-15", "time": "20:00", "typeCode": "DF", "remarks": [{"value": "x"}]}),
            json!(null),
        ];
        assert_eq!(codes(&events), ["PU", "AF", "DF"]);
    }

    #[test]
    fn nobody_is_named_who_signed() {
        for (code, said, kept) in [
            ("OK", "Delivered - Signed for by: ÅSA", "Delivered"),
            ("OK", "Delivered : ASA B", "Delivered"),
            ("AF", "Arrived: LEIPZIG", "Arrived: LEIPZIG"),
        ] {
            let event =
                json!({"date": "2030-01-15", "time": "18:00:00", "typeCode": code, "description": said});
            assert_eq!(scan(&event).unwrap().text, kept);
        }
    }

    #[test]
    fn a_shipment_under_another_reference_is_not_ours() {
        assert!(bears(&json!({}), "7654321-1"));
        assert!(bears(
            &json!({"shipperReferences": [{"value": "7654321-1", "typeCode": "CU"}]}),
            "7654321-1"
        ));
        assert!(!bears(
            &json!({"shipperReferences": [{"value": "7654321-10", "typeCode": "CU"}]}),
            "7654321-1"
        ));
    }
}
