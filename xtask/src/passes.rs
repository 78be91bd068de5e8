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

fn parse(file: &str, block: &str) -> Result<Declared, String> {
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
