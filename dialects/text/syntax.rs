//! What MLIR's parser must not get to see: text over which it would end the process.
//!
//! It descends into brackets, operators and aliases by recursion without a bound, and takes some types for granted that it has
//! not checked. No module that MLIR prints has either, so such text is refused before.

use std::collections::HashMap;

/// Most brackets around a place, those in aliases counted. The deepest that printed modules have are some twenty.
const DEEPEST: usize = 256;
/// Most operators of an affine expression, which becomes a tree of that depth.
const OPERATORS: usize = 256;
/// Most digits of a number, which the parser reads in quadratic time.
const LONGEST: usize = 4096;
/// Most tokens of an alias, those of the aliases in it counted each time.
const LARGEST: usize = 1 << 20;

/// Checks a module as text. Fails with the line and what it holds.
pub fn check(text: &str) -> Result<(), String> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
    };
    let mut open: Vec<Bracket> = Vec::new();
    let mut aliases = Aliases::default();
    while let Some(token) = scanner.next() {
        let refused = |what: String, expected: &str| {
            let line = scanner.line;
            Err(format!("line {line} has {what}, expected {expected}"))
        };
        match token {
            // Where files are split each part has brackets of its own.
            Token::Comment(comment) => {
                if comment.starts_with(b"// -----") {
                    open.clear();
                    aliases = Aliases::default();
                }
                continue;
            }
            Token::Open(close) => open.push(Bracket {
                close,
                operators: 0,
                most: 0,
            }),
            Token::Close(close) => {
                if let Some(closed) = open.pop_if(|bracket| bracket.close == close)
                    && let Some(around) = open.last_mut().filter(|_| close != b'}')
                {
                    around.operators += closed.most.max(closed.operators);
                }
            }
            Token::Comma => {
                if let Some(around) = open.last_mut() {
                    around.most = around.most.max(around.operators);
                    around.operators = 0;
                }
            }
            Token::Operator | Token::Word(b"mod" | b"floordiv" | b"ceildiv") => {
                // Between braces there are many ops, each with a sign or two.
                if let Some(around) = open.last_mut().filter(|around| around.close != b'}') {
                    around.operators += 1;
                }
            }
            Token::Word(b"array") => check_array(&scanner)?,
            Token::Word(b"permutation") => check_permutation(&scanner)?,
            Token::Word(number @ [b'0'..=b'9', ..]) if number.len() > LONGEST => {
                let what = format!("a number of {} digits", number.len());
                return refused(what, &format!("at most {LONGEST}"));
            }
            Token::Word(_) | Token::Equals | Token::Other => {}
        }
        let size = aliases.note(token, &scanner, open.len());
        if open.len().max(size.depth) > DEEPEST {
            let what = format!("more than {DEEPEST} brackets around a place");
            return refused(what, "less deeply nested text");
        }
        if open
            .last()
            .is_some_and(|around| around.operators > OPERATORS)
        {
            let what = format!("an expression of more than {OPERATORS} operators");
            return refused(what, "fewer");
        }
        if size.tokens > LARGEST {
            let what = format!("an alias that stands for more than {LARGEST} words and signs");
            return refused(what, "a smaller one");
        }
    }
    Ok(())
}

/// A bracket that has been opened.
struct Bracket {
    /// What closes it.
    close: u8,
    /// Operators since the last comma, those in brackets within counted.
    operators: usize,
    /// The most between two commas so far.
    most: usize,
}

/// How large the text is that an alias stands for.
#[derive(Clone, Copy, Default)]
struct Size {
    tokens: usize,
    depth: usize,
}

/// Aliases of types and attributes: `!a = ...` and `#a = ...` outside of brackets.
#[derive(Default)]
struct Aliases<'t> {
    known: HashMap<&'t [u8], Size>,
    /// The one that is being defined.
    current: Option<&'t [u8]>,
}

impl<'t> Aliases<'t> {
    /// Notes a token within `depth` brackets. Returns the size of the alias that it belongs to, if any.
    fn note(&mut self, token: Token<'t>, after: &Scanner<'t>, depth: usize) -> Size {
        let word = match token {
            Token::Word(word) => word,
            _ => b"",
        };
        let names = word.starts_with(b"!") || word.starts_with(b"#");
        if depth == 0 && names && after.clone().next_but_comments() == Some(Token::Equals) {
            self.current = Some(word);
            self.known.insert(word, Size::default());
            return Size::default();
        }
        // Ops begin with a name that has a dialect, with a value or with a string; what else follows may be of the alias.
        let op = word == b"module"
            || matches!(word, [b'%' | b'^' | b'@', ..])
            || !names && word.contains(&b'.') && !word[0].is_ascii_digit();
        if depth == 0 && op {
            self.current = None;
        }
        let of_word = self.known.get(word).copied().unwrap_or_default();
        let Some(size) = self.current.and_then(|name| self.known.get_mut(name)) else {
            return Size::default();
        };
        size.tokens = size.tokens.saturating_add(1 + of_word.tokens);
        size.depth = size.depth.max(depth + of_word.depth);
        *size
    }
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

/// Checks that a permutation, which follows, has an element: MLIR verifies transposes of scalars by a map that it does not have.
fn check_permutation(after: &Scanner<'_>) -> Result<(), String> {
    let mut scanner = after.clone();
    let mut next = || scanner.next_but_comments();
    let empty = next() == Some(Token::Equals)
        && match next() {
            Some(Token::Open(b']')) => next() == Some(Token::Close(b']')),
            Some(Token::Word(b"array")) => {
                next() == Some(Token::Open(b'>'))
                    && matches!(next(), Some(Token::Word(_)))
                    && next() == Some(Token::Close(b'>'))
            }
            _ => false,
        };
    match empty {
        false => Ok(()),
        true => Err(format!(
            "line {} transposes a scalar, expected a permutation of at least one dimension",
            scanner.line
        )),
    }
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
    /// `,`.
    Comma,
    /// `=`.
    Equals,
    /// `+`, `-` and `*`.
    Operator,
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
        let within = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$".contains(byte);
        let word = |byte: &u8| within(byte) || b"!%#@^".contains(byte);
        let (token, length) = match *rest {
            [] => return None,
            [b'/', b'/', ..] => {
                let line = rest.iter().take_while(|&&byte| byte != b'\n').count();
                (Token::Comment(&rest[..line]), line)
            }
            [b'-', b'>', ..] | [b'>' | b'=', b'=', ..] => (Token::Other, 2),
            [b',', ..] => (Token::Comma, 1),
            [b'=', ..] => (Token::Equals, 1),
            [b'+' | b'-' | b'*', ..] => (Token::Operator, 1),
            [b'"', ..] => (Token::Other, string(rest)),
            [b'(', ..] => (Token::Open(b')'), 1),
            [b'[', ..] => (Token::Open(b']'), 1),
            [b'{', ..] => (Token::Open(b'}'), 1),
            [b'<', ..] => (Token::Open(b'>'), 1),
            [bracket @ (b')' | b']' | b'}' | b'>'), ..] => (Token::Close(bracket), 1),
            [byte, ..] if word(&byte) => {
                let length = 1 + rest[1..].iter().take_while(|byte| within(byte)).count();
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
            // A sign ends a word.
            "x = array<index%",
            "#a = #b#c array<index#",
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
    fn transposes_of_scalars_are_refused() {
        for bad in [
            "outs(%e : tensor<si3>) permutation = []",
            "permutation=[ // none\n]",
            "<{permutation = array<i64>}>",
        ] {
            let message = check(bad).expect_err(bad);
            assert!(message.contains("transposes a scalar"), "{message}");
        }
        for good in [
            "permutation = [0]",
            "permutation = array<i64: 0>",
            "permutation",
            "\"permutation = []\"",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    /// Three hundred lines, each with a new name and that of the line before.
    fn chain(first: &str, next: &str) -> String {
        let lines = (0..300).map(|at| {
            let line = next.replace("NEW", &format!("a{}", at + 1));
            line.replace("OLD", &format!("a{at}"))
        });
        format!("{first}\n{}", lines.collect::<String>())
    }

    #[test]
    fn what_nests_too_deeply_is_refused() {
        for bracket in ["(", "[", "{", "<", "tuple<", "a.b {(", "{\"x\"() ({"] {
            let deep = format!("\n{}", bracket.repeat(300));
            let message = check(&deep).expect_err(bracket);
            assert!(message.starts_with("line 2 has more than 256"), "{message}");
        }
        for (first, next, what) in [
            ("!a0 = i1", "!NEW = tuple<!OLD>\n", "256 brackets"),
            (
                "#a0 = 1.5 : f32",
                "#NEW =\n // of\n [#OLD]\n",
                "256 brackets",
            ),
            (
                "!a0 = i1",
                "!NEW = tuple\n<i1, !OLD, !OLD>\n",
                "1048576 words",
            ),
        ] {
            let message = check(&chain(first, next)).expect_err(next);
            assert!(message.contains(what), "{message}");
        }
        for good in [
            "f() -> () {}\n".repeat(300),
            "\"((((\" // ((((\n".repeat(300),
            "affine_set<(d0) : (d0 >= 0)>".repeat(300),
            // What is expected to be refused may end anywhere.
            "func.func @f(((\n// -----\n".repeat(300),
            format!("{}{}", "(".repeat(256), ")".repeat(256)),
            chain(
                "!a0 = i1",
                "!NEW = tuple<i1>\nfunc.func @f() -> !OLD { return }\n",
            ),
            chain(
                "#a0 = loc(unknown)",
                "#NEW = loc(fused[\"a\", #a0])\nmodule {{{{{{{}}}}}}}\n",
            ),
        ] {
            assert_eq!(check(&good), Ok(()), "{good:.40}");
        }
    }

    #[test]
    fn expressions_of_very_many_operators_are_refused() {
        let map = |expression: &str| format!("affine_map<(d0) -> ({expression})>");
        for bad in [
            map(&format!("{}d0", "-".repeat(300))),
            map(&format!("d0{}", " + d0".repeat(300))),
            map(&format!("d0{}", " floordiv 3 mod 7".repeat(150))),
            map(&format!(
                "{}d0{}",
                "(".repeat(200),
                " + d0 * 2)".repeat(200)
            )),
            map(&format!(
                "{}d0{}",
                "(d0 + 1 + ".repeat(200),
                ")".repeat(200)
            )),
        ] {
            let message = check(&bad).expect_err(&bad);
            assert!(message.contains("256 operators"), "{message}");
        }
        for good in [
            map(&format!("{}d0", "d0 + 1, -d0 * 2, ".repeat(300))),
            format!("dense<[{}[-1]]>", "[-1, -2],".repeat(500)),
            format!(
                "func.func @f() {{ {} }}",
                "%x = arith.constant -1 : i8\n".repeat(500)
            ),
            format!(
                "\"a\"() ({{ {} }}) : () -> ()",
                "\"b\"() {c = -1} : () -> ()\n".repeat(500)
            ),
        ] {
            assert_eq!(check(&good), Ok(()), "{good:.60}");
        }
    }
}
