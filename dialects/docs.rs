//! The documentation of the ops, from the definitions that the dialects are made of.

/// The pages that `mlir-tblgen` makes of the definitions.
const PAGES: [&str; 5] = [
    include_str!(concat!(env!("OUT_DIR"), "/docs/onnx.md")),
    include_str!(concat!(env!("OUT_DIR"), "/docs/qonnx.md")),
    include_str!(concat!(env!("OUT_DIR"), "/docs/qint.md")),
    include_str!(concat!(env!("OUT_DIR"), "/docs/dataflow.md")),
    include_str!(concat!(env!("OUT_DIR"), "/docs/hls.md")),
];

/// What the traits of an op are is for those who build it, not for those who read it.
const INTERNAL: [&str; 3] = ["Traits: ", "Interfaces: ", "Effects: "];

/// The documentation of an op of this project as Markdown: summary, syntax, description, attributes, operands and
/// results. `None` for other ops.
pub fn of(op: &str) -> Option<String> {
    let heading = format!("### `{op}` (");
    let section = PAGES.iter().find_map(|page| page.split_once(&heading))?.1;
    let lines = section
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("### ") && !line.starts_with("## "));
    let mut text = String::new();
    for line in lines.filter(|line| !INTERNAL.iter().any(|internal| line.starts_with(internal))) {
        // Not every editor shows tables of HTML.
        let line = match line {
            "<table>" | "</table>" => continue,
            row if row.starts_with("<tr><th>") => continue,
            row if row.starts_with("<tr>") => &attribute(row),
            other => other,
        };
        let blank = line.is_empty() && (text.is_empty() || text.ends_with("\n\n"));
        if !blank {
            text += line;
            text.push('\n');
        }
    }
    Some(text.trim_end().to_owned())
}

/// An attribute as an item of a list.
fn attribute(row: &str) -> String {
    let cell = |text: &str| text.replace("<code>", "`").replace("</code>", "`");
    let mut cells = row.split("<td>").skip(1).map(|text| {
        let (text, _) = text.split_once("</td>").unwrap_or((text, ""));
        cell(text)
    });
    let (name, _, description) = (cells.next(), cells.next(), cells.next());
    format!(
        "- {}: {}",
        name.unwrap_or_default(),
        description.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_of_every_dialect_are_documented() {
        for op in [
            "onnx.conv",
            "qonnx.int_quant",
            "qint.threshold",
            "dataflow.dense",
            "hls.call",
        ] {
            let text = of(op).unwrap_or_default();
            assert!(text.starts_with('_'), "{op}: {text}");
            assert!(!text.contains("<td>") && !text.contains("\n### "), "{text}");
        }
        let conv = of("onnx.conv").unwrap_or_default();
        for part in [
            "cross-correlation",
            "- `strides`: ",
            "| `W` |",
            "`pads` has the n begins",
        ] {
            assert!(conv.contains(part), "{part}: {conv}");
        }
        // A name is not the beginning of another.
        assert_eq!(of("onnx.con"), None);
        assert_eq!(of("arith.addi"), None);
    }
}
