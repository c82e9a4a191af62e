//! What DHL's tracking codes mean (dhl.md 12.1).

use vortex_domain::shipping::Milestone;

/// The meaning of a code; none for one that we do not know, which changes nothing.
pub(crate) fn milestone(code: &str) -> Option<Milestone> {
    Some(match code {
        "DUMMY_PU" => Milestone::Announced,
        "PU" | "SA" => Milestone::Collected,
        "AF" | "AR" | "DF" | "PL" | "TR" | "CI" | "CU" | "LV" | "UV" | "RW" | "SM" | "IR" | "MC" | "MS"
        | "FD" | "TP" | "HN" | "CS" | "CA" => Milestone::Moving,
        "CR" | "IC" | "CD" | "UD" | "BN" | "BR" | "BL" | "ES" | "DI" | "HP" | "PY" | "DP"
        // The vendor's own sample shows RR as "customs clearance status updated".
        | "RR" => {
            Milestone::Customs
        }
        "WC" => Milestone::OutForDelivery,
        "OK" => Milestone::Delivered,
        "DD" => Milestone::Damaged,
        "CC" | "AD" => Milestone::AtCollectionPoint,
        // PD, a part of the delivery, is not the end of it.
        "BA" | "CM" | "NH" | "ND" | "MD" | "OH" | "NA" | "RD" | "DM" | "SS" | "ST" | "SC" | "TD" | "TI"
        | "TT" | "HI" | "HO" | "SI" | "IA" | "PD" => Milestone::Exception,
        "RT" => Milestone::Returned,
        "DS" => Milestone::Lost,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_are_only_the_codes_that_end_a_journey() {
        let all = "DUMMY_PU PU SA AF AR DF PL TR CI CU LV UV RW SM IR MC MS FD TP HN CS CA CR IC CD UD BN BR BL ES DI HP \
                   PY DP WC OK PD DD CC AD BA CM NH ND MD OH NA RD DM SS ST SC TD TI TT RR HI HO SI IA RT DS";
        let ends: Vec<&str> =
            all.split_whitespace().filter(|code| milestone(code).unwrap().is_final()).collect();
        assert_eq!(ends, ["OK", "DD", "RT", "DS"]);
        assert_eq!(all.split_whitespace().count(), 62);
    }

    #[test]
    fn an_unknown_code_means_nothing() {
        for code in ["", "ok", "Success", "ZZ"] {
            assert_eq!(milestone(code), None, "{code}");
        }
    }
}
