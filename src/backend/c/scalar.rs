//! Scalars of loops as C expressions.
//!
//! An integer of MLIR is a row of bits; in C it is the signed number that these bits are, in the type of its width, and
//! one of one bit is 0 or 1. What wraps is computed on unsigned numbers, where C says that it does, and made signed again
//! by a function of [`super::prelude`]: nothing here relies on what C leaves to the compiler. An integer of more than 64
//! bits is a `wide` of the prelude.

use qonnx_dialects::upstream::{
    Bits, Compare, Convert, Float, Integer, Literal, Resize, Scalar, Unary,
};

use super::expression::{Expr, Level};
use super::literal;
use super::prelude::{Helper, Prelude};

/// A scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of the type.
    Number(Expr),
    /// Unsigned, of 32 or 64 bits, of which those of the type are those of the integer.
    Bits(Expr),
}

impl Value {
    /// A name for a number.
    pub fn named(name: &str) -> Self {
        Self::Number(Expr::primary(name))
    }

    /// How it is written.
    pub fn expression(&self) -> &Expr {
        let (Self::Number(expression) | Self::Bits(expression)) = self;
        expression
    }
}

/// The C type of a scalar; `None` if there is none.
pub fn c_type(scalar: Scalar) -> Option<&'static str> {
    Some(match scalar {
        Scalar::Int(1) => "bool",
        Scalar::Int(8) => "int8_t",
        Scalar::Int(16) => "int16_t",
        Scalar::Int(32) => "int32_t",
        Scalar::Int(64) => "int64_t",
        Scalar::Int(128) => "wide",
        Scalar::Int(_) => return None,
        Scalar::Index => "size_t",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
    })
}

/// The C type of unsigned numbers of a width.
pub fn unsigned_type(width: u32) -> &'static str {
    match width {
        8 => "uint8_t",
        16 => "uint16_t",
        32 => "uint32_t",
        _ => "uint64_t",
    }
}

/// Why there is no expression.
pub type NoForm = String;

/// Makes expressions and notes the functions that they call.
pub struct Expressions<'p> {
    /// What is called.
    pub prelude: &'p mut Prelude,
}

impl Expressions<'_> {
    /// A number of a scalar's type.
    pub fn number(&mut self, value: &Value, scalar: Scalar) -> Expr {
        match (value, scalar) {
            (Value::Number(number), _) => number.clone(),
            (Value::Bits(bits), Scalar::Int(width)) => {
                Expr::call(self.prelude.call(Helper::Wrap(width)), &[bits])
            }
            (Value::Bits(bits), _) => bits.clone(),
        }
    }

    /// An unsigned number of 32 bits, of 64 for an integer of more than 32, with the integer's bits.
    fn bits(&mut self, value: &Value, width: u32) -> Expr {
        let r#type = unsigned_type(width.max(32));
        match value {
            Value::Bits(bits) => bits.clone(),
            Value::Number(number)
                if width < 64 && number.text().bytes().all(|at| at.is_ascii_digit()) =>
            {
                Expr::primary(format!("{}u", number.text()))
            }
            Value::Number(number) => Expr::cast(r#type, number),
        }
    }

    /// The number that the integer's bits are without a sign.
    fn unsigned(&mut self, value: &Value, width: u32) -> Expr {
        match value {
            Value::Number(number) if width == 1 => number.clone(),
            Value::Number(number) if number.integer().is_some_and(|number| number >= 0) => {
                Expr::primary(format!("{}u", number.text()))
            }
            Value::Bits(bits) if width == bits_of(width) => bits.clone(),
            Value::Number(expression) | Value::Bits(expression) => {
                Expr::cast(unsigned_type(width), expression)
            }
        }
    }

    /// A constant.
    pub fn constant(&mut self, literal: Literal, scalar: Scalar) -> Result<Value, NoForm> {
        let number = match (literal, scalar) {
            (Literal::Float(value), Scalar::F32) => {
                self.prelude.include_math_for(value);
                Expr::negative(literal::float(value as f32, literal::Decimal::Beside))
            }
            (Literal::Float(value), Scalar::F64) => {
                self.prelude.include_math_for(value);
                Expr::negative(literal::double(value, literal::Decimal::Beside))
            }
            (Literal::Int(value), Scalar::Int(1)) => {
                Expr::primary(if value == 0 { "false" } else { "true" })
            }
            (Literal::Int(value), Scalar::Int(128)) => {
                let value = i64::try_from(value).map_err(|_| "is a constant beyond 64 bits")?;
                let number = Expr::negative(literal::integer(value));
                Expr::call(self.prelude.call(Helper::Wide("wide_of")), &[&number])
            }
            (Literal::Int(value), Scalar::Index) => match usize::try_from(value) {
                Ok(value) => Expr::primary(value.to_string()),
                Err(_) => Expr::cast("size_t", &Expr::negative(value.to_string())),
            },
            (Literal::Int(value), Scalar::Int(_)) => {
                let value = i64::try_from(value).map_err(|_| "is a constant beyond 64 bits")?;
                let number = Expr::negative(literal::integer(value));
                match value {
                    i64::MIN => Expr::new(number.text().to_owned(), Level::Other),
                    _ => number,
                }
            }
            _ => return Err("is a constant of another type than its value".to_owned()),
        };
        Ok(Value::Number(number))
    }

    /// Arithmetic of two integers of one type.
    pub fn integer(
        &mut self,
        op: Integer,
        a: &Value,
        b: &Value,
        scalar: Scalar,
    ) -> Result<Value, NoForm> {
        let operator = match op {
            Integer::Add => "+",
            Integer::Sub => "-",
            Integer::Mul => "*",
            _ => return self.extreme(op, a, b, scalar),
        };
        match scalar {
            Scalar::Int(128) => self.wide(operator, a, b),
            // Of one bit they are sums without a carry, and a product.
            Scalar::Int(1) => {
                let operator = if op == Integer::Mul { "&" } else { "^" };
                self.truth(operator, a, b)
            }
            Scalar::Int(width) => {
                let (a, b) = (self.bits(a, width), self.bits(b, width));
                Ok(Value::Bits(Expr::infix(&a, operator, &b)))
            }
            _ => {
                let (a, b) = (self.number(a, scalar), self.number(b, scalar));
                Ok(Value::Number(Expr::infix(&a, operator, &b)))
            }
        }
    }

    fn wide(&mut self, operator: &str, a: &Value, b: &Value) -> Result<Value, NoForm> {
        let function = match operator {
            "+" => "wide_add",
            "-" => "wide_sub",
            "*" => "wide_mul",
            _ => "wide_and",
        };
        let wide = Scalar::Int(128);
        let (a, b) = (self.number(a, wide), self.number(b, wide));
        let function = self.prelude.call(Helper::Wide(function));
        Ok(Value::Number(Expr::call(function, &[&a, &b])))
    }

    fn truth(&mut self, operator: &str, a: &Value, b: &Value) -> Result<Value, NoForm> {
        let (a, b) = (
            self.number(a, Scalar::Int(1)),
            self.number(b, Scalar::Int(1)),
        );
        Ok(Value::Number(Expr::infix(&a, operator, &b)))
    }

    fn extreme(
        &mut self,
        op: Integer,
        a: &Value,
        b: &Value,
        scalar: Scalar,
    ) -> Result<Value, NoForm> {
        let Scalar::Int(width @ (8 | 16 | 32 | 64 | 128)) = scalar else {
            return Err("is an extreme of no machine integers".to_owned());
        };
        let greatest = matches!(op, Integer::MaxS | Integer::MaxU);
        if matches!(op, Integer::MaxU | Integer::MinU) {
            if width > 64 {
                return Err("is an unsigned extreme of more than 64 bits".to_owned());
            }
            let (a, b) = (self.unsigned(a, width), self.unsigned(b, width));
            let function = self.prelude.call(Helper::Extreme {
                greatest,
                signed: false,
                width: bits_of(width),
            });
            return Ok(Value::Bits(Expr::call(function, &[&a, &b])));
        }
        let (a, b) = (self.number(a, scalar), self.number(b, scalar));
        if width > 64 {
            let function = if greatest { "wide_max" } else { "wide_min" };
            let function = self.prelude.call(Helper::Wide(function));
            return Ok(Value::Number(Expr::call(function, &[&a, &b])));
        }
        let function = self.prelude.call(Helper::Extreme {
            greatest,
            signed: true,
            width: bits_of(width),
        });
        Ok(Value::Number(Expr::call(function, &[&a, &b])))
    }

    /// Two integers as rows of bits; `shift` is the second as a constant, which shifts need.
    pub fn rows(
        &mut self,
        op: Bits,
        a: &Value,
        b: &Value,
        scalar: Scalar,
        shift: Option<u32>,
    ) -> Result<Value, NoForm> {
        let Scalar::Int(width) = scalar else {
            return Err("works on the bits of no integer".to_owned());
        };
        let operator = match op {
            Bits::And => "&",
            Bits::Or => "|",
            Bits::Xor => "^",
            Bits::Shl | Bits::ShrS | Bits::ShrU => return self.shift(op, a, width, shift),
        };
        match width {
            1 => self.truth(operator, a, b),
            128 if op == Bits::And => self.wide(operator, a, b),
            128 => Err("works on the bits of an integer of more than 64".to_owned()),
            width => {
                let (a, b) = (self.bits(a, width), self.bits(b, width));
                Ok(Value::Bits(Expr::infix(&a, operator, &b)))
            }
        }
    }

    fn shift(
        &mut self,
        op: Bits,
        a: &Value,
        width: u32,
        shift: Option<u32>,
    ) -> Result<Value, NoForm> {
        let shift = shift
            .filter(|&shift| shift < width)
            .ok_or("shifts by no constant within the width")?;
        let by = Expr::primary(shift.to_string());
        match (op, width) {
            (Bits::ShrS, 128) => {
                let a = self.number(a, Scalar::Int(width));
                let function = self.prelude.call(Helper::Wide("wide_shift"));
                Ok(Value::Number(Expr::call(function, &[&a, &by])))
            }
            (_, 1 | 128) => Err("shifts an integer of 1 bit or more than 64".to_owned()),
            (Bits::ShrS, _) => {
                let a = self.number(a, Scalar::Int(width));
                let function = self.prelude.call(Helper::Shift(bits_of(width)));
                Ok(Value::Number(Expr::call(function, &[&a, &by])))
            }
            (Bits::Shl, _) => {
                let a = self.bits(a, width);
                Ok(Value::Bits(Expr::infix(&a, "<<", &by)))
            }
            _ => {
                // A number without a sign that is narrower than `int` would become one with a sign.
                let a = self.unsigned(a, width);
                let a = match width {
                    8 | 16 => Expr::cast("uint32_t", &a),
                    _ => a,
                };
                Ok(Value::Bits(Expr::infix(&a, ">>", &by)))
            }
        }
    }

    /// Arithmetic of two floats.
    pub fn float(
        &mut self,
        op: Float,
        a: &Value,
        b: &Value,
        scalar: Scalar,
    ) -> Result<Value, NoForm> {
        let (a, b) = (self.number(a, scalar), self.number(b, scalar));
        let operator = match op {
            Float::Add => "+",
            Float::Sub => "-",
            Float::Mul => "*",
            Float::Div => "/",
            Float::CopySign => {
                let function = self.math("copysign", scalar);
                return Ok(Value::Number(Expr::call(&function, &[&a, &b])));
            }
            Float::Pow => return Err("is a power that is no call of the C library".to_owned()),
        };
        Ok(Value::Number(Expr::infix(&a, operator, &b)))
    }

    /// The C library's function of a float, which is exact.
    fn math(&mut self, function: &str, scalar: Scalar) -> String {
        self.prelude.include_math();
        match scalar {
            Scalar::F32 => format!("{function}f"),
            _ => function.to_owned(),
        }
    }

    /// A function of a float.
    pub fn unary(&mut self, op: Unary, a: &Value, scalar: Scalar) -> Result<Value, NoForm> {
        let a = self.number(a, scalar);
        let function = match op {
            Unary::NegF => {
                let text = format!("-{}", a.within(Level::Primary));
                return Ok(Value::Number(Expr::new(text, Level::Unary)));
            }
            Unary::AbsF => "fabs",
            Unary::Sqrt => "sqrt",
            Unary::Floor => "floor",
            Unary::Ceil => "ceil",
            Unary::Trunc => "trunc",
            // C99 has no function that rounds ties to even whatever the mode; that is the mode of every program which
            // does not set another.
            Unary::RoundEven => "rint",
            Unary::Exp
            | Unary::Exp2
            | Unary::ExpM1
            | Unary::Log
            | Unary::Log2
            | Unary::Log1P
            | Unary::Tanh
            | Unary::Erf => {
                return Err("is a function that is no call of the C library".to_owned());
            }
        };
        let function = self.math(function, scalar);
        Ok(Value::Number(Expr::call(&function, &[&a])))
    }

    /// The call of a function of the C library that rounds as it likes.
    pub fn libm(&mut self, function: &'static str, arguments: &[Value]) -> Value {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|value| self.number(value, Scalar::F64))
            .collect();
        let arguments: Vec<_> = arguments.iter().collect();
        let name = self.prelude.libm(function, arguments.len());
        Value::Number(Expr::call(&name, &arguments))
    }

    /// Another width.
    pub fn resize(
        &mut self,
        op: Resize,
        a: &Value,
        from: Scalar,
        to: Scalar,
    ) -> Result<Value, NoForm> {
        let (Scalar::Int(from_width), Scalar::Int(width)) = (from, to) else {
            return Err("resizes no integer".to_owned());
        };
        let wide_of = |of: &mut Self, number: &Expr| {
            let function = of.prelude.call(Helper::Wide("wide_of"));
            Value::Number(Expr::call(function, &[number]))
        };
        match (op, from_width, width) {
            (Resize::Trunc, 128, _) => {
                let a = self.number(a, from);
                let function = self.prelude.call(Helper::Wide("wide_low"));
                let low = Expr::call(function, &[&a]);
                Ok(Value::Bits(match width {
                    64 => low,
                    _ => Expr::cast("uint32_t", &low),
                }))
            }
            (Resize::Trunc, _, 1) => {
                let a = self.bits(a, from_width);
                let low = Expr::infix(&a, "&", &Expr::primary("1u"));
                Ok(Value::Number(Expr::infix(&low, "!=", &Expr::primary("0u"))))
            }
            (Resize::Trunc, 64, _) => {
                let a = self.bits(a, from_width);
                Ok(Value::Bits(Expr::cast("uint32_t", &a)))
            }
            (Resize::Trunc, _, _) => Ok(Value::Bits(self.bits(a, from_width))),
            (Resize::ExtS, 1, 128) => Err("extends one bit to more than 64".to_owned()),
            (Resize::ExtS, 1, _) => {
                let text = format!("-{}", self.number(a, from).within(Level::Primary));
                Ok(Value::Number(Expr::new(text, Level::Unary)))
            }
            (Resize::ExtS, _, 128) => {
                let a = self.number(a, from);
                Ok(wide_of(self, &a))
            }
            (Resize::ExtS, _, _) => Ok(Value::Number(self.number(a, from))),
            (Resize::ExtU, 1, 128) => {
                let a = self.number(a, from);
                Ok(wide_of(self, &a))
            }
            (Resize::ExtU, 64, _) => Err("extends 64 bits without a sign".to_owned()),
            (Resize::ExtU, _, 128) => {
                let a = self.unsigned(a, from_width);
                Ok(wide_of(self, &a))
            }
            (Resize::ExtU, 1, _) => Ok(Value::Number(self.number(a, from))),
            // Whatever `int` is, it has all of these numbers.
            (Resize::ExtU, 8, _) => Ok(Value::Number(self.unsigned(a, 8))),
            (Resize::ExtU, _, _) => {
                let a = self.unsigned(a, from_width);
                let r#type = c_type(to).ok_or("extends to no machine integer")?;
                Ok(Value::Number(Expr::cast(r#type, &a)))
            }
        }
    }

    /// Another type.
    pub fn convert(
        &mut self,
        op: Convert,
        a: &Value,
        from: Scalar,
        to: Scalar,
    ) -> Result<Value, NoForm> {
        let r#type = c_type(to).ok_or("converts to no machine type")?;
        let width = |scalar| match scalar {
            Scalar::Int(width @ (1 | 8 | 16 | 32 | 64)) => Ok(width),
            _ => Err("converts no machine integer"),
        };
        Ok(Value::Number(match op {
            Convert::Bitcast if (from, to) == (Scalar::F32, Scalar::Int(32)) => {
                let function = self.prelude.call(Helper::BitsOfFloat);
                let a = self.number(a, from);
                return Ok(Value::Bits(Expr::call(function, &[&a])));
            }
            Convert::Bitcast => {
                return Err("takes the bits of something else than a float".to_owned());
            }
            Convert::ExtF | Convert::TruncF => Expr::cast(r#type, &self.number(a, from)),
            Convert::SIToFP => match width(from)? {
                1 => return Err("converts one bit with a sign".to_owned()),
                _ => Expr::cast(r#type, &self.number(a, from)),
            },
            Convert::UIToFP => {
                let a = self.unsigned(a, width(from)?);
                Expr::cast(r#type, &a)
            }
            Convert::FPToSI => {
                let width = width(to)?;
                let function = self.prelude.call(Helper::OfFloat {
                    single: from == Scalar::F32,
                    width: bits_of(width),
                });
                let number = Expr::call(function, &[&self.number(a, from)]);
                if width < 32 {
                    let value = Value::Number(number);
                    return Ok(Value::Bits(self.bits(&value, 32)));
                }
                number
            }
            Convert::FPToUI => return Err("converts a float to an unsigned integer".to_owned()),
            Convert::IndexCast if to == Scalar::Index => Expr::cast(r#type, &self.number(a, from)),
            // Indices are those of elements: they are as many as a signed number counts.
            Convert::IndexCast => match width(to)? {
                64 => Expr::cast(r#type, &self.number(a, from)),
                _ => {
                    let a = self.number(a, from);
                    return Ok(Value::Bits(Expr::cast("uint32_t", &a)));
                }
            },
        }))
    }

    /// A comparison.
    pub fn compare(
        &mut self,
        op: Compare,
        a: &Value,
        b: &Value,
        scalar: Scalar,
    ) -> Result<Value, NoForm> {
        use Compare::*;
        let unsigned = matches!(op, LessU | LessEqualU | GreaterU | GreaterEqualU);
        let (a, b) = match scalar {
            Scalar::Int(1) if !matches!(op, Equal | NotEqual) && !unsigned => {
                return Err("compares single bits with a sign".to_owned());
            }
            Scalar::Int(128) => return Err("compares integers of more than 64 bits".to_owned()),
            Scalar::Int(width) if unsigned => (self.unsigned(a, width), self.unsigned(b, width)),
            Scalar::Index if !unsigned && !matches!(op, Equal | NotEqual) => {
                return Err("compares indices with a sign".to_owned());
            }
            _ => (self.number(a, scalar), self.number(b, scalar)),
        };
        // Compilers warn of comparisons that every number of the type decides alike.
        if let (Scalar::Int(width), Some(b)) = (scalar, b.integer())
            && let Some(holds) = decided(op, width, b)
        {
            let text = if holds { "true" } else { "false" };
            return Ok(Value::Number(Expr::primary(text)));
        }
        let not = |expression: Expr| {
            let text = format!("!{}", expression.within(Level::Primary));
            Expr::new(text, Level::Unary)
        };
        let infix = |operator| Expr::infix(&a, operator, &b);
        let mut of_math = |function: &str| {
            self.prelude.include_math();
            Expr::call(function, &[&a, &b])
        };
        Ok(Value::Number(match op {
            Equal | OrderedEqual => infix("=="),
            NotEqual | UnorderedNotEqual => infix("!="),
            LessS | LessU | OrderedLess => infix("<"),
            LessEqualS | LessEqualU | OrderedLessEqual => infix("<="),
            GreaterS | GreaterU | OrderedGreater => infix(">"),
            GreaterEqualS | GreaterEqualU | OrderedGreaterEqual => infix(">="),
            OrderedNotEqual => of_math("islessgreater"),
            UnorderedEqual => not(of_math("islessgreater")),
            UnorderedGreater => not(infix("<=")),
            UnorderedGreaterEqual => not(infix("<")),
            UnorderedLess => not(infix(">=")),
            UnorderedLessEqual => not(infix(">")),
            Ordered if a == b => infix("=="),
            Unordered if a == b => infix("!="),
            Ordered => not(of_math("isunordered")),
            Unordered => of_math("isunordered"),
        }))
    }
}

/// Whether a comparison holds with all numbers of a width on its left, or with none of them.
fn decided(op: Compare, width: u32, right: i128) -> Option<bool> {
    let unsigned = matches!(
        op,
        Compare::LessU | Compare::LessEqualU | Compare::GreaterU | Compare::GreaterEqualU
    );
    let (least, greatest) = match unsigned {
        true => (0, (1i128 << width) - 1),
        false => (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1),
    };
    match op {
        Compare::GreaterEqualS | Compare::GreaterEqualU if right <= least => Some(true),
        Compare::LessS | Compare::LessU if right <= least => Some(false),
        Compare::LessEqualS | Compare::LessEqualU if right >= greatest => Some(true),
        Compare::GreaterS | Compare::GreaterU if right >= greatest => Some(false),
        _ => None,
    }
}

/// The bits of the type that C computes in, 32 at least.
pub fn bits_of(width: u32) -> u32 {
    width.max(32)
}
