//! `cargo xtask new op DIALECT NAME`.

use crate::workspace::{exists, files, read, write};

/// Adds the ODS definition of an op and a test, and lists what remains.
pub fn run(dialect: &str, name: &str) -> Result<(), String> {
    let definition = files(&[&format!("dialects/{dialect}")], &[".td"])
        .into_iter()
        .next()
        .ok_or_else(|| format!("there is no dialect '{dialect}' with a .td file in dialects/"))?;
    let valid = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !valid {
        return Err(format!(
            "'{name}' is no op name, expected CamelCase as in ONNX"
        ));
    }
    let mnemonic = snake_case(name);
    let test = format!("lit_tests/dialects/{dialect}/{mnemonic}.mlir");
    let class = capital(dialect);
    let text = read(&definition)?;
    if text.contains(&format!("def {class}_{name}Op")) || exists(&test) {
        return Err(format!("'{dialect}.{mnemonic}' exists already"));
    }
    let (head, tail) = text
        .rsplit_once("\n#endif")
        .ok_or_else(|| format!("{definition} does not end with #endif"))?;
    let ods = format!(
        "\ndef {class}_{name}Op : {class}_Op<\"{mnemonic}\"> {{
  let summary = \"One line: the formula\";
  let description = [{{
    Shapes, ranges, and the source of the semantics.
  }}];
  let arguments = (ins AnyTensor:$x);
  let results = (outs AnyTensor:$y);
}}
"
    );
    write(&definition, &format!("{head}\n{ods}\n#endif{tail}"))?;
    write(
        &test,
        &format!(
            "// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// CHECK: {dialect}.{mnemonic}
func.func @{mnemonic}(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {{
  %0 = {dialect}.{mnemonic} %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}}
"
        ),
    )?;
    let values = format!("dialects/{dialect}/op.rs");
    write(
        &values,
        &with_variant(&read(&values)?, dialect, name)
            .ok_or_else(|| format!("{values} has no 'pub enum Op'"))?,
    )?;
    println!(
        "wrote the definition at the end of {definition}\nwrote the variant {name} at the end of Op in {values}"
    );
    println!("wrote {test}");
    println!(
        "next: cargo check -p qonnx-dialects, which lists the matches to extend; docs/adding-an-op.md has the steps"
    );
    let steps = [
        ("convert.rs", "its MLIR name, attributes and reading"),
        ("op/name.rs", "its ONNX name"),
        ("infer.rs", "its rules and result types"),
        ("verify.rs", "its rules"),
        ("eval", "its meaning, with tests"),
        ("eval.rs", "which function is its meaning"),
    ];
    for (file, what) in steps {
        let path = format!("dialects/{dialect}/{file}");
        if exists(&path) {
            println!("  {path:32} {what}");
        }
    }
    if ["onnx", "qonnx"].contains(&dialect) {
        println!("  {:32} one line: the ONNX node", "src/frontend/onnx/ops/");
        println!(
            "  {:32} one line, if it has an integer form",
            "passes/lower/converter.rs"
        );
        println!(
            "  {:32} its loops where it stays float",
            "passes/cpu/float/"
        );
        println!(
            "  {:32} its C++ where it stays float",
            "src/backend/hls/host_ops.rs"
        );
    }
    Ok(())
}

/// The text of `op.rs` with one more variant at the end of its enum `Op`; `None` if there is no such enum.
fn with_variant(text: &str, dialect: &str, name: &str) -> Option<String> {
    let start = text.find("pub enum Op {")?;
    let end = start + text[start..].find("\n}\n")?;
    let mnemonic = snake_case(name);
    Some(format!(
        "{}\n    /// `{dialect}.{mnemonic}`.\n    {name},{}",
        &text[..end],
        &text[end..]
    ))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_dialects() {
        assert_eq!(snake_case("MatMul"), "mat_mul");
        assert_eq!(snake_case("Relu"), "relu");
        assert_eq!(capital("qonnx"), "Qonnx");
    }

    #[test]
    fn the_variant_goes_to_the_end_of_the_enum() {
        let text = "struct A {\n}\n\npub enum Op {\n    /// First.\n    First,\n}\n\nimpl Op {}\n";
        let changed = with_variant(text, "onnx", "HardTanh").expect("the text has the enum");
        let expected = "    First,\n    /// `onnx.hard_tanh`.\n    HardTanh,\n}\n\nimpl Op {}\n";
        assert!(changed.ends_with(expected), "{changed}");
        assert_eq!(with_variant("pub struct Op;", "onnx", "Foo"), None);
    }
}
