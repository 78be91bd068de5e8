//! Files of numpy arrays (`.npz`, `.npy`): the samples that models are run on, and their results.
//!
//! Such a file is a stranger's. Of an archive only its directory is read when it is opened, of an array first its
//! header, so that its shape can be checked before anything is inflated; then as many bytes as the shape needs.

mod archive;
mod header;
#[cfg(test)]
pub(crate) mod tests;
mod values;
mod write;

pub use archive::Archive;
pub use header::{Header, Kind};
pub use write::write;

/// Why a file of arrays cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {message}")]
pub struct NpzError {
    /// The file.
    pub file: String,
    /// What was found, and what is expected.
    pub message: String,
}
