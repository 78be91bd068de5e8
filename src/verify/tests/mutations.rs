//! The verifier is verified: whatever is changed in expected outputs or in a backend's run is caught, or is explained by
//! elements that, put into the graph, give what was changed.

mod expected;
mod runs;

use super::super::compare::Comparison;
use super::super::explain::Search;
use super::super::judge::{Judged, Subject, graph_of};
use super::super::*;
use crate::random_graph::{self, Rng};
use crate::samples::{self, Sample};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir;
use qonnx_dialects::qonnx;
use qonnx_dialects::tensor::{Data, Tensor};
use std::path::PathBuf;
use std::time::Instant;

const TOLERANCE: f32 = 1e-5;

/// Whether the long form is wanted.
fn full() -> bool {
    std::env::var_os("QONNX_FULL").is_some_and(|value| value != "0")
}

/// A model with the runs of all its backends on some samples.
struct Bench<'m> {
    model: &'m Model,
    engines: Vec<Engine<'m>>,
    samples: Vec<Sample>,
    /// By sample, then by backend.
    runs: Vec<Vec<Trace>>,
    /// By sample.
    expected: Vec<Vec<Tensor>>,
}

impl<'m> Bench<'m> {
    /// The model in every backend that takes it; `expected` comes from the graph if there is none.
    fn new(
        model: &'m Model,
        samples: Vec<Sample>,
        expected: Option<Vec<Vec<Tensor>>>,
        hls: bool,
    ) -> Self {
        let mut engines = Vec::new();
        for backend in Backend::all() {
            if backend == Backend::Compiled("hls") && !hls {
                continue;
            }
            match (model.engine(backend), backend) {
                (Ok(engine), _) => engines.push(engine),
                (Err(error), Backend::Compiled(_)) => {
                    eprintln!("without {}: {error}", backend.name())
                }
                (Err(error), _) => panic!("{error}"),
            }
        }
        let mut runs = vec![Vec::new(); samples.len()];
        for engine in &engines {
            for (run, trace) in runs.iter_mut().zip(engine.run(&samples).expect("it runs")) {
                run.push(trace);
            }
        }
        let graph = graph_of(&engines).expect("a graph");
        let own = || runs.iter().map(|run| run[graph].outputs.clone()).collect();
        let expected = expected.unwrap_or_else(own);
        Self {
            model,
            engines,
            samples,
            runs,
            expected,
        }
    }

    /// The reports of one sample with these runs.
    fn judge(
        &self,
        sample: usize,
        runs: &[Trace],
        expected: Option<&[Tensor]>,
    ) -> Vec<BackendReport> {
        let comparison = Comparison {
            number: sample,
            sample: &self.samples[sample],
            outputs: self.model.outputs(),
            tolerance: TOLERANCE,
        };
        let new = |engine: &Engine<'_>| Subject::new(engine, None, Instant::now());
        let mut subjects: Vec<Subject> = self.engines.iter().map(new).collect();
        let mut judged = Judged {
            comparison: &comparison,
            engines: &self.engines,
            traces: runs,
            subjects: &mut subjects,
        };
        judged.levels().expect("it can be compared");
        if let Some(expected) = expected {
            let graph = &self.engines[graph_of(&self.engines).expect("a graph")];
            let interpreter = graph.interpreter().expect("a level");
            let mut search = Search::new(interpreter, 128);
            let judged = judged.expected(expected, Some(&mut search));
            judged.expect("it can be compared");
        }
        subjects.into_iter().map(|subject| subject.report).collect()
    }

    fn unperturbed(&self) {
        for (number, runs) in self.runs.iter().enumerate() {
            let reports = self.judge(number, runs, Some(&self.expected[number]));
            for report in &reports {
                assert!(report.passed(), "{report:?}");
                self.explanations_hold(number, report, &self.expected[number]);
            }
        }
    }

    /// A perturbation of the expected outputs: every backend notices, or explains it by elements that give it.
    fn expect(&self, sample: usize, expected: &[Tensor], what: &str) {
        let reports = self.judge(sample, &self.runs[sample], Some(expected));
        for (report, run) in reports.iter().zip(&self.runs[sample]) {
            if report.passed() {
                // Where an element was decided otherwise already, a change can bring back what the backend gives.
                let unnoticed = report.unexpected.is_empty() && !same(&run.outputs, expected);
                assert!(!unnoticed, "{what}: {} notices nothing", report.backend);
                self.explanations_hold(sample, report, expected);
            }
        }
    }

    /// As [`Self::expect`], of what nothing can explain.
    fn refuse(&self, sample: usize, expected: &[Tensor], what: &str) {
        for report in self.judge(sample, &self.runs[sample], Some(expected)) {
            assert!(
                !report.passed(),
                "{what}: {} passes: {report:?}",
                report.backend
            );
        }
    }

    /// A perturbation of what a backend gave: it is noticed. Returns the reports.
    fn notice(&self, sample: usize, backend: usize, what: &str, change: impl FnOnce(&mut Trace)) {
        let mut runs = self.runs[sample].clone();
        change(&mut runs[backend]);
        let reports = self.judge(sample, &runs, None);
        let name = self.engines[backend].backend.name();
        let passed = reports.iter().all(BackendReport::passed);
        assert!(
            !passed,
            "sample {sample}: {what} of {name} passes: {reports:?}"
        );
    }

    /// Puts the flips of every explanation into the graph, which must then give the expected outputs.
    fn explanations_hold(&self, sample: usize, report: &BackendReport, expected: &[Tensor]) {
        let graph = &self.engines[graph_of(&self.engines).expect("a graph")];
        let interpreter = graph.interpreter().expect("a level");
        for unexpected in &report.unexpected {
            let Explanation::Shown {
                flipped,
                within_noise,
            } = &unexpected.explanation
            else {
                continue;
            };
            assert!(
                !flipped.is_empty() || within_noise.is_some(),
                "an explanation of nothing: {unexpected:?}"
            );
            let chosen: Vec<_> = flipped
                .iter()
                .filter(|one| one.side != Side::Found)
                .collect();
            let mut used = 0;
            let run = interpreter.run(&self.samples[sample], &mut |op, operands, results| {
                let Some(graph) = GraphOp::read(op) else {
                    return;
                };
                let node = qonnx_dialects::ir::node_name(
                    melior::ir::operation::OperationLike::location(&op),
                );
                for flip in chosen
                    .iter()
                    .filter(|flip| Some(&flip.node) == node.as_ref())
                {
                    used += 1;
                    put(&graph, operands, &mut results[0], flip);
                }
            });
            let outputs = run.expect("it runs");
            assert_eq!(used, chosen.len(), "every flip is of a node of the graph");
            for (output, (expected, found)) in expected.iter().zip(&outputs).enumerate() {
                for at in 0..expected.len() {
                    let (wanted, found) = (Number::at(expected, at), Number::at(found, at));
                    let noise = within_noise.as_ref().map_or(0.0, |off| off.distance);
                    let near = wanted.is_near(found, TOLERANCE) || wanted.distance(found) <= noise;
                    assert!(
                        near,
                        "output {output} element {at}: {wanted}, {found}: {unexpected:?}"
                    );
                }
            }
        }
    }
}

/// Decides an element in the results of a quantizer, by the definition of the quantizer rather than by the verifier's.
fn put(op: &GraphOp, operands: &[Option<&Tensor>], result: &mut Tensor, flip: &Flipped) {
    let GraphOp::Qonnx(quantizer @ (qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant)) = op else {
        panic!("{flip:?} is of {}", op.name())
    };
    let (Number::Integer(graph), Number::Integer(chosen)) = (flip.graph, flip.chosen) else {
        panic!("{flip:?}")
    };
    let quantizers =
        qonnx_dialects::value::with_infos(operands, |infos| quantizer.quantizers(infos));
    let quantizers = quantizers.expect("they are known").expect("they are known");
    let index = {
        let strides = qonnx_dialects::tensor::strides(&result.shape);
        let position = strides.iter().zip(&result.shape);
        let position: Vec<_> = position
            .map(|(stride, extent)| flip.element / stride % extent)
            .collect();
        qonnx_dialects::tensor::broadcast_index(&quantizers.shape, &position)
    };
    let one = quantizers.values[index];
    let code = one.quantize(flip.value);
    // Codes are one apart, integers may be finer.
    let steps = |by: f32| (chosen - graph) as f32 == by && by.abs() <= 2.0;
    let other = [-2.0, -1.0, 1.0, 2.0].into_iter().find(|by| steps(*by));
    let code = code + other.expect("a neighbour");
    let (low, high) = one.code_range();
    assert!((low..=high).contains(&f64::from(code)), "{flip:?}");
    let Data::F32(values) = &mut result.data else {
        panic!("{flip:?}")
    };
    assert_eq!(
        values[flip.element],
        one.dequantize(one.quantize(flip.value)),
        "{flip:?}"
    );
    values[flip.element] = one.dequantize(code);
}

fn same(a: &[Tensor], b: &[Tensor]) -> bool {
    a.iter().zip(b).all(|(a, b)| {
        (0..a.len()).all(|at| Number::at(a, at).is_near(Number::at(b, at), TOLERANCE))
    })
}

/// A model file with stored inputs and outputs; the first samples of it.
fn stored(path: &Path, count: usize, hls: bool) {
    let model = Model::new(path, &LoadOptions::default()).expect("it can be read");
    let mut arrays =
        npz::Archive::open(&path.with_extension("inputs.npz")).expect("it can be read");
    let mut samples = samples::from_arrays(model.inputs(), &mut arrays).expect("they fit");
    let mut arrays =
        npz::Archive::open(&path.with_extension("outputs.npz")).expect("it can be read");
    let expected = samples::expected(model.outputs(), samples.len(), &mut arrays);
    let mut expected = expected.expect("they fit");
    samples.truncate(count);
    expected.truncate(count);
    perturb(&Bench::new(&model, samples, Some(expected), hls));
}

/// A random graph.
fn random(seed: u64, hls: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.mlir");
    let context = ir::session();
    let module = random_graph::module(&context, seed);
    std::fs::write(&path, ir::print_module(&module, false, true)).expect("writable");
    let model = Model::new(&path, &LoadOptions::default()).expect("it can be read");
    let mut rng = Rng::new(seed);
    let of_input = |(_, ty): &(qonnx_dialects::text::Foreign, _)| {
        let ty: &qonnx_dialects::value::TensorType = ty;
        random_graph::input(&ty.shape, &mut rng)
    };
    let sample: Sample = model.inputs().iter().map(of_input).collect();
    let mut samples = vec![sample];
    samples.extend(samples::generate(model.inputs(), model.hints(), 2, seed).expect("small"));
    perturb(&Bench::new(&model, samples, None, hls));
}

fn perturb(bench: &Bench<'_>) {
    bench.unperturbed();
    expected::perturb_expected(bench);
    runs::perturb_runs(bench);
}

fn example(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("examples").join(format!("{name}.onnx"))
}

#[test]
fn wine_mlp() {
    stored(&example("wine_mlp"), 3, true);
}

#[test]
fn digits_mlp() {
    stored(&example("digits_mlp"), 2, full());
}

#[test]
fn digits_cnn() {
    stored(&example("digits_cnn"), 2, false);
}

#[test]
fn random_graphs() {
    let count = if full() { 60 } else { 7 };
    for seed in 0..count {
        random(seed, full() || seed == 1);
    }
}

/// Models beside the workspace that have elements beside rounding boundaries.
#[test]
fn models_beside_the_workspace() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut models = vec!["models/zoo_jettagging_qkeras", "cases/nearly_equal_scales"];
    if full() {
        models.extend([
            "cases/grouped_conv1d",
            "cases/uint8_input_preproc",
            "models/zoo_unsw_mlp_w2a2",
            "models/bv_tfc_2w2a",
            "models/m_residual_shared_quant",
            "models/m_conv_dw_relu_perchannel",
        ]);
    }
    for name in models {
        let path = shared.join(format!("{name}.onnx"));
        if path.exists() {
            stored(&path, if full() { 16 } else { 7 }, full());
        }
    }
}
