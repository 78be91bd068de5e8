//! Whether what was emitted or printed holds anything that a text made of itself.

use libtest_mimic::Failed;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::texts::CANARY;

/// A failed trial.
pub fn fail<T>(message: impl Into<String>) -> Result<T, Failed> {
    Err(Failed::from(message.into()))
}

/// Fails unless the command succeeded and printed nothing that steers a terminal.
pub fn success(output: &Output) -> Result<String, Failed> {
    harmless(output)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        fail(format!(
            "{}: {text}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// Fails if a command printed what steers a terminal.
pub fn harmless(output: &Output) -> Result<(), Failed> {
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        harmless_text(&text)?;
    }
    Ok(())
}

fn harmless_text(text: &str) -> Result<(), Failed> {
    let steers = |letter: &char| {
        letter.is_control() && !"\n\t".contains(*letter)
            || ('\u{202a}'..='\u{202e}').contains(letter)
            || ('\u{2066}'..='\u{2069}').contains(letter)
            || ('\u{2028}'..='\u{2029}').contains(letter)
            || ('\u{e0000}'..='\u{e007f}').contains(letter)
    };
    match text
        .lines()
        .find(|line| line.chars().any(|letter| steers(&letter)))
    {
        None => Ok(()),
        Some(line) => fail(format!(
            "a line steers the terminal: {}",
            line.escape_debug()
        )),
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Fails if a text was executed somewhere below the folders.
pub fn no_canary(folders: &[&Path]) -> Result<(), Failed> {
    for folder in folders {
        if let Some(found) = files(folder)?.iter().find(|file| file.ends_with(CANARY)) {
            return fail(format!("{} was made: a text became code", found.display()));
        }
    }
    Ok(())
}

/// Fails if a word of the hostile texts stands in an emitted text outside of comments and string literals.
pub fn no_code(folder: &Path) -> Result<(), Failed> {
    for file in files(folder)? {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let place = file.display();
        harmless_text(&text).map_err(|error| {
            Failed::from(format!("{place}: {}", error.message().unwrap_or_default()))
        })?;
        let extension = file.extension().and_then(OsStr::to_str).unwrap_or("");
        let code = match extension {
            "c" | "cpp" | "h" => without_comments_and_strings(&text),
            // What people read, and numbers.
            "txt" | "dat" => continue,
            // LLVM quotes and escapes names itself; its compiler reads them below.
            "ll" | "s" => continue,
            _ => text,
        };
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let tokens = code.split(|letter| !word(letter));
        if let Some(token) = tokens
            .into_iter()
            .find(|token| ["system", "exec", "touch", "shell", "alert", CANARY].contains(token))
        {
            return fail(format!(
                "{place}: '{token}' stands outside of comments and strings"
            ));
        }
    }
    Ok(())
}

/// C as the compiler sees it: trigraphs and continued lines first, then comments and literals.
pub fn without_comments_and_strings(text: &str) -> String {
    let text = text
        .replace("??/", "\\")
        .replace("\\\r\n", "")
        .replace("\\\n", "");
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.match_indices("*/")
                .map(|(at, _)| at)
                .find(|&at| at > 1)
                .map(|at| at + 2)
        } else if first == '"' || first == '\'' {
            let mut escaped = false;
            rest[1..]
                .find(|letter| {
                    let ends = letter == first && !escaped;
                    escaped = letter == '\\' && !escaped;
                    ends
                })
                .map(|at| at + 2)
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    code
}
