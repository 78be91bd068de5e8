//! What is written: it builds, runs, and says what the code in this process says; so does code for other
//! processors.

use std::path::Path;
use std::process::Command;

use qonnx_dialects::ir;
use qonnx_dialects::llvm::{Level, Target};
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::tensor::Tensor;
use qonnx_passes::pipelines::lower_to_int;

use super::{Cpu, CpuOptions, JitModel};
use crate::backend::{self, Network, Settings};
use crate::output::Output;
use crate::random_graph::{self, Rng};

/// Calls `with` with a network, a sample, and what the network makes of it.
fn with_network(seed: u64, with: impl FnOnce(Network<'_, '_>, Tensor, Vec<Tensor>)) {
    qonnx_passes::register();
    let context = ir::session();
    let mut module = random_graph::module(&context, seed);
    let pipeline = format!("builtin.module({})", lower_to_int());
    run_pipeline(&context, &mut module, &pipeline).expect("random graphs lower");
    let function = ir::main_function(&module).expect("one function");
    let shape = ir::type_of(function.arguments()[0]).expect("static").shape;
    let sample = random_graph::input(&shape, &mut Rng::new(seed));
    let outputs = JitModel::new(&context, &module)
        .and_then(|model| model.run(&[&sample]))
        .expect("native code");
    let network = Network {
        context: &context,
        module: &module,
        name: &"a 2-bit net".into(),
    };
    with(network, sample, outputs);
}

fn run(folder: &Path, command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{command}: {error}"));
    assert!(
        output.status.success(),
        "{command} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_example_program_builds_and_agrees() {
    with_network(5, |network, sample, expected| {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("out");
        let settings: Settings = [("emit".into(), "llvm,asm".into())].into();
        let made = backend::make(&Cpu, network, &settings).expect("it compiles");
        assert!(made.files.iter().all(|file| !file.bytes.is_empty()));
        Output::new(&folder)
            .write_folder(&made.files)
            .expect("a new folder");
        let bytes: Vec<u8> = sample
            .to_f32()
            .iter()
            .flat_map(|x| x.to_ne_bytes())
            .collect();
        std::fs::write(folder.join("in0.bin"), bytes).expect("a writable folder");

        let strict = [
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "main.c",
        ];
        for (library, program) in [("model.o", "static"), ("libmodel.so", "shared")] {
            let rest = [library, "-lm", "-Wl,-rpath,.", "-o", program];
            run(&folder, "cc", &[&strict[..], &rest[..]].concat());
            let text = run(&folder, &format!("./{program}"), &["in0.bin"]);
            let found: Vec<f32> = text
                .lines()
                .map(|line| line.parse().expect("a number"))
                .collect();
            let expected: Vec<f32> = expected.iter().flat_map(Tensor::to_f32).collect();
            assert_eq!(found, expected, "{library}");
        }
        run(
            &folder,
            "cc",
            &["-x", "c++", "-fsyntax-only", "-Wall", "-Werror", "model.h"],
        );
    });
}

#[test]
fn other_processors_and_levels_agree() {
    // The oldest has no instruction for rounding to even and calls the C library.
    for (cpu, level) in [
        ("x86-64", Level::Aggressive),
        ("x86-64-v2", Level::Default),
        ("x86-64", Level::None),
    ] {
        for seed in [1, 2, 3] {
            with_network(seed, |network, sample, expected| {
                let mut options = CpuOptions {
                    target: Target::named(cpu, ""),
                    ..CpuOptions::default()
                };
                options.target.level = level;
                let model =
                    JitModel::with_options(network.context, network.module, &options).expect(cpu);
                assert_eq!(
                    model.run(&[&sample]).expect("it runs"),
                    expected,
                    "{cpu}, seed {seed}"
                );
            });
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    with_network(1, |network, sample, _| {
        let model = JitModel::new(network.context, network.module).expect("native code");
        assert!(model.run(&[]).is_err());
        assert!(model.run(&[&sample, &sample]).is_err());
        assert!(model.run(&[&Tensor::f32([1], vec![0.0])]).is_err());
        let wrong = [("opt-level", "4"), ("emit", "c"), ("cpu", "z80")];
        let unknown: Settings = [("colour".into(), "red".into())].into();
        let error = backend::make(&Cpu, network, &unknown).expect_err("no option");
        assert!(error.to_string().contains("colour"), "{error}");
        for (option, value) in wrong {
            let settings: Settings = [(option.into(), value.into())].into();
            let error = backend::make(&Cpu, network, &settings).expect_err(option);
            assert!(error.to_string().contains(option), "{error}");
        }
    });
}
