//! Evaluation of loop nests that add products: matrix products and convolutions, nearly all of a network's work.
//!
//! Interpreting the body for each product is some twenty times slower than the product. Integer sums are the same in
//! any order and modulo any power of two, so the operands are converted once, the loops are run in the order that the
//! memory likes, and the sums are wrapped at the end. They are kept in floats where these hold every one exactly.

use super::generic::{Generic, Instr};
use super::product::Factor;
use crate::tensor::sign_extend;
use crate::upstream::arith::Resize;
use crate::upstream::eval::{Address, Odometer, resized};

/// A body `out + a * b`, where `a` and `b` are elements of inputs with their widths changed.
pub struct Accumulation([Factor; 2]);

impl Accumulation {
    /// Recognizes a body.
    pub fn of(generic: &Generic) -> Option<Self> {
        generic.product().map(Self)
    }

    /// Adds the products of all iterations to `output`, whose integers have `width` bits. `addresses` has one entry for
    /// each input and one for the output, `widths` those of the inputs' elements; no extent is 0.
    pub fn run(
        &self,
        extents: &[usize],
        addresses: &[Address],
        inputs: &[&[i64]],
        widths: &[u32],
        (output, width): (&mut [i64], u32),
    ) {
        let operands = self.0.each_ref().map(|factor| Operand {
            values: inputs[factor.input],
            width: widths[factor.input],
            changes: &factor.changes,
        });
        let [a_at, b_at] = self.0.each_ref().map(|factor| &addresses[factor.input]);
        let at = [a_at, b_at, &addresses[addresses.len() - 1]];
        let iterations = extents.iter().map(|&extent| extent as u128);
        let products = iterations
            .chain(operands.iter().map(Operand::bound))
            .fold(1u128, u128::saturating_mul);
        let initial = output.iter().map(|value| value.unsigned_abs()).max();
        let bound = products.saturating_add(u128::from(initial.unwrap_or(0)));
        if bound <= 1 << 24 {
            sum::<f32>(extents, at, operands, output);
        } else if bound <= 1 << 53 {
            sum::<f64>(extents, at, operands, output);
        } else {
            sum::<i64>(extents, at, operands, output);
        }
        for value in output {
            *value = sign_extend(*value, width);
        }
    }
}

/// An input whose elements change their width before they are multiplied.
#[derive(Clone, Copy)]
struct Operand<'a> {
    values: &'a [i64],
    width: u32,
    changes: &'a [Instr],
}

impl Operand<'_> {
    /// No factor has a greater magnitude. A change of width leaves a number as it is, or makes it one of no more bits.
    fn bound(&self) -> u128 {
        1 << self.width
    }

    /// The factors.
    fn numbers<T: Sum>(self) -> Vec<T> {
        let signed = |change: &Instr| matches!(change, Instr::Resize(Resize::ExtS, ..));
        if self.changes.iter().all(signed) {
            return self.values.iter().map(|&value| T::of(value)).collect();
        }
        let factor = |&value: &i64| T::of(resized(self.changes, value, self.width));
        self.values.iter().map(factor).collect()
    }
}

/// Numbers that integers are summed in.
trait Sum: Copy {
    /// Of an integer that it holds exactly.
    fn of(value: i64) -> Self;
    /// The integer.
    fn get(self) -> i64;
    /// `self + a * b`, modulo `2^64` if it is an integer.
    fn plus(self, a: Self, b: Self) -> Self;
}

macro_rules! float_sum {
    ($float:ty) => {
        impl Sum for $float {
            fn of(value: i64) -> Self {
                value as $float
            }
            fn get(self) -> i64 {
                self as i64
            }
            fn plus(self, a: Self, b: Self) -> Self {
                self + a * b
            }
        }
    };
}

float_sum!(f32);
float_sum!(f64);

impl Sum for i64 {
    fn of(value: i64) -> Self {
        value
    }
    fn get(self) -> i64 {
        self
    }
    fn plus(self, a: Self, b: Self) -> Self {
        self.wrapping_add(a.wrapping_mul(b))
    }
}

fn sum<T: Sum>(
    extents: &[usize],
    at: [&Address; 3],
    operands: [Operand<'_>; 2],
    output: &mut [i64],
) {
    let [a, b] = operands.map(Operand::numbers::<T>);
    let mut sums: Vec<T> = output.iter().map(|&value| T::of(value)).collect();
    // Two loops are run here, so that what the other ones cost is spread over many products.
    let inner = inner_loop(extents, at, None);
    let middle = inner.and_then(|inner| inner_loop(extents, at, Some(inner)));
    let steps_of =
        |dim: Option<usize>| dim.map_or([0; 3], |dim| at.map(|address| address.steps[dim]));
    let count_of = |dim: Option<usize>| dim.map_or(1, |dim| extents[dim]);
    let (steps, count) = (steps_of(inner), count_of(inner));
    let (strides, rows) = (steps_of(middle), count_of(middle));
    let mut outer = extents.to_vec();
    for dim in [inner, middle].into_iter().flatten() {
        outer[dim] = 1;
    }
    let mut odometer = Odometer::new(outer, at.to_vec());
    while let Some(&start) = odometer.next::<3>() {
        for row in 0..rows as i64 {
            let place = |operand: usize| (start[operand] + row * strides[operand]) as usize;
            let (a, b, out) = (&a[place(0)..], &b[place(1)..], &mut sums[place(2)..]);
            match steps {
                [0, 1, 1] => scaled(out, a[0], &b[..count]),
                [1, 0, 1] => scaled(out, b[0], &a[..count]),
                [a_step, b_step, out_step] => {
                    for i in 0..count as i64 {
                        let place = (i * out_step) as usize;
                        let (a, b) = (a[(i * a_step) as usize], b[(i * b_step) as usize]);
                        out[place] = out[place].plus(a, b);
                    }
                }
            }
        }
    }
    for (value, sum) in output.iter_mut().zip(sums) {
        *value = sum.get();
    }
}

/// `out += factor * values`, element by element.
fn scaled<T: Sum>(out: &mut [T], factor: T, values: &[T]) {
    for (sum, &value) in out.iter_mut().zip(values) {
        *sum = sum.plus(factor, value);
    }
}

/// The loop to run innermost, or around `inner`: the longest of those that walk contiguous elements of the output and of
/// one input, with the other standing still; else the longest. Its steps are at least 0.
fn inner_loop(extents: &[usize], at: [&Address; 3], inner: Option<usize>) -> Option<usize> {
    let rank = |dim: usize| {
        let steps = at.map(|address| address.steps[dim]);
        let contiguous = matches!(steps, [0, 1, 1] | [1, 0, 1]);
        let forward = steps.iter().all(|&step| step >= 0);
        forward.then_some((contiguous && extents[dim] > 1, extents[dim]))
    };
    (0..extents.len())
        .filter(|&dim| Some(dim) != inner && rank(dim).is_some())
        .max_by_key(|&dim| rank(dim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Tensor;
    use crate::upstream::{AffineMap, Integer, IteratorKind, Op};
    use crate::value::TensorType;

    /// The body `out + extend(a) * extend(b)` on `bits` bits, and the same with an instruction at its end that does nothing,
    /// so that it is interpreted.
    fn bodies(a_signed: bool, bits: u32) -> [Vec<Instr>; 2] {
        let extend = |at, signed| {
            if signed {
                Instr::Resize(Resize::ExtS, at, bits)
            } else {
                Instr::Resize(Resize::ExtU, at, bits)
            }
        };
        let body = vec![
            Instr::Input(0),
            extend(0, a_signed),
            Instr::Input(1),
            extend(2, true),
            Instr::Integer(Integer::Mul, 1, 3),
            Instr::Output,
            Instr::Integer(Integer::Add, 5, 4),
        ];
        let mut interpreted = body.clone();
        interpreted.push(Instr::Resize(Resize::Trunc, 6, bits));
        [body, interpreted]
    }

    fn numbers(count: usize, bits: u32, seed: i64) -> Vec<i64> {
        let number =
            |at: usize| (at as i64 * 7_919 + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
        (0..count)
            .map(|at| sign_extend(number(at) >> 7, bits))
            .collect()
    }

    /// Loops with all kinds of strides, sums that are exact in each kind of number, and sums that wrap.
    #[test]
    fn agrees_with_the_interpreted_body() {
        let product = vec![
            AffineMap::select(3, &[0, 2]),
            AffineMap::select(3, &[2, 1]),
            AffineMap::select(3, &[0, 1]),
        ];
        let transposed = vec![
            AffineMap::select(3, &[2, 0]),
            AffineMap::select(3, &[1, 2]),
            AffineMap::select(3, &[1, 0]),
        ];
        let convolution = vec![
            AffineMap::select(3, &[1, 0]).with_sum(1, &[(0, 2), (2, 1)]),
            AffineMap::select(3, &[1, 2]),
            AffineMap::select(3, &[0]),
        ];
        let cases = [
            (product, [vec![3, 5], vec![5, 4], vec![3, 4]]),
            (transposed, [vec![5, 3], vec![4, 5], vec![4, 3]]),
            (convolution, [vec![2, 11], vec![2, 3], vec![5]]),
        ];
        for (maps, shapes) in cases {
            for (a_bits, b_bits, bits) in [(4, 3, 12), (20, 18, 50), (40, 33, 64), (8, 8, 9)] {
                for signed in [true, false] {
                    let operand = |at: usize, bits| {
                        let shape = shapes[at].clone();
                        let count = shape.iter().product();
                        Tensor::int(bits, shape, numbers(count, bits, at as i64))
                    };
                    let operands = [operand(0, a_bits), operand(1, b_bits), operand(2, bits)];
                    let [direct, interpreted] = bodies(signed, bits).map(|body| {
                        let generic = Generic {
                            maps: maps.clone(),
                            iterators: vec![IteratorKind::Parallel; 3],
                            body,
                        };
                        let found = Accumulation::of(&generic).is_some();
                        let op = Op::Generic(generic);
                        let operands: Vec<&Tensor> = operands.iter().collect();
                        let result = op.eval(&operands, &TensorType::of(operands[2]));
                        (found, result.expect("the operands fit"))
                    });
                    assert!(direct.0 && !interpreted.0, "one of them is not interpreted");
                    assert_eq!(direct.1, interpreted.1, "{a_bits} {b_bits} {bits} {signed}");
                }
            }
        }
    }
}
