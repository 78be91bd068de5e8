//! A smaller module of which a test still says that it is interesting: the failing model of a report of a bug.
//!
//! Delta debugging: an edit (`edit.rs`) is tried on runs of its targets, long runs first and then shorter ones, and what
//! is interesting is gone on with. Candidates are modules by MLIR's verifier, and none is tested twice in a row. All is
//! in a fixed order, so that the same test gives the same result.

mod edit;
mod test;
#[cfg(test)]
mod tests;

use melior::Context;
use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir;
use qonnx_dialects::text::{Foreign, shown_path};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::driver::{self, DriverError, LoadOptions};
use crate::output::OutputError;

use edit::{EDITS, Edit};
pub use test::{Ended, Test};

/// Why a model was not reduced.
#[derive(Debug, thiserror::Error)]
pub enum ReduceError {
    /// The model is at fault.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The test is at fault.
    #[error("--test: '{}' {message}", .command.shown())]
    Command {
        /// The command, or its program.
        command: Foreign,
        /// What is wrong.
        message: String,
    },
    /// There is nothing to hold on to.
    #[error(
        "{file}: the test does not hold for the model itself as MLIR text: {ended}, expected exit status 0; 'qonnx-opt {file}' \
         prints that text"
    )]
    NotInteresting {
        /// The model.
        file: String,
        /// How the test ended.
        ended: String,
    },
    /// A test has no folder to run in.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// How far a reduction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which edit was made; empty for the model itself.
    pub edit: &'static str,
    /// Ops in functions that are left.
    pub ops: usize,
    /// Bytes of the text.
    pub bytes: usize,
    /// Tests that were run.
    pub tests: usize,
}

/// What is left of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// The module.
    pub text: String,
    /// How far it went.
    pub last: Step,
    /// Whether there was nothing more to try, rather than no test left.
    pub complete: bool,
}

/// Reduces a model by at most `max_tests` runs of a test, at least one. Each success is told.
pub fn reduce(
    path: &Path,
    options: &LoadOptions,
    test: &Test,
    max_tests: usize,
    tell: &mut dyn FnMut(&Step),
) -> Result<Reduced, ReduceError> {
    let context = ir::session();
    let file = shown_path(path);
    // A module of an exit dialect is no network, and may fail as well.
    let module = match options.input_type {
        None => driver::open(&context, path, &options.import)?.0,
        Some(_) => driver::load(&context, path, options)?.module,
    };
    let judge = |text: &str| test.run(text);
    let mut search = Search::new(&context, module, &judge, max_tests, tell);
    if let Some(ended) = search.begin()? {
        let ended = ended.to_string();
        return Err(ReduceError::NotInteresting { file, ended });
    }
    search.infer(&file)?;
    search.finish()
}

/// Says of a text whether it is interesting.
type Judge<'a> = dyn Fn(&str) -> Result<Ended, ReduceError> + 'a;

/// The smallest interesting module so far, and how it was found.
struct Search<'c, 'a> {
    context: &'c Context,
    module: Module<'c>,
    text: String,
    judge: &'a Judge<'a>,
    tests: usize,
    max_tests: usize,
    /// Hashes of the texts that are not interesting.
    refused: BTreeSet<u64>,
    /// Names of nodes say where a failure is, and are half of the text.
    locations: bool,
    last: Step,
    tell: &'a mut dyn FnMut(&Step),
}

impl<'c, 'a> Search<'c, 'a> {
    fn new(
        context: &'c Context,
        module: Module<'c>,
        judge: &'a Judge<'a>,
        max_tests: usize,
        tell: &'a mut dyn FnMut(&Step),
    ) -> Self {
        Self {
            context,
            module,
            text: String::new(),
            judge,
            tests: 0,
            max_tests,
            refused: BTreeSet::new(),
            locations: false,
            last: Step {
                edit: "",
                ops: 0,
                bytes: 0,
                tests: 0,
            },
            tell,
        }
    }

    /// Tests the model itself, without the names of its nodes and then with them; returns how the test ended if it is not
    /// interesting.
    fn begin(&mut self) -> Result<Option<Ended>, ReduceError> {
        for locations in [false, true] {
            self.locations = locations;
            self.text = ir::print_module(&self.module, false, locations);
            self.tests += 1;
            let ended = (self.judge)(&self.text)?;
            if ended.is_interesting() {
                self.note("");
                return Ok(None);
            }
            if locations {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    /// Gives all values their types, where the test still holds then: what is cut off leaves arguments of these types, and
    /// hardly any failure is found again where they are not known.
    fn infer(&mut self, file: &str) -> Result<(), ReduceError> {
        let mut typed = ir::clone_module(&self.module);
        let passes = "func.func(infer-shapes)";
        let outcome = driver::run(self.context, &mut typed, file, "inferring shapes", passes);
        // A module that is not right may be the very failure.
        if outcome.is_ok() && !self.is_over() {
            let text = ir::print_module(&typed, false, self.locations);
            if text != self.text && self.test(&text)? {
                self.accept(typed, text, "unknown types");
            }
        }
        Ok(())
    }

    /// Makes edits until none is of use any more, or there are no tests left.
    fn finish(mut self) -> Result<Reduced, ReduceError> {
        let mut changed = true;
        while changed && !self.is_over() {
            changed = false;
            for edit in EDITS {
                changed |= self.all_of(edit)?;
            }
        }
        Ok(Reduced {
            complete: !self.is_over(),
            text: self.text,
            last: self.last,
        })
    }

    fn is_over(&self) -> bool {
        self.tests >= self.max_tests
    }

    /// Makes an edit wherever it is of use; returns whether it was anywhere.
    fn all_of(&mut self, edit: &Edit) -> Result<bool, ReduceError> {
        let mut changed = false;
        let mut size = (edit.targets)(&self.module);
        while size > 0 {
            let mut at = 0;
            while at < (edit.targets)(&self.module) && !self.is_over() {
                let before = (edit.targets)(&self.module);
                let accepted = self.attempt(edit, at..(at + size).min(before))?;
                changed |= accepted;
                // What follows has moved up, unless the targets are still there.
                if !accepted || (edit.targets)(&self.module) >= before {
                    at += size;
                }
            }
            size /= 2;
        }
        Ok(changed)
    }

    /// Makes an edit of some targets; returns whether what is left is smaller, a module and interesting.
    fn attempt(&mut self, edit: &Edit, range: std::ops::Range<usize>) -> Result<bool, ReduceError> {
        let candidate = ir::clone_module(&self.module);
        if !(edit.apply)(self.context, &candidate, range) {
            return Ok(false);
        }
        let (valid, _) = ir::capture(self.context, || candidate.as_operation().verify());
        if !valid {
            return Ok(false);
        }
        let text = ir::print_module(&candidate, false, self.locations);
        // Whatever is accepted makes this less, so that the search ends.
        let smaller = (ops(&candidate), text.len()) < (self.last.ops, self.last.bytes);
        let hash = hash(&text);
        if !smaller || self.refused.contains(&hash) {
            return Ok(false);
        }
        if !self.test(&text)? {
            self.refused.insert(hash);
            return Ok(false);
        }
        self.accept(candidate, text, edit.name);
        Ok(true)
    }

    fn test(&mut self, text: &str) -> Result<bool, ReduceError> {
        self.tests += 1;
        (self.judge)(text).map(Ended::is_interesting)
    }

    fn accept(&mut self, module: Module<'c>, text: String, edit: &'static str) {
        self.module = module;
        self.text = text;
        self.note(edit);
    }

    fn note(&mut self, edit: &'static str) {
        self.last = Step {
            edit,
            ops: ops(&self.module),
            bytes: self.text.len(),
            tests: self.tests,
        };
        (self.tell)(&self.last);
    }
}

/// How many ops a module and its functions have.
fn ops(module: &Module<'_>) -> usize {
    let functions = ir::functions(module).into_iter();
    let inner: usize = functions.map(|function| function.ops().len()).sum();
    ir::module_ops(module).len() + inner
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
