//! Samples: the inputs that a network is run on, one tensor for each graph input.

mod boundaries;
mod generate;

pub use boundaries::{InputHints, hints};
pub use generate::generate;

use qonnx_dialects::ir::{self, Function};
use qonnx_dialects::tensor::{Data, Element, Tensor, wrap};
use qonnx_dialects::value::TensorType;

/// One tensor for each graph input.
pub type Sample = Vec<Tensor>;

/// Names and types of a network's inputs.
pub fn inputs(function: Function<'_>) -> Result<Vec<(String, TensorType)>, String> {
    function
        .input_names()
        .into_iter()
        .zip(function.arguments())
        .map(|(name, argument)| {
            ir::type_of(argument)
                .map(|ty| (name.clone(), ty))
                .ok_or(format!("input '{name}' has no static shape"))
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
        columns.push(
            split(array, ty).map_err(|message| format!("array for input '{name}' {message}"))?,
        );
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

/// The expected outputs of each sample, in graph order, as the archive has them: along the leading axis is the sample,
/// and the element type is the array's own.
pub fn expected(
    outputs: &[String],
    count: usize,
    arrays: &[(String, Tensor)],
) -> Result<Vec<Vec<Tensor>>, String> {
    let mut samples = vec![Vec::new(); count];
    for (at, name) in outputs.iter().enumerate() {
        let array = find(arrays, name, &format!("out{at}"))?;
        let Some((_, shape)) = array
            .shape
            .split_first()
            .filter(|(found, _)| **found == count)
        else {
            return Err(format!(
                "array for output '{name}' has shape {:?}, expected {count} samples",
                array.shape
            ));
        };
        let size: usize = shape.iter().product();
        for (number, sample) in samples.iter_mut().enumerate() {
            let elements: Vec<usize> = (number * size..(number + 1) * size).collect();
            sample.push(Tensor::new(shape.to_vec(), array.data.select(&elements)));
        }
    }
    Ok(samples)
}

fn find<'a>(arrays: &'a [(String, Tensor)], name: &str, alias: &str) -> Result<&'a Tensor, String> {
    let by = |key: &str| {
        arrays
            .iter()
            .find(|(found, _)| found == key)
            .map(|(_, tensor)| tensor)
    };
    by(name).or_else(|| by(alias)).ok_or_else(|| {
        let found: Vec<_> = arrays.iter().map(|(name, _)| name.as_str()).collect();
        format!(
            "has no array '{name}' or '{alias}', found {}",
            found.join(", ")
        )
    })
}

/// The samples of one input.
fn split(array: &Tensor, ty: &TensorType) -> Result<Vec<Tensor>, String> {
    let Some((&count, shape)) = array.shape.split_first() else {
        return Err("is a scalar, expected samples along the leading axis".to_owned());
    };
    if shape != ty.shape {
        return Err(format!(
            "has samples of shape {shape:?}, expected {:?}",
            ty.shape
        ));
    }
    let size: usize = shape.iter().product();
    (0..count)
        .map(|at| convert(array, at * size, size, ty))
        .collect()
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
            let values: Vec<i64> = match array.as_int() {
                Some(values) => values[start..start + size].to_vec(),
                None => floats().map(whole).collect::<Result<_, _>>()?,
            };
            if let Some(value) = values
                .iter()
                .find(|&&value| wrap(value, width, unsigned) != value)
            {
                return Err(format!(
                    "holds {value}, expected numbers of type {}",
                    ty.element
                ));
            }
            Data::Int {
                width,
                unsigned,
                values,
            }
        }
    };
    Ok(Tensor::new(ty.shape.clone(), data))
}

fn array_f64(array: &Tensor, start: usize, size: usize) -> impl Iterator<Item = f64> {
    let values: Vec<f64> = match &array.data {
        Data::F32(values) => values[start..start + size]
            .iter()
            .map(|&value| f64::from(value))
            .collect(),
        Data::F64(values) => values[start..start + size].to_vec(),
        Data::Int { values, .. } => values[start..start + size]
            .iter()
            .map(|&value| value as f64)
            .collect(),
    };
    values.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Vec<(String, TensorType)> {
        vec![
            ("x".to_owned(), TensorType::f32([1, 2])),
            ("i".to_owned(), TensorType::new([1], Element::int(8))),
        ]
    }

    #[test]
    fn samples_come_from_names_or_numbers() {
        let arrays = [
            ("in1".to_owned(), Tensor::i64([2, 1], vec![7, -8])),
            (
                "x".to_owned(),
                Tensor::f32([2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]),
            ),
        ];
        let samples = from_arrays(&inputs(), &arrays).expect("they fit");
        let second = [
            Tensor::f32([1, 2], vec![3.0, 4.0]),
            Tensor::int(8, [1], vec![-8]),
        ];
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[1], second);
    }

    #[test]
    fn samples_that_do_not_fit_are_refused() {
        let x = ("x".to_owned(), Tensor::f32([2, 1, 2], vec![0.0; 4]));
        let refused = |arrays: &[(String, Tensor)]| {
            from_arrays(&inputs(), arrays).expect_err("it must be refused")
        };
        assert_eq!(
            refused(std::slice::from_ref(&x)),
            "has no array 'i' or 'in1', found x"
        );
        let wide = ("i".to_owned(), Tensor::i64([2, 1], vec![1, 128]));
        assert!(refused(&[x.clone(), wide]).contains("holds 128, expected numbers of type i8"));
        let few = ("i".to_owned(), Tensor::i64([1, 1], vec![1]));
        assert_eq!(
            refused(&[x, few]),
            "the arrays have different numbers of samples"
        );
        let flat = ("x".to_owned(), Tensor::f32([2], vec![0.0; 2]));
        assert!(refused(&[flat]).contains("has samples of shape []"));
    }
}
