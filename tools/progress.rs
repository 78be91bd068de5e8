//! Progress of long work, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work that takes less time shows no bar.
const DELAY: Duration = Duration::from_millis(500);

/// A bar on standard error; it shows nothing where that is no terminal.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// A bar that is not shown yet.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::default_bar());
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// Shows that `done` of `all` steps are done, once the work has taken a while.
    pub fn at(&self, done: usize, all: usize) {
        if self.started.elapsed() >= DELAY && self.bar.length().is_none() {
            // indicatif hides a bar whose target is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if self.started.elapsed() >= DELAY {
            self.bar.set_length(all as u64);
            self.bar.set_position(done as u64);
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
