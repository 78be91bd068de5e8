//! The hostile texts, and a network that has them as names.

use prost::Message;
use qonnx_mlir::frontend::onnx::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
};

use crate::graphs::value;

/// What a text that became code would make.
pub const CANARY: &str = "hostile_canary";

/// Texts for names; each would do something if it were printed raw in one of the languages that are written.
const TEXTS: [&str; 30] = [
    "MM\nstatic int x = system(\"touch hostile_canary\"); //",
    "MM\r\nstatic int x = system(\"touch hostile_canary\"); //",
    "MM\rstatic int x = system(\"touch hostile_canary\"); //",
    "MM\u{b}\u{c}\u{85}\u{2028}\u{2029}static int x = system(\"touch hostile_canary\");",
    "*/ static int x = system(\"touch hostile_canary\"); /*",
    "/* */ static int x = system(\"touch hostile_canary\"); //",
    "??/\nstatic int x = system(\"touch hostile_canary\"); //",
    "ends with a backslash\\",
    "ends with a trigraph??/",
    "\"); system(\"touch hostile_canary\"); (\"",
    "\\\"); system(\"touch hostile_canary\"); (\"",
    "'; touch hostile_canary; '",
    "\"; touch hostile_canary; \"",
    "$(touch hostile_canary)",
    "$(shell touch hostile_canary)",
    "${x:=`touch hostile_canary`}",
    "`touch hostile_canary`",
    "[exec touch hostile_canary]",
    "} ; exec touch hostile_canary ; {",
    "\ttouch hostile_canary",
    "x: hostile_canary\n\ttouch hostile_canary",
    "a\0b",
    "%s%n%x%hhn",
    "#include \"/etc/passwd\"",
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[1;31m",
    "\u{202e}\u{2066}touch\u{2069} hostile_canary",
    "<script>alert(1)</script>&amp;",
    "../../../../etc/hostile_canary",
    "-rf",
    "__attribute__((constructor)) int\u{e0041}",
];

/// The hostile texts and one that is long.
pub fn texts() -> Vec<String> {
    let long = "*/ static int x = system(\"touch hostile_canary\"); /* ".repeat(58);
    assert!(long.len() > 3000);
    let texts = TEXTS.into_iter().map(str::to_owned);
    texts.chain([long]).collect()
}

/// A network of one quantizer and one product for each text; nodes, tensors, graph, inputs and outputs have the texts
/// as names. `shared` gives all nodes of a kind the first text.
pub fn model(texts: &[String], shared: bool) -> Vec<u8> {
    let tensor = |name: &str, dims: &[i64], values: Vec<f32>| TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: values,
        ..TensorProto::default()
    };
    let attribute = |name: &str, number: i64| AttributeProto {
        name: name.to_owned(),
        r#type: 2,
        i: number,
        ..AttributeProto::default()
    };
    let rounding = AttributeProto {
        name: "rounding_mode".to_owned(),
        r#type: 3,
        s: b"ROUND".as_slice().into(),
        ..AttributeProto::default()
    };
    let name = |at: usize| if shared { &texts[0] } else { &texts[at] };
    let mut nodes = Vec::new();
    let mut initializers = vec![
        tensor("scale", &[], vec![0.5]),
        tensor("zero", &[], vec![0.0]),
        tensor("bits", &[], vec![4.0]),
    ];
    let quant = |name: &str, x: &str, y: &str| NodeProto {
        name: name.to_owned(),
        op_type: "Quant".to_owned(),
        domain: "qonnx.custom_op.general".to_owned(),
        input: [x, "scale", "zero", "bits"].map(str::to_owned).to_vec(),
        output: vec![y.to_owned()],
        attribute: vec![
            attribute("signed", 1),
            attribute("narrow", 0),
            rounding.clone(),
        ],
    };
    let input = format!("{} in", texts[0]);
    let mut x = format!("{} q", texts[0]);
    nodes.push(quant(name(0), &input, &x));
    for (at, text) in texts.iter().enumerate() {
        let (weights, product, y) = (
            format!("{text} w{at}"),
            format!("{text} p{at}"),
            format!("{text} y{at}"),
        );
        // Small whole numbers, so that every level is exact; another matrix for each layer.
        let numbers = (0..16).map(|i| f32::from(i8::try_from((i * 7 + at) % 3).unwrap_or(0)) - 1.0);
        initializers.push(tensor(&weights, &[4, 4], numbers.collect()));
        nodes.push(NodeProto {
            name: name(at).clone(),
            op_type: "MatMul".to_owned(),
            input: vec![x, weights],
            output: vec![product.clone()],
            ..NodeProto::default()
        });
        nodes.push(quant(name(at), &product, &y));
        x = y;
    }
    let graph = GraphProto {
        name: texts[0].clone(),
        node: nodes,
        initializer: initializers,
        input: vec![value(&input, &[1, 4])],
        output: vec![value(&x, &[1, 4])],
        ..GraphProto::default()
    };
    let version = |domain: &str, version: i64| OperatorSetIdProto {
        domain: domain.to_owned(),
        version,
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![version("", 13), version("qonnx.custom_op.general", 1)],
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}
