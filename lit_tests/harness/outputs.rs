//! The rules about outputs, one trial for each, as root and as a user without rights: the tools are run on scratch
//! devices, pipes, links and files. Those about folders are in `output_folders.rs`.

use libtest_mimic::Trial;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, chown, symlink};
use std::process::Command;

use crate::output_folders;
use crate::sandbox::{Sandbox, Step, Who, expect, fail, is_root};

/// The commands that write a file, as far as `-o`.
const FILES: [(&str, &str); 5] = [
    ("mlir", "qonnxc cleanup model.onnx -o"),
    ("npz", "qonnxc run model.onnx --inputs inputs.npz -o"),
    ("mlir", "qonnx-translate --import-onnx model.onnx -o"),
    ("mlir", "qonnx-opt model.onnx --qonnx-cleanup -o"),
    ("ll", "qonnx-translate --mlir-to-llvmir twice.mlir -o"),
];
/// Likewise, one of them.
pub const CLEANUP: &str = FILES[0].1;
/// Likewise, for a folder.
pub const COMPILE: &str = "qonnxc compile model.onnx --target cpu -o";
const TWICE: &str = "llvm.func @twice(%x: i32) -> i32 {\n  llvm.return %x : i32\n}\n";

/// A rule and how it is tested.
pub type Rule = (&'static str, fn(&Sandbox, Who) -> Step);

const RULES: [Rule; 12] = [
    ("devices", devices),
    ("pipes", pipes),
    ("standard_output", standard_output),
    ("links", links),
    ("permissions", permissions),
    ("write_protected", write_protected),
    ("no_folder", no_folder),
    ("inputs", inputs),
    ("weights", weights),
    ("formats", formats),
    ("opt_spellings", opt_spellings),
    ("names", names),
];

/// All trials.
pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for who in [Who::Root, Who::User] {
        let possible = who.possible();
        for (name, rule) in RULES.into_iter().chain(output_folders::RULES) {
            let run = move || {
                let sandbox = Sandbox::new(who)?;
                sandbox.file("twice.mlir", TWICE)?;
                rule(&sandbox, who)?;
                let left = sandbox.list("tmp");
                expect(left.is_empty(), format!("left in TMPDIR: {left:?}"))
            };
            let trial = Trial::test(format!("outputs/{name} {}", who.name()), run);
            trials.push(trial.with_ignored_flag(!possible));
        }
    }
    trials
}

/// Devices are written through, and stay what they are.
fn devices(sandbox: &Sandbox, _: Who) -> Step {
    if !is_root() || !sandbox.device("null", 3)? || !sandbox.device("full", 7)? {
        eprintln!("no devices can be made here");
        return Ok(());
    }
    let before = fs::metadata(sandbox.path("null"))?.ino();
    for (_, command) in FILES {
        sandbox.succeeds(&format!("{command} null"))?;
        sandbox.fails(
            &format!("{command} full"),
            &["error: full: cannot be written: No space"],
        )?;
        let device = fs::symlink_metadata(sandbox.path("null"))?;
        let same = device.file_type().is_char_device() && device.ino() == before;
        expect(same, format!("{command} has replaced the device"))?;
    }
    // A disk is not something to write a model to.
    let disk = Command::new("mknod")
        .arg(sandbox.path("disk"))
        .args(["b", "7", "9999"])
        .status()?;
    if disk.success() {
        sandbox.fails(
            &format!("{CLEANUP} disk --force"),
            &["error: disk: is a block device"],
        )?;
    }
    Ok(())
}

/// Makes a named pipe.
pub fn pipe(sandbox: &Sandbox) -> Step {
    let made = Command::new("mkfifo")
        .args(["-m", "666"])
        .arg(sandbox.path("pipe"))
        .status()?;
    expect(made.success(), "mkfifo failed")
}

/// Named pipes are written through, also if their reader wants the beginning only.
fn pipes(sandbox: &Sandbox, _: Who) -> Step {
    pipe(sandbox)?;
    for (extension, command) in FILES {
        let reader = sandbox.reader(None)?;
        sandbox.succeeds(&format!("{command} pipe"))?;
        let read = reader.output()?;
        sandbox.succeeds(&format!("{command} file.{extension}"))?;
        let file = sandbox.read(&format!("file.{extension}"));
        expect(
            !read.is_empty() && read == file,
            format!("{command}: the pipe got other bytes"),
        )?;
        let kind = fs::symlink_metadata(sandbox.path("pipe"))?.file_type();
        expect(kind.is_fifo(), format!("{command} has replaced the pipe"))?;
    }
    let reader = sandbox.reader(Some(1))?;
    sandbox.succeeds(&format!("{CLEANUP} pipe"))?;
    expect(reader.output()?.len() == 1, "the reader wants one byte")
}

/// Standard output is written through, by whatever name, behind what is there already.
fn standard_output(sandbox: &Sandbox, who: Who) -> Step {
    for (extension, command) in FILES {
        sandbox.succeeds(&format!("{command} file.{extension}"))?;
        let file = sandbox.read(&format!("file.{extension}"));
        // Root could replace this link where the rule is broken.
        let link = (who == Who::User).then_some("/dev/stdout");
        for name in ["-", "/dev/fd/1", "/proc/self/fd/1"]
            .into_iter()
            .chain(link)
        {
            let line = format!("{{ echo before; {command} {name}; echo after; }} > log");
            let output = sandbox.command("sh").args(["-c", &line]).output()?;
            let expected = [&b"before\n"[..], &file, b"after\n"].concat();
            expect(
                sandbox.read("log") == expected,
                format!("{line}: {}", String::from_utf8_lossy(&output.stderr)),
            )?;
            let piped = sandbox.run(&format!("{command} {name}"))?.stdout;
            expect(
                piped == file,
                format!("{command} {name}: other bytes through a pipe"),
            )?;
        }
    }
    // Any other open file has a name of its own.
    let line = format!("exec 7> seven; {CLEANUP} /dev/fd/7");
    let output = sandbox.command("sh").args(["-c", &line]).output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    expect(
        errors.contains("/dev/fd/7: is a file that a process has open"),
        errors,
    )?;
    expect(
        sandbox
            .succeeds("qonnxc compile model.onnx --target cpu -o -")
            .is_err(),
        "a folder on standard output",
    )
}

/// Symbolic links are followed and stay links.
fn links(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.make("far")?;
    sandbox.file("far/target", "old")?;
    let links = [
        ("far/link.mlir", "target"),
        ("near.mlir", "far/link.mlir"),
        ("new.mlir", "far/new"),
    ];
    for (link, target) in links {
        symlink(target, sandbox.path(link))?;
    }
    sandbox.succeeds(&format!("{CLEANUP} plain.mlir"))?;
    let plain = sandbox.read("plain.mlir");
    for (link, target) in [("near.mlir", "far/target"), ("new.mlir", "far/new")] {
        sandbox.succeeds(&format!("{CLEANUP} {link}"))?;
        expect(
            sandbox.read(target) == plain,
            format!("{target} has not been written"),
        )?;
        expect(
            sandbox.path(link).is_symlink(),
            format!("{link} is no link any more"),
        )?;
    }
    symlink("round.mlir", sandbox.path("round.mlir"))?;
    symlink("nowhere/x", sandbox.path("lost.mlir"))?;
    symlink("far", sandbox.path("folder.mlir"))?;
    sandbox.fails(
        &format!("{CLEANUP} round.mlir"),
        &["error: round.mlir: ", "symbolic links"],
    )?;
    sandbox.fails(
        &format!("{CLEANUP} lost.mlir"),
        &["error: lost.mlir: ", "nowhere", "No such file"],
    )?;
    sandbox.fails(
        &format!("{CLEANUP} folder.mlir"),
        &["error: folder.mlir: is a folder"],
    )?;
    // Of folders likewise: the link to a new one leads there, too.
    symlink("made", sandbox.path("later"))?;
    sandbox.succeeds(&format!("{COMPILE} later"))?;
    expect(
        sandbox.path("later").is_symlink() && sandbox.path("made/model.o").exists(),
        "made is missing",
    )
}

/// A new file has the permissions of any new file, an existing one keeps its own, and its owner.
fn permissions(sandbox: &Sandbox, who: Who) -> Step {
    let mode = |name: &str| -> Step<u32> { Ok(fs::metadata(sandbox.path(name))?.mode() & 0o7777) };
    for (at, (extension, command)) in FILES.iter().enumerate() {
        let name = format!("new{at}.{extension}");
        let line = format!("umask 027; {command} {name}");
        sandbox.command("sh").args(["-c", &line]).output()?;
        expect(
            mode(&name)? == 0o640,
            format!("{command}: mode {:o}", mode(&name)?),
        )?;
        sandbox.mode(&name, 0o604)?;
        if who == Who::Root {
            chown(sandbox.path(&name), Some(7), Some(8))?;
        }
        let before = sandbox.read(&name);
        sandbox.file(&format!("{name}.old"), "")?;
        fs::write(sandbox.path(&name), "old")?;
        sandbox.succeeds(&format!("{command} {name}"))?;
        let after = fs::metadata(sandbox.path(&name))?;
        expect(sandbox.read(&name) == before, "it has not been written")?;
        expect(mode(&name)? == 0o604, format!("{command} changed the mode"))?;
        let owners = (after.uid(), after.gid());
        expect(
            who == Who::User || owners == (7, 8),
            format!("owners {owners:?}"),
        )?;
    }
    let line = format!("umask 027; {COMPILE} folder");
    sandbox.command("sh").args(["-c", &line]).output()?;
    for (name, expected) in [
        ("folder", 0o750),
        ("folder/libmodel.so", 0o750),
        ("folder/main.c", 0o640),
    ] {
        expect(
            mode(name)? == expected,
            format!("{name}: mode {:o}", mode(name)?),
        )?;
    }
    sandbox.mode("folder/main.c", 0o600)?;
    sandbox.succeeds(&format!("{COMPILE} folder"))?;
    expect(
        mode("folder/main.c")? == 0o600,
        "the mode of a file in a folder",
    )
}

/// A file that the user may not write to is not replaced, though its folder would allow it; and a folder says so.
fn write_protected(sandbox: &Sandbox, who: Who) -> Step {
    sandbox.make("closed")?;
    sandbox.mode("closed", 0o555)?;
    for (extension, command) in FILES {
        let name = format!("kept.{extension}");
        sandbox.file(&name, "kept")?;
        sandbox.mode(&name, 0o444)?;
        let inside = format!("closed/x.{extension}");
        if who == Who::Root {
            // Nothing stops root from writing either.
            sandbox.succeeds(&format!("{command} {name}"))?;
            sandbox.succeeds(&format!("{command} {inside}"))?;
            continue;
        }
        sandbox.fails(
            &format!("{command} {name}"),
            &[&format!("error: {name}: "), "Permission denied", "--force"],
        )?;
        expect(
            sandbox.read(&name) == b"kept",
            format!("{command} has replaced it"),
        )?;
        sandbox.succeeds(&format!("{command} {name} --force"))?;
        expect(
            sandbox.read(&name) != b"kept",
            format!("{command} has not replaced it"),
        )?;
        sandbox.fails(
            &format!("{command} {inside}"),
            &[&format!("error: {inside}: "), "Permission denied"],
        )?;
    }
    if who == Who::User {
        sandbox.fails(
            &format!("{COMPILE} closed/new"),
            &["error: closed/new: ", "Permission denied"],
        )?;
        sandbox.fails(
            &format!("{COMPILE} closed"),
            &["error: closed: ", "Permission denied"],
        )?;
        sandbox.succeeds(&format!("{COMPILE} out"))?;
        sandbox.mode("out/main.c", 0o444)?;
        sandbox.fails(
            &format!("{COMPILE} out"),
            &["error: out/main.c: ", "Permission denied"],
        )?;
    }
    Ok(())
}

/// A folder is not replaced by a file, and a file is not made of the path of a folder.
fn no_folder(sandbox: &Sandbox, _: Who) -> Step {
    sandbox.make("full.mlir")?;
    sandbox.file("full.mlir/notes", "mine")?;
    for (_, command) in FILES {
        sandbox.fails(
            &format!("{command} full.mlir --force"),
            &["error: full.mlir: is a folder"],
        )?;
        sandbox.fails(
            &format!("{command} new/ --force"),
            &["error: new/: ", "folder"],
        )?;
        sandbox.fails(
            &format!("{command} no/x.mlir"),
            &["error: no/x.mlir: ", "'no'", "No such file"],
        )?;
    }
    expect(
        sandbox.read("full.mlir/notes") == b"mine" && !sandbox.path("new").exists(),
        "something changed",
    )
}

/// Inputs are never written over, by whatever name.
fn inputs(sandbox: &Sandbox, _: Who) -> Step {
    for name in ["model.mlir", "model.npz", "model.ll", "inputs.mlir"] {
        fs::hard_link(
            sandbox.path(if name.starts_with('i') {
                "inputs.npz"
            } else {
                "model.onnx"
            }),
            sandbox.path(name),
        )?;
    }
    symlink("model.mlir", sandbox.path("link.mlir"))?;
    // A name like those of files on the way is no reason to remove an input.
    fs::copy(
        sandbox.path("twice.mlir"),
        sandbox.path(".qonnx-mlir-0123456789abcdef"),
    )?;
    sandbox.mode(".qonnx-mlir-0123456789abcdef", 0o644)?;
    for line in [
        "qonnx-opt .qonnx-mlir-0123456789abcdef -o x.mlir",
        "qonnxc cleanup model.onnx -o y.mlir",
    ] {
        let survives = line.starts_with("qonnx-opt");
        sandbox.succeeds(line)?;
        let left = sandbox.path(".qonnx-mlir-0123456789abcdef").exists();
        expect(left == survives, format!("{line}: left is {left}"))?;
    }
    for name in ["x.mlir", "y.mlir"] {
        fs::remove_file(sandbox.path(name))?;
    }
    fs::hard_link(sandbox.path("twice.mlir"), sandbox.path("twice.ll"))?;
    let (model, samples, text) = (
        sandbox.read("model.onnx"),
        sandbox.read("inputs.npz"),
        sandbox.read("twice.mlir"),
    );
    let own = [
        "model.onnx",
        "./model.onnx",
        "tmp/../model.mlir",
        "model.mlir",
        "link.mlir",
    ];
    let mut lines: Vec<String> = Vec::new();
    for command in [CLEANUP, FILES[2].1, FILES[3].1] {
        lines.extend(own.iter().map(|name| format!("{command} {name}")));
    }
    for name in ["inputs.npz", "./inputs.npz", "model.npz"] {
        lines.push(format!("{} {name}", FILES[1].1));
    }
    for name in ["twice.mlir", "twice.ll"] {
        lines.push(format!("{} {name}", FILES[4].1));
        lines.push(format!("qonnx-opt twice.mlir -o {name}"));
    }
    for line in lines {
        for force in ["", " --force"] {
            sandbox.fails(&format!("{line}{force}"), &["is an input of this command"])?;
        }
    }
    for command in ["qonnxc cleanup - -o", "qonnx-opt - -o"] {
        let line = format!("{command} twice.mlir < twice.mlir");
        let output = sandbox.command("sh").args(["-c", &line]).output()?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        expect(
            errors.contains("twice.mlir: is an input"),
            format!("{line}: {errors}"),
        )?;
    }
    // In a folder: a file of the name that is to be written, hard-linked to the model.
    sandbox.make("out")?;
    fs::hard_link(sandbox.path("model.onnx"), sandbox.path("out/main.c"))?;
    sandbox.fails(
        &format!("{COMPILE} out --force"),
        &["error: out/main.c: is an input"],
    )?;
    expect(
        sandbox.list("out") == ["main.c"],
        "something was written beside",
    )?;
    let same = sandbox.read("model.onnx") == model
        && sandbox.read("inputs.npz") == samples
        && sandbox.read("twice.mlir") == text;
    expect(same, "an input has changed")
}

/// So are the weights beside a model.
fn weights(sandbox: &Sandbox, _: Who) -> Step {
    use prost::Message;
    use qonnx_mlir::frontend::onnx::proto::{ModelProto, StringStringEntryProto};

    let mut model = ModelProto::decode(sandbox.read("model.onnx").as_slice())
        .map_err(|error| error.to_string())?;
    let mut moved = None;
    for tensor in model
        .graph
        .iter_mut()
        .flat_map(|graph| &mut graph.initializer)
    {
        if moved.is_none() && tensor.raw_data.len() > 64 {
            moved = Some(tensor.raw_data.clone());
            tensor.raw_data = Default::default();
            tensor.data_location = 1;
            tensor.external_data = vec![StringStringEntryProto {
                key: "location".to_owned(),
                value: "weights.mlir".to_owned(),
            }];
        }
    }
    let Some(moved) = moved else {
        return fail("the model has no raw data to put beside it");
    };
    sandbox.file("model.onnx", model.encode_to_vec())?;
    sandbox.file("weights.mlir", &moved)?;
    for command in [CLEANUP, FILES[2].1, FILES[3].1] {
        sandbox.fails(
            &format!("{command} weights.mlir --force"),
            &["error: weights.mlir: is an input"],
        )?;
        sandbox.succeeds(&format!("{command} other.mlir"))?;
    }
    expect(
        sandbox.read("weights.mlir") == moved,
        "the weights have changed",
    )
}

/// The extension decides, and what cannot be written is an error.
fn formats(sandbox: &Sandbox, _: Who) -> Step {
    let import = FILES[2].1;
    for command in [CLEANUP, import] {
        sandbox.succeeds(&format!("{command} m.mlir"))?;
        sandbox.succeeds(&format!("{command} m.mlirbc"))?;
        expect(sandbox.read("m.mlir").starts_with(b"#loc"), "no text")?;
        expect(
            sandbox.read("m.mlirbc").starts_with(b"ML\xefR"),
            "no bytecode",
        )?;
        let texts =
            ["m.mlir", "m.mlirbc"].map(|name| sandbox.succeeds(&format!("qonnx-opt {name}")));
        let [text, bytecode] = texts;
        expect(text? == bytecode?, "the bytecode is another module")?;
        for name in ["m.onnx", "m", "m.txt", "m.MLIR"] {
            sandbox.fails(
                &format!("{command} {name} --force"),
                &[&format!("error: {name}: "), "expected .mlir, .mlirbc"],
            )?;
            expect(!sandbox.path(name).exists(), format!("{name} was written"))?;
        }
    }
    sandbox.fails(
        &format!("{import} e.mlirbc --elide-constants"),
        &["error: e.mlirbc: "],
    )?;
    for (command, wrong, right) in [
        (FILES[1].1, ["m.npy", "m", "m.onnx"], "m.npz"),
        (FILES[3].1, ["m.onnx", "m.npz", "m.ll"], "anything"),
        (FILES[4].1, ["m.onnx", "m.mlir", "m.cpp"], "m.ll"),
        (FILES[4].1, ["m.bc", "m.o", "m.npz"], "listing.txt"),
    ] {
        for name in wrong {
            fs::remove_file(sandbox.path(name)).ok();
            sandbox.fails(
                &format!("{command} {name}"),
                &[&format!("error: {name}: "), "expected ."],
            )?;
            expect(!sandbox.path(name).exists(), format!("{name} was written"))?;
        }
        sandbox.succeeds(&format!("{command} {right}"))?;
    }
    Ok(())
}

/// `qonnx-opt` takes `-o` as LLVM does; a run that fails leaves what was there.
fn opt_spellings(sandbox: &Sandbox, _: Who) -> Step {
    let plain = sandbox.succeeds("qonnx-opt twice.mlir")?;
    for spelling in ["-o out.mlir", "-o=out.mlir", "--o out.mlir", "--o=out.mlir"] {
        fs::remove_file(sandbox.path("out.mlir")).ok();
        let printed = sandbox.succeeds(&format!("qonnx-opt twice.mlir {spelling}"))?;
        expect(
            printed.is_empty() && sandbox.read("out.mlir") == plain.as_bytes(),
            spelling,
        )?;
    }
    sandbox.file("broken.mlir", "module {")?;
    for line in [
        "qonnx-opt broken.mlir -o out.mlir",
        "qonnx-opt absent.onnx -o out.mlir",
    ] {
        expect(!sandbox.run(line)?.status.success(), line)?;
        expect(
            sandbox.read("out.mlir") == plain.as_bytes(),
            format!("{line} has changed it"),
        )?;
    }
    expect(
        sandbox
            .run("qonnx-opt broken.mlir -o new.mlir")?
            .status
            .code()
            == Some(1),
        "status",
    )?;
    expect(
        !sandbox.path("new.mlir").exists(),
        "a file is left of a run that failed",
    )?;
    sandbox
        .fails("qonnx-opt twice.mlir -o no/x.mlir", &["error: no/x.mlir: "])
        .map(drop)
}

/// Any name will do, and errors can show it.
fn names(sandbox: &Sandbox, _: Who) -> Step {
    let run = |command: &str, name: &[u8]| -> Step<(bool, String)> {
        let mut words = command.split_whitespace();
        let mut run = sandbox.command(words.next().unwrap_or_default());
        let output = run.args(words).arg(OsStr::from_bytes(name)).output()?;
        Ok((
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    };
    for (extension, command) in FILES {
        let name = [b"a\xffb.", extension.as_bytes()].concat();
        let (done, errors) = run(command, &name)?;
        expect(
            done && sandbox.path(OsStr::from_bytes(&name)).exists(),
            errors,
        )?;
        let (done, errors) = run(command, &[b"no\xfe/", &name[..]].concat())?;
        let shown =
            format!("error: no\\xfe/a\\xffb.{extension}: cannot be written: the folder 'no\\xfe'");
        expect(
            !done && errors.contains(&shown),
            format!("{command}: {errors}"),
        )?;
    }
    let json = sandbox
        .command("qonnxc")
        .args(["compile", "model.onnx", "--target=cpu", "--json", "-o"])
        .arg(OsStr::from_bytes(b"out\xff"))
        .output()?;
    expect(
        String::from_utf8_lossy(&json.stdout).contains("\"out\\\\xff\""),
        format!("{json:?}"),
    )?;
    let (done, errors) = run(COMPILE, b"model.onnx\xff/..")?;
    expect(
        !done && errors.contains("error: model.onnx\\xff/..: "),
        errors,
    )
}
