//! The pass `qint-to-dataflow`.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Type, ValueLike};
use qonnx_dialects::dataflow::{self, Link};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, BlockHandle, Function, Op, Val};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;
use qonnx_dialects::{onnx, qint, upstream};
use std::collections::HashSet;

use super::layers::{Layers, type_of_link};
use super::order::Order;
use super::stages::{Stage, stages};

declare_pass! {
    /// Move the integer part of a network into functions of hardware layers.
    ///
    /// ## What it does
    /// Sorts the ops of `main` into stages: float ops and quantizers run on the host, integer ops in hardware.
    /// Each hardware stage becomes a function over arrays of exact-width words, in which layers become the modules
    /// that hardware is made of: a convolution a border, its windows and their product with the filters, a pooling
    /// likewise, functions of one integer keep their parameters, and data movement is wires. Images are
    /// channels-last between convolutions and poolings. `main` keeps the host's ops and starts the functions with
    /// `dataflow.run`.
    ///
    /// ## Requires
    /// The level of layers: the pipeline `lower-to-qint`. Loop nests of level 3 are refused.
    pub struct QintToDataflow => "qint-to-dataflow" on Module {
        /// Name of the function of the hardware network; further ones are numbered.
        name ("name"): String = "network".to_owned(),
    }
}

impl QintToDataflow {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(body) = ir::single_block(module) else {
            return Ok(());
        };
        let Some(main) = ir::network_of(&ir::functions_in(body)) else {
            return fail(module, "the module has no function 'main'");
        };
        if main.name() == self.name {
            return fail(
                main.op(),
                format!(
                    "the network cannot be named '{}': the host's function is",
                    self.name
                ),
            );
        }
        erase_dead(main);
        let stages = stages(main)?;
        if main.arguments().is_empty() {
            return fail(
                main.op(),
                "the network has no inputs, and hardware for constants is not supported; compile this model for the \
                 cpu",
            );
        }
        if !stages.iter().any(|stage| stage.hardware) {
            return fail(main.op(), nothing_to_build(main));
        }
        let Some(end) = main.return_op() else {
            return fail(main.op(), "the function does not end with a return");
        };
        let split = Split {
            context,
            body,
            host: main.block(),
            end,
        };
        let mut number = 0;
        for stage in &stages {
            if stage.hardware {
                number += 1;
                let name = if number == 1 {
                    self.name.clone()
                } else {
                    format!("{}_{number}", self.name)
                };
                split.outline(&name, stage)?;
            } else {
                split.keep(stage);
            }
        }
        let hardware = stages.iter().filter(|stage| stage.hardware);
        let hardware: HashSet<usize> = hardware.flat_map(Stage::results).collect();
        for op in main.ops().into_iter().rev() {
            let outlined = op
                .results()
                .any(|result| hardware.contains(&ir::value_key(ir::val(result))));
            let constant = upstream::is_constant(op) || upstream::is_empty(op);
            if outlined || (constant && ir::has_no_uses(op)) {
                ir::erase(op);
            }
        }
        Ok(())
    }
}

/// The splitting of one function.
struct Split<'c> {
    context: &'c Context,
    /// The module's body.
    body: BlockHandle<'c>,
    /// The body of the host's function.
    host: BlockHandle<'c>,
    /// Its end.
    end: Op<'c>,
}

impl<'c> Split<'c> {
    /// Puts the ops of a host stage behind everything before it.
    fn keep(&self, stage: &Stage<'c>) {
        for op in &stage.ops {
            ir::move_before(*op, self.end);
        }
    }

    /// Builds the function of a hardware stage and the op that runs it.
    fn outline(&self, name: &str, stage: &Stage<'c>) -> Result<(), Reported> {
        let Some(first) = stage.ops.first() else {
            return Ok(());
        };
        let inputs = self.inputs(stage)?;
        let outputs = stage.outputs();
        let Some(last) = outputs.last() else {
            return fail(*first, "no result of the integer operations is used");
        };
        let mut arguments: Vec<(Type<'c>, Foreign)> = Vec::with_capacity(inputs.len());
        for (value, link) in &inputs {
            let r#type = type_of_link(link, self.context, *first)?;
            arguments.push((r#type, name_of(*value).unwrap_or_default()));
        }
        // The types of the results are not known yet.
        let results: Vec<(Type<'c>, Foreign)> = outputs
            .iter()
            .map(|value| {
                (
                    Type::index(self.context),
                    name_of(*value).unwrap_or_default(),
                )
            })
            .collect();
        let location = first.location();
        let function = Function::create_in(
            self.context,
            self.body,
            name,
            &arguments,
            &results,
            location,
        );
        let mut layers = Layers::new(self.context, function.block(), *first);
        for ((value, link), argument) in inputs.iter().zip(function.arguments()) {
            layers.bind(*value, argument, link.clone());
        }
        for op in &stage.ops {
            layers.convert(*op)?;
        }
        let mut returned = Vec::with_capacity(outputs.len());
        for value in &outputs {
            returned.push(layers.words(*value, Order::Tensor)?.value);
        }
        ir::append_return(function.block(), &returned, location);
        function.update_type(self.context);

        let tensors: Vec<_> = inputs.iter().map(|(value, _)| *value).collect();
        let types: Vec<_> = outputs.iter().map(|value| value.r#type()).collect();
        let end = ir::defining_op(*last).map_or(location, |op| op.location());
        let run = dataflow::Run {
            network: name.to_owned(),
        }
        .build(self.context, &tensors, &types, end);
        let run = ir::build_op(self.host, Some(self.end), run);
        for (old, new) in outputs.iter().zip(run.results()) {
            ir::replace_all_uses(*old, ir::val(new));
        }
        Ok(())
    }

    /// The values that a stage reads from outside, in the order of their first use.
    fn inputs(&self, stage: &Stage<'c>) -> Result<Vec<(Val<'c>, Link)>, Reported> {
        let made: HashSet<usize> = stage.results().collect();
        let mut seen = HashSet::new();
        let mut inputs = Vec::new();
        for op in &stage.ops {
            for operand in op.operands().map(ir::val) {
                let key = ir::value_key(operand);
                let constant = ir::defining_op(operand)
                    .is_some_and(|op| upstream::is_constant(op) || upstream::is_empty(op));
                if constant || made.contains(&key) || !seen.insert(key) {
                    continue;
                }
                let link = ir::type_of(operand).and_then(|r#type| {
                    let word = Word::of_element(r#type.element)?;
                    Some(Link::array(r#type.shape, word))
                });
                match link {
                    Some(link) => inputs.push((operand, link)),
                    None => {
                        return fail(
                            *op,
                            "an operand is neither a constant nor a tensor of signed or unsigned integers of static \
                             shape; hardware starts from the level of layers, run 'lower-to-qint'",
                        );
                    }
                }
            }
        }
        Ok(inputs)
    }
}

/// Erases what nobody asks for: it may have no hardware.
fn erase_dead(main: Function<'_>) {
    for op in main.ops().into_iter().rev() {
        let integers = qint::Op::read(op).is_some() || upstream::Op::read(op).is_some();
        if integers && ir::has_no_uses(op) {
            ir::erase(op);
        }
    }
}

/// Why no operation is left on integers, as far as the network itself says so.
fn nothing_to_build(main: Function<'_>) -> String {
    let inputs = main.input_names().into_iter().zip(main.arguments());
    let unquantized = inputs
        .filter(|(_, value)| reaches_product(*value))
        .map(|(name, _)| name)
        .next();
    let advice = match unquantized {
        Some(name) => format!(
            "input '{}' reaches a product without a quantizer; the option '--input-type' quantizes the inputs",
            name.shown()
        ),
        None => "'qonnxc report' says of each operation why it stays float".to_owned(),
    };
    format!(
        "no operation is left on integers, and hardware for float operations is not supported; {advice}"
    )
}

/// Whether a value is an operand of a float product, or what graph ops other than quantizers make of it is.
fn reaches_product(value: Val<'_>) -> bool {
    let (mut pending, mut seen) = (vec![value], HashSet::new());
    while let Some(value) = pending.pop() {
        for (user, _) in ir::users(value) {
            match GraphOp::read(user) {
                Some(GraphOp::Onnx(onnx::Op::MatMul | onnx::Op::Gemm(_) | onnx::Op::Conv(_))) => {
                    return true;
                }
                Some(GraphOp::Onnx(_)) => pending.extend(
                    user.results()
                        .map(ir::val)
                        .filter(|value| seen.insert(ir::value_key(*value))),
                ),
                // Quantizers of all kinds.
                Some(GraphOp::Qonnx(_)) | None => {}
            }
        }
    }
    false
}

/// The ONNX node that made a value.
fn name_of(value: Val<'_>) -> Option<Foreign> {
    ir::node_name(ir::defining_op(value)?.location())
}
