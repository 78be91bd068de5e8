//! Bounds of time and memory: deep graphs, large weights, and files that ask for more than they hold.

use libtest_mimic::Trial;
use prost::Message;
use qonnx_mlir::frontend::onnx::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto,
};
use std::fs;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};

use crate::mutants::bounded;
use crate::sandbox::{Step, expect, fail};
use crate::used::Used;

#[path = "../../benches/growth/models.rs"]
mod models;

/// All trials.
pub fn trials() -> Vec<Trial> {
    let chains = CHAINS.map(|(kind, links, seconds)| {
        Trial::test(
            format!("bounded/chains/{}", kind.replace([' ', ','], "_")),
            move || chain(kind, links, seconds),
        )
    });
    let requests = REQUESTS.map(|(name, make)| {
        Trial::test(format!("bounded/requests/{name}"), move || {
            request(make, &COMMANDS)
        })
    });
    let product = || request(PRODUCT, &COMMANDS[..2]);
    let product = Trial::test("bounded/requests/product", product);
    let weights = Trial::test("bounded/weights", weights);
    let bits = Trial::test("bounded/bits", bits);
    let layers = Trial::test("bounded/layers", layers);
    let splats =
        SPLATS.map(|(name, ops)| Trial::test(format!("bounded/splats/{name}"), move || splat(ops)));
    chains
        .into_iter()
        .chain(requests)
        .chain(splats)
        .chain([product, weights, bits, layers])
        .collect()
}

/// Kinds of chains and forks, two numbers of links, and how often the time of the first the second may take. Linear is 4.
const CHAINS: [(&str, [usize; 2], f64); 6] = [
    ("Relu ..., Quant", [1_000, 4_000], 8.0),
    ("Add input, Quant", [250, 1_000], 8.0),
    ("MatMul, Quant", [500, 2_000], 6.0),
    ("Conv, Quant", [125, 500], 8.0),
    ("Fork, Add ..., Quant", [250, 1_000], 8.0),
    ("Fork, Concat, Quant", [125, 500], 8.0),
];

/// How often each chain is compiled; its time is the least.
const ROUNDS: usize = 3;

/// What a run took: seconds of the processor, and the most bytes of memory at once.
struct Taken {
    seconds: f64,
    memory: u64,
    errors: String,
    status: Option<i32>,
}

fn run(mut command: Command) -> Step<Taken> {
    let mut errors = tempfile::tempfile()?;
    command.stdout(Stdio::null()).stderr(errors.try_clone()?);
    let (status, used) = Used::until_end(&mut command.spawn()?)?;
    let mut text = String::new();
    errors.rewind()?;
    errors.read_to_string(&mut text)?;
    Ok(Taken {
        seconds: used.seconds,
        memory: used.memory,
        errors: text,
        status: status.code(),
    })
}

/// Compiles a model for a target.
fn compile(bytes: &[u8], target: &str) -> Step<Taken> {
    let folder = tempfile::tempdir()?;
    let model = folder.path().join("model.onnx");
    fs::write(&model, bytes)?;
    let mut command = bounded("qonnxc");
    command.args(["compile", "--target", target, "-o"]);
    command.arg(folder.path().join("out")).arg(&model);
    run(command)
}

fn chain(kind: &str, links: [usize; 2], most: f64) -> Step {
    let Some(kind) = models::KINDS
        .iter()
        .chain(&models::FORKS)
        .find(|known| known.name == kind)
    else {
        return fail(format!("no chain is called '{kind}'"));
    };
    for target in ["cpu", "hls"] {
        // The least of several runs in turn: what else the machine does adds to some of them.
        let mut seconds = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (links, least) in links.into_iter().zip(&mut seconds) {
                let taken = compile(&(kind.make)(links), target)?;
                let ended = format!(
                    "{links} links, {target}: {:?} {}",
                    taken.status, taken.errors
                );
                expect(taken.status == Some(0), ended)?;
                *least = least.min(taken.seconds);
            }
        }
        let ratio = seconds[1] / seconds[0];
        let times =
            format!("{target}: four times the links took {ratio:.1} times as long: {seconds:?} s");
        expect(ratio <= most, times)?;
    }
    Ok(())
}

/// Quantizers of sixteen bits behind a product of 64 channels: no table of their 65,536 levels is made.
fn bits() -> Step {
    let [few, many] = [8, 16].map(|bits| compile(&models::wide_quantizers(bits), "cpu"));
    let (few, many) = (few?, many?);
    expect(many.status == Some(0), &many.errors)?;
    let more = many.seconds - few.seconds;
    expect(more < 2.0, format!("16 bits took {more} s more than 8"))
}

/// Weights are held a few times, never as tables of numbers eight times as wide.
fn weights() -> Step {
    for bytes in [models::dense(2_500), models::convolution(800)] {
        let file = bytes.len() as u64;
        let taken = compile(&bytes, "cpu")?;
        expect(taken.status == Some(0), &taken.errors)?;
        let most = 5 * file + (64 << 20);
        expect(
            taken.memory <= most,
            format!("{} bytes for a file of {file}", taken.memory),
        )?;
    }
    Ok(())
}

/// What is added to a model of one `Relu` on four numbers.
type Request = (&'static str, fn(&mut GraphProto));

/// Files that ask for far more than they hold.
const REQUESTS: [Request; 5] = [
    ("constant_of_shape", |graph| {
        extents(graph, "shape", &[1 << 14, 1 << 13]);
        node(graph, "ConstantOfShape", &["shape"], "y");
    }),
    ("expand", |graph| {
        extents(graph, "shape", &[1 << 13, 1 << 13, 4]);
        node(graph, "Expand", &["t1", "shape"], "y");
    }),
    ("tile", |graph| {
        extents(graph, "shape", &[1, 4]);
        extents(graph, "repeats", &[1 << 13, 1 << 13]);
        node(graph, "ConstantOfShape", &["shape"], "a");
        node(graph, "Tile", &["a", "repeats"], "y");
    }),
    ("outer_sum", |graph| {
        extents(graph, "row", &[1, 1 << 14]);
        extents(graph, "column", &[1 << 14, 1]);
        node(graph, "ConstantOfShape", &["row"], "a");
        node(graph, "ConstantOfShape", &["column"], "b");
        node(graph, "Add", &["a", "b"], "y");
    }),
    ("doubling", |graph| {
        extents(graph, "shape", &[1 << 10]);
        node(graph, "ConstantOfShape", &["shape"], "d0");
        for at in 0..18 {
            let last = format!("d{at}");
            let next = if at == 17 {
                "y".to_owned()
            } else {
                format!("d{}", at + 1)
            };
            node(graph, "Concat", &[&last, &last], &next);
            let axis = AttributeProto {
                name: "axis".to_owned(),
                r#type: 2,
                ..AttributeProto::default()
            };
            graph
                .node
                .last_mut()
                .expect("just added")
                .attribute
                .push(axis);
        }
    }),
];

/// Constants that are small and take minutes to compute: they are not computed at compile time.
const PRODUCT: fn(&mut GraphProto) = |graph| {
    extents(graph, "shape", &[1 << 12, 1 << 12]);
    node(graph, "ConstantOfShape", &["shape"], "a");
    node(graph, "MatMul", &["a", "a"], "b");
    node(graph, "MatMul", &["b", "b"], "y");
};

fn extents(graph: &mut GraphProto, name: &str, values: &[i64]) {
    graph.initializer.push(TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: 7,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    });
}

fn node(graph: &mut GraphProto, op: &str, inputs: &[&str], output: &str) {
    graph.node.push(NodeProto {
        name: format!("asks_for_{output}"),
        op_type: op.to_owned(),
        input: inputs.iter().map(|&input| input.to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    });
}

/// What compiles, and what interprets besides.
const COMMANDS: [&[&str]; 3] = [
    &["compile", "--target", "cpu", "-o"],
    &["report"],
    &["verify", "--samples", "1", "--backends", "graph,interp,int"],
];

/// Every command answers or refuses in bounded time and memory; a refusal says how the limit is raised.
fn request(add: fn(&mut GraphProto), commands: &[&[&str]]) -> Step {
    let mut chain = models::Chain::new(&[1, 4]);
    chain.then("Relu", &[], Vec::new());
    let mut model = ModelProto::decode(chain.bytes().as_slice())?;
    let graph = model.graph.as_mut().ok_or("a chain has a graph")?;
    add(graph);
    graph.output[0].name = "y".to_owned();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.onnx");
    fs::write(&path, model.encode_to_vec())?;
    for arguments in commands {
        let mut command = bounded("qonnxc");
        command.args(*arguments);
        if arguments.contains(&"-o") {
            command.arg(folder.path().join("out"));
        }
        let taken = run({
            command.arg(&path);
            command
        })?;
        let refused = taken.status == Some(1)
            && ["--memory", "at most"]
                .iter()
                .any(|word| taken.errors.contains(word));
        expect(
            refused || taken.status == Some(0),
            format!("{arguments:?}: {:?} {}", taken.status, taken.errors),
        )?;
        expect(
            taken.memory < 1 << 30,
            format!("{arguments:?} took {} bytes", taken.memory),
        )?;
    }
    Ok(())
}

/// Constants of equal elements, far more than there is memory for, and what looks at them.
const SPLATS: [(&str, &str); 6] = [
    (
        "unused",
        "%a = onnx.constant dense<2.5> : tensor<30000x30000xf32>
         %b = onnx.constant dense<true> : tensor<30000x30000xi1>
         %c = onnx.constant dense<7> : tensor<30000x30000xi64>",
    ),
    (
        "data",
        "%a = onnx.constant dense<2.5> : tensor<30000x30000xf32>
         %i = onnx.constant dense<[1, 2]> : tensor<2xi64>
         %g = onnx.gather %a, %i {axis = 0} : (tensor<30000x30000xf32>, tensor<2xi64>) -> tensor<2x30000xf32>",
    ),
    (
        "indices",
        "%i = onnx.constant dense<1> : tensor<16000x16000xi64>
         %g = onnx.gather %x, %i {axis = 1} : (tensor<1x4xf32>, tensor<16000x16000xi64>) -> tensor<1x16000x16000xf32>",
    ),
    (
        "weights",
        "%w = onnx.constant dense<0.5> : tensor<4x200000000xf32>
         %s = onnx.constant dense<0.5> : tensor<f32>
         %z = onnx.constant dense<0.0> : tensor<f32>
         %b = onnx.constant dense<4.0> : tensor<f32>
         %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = \"ROUND\"} : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
         %m = onnx.matmul %q, %w : (tensor<1x4xf32>, tensor<4x200000000xf32>) -> tensor<1x200000000xf32>",
    ),
    (
        "factor",
        "%i = onnx.constant dense<[0]> : tensor<1xi64>
         %g = onnx.gather %x, %i {axis = 1} : (tensor<1x4xf32>, tensor<1xi64>) -> tensor<1x1xf32>
         %w = onnx.constant dense<1.0> : tensor<16000x16000xf32>
         %m = onnx.mul %g, %w : (tensor<1x1xf32>, tensor<16000x16000xf32>) -> tensor<16000x16000xf32>",
    ),
    (
        "bit_widths",
        "%i = onnx.constant dense<[0]> : tensor<1xi64>
         %g = onnx.gather %x, %i {axis = 1} : (tensor<1x4xf32>, tensor<1xi64>) -> tensor<1x1xf32>
         %s = onnx.constant dense<0.5> : tensor<f32>
         %z = onnx.constant dense<0.0> : tensor<f32>
         %b = onnx.constant dense<4.0> : tensor<16000x16000xf32>
         %q = qonnx.int_quant %g, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = \"ROUND\"} : (tensor<1x1xf32>, tensor<f32>, tensor<f32>, tensor<16000x16000xf32>) -> tensor<16000x16000xf32>",
    ),
];

/// A constant of equal elements stays one element: reading, checking, cleaning and printing take what they take without
/// it, and whoever needs all elements refuses them by the limit of memory.
fn splat(ops: &str) -> Step {
    let source = format!(
        "func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {{
         {ops}
         %y = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
         return %y : tensor<1x4xf32>
         }}"
    );
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("module.mlir");
    fs::write(&path, source)?;
    let commands: [(&str, &[&str]); 6] = [
        ("qonnx-opt", &[]),
        ("qonnx-opt", &["--qonnx-cleanup"]),
        ("qonnx-opt", &["--lower-to-int"]),
        ("qonnx-opt", &["--convert-to-int", "--int-to-llvm"]),
        ("qonnxc", &["report"]),
        (
            "qonnxc",
            &["verify", "--samples", "1", "--backends", "graph,interp,int"],
        ),
    ];
    for (tool, arguments) in commands {
        let mut command = bounded(tool);
        let taken = run({
            command.args(arguments).arg(&path);
            command
        })?;
        let what = format!("{tool} {arguments:?}: {:?} {}", taken.status, taken.errors);
        let refused = taken.status == Some(1) && taken.errors.contains("--memory");
        expect(refused || taken.status == Some(0), &what)?;
        // Three times what a debug build takes on a slow machine.
        expect(taken.seconds < 3.0, format!("{} s: {what}", taken.seconds))?;
        let memory = format!("{} bytes: {what}", taken.memory);
        expect(taken.memory < 200 << 20, memory)?;
    }
    Ok(())
}

/// Choices of level 2, one behind the other. Four times as many of them are four times as much work in hardware, and so
/// are choices between a value and itself.
fn layers() -> Step {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("module.mlir");
    for itself in [false, true] {
        let mut seconds = Vec::new();
        for count in [500, 2_000] {
            let mut source =
                String::from("func.func @main(%v0: tensor<4xsi4>) -> tensor<4xsi4> {\n");
            for at in 0..count {
                let (other, next) = (if itself { at } else { 0 }, at + 1);
                source += &format!(
                    "%v{next} = qint.min %v{at}, %v{other} : (tensor<4xsi4>, tensor<4xsi4>) -> tensor<4xsi4>\n"
                );
            }
            source += &format!("return %v{count} : tensor<4xsi4>\n}}");
            fs::write(&path, source)?;
            let mut command = bounded("qonnx-opt");
            command.arg("--qint-to-dataflow").arg(&path);
            let taken = run(command)?;
            expect(taken.status == Some(0), &taken.errors)?;
            seconds.push(taken.seconds);
        }
        // Times are in hundredths of a second.
        let most = 8.0 * seconds[0].max(0.05);
        let what = format!("{seconds:?} s, of values with themselves: {itself}");
        expect(seconds[1] < most, what)?;
    }
    Ok(())
}
