//! What the kernel says of a process. Linux only: elsewhere the figures are not numbers.

use std::fs;

/// Ticks of `/proc/<pid>/stat` per second: the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A field of a process's status (`VmRSS`, `VmHWM`), MB.
pub(crate) fn memory_mb(pid: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1_024.0)
}

/// The same of this process.
pub(crate) fn own_memory_mb(field: &str) -> f64 {
    memory_mb(std::process::id(), field)
}

/// Processor time that this process has used, seconds, to the hundredth.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Option<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<f64>().ok())
        .sum::<Option<f64>>();
    ticks.filter(|ticks| *ticks > 0.0).map_or(f64::NAN, |ticks| ticks / TICKS_PER_SECOND)
}
