//! The rules about output folders; see `outputs.rs`.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use crate::outputs::{CLEANUP, COMPILE, Rule, pipe};
use crate::sandbox::{Sandbox, Step, Who, expect, is_root};

/// All of them.
pub const RULES: [Rule; 8] = [
    ("folder_new", folder_new),
    ("folder_own", folder_own),
    ("folder_foreign", folder_foreign),
    ("folder_forced", folder_forced),
    ("folder_protected", folder_protected),
    ("folder_never_of_a_file", folder_never_of_a_file),
    ("folder_of_a_stranger", folder_of_a_stranger),
    ("folder_interrupted", folder_interrupted),
];

/// A new folder, and those above it, appear at once or not at all.
fn folder_new(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.succeeds(&format!("{COMPILE} a/b/c"))?;
    let files = [".qonnx-mlir", "libmodel.so", "main.c", "model.h", "model.o"];
    expect(
        sandbox.list("a/b/c") == files,
        format!("{:?}", sandbox.list("a/b/c")),
    )?;
    expect(
        sandbox.list("a") == ["b"] && sandbox.list("a/b") == ["c"],
        "something is beside",
    )?;
    sandbox.fails(
        &format!("env CC=false {COMPILE} d/e"),
        &["false: cannot link"],
    )?;
    expect(
        !sandbox.path("d").exists(),
        "the folder of a run that failed",
    )?;
    sandbox.fails(
        &format!("{COMPILE} model.onnx/x"),
        &["error: model.onnx/x: "],
    )?;
    sandbox.make("empty")?;
    sandbox.succeeds(&format!("{COMPILE} empty"))?;
    sandbox.make("here")?;
    let here = sandbox
        .command("qonnxc")
        .args(["compile", "../model.onnx", "--target", "cpu", "-o", "."])
        .current_dir(sandbox.path("here"))
        .output()?;
    expect(
        here.status.success() && sandbox.list("here") == files,
        format!("{here:?}"),
    )
}

/// In a folder of the tool's, its files are replaced and removed, and everything else stays.
fn folder_own(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.succeeds(&format!("{COMPILE} out --set emit=llvm,asm"))?;
    let (header, ir) = (sandbox.read("out/model.h"), sandbox.read("out/model.ll"));
    sandbox.file("out/model.h", "edited")?;
    sandbox.file("out/model.s", "edited")?;
    sandbox.file("out/notes", "mine")?;
    sandbox.make("out/build")?;
    let before = fs::metadata(sandbox.path("out"))?.ino();
    sandbox.succeeds(&format!("{COMPILE} out"))?;
    expect(
        sandbox.read("out/model.h") == header,
        "a file of the tool's was not replaced",
    )?;
    expect(
        !ir.is_empty() && !sandbox.path("out/model.ll").exists(),
        "model.ll was not removed",
    )?;
    expect(
        sandbox.read("out/model.s") == b"edited",
        "an edited file that is not made any more was removed",
    )?;
    expect(
        sandbox.read("out/notes") == b"mine" && sandbox.path("out/build").is_dir(),
        "the user's files",
    )?;
    expect(
        fs::metadata(sandbox.path("out"))?.ino() == before,
        "the folder is another one",
    )?;
    // What comes into the way later is not the tool's.
    sandbox.file("out/model.ll", "mine")?;
    let listing = sandbox.list("out");
    sandbox.fails(
        &format!("{COMPILE} out --set emit=llvm"),
        &[
            "error: out: 'model.ll' is there and is not this tool's",
            "--force",
        ],
    )?;
    expect(
        sandbox.read("out/model.ll") == b"mine" && sandbox.list("out") == listing,
        "something changed",
    )?;
    // Another target: folders that become empty go, others stay.
    sandbox.succeeds("qonnxc compile model.onnx --target hls -o out")?;
    sandbox.file("out/host/notes", "mine")?;
    sandbox.succeeds(&format!("{COMPILE} out --force"))?;
    expect(
        sandbox.list("out/host") == ["notes"],
        format!("{:?}", sandbox.list("out/host")),
    )?;
    expect(
        !sandbox.path("out/firmware").exists(),
        "an empty folder is left",
    )?;
    // The list is one that another tool can check.
    let check = sandbox
        .command("sha256sum")
        .args(["--check", ".qonnx-mlir"])
        .current_dir(sandbox.path("out"))
        .output()?;
    expect(check.status.success(), format!("{check:?}"))
}

/// In a folder with other files nothing is written.
fn folder_foreign(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.make("docs")?;
    sandbox.file("docs/thesis", "mine")?;
    for name in ["docs", "docs/", "./docs", "home"] {
        sandbox.fails(
            &format!("{COMPILE} {name}"),
            &[
                &format!("error: {name}: has files that are not this tool's"),
                "--force",
            ],
        )?;
    }
    expect(sandbox.list("docs") == ["thesis"], "something was written")?;
    expect(
        sandbox.read("docs/thesis") == b"mine",
        "the file has changed",
    )
}

/// With `--force` files of the same names are replaced, and everything else stays.
fn folder_forced(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.make("docs")?;
    sandbox.file("docs/thesis", "mine")?;
    sandbox.file("docs/main.c", "old")?;
    sandbox.make("docs/model.h")?;
    sandbox.fails(
        &format!("{COMPILE} docs --force"),
        &["error: docs/model.h: is a folder"],
    )?;
    fs::remove_dir(sandbox.path("docs/model.h"))?;
    symlink("thesis", sandbox.path("docs/model.h"))?;
    sandbox.fails(
        &format!("{COMPILE} docs --force"),
        &["error: docs/model.h: is a symbolic link"],
    )?;
    expect(
        sandbox.list("docs") == ["main.c", "model.h", "thesis"],
        "something was written",
    )?;
    fs::remove_file(sandbox.path("docs/model.h"))?;
    sandbox.succeeds(&format!("{COMPILE} docs --force"))?;
    expect(sandbox.read("docs/thesis") == b"mine", "the user's file")?;
    expect(
        sandbox.read("docs/main.c") != b"old",
        "main.c was not replaced",
    )?;
    sandbox.succeeds(&format!("{COMPILE} docs")).map(drop)
}

/// Not even `--force` writes into the root, home or current folder, or one above, by whatever name.
fn folder_protected(sandbox: &Sandbox, who: Who) -> Step {
    symlink("home", sandbox.path("link"))?;
    symlink(".", sandbox.path("self"))?;
    let above = sandbox.path("..").display().to_string();
    for (name, what) in [
        ("home", "is the home folder"),
        ("./home/", "is the home folder"),
        ("link", "is the home folder"),
        (".", "is the current folder"),
        ("self", "is the current folder"),
        ("home/..", "is the current folder"),
        (above.as_str(), "is a folder above the home folder"),
    ] {
        sandbox.fails(
            &format!("{COMPILE} {name} --force"),
            &[&format!("error: {name}: {what}")],
        )?;
    }
    if who == Who::User {
        sandbox.fails(
            &format!("{COMPILE} / --force"),
            &["error: /: is the root folder"],
        )?;
    }
    expect(sandbox.list("home") == ["notes"], "something was written")
}

/// A file, a device or a pipe never becomes a folder.
fn folder_never_of_a_file(sandbox: &Sandbox, _: Who) -> Step {
    let model = sandbox.read("model.onnx");
    sandbox.file("file", "mine")?;
    symlink("file", sandbox.path("link"))?;
    pipe(sandbox)?;
    let mut names = vec!["file", "link", "model.onnx", "pipe", "-", "/proc/self/fd/1"];
    if is_root() && sandbox.device("null", 3)? {
        names.push("null");
    }
    for name in names {
        for force in ["", " --force"] {
            sandbox.fails(
                &format!("{COMPILE} {name}{force}"),
                &[&format!("error: {name}: is a ")],
            )?;
        }
    }
    expect(
        sandbox.read("file") == b"mine" && sandbox.read("model.onnx") == model,
        "a file has changed",
    )
}

/// The list in a folder may be a stranger's: it does not lead out.
fn folder_of_a_stranger(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.file("victim", "mine")?;
    sandbox.make("elsewhere")?;
    sandbox.file("elsewhere/victim", "mine")?;
    sandbox.file("elsewhere/wine_mlp.h", "mine")?;
    // The sum of "mine": the tool would remove what it has written itself.
    let sum = sandbox.succeeds("sha256sum victim")?;
    let sum = sum.split(' ').next().unwrap_or_default().to_owned();
    let absolute = sandbox.path("victim").display().to_string();
    for listed in ["../victim", "a/../../victim", &absolute, ".", ".."] {
        sandbox.make("out")?;
        sandbox.file(
            "out/.qonnx-mlir",
            format!("# qonnx-mlir output, format 1\n{sum}  {listed}\n"),
        )?;
        sandbox.fails(
            &format!("{COMPILE} out"),
            &["error: out: has a '.qonnx-mlir' that is not this tool's (line 2: "],
        )?;
        fs::remove_dir_all(sandbox.path("out"))?;
    }
    // A link on the way, to what is removed and to what is written.
    sandbox.make("out")?;
    sandbox.file(
        "out/.qonnx-mlir",
        format!("# qonnx-mlir output, format 1\n{sum}  link/victim\n{sum}  victim\n"),
    )?;
    symlink("../elsewhere", sandbox.path("out/link"))?;
    symlink("../elsewhere/victim", sandbox.path("out/victim"))?;
    sandbox.succeeds(&format!("{COMPILE} out"))?;
    symlink("../elsewhere", sandbox.path("out/firmware"))?;
    sandbox.fails(
        "qonnxc compile model.onnx --target hls -o out --force",
        &["error: out/firmware/", "no folder"],
    )?;
    let mine = ["victim", "elsewhere/victim", "elsewhere/wine_mlp.h"];
    expect(
        mine.iter().all(|name| sandbox.read(name) == b"mine"),
        "a file elsewhere has changed",
    )?;
    expect(
        sandbox.list("elsewhere").len() == 2,
        "something was written elsewhere",
    )?;
    // The list itself may be a link.
    sandbox.make("trap")?;
    symlink("../victim", sandbox.path("trap/.qonnx-mlir"))?;
    sandbox.fails(
        &format!("{COMPILE} trap"),
        &["error: trap: has a '.qonnx-mlir' that is not this tool's"],
    )?;
    expect(sandbox.read("victim") == b"mine", "the victim has changed")
}

/// What a killed run has left, the next one repairs and removes.
fn folder_interrupted(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.succeeds(&format!("{COMPILE} whole"))?;
    sandbox.succeeds(&format!("{COMPILE} out --set emit=llvm"))?;
    // As if killed between two files: the list of both runs, one file missing, one not replaced yet, the rest on its way.
    let list = String::from_utf8_lossy(&sandbox.read("out/.qonnx-mlir")).replacen(
        '\n',
        "\n# unfinished\n",
        1,
    );
    sandbox.file("out/.qonnx-mlir", list)?;
    fs::remove_file(sandbox.path("out/main.c"))?;
    sandbox.file("out/model.h", "half")?;
    for folder in ["", "out/"] {
        let name = format!("{folder}.qonnx-mlir-0123456789abcdef");
        sandbox.make(&name)?;
        sandbox.file(&format!("{name}/0"), "left")?;
        sandbox.file(&format!("{folder}.qonnx-mlir-fedcba9876543210"), "left")?;
        sandbox.file(&format!("{folder}.qonnx-mlir-notes"), "mine")?;
    }
    sandbox.succeeds(&format!("{COMPILE} out"))?;
    let mut files = sandbox.list("whole");
    for file in &files {
        let name = [format!("whole/{file}"), format!("out/{file}")].map(|name| sandbox.read(&name));
        expect(name[0] == name[1], format!("{file} is not whole"))?;
    }
    files.push(".qonnx-mlir-notes".to_owned());
    files.sort();
    expect(
        sandbox.list("out") == files,
        format!("{:?}", sandbox.list("out")),
    )?;
    sandbox.succeeds(&format!("{CLEANUP} m.mlir"))?;
    let left = sandbox
        .list("")
        .into_iter()
        .filter(|name| name.starts_with(".qonnx"));
    expect(
        left.eq([".qonnx-mlir-notes"]),
        format!("{:?}", sandbox.list("")),
    )
}
