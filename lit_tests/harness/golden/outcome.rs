//! What became of a model in one backend.

use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// What a refusal reads like whose reason is that of the column before.
const SAME: &str = "same";
/// Where a message turns to what is expected or advised, or explains itself.
const TURNS: [&str; 5] = ["; ", ", which ", ": expected ", ", expected ", ": it is "];

/// What one backend makes of a model's samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The expected outputs.
    Exact,
    /// Outputs of the float32 numbers behind the last quantizer that are within the tolerance of the expected ones.
    Close,
    /// The verifier explains each difference from the expected outputs by so many elements beside a rounding boundary
    /// that are decided otherwise. A sample that float32 noise behind the last quantizer explains counts as one.
    Flips(usize),
    /// The backend does not take the model: the node and why, or [`SAME`].
    Refused(String),
}

impl Outcome {
    /// A refusal because of what an earlier column is refused for.
    pub fn same() -> Self {
        Self::Refused(SAME.to_owned())
    }

    /// Of one backend in the report of `qonnxc verify --json`; an error if something differs that nothing explains.
    pub fn of(backend: &Value) -> Result<Self, String> {
        let field = |name: &str| {
            let value = backend.get(name);
            value.ok_or_else(|| format!("the report has no '{name}': {backend}"))
        };
        if field("outcome")? == "different" {
            return Err("differs from what it is compared with".to_owned());
        }
        let count = |value: &Value| value.as_array().map_or(0, Vec::len);
        let mut flips = 0;
        for sample in field("unexpected")?.as_array().into_iter().flatten() {
            if sample["explained"] != true {
                return Err("differs from the expected outputs, and nothing explains it".to_owned());
            }
            flips += count(&sample["flipped"]).max(1);
        }
        let mut distance = field("max_abs_diff_expected")?;
        // Without expected outputs, what the level before gives is expected.
        if distance.is_null() {
            distance = field("max_abs_diff")?;
            flips += count(field("boundary")?);
        }
        Ok(match (flips, distance == 0.0) {
            (0, true) => Self::Exact,
            (0, false) => Self::Close,
            (flips, _) => Self::Flips(flips),
        })
    }

    /// Of a refusal's messages about a model that was named like this: the first that names a node, without the file and
    /// without advice, and how many more there are. What comes before it says at which stage.
    pub fn refused(errors: &str, model: &str) -> Self {
        let messages: Vec<_> = errors.lines().map(|line| short(line, model)).collect();
        let nodes = messages.iter().filter(|line| line.contains("node '"));
        let more = match nodes.clone().count() {
            0 | 1 => String::new(),
            count => format!(", {} more", count - 1),
        };
        let reason = nodes.clone().next().or(messages.last());
        Self::Refused(reason.map_or("no message", String::as_str).to_owned() + &more)
    }

    /// Whether it is better (greater), worse, or as good.
    pub fn rank(&self, other: &Self) -> Ordering {
        let key = |outcome: &Self| match outcome {
            Self::Exact => (3, 0),
            Self::Close => (2, 0),
            Self::Flips(count) => (1, usize::MAX - count),
            Self::Refused(_) => (0, 0),
        };
        key(self).cmp(&key(other))
    }
}

/// A message without its label, the model's path, and what it advises.
fn short(line: &str, model: &str) -> String {
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = line
        .replace(&format!("{model}: "), "")
        .replace(model, "the model");
    let line = match line
        .strip_prefix("backend ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((backend, message)) => {
            let again = message.strip_prefix(backend);
            again
                .and_then(|rest| rest.strip_prefix(": "))
                .unwrap_or(message)
        }
        None => &line,
    };
    let end = TURNS.iter().filter_map(|turn| line.find(turn)).min();
    let line = &line[..end.unwrap_or(line.len())];
    // Two blanks end a column.
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => write!(formatter, "exact"),
            Self::Close => write!(formatter, "close"),
            Self::Flips(count) => write!(formatter, "flips {count}"),
            Self::Refused(reason) if reason == SAME => write!(formatter, "{SAME}"),
            Self::Refused(reason) => write!(formatter, "refused: {reason}"),
        }
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("flips ").map(str::parse);
        match (text, number, text.strip_prefix("refused: ")) {
            ("exact", ..) => Ok(Self::Exact),
            ("close", ..) => Ok(Self::Close),
            (SAME, ..) => Ok(Self::same()),
            (_, Some(Ok(count)), _) => Ok(Self::Flips(count)),
            (_, _, Some(reason)) => Ok(Self::Refused(reason.to_owned())),
            _ => Err(format!(
                "'{text}' is no outcome, expected exact, close, flips N, {SAME} or refused: REASON"
            )),
        }
    }
}

/// What is wrong is no outcome, and what is explained is none but flips.
pub fn judges() -> Result<(), libtest_mimic::Failed> {
    let report = |outcome: &str, distance: Value, unexpected: Value| {
        Outcome::of(&serde_json::json!({
            "outcome": outcome,
            "boundary": [{}, {}],
            "unexpected": unexpected,
            "max_abs_diff": 0.0,
            "max_abs_diff_expected": distance,
        }))
    };
    let none = || serde_json::json!([]);
    let flipped = |explained: bool| serde_json::json!([{ "explained": explained, "flipped": [{}, {}, {}] }, { "explained": true, "flipped": [] }]);
    let cases = [
        (report("equal", 0.0.into(), none()), Some(Outcome::Exact)),
        (report("boundary", 0.0.into(), none()), Some(Outcome::Exact)),
        (report("equal", 1e-7.into(), none()), Some(Outcome::Close)),
        (
            report("equal", 0.25.into(), flipped(true)),
            Some(Outcome::Flips(4)),
        ),
        (
            report("boundary", Value::Null, none()),
            Some(Outcome::Flips(2)),
        ),
        (report("equal", 0.25.into(), flipped(false)), None),
        (report("different", 0.0.into(), none()), None),
        (Outcome::of(&serde_json::json!({})), None),
    ];
    for (number, (found, expected)) in cases.into_iter().enumerate() {
        if found.as_ref().ok() != expected.as_ref() {
            return Err(format!("case {number}: {found:?}, expected {expected:?}").into());
        }
    }
    Ok(())
}
