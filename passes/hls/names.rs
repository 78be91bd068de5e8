//! C++ identifiers from the names of ONNX nodes.

use std::collections::HashSet;

/// Words that cannot name anything, or that the emitted files use themselves.
const RESERVED: &[&str] = &[
    "abs",
    "acc",
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "ap_fixed",
    "ap_int",
    "ap_uint",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "compl",
    "const",
    "const_cast",
    "constexpr",
    "continue",
    "count",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "half",
    "hls",
    "i",
    "if",
    "in",
    "inline",
    "int",
    "j",
    "k",
    "long",
    "main",
    "mutable",
    "n",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "out",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "return",
    "rounded",
    "scaled",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "std",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "x",
    "xor",
    "xor_eq",
];

/// Identifiers that have been given out.
#[derive(Default)]
pub struct Names {
    used: HashSet<String>,
}

impl Names {
    /// An identifier like `wanted` that nothing else has: other characters become underscores, and a number is
    /// appended where the name is taken.
    pub fn unique(&mut self, wanted: &str) -> String {
        let base = identifier(wanted);
        let mut name = base.clone();
        let mut number = 1;
        while RESERVED.contains(&name.as_str()) || !self.used.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        name
    }
}

/// `text` with what C++ does not allow replaced; two underscores in a row are reserved and become one.
fn identifier(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            if name.is_empty() && letter.is_ascii_digit() {
                name.push_str("layer_");
            }
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    while name.ends_with('_') {
        name.pop();
    }
    if name.is_empty() {
        "layer".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let mut names = Names::default();
        let given: Vec<_> = [
            "/fc1/MatMul",
            "fc1/MatMul",
            "12",
            "__x__y",
            "int",
            "",
            "größe",
            "in",
            "i",
        ]
        .map(|wanted| names.unique(wanted))
        .into();
        let expected = [
            "fc1_MatMul",
            "fc1_MatMul_2",
            "layer_12",
            "x_y",
            "int_2",
            "layer",
            "gr_e",
            "in_2",
            "i_2",
        ];
        assert_eq!(given, expected);
    }

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
