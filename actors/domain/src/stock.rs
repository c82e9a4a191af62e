//! The one formula that turns an ERP reading into a published quantity (design.md, Publishing stock).

use serde::{Deserialize, Serialize};

/// The terms of a published quantity, kept as its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTerms {
    /// Σ on hand of the chosen warehouses, thousandths of a unit.
    pub on_hand_milli: i64,
    /// Reserved in the ERP, ours included as far as that reading has seen them, thousandths.
    pub reserved_in_erp_milli: i64,
    /// Units of our open reservations that are not yet in that reading.
    pub reserved_by_us: i64,
    /// Safety stock, units.
    pub buffer: i64,
    /// Most units ever shown.
    pub cap: i64,
}

impl StockTerms {
    /// `clamp(0, cap, floor(on hand − reserved in ERP) − our open reservations − buffer)`.
    ///
    /// Saturates instead of overflowing; a negative ERP stock shows as 0.
    pub fn publishable(&self) -> u32 {
        let free = self.available().saturating_sub(self.buffer);
        let shown = free.clamp(0, self.cap.max(0));
        u32::try_from(shown).unwrap_or(u32::MAX)
    }

    /// Units that could still be promised: the formula without buffer, cap and floor at zero.
    pub fn available(&self) -> i64 {
        self.on_hand_milli
            .saturating_sub(self.reserved_in_erp_milli)
            .div_euclid(1000)
            .saturating_sub(self.reserved_by_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(on_hand_milli: i64, reserved: i64, ours: i64, buffer: i64) -> StockTerms {
        StockTerms {
            on_hand_milli,
            reserved_in_erp_milli: reserved,
            reserved_by_us: ours,
            buffer,
            cap: 500_000,
        }
    }

    #[test]
    fn subtracts_every_claim_and_floors_fractions_down() {
        assert_eq!(terms(10_000, 2_000, 3, 1).publishable(), 4);
        assert_eq!(terms(1_999, 0, 0, 0).publishable(), 1);
        assert_eq!(terms(-1, 0, 0, 0).available(), -1);
        assert_eq!(terms(-3_000, 0, 0, 0).publishable(), 0);
    }

    proptest! {
        #[test]
        fn never_promises_more_than_the_erp_has(on_hand in -1_000_000i64..1_000_000, reserved in 0i64..1_000_000,
                                                ours in 0i64..1_000, buffer in 0i64..1_000, cap in 0i64..1_000) {
            let t = StockTerms { on_hand_milli: on_hand, reserved_in_erp_milli: reserved, reserved_by_us: ours, buffer, cap };
            let shown = i64::from(t.publishable());
            prop_assert!(shown <= cap);
            prop_assert!(shown == 0 || (shown + ours + buffer) * 1000 <= on_hand - reserved);
        }

        #[test]
        fn is_total_over_the_whole_range(a: i64, b: i64, c: i64, d: i64, e: i64) {
            let t = StockTerms { on_hand_milli: a, reserved_in_erp_milli: b, reserved_by_us: c, buffer: d, cap: e };
            let _ = t.publishable();
        }

        #[test]
        fn one_more_claim_never_shows_more(on_hand in 0i64..100_000, ours in 0i64..100, more in 0i64..100) {
            prop_assert!(terms(on_hand, 0, ours + more, 0).publishable() <= terms(on_hand, 0, ours, 0).publishable());
        }
    }
}
