//! Nodes of all versions in the dialects' single form.

use super::model::{faults, floats, import, import_with, ints, model, node, value};
use crate::frontend::onnx::ImportOptions;
use crate::frontend::onnx::proto::{NodeProto, TensorProto};

/// The text of a model of nodes; its operator in one form, whatever its version.
fn text(version: i64, nodes: Vec<NodeProto>, tensors: Vec<TensorProto>) -> String {
    import(&model(version, nodes, tensors)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn assert_contains(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected} not in\n{text}");
    }
}

#[test]
fn axes_are_one_attribute_whether_attribute_or_input() {
    for (op, attribute) in [
        ("Unsqueeze", "axes = array<i64: 0, 2>"),
        ("Squeeze", "axes = array<i64: 0, 2>"),
        ("ReduceSum", "axes = array<i64: 0, 2>, keepdims = true"),
    ] {
        // The shape of `s` is not known to the importer, so that every op fits.
        let shaped = || node("Sigmoid", &["x"], &["s"]);
        let old = text(
            11,
            vec![shaped(), node(op, &["s"], &["y"]).ints("axes", &[0, 2])],
            vec![],
        );
        let axes = node(op, &["s", "axes"], &["y"]);
        let new = text(
            13,
            vec![shaped(), axes.clone()],
            vec![ints("axes", &[0, 2])],
        );
        let constant = node("Constant", &[], &["axes"]).ints("value_ints", &[0, 2]);
        let computed = text(13, vec![constant, shaped(), axes], vec![]);
        for text in [old, new, computed] {
            assert_contains(&text, &[attribute]);
        }
    }
}

#[test]
fn reductions_over_no_axes_are_over_all_unless_they_are_told_not_to_be() {
    let reduce = node("ReduceSum", &["x"], &["y"]).int("keepdims", 0);
    let all = text(13, vec![reduce.clone()], vec![]);
    assert!(!all.contains("axes"), "{all}");
    let none = text(13, vec![reduce.int("noop_with_empty_axes", 1)], vec![]);
    assert_contains(&none, &["axes = array<i64>, keepdims = false"]);
}

#[test]
fn bounds_and_slices_are_operands() {
    let old = text(
        7,
        vec![
            node("Clip", &["x"], &["y"])
                .float("min", -1.0)
                .float("max", 6.0),
        ],
        vec![],
    );
    assert_contains(
        &old,
        &[
            "dense<-1.000000e+00> : tensor<f32>",
            "dense<6.000000e+00> : tensor<f32>",
        ],
    );
    let open = text(
        11,
        vec![node("Clip", &["x", "", "max"], &["y"])],
        vec![floats("max", &[], &[6.0])],
    );
    assert_contains(&open, &[" none", "(tensor<2x3x4xf32>, none, tensor<f32>)"]);
    let slice = node("Slice", &["x"], &["y"])
        .ints("starts", &[1])
        .ints("ends", &[9])
        .ints("axes", &[2]);
    assert_contains(
        &text(9, vec![slice], vec![]),
        &["dense<9> : tensor<1xi64>", "tensor<1xi64>, none)"],
    );
    let pad = node("Pad", &["x"], &["y"])
        .ints("pads", &[0, 0, 1, 0, 0, 1])
        .float("value", 2.0);
    assert_contains(
        &text(10, vec![pad], vec![]),
        &["tensor<6xi64>, tensor<f32>, none)"],
    );
    let top = node("TopK", &["x"], &["y", "indices"]).int("k", 3);
    assert_contains(
        &text(9, vec![top], vec![]),
        &["dense<3> : tensor<1xi64>", "largest = true"],
    );
}

#[test]
fn softmax_before_version_13_flattens() {
    let softmax = || vec![node("Softmax", &["x"], &["y"])];
    assert_contains(
        &text(12, softmax(), vec![]),
        &["axis = 1 : i64, flatten = true"],
    );
    assert_contains(
        &text(13, softmax(), vec![]),
        &["axis = -1 : i64, flatten = false"],
    );
}

#[test]
fn splits_have_as_many_results_as_outputs() {
    let equal = node("Split", &["x"], &["a", "y"]).int("axis", 2);
    assert_contains(
        &text(11, vec![equal], vec![]),
        &["axis = 2 : i64, count = 2 : i64"],
    );
    let sized = node("Split", &["x", "sizes"], &["a", "y"]).int("axis", 2);
    assert_contains(
        &text(13, vec![sized.clone()], vec![ints("sizes", &[1, 3])]),
        &["sizes = array<i64: 1, 3>"],
    );
    let message = faults(&model(13, vec![sized], vec![ints("sizes", &[1, 1, 2])]));
    assert_contains(&message, &["2 outputs, expected one for each of 3 parts"]);
}

#[test]
fn outputs_that_only_training_needs_may_be_there_but_not_be_used() {
    let dropout = || node("Dropout", &["x"], &["y", "mask"]);
    assert_contains(&text(10, vec![dropout()], vec![]), &[".identity %"]);
    let used = vec![dropout(), node("Relu", &["mask"], &["z"])];
    assert_contains(
        &faults(&model(10, used, vec![])),
        &["more than 1 of its outputs are used"],
    );
    let training = TensorProto {
        data_type: 9,
        int32_data: vec![1],
        ..ints("training", &[0])
    };
    let trains = node("Dropout", &["x", "", "training"], &["y"]);
    assert_contains(
        &faults(&model(13, vec![trains], vec![training])),
        &["training mode"],
    );
}

#[test]
fn batch_normalization_is_for_inference_and_per_channel() {
    let parameters = || {
        ["s", "b", "m", "v"]
            .map(|name| floats(name, &[3], &[1.0, 2.0, 3.0]))
            .to_vec()
    };
    let norm = |outputs: &[&str]| node("BatchNormalization", &["x", "s", "b", "m", "v"], outputs);
    // Before version 14 the statistics are outputs even at inference.
    let old = norm(&["y", "m1", "v1", "m2", "v2"])
        .float("epsilon", 0.5)
        .int("spatial", 1);
    assert_contains(
        &text(8, vec![old], parameters()),
        &["epsilon = 5.000000e-01 : f32"],
    );
    let elementwise = norm(&["y"]).int("spatial", 0);
    assert_contains(
        &faults(&model(8, vec![elementwise], parameters())),
        &["'spatial' is 0, which is not supported"],
    );
    let training = norm(&["y"]).int("training_mode", 1);
    assert_contains(
        &faults(&model(15, vec![training], parameters())),
        &["training mode"],
    );
}

#[test]
fn quantizers_are_translated_under_all_names() {
    let parameters = || {
        ["s", "z", "b", "o"]
            .map(|name| floats(name, &[], &[1.0]))
            .to_vec()
    };
    for (domain, op) in [
        ("qonnx.custom_op.general", "IntQuant"),
        ("onnx.brevitas", "Quant"),
        ("", "Quant"),
    ] {
        let quant = node(op, &["x", "s", "z", "b"], &["y"])
            .domain(domain)
            .string("rounding_mode", "floor");
        let expected = [
            ".int_quant %",
            "is_signed = true, narrow = false, rounding_mode = \"FLOOR\"",
        ];
        assert_contains(&text(9, vec![quant], parameters()), &expected);
    }
    let trunc = |inputs: &[&str], op| {
        text(
            13,
            vec![node(op, inputs, &["y"]).domain("qonnx.custom_op.general")],
            parameters(),
        )
    };
    assert_contains(
        &trunc(&["x", "s", "z", "b", "o"], "Trunc"),
        &[".trunc_v1 %", "\"FLOOR\""],
    );
    assert_contains(
        &trunc(&["x", "s", "z", "b", "s", "o"], "Trunc"),
        &[".trunc %", "\"FLOOR\""],
    );
    assert_contains(
        &trunc(&["x", "s", "z", "b", "s", "o"], "TruncQuant"),
        &[".trunc %"],
    );
    let bipolar = node("BipolarQuant", &["x", "s"], &["y"]).domain("finn.custom_op.general");
    assert_contains(&text(9, vec![bipolar], parameters()), &[".bipolar_quant %"]);
    let marker = node("DebugMarker", &["x"], &["y"])
        .domain("brevitas.onnx")
        .string("export_debug_name", "n");
    assert_contains(&text(9, vec![marker], vec![]), &[".identity %"]);
}

#[test]
fn names_become_locations_and_boundary_attributes() {
    let mut anonymous = node("Relu", &["x"], &["a"]);
    anonymous.name = String::new();
    let imported = text(13, vec![node("Sigmoid", &["a"], &["y"]), anonymous], vec![]);
    assert_contains(
        &imported,
        &[
            "name = \"x\"",
            "name = \"y\"",
            "loc(\"Relu_1\"",
            "loc(\"the_Sigmoid\"",
            "\"model.onnx\"",
        ],
    );
}

#[test]
fn large_weights_are_resources_and_small_ones_are_not() {
    let add = || vec![node("Add", &["x", "w"], &["y"])];
    let large = text(13, add(), vec![floats("w", &[100, 1, 3, 1], &[0.5; 300])]);
    assert_contains(
        &large,
        &[
            "dense_resource<w> : tensor<100x1x3x1xf32>",
            "w: \"0x04000000",
        ],
    );
    let small = text(13, add(), vec![floats("w", &[], &[0.5])]);
    assert!(!small.contains("dense_resource"), "{small}");
}

#[test]
fn symbolic_extents_become_what_the_options_say() {
    let mut symbolic = model(13, vec![node("Relu", &["x"], &["y"])], vec![]);
    if let Some(graph) = &mut symbolic.graph {
        graph.input = vec![value("x", &[0, 5])];
    }
    let (text, remarks) = import_with(&symbolic, &ImportOptions::default()).expect("valid");
    assert_contains(&text, &["tensor<1x5xf32>"]);
    assert_eq!(
        remarks,
        ["input 'x' has the symbolic extent 'batch' in dimension 0, which becomes 1"]
    );
    let (text, _) = import_with(&symbolic, &ImportOptions { symbolic_extent: 7 }).expect("valid");
    assert_contains(&text, &["tensor<7x5xf32>"]);
}

#[test]
fn constants_of_nodes_have_all_forms() {
    let constant = || node("Constant", &[], &["c"]);
    for (constant, expected) in [
        (
            constant().float("value_float", f32::NAN),
            "dense<0x7FC00000> : tensor<f32>",
        ),
        (
            constant().floats("value_floats", &[1.0, 2.0]),
            "tensor<2xf32>",
        ),
        (constant().int("value_int", 3), "dense<3> : tensor<i64>"),
        (
            constant().tensor("value", floats("", &[1, 1], &[4.0])),
            "dense<4.000000e+00> : tensor<1x1xf32>",
        ),
    ] {
        let cast = node("Cast", &["c"], &["y"]).int("to", 1);
        assert_contains(&text(13, vec![constant, cast], vec![]), &[expected]);
    }
    let text = faults(&model(
        13,
        vec![
            constant().string("value_string", "s"),
            node("Relu", &["c"], &["y"]),
        ],
        vec![],
    ));
    assert_contains(
        &text,
        &[
            "node 'the_Constant' (Constant)",
            "value_string",
            "expected a tensor",
        ],
    );
}
