//! How a process ends by a signal: what it is putting in place is put in place whole, children end, and their scratch
//! folders go.
//!
//! A tool's `main` asks for this; a library must not take the signals of its process. Where a process is killed
//! without a chance to do anything, the keepers of its scratch folders still do their part (see `scratch.rs`), and what it
//! was writing has no name yet but for a moment (see `staging.rs`).

use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::scratch;

/// Held while output is put in its place.
static PLACING: Mutex<()> = Mutex::new(());
/// The process is about to end by a signal.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Keeps a signal from ending the process as long as the result lives. Nothing that can take long belongs there.
pub(super) fn placing() -> MutexGuard<'static, ()> {
    PLACING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process is about to end by a signal.
pub(super) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// Makes SIGHUP, SIGINT and SIGTERM end the process as usual, but only after it has tidied up; a second one ends it at
/// once. A signal that was ignored when the process was started, as `nohup` does it, stays ignored.
pub fn install() -> io::Result<()> {
    let ignored = ignored();
    let signals: Vec<i32> = [SIGHUP, SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| ignored & (1 << (signal - 1)) == 0)
        .collect();
    // From here on none is lost, whenever it comes; the thread below takes the first.
    let mut pending = Signals::new(&signals)?;
    let again = Arc::new(AtomicBool::new(false));
    for signal in signals {
        flag::register_conditional_default(signal, Arc::clone(&again))?;
        flag::register(signal, Arc::clone(&again))?;
    }
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = pending.forever().next() {
                ENDING.store(true, Ordering::SeqCst);
                let _whole = placing();
                scratch::end_all();
                // It fails for unknown signals only.
                let _ = low_level::emulate_default_handler(signal);
            }
        })?;
    Ok(())
}

/// The signals that this process ignores: bit `n - 1` for signal `n`.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
