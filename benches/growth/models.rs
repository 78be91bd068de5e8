//! Models of any size, as ONNX files.

use prost::Message;
use qonnx_mlir::frontend::onnx::proto::*;

/// The domain of quantizers.
const QONNX: &str = "qonnx.custom_op.general";

/// A graph that grows at its end; each method that adds a node moves on to its result.
pub struct Chain {
    graph: GraphProto,
    shape: Vec<i64>,
    last: String,
    count: usize,
}

impl Chain {
    /// One float32 input of a shape.
    pub fn new(shape: &[i64]) -> Self {
        let mut chain = Self {
            graph: GraphProto {
                name: "growth".to_owned(),
                input: vec![value("x", Some(shape))],
                ..GraphProto::default()
            },
            shape: shape.to_vec(),
            last: "x".to_owned(),
            count: 0,
        };
        chain.constant("zero", &[], vec![0.0]);
        chain
    }

    /// An initializer.
    pub fn constant(&mut self, name: &str, shape: &[i64], values: Vec<f32>) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: shape.to_vec(),
            data_type: 1,
            raw_data: bytes.into(),
            ..TensorProto::default()
        });
    }

    /// A node on some tensors; the result gets a name of its own.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.count += 1;
        let output = format!("t{}", self.count);
        self.graph.node.push(NodeProto {
            name: format!("n{}", self.count),
            op_type: op.to_owned(),
            domain: if op == "Quant" { QONNX } else { "" }.to_owned(),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.clone()],
            attribute: attributes,
        });
        output
    }

    /// A node on the last result and more tensors.
    pub fn then(&mut self, op: &str, more: &[&str], attributes: Vec<AttributeProto>) {
        let last = self.last.clone();
        let inputs: Vec<&str> = std::iter::once(last.as_str())
            .chain(more.iter().copied())
            .collect();
        self.last = self.node(op, &inputs, attributes);
    }

    /// Quantizes the last result: names of the scale and the bit width.
    pub fn quantize(&mut self, scale: &str, bits: &str) {
        self.then("Quant", &[scale, "zero", bits], quant());
    }

    /// A quantized weight; returns its name.
    pub fn weight(&mut self, name: &str, shape: &[i64], (scale, bits): (&str, &str)) -> String {
        let count = shape.iter().product::<i64>();
        let small = |at: i64| ((at * 7 + 3) % 11 - 5) as f32 / 4.0;
        self.constant(name, shape, (0..count).map(small).collect());
        self.node("Quant", &[name, scale, "zero", bits], quant())
    }

    /// The name of the last result.
    pub fn last(&self) -> String {
        self.last.clone()
    }

    /// The file.
    pub fn bytes(mut self) -> Vec<u8> {
        let shape = (self.count > 0).then_some(self.shape.as_slice());
        debug_assert!(shape.is_some(), "a chain has nodes");
        self.graph.output.push(value(&self.last, None));
        let set = |domain: &str, version| OperatorSetIdProto {
            domain: domain.to_owned(),
            version,
        };
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![set("", 13), set(QONNX, 1)],
            graph: Some(self.graph),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

/// A kind of chain.
pub struct Kind {
    /// What it is called in tables.
    pub name: &'static str,
    /// A chain of so many links.
    pub make: fn(usize) -> Vec<u8>,
}

/// All kinds of chains.
pub const KINDS: [Kind; 6] = [
    Kind {
        name: "MatMul, Quant",
        make: |links| layers(links, false),
    },
    Kind {
        name: "MatMul, Relu, Quant",
        make: |links| layers(links, true),
    },
    Kind {
        name: "Relu ..., Quant",
        make: |links| elementwise(links, "Relu", &[]),
    },
    Kind {
        name: "Add constant ..., Quant",
        make: |links| elementwise(links, "Add", &["step"]),
    },
    Kind {
        name: "Add input, Quant",
        make: residual,
    },
    Kind {
        name: "Conv, Quant",
        make: convolutions,
    },
];

fn quantized(shape: &[i64]) -> Chain {
    let mut chain = Chain::new(shape);
    chain.constant("scale", &[], vec![0.125]);
    chain.constant("weight_scale", &[], vec![0.25]);
    chain.constant("four", &[], vec![4.0]);
    chain.constant("step", &[], vec![0.01]);
    chain.quantize("scale", "four");
    chain
}

fn layers(links: usize, relu: bool) -> Vec<u8> {
    let mut chain = quantized(&[1, 8]);
    let weight = chain.weight("w", &[8, 8], ("weight_scale", "four"));
    for _ in 0..links {
        chain.then("MatMul", &[&weight], Vec::new());
        if relu {
            chain.then("Relu", &[], Vec::new());
        }
        chain.quantize("scale", "four");
    }
    chain.bytes()
}

fn elementwise(links: usize, op: &str, more: &[&str]) -> Vec<u8> {
    let mut chain = quantized(&[1, 8]);
    for _ in 0..links {
        chain.then(op, more, Vec::new());
    }
    chain.quantize("scale", "four");
    chain.bytes()
}

fn residual(links: usize) -> Vec<u8> {
    let mut chain = quantized(&[1, 8]);
    let first = chain.last();
    for _ in 0..links {
        chain.then("Add", &[&first], Vec::new());
        chain.quantize("scale", "four");
    }
    chain.bytes()
}

fn convolutions(links: usize) -> Vec<u8> {
    let mut chain = quantized(&[1, 4, 8, 8]);
    let weight = chain.weight("w", &[4, 4, 3, 3], ("weight_scale", "four"));
    for _ in 0..links {
        let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4])];
        chain.then("Conv", &[&weight], attributes);
        chain.quantize("scale", "four");
    }
    chain.bytes()
}

/// All kinds of graphs in which one input forks into branches, which come together again.
pub const FORKS: [Kind; 2] = [
    Kind {
        name: "Fork, Add ..., Quant",
        make: |count| branches(count, Join::Sum),
    },
    Kind {
        name: "Fork, Concat, Quant",
        make: |count| branches(count, Join::Concat),
    },
];

/// How branches come together again.
#[derive(Clone, Copy)]
enum Join {
    /// One addition after the other.
    Sum,
    /// One concatenation.
    Concat,
}

/// An input that forks into branches, each of which adds a constant of its own and quantizes, and that are one again.
fn branches(count: usize, join: Join) -> Vec<u8> {
    let mut chain = quantized(&[1, 8]);
    let input = chain.last();
    let ends: Vec<String> = (0..count)
        .map(|at| {
            let name = format!("c{at}");
            // Equal branches would become one.
            let mixed = |channel: usize| (at * 8 + channel).wrapping_mul(2_654_435_761) >> 16;
            let values = (0..8).map(|channel| (mixed(channel) % 32) as f32 / 16.0);
            chain.constant(&name, &[8], values.collect());
            let sum = chain.node("Add", &[&input, &name], Vec::new());
            chain.node("Quant", &[&sum, "scale", "zero", "four"], quant())
        })
        .collect();
    let mut ends = ends.iter().map(String::as_str);
    match join {
        Join::Sum => {
            chain.last = ends.next().unwrap_or("x").to_owned();
            ends.for_each(|end| chain.then("Add", &[end], Vec::new()));
        }
        Join::Concat => {
            let axis = AttributeProto {
                name: "axis".to_owned(),
                r#type: 2,
                i: 1,
                ..AttributeProto::default()
            };
            chain.last = chain.node("Concat", &ends.collect::<Vec<_>>(), vec![axis]);
        }
    }
    chain.quantize("scale", "four");
    chain.bytes()
}

/// A product of 64 channels between quantizers of `bits` bits.
pub fn wide_quantizers(bits: u32) -> Vec<u8> {
    const CHANNELS: i64 = 64;
    let mut chain = Chain::new(&[1, CHANNELS]);
    // A scale that is no power of two.
    chain.constant("scale", &[], vec![f32::powi(2.0, 3 - bits as i32) * 1.1]);
    chain.constant("weight_scale", &[], vec![0.25]);
    chain.constant("bits", &[], vec![bits as f32]);
    chain.constant("four", &[], vec![4.0]);
    let weight = chain.weight("w", &[CHANNELS, CHANNELS], ("weight_scale", "four"));
    chain.quantize("scale", "bits");
    chain.then("MatMul", &[&weight], Vec::new());
    chain.quantize("scale", "bits");
    chain.bytes()
}

/// A dense layer of `width` inputs and outputs between quantizers, its weights of four bits as float32.
pub fn dense(width: usize) -> Vec<u8> {
    let width = width as i64;
    let mut chain = quantized(&[1, width]);
    let weight = chain.weight("w", &[width, width], ("weight_scale", "four"));
    chain.then("MatMul", &[&weight], Vec::new());
    chain.quantize("scale", "four");
    chain.bytes()
}

/// A convolution of `channels` channels over an image of 16x16 between quantizers.
pub fn convolution(channels: usize) -> Vec<u8> {
    let channels = channels as i64;
    let mut chain = quantized(&[1, channels, 16, 16]);
    let weight = chain.weight("w", &[channels, channels, 3, 3], ("weight_scale", "four"));
    let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4])];
    chain.then("Conv", &[&weight], attributes);
    chain.quantize("scale", "four");
    chain.bytes()
}

fn quant() -> Vec<AttributeProto> {
    let int = |name: &str, i| AttributeProto {
        name: name.to_owned(),
        r#type: 2,
        i,
        ..AttributeProto::default()
    };
    let rounding = AttributeProto {
        name: "rounding_mode".to_owned(),
        r#type: 3,
        s: bytes::Bytes::from_static(b"ROUND"),
        ..AttributeProto::default()
    };
    vec![int("signed", 1), int("narrow", 0), rounding]
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: 7,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}

fn value(name: &str, shape: Option<&[i64]>) -> ValueInfoProto {
    let dim = |&extent: &i64| DimensionProto {
        dim_value: Some(extent),
        dim_param: None,
    };
    let shape = shape.map(|shape| TensorShapeProto {
        dim: shape.iter().map(dim).collect(),
    });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: 1,
                shape,
            }),
        }),
    }
}
