//! Loop nests with integer bodies, slices and reshapes, from their text.

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

/// The text of a quantizer to `width` bits.
fn quantize(name: &str, argument: &str, shape: &str, width: u32, signed: bool) -> String {
    let half = 2f32.powi(width as i32 - 1);
    let (lo, hi) = if signed {
        (-half, half - 1.0)
    } else {
        (0.0, 2.0 * half - 1.0)
    };
    format!(
        "%{name} = qint.quantize %{argument} {{bipolar = false, fraction_bits = 0 : i64, hi = {hi:?} : f32, \
         is_signed = {signed}, lo = {lo:?} : f32, rounding_mode = \"ROUND\", scale = dense<0.5> : tensor<f32>, \
         zero_point = dense<0.0> : tensor<f32>}} : (tensor<{shape}xf32>) -> tensor<{shape}xi{width}>"
    )
}

fn dequantize(name: &str, argument: &str, shape: &str, width: u32, signed: bool) -> String {
    format!(
        "%{name} = qint.dequantize %{argument} {{is_signed = {signed}, scale = dense<1.0> : tensor<f64>}} \
         : (tensor<{shape}xi{width}>) -> tensor<{shape}xf32>"
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
        let text = format!(
            "func.func @main(%x: tensor<3x6xf32>) -> tensor<3x4xf32> {{
              {}
              %w = arith.constant dense<[[7, -8, 3, 1], [-5, 6, 7, 0], [4, -8, 7, 1], [7, 7, -8, 1], [2, -3, 7, 0], [-8, 7, 7, -8]]> : tensor<6x4xi4>
              %z = arith.constant dense<3> : tensor<3x4xi{width}>
              %a = linalg.generic {{indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = [\"parallel\", \"parallel\", \"reduction\"]}} ins(%q, %w : tensor<3x6xi4>, tensor<6x4xi4>) outs(%z : tensor<3x4xi{width}>) {{
              ^bb0(%in: i4, %in_0: i4, %out: i{width}):
                %1 = arith.{extend} %in : i4 to i{width}
                %2 = arith.{extend} %in_0 : i4 to i{width}
                %3 = arith.muli %1, %2 : i{width}
                %4 = arith.addi %out, %3 : i{width}
                linalg.yield %4 : i{width}
              }} -> tensor<3x4xi{width}>
              {}
              return %y : tensor<3x4xf32>
            }}",
            quantize("q", "x", "3x6", 4, signed),
            dequantize("y", "a", "3x4", width, signed),
        );
        agree_on(&text, &[&[3, 6]]);
    }
}

/// Elementwise bodies: sums, differences, extremes of both readings, constants, cut-off bits, broadcasting.
#[test]
fn elementwise_bodies() {
    let text = format!(
        "func.func @main(%x: tensor<4x5xf32>, %b: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<5x4xf32>) {{
          {}
          {}
          %e = tensor.empty() : tensor<4x5xi6>
          %s = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", \"parallel\"]}} ins(%p, %q : tensor<4x5xi5>, tensor<5xi4>) outs(%e : tensor<4x5xi6>) {{
          ^bb0(%in: i5, %in_0: i4, %out: i6):
            %c = arith.constant -3 : i6
            %1 = arith.extsi %in : i5 to i6
            %2 = arith.extui %in_0 : i4 to i6
            %3 = arith.subi %1, %2 : i6
            %4 = arith.addi %3, %c : i6
            %5 = arith.maxsi %4, %1 : i6
            linalg.yield %5 : i6
          }} -> tensor<4x5xi6>
          %f = tensor.empty() : tensor<4x5xi3>
          %t = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", \"parallel\"]}} ins(%s, %p : tensor<4x5xi6>, tensor<4x5xi5>) outs(%f : tensor<4x5xi3>) {{
          ^bb0(%in: i6, %in_0: i5, %out: i3):
            %1 = arith.trunci %in : i6 to i5
            %2 = arith.minui %1, %in_0 : i5
            %3 = arith.maxui %2, %1 : i5
            %4 = arith.minsi %3, %in_0 : i5
            %5 = arith.trunci %4 : i5 to i3
            linalg.yield %5 : i3
          }} -> tensor<4x5xi3>
          %g = tensor.empty() : tensor<5x4xi6>
          %u = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", \"parallel\"]}} ins(%s : tensor<4x5xi6>) outs(%g : tensor<5x4xi6>) {{
          ^bb0(%in: i6, %out: i6):
            linalg.yield %in : i6
          }} -> tensor<5x4xi6>
          {}
          {}
          {}
          return %y0, %y1, %y2 : tensor<4x5xf32>, tensor<4x5xf32>, tensor<5x4xf32>
        }}",
        quantize("p", "x", "4x5", 5, true),
        quantize("q", "b", "5", 4, false),
        dequantize("y0", "s", "4x5", 6, true),
        dequantize("y1", "t", "4x5", 3, false),
        dequantize("y2", "u", "5x4", 6, true),
    );
    agree_on(&text, &[&[4, 5], &[5]]);
}

/// A padded convolution with a stride, then pooling, a slice and a reshape.
#[test]
fn windows_and_slices() {
    for (signed, extreme, least) in [(true, "maxsi", -128), (false, "maxui", 0)] {
        let extend = if signed { "extsi" } else { "extui" };
        let text = format!(
            "func.func @main(%x: tensor<1x2x5x5xf32>) -> (tensor<1x3x2x2xf32>, tensor<6xf32>) {{
              {}
              %zero = arith.constant dense<0> : tensor<1x2x7x7xi3>
              %p = tensor.insert_slice %q into %zero[0, 0, 1, 1] [1, 2, 5, 5] [1, 1, 1, 1] : tensor<1x2x5x5xi3> into tensor<1x2x7x7xi3>
              %w = arith.constant dense<[[[[1, -2, 0], [3, 1, 1], [-4, 2, 1]], [[1, 1, 1], [0, -1, 2], [3, 3, -4]]], [[[2, 0, 1], [1, 1, -3], [0, 2, 1]], [[1, -1, 1], [0, 1, 2], [1, 3, 2]]], [[[1, 1, 1], [1, -4, 1], [1, 1, 1]], [[0, 0, 1], [0, 0, 3], [3, -1, 0]]]]> : tensor<3x2x3x3xi3>
              %z = arith.constant dense<0> : tensor<1x3x3x3xi8>
              %c = linalg.generic {{indexing_maps = [affine_map<(n, o, h, w, c, i, j) -> (n, c, h * 2 + i, w * 2 + j)>, affine_map<(n, o, h, w, c, i, j) -> (o, c, i, j)>, affine_map<(n, o, h, w, c, i, j) -> (n, o, h, w)>], iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"parallel\", \"reduction\", \"reduction\", \"reduction\"]}} ins(%p, %w : tensor<1x2x7x7xi3>, tensor<3x2x3x3xi3>) outs(%z : tensor<1x3x3x3xi8>) {{
              ^bb0(%in: i3, %in_0: i3, %out: i8):
                %1 = arith.{extend} %in : i3 to i8
                %2 = arith.extsi %in_0 : i3 to i8
                %3 = arith.muli %1, %2 : i8
                %4 = arith.addi %out, %3 : i8
                linalg.yield %4 : i8
              }} -> tensor<1x3x3x3xi8>
              %least = arith.constant dense<{least}> : tensor<1x3x2x2xi8>
              %window = tensor.empty() : tensor<2x2xi8>
              %m = linalg.generic {{indexing_maps = [affine_map<(n, o, h, w, i, j) -> (n, o, h + i, w + j)>, affine_map<(n, o, h, w, i, j) -> (i, j)>, affine_map<(n, o, h, w, i, j) -> (n, o, h, w)>], iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"parallel\", \"reduction\", \"reduction\"]}} ins(%c, %window : tensor<1x3x3x3xi8>, tensor<2x2xi8>) outs(%least : tensor<1x3x2x2xi8>) {{
              ^bb0(%in: i8, %in_0: i8, %out: i8):
                %1 = arith.{extreme} %out, %in : i8
                linalg.yield %1 : i8
              }} -> tensor<1x3x2x2xi8>
              %slice = tensor.extract_slice %c[0, 0, 0, 1] [1, 3, 2, 1] [1, 1, 2, 1] : tensor<1x3x3x3xi8> to tensor<1x3x2x1xi8>
              %flat = tensor.collapse_shape %slice [[0, 1, 2, 3]] : tensor<1x3x2x1xi8> into tensor<6xi8>
              {}
              {}
              return %y0, %y1 : tensor<1x3x2x2xf32>, tensor<6xf32>
            }}",
            quantize("q", "x", "1x2x5x5", 3, signed),
            dequantize("y0", "m", "1x3x2x2", 8, signed),
            dequantize("y1", "flat", "6", 8, true),
        );
        agree_on(&text, &[&[1, 2, 5, 5]]);
    }
}
