//! What tests of several modules need.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What `work` gives; a failure if that takes long, or for ever.
pub fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    let found = receiver.recv_timeout(Duration::from_secs(20));
    found.expect("it fails, or does not end")
}

/// A named pipe that nobody writes to: opening it waits.
#[cfg(unix)]
pub fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()));
}

/// Calls `read` many times while the file at `path` is truncated and written again and again. It tells whether the
/// file was whole; that must happen too.
pub fn while_truncated(path: &Path, mut read: impl FnMut() -> bool) {
    const WHOLE: usize = 200;
    const TIMES: usize = 100_000;
    let bytes = std::fs::read(path).expect("readable");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().write(true).open(path).expect("writable");
            for cut in (0..8).cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let length = bytes.len() as u64 * cut / 8;
                file.set_len(length).expect("it can be cut");
                file.seek(SeekFrom::Start(0)).expect("it can be sought");
                file.write_all(&bytes).expect("it can be written");
                // Long enough for the file to be opened whole, and cut while it is looked at.
                std::thread::sleep(Duration::from_micros(100 * cut));
            }
        });
        let done = Done(&done);
        let whole = (0..TIMES).filter(|_| read()).take(WHOLE).count();
        drop(done);
        assert!(whole > 0, "the file was never whole");
    });
}

/// Ends the other thread, also if a test fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
