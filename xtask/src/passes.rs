//! What the pass files declare, read from their `declare_pass!` blocks.

use crate::workspace;

/// A declared pass.
pub struct Declared {
    /// The file.
    pub file: String,
    /// The Rust type.
    pub name: String,
    /// The textual name.
    pub argument: String,
    /// What it runs on.
    pub anchor: String,
    /// The documentation.
    pub documentation: String,
    /// Its options: name, default, documentation.
    pub options: Vec<(String, String, String)>,
}

/// All passes, by textual name.
pub fn all() -> Result<Vec<Declared>, String> {
    let mut passes = Vec::new();
    for file in workspace::files(&["passes"], &[".rs"]) {
        let text = workspace::read(&file)?;
        if file.starts_with("passes/framework") {
            continue;
        }
        if let Some(block) = text.split("declare_pass! {\n").nth(1) {
            passes.push(parse(&file, block)?);
        }
    }
    passes.sort_by(|a, b| a.argument.cmp(&b.argument));
    Ok(passes)
}

/// A named pipeline: its name and its summary.
pub type Pipeline = (String, String);

/// All named pipelines, in the order of `passes/pipelines.rs`.
pub fn pipelines() -> Result<Vec<Pipeline>, String> {
    Ok(pipelines_in(&workspace::read("passes/pipelines.rs")?))
}

fn pipelines_in(text: &str) -> Vec<Pipeline> {
    let field = |entry: &str, name: &str| {
        let (_, rest) = entry.split_once(&format!("{name}: \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let entries = text.split("    Pipeline {\n").skip(1);
    entries
        .filter_map(|entry| Some((field(entry, "name")?, field(entry, "summary")?)))
        .collect()
}

/// Reads what follows `declare_pass! {` in a file.
pub fn parse(file: &str, block: &str) -> Result<Declared, String> {
    let mut documentation = Vec::new();
    let mut lines = block.lines().map(str::trim);
    let head = loop {
        let line = lines
            .next()
            .ok_or_else(|| format!("{file}: a declare_pass! block without a struct"))?;
        match line.strip_prefix("///") {
            Some(text) => documentation.push(text.strip_prefix(' ').unwrap_or(text)),
            None => break line,
        }
    };
    let malformed = || format!("{file}: cannot read '{head}'");
    let rest = head.strip_prefix("pub struct ").ok_or_else(malformed)?;
    let (name, rest) = rest.split_once(" => \"").ok_or_else(malformed)?;
    let (argument, rest) = rest.split_once("\" on ").ok_or_else(malformed)?;
    let anchor = rest.split_whitespace().next().ok_or_else(malformed)?;
    let mut options = Vec::new();
    let mut option_doc = Vec::new();
    if !head.ends_with("{}") {
        for line in lines.take_while(|line| !line.starts_with('}')) {
            if let Some(text) = line.strip_prefix("///") {
                option_doc.push(text.trim());
            } else if let Some((_, rest)) = line.split_once("(\"") {
                let (name, rest) = rest.split_once("\")").ok_or_else(malformed)?;
                let default = rest
                    .split_once(" = ")
                    .map_or("", |(_, default)| default.trim_end_matches(','));
                options.push((name.to_owned(), default.to_owned(), option_doc.join(" ")));
                option_doc.clear();
            }
        }
    }
    Ok(Declared {
        file: file.to_owned(),
        name: name.to_owned(),
        argument: argument.to_owned(),
        anchor: anchor.to_owned(),
        documentation: documentation.join("\n"),
        options,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_with_their_documentation() {
        let block = "    /// One line.\n    ///\n    /// More.\n    pub struct Fold => \"fold\" on Module {\n        \
                     /// How many\n        /// at most.\n        most (\"at-most\"): usize = 1 << 4,\n    }\n}\n";
        let pass = parse("passes/x/fold.rs", block).expect("well formed");
        assert_eq!(pass.documentation, "One line.\n\nMore.");
        assert_eq!(
            pass.options,
            [(
                "at-most".to_owned(),
                "1 << 4".to_owned(),
                "How many at most.".to_owned()
            )]
        );
        assert!(parse("passes/x/fold.rs", "    pub fn fold() {}\n").is_err());
    }

    #[test]
    fn pipelines_are_read_from_their_table() {
        let text = "[\n    Pipeline {\n        name: \"a\",\n        summary: \"What it does\",\n        text: a,\n    },\n]";
        assert_eq!(
            pipelines_in(text),
            [("a".to_owned(), "What it does".to_owned())]
        );
    }
}
