//! Changes of a decoded model.

use bytes::Bytes;
use prost::Message;
use qonnx_mlir::frontend::onnx::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto,
};
use qonnx_mlir::random_graph::Rng;

/// Integers at the edges of what code expects.
const EDGES: [i64; 16] = [
    0,
    1,
    2,
    3,
    -1,
    -2,
    7,
    64,
    1 << 16,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 32,
    1 << 40,
    1 << 62,
    i64::MAX,
    i64::MIN,
];

/// Operators of which some take more, fewer or other operands than others.
const OPERATORS: [&str; 16] = [
    "Add",
    "Conv",
    "MatMul",
    "Relu",
    "Concat",
    "Clip",
    "Pow",
    "Transpose",
    "Reshape",
    "Gather",
    "TopK",
    "Split",
    "Tile",
    "Expand",
    "ConstantOfShape",
    "BatchNormalization",
];

fn changed(sound: &[u8], change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let Ok(mut model) = ModelProto::decode(Bytes::copy_from_slice(sound)) else {
        return sound.to_vec();
    };
    if let Some(graph) = &mut model.graph {
        change(graph);
    }
    model.encode_to_vec()
}

fn one_of<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.below(all.len())]
}

/// Nodes and tensors removed, repeated, renamed and connected in other ways.
pub fn structure(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    changed(sound, |graph| {
        for _ in 0..=rng.below(2) {
            rewire(graph, rng);
        }
    })
}

fn rewire(graph: &mut GraphProto, rng: &mut Rng) {
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    let inputs = graph.input.iter().map(|input| &input.name);
    let constants = graph.initializer.iter().map(|tensor| &tensor.name);
    let names: Vec<String> = outputs.chain(inputs).chain(constants).cloned().collect();
    let name = names
        .get(rng.below(names.len()))
        .cloned()
        .unwrap_or_default();
    let at = rng.below(graph.node.len());
    let count = graph.node.len();
    let Some(node) = graph.node.get_mut(at) else {
        return;
    };
    let operand = rng.below(node.input.len() + 1);
    match rng.below(11) {
        0 => drop(graph.node.remove(at)),
        1 => {
            let copy = node.clone();
            graph.node.insert(rng.below(count), copy);
        }
        2 => graph.node.swap(at, rng.below(count)),
        3 if operand < node.input.len() => node.input[operand] = name,
        4 => node.input.insert(operand, name),
        5 => drop(node.input.pop()),
        6 => node.output.push(name),
        7 => node.op_type = one_of(rng, &OPERATORS).to_owned(),
        8 if !graph.initializer.is_empty() => {
            let at = rng.below(graph.initializer.len());
            graph.initializer.remove(at);
        }
        9 if !graph.output.is_empty() => graph.output[0].name = name,
        _ if operand < node.input.len() => node.input[operand].clear(),
        _ => node.domain = "nowhere".to_owned(),
    }
}

/// Attributes with other values, types and names, missing, and repeated.
pub fn attributes(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    changed(sound, |graph| {
        let with: Vec<&mut NodeProto> = graph
            .node
            .iter_mut()
            .filter(|node| !node.attribute.is_empty())
            .collect();
        let chosen = rng.below(with.len());
        if let Some(node) = with.into_iter().nth(chosen) {
            let at = rng.below(node.attribute.len());
            match rng.below(6) {
                0 => drop(node.attribute.remove(at)),
                1 => {
                    let copy = node.attribute[at].clone();
                    node.attribute.push(copy);
                }
                2 => node.attribute[at].name.push('x'),
                _ => revalue(&mut node.attribute[at], rng),
            }
        }
    })
}

fn revalue(attribute: &mut AttributeProto, rng: &mut Rng) {
    match rng.below(6) {
        0 => attribute.r#type = rng.below(16) as i32,
        1 => attribute.ints.push(one_of(rng, &EDGES)),
        2 => drop(attribute.ints.pop()),
        3 => attribute.s = Bytes::from_static(b"\xff\x00\x1b[31m"),
        _ => {
            attribute.i = one_of(rng, &EDGES);
            attribute.f = one_of(rng, &[f32::NAN, f32::INFINITY, -1e38, -0.0, 1e-45]);
            let place = rng.below(attribute.ints.len());
            if let Some(value) = attribute.ints.get_mut(place) {
                *value = one_of(rng, &EDGES);
            }
        }
    }
}

/// Extents of inputs and initializers, element types, and the values of initializers.
pub fn dimensions(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    changed(sound, |graph| {
        let (of_input, of_tensor) = (
            rng.below(graph.input.len()),
            rng.below(graph.initializer.len()),
        );
        let tensor = graph.initializer.get_mut(of_tensor);
        let input = graph.input.get_mut(of_input);
        let shape =
            input.and_then(|input| input.r#type.as_mut()?.tensor_type.as_mut()?.shape.as_mut());
        match (rng.below(5), tensor, shape) {
            (0, _, Some(shape)) => {
                let at = rng.below(shape.dim.len());
                if let Some(dim) = shape.dim.get_mut(at) {
                    dim.dim_value = Some(one_of(rng, &EDGES));
                }
            }
            (1, _, Some(shape)) => shape.dim.push(DimensionProto {
                dim_value: Some(one_of(rng, &EDGES)),
                dim_param: None,
            }),
            (2, Some(tensor), _) => {
                let at = rng.below(tensor.dims.len());
                match tensor.dims.get_mut(at) {
                    Some(dim) => *dim = one_of(rng, &EDGES),
                    None => tensor.dims.push(one_of(rng, &EDGES)),
                }
            }
            (3, Some(tensor), _) => tensor.data_type = rng.below(26) as i32,
            (_, Some(tensor), _) if !tensor.raw_data.is_empty() => {
                // A scalar may be a bit width, an extent, an axis or a scale.
                let mut data = tensor.raw_data.to_vec();
                let at = rng.below(data.len()) & !3;
                let value = one_of(
                    rng,
                    &[f32::NAN, f32::INFINITY, 0.0, -1.0, 1e38, 1e-45, 33.0],
                );
                let end = (at + 4).min(data.len());
                data[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
                tensor.raw_data = data.into();
            }
            (_, Some(tensor), _) => {
                for value in &mut tensor.int64_data {
                    *value = one_of(rng, &EDGES);
                }
            }
            _ => {}
        }
    })
}
