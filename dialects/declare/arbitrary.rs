//! Ops with arbitrary attributes, of what the definitions declare.

use super::{Declared, Kind, Values};
use crate::ir::AttributeValue;
use crate::tensor::{Element, Tensor};
use crate::word::Word;

/// Element types of all kinds.
const ELEMENTS: [Element; 7] = [
    Element::F32,
    Element::F64,
    Element::BOOL,
    Element::int(8),
    Element::uint(16),
    Element::int(32),
    Element::I64,
];

/// The op of a declaration with arbitrary attributes, many of which fit nothing. `below(n)` gives a number below `n`;
/// equal numbers give equal ops, and 0 everywhere the plainest one. `None` where the declaration does not exist.
pub fn arbitrary<T: Declared>(number: usize, below: &mut dyn FnMut(usize) -> usize) -> Option<T> {
    let declaration = T::declarations().get(number)?;
    let values = declaration
        .attributes
        .iter()
        .map(|attribute| {
            let absent = attribute.optional && below(2) == 0;
            (!absent).then(|| value(attribute.kind, below))
        })
        .collect();
    T::of(number, &mut Values::new(values))
}

fn value(kind: Kind, below: &mut dyn FnMut(usize) -> usize) -> AttributeValue {
    use AttributeValue as Value;
    const SIZES: [i64; 6] = [1, 2, 3, 0, 4, i64::MAX];
    const NUMBERS: [f32; 8] = [1.0, 0.5, 0.0, -0.75, 2.5, 1e-5, f32::INFINITY, f32::NAN];
    let count = |below: &mut dyn FnMut(usize) -> usize| below(5);
    match kind {
        Kind::Int => Value::Int(below(7) as i64 - 3),
        Kind::Size | Kind::Bits => Value::Int(SIZES[below(SIZES.len() - 1)]),
        Kind::Float => Value::Float(NUMBERS[below(NUMBERS.len())]),
        Kind::Bool => Value::Bool(below(2) == 1),
        Kind::Text | Kind::Foreign => Value::Text(format!("name{}", below(10))),
        Kind::Symbol => Value::Symbol(format!("name{}", below(10))),
        Kind::Texts => Value::Texts((0..count(below)).map(|at| format!("name{at}")).collect()),
        Kind::Choice(choice) => {
            let names = (choice.names)();
            Value::Text(names[below(names.len())].to_owned())
        }
        Kind::Ints => Value::Ints((0..count(below)).map(|_| below(7) as i64 - 3).collect()),
        Kind::Sizes => Value::Ints(
            (0..count(below))
                .map(|_| SIZES[below(SIZES.len())])
                .collect(),
        ),
        Kind::Flags => Value::Ints((0..count(below)).map(|_| below(2) as i64).collect()),
        Kind::Element => Value::Element(ELEMENTS[below(ELEMENTS.len())]),
        Kind::Word => Value::Word(Word {
            bits: 1 + below(63) as u32,
            signed: below(2) == 1,
        }),
        Kind::Tensor => Value::Tensor(Tensor::scalar(NUMBERS[below(6)])),
    }
}
