//! Long lists of attributes, left out of printed modules.
//!
//! MLIR leaves out the elements of long constants only (`--mlir-elide-elementsattrs-if-larger`) and prints an array of
//! numbers or attributes whole, however long. No attribute of the same kind could take the array's place without being
//! taken for a real one, so that the text is changed, and what is left is no attribute any more.

use std::io::{self, BufRead, Write};

use super::is_bytecode;

/// Most elements of a list that is printed with `--elide-constants`; MLIR's own flags are given the same number.
pub const LONGEST: usize = 16;

/// What stands in place of the elements. MLIR's own resources are called so too.
const ELIDED: &[u8] = b"__elided__";

/// The text of a module, or of several, in which no attribute has a list of more than [`LONGEST`] elements: `array<i64:
/// 1, ...>` is `array<i64: __elided__>` and `[1, ...]` is `[__elided__]`. Types, operands, successors, locations, strings
/// and comments stay, and so does a list that does not end on its line.
pub fn elide(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        elide_line(line, &mut out);
    }
    out
}

/// Copies what comes, line by line; bytecode is copied as it is.
pub fn copy_elided(mut from: impl BufRead, mut to: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    let mut elided = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        if is_bytecode(&line) {
            to.write_all(&line)?;
            io::copy(&mut from, &mut to)?;
            return to.flush();
        }
        elide_line(&line, &mut elided);
        to.write_all(&elided)?;
        to.flush()?;
        line.clear();
        elided.clear();
    }
    Ok(())
}

fn elide_line(line: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let rest = &line[at..];
        // A type may end in such a word, `!llvm.array<4 x i8>`.
        let begins = at == 0 || !is_name(line[at - 1]);
        let length = match byte {
            b'"' => string(rest),
            b'/' if rest.starts_with(b"//") => rest.len(),
            b'l' if begins && rest.starts_with(b"loc(") => group(rest).unwrap_or(1),
            b'a' if begins && rest.starts_with(b"array<") => match dense_array(rest) {
                Some((head, length)) => {
                    out.extend([&rest[..head], b" ", ELIDED, b">"].concat());
                    at += length;
                    continue;
                }
                None => 1,
            },
            b'[' => match long_list(rest) {
                Some(length) => {
                    out.extend([b"[", ELIDED, b"]"].concat());
                    at += length;
                    continue;
                }
                None => 1,
            },
            _ => 1,
        };
        out.extend_from_slice(&rest[..length]);
        at += length;
    }
}

/// Whether a byte is part of a name, also one with dots.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.$-".contains(&byte)
}

/// The length of the string that a text begins with; all of the text if it does not end.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length up to the parenthesis that closes the first one.
fn group(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at += string(&text[at..]);
                continue;
            }
            b'(' => depth += 1,
            b')' if depth <= 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Of a long `array<T: ...>`, the lengths up to its colon and in all.
fn dense_array(text: &[u8]) -> Option<(usize, usize)> {
    let end = text.iter().position(|&byte| byte == b'>')?;
    let colon = text[..end].iter().position(|&byte| byte == b':')?;
    let elements = 1 + text[colon..end]
        .iter()
        .filter(|&&byte| byte == b',')
        .count();
    (elements > LONGEST).then_some((colon + 1, end + 1))
}

/// The length of the list that a text begins with, lists in it included, if all of these have many elements and are no
/// values or blocks.
fn long_list(text: &[u8]) -> Option<usize> {
    // Elements that are in parentheses, braces or angle brackets are those of an element.
    let (mut at, mut lists, mut others, mut elements) = (0, 0usize, 0usize, 1);
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at += string(&text[at..]);
                continue;
            }
            b'%' | b'^' => return None,
            b'-' if text[at..].starts_with(b"->") => at += 1,
            b'(' | b'{' | b'<' => others += 1,
            b')' | b'}' | b'>' => others = others.saturating_sub(1),
            b'[' => lists += 1,
            b']' if lists == 1 => return (elements > LONGEST).then_some(at + 1),
            b']' => lists -= 1,
            b',' if others == 0 => elements += 1,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elided(text: &str) -> String {
        String::from_utf8(elide(text.as_bytes())).expect("UTF-8")
    }

    fn numbers(count: usize) -> String {
        vec!["7"; count].join(", ")
    }

    #[test]
    fn long_lists_are_left_out_and_short_ones_stay() {
        let (long, short) = (numbers(17), numbers(16));
        for (before, after) in [
            (
                format!("{{a = array<i64: {long}>, b = 1}}"),
                "{a = array<i64: __elided__>, b = 1}",
            ),
            (
                format!("x = [{long}], y = [1]"),
                "x = [__elided__], y = [1]",
            ),
            (
                format!("dense<[[{short}], [1]]> : t"),
                "dense<[__elided__]> : t",
            ),
            (format!("[{{a = [{long}]}}]"), "[{a = [__elided__]}]"),
            (format!("[\"a]\", {long}] [1]"), "[__elided__] [1]"),
        ] {
            assert_eq!(elided(&before), after);
        }
        for same in [
            format!("array<i64: {short}>"),
            format!("[{short}]"),
            "[]".to_owned(),
        ] {
            assert_eq!(elided(&same), same);
        }
    }

    #[test]
    fn what_is_no_list_of_an_attribute_stays() {
        let long = numbers(20);
        for same in [
            format!("\"[{long}]\" // [{long}]"),
            format!("loc(fused[\"a)\", {long}])"),
            format!("!llvm.array<2 x i8> %m[%i, {long}] cf.switch [0: ^bb1, {long}]"),
            // Twenty commas, but within three maps.
            "[affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>, \
              affine_map<(a, b, c, d) -> (a, b, c, d)>, (), {a = 1, b = 2}, <1, 2>]"
                .to_owned(),
            format!("[{long}\n]"),
            format!("array<i64: {long}"),
            "\"\\".to_owned(),
            "loc(".to_owned(),
        ] {
            assert_eq!(elided(&same), same);
        }
    }

    #[test]
    fn streams_are_copied_and_bytecode_is_not_looked_at() {
        let copied = |bytes: &[u8]| {
            let mut out = Vec::new();
            copy_elided(bytes, &mut out).expect("a vector takes everything");
            out
        };
        let list = format!("[{}]", numbers(17));
        assert_eq!(
            copied(format!("{list}\n{list}").as_bytes()),
            b"[__elided__]\n[__elided__]"
        );
        let bytecode = [b"ML\xefR\n".as_slice(), list.as_bytes()].concat();
        assert_eq!(copied(&bytecode), bytecode);
    }
}
