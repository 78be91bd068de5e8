//! The pass `int-to-dataflow`.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Type, ValueLike};
use qonnx_dialects::dataflow::{self, Array};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, BlockHandle, Function, Op, Val};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;
use qonnx_dialects::{onnx, upstream};
use std::collections::{HashMap, HashSet};

use super::layers::{Layers, type_of_array};
use super::readers::Readers;
use super::stages::{Stage, stages};

declare_pass! {
    /// Move the integer part of a network into functions of hardware layers.
    ///
    /// ## What it does
    /// Sorts the ops of `main` into stages: float ops and quantizers run on the host, integer ops in hardware.
    /// Each hardware stage becomes a function over arrays of exact-width words, in which contractions are
    /// `dataflow.dense`, activations keep their parameters, elementwise ops stay elementwise, reshapes vanish and
    /// other data movement is `dataflow.gather`. `main` keeps the host's ops and starts the functions with
    /// `dataflow.run`.
    ///
    /// ## Requires
    /// The integer level: the pipeline `lower-to-int`. Operations without a hardware layer, such as convolutions,
    /// are refused by name.
    pub struct IntToDataflow => "int-to-dataflow" on Module {
        /// Name of the function of the hardware network; further ones are numbered.
        name ("name"): String = "network".to_owned(),
    }
}

impl IntToDataflow {
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
        let mut split = Split {
            context,
            body,
            host: main.block(),
            end,
            readers: Readers::of(main),
            words: HashMap::new(),
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
    /// How the values of the function are read, as it was before anything was moved.
    readers: Readers,
    /// How the bits of integers between networks are read.
    words: HashMap<usize, Word>,
}

impl<'c> Split<'c> {
    /// Puts the ops of a host stage behind everything before it.
    fn keep(&mut self, stage: &Stage<'c>) {
        for op in &stage.ops {
            ir::move_before(*op, self.end);
        }
    }

    /// Builds the function of a hardware stage and the op that runs it.
    fn outline(&mut self, name: &str, stage: &Stage<'c>) -> Result<(), Reported> {
        let Some(first) = stage.ops.first() else {
            return Ok(());
        };
        let inputs = self.inputs(stage)?;
        let outputs = outputs(stage);
        let Some(last) = outputs.last() else {
            return fail(*first, "no result of the integer operations is used");
        };
        let mut arguments: Vec<(Type<'c>, Foreign)> = Vec::with_capacity(inputs.len());
        for (value, array) in &inputs {
            let r#type = type_of_array(*array, self.context, *first)?;
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
        let mut layers = Layers::new(self.context, function.block(), &self.readers, *first);
        for ((value, array), argument) in inputs.iter().zip(function.arguments()) {
            layers.bind(*value, argument, *array);
        }
        for op in &stage.ops {
            layers.convert(*op)?;
        }
        let mut arrays = Vec::with_capacity(outputs.len());
        for value in &outputs {
            arrays.push(layers.array(*value, None, *first)?);
        }
        let returned: Vec<Val<'c>> = arrays.iter().map(|(value, _)| *value).collect();
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
        for ((old, new), (_, array)) in outputs.iter().zip(run.results()).zip(&arrays) {
            let new = ir::val(new);
            self.words.insert(ir::value_key(new), array.word);
            ir::replace_all_uses(*old, new);
        }
        Ok(())
    }

    /// The values that a stage reads from outside, in the order of their first use.
    fn inputs(&self, stage: &Stage<'c>) -> Result<Vec<(Val<'c>, Array)>, Reported> {
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
                let size =
                    ir::type_of(operand).map(|r#type| r#type.shape.iter().product::<usize>());
                let word = self
                    .words
                    .get(&key)
                    .copied()
                    .or_else(|| word_of(operand, self.readers.signed(operand)));
                match (size, word) {
                    (Some(size), Some(word)) => inputs.push((operand, Array { size, word })),
                    _ => {
                        return fail(
                            *op,
                            "an operand is neither a constant nor an integer tensor of static shape",
                        );
                    }
                }
            }
        }
        Ok(inputs)
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

/// The word of an integer tensor's elements, which are read as `signed` if their type does not say.
fn word_of(value: Val<'_>, signed: bool) -> Option<Word> {
    let element = ir::type_of(value)?.element;
    let bits = element.width();
    element
        .is_int()
        .then(|| Word::of_element(element).unwrap_or(Word { bits, signed }))
}

/// The values that a stage makes for others, in order.
fn outputs<'c>(stage: &Stage<'c>) -> Vec<Val<'c>> {
    let ops: HashSet<usize> = stage.ops.iter().map(|op| ir::op_key(*op)).collect();
    let used_outside = |value: &Val<'c>| {
        let users = ir::users(*value);
        users
            .iter()
            .any(|(user, _)| !ops.contains(&ir::op_key(*user)))
    };
    stage
        .ops
        .iter()
        .flat_map(|op| op.results().map(ir::val).collect::<Vec<_>>())
        .filter(used_outside)
        .collect()
}

/// The ONNX node that made a value.
fn name_of(value: Val<'_>) -> Option<Foreign> {
    ir::node_name(ir::defining_op(value)?.location())
}
