//! What a process has used so far.

use std::fs;
use std::path::Path;

/// What a running process has used.
#[derive(Default)]
pub struct Used {
    /// Seconds of processor time.
    pub seconds: u64,
    /// Most memory at once, in bytes, since the program was started.
    pub memory: u64,
}

impl Used {
    /// Of a process, by its folder below `/proc`; zeros if it has ended.
    pub fn of(process: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(process.join(name)).unwrap_or_default();
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = |text: &str| text.split_whitespace().next()?.parse::<u64>().ok();
        // Times in hundredths of a second, counted from the name's end: a name may hold blanks.
        let times = read("stat");
        let times = times.rsplit(')').next().unwrap_or_default();
        let ticks = |at: usize| times.split_whitespace().nth(at)?.parse::<u64>().ok();
        Self {
            seconds: (ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) / 100,
            memory: peak.and_then(number).unwrap_or(0) << 10,
        }
    }
}
