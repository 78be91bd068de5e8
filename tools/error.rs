//! Why a command failed.

use qonnx_dialects::text::printable;
use qonnx_mlir::driver::DriverError;
use qonnx_mlir::npz::NpzError;
use qonnx_mlir::output::OutputError;
use qonnx_mlir::reduce::ReduceError;
use qonnx_mlir::verify::{RunError, VerifyError};

use crate::{INPUT_AT_FAULT, USAGE};

/// Why a command failed; the message is for the user.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The model is at fault.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// An archive is at fault.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// Verification could not be carried out.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A model was not reduced.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// A backend cannot run the model.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A backend cannot compile or print the model.
    #[error("{file}: {message}")]
    Backend {
        /// The model.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// An option of a target is at fault.
    #[error("--set: {0}")]
    Settings(String),
    /// Samples do not fit.
    #[error("{file}: {message}")]
    Samples {
        /// The archive.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// Output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CommandError {
    /// An error while writing results to standard output.
    pub fn standard_output(error: std::io::Error) -> Self {
        let output = "standard output".to_owned();
        let message = format!("cannot be written: {error}");
        Self::Output(OutputError { output, message })
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Reduce(ReduceError::Command { .. }) => USAGE,
            _ => INPUT_AT_FAULT,
        }
    }

    /// Prints the message on standard error: each line says that it is an error, unless it says what it is.
    pub fn print(&self) {
        let message = self.to_string();
        // Whatever a message repeats of the input must not steer the terminal.
        for line in printable(&message).lines() {
            let labelled = ["error: ", "warning: ", "note: ", "remark: "];
            let label = if labelled.iter().any(|label| line.starts_with(label)) {
                ""
            } else {
                "error: "
            };
            eprintln!("{label}{line}");
        }
    }
}
