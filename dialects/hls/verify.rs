//! The rules of the constructs: what a C++ compiler would refuse, and what it would silently convert.

use melior::ir::operation::OperationLike;
use melior::ir::{TypeLike, ValueLike};

use super::op::*;
use super::types::{Memory, Scalar, memory_of};
use crate::ir::{self, Val, block_arguments, single_block};
use crate::tensor::{Element, Sign};
use crate::text::Foreign;

/// Checks an op of this dialect; `None` if it is of another.
pub(crate) fn verify(op: ir::Op<'_>) -> Option<Result<(), String>> {
    let name = ir::op_name(op);
    let Some(construct) = Op::read(op) else {
        return name
            .starts_with("hls.")
            .then(|| Err(format!("'{name}' op has an attribute out of range")));
    };
    Some(check(op, &construct).map_err(|message| format!("'{name}' op {message}")))
}

fn check(op: ir::Op<'_>, construct: &Op) -> Result<(), String> {
    let operands: Vec<Val<'_>> = op.operands().map(ir::val).collect();
    // Not `op.result(0)`: melior 0.27 prints the op into the error of an index out of range, printing an op
    // verifies it, and verifying ends here again.
    let result = op.results().next().map(ir::val);
    let scalar = |at: usize| {
        operands
            .get(at)
            .copied()
            .and_then(Scalar::of)
            .ok_or(NO_TYPE)
    };
    let result_scalar = || result.and_then(Scalar::of).ok_or(NO_TYPE);
    match construct {
        Op::Typedef(Typedef { name, .. }) => identifier(name),
        Op::ConstantArray(ConstantArray { name, value, .. }) => {
            identifier(name)?;
            let storage = matches!(
                value.element(),
                Element::Int {
                    width: 8 | 16 | 32 | 64,
                    sign: Sign::Signless
                }
            );
            expect(storage, || {
                format!(
                    "has elements {}, expected i8, i16, i32 or i64",
                    value.element()
                )
            })
        }
        Op::Func(head) => {
            identifier(&head.name)?;
            head.names
                .iter()
                .chain(&head.types)
                .try_for_each(|name| identifier(name))?;
            let arguments = single_block(op).map(block_arguments).unwrap_or_default();
            let counts = [head.names.len(), head.types.len(), head.inputs.len()];
            expect(counts.iter().all(|&count| count == arguments.len()), || {
                format!(
                    "has {} arguments, but {counts:?} names, types and directions",
                    arguments.len()
                )
            })?;
            expect(
                arguments
                    .iter()
                    .all(|argument| memory_of(*argument).is_some()),
                || "has an argument that is not an array of words".to_owned(),
            )
        }
        Op::For(For {
            label,
            counter,
            extent,
        }) => {
            identifier(label)?;
            identifier(counter)?;
            let arguments = single_block(op).map(block_arguments).unwrap_or_default();
            let counted = matches!(arguments.as_slice(), [counter] if counter.r#type().is_index());
            expect(counted, || {
                "needs a body with one index argument".to_owned()
            })?;
            expect(i32::try_from(*extent).is_ok(), || {
                format!("has {extent} iterations; int holds fewer")
            })
        }
        Op::Variable(Variable { name, type_name }) | Op::Define(Define { name, type_name }) => {
            identifier(name)?;
            optional_identifier(type_name)
        }
        Op::Load => {
            let memory = accessed(&operands, 0)?;
            expect(result_scalar()? == memory.element, || {
                "does not give the array's element".to_owned()
            })
        }
        Op::Store => {
            let memory = accessed(&operands, 1)?;
            let value = scalar(0)?;
            let fits = match (value, memory.element) {
                (Scalar::Word(_), Scalar::Word(_)) => true,
                (value, element) => value == element,
            };
            expect(fits, || {
                format!("stores {value} in an array of {}", memory.element)
            })
        }
        Op::Cast(Cast { type_name }) => {
            optional_identifier(type_name)?;
            let (from, to) = (scalar(0)?, result_scalar()?);
            let fits = matches!(
                (from, to),
                (
                    Scalar::Word(_) | Scalar::Storage(_) | Scalar::Bool | Scalar::Index,
                    Scalar::Word(_)
                ) | (Scalar::Word(_) | Scalar::Storage(_), Scalar::Index)
            );
            expect(fits, || format!("makes {to} of {from}"))
        }
        Op::Select => {
            let (a, b, result) = (scalar(1)?, scalar(2)?, result_scalar()?);
            expect(a == b && a == result, || {
                "needs both values of the result's type".to_owned()
            })
        }
        Op::Binary(kind) => {
            let expected = kind.result(scalar(0)?, scalar(1)?);
            let found = result_scalar()?;
            expect(expected == Some(found), || match expected {
                Some(expected) => format!("has a result of {found}, expected {expected}"),
                None => "is not defined on these operands".to_owned(),
            })
        }
        Op::Constant(Constant { value }) => match result_scalar()? {
            Scalar::Word(word) if word.bits <= 64 => expect(word.wrap(*value) == *value, || {
                format!("has the value {value}, which {word} does not hold")
            }),
            Scalar::Word(_) => Ok(()),
            Scalar::Index => expect(i32::try_from(*value).is_ok(), || {
                format!("has the value {value}, which int does not hold")
            }),
            other => Err(format!("is of type {other}, expected a word or an index")),
        },
        Op::Run(Run { callee }) => {
            identifier(callee)?;
            let integer =
                |value: &Val<'_>| ir::type_of(*value).is_some_and(|r#type| r#type.element.is_int());
            let fits = operands.iter().all(integer)
                && op.results().map(ir::val).all(|value| integer(&value));
            expect(fits, || "needs integer tensors of static shape".to_owned())
        }
        Op::Call(Call { callee }) => identifier(callee),
        Op::Global(Global { array }) => identifier(array),
        Op::Pragma(Pragma { directive, options }) => {
            let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            expect(!directive.is_empty() && directive.chars().all(word), || {
                let directive = Foreign::new(directive.as_str());
                format!("has the directive '{}', expected a word", directive.shown())
            })?;
            let legal = |letter: char| word(letter) || " =,.-".contains(letter);
            expect(options.chars().all(legal), || {
                let options = Foreign::new(options.as_str());
                format!(
                    "has the options '{}', expected words, numbers and ' =,.-'",
                    options.shown()
                )
            })
        }
        Op::Trace(trace) => {
            let size = |at: usize| memory_of(op.operand(at).map(ir::val).ok()?);
            let size = size(0).map(|memory| memory.shape.iter().product::<usize>());
            let steps = trace.extents.iter().zip(&trace.strides);
            let last = steps
                .into_iter()
                .try_fold(0usize, |last, (extent, stride)| {
                    let step = extent.checked_sub(1)?.checked_mul(*stride)?;
                    last.checked_add(step)
                });
            let inside = size.zip(last).is_some_and(|(size, last)| last < size);
            match inside && trace.extents.len() == trace.strides.len() {
                true => Ok(()),
                false => {
                    Err("'hls.trace' op needs extents and strides inside of its array".to_owned())
                }
            }
        }
    }
}

const NO_TYPE: &str = "has a value whose type C++ does not have";

/// The array at operand `at`, which the operands after it index.
fn accessed(operands: &[Val<'_>], at: usize) -> Result<Memory, String> {
    let memory = operands
        .get(at)
        .copied()
        .and_then(memory_of)
        .ok_or(NO_TYPE)?;
    let indices = operands.len() - at - 1;
    expect(indices == memory.shape.len(), || {
        format!(
            "has {indices} indices for an array of {} dimensions",
            memory.shape.len()
        )
    })?;
    Ok(memory)
}

/// A name that C++ takes: letters, digits and single underscores, not a digit first.
fn identifier(name: &str) -> Result<(), String> {
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic());
    let legal = first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    expect(legal, || {
        let name = Foreign::new(name);
        format!(
            "has the name '{}', which is not a C++ identifier",
            name.shown()
        )
    })
}

/// A name, or nothing.
fn optional_identifier(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Ok(())
    } else {
        identifier(name)
    }
}

fn expect(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}
