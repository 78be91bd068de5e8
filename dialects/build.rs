//! Builds the C++ half of the crate: runs `mlir-tblgen` on every dialect's `.td` and compiles the dialects and
//! the shim into one static library. The Rust wrappers are generated from the same `.td` files by
//! `melior::dialect!`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// One dialect: its folder, the base name of its `.td` and `.cpp`, and the extra kinds of definition in it.
struct Dialect {
    folder: &'static str,
    file: &'static str,
    types: bool,
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        folder: "onnx",
        file: "Onnx",
        types: false,
    },
    Dialect {
        folder: "qonnx",
        file: "Qonnx",
        types: false,
    },
    Dialect {
        folder: "qint",
        file: "Qint",
        types: false,
    },
    Dialect {
        folder: "dataflow",
        file: "Dataflow",
        types: true,
    },
    Dialect {
        folder: "hls",
        file: "Hls",
        types: false,
    },
];

const SHIM: &[&str] = &[
    "rust_pass",
    "opt_main",
    "registration",
    "attributes",
    "equivalence",
    "processor",
];

fn main() {
    println!("cargo:rerun-if-env-changed=MLIR_SYS_220_PREFIX");
    let prefix = PathBuf::from(
        env::var("MLIR_SYS_220_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-22".to_owned()),
    );
    let include = prefix.join("include");
    let tblgen = prefix.join("bin/mlir-tblgen");
    assert!(
        tblgen.exists(),
        "{} is missing: install MLIR 22 (`make setup`) or set MLIR_SYS_220_PREFIX",
        tblgen.display()
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .opt_level(1)
        .debug(false)
        .flag("-fno-rtti")
        .flag("-fno-exceptions")
        // The headers of MLIR are not ours to mend.
        .flag("-isystem")
        .flag(include.to_str().expect("the prefix is UTF-8"))
        .flag("-Wno-misleading-indentation")
        .flag("-Wno-unused-parameter")
        .include(&out)
        .include("shim");
    for dialect in DIALECTS {
        generate(&tblgen, &include, &out, dialect);
        let source = format!("{}/{}.cpp", dialect.folder, dialect.file);
        println!("cargo:rerun-if-changed={source}");
        build.file(source);
    }
    for name in SHIM {
        let source = format!("shim/{name}.cpp");
        println!("cargo:rerun-if-changed={source}");
        build.file(source);
    }
    for header in ["qonnx-c", "rust_verifier", "dialect"] {
        println!("cargo:rerun-if-changed=shim/{header}.h");
    }
    println!("cargo:rerun-if-changed=Common.td");
    build.compile("qonnx_dialects_cpp");
    link(&prefix.join("lib"));
    println!("cargo:docs={}", out.join("docs").display());
}

fn generate(tblgen: &Path, include: &Path, out: &Path, dialect: &Dialect) {
    let source = format!("{}/{}.td", dialect.folder, dialect.file);
    println!("cargo:rerun-if-changed={source}");
    let run = |generator: &str, output: PathBuf, extra: &[&str]| {
        let status = Command::new(tblgen)
            .arg(format!("-gen-{generator}"))
            .arg(format!("-I{}", include.display()))
            .arg("-I.")
            .args(extra)
            .arg(&source)
            .arg("-o")
            .arg(&output)
            .status()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", tblgen.display()));
        assert!(
            status.success(),
            "mlir-tblgen -gen-{generator} failed on dialects/{source}"
        );
    };
    let inc = |kind: &str| out.join(format!("{}.{kind}.inc", dialect.file));
    let name = format!("-dialect={}", dialect.folder);
    run("dialect-decls", inc("dialect-decls"), &[&name]);
    run("dialect-defs", inc("dialect-defs"), &[&name]);
    run("op-decls", inc("op-decls"), &[]);
    run("op-defs", inc("op-defs"), &[]);
    if dialect.types {
        let filter = format!("-typedefs-dialect={}", dialect.folder);
        run("typedef-decls", inc("typedef-decls"), &[&filter]);
        run("typedef-defs", inc("typedef-defs"), &[&filter]);
    }
    let docs = out.join("docs");
    fs::create_dir_all(&docs).expect("OUT_DIR is writable");
    run(
        "dialect-doc",
        docs.join(format!("{}.md", dialect.folder)),
        &[&name],
    );
}

/// `mlir-sys` links the archives of the C API; the shim also calls C++ libraries that no C API refers to.
fn link(library: &Path) {
    println!("cargo:rustc-link-search=native={}", library.display());
    let mut names: Vec<String> = fs::read_dir(library)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", library.display()))
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_prefix("lib")?.strip_suffix(".a")?.to_owned()))
        .filter(|name| name.starts_with("MLIR") && !name.contains("Test"))
        .collect();
    names.sort();
    println!("cargo:rustc-link-arg=-Wl,--start-group");
    for name in names {
        println!("cargo:rustc-link-lib=static={name}");
    }
}
