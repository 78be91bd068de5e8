//! Run-time tensors: the values that the interpreter and the constant folder compute with.
//!
//! A [`Tensor`] is dense, row-major and owns its elements. Integers of any width up to 64 bits are kept in
//! `i64`, sign-extended from their width (zero-extended for the unsigned ONNX types), so that equality of
//! tensors is equality of the represented numbers.

use std::fmt;

/// The largest tensor that the compiler handles, in elements. A model of a few bytes can ask for a tensor of any
/// size (`ConstantOfShape`, `Expand`, `Tile`, `Pad`); beyond this bound it is refused rather than allocated.
pub const MAX_ELEMENTS: usize = 1 << 28;

/// What the top bit of an integer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// The type does not say: ONNX's `int` types, and level 3, whose operations say it. Kept sign-extended.
    Signless,
    /// It has the weight `-2^(width - 1)`: the integers of level 2.
    Signed,
    /// It has the weight `2^(width - 1)`: ONNX's `uint` types, and the integers of level 2.
    Unsigned,
}

impl Sign {
    /// Whether all bits count.
    pub const fn is_unsigned(self) -> bool {
        matches!(self, Self::Unsigned)
    }
}

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// IEEE 754 binary32: the carrier of every value at levels 0 and 1.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// An integer.
    Int {
        /// Number of bits, 1 to 64.
        width: u32,
        /// How its bits are read.
        sign: Sign,
    },
}

impl Element {
    /// ONNX `int64`, the type of shapes and indices.
    pub const I64: Self = Self::Int {
        width: 64,
        sign: Sign::Signless,
    };

    /// ONNX `bool`: one unsigned bit, so that true is the number 1.
    pub const BOOL: Self = Self::Int {
        width: 1,
        sign: Sign::Unsigned,
    };

    /// A signless integer of `width` bits.
    pub const fn int(width: u32) -> Self {
        Self::Int {
            width,
            sign: Sign::Signless,
        }
    }

    /// An unsigned integer of `width` bits.
    pub const fn uint(width: u32) -> Self {
        Self::Int {
            width,
            sign: Sign::Unsigned,
        }
    }

    /// A signed integer of `width` bits.
    pub const fn sint(width: u32) -> Self {
        Self::Int {
            width,
            sign: Sign::Signed,
        }
    }

    /// Number of bits.
    pub const fn width(self) -> u32 {
        match self {
            Self::F32 => 32,
            Self::F64 => 64,
            Self::Int { width, .. } => width,
        }
    }

    /// Whether this is an unsigned integer type.
    pub const fn is_unsigned(self) -> bool {
        matches!(
            self,
            Self::Int {
                sign: Sign::Unsigned,
                ..
            }
        )
    }

    /// Whether this is an integer type.
    pub const fn is_int(self) -> bool {
        matches!(self, Self::Int { .. })
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F32 => write!(formatter, "f32"),
            Self::F64 => write!(formatter, "f64"),
            Self::Int {
                width,
                sign: Sign::Signless,
            } => write!(formatter, "i{width}"),
            Self::Int {
                width,
                sign: Sign::Unsigned,
            } => write!(formatter, "ui{width}"),
            Self::Int {
                width,
                sign: Sign::Signed,
            } => write!(formatter, "si{width}"),
        }
    }
}

/// The elements of a [`Tensor`], in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `f32` elements.
    F32(Vec<f32>),
    /// `f64` elements.
    F64(Vec<f64>),
    /// Integer elements, canonical for their width.
    Int {
        /// Number of bits, 1 to 64.
        width: u32,
        /// See [`Element::Int`].
        sign: Sign,
        /// One `i64` for each element.
        values: Vec<i64>,
    },
}

impl Data {
    /// Element type of these elements.
    pub fn element(&self) -> Element {
        match *self {
            Self::F32(_) => Element::F32,
            Self::F64(_) => Element::F64,
            Self::Int { width, sign, .. } => Element::Int { width, sign },
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Int { values, .. } => values.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements at `order`, in that order.
    pub fn select(&self, order: &[usize]) -> Self {
        match self {
            Self::F32(values) => Self::F32(order.iter().map(|&at| values[at]).collect()),
            Self::F64(values) => Self::F64(order.iter().map(|&at| values[at]).collect()),
            Self::Int {
                width,
                sign,
                values,
            } => Self::Int {
                width: *width,
                sign: *sign,
                values: order.iter().map(|&at| values[at]).collect(),
            },
        }
    }

    /// These elements again and again, up to `count` of them. There must be some.
    pub fn repeated(&self, count: usize) -> Self {
        fn cycle<T: Copy>(values: &[T], count: usize) -> Vec<T> {
            match values {
                &[value] => vec![value; count],
                values => values.iter().copied().cycle().take(count).collect(),
            }
        }
        match self {
            Self::F32(values) => Self::F32(cycle(values, count)),
            Self::F64(values) => Self::F64(cycle(values, count)),
            Self::Int {
                width,
                sign,
                values,
            } => Self::Int {
                width: *width,
                sign: *sign,
                values: cycle(values, count),
            },
        }
    }

    /// The elements of all parts, one after the other. `None` if there are no parts or their types differ.
    pub fn joined<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?.clone();
        for part in parts {
            match (&mut all, part) {
                (Self::F32(all), Self::F32(part)) => all.extend_from_slice(part),
                (Self::F64(all), Self::F64(part)) => all.extend_from_slice(part),
                (all, part) if all.element() != part.element() => return None,
                (Self::Int { values: all, .. }, Self::Int { values: part, .. }) => {
                    all.extend_from_slice(part);
                }
                _ => return None,
            }
        }
        Some(all)
    }
}

/// A dense tensor. A scalar has an empty shape and one element.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Extent of each dimension.
    pub shape: Vec<usize>,
    /// The elements; as many as the product of `shape`.
    pub data: Data,
}

impl Tensor {
    /// A tensor of `f32`. Panics if the number of elements is not the product of the shape.
    pub fn f32(shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        Self::new(shape.into(), Data::F32(values))
    }

    /// A tensor of signless `width`-bit integers, wrapped to that width.
    pub fn int(width: u32, shape: impl Into<Vec<usize>>, values: Vec<i64>) -> Self {
        let values = values
            .into_iter()
            .map(|value| sign_extend(value, width))
            .collect();
        Self::new(
            shape.into(),
            Data::Int {
                width,
                sign: Sign::Signless,
                values,
            },
        )
    }

    /// A tensor of ONNX `int64`.
    pub fn i64(shape: impl Into<Vec<usize>>, values: Vec<i64>) -> Self {
        Self::new(
            shape.into(),
            Data::Int {
                width: 64,
                sign: Sign::Signless,
                values,
            },
        )
    }

    /// A tensor of zeros.
    pub fn zeros(ty: &crate::value::TensorType) -> Self {
        let count = ty.shape.iter().product();
        let data = match ty.element {
            Element::F32 => Data::F32(vec![0.0; count]),
            Element::F64 => Data::F64(vec![0.0; count]),
            Element::Int { width, sign } => Data::Int {
                width,
                sign,
                values: vec![0; count],
            },
        };
        Self::new(ty.shape.clone(), data)
    }

    /// A rank-0 `f32` tensor.
    pub fn scalar(value: f32) -> Self {
        Self::f32([], vec![value])
    }

    /// A tensor of the given data. Panics if the number of elements is not the product of the shape.
    pub fn new(shape: Vec<usize>, data: Data) -> Self {
        let tensor = Self { shape, data };
        assert_eq!(
            tensor.shape.iter().product::<usize>(),
            tensor.data.len(),
            "shape and data disagree"
        );
        tensor
    }

    /// A tensor of `element` holding the integers `values`, wrapped to the type's width, or those numbers as floats.
    pub fn of_integers(element: Element, shape: impl Into<Vec<usize>>, values: Vec<i64>) -> Self {
        let data = match element {
            Element::F32 => Data::F32(values.iter().map(|&value| value as f32).collect()),
            Element::F64 => Data::F64(values.iter().map(|&value| value as f64).collect()),
            Element::Int { width, sign } => Data::Int {
                width,
                sign,
                values: values
                    .iter()
                    .map(|&value| wrap(value, width, sign))
                    .collect(),
            },
        };
        Self::new(shape.into(), data)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data.len() == 0
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        self.data.element()
    }

    /// The elements, if they are `f32`.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(values) => Some(values),
            _ => None,
        }
    }

    /// The elements, if they are integers.
    pub fn as_int(&self) -> Option<&[i64]> {
        match &self.data {
            Data::Int { values, .. } => Some(values),
            _ => None,
        }
    }

    /// Whether an element is a float of a kind.
    pub fn has_float(&self, kind: impl Fn(f64) -> bool) -> bool {
        match &self.data {
            Data::F32(values) => values.iter().any(|&value| kind(value.into())),
            Data::F64(values) => values.iter().any(|&value| kind(value)),
            Data::Int { .. } => false,
        }
    }

    /// Every element as `f32`, integers rounded to nearest even.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            Data::F32(values) => values.clone(),
            Data::F64(values) => values.iter().map(|&value| value as f32).collect(),
            Data::Int {
                sign: Sign::Unsigned,
                values,
                ..
            } => values.iter().map(|&value| value as u64 as f32).collect(),
            Data::Int { values, .. } => values.iter().map(|&value| value as f32).collect(),
        }
    }

    /// Every element as `f64`.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Data::F64(values) => values.clone(),
            Data::Int {
                sign: Sign::Unsigned,
                values,
                ..
            } => values.iter().map(|&value| value as u64 as f64).collect(),
            Data::Int { values, .. } => values.iter().map(|&value| value as f64).collect(),
        }
    }

    /// The only element, as `f64`, if there is exactly one.
    pub fn as_scalar(&self) -> Option<f64> {
        (self.len() == 1).then(|| self.to_f64()[0])
    }

    /// The same elements in another shape of as many elements.
    pub fn reshaped(self, shape: impl Into<Vec<usize>>) -> Self {
        Self::new(shape.into(), self.data)
    }

    /// A tensor of `shape` whose element at each position is this tensor's element at `index(position)`, where
    /// `index` maps an output multi-index to this tensor's linear index.
    pub fn gather(&self, shape: &[usize], mut index: impl FnMut(&[usize]) -> usize) -> Self {
        let mut order = Vec::with_capacity(shape.iter().product());
        for_each_index(shape, |position| order.push(index(position)));
        Self::new(shape.to_vec(), self.data.select(&order))
    }
}

/// The low `width` bits of `value` as a two's complement number.
pub fn sign_extend(value: i64, width: u32) -> i64 {
    debug_assert!((1..=64).contains(&width));
    (value << (64 - width)) >> (64 - width)
}

/// The low `width` bits of `value` as an unsigned number. For 64 bits the result is the bit pattern.
pub fn zero_extend(value: i64, width: u32) -> i64 {
    debug_assert!((1..=64).contains(&width));
    ((value as u64) << (64 - width) >> (64 - width)) as i64
}

/// The number that a `width`-bit integer holds after `value` was stored in it.
pub fn wrap(value: i64, width: u32, sign: Sign) -> i64 {
    match sign {
        Sign::Unsigned => zero_extend(value, width),
        Sign::Signless | Sign::Signed => sign_extend(value, width),
    }
}

/// Row-major strides of a shape, in elements.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Calls `visit` with every multi-index of `shape`, in row-major order.
pub fn for_each_index(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    loop {
        visit(&index);
        let Some(axis) = (0..shape.len())
            .rev()
            .find(|&axis| index[axis] + 1 < shape[axis])
        else {
            return;
        };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

/// The shape that two shapes broadcast to by numpy's rule, or `None`.
pub fn broadcast_shape(left: &[usize], right: &[usize]) -> Option<Vec<usize>> {
    let rank = left.len().max(right.len());
    let extent = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |axis| shape[axis])
    };
    (0..rank)
        .map(|axis| match (extent(left, axis), extent(right, axis)) {
            (left, right) if left == right => Some(left),
            (1, other) | (other, 1) => Some(other),
            _ => None,
        })
        .collect()
}

/// The linear index into a tensor of `shape` that broadcasting reads for output position `index`.
pub fn broadcast_index(shape: &[usize], index: &[usize]) -> usize {
    let skipped = index.len() - shape.len();
    shape
        .iter()
        .zip(&index[skipped..])
        .fold(0, |linear, (&extent, &at)| {
            linear * extent + if extent == 1 { 0 } else { at }
        })
}

/// The exponent of the lowest set bit of a finite number other than 0.
pub fn least_exponent(x: f32) -> i32 {
    let bits = x.to_bits();
    let biased = ((bits >> 23) & 0xff) as i32;
    let (mantissa, exponent) = match biased {
        0 => (bits & 0x7f_ffff, -149),
        _ => ((bits & 0x7f_ffff) | 0x80_0000, biased - 150),
    };
    exponent + mantissa.trailing_zeros() as i32
}
