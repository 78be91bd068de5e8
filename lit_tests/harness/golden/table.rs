//! The checked-in table of what each backend makes of each model: one line a model, columns of text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use super::outcome::Outcome;

const HEAD: &str = "\
# What each level and backend makes of each model. The golden runs hold the compiler to it, for worse and for better;
# QONNX_RATCHET=update make test-full writes what is the case now, and the difference is reviewed like any other.
#
# exact: the expected outputs. close: within the tolerance of float32 outputs. flips N: the verifier explains each
# difference by N elements beside a rounding boundary. refused: why the model is not taken. same: refused for the reason
# of an earlier column. 'make test' runs all of these, all but the simulation of hls, or none; make test-full runs them all.
";
/// Where nothing is known of a level or backend.
const NONE: &str = "-";
/// Blanks that end a column at least.
const GAP: &str = "  ";
const MODEL_WIDTH: usize = 42;
const WIDTH: usize = 6;

/// The column that says what `make test` runs.
const RUNS: &str = "make test";

/// What `make test` runs of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// All levels and backends.
    All,
    /// All but `hls`, whose simulation takes a C++ compiler some seconds.
    NoHls,
    /// None.
    None,
}

impl Runs {
    /// Whether a level or backend is run.
    pub fn runs(self, backend: &str) -> bool {
        match self {
            Self::All => true,
            Self::NoHls => backend != "hls",
            Self::None => false,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NoHls => "no hls",
            Self::None => "none",
        }
    }
}

impl FromStr for Runs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = [Self::All, Self::NoHls, Self::None].into_iter();
        all.find(|runs| runs.text() == text)
            .ok_or_else(|| format!("'{text}', expected all, no hls or none"))
    }
}

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What `make test` runs.
    pub runs: Runs,
    /// What becomes of it by backend.
    pub outcomes: BTreeMap<String, Outcome>,
}

/// The table by model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of levels and backends.
    pub backends: Vec<String>,
    /// One for each model.
    pub rows: BTreeMap<String, Row>,
}

impl Table {
    /// The text of the table.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let mut line = |model: &str, columns: &[String]| {
            let mut line = format!("{model:MODEL_WIDTH$}");
            for (at, column) in columns.iter().enumerate() {
                let width = if at == 0 { RUNS.len() } else { WIDTH };
                write!(line, "{GAP}{column:width$}").expect("text has room");
            }
            text += line.trim_end();
            text += "\n";
        };
        let names = [&[RUNS.to_owned()], self.backends.as_slice()].concat();
        line("model", &names);
        for (model, row) in &self.rows {
            let mut columns = vec![row.runs.text().to_owned()];
            columns.extend(self.backends.iter().map(|backend| {
                let outcome = row.outcomes.get(backend);
                outcome.map_or(NONE.to_owned(), ToString::to_string)
            }));
            line(model, &columns);
        }
        text
    }
}

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#'));
        let columns = |line: &str| -> Vec<String> {
            let columns = line.split(GAP).map(str::trim);
            let columns = columns.filter(|column| !column.is_empty());
            columns.map(str::to_owned).collect()
        };
        let (_, head) = lines.next().ok_or("it has no line of names")?;
        let backends = match columns(head).as_slice() {
            [model, runs, backends @ ..] if model == "model" && runs == RUNS => backends.to_vec(),
            _ => return Err(format!("'{head}' are no names of columns")),
        };
        let mut rows = BTreeMap::new();
        for (at, line) in lines {
            let failed = |message: String| format!("line {}: {message}", at + 1);
            let columns = columns(line);
            let [model, runs, outcomes @ ..] = columns.as_slice() else {
                return Err(failed(
                    "expected a model and what make test runs".to_owned(),
                ));
            };
            let runs = runs.parse().map_err(failed)?;
            if outcomes.len() != backends.len() {
                let (found, expected) = (outcomes.len(), backends.len());
                return Err(failed(format!("{found} outcomes, expected {expected}")));
            }
            let mut row = Row {
                runs,
                outcomes: BTreeMap::new(),
            };
            for (backend, outcome) in backends.iter().zip(outcomes) {
                if outcome != NONE {
                    let outcome = outcome.parse().map_err(failed)?;
                    row.outcomes.insert(backend.clone(), outcome);
                }
            }
            if rows.insert(model.clone(), row).is_some() {
                return Err(failed(format!("a second line of {model}")));
            }
        }
        Ok(Self { backends, rows })
    }
}
