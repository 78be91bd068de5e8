//! How much memory the tensors may take that the compiler itself computes.
//!
//! A file of two hundred bytes can ask for a constant of gigabytes, or for an input of as many. What a graph says of
//! sizes is held against one limit before anything is allocated; what is read from a file is bounded by the file.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::tensor::Element;
use crate::value::TensorType;

/// The limit where the user gives none, for a model file without weights, in bytes.
const BASE: u64 = 256 << 20;
/// What each byte of the model file adds to it: constants computed of weights are about as large as these.
const PER_FILE_BYTE: u64 = 4;

/// Each is 1,024 of the one before, the first of a byte.
const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];

static GIVEN: AtomicU64 = AtomicU64::new(0);
static FILE: AtomicU64 = AtomicU64::new(0);

/// Sets the limit, in bytes, for this process.
pub fn set_limit(bytes: u64) {
    GIVEN.store(bytes.max(1), Ordering::Relaxed);
}

/// Tells how large a model file is that was read, in bytes: the limit follows the largest.
pub fn note_file(bytes: u64) {
    FILE.fetch_max(bytes, Ordering::Relaxed);
}

/// Reads a size such as `512MiB`, `4GiB` or `100000` (bytes).
pub fn parse(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" => Some(0),
        unit => UNITS
            .iter()
            .position(|known| *known == unit)
            .map(|at| at + 1),
    };
    let bytes = unit.and_then(|unit| {
        let count: u64 = digits.parse().ok().filter(|count| *count > 0)?;
        count.checked_mul(1 << (10 * unit))
    });
    bytes.ok_or_else(|| {
        "expected a number of bytes, or one with KiB, MiB, GiB or TiB, such as 4GiB".to_owned()
    })
}

/// The limit in bytes.
pub fn limit() -> u64 {
    match GIVEN.load(Ordering::Relaxed) {
        0 => BASE.saturating_add(FILE.load(Ordering::Relaxed).saturating_mul(PER_FILE_BYTE)),
        given => given,
    }
}

/// Bytes of a run-time tensor; saturates.
pub fn bytes_of(r#type: &TensorType) -> u64 {
    let each = match r#type.element {
        Element::F32 => 4,
        Element::F64 | Element::Int { .. } => 8,
    };
    let extents = r#type.shape.iter();
    extents.fold(each, |bytes: u64, &extent| {
        bytes.saturating_mul(u64::try_from(extent).unwrap_or(u64::MAX))
    })
}

/// More memory than the limit would be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "needs tensors of {} at once, more than the limit of {}; if that is meant, raise it with --memory",
    Bytes(*needed),
    Bytes(*limit)
)]
pub struct TooLarge {
    needed: u64,
    limit: u64,
}

/// A number of bytes for people.
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .enumerate()
            .rev()
            .find(|(at, _)| self.0 >= 1 << (10 * (at + 1)));
        match unit {
            None => write!(formatter, "{} bytes", self.0),
            Some((at, unit)) => {
                let amount = self.0 as f64 / f64::powi(1024.0, at as i32 + 1);
                write!(formatter, "{amount:.1} {unit}")
            }
        }
    }
}

/// What one walk over a graph holds of computed tensors.
#[derive(Clone, Debug)]
pub struct Budget {
    used: u64,
    limit: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(limit())
    }
}

impl Budget {
    /// Of a number of bytes.
    pub fn of(limit: u64) -> Self {
        Self { used: 0, limit }
    }

    /// What was taken, in bytes.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Takes room for a tensor before it is computed. Fails, with nothing taken, if there is none.
    pub fn take(&mut self, r#type: &TensorType) -> Result<(), TooLarge> {
        self.take_bytes(bytes_of(r#type))
    }

    /// Likewise, in bytes.
    pub fn take_bytes(&mut self, bytes: u64) -> Result<(), TooLarge> {
        let needed = self.used.saturating_add(bytes);
        if needed > self.limit {
            return Err(TooLarge {
                needed,
                limit: self.limit,
            });
        }
        self.used = needed;
        Ok(())
    }

    /// Gives the room of a tensor back.
    pub fn release(&mut self, r#type: &TensorType) {
        self.used = self.used.saturating_sub(bytes_of(r#type));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_and_given_back() {
        let kilobyte = TensorType::f32([256]);
        let mut budget = Budget::of(2048);
        assert_eq!(budget.take(&kilobyte), Ok(()));
        assert_eq!(budget.take(&kilobyte), Ok(()));
        let message = budget.take(&kilobyte).expect_err("full").to_string();
        assert!(
            message.contains("3.0 KiB") && message.contains("--memory"),
            "{message}"
        );
        budget.release(&kilobyte);
        assert_eq!(budget.take(&kilobyte), Ok(()));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("100000"), Ok(100_000));
        assert_eq!(parse("3KiB"), Ok(3072));
        assert_eq!(parse("2GiB"), Ok(2 << 30));
        for text in [
            "",
            "MiB",
            "0",
            "-1",
            "4 GiB",
            "1.5GiB",
            "1GB",
            "99999999999TiB",
            "4GiB1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(Bytes(3 << 29).to_string(), "1.5 GiB");
    }

    #[test]
    fn sizes_beyond_numbers_are_too_large() {
        let endless = TensorType::f32(vec![1 << 40; 4]);
        assert_eq!(bytes_of(&endless), u64::MAX);
        assert!(Budget::of(u64::MAX - 1).take(&endless).is_err());
    }
}
