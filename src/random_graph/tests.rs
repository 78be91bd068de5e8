//! Levels and backends agree on random graphs, and random graphs have every op.

use super::*;
use crate::driver::LoadOptions;
use crate::interp::Interpreter;
use crate::npz;
use crate::verify::{Backend, VerifyError, VerifyOptions, verify};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::upstream::Generic;
use qonnx_dialects::{onnx, qonnx};
use qonnx_passes::pipelines::{cleanup, lower_to_int};
use std::collections::BTreeSet;

/// Runs level 1 and level 2 of many graphs on random inputs; float32 is exact, so they must be equal.
#[test]
fn levels_agree_on_random_graphs() {
    qonnx_passes::register();
    let mut integer_ops = 0;
    for seed in 0..400 {
        let context = ir::session();
        let run = |text: String| {
            let mut module = module(&context, seed);
            let pipeline = format!("builtin.module({text})");
            run_pipeline(&context, &mut module, &pipeline)
                .unwrap_or_else(|_| panic!("seed {seed}: the pipeline failed"));
            module
        };
        let (graph, integer) = (run(cleanup()), run(lower_to_int()));
        let functions =
            [&graph, &integer].map(|module| ir::main_function(module).expect("one function"));
        let shape = ir::type_of(functions[0].arguments()[0])
            .expect("static")
            .shape;
        let interpreters =
            functions.map(|function| Interpreter::new(function).expect("constants are there"));
        let mut rng = Rng::new(seed + 1);
        for _ in 0..4 {
            let x = input(&shape, &mut rng);
            let results = interpreters.each_ref().map(|interpreter| {
                interpreter
                    .run(std::slice::from_ref(&x), &mut |_, _, _| {})
                    .unwrap_or_else(|error| panic!("seed {seed}: {error}"))
            });
            let [graph_result, integer_result] = &results;
            assert_eq!(
                graph_result[0].to_f32(),
                integer_result[0].to_f32(),
                "seed {seed}\n{}\n{}",
                ir::print_module(&graph, false, false),
                ir::print_module(&integer, false, false)
            );
        }
        let ops = ir::main_function(&integer).expect("one function").ops();
        integer_ops += ops.into_iter().filter_map(Generic::read).count();
    }
    assert!(
        integer_ops > 500,
        "only {integer_ops} integer operations in 400 graphs"
    );
}

/// The choices of a case.
fn choices() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0..u32::MAX >> 1, 0..120)
}

/// The same cases in every run, and smaller ones where one fails.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Whether the long run is wanted.
fn full() -> bool {
    std::env::var_os("QONNX_FULL").is_some_and(|value| value != "0")
}

/// What verification says of a graph on its samples. What hardware has no form for is no fault; what compiled code lacks is.
fn verdict(choices: &[u32], backends: &[Backend]) -> Result<(), TestCaseError> {
    let context = ir::session();
    let (module, samples) = any_module(&context, choices);
    let text = ir::print_module(&module, false, false);
    let fail = |what: String| TestCaseError::fail(format!("{what}\n{text}"));
    let folder = tempfile::tempdir().map_err(|error| fail(error.to_string()))?;
    let (model, inputs) = (
        folder.path().join("graph.mlir"),
        folder.path().join("x.npz"),
    );
    std::fs::write(&model, &text).map_err(|error| fail(error.to_string()))?;
    let shape: Vec<_> = [samples.len()]
        .into_iter()
        .chain(samples[0].shape.clone())
        .collect();
    let all = samples.iter().flat_map(Tensor::to_f32).collect();
    let arrays = [("x".to_owned(), Tensor::f32(shape, all))];
    npz::write(&inputs, &arrays).map_err(|error| fail(error.to_string()))?;
    let options = VerifyOptions {
        load: LoadOptions::default(),
        inputs: Some(inputs),
        expect: None,
        backends: backends.to_vec(),
        samples: 1,
        seed: 0,
        tolerance: 1e-5,
        search: 100,
    };
    match verify(&model, &options, &mut |_, _| {}) {
        Ok(report) if report.passed => Ok(()),
        Ok(report) => Err(fail(format!("{report:?}"))),
        // Refused: the levels must agree all the same.
        Err(VerifyError::Run(_)) if backends.contains(&Backend::Compiled("hls")) => {
            verdict(choices, &[Backend::Interp, Backend::Qint, Backend::Int])
        }
        Err(error) => Err(fail(error.to_string())),
    }
}

#[test]
fn levels_and_native_code_agree_on_any_graph() {
    qonnx_passes::register();
    let cpu = Backend::Compiled("cpu");
    let cases = if full() { 3_000 } else { 150 };
    let outcome = runner(cases).run(&choices(), |choices| {
        verdict(
            &choices,
            &[Backend::Interp, Backend::Qint, Backend::Int, cpu],
        )
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Each graph is compiled as C, which takes longer than the rest.
#[test]
fn levels_and_c_agree_on_any_graph() {
    qonnx_passes::register();
    let c = Backend::Compiled("c");
    let cases = if full() { 600 } else { 30 };
    let outcome = runner(cases).run(&choices(), |choices| {
        verdict(&choices, &[Backend::Interp, Backend::Qint, Backend::Int, c])
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Each graph is compiled as C++, which takes seconds.
#[test]
fn levels_and_hardware_agree_on_any_graph() {
    qonnx_passes::register();
    let hls = Backend::Compiled("hls");
    let cases = if full() { 60 } else { 3 };
    let outcome = runner(cases).run(&choices(), |choices| {
        verdict(
            &choices,
            &[Backend::Interp, Backend::Qint, Backend::Int, hls],
        )
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn every_declared_op_is_in_some_graph() {
    let mut missing: BTreeSet<_> = onnx::DECLARATIONS
        .iter()
        .chain(qonnx::DECLARATIONS)
        .map(|declaration| declaration.op)
        .collect();
    for seed in 0..3_000 {
        if missing.is_empty() {
            return;
        }
        let context = ir::session();
        let mut rng = Rng::new(seed);
        let choices: Vec<_> = (0..120).map(|_| (rng.next_bits() >> 33) as u32).collect();
        let (module, _) = any_module(&context, &choices);
        let function = ir::main_function(&module).expect("one function");
        for op in function.ops() {
            missing.remove(ir::op_name(op).as_str());
        }
    }
    panic!("no graph has {missing:?}");
}
