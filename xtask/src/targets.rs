//! What the backends declare, read from their sources: names, summaries and options.

use crate::workspace::{files, read};

/// A backend.
pub struct Target {
    /// Its name on the command line.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Its options: name, summary and default.
    pub options: Vec<[String; 3]>,
}

/// All backends, by name: one for each folder that implements the trait.
pub fn all() -> Result<Vec<Target>, String> {
    let mut targets = Vec::new();
    for file in files(&["src/backend"], &[".rs"]) {
        let text = read(&file)?;
        let Some((_, implementation)) = text.split_once("\nimpl Backend for ") else {
            continue;
        };
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut options = Vec::new();
        for file in files(&[folder], &[".rs"]) {
            options.extend(options_in(&read(&file)?));
        }
        let returned = |function: &str| {
            returned(implementation, function)
                .ok_or_else(|| format!("{file}: cannot read what '{function}' returns"))
        };
        targets.push(Target {
            name: returned("name")?,
            summary: returned("summary")?,
            options,
        });
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(targets)
}

/// The string that a function of an implementation returns.
fn returned(implementation: &str, function: &str) -> Option<String> {
    let (_, body) = implementation.split_once(&format!("fn {function}(&self)"))?;
    Some(body.split('"').nth(1)?.to_owned())
}

/// The options that a source declares, in order.
fn options_in(text: &str) -> Vec<[String; 3]> {
    let field = |entry: &str, name: &str| {
        let (_, rest) = entry.split_once(&format!("{name}: \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let entries = text.split("BackendOption {\n").skip(1);
    entries
        .filter_map(|entry| {
            Some([
                field(entry, "name")?,
                field(entry, "summary")?,
                field(entry, "default")?,
            ])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_from_their_declarations() {
        let text = "const A: BackendOption = BackendOption {\n    name: \"a\",\n    summary: \"What\",\n    default: \"1\",\n};\n\
                    fn check(option: &BackendOption) {\n}\n";
        assert_eq!(options_in(text), [["a", "What", "1"].map(str::to_owned)]);
    }

    #[test]
    fn backends_are_read_from_their_implementations() {
        let targets = all().expect("the sources");
        let names: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
        assert!(
            names.contains(&"cpu") && names.contains(&"hls"),
            "{names:?}"
        );
        let options = targets.iter().flat_map(|target| &target.options);
        let options: Vec<_> = options.map(|option| option[0].as_str()).collect();
        assert!(options.contains(&"opt-level") && options.contains(&"part"));
    }
}
