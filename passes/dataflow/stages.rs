//! Which ops of level 2 run on the host and which in hardware, and in which order.

use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::pass::{Reported, fail};
use qonnx_dialects::{onnx, qint, upstream};
use std::collections::{HashMap, HashSet};

/// Who executes an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Constants belong to whoever uses them.
    Either,
    /// Float ops, and the ops between floats and integers.
    Host,
    /// Integer ops.
    Hardware,
}

/// The ops of one stage, in order. Every value that a stage reads was made by an earlier one.
pub struct Stage<'c> {
    /// The ops, in the order of the function.
    pub ops: Vec<Op<'c>>,
    /// Whether the stage is a hardware network.
    pub hardware: bool,
}

impl<'c> Stage<'c> {
    /// The values that it makes for others, in order.
    pub fn outputs(&self) -> Vec<Val<'c>> {
        let ops: HashSet<usize> = self.ops.iter().map(|op| ir::op_key(*op)).collect();
        let used_outside = |value: &Val<'c>| {
            let users = ir::users(*value);
            users
                .iter()
                .any(|(user, _)| !ops.contains(&ir::op_key(*user)))
        };
        self.ops
            .iter()
            .flat_map(|op| op.results().map(ir::val).collect::<Vec<_>>())
            .filter(used_outside)
            .collect()
    }

    /// The [keys](ir::value_key) of all values that its ops make.
    pub fn results(&self) -> impl Iterator<Item = usize> {
        let results = |op: &Op<'_>| {
            let keys = op.results().map(|result| ir::value_key(ir::val(result)));
            keys.collect::<Vec<_>>()
        };
        self.ops.iter().flat_map(results)
    }
}

/// Sorts the ops of a function into stages, each as early as its operands allow. Even stages run on the host, odd ones in
/// hardware, unless all they do is moving integers.
pub fn stages(function: Function<'_>) -> Result<Vec<Stage<'_>>, Reported> {
    let mut stage_of: HashMap<usize, usize> = HashMap::new();
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for op in function.ops() {
        let side = side(op)?;
        if side == Side::Either {
            continue;
        }
        let earliest = op
            .operands()
            .filter_map(|value| stage_of.get(&ir::value_key(ir::val(value))).copied())
            .max()
            .unwrap_or(0);
        let hardware = side == Side::Hardware;
        let stage = earliest + usize::from((earliest % 2 == 1) != hardware);
        while stages.len() <= stage {
            stages.push(Stage {
                ops: Vec::new(),
                hardware: stages.len() % 2 == 1,
            });
        }
        stages[stage].ops.push(op);
        for result in op.results() {
            stage_of.insert(ir::value_key(ir::val(result)), stage);
        }
    }
    for stage in &mut stages {
        stage.hardware &= !stage.ops.iter().all(|op| is_movement(*op));
    }
    Ok(stages)
}

/// Whether an op only moves integers. Loop nests are refused as hardware, whatever they do.
fn is_movement(op: Op<'_>) -> bool {
    upstream::Op::read(op).is_some_and(|op| !matches!(op, upstream::Op::Generic(_)))
}

fn side(op: Op<'_>) -> Result<Side, Reported> {
    if onnx::is_constant(op)
        || onnx::is_none(op)
        || upstream::is_constant(op)
        || upstream::is_empty(op)
    {
        return Ok(Side::Either);
    }
    match qint::Op::read(op) {
        Some(qint::Op::Quantize(_) | qint::Op::Dequantize(_)) => return Ok(Side::Host),
        Some(_) => return Ok(Side::Hardware),
        None => {}
    }
    if GraphOp::read(op).is_some() {
        return Ok(Side::Host);
    }
    if upstream::Op::read(op).is_some() {
        return Ok(Side::Hardware);
    }
    fail(
        op,
        format!(
            "'{}' op is not part of the level of layers; run 'lower-to-qint' first",
            ir::op_name(op)
        ),
    )
}
