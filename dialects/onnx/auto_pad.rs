//! How a window's padding is found.

use std::str::FromStr;

use crate::declare::Named;

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

impl Named for AutoPad {
    const VALUES: &'static [Self] = &Self::ALL;

    fn value_name(self) -> &'static str {
        self.name()
    }
}
