//! Loop nests with integer bodies, slices and reshapes, from text beside this file.

use qonnx_dialects::ir;
use qonnx_dialects::tensor::Tensor;

use super::agree;
use crate::random_graph::{self, Rng};

/// Runs the text of a level-2 network on random inputs of the given shapes.
fn agree_on(text: &str, shapes: &[&[usize]]) {
    let context = ir::session();
    let module = ir::parse_module(&context, text.as_bytes()).expect("the text is a module");
    let mut rng = Rng::new(7);
    let samples: Vec<Vec<Tensor>> = (0..6)
        .map(|_| {
            shapes
                .iter()
                .map(|shape| random_graph::input(shape, &mut rng))
                .collect()
        })
        .collect();
    agree(&context, &module, &samples);
}

/// A text with its placeholders, names in braces, filled in.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (placeholder, value)| {
            text.replace(placeholder, value)
        })
}

/// The text of a quantizer to `width` bits.
fn quantize(name: &str, argument: &str, shape: &str, width: u32, signed: bool) -> String {
    let half = 2f32.powi(width as i32 - 1);
    let (lo, hi) = if signed {
        (-half, half - 1.0)
    } else {
        (0.0, 2.0 * half - 1.0)
    };
    let sign = if signed { "si" } else { "ui" };
    format!(
        "%{name}_n = qint.quantize %{argument} {{bipolar = false, fraction_bits = 0 : i64, hi = {hi:?} : f32, \
         lo = {lo:?} : f32, rounding_mode = \"ROUND\", scale = dense<0.5> : tensor<f32>, \
         zero_point = dense<0.0> : tensor<f32>}} : (tensor<{shape}xf32>) -> tensor<{shape}x{sign}{width}>\n\
         %{name} = tensor.bitcast %{name}_n : tensor<{shape}x{sign}{width}> to tensor<{shape}xi{width}>"
    )
}

fn dequantize(name: &str, argument: &str, shape: &str, width: u32, signed: bool) -> String {
    let sign = if signed { "si" } else { "ui" };
    format!(
        "%{name}_n = tensor.bitcast %{argument} : tensor<{shape}xi{width}> to tensor<{shape}x{sign}{width}>\n\
         %{name} = qint.dequantize %{name}_n {{scale = dense<1.0> : tensor<f64>}} \
         : (tensor<{shape}x{sign}{width}>) -> tensor<{shape}xf32>"
    )
}

/// A product whose sums wrap around: every width must be masked where it is read.
#[test]
fn sums_that_wrap() {
    for (width, signed) in [
        (5, true),
        (5, false),
        (8, true),
        (8, false),
        (9, true),
        (16, false),
        (17, true),
    ] {
        let extend = if signed { "extsi" } else { "extui" };
        let text = filled(
            include_str!("loops/product.mlir"),
            &[
                ("{q}", quantize("q", "x", "3x6", 4, signed)),
                ("{y}", dequantize("y", "a", "3x4", width, signed)),
                ("{width}", width.to_string()),
                ("{extend}", extend.to_string()),
            ],
        );
        agree_on(&text, &[&[3, 6]]);
    }
}

/// Elementwise bodies: sums, differences, extremes of both readings, constants, cut-off bits, broadcasting.
#[test]
fn elementwise_bodies() {
    let text = filled(
        include_str!("loops/elementwise.mlir"),
        &[
            ("{p}", quantize("p", "x", "4x5", 5, true)),
            ("{q}", quantize("q", "b", "5", 4, false)),
            ("{y0}", dequantize("y0", "s", "4x5", 6, true)),
            ("{y1}", dequantize("y1", "t", "4x5", 3, false)),
            ("{y2}", dequantize("y2", "u", "5x4", 6, true)),
        ],
    );
    agree_on(&text, &[&[4, 5], &[5]]);
}

/// A padded convolution with a stride, then pooling, a slice and a reshape.
#[test]
fn windows_and_slices() {
    for (signed, extreme, least) in [(true, "maxsi", -128), (false, "maxui", 0)] {
        let extend = if signed { "extsi" } else { "extui" };
        let text = filled(
            include_str!("loops/windows.mlir"),
            &[
                ("{q}", quantize("q", "x", "1x2x5x5", 3, signed)),
                ("{y0}", dequantize("y0", "m", "1x3x2x2", 8, signed)),
                ("{y1}", dequantize("y1", "flat", "6", 8, true)),
                ("{extend}", extend.to_string()),
                ("{extreme}", extreme.to_string()),
                ("{least}", least.to_string()),
            ],
        );
        agree_on(&text, &[&[1, 2, 5, 5]]);
    }
}
