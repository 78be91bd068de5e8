//! What files are fed to.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;
use qonnx_mlir::driver::{self, Level, LoadOptions};
use qonnx_mlir::npz::Archive;
use qonnx_mlir::samples;
use std::path::Path;

/// Files that are read into one context; what they define stays in it.
const USES: usize = 30;

/// What reads files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// The importer of ONNX models, and the passes behind it
    Onnx,
    /// The reader of modules as text, and the passes behind it
    Mlir,
    /// The reader of numpy's arrays and archives
    Npz,
}

impl Target {
    /// Its name on the command line and in folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Mlir => "mlir",
            Self::Npz => "npz",
        }
    }
}

/// Reads files one after the other.
pub struct Reader {
    target: Target,
    /// What networks are read into, and how often it was used: making one takes longer than reading a small file.
    session: (Context, usize),
}

impl Reader {
    /// For files of a kind.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            session: (ir::session(), 0),
        }
    }

    /// Reads a file. The outcome says where it was refused and in which words, or of what the result is; numbers and
    /// names are left out, so that inputs with another outcome have reached other code.
    pub fn read(&mut self, file: &Path) -> String {
        let outcome = match self.target {
            Target::Onnx | Target::Mlir => {
                if self.session.1 == USES {
                    self.session = (ir::session(), 0);
                }
                self.session.1 += 1;
                network(&self.session.0, file)
            }
            Target::Npz => arrays(file),
        };
        let outcome = outcome.unwrap_or_else(|refusal| refusal);
        let mut general = String::with_capacity(outcome.len());
        for (at, part) in outcome.split('\'').enumerate() {
            if at % 2 == 0 {
                general.extend(part.chars().filter(|letter| !letter.is_ascii_digit()));
            }
        }
        general
    }
}

/// Loads a network and brings it to level 3.
fn network(context: &Context, file: &Path) -> Result<String, String> {
    let message = |error: driver::DriverError| error.to_string();
    let loaded = driver::load(context, file, &LoadOptions::default()).map_err(message)?;
    let mut module = loaded.module;
    let mut outcome = String::new();
    for level in [Level::Clean, Level::Int] {
        driver::bring_to(context, &mut module, "input", level).map_err(message)?;
        let mut names: Vec<String> = ir::functions(&module)
            .iter()
            .flat_map(|function| function.ops())
            .map(ir::op_name)
            .collect();
        names.sort();
        names.dedup();
        outcome += &names.join(" ");
    }
    let printed = ir::print_module(&module, true, true);
    assert!(module.as_operation().verify(), "a pass has made {printed}");
    Ok(outcome)
}

/// Reads all arrays, then those of a network's inputs.
fn arrays(file: &Path) -> Result<String, String> {
    let mut archive = Archive::open(file).map_err(|error| error.message)?;
    let names: Vec<String> = archive.names().into_iter().map(str::to_owned).collect();
    let mut outcome = String::new();
    for name in names {
        let read = archive.header(&name).and_then(|header| {
            let parts = archive.parts(&name, &header, header.kind.element())?;
            Ok(format!(
                "{:?} {} {}",
                header.kind,
                header.fortran,
                parts.len()
            ))
        });
        outcome += &read.unwrap_or_else(|refusal| refusal);
    }
    let inputs = [
        ("in0", TensorType::f32([13])),
        ("x", TensorType::new([1, 2], Element::int(8))),
    ];
    for (name, r#type) in inputs {
        let read = samples::from_arrays(&[(Foreign::from(name), r#type)], &mut archive);
        outcome += &read.map_or_else(|refusal| refusal, |_| "samples".to_owned());
    }
    Ok(outcome)
}
