//! `qonnxc verify --expect` is given wrong archives: none of them passes. And one whose difference it must explain.

use libtest_mimic::{Failed, Trial};
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_mlir::npz;
use std::path::Path;
use std::process::Output;

use crate::broken::no_panic;
use crate::environment;

/// The arrays of an archive.
type Arrays = Vec<(String, Tensor)>;

/// What is done to an array of floats.
type Change = (&'static str, fn(f32) -> f32);

const CHANGES: [Change; 6] = [
    ("nan", |_| f32::NAN),
    ("1e30", |_| 1e30),
    ("infinity", |_| f32::INFINITY),
    ("negated", |x| -x),
    ("a thousandth more", |x| x + 1e-3),
    ("a third more", |x| x * 4.0 / 3.0),
];

const EXAMPLES: [&str; 3] = ["wine_mlp", "digits_mlp", "digits_cnn"];

/// What is not a tolerance.
const NO_TOLERANCE: [&str; 6] = ["nan", "-nan", "inf", "-inf", "-1", "much"];

/// One trial for each example, and some for the command line.
pub fn trials() -> Vec<Trial> {
    let archives = EXAMPLES
        .map(|name| Trial::test(format!("mutations/archives/{name}"), move || archives(name)));
    let others = [
        Trial::test("mutations/tolerance", tolerance),
        Trial::test("mutations/explained", explained),
    ];
    archives.into_iter().chain(others).collect()
}

fn verify(model: &Path, inputs: &Path, expect: &Path, more: &[&str]) -> Result<Output, Failed> {
    let output = environment::qonnxc()
        .arg("verify")
        .arg(model)
        .arg("--inputs")
        .arg(inputs)
        .arg("--expect")
        .arg(expect)
        .args(more)
        .output()?;
    Ok(output)
}

/// The arrays with every element mapped.
fn mapped(arrays: &Arrays, map: impl Fn(f32) -> f32) -> Arrays {
    let array = |(name, tensor): &(String, Tensor)| {
        let values = tensor.to_f32().into_iter().map(&map).collect();
        (name.clone(), Tensor::f32(tensor.shape.clone(), values))
    };
    arrays.iter().map(array).collect()
}

/// The arrays with their elements taken from other places, in another shape.
fn placed(arrays: &Arrays, shape: &[usize], from: impl Fn(usize) -> usize) -> Arrays {
    let count: usize = shape.iter().product();
    let order: Vec<usize> = (0..count).map(from).collect();
    let array = |(name, tensor): &(String, Tensor)| {
        let data = tensor.data.select(&order);
        (name.clone(), Tensor::new(shape.to_vec(), data))
    };
    arrays.iter().map(array).collect()
}

/// All arrays of a file.
fn read(path: &Path) -> Result<Arrays, Failed> {
    let mut archive = npz::Archive::open(path)?;
    let names = archive.names().into_iter().map(str::to_owned);
    let mut arrays = Vec::new();
    for name in names.collect::<Vec<_>>() {
        let header = archive.header(&name)?;
        let parts = archive.parts(&name, &header, header.kind.element())?;
        let data = Data::joined(parts.iter().map(|part| &part.data)).ok_or("it is empty")?;
        arrays.push((name, Tensor::new(header.shape, data)));
    }
    Ok(arrays)
}

fn archives(name: &str) -> Result<(), Failed> {
    let model = environment::root()
        .join("examples")
        .join(format!("{name}.onnx"));
    let inputs = model.with_extension("inputs.npz");
    let right = read(&model.with_extension("outputs.npz"))?;
    let shape = right.first().map(|(_, tensor)| tensor.shape.clone());
    let Some([count, 1, outputs]) = shape.as_deref() else {
        return Err(Failed::from(format!("{name}: {shape:?}")));
    };
    let (count, outputs) = (*count, *outputs);
    let total = count * outputs;
    let renamed = |to: &str| -> Arrays {
        let arrays = right.iter();
        arrays
            .map(|(_, tensor)| (to.to_owned(), tensor.clone()))
            .collect()
    };
    let mut wrong: Vec<(&str, Arrays)> = CHANGES
        .iter()
        .map(|&(what, change)| (what, mapped(&right, change)))
        .collect();
    let turned = |at: usize| at % count * outputs + at / count;
    wrong.extend([
        ("no array", Vec::new()),
        ("another name", renamed("out1")),
        ("a flat shape", placed(&right, &[count, outputs], |at| at)),
        (
            "a transposed shape",
            placed(&right, &[count, outputs, 1], |at| at),
        ),
        ("no samples axis", placed(&right, &[total], |at| at)),
        ("transposed", placed(&right, &[outputs, 1, count], turned)),
        (
            "shuffled",
            placed(&right, &[count, 1, outputs], |at| (at + outputs) % total),
        ),
        (
            "reversed",
            placed(&right, &[count, 1, outputs], |at| total - 1 - at),
        ),
        (
            "a sample less",
            placed(&right, &[count - 1, 1, outputs], |at| at),
        ),
        (
            "a sample more",
            placed(&right, &[count + 1, 1, outputs], |at| at % total),
        ),
        (
            "an element less",
            placed(&right, &[count, 1, outputs - 1], |at| at),
        ),
        ("a scalar", placed(&right, &[], |at| at)),
    ]);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("expect.npz");
    let backends = &["--backends=graph,interp,int,cpu"];
    npz::write(&path, &right)?;
    let output = verify(&model, &inputs, &path, backends)?;
    if !output.status.success() {
        return Err(unexpected("the right outputs", &output));
    }
    for (what, arrays) in wrong {
        npz::write(&path, &arrays)?;
        let output = verify(&model, &inputs, &path, backends)?;
        let text = String::from_utf8_lossy(&output.stdout);
        no_panic(&String::from_utf8_lossy(&output.stderr))?;
        // Arrays that are not the model's cannot be compared.
        let caught = match output.status.code() {
            Some(1) => text.is_empty(),
            Some(3) => text.trim_end().ends_with("FAILED"),
            _ => false,
        };
        if !caught {
            return Err(unexpected(what, &output));
        }
    }
    Ok(())
}

fn unexpected(what: &str, output: &Output) -> Failed {
    Failed::from(format!(
        "{what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

fn tolerance() -> Result<(), Failed> {
    for text in NO_TOLERANCE {
        let output = environment::qonnxc()
            .args(["verify", "examples/wine_mlp.onnx", "--samples=1"])
            .arg(format!("--tolerance={text}"))
            .output()?;
        if output.status.code() != Some(2) {
            return Err(unexpected(text, &output));
        }
    }
    Ok(())
}

/// 0.3 / 0.2 is a tie but for the noise of the sum.
const TIE: &str = r#"
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.1> : tensor<f32>
  %t = onnx.constant dense<0.2> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("in")
  %m = onnx.matmul %q, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("sum")
  %y = qonnx.int_quant %m, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("tie")
  return %y : tensor<1x2xf32>
}
"#;

fn explained() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let (model, inputs, expect) = (path("tie.mlir"), path("x.npz"), path("y.npz"));
    std::fs::write(&model, TIE)?;
    let array = |name: &str, values: [f32; 2]| -> Arrays {
        vec![(
            name.to_owned(),
            Tensor::new(vec![1, 1, 2], Data::F32(values.to_vec())),
        )]
    };
    npz::write(&inputs, &array("x", [0.3, 0.4]))?;
    let run = |values: [f32; 2], more: &[&str]| {
        npz::write(&expect, &array("y", values))?;
        verify(&model, &inputs, &expect, more)
    };
    for (values, more, status, text) in [
        ([0.4, 0.4], &["--backends=interp,int,cpu"][..], 0, "passed"),
        (
            [0.2, 0.4],
            &["--backends=interp,int,cpu"],
            0,
            "node 'tie' element 0: 3e-1 is within 2.7e-7 of a rounding boundary: 2 in the graph, 1 in the expected outputs",
        ),
        (
            [0.2, 0.4],
            &["--backends=cpu", "--json"],
            3,
            "\"verdict\": \"no-graph\"",
        ),
        (
            [0.2, 0.4],
            &["--backends=interp", "--search=0"],
            3,
            "--search is 0",
        ),
        (
            [0.2, 0.4],
            &["--backends=interp", "--json"],
            0,
            "\"node\": \"tie\"",
        ),
        (
            [0.4, 0.2],
            &["--backends=interp,int,cpu"],
            3,
            "no choice for the 1 elements",
        ),
    ] {
        let output = run(values, more)?;
        let found = String::from_utf8_lossy(&output.stdout);
        if output.status.code() != Some(status) || !found.contains(text) {
            return Err(unexpected(&format!("{values:?} {more:?}: {text}"), &output));
        }
    }
    Ok(())
}
