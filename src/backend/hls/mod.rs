//! HLS C++: the integer part of a network as hardware, in the manner of hls4ml, and its float edges as host code.
//!
//! Where C++ for synthesis and this compiler's levels differ, and what is done about it:
//!
//! - The operators of `ap_int` widen their results, layers are exact. The `hls` dialect has the widened types, and only
//!   stores narrow; what is stored is proven to fit.
//! - Vitis' `ap_fixed` rounds ties upward or truncates; a quantizer here is thresholds, a table, or an exact
//!   multiply-add-shift on integers, so no `ap_fixed` appears.
//! - Floating point stays on the host, which is C of the same lowering as that of the target `c`.

mod bridge;
mod headers;
mod makefile;
mod printer;
mod project;
mod simulate;

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::hls::Func;
use qonnx_dialects::ir::{self, Node};
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;
use qonnx_passes::pipelines;

use super::exposed::Exposed;
use super::host::Host;
use super::{Backend, BackendError, BackendOption, Made, Network, Runner, Settings, c};
use crate::driver::Level;
use crate::integers::integers_of;
use crate::interp::Interpreter;
use crate::output::OutputFile;
use crate::samples;
use project::{Golden, Target};

/// The backend `hls`.
pub struct Hls;

const OPTIONS: &[BackendOption] = &[project::PART, project::CLOCK];

/// Samples of the test bench.
const SAMPLES: usize = 12;

/// A network as C++.
struct Project {
    name: String,
    files: Vec<(String, String)>,
    /// Types of the inputs.
    inputs: Vec<TensorType>,
    /// Types of the outputs, those with the integers of `nodes` among them.
    outputs: Vec<TensorType>,
    /// The nodes whose integers are outputs.
    nodes: Vec<Node>,
    /// The nodes whose integers the simulation shows, by their keys.
    traces: Vec<Node>,
    notes: String,
}

/// Prints a module of the `hls` dialect as C++: the text of its source file.
pub fn print(module: &Module<'_>) -> Result<String, String> {
    let firmware = printer::print(module, "network")?;
    let file = firmware
        .files
        .into_iter()
        .find(|(path, _)| path == "firmware/network.cpp");
    Ok(file.map(|(_, text)| text).unwrap_or_default())
}

/// Makes all files of a project, whose host's part shows the integers that the hardware does not see, if they are to be
/// `exposed`.
fn project<'c>(
    network: Network<'c, '_>,
    settings: &Settings,
    exposed: bool,
) -> Result<Project, BackendError> {
    qonnx_passes::register();
    let (context, name) = (network.context, name_of(network.name));
    let target = Target::new(settings)?;
    let golden = golden(context, network.module)?;
    let mut module = ir::clone_module(network.module);
    let pipeline = format!("builtin.module({})", pipelines::qint_to_hls());
    let (outcome, diagnostics) =
        ir::capture(context, || run_pipeline(context, &mut module, &pipeline));
    outcome.map_err(|_| BackendError::Passes(diagnostics))?;
    let refused = |message: String| BackendError::Tool {
        tool: "hls".to_owned(),
        message,
    };
    let mut firmware = printer::print(&module, &name).map_err(refused)?;
    let mut nodes = Vec::new();
    if exposed {
        let shown = Exposed::new(context, &module, &[])?;
        (module, nodes) = (shown.module, shown.nodes);
    }
    let host = Host::new(context, &module, network.name, &name)?;
    let bridge = bridge::print(&host, &mut firmware, &name).map_err(refused)?;
    let mut files = firmware.files;
    let in_host = |path: &str| format!("host/{path}");
    files.push((in_host(&format!("{name}_hardware.cpp")), bridge));
    for file in host.files() {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        files.push((in_host(&file.path), text));
    }
    let sources: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    let makefile = makefile::makefile(&name, &sources, headers::find().ok().as_deref());
    files.push(("Makefile".to_owned(), makefile));
    files.extend(project::files(
        &name,
        &host,
        &firmware.tops,
        &golden,
        &firmware.traces,
        &target,
    ));
    let notes = notes(&firmware.tops, &firmware.layers, &host.steps);
    files.push(("report.txt".to_owned(), notes.clone() + "\n"));
    Ok(Project {
        name,
        files,
        inputs: host.source.signature.inputs().to_vec(),
        outputs: host.source.signature.outputs().to_vec(),
        traces: firmware.traces,
        nodes,
        notes,
    })
}

/// The identifier that a project goes by; the hardware part has files of its own beside those of this name.
fn name_of(model: &Foreign) -> String {
    let name = c::name_of(model);
    if ["types", "trace"].contains(&name.to_ascii_lowercase().as_str()) {
        name + "_network"
    } else {
        name
    }
}

/// What the reference interpreter makes of generated samples.
fn golden<'c>(_: &'c Context, module: &Module<'c>) -> Result<Golden, BackendError> {
    let failed = |message: String| BackendError::Tool {
        tool: "reference interpreter".to_owned(),
        message,
    };
    let function =
        ir::main_function(module).ok_or_else(|| failed("the module has no network".to_owned()))?;
    let interface = samples::inputs(function).map_err(failed)?;
    let inputs =
        samples::generate(&interface, &samples::hints(function), SAMPLES, 1).map_err(|error| {
            failed(format!(
                "making {SAMPLES} samples for the test bench {error}"
            ))
        })?;
    let interpreter = Interpreter::new(function).map_err(|error| failed(error.to_string()))?;
    let (mut outputs, mut integers) = (Vec::new(), Vec::new());
    for sample in &inputs {
        let mut found = Vec::new();
        let result = interpreter.run(sample, &mut |op, operands, results| {
            found.extend(
                integers_of(op, operands, results).map(|integers| (integers.node, integers.n)),
            );
        });
        outputs.push(result.map_err(|error| failed(error.to_string()))?);
        integers.push(found);
    }
    Ok(Golden {
        inputs,
        outputs,
        integers,
    })
}

/// What is on which side, and an estimate of the hardware.
fn notes(tops: &[Func], layers: &[Func], host: &[(Foreign, Foreign)]) -> String {
    let mut text = String::from("hardware:");
    for head in tops {
        text += &format!("\n  {}: {}", head.name, head.cost);
    }
    for head in layers {
        let (name, comment) = (&head.name, head.comment.shown());
        text += &format!("\n    {name}: {comment}; {}", head.cost);
    }
    text += "\nhost:";
    for (node, what) in host {
        text += &format!("\n  {}: {}", node.shown(), what.shown());
    }
    text
}

impl Backend for Hls {
    fn name(&self) -> &'static str {
        "hls"
    }

    fn summary(&self) -> &'static str {
        "HLS C++ project with a self-checking test bench"
    }

    fn level(&self) -> Level {
        Level::Layers
    }

    fn options(&self) -> &'static [BackendOption] {
        OPTIONS
    }

    fn check(&self, settings: &Settings) -> Result<(), BackendError> {
        Target::new(settings).map(drop)
    }

    fn make(&self, network: Network<'_, '_>, settings: &Settings) -> Result<Made, BackendError> {
        let project = project(network, settings, false)?;
        let mut files: Vec<_> = project
            .files
            .into_iter()
            .map(|(path, text)| OutputFile::new(path, text))
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Made {
            files,
            notes: project.notes,
            command: Some("make csim".to_owned()),
        })
    }

    fn load(
        &self,
        network: Network<'_, '_>,
        settings: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        // Without them the work of making the project would be in vain.
        let headers = headers::find()?;
        let project = project(network, settings, true)?;
        Ok(Box::new(simulate::Simulation::new(&project, &headers)?))
    }
}
