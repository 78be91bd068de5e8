//! What each pass of a pipeline changes, from the dumps that `--mlir-print-ir-after-all` writes.
//!
//! A dump of all after each pass is long and mostly what the dump before it was. Here the first and the last one are shown
//! whole, and of those between the lines that came and went. Values are renumbered all the time, so for the comparison a
//! value is known by the operation that defines it.

use std::collections::BTreeMap;

/// What a dump begins with.
const HEADER: &str = "// -----// IR Dump After ";
/// What the lines of a module that holds functions only look like beside these.
const FRAME: [&str; 2] = ["module {", "}"];

/// The dumps as changes, each below the name of its pass; any other text as it is.
pub fn of_passes(text: &str) -> String {
    let mut dumps = text.split(HEADER);
    let mut shown = dumps.next().unwrap_or_default().to_owned();
    let mut before: Vec<Line> = Vec::new();
    for (number, dump) in dumps.enumerate() {
        let (header, body) = dump.split_once('\n').unwrap_or((dump, ""));
        let name = header.split(['(', ')']).nth(1).unwrap_or(header);
        let after = lines(body);
        let change = match number {
            0 => all(&after),
            _ => difference(&before, &after),
        };
        shown += &format!("// ---- {name}\n{change}");
        before = after;
    }
    if !before.is_empty() {
        shown += &format!("// ---- the result\n{}", all(&before));
    }
    shown
}

/// A line of a dump.
struct Line {
    text: String,
    /// What it is compared by.
    key: String,
}

/// The lines of a module without the module itself.
fn lines(dump: &str) -> Vec<Line> {
    let mut definitions = BTreeMap::new();
    let texts = dump.lines().map(str::trim_end);
    let texts = texts.filter(|line| !line.is_empty() && !FRAME.contains(line));
    texts
        .map(|text| {
            note_definitions(text, &mut definitions);
            let text = text.strip_prefix("  ").unwrap_or(text).to_owned();
            Line {
                key: key(&text, &definitions),
                text,
            }
        })
        .collect()
}

/// Whether a character can be part of a value's name.
fn in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_$.-".contains(letter)
}

/// The values that a line defines: `%a, %b:2 = operation ...`.
fn note_definitions(line: &str, definitions: &mut BTreeMap<String, String>) {
    let Some((values, rest)) = line.split_once(" = ") else {
        return;
    };
    if !values.trim_start().starts_with('%') {
        return;
    }
    let operation = rest.split(|letter| !in_name(letter)).next().unwrap_or("");
    for value in values.split(',') {
        let value = value.trim().trim_start_matches('%');
        let name = value.split(':').next().unwrap_or(value);
        definitions.insert(name.to_owned(), operation.to_owned());
    }
}

/// The line with each value known by the operation that defines it; an argument of a block that has only a number for a
/// name is known by nothing.
fn key(line: &str, definitions: &BTreeMap<String, String>) -> String {
    let mut parts = line.split('%');
    let mut key = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name: String = part.chars().take_while(|&letter| in_name(letter)).collect();
        let numbered = name.chars().all(|letter| letter.is_ascii_digit());
        key += "%";
        match definitions.get(&name) {
            Some(operation) => key += operation,
            None if numbered => {}
            None => key += &name,
        }
        key += &part[name.len()..];
    }
    key
}

fn all(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| format!("  {}\n", line.text))
        .collect()
}

/// The lines that went and those that came, in order.
fn difference(before: &[Line], after: &[Line]) -> String {
    // The length of the longest common subsequence from each pair of places to the ends.
    let width = after.len() + 1;
    let mut common = vec![0u32; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i * width + j] = if before[i].key == after[j].key {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut shown = String::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i].key == after[j].key {
            (i, j) = (i + 1, j + 1);
        } else if j == after.len()
            || i < before.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]
        {
            shown += &format!("- {}\n", before[i].text);
            i += 1;
        } else {
            shown += &format!("+ {}\n", after[j].text);
            j += 1;
        }
    }
    shown
}
