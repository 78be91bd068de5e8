//! Samples: the inputs that a network is run on, one tensor for each graph input.

mod boundaries;
mod generate;

pub use boundaries::{InputHints, hints};
pub use generate::generate;

use qonnx_dialects::ir::{self, Function};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;

use crate::npz::{Archive, Header};

/// One tensor for each graph input.
pub type Sample = Vec<Tensor>;

/// Names and types of a network's inputs.
pub fn inputs(function: Function<'_>) -> Result<Vec<(Foreign, TensorType)>, String> {
    function
        .input_names()
        .into_iter()
        .zip(function.arguments())
        .map(|(name, argument)| {
            ir::type_of(argument)
                .map(|ty| (name.clone(), ty))
                .ok_or(format!(
                    "input '{}' has no static shape of numbers, such as tensor<1x4xf32>",
                    name.shown()
                ))
        })
        .collect()
}

/// Takes samples from the arrays of a file: the leading axis is the sample, keys are the inputs' names or `in0`,
/// `in1`, ... A single array (`.npy`) is the one input. Arrays of other names are not read, and no elements before
/// the shapes of all arrays fit. A network without inputs is a constant, and has one sample whatever the file has.
pub fn from_arrays(
    inputs: &[(Foreign, TensorType)],
    archive: &mut Archive,
) -> Result<Vec<Sample>, String> {
    let names: Vec<_> = inputs.iter().map(|(name, _)| name.verbatim()).collect();
    let arrays = Role::INPUT.arrays(&names, archive)?;
    if inputs.is_empty() {
        return Ok(vec![Sample::new()]);
    }
    for (array, (name, ty)) in arrays.iter().zip(inputs) {
        let found = &array.header.shape;
        let wrong = match found.split_first() {
            Some((_, shape)) if *shape == ty.shape => continue,
            Some((_, shape)) => format!("samples of shape {shape:?}, expected {:?}", ty.shape),
            None => "no axis, expected samples along the leading axis".to_owned(),
        };
        let hint = if *found == ty.shape {
            "; a single sample needs a leading axis of 1 too"
        } else {
            ""
        };
        return Err(format!(
            "array for input '{}' has {wrong}{hint}",
            name.shown()
        ));
    }
    let count = arrays.first().map_or(0, Array::samples);
    if let Some(other) = arrays.iter().find(|array| array.samples() != count) {
        return Err(format!(
            "array '{}' has {count} samples and array '{}' has {}, expected as many in each",
            arrays[0].key.escape_debug(),
            other.key.escape_debug(),
            other.samples()
        ));
    }
    let elements = inputs.iter().map(|(_, ty)| ty.element);
    read(archive, arrays.iter().zip(elements))
}

/// The expected outputs of each of `count` samples, in graph order: with the shape that the array has without its
/// leading axis, and elements of the array's own type. Keys are the outputs' names or `out0`, `out1`, ...
pub fn expected(
    outputs: &[Foreign],
    count: usize,
    archive: &mut Archive,
) -> Result<Vec<Vec<Tensor>>, String> {
    let names: Vec<_> = outputs.iter().map(Foreign::verbatim).collect();
    let arrays = Role::OUTPUT.arrays(&names, archive)?;
    for (array, name) in arrays.iter().zip(&names) {
        let shape = &array.header.shape;
        if shape.first() != Some(&count) {
            return Err(format!(
                "array for output '{}' has shape {shape:?}, expected {count} samples, as many as there are inputs for",
                name.escape_debug()
            ));
        }
    }
    let elements = arrays.iter().map(|array| array.header.kind.element());
    read(archive, arrays.iter().zip(elements))
}

/// What arrays are to a model.
struct Role {
    /// What the model has.
    name: &'static str,
    /// What the numbered keys begin with.
    prefix: &'static str,
}

/// An array that was asked for, its data not yet read.
struct Array {
    key: String,
    header: Header,
}

impl Array {
    /// Extent of the leading axis.
    fn samples(&self) -> usize {
        self.header.shape.first().copied().unwrap_or(0)
    }
}

/// Reads arrays of as many samples each, with elements of the types given, and gives each sample its parts.
fn read<'a>(
    archive: &mut Archive,
    arrays: impl ExactSizeIterator<Item = (&'a Array, Element)>,
) -> Result<Vec<Sample>, String> {
    let each = arrays.len();
    let mut samples = Vec::new();
    for (array, element) in arrays {
        let parts = archive
            .parts(&array.key, &array.header, element)
            .map_err(|message| of_array(&array.key, &message))?;
        // There is nothing to make room for before an array was read: its shape alone says nothing.
        samples.resize_with(parts.len(), || Sample::with_capacity(each));
        for (sample, part) in samples.iter_mut().zip(parts) {
            sample.push(part);
        }
    }
    Ok(samples)
}

impl Role {
    const INPUT: Self = Self {
        name: "input",
        prefix: "in",
    };
    const OUTPUT: Self = Self {
        name: "output",
        prefix: "out",
    };

    /// The headers of the arrays for the model's inputs or outputs of these names, in this order.
    fn arrays(&self, names: &[&str], archive: &Archive) -> Result<Vec<Array>, String> {
        let single = archive.single();
        if let (Some(_), count @ (0 | 2..)) = (single, names.len()) {
            return Err(format!(
                "is a single array, and the model has {count} {}s; give an .npz archive with an array for each",
                self.name
            ));
        }
        if single.is_none() {
            self.check_numbers(names, archive)?;
        }
        let array = |(at, name)| {
            let key = match single {
                Some(key) => key.to_owned(),
                None => self.key(names, at, name, archive)?,
            };
            let header = archive
                .header(&key)
                .map_err(|message| of_array(&key, &message))?;
            Ok(Array { key, header })
        };
        names.iter().copied().enumerate().map(array).collect()
    }

    /// The key of an input or output: its name or its number, whichever the archive has.
    fn key(
        &self,
        names: &[&str],
        at: usize,
        name: &str,
        archive: &Archive,
    ) -> Result<String, String> {
        let numbered = format!("{}{at}", self.prefix);
        // What is another's name is not this one's number.
        let by_number = archive.contains(&numbered) && !names.contains(&numbered.as_str());
        match (archive.contains(name), by_number) {
            (true, false) => Ok(name.to_owned()),
            (false, true) => Ok(numbered),
            (true, true) => Err(format!(
                "has both '{}' and '{numbered}' for one {}, expected one of them",
                name.escape_debug(),
                self.name
            )),
            (false, false) => Err(format!(
                "has no array '{}' or '{numbered}', found {}",
                name.escape_debug(),
                listed(&archive.names())
            )),
        }
    }

    /// Refuses numbered arrays that the model has nothing for: they are another model's.
    fn check_numbers(&self, names: &[&str], archive: &Archive) -> Result<(), String> {
        let beyond = |key: &str| {
            let number = key.strip_prefix(self.prefix).unwrap_or("");
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            digits && number.parse().map_or(true, |at: usize| at >= names.len())
        };
        let mut keys = archive.names().into_iter();
        match keys.find(|key| beyond(key) && !names.contains(key)) {
            None => Ok(()),
            Some(key) => Err(format!(
                "has an array '{}', but the model has {} {}{}",
                shortened(key),
                names.len(),
                self.name,
                if names.len() == 1 { "" } else { "s" }
            )),
        }
    }
}

fn of_array(key: &str, message: &str) -> String {
    format!("array '{}' {message}", shortened(key))
}

/// Names for a message, not all if there are many.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 16;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<_> = names
        .iter()
        .take(MOST)
        .map(|name| shortened(name))
        .collect();
    let mut text = shown.join(", ");
    if names.len() > MOST {
        text += &format!(" and {} more", names.len() - MOST);
    }
    text
}

/// A name for a message, without what a terminal would act on.
fn shortened(name: &str) -> String {
    const MOST: usize = 80;
    let mut text: String = name
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(MOST).is_some() {
        text += "...";
    }
    text
}

#[cfg(test)]
mod tests;
