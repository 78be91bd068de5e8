//! The command line of `qonnxc`.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand};
use qonnx_dialects::memory;
use qonnx_dialects::text::Foreign;
use qonnx_mlir::backend::{self, BACKENDS};
use qonnx_mlir::driver::LoadOptions;
use qonnx_mlir::frontend::onnx::ImportOptions;
use qonnx_mlir::verify::Backend;
use qonnx_passes::cleanup::quantize_inputs::FixedType;
use std::path::PathBuf;

/// Compiler for arbitrary-precision quantized neural networks (QONNX).
#[derive(Debug, Parser)]
#[command(name = "qonnxc", version = crate::version(), about, after_help = crate::STATUSES)]
pub struct Cli {
    /// Most memory that computed constants, interpreted values and generated samples may take, e.g. '4GiB'; 256MiB and
    /// four times the size of the files if it is not given
    #[arg(long, global = true, value_name = "SIZE", value_parser = memory::parse)]
    pub memory: Option<u64>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile a model: native code with a C header, or an HLS C++ project
    Compile(Compile),
    /// Run a model on samples (.npz or .npy)
    Run(Run),
    /// Run the same samples through every level and backend, and compare
    Verify(Verify),
    /// Say which parts of a model are integer, how wide, and what stays float and why
    Report(Report),
    /// Infer shapes, fold constants, and write the cleaned graph as MLIR
    Cleanup(Cleanup),
    /// Write the module after each pass that changes it, numbered, with an index; or compare with such a folder
    Trace(Trace),
    /// Make a model smaller of which a test says that it still is of interest, for the report of a bug
    Reduce(Reduce),
}

/// The model and how it is read.
#[derive(Debug, Args)]
pub struct Model {
    /// An ONNX file (QONNX), or a module as MLIR text or bytecode, under any name; '-' is standard input, except for run
    /// and verify
    pub model: PathBuf,
    /// Quantize every float input, e.g. 'fixed<16,6>' or 'ufixed<8,0,RND_CONV,SAT>'
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<FixedType>,
    /// Value of symbolic or unknown extents of the inputs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub symbolic: u32,
}

impl Model {
    /// How the model is read.
    pub fn load_options(&self) -> LoadOptions {
        LoadOptions {
            import: ImportOptions {
                symbolic_extent: self.symbolic as usize,
            },
            input_type: self.input_type.clone(),
        }
    }
}

/// The names of the backends, with their summaries in the help text.
fn targets() -> PossibleValuesParser {
    let value = |backend: &&dyn backend::Backend| {
        PossibleValue::new(backend.name()).help(backend.summary())
    };
    PossibleValuesParser::new(BACKENDS.iter().map(value))
}

/// The options of each target, from the registry, for the help text.
fn options() -> String {
    let mut text = "Options of the targets, for --set:\n".to_owned();
    for backend in BACKENDS {
        text += &format!("  {}: {}\n", backend.name(), backend.summary());
        for option in backend.options() {
            text += &format!(
                "      {:10} {} [default: {}]\n",
                option.name, option.summary, option.default
            );
        }
    }
    text.trim_end().to_owned()
}

/// `qonnxc compile`.
#[derive(Debug, Args)]
#[command(after_help = options())]
pub struct Compile {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// What to make
    #[arg(long, value_parser = targets())]
    pub target: String,
    /// Folder for the results: new, empty, or written by this tool, which then replaces its own files only
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Write into any folder and replace files of the same names; not in the root, home or current folder, and never
    /// an input
    #[arg(long)]
    pub force: bool,
    /// Sets an option of the target, e.g. 'cpu=x86-64-v3' or 'emit=asm'; see below
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(Foreign, Foreign)>,
    /// Print a machine-readable summary
    #[arg(long)]
    pub json: bool,
}

/// `qonnxc run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// Samples: an .npz archive with the inputs' names or in0, in1, ... as keys, or an .npy array if there is one
    /// input; samples along the leading axis
    #[arg(long, value_name = "FILE")]
    pub inputs: PathBuf,
    /// What runs it: graph, interp, qint, int, cpu or hls
    #[arg(long, default_value = "int")]
    pub backend: Backend,
    /// The results' archive (.npz): output names as keys, samples along the leading axis; '-' is standard output
    #[arg(short, long, value_name = "NPZ")]
    pub output: PathBuf,
    /// Replace the file even if it is write-protected, but never an input
    #[arg(long)]
    pub force: bool,
    /// Print a machine-readable summary
    #[arg(long)]
    pub json: bool,
}

/// `qonnxc verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// Samples (.npz, or .npy if there is one input); generated where not given
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// Expected outputs: .npz with the outputs' names or out0, out1, ... as keys, or .npy if there is one output
    #[arg(long, value_name = "FILE", requires = "inputs")]
    pub expect: Option<PathBuf>,
    /// What to compare: graph and interp (levels 0 and 1), qint (level 2, layers), int (level 3, loop nests), and compiled
    /// backends. interp brings graph with it, and a compiled backend brings int
    #[arg(long, value_delimiter = ',', default_value = "interp,qint,int,cpu")]
    pub backends: Vec<Backend>,
    /// Number of generated samples
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub samples: u32,
    /// Seed of generated samples
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Largest difference of a float output, relative to numbers above 1
    #[arg(long, default_value_t = 1e-5, value_parser = tolerance)]
    pub tolerance: f32,
    /// How often the graph may be run to show which elements beside a rounding boundary explain expected outputs
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub search: u32,
    /// Print a machine-readable report
    #[arg(long)]
    pub json: bool,
}

/// `qonnxc report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// Print a machine-readable report
    #[arg(long)]
    pub json: bool,
}

/// `qonnxc cleanup`.
#[derive(Debug, Args)]
pub struct Cleanup {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// The cleaned graph, as text (.mlir) or bytecode (.mlirbc); standard output where not given, or '-'
    #[arg(short, long, value_name = "MLIR")]
    pub output: Option<PathBuf>,
    /// Replace the file even if it is write-protected, but never an input
    #[arg(long)]
    pub force: bool,
}

/// `qonnxc trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// The passes, as in a pipeline on the module, e.g. 'lower-to-qint,qint-to-hls'; lower-to-int where not given, which then
    /// says in the index what stays float and why
    #[arg(long, value_name = "PIPELINE")]
    pub passes: Option<String>,
    /// Folder for the files: new, empty, or written by this tool, which then replaces its own files only
    #[arg(short, long, value_name = "DIR", required_unless_present = "check")]
    pub output: Option<PathBuf>,
    /// Compare with the files of an earlier run instead; exit status 3 if they differ
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub check: Option<PathBuf>,
    /// Leave out the elements of long attributes
    #[arg(long)]
    pub elide_constants: bool,
    /// Write into any folder and replace files of the same names; not in the root, home or current folder, and never
    /// an input
    #[arg(long)]
    pub force: bool,
}

/// `qonnxc reduce`.
#[derive(Debug, Args)]
#[command(after_help = REDUCE)]
pub struct Reduce {
    /// The model.
    #[command(flatten)]
    pub model: Model,
    /// The test: a program and arguments, between blanks, with quotes as in a shell, which is not run. The file of a
    /// candidate is its last argument; exit status 0 says that it is interesting
    #[arg(long, value_name = "COMMAND")]
    pub test: String,
    /// The smallest interesting module that was found, as text (.mlir); '-' is standard output
    #[arg(short, long, value_name = "MLIR")]
    pub output: PathBuf,
    /// Most runs of the test
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_tests: u32,
    /// Most seconds of one run of the test, which is ended then and says that the candidate is not interesting
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: u32,
    /// Replace the file even if it is write-protected, but never an input
    #[arg(long)]
    pub force: bool,
}

/// What a test has to know, for the help text.
const REDUCE: &str = "\
The test is run once for each candidate, with the file of the candidate, MLIR text, behind its own arguments. Exit status 0
says that the candidate is interesting: the failure that is looked for is still there. Any other status, a signal or the end
of the time says that it is not. The test should look for one message, and not only for a failure, since smaller modules
fail in other ways. It runs in a new folder, which goes with what the test leaves there and what it has started, without
standard input, and what it prints is not shown; so other files are given to it by absolute paths. A program is looked for
on the path, or from the current folder if it has a slash.

  qonnxc reduce model.onnx --test ./test.sh -o small.mlir
  test.sh:  qonnx-opt --lower-to-int \"$1\" 2>&1 | grep -q 'the message'";

/// A tolerance: a finite number that is not negative.
fn tolerance(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "it is no number".to_owned())?;
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err("expected a finite number that is not negative".to_owned())
    }
}

/// An option of a target: `name=value`.
fn setting(text: &str) -> Result<(Foreign, Foreign), String> {
    text.split_once('=')
        .map(|(name, value)| (name.into(), value.into()))
        .ok_or_else(|| format!("'{text}' is no option, expected NAME=VALUE"))
}
