//! Expected outputs are explained by exactly the elements that were flipped, or not at all.

use super::super::explain::{Explained, Goal, Search};
use super::super::replay::{Decisions, Place, Replay};
use super::super::*;
use super::{outputs, within_bounds};
use crate::interp::Interpreter;
use crate::samples::Sample;
use melior::Context;
use qonnx_dialects::ir;
use qonnx_dialects::tensor::{Data, Element, Tensor};

/// Two layers: codes of `x / 0.1`, of that over 0.2, and of 1.5 times that over 0.2 again; elements do not mix.
const LAYERS: &str = r#"
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %one = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %more = onnx.constant dense<[[1.5, 0.0], [0.0, 1.5]]> : tensor<2x2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("in")
  %m = onnx.matmul %q, %one : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %r = qonnx.int_quant %m, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("first")
  %n = onnx.matmul %r, %more : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %y = qonnx.int_quant %n, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("second")
  return %y : tensor<1x2xf32>
}
"#;

/// A graph in memory.
struct Graph {
    context: Context,
    source: String,
}

impl Graph {
    fn new(source: &str) -> Self {
        let (context, source) = (ir::session(), source.to_owned());
        Self { context, source }
    }

    fn with<T>(&self, body: impl FnOnce(&Interpreter<'_>) -> T) -> T {
        let module = ir::parse_module(&self.context, self.source.as_bytes()).expect("it parses");
        let function = ir::main_function(&module).expect("one function");
        body(&Interpreter::new(function).expect("it can be interpreted"))
    }

    fn explain(&self, sample: &Sample, expected: &[Tensor], limit: usize) -> Explained {
        let tolerance = 1e-5;
        let goal = Goal {
            expected,
            tolerance,
        };
        self.with(|interpreter| {
            let found = Search::new(interpreter, limit).explain(sample, goal);
            found.expect("it runs")
        })
    }

    fn run(&self, sample: &Sample) -> Vec<Tensor> {
        self.with(|interpreter| interpreter.run(sample, &mut |_, _, _| {}).expect("it runs"))
    }
}

fn f32s<const N: usize>(values: [f32; N]) -> Tensor {
    Tensor::f32([1, N], values.to_vec())
}

/// Node, element, the graph's integer and the chosen one.
type Flip = (String, usize, Number, Number);

fn flips(explained: &Explained) -> Vec<Flip> {
    let Explanation::Shown { flipped, .. } = &explained.explanation else {
        panic!("{:?}", explained.explanation)
    };
    assert!(flipped.iter().all(|one| one.side == Side::Expected));
    let of = |one: &Flipped| {
        (
            one.node.verbatim().to_owned(),
            one.element,
            one.graph,
            one.chosen,
        )
    };
    flipped.iter().map(of).collect()
}

fn flip(node: &str, element: usize, graph: i128, chosen: i128) -> Flip {
    let (graph, chosen) = (Number::Integer(graph), Number::Integer(chosen));
    (node.to_owned(), element, graph, chosen)
}

#[test]
fn flips_in_several_layers_are_named() {
    let graph = Graph::new(LAYERS);
    // 0.3 / 0.2 and 0.9 / 0.2 are ties.
    let sample = vec![f32s([0.3, 0.6])];
    let explain = |expected: [f32; 2]| graph.explain(&sample, &[f32s(expected)], 64);
    let own = graph.run(&sample).remove(0);
    assert_eq!(own.to_f32(), [0.6, 0.8]);
    assert_eq!(flips(&explain([0.6, 0.8])), []);
    assert_eq!(
        flips(&explain([0.6, 1.0])),
        [flip("second", 1, 4, 5)],
        "one element of the last layer"
    );
    // The first element of the first layer moves that of the second to a tie, which goes to the even code 2.
    assert_eq!(flips(&explain([0.4, 0.8])), [flip("first", 0, 2, 1)]);
    assert_eq!(
        flips(&explain([0.2, 0.8])),
        [flip("first", 0, 2, 1), flip("second", 0, 2, 1)]
    );
    let three = [
        flip("first", 0, 2, 1),
        flip("second", 0, 2, 1),
        flip("second", 1, 4, 5),
    ];
    assert_eq!(flips(&explain([0.2, 1.0])), three);
    let [again, same] = [explain([0.2, 1.0]), explain([0.2, 1.0])];
    assert_eq!(again.explanation, same.explanation);
}

#[test]
fn what_no_choice_gives_is_not_explained() {
    let graph = Graph::new(LAYERS);
    let sample = vec![f32s([0.3, 0.6])];
    let near = 2;
    for expected in [
        [0.8, 0.8],
        [0.6, 0.6],
        [0.0, 0.8],
        [-0.6, -0.8],
        [0.5, 0.8],
        [0.6, 1e30],
        [f32::NAN, 0.8],
        [f32::INFINITY, 0.8],
        [0.6, f32::NEG_INFINITY],
        [f32::NAN, f32::NAN],
    ] {
        let explained = graph.explain(&sample, &[f32s(expected)], 64);
        let no_choice = Explanation::NoChoice { near };
        assert_eq!(explained.explanation, no_choice, "{expected:?}");
        assert!(explained.outputs.is_empty());
    }
    // 0.4 and 0.8 are at no boundary: there is nothing to choose.
    let sample = vec![f32s([0.4, 0.8])];
    let explained = graph.explain(&sample, &[f32s([0.4, 1.2])], 64);
    assert_eq!(explained.explanation, Explanation::NoElement);
}

#[test]
fn a_search_is_bounded_by_a_number_of_runs() {
    let graph = Graph::new(LAYERS);
    let sample = vec![f32s([0.3, 0.6])];
    let expected = [f32s([0.2, 1.0])];
    let verdict = |limit| graph.explain(&sample, &expected, limit).explanation;
    let near = 2;
    assert_eq!(verdict(0), Explanation::NotSearched { near });
    assert_eq!(verdict(2), Explanation::Unfinished { near, runs: 2 });
    assert!(matches!(verdict(64), Explanation::Shown { .. }));
    // All samples share the number.
    graph.with(|interpreter| {
        let goal = Goal {
            expected: &expected,
            tolerance: 1e-5,
        };
        let mut search = Search::new(interpreter, 4);
        let mut again = || search.explain(&sample, goal).expect("it runs").explanation;
        assert!(matches!(again(), Explanation::Shown { .. }));
        assert_eq!(again(), Explanation::Unfinished { near, runs: 4 });
    });
}

#[test]
fn a_decision_must_be_within_noise_in_its_own_run() {
    let graph = Graph::new(LAYERS);
    graph.with(|interpreter| {
        let replay = Replay::new(interpreter);
        let sample = vec![f32s([0.3, 0.6])];
        let first = replay.first(&sample).expect("it runs");
        let places: Vec<Place> = replay.near(&first).map(|(place, _)| place).collect();
        let [(layer, 0), (last, 1)] = places[..] else {
            panic!("{places:?}")
        };
        let valid = |decisions: &[(Place, i64)]| {
            let decisions: Decisions = decisions.iter().copied().collect();
            replay.again(&first, &decisions).expect("it runs").is_some()
        };
        assert!(valid(&[((layer, 0), 1)]) && valid(&[((layer, 0), 2)]));
        assert!(valid(&[((last, 1), 5)]));
        for integer in [0, 3, -1, i64::MIN, i64::MAX] {
            assert!(!valid(&[((layer, 0), integer)]), "{integer}");
        }
        // At a boundary only behind the other decision.
        assert!(!valid(&[((last, 0), 1)]));
        assert!(valid(&[((layer, 0), 1), ((last, 0), 1)]));
        // Not at a boundary, not decided, not there.
        assert!(!valid(&[((layer, 1), 2)]));
        assert!(!valid(&[((last - 1, 0), 1)]) && !valid(&[((layer, 9), 1)]));
        // A run with decisions is the run from the start.
        let again = replay.again(&first, &Decisions::new()).expect("it runs");
        let again = again.expect("it is valid");
        assert_eq!(outputs(&replay, &again), outputs(&replay, &first));
    });
}

/// A network that is local: each integer of the first layer goes into one of the second.
fn local(count: usize) -> String {
    LOCAL.replace("COUNT", &count.to_string())
}

const LOCAL: &str = r#"
func.func @main(%x: tensor<1x1xCOUNTxf32>) -> tensor<1x1xCOUNTxf32> {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<8.0> : tensor<f32>
  %none = onnx.none
  %sum = onnx.constant dense<[[[1.0, 1.0, 1.0]]]> : tensor<1x1x3xf32>
  %mix = onnx.constant dense<[[[1.0, 3.0, 5.0]]]> : tensor<1x1x3xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1xCOUNTxf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1xCOUNTxf32> loc("in")
  %m = onnx.conv %q, %sum, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64: 1, 1>, strides = array<i64>} : (tensor<1x1xCOUNTxf32>, tensor<1x1x3xf32>, none) -> tensor<1x1xCOUNTxf32>
  %r = qonnx.int_quant %m, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1xCOUNTxf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1xCOUNTxf32> loc("tie")
  %n = onnx.conv %r, %mix, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64: 1, 1>, strides = array<i64>} : (tensor<1x1xCOUNTxf32>, tensor<1x1x3xf32>, none) -> tensor<1x1xCOUNTxf32>
  %y = qonnx.int_quant %n, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1xCOUNTxf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1xCOUNTxf32> loc("out")
  return %y : tensor<1x1xCOUNTxf32>
}
"#;

#[test]
fn thousands_of_elements_fall_into_parts() {
    const COUNT: usize = 3000;
    let graph = Graph::new(&local(COUNT));
    // Sums of three codes 1 over codes of two: every element of the layer is a tie, but at the ends.
    let sample = vec![Tensor::f32([1, 1, COUNT], vec![0.1; COUNT])];
    // Some alone, some next to each other.
    let planted = [5, 17, 18, 700, 1500, 1501, 1502, 2400, 2990];
    let (expected, graphs) = graph.with(|interpreter| {
        let replay = Replay::new(interpreter);
        let first = replay.first(&sample).expect("it runs");
        let near: Vec<_> = replay.near(&first).collect();
        assert_eq!(near.len(), COUNT - 2);
        let (((layer, _), near), mut decisions) = (near[0], Decisions::new());
        let other = near.further(near.graph)[0];
        decisions.extend(planted.map(|element| ((layer, element), other)));
        let run = replay.again(&first, &decisions).expect("it runs");
        let run = run.expect("it is valid");
        (outputs(&replay, &run).remove(0), (near.graph, other))
    });
    let explained = graph.explain(&sample, std::slice::from_ref(&expected), 512);
    let (own, other) = (graphs.0.into(), graphs.1.into());
    let expected_flips: Vec<_> = planted
        .iter()
        .map(|&at| flip("tie", at, own, other))
        .collect();
    assert_eq!(flips(&explained), expected_flips);
    assert_eq!(explained.outputs[0].0, expected);
    // One element that no choice gives spoils it, and the search does not go through the others to know.
    let mut wrong = expected.to_f32();
    wrong[1700] += 0.1;
    let wrong = Tensor::f32([1, 1, COUNT], wrong);
    let explained = graph.explain(&sample, &[wrong], 512);
    let near = COUNT - 2;
    assert_eq!(explained.explanation, Explanation::NoChoice { near });
}

#[test]
fn decisions_reach_no_further_than_the_bound() {
    for (source, sample) in [
        (LAYERS.to_owned(), vec![f32s([0.3, 0.6])]),
        (local(12), vec![Tensor::f32([1, 1, 12], vec![0.1; 12])]),
        (TAIL.to_owned(), vec![f32s([0.3, 0.5])]),
    ] {
        Graph::new(&source).with(|interpreter| within_bounds(interpreter, &sample, 40));
    }
}

/// A float part behind a quantizer: a sum, an exponential and a logarithm.
const TAIL: &str = r#"
func.func @main(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[3.0, -2.0], [1.0, 7.0]]> : tensor<2x2xf32>
  %one = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("in")
  %i = onnx.matmul %q, %one : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %r = qonnx.int_quant %i, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("tie")
  %m = onnx.matmul %r, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %e = onnx.exp %m : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %l = onnx.log %m : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %e, %l : tensor<1x2xf32>, tensor<1x2xf32>
}
"#;

#[test]
fn nan_and_infinities_match_themselves_only() {
    let graph = Graph::new(TAIL);
    // The second sum is -2 * 0.8, whose logarithm is NaN; without a code the logarithm is minus infinity.
    let sample = vec![f32s([0.8, 0.0])];
    let own = graph.run(&sample);
    assert!(own[1].to_f32()[1].is_nan());
    assert_eq!(flips(&graph.explain(&sample, &own, 8)), []);
    let zero = vec![f32s([0.0, 0.0])];
    let infinite = graph.run(&zero);
    assert_eq!(infinite[1].to_f32(), [f32::NEG_INFINITY; 2]);
    assert_eq!(flips(&graph.explain(&zero, &infinite, 8)), []);
    let with = |output: usize, value: f32, own: &[Tensor]| {
        let mut changed = own.to_vec();
        let mut values = changed[output].to_f32();
        values[1] = value;
        changed[output] = Tensor::f32([1, 2], values);
        changed
    };
    for (sample, own) in [(&sample, &own), (&zero, &infinite)] {
        for output in 0..2 {
            let found = own[output].to_f32()[1];
            for value in [
                f32::NAN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                0.0,
                1e30,
                f32::MAX,
            ] {
                if value == found || value.is_nan() && found.is_nan() {
                    continue;
                }
                let expected = with(output, value, own);
                let explained = graph.explain(sample, &expected, 8);
                let shown = matches!(explained.explanation, Explanation::Shown { .. });
                assert!(!shown, "{value} for {found}");
            }
        }
    }
}

#[test]
fn the_noise_of_a_float_part_explains_what_is_within_it() {
    let graph = Graph::new(TAIL);
    let sample = vec![f32s([0.4, 0.8])];
    let own = graph.run(&sample);
    let tolerance = 0.0;
    let explain = |expected: &[Tensor]| {
        let goal = Goal {
            expected,
            tolerance,
        };
        graph.with(|interpreter| {
            Search::new(interpreter, 8)
                .explain(&sample, goal)
                .expect("runs")
        })
    };
    let [(_, radii), _] = &explain(&own).outputs[..] else {
        panic!("two outputs")
    };
    let radius = radii[0];
    assert!(radius > 0.0 && radius < 1e-4, "{radius}");
    let moved = |by: f32| {
        let mut values = own[0].to_f32();
        values[0] += by;
        [Tensor::f32([1, 2], values), own[1].clone()]
    };
    let explained = explain(&moved(radius * 0.9));
    let Explanation::Shown {
        flipped,
        within_noise: Some(off),
    } = explained.explanation
    else {
        panic!("{:?}", explained.explanation)
    };
    assert!(flipped.is_empty());
    assert_eq!((off.output, off.element, off.noise), (0, 0, radius));
    assert!(off.distance > 0.0 && off.distance <= f64::from(radius));
    for by in [radius * 1.1, -radius * 1.1, 1.0] {
        let explained = explain(&moved(by));
        assert_eq!(explained.explanation, Explanation::NoElement, "{by}");
    }
}

#[test]
fn wide_integers_are_compared_exactly() {
    let graph = Graph::new(
        r#"
func.func @main(%x: tensor<2xi64>) -> tensor<2xi64> {
  %one = onnx.constant dense<1> : tensor<i64>
  %y = onnx.add %x, %one : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}
"#,
    );
    let wide = 1i64 << 40;
    let sample = vec![Tensor::i64([2], vec![1 << 24, wide])];
    let of = |n: i64, element| Tensor::of_integers(element, [2], vec![(1 << 24) + 1, n]);
    for element in [Element::I64, Element::F64] {
        assert_eq!(
            flips(&graph.explain(&sample, &[of(wide + 1, element)], 8)),
            []
        );
        for n in [wide, wide + 2, -wide - 1] {
            // An integer has no tolerance, however its expectation is stored.
            let shown = graph.explain(&sample, &[of(n, element)], 8).explanation;
            let shown = matches!(shown, Explanation::Shown { .. });
            assert!(!shown, "{element} {n}");
        }
    }
    // 2^24 + 1 is no float32 number.
    let rounded = Tensor::new(vec![2], Data::F64(vec![16_777_216.0 - 400.0, wide as f64]));
    let explained = graph.explain(&sample, &[rounded], 8);
    assert_eq!(explained.explanation, Explanation::NoElement);
}

/// Ops with steps other than quantizers, behind a sum with noise: `OP` makes `%y`.
fn stepped(op: &str, element: &str) -> String {
    let source = r#"
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xELEMENT> {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<8.0> : tensor<f32>
  %four = onnx.constant dense<4.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 3.0], [0.7, 1.0]]> : tensor<2x2xf32>
  %levels = onnx.constant dense<[[0.5, 1.0, 2.0]]> : tensor<1x3xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("in")
  %m = onnx.matmul %q, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  OP
  return %y : tensor<1x2xELEMENT>
}
"#;
    source.replace("OP", op).replace("ELEMENT", element)
}

#[test]
fn every_op_with_steps_decides() {
    let real = |x: f64| Number::Real(x);
    for (op, element, graph, chosen) in [
        (
            "%y = onnx.floor %m : (tensor<1x2xf32>) -> tensor<1x2xf32>",
            "f32",
            real(1.0),
            real(0.0),
        ),
        (
            "%y = onnx.ceil %m : (tensor<1x2xf32>) -> tensor<1x2xf32>",
            "f32",
            real(1.0),
            real(2.0),
        ),
        (
            "%y = qonnx.multi_threshold %m, %levels {axis = 1 : i64, out_bias = 0.0 : f32, out_scale = 1.0 : f32} : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x2xf32>",
            "f32",
            real(2.0),
            real(1.0),
        ),
        (
            "%y = onnx.greater_or_equal %m, %one : (tensor<1x2xf32>, tensor<f32>) -> tensor<1x2xui1>",
            "ui1",
            Number::Integer(1),
            Number::Integer(0),
        ),
        (
            "%y = onnx.cast %m {to = i64} : (tensor<1x2xf32>) -> tensor<1x2xi64>",
            "i64",
            Number::Integer(1),
            Number::Integer(0),
        ),
    ] {
        let graph_run = Graph::new(&stepped(op, element));
        // 0.3 + 0.7 * 1.0 is 1, or next to it.
        let sample = vec![f32s([0.3, 1.0])];
        let own = graph_run.run(&sample).remove(0);
        assert_eq!(Number::at(&own, 0), graph, "{op}");
        let with = |value: Number| {
            let values = [value.real(), Number::at(&own, 1).real()];
            Tensor::new(vec![1, 2], Data::F64(values.to_vec()))
        };
        let found = flips(&graph_run.explain(&sample, &[with(chosen)], 16));
        let [(_, 0, from, to)] = found[..] else {
            panic!("{op}: {found:?}")
        };
        assert_eq!((from, to), (graph, chosen), "{op}");
        let wrong = graph_run
            .explain(&sample, &[with(real(7.0))], 16)
            .explanation;
        assert_eq!(wrong, Explanation::NoChoice { near: 1 }, "{op}");
    }
}

/// With scales that are powers of two float32 computes the very numbers: a tie is no matter of noise, and another
/// rounding mode is a mistake.
#[test]
fn ties_of_exact_numbers_are_not_excused() {
    let graph = Graph::new(
        &LAYERS
            .replace("dense<0.1>", "dense<0.5>")
            .replace("dense<0.2>", "dense<1.0>")
            .replace("1.5", "0.5"),
    );
    // 2.5 is no matter of taste behind the first quantizer, nor 1.5 behind the second.
    let sample = vec![f32s([2.5, 3.0])];
    let right = graph.run(&sample);
    assert_eq!(right, [f32s([1.0, 2.0])]);
    for wrong in [[2.0, 2.0], [1.0, 1.0], [1.5, 2.0]] {
        let explained = graph.explain(&sample, &[f32s(wrong)], 64);
        assert_eq!(explained.explanation, Explanation::NoElement, "{wrong:?}");
    }
}
