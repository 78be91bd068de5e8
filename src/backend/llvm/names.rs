//! Identifiers of C.

/// An identifier of C made of a model's name: letters, digits and underscores, not a digit in front.
pub fn identifier(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let text: String = name.chars().map(safe).collect();
    match text.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => text,
        // Names that begin with an underscore belong to the implementation.
        _ => format!("model_{}", text.trim_start_matches('_')),
    }
}

/// A text that can stand in a C comment.
pub fn comment(text: &str) -> String {
    let text = text.replace("*/", "* /").replace("/*", "/ *");
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_an_identifier() {
        for (name, expected) in [
            ("tfc_1w1a", "tfc_1w1a"),
            ("my model-v2.1", "my_model_v2_1"),
            ("2bit", "model_2bit"),
            ("_x", "model_x"),
            ("größe", "gr__e"),
            ("", "model_"),
        ] {
            assert_eq!(identifier(name), expected);
        }
    }

    #[test]
    fn a_name_cannot_leave_its_comment() {
        assert_eq!(comment("a*/b\n"), "a* /b?");
    }
}
