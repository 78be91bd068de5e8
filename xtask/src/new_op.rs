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
    println!("wrote the definition at the end of {definition}\nwrote {test}");
    println!("next, as the compiler will remind you (docs/adding-an-op.md):");
    println!("  dialects/{dialect}/op.rs        the variant {name} with its attributes");
    println!("  dialects/{dialect}/convert.rs   its MLIR name, attributes and reading");
    println!("  dialects/{dialect}/infer.rs     its rules and result types");
    println!("  dialects/{dialect}/eval/        its meaning, with tests");
    println!("  src/frontend/onnx/ops/    one line: the ONNX node");
    println!("  passes/lower/converter.rs one line, if it has an integer form");
    Ok(())
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
