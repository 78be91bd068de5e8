//! `qint.dequantize`: `f32(f64(n) * scale)`.

use qonnx_dialects::qint::Dequantize;
use qonnx_dialects::upstream::{Convert, Float, Scalar};
use qonnx_dialects::value::TensorType;

use super::{Machine, Parameters};
use crate::cpu::emit::Emitter;

/// Lowers the op.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Dequantize,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Machine<'c> {
    let mut parameters = Parameters::new(operand.value, result.shape.len());
    let scale = parameters.add_broadcast(emit, &op.scale);
    let value = emit.map(&parameters.operands, result, |scalars, elements| {
        let number = operand
            .register(elements[0])
            .read(scalars, signed)
            .to_f64(scalars);
        let scale = parameters.get(scalars, elements, &scale);
        let product = scalars.binary(Float::Mul, number, scale);
        scalars.convert(Convert::TruncF, product, Scalar::F32)
    });
    Machine::float(value)
}
