//! The test that says whether a candidate is interesting: a program of the user's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::ReduceError;
use crate::output::Scratch;

/// The name of a candidate's file in the folder in which its test runs.
const CANDIDATE: &str = "candidate.mlir";

/// A program that exits with status 0 where the file that its last argument names is interesting.
#[derive(Clone, Debug)]
pub struct Test {
    program: PathBuf,
    arguments: Vec<OsString>,
    timeout: Duration,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a status, or by a signal.
    Status(ExitStatus),
    /// Not in time; it was ended.
    TimedOut,
}

impl Ended {
    /// Whether the candidate is interesting. One that takes too long is not.
    pub fn is_interesting(self) -> bool {
        matches!(self, Self::Status(status) if status.success())
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => status.fmt(formatter),
            Self::TimedOut => formatter.write_str("it did not end in time"),
        }
    }
}

impl Test {
    /// A program and its arguments: words between blanks, with quotes and backslashes as in a shell, which is not run.
    /// A program with a slash is looked for from the current folder, others on the path. Each run may take `timeout`.
    pub fn new(command: &str, timeout: Duration) -> Result<Self, ReduceError> {
        let failed = |message: &str| ReduceError::Command {
            command: command.into(),
            message: message.to_owned(),
        };
        let words = shlex::split(command).ok_or_else(|| {
            failed("has a quote that does not end, expected a program and its arguments")
        })?;
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty());
        let program =
            program.ok_or_else(|| failed("is empty, expected a program and its arguments"))?;
        // Tests run in folders of their own.
        let program = if program.contains('/') {
            std::path::absolute(&program).map_err(|error| failed(&error.to_string()))?
        } else {
            program.into()
        };
        Ok(Self {
            program,
            arguments: words.map(OsString::from).collect(),
            timeout,
        })
    }

    /// Runs the test on the text of a candidate, in a folder that goes with all that the test leaves there or runs on.
    pub fn run(&self, text: &str) -> Result<Ended, ReduceError> {
        let scratch = Scratch::new()?;
        scratch.write(CANDIDATE, text.as_bytes())?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .arg(scratch.path().join(CANDIDATE))
            .current_dir(scratch.path());
        match scratch.run_within(&mut command, self.timeout) {
            Ok(Some(status)) => Ok(Ended::Status(status)),
            Ok(None) => Ok(Ended::TimedOut),
            Err(error) => Err(ReduceError::Command {
                command: self.program.to_string_lossy().into_owned().into(),
                message: format!("cannot be run: {error}; expected a program"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(command: &str) -> Result<Test, ReduceError> {
        Test::new(command, Duration::from_secs(20))
    }

    #[test]
    fn the_status_decides_and_the_file_is_the_last_argument() {
        let interesting = |command: &str, text: &str| {
            let ended = test(command).and_then(|test| test.run(text));
            ended.expect("a program").is_interesting()
        };
        assert!(interesting("grep -q 'a b'", "a b"));
        assert!(!interesting("grep -q 'a b'", "a  b"));
        // The current folder is that of the file.
        assert!(interesting(
            "sh -c 'test \"$PWD/candidate.mlir\" = \"$0\"'",
            ""
        ));
        assert!(!interesting("sh -c 'kill -9 $$'", ""));
    }

    #[test]
    fn what_is_no_command_is_said() {
        for command in ["", "  ", "'a", "''"] {
            let message = test(command).expect_err("no command").to_string();
            assert!(message.contains("expected a program"), "{message}");
        }
        let absent = test("./no/such/program").and_then(|test| test.run(""));
        let message = absent.expect_err("no program").to_string();
        assert!(message.contains("cannot be run"), "{message}");
    }

    #[test]
    fn a_test_that_does_not_end_is_ended() {
        let started = std::time::Instant::now();
        let slow = Test::new(
            "sh -c 'sleep 1000 & sleep 1000'",
            Duration::from_millis(100),
        );
        let ended = slow.and_then(|test| test.run("")).expect("a shell");
        assert_eq!(ended, Ended::TimedOut);
        assert!(!ended.is_interesting());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
