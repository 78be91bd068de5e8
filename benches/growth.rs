//! How time and memory grow with a model: bits, layers, branches, weights. Run by `make bench`, or one table of it by
//! `cargo bench -p qonnx-tools --bench growth -- NAME`.
//!
//! Each table names the bound that the project sets itself; `MISSED` marks a row beyond it. Times depend on the machine,
//! so that bounds in seconds are generous, and what matters most are the ratios between the rows.

#[path = "growth/fit.rs"]
mod fit;
#[path = "growth/measure.rs"]
mod measure;
#[path = "growth/models.rs"]
mod models;
#[path = "../lit_tests/harness/used.rs"]
mod used;

use fit::Sizes;
use measure::{Taken, Tool, compile, lower, run};
use qonnx_dialects::tensor::Tensor;
use qonnx_mlir::npz;
use std::path::{Path, PathBuf};

/// Memory of a process that has done nothing yet is not counted against the file.
const BASE_MIB: f64 = 64.0;

fn main() {
    fit::check();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let bench = Bench {
        folder: folder.path(),
        only: std::env::args().skip(1).find(|word| !word.starts_with('-')),
    };
    for (name, table) in [
        ("bits", bits as fn(&Bench<'_>)),
        ("chains", chains),
        ("branches", branches),
        ("widths", widths),
        ("interpreter", interpreter),
    ] {
        if bench.only.as_deref().is_none_or(|only| only == name) {
            table(&bench);
        }
    }
}

struct Bench<'a> {
    folder: &'a Path,
    /// The one table to print.
    only: Option<String>,
}

impl Bench<'_> {
    fn model(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.join("model.onnx");
        std::fs::write(&path, bytes).expect("the temporary folder has room");
        path
    }
}

/// A mark for a row beyond its bound.
fn met(holds: bool) -> &'static str {
    if holds { "" } else { "MISSED" }
}

/// Quantizers of many bits behind a product.
fn bits(bench: &Bench<'_>) {
    println!(
        "\nBits of quantizers behind a product of 64 channels; lowering, 16 bits within 50 ms of 8 bits"
    );
    let mut least = None;
    for bits in (8..=24).step_by(4) {
        let model = bench.model(&models::wide_quantizers(bits));
        let taken = (0..3).map(|_| lower(&model)).min_by_key(|taken| taken.time);
        let taken = taken.expect("it was run");
        let least = *least.get_or_insert(taken.time);
        let more = taken.time.saturating_sub(least);
        let holds = taken.success && (bits > 16 || more.as_millis() <= 50);
        println!("{bits:>6} bits {taken:>22} {}", met(holds));
    }
    println!("\nThe same by bits; linear");
    let sizes = Sizes {
        unit: "bits",
        parameters: &[2, 8, 12, 16, 20, 24],
        make: &|bits| models::wide_quantizers(bits as u32),
        size: &|bits| bits as f64,
        within: &|_| true,
    };
    fit::table(bench, &sizes);
}

/// Deep graphs.
fn chains(bench: &Bench<'_>) {
    println!("\nLayers in a row; linear, and 10,000 within 60 s on every pipeline");
    for kind in models::KINDS {
        println!("  {}", kind.name);
        layers(bench, "links", &[1, 1_000, 3_000, 10_000], &kind.make);
    }
}

/// Wide graphs.
fn branches(bench: &Bench<'_>) {
    println!("\nBranches of one input; linear, and 5,000 within 60 s on every pipeline");
    for kind in models::FORKS {
        println!("  {}", kind.name);
        layers(bench, "branches", &[2, 500, 1_500, 5_000], &kind.make);
    }
}

/// Models of so many layers.
fn layers(bench: &Bench<'_>, unit: &str, parameters: &[usize], make: &dyn Fn(usize) -> Vec<u8>) {
    let sizes = Sizes {
        unit,
        parameters,
        make,
        size: &|layers| layers as f64,
        within: &|taken| taken.time.as_secs() < 60,
    };
    fit::table(bench, &sizes);
}

/// Large weights.
fn widths(bench: &Bench<'_>) {
    println!(
        "\nOne dense layer, float32 weights; lowering within 3, compiling within 5 times the file and 64 MiB"
    );
    println!(
        "{:>8} {:>9} {:>22} {:>6} {:>22} {:>6}",
        "width", "file", "lower-to-int", "ratio", "cpu", "ratio"
    );
    for width in [100, 300, 1_000, 3_000, 10_000] {
        let bytes = models::dense(width);
        let file = bytes.len() as f64 / f64::from(1 << 20);
        let model = bench.model(&bytes);
        drop(bytes);
        let (lowered, cpu) = (lower(&model), compile(&model, "cpu"));
        let ratio = |taken: &Taken| taken.mebibytes() / file;
        let within = |taken: &Taken, times: f64| {
            taken.success && taken.mebibytes() <= times * file + BASE_MIB
        };
        let holds = within(&lowered, 3.0) && within(&cpu, 5.0);
        println!(
            "{width:>8} {file:>5.1} MiB {lowered:>22} {:>6.1} {cpu:>22} {:>6.1} {}",
            ratio(&lowered),
            ratio(&cpu),
            met(holds)
        );
    }
    println!("\nThe same by weights; linear");
    let sizes = Sizes {
        unit: "width",
        parameters: &[8, 1_000, 3_000, 10_000],
        make: &models::dense,
        size: &|width| (width * width) as f64,
        within: &|_| true,
    };
    fit::table(bench, &sizes);
}

/// The integer level interpreted, against the float level: the ratio is that of processor time.
fn interpreter(bench: &Bench<'_>) {
    println!("\nInterpreting samples: integers (level 2) no slower than floats (level 1)");
    println!(
        "{:>24} {:>22} {:>22} {:>6}",
        "model", "interp", "int", "ratio"
    );
    let cases = [
        ("dense 1000", models::dense(1_000), vec![1, 1_000], 40),
        (
            "convolution 64",
            models::convolution(64),
            vec![1, 64, 16, 16],
            40,
        ),
    ];
    for (name, bytes, shape, samples) in cases {
        let model = bench.model(&bytes);
        let inputs = bench.folder.join("inputs.npz");
        let mut whole = vec![samples];
        whole.extend(shape);
        let count = whole.iter().product();
        let values = (0..count).map(|at| (at % 17) as f32 / 8.0 - 1.0).collect();
        let archive = npz::to_bytes(&[("x".to_owned(), Tensor::f32(whole, values))]);
        std::fs::write(&inputs, archive.expect("floats can be encoded")).expect("there is room");
        let interpret = |backend: &str| {
            let output = bench.folder.join("outputs.npz");
            run(
                Tool::Compiler,
                &[
                    &"run",
                    &model,
                    &"--inputs",
                    &inputs,
                    &"--backend",
                    &backend,
                    &"-o",
                    &output,
                ],
            )
        };
        let (float, int) = (interpret("interp"), interpret("int"));
        let ratio = int.used.seconds / float.used.seconds;
        let holds = float.success && int.success && ratio <= 1.0;
        println!(
            "{name:>24} {float:>22} {int:>22} {ratio:>6.2} {}",
            met(holds)
        );
    }
}
