//! Changes of files; those that tests make as well, and some that need more tries than a test has.

#[path = "../lit_tests/harness/mutants/bytes.rs"]
mod bytes;
#[path = "../lit_tests/harness/mutants/model.rs"]
mod model;
#[path = "../lit_tests/harness/mutants/text.rs"]
mod text;

use qonnx_mlir::random_graph::Rng;

use crate::targets::Target;

/// What MLIR's text is made of, and what its parser has stumbled over.
const WORDS: [&str; 62] = [
    "array<i64: 1, 2>",
    "array<i1: true>",
    "array<index>",
    "array<f32: 0x7F800000>",
    "array<i128: 1>",
    "dense<[1, 2]> : tensor<2xi8>",
    "dense<\"0x00FF\"> : tensor<2xi8>",
    "dense<\"0x01\"> : tensor<8xi1>",
    "dense<> : tensor<0xi1>",
    "dense<[[1], [2, 3]]> : tensor<2x2xi8>",
    "dense<(1.0, 2.0)> : tensor<complex<f32>>",
    "dense<1> : tensor<?xi1>",
    "dense<1> : vector<4xi1>",
    "dense<1> : tensor<2xindex>",
    "dense<\"a\"> : tensor<2x!x.y>",
    "sparse<[[0, 0]], 1.0> : tensor<2x2xf32>",
    "dense_resource<a> : tensor<2xf32>",
    "{-# dialect_resources: {builtin: {a: \"0x04000000000000003F\"}} #-}",
    "affine_map<(d0)[s0] -> (d0 floordiv s0, d0 mod 0)>",
    "affine_map<() -> ()>",
    "affine_map<(d0, d1) -> (d0 * d1, -d1 ceildiv 2)>",
    "affine_map<(d0) -> (d0 * 9223372036854775807 * 2)>",
    "affine_set<(d0) : (d0 - 1 >= 0)>",
    "strided<[1, ?], offset: ?>",
    "distinct[0]<1>",
    "unit",
    "@a::@b",
    "loc(\"a\":1:2)",
    "loc(fused<1>[\"a\", unknown])",
    "loc(callsite(\"a\" at \"b\"))",
    "#a",
    "#a.b<c>",
    "!a = tensor<1xf32>",
    "!a.b<c>",
    "tensor<?x?xf32>",
    "tensor<*xf32>",
    "tensor<1xf32, #a>",
    "tensor<4294967296x4294967296x4294967296xi8>",
    "tensor<2xcomplex<f32>>",
    "tensor<2xvector<2xi1>>",
    "tensor<index>",
    "memref<2xi8, strided<[2]>>",
    "memref<1xf32, affine_map<(d0) -> (d0 + 1)>, 3>",
    "vector<[4]x2xi8>",
    "vector<0xi8>",
    "tuple<i1, tuple<>>",
    "complex<f64>",
    "none",
    "i0",
    "i16777216",
    "si8",
    "ui64",
    "f8E4M3FN",
    "bf16",
    "f80",
    "() -> (i1, i1)",
    "%a:2",
    "%0#1",
    "^bb0(%x: i1):",
    "func.func @g(%x: tensor<1xi1>) -> tensor<1xi1>",
    "\"builtin.unrealized_conversion_cast\"() : () -> i1",
    "builtin.module @m attributes {a}",
];

/// A file made of one or two others.
pub fn changed(target: Target, sound: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let one = &sound[rng.below(sound.len())];
    let mut changed = one.clone();
    for _ in 0..=rng.below(3) {
        changed = match (target, rng.below(10)) {
            (_, 0) => bytes::changed(&changed, rng),
            (_, 1) if rng.chance(1, 3) => bytes::truncation(&changed, rng),
            (Target::Onnx, 2..=4) => model::structure(&changed, rng),
            (Target::Onnx, 5 | 6) => model::attributes(&changed, rng),
            (Target::Onnx, _) => model::dimensions(&changed, rng),
            (Target::Mlir, 2 | 3) => text::numbers(&changed, rng),
            (Target::Mlir, 4) => text::lines(&changed, rng),
            (Target::Mlir, 5 | 6) => words(&changed, &WORDS, rng),
            (Target::Mlir, 7) => words(&changed, &tokens(&sound[rng.below(sound.len())]), rng),
            (Target::Mlir, 8) => repeated(&changed, rng),
            (Target::Mlir, _) => joined(&changed, &sound[rng.below(sound.len())], rng),
            (Target::Npz, 2..=4) => header(&changed, rng),
            (Target::Npz, 5) => joined(&changed, &sound[rng.below(sound.len())], rng),
            (Target::Npz, _) => bytes::changed(&changed, rng),
        };
        if changed.is_empty() {
            break;
        }
    }
    changed
}

/// The places of a text's tokens: words, numbers and names with what stands in front of them, and single signs.
fn places(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$%@#!^".contains(byte);
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| word(byte)).count();
        if !text[at].is_ascii_whitespace() {
            places.push(at..at + length.max(1));
        }
        at += length.max(1);
    }
    places
}

fn tokens(text: &[u8]) -> Vec<String> {
    let places = places(text).into_iter();
    let token = |place| String::from_utf8_lossy(&text[place]).into_owned();
    places.map(token).collect()
}

/// Some tokens replaced by others, or others put in front of them.
fn words(text: &[u8], others: &[impl AsRef<str>], rng: &mut Rng) -> Vec<u8> {
    let mut changed = text.to_vec();
    for _ in 0..=rng.below(3) {
        let places = places(&changed);
        if places.is_empty() || others.is_empty() {
            break;
        }
        let place = places[rng.below(places.len())].clone();
        let other = others[rng.below(others.len())].as_ref().bytes();
        match rng.below(4) {
            0 => drop(changed.splice(place.start..place.start, other)),
            1 => drop(changed.drain(place)),
            _ => drop(changed.splice(place, other)),
        }
    }
    changed
}

/// A part repeated, sometimes very often: what nests, nests deeply.
fn repeated(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let places = places(text);
    if places.is_empty() {
        return text.to_vec();
    }
    let first = rng.below(places.len());
    let last = (first + rng.below(4)).min(places.len() - 1);
    let part = &text[places[first].start..places[last].end];
    let most = [2, 20, 20_000][rng.below(3)];
    let often = most.min((1 << 17) / part.len().max(1));
    let at = places[first].start;
    [&text[..at], &part.repeat(often), &text[at..]].concat()
}

/// The beginning of one file and the end of another.
fn joined(one: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let (end, start) = (rng.below(one.len() + 1), rng.below(other.len() + 1));
    let joined = [&one[..end], &other[start..]].concat();
    joined[..joined.len().min(1 << 17)].to_vec()
}

/// A number or a word in the header of an array replaced; the data stays, and in an archive the checksum.
fn header(array: &[u8], rng: &mut Rng) -> Vec<u8> {
    const PARTS: [&str; 18] = [
        "'shape': (1, 2)",
        "(2, 3, 4)",
        "()",
        "(0,)",
        "(18446744073709551616,)",
        "(4294967296, 4294967296)",
        "(1, 1, 1, 1, 1, 1, 1, 1)",
        "'descr': '<f4'",
        "<f2",
        ">i8",
        "|u1",
        "|b1",
        "|O",
        "'fortran_order': True",
        "False",
        "{",
        "}",
        "L",
    ];
    let Some(start) = array.windows(6).position(|part| part == b"\x93NUMPY") else {
        return bytes::changed(array, rng);
    };
    let end = (start + 128).min(array.len());
    let changed = words(&array[start + 6..end], &PARTS, rng);
    [&array[..start + 6], &changed, &array[end..]].concat()
}
