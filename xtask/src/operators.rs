//! The page of operators, from the definitions of the dialects.

use std::env;

use crate::doctor::prefix;
use crate::records::{self, Op};
use crate::workspace::root;

/// What stands below the tables.
const NOTES: &str = "\
Everything is interpreted. At level 2, *integer* means that scaled integers stay integers, *step* that the operation on
constants is absorbed into the next quantizer.

Domains: the standard one in its versions 7 to 23; `qonnx.custom_op.general`, `onnx.brevitas`, `finn.custom_op.general`,
`finn` (without a `backend` attribute) and `qonnx`; QONNX operators in the standard domain. A missing import of these means
version 1; the two versions of `Trunc` are told apart by their number of inputs.
";

/// The page without its heading comment.
pub fn page() -> Result<String, String> {
    let mut page = String::from(
        "# Operators\n\nWhat the importer reads, and what becomes of it at level 2.\n",
    );
    for (title, definition) in [("ONNX", "onnx/Onnx.td"), ("QONNX", "qonnx/Qonnx.td")] {
        page += &format!(
            "\n## {title}\n\n| operator | since | attributes | meaning | level 2 |\n| --- | --- | --- | --- | --- |\n"
        );
        let mut ops = ops(definition)?;
        ops.retain(|op| !op.onnx_names.is_empty());
        ops.sort_by(|a, b| a.onnx_names.cmp(&b.onnx_names));
        for op in &ops {
            page += &row(op);
        }
    }
    Ok(page + "\n" + NOTES)
}

fn ops(definition: &str) -> Result<Vec<Op>, String> {
    // The records name the files that they include by places relative to the dialects.
    env::set_current_dir(root().join("dialects")).map_err(|error| error.to_string())?;
    let tblgen = prefix().join("bin/llvm-tblgen");
    if !tblgen.exists() {
        return Err(format!("{} is missing; run: make setup", tblgen.display()));
    }
    Ok(records::read(
        &tblgen,
        &prefix().join("include"),
        definition,
    ))
}

fn row(op: &Op) -> String {
    let attributes: Vec<_> = op
        .onnx_attributes
        .iter()
        .map(|known| {
            let versions = match (known.first, known.last) {
                (1, 9999) => String::new(),
                (first, 9999) => format!(" (from {first})"),
                (_, last) => format!(" (to {last})"),
            };
            format!("{}{versions}", known.name)
        })
        .collect();
    // A bar would end the cell.
    let meaning = op.summary.replace('|', "\\|");
    format!(
        "| {} | {} | {} | {meaning} | {} |\n",
        op.onnx_names.join(", "),
        if op.since > 1 {
            op.since.to_string()
        } else {
            String::new()
        },
        attributes.join(", "),
        op.level2
    )
}
