//! What backends give, perturbed in every way.

use super::{Bench, same};
use crate::integers::{Integers, Kind};
use crate::verify::{Backend, BackendReport};
use qonnx_dialects::tensor::{Data, Tensor};

/// Perturbs what each backend gave in every way.
pub fn perturb_runs(bench: &Bench<'_>) {
    for sample in 0..bench.samples.len() {
        for backend in 0..bench.engines.len() {
            perturb_outputs(bench, sample, backend);
            perturb_integers(bench, sample, backend);
            for other in 0..bench.samples.len() {
                let (own, others) = (&bench.runs[sample][backend], &bench.runs[other][backend]);
                if !same(&own.outputs, &others.outputs) {
                    bench.notice(sample, backend, "another sample's run", |run| {
                        run.clone_from(others);
                    });
                }
            }
        }
    }
}

fn perturb_outputs(bench: &Bench<'_>, sample: usize, backend: usize) {
    let exact = matches!(bench.engines[backend].backend, Backend::Compiled(_));
    let outputs = &bench.runs[sample][backend].outputs;
    for (output, tensor) in outputs.iter().enumerate() {
        let notice = |what: &str, other: Tensor| {
            bench.notice(sample, backend, what, |run| run.outputs[output] = other);
        };
        if let Data::F32(values) = &tensor.data {
            for at in [0, tensor.len() / 2, tensor.len() - 1] {
                for bit in 0..32 {
                    let other = f32::from_bits(values[at].to_bits() ^ (1 << bit));
                    // Between levels there is a tolerance, and float32 noise behind the last quantizer.
                    let much = 1e-4 * values[at].abs().max(1.0);
                    let near = !exact && (values[at] - other).abs() < much;
                    if near || values[at].is_nan() && other.is_nan() {
                        continue;
                    }
                    let mut changed = values.clone();
                    changed[at] = other;
                    notice(
                        &format!("bit {bit}"),
                        Tensor::f32(tensor.shape.clone(), changed),
                    );
                }
            }
            let wide = values.iter().map(|&value| value.into()).collect();
            notice(
                "another element type",
                Tensor::new(tensor.shape.clone(), Data::F64(wide)),
            );
        }
        let deep = [tensor.shape.as_slice(), &[1]].concat();
        notice("another shape", tensor.clone().reshaped(deep));
        bench.notice(sample, backend, "an output less", |run| {
            drop(run.outputs.remove(output))
        });
        bench.notice(sample, backend, "an output twice", |run| {
            run.outputs.push(tensor.clone())
        });
    }
}

fn perturb_integers(bench: &Bench<'_>, sample: usize, backend: usize) {
    let engine = &bench.engines[backend];
    let run = &bench.runs[sample][backend];
    for (at, tensor) in run.integers.iter().enumerate() {
        // A backend may show more than it must (its accumulators), and a graph what is folded elsewhere.
        let compared = match engine.backend {
            Backend::Compiled(_) => {
                let level = bench
                    .engines
                    .iter()
                    .position(|other| other.backend == Backend::Int);
                let level = &bench.runs[sample][level.expect("level 2")];
                level.integers.iter().any(|other| other.node == tensor.node)
            }
            _ => tensor.kind != Kind::Idle,
        };
        if !compared {
            continue;
        }
        for element in [0, tensor.n.len() / 2, tensor.n.len() - 1] {
            for by in [1, -1] {
                moved_integer(bench, (sample, backend), at, (element, by));
            }
        }
        let other = (1..tensor.n.len()).find(|&other| tensor.n[other] != tensor.n[0]);
        if let Some(other) = other {
            let far = tensor.n[0].abs_diff(tensor.n[other]) > 1;
            if far || matches!(engine.backend, Backend::Compiled(_)) {
                bench.notice(sample, backend, "two integers swapped", |run| {
                    run.integers[at].n.swap(0, other);
                });
            }
        }
        bench.notice(sample, backend, "a tensor twice", |run| {
            run.integers.push(tensor.clone())
        });
        bench.notice(sample, backend, "an integer less", |run| {
            run.integers[at].n.truncate(tensor.n.len() - 1)
        });
        let twin = |other: &Integers| other.node != tensor.node && other.n == tensor.n;
        // Two quantizers with the same integers may be one on another level.
        if matches!(engine.backend, Backend::Compiled(_)) || !run.integers.iter().any(twin) {
            bench.notice(sample, backend, "a tensor less", |run| {
                drop(run.integers.remove(at))
            });
        }
    }
}

/// An integer that is one off is noticed, or listed by name where it is within noise of a rounding boundary.
fn moved_integer(
    bench: &Bench<'_>,
    (sample, backend): (usize, usize),
    at: usize,
    (element, by): (usize, i64),
) {
    let mut runs = bench.runs[sample].clone();
    let node = runs[backend].integers[at].node.clone();
    runs[backend].integers[at].n[element] += by;
    let reports = bench.judge(sample, &runs, None);
    if reports.iter().all(BackendReport::passed) {
        let mut boundary = reports.iter().flat_map(|report| &report.boundary);
        let listed = boundary.any(|one| one.node == node.name && one.element == element);
        assert!(
            listed,
            "sample {sample}: {by} at {element} of {node:?} passes: {reports:?}"
        );
    }
}
