//! A published quantity as a small picture: what is on hand, what is taken off it, what is left.

use crate::rest::explain::QuantityExplained;

/// Height of the tallest bar.
const HEIGHT: i64 = 96;
/// From bar to bar.
const PITCH: i64 = 56;

/// One bar.
pub(super) struct Bar {
    pub(super) key: &'static str,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) height: i64,
    /// Units, or what is taken off.
    pub(super) units: i64,
    /// `total` or `less`.
    pub(super) kind: &'static str,
}

/// The picture.
pub(super) struct Waterfall {
    pub(super) bars: Vec<Bar>,
    pub(super) width: i64,
}

/// The terms of a quantity, one after the other.
pub(super) fn waterfall(explained: &QuantityExplained) -> Waterfall {
    let terms = &explained.terms;
    let on_hand = terms.on_hand_milli.div_euclid(1_000);
    let ours = terms.reserved_by_us;
    let free = terms.available().saturating_add(ours);
    let available = terms.available();
    let above_buffer = available.saturating_sub(terms.buffer);
    let shown = i64::from(explained.quantity);
    let steps = [
        ("on-hand", 0, on_hand),
        ("reserved", on_hand, free),
        ("ours", free, available),
        ("buffer", available, above_buffer),
        ("cap", above_buffer.max(0), shown),
        ("published", 0, shown),
    ];
    let most = steps.iter().flat_map(|(_, from, to)| [*from, *to]).max().unwrap_or(1).max(1);
    let scaled = |units: i64| units.max(0).saturating_mul(HEIGHT) / most;
    let mut bars = Vec::new();
    for (key, from, to) in steps {
        let total = matches!(key, "on-hand" | "published");
        let units = to.saturating_sub(from);
        // What takes nothing off is no step.
        if !total && units == 0 {
            continue;
        }
        let (top, foot) = (scaled(from.max(to)), scaled(from.min(to)));
        bars.push(Bar {
            key,
            x: i64::try_from(bars.len()).unwrap_or(0) * PITCH,
            y: HEIGHT - top,
            height: (top - foot).max(2),
            units,
            kind: if total { "total" } else { "less" },
        });
    }
    let width = i64::try_from(bars.len()).unwrap_or(0) * PITCH;
    Waterfall { bars, width }
}
