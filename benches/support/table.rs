//! Figures beside their baseline and their target.

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// For information.
    None,
}

/// Begins a table.
pub(crate) fn heading(title: &str) {
    println!("{title}");
    println!("  {:<56} {:>10} {:<8} {:<10} {:<7} baseline", "", "measured", "", "target", "");
}

/// A figure; `beside` is its baseline, or what else belongs to it.
pub(crate) fn line(what: &str, value: f64, unit: &str, target: Target, beside: &str) {
    let (wanted, verdict) = match target {
        Target::AtLeast(least) => (format!(">= {}", digits(least)), said(value >= least)),
        Target::AtMost(most) => (format!("<= {}", digits(most)), said(value <= most)),
        Target::None => (String::new(), ""),
    };
    let line = format!("  {what:<56} {:>10} {unit:<8} {wanted:<10} {verdict:<7} {beside}", digits(value));
    println!("{}", line.trim_end());
}

fn said(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// As many decimals as say something.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
