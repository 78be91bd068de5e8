//! Verification finds planted mistakes, names them, and excuses only what float32 noise explains.

mod explain;
mod judge;
mod mutations;

use super::compare::Comparison;
use super::lockstep::{Followed, follow};
use super::replay::{Decisions, Replay, Run};
use super::*;
use crate::interp::Interpreter;
use crate::random_graph::{self, Rng};
use crate::samples::Sample;
use qonnx_dialects::ir;
use qonnx_dialects::tensor::Tensor;
use std::path::PathBuf;

/// Codes of `x / 0.1` in 0..=15, passed through a product with the identity, and codes of that over 0.2.
const GRAPH: &str = r#"
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_in")
  %m = onnx.matmul %q, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("MatMul_0")
  %y = qonnx.int_quant %m, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_out")
  return %y : tensor<1x2xf32>
}
"#;

/// The same network at level 2; `THRESHOLD` is the accumulator from which on the second code is reached.
const INTEGER: &str = r#"
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 15.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND", scale = dense<0.1> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x2xf32>) -> tensor<1x2xui4> loc("Quant_in")
  %n = qint.threshold %q {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[2, THRESHOLD, 6, 7, 10, 11, 14, 15]]> : tensor<1x8xi64>} : (tensor<1x2xui4>) -> tensor<1x2xui4> loc("Quant_out")
  %y = qint.dequantize %n {scale = dense<0.2> : tensor<f64>} : (tensor<1x2xui4>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
"#;

/// A folder with both modules.
fn modules(threshold: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (graph, integer) = (
        folder.path().join("graph.mlir"),
        folder.path().join("int.mlir"),
    );
    std::fs::write(&graph, GRAPH).expect("writable");
    std::fs::write(&integer, INTEGER.replace("THRESHOLD", threshold)).expect("writable");
    (folder, graph, integer)
}

/// What comparing the graph with the integer program says about one sample.
fn verdict(threshold: &str, x: [f32; 2]) -> BackendReport {
    let (_folder, graph, integer) = modules(threshold);
    let load = |path: &Path| Model::new(path, &LoadOptions::default()).expect("it can be read");
    let (graph, integer) = (load(&graph), load(&integer));
    let graph = graph.engine(Backend::Interp).expect("it can be run");
    let integer = integer.engine(Backend::Int).expect("it can be run");
    let sample = vec![Tensor::f32([1, 2], x.to_vec())];
    let run = |engine: &Engine<'_>| {
        engine
            .run(std::slice::from_ref(&sample))
            .expect("it runs")
            .remove(0)
    };
    let outputs = ["y".into()];
    let comparison = Comparison {
        number: 5,
        sample: &sample,
        outputs: &outputs,
        tolerance: 1e-5,
    };
    let mut entry = BackendReport::new("int", Some("interp"));
    comparison
        .graph(&mut entry, &graph, &run(&graph), &run(&integer))
        .expect("it can be compared");
    entry
}

#[test]
fn equal_programs_are_equal() {
    // 0.3 / 0.2 is above 1.5 or on it, in float32 and in truth: both give code 2.
    let entry = verdict("3", [0.3, 0.9]);
    assert_eq!(
        (entry.outcome, entry.elements, entry.passed()),
        (Outcome::Equal, 4, true)
    );
}

#[test]
fn a_wrong_threshold_is_found_and_named() {
    // Code 2 needs 0.3; a program that asks for 0.5 gives 1 to 0.4.
    let entry = verdict("5", [0.0, 0.4]);
    assert_eq!(entry.outcome, Outcome::Different);
    assert!(!entry.passed() && entry.boundary.is_empty());
    let difference = Difference {
        sample: 5,
        place: "node 'Quant_out'".to_owned(),
        element: 1,
        expected: Value::Number(Number::Integer(2)),
        found: Value::Number(Number::Integer(1)),
    };
    // The outputs behind the same integers are the same, so that there is one difference.
    assert_eq!(entry.differences, [difference]);
}

#[test]
fn only_elements_at_a_rounding_boundary_are_excused() {
    // A program that asks for 0.4 decides 0.3 / 0.2 the other way, which float32 noise explains.
    let entry = verdict("4", [0.3, 0.4]);
    assert_eq!((entry.outcome, entry.passed()), (Outcome::Boundary, true));
    let [element] = entry.boundary.as_slice() else {
        panic!("{:?}", entry.boundary)
    };
    assert_eq!((element.node.verbatim(), element.element), ("Quant_out", 0));
    assert_eq!((element.expected, element.found), (2, 1));
    assert!(element.noise > 0.0 && element.noise < 1e-6);
}

#[test]
fn not_a_number_is_told_apart() {
    let entry = verdict("3", [f32::NAN, 0.9]);
    assert_eq!((entry.outcome, entry.not_numbers), (Outcome::Boundary, 1));
}

#[test]
fn noise_grows_with_the_terms_of_a_float32_sum() {
    let (_folder, graph, _) = modules("3");
    let model = Model::new(&graph, &LoadOptions::default()).expect("it can be read");
    let engine = model.engine(Backend::Interp).expect("it can be run");
    let interpreter = engine.interpreter().expect("a level");
    let sample = vec![Tensor::f32([1, 2], vec![0.3, 0.4])];
    let replay = Replay::new(interpreter);
    let first = replay.first(&sample).expect("it runs");
    let near = replay.near(&first);
    let places: Vec<_> = near
        .map(|(place, near)| (replay.step(place).node(), near.element))
        .collect();
    assert_eq!(places, [("Quant_out".into(), 0)]);
    // A run follows itself without a flip.
    let own = engine
        .run(std::slice::from_ref(&sample))
        .expect("it runs")
        .remove(0);
    let Followed {
        boundary,
        wrong,
        outputs,
        ..
    } = follow(engine.function, interpreter, &sample, &own).expect("it runs");
    assert!(boundary.is_empty() && wrong.is_empty());
    assert_eq!(outputs, own.outputs);
}

#[test]
fn backends_are_completed_and_put_in_order() {
    let cpu = Backend::Compiled("cpu");
    assert_eq!(complete(&[cpu]), [Backend::Int, cpu]);
    assert_eq!(
        complete(&[cpu, Backend::Interp, cpu]),
        [Backend::Graph, Backend::Interp, Backend::Int, cpu]
    );
    assert_eq!(complete(&[Backend::Graph]), [Backend::Graph]);
}

#[test]
fn a_whole_verification_passes_and_fails_as_it_should() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = folder.path().join("model.mlir");
    let context = ir::session();
    let module = random_graph::module(&context, 11);
    std::fs::write(&model, ir::print_module(&module, false, true)).expect("writable");
    let mut options = VerifyOptions {
        load: LoadOptions::default(),
        inputs: None,
        expect: None,
        backends: vec![Backend::Interp, Backend::Int],
        samples: 6,
        seed: 1,
        tolerance: 1e-5,
        search: 512,
    };
    let mut steps = Vec::new();
    let report =
        verify(&model, &options, &mut |done, all| steps.push((done, all))).expect("it runs");
    assert!(report.passed, "{report}");
    assert_eq!((report.samples, report.backends.len()), (6, 3));
    assert_eq!(steps.last(), Some(&(9, 9)));

    // Outputs that no run gives.
    let subject = Model::new(&model, &LoadOptions::default()).expect("it can be read");
    let shape = |ty: &qonnx_dialects::value::TensorType| [&[1], ty.shape.as_slice()].concat();
    let inputs: Vec<_> = subject
        .inputs()
        .iter()
        .map(|(name, ty)| {
            (
                name.verbatim().to_owned(),
                Tensor::f32(shape(ty), vec![0.0; ty.shape.iter().product()]),
            )
        })
        .collect();
    let engine = subject.engine(Backend::Interp).expect("it can be run");
    let (x, y) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    npz::write(&x, &inputs).expect("writable");
    let mut archive = npz::Archive::open(&x).expect("readable");
    let samples = samples::from_arrays(subject.inputs(), &mut archive).expect("they fit");
    let outputs = engine.run(&samples).expect("it runs").remove(0).outputs;
    let wrong = |output: &Tensor| {
        let values: Vec<f32> = output.to_f32().iter().map(|value| value + 1000.0).collect();
        Tensor::f32([&[1], output.shape.as_slice()].concat(), values)
    };
    let outputs: Vec<_> = outputs
        .iter()
        .enumerate()
        .map(|(at, output)| (format!("out{at}"), wrong(output)))
        .collect();
    npz::write(&y, &outputs).expect("writable");
    options.inputs = Some(x);
    options.expect = Some(y);
    let report = verify(&model, &options, &mut |_, _| {}).expect("it runs");
    assert!(
        report
            .backends
            .iter()
            .all(|entry| entry.unexpected.len() == 1),
        "{report}"
    );
}

/// The outputs of a run.
fn outputs(replay: &Replay<'_, '_>, run: &Run) -> Vec<Tensor> {
    let outputs = replay.outputs(run).into_iter();
    outputs.map(|(tensor, _)| tensor.clone()).collect()
}

/// Decides elements of a sample at random, and checks that no output gets further than the bound says.
fn within_bounds(interpreter: &Interpreter<'_>, sample: &Sample, tries: usize) {
    let replay = Replay::new(interpreter);
    let first = replay.first(sample).expect("it runs");
    let reach = replay.reach(&first).expect("it runs");
    let own = outputs(&replay, &first);
    let mut rng = Rng::new(3);
    let mut decisions = Decisions::new();
    let mut run = first.clone();
    for _ in 0..tries {
        let near: Vec<_> = replay.near(&run).collect();
        if near.is_empty() {
            return;
        }
        let (place, near) = near[rng.below(near.len())];
        let key = decisions.get(&place).copied().unwrap_or(near.graph);
        let mut more = decisions.clone();
        for next in near.further(key) {
            more.insert(place, next);
        }
        let needed: Vec<Vec<bool>> = own
            .iter()
            .enumerate()
            .map(|(output, tensor)| {
                let depends = |at| replay.needed(&run, (output, at)).contains(place);
                (0..tensor.len()).map(depends).collect()
            })
            .collect();
        let Some(next) = replay.again(&first, &more).expect("it runs") else {
            continue;
        };
        let (before, after) = (outputs(&replay, &run), outputs(&replay, &next));
        for (output, tensor) in after.iter().enumerate() {
            for at in 0..tensor.len() {
                let [own, before, after] =
                    [&own[output], &before[output], tensor].map(|tensor| Number::at(tensor, at));
                let distance = own.distance(after);
                assert!(distance <= f64::from(reach[output][at]), "{own} {after}");
                // What does not depend on an element does not change with it.
                assert!(needed[output][at] || before.distance(after) == 0.0);
            }
        }
        (decisions, run) = (more, next);
    }
}
