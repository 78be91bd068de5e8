//! The interpreter on small modules: every kind of op, following another run, and errors that name the node.

use super::{InterpError, Interpreter};
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir;
use qonnx_dialects::tensor::Tensor;

/// Runs the only function of a module.
fn run(source: &str, inputs: &[Tensor]) -> Result<Vec<Tensor>, InterpError> {
    let context = ir::session();
    let module = ir::parse_module(&context, source.as_bytes()).expect("the module parses");
    let function = ir::main_function(&module).expect("one function");
    Interpreter::new(function)?.run(inputs, &mut |_, _, _| {})
}

const GRAPH: &str = r#"
func.func @main(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<2x2xf32>) {
  %w = onnx.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> loc("w")
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %m = onnx.matmul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("MatMul_0")
  %q = qonnx.int_quant %m, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_0")
  return %q, %w : tensor<1x2xf32>, tensor<2x2xf32>
}
"#;

#[test]
fn graph_ops_and_returned_constants() {
    let outputs = run(GRAPH, &[Tensor::f32([1, 2], vec![0.25, 0.0])]).expect("it runs");
    // 0.25 / 0.5 is a tie that rounds to the even code 0; 0.5 / 0.5 is code 1.
    assert_eq!(outputs[0], Tensor::f32([1, 2], vec![0.0, 0.5]));
    assert_eq!(outputs[1], Tensor::f32([2, 2], vec![1.0, 2.0, 3.0, 4.0]));
}

#[test]
fn integer_program() {
    let source = r#"
#x = affine_map<(d0, d1, d2) -> (d0, d2)>
#w = affine_map<(d0, d1, d2) -> (d2, d1)>
#y = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func @main(%arg0: tensor<1x2xf32>) -> tensor<1x1x2xf32> {
  %w = arith.constant dense<[[1, -1], [-2, 1]]> : tensor<2x2xi2>
  %z = arith.constant dense<0> : tensor<1x2xi5>
  %q = qint.quantize %arg0 {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x2xf32>) -> tensor<1x2xui2>
  %b = tensor.bitcast %q : tensor<1x2xui2> to tensor<1x2xi2>
  %s = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]} ins(%b, %w : tensor<1x2xi2>, tensor<2x2xi2>) outs(%z : tensor<1x2xi5>) {
  ^bb0(%in: i2, %in_0: i2, %out: i5):
    %1 = arith.extui %in : i2 to i5
    %2 = arith.extsi %in_0 : i2 to i5
    %3 = arith.muli %1, %2 : i5
    %4 = arith.addi %out, %3 : i5
    linalg.yield %4 : i5
  } -> tensor<1x2xi5>
  %a = tensor.bitcast %s : tensor<1x2xi5> to tensor<1x2xsi5>
  %t = qint.threshold %a {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[-2, 1, 3]]> : tensor<1x3xi64>} : (tensor<1x2xsi5>) -> tensor<1x2xui2>
  %e = tensor.expand_shape %t [[0, 1], [2]] output_shape [1, 1, 2] : tensor<1x2xui2> into tensor<1x1x2xui2>
  %y = qint.dequantize %e {scale = dense<0.25> : tensor<f64>} : (tensor<1x1x2xui2>) -> tensor<1x1x2xf32>
  return %y : tensor<1x1x2xf32>
}
"#;
    // Codes 3 and 1: accumulators 3 - 2 = 1 and -3 + 1 = -2, which reach 2 and 1 thresholds.
    let outputs = run(source, &[Tensor::f32([1, 2], vec![9.0, 0.5])]).expect("it runs");
    assert_eq!(outputs, [Tensor::f32([1, 1, 2], vec![0.5, 0.25])]);
}

/// The second and third constant are not held from one run to the next, and not read before they are needed.
#[test]
fn many_weights_are_read_when_they_are_needed() {
    let source = r"
func.func @main(%x: tensor<2xi4>) -> (tensor<2xi4>, tensor<1xi4>, tensor<2xi4>, tensor<6000000xi4>) {
  %a = arith.constant dense<-3> : tensor<6000000xi4>
  %b = arith.constant dense<5> : tensor<6000000xi4>
  %c = arith.constant dense<-8> : tensor<6000000xi4>
  %unused = arith.constant dense<1> : tensor<900000x900000xi4>
  %1 = tensor.extract_slice %a[7] [2] [3] : tensor<6000000xi4> to tensor<2xi4>
  %2 = tensor.extract_slice %b[9] [1] [1] : tensor<6000000xi4> to tensor<1xi4>
  %3 = tensor.extract_slice %b[5999998] [2] [1] : tensor<6000000xi4> to tensor<2xi4>
  return %1, %2, %3, %c : tensor<2xi4>, tensor<1xi4>, tensor<2xi4>, tensor<6000000xi4>
}
";
    let context = ir::session();
    let module = ir::parse_module(&context, source.as_bytes()).expect("the module parses");
    let function = ir::main_function(&module).expect("one function");
    let interpreter = Interpreter::new(function).expect("it can be interpreted");
    let kept = interpreter
        .steps()
        .iter()
        .filter_map(|step| step.constant());
    assert_eq!(kept.count(), 1);
    for _ in 0..2 {
        let input = Tensor::int(4, [2], vec![0, 0]);
        let outputs = interpreter.run(&[input], &mut |_, _, _| {});
        let outputs = outputs.expect("it runs");
        assert_eq!(outputs[0], Tensor::int(4, [2], vec![-3, -3]));
        assert_eq!(outputs[1], Tensor::int(4, [1], vec![5]));
        assert_eq!(outputs[2], Tensor::int(4, [2], vec![5, 5]));
        assert_eq!(outputs[3], Tensor::int(4, [6_000_000], vec![-8; 6_000_000]));
    }
}

#[test]
fn slices_and_uninitialised_tensors() {
    let source = r#"
func.func @main(%x: tensor<2xi4>) -> (tensor<3xi4>, tensor<1xi4>) {
  %e = tensor.empty() : tensor<3xi4>
  %p = tensor.insert_slice %x into %e[1] [2] [1] : tensor<2xi4> into tensor<3xi4>
  %s = tensor.extract_slice %p[2] [1] [1] : tensor<3xi4> to tensor<1xi4>
  return %p, %s : tensor<3xi4>, tensor<1xi4>
}
"#;
    let outputs = run(source, &[Tensor::int(4, [2], vec![-8, 7])]).expect("it runs");
    assert_eq!(
        outputs,
        [
            Tensor::int(4, [3], vec![0, -8, 7]),
            Tensor::int(4, [1], vec![7])
        ]
    );
}

#[test]
fn absent_operands_are_absent() {
    let source = r#"
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %none = onnx.none
  %hi = onnx.constant dense<1.0> : tensor<f32>
  %y = onnx.clip %x, %none, %hi : (tensor<2xf32>, none, tensor<f32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
"#;
    let outputs = run(source, &[Tensor::f32([2], vec![-5.0, 5.0])]).expect("it runs");
    assert_eq!(outputs, [Tensor::f32([2], vec![-5.0, 1.0])]);
}

#[test]
fn an_observer_sees_every_op_and_can_change_what_follows() {
    let context = ir::session();
    let module = ir::parse_module(&context, GRAPH.as_bytes()).expect("the module parses");
    let function = ir::main_function(&module).expect("one function");
    let interpreter = Interpreter::new(function).expect("it can be interpreted");
    let mut nodes = Vec::new();
    let outputs = interpreter
        .run(
            &[Tensor::f32([1, 2], vec![0.0, 0.0])],
            &mut |op, operands, results| {
                let node = ir::node_name(op.location()).expect("nodes are named");
                if node == "MatMul_0" {
                    results[0] = Tensor::f32([1, 2], vec![10.0, -10.0]);
                }
                nodes.push((node, operands.len()));
            },
        )
        .expect("it runs");
    assert_eq!(nodes, [("MatMul_0".into(), 2), ("Quant_0".into(), 4)]);
    assert_eq!(outputs[0], Tensor::f32([1, 2], vec![1.5, -2.0]));
}

#[test]
fn errors_name_what_is_wrong() {
    let message = |source: &str, inputs: &[Tensor]| {
        run(source, inputs)
            .expect_err("it must be refused")
            .to_string()
    };
    let wrong = [Tensor::f32([2], vec![0.0; 2])];
    assert_eq!(
        message(GRAPH, &wrong),
        "input 0: expected tensor<1x2xf32>, found tensor<2xf32>"
    );
    assert_eq!(
        message(GRAPH, &[]),
        "input 0: expected tensor<1x2xf32>, found nothing"
    );
    let input = Tensor::f32([1, 2], vec![0.0; 2]);
    assert_eq!(
        message(GRAPH, &[input.clone(), input]),
        "input 1: expected no more inputs, found tensor<1x2xf32>"
    );
    let elided = r#"
func.func @main() -> tensor<4xf32> {
  %w = onnx.constant dense_resource<__elided__> : tensor<4xf32> loc("weights")
  return %w : tensor<4xf32>
}
"#;
    assert!(message(elided, &[]).starts_with("node 'weights': 'onnx.constant' op has no elements"));
    let foreign = r#"
func.func @main(%x: i32) -> i32 {
  %y = arith.addi %x, %x : i32 loc("sum")
  return %y : i32
}
"#;
    assert!(message(foreign, &[]).starts_with("node 'sum': 'arith.addi' op is of no level"));
    let quotient = r#"
func.func @main(%x: tensor<1xi64>) -> tensor<1xi64> {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %y = onnx.div %x, %zero : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64> loc("Div_7")
  return %y : tensor<1xi64>
}
"#;
    assert!(message(quotient, &[Tensor::i64([1], vec![1])]).starts_with("node 'Div_7': 'Div' op"));
}
