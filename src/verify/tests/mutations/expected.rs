//! Expected outputs, perturbed in every way.

use super::{Bench, TOLERANCE, same};
use crate::verify::Number;
use crate::verify::judge::graph_of;
use crate::verify::replay::Replay;
use qonnx_dialects::tensor::{Data, Tensor};

/// Perturbs expected outputs in every way.
pub fn perturb_expected(bench: &Bench<'_>) {
    let count = bench.samples.len();
    for sample in 0..count {
        let expected = &bench.expected[sample];
        for (what, value) in [
            ("NaN", f32::NAN),
            ("1e30", 1e30),
            ("infinity", f32::INFINITY),
            ("minus infinity", f32::NEG_INFINITY),
        ] {
            bench.refuse(sample, &mapped(expected, |_, _, _| value), what);
            for (output, tensor) in expected.iter().enumerate() {
                for at in [0, tensor.len() / 2, tensor.len() - 1] {
                    let one = |o, a, x| if (o, a) == (output, at) { value } else { x };
                    bench.refuse(sample, &mapped(expected, one), what);
                }
            }
        }
        let negated = mapped(expected, |_, _, x| -x);
        if !same(&negated, expected) {
            bench.expect(sample, &negated, "negated");
        }
        one_ulp_beyond(bench, sample);
        one_step(bench, sample);
        // Another sample's outputs.
        for other in (0..count).filter(|&other| !same(&bench.expected[other], expected)) {
            bench.expect(sample, &bench.expected[other], "another sample");
        }
        for (output, tensor) in expected.iter().enumerate() {
            let reshaped = |shape: Vec<usize>, data: Data| {
                let mut all = expected.to_vec();
                all[output] = Tensor::new(shape, data);
                all
            };
            let flat = vec![tensor.len()];
            let deep = [&[1], tensor.shape.as_slice()].concat();
            let mut turned = tensor.shape.clone();
            turned.reverse();
            for shape in [flat, deep, turned] {
                if shape != tensor.shape {
                    let all = reshaped(shape, tensor.data.clone());
                    bench.refuse(sample, &all, "another shape");
                }
            }
            let fewer: Vec<usize> = (1..tensor.len()).collect();
            let all = reshaped(vec![fewer.len()], tensor.data.select(&fewer));
            bench.refuse(sample, &all, "an element less");
            let mut all = expected.to_vec();
            all.remove(output);
            bench.refuse(sample, &all, "an output less");
            all.push(tensor.clone());
            all.push(tensor.clone());
            bench.refuse(sample, &all, "an output more");
        }
    }
}

/// The least number above what any backend gives that is outside of the tolerance and the noise.
fn one_ulp_beyond(bench: &Bench<'_>, sample: usize) {
    let expected = &bench.expected[sample];
    let graph = &bench.engines[graph_of(&bench.engines).expect("a graph")];
    let interpreter = graph.interpreter().expect("a level");
    let replay = Replay::new(interpreter);
    let first = replay.first(&bench.samples[sample]).expect("it runs");
    for (output, (own, radii)) in replay.outputs(&first).into_iter().enumerate() {
        for at in 0..own.len().min(4) {
            let found: Vec<Number> = bench.runs[sample]
                .iter()
                .map(|run| Number::at(&run.outputs[output], at))
                .chain([Number::at(own, at)])
                .collect();
            let radius = radii.get(at).copied().unwrap_or(0.0);
            let excused = |x: f32| {
                let wanted = Number::Real(x.into());
                let excused = |found: &Number| {
                    wanted.is_near(*found, TOLERANCE) || wanted.is_within(*found, radius)
                };
                found.iter().any(excused)
            };
            let Number::Real(start) = found[0] else {
                continue;
            };
            let mut low = start as f32;
            if !low.is_finite() {
                continue;
            }
            let mut high = low + 1.0 + low.abs() + 4.0 * radius;
            assert!(excused(low) && !excused(high));
            while low.next_up() < high {
                let middle = f32::midpoint(low, high);
                if excused(middle) {
                    low = middle
                } else {
                    high = middle
                }
            }
            let one = |o, a, x| if (o, a) == (output, at) { high } else { x };
            bench.expect(sample, &mapped(expected, one), "an ulp beyond");
        }
    }
}

/// One element moved by the least distance of the outputs' values.
fn one_step(bench: &Bench<'_>, sample: usize) {
    let expected = &bench.expected[sample];
    for (output, tensor) in expected.iter().enumerate() {
        let all = bench.expected.iter().flat_map(|all| all[output].to_f32());
        let mut all: Vec<f32> = all.filter(|value| value.is_finite()).collect();
        all.sort_by(f32::total_cmp);
        let steps = all.windows(2).map(|pair| pair[1] - pair[0]);
        let step = steps.filter(|step| *step > 1e-3).fold(1.0, f32::min);
        for at in 0..tensor.len().min(6) {
            for by in [step, -step] {
                let one = |o, a, x| if (o, a) == (output, at) { x + by } else { x };
                bench.expect(sample, &mapped(expected, one), "one step");
            }
        }
    }
}

/// The expected outputs with every float mapped; integers are one more.
fn mapped(expected: &[Tensor], map: impl Fn(usize, usize, f32) -> f32) -> Vec<Tensor> {
    let output = |(output, tensor): (usize, &Tensor)| match &tensor.data {
        Data::F32(values) => {
            let values = values.iter().enumerate();
            let values = values.map(|(at, &value)| map(output, at, value)).collect();
            Tensor::f32(tensor.shape.clone(), values)
        }
        _ => {
            let values = tensor
                .to_f64()
                .into_iter()
                .map(|value| value + 1.0)
                .collect();
            Tensor::new(tensor.shape.clone(), Data::F64(values))
        }
    };
    expected.iter().enumerate().map(output).collect()
}
