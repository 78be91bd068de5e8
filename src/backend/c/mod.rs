//! C99: the whole network as one file that depends on nothing, for machines of any kind.
//!
//! It computes what native code computes: both are made of the same loops. What C leaves open is not used, or asked of the
//! compiler at the top of the file, so that every compiler gives every bit (`prelude.rs`, `scalar.rs`).

mod constants;
mod expression;
mod function;
mod literal;
mod names;
mod prelude;
mod printer;
mod scalar;

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir;
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::signature::Signature;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::Foreign;
use qonnx_passes::pipelines;

use super::exposed::Tracing;
use super::interface::{Interface, Workspace};
use super::process::Process;
use super::{Backend, BackendError, BackendOption, Made, Network, Runner, Settings, compiler};
use crate::output::{OutputFile, Scratch};
use crate::samples::Sample;
pub use printer::{External, File};

/// The backend `c`.
pub struct C;

/// A network as C.
pub struct Source {
    /// How it is called.
    pub interface: Interface,
    /// What it takes.
    pub signature: Signature,
    /// The file.
    pub file: File,
}

/// What becomes C.
pub struct Subject<'s> {
    /// The name of the model, as its user says it.
    pub model: &'s Foreign,
    /// The identifier that it goes by.
    pub name: &'s str,
    /// The pipeline that makes loops of it.
    pub pipeline: String,
    /// The headers that its file includes, its own first.
    pub headers: &'s [String],
}

impl Source {
    fn new(network: Network<'_, '_>) -> Result<Self, BackendError> {
        let name = name_of(network.name);
        let subject = Subject {
            model: network.name,
            name: &name,
            pipeline: pipelines::int_to_c(),
            headers: &[format!("{name}.h")],
        };
        Self::of(network.context, network.module, &subject)
    }

    /// The network of a module.
    pub fn of<'c>(
        context: &'c Context,
        module: &Module<'c>,
        subject: &Subject<'_>,
    ) -> Result<Self, BackendError> {
        qonnx_passes::register();
        let refused = |message: String| BackendError::Tool {
            tool: "c".to_owned(),
            message,
        };
        let tensors = ir::main_function(module)
            .ok_or_else(|| refused("the module has no function 'main'".to_owned()))?;
        let main = tensors.name();
        let signature = Signature::of_tensors(tensors).map_err(refused)?;
        let mut lowered = ir::clone_module(module);
        let pipeline = format!("builtin.module({})", subject.pipeline);
        let (outcome, diagnostics) =
            ir::capture(context, || run_pipeline(context, &mut lowered, &pipeline));
        outcome.map_err(|_| BackendError::Passes(diagnostics))?;
        let main = ir::functions(&lowered)
            .into_iter()
            .find(|function| function.name() == main)
            .ok_or_else(|| refused(format!("the pipeline has lost the function '{main}'")))?;
        let signature = signature.of_buffers(main).map_err(refused)?;
        let workspace = Workspace::Union(signature.workspace(), function::workspace_elements(main));
        let interface = Interface::new(subject.model, subject.name, module, &signature, workspace);
        let file = printer::print(&lowered, main, &interface, subject.headers).map_err(refused)?;
        Ok(Self {
            interface,
            signature,
            file,
        })
    }

    /// What a network takes of a small machine, one line for each kind of memory.
    pub fn memory(&self) -> Vec<String> {
        vec![
            format!("Constants (flash): {} bytes.", self.file.constants),
            format!(
                "Workspace (RAM): {} bytes, beside inputs and outputs.",
                self.signature.workspace()
            ),
        ]
    }

    /// The command that builds the example program.
    fn build(&self) -> String {
        let name = &self.interface.name;
        let math = if self.file.needs_math { " -lm" } else { "" };
        format!("cc -std=c99 -O2 main.c {name}.c{math} -o main")
    }

    /// The files, in the order a user should look at them.
    fn files(self) -> Vec<OutputFile> {
        let name = &self.interface.name;
        let header = self.interface.header(&self.memory());
        let program = self.interface.program(&format!("{name}.h"), &self.build());
        vec![
            OutputFile::new(format!("{name}.h"), header),
            OutputFile::new(format!("{name}.c"), self.file.text),
            OutputFile::new("main.c", program),
        ]
    }
}

/// The identifier that a network goes by: its files are not the program's, nor do their names hide those of the headers
/// that they include.
pub fn name_of(model: &Foreign) -> String {
    let name = model.identifier("model");
    let taken = [
        "main", "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646",
        "limits", "locale", "math", "setjmp", "signal", "stdarg", "stdbool", "stddef", "stdint",
        "stdio", "stdlib", "string", "tgmath", "time", "wchar", "wctype",
    ];
    if taken.contains(&name.to_ascii_lowercase().as_str()) {
        name + "_network"
    } else {
        name
    }
}

/// A network compiled by the system's C compiler.
pub struct Compiled(Process);

/// What the compiler is told. The rest is as its user has it: warnings are for who reads the code.
const PLAIN: &[&str] = &["-std=c99", "-O1", "-w"];

/// What it is told where tests look: no warning will do, and undefined behaviour ends the program.
#[cfg(test)]
pub const STRICT: &[&str] = &[
    "-std=c99",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
];

/// Compiles a network for this machine.
pub fn load(network: Network<'_, '_>, options: &[&str]) -> Result<Compiled, BackendError> {
    let source = Source::new(network)?;
    let scratch = Scratch::new()?;
    let name = format!("{}.c", source.interface.name);
    let (inputs, outputs) = (
        source.signature.inputs().to_vec(),
        source.signature.outputs().to_vec(),
    );
    for file in source.files() {
        scratch.write(&file.path, &file.bytes)?;
    }
    let arguments = [options, &["main.c", &name, "-lm", "-o", "network"]].concat();
    let what = "compile the generated code, which is a bug";
    compiler::compile(&scratch, &arguments, what)?;
    let program = scratch.path().join("network");
    Ok(Compiled(Process {
        scratch,
        program,
        name: "the compiled C code",
        option: "--samples",
        inputs,
        outputs,
    }))
}

impl Runner for Compiled {
    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
        let sample: Sample = inputs.iter().map(|tensor| (*tensor).clone()).collect();
        Ok(self.run_all(&[sample])?.pop().unwrap_or_default())
    }

    fn run_all(&self, samples: &[Sample]) -> Result<Vec<Vec<Tensor>>, BackendError> {
        Ok(self.0.run(samples, &[])?.outputs)
    }
}

impl Backend for C {
    fn name(&self) -> &'static str {
        "c"
    }

    fn summary(&self) -> &'static str {
        "C99: one file that depends on nothing, its header and an example program"
    }

    fn options(&self) -> &'static [BackendOption] {
        &[]
    }

    fn check(&self, _: &Settings) -> Result<(), BackendError> {
        Ok(())
    }

    fn make(&self, network: Network<'_, '_>, _: &Settings) -> Result<Made, BackendError> {
        let source = Source::new(network)?;
        let (notes, command) = (source.memory().join("\n"), source.build());
        Ok(Made {
            files: source.files(),
            notes,
            command: Some(format!("{command} && ./main")),
        })
    }

    fn load_tracing(
        &self,
        network: Network<'_, '_>,
        _: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        let load = |network: Network<'_, '_>| load(network, PLAIN);
        Ok(Box::new(Tracing::new(network, load)?))
    }

    fn load(
        &self,
        network: Network<'_, '_>,
        _: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        Ok(Box::new(load(network, PLAIN)?))
    }
}
