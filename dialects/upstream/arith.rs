//! Bodies of loop nests: scalar ops of `arith` and `math`, appended to a block one by one.
//!
//! [`super::Instr`] holds integer bodies as data because level 3 is analysed; what is made here is on its way to
//! machine code and only ever built, so a builder with one method for each shape of op is enough.

use melior::Context;
use melior::ir::attribute::{FloatAttribute, IntegerAttribute};
use melior::ir::r#type::IntegerType;
use melior::ir::{Attribute, Block, BlockLike, Location, Type, TypeLike, ValueLike};

use crate::ir::{self, Val, build_op_raw};
use crate::tensor::{sign_extend, zero_extend};

/// Declares the ops of one kind, each with its name in MLIR; kinds that are `read` are found by name too.
macro_rules! ops {
    ($(#[$doc:meta])* $kind:ident { $($op:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the op of `arith` or `math` beside it")]
        pub enum $kind {
            $($op),+
        }

        impl $kind {
            /// The name of the op.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$op => $name),+
                }
            }
        }
    };
    ($(#[$doc:meta])* read $kind:ident { $($op:ident = $name:literal),+ $(,)? }) => {
        ops! { $(#[$doc])* $kind { $($op = $name),+ } }

        impl $kind {
            /// The op of a name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$op),)+
                    _ => None,
                }
            }
        }
    };
}

ops! {
    /// Arithmetic of two integers of one width, to which the result wraps. What a body of level 3 may hold, beside
    /// [`Resize`].
    read Integer {
        Add = "arith.addi",
        Sub = "arith.subi",
        Mul = "arith.muli",
        MaxS = "arith.maxsi",
        MaxU = "arith.maxui",
        MinS = "arith.minsi",
        MinU = "arith.minui",
    }
}

ops! {
    /// Two integers as rows of bits.
    read Bits {
        And = "arith.andi",
        Or = "arith.ori",
        Xor = "arith.xori",
        Shl = "arith.shli",
        ShrS = "arith.shrsi",
        ShrU = "arith.shrui",
    }
}

ops! {
    /// Arithmetic of two floats of one type.
    read Float {
        Add = "arith.addf",
        Sub = "arith.subf",
        Mul = "arith.mulf",
        Div = "arith.divf",
        Pow = "math.powf",
        CopySign = "math.copysign",
    }
}

ops! {
    /// A one-operand float op; the result has the type of the operand.
    read Unary {
        NegF = "arith.negf",
        AbsF = "math.absf",
        Sqrt = "math.sqrt",
        Exp = "math.exp",
        Exp2 = "math.exp2",
        ExpM1 = "math.expm1",
        Log = "math.log",
        Log2 = "math.log2",
        Log1P = "math.log1p",
        Tanh = "math.tanh",
        Erf = "math.erf",
        Floor = "math.floor",
        Ceil = "math.ceil",
        Trunc = "math.trunc",
        RoundEven = "math.roundeven",
    }
}

ops! {
    /// Another width of an integer.
    read Resize {
        ExtS = "arith.extsi",
        ExtU = "arith.extui",
        Trunc = "arith.trunci",
    }
}

ops! {
    /// Another type of a number, beside [`Resize`].
    read Convert {
        SIToFP = "arith.sitofp",
        UIToFP = "arith.uitofp",
        FPToSI = "arith.fptosi",
        FPToUI = "arith.fptoui",
        ExtF = "arith.extf",
        TruncF = "arith.truncf",
        IndexCast = "arith.index_cast",
        Bitcast = "arith.bitcast",
    }
}

/// What an op does if it changes the width of an integer.
pub fn resize_of(op: ir::Op<'_>) -> Option<Resize> {
    Resize::named(&ir::op_name(op))
}

impl Resize {
    /// The `value` of `from` bits in `to` bits; values are kept sign-extended.
    pub(super) fn apply(self, value: i64, from: u32, to: u32) -> i64 {
        match self {
            Self::ExtS => value,
            Self::ExtU => zero_extend(value, from),
            Self::Trunc => sign_extend(value, to),
        }
    }
}

impl Integer {
    /// The result for two values of `width` bits, all kept sign-extended.
    pub(super) fn apply(self, a: i64, b: i64, width: u32) -> i64 {
        let unsigned = |value| zero_extend(value, width) as u64;
        match self {
            Self::Add => sign_extend(a.wrapping_add(b), width),
            Self::Sub => sign_extend(a.wrapping_sub(b), width),
            Self::Mul => sign_extend(a.wrapping_mul(b), width),
            Self::MaxS => a.max(b),
            Self::MinS => a.min(b),
            Self::MaxU if unsigned(a) >= unsigned(b) => a,
            Self::MinU if unsigned(a) <= unsigned(b) => a,
            Self::MaxU | Self::MinU => b,
        }
    }
}

/// A two-operand op; the result has the type of the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary(&'static str);

impl Binary {
    /// The name of the op.
    pub(super) const fn name(self) -> &'static str {
        self.0
    }
}

macro_rules! binary {
    ($($kind:ident)+) => {
        $(impl From<$kind> for Binary {
            fn from(op: $kind) -> Self {
                Self(op.name())
            }
        })+
    };
}

binary!(Integer Bits Float);

/// A change of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion(&'static str);

impl Conversion {
    /// The name of the op.
    pub(super) const fn name(self) -> &'static str {
        self.0
    }
}

impl From<Resize> for Conversion {
    fn from(op: Resize) -> Self {
        Self(op.name())
    }
}

impl From<Convert> for Conversion {
    fn from(op: Convert) -> Self {
        Self(op.name())
    }
}

/// Declares the predicates, each with its op and its number in `arith`.
macro_rules! predicates {
    ($($(#[$doc:meta])* $predicate:ident = $op:ident $number:literal),+ $(,)?) => {
        /// Predicates of `arith.cmpi` and `arith.cmpf`, in one list. Ordered ones of floats hold for no NaN, unordered
        /// ones for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Compare {
            $($(#[$doc])* $predicate),+
        }

        impl Compare {
            /// The op and the number of the predicate.
            const fn op(self) -> (&'static str, i64) {
                match self {
                    $(Self::$predicate => ($op, $number)),+
                }
            }

            /// The predicate of a number.
            fn numbered(name: &str, number: i64) -> Option<Self> {
                match (name, number) {
                    $(($op, $number) => Some(Self::$predicate),)+
                    _ => None,
                }
            }
        }
    };
}

predicates! {
    /// Integers are equal.
    Equal = CMPI 0,
    /// Integers are not equal.
    NotEqual = CMPI 1,
    /// Signed `a < b`.
    LessS = CMPI 2,
    /// Signed `a <= b`.
    LessEqualS = CMPI 3,
    /// Signed `a > b`.
    GreaterS = CMPI 4,
    /// Signed `a >= b`.
    GreaterEqualS = CMPI 5,
    /// Unsigned `a < b`.
    LessU = CMPI 6,
    /// Unsigned `a <= b`.
    LessEqualU = CMPI 7,
    /// Unsigned `a > b`.
    GreaterU = CMPI 8,
    /// Unsigned `a >= b`.
    GreaterEqualU = CMPI 9,
    /// Floats `a == b`, neither NaN.
    OrderedEqual = CMPF 1,
    /// Floats `a > b`, neither NaN.
    OrderedGreater = CMPF 2,
    /// Floats `a >= b`, neither NaN.
    OrderedGreaterEqual = CMPF 3,
    /// Floats `a < b`, neither NaN.
    OrderedLess = CMPF 4,
    /// Floats `a <= b`, neither NaN.
    OrderedLessEqual = CMPF 5,
    /// Floats `a < b` or `a > b`.
    OrderedNotEqual = CMPF 6,
    /// No float is NaN.
    Ordered = CMPF 7,
    /// Floats `a == b`, or one is NaN.
    UnorderedEqual = CMPF 8,
    /// Not `a <= b`.
    UnorderedGreater = CMPF 9,
    /// Not `a < b`.
    UnorderedGreaterEqual = CMPF 10,
    /// Not `a >= b`.
    UnorderedLess = CMPF 11,
    /// Not `a > b`.
    UnorderedLessEqual = CMPF 12,
    /// Floats `a != b`, or one is NaN.
    UnorderedNotEqual = CMPF 13,
    /// A float is NaN.
    Unordered = CMPF 14,
}

impl Compare {
    /// The predicate of an op in place.
    pub(super) fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        [CMPI, CMPF].contains(&name.as_str()).then_some(())?;
        Self::numbered(&name, ir::Attributes::of(op).int("predicate")?)
    }
}

const CMPI: &str = "arith.cmpi";
const CMPF: &str = "arith.cmpf";
pub(super) const SELECT: &str = "arith.select";
const INDEX: &str = "linalg.index";
const EXTRACT: &str = "tensor.extract";

/// The type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A signless integer of a width.
    Int(u32),
    /// An index into a tensor.
    Index,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl Scalar {
    /// The type of a value; `None` if it is no scalar.
    pub fn of(value: Val<'_>) -> Option<Self> {
        let r#type = value.r#type();
        if r#type.is_index() {
            Some(Self::Index)
        } else if r#type.is_f32() {
            Some(Self::F32)
        } else if r#type.is_f64() {
            Some(Self::F64)
        } else {
            let integer = IntegerType::try_from(r#type).ok()?;
            Some(Self::Int(integer.width()))
        }
    }

    fn r#type(self, context: &Context) -> Type<'_> {
        match self {
            Self::Int(width) => IntegerType::new(context, width).into(),
            Self::Index => Type::index(context),
            Self::F32 => Type::float32(context),
            Self::F64 => Type::float64(context),
        }
    }
}

/// Appends scalar ops to a body.
pub struct Scalars<'c, 'b> {
    pub(super) context: &'c Context,
    pub(super) block: &'b Block<'c>,
    pub(super) location: Location<'c>,
}

impl<'c> Scalars<'c, '_> {
    fn append(
        &self,
        name: &str,
        operands: &[Val<'c>],
        attributes: &[(&str, Attribute<'c>)],
        result: Type<'c>,
    ) -> Val<'c> {
        let op = build_op_raw(
            self.context,
            name,
            operands,
            attributes,
            &[result],
            self.location,
        );
        let op = self.block.append_operation(op);
        ir::val(op.result(0).expect("the op was built with one result"))
    }

    /// An integer constant, wrapped to `width` bits.
    pub fn int(&self, value: i64, width: u32) -> Val<'c> {
        if width > 64 {
            // The C API makes integer attributes from 64 bits and extends them without a sign.
            return self.convert(Resize::ExtS, self.int(value, 64), Scalar::Int(width));
        }
        let r#type = Scalar::Int(width).r#type(self.context);
        let value = IntegerAttribute::new(r#type, sign_extend(value, width));
        self.append(super::CONSTANT, &[], &[("value", value.into())], r#type)
    }

    /// An index constant.
    pub fn index(&self, value: usize) -> Val<'c> {
        let r#type = Scalar::Index.r#type(self.context);
        let value = IntegerAttribute::new(r#type, value as i64);
        self.append(super::CONSTANT, &[], &[("value", value.into())], r#type)
    }

    /// An `f32` constant.
    pub fn f32(&self, value: f32) -> Val<'c> {
        self.float(f64::from(value), Scalar::F32)
    }

    /// An `f64` constant.
    pub fn f64(&self, value: f64) -> Val<'c> {
        self.float(value, Scalar::F64)
    }

    fn float(&self, value: f64, scalar: Scalar) -> Val<'c> {
        let r#type = scalar.r#type(self.context);
        let value = FloatAttribute::new(self.context, r#type, value);
        self.append(super::CONSTANT, &[], &[("value", value.into())], r#type)
    }

    /// A two-operand op.
    pub fn binary(&self, op: impl Into<Binary>, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.append(op.into().0, &[a, b], &[], a.r#type())
    }

    /// A one-operand float op.
    pub fn unary(&self, op: Unary, a: Val<'c>) -> Val<'c> {
        self.append(op.name(), &[a], &[], a.r#type())
    }

    /// `a` in another type.
    pub fn convert(&self, op: impl Into<Conversion>, a: Val<'c>, to: Scalar) -> Val<'c> {
        self.append(op.into().0, &[a], &[], to.r#type(self.context))
    }

    /// A comparison; the result is one bit.
    pub fn compare(&self, op: Compare, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let (name, predicate) = op.op();
        let predicate = IntegerAttribute::new(IntegerType::new(self.context, 64).into(), predicate);
        self.append(
            name,
            &[a, b],
            &[("predicate", predicate.into())],
            Scalar::Int(1).r#type(self.context),
        )
    }

    /// `yes` where the bit `condition` is set, else `no`.
    pub fn select(&self, condition: Val<'c>, yes: Val<'c>, no: Val<'c>) -> Val<'c> {
        self.append(SELECT, &[condition, yes, no], &[], yes.r#type())
    }

    /// The index of a loop of the nest.
    pub fn loop_index(&self, dim: usize) -> Val<'c> {
        let dim = IntegerAttribute::new(IntegerType::new(self.context, 64).into(), dim as i64);
        self.append(
            INDEX,
            &[],
            &[("dim", dim.into())],
            Scalar::Index.r#type(self.context),
        )
    }

    /// The element of `tensor`, whose elements are `element`, at run-time indices.
    pub fn extract(&self, tensor: Val<'c>, indices: &[Val<'c>], element: Scalar) -> Val<'c> {
        let operands: Vec<_> = [tensor].iter().chain(indices).copied().collect();
        self.append(EXTRACT, &operands, &[], element.r#type(self.context))
    }
}

/// Lets a `linalg.index` in place follow its loop when loop `at` becomes what loop `order[at]` was; other ops
/// stay as they are.
pub(super) fn permute_loop_index<'c>(context: &'c Context, op: ir::Op<'c>, order: &[usize]) {
    if ir::op_name(op) != INDEX {
        return;
    }
    let old = ir::Attributes::of(op).int("dim");
    if let Some(new) = old.and_then(|old| {
        order
            .iter()
            .position(|&loop_index| loop_index as i64 == old)
    }) {
        let new = IntegerAttribute::new(IntegerType::new(context, 64).into(), new as i64);
        ir::set_attribute(op, "dim", new.into());
    }
}
