//! C++ identifiers from the names of ONNX nodes.

use qonnx_dialects::text::Foreign;
use std::collections::{HashMap, HashSet};

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
    "assert",
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
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "fpclassify",
    "friend",
    "goto",
    "half",
    "hls",
    "i",
    "if",
    "in",
    "inline",
    "int",
    "isfinite",
    "isinf",
    "isnan",
    "isnormal",
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
    "signbit",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "std",
    "stderr",
    "stdin",
    "stdout",
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

/// Whether a word of C++, or of the emitted files, cannot name anything else.
fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

/// Identifiers that have been given out.
#[derive(Default)]
pub struct Names {
    /// In small letters.
    used: HashSet<String>,
    /// The last number that was appended to a name.
    next: HashMap<String, u32>,
}

impl Names {
    /// An identifier like `wanted` that nothing else has: other characters become underscores, and a number is
    /// appended where the name is taken.
    ///
    /// Names that differ in case only are none: they are names of files and of macros too.
    pub fn unique(&mut self, wanted: &Foreign) -> String {
        let base = wanted.identifier("layer");
        // Macros of C's headers are written in capitals.
        let base = if base.contains(|letter: char| letter.is_ascii_lowercase()) {
            base
        } else {
            format!("layer_{base}")
        };
        let mut name = base.clone();
        let mut number = self.next.get(&base).copied().unwrap_or(1);
        while is_reserved(&name) || !self.used.insert(name.to_ascii_lowercase()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        self.next.insert(base, number);
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
            "FC1",
            "Fc1_MatMul",
        ]
        .map(|wanted| names.unique(&wanted.into()))
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
            "layer_FC1",
            "Fc1_MatMul_3",
        ];
        assert_eq!(given, expected);
    }

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
