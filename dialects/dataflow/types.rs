//! The types `!dataflow.array` and `!dataflow.stream`.

use melior::Context;
use melior::ir::{Type, TypeLike, ValueLike};
use std::fmt;

use crate::ffi::{qonnxDataflowLinkGet, qonnxDataflowLinkRead};
use crate::ir::Val;
use crate::value::TensorType;
use crate::word::Word;

/// What lies between two layers: words of one type in a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The extents, outermost first, each at least 1.
    pub shape: Vec<usize>,
    /// The type of each word, 1 to 63 bits.
    pub word: Word,
    /// How many words of the last dimension come in each cycle; `None` for an array, of which all words are there at once.
    pub lanes: Option<usize>,
}

impl Link {
    /// All words at once.
    pub fn array(shape: impl Into<Vec<usize>>, word: Word) -> Self {
        Self {
            shape: shape.into(),
            word,
            lanes: None,
        }
    }

    /// The same words in another shape.
    #[must_use]
    pub fn with_shape(&self, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            shape: shape.into(),
            ..self.clone()
        }
    }

    /// Number of words.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// The extent of the last dimension.
    pub fn row(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// The tensor that the host has of it.
    pub fn tensor(&self) -> TensorType {
        TensorType::new(self.shape.clone(), self.word.element())
    }

    /// The MLIR type; `None` if an extent is 0, a word has not 1 to 63 bits, or the lanes do not divide the last extent.
    #[expect(unsafe_code, reason = "calls C++")]
    pub fn to_type<'c>(&self, context: &'c Context) -> Option<Type<'c>> {
        let extents = self.shape.iter().map(|&extent| i64::try_from(extent));
        let extents = extents.collect::<Result<Vec<_>, _>>().ok()?;
        let lanes = match self.lanes {
            Some(0) => return None,
            Some(lanes) => i64::try_from(lanes).ok()?,
            None => 0,
        };
        let element = self.word.to_type(context).to_raw();
        let rank = isize::try_from(extents.len()).ok()?;
        // SAFETY: the element is an integer type of this context, and `rank` extents follow the pointer; C++ gives a type or
        // null.
        unsafe {
            Type::from_option_raw(qonnxDataflowLinkGet(element, rank, extents.as_ptr(), lanes))
        }
    }

    /// The link that an MLIR type stands for, if it is one.
    #[expect(unsafe_code, reason = "calls C++")]
    pub fn read(r#type: Type<'_>) -> Option<Self> {
        let (mut rank, mut lanes) = (0, 0);
        let mut extents = std::ptr::null();
        let mut element = r#type.to_raw();
        // SAFETY: the type is valid; C++ writes a valid type to `element`, and to `extents` where `rank` numbers are that
        // live as long as the context.
        let (word, extents) = unsafe {
            if !qonnxDataflowLinkRead(
                r#type.to_raw(),
                &raw mut element,
                &raw mut rank,
                &raw mut extents,
                &raw mut lanes,
            ) {
                return None;
            }
            let extents = match usize::try_from(rank).ok()? {
                // An empty array may have no place.
                0 => &[],
                rank => std::slice::from_raw_parts(extents, rank),
            };
            (Word::read(Type::from_raw(element))?, extents)
        };
        let extents = extents.iter().map(|&extent| usize::try_from(extent));
        Some(Self {
            shape: extents.collect::<Result<_, _>>().ok()?,
            word,
            lanes: match lanes {
                0 => None,
                _ => Some(usize::try_from(lanes).ok()?),
            },
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.lanes.is_some() {
            "stream"
        } else {
            "array"
        };
        write!(formatter, "{kind}<")?;
        for extent in &self.shape {
            write!(formatter, "{extent}x")?;
        }
        match self.lanes {
            Some(lanes) => write!(formatter, "{}, {lanes}>", self.word),
            None => write!(formatter, "{}>", self.word),
        }
    }
}

/// The link that a value is, if it is one.
pub fn link_of(value: Val<'_>) -> Option<Link> {
    Link::read(value.r#type())
}
