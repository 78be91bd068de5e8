//! Numbers as C99 writes them: exactly, whatever the compiler that reads them.

/// Whether a float that no short decimal number is gets one as a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// For people.
    Beside,
    /// In tables.
    None,
}

/// An integer. The least of 64 bits is a difference: C has no negative literals.
pub fn integer(value: i64) -> String {
    match value {
        i64::MIN => format!("{} - 1", value + 1),
        value => value.to_string(),
    }
}

/// A `float`.
pub fn float(value: f32, decimal: Decimal) -> String {
    let exact = number(f64::from(value));
    let text = match (&exact, value.is_finite()) {
        (_, false) => format!("(float){exact}"),
        _ => format!("{exact}f"),
    };
    beside(text, decimal, || value.to_string())
}

/// A `double`.
pub fn double(value: f64, decimal: Decimal) -> String {
    beside(number(value), decimal, || value.to_string())
}

fn beside(exact: String, decimal: Decimal, short: impl Fn() -> String) -> String {
    if decimal == Decimal::Beside && exact.contains("0x") {
        let short = short();
        // Few digits say enough of a number that is written out.
        let short: String = short.chars().take(12).collect();
        format!("{exact} /* {short} */")
    } else {
        exact
    }
}

fn number(value: f64) -> String {
    if value.is_nan() {
        return "NAN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-INFINITY" } else { "INFINITY" }.to_owned();
    }
    // Multiples of 2^-10 that are not large have at most ten decimals, all of which are written.
    if (value * 1024.0).fract() == 0.0 && value.abs() < 1048576.0 {
        let text = format!("{value:.10}");
        let text = text.trim_end_matches('0');
        return if text.ends_with('.') {
            format!("{text}0")
        } else {
            text.to_owned()
        };
    }
    hexadecimal(value)
}

/// C99's hexadecimal form, which no reader rounds.
fn hexadecimal(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mantissa = bits & ((1 << 52) - 1);
    let exponent = (bits >> 52 & 0x7ff) as i32;
    // Numbers below the least normal one have no leading 1.
    let (leading, exponent) = match exponent {
        0 => (0, -1022),
        exponent => (1, exponent - 1023),
    };
    let digits = format!("{mantissa:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x{leading}{point}{digits}p{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_exact_and_others_hexadecimal() {
        for (value, text) in [
            (0.0, "0.0f"),
            (-0.0, "-0.0f"),
            (15.0, "15.0f"),
            (-0.5, "-0.5f"),
            (0.0009765625, "0.0009765625f"),
            (0.1, "0x1.99999ap-4f"),
            (1e10, "0x1.2a05f2p33f"),
            (f32::MIN_POSITIVE, "0x1p-126f"),
            (1e-45, "0x1p-149f"),
            (f32::INFINITY, "(float)INFINITY"),
            (f32::NEG_INFINITY, "(float)-INFINITY"),
        ] {
            assert_eq!(float(value, Decimal::None), text);
        }
        assert_eq!(double(5e-324, Decimal::None), "0x0.0000000000001p-1022");
        assert_eq!(
            double(0.1, Decimal::Beside),
            "0x1.999999999999ap-4 /* 0.1 */"
        );
        assert_eq!(integer(i64::MIN), "-9223372036854775807 - 1");
    }
}
