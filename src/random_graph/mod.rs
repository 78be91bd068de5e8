//! Random small graphs of level 0, for checking levels against each other.
//!
//! All scales and constants are powers of two or small dyadic numbers and all sums are small, so that float32
//! arithmetic is exact: levels must then agree on every bit, whatever the rounding modes, zero points, signs
//! and ties.

mod any;
mod rng;
#[cfg(test)]
mod tests;

pub use rng::Rng;

use melior::Context;
use melior::ir::operation::Operation;
use melior::ir::{Location, Module, Type};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Val};
use qonnx_dialects::onnx::{self, AutoPad, Conv, MaxPool};
use qonnx_dialects::qonnx::{self, IntQuant, Rounding};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::value::TensorType;

/// Builds a graph from a seed. Every graph begins with a quantizer, so that most of it becomes integer.
pub fn module(context: &Context, seed: u64) -> Module<'_> {
    build(context, Rng::new(seed), &mut |builder| {
        builder.quantizer();
        for _ in 0..1 + builder.rng.below(3) {
            builder.layer();
        }
    })
}

/// Builds a graph of any declared ops from choices, with inputs on which every value is finite.
pub fn any_module<'c>(context: &'c Context, choices: &[u32]) -> (Module<'c>, Vec<Tensor>) {
    let mut samples = Vec::new();
    let module = build(context, Rng::of_choices(choices), &mut |builder| {
        samples = builder.any_ops();
    });
    (module, samples)
}

fn build<'c>(
    context: &'c Context,
    mut rng: Rng,
    fill: &mut dyn FnMut(&mut Builder<'c>),
) -> Module<'c> {
    let location = Location::unknown(context);
    let module = Module::new(location);
    let image = rng.chance(1, 2);
    let shape = if image {
        vec![
            1 + rng.below(2),
            1 + rng.below(4),
            3 + rng.below(4),
            3 + rng.below(4),
        ]
    } else {
        vec![1 + rng.below(2), 1 + rng.below(9)]
    };
    let input = ir::tensor_type(context, &TensorType::f32(shape.clone()));
    let output = ir::unranked(context, Element::F32);
    let function = Function::create(
        context,
        &module,
        "main",
        &[(input, "x".into())],
        &[(output, "y".into())],
        location,
    );
    let value = function.arguments()[0];
    let mut builder = Builder {
        context,
        function,
        rng,
        value,
        shape,
        nodes: 0,
    };
    fill(&mut builder);
    ir::append_return(function.block(), &[builder.value], location);
    function.update_type(context);
    module
}

/// A random input of the graph's shape: multiples of 1/8, so that ties are frequent.
pub fn input(shape: &[usize], rng: &mut Rng) -> Tensor {
    let count = shape.iter().product();
    Tensor::f32(
        shape,
        (0..count)
            .map(|_| rng.between(-64, 64) as f32 / 8.0)
            .collect(),
    )
}

struct Builder<'c> {
    context: &'c Context,
    function: Function<'c>,
    rng: Rng,
    value: Val<'c>,
    shape: Vec<usize>,
    nodes: usize,
}

impl<'c> Builder<'c> {
    fn append(&mut self, operation: Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.function.block(), None, operation);
        ir::val(op.result(0).expect("every op built here has a result"))
    }

    fn location(&mut self, name: &str) -> Location<'c> {
        self.nodes += 1;
        let name = format!("{name}_{}", self.nodes);
        Location::name(self.context, &name, Location::unknown(self.context))
    }

    fn constant(&mut self, value: &Tensor) -> Val<'c> {
        let attribute = ir::elements_attribute(self.context, value);
        let location = Location::unknown(self.context);
        self.append(onnx::constant(self.context, attribute, location).expect("a static type"))
    }

    fn node(&mut self, op: impl Into<GraphOp>, operands: &[Val<'c>]) -> Val<'c> {
        let op = op.into();
        let location = self.location(op.name());
        let result: Type<'c> = ir::unranked(self.context, Element::F32);
        self.append(op.build(self.context, operands, &[result], location))
    }

    /// A shape that broadcasts along the channels, or a scalar.
    fn channel_shape(&mut self) -> Vec<usize> {
        if self.rng.chance(1, 3) {
            return Vec::new();
        }
        let mut shape = vec![1; self.shape.len()];
        shape[1] = self.shape[1];
        shape
    }

    /// A constant of small multiples of a power of two.
    fn dyadic(&mut self, shape: &[usize], least: i64, greatest: i64, unit: f32) -> Tensor {
        let count = shape.iter().product();
        let values = (0..count)
            .map(|_| self.rng.between(least, greatest) as f32 * unit)
            .collect();
        Tensor::f32(shape, values)
    }

    /// Powers of two of either sign.
    fn scales(&mut self, shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        let negative = self.rng.chance(1, 6);
        let values = (0..count)
            .map(|_| {
                f32::powi(2.0, self.rng.between(-3, 1) as i32) * if negative { -1.0 } else { 1.0 }
            })
            .collect();
        Tensor::f32(shape, values)
    }

    fn int_quant(&mut self, x: Val<'c>, shape: &[usize], bits: i64, zero_point: bool) -> Val<'c> {
        let scale = self.scales(shape);
        let zero_point = if zero_point {
            // Fractional zero points too.
            let unit = if self.rng.chance(1, 4) { 0.5 } else { 1.0 };
            self.dyadic(shape, -6, 6, unit)
        } else {
            Tensor::scalar(0.0)
        };
        let kind = IntQuant {
            is_signed: self.rng.chance(1, 2),
            narrow: self.rng.chance(1, 3),
            rounding_mode: Rounding::ALL[self.rng.below(Rounding::ALL.len())],
        };
        let bits = Tensor::scalar(bits as f32);
        let operands = [
            x,
            self.constant(&scale),
            self.constant(&zero_point),
            self.constant(&bits),
        ];
        self.node(qonnx::Op::IntQuant(kind), &operands)
    }

    fn quantizer(&mut self) {
        // Scales that differ between summed channels leave a contraction float; keep that the exception.
        let shape = if self.rng.chance(1, 3) {
            self.channel_shape()
        } else {
            Vec::new()
        };
        let value = self.value;
        self.value = if self.rng.chance(1, 6) {
            let scale = self.scales(&shape);
            let scale = self.constant(&scale);
            self.node(qonnx::Op::BipolarQuant, &[value, scale])
        } else {
            let bits = self.rng.between(1, 6);
            let zero_point = self.rng.chance(1, 3);
            self.int_quant(value, &shape, bits, zero_point)
        };
    }

    /// A contraction or pooling, elementwise operations, and a quantizer.
    fn layer(&mut self) {
        match (self.shape.len(), self.rng.below(4)) {
            (4, 0) => self.max_pool(),
            (4, 1) if self.shape[0] > 0 => self.flatten(),
            (4, _) => self.conv(),
            (_, 0) => self.bipolar_matmul(),
            _ => self.matmul(),
        }
        for _ in 0..self.rng.below(4) {
            self.elementwise();
        }
        if self.rng.chance(5, 6) {
            self.quantizer();
        }
    }

    fn matmul(&mut self) {
        let (depth, columns) = (self.shape[1], 1 + self.rng.below(5));
        let weights = self.dyadic(&[depth, columns], -8, 8, 0.25);
        let weights = self.constant(&weights);
        let scale = if self.rng.chance(1, 2) {
            vec![1, columns]
        } else {
            Vec::new()
        };
        let bits = self.rng.between(2, 4);
        let weights = self.int_quant(weights, &scale, bits, false);
        let value = self.value;
        self.value = self.node(onnx::Op::MatMul, &[value, weights]);
        self.shape[1] = columns;
    }

    fn bipolar_matmul(&mut self) {
        let (depth, columns) = (self.shape[1], 1 + self.rng.below(5));
        let weights = self.dyadic(&[columns, depth], -3, 3, 0.5);
        let weights = self.constant(&weights);
        let scale = Tensor::scalar(0.5);
        let scale = self.constant(&scale);
        let weights = self.node(qonnx::Op::BipolarQuant, &[weights, scale]);
        let weights = self.node(
            onnx::Op::Transpose(onnx::Transpose { perm: vec![1, 0] }),
            &[weights],
        );
        let value = self.value;
        self.value = self.node(onnx::Op::MatMul, &[value, weights]);
        self.shape[1] = columns;
    }

    fn conv(&mut self) {
        let channels = self.shape[1];
        let group = if self.rng.chance(1, 3) { channels } else { 1 };
        let outputs = group * (1 + self.rng.below(2));
        let kernel = [
            1 + self.rng.below(3).min(self.shape[2] - 1),
            1 + self.rng.below(3).min(self.shape[3] - 1),
        ];
        let conv = Conv {
            kernel_shape: None,
            strides: vec![1 + self.rng.below(2), 1 + self.rng.below(2)],
            pads: (0..4).map(|_| self.rng.below(2)).collect(),
            dilations: vec![1, 1],
            group,
            auto_pad: AutoPad::NotSet,
        };
        let extent = |axis: usize| {
            (self.shape[2 + axis] + conv.pads[axis] + conv.pads[2 + axis] - kernel[axis])
                / conv.strides[axis]
                + 1
        };
        let spatial = [extent(0), extent(1)];
        let weights = self.dyadic(
            &[outputs, channels / group, kernel[0], kernel[1]],
            -8,
            8,
            0.25,
        );
        let weights = self.constant(&weights);
        let scale = if self.rng.chance(1, 2) {
            vec![outputs, 1, 1, 1]
        } else {
            Vec::new()
        };
        let bits = self.rng.between(2, 4);
        let weights = self.int_quant(weights, &scale, bits, false);
        let bias = if self.rng.chance(1, 2) {
            let bias = self.dyadic(&[outputs], -9, 9, 0.125);
            self.constant(&bias)
        } else {
            let location = Location::unknown(self.context);
            self.append(onnx::none(self.context, location))
        };
        let value = self.value;
        self.value = self.node(onnx::Op::Conv(conv), &[value, weights, bias]);
        self.shape = vec![self.shape[0], outputs, spatial[0], spatial[1]];
    }

    fn max_pool(&mut self) {
        let kernel = 1 + self.rng.below(2.min(self.shape[2]).min(self.shape[3]));
        let pool = MaxPool {
            kernel_shape: vec![kernel, kernel],
            strides: vec![1 + self.rng.below(2); 2],
            pads: vec![usize::from(kernel > 1 && self.rng.chance(1, 3)); 4],
            dilations: vec![1, 1],
            ceil_mode: false,
            auto_pad: AutoPad::NotSet,
        };
        for axis in 2..4 {
            self.shape[axis] = (self.shape[axis] + 2 * pool.pads[0] - kernel) / pool.strides[0] + 1;
        }
        let value = self.value;
        self.value = self.node(onnx::Op::MaxPool(pool), &[value]);
    }

    fn flatten(&mut self) {
        let value = self.value;
        self.value = self.node(onnx::Op::Flatten(onnx::Flatten { axis: 1 }), &[value]);
        self.shape = vec![self.shape[0], self.shape[1..].iter().product()];
    }

    fn elementwise(&mut self) {
        let value = self.value;
        let shape = self.channel_shape();
        self.value = match self.rng.below(5) {
            0 => self.node(onnx::Op::Relu, &[value]),
            1 => {
                let scale = self.scales(&shape);
                let scale = self.constant(&scale);
                self.node(onnx::Op::Mul, &[value, scale])
            }
            2 => {
                let scale = self.scales(&shape);
                let scale = self.constant(&scale);
                self.node(onnx::Op::Div, &[value, scale])
            }
            3 => {
                let bias = self.dyadic(&shape, -20, 20, 0.125);
                let bias = self.constant(&bias);
                // The constant comes first in Brevitas exports.
                self.node(onnx::Op::Add, &[bias, value])
            }
            _ => {
                let bias = self.dyadic(&shape, -20, 20, 0.125);
                let bias = self.constant(&bias);
                self.node(onnx::Op::Sub, &[value, bias])
            }
        };
    }
}
