//! Broken models: every fault is reported, on one line, and nothing panics.

use bytes::Bytes;
use prost::Message;
use qonnx_dialects::ir;

use super::model::{faults, floats, ints, model, node};
use crate::frontend::onnx::proto::ModelProto;
use crate::frontend::onnx::{ImportOptions, import_bytes};

/// A model of some size, with weights, several operators and a quantizer.
fn sample() -> ModelProto {
    let quant = node("Quant", &["x", "s", "z", "b"], &["q"]).domain("qonnx.custom_op.general");
    model(
        14,
        vec![
            quant
                .int("signed", 1)
                .int("narrow", 0)
                .string("rounding_mode", "ROUND"),
            node("MatMul", &["q", "w"], &["m"]),
            node("Reshape", &["m", "shape"], &["r"]).int("allowzero", 0),
            node("Softmax", &["r"], &["y"]).int("axis", -1),
        ],
        vec![
            floats("s", &[], &[0.5]),
            floats("z", &[], &[0.0]),
            floats("b", &[], &[4.0]),
            floats("w", &[4, 80], &[0.25; 320]),
            ints("shape", &[2, -1]),
        ],
    )
}

/// Imports bytes; whether they were a model. Reports go nowhere.
fn survives(bytes: &[u8]) -> bool {
    let context = ir::session();
    let bytes = Bytes::copy_from_slice(bytes);
    let outcome = ir::capture(&context, || {
        import_bytes(&context, bytes, "broken.onnx", &ImportOptions::default())
    });
    match outcome.0 {
        Ok(_) => true,
        Err(errors) => {
            let text = errors.to_string();
            assert_eq!(text.lines().count(), errors.problems.len(), "{text}");
            assert!(
                !errors.problems.is_empty()
                    && text.lines().all(|line| line.starts_with("broken.onnx: "))
            );
            false
        }
    }
}

#[test]
fn truncated_models_are_refused() {
    let bytes = sample().encode_to_vec();
    assert!(survives(&bytes));
    for end in 0..50 {
        assert!(!survives(&bytes[..bytes.len() * end / 50]), "{end}/50");
    }
}

#[test]
fn no_change_of_a_byte_makes_the_importer_panic() {
    let bytes = sample().encode_to_vec();
    let mut refused = 0;
    // Weights are most of the bytes; changes there are all alike.
    for at in
        (0..bytes.len()).filter(|&at| at % 23 == 0 || bytes[at] != bytes[at.saturating_sub(4)])
    {
        for value in [
            0,
            0x7f,
            0x80,
            0xff,
            bytes[at] ^ 1,
            bytes[at].wrapping_add(8),
        ] {
            let mut changed = bytes.clone();
            changed[at] = value;
            refused += usize::from(!survives(&changed));
        }
    }
    assert!(refused > 0);
}

#[test]
fn one_run_reports_all_faults() {
    let nodes = vec![
        node("Mystery", &["x"], &["a"]),
        node("Warp", &["x"], &["b"]).domain("com.example"),
        node("Conv", &["x", "w"], &["c"]).string("auto_pad", "MIDDLE"),
        node("Gemm", &["x"], &["d"]),
        node("Relu", &["x", "x"], &["e"]),
        node("Unsqueeze", &["x", "a"], &["f"]),
        node("Quant", &["x", "w"], &["g"])
            .domain("onnx.brevitas")
            .string("rounding_mode", "SOMEHOW"),
        node("Softmax", &["x"], &["h"]).float("axis", 1.0),
        node("Transpose", &["x"], &["i"]).ints("perm", &[0, 0, 1]),
        node("Relu", &["nothing"], &["y"]),
        node("Cast", &["x"], &["j"]).int("to", 10),
    ];
    let mut broken = floats("w", &[2], &[1.0]);
    broken.name = "line\nbreak".to_owned();
    let text = faults(&model(13, nodes, vec![broken, floats("w", &[], &[1.0])]));
    for expected in [
        "node 'the_Mystery' (Mystery): operator Mystery of ai.onnx version 13 is not supported; ",
        "node 'the_Warp' (Warp): domain 'com.example' is not supported, expected standard ONNX or QONNX; ",
        "MIDDLE",
        "node 'the_Gemm' (Gemm): its input 1 is missing, expected at least 2 inputs; ",
        "node 'the_Relu' (Relu): it has 2 inputs, expected at most 1; ",
        "node 'the_Unsqueeze' (Unsqueeze): its input 'axes' is computed in the graph, which is not supported",
        "SOMEHOW",
        "node 'the_Softmax' (Softmax): its attribute 'axis' is a float, expected an integer; ",
        "uses tensor 'nothing', expected an input, an initializer or the output of a node; ",
        "node 'the_Cast' (Cast): it casts to a float narrower than float32",
        "initializer 'line\\nbreak': has 4 bytes, expected 8",
    ] {
        assert!(text.contains(expected), "{expected} not in\n{text}");
    }
}

#[test]
fn what_the_operators_verifier_finds_is_reported_at_the_node() {
    let nodes = vec![
        node("Transpose", &["x"], &["a"]).ints("perm", &[0, 0, 1]),
        node("Flatten", &["x"], &["b"]).int("axis", 9),
        node("Add", &["a", "b"], &["y"]),
    ];
    let text = faults(&model(13, nodes, vec![]));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("model.onnx: node 'the_Transpose' (Transpose): 'Transpose' op"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("model.onnx: node 'the_Flatten' (Flatten): 'Flatten' op"),
        "{text}"
    );
}

#[test]
fn sizes_that_the_file_does_not_justify_are_refused() {
    for dims in [[1 << 40, 1], [i64::MAX, i64::MAX], [-1, 1]] {
        let mut weights = floats("w", &[], &[1.0]);
        weights.dims = dims.to_vec();
        assert!(
            faults(&model(
                13,
                vec![node("Add", &["x", "w"], &["y"])],
                vec![weights]
            ))
            .contains("initializer 'w'")
        );
    }
    let huge = [
        node("ConstantOfShape", &["s"], &["y"]),
        node("Expand", &["x", "s"], &["y"]),
    ];
    for node in huge {
        let text = faults(&model(
            13,
            vec![node],
            vec![ints("s", &[1 << 20, 1 << 20, 2, 3, 4])],
        ));
        assert!(text.contains("expected at most"), "{text}");
    }
}
