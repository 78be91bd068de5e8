//! Attributes of the ops that have more than one or two.

use std::str::FromStr;

/// How a window's padding is found, ONNX `auto_pad`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AutoPad {
    /// The `pads` attribute says.
    #[default]
    NotSet,
    /// As much as makes the result `ceil(input / stride)` long; the odd element goes to the end.
    SameUpper,
    /// Likewise; the odd element goes to the front.
    SameLower,
    /// None.
    Valid,
}

impl AutoPad {
    /// All values, in the order of the specification.
    pub const ALL: [Self; 4] = [Self::NotSet, Self::SameUpper, Self::SameLower, Self::Valid];

    /// The value as ONNX spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSet => "NOTSET",
            Self::SameUpper => "SAME_UPPER",
            Self::SameLower => "SAME_LOWER",
            Self::Valid => "VALID",
        }
    }
}

/// The text is not an `auto_pad` of ONNX.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown auto_pad '{0}', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID")]
pub struct UnknownAutoPad(String);

impl FromStr for AutoPad {
    type Err = UnknownAutoPad;

    fn from_str(text: &str) -> Result<Self, UnknownAutoPad> {
        Self::ALL
            .into_iter()
            .find(|value| value.name() == text)
            .ok_or_else(|| UnknownAutoPad(text.to_owned()))
    }
}

/// `Gemm`. With `alpha` and `beta` 1 the result is the exact sum, rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gemm {
    /// Factor of the product.
    pub alpha: f32,
    /// Factor of `C`.
    pub beta: f32,
    /// Whether `A` is given transposed.
    pub trans_a: bool,
    /// Whether `B` is given transposed.
    pub trans_b: bool,
}

/// `Conv`. The kernel's extents are those of `W`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Extent of the kernel in each spatial dimension, which is that of the weights; empty if it is not written.
    pub kernel_shape: Vec<usize>,
    /// Step of each spatial dimension; empty for 1.
    pub strides: Vec<usize>,
    /// Padding: all begins, then all ends; empty for 0.
    pub pads: Vec<usize>,
    /// Distance of kernel elements in each spatial dimension; empty for 1.
    pub dilations: Vec<usize>,
    /// Number of groups that the channels fall into, at least 1.
    pub group: usize,
    /// How padding is found.
    pub auto_pad: AutoPad,
}

/// `MaxPool`, without its optional second result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Extent of the window in each spatial dimension.
    pub kernel_shape: Vec<usize>,
    /// Step of each spatial dimension; empty for 1.
    pub strides: Vec<usize>,
    /// Padding: all begins, then all ends; empty for 0.
    pub pads: Vec<usize>,
    /// Distance of window elements in each spatial dimension; empty for 1.
    pub dilations: Vec<usize>,
    /// Whether a last, partial window counts.
    pub ceil_mode: bool,
    /// How padding is found.
    pub auto_pad: AutoPad,
}

/// `AveragePool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// Extent of the window in each spatial dimension.
    pub kernel_shape: Vec<usize>,
    /// Step of each spatial dimension; empty for 1.
    pub strides: Vec<usize>,
    /// Padding: all begins, then all ends; empty for 0.
    pub pads: Vec<usize>,
    /// Distance of window elements in each spatial dimension; empty for 1.
    pub dilations: Vec<usize>,
    /// Whether a last, partial window counts.
    pub ceil_mode: bool,
    /// Whether padding counts as elements of value 0. What `ceil_mode` adds beyond the padding never counts.
    pub count_include_pad: bool,
    /// How padding is found.
    pub auto_pad: AutoPad,
}

/// `LayerNormalization`, without its optional second and third result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNormalization {
    /// First dimension that is normalized over.
    pub axis: i64,
    /// Added to the variance.
    pub epsilon: f32,
}

/// `Softmax` and `LogSoftmax`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// The dimension along which the results sum to 1.
    pub axis: i64,
    /// Opset 12 and older: along all dimensions from `axis` on together.
    pub flatten: bool,
}

/// Where `Split` cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitParts {
    /// Into parts of these extents.
    Sizes(Vec<usize>),
    /// Into this many parts of equal extent, the last of which may be shorter.
    Count(usize),
}

/// The `Reduce*` ops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// The dimensions that are reduced; absent for all, empty for none.
    pub axes: Option<Vec<i64>>,
    /// Whether they stay, with extent 1.
    pub keepdims: bool,
}

/// `ArgMax`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgMax {
    /// The dimension that is searched.
    pub axis: i64,
    /// Whether it stays, with extent 1.
    pub keepdims: bool,
    /// Whether the last of equal elements counts rather than the first.
    pub select_last_index: bool,
}

/// `TopK`. Of equal elements those of lower index come first, and the results are sorted whatever `sorted` says
/// (unsorted results have no defined order).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// The dimension that is searched.
    pub axis: i64,
    /// Whether the greatest elements are wanted rather than the least.
    pub largest: bool,
    /// Whether an order is asked for.
    pub sorted: bool,
}
