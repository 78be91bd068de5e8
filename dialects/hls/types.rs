//! The types of emitted C++ as MLIR's builtin types.

use melior::Context;
use melior::ir::r#type::{IntegerType, MemRefType};
use melior::ir::{ShapedTypeLike, Type, TypeLike, ValueLike};

use crate::ir::Val;
use crate::word::Word;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `bool`.
    Bool,
    /// `int`, for counters and indices.
    Index,
    /// `int8_t`, `int16_t`, `int32_t` or `int64_t`, by its bits: the storage of constants.
    Storage(u32),
    /// `ap_int` or `ap_uint`.
    Word(Word),
}

impl Scalar {
    /// The narrowest storage that holds every number of `values`.
    pub fn storage_of(values: &[i64]) -> Self {
        let word = Word::of_values(values.iter().copied());
        let bits = word.bits + u32::from(!word.signed);
        Self::Storage(
            [8, 16, 32]
                .into_iter()
                .find(|&width| bits <= width)
                .unwrap_or(64),
        )
    }

    /// The MLIR type.
    pub fn to_type(self, context: &Context) -> Type<'_> {
        match self {
            Self::Bool => IntegerType::new(context, 1).into(),
            Self::Index => Type::index(context),
            Self::Storage(bits) => IntegerType::new(context, bits).into(),
            Self::Word(word) => word.to_type(context),
        }
    }

    /// The scalar that an MLIR type stands for.
    pub fn read(r#type: Type<'_>) -> Option<Self> {
        if r#type.is_index() {
            return Some(Self::Index);
        }
        if let Some(word) = Word::read(r#type) {
            return Some(Self::Word(word));
        }
        if !r#type.is_integer() {
            return None;
        }
        match IntegerType::try_from(r#type).ok()?.width() {
            1 => Some(Self::Bool),
            bits @ (8 | 16 | 32 | 64) => Some(Self::Storage(bits)),
            _ => None,
        }
    }

    /// The scalar type of a value.
    pub fn of(value: Val<'_>) -> Option<Self> {
        Self::read(value.r#type())
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => formatter.write_str("bool"),
            Self::Index => formatter.write_str("index"),
            Self::Storage(bits) => write!(formatter, "i{bits}"),
            Self::Word(word) => word.fmt(formatter),
        }
    }
}

/// The type of an array or, without dimensions, of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// The type of the elements.
    pub element: Scalar,
}

impl Memory {
    /// An array.
    pub fn new(shape: impl Into<Vec<usize>>, element: Scalar) -> Self {
        Self {
            shape: shape.into(),
            element,
        }
    }

    /// How many elements it has.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// The MLIR type.
    pub fn to_type<'c>(&self, context: &'c Context) -> Type<'c> {
        let shape: Vec<i64> = self.shape.iter().map(|&extent| extent as i64).collect();
        MemRefType::new(self.element.to_type(context), &shape, None, None).into()
    }
}

/// The array or variable that a value is.
pub fn memory_of(value: Val<'_>) -> Option<Memory> {
    let memory = MemRefType::try_from(value.r#type()).ok()?;
    let shape = (0..memory.rank())
        .map(|axis| match memory.dim_size(axis) {
            Ok(melior::ir::r#type::DimSize::Static(extent)) => usize::try_from(extent).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Memory {
        shape,
        element: Scalar::read(memory.element())?,
    })
}
