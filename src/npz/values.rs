//! Stored elements as the elements of tensors.

use half::f16;
use qonnx_dialects::tensor::{Data, Element, sign_extend, wrap};

use super::header::{Header, Kind};

/// Turns stored elements of one type into elements of another.
#[derive(Clone, Copy)]
pub struct Decoder {
    kind: Kind,
    big_endian: bool,
    element: Element,
}

impl Decoder {
    /// From the type that a header gives to `element`.
    pub fn new(header: &Header, element: Element) -> Self {
        Self {
            kind: header.kind,
            big_endian: header.big_endian,
            element,
        }
    }

    /// Bytes that one element takes in memory.
    pub fn memory(self) -> usize {
        match self.element {
            Element::F32 => 4,
            Element::F64 | Element::Int { .. } => 8,
        }
    }

    /// Room for a number of elements; an error if there is not enough memory.
    pub fn room(self, count: usize) -> Result<Data, String> {
        fn reserved<T>(count: usize) -> Result<Vec<T>, String> {
            let mut values = Vec::new();
            values
                .try_reserve_exact(count)
                .map_err(|_| format!("has {count} elements, more than there is memory for"))?;
            Ok(values)
        }
        Ok(match self.element {
            Element::F32 => Data::F32(reserved(count)?),
            Element::F64 => Data::F64(reserved(count)?),
            Element::Int { width, sign } => Data::Int {
                width,
                sign,
                values: reserved(count)?,
            },
        })
    }

    /// Appends stored elements, as many as `bytes` has. Floats are rounded to nearest even; an error if integers are
    /// wanted and an element is none, or not in the range of the type.
    pub fn append(self, bytes: &[u8], data: &mut Data) -> Result<(), String> {
        let words = bytes
            .chunks_exact(self.kind.size())
            .map(|bytes| self.word(bytes));
        match (data, self.kind) {
            (Data::F32(values), Kind::Float(8)) => {
                values.extend(words.map(|word| f64::from_bits(word) as f32));
            }
            (Data::F32(values), Kind::Float(_)) => {
                values.extend(words.map(|word| self.single(word)));
            }
            (Data::F64(values), Kind::Float(_)) => {
                values.extend(words.map(|word| self.double(word)));
            }
            (Data::F32(values), _) => {
                for word in words {
                    values.push(self.integer(word)? as f32);
                }
            }
            (Data::F64(values), _) => {
                for word in words {
                    values.push(self.integer(word)? as f64);
                }
            }
            (Data::Int { values, .. }, _) => {
                for word in words {
                    values.push(self.wanted_integer(word)?);
                }
            }
        }
        Ok(())
    }

    /// The bits of an element.
    fn word(self, bytes: &[u8]) -> u64 {
        let word = match *bytes {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            ref bytes => bytes
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte)),
        };
        if self.big_endian {
            word.swap_bytes() >> (64 - 8 * bytes.len())
        } else {
            word
        }
    }

    /// The value of a stored float of up to four bytes.
    fn single(self, word: u64) -> f32 {
        if self.kind == Kind::Float(2) {
            f16::from_bits(word as u16).to_f32()
        } else {
            f32::from_bits(word as u32)
        }
    }

    /// The value of a stored float.
    fn double(self, word: u64) -> f64 {
        if self.kind == Kind::Float(8) {
            f64::from_bits(word)
        } else {
            f64::from(self.single(word))
        }
    }

    /// The value of a stored integer.
    fn integer(self, word: u64) -> Result<i64, String> {
        match self.kind {
            Kind::Bool => Ok(i64::from(word != 0)),
            Kind::Int(size) => Ok(sign_extend(word as i64, 8 * size as u32)),
            Kind::Uint(_) | Kind::Float(_) => i64::try_from(word).map_err(|_| {
                format!(
                    "holds {word}, expected at most {}: larger numbers have no 64-bit integer here",
                    i64::MAX
                )
            }),
        }
    }

    /// The value of a stored number as an integer of the wanted type.
    fn wanted_integer(self, word: u64) -> Result<i64, String> {
        let value = match self.kind {
            Kind::Float(_) => {
                let value = self.double(word);
                // Its negative is an i64, it itself is not.
                let end = -(i64::MIN as f64);
                if value.fract() != 0.0 || value < -end || value >= end {
                    return Err(format!("holds {value}, expected integers of 64 bits"));
                }
                value as i64
            }
            _ => self.integer(word)?,
        };
        let fits = match self.element {
            Element::Int { width, sign } => {
                wrap(value, width, sign) == value && (!sign.is_unsigned() || value >= 0)
            }
            Element::F32 | Element::F64 => true,
        };
        if fits {
            Ok(value)
        } else {
            Err(format!(
                "holds {value}, expected numbers of type {}",
                self.element
            ))
        }
    }
}
