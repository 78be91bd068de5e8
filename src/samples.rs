//! Samples: the inputs that a network is run on, one tensor for each graph input.

use qonnx_dialects::ir::{self, Function};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::value::TensorType;

use crate::random_graph::Rng;

/// One tensor for each graph input.
pub type Sample = Vec<Tensor>;

/// Names and types of a network's inputs.
pub fn inputs(function: Function<'_>) -> Result<Vec<(String, TensorType)>, String> {
    function
        .input_names()
        .into_iter()
        .zip(function.arguments())
        .map(|(name, argument)| {
            ir::type_of(argument).map(|ty| (name.clone(), ty)).ok_or(format!("input '{name}' has no static shape"))
        })
        .collect()
}

/// Takes samples from the arrays of an archive: the leading axis is the sample, keys are the inputs' names or
/// `in0`, `in1`, ...
pub fn from_arrays(
    inputs: &[(String, TensorType)],
    arrays: &[(String, Tensor)],
) -> Result<Vec<Sample>, String> {
    let mut columns = Vec::with_capacity(inputs.len());
    for (at, (name, ty)) in inputs.iter().enumerate() {
        let array = find(arrays, name, &format!("in{at}"))?;
        columns.push(split(array, ty).map_err(|message| format!("array for input '{name}' {message}"))?);
    }
    let count = columns.first().map_or(0, Vec::len);
    if columns.iter().any(|column| column.len() != count) {
        return Err("the arrays have different numbers of samples".to_owned());
    }
    let mut samples: Vec<Sample> = vec![Vec::new(); count];
    for column in columns {
        for (sample, tensor) in samples.iter_mut().zip(column) {
            sample.push(tensor);
        }
    }
    Ok(samples)
}

/// The expected outputs of each sample, in graph order.
pub fn expected(
    outputs: &[String],
    count: usize,
    arrays: &[(String, Tensor)],
) -> Result<Vec<Vec<Vec<f32>>>, String> {
    let mut samples = vec![Vec::new(); count];
    for (at, name) in outputs.iter().enumerate() {
        let array = find(arrays, name, &format!("out{at}"))?;
        if array.shape.first() != Some(&count) {
            return Err(format!("array for output '{name}' has shape {:?}, expected {count} samples", array.shape));
        }
        let values = array.to_f32();
        let size = values.len() / count.max(1);
        for (sample, part) in samples.iter_mut().zip(values.chunks(size.max(1))) {
            sample.push(part.to_vec());
        }
    }
    Ok(samples)
}

fn find<'a>(arrays: &'a [(String, Tensor)], name: &str, alias: &str) -> Result<&'a Tensor, String> {
    let by = |key: &str| arrays.iter().find(|(found, _)| found == key).map(|(_, tensor)| tensor);
    by(name).or_else(|| by(alias)).ok_or_else(|| {
        let found: Vec<_> = arrays.iter().map(|(name, _)| name.as_str()).collect();
        format!("has no array '{name}' or '{alias}', found {}", found.join(", "))
    })
}

/// The samples of one input.
fn split(array: &Tensor, ty: &TensorType) -> Result<Vec<Tensor>, String> {
    let Some((&count, shape)) = array.shape.split_first() else {
        return Err("is a scalar, expected samples along the leading axis".to_owned());
    };
    if shape != ty.shape {
        return Err(format!("has samples of shape {shape:?}, expected {:?}", ty.shape));
    }
    let size: usize = shape.iter().product();
    (0..count).map(|at| convert(array, at * size, size, ty)).collect()
}

/// Elements `start..start + size` as a tensor of a type.
fn convert(array: &Tensor, start: usize, size: usize, ty: &TensorType) -> Result<Tensor, String> {
    let floats = || array_f64(array, start, size);
    let data = match ty.element {
        Element::F32 => Data::F32(floats().map(|value| value as f32).collect()),
        Element::F64 => Data::F64(floats().collect()),
        Element::Int { width, unsigned } => {
            let whole = |value: f64| {
                (value.fract() == 0.0)
                    .then_some(value as i64)
                    .ok_or_else(|| format!("holds {value}, expected integers"))
            };
            let values = match array.as_int() {
                Some(values) => values[start..start + size].to_vec(),
                None => floats().map(whole).collect::<Result<_, _>>()?,
            };
            Data::Int { width, unsigned, values }
        }
    };
    Ok(Tensor::new(ty.shape.clone(), data))
}

fn array_f64(array: &Tensor, start: usize, size: usize) -> impl Iterator<Item = f64> {
    let values: Vec<f64> = match &array.data {
        Data::F32(values) => values[start..start + size].iter().map(|&value| f64::from(value)).collect(),
        Data::F64(values) => values[start..start + size].to_vec(),
        Data::Int { values, .. } => values[start..start + size].iter().map(|&value| value as f64).collect(),
    };
    values.into_iter()
}

/// Generates samples: random values of several ranges, extremes, and, where an input goes into a quantizer
/// of scale `steps[input]`, values on and next to the middle between two of its levels.
pub fn generate(
    inputs: &[(String, TensorType)],
    steps: &[Option<f32>],
    count: usize,
    seed: u64,
) -> Vec<Sample> {
    let mut rng = Rng::new(seed);
    (0..count)
        .map(|at| {
            inputs
                .iter()
                .zip(steps)
                .map(|((_, ty), step)| tensor(ty, *step, at, &mut rng))
                .collect()
        })
        .collect()
}

fn tensor(ty: &TensorType, step: Option<f32>, at: usize, rng: &mut Rng) -> Tensor {
    let count: usize = ty.shape.iter().product();
    let mut next = |_| -> f64 {
        match at % 6 {
            0 => rng.unit(),
            1 => rng.unit() * 2.0 - 1.0,
            2 => {
                // Ties of the input's quantizer, and their neighbours.
                let step = step.unwrap_or(0.125);
                let tie = (rng.between(-32, 32) as f32 + 0.5) * step;
                f64::from([tie, tie.next_up(), tie.next_down()][rng.below(3)])
            }
            3 => (rng.unit() * 2.0 - 1.0) * f64::from(step.unwrap_or(0.25)) * 16.0,
            4 => [-1e6, 1e6, 0.0, -0.0, 1e-30][rng.below(5)],
            _ => if rng.chance(1, 2) { 1.0 } else { -1.0 },
        }
    };
    let data = match ty.element {
        Element::F32 => Data::F32((0..count).map(|at| next(at) as f32).collect()),
        Element::F64 => Data::F64((0..count).map(next).collect()),
        Element::Int { width, unsigned } => {
            let values = (0..count).map(|_| rng.between(0, if width == 1 { 1 } else { 7 })).collect();
            Data::Int { width, unsigned, values }
        }
    };
    Tensor::new(ty.shape.clone(), data)
}
