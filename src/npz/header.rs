//! The header of an array: a Python dictionary of three known keys, read in one pass.
//!
//! The grammar is that part of Python's literals which numpy writes: `{'descr': '<f4', 'fortran_order': False,
//! 'shape': (2, 3), }`, the keys in any order, quotes of either kind, trailing commas, integers with the `L` of
//! Python 2, and white space between all of these. Nothing in it nests, so that there is nothing to recurse into.

use qonnx_dialects::tensor::Element;
use std::fmt;
use std::io::Read;

/// What a file of one array begins with.
pub const MAGIC: [u8; 6] = *b"\x93NUMPY";
/// Longest header that is read, in bytes. That of numbers has about a hundred, and with the most dimensions 1500.
const MAX_LENGTH: u32 = 4096;
/// Most dimensions of an array: numpy's own limit.
const MAX_RANK: usize = 64;

/// The type of an array's elements, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One byte; everything but 0 is true.
    Bool,
    /// A signed integer of 1, 2, 4 or 8 bytes.
    Int(usize),
    /// An unsigned integer of 1, 2, 4 or 8 bytes.
    Uint(usize),
    /// An IEEE 754 number of 2, 4 or 8 bytes.
    Float(usize),
}

impl Kind {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Int(size) | Self::Uint(size) | Self::Float(size) => size,
        }
    }

    /// The element that carries all values of this type.
    pub fn element(self) -> Element {
        match self {
            Self::Bool => Element::BOOL,
            Self::Int(size) => Element::int(8 * size as u32),
            Self::Uint(size) => Element::uint(8 * size as u32),
            Self::Float(8) => Element::F64,
            Self::Float(_) => Element::F32,
        }
    }

    /// The type that numpy's letter and size stand for.
    fn new(letter: u8, size: &[u8]) -> Option<Self> {
        let size = match size {
            b"1" => 1,
            b"2" => 2,
            b"4" => 4,
            b"8" => 8,
            _ => return None,
        };
        match (letter, size) {
            (b'b', 1) => Some(Self::Bool),
            (b'i', _) => Some(Self::Int(size)),
            (b'u', _) => Some(Self::Uint(size)),
            (b'f', 2..) => Some(Self::Float(size)),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, size) = match self {
            Self::Bool => return formatter.write_str("bool"),
            Self::Int(size) => ("int", size),
            Self::Uint(size) => ("uint", size),
            Self::Float(size) => ("float", size),
        };
        write!(formatter, "{name}{}", 8 * size)
    }
}

/// What an array is like: all that comes before its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Extent of each dimension, at most 64 of them. Also if one is 0, the others can be multiplied.
    pub shape: Vec<usize>,
    /// Type of the elements.
    pub kind: Kind,
    /// Whether the most significant byte of an element comes first.
    pub big_endian: bool,
    /// Whether the first index changes fastest.
    pub fortran: bool,
    /// Bytes before the elements.
    pub(super) length: u64,
}

impl Header {
    /// Reads the beginning of an array, and no more than that.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut take = |bytes: &mut [u8]| {
            reader
                .read_exact(bytes)
                .map_err(|error| format!("is broken: its header cannot be read: {error}"))
        };
        let mut start = [0; 8];
        take(&mut start)?;
        let [magic @ .., major, minor] = start;
        if magic != MAGIC {
            return Err("is not in numpy's format".to_owned());
        }
        let mut length = [0; 4];
        let width = match (major, minor) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            _ => {
                return Err(format!(
                    "is in version {major}.{minor} of numpy's format, expected 1.0, 2.0 or 3.0"
                ));
            }
        };
        take(&mut length[..width])?;
        let length = u32::from_le_bytes(length);
        if length > MAX_LENGTH {
            return Err(format!(
                "has a header of {length} bytes, expected at most {MAX_LENGTH}"
            ));
        }
        let mut text = vec![0; length as usize];
        take(&mut text)?;
        let mut header = Parser::new(&text).header()?;
        header.length = (start.len() + width + text.len()) as u64;
        Ok(header)
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes of the elements.
    pub fn data_bytes(&self) -> u64 {
        self.count() as u64 * self.kind.size() as u64
    }
}

/// Reads a header's text, left to right.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The whole text.
    fn header(mut self) -> Result<Header, String> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect(b'{', "a dictionary")?;
        while !self.next_is(b'}') {
            let key = self.string("a key")?;
            self.expect(b':', "':'")?;
            let again = match key {
                b"descr" => descr.replace(self.kind()?).is_some(),
                b"fortran_order" => fortran.replace(self.boolean()?).is_some(),
                b"shape" => shape.replace(self.shape()?).is_some(),
                _ => {
                    let key = String::from_utf8_lossy(key);
                    return Err(format!(
                        "is broken: its header has the key '{}', expected descr, fortran_order and shape",
                        key.escape_debug()
                    ));
                }
            };
            if again {
                return Err(self.broken("a key twice"));
            }
            if !self.next_is(b',') {
                self.expect(b'}', "',' or '}'")?;
                break;
            }
        }
        self.skip_space();
        if self.at != self.text.len() {
            return Err(self.unexpected("the end"));
        }
        let (Some((kind, big_endian)), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err(self.broken("not all of descr, fortran_order and shape"));
        };
        Ok(Header {
            shape,
            kind,
            big_endian,
            fortran,
            length: 0,
        })
    }

    /// The type of the elements, and whether they are big-endian.
    fn kind(&mut self) -> Result<(Kind, bool), String> {
        self.skip_space();
        if self.text.get(self.at) == Some(&b'[') {
            return Err("has records, expected numbers".to_owned());
        }
        let descr = self.string("a type")?;
        let found = match *descr {
            [order @ (b'<' | b'>' | b'|' | b'='), letter, ref size @ ..] => {
                // numpy writes '|' where the order means nothing, and '=' is that of the machine.
                let native = cfg!(target_endian = "big");
                let big_endian = order == b'>' || native && matches!(order, b'|' | b'=');
                Kind::new(letter, size).map(|kind| (kind, big_endian))
            }
            _ => None,
        };
        found.ok_or_else(|| {
            format!(
                "has elements of type '{}', expected numbers: bool, int8 to int64, uint8 to uint64, float16 to float64",
                String::from_utf8_lossy(descr).escape_debug()
            )
        })
    }

    fn boolean(&mut self) -> Result<bool, String> {
        self.skip_space();
        for (word, value) in [(&b"False"[..], false), (b"True", true)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        let mut shape = Vec::new();
        self.expect(b'(', "a tuple")?;
        while !self.next_is(b')') {
            if shape.len() == MAX_RANK {
                return Err(format!("has more than {MAX_RANK} dimensions"));
            }
            shape.push(self.extent()?);
            if self.next_is(b',') {
                continue;
            }
            self.expect(b')', "',' or ')'")?;
            // Python's `(3)` is a number.
            if shape.len() == 1 {
                return Err(self.broken("a number for its shape, expected a tuple"));
            }
            break;
        }
        // There can be no more elements than a file has bytes. Also an array without elements must have extents
        // that can be multiplied.
        let bound = shape
            .iter()
            .try_fold(1usize, |count: usize, &extent: &usize| {
                count.checked_mul(extent.max(1))
            });
        match bound {
            Some(bound) if bound <= isize::MAX as usize / 8 => Ok(shape),
            _ => Err(format!(
                "claims the shape {shape:?}, which is too large for any file"
            )),
        }
    }

    fn extent(&mut self) -> Result<usize, String> {
        self.skip_space();
        let start = self.at;
        let mut value = Some(0usize);
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            value = value
                .and_then(|value| value.checked_mul(10))
                .and_then(|value| value.checked_add(usize::from(digit - b'0')));
            self.at += 1;
        }
        if start == self.at {
            return Err(self.unexpected("an extent"));
        }
        if self.text.get(self.at) == Some(&b'L') {
            self.at += 1;
        }
        value.ok_or_else(|| self.broken("an extent that is too large for any file"))
    }

    /// A string without escapes, which numpy has no use for.
    fn string(&mut self, wanted: &str) -> Result<&'a [u8], String> {
        self.skip_space();
        let Some(&quote @ (b'\'' | b'"')) = self.text.get(self.at) else {
            return Err(self.unexpected(wanted));
        };
        let start = self.at + 1;
        let rest = &self.text[start..];
        let end = rest.iter().position(|&byte| byte == quote || byte == b'\\');
        match end {
            Some(length) if rest[length] == quote => {
                self.at = start + length + 1;
                Ok(&rest[..length])
            }
            _ => Err(self.broken("a string that does not end, or with an escape")),
        }
    }

    fn expect(&mut self, byte: u8, wanted: &str) -> Result<(), String> {
        if self.next_is(byte) {
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    /// Whether a byte is next, which is then passed.
    fn next_is(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += space.count();
    }

    fn unexpected(&self, wanted: &str) -> String {
        let found = self.text.get(self.at).map_or_else(
            || "the end".to_owned(),
            |&byte| format!("'{}'", byte.escape_ascii()),
        );
        self.broken(&format!("{found} at byte {}, expected {wanted}", self.at))
    }

    fn broken(&self, found: &str) -> String {
        format!("is broken: its header has {found}")
    }
}
