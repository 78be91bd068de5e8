//! Identifiers of a C file.

use std::collections::{HashMap, HashSet};

use qonnx_dialects::text::Foreign;

/// What a symbol of the module becomes. Names begin with it, so that none is a word of the language or of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function.
    Kernel,
    /// A constant array.
    Constant,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Constant => "constant",
        }
    }
}

/// The names of symbols, each given once.
#[derive(Debug)]
pub struct Names {
    given: HashMap<String, String>,
    taken: HashSet<String>,
}

impl Names {
    /// No names but that of the entry function.
    pub fn new(entry: &str) -> Self {
        Self {
            given: HashMap::new(),
            taken: HashSet::from([entry.to_owned()]),
        }
    }

    /// Sets the identifier of a symbol.
    pub fn give(&mut self, symbol: &str, name: &str) {
        self.taken.insert(name.to_owned());
        self.given.insert(symbol.to_owned(), name.to_owned());
    }

    /// The identifier of a symbol.
    pub fn of(&mut self, symbol: &str, kind: Kind) -> String {
        if let Some(name) = self.given.get(symbol) {
            return name.clone();
        }
        let prefix = kind.prefix();
        let mut name = Foreign::new(symbol).identifier(prefix);
        if !name.starts_with(prefix) {
            name = format!("{prefix}_{name}");
        }
        let mut free = name.clone();
        let mut number = 2;
        while !self.taken.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        self.given.insert(symbol.to_owned(), free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_no_words_of_the_language() {
        let mut names = Names::new("kernel_run");
        let mut of = |symbol| names.of(symbol, Kind::Kernel);
        assert_eq!(of("kernel0_node_a"), "kernel0_node_a");
        assert_eq!(of("for"), "kernel_for");
        assert_eq!(of("run"), "kernel_run_2");
        assert_eq!(of("a/b"), "kernel_a_b");
        assert_eq!(of("a b"), "kernel_a_b_2");
        assert_eq!(of("a/b"), "kernel_a_b");
        assert_eq!(names.of("__constant_2xi8", Kind::Constant), "constant_2xi8");
    }
}
