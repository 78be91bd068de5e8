//! The ops of `qint`, exhaustively over small domains.

use qonnx_dialects::qint::{Dequantize, Lookup, Op, Quantize, Requantize, Threshold};
use qonnx_dialects::qonnx::Rounding;
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::value::TensorType;

use super::{awkward, check, row};

/// Every 8-bit number, in `rows` rows that differ in order.
fn bytes(rows: usize, signed: bool) -> Tensor {
    let least = if signed { -128 } else { 0 };
    let values = (0..rows)
        .flat_map(|row| (0..256).map(move |at| (least + (at * (2 * row as i32 + 1)) % 256) as f32));
    Tensor::f32([rows, 256], values.collect())
}

fn f64s(values: Vec<f64>) -> Tensor {
    Tensor::new(vec![values.len(), 1], Data::F64(values))
}

#[test]
fn quantize_in_every_mode() {
    let x = row(awkward());
    let count = x.len();
    let quantizers = |rounding| {
        let whole = |lo, hi, scale: f32, zero: f32| Quantize {
            scale: Tensor::scalar(scale),
            zero_point: Tensor::scalar(zero),
            lo,
            hi,
            rounding_mode: rounding,
            bipolar: false,
            fraction_bits: 0,
        };
        let mut fractional = whole(0.0, 15.0, 0.25, 2.75);
        fractional.fraction_bits = 2;
        let mut per_element = whole(-8.0, 7.0, 1.0, 0.0);
        per_element.scale = row((0..count).map(|at| 0.3 * (1 + at % 5) as f32).collect());
        per_element.zero_point = row((0..count).map(|at| (at % 3) as f32).collect());
        vec![
            (whole(-8.0, 7.0, 0.5, 0.0), Element::sint(4)),
            (whole(0.0, 255.0, 0.3, 0.0), Element::uint(8)),
            (whole(0.0, 15.0, -0.1, 3.0), Element::sint(5)),
            (whole(-127.5, 127.25, 1.0, 0.0), Element::sint(9)),
            (
                whole(-2f32.powi(39), 2f32.powi(39), 0.7, 0.0),
                Element::sint(41),
            ),
            (fractional, Element::sint(8)),
            (per_element, Element::sint(5)),
        ]
    };
    for rounding in Rounding::ALL {
        let all = quantizers(rounding);
        check(
            &[TensorType::of(&x)],
            all.len(),
            &[vec![x.clone()]],
            |net, inputs| {
                all.iter()
                    .map(|(op, element)| {
                        net.reals(net.qint(&Op::Quantize(op.clone()), inputs[0], *element))
                    })
                    .collect()
            },
        );
    }
}

#[test]
fn quantize_to_signs() {
    let x = row(awkward());
    let sign = |scale: f32, zero: f32| Quantize {
        scale: Tensor::scalar(scale),
        zero_point: Tensor::scalar(zero),
        lo: -1.0,
        hi: 1.0,
        rounding_mode: Rounding::Round,
        bipolar: true,
        fraction_bits: 0,
    };
    check(
        &[TensorType::of(&x)],
        2,
        &[vec![x.clone()]],
        |net, inputs| {
            [
                (sign(0.5, 0.0), Element::sint(2)),
                (sign(-1.0, 1.0), Element::sint(3)),
            ]
            .map(|(op, element)| net.reals(net.qint(&Op::Quantize(op), inputs[0], element)))
            .to_vec()
        },
    );
}

#[test]
fn dequantize_reads_the_sign_of_the_type() {
    for signed in [false, true] {
        let x = bytes(2, signed);
        check(
            &[TensorType::of(&x)],
            4,
            &[vec![x.clone()]],
            |net, inputs| {
                let n = net.integers(inputs[0], 8, signed);
                let scale = |values| {
                    Op::Dequantize(Dequantize {
                        scale: f64s(values),
                    })
                };
                vec![
                    net.qint(&scale(vec![0.1 * 0.3]), n, Element::F32),
                    net.qint(&scale(vec![0.1, -7.3e-5]), n, Element::F32),
                    // The same bits, read the other way.
                    net.reals(net.read(n, !signed)),
                    net.reals(net.read(net.integers(inputs[0], 5, signed), !signed)),
                ]
            },
        );
    }
}

#[test]
fn requantize_in_every_mode() {
    for rounding in Rounding::ALL {
        let op = |multiplier: Vec<i64>, addend: Vec<i64>, shift, lo, hi, read_signed| {
            let op = Requantize {
                multiplier,
                addend,
                shift,
                lo,
                hi,
                rounding_mode: rounding,
                axis: 0,
            };
            (op, read_signed)
        };
        for signed in [true, false] {
            let x = bytes(2, signed);
            let large = (1i64 << 40) + 12_345;
            let ops = [
                op(vec![1], vec![0], 0, -100, 90, signed),
                op(vec![1], vec![0], 1, -128, 127, signed),
                op(vec![3, -5], vec![8, -9], 4, -60, 60, signed),
                op(
                    vec![1_000_003, -7],
                    vec![0, 1 << 20],
                    16,
                    -2048,
                    2047,
                    signed,
                ),
                // More than 32 bits, more than 64 bits.
                op(vec![large], vec![1 << 33], 35, -5000, 5000, signed),
                op(
                    vec![i64::MAX, i64::MIN],
                    vec![i64::MAX, -1],
                    62,
                    -512,
                    511,
                    signed,
                ),
                op(vec![-1], vec![1 << 45], 44, -1, 1, !signed),
            ];
            check(
                &[TensorType::of(&x)],
                ops.len(),
                &[vec![x.clone()]],
                |net, inputs| {
                    let n = net.integers(inputs[0], 8, signed);
                    ops.iter()
                        .map(|(op, signed)| {
                            let n = net.read(n, *signed);
                            let op = Op::Requantize(op.clone());
                            net.reals(net.qint(&op, n, Element::sint(14)))
                        })
                        .collect()
                },
            );
        }
    }
}

/// Ascending thresholds over and beyond a range.
fn thresholds(rows: usize, steps: usize, low: i64, high: i64) -> Tensor {
    let span = high - low;
    let value =
        |row: usize, at: usize| low + (span * at as i64) / steps.max(1) as i64 + row as i64 * 3;
    let values = (0..rows)
        .flat_map(|row| (0..steps).map(move |at| value(row, at)))
        .collect();
    Tensor::i64([rows, steps], values)
}

#[test]
fn thresholds_of_any_number() {
    for signed in [true, false] {
        let x = bytes(3, signed);
        let (low, high) = if signed { (-140, 150) } else { (-10, 300) };
        let mut ops = Vec::new();
        for (rows, steps) in [
            (1, 0),
            (1, 1),
            (3, 3),
            (1, 15),
            (3, 16),
            (1, 17),
            (3, 40),
            (1, 255),
            (3, 256),
        ] {
            let op = Threshold {
                thresholds: thresholds(rows, steps, low, high),
                base: (0..rows as i64).map(|row| -row).collect(),
                step: (0..rows as i64)
                    .map(|row| if row == 1 { -2 } else { 1 })
                    .collect(),
                axis: 0,
            };
            ops.push((op, signed));
        }
        // All within what 8 bits hold, which keeps the comparison there.
        let small = Threshold {
            thresholds: Tensor::i64([1, 2], vec![5, 100]),
            ..ops[1].0.clone()
        };
        ops.push((small, signed));
        ops.push((ops[8].0.clone(), !signed));
        check(
            &[TensorType::of(&x)],
            ops.len(),
            &[vec![x.clone()]],
            |net, inputs| {
                let n = net.integers(inputs[0], 8, signed);
                ops.iter()
                    .map(|(op, signed)| {
                        let n = net.read(n, *signed);
                        let op = Op::Threshold(op.clone());
                        net.reals(net.qint(&op, n, Element::sint(11)))
                    })
                    .collect()
            },
        );
    }
}

#[test]
fn lookups() {
    for signed in [true, false] {
        let x = bytes(2, signed);
        let low = if signed { -128 } else { 0 };
        let op = |rows: usize, columns: i64, low, read_signed| {
            let op = Lookup {
                table: Tensor::i64(
                    [rows, columns as usize],
                    (0..rows as i64 * columns)
                        .map(|at| (at * 37 + 11) % 501 - 250)
                        .collect(),
                ),
                low,
                axis: 0,
            };
            (op, read_signed)
        };
        let ops = [
            op(1, 256, low, signed),
            op(2, 256, low, signed),
            // Beyond its ends the table answers with them.
            op(2, 10, 3, signed),
            op(1, 7, -4, !signed),
        ];
        check(
            &[TensorType::of(&x)],
            ops.len(),
            &[vec![x.clone()]],
            |net, inputs| {
                let n = net.integers(inputs[0], 8, signed);
                ops.iter()
                    .map(|(op, signed)| {
                        let n = net.read(n, *signed);
                        let op = Op::Lookup(op.clone());
                        net.reals(net.qint(&op, n, Element::sint(9)))
                    })
                    .collect()
            },
        );
    }
}
