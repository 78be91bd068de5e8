//! Hostile texts stay what they are: text.

use super::*;
use std::ffi::OsStr;
use std::process::Command;

/// Texts that end comments, strings, lines or words, or that steer a terminal.
const HOSTILE: [&str; 26] = [
    "",
    "plain",
    "a\nb",
    "a\r\nb",
    "a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f",
    "*/ int x = 1; /*",
    "/",
    "*",
    "??/",
    "a ??/\nint x = 1;",
    "a\\",
    "a\\\n",
    "\" + system(\"true\") + \"",
    "'; touch canary; '",
    "$(touch canary)",
    "`touch canary`",
    "${IFS}&&touch canary",
    "[exec touch canary]",
    "}",
    "{",
    "a\0b",
    "\u{202e}gnp.exe",
    "\u{1b}]0;title\u{7}\u{1b}[2J",
    "\u{7f}\u{9b}2J",
    "größe 量子",
    "%s%n#include <x>",
];

fn all() -> impl Iterator<Item = Foreign> {
    let long = "??/\n*/".repeat(500);
    HOSTILE.into_iter().map(Foreign::from).chain([long.into()])
}

#[test]
fn what_is_shown_is_one_line_that_steers_nothing() {
    for text in all() {
        let shown = text.shown().to_string();
        let bad = |c: char| steers(c) || c == '\n' || c == '\t';
        assert!(!shown.chars().any(bad), "{text:?}: {shown}");
        assert!(shown.chars().count() < 2000, "{text:?}: {shown}");
    }
    assert_eq!(
        Foreign::from("a\nb\u{1b}").shown().to_string(),
        "a\\nb\\u{1b}"
    );
    assert_eq!(printable("a\nb\u{202e}"), "a\nb\\u{202e}");
}

#[test]
fn a_comment_is_not_left() {
    for text in all() {
        let comment = text.c_comment().to_string();
        assert!(
            comment.bytes().all(|b| (b' '..=b'~').contains(&b)),
            "{comment}"
        );
        for end in ["*/", "/*", "??", "\\\n"] {
            assert!(!format!("{comment}\n").contains(end), "{text:?}: {comment}");
        }
    }
    assert_eq!(
        Foreign::from("a*/b\n").c_comment().to_string(),
        "a*\\u{2f}b\\u{a}"
    );
}

/// The compiler itself says what a comment and a literal hold, in the strictest and the oldest reading.
#[test]
fn a_c_compiler_reads_literals_and_comments_as_meant() {
    let mut program = String::from("#include <stdio.h>\nint main(void) {\n");
    for text in all() {
        let (literal, comment) = (text.c_string(), text.c_comment());
        program += &format!(
            "    /*{comment}*/ //{comment}\n    fwrite({literal}, 1, sizeof({literal}) - 1, stdout); putchar(10);\n"
        );
    }
    program += "    return 0;\n}\n";
    let folder = std::env::temp_dir().join(format!("qonnx-text-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("writable");
    let source = folder.join("a.c");
    std::fs::write(&source, program).expect("writable");
    for standard in ["-std=c99", "-std=gnu17"] {
        let program = folder.join("a");
        let built = Command::new("cc")
            .args([standard, "-trigraphs", "-Werror=comment", "-o"])
            .args([&program, &source])
            .output()
            .expect("a C compiler");
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let ran = Command::new(&program).output().expect("just built");
        let expected: Vec<u8> = all()
            .flat_map(|text| [bounded(text.verbatim()).as_bytes(), b"\n"].concat())
            .collect();
        assert_eq!(ran.stdout, expected);
    }
    std::fs::remove_dir_all(&folder).expect("just made");
}

#[test]
fn identifiers_are_legal_short_and_readable() {
    for text in all() {
        let name = text.identifier("model");
        assert!(name.len() <= IDENTIFIER + 8, "{name}");
        assert!(
            name.starts_with(|c: char| c.is_ascii_alphabetic()),
            "{name}"
        );
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
            "{name}"
        );
    }
    for (text, expected) in [
        ("tfc_1w1a", "tfc_1w1a"),
        ("my model-v2.1", "my_model_v2_1"),
        ("2bit", "model_2bit"),
        ("__x__y_", "x_y"),
        ("größe", "gr_e"),
        ("/", "model"),
    ] {
        assert_eq!(Foreign::from(text).identifier("model"), expected);
    }
}

#[test]
fn a_shell_reads_words_as_meant() {
    use std::os::unix::ffi::OsStrExt;
    let texts = HOSTILE.into_iter().map(str::as_bytes);
    let odd: [&[u8]; 3] = [b"a\xffb", b"-rf", b"-\n"];
    for text in texts.chain(odd).filter(|text| !text.contains(&0)) {
        let word = shell_word(Path::new(OsStr::from_bytes(text)));
        assert!(!word.chars().any(|c| steers(c) || c == '\n'), "{word:?}");
        let output = Command::new("bash")
            .args(["-c", &format!("printf %s {word}")])
            .output()
            .expect("a shell");
        let expected = [
            if text.starts_with(b"-") {
                &b"./"[..]
            } else {
                b""
            },
            text,
        ]
        .concat();
        assert_eq!(output.stdout, expected, "{word}");
    }
}

#[test]
fn make_reads_values_as_meant() {
    let read = |value: &str| {
        let makefile = format!("V := {value}\nexport V\nall:\n\t@printf %s \"$$V\"\n");
        let mut make = Command::new("make")
            .args(["-sf", "-"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("make");
        let mut input = make.stdin.take().expect("piped");
        std::io::Write::write_all(&mut input, makefile.as_bytes()).expect("make reads");
        drop(input);
        make.wait_with_output().expect("make ends").stdout
    };
    let mut expressed = 0;
    for text in HOSTILE {
        if let Some(value) = make_value(Path::new(text)) {
            expressed += 1;
            assert_eq!(read(&value), text.as_bytes(), "{value}");
        }
    }
    assert!(expressed > 10, "{expressed}");
    assert_eq!(make_value(Path::new("a\nb")), None);
}

#[test]
fn json_is_ascii_and_reads_back() {
    for text in all() {
        let json = json(&text).expect("a string");
        assert!(json.bytes().all(|b| (b' '..=b'~').contains(&b)), "{json}");
        let back: String = serde_json::from_str(&json).expect("JSON");
        assert_eq!(text.verbatim(), back);
    }
}

#[test]
fn a_source_that_steers_a_terminal_is_refused() {
    for sound in [
        &b"module {\n\t// gr\xc3\xb6\xc3\x9fe\r\n}"[..],
        b"ML\xefR\x00\x1b\xff",
        b"",
    ] {
        assert_eq!(check_source(sound), Ok(()));
    }
    let message = |source: &[u8]| check_source(source).expect_err("it steers");
    assert!(message(b"a\nb\n\x1b[2J").starts_with("line 3 holds the character \\u{1b}"));
    assert!(message("\r\n\u{202e}".as_bytes()).starts_with("line 2 holds"));
    assert!(message(b"a\n\x9b2J").starts_with("line 2 holds the byte 0x9b"));
}

#[test]
fn paths_are_shown_whatever_their_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new(OsStr::from_bytes(b"a\xff/b\n\x1b"));
    assert_eq!(shown_path(path), "a\\xff/b\\n\\u{1b}");
}

#[test]
fn what_may_steer_is_told_from_what_does_not() {
    for source in [
        "module {}",
        r#"f "\22\0A\\1" loc("n"("f":3:0))"#,
        r#"{a = "x": 1 : i64}"#,
        "\\",
    ] {
        assert!(!may_steer(source.as_bytes()), "{source}");
    }
    for source in [
        r#"@"\1b[31m""#,
        r#""\E2\80\AE""#,
        r#"loc("f":1:1)"#,
        r#"loc("f" : 12: 10)"#,
        "loc(\"f\" // c\n : 0x1 : 10)",
        "ML\u{ef}R",
    ] {
        let bytes: Vec<u8> = source.chars().map(|letter| letter as u8).collect();
        assert!(may_steer(&bytes), "{source}");
    }
}
