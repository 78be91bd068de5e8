//! The language of the formulas in the definitions, and its translation to the nodes of `dialects/formula.rs`.
//!
//! ```text
//! expression = comparison [ "?" expression ":" expression ]
//! comparison = sum [ ("<" | "<=" | ">" | ">=" | "==") sum ]
//! sum        = product { ("+" | "-") product }
//! product    = factor { ("*" | "/") factor }
//! factor     = "-" factor | number | "inf" | name | function "(" expression { "," expression } ")" | "(" expression ")"
//! ```
//!
//! A name is an operand or an attribute; a number as a condition holds where it is not 0.

/// What a name stands for.
pub enum Name {
    /// An operand, by number.
    Operand(usize),
    /// An attribute, by number.
    Attribute(usize),
}

const FUNCTIONS: [(&str, &str); 12] = [
    ("abs", "Abs"),
    ("sqrt", "Sqrt"),
    ("exp", "Exp"),
    ("expm1", "ExpM1"),
    ("log", "Log"),
    ("log1p", "Log1P"),
    ("floor", "Floor"),
    ("ceil", "Ceil"),
    ("round", "RoundEven"),
    ("tanh", "Tanh"),
    ("erf", "Erf"),
    ("neg", "Neg"),
];
const PAIRS: [(&str, &str); 3] = [("min", "Min"), ("max", "Max"), ("pow", "Pow")];
const COMPARISONS: [(&str, &str); 5] = [
    ("<=", "LessOrEqual"),
    (">=", "GreaterOrEqual"),
    ("==", "Equal"),
    ("<", "Less"),
    (">", "Greater"),
];

/// The nodes of a formula as Rust expressions of the type `formula::Node`, in an order in which each follows what it
/// refers to. The last one is the result.
pub fn nodes(formula: &str, names: &dyn Fn(&str) -> Option<Name>) -> Result<Vec<String>, String> {
    let mut parser = Parser {
        rest: formula,
        names,
        nodes: Vec::new(),
    };
    let result = parser.expression()?;
    if !parser.rest.trim().is_empty() {
        return Err(format!("'{}' is left over", parser.rest.trim()));
    }
    // Equal nodes are one, so that the result may be one that something else uses too.
    if result + 1 != parser.nodes.len() {
        return Err("the result is not the last of its nodes".to_owned());
    }
    Ok(parser.nodes)
}

struct Parser<'a> {
    rest: &'a str,
    names: &'a dyn Fn(&str) -> Option<Name>,
    nodes: Vec<String>,
}

impl Parser<'_> {
    fn node(&mut self, node: String) -> usize {
        if let Some(known) = self.nodes.iter().position(|other| *other == node) {
            return known;
        }
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        if let Some(rest) = rest.strip_prefix(token) {
            self.rest = rest;
            return true;
        }
        false
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            return Ok(());
        }
        Err(format!("expected '{token}' before '{}'", self.rest.trim()))
    }

    fn binary(&mut self, kind: &str, a: usize, b: usize) -> usize {
        self.node(format!(
            "crate::formula::Node::Binary(crate::formula::Binary::{kind}, {a}, {b})"
        ))
    }

    fn compare(&mut self, kind: &str, a: usize, b: usize) -> usize {
        self.node(format!(
            "crate::formula::Node::Compare(crate::formula::Comparison::{kind}, {a}, {b})"
        ))
    }

    fn select(&mut self, condition: usize, yes: usize, no: usize) -> usize {
        self.node(format!(
            "crate::formula::Node::Select({condition}, {yes}, {no})"
        ))
    }

    fn number(&mut self, value: f64) -> usize {
        self.node(if value == f64::INFINITY {
            "crate::formula::Node::Number(f64::INFINITY)".to_owned()
        } else if value == f64::NEG_INFINITY {
            "crate::formula::Node::Number(f64::NEG_INFINITY)".to_owned()
        } else {
            format!("crate::formula::Node::Number({value:?})")
        })
    }

    fn expression(&mut self) -> Result<usize, String> {
        let first = self.comparison()?;
        if !self.take("?") {
            return Ok(first);
        }
        let condition = if self.nodes[first].starts_with("crate::formula::Node::Compare") {
            first
        } else {
            let zero = self.number(0.0);
            self.compare("NotEqual", first, zero)
        };
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        Ok(self.select(condition, yes, no))
    }

    fn comparison(&mut self) -> Result<usize, String> {
        let a = self.sum()?;
        for (token, kind) in COMPARISONS {
            if self.take(token) {
                let b = self.sum()?;
                return Ok(self.compare(kind, a, b));
            }
        }
        Ok(a)
    }

    fn sum(&mut self) -> Result<usize, String> {
        let mut a = self.product()?;
        loop {
            let kind = if self.take("+") {
                "Add"
            } else if self.take("-") {
                "Sub"
            } else {
                return Ok(a);
            };
            let b = self.product()?;
            a = self.binary(kind, a, b);
        }
    }

    fn product(&mut self) -> Result<usize, String> {
        let mut a = self.factor()?;
        loop {
            let kind = if self.take("*") {
                "Mul"
            } else if self.take("/") {
                "Div"
            } else {
                return Ok(a);
            };
            let b = self.factor()?;
            a = self.binary(kind, a, b);
        }
    }

    fn factor(&mut self) -> Result<usize, String> {
        if self.take("-") {
            let rest = self.rest.trim_start();
            if rest.starts_with("inf") || rest.starts_with(|c: char| c.is_ascii_digit()) {
                let number = self.literal()?;
                return Ok(self.number(-number));
            }
            let x = self.factor()?;
            return Ok(self.node(format!(
                "crate::formula::Node::Unary(crate::formula::Unary::Neg, {x})"
            )));
        }
        if self.take("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let rest = self.rest.trim_start();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let number = self.literal()?;
            return Ok(self.number(number));
        }
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        self.rest = rest;
        if self.take("(") {
            return self.call(name);
        }
        match (self.names)(name) {
            Some(Name::Operand(at)) => {
                Ok(self.node(format!("crate::formula::Node::Operand({at})")))
            }
            Some(Name::Attribute(at)) => {
                Ok(self.node(format!("crate::formula::Node::Attribute({at})")))
            }
            None if name == "inf" => Ok(self.number(f64::INFINITY)),
            None => Err(format!("'{name}' is neither an operand nor an attribute")),
        }
    }

    fn literal(&mut self) -> Result<f64, String> {
        let rest = self.rest.trim_start();
        if let Some(rest) = rest.strip_prefix("inf") {
            self.rest = rest;
            return Ok(f64::INFINITY);
        }
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        self.rest = rest;
        digits
            .parse()
            .map_err(|error| format!("'{digits}': {error}"))
    }

    fn call(&mut self, name: &str) -> Result<usize, String> {
        let mut arguments = vec![self.expression()?];
        while self.take(",") {
            arguments.push(self.expression()?);
        }
        self.expect(")")?;
        let find = |table: &[(&str, &'static str)]| {
            let found = table.iter().find(|(known, _)| *known == name);
            found.map(|(_, kind)| *kind)
        };
        match (arguments.as_slice(), find(&FUNCTIONS), find(&PAIRS)) {
            (&[x], Some(kind), _) => Ok(self.node(format!(
                "crate::formula::Node::Unary(crate::formula::Unary::{kind}, {x})"
            ))),
            (&[a, b], _, Some(kind)) => Ok(self.binary(kind, a, b)),
            (&[x, low, high], _, _) if name == "clamp" => {
                let below = self.compare("Less", x, low);
                let raised = self.select(below, low, x);
                let above = self.compare("Greater", raised, high);
                Ok(self.select(above, high, raised))
            }
            _ => Err(format!(
                "'{name}' of {} arguments is no function",
                arguments.len()
            )),
        }
    }
}
