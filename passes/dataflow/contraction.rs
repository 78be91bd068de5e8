//! Matrix products with constant weights.

use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::{self, Array, Dense};
use qonnx_dialects::ir::{self, NoElements, Op, Val};
use qonnx_dialects::pass::{Reported, fail};
use qonnx_dialects::tensor::{Element, Tensor, sign_extend};
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind, Resize};
use qonnx_dialects::word::Word;

use super::layers::{Layers, unsupported};

/// One factor of the products: which input, and whether the body reads it as signed, where it says so.
#[derive(Clone, Copy)]
struct Factor {
    input: usize,
    signed: Option<bool>,
}

impl<'c> Layers<'c, '_> {
    /// `dataflow.dense` of a loop nest that is a matrix product.
    pub fn contraction(
        &mut self,
        op: Op<'c>,
        generic: &Generic,
        word: Word,
    ) -> Result<(Val<'c>, Array), Reported> {
        let operand = |at: usize| op.operand(at).ok().map(ir::val);
        let (Some([left, right]), Some(size), Some(destination)) =
            (factors(generic), matrix_size(op, generic), operand(2))
        else {
            return fail(op, refusal(op, generic));
        };
        let weights = operand(1).map_or(Err(NoElements::Absent), ir::constant_elements);
        let (weights, x) = match (weights, operand(0)) {
            (Ok(weights), Some(x)) => (weights, x),
            (Err(NoElements::TooLarge(reason)), _) => {
                return fail(op, format!("its weights are a constant that {reason}"));
            }
            _ => {
                return fail(
                    op,
                    "a product of two computed tensors is not supported by the hls backend, which has no layer for \
                     it yet; compile this model for the cpu",
                );
            }
        };
        let (of_x, of_weights) = if left.input == 0 {
            (left, right)
        } else {
            (right, left)
        };
        let (x, array) = self.array(x, of_x.signed, op)?;
        let weights = if size.transposed {
            transpose(&weights)
        } else {
            weights
        };
        let Some(bias) = bias(destination, &size) else {
            return fail(
                op,
                "the accumulator does not start from one constant for each output",
            );
        };
        let dense = Dense {
            weights: signed_as(weights, of_weights.signed.unwrap_or(true)),
            bias,
            rows: array.size / size.inputs.max(1),
            reuse_factor: 1,
        };
        let result = Array {
            size: dense.rows * size.outputs,
            word,
        };
        self.append(&dataflow::Op::Dense(dense), &[x], result, op.location())
    }
}

/// The numbers that the bits of weights stand for.
fn signed_as(weights: Tensor, signed: bool) -> Tensor {
    let word = Word {
        bits: weights.element().width(),
        signed,
    };
    let values = weights.as_int().unwrap_or_default().to_vec();
    Tensor::of_integers(word.element(), weights.shape, values)
}

/// The factors, if the body is `out + extend(a) * extend(b)`.
fn factors(generic: &Generic) -> Option<[Factor; 2]> {
    let at = |number: usize| generic.body.get(number).copied();
    let factor = |number: usize| {
        Some(match at(number)? {
            Instr::Input(input) => Factor {
                input,
                signed: None,
            },
            Instr::Resize(Resize::ExtS, from, _) => Factor {
                input: input(at(from)?)?,
                signed: Some(true),
            },
            Instr::Resize(Resize::ExtU, from, _) => Factor {
                input: input(at(from)?)?,
                signed: Some(false),
            },
            // The bits that truncation drops do not reach the result.
            Instr::Resize(Resize::Trunc, from, _) => Factor {
                input: input(at(from)?)?,
                signed: None,
            },
            _ => return None,
        })
    };
    let Instr::Integer(Integer::Add, a, b) = *generic.body.last()? else {
        return None;
    };
    let product = match (at(a)?, at(b)?) {
        (Instr::Output, product) | (product, Instr::Output) => product,
        _ => return None,
    };
    let Instr::Integer(Integer::Mul, a, b) = product else {
        return None;
    };
    let pair = [factor(a)?, factor(b)?];
    (pair[0].input + pair[1].input == 1).then_some(pair)
}

fn input(instr: Instr) -> Option<usize> {
    match instr {
        Instr::Input(input) => Some(input),
        _ => None,
    }
}

/// Extents of a matrix product.
struct MatrixSize {
    inputs: usize,
    outputs: usize,
    /// Whether the weights are given as outputs x inputs.
    transposed: bool,
}

/// The extents, if the maps are `(rows..., k), (k, n) or (n, k) -> (rows..., n)`.
fn matrix_size(op: Op<'_>, generic: &Generic) -> Option<MatrixSize> {
    let [x, weights, result] = generic.maps.as_slice() else {
        return None;
    };
    let loops = generic.iterators.len();
    let reductions: Vec<usize> = (0..loops)
        .filter(|&at| generic.iterators[at] == IteratorKind::Reduction)
        .collect();
    let &[k] = reductions.as_slice() else {
        return None;
    };
    let parallel: Vec<usize> = (0..loops).filter(|&at| at != k).collect();
    let (&n, rows) = parallel.split_last()?;
    let select = |dims: &[usize]| AffineMap::select(loops, dims);
    if *result != select(&parallel) || *x != select(&[rows, &[k]].concat()) {
        return None;
    }
    let transposed = *weights == select(&[n, k]);
    if !transposed && *weights != select(&[k, n]) {
        return None;
    }
    let shape = ir::type_of(ir::val(op.operand(1).ok()?))?.shape;
    let &[first, second] = shape.as_slice() else {
        return None;
    };
    let (inputs, outputs) = if transposed {
        (second, first)
    } else {
        (first, second)
    };
    (inputs > 0 && outputs > 0).then_some(MatrixSize {
        inputs,
        outputs,
        transposed,
    })
}

fn transpose(weights: &Tensor) -> Tensor {
    let columns = weights.shape[1];
    weights.gather(&[weights.shape[1], weights.shape[0]], |index| {
        index[1] * columns + index[0]
    })
}

/// What each output starts from, if that does not differ between rows; empty for zeros.
fn bias(destination: Val<'_>, size: &MatrixSize) -> Option<Vec<i64>> {
    let start = ir::constant_tensor(destination)?;
    let Element::Int { width, .. } = start.element() else {
        return None;
    };
    let values: Vec<i64> = start
        .as_int()?
        .iter()
        .map(|&value| sign_extend(value, width))
        .collect();
    if values.iter().all(|&value| value == 0) {
        return Some(Vec::new());
    }
    let first = values.get(..size.outputs)?;
    values
        .chunks(size.outputs)
        .all(|row| row == first)
        .then(|| first.to_vec())
}

/// Why a loop nest with a reduction is not a dense layer.
fn refusal(op: Op<'_>, generic: &Generic) -> String {
    let windows = generic.maps.iter().any(|map| {
        map.coefficients
            .iter()
            .any(|row| row.iter().filter(|&&factor| factor != 0).count() > 1)
    });
    let multiplies = generic
        .body
        .iter()
        .any(|instr| matches!(instr, Instr::Integer(Integer::Mul, ..)));
    let what = match (windows, multiplies) {
        (true, true) => "a convolution",
        (true, false) => "a pooling",
        (false, true) => "a contraction of more than one axis",
        (false, false) => return unsupported(op),
    };
    format!(
        "{what} is not supported by the hls backend, which has no streaming layer for it yet; compile this model \
         for the cpu"
    )
}
