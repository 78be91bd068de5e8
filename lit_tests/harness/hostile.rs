//! Names and options that try to become code: a model is a stranger's file.
//!
//! Every hostile text carries a command or a statement that would make a file. The emitted projects
//! are searched, built and run; afterwards there is no such file, and no output holds what steers a terminal.

#[path = "hostile/emitted.rs"]
mod emitted;
#[path = "hostile/texts.rs"]
mod texts;

use libtest_mimic::{Failed, Trial};
use prost::Message;
use qonnx_mlir::frontend::onnx::proto::{GraphProto, ModelProto, NodeProto};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::environment;
use crate::graphs::value;
use emitted::{fail, harmless, no_canary, no_code, success, without_comments_and_strings};
use texts::{CANARY, model, texts};

/// All trials.
pub fn trials() -> Vec<Trial> {
    let simulated = environment::has("ap_types") && environment::has("g++");
    vec![
        Trial::test("hostile/names_in_hls", names_in_hls).with_ignored_flag(!simulated),
        Trial::test("hostile/names_of_the_system", names_of_the_system)
            .with_ignored_flag(!simulated),
        Trial::test("hostile/names_in_c", names_in_c),
        Trial::test("hostile/names_on_terminals", names_on_terminals),
        Trial::test("hostile/file_names", file_names),
        Trial::test("hostile/options", options),
        Trial::test("hostile/modules", modules),
        Trial::test("hostile/sources", sources),
        Trial::test("hostile/same_names", same_names).with_ignored_flag(!simulated),
    ]
}

/// A folder with the model of all texts.
fn folder() -> Result<(tempfile::TempDir, PathBuf), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("model.onnx");
    fs::write(&file, model(&texts(), false))?;
    Ok((folder, file))
}

/// The HLS project of a model, in a folder; it was built, and has passed its own test bench.
fn simulated(file: &Path, folder: &Path) -> Result<PathBuf, Failed> {
    let project = folder.join("project");
    let compiled = environment::qonnxc()
        .arg("compile")
        .arg(file)
        .args(["--target", "hls", "-o"])
        .arg(&project)
        .output()?;
    success(&compiled)?;
    let simulated = Command::new("make")
        .arg("csim")
        .current_dir(&project)
        .output()?;
    let text = success(&simulated)?;
    if !text.contains(" 0 differences: passed") {
        return fail(text);
    }
    Ok(project)
}

fn names_in_hls() -> Result<(), Failed> {
    let (folder, file) = folder()?;
    let project = simulated(&file, folder.path())?;
    no_code(&project)?;
    // Neither does the name of the folder with the headers become anything.
    let headers = folder
        .path()
        .join("$(shell touch hostile_canary) `touch hostile_canary`");
    std::os::unix::fs::symlink(environment::root().join(".venv/ap_types"), &headers)?;
    for variable in ["HLS_AP_TYPES", "AP_TYPES"] {
        let again = Command::new("make")
            .args(["-B", "csim"])
            .env(variable, &headers)
            .current_dir(&project)
            .output()?;
        success(&again)?;
    }
    let verified = environment::qonnxc()
        .arg("verify")
        .arg(&file)
        .args(["--backends", "interp,int,cpu,hls", "--samples", "3"])
        .output()?;
    // Every quantizer is compared, whatever its name.
    let text = success(&verified)?;
    let count = (texts().len() + 1) * 4 * 3;
    let row = text
        .lines()
        .find(|line| line.starts_with("hls"))
        .unwrap_or("");
    if row.split_whitespace().nth(3) != Some(&count.to_string()) {
        return fail(format!("expected {count} integers on hls:\n{text}"));
    }
    no_canary(&[folder.path(), &environment::root()])
}

/// Words that C, C++, their headers or the emitted files use.
const SYSTEM: [&str; 44] = [
    "size",
    "time",
    "div",
    "ptrdiff",
    "float",
    "double",
    "int8",
    "int64",
    "error",
    "key",
    "id",
    "mode",
    "clock",
    "off",
    "locale",
    "max_align",
    "offsetof",
    "alloca",
    "strdupa",
    "assert_perror",
    "be16toh",
    "issubnormal",
    "math_errhandling",
    "pthread_cleanup_push",
    "qonnx_trace",
    "ap_private",
    "ap_bigint",
    "ap_int",
    "NULL",
    "EOF",
    "errno",
    "INT_MAX",
    "QONNX_TRACE",
    "printf",
    "network",
    "v1",
    "c0",
    "run",
    "main",
    "Floats",
    "Shape",
    "in",
    "x_in",
    "IN",
];

fn names_of_the_system() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("types.onnx");
    let names: Vec<String> = SYSTEM.iter().map(|&name| name.to_owned()).collect();
    fs::write(&file, model(&names, false))?;
    simulated(&file, folder.path()).map(|_| ())
}

fn names_in_c() -> Result<(), Failed> {
    let (folder, file) = folder()?;
    let project = folder.path().join("project");
    let compiled = environment::qonnxc()
        .arg("compile")
        .arg(&file)
        .args(["--target", "cpu", "--set", "emit=llvm,asm", "-o"])
        .arg(&project)
        .output()?;
    success(&compiled)?;
    no_code(&project)?;
    let run = |command: &str| {
        Command::new("sh")
            .args(["-c", command])
            .current_dir(&project)
            .output()
    };
    success(&run(
        "cc -std=c11 -trigraphs -Wall -Werror main.c model.o -lm -o main && ./main",
    )?)?;
    success(&run("cc -c model.s -o from_assembly.o")?)?;
    success(&run("clang-22 -x ir -c model.ll -o from_ir.o")?)?;
    no_canary(&[folder.path(), &environment::root()])?;
    portable(&file, folder.path())
}

/// The C of a model, under its own name and as the only source, compiles without a warning and runs.
fn portable(file: &Path, folder: &Path) -> Result<(), Failed> {
    let project = folder.join("portable");
    let compiled = environment::qonnxc()
        .arg("compile")
        .arg(file)
        .args(["--target", "c", "-o"])
        .arg(&project)
        .output()?;
    success(&compiled)?;
    no_code(&project)?;
    let command =
        "cc -std=c99 -trigraphs -Wall -Wextra -Wpedantic -Werror *.c -lm -o main && ./main";
    let built = Command::new("sh")
        .args(["-c", command])
        .current_dir(&project)
        .output()?;
    success(&built)?;
    no_canary(&[folder, &environment::root()])
}

fn names_on_terminals() -> Result<(), Failed> {
    let (folder, file) = folder()?;
    for command in [
        &["report"][..],
        &["report", "--json"],
        &["cleanup"],
        &["verify", "--samples", "2"],
        &["verify", "--samples", "2", "--json"],
    ] {
        let output = environment::qonnxc().args(command).arg(&file).output()?;
        let text = success(&output)?;
        if command.contains(&"--json") && !text.is_ascii() {
            return fail("JSON is not ASCII");
        }
    }
    for (_, tool) in &environment::TOOLS[..2] {
        let flag = if tool.ends_with("opt") {
            "--lower-to-int"
        } else {
            "--import-onnx"
        };
        success(&Command::new(tool).arg(flag).arg(&file).output()?)?;
    }
    // And names in messages about faults: each text is the name of an operator, of a tensor and of a node.
    for text in texts() {
        let node = NodeProto {
            name: text.clone(),
            op_type: text.clone(),
            input: vec![text.clone()],
            output: vec![format!("{text}y")],
            domain: text.clone(),
            ..NodeProto::default()
        };
        let graph = GraphProto {
            node: vec![node],
            input: vec![value(&text, &[1, -4]), value(&text, &[1])],
            output: vec![value(&text, &[1])],
            ..GraphProto::default()
        };
        let model = ModelProto {
            ir_version: 8,
            graph: Some(graph),
            ..ModelProto::default()
        };
        let broken = folder.path().join("broken.onnx");
        fs::write(&broken, model.encode_to_vec())?;
        for (_, tool) in &environment::TOOLS[..3] {
            let first = match Path::new(tool).file_name().and_then(OsStr::to_str) {
                Some("qonnx-opt") => "--qonnx-cleanup",
                Some("qonnx-translate") => "--import-onnx",
                _ => "report",
            };
            let output = Command::new(tool).arg(first).arg(&broken).output()?;
            harmless(&output)?;
            if output.status.code() != Some(1) {
                return fail(format!("{tool} ends with {} on {text:?}", output.status));
            }
        }
    }
    no_canary(&[folder.path(), &environment::root()])
}

/// The texts as names of the model's file and of the output folder; the printed command is run as it is printed.
fn file_names() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let sound = environment::root().join("examples/wine_mlp.onnx");
    let texts = texts();
    let odd = [
        &b"a\xff\xfeb"[..],
        b"types",
        b"trace",
        b"int",
        b"main",
        b"NULL",
    ];
    let names = texts.iter().map(|text| text.as_bytes()).chain(odd);
    let legal = |name: &&[u8]| name.len() < 200 && !name.contains(&0) && !name.contains(&b'/');
    for (at, name) in names.filter(legal).enumerate() {
        let own = folder.path().join(at.to_string());
        fs::create_dir(&own)?;
        let file = own.join(OsStr::from_bytes(&[name, b".onnx"].concat()));
        fs::copy(&sound, &file)?;
        // A name of one component is given as it is typed, an option aside.
        let output = Path::new(OsStr::from_bytes(name));
        let output = if name.starts_with(b"-") {
            Path::new(".").join(output)
        } else {
            output.into()
        };
        let compiled = Command::new(environment::TOOLS[2].1)
            .arg("compile")
            .arg(&file)
            .args(["--target", "cpu", "-o"])
            .arg(&output)
            .current_dir(&own)
            .output()?;
        let text = success(&compiled)?;
        no_code(&own.join(&output))?;
        let Some((_, command)) = text.split_once("build and run it with: ") else {
            return fail(format!("no command is printed:\n{text}"));
        };
        let ran = Command::new("bash")
            .args(["-c", command])
            .current_dir(&own)
            .output()?;
        success(&ran)?;
        if !own.join(&output).join("main").exists() {
            return fail(format!("'{command}' did not build in {}", output.display()));
        }
        no_canary(&[&own])?;
    }
    Ok(())
}

/// The texts as values and names of options: refused, and what is refused does not steer the terminal.
fn options() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("out");
    for text in texts().iter().filter(|text| !text.contains('\0')) {
        for (target, set) in [
            ("hls", format!("part={text}")),
            ("hls", format!("part=xc7z020{text}")),
            ("hls", format!("clock={text}")),
            ("hls", format!("clock=5{text}")),
            ("hls", format!("{text}=5")),
            ("cpu", format!("cpu={text}")),
            ("cpu", format!("features={text}")),
            ("cpu", format!("features=+{text}\u{1b}[31m")),
            ("cpu", "features=+help".to_owned()),
            ("cpu", format!("emit={text}")),
            ("cpu", format!("opt-level={text}")),
        ] {
            let result = environment::qonnxc()
                .args([
                    "compile",
                    "examples/wine_mlp.onnx",
                    "--target",
                    target,
                    "-o",
                ])
                .arg(&output)
                .args(["--set", &set])
                .output()?;
            harmless(&result)?;
            // A text may be a legal end of a part's name.
            if !matches!(result.status.code(), Some(1 | 2)) && !set.ends_with("-rf") {
                return fail(format!(
                    "--set {set:?} on {target} ends with {}",
                    result.status
                ));
            }
            if output.exists() {
                no_code(&output)?;
                fs::remove_dir_all(&output)?;
            }
        }
        for arguments in [
            ["verify", "examples/wine_mlp.onnx", "--backends", text],
            ["verify", "examples/wine_mlp.onnx", "--input-type", text],
            ["report", text, "--symbolic", "1"],
            [text, text, text, text],
        ] {
            let result = environment::qonnxc().args(arguments).output()?;
            harmless(&result)?;
            if result.status.success() {
                return fail(format!("{arguments:?} succeeds"));
            }
        }
    }
    no_canary(&[folder.path(), &environment::root()])
}

/// The texts in modules as MLIR text: what is no identifier where C++ needs one is refused.
fn modules() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("module.mlir");
    let module = |name: &str, part: usize| {
        let quoted = format!(
            "\"{}\"",
            name.bytes()
                .map(|b| format!("\\{b:02X}"))
                .collect::<String>()
        );
        let pick = |own: usize, plain: &str| {
            if own == part {
                quoted.clone()
            } else {
                format!("\"{plain}\"")
            }
        };
        format!(
            r#"hls.typedef @{} = si4 {{comment = {}}}
hls.constant_array @{} = dense<1> : tensor<2xi8> {{comment = {}}}
hls.func @{} attributes {{names = [{}], types = [{}], inputs = array<i64: 0>, top = true,
    cost = array<i64: 0, 0, 0, 0, 0, 0>, comment = {}}} {{
^bb0(%a: memref<2xsi4>):
  hls.pragma {} {{options = {}}}
  %v = hls.variable {} {{type = {}}} : memref<2xsi4>
  hls.call @{}(%a) : memref<2xsi4>
  hls.trace %a as {} {{extents = array<i64>, strides = array<i64>}} : memref<2xsi4>
  hls.for {} attributes {{counter = {}, extent = 1 : i64}} {{
  ^bb0(%i: index):
  }}
}}
"#,
            pick(0, "t"),
            pick(1, "x"),
            pick(2, "c"),
            pick(3, "x"),
            pick(4, "f"),
            pick(5, "a"),
            pick(6, "t"),
            pick(7, "x"),
            pick(8, "PIPELINE"),
            pick(9, "II=1"),
            pick(10, "v"),
            pick(11, "t"),
            pick(12, "f"),
            pick(13, "x"),
            pick(14, "l"),
            pick(15, "i"),
        )
    };
    let translate = |text: &str| -> Result<Output, Failed> {
        fs::write(&file, text)?;
        Ok(Command::new(environment::TOOLS[1].1)
            .arg("--mlir-to-hls")
            .arg(&file)
            .output()?)
    };
    success(&translate(&module("", 16))?)?;
    // Identifiers that the module does not declare would be the system's.
    let sound = module("", 16);
    for (own, other) in [
        ("hls.call @\"f\"", "hls.call @\"exit\""),
        ("types = [\"t\"]", "types = [\"return\"]"),
        ("{type = \"t\"}", "{type = \"FILE\"}"),
    ] {
        let other = sound.replace(own, other);
        if other == sound || translate(&other)?.status.code() != Some(1) {
            return fail(format!("{other} is printed"));
        }
    }
    // What LLVM prints as it is.
    for name in ["target_triple", "data_layout"] {
        let text = format!(
            "module attributes {{llvm.{name} = \"x\\22\\0Adeclare void @hostile_canary()\\0A;\\1B[31m\"}} {{}}"
        );
        fs::write(&file, text)?;
        let output = Command::new(environment::TOOLS[1].1)
            .arg("--mlir-to-llvmir")
            .arg(&file)
            .output()?;
        harmless(&output)?;
        if output.status.code() != Some(1) || !output.stdout.is_empty() {
            return fail(format!("{name}: {}", output.status));
        }
    }
    let comments = [1, 3, 7, 13];
    for text in texts() {
        for part in 0..16 {
            let result = translate(&module(&text, part))?;
            harmless(&result)?;
            let printed = String::from_utf8_lossy(&result.stdout);
            let code = without_comments_and_strings(&printed);
            if code.contains(CANARY) || code.contains("passwd") {
                return fail(format!("{text:?} at place {part} is code:\n{printed}"));
            }
            // Letters and dashes are legal options of a pragma.
            let legal = comments.contains(&part) || (part, text.as_str()) == (9, "-rf");
            if legal != result.status.success() {
                let errors = String::from_utf8_lossy(&result.stderr);
                return fail(format!(
                    "{text:?} at place {part}: {}\n{errors}",
                    result.status
                ));
            }
        }
    }
    Ok(())
}

/// The texts in lines of a module that MLIR complains about, and shows.
fn sources() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("module.mlir");
    for text in texts() {
        fs::write(&file, format!("module {{ frobnicate }} // {text}\n"))?;
        for arguments in [
            &["qonnx-opt", "--canonicalize"][..],
            &["qonnx-opt", "--canonicalize", "-o", "out.mlir"],
            &["qonnx-translate", "--mlir-to-hls"],
            &["qonnxc", "report"],
        ] {
            let tool = environment::TOOLS
                .iter()
                .find(|(name, _)| *name == arguments[0]);
            let (_, tool) = tool.ok_or("no such tool")?;
            let output = Command::new(tool)
                .args(&arguments[1..])
                .arg(&file)
                .current_dir(folder.path())
                .output()?;
            harmless(&output)?;
            if output.status.code() != Some(1) {
                return fail(format!("{arguments:?} ends with {}", output.status));
            }
        }
    }
    let flag = Command::new(environment::TOOLS[0].1)
        .arg("--x\u{1b}[31m")
        .output()?;
    harmless(&flag)?;
    if flag.status.code() != Some(2) {
        return fail(format!("an unknown flag ends with {}", flag.status));
    }
    no_canary(&[folder.path()])
}

/// All nodes have one name, or none; every quantizer is compared with its own counterpart.
fn same_names() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for name in ["same", "MatMul_2", ""] {
        let file = folder.path().join("model.onnx");
        let mut texts: Vec<String> = (0..4).map(|at| format!("t{at}")).collect();
        texts[0] = name.to_owned();
        fs::write(&file, model(&texts, true))?;
        let verified = environment::qonnxc()
            .arg("verify")
            .arg(&file)
            .args(["--backends", "interp,int,cpu,hls", "--samples", "5"])
            .output()?;
        let text = success(&verified)?;
        let count = (5 * 4 * 5).to_string();
        for backend in ["int", "hls"] {
            let row = text
                .lines()
                .find(|line| line.starts_with(backend))
                .unwrap_or("");
            if row.split_whitespace().nth(3) != Some(&count) {
                return fail(format!("expected {count} integers on {backend}:\n{text}"));
            }
        }
    }
    Ok(())
}
