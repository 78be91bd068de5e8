//! How the readers of a level-3 integer read its bits.

use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Op, Val};
use qonnx_dialects::qint;
use qonnx_dialects::upstream::{self, Generic, Instr, Integer, Resize};
use qonnx_dialects::word::Word;

/// Whether the elements of a value are signed integers.
pub fn is_signed(value: Val<'_>) -> bool {
    let word = ir::type_of(value).and_then(|r#type| Word::of_element(r#type.element));
    word.is_some_and(|word| word.signed)
}

/// Which readings of a value occur. Sums and products read neither way: they are modular.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// Some reader takes the bits as a signed number.
    pub signed: bool,
    /// Some reader takes the bits as an unsigned number.
    pub unsigned: bool,
}

impl Readers {
    /// The readings of a value, through slices and reshapes.
    pub fn of_value(value: Val<'_>) -> Self {
        let mut readers = Self::default();
        for (user, operand) in ir::users(value) {
            readers.add(Self::of_use(user, operand));
        }
        readers
    }

    /// The readings of an op's first result.
    pub fn of(op: Op<'_>) -> Self {
        op.result(0)
            .map(|result| Self::of_value(ir::val(result)))
            .unwrap_or_default()
    }

    /// Whether the value is best kept zero-extended.
    pub fn prefer_unsigned(self) -> bool {
        self.unsigned && !self.signed
    }

    fn add(&mut self, other: Self) {
        self.signed |= other.signed;
        self.unsigned |= other.unsigned;
    }

    fn one(signed: bool) -> Self {
        Self {
            signed,
            unsigned: !signed,
        }
    }

    fn of_use(user: Op<'_>, operand: usize) -> Self {
        match qint::Op::read(user) {
            Some(
                qint::Op::Dequantize(_)
                | qint::Op::Requantize(_)
                | qint::Op::Threshold(_)
                | qint::Op::Lookup(_),
            ) => {
                let value = user.operand(operand).map(ir::val);
                return Self::one(value.is_ok_and(is_signed));
            }
            Some(_) => return Self::default(),
            None => {}
        }
        match upstream::Op::read(user) {
            Some(upstream::Op::Generic(generic)) => Self::in_body(&generic, operand),
            Some(_) => Self::of(user),
            None => Self::default(),
        }
    }

    /// The readings of an operand of a nest in its body.
    fn in_body(generic: &Generic, operand: usize) -> Self {
        let is_operand = |at: usize| match generic.body[at] {
            Instr::Input(input) => input == operand,
            Instr::Output => operand + 1 == generic.maps.len(),
            _ => false,
        };
        let mut readers = Self::default();
        for instr in &generic.body {
            let (signed, sources): (bool, &[usize]) = match instr {
                Instr::Resize(Resize::ExtS, a, _) => (true, &[*a]),
                Instr::Resize(Resize::ExtU, a, _) => (false, &[*a]),
                Instr::Integer(Integer::MaxS, a, b) | Instr::Integer(Integer::MinS, a, b) => {
                    (true, &[*a, *b])
                }
                Instr::Integer(Integer::MaxU, a, b) | Instr::Integer(Integer::MinU, a, b) => {
                    (false, &[*a, *b])
                }
                _ => continue,
            };
            if sources.iter().any(|&at| is_operand(at)) {
                readers.add(Self::one(signed));
            }
        }
        readers
    }
}
