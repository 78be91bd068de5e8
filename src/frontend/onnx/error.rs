//! What can be wrong with a model file.

use qonnx_dialects::text;
use std::fmt;

/// One fault of a model. Its display is one line, whatever the names in the file hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The node, or what else is at fault.
    pub place: String,
    /// What was found, and what is expected.
    pub message: String,
    /// What the user can do.
    pub help: Option<String>,
}

impl Problem {
    /// A fault at a place.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
            help: None,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{}: {}", self.place, self.message);
        if let Some(help) = &self.help {
            line.push_str("; ");
            line.push_str(help);
        }
        formatter.write_str(&text::line(&line))
    }
}

/// All faults that were found in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ImportErrors {
    /// The file.
    pub file: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{}: {problem}", self.file)?;
        }
        Ok(())
    }
}
