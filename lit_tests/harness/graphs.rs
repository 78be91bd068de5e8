//! Graphs with one fault each, through the command line: the message names it, the exit status is 1, and nothing is
//! written. The same graph without the fault compiles.

use libtest_mimic::{Failed, Trial};
use prost::Message;
use qonnx_mlir::frontend::onnx::proto::{
    DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use std::fs;

use crate::broken;

/// What a fault does to the sound graph, and what the messages must say.
type Fault = (&'static str, fn(&mut GraphProto), &'static [&'static str]);

const FAULTS: [Fault; 9] = [
    (
        "unknown_op",
        |graph| graph.node[1].op_type = "Frobnicate".to_owned(),
        &["second", "Frobnicate"],
    ),
    (
        "all_unknown_ops",
        |graph| {
            graph.node[0].op_type = "Frobnicate".to_owned();
            graph.node[1].op_type = "Defenestrate".to_owned();
        },
        &["first", "Frobnicate", "second", "Defenestrate"],
    ),
    (
        "cycle",
        |graph| graph.node[0].input[0] = "y".to_owned(),
        &["cycle"],
    ),
    (
        "missing_initializer",
        |graph| graph.initializer.clear(),
        &["second", "'w'"],
    ),
    (
        "missing_output",
        |graph| graph.output[0].name = "z".to_owned(),
        &["'z'"],
    ),
    (
        "wrong_rank",
        |graph| graph.initializer[0].dims = vec![1, 1, 1, 16],
        &["second", "'MatMul' op"],
    ),
    (
        "short_data",
        |graph| graph.initializer[0].dims = vec![4, 5],
        &["'w'"],
    ),
    (
        "absurd_size",
        |graph| graph.initializer[0].dims = vec![1 << 40, 1 << 40],
        &["'w'"],
    ),
    (
        "wrong_type",
        |graph| graph.initializer[0].data_type = 8,
        &["'w'"],
    ),
];

/// One trial for each fault, and one for the sound graph.
pub fn trials() -> Vec<Trial> {
    let sound = Trial::test("broken/sound_graph", || {
        compile(&model(|_| {})).and_then(|outcome| outcome.accepted())
    });
    let faulty = FAULTS.map(|(name, fault, expected)| {
        Trial::test(format!("broken/{name}"), move || {
            compile(&model(fault))?.refused(expected)
        })
    });
    std::iter::once(sound).chain(faulty).collect()
}

/// `y = Relu(x) * w` with a 4 x 4 matrix, changed.
fn model(change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let node = |name: &str, op_type: &str, inputs: &[&str], output: &str| NodeProto {
        name: name.to_owned(),
        op_type: op_type.to_owned(),
        input: inputs.iter().map(|&input| input.to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    };
    let mut graph = GraphProto {
        name: "graph".to_owned(),
        node: vec![
            node("first", "Relu", &["x"], "h"),
            node("second", "MatMul", &["h", "w"], "y"),
        ],
        initializer: vec![TensorProto {
            name: "w".to_owned(),
            dims: vec![4, 4],
            data_type: 1,
            float_data: vec![0.5; 16],
            ..TensorProto::default()
        }],
        input: vec![value("x", &[1, 4])],
        output: vec![value("y", &[1, 4])],
        ..GraphProto::default()
    };
    change(&mut graph);
    let version = OperatorSetIdProto {
        domain: String::new(),
        version: 13,
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![version],
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}

/// A float32 input or output.
pub fn value(name: &str, shape: &[i64]) -> ValueInfoProto {
    let dim = shape
        .iter()
        .map(|&extent| DimensionProto {
            dim_value: Some(extent),
            dim_param: None,
        })
        .collect();
    let tensor = TensorTypeProto {
        elem_type: 1,
        shape: Some(TensorShapeProto { dim }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
        }),
    }
}

/// What `qonnxc compile` did with a model.
struct Outcome {
    status: Option<i32>,
    errors: String,
    /// Names of the files beside the model, the output folder included.
    beside: Vec<String>,
}

impl Outcome {
    fn accepted(&self) -> Result<(), Failed> {
        if self.status == Some(0) && self.beside.len() == 1 {
            Ok(())
        } else {
            Err(self.unexpected("a compiled model"))
        }
    }

    fn refused(&self, expected: &[&str]) -> Result<(), Failed> {
        let named = expected
            .iter()
            .chain(&["model.onnx"])
            .all(|text| self.errors.contains(text));
        if self.status != Some(1) || !named || !self.beside.is_empty() {
            return Err(self.unexpected(&format!(
                "status 1, no file, and messages with {expected:?}"
            )));
        }
        broken::no_panic(&self.errors)
    }

    fn unexpected(&self, expected: &str) -> Failed {
        let Self {
            status,
            errors,
            beside,
        } = self;
        Failed::from(format!(
            "status {status:?}, files {beside:?}, expected {expected}; messages:\n{errors}"
        ))
    }
}

fn compile(model: &[u8]) -> Result<Outcome, Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("model.onnx");
    fs::write(&file, model)?;
    let output = broken::compile(&file, &folder.path().join("out"))?;
    let names = fs::read_dir(folder.path())?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let beside = names.filter(|name| name != "model.onnx").collect();
    Ok(Outcome {
        status: output.status.code(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        beside,
    })
}
