//! Native code through LLVM: an object file with a C header, or a function in this process.

mod link;
#[cfg(test)]
mod tests;

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Diagnostic, Severity};
use qonnx_dialects::llvm::{
    Artifacts, Code, CodeError, Level, Program, Target, compile as generate, expected_processor,
    is_feature, is_processor,
};
use qonnx_dialects::signature::Signature;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::text::Foreign;
use qonnx_passes::cpu::kernels;
use qonnx_passes::pipelines;

use super::exposed::Tracing;
use super::interface::{self, Interface, Workspace};
use super::{Backend, BackendError, BackendOption, Made, Network, Runner, Settings};
use crate::output::OutputFile;

/// The backend `cpu`.
pub struct Cpu;

/// What native code is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// The processor, and how much LLVM optimizes.
    pub target: Target,
    /// Texts to make beside the object.
    pub artifacts: Artifacts,
    /// Whether to say which kernel computes each contraction, or why none does.
    pub remarks: bool,
}

impl Default for CpuOptions {
    /// The host, optimized, no texts.
    fn default() -> Self {
        Self {
            target: Target::host(),
            artifacts: Artifacts::default(),
            remarks: false,
        }
    }
}

const OPTIONS: &[BackendOption] = &[
    BackendOption {
        name: "cpu",
        summary: "Processor in LLVM's words, such as x86-64-v3",
        default: "this machine's",
    },
    BackendOption {
        name: "features",
        summary: "Features beside those of the processor, such as +avx2,-avx512f",
        default: "those of the processor",
    },
    BackendOption {
        name: "opt-level",
        summary: "How much LLVM optimizes: 0, 2 or 3",
        default: "3",
    },
    BackendOption {
        name: "emit",
        summary: "Texts to write beside the object: llvm, asm, or both with a comma",
        default: "none",
    },
    BackendOption {
        name: "remarks",
        summary: "Whether to say which kernel computes each contraction, or why none does: true or false",
        default: "false",
    },
];

impl CpuOptions {
    /// Reads the options of the command line.
    pub fn from_settings(settings: &Settings) -> Result<Self, BackendError> {
        let mut options = Self::default();
        let setting = |name: &str| settings.get(&Foreign::from(name)).map(Foreign::verbatim);
        let refuse = |option: &str, found: &str, expected: &str| {
            Err(BackendError::Option {
                option: option.into(),
                found: found.into(),
                expected: expected.to_owned(),
            })
        };
        if let Some(cpu) = setting("cpu") {
            if !is_processor(cpu) {
                let expected = format!(
                    "{}; without the option it is this machine's",
                    expected_processor()
                );
                return refuse("cpu", cpu, &expected);
            }
            options.target = Target::named(cpu, "");
        }
        if let Some(features) = setting("features") {
            // LLVM prints names that it does not know as they are, and takes `help` for a question.
            let feature = |text: &str| text.strip_prefix(['+', '-']).is_some_and(is_feature);
            if let Some(unknown) = features.split(',').find(|text| !feature(text)) {
                let unknown = Foreign::from(unknown);
                let expected = format!(
                    "features with + or - in front and commas between, such as +avx2,-avx512f; '{}' is not {}",
                    unknown.shown(),
                    expected_processor()
                );
                return refuse("features", features, &expected);
            }
            options.target.features = features.to_owned();
        }
        if let Some(level) = setting("opt-level") {
            options.target.level = match level {
                "0" => Level::None,
                "2" => Level::Default,
                "3" => Level::Aggressive,
                other => return refuse("opt-level", other, "0, 2 or 3"),
            };
        }
        if let Some(remarks) = setting("remarks") {
            options.remarks = match remarks {
                "true" => true,
                "false" => false,
                other => return refuse("remarks", other, "true or false"),
            };
        }
        for kind in setting("emit").iter().flat_map(|kinds| kinds.split(',')) {
            match kind {
                "llvm" => options.artifacts.ir = true,
                "asm" => options.artifacts.assembly = true,
                _ => {
                    let found = setting("emit").unwrap_or_default();
                    return refuse("emit", found, "llvm, asm, or both with a comma");
                }
            }
        }
        Ok(options)
    }
}

/// Builds and runs the example program, in its folder.
const BUILD: &str = "cc -O2 main.c model.o -lm -o main";

/// Compiles a level-2 module to native code. `entry` is the symbol of the entry function; the module stays as it is.
pub fn compile<'c>(
    context: &'c Context,
    module: &Module<'c>,
    entry: &str,
    options: &CpuOptions,
) -> Result<Code, BackendError> {
    compile_with_remarks(context, module, entry, options).map(|(code, _)| code)
}

/// Likewise, with what the passes have reported.
fn compile_with_remarks<'c>(
    context: &'c Context,
    module: &Module<'c>,
    entry: &str,
    options: &CpuOptions,
) -> Result<(Code, Vec<Diagnostic>), BackendError> {
    qonnx_passes::register();
    let mut copy = ir::clone_module(module);
    let features = kernels::features(|wanted| options.target.has(wanted));
    let to_buffers = pipelines::int_to_buffers_for(&features, options.remarks);
    let to_llvm = pipelines::buffers_to_llvm();
    let (outcome, diagnostics) = ir::capture(context, || {
        generate(
            context,
            &mut copy,
            (&to_buffers, &to_llvm),
            entry,
            &options.target,
            options.artifacts,
        )
    });
    match outcome {
        Ok(code) => Ok((code, diagnostics)),
        Err(CodeError::Reported) => Err(BackendError::Passes(diagnostics)),
        Err(other) => Err(BackendError::Code(other)),
    }
}

/// A network in this process.
pub struct JitModel {
    program: Program,
}

impl JitModel {
    /// Compiles a level-2 module for this machine and links it in memory.
    pub fn new<'c>(context: &'c Context, module: &Module<'c>) -> Result<Self, BackendError> {
        Self::with_options(context, module, &CpuOptions::default())
    }

    /// Likewise, for a processor that this machine must be able to stand in for.
    pub fn with_options<'c>(
        context: &'c Context,
        module: &Module<'c>,
        options: &CpuOptions,
    ) -> Result<Self, BackendError> {
        let code = compile(context, module, "network_run", options)?;
        Ok(Self {
            program: Program::new(&code)?,
        })
    }

    /// What the network takes and gives.
    pub fn signature(&self) -> &Signature {
        self.program.signature()
    }

    /// Runs one sample.
    pub fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
        Ok(self.program.run(inputs)?)
    }
}

impl Runner for JitModel {
    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
        Self::run(self, inputs)
    }
}

/// A network in this process.
fn load(network: Network<'_, '_>, options: &CpuOptions) -> Result<JitModel, BackendError> {
    JitModel::with_options(network.context, network.module, options)
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn summary(&self) -> &'static str {
        "native code: object file, shared library, C header and an example program"
    }

    fn options(&self) -> &'static [BackendOption] {
        OPTIONS
    }

    fn check(&self, settings: &Settings) -> Result<(), BackendError> {
        CpuOptions::from_settings(settings).map(drop)
    }

    fn make(&self, network: Network<'_, '_>, settings: &Settings) -> Result<Made, BackendError> {
        let options = CpuOptions::from_settings(settings)?;
        let name = network.name.identifier("model");
        let (code, remarks) = compile_with_remarks(
            network.context,
            network.module,
            &interface::entry(&name),
            &options,
        )?;
        let signature = code.signature();
        let workspace = Workspace::Bytes(signature.workspace());
        let interface = Interface::new(network.name, &name, network.module, signature, workspace);
        let mut files = vec![
            OutputFile::new("model.o", code.object()),
            OutputFile::new("model.h", interface.header(&[])),
            OutputFile::new("main.c", interface.program("model.h", BUILD)),
        ];
        let text = code.text();
        for (file, text) in [("model.ll", &text.ir), ("model.s", &text.assembly)] {
            files.extend(text.iter().map(|text| OutputFile::new(file, text.as_str())));
        }
        files.push(OutputFile {
            path: "libmodel.so".to_owned(),
            bytes: link::shared_library(code.object())?,
            executable: true,
        });
        Ok(Made {
            files,
            notes: remarks
                .iter()
                .filter(|remark| remark.severity == Severity::Remark)
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"),
            command: Some(format!("{BUILD} && ./main")),
        })
    }

    fn load(
        &self,
        network: Network<'_, '_>,
        settings: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        let options = CpuOptions::from_settings(settings)?;
        Ok(Box::new(load(network, &options)?))
    }

    fn load_tracing(
        &self,
        network: Network<'_, '_>,
        settings: &Settings,
    ) -> Result<Box<dyn Runner>, BackendError> {
        let options = CpuOptions::from_settings(settings)?;
        let load = |network: Network<'_, '_>| load(network, &options);
        Ok(Box::new(Tracing::new(network, load)?))
    }
}
