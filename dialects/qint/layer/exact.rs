//! Numbers that sums are exact in.

use crate::tensor::Tensor;

/// The numbers of a tensor of integers.
pub fn numbers(tensor: &Tensor) -> impl Iterator<Item = i128> {
    let unsigned = tensor.element().is_unsigned();
    let integers = tensor.as_int().unwrap_or_default().iter();
    integers.map(move |&n| match unsigned {
        // 64 bits are kept as they are.
        true => i128::from(n as u64),
        false => i128::from(n),
    })
}

/// Numbers that sums are exact in.
pub trait Exact: Copy + Default {
    fn of(number: i128) -> Self;
    fn number(self) -> i128;
    fn add_product(&mut self, a: Self, b: Self);
}

impl Exact for f64 {
    fn of(number: i128) -> Self {
        number as Self
    }
    fn number(self) -> i128 {
        self as i128
    }
    fn add_product(&mut self, a: Self, b: Self) {
        *self += a * b;
    }
}

impl Exact for i64 {
    fn of(number: i128) -> Self {
        number as Self
    }
    fn number(self) -> i128 {
        self.into()
    }
    fn add_product(&mut self, a: Self, b: Self) {
        *self += a * b;
    }
}

impl Exact for i128 {
    fn of(number: i128) -> Self {
        number
    }
    fn number(self) -> i128 {
        self
    }
    /// No type holds what is lost here.
    fn add_product(&mut self, a: Self, b: Self) {
        *self = self.saturating_add(a.saturating_mul(b));
    }
}
