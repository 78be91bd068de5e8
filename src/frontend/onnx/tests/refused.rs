//! What ONNX does not allow is refused, and what it allows and this compiler cannot take is called that.

use super::model::{cleaned, faults, floats, import, import_with, ints, model, node, value};
use crate::frontend::onnx::ImportOptions;
use crate::frontend::onnx::proto::{
    GraphProto, ModelProto, NodeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// What is reported on one node.
fn fault(version: i64, node: NodeProto, tensors: Vec<TensorProto>) -> String {
    let place = format!("model.onnx: node 'the_{0}' ({0}): ", node.op_type);
    let text = faults(&model(version, vec![node], tensors));
    assert!(
        text.starts_with(&place) && text.lines().count() == 1,
        "{text}"
    );
    text
}

#[track_caller]
fn assert_says(text: &str, expected: &str) {
    assert!(text.contains(expected), "{expected} not in\n{text}");
}

fn quant() -> NodeProto {
    node("Quant", &["x", "s", "z", "b"], &["y"]).domain("qonnx.custom_op.general")
}

fn parameters(bits: f32) -> Vec<TensorProto> {
    [("s", 0.5), ("z", 0.0), ("b", bits)]
        .map(|(name, value)| floats(name, &[], &[value]))
        .to_vec()
}

#[test]
fn attributes_that_the_operator_does_not_have() {
    let relu = node("Relu", &["x"], &["y"]).float("negative_slope", 0.1);
    assert_says(
        &fault(13, relu, vec![]),
        "has the attribute 'negative_slope', which Relu of ai.onnx version 13 does not have, expected no attributes; ",
    );
    let misspelt = node("Softmax", &["x"], &["y"]).int("axes", 1);
    assert_says(
        &fault(13, misspelt, vec![]),
        "'axes', which Softmax of ai.onnx version 13 does not have, expected only 'axis'; ",
    );
    let rounding = quant().string("rounding", "FLOOR");
    assert_says(
        &fault(13, rounding, parameters(4.0)),
        "'rounding', which Quant of QONNX version 1 does not have, expected only 'signed', 'narrow', 'rounding_mode'; ",
    );
    let constant = node("Constant", &[], &["c"]).float("number", 1.0);
    let relu = node("Relu", &["x"], &["y"]);
    let text = faults(&model(13, vec![constant, relu], vec![]));
    assert_says(
        &text,
        "node 'the_Constant' (Constant): it has the attribute 'number'",
    );
}

#[test]
fn attributes_of_another_version() {
    let since = node("Reshape", &["x", "shape"], &["y"]).int("allowzero", 1);
    let shape = || vec![ints("shape", &[-1])];
    assert_says(
        &fault(13, since.clone(), shape()),
        "expected it from version 14 on; ",
    );
    assert!(import(&model(14, vec![since], shape())).is_ok());
    let until = node("Unsqueeze", &["x"], &["y"]).ints("axes", &[0]);
    assert_says(
        &fault(13, until.clone(), vec![]),
        "expected it up to version 12; ",
    );
    assert!(import(&model(12, vec![until], vec![])).is_ok());
    // What became an input is not one before.
    let early = node("ReduceSum", &["x", "axes"], &["y"]);
    let axes = || vec![ints("axes", &[0])];
    assert_says(
        &fault(12, early.clone(), axes()),
        "it has 2 inputs, expected at most 1; ",
    );
    assert!(import(&model(13, vec![early], axes())).is_ok());
}

#[test]
fn attributes_that_have_no_effect_here_may_be_there() {
    let pool = node("MaxPool", &["x"], &["y"])
        .ints("kernel_shape", &[2])
        .int("storage_order", 1);
    let norm =
        node("BatchNormalization", &["x", "p", "p", "p", "p"], &["y"]).float("momentum", 0.9);
    let cast = node("Cast", &["x"], &["y"]).int("to", 6).int("saturate", 1);
    let seed = node("Dropout", &["x"], &["y"]).int("seed", 3);
    for node in [pool, norm, cast, seed] {
        let parameters = vec![floats("p", &[3], &[1.0; 3])];
        let imported = import(&model(19, vec![node], parameters));
        assert!(imported.is_ok(), "{imported:?}");
    }
}

#[test]
fn attributes_twice_and_attributes_that_are_missing() {
    let twice = node("Softmax", &["x"], &["y"])
        .int("axis", 1)
        .int("axis", 2);
    assert_says(
        &fault(13, twice, vec![]),
        "it has the attribute 'axis' more than once; ",
    );
    let twice = quant().int("signed", 1).int("signed", 0);
    assert_says(
        &fault(13, twice, parameters(4.0)),
        "it has the attribute 'signed' more than once; ",
    );
    for (node, missing) in [
        (node("Concat", &["x", "x"], &["y"]), "axis"),
        (node("MaxPool", &["x"], &["y"]), "kernel_shape"),
        (node("AveragePool", &["x"], &["y"]), "kernel_shape"),
        (node("Cast", &["x"], &["y"]), "to"),
    ] {
        let expected = format!("its attribute '{missing}' is missing, expected one; ");
        assert_says(&fault(13, node, vec![]), &expected);
    }
    let two = node("Constant", &[], &["c"])
        .float("value_float", 1.0)
        .int("value_int", 1);
    let text = faults(&model(13, vec![two, node("Relu", &["x"], &["y"])], vec![]));
    assert_says(&text, "it has its value in 2 attributes, expected one; ");
}

#[test]
fn more_outputs_than_the_operator_has() {
    for node in [
        node("Relu", &["x"], &["y", "more"]),
        node("Relu", &["x"], &["y", "", "more"]),
        node("ReduceSum", &["x"], &["y", "more"]),
        node("TopK", &["x", "k"], &["y", "i", "more"]),
    ] {
        assert_says(
            &fault(13, node, vec![ints("k", &[1])]),
            " outputs, expected at most ",
        );
    }
    let quant = quant();
    let quant = NodeProto {
        output: vec!["y".to_owned(), "more".to_owned()],
        ..quant
    };
    assert_says(
        &fault(13, quant, parameters(4.0)),
        "it has 2 outputs, expected at most 1",
    );
}

#[test]
fn windows_that_are_padding_alone() {
    let pool = |op: &str, kernel: i64, pads: &[i64]| {
        node(op, &["x"], &["y"])
            .ints("kernel_shape", &[kernel])
            .ints("pads", pads)
    };
    for op in ["MaxPool", "AveragePool"] {
        for pads in [[2, 0], [0, 2], [3, 3]] {
            assert_says(
                &fault(13, pool(op, 2, &pads), vec![]),
                "expected padding of less than the window's extent of 2",
            );
        }
        assert!(import(&model(13, vec![pool(op, 2, &[1, 1])], vec![])).is_ok());
        assert_says(
            &fault(13, pool(op, 0, &[0, 0]), vec![]),
            "'kernel_shape' is [0], expected 1 values in 1..",
        );
    }
    // Elements so far apart that a window steps over the input of 4 elements.
    let apart = pool("MaxPool", 2, &[5, 5]).ints("dilations", &[5]);
    assert_says(
        &fault(13, apart, vec![]),
        "so that each window holds an element of 'X'",
    );
}

#[test]
fn kernels_that_are_not_those_of_the_weights() {
    let conv = |kernel: &[i64]| node("Conv", &["x", "w"], &["y"]).ints("kernel_shape", kernel);
    let weights = || vec![floats("w", &[1, 3, 2], &[1.0; 6])];
    for kernel in [&[3][..], &[2, 2], &[1, 3, 2]] {
        assert_says(
            &fault(13, conv(kernel), weights()),
            "expected [2], the kernel of 'W' of shape [1, 3, 2]",
        );
    }
    let text = import(&model(13, vec![conv(&[2])], weights())).expect("it is that of the weights");
    assert_says(&text, "kernel_shape = array<i64: 2>");
}

#[test]
fn orders_and_lists_that_are_none() {
    for perm in [&[-1, 0, 1][..], &[0, 0, 1], &[0, 1, 3], &[0, 1]] {
        let transpose = node("Transpose", &["x"], &["y"]).ints("perm", perm);
        assert_says(
            &fault(13, transpose, vec![]),
            "expected each dimension of 0..3 once",
        );
    }
    let nested = |name: &str, values: &[i64]| TensorProto {
        dims: vec![1, values.len() as i64],
        ..ints(name, values)
    };
    let scalar = |name: &str, value: i64| TensorProto {
        dims: vec![],
        ..ints(name, &[value])
    };
    for (node, list) in [
        (node("Reshape", &["x", "l"], &["y"]), nested("l", &[24])),
        (node("Reshape", &["x", "l"], &["y"]), scalar("l", 24)),
        (node("Expand", &["x", "l"], &["y"]), nested("l", &[2, 3, 4])),
        (node("Tile", &["x", "l"], &["y"]), nested("l", &[1, 1, 1])),
        (node("Slice", &["x", "l", "l"], &["y"]), scalar("l", 1)),
        (node("Pad", &["x", "l"], &["y"]), nested("l", &[0; 6])),
        (node("TopK", &["x", "l"], &["y"]), scalar("l", 1)),
        (node("ConstantOfShape", &["l"], &["y"]), nested("l", &[1])),
        (node("Unsqueeze", &["x", "l"], &["y"]), scalar("l", 0)),
        (node("Squeeze", &["x", "l"], &["y"]), nested("l", &[0])),
        (node("ReduceSum", &["x", "l"], &["y"]), nested("l", &[0])),
        (node("Split", &["x", "l"], &["y"]), scalar("l", 2)),
    ] {
        assert_says(&fault(13, node, vec![list]), "expected one dimension");
    }
    let split = node("Split", &["x", "l"], &["y", "z"]);
    assert_says(
        &fault(13, split, vec![ints("l", &[3, -1])]),
        "a part of size -1",
    );
}

#[test]
fn numbers_of_bits_that_are_none() {
    for bits in [0.0, -1.0, 0.5, f32::NAN, f32::INFINITY] {
        assert_says(
            &fault(13, quant(), parameters(bits)),
            "expected a number of bits, at least 1; ",
        );
    }
    assert!(import(&model(13, vec![quant()], parameters(2.5))).is_ok());
    // Also in the last of many channels.
    let mut many = parameters(4.0);
    let mut bits = vec![4.0; 300];
    bits[299] = 0.0;
    many[2] = floats("b", &[300, 1, 1, 1], &bits);
    assert_says(&fault(13, quant(), many), "'bitwidth' holds 0.0");
    let trunc = |inputs: &[&str]| node("Trunc", inputs, &["y"]).domain("qonnx.custom_op.general");
    let three = || [parameters(0.0), vec![floats("o", &[], &[4.0])]].concat();
    for inputs in [
        &["x", "s", "z", "b", "o"][..],
        &["x", "s", "z", "o", "b"],
        &["x", "s", "z", "b", "s", "o"],
        &["x", "s", "z", "o", "s", "b"],
    ] {
        assert_says(&fault(13, trunc(inputs), three()), "_bitwidth' holds 0.0");
    }
    let float = |exponent: f32, mantissa: f32| {
        let node = node("FloatQuant", &["x", "s", "e", "m", "s", "s"], &["y"])
            .domain("qonnx.custom_op.general");
        let (e, m) = (floats("e", &[], &[exponent]), floats("m", &[], &[mantissa]));
        model(13, vec![node], vec![floats("s", &[], &[1.0]), e, m])
    };
    assert!(import(&float(8.0, 0.0)).is_ok());
    for (exponent, mantissa) in [
        (0.0, 3.0),
        (4.5, 3.0),
        (4.0, -1.0),
        (4.0, 0.5),
        (4.0, f32::NAN),
    ] {
        assert_says(
            &faults(&float(exponent, mantissa)),
            "expected a whole number of bits, at least ",
        );
    }
}

#[test]
fn valid_nodes_that_are_not_supported_are_not_blamed() {
    let cast = |to: i64| node("Cast", &["x"], &["i"]).int("to", to);
    let on = |to: i64, node: NodeProto| model(14, vec![cast(to), node], vec![]);
    let (int8, int64, double) = (3, 7, 11);
    for model in [
        on(int64, node("Pow", &["i", "i"], &["y"])),
        on(int64, node("MatMul", &["i", "i"], &["y"])),
        on(int64, node("ReduceMean", &["i"], &["y"])),
        on(int64, node("Erf", &["i"], &["y"])),
        on(
            int8,
            node("MaxPool", &["i"], &["y"]).ints("kernel_shape", &[2]),
        ),
        on(double, node("Softmax", &["i"], &["y"])),
        on(double, node("GlobalAveragePool", &["i"], &["y"])),
        model(13, vec![node("Cast", &["x"], &["y"]).int("to", 17)], vec![]),
        model(13, vec![node("Cast", &["x"], &["y"]).int("to", 8)], vec![]),
    ] {
        let text = cleaned(&model);
        let text = text.expect_err("it is not supported");
        assert_says(&text, "not supported");
        assert!(!text.contains("breaks the rules"), "{text}");
    }
    let int4 = TensorProto {
        data_type: 22,
        dims: vec![2],
        int32_data: vec![0x12],
        ..ints("w", &[])
    };
    let text = faults(&model(13, vec![node("Relu", &["x"], &["y"])], vec![int4]));
    assert_says(
        &text,
        "initializer 'w': has the element type int4, which is not supported",
    );
    assert!(!text.contains("with its data"), "{text}");
    let wrong = node("Cast", &["x"], &["y"]).int("to", 99);
    assert_says(
        &fault(13, wrong, vec![]),
        "number 99, which ONNX does not have",
    );
}

#[test]
fn formats_without_a_version() {
    for (version, expected) in [
        (0, "model: has no 'ir_version', expected 3 or newer; "),
        (2, "has the 'ir_version' 2, which is not supported, "),
        (-1, "has the 'ir_version' -1, expected 3 or newer; "),
    ] {
        let model = ModelProto {
            ir_version: version,
            ..model(13, vec![node("Relu", &["x"], &["y"])], vec![])
        };
        assert_says(&faults(&model), expected);
    }
}

/// A model of one `Relu` whose output is declared.
fn declared(output: Option<ValueInfoProto>, inputs: Vec<ValueInfoProto>) -> ModelProto {
    let plain = model(13, vec![node("Relu", &["x"], &["y"])], vec![]);
    let graph = GraphProto {
        output: output.into_iter().collect(),
        input: inputs,
        ..plain.graph.unwrap_or_default()
    };
    ModelProto {
        graph: Some(graph),
        ..plain
    }
}

fn of_element(mut value: ValueInfoProto, elem_type: i32) -> ValueInfoProto {
    let shape = value
        .r#type
        .take()
        .and_then(|r#type| r#type.tensor_type?.shape);
    value.r#type = Some(TypeProto {
        tensor_type: Some(TensorTypeProto { elem_type, shape }),
    });
    value
}

#[test]
fn outputs_are_what_the_file_declares() {
    let x = || vec![value("x", &[2, 3, 4])];
    let unknown = |name: &str| ValueInfoProto {
        name: name.to_owned(),
        r#type: None,
    };
    let mut no_shape = of_element(value("y", &[]), 1);
    if let Some(tensor) = no_shape
        .r#type
        .as_mut()
        .and_then(|r#type| r#type.tensor_type.as_mut())
    {
        tensor.shape = None;
    }
    for right in [
        value("y", &[2, 3, 4]),
        value("y", &[0, 3, 4]),
        unknown("y"),
        no_shape,
    ] {
        let cleaned = cleaned(&declared(Some(right), x()));
        let text = cleaned.expect("it is what is declared");
        assert!(!text.contains("declared"), "{text}");
    }
    for (wrong, said) in [
        (value("y", &[2, 3, 5]), "declares it as tensor<2x3x5xf32>"),
        (value("y", &[2, 12]), "declares it as tensor<2x12xf32>"),
        (value("y", &[0, 3, 5]), "declares it as tensor<?x3x5xf32>"),
        (
            of_element(value("y", &[2, 3, 4]), 7),
            "declares it as tensor<2x3x4xi64>",
        ),
    ] {
        let text = cleaned(&declared(Some(wrong), x()));
        let text = text.expect_err("it is not what is declared");
        assert_says(&text, "the_Relu");
        assert_says(&text, "the graph output 'y' is tensor<2x3x4xf32>");
        assert_says(&text, said);
    }
    // What was chosen for the input is not the file's.
    let open = vec![value("x", &[0, 3, 4])];
    let chosen = declared(Some(value("y", &[8, 3, 4])), open.clone());
    assert!(cleaned(&chosen).is_ok());
    let wrong = declared(Some(value("y", &[8, 3])), open);
    assert!(cleaned(&wrong).is_err());
}

#[test]
fn initializers_are_what_the_inputs_of_their_names_declare() {
    let with = |declared: ValueInfoProto| {
        let mut model = model(
            13,
            vec![node("Add", &["x", "w"], &["y"])],
            vec![floats("w", &[4], &[1.0; 4])],
        );
        model.graph.get_or_insert_default().input.push(declared);
        model
    };
    assert!(import(&with(value("w", &[4]))).is_ok());
    assert!(import(&with(value("w", &[0]))).is_ok());
    for (wrong, said) in [
        (value("w", &[5]), "declared as tensor<5xf32>"),
        (of_element(value("w", &[4]), 7), "declared as tensor<4xi64>"),
    ] {
        let text = faults(&with(wrong));
        assert_says(
            &text,
            "initializer 'w': is tensor<4xf32>, but the graph input of its name is ",
        );
        assert_says(&text, said);
    }
}

#[test]
fn extents_of_zero_are_real() {
    let mut empty = value("x", &[7, 4]);
    let shape = empty
        .r#type
        .as_mut()
        .and_then(|r#type| r#type.tensor_type.as_mut());
    let shape = shape
        .and_then(|tensor| tensor.shape.as_mut())
        .expect("it has a shape");
    shape.dim[0].dim_value = Some(0);
    let model = declared(Some(value("y", &[0, 4])), vec![empty]);
    let (text, remarks) = import_with(&model, &ImportOptions::default()).expect("valid");
    assert_says(&text, "tensor<0x4xf32>");
    assert!(
        remarks
            .iter()
            .any(|remark| remark.contains("has the extent 0 in dimension 0")),
        "{remarks:?}"
    );
    shape_of(&model, -1);
}

/// A negative extent is refused.
fn shape_of(model: &ModelProto, extent: i64) {
    let mut model = model.clone();
    let graph = model.graph.get_or_insert_default();
    let tensor = graph.input[0]
        .r#type
        .get_or_insert_default()
        .tensor_type
        .get_or_insert_default();
    tensor.shape.get_or_insert_default().dim[0].dim_value = Some(extent);
    assert_says(
        &faults(&model),
        "graph input 'x': has the extent -1, expected at least 0",
    );
}

#[test]
fn doubles_that_quantizers_round_are_said() {
    let scale = TensorProto {
        data_type: 11,
        raw_data: 0.1f64.to_le_bytes().to_vec().into(),
        ..floats("s", &[], &[])
    };
    let mut tensors = parameters(4.0);
    tensors[0] = scale;
    let model = model(13, vec![quant()], tensors);
    let (text, remarks) = import_with(&model, &ImportOptions::default()).expect("valid");
    assert_says(&text, "tensor<f64>");
    assert_eq!(
        remarks,
        ["its float64 values are not all float32 values; quantizers round them"]
    );
}
