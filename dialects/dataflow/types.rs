//! The type `!dataflow.array`.

use melior::Context;
use melior::ir::{Type, TypeLike, ValueLike};
use std::fmt;

use crate::ffi::{qonnxDataflowArrayGet, qonnxDataflowArrayRead};
use crate::ir::Val;
use crate::word::Word;

/// A fixed number of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// Number of words, at least 1.
    pub size: usize,
    /// The type of each word, 1 to 63 bits.
    pub word: Word,
}

impl Array {
    /// The MLIR type; `None` if there is no word, or a word has not 1 to 63 bits.
    #[expect(unsafe_code, reason = "calls C++")]
    pub fn to_type(self, context: &Context) -> Option<Type<'_>> {
        let size = i64::try_from(self.size).ok()?;
        let element = self.word.to_type(context);
        // SAFETY: the element is an integer type of this context; C++ gives a type or null.
        unsafe { Type::from_option_raw(qonnxDataflowArrayGet(element.to_raw(), size)) }
    }

    /// The array that an MLIR type stands for, if it is one.
    #[expect(unsafe_code, reason = "calls C++")]
    pub fn read(r#type: Type<'_>) -> Option<Self> {
        let mut size = 0;
        let mut element = r#type.to_raw();
        // SAFETY: the type is valid, and C++ writes a valid type to `element`.
        let word = unsafe {
            qonnxDataflowArrayRead(r#type.to_raw(), &raw mut element, &raw mut size)
                .then(|| Word::read(Type::from_raw(element)))??
        };
        Some(Self {
            size: usize::try_from(size).ok()?,
            word,
        })
    }
}

impl fmt::Display for Array {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "array<{} x {}>", self.size, self.word)
    }
}

/// The array type of a value, if it has one.
pub fn array_of(value: Val<'_>) -> Option<Array> {
    Array::read(value.r#type())
}
