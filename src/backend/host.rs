//! The host's part of a network in hardware: C that calls the hardware as functions which are elsewhere.

use melior::Context;
use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::hls;
use qonnx_dialects::ir::{self, Node};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::{onnx, qint, upstream};
use qonnx_passes::pipelines;

use super::BackendError;
use super::c::{External, Source, Subject};
use crate::output::OutputFile;

/// The host's part.
pub struct Host {
    /// Its C file, and how it is called.
    pub source: Source,
    /// The function that each run of hardware calls, in the order of the network.
    pub cores: Vec<Core>,
    /// What the host computes: the name of each node and its operation.
    pub steps: Vec<(Foreign, Foreign)>,
    /// What its files are called, without an ending.
    file: String,
}

/// A function of hardware as C calls it.
pub struct Core {
    /// The function.
    pub external: External,
    /// The node whose integers each input is, where a quantizer of the host has made it.
    pub quantizers: Vec<Option<Node>>,
}

impl Host {
    /// That of a module that runs its hardware; `name` is the identifier that the network goes by.
    pub fn new<'c>(
        context: &'c Context,
        module: &Module<'c>,
        model: &Foreign,
        name: &str,
    ) -> Result<Self, BackendError> {
        let file = format!("{name}_host");
        let subject = Subject {
            model,
            name,
            pipeline: pipelines::hls_to_host(),
            headers: &[format!("{file}.h"), format!("{name}_hardware.h")],
        };
        let source = Source::of(context, module, &subject)?;
        let ops = ir::main_function(module).map_or_else(Vec::new, |main| main.ops());
        let mut steps = Vec::new();
        let mut cores: Vec<Core> = Vec::new();
        for op in ops {
            if let Some(hls::Op::Run(run)) = hls::Op::read(op) {
                let known = cores.iter().any(|core| core.external.symbol == run.callee);
                let mut externals = source.file.externals.iter();
                let external = externals.find(|external| external.symbol == run.callee);
                if let (Some(external), false) = (external, known) {
                    let quantizers = op.operands().map(|operand| {
                        let quantizer = ir::defining_op(ir::val(operand))?;
                        // What other hardware has made, it shows itself.
                        let made = qint::Op::read(quantizer).is_some_and(|op| op.is_quantizer());
                        Node::at(quantizer.location()).filter(|_| made)
                    });
                    cores.push(Core {
                        external: external.clone(),
                        quantizers: quantizers.collect(),
                    });
                }
            } else if !onnx::is_constant(op) && !onnx::is_none(op) && !upstream::is_constant(op) {
                let what =
                    GraphOp::read(op).map_or_else(|| ir::op_name(op), |op| op.name().to_owned());
                steps.push((Node::of(op).name, Foreign::new(what)));
            }
        }
        Ok(Self {
            source,
            cores,
            steps,
            file,
        })
    }

    /// The path of its C file below its folder.
    pub fn source_path(&self) -> String {
        format!("{}.c", self.file)
    }

    /// The path of its header below its folder.
    pub fn header_path(&self) -> String {
        format!("{}.h", self.file)
    }

    /// The path of the header of the hardware below its folder.
    pub fn hardware_path(&self) -> String {
        format!("{}_hardware.h", self.source.interface.name)
    }

    /// Its files.
    pub fn files(&self) -> Vec<OutputFile> {
        let Source {
            interface, file, ..
        } = &self.source;
        let about = "The host's part: what is float, around the calls of the hardware.".to_owned();
        let header = interface.header(&[about]);
        vec![
            OutputFile::new(self.header_path(), header),
            OutputFile::new(self.source_path(), file.text.as_str()),
            OutputFile::new(self.hardware_path(), self.hardware()),
        ]
    }

    /// The header of the hardware.
    fn hardware(&self) -> String {
        let interface = &self.source.interface;
        let guard = format!("{}_HARDWARE_H", interface.name.to_ascii_uppercase());
        let heads = self
            .cores
            .iter()
            .map(|core| format!("{};\n", core.external.head()));
        let heads: String = heads.collect();
        format!(
            "/* The hardware of network '{}' as its host's part calls it, written by qonnx-mlir: inputs, then outputs, row-major. */\n\
             #ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n\n\
             #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{heads}\n\
             #ifdef __cplusplus\n}}\n#endif\n\n#endif\n",
            interface.model.c_comment(),
        )
    }
}
