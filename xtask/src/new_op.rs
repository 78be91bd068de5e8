//! `cargo xtask new op DIALECT NAME [FORMULA]` and `new layer NAME`.

use crate::workspace::{exists, files, read, write};

/// The file of each family of ops of `onnx`, and where machine code for it is.
const FAMILIES: &str = "  dialects/onnx/FAMILY.rs        its result types and checks, its meaning, how it moves: the match there asks
  passes/cpu/float/FAMILY.rs     its loops where it stays float: the match there asks
  passes/lower/converter.rs      one line, if it has an integer form";

/// The files that know every hardware layer.
const LAYERS: &str = "  dialects/dataflow/layers/      a file of its kind: its shape, its meaning, what it costs; one line in mod.rs
  passes/dataflow/kinds.rs       which layer of integers becomes it
  passes/hls/functions.rs        its C++, or its place among the wires";

/// Adds the definition of an op and a test, and lists what remains: nothing for an elementwise op, which is its formula.
pub fn run(dialect: &str, name: &str, formula: Option<&str>) -> Result<(), String> {
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
    let ods = definition_of(dialect, name, formula)?;
    write(&definition, &format!("{head}\n{ods}\n#endif{tail}"))?;
    write(&test, &test_of(dialect, &mnemonic))?;
    println!("wrote the definition at the end of {definition}\nwrote {test}");
    if formula.is_some() {
        println!("next: since, attributes and operand names in the definition; cargo xtask docs");
        return Ok(());
    }
    println!(
        "next: cargo check, which lists the matches to extend; docs/adding-an-op.md has the steps"
    );
    match dialect {
        "onnx" => println!("{FAMILIES}"),
        "dataflow" => println!("{LAYERS}"),
        _ => println!(
            "  dialects/{dialect}/             its rules and its meaning: the matches there ask"
        ),
    }
    Ok(())
}

/// A test that reads and prints the op.
fn test_of(dialect: &str, mnemonic: &str) -> String {
    let r#type = match dialect {
        "dataflow" => "!dataflow.array<2x3xsi5>",
        _ => "tensor<2x3xf32>",
    };
    format!(
        "// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// CHECK: {dialect}.{mnemonic}
func.func @{mnemonic}(%x: {type}) -> {type} {{
  %0 = {dialect}.{mnemonic} %x : ({type}) -> {type}
  return %0 : {type}
}}
"
    )
}

/// The text of a definition.
fn definition_of(dialect: &str, name: &str, formula: Option<&str>) -> Result<String, String> {
    let (class, mnemonic) = (capital(dialect), snake_case(name));
    match (dialect, formula) {
        ("onnx", Some(formula)) => Ok(format!(
            "\ndef Onnx_{name}Op : Onnx_UnaryOp<\"{mnemonic}\", \"{formula}\", \"What it is\">;\n"
        )),
        ("dataflow", None) => Ok(format!(
            "
def Dataflow_{name}Op : Dataflow_Layer<\"{mnemonic}\"> {{
  let summary = \"One line: what it computes\";
  let description = [{{
    `y[i] = ...`: exactly, wrapped to the words of the result.
  }}];
  let arguments = (ins Dataflow_AnyLink:$x);
}}
"
        )),
        (_, Some(_)) => Err("formulas are for elementwise ops of onnx".to_owned()),
        (_, None) => {
            let family = if dialect == "onnx" {
                ", \"Movement\""
            } else {
                ""
            };
            Ok(format!(
                "
def {class}_{name}Op : {class}_Op<\"{mnemonic}\"{family}> {{
  let summary = \"One line: what it computes\";
  let description = [{{
    Shapes, ranges, and the source of the semantics.
  }}];
  let arguments = (ins AnyTensor:$X);
  let results = (outs AnyTensor:$Y);
}}
"
            ))
        }
    }
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
    fn an_elementwise_op_is_its_formula() {
        let text = definition_of("onnx", "HardTanh", Some("clamp(X, -1, 1)"));
        let expected = "\ndef Onnx_HardTanhOp : Onnx_UnaryOp<\"hard_tanh\", \"clamp(X, -1, 1)\", \"What it is\">;\n";
        assert_eq!(text.as_deref(), Ok(expected));
        assert!(definition_of("qint", "Foo", Some("X")).is_err());
    }

    #[test]
    fn a_layer_is_an_op_on_arrays() {
        let text = definition_of("dataflow", "Shuffle", None).expect("no formula");
        assert!(
            text.contains("Dataflow_ShuffleOp : Dataflow_Layer<\"shuffle\">"),
            "{text}"
        );
        assert!(test_of("dataflow", "shuffle").contains("dataflow.shuffle %x : (!dataflow.array"));
    }
}
