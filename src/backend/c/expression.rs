//! C expressions as text that knows how tightly it binds.

/// How tightly the outermost operator of an expression binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A name, a number, a call, an element.
    Primary,
    /// A cast or a sign.
    Unary,
    /// A product.
    Product,
    /// A sum.
    Sum,
    /// Everything else: within another expression it gets parentheses, as compilers and readers like it.
    Other,
}

/// A C expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    text: String,
    level: Level,
}

impl Expr {
    /// A name, or something else that nothing pulls apart.
    pub fn primary(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            level: Level::Primary,
        }
    }

    /// A text whose outermost operator binds like this.
    pub fn new(text: String, level: Level) -> Self {
        Self { text, level }
    }

    /// A number, which may have a sign.
    pub fn negative(text: String) -> Self {
        let level = if text.starts_with('-') {
            Level::Unary
        } else {
            Level::Primary
        };
        Self { text, level }
    }

    /// The text, where nothing stands beside it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as an operand of what binds as tightly as `level`.
    pub fn within(&self, level: Level) -> String {
        if self.level <= level {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// A cast to a type.
    pub fn cast(r#type: &str, of: &Self) -> Self {
        Self::new(format!("({type}){}", of.within(Level::Unary)), Level::Unary)
    }

    /// The call of a function.
    pub fn call(function: &str, arguments: &[&Self]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|of| of.text.as_str()).collect();
        Self::primary(format!("{function}({})", arguments.join(", ")))
    }

    /// Two operands of an operator.
    pub fn infix(a: &Self, operator: &str, b: &Self) -> Self {
        // The left operand of a sum or product may be one too: C reads from the left, as it was meant.
        let (level, left, right) = match operator {
            "*" | "/" => (Level::Product, Level::Product, Level::Unary),
            "+" | "-" => (Level::Sum, Level::Sum, Level::Product),
            _ => (Level::Other, Level::Unary, Level::Unary),
        };
        let text = format!("{} {operator} {}", a.within(left), b.within(right));
        Self::new(text, level)
    }

    /// `a * factor + ...` for indices: the sum of what is not 0.
    pub fn linear(terms: &[(Self, usize)], constant: usize) -> Self {
        let mut sum: Option<Self> = None;
        let number = |value: usize| Self::primary(value.to_string());
        for (index, factor) in terms {
            let term = match factor {
                0 => continue,
                1 => index.clone(),
                factor => Self::infix(&number(*factor), "*", index),
            };
            sum = Some(match sum {
                None => term,
                Some(sum) => Self::infix(&sum, "+", &term),
            });
        }
        match (sum, constant) {
            (None, constant) => number(constant),
            (Some(sum), 0) => sum,
            (Some(sum), constant) => Self::infix(&sum, "+", &number(constant)),
        }
    }

    /// The number, if it is one that is written out.
    pub fn integer(&self) -> Option<i128> {
        self.text.trim_end_matches('u').parse().ok()
    }

    /// Whether the text is that of the number 0.
    pub fn is_zero(&self) -> bool {
        self.text == "0"
    }

    /// The element of an array.
    pub fn element(array: &str, index: &Self) -> Self {
        Self::primary(format!("{array}[{}]", index.text))
    }

    /// `condition ? yes : no`.
    pub fn select(condition: &Self, yes: &Self, no: &Self) -> Self {
        let text = format!(
            "{} ? {} : {}",
            condition.within(Level::Unary),
            yes.within(Level::Sum),
            no.within(Level::Sum)
        );
        Self::new(text, Level::Other)
    }
}
