//! What a process has used so far.
//!
//! What the kernel tells at the end of a process counts what its parent had when it started it, so it is watched instead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::Duration;

/// What a running process has used.
#[derive(Clone, Copy, Default)]
pub struct Used {
    /// Seconds of processor time, in hundredths.
    pub seconds: f64,
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
        let ticks = |at: usize| times.split_whitespace().nth(at)?.parse::<u32>().ok();
        Self {
            seconds: f64::from(ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) / 100.0,
            memory: peak.and_then(number).unwrap_or(0) << 10,
        }
    }

    /// Waits for the end of a process; what it used is as of some milliseconds before.
    pub fn until_end(child: &mut Child) -> io::Result<(ExitStatus, Self)> {
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let mut used = Self::default();
        loop {
            let now = Self::of(&process);
            // A process that has ended has no memory, but its times.
            used.seconds = used.seconds.max(now.seconds);
            if now.memory > 0 {
                used.memory = now.memory;
            }
            if let Some(status) = child.try_wait()? {
                return Ok((status, used));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
