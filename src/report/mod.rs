//! What became of a model: which layers are integer and how wide, and what stays float and why.

use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Op};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::{Foreign, shown_path};
use qonnx_dialects::upstream::{self, Integer, IteratorKind};
use qonnx_dialects::{onnx, qint};
use qonnx_passes::pipelines;
use serde::Serialize;
use std::fmt;
use std::path::Path;

use crate::driver::{self, DriverError, LoadOptions};

/// One operation of the integer program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// The name of the ONNX node.
    pub node: Foreign,
    /// The operation.
    pub op: String,
    /// Shape of the result.
    pub shape: Vec<usize>,
    /// Element type of the result, such as `si7` or `f32`.
    pub element: String,
    /// Whether it is integer.
    pub integer: bool,
    /// Multiply-accumulate operations.
    pub macs: u64,
    /// Bits of constant operands: weights.
    pub weight_bits: u64,
}

/// The report on a model.
#[derive(Clone, Debug, Serialize)]
pub struct ModelReport {
    /// The model.
    pub model: String,
    /// The operations of level 3, in order.
    pub layers: Vec<Layer>,
    /// Why operations on scaled integers stay float, one line each.
    pub remarks: Vec<String>,
}

/// Lowers a model and reports on it.
pub fn report(path: &Path, options: &LoadOptions) -> Result<ModelReport, DriverError> {
    let context = ir::session();
    let loaded = driver::load(&context, path, options)?;
    let mut module = loaded.module;
    let file = shown_path(path);
    let passes = pipelines::lower_to_int_with(&["remarks=true"]);
    let diagnostics = driver::run(
        &context,
        &mut module,
        &file,
        "lowering to integers",
        &passes,
    )?;
    let layers = ir::main_function(&module)
        .map(|function| function.ops().into_iter().filter_map(layer).collect())
        .unwrap_or_default();
    let remarks = diagnostics
        .iter()
        .chain(&loaded.remarks)
        .map(ToString::to_string)
        .collect();
    Ok(ModelReport {
        model: file,
        layers,
        remarks,
    })
}

fn layer(op: Op<'_>) -> Option<Layer> {
    if onnx::is_constant(op)
        || onnx::is_none(op)
        || upstream::is_constant(op)
        || upstream::is_empty(op)
        // The same bits under another type.
        || matches!(upstream::Op::read(op), Some(upstream::Op::Bitcast))
    {
        return None;
    }
    let result = ir::type_of(ir::val(op.result(0).ok()?))?;
    let name = GraphOp::read(op).map_or_else(|| ir::op_name(op), |graph| graph.name().to_owned());
    let (macs, weight_bits) = contraction(op);
    Some(Layer {
        node: ir::node_name(op.location()).unwrap_or_default(),
        op: name,
        shape: result.shape,
        element: result.element.to_string(),
        integer: result.element != Element::F32 || qint::Op::read(op).is_some(),
        macs,
        weight_bits,
    })
}

/// Multiplications and weight bits of a loop nest that sums.
fn contraction(op: Op<'_>) -> (u64, u64) {
    let Some(upstream::Op::Generic(generic)) = upstream::Op::read(op) else {
        return (0, 0);
    };
    let multiplies = generic
        .body
        .iter()
        .any(|instr| matches!(instr, upstream::Instr::Integer(Integer::Mul, ..)));
    if !multiplies || !generic.iterators.contains(&IteratorKind::Reduction) {
        return (0, 0);
    }
    let types: Vec<_> = op
        .operands()
        .filter_map(|operand| ir::type_of(ir::val(operand)))
        .collect();
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let macs = generic.extents(&shapes).map_or(0, |extents| {
        extents
            .iter()
            .fold(1u64, |count, &extent| count.saturating_mul(extent as u64))
    });
    let weights = types.get(1).map_or(0, |ty| match ty.element {
        Element::Int { width, .. } => ty.shape.iter().product::<usize>() as u64 * u64::from(width),
        _ => 0,
    });
    (macs, weights)
}

impl fmt::Display for ModelReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.model)?;
        writeln!(
            formatter,
            "{:40} {:24} {:20} {:>6} {:>12} {:>12}",
            "node", "operation", "shape", "type", "MACs", "weight bits"
        )?;
        for layer in &self.layers {
            let shape: Vec<_> = layer.shape.iter().map(usize::to_string).collect();
            writeln!(
                formatter,
                "{:40} {:24} {:20} {:>6} {:>12} {:>12}",
                layer.node.shown().to_string(),
                layer.op,
                shape.join("x"),
                layer.element,
                layer.macs,
                layer.weight_bits
            )?;
        }
        let macs: u64 = self.layers.iter().map(|layer| layer.macs).sum();
        let bits: u64 = self.layers.iter().map(|layer| layer.weight_bits).sum();
        let float = self.layers.iter().filter(|layer| !layer.integer).count();
        write!(
            formatter,
            "{} operations, {float} of them float; {macs} integer MACs, {bits} weight bits",
            self.layers.len()
        )?;
        for remark in &self.remarks {
            write!(formatter, "\n{remark}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
