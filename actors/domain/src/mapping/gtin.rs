//! Global trade item numbers.

/// GTIN-8, -12 or -13 with a right check digit; no channel takes more digits.
pub(super) fn is_gtin(digits: &str) -> bool {
    if !matches!(digits.len(), 8 | 12 | 13) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|b| b != b'0')
}

/// Whether a number is from the ranges that shops number by themselves (0… and 2… of GTIN-8; 02, 04 and 2… of GTIN-13):
/// nobody else's GTIN.
pub(super) fn is_shops_own(digits: &str) -> bool {
    match digits.len() {
        8 => digits.starts_with(['0', '2']),
        13 => digits.starts_with('2') || digits.starts_with("02") || digits.starts_with("04"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtin_has_the_right_check_digit() {
        for good in ["5940000000011", "96385074", "036000291452"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in [
            "5940000000012",
            "96385075",
            "0000000000000",
            "15940000000018",
            "594000000001",
            "5940000000O11",
            "",
        ] {
            assert!(!is_gtin(bad), "{bad}");
        }
        assert!(is_gtin("2000000000008") && is_shops_own("2000000000008"));
        assert!(!is_shops_own("5940000000011"));
    }
}
