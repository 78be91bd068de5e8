//! Networks of a few ops, reduced by tests that look at the text.

use super::*;
use qonnx_dialects::ir::parse_module;
use std::cell::RefCell;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Three branches: `onnx.tanh` is the odd op.
const NETWORK: &str = r#"
func.func private @helper(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}, %y: tensor<2xf32> {onnx.name = "y"})
    -> (tensor<2xf32> {onnx.name = "a"}, tensor<2xf32> {onnx.name = "b"}) {
  %w = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = onnx.relu %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.add %0, %w : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %2 = onnx.tanh %1 : (tensor<2xf32>) -> tensor<2xf32>
  %3 = onnx.add %2, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %4 = onnx.relu %3 : (tensor<2xf32>) -> tensor<2xf32>
  %5 = onnx.abs %y : (tensor<2xf32>) -> tensor<2xf32>
  return %4, %5 : tensor<2xf32>, tensor<2xf32>
}
"#;

/// What is left of a text if `interesting` says of each candidate whether it is; every candidate is a module.
fn reduced(
    source: &str,
    max_tests: usize,
    interesting: impl Fn(&str) -> bool,
) -> Result<Reduced, ReduceError> {
    let context = ir::session();
    let module = parse_module(&context, source.as_bytes()).expect("a module");
    let seen = RefCell::new(Vec::new());
    let judge = |text: &str| {
        let again = ir::session();
        assert!(parse_module(&again, text.as_bytes()).is_some(), "{text}");
        seen.borrow_mut().push(text.to_owned());
        let status = i32::from(!interesting(text)) << 8;
        Ok(Ended::Status(ExitStatus::from_raw(status)))
    };
    let mut tell = |_: &Step| {};
    let mut search = Search::new(&context, module, &judge, max_tests, &mut tell);
    if search.begin()?.is_some() {
        return Err(ReduceError::NotInteresting {
            file: String::new(),
            ended: String::new(),
        });
    }
    let reduced = search.finish()?;
    assert!(seen.borrow().contains(&reduced.text), "it was tested");
    assert!(seen.borrow().len() <= max_tests.max(2));
    Ok(reduced)
}

#[test]
fn one_odd_op_is_all_that_is_left() {
    let found = reduced(NETWORK, 1000, |text| text.contains("= onnx.tanh")).expect("interesting");
    assert!(found.complete);
    let expected = "module {
  func.func @main(%arg0: tensor<2xf32>) {
    %0 = onnx.tanh %arg0 : (tensor<2xf32>) -> tensor<2xf32>
    return
  }
}
";
    assert_eq!(found.text, expected);
    let again = reduced(NETWORK, 1000, |text| text.contains("= onnx.tanh")).expect("interesting");
    assert_eq!(again, found);
}

/// A test may need both ends of a path: what is between them is passed over.
#[test]
fn ops_between_two_others_go() {
    let path = |text: &str| {
        let made = text.lines().find(|line| line.contains("= onnx.tanh"));
        let Some((operand, _)) =
            made.and_then(|line| line.split_once("= onnx.tanh ")?.1.split_once(' '))
        else {
            return false;
        };
        // Still computed from an argument by something.
        text.contains(&format!("{operand} = ")) && text.contains("\"x\"")
    };
    let found = reduced(NETWORK, 1000, path).expect("interesting");
    assert_eq!(found.last.ops, 3, "{}", found.text);
    assert!(!found.text.contains("helper"), "{}", found.text);
}

#[test]
fn constants_become_splats() {
    let found = reduced(NETWORK, 1000, |text| text.contains("= onnx.constant"));
    let text = found.expect("interesting").text;
    assert!(
        text.contains("dense<1.000000e+00> : tensor<2xf32>"),
        "{text}"
    );
}

#[test]
fn the_search_ends_after_so_many_tests() {
    for max_tests in [1, 2, 3, 7] {
        let found = reduced(NETWORK, max_tests, |text| text.contains("= onnx.tanh"));
        let found = found.expect("interesting");
        assert!(!found.complete && found.last.tests <= max_tests);
        assert!(found.text.contains("= onnx.tanh"));
    }
}

#[test]
fn a_model_that_is_not_interesting_is_refused() {
    let outcome = reduced(NETWORK, 1000, |text| text.contains("= onnx.sin"));
    assert!(matches!(outcome, Err(ReduceError::NotInteresting { .. })));
}

/// Names of nodes stay only where the test looks for them.
#[test]
fn names_of_nodes_stay_if_they_matter() {
    let named = r#"func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = onnx.relu %x : (tensor<2xf32>) -> tensor<2xf32> loc("first")
  %1 = onnx.tanh %0 : (tensor<2xf32>) -> tensor<2xf32> loc("second")
  return %1 : tensor<2xf32>
}"#;
    let found = reduced(named, 1000, |text| text.contains("\"second\"")).expect("interesting");
    assert!(!found.text.contains("relu"), "{}", found.text);
    let found = reduced(named, 1000, |text| text.contains("tanh")).expect("interesting");
    assert!(!found.text.contains("second"), "{}", found.text);
}

/// Functions of loops, with values that regions use.
#[test]
fn regions_go_with_their_ops() {
    let loops = r#"func.func @main(%m: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %f = arith.constant 1.0 : f32
  scf.for %i = %c0 to %c4 step %c1 {
    %g = arith.addf %f, %f : f32
    memref.store %g, %m[%i] : memref<4xf32>
  }
  %v = memref.load %m[%c1] : memref<4xf32>
  %s = math.sqrt %v : f32
  memref.store %s, %m[%c0] : memref<4xf32>
  return
}"#;
    let found = reduced(loops, 1000, |text| text.contains("= math.sqrt")).expect("interesting");
    assert!(!found.text.contains(" scf.for"), "{}", found.text);
    let found = reduced(loops, 1000, |text| text.contains(" scf.for")).expect("interesting");
    assert!(!found.text.contains("sqrt"), "{}", found.text);
}
