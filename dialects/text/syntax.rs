//! What MLIR's parser must not get to see: text over which it would end the process.
//!
//! It descends into brackets by recursion without a bound, and takes some types for granted that it has not checked. No
//! module that MLIR prints has either, so such text is refused before.

/// Most brackets around a place. The deepest that printed modules have are some twenty.
const DEEPEST: usize = 256;

/// Checks a module as text. Fails with the line and what it holds.
pub fn check(text: &str) -> Result<(), String> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
    };
    let mut open: Vec<u8> = Vec::new();
    while let Some(token) = scanner.next() {
        match token {
            // Where files are split each part has brackets of its own.
            Token::Comment(comment) if comment.starts_with(b"// -----") => open.clear(),
            Token::Open(bracket) => {
                open.push(bracket);
                if open.len() > DEEPEST {
                    return Err(format!(
                        "line {} is within more than {DEEPEST} brackets, expected less deeply nested text",
                        scanner.line
                    ));
                }
            }
            Token::Close(bracket) => {
                if open.last() == Some(&bracket) {
                    open.pop();
                }
            }
            Token::Word(b"array") => check_array(&scanner)?,
            Token::Word(_) | Token::Comment(_) | Token::Other => {}
        }
    }
    Ok(())
}

/// Checks the type of a dense array's elements, which follows. The parser asks for its width without knowing that it has
/// one.
fn check_array(after: &Scanner<'_>) -> Result<(), String> {
    let mut scanner = after.clone();
    if scanner.next_but_comments() != Some(Token::Open(b'>')) {
        return Ok(());
    }
    let element = match scanner.next_but_comments() {
        Some(Token::Word(word)) if word == b"index" || word.starts_with(b"!") => word,
        _ => return Ok(()),
    };
    Err(format!(
        "line {} holds an array of {}, expected elements of type i1, i8, i16, i32, i64, f32 or f64",
        scanner.line,
        super::line(&String::from_utf8_lossy(element))
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    /// An opening bracket, by the one that closes it.
    Open(u8),
    /// A closing bracket.
    Close(u8),
    /// Letters, digits and what stands in front of names.
    Word(&'t [u8]),
    /// Up to the end of the line.
    Comment(&'t [u8]),
    /// A string or another sign.
    Other,
}

/// Takes tokens off the front of a text.
#[derive(Clone)]
struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// The line of the last token.
    line: usize,
}

impl<'t> Scanner<'t> {
    fn next(&mut self) -> Option<Token<'t>> {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        let blanks = self.rest().iter().take_while(|byte| blank(byte)).count();
        self.skip(blanks);
        let rest = self.rest();
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$!%#@^".contains(byte);
        let (token, length) = match *rest {
            [] => return None,
            [b'/', b'/', ..] => {
                let line = rest.iter().take_while(|&&byte| byte != b'\n').count();
                (Token::Comment(&rest[..line]), line)
            }
            [b'-', b'>', ..] | [b'>', b'=', ..] => (Token::Other, 2),
            [b'"', ..] => (Token::Other, string(rest)),
            [b'(', ..] => (Token::Open(b')'), 1),
            [b'[', ..] => (Token::Open(b']'), 1),
            [b'{', ..] => (Token::Open(b'}'), 1),
            [b'<', ..] => (Token::Open(b'>'), 1),
            [bracket @ (b')' | b']' | b'}' | b'>'), ..] => (Token::Close(bracket), 1),
            [byte, ..] if word(&byte) => {
                let length = rest.iter().take_while(|byte| word(byte)).count();
                (Token::Word(&rest[..length]), length)
            }
            _ => (Token::Other, 1),
        };
        self.at += length;
        Some(token)
    }

    fn next_but_comments(&mut self) -> Option<Token<'t>> {
        loop {
            match self.next() {
                Some(Token::Comment(_)) => {}
                token => return token,
            }
        }
    }

    fn rest(&self) -> &'t [u8] {
        &self.bytes[self.at..]
    }

    fn skip(&mut self, count: usize) {
        let skipped = &self.rest()[..count];
        self.line += skipped.iter().filter(|&&byte| byte == b'\n').count();
        self.at += count;
    }
}

/// The length of a string with its quotes. One that does not end in its line is none; the parser stops there.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn arrays_of_types_without_a_width_are_refused() {
        for bad in [
            "x = array<index>",
            "x = array<index: 1>",
            "\n\nx = array // of\n < // all\n index : 1>",
            "\"a\\\"\" array<!alias: 2>",
        ] {
            let message = check(bad).expect_err(bad);
            assert!(
                message.contains("expected elements of type i1"),
                "{message}"
            );
        }
        let message = check("\n\nx = array<index>").expect_err("no width");
        assert!(
            message.starts_with("line 3 holds an array of index,"),
            "{message}"
        );
        for good in [
            "x = array<i64: 1, 2>",
            "\"array<index>\" // array<index>",
            "#my.array<index> x_array<index>",
            "array index",
            "\"\\\\\" \"array<index>\"",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_nests_too_deeply_is_refused() {
        for bracket in ["(", "[", "{", "<", "tuple<", "a.b {(", "{\"x\"() ({"] {
            let deep = format!("\n{}", bracket.repeat(300));
            let message = check(&deep).expect_err(bracket);
            assert!(
                message.starts_with("line 2 is within more than 256"),
                "{message}"
            );
        }
        for good in [
            "f() -> () {}\n".repeat(300),
            "\"((((\" // ((((\n".repeat(300),
            "affine_set<(d0) : (d0 >= 0)>".repeat(300),
            // What is expected to be refused may end anywhere.
            "func.func @f(((\n// -----\n".repeat(300),
            format!("{}{}", "(".repeat(256), ")".repeat(256)),
        ] {
            assert_eq!(check(&good), Ok(()), "{good:.40}");
        }
    }
}
