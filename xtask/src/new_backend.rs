//! `cargo xtask new backend NAME`.

use crate::new_pass::camel_case;
use crate::targets;
use crate::workspace::{exists, read, write};

/// The registry of backends.
const REGISTRY: &str = "src/backend/mod.rs";
/// What a backend cannot be called: levels that are compared with backends.
const TAKEN: [&str; 3] = ["graph", "interp", "int"];

/// Scaffolds a backend that writes the network's interface and its layers: its folder, its registration and its test.
pub fn run(name: &str) -> Result<(), String> {
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !valid {
        return Err(format!(
            "'{name}' is no name, expected lower-case letters, digits and '_'"
        ));
    }
    let file = format!("src/backend/{name}/mod.rs");
    let test = format!("lit_tests/emit/{name}/interface.mlir");
    let known = targets::all()?;
    let known = known.iter().any(|target| target.name == name);
    if known || TAKEN.contains(&name) || exists(&file) || exists(&test) {
        return Err(format!("there is a level or backend '{name}' already"));
    }
    let registry = registered(&read(REGISTRY)?, name)?;
    write(&file, &source(name))?;
    write(&test, &lit_test(name))?;
    write(REGISTRY, &registry)?;
    println!("wrote {file}\nwrote {test}\nregistered {name} in {REGISTRY}");
    println!(
        "next: cargo fmt; INSTA_UPDATE=always QONNX_LIT=emit/{name} cargo test -p qonnx-tools --test lit, and read the \
         snapshot; cargo xtask docs; QONNX_RATCHET=update make test-full adds the column of {name} to the table of golden \
         runs; docs/adding-a-backend.md has the steps from here to a backend that runs"
    );
    Ok(())
}

/// The registry with one more module and one more backend.
fn registered(text: &str, name: &str) -> Result<String, String> {
    let missing = |what: &str| format!("{REGISTRY} has no {what}");
    let start = text
        .find("pub const BACKENDS:")
        .ok_or_else(|| missing("'pub const BACKENDS:'"))?;
    let end = text[start..]
        .find("];")
        .ok_or_else(|| missing("'];' behind BACKENDS"))?;
    let (head, tail) = text.split_at(start + end);
    let head = head.trim_end();
    let comma = if head.ends_with(',') { "" } else { "," };
    let entry = format!("{comma} &{name}::{}", camel_case(name));
    let text = format!("{head}{entry}{tail}");
    // The order of modules is that of names.
    let line = format!("pub mod {name};");
    let mut lines: Vec<&str> = text.lines().collect();
    let modules = |other: &&str| other.starts_with("pub mod ");
    let at = lines
        .iter()
        .rposition(|other| modules(other) && **other < *line)
        .map(|at| at + 1)
        .or_else(|| lines.iter().position(modules))
        .ok_or_else(|| missing("'pub mod'"))?;
    lines.insert(at, &line);
    Ok(lines.join("\n") + "\n")
}

fn source(name: &str) -> String {
    include_str!("new_backend/backend.rs.txt")
        .replace("{name}", name)
        .replace("{Type}", &camel_case(name))
}

fn lit_test(name: &str) -> String {
    include_str!("new_backend/interface.mlir.txt").replace("{name}", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_registered_once_and_modules_stay_sorted() {
        let text = "pub mod hls;\npub mod llvm;\n\nuse a::b;\n\npub const BACKENDS: &[&dyn Backend] = &[&llvm::Cpu, &hls::Hls];\n";
        let changed = registered(text, "fpga_list").expect("the text has a registry");
        assert!(changed.starts_with("pub mod fpga_list;\npub mod hls;\npub mod llvm;\n\nuse"));
        assert!(changed.contains("&[&llvm::Cpu, &hls::Hls, &fpga_list::FpgaList];"));
        let changed = registered(text, "rtl").expect("the text has a registry");
        assert!(changed.contains("pub mod llvm;\npub mod rtl;\n"));
        let broken = text.replace(
            "&[&llvm::Cpu, &hls::Hls]",
            "&[\n    &llvm::Cpu,\n    &hls::Hls,\n]",
        );
        let changed = registered(&broken, "rtl").expect("the text has a registry");
        assert!(changed.contains("&hls::Hls, &rtl::Rtl];"));
        assert!(registered("pub mod a;\n", "rtl").is_err());
    }

    #[test]
    fn what_is_scaffolded_names_the_backend() {
        let source = source("fpga_list");
        assert!(source.contains("\nimpl Backend for FpgaList {") && !source.contains("{name}"));
        assert!(lit_test("fpga_list").contains("--target fpga_list "));
    }
}
