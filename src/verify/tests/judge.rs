//! One sample's verdict: what a backend decides otherwise than the graph, and what an explanation does not cover.

use super::super::judge::{Judged, Subject};
use super::super::lockstep::follow;
use super::*;
use crate::integers::{Kind, NOT_A_NUMBER, OF_NOT_A_NUMBER};

/// The reports of the graph and of the integer program on one sample with expected outputs.
fn reports(integer: &str, x: [f32; 2], expected: [f32; 2]) -> [BackendReport; 2] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["graph.mlir", "int.mlir"].map(|name| folder.path().join(name));
    std::fs::write(&paths[0], GRAPH).expect("writable");
    std::fs::write(&paths[1], integer).expect("writable");
    let models = paths.map(|path| Model::new(&path, &LoadOptions::default()).expect("it is read"));
    let engines = [
        models[0].engine(Backend::Interp).expect("it can be run"),
        models[1].engine(Backend::Int).expect("it can be run"),
    ];
    let sample = vec![Tensor::f32([1, 2], x.to_vec())];
    let one = std::slice::from_ref(&sample);
    let traces = [0, 1].map(|at: usize| engines[at].run(one).expect("it runs").remove(0));
    let comparison = Comparison {
        number: 0,
        sample: &sample,
        outputs: &["y".into()],
        tolerance: 1e-5,
    };
    let mut subjects = [0, 1].map(|at: usize| Subject::new(&engines[at], None, Instant::now()));
    let mut judged = Judged {
        comparison: &comparison,
        engines: &engines,
        traces: &traces,
        subjects: &mut subjects,
    };
    judged.levels().expect("it can be compared");
    let interpreter = engines[0].interpreter().expect("a level");
    let mut search = Search::new(interpreter, 64);
    let expected = [Tensor::f32([1, 2], expected.to_vec())];
    judged
        .expected(&expected, Some(&mut search))
        .expect("it can be compared");
    subjects.map(|subject| subject.report)
}

/// What is flipped: element, the graph's integer, the chosen one, and by whom.
fn flips(report: &BackendReport) -> Vec<(usize, Number, Number, Side)> {
    let [unexpected] = &report.unexpected[..] else {
        panic!("{:?}", report.unexpected)
    };
    let Explanation::Shown { flipped, .. } = &unexpected.explanation else {
        panic!("{unexpected:?}")
    };
    let of = |one: &Flipped| (one.element, one.graph, one.chosen, one.side);
    flipped.iter().map(of).collect()
}

const ONE: Number = Number::Integer(1);
const TWO: Number = Number::Integer(2);

#[test]
fn a_backends_own_decisions_are_told_from_those_that_explain() {
    // A program that asks for 0.4 decides 0.3 / 0.2 the other way than the graph does.
    let other = INTEGER.replace("THRESHOLD", "4");
    let [graph, int] = reports(&other, [0.3, 0.4], [0.4, 0.4]);
    assert!(graph.passed() && graph.unexpected.is_empty() && int.passed());
    assert_eq!(flips(&int), [(0, TWO, ONE, Side::Found)]);
    let [graph, int] = reports(&other, [0.3, 0.4], [0.2, 0.4]);
    assert!(graph.passed() && int.passed() && int.unexpected.is_empty());
    assert_eq!(flips(&graph), [(0, TWO, ONE, Side::Expected)]);
    let [graph, int] = reports(&other, [0.3, 0.3], [0.2, 0.4]);
    assert!(graph.passed() && int.passed());
    assert_eq!(flips(&graph), [(0, TWO, ONE, Side::Expected)]);
    assert_eq!(
        flips(&int),
        [(0, TWO, ONE, Side::Both), (1, TWO, ONE, Side::Found)]
    );
    // What the graph cannot give is not explained by what the backend decides otherwise.
    let [graph, int] = reports(&other, [0.3, 0.4], [0.4, 0.2]);
    for report in [graph, int] {
        assert!(!report.passed());
        let explanation = &report.unexpected[0].explanation;
        assert_eq!(*explanation, Explanation::NoChoice { near: 1 });
    }
}

#[test]
fn an_explanation_does_not_cover_a_wrong_backend() {
    // A program that asks for 0.5 gives 1 to 0.4, which is wrong; the expected outputs are those of the graph.
    let wrong = INTEGER.replace("THRESHOLD", "5");
    for expected in [[0.4, 0.4], [0.2, 0.4]] {
        let [graph, int] = reports(&wrong, [0.3, 0.4], expected);
        assert!(graph.passed() && !int.passed());
        let [unexpected] = &int.unexpected[..] else {
            panic!("{:?}", int.unexpected)
        };
        assert!(!unexpected.explained);
        assert_eq!(unexpected.explanation, Explanation::Different);
    }
}

#[test]
fn two_tolerances_are_not_one() {
    // 2 * 0.2000045 is within the tolerance of the graph's 0.4, which is within that of what is expected.
    let off = INTEGER.replace("THRESHOLD", "3").replace(
        "scale = dense<0.2> : tensor<f64>",
        "scale = dense<0.2000045> : tensor<f64>",
    );
    let [graph, int] = reports(&off, [0.4, 0.4], [0.399_992, 0.4]);
    assert!(graph.passed() && graph.unexpected.is_empty());
    assert_eq!(int.outcome, Outcome::Equal);
    assert!(!int.passed());
    assert_eq!(int.unexpected[0].explanation, Explanation::Beyond);
}

#[test]
fn nan_is_no_number_in_expected_outputs() {
    let program = INTEGER.replace("THRESHOLD", "3");
    // The graph gives NaN, the program 0 for want of an integer: that is listed where NaN is expected ...
    let [graph, int] = reports(&program, [f32::NAN, 0.4], [f32::NAN, f32::NAN]);
    assert!(graph.passed() && graph.unexpected.is_empty());
    assert!(int.passed() && int.not_numbers > 0);
    let nan = |number| matches!(number, Number::Real(x) if x.is_nan());
    assert!(flips(&int).iter().all(|(_, graph, chosen, side)| {
        nan(*graph) && *chosen == Number::Integer(0) && *side == Side::Found
    }));
    // ... and is no excuse for anything else.
    for expected in [[f32::NAN, 0.4], [0.0, f32::NAN], [0.2, 0.4], [1.0, 1.0]] {
        let [graph, int] = reports(&program, [f32::NAN, 0.4], expected);
        assert!(!graph.passed() && !int.passed(), "{expected:?}");
    }
    // The graph's NaN is not the program's number either.
    let [graph, int] = reports(&program, [f32::NAN, 0.4], [0.0, 0.4]);
    assert!(!graph.passed() && int.passed());
}

#[test]
fn what_stands_for_nan_is_known() {
    let (_folder, graph, integer) = modules("3");
    let load = |path: &Path| Model::new(path, &LoadOptions::default()).expect("it can be read");
    let (graph, integer) = (load(&graph), load(&integer));
    let graph = graph.engine(Backend::Interp).expect("it can be run");
    let integer = integer.engine(Backend::Int).expect("it can be run");
    let sample = vec![Tensor::f32([1, 2], vec![f32::NAN, 0.4])];
    let one = std::slice::from_ref(&sample);
    let trace = integer.run(one).expect("it runs").remove(0);
    assert_eq!(trace.integers[0].n[0], OF_NOT_A_NUMBER);
    let follow = |of_nan: i64, kind: Kind| {
        let mut trace = trace.clone();
        trace.integers[0].n[0] = of_nan;
        trace.integers[0].kind = kind;
        let interpreter = graph.interpreter().expect("a level");
        let followed = follow(graph.function, interpreter, &sample, &trace).expect("it runs");
        let of_node = |flips: &[super::super::lockstep::Flip]| {
            flips
                .iter()
                .filter(|flip| flip.node.name == "Quant_in")
                .count()
        };
        (of_node(&followed.not_numbers), of_node(&followed.wrong))
    };
    assert_eq!(follow(OF_NOT_A_NUMBER, Kind::Integers), (1, 0));
    for other in [-1, 1, 7] {
        assert_eq!(follow(other, Kind::Integers), (0, 1), "{other}");
    }
    // A level that keeps float carriers has NaN itself.
    assert_eq!(follow(NOT_A_NUMBER, Kind::Carriers), (0, 0));
    assert_eq!(follow(OF_NOT_A_NUMBER, Kind::Carriers), (0, 1));
    // Where the graph has a number, NaN is wrong.
    let mut nan = trace.clone();
    nan.integers[0].n[1] = NOT_A_NUMBER;
    let interpreter = graph.interpreter().expect("a level");
    let followed = super::super::lockstep::follow(graph.function, interpreter, &sample, &nan);
    assert_eq!(followed.expect("it runs").wrong[0].element, 1);
}

/// A sum of two numbers next to the greatest of float32: it is 0, and its noise is not finite.
const OVERFLOWING: &str = r#"
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x1xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<3.0e+38> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0], [-1.0]]> : tensor<2x1xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_in")
  %m = onnx.matmul %q, %w : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32> loc("MatMul_0")
  %y = qonnx.int_quant %m, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1xf32> loc("Quant_out")
  return %y : tensor<1x1xf32>
}
"#;

#[test]
fn noise_that_is_not_finite_excuses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("graph.mlir");
    std::fs::write(&path, OVERFLOWING).expect("writable");
    let model = Model::new(&path, &LoadOptions::default()).expect("it can be read");
    let engine = model.engine(Backend::Interp).expect("it can be run");
    let interpreter = engine.interpreter().expect("a level");
    let sample = vec![Tensor::f32([1, 2], vec![3.0e38, 3.0e38])];
    let run = engine.run(std::slice::from_ref(&sample)).expect("it runs");
    assert_eq!(run[0].outputs[0].to_f32(), [0.0]);
    for other in [1, 7, 15] {
        let mut trace = run[0].clone();
        trace.integers[1].n[0] = other;
        let followed = follow(engine.function, interpreter, &sample, &trace).expect("it runs");
        assert_eq!((followed.boundary.len(), followed.wrong.len()), (0, 1));
    }
    let mut search = Search::new(interpreter, 64);
    let expected = [Tensor::f32([1, 1], vec![0.2])];
    let goal = super::super::explain::Goal {
        expected: &expected,
        tolerance: 1e-5,
    };
    let found = search.explain(&sample, goal).expect("it runs");
    assert_eq!(found.explanation, Explanation::NoElement);
}
