//! Compiled code against the interpreter, bit for bit: native code in this process, and C that the system's compiler took
//! without a warning and that undefined behaviour would end.

mod float;
mod integer;
mod kinds;
mod loops;

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, Module};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, BlockHandle, Function, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::qint;
use qonnx_dialects::qonnx::Rounding;
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::upstream;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::word::Word;
use qonnx_passes::pipelines::lower_to_int;

use super::llvm::JitModel;
use super::{Network, Runner, c};
use crate::interp::Interpreter;
use crate::random_graph::{self, Rng};

/// A network under construction.
struct Net<'c> {
    context: &'c Context,
    block: BlockHandle<'c>,
}

impl<'c> Net<'c> {
    fn append(&self, operation: melior::ir::operation::Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.block, None, operation);
        ir::val(op.result(0).expect("one result"))
    }

    fn location(&self) -> Location<'c> {
        Location::unknown(self.context)
    }

    fn constant(&self, value: &Tensor) -> Val<'c> {
        let attribute = ir::elements_attribute(self.context, value);
        self.append(onnx::constant(self.context, attribute, self.location()).expect("static type"))
    }

    fn qint(&self, op: &qint::Op, operand: Val<'c>, element: Element) -> Val<'c> {
        let shape = ir::type_of(operand).expect("static").shape;
        let ty = TensorType::new(shape, element);
        self.append(op.build(
            self.context,
            &[operand],
            ir::tensor_type(self.context, &ty),
            self.location(),
        ))
    }

    /// The bits of integers, read as signed or unsigned ones.
    fn read(&self, n: Val<'c>, signed: bool) -> Val<'c> {
        let element = ir::type_of(n).expect("static").element;
        let word = Word {
            bits: element.width(),
            signed,
        };
        let cast = upstream::bitcast(self.context, n, word.element(), self.location());
        self.append(cast)
    }

    /// The integers of a float tensor that holds integers.
    fn integers(&self, x: Val<'c>, width: u32, signed: bool) -> Val<'c> {
        let half = 2f32.powi(width as i32 - 1);
        let (lo, hi) = if signed {
            (-half, half - 1.0)
        } else {
            (0.0, 2.0 * half - 1.0)
        };
        let op = qint::Quantize {
            scale: Tensor::scalar(1.0),
            zero_point: Tensor::scalar(0.0),
            lo,
            hi,
            rounding_mode: Rounding::Round,
            bipolar: false,
            fraction_bits: 0,
        };
        let word = Word {
            bits: width,
            signed,
        };
        self.qint(&qint::Op::Quantize(op), x, word.element())
    }

    /// The real numbers of integers.
    fn reals(&self, n: Val<'c>) -> Val<'c> {
        let scale = Tensor::new(vec![], Data::F64(vec![1.0]));
        let op = qint::Op::Dequantize(qint::Dequantize { scale });
        self.qint(&op, n, Element::F32)
    }

    /// An operand that is left out.
    fn absent(&self) -> Val<'c> {
        self.append(onnx::none(self.context, self.location()))
    }

    /// A graph op; its first result.
    fn graph(&self, op: impl Into<GraphOp>, operands: &[Val<'c>]) -> Val<'c> {
        self.graph_results(op, operands)[0]
    }

    fn graph_results(&self, op: impl Into<GraphOp>, operands: &[Val<'c>]) -> Vec<Val<'c>> {
        let op = op.into();
        let known: Vec<_> = operands
            .iter()
            .map(|value| ir::type_of(*value).map(|ty| (ty, ir::constant_tensor(*value))))
            .collect();
        let infos: Vec<_> = known
            .iter()
            .map(|entry| {
                entry
                    .as_ref()
                    .map(|(ty, value)| qonnx_dialects::value::ValueInfo {
                        ty,
                        value: value.as_ref(),
                    })
            })
            .collect();
        let types: Vec<_> = op
            .infer(&infos)
            .unwrap_or_else(|error| panic!("{error}"))
            .iter()
            .map(|ty| ir::tensor_type(self.context, ty))
            .collect();
        let built = ir::build_op(
            self.block,
            None,
            op.build(self.context, operands, &types, self.location()),
        );
        built.results().map(ir::val).collect()
    }
}

/// Builds a network with `outputs` outputs from its inputs, and compares compiled code with the interpreter on
/// every sample.
fn check(
    inputs: &[TensorType],
    outputs: usize,
    samples: &[Vec<Tensor>],
    build: impl for<'c> FnOnce(&Net<'c>, &[Val<'c>]) -> Vec<Val<'c>>,
) {
    let context = ir::session();
    let location = Location::unknown(&context);
    let module = Module::new(location);
    let named = |count: usize, prefix: &str| {
        (0..count)
            .map(|at| Foreign::new(format!("{prefix}{at}")))
            .collect::<Vec<_>>()
    };
    let inputs: Vec<_> = inputs
        .iter()
        .map(|ty| ir::tensor_type(&context, ty))
        .zip(named(inputs.len(), "x"))
        .collect();
    let types = vec![ir::tensor_type(&context, &TensorType::f32([1])); outputs];
    let results: Vec<_> = types.into_iter().zip(named(outputs, "y")).collect();
    let function = Function::create(&context, &module, "main", &inputs, &results, location);
    let net = Net {
        context: &context,
        block: function.block(),
    };
    let values = build(&net, &function.arguments());
    assert_eq!(values.len(), outputs);
    ir::append_return(function.block(), &values, location);
    function.update_type(&context);
    agree(&context, &module, samples);
}

/// Compares compiled code with the interpreter on every sample.
fn agree<'c>(context: &'c Context, module: &Module<'c>, samples: &[Vec<Tensor>]) {
    let interpreter = Interpreter::new(ir::main_function(module).expect("a network"))
        .expect("constants are there");
    let failed = |error: super::BackendError| -> ! {
        panic!("{error}\n{}", ir::print_module(module, true, false))
    };
    let native = JitModel::new(context, module).unwrap_or_else(|error| failed(error));
    let network = Network {
        context,
        module,
        name: &"a network".into(),
    };
    let portable = c::load(network, c::STRICT).unwrap_or_else(|error| failed(error));
    let runners: [(&str, &dyn Runner); 2] = [("cpu", &native), ("c", &portable)];
    for (name, runner) in runners {
        let found = runner
            .run_all(samples)
            .unwrap_or_else(|error| failed(error));
        for (sample, found) in samples.iter().zip(found) {
            let expected = interpreter
                .run(sample, &mut |_, _, _| {})
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(found.len(), expected.len());
            for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
                compare((name, number), found, expected, sample, module);
            }
        }
    }
}

fn compare(
    (backend, output): (&str, usize),
    found: &Tensor,
    expected: &Tensor,
    sample: &[Tensor],
    module: &Module<'_>,
) {
    assert_eq!(TensorType::of(found), TensorType::of(expected));
    // NaN is one number.
    let bits = |tensor: &Tensor| -> Vec<u64> {
        let of = |value: f64| if value.is_nan() { f64::NAN } else { value };
        match &tensor.data {
            Data::Int { values, .. } => values.iter().map(|&value| value as u64).collect(),
            _ => tensor
                .to_f64()
                .into_iter()
                .map(|x| of(x).to_bits())
                .collect(),
        }
    };
    let (found_bits, expected_bits) = (bits(found), bits(expected));
    let differs = (0..found_bits.len()).find(|&at| found_bits[at] != expected_bits[at]);
    if let Some(at) = differs {
        panic!(
            "output {output}, element {at}: {backend} {:?}, interpreter {:?}, of {:?}\n{}",
            found.to_f64()[at],
            expected.to_f64()[at],
            sample
                .iter()
                .map(|input| input.to_f64().get(at).copied())
                .collect::<Vec<_>>(),
            ir::print_module(module, true, false)
        );
    }
}

/// Numbers that rounding, comparing and limiting trip over.
fn awkward() -> Vec<f32> {
    let mut values: Vec<f32> = (-40..=40).map(|n| n as f32 / 4.0).collect();
    values.extend([
        0.0,
        -0.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MIN_POSITIVE,
        1e-40,
        -1e-40,
    ]);
    values.extend([
        0.499_999_97,
        -0.499_999_97,
        8_388_609.0,
        16_777_215.0,
        -16_777_215.0,
        3e9,
        -3e9,
        1e38,
        -1e38,
    ]);
    values.extend([
        0.3,
        0.1,
        -0.7,
        100.7,
        -88.1,
        88.8,
        709.0,
        1.000_000_1,
        std::f32::consts::PI,
    ]);
    values
}

/// One-dimensional `f32` values.
fn row(values: Vec<f32>) -> Tensor {
    Tensor::f32([values.len()], values)
}

#[test]
fn random_graphs_agree() {
    qonnx_passes::register();
    for seed in 0..60 {
        let context = ir::session();
        let mut module = random_graph::module(&context, seed);
        run_pipeline(
            &context,
            &mut module,
            &format!("builtin.module({})", lower_to_int()),
        )
        .unwrap_or_else(|_| panic!("seed {seed}: the pipeline failed"));
        let function = ir::main_function(&module).expect("one function");
        let shape = ir::type_of(function.arguments()[0]).expect("static").shape;
        let mut rng = Rng::new(seed + 1);
        let samples: Vec<_> = (0..4)
            .map(|_| vec![random_graph::input(&shape, &mut rng)])
            .collect();
        agree(&context, &module, &samples);
    }
}
