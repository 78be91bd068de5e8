//! Text that came from outside: names of nodes and tensors, comments of a module, values of options, file names.
//!
//! A model is a stranger's file, so such text has a type of its own that cannot be printed. Each language that the
//! compiler writes has one function here that makes a piece of it harmless there; anything else does not compile.

mod elide;
mod syntax;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::path::Path;

pub use elide::{LONGEST, copy_elided, elide};

/// Most characters of a text that are shown in a message, a comment or a string literal.
const SHOWN: usize = 200;
/// Longest identifier; file names are made of them, and a component of a path has at most 255 bytes.
const IDENTIFIER: usize = 64;

/// Text that came from outside. It has no `Display`: how it is printed depends on where.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Foreign(String);

impl Foreign {
    /// Takes a text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as data: to be compared, or kept where nothing reads it as a language (an MLIR attribute, a key of
    /// an archive). What is printed goes through one of the other functions.
    pub fn verbatim(&self) -> &str {
        &self.0
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For people, in messages and on terminals: one line of at most [`SHOWN`] characters, in which whatever could
    /// steer a terminal or change the order of what is read is written as `\u{..}`.
    pub fn shown(&self) -> impl fmt::Display + use<> {
        line(&bounded(&self.0))
    }

    /// For a comment of C or C++ of either kind: printable ASCII that neither ends the comment nor continues its
    /// line, also where trigraphs are read.
    pub fn c_comment(&self) -> impl fmt::Display + use<> {
        let text = bounded(&self.0);
        let mut out = String::with_capacity(text.len());
        let mut before = None;
        for letter in text.chars() {
            let harmless = (' '..='~').contains(&letter)
                && letter != '\\'
                && !matches!(
                    (before, letter),
                    (Some('*'), '/') | (Some('/'), '*') | (Some('?'), '?')
                );
            if harmless {
                out.push(letter);
            } else {
                escape(&mut out, letter);
            }
            before = Some(letter);
        }
        out
    }

    /// A string literal of C and C++, with its quotes. Bytes that are not printable ASCII are written in octal, which
    /// ends after three digits whatever follows.
    pub fn c_string(&self) -> impl fmt::Display + use<> {
        let text = bounded(&self.0);
        let mut out = String::from("\"");
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' | b'?' => out.extend(['\\', char::from(byte)]),
                b' '..=b'~' => out.push(char::from(byte)),
                // Writing to a string cannot fail.
                _ => {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
        }
        out.push('"');
        out
    }

    /// An identifier of C, C++ and Tcl, also good as a file name: ASCII letters, digits and single underscores, at
    /// most 64 characters. Other characters become underscores; `fallback` stands in front of a digit and for a text
    /// without letters and digits. Different texts may give the same identifier, and it may be a reserved word.
    pub fn identifier(&self, fallback: &str) -> String {
        let mut name = String::new();
        for letter in self.0.chars() {
            if name.len() >= IDENTIFIER {
                break;
            }
            if letter.is_ascii_alphanumeric() {
                if name.is_empty() && letter.is_ascii_digit() {
                    name = format!("{fallback}_");
                }
                name.push(letter);
            } else if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
        }
        name.truncate(name.trim_end_matches('_').len());
        if name.is_empty() {
            fallback.to_owned()
        } else {
            name
        }
    }

    /// The text behind `before` and in front of `after`.
    #[must_use]
    pub fn within(&self, before: &str, after: &str) -> Self {
        Self(format!("{before}{}{after}", self.0))
    }
}

/// Only for tests and panics, where it is escaped as Rust escapes strings.
impl fmt::Debug for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<&str> for Foreign {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Foreign {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl PartialEq<str> for Foreign {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Foreign {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// JSON escapes strings itself.
impl serde::Serialize for Foreign {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A message for people in which nothing steers a terminal: control characters (but for ends of lines and tabs) and
/// characters that change the order of the text are written as `\u{..}`. For texts that were put together elsewhere,
/// such as MLIR's own messages, which repeat parts of the input.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if steers(letter) {
            escape(&mut out, letter);
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Like [`printable`], in one line.
pub fn line(text: &str) -> String {
    let text = printable(text);
    text.replace('\n', "\\n").replace('\t', "\\t")
}

/// A path for messages; bytes that are no UTF-8 are written as `\xNN`.
pub fn shown_path(path: &Path) -> String {
    let mut out = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        out += &line(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// A word of a POSIX shell that stands for a path. Bytes that a terminal must not get are written as bash, zsh and
/// POSIX of 2024 read them: `$'\NNN'`.
pub fn shell_word(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+=:,@%".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) && !bytes.starts_with(b"-") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    // `cd -` and options begin with a dash.
    let prefix = if bytes.starts_with(b"-") { "./" } else { "" };
    let text = std::str::from_utf8(bytes).ok();
    if let Some(text) = text.filter(|text| !text.chars().any(|c| steers(c) || c.is_control())) {
        return format!("'{prefix}{}'", text.replace('\'', r"'\''"));
    }
    let mut out = format!("$'{prefix}");
    for &byte in bytes {
        match byte {
            b'\'' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('\'');
    out
}

/// The value of a Make variable that stands for a path; `None` if Make cannot express it: a line cannot hold a
/// newline, and blanks at the ends are lost.
pub fn make_value(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let expressible = !text.chars().any(char::is_control) && text.trim() == text;
    // A backslash in front of a number sign or of the end of the line would be read as an escape.
    let expressible = expressible && !text.contains("\\#") && !text.ends_with('\\');
    expressible.then(|| text.replace('$', "$$").replace('#', "\\#"))
}

/// JSON in ASCII: what could steer a terminal is escaped as JSON escapes it.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    if text.is_ascii() && !text.contains('\u{7f}') {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        // Outside of strings JSON is ASCII.
        if letter.is_ascii() && letter != '\u{7f}' {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Ok(out)
}

/// How MLIR's bytecode begins.
const BYTECODE: &[u8] = b"ML\xefR";

/// Whether bytes begin as MLIR's bytecode does.
pub fn is_bytecode(source: &[u8]) -> bool {
    source.starts_with(BYTECODE)
}

/// Whether a module as text or bytecode may make MLIR's own messages steer a terminal: a string in it may hold such
/// bytes, or a location may name a line of another file, which MLIR would show.
pub fn may_steer(source: &[u8]) -> bool {
    is_bytecode(source) || source.windows(3).any(escapes) || names_lines(source)
}

/// Whether bytes are an escape of MLIR's strings that stands for a byte beyond printable ASCII.
fn escapes(bytes: &[u8]) -> bool {
    let digits = std::str::from_utf8(&bytes[1..]).ok();
    let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    bytes[0] == b'\\' && byte.is_some_and(|byte| !matches!(byte, b'\t' | b'\n' | b' '..=b'~'))
}

/// Whether a string is followed by a line and a column that is not 0, as in a location.
fn names_lines(source: &[u8]) -> bool {
    fn token(bytes: &[u8]) -> &[u8] {
        let mut bytes = bytes.trim_ascii_start();
        while bytes.starts_with(b"//") {
            let line = bytes.iter().take_while(|&&byte| byte != b'\n').count();
            bytes = bytes[line..].trim_ascii_start();
        }
        bytes
    }
    let number = |bytes: &mut &[u8]| -> Option<bool> {
        *bytes = token(token(bytes).strip_prefix(b":")?);
        // Hexadecimal numbers are numbers as well.
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric());
        let (number, rest) = bytes.split_at(digits.count());
        *bytes = rest;
        number.first().filter(|first| first.is_ascii_digit())?;
        Some(number.iter().any(|&digit| digit != b'0'))
    };
    let quotes = source.iter().enumerate().filter(|(_, byte)| **byte == b'"');
    quotes
        .map(|(at, _)| &source[at + 1..])
        .any(|mut rest| number(&mut rest).is_some() && number(&mut rest) == Some(true))
}

/// Checks a module as text or bytecode for what steers a terminal, as MLIR's messages show lines of the text as they are,
/// and for what its parser ends over. Fails with the line and what it holds.
pub fn check_source(source: &[u8]) -> Result<(), String> {
    if is_bytecode(source) {
        return Ok(());
    }
    let mut lines = 1;
    for chunk in source.utf8_chunks() {
        let text = chunk.valid().replace("\r\n", "\n");
        let bad = text.char_indices().find(|&(_, letter)| steers(letter));
        let before = bad.map_or(text.as_str(), |(at, _)| &text[..at]);
        lines += before.matches('\n').count();
        let what = match (bad, chunk.invalid().first()) {
            (Some((_, letter)), _) => format!("the character {}", letter.escape_unicode()),
            (None, Some(byte)) => format!("the byte 0x{byte:02x}, which is no UTF-8"),
            (None, None) => continue,
        };
        return Err(format!(
            "line {lines} holds {what}, expected text; in a string write it as a backslash and two hexadecimal digits \
             for each byte"
        ));
    }
    std::str::from_utf8(source).map_or(Ok(()), syntax::check)
}

/// Whether a character steers a terminal, or hides or reorders others (Unicode's bidirectional and invisible format
/// characters; see Unicode Technical Standard 55). Ends of lines and tabs do not.
fn steers(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

fn escape(out: &mut String, letter: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
}

/// The beginning of a text, and how long it is where something is left out.
fn bounded(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!(
            "{}... ({} characters)",
            &text[..end],
            text.chars().count()
        )),
    }
}

#[cfg(test)]
#[path = "text/tests.rs"]
mod tests;
