//! Golden runs: models with stored inputs and outputs through `qonnxc verify`, held to the table of what each level and
//! backend makes of them.
//!
//! Whatever differs from the table fails, be it better; `QONNX_RATCHET=update` writes the table anew instead. What is
//! wrong fails in any case and cannot be recorded.

#[path = "golden/outcome.rs"]
mod outcome;
#[path = "golden/table.rs"]
mod table;

use libtest_mimic::{Failed, Trial};
use qonnx_mlir::verify::Backend;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::broken::no_panic;
use crate::environment;
use outcome::Outcome;
use table::{Row, Runs, Table};

/// What becomes of a model by level and backend.
type Outcomes = BTreeMap<String, Outcome>;

/// Exit statuses of `qonnxc`: the input is at fault, there are differences.
const REFUSED: i32 = 1;
const DIFFERENT: i32 = 3;

/// What has been measured for the table that is to be written.
static MEASURED: Mutex<BTreeMap<String, Outcomes>> = Mutex::new(BTreeMap::new());

/// A folder of models: how the table calls it, and where it is on this machine.
type Set = (&'static str, Option<PathBuf>);

fn sets() -> [Set; 3] {
    [
        ("examples", Some(environment::root().join("examples"))),
        ("cases", environment::cases()),
        ("models", environment::models()),
    ]
}

/// The models of the sets that are there, by their names in the table.
fn models() -> BTreeMap<String, PathBuf> {
    let mut models = BTreeMap::new();
    for (set, folder) in sets() {
        for model in folder.iter().flat_map(|folder| onnx_files(folder)) {
            if model.with_extension("inputs.npz").exists() {
                models.insert(format!("{set}/{}", stem(&model)), model);
            }
        }
    }
    models
}

fn path() -> PathBuf {
    environment::lit_folder().join("golden/outcomes.txt")
}

fn read() -> Result<Table, String> {
    let text = fs::read_to_string(path()).map_err(|error| error.to_string())?;
    text.parse()
}

/// Whether all models are wanted.
fn full() -> bool {
    std::env::var_os("QONNX_FULL").is_some_and(|value| value != "0")
}

/// Whether the table is to be written.
fn update() -> bool {
    std::env::var_os("QONNX_RATCHET").is_some_and(|value| value == "update")
}

/// One trial for the table, and one for each model that is to run.
pub fn trials() -> Vec<Trial> {
    let table = read();
    let known = table.clone().unwrap_or_default();
    let models = models();
    let mut trials = Vec::new();
    for (name, model) in &models {
        let row = known.rows.get(name).cloned();
        let runs = |backend: &&str| match &row {
            _ if full() => true,
            Some(row) => row.runs.runs(backend),
            None => update(),
        };
        let backends: Vec<_> = available().into_iter().filter(runs).collect();
        if !backends.is_empty() && (row.is_some() || update()) {
            trials.push(trial(name, model.clone(), row, backends));
        }
    }
    // Models that are elsewhere are seen to be left out.
    for name in known.rows.keys().filter(|name| !models.contains_key(*name)) {
        trials.push(Trial::test(format!("golden/{name}"), || Ok(())).with_ignored_flag(true));
    }
    trials.push(Trial::test("golden/judges", outcome::judges));
    if !update() {
        trials.push(Trial::test("golden/table", move || {
            complete(&table?, &models)
        }));
    }
    trials
}

/// The table has a line for each model, none for models that are not there, and is written as it would be.
fn complete(table: &Table, models: &BTreeMap<String, PathBuf>) -> Result<(), Failed> {
    let mut findings = Vec::new();
    for model in models
        .keys()
        .filter(|model| !table.rows.contains_key(*model))
    {
        findings.push(format!("no line for {model}"));
    }
    for model in table.rows.keys().filter(|model| is_gone(model, models)) {
        findings.push(format!("a line for {model}, which is not there"));
    }
    let names: Vec<_> = Backend::all().map(Backend::name).collect();
    if table.backends != names {
        findings.push(format!("columns {:?}, expected {names:?}", table.backends));
    }
    if fs::read_to_string(path())? != table.text() {
        findings.push("another order or other blanks than are written".to_owned());
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} has {}\nto record what is the case now: {}",
        path().display(),
        findings.join("\nand "),
        recording("golden/")
    )
    .into())
}

/// Whether a model of the table is not in its folder, although there is the folder.
fn is_gone(model: &str, models: &BTreeMap<String, PathBuf>) -> bool {
    let there = |(set, folder): &Set| folder.is_some() && model.split('/').next() == Some(set);
    !models.contains_key(model) && sets().iter().any(there)
}

/// The command that records outcomes.
fn recording(trials: &str) -> String {
    format!("QONNX_RATCHET=update QONNX_LIT={trials} make test-full")
}

/// Writes the table if that is wanted, and says what has changed.
pub fn record() -> Result<(), String> {
    let measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    if !update() || measured.is_empty() {
        return Ok(());
    }
    let mut table = read().unwrap_or_default();
    let before = table.clone();
    table.backends = Backend::all()
        .map(|backend| backend.name().to_owned())
        .collect();
    let models = models();
    table.rows.retain(|model, _| !is_gone(model, &models));
    for (model, outcomes) in measured.iter() {
        let row = table.rows.entry(model.clone()).or_insert_with(|| Row {
            runs: match outcomes.get("hls") {
                Some(Outcome::Refused(_)) => Runs::All,
                _ if model.starts_with("examples/") => Runs::All,
                _ => Runs::NoHls,
            },
            outcomes: Outcomes::new(),
        });
        for change in changes(&row.outcomes, outcomes) {
            eprintln!("{model} {change}");
        }
        row.outcomes.extend(outcomes.clone());
    }
    if table == before {
        return Ok(());
    }
    let path = path();
    fs::create_dir_all(path.parent().unwrap_or(&path))
        .and_then(|()| fs::write(&path, table.text()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// How what was measured differs from what the table has, in words.
fn changes(row: &Outcomes, measured: &Outcomes) -> Vec<String> {
    let differs = |(backend, found): (&String, &Outcome)| {
        let Some(known) = row.get(backend) else {
            return Some(format!("{backend}: {found}, which is not in the table"));
        };
        let how = match found.rank(known) {
            _ if found == known => return None,
            Ordering::Less => "worse",
            Ordering::Greater => "better",
            Ordering::Equal => "changed",
        };
        Some(format!(
            "{backend} is {how}: {found}; the table has {known}"
        ))
    };
    measured.iter().filter_map(differs).collect()
}

/// The models in a folder, in order.
pub fn onnx_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "onnx")
        })
        .collect();
    files.sort();
    files
}

/// The name of a model's file without its end.
pub fn stem(model: &Path) -> String {
    model
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The levels and backends that this machine can run.
fn available() -> Vec<&'static str> {
    let hls = environment::has("ap_types") && environment::has("g++");
    let c = environment::has("cc");
    Backend::all()
        .map(Backend::name)
        .filter(|name| (*name != "hls" || hls) && (*name != "c" || c))
        .collect()
}

/// The name says which backends take part, so that one that this machine lacks is seen to be left out.
fn trial(name: &str, model: PathBuf, row: Option<Row>, backends: Vec<&'static str>) -> Trial {
    let shown = format!("golden/{name} {}", backends.join(","));
    let name = name.to_owned();
    Trial::test(shown, move || {
        let row = row.map(|row| row.outcomes).unwrap_or_default();
        let measured = Model(model).measure(&backends, &row)?;
        if update() {
            let mut all = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(name, measured);
            return Ok(());
        }
        let changes = changes(&row, &measured);
        if changes.is_empty() {
            return Ok(());
        }
        Err(Failed::from(format!(
            "{}\nto record it: {}",
            changes.join("\n"),
            recording(&format!("golden/{name}"))
        )))
    })
}

/// What `qonnxc verify` said of some backends.
enum Verdict {
    /// What became of each.
    Report(Outcomes),
    /// One of them, or any if there is none, does not take the model.
    Refused(Option<String>, Outcome),
}

/// A model's file.
struct Model(PathBuf);

impl Model {
    /// What becomes of it. What is expected to be refused runs apart, so that it does not keep the others from their
    /// results.
    fn measure(&self, backends: &[&str], row: &Outcomes) -> Result<Outcomes, Failed> {
        let mut refused = Outcomes::new();
        let expected = |backend: &&&str| matches!(row.get(**backend), Some(Outcome::Refused(_)));
        for backend in backends.iter().filter(expected) {
            if refused.contains_key(*backend) {
                continue;
            }
            // Whatever else comes of it, such as a difference that only other levels explain, comes below too.
            if let Ok(Verdict::Refused(by, outcome)) = self.verify(&[backend]) {
                note(&mut refused, backends, by.as_deref(), outcome);
            }
        }
        loop {
            let rest: Vec<_> = backends
                .iter()
                .copied()
                .filter(|backend| !refused.contains_key(*backend))
                .collect();
            if rest.is_empty() {
                return Ok(refused);
            }
            match self.verify(&rest)? {
                Verdict::Report(outcomes) => {
                    let asked = outcomes.into_iter();
                    let asked = asked.filter(|(backend, _)| rest.contains(&backend.as_str()));
                    refused.extend(asked);
                    return Ok(refused);
                }
                Verdict::Refused(by, outcome) => {
                    let before = refused.len();
                    note(&mut refused, backends, by.as_deref(), outcome);
                    if refused.len() == before {
                        return Err(
                            format!("{rest:?}: refused by {by:?}, which was refused").into()
                        );
                    }
                }
            }
        }
    }

    fn verify(&self, backends: &[&str]) -> Result<Verdict, Failed> {
        let mut command = environment::qonnxc();
        command
            .arg("verify")
            .arg(&self.0)
            .arg("--inputs")
            .arg(self.0.with_extension("inputs.npz"))
            .arg(format!("--backends={}", backends.join(",")));
        let expected = self.0.with_extension("outputs.npz");
        if expected.exists() {
            command.arg("--expect").arg(expected);
        }
        let output = command.arg("--json").output()?;
        let failed = |what: &str| {
            let errors = String::from_utf8_lossy(&output.stderr);
            Failed::from(format!(
                "{what}: {}\n{errors}\nto reproduce: {command:?} without --json",
                output.status
            ))
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        no_panic(&errors)?;
        match output.status.code() {
            Some(REFUSED) => {
                let labels = ["error: ", "warning: ", "remark: ", "note: "];
                let labelled = |line: &str| labels.iter().any(|label| line.starts_with(label));
                if errors.is_empty() || !errors.lines().all(labelled) {
                    return Err(failed("it is refused without a message"));
                }
                let model = self.0.display().to_string();
                Ok(Verdict::Refused(
                    refuser(&errors, &model),
                    Outcome::refused(&errors, &model),
                ))
            }
            Some(0 | DIFFERENT) => {
                let report: Value = serde_json::from_slice(&output.stdout)?;
                let mut outcomes = Outcomes::new();
                for backend in report["backends"].as_array().into_iter().flatten() {
                    let name = backend["backend"].as_str().unwrap_or_default();
                    // Those that come along only have no graph that could explain what they give.
                    if !backends.contains(&name) {
                        continue;
                    }
                    let outcome = Outcome::of(backend)
                        .map_err(|message| failed(&format!("{name} {message}")))?;
                    outcomes.insert(name.to_owned(), outcome);
                }
                Ok(Verdict::Report(outcomes))
            }
            _ => Err(failed("verify ended unexpectedly")),
        }
    }
}

/// The backend that a refusal names behind the model.
fn refuser(errors: &str, model: &str) -> Option<String> {
    let start = format!("error: {model}: backend ");
    let rest = errors.lines().find_map(|line| line.strip_prefix(&start))?;
    Some(rest.split(':').next()?.to_owned())
}

/// Notes that a backend refuses the model, or all do, and with it those that cannot run without it: what is compiled
/// starts from the integers, and the cleaned graph is compared with the graph.
fn note(refused: &mut Outcomes, backends: &[&str], by: Option<&str>, outcome: Outcome) {
    let follows = |backend: &str| match by {
        None => true,
        Some("graph") => ["graph", "interp"].contains(&backend),
        Some("int") => !["graph", "interp", "qint"].contains(&backend),
        Some(by) => by == backend,
    };
    let mut outcome = Some(outcome);
    for backend in backends.iter().filter(|backend| follows(backend)) {
        if !refused.contains_key(*backend) {
            let outcome = outcome.take().unwrap_or_else(Outcome::same);
            refused.insert((*backend).to_owned(), outcome);
        }
    }
}
