//! Makes of the dialects' definitions what is generated: the C++ half of the crate, compiled into one static library,
//! and the Rust modules with the ops, their attributes and declarations.

#[path = "build/cpp.rs"]
mod cpp;
#[path = "build/formula.rs"]
mod formula;
#[path = "build/records.rs"]
mod records;
#[path = "build/rust.rs"]
mod rust;

use std::path::{Path, PathBuf};
use std::{env, fs};

use cpp::{Tools, Unit};

/// One dialect: its folder, the base name of its `.td` and `.cpp`, and what it defines beside ops, in the words of
/// `mlir-tblgen`.
struct Dialect {
    folder: &'static str,
    file: &'static str,
    kinds: &'static [&'static str],
}

const fn dialect(
    folder: &'static str,
    file: &'static str,
    kinds: &'static [&'static str],
) -> Dialect {
    Dialect {
        folder,
        file,
        kinds,
    }
}

const DIALECTS: [Dialect; 5] = [
    dialect("onnx", "Onnx", &[]),
    dialect("qonnx", "Qonnx", &[]),
    dialect("qint", "Qint", &["attrdef"]),
    dialect("dataflow", "Dataflow", &["typedef"]),
    dialect("hls", "Hls", &[]),
];

const HEADERS: [&str; 3] = ["qonnx-c", "rust_verifier", "dialect"];

fn main() {
    for variable in ["MLIR_SYS_220_PREFIX", "CXX"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let prefix = env::var("MLIR_SYS_220_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-22".to_owned());
    let tools = Tools {
        prefix: prefix.into(),
        out: PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")),
    };
    // Folders: what is added to one is built without being named here.
    for watched in ["Common.td", "build.rs", "build", "shim"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    for folder in ["docs", "objects"] {
        fs::create_dir_all(tools.out.join(folder)).expect("OUT_DIR is writable");
    }
    let mut units = shim();
    for dialect in &DIALECTS {
        units.push(generate(&tools, dialect));
    }
    cpp::compile(&tools, &units, "qonnx_dialects_cpp");
    link(&tools.prefix.join("lib"));
    println!("cargo:docs={}", tools.out.join("docs").display());
}

fn headers() -> Vec<PathBuf> {
    let header = |name: &&str| PathBuf::from(format!("shim/{name}.h"));
    HEADERS.iter().map(header).collect()
}

/// The C++ that no dialect owns.
fn shim() -> Vec<Unit> {
    let mut sources: Vec<String> = fs::read_dir("shim")
        .expect("the shim is beside this file")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".cpp"))
        .map(|name| format!("shim/{name}"))
        .collect();
    sources.sort();
    let unit = |source| Unit {
        source,
        includes: headers(),
    };
    sources.into_iter().map(unit).collect()
}

/// The names of the files that `mlir-tblgen` makes for C++.
fn generated(dialect: &Dialect) -> Vec<String> {
    let kinds = ["dialect", "op"].iter().chain(dialect.kinds);
    let halves = kinds.flat_map(|kind| [format!("{kind}-decls"), format!("{kind}-defs")]);
    halves
        .map(|half| format!("{}.{half}.inc", dialect.file))
        .collect()
}

fn generate(tools: &Tools, dialect: &Dialect) -> Unit {
    let Dialect { folder, file, .. } = *dialect;
    let definition = format!("{folder}/{file}.td");
    let source = format!("{folder}/{file}.cpp");
    println!("cargo:rerun-if-changed={definition}");
    println!("cargo:rerun-if-changed={source}");
    let select = format!("-dialect={folder}");
    for name in generated(dialect) {
        let generator = name.split('.').nth(1).expect("the name has a kind");
        let extra = match generator.split_once('-').map(|(what, _)| what) {
            Some("dialect") => vec![select.clone()],
            Some("op") | None => Vec::new(),
            Some(kind) => vec![format!("-{kind}s-dialect={folder}")],
        };
        let extra: Vec<_> = extra.iter().map(String::as_str).collect();
        tools.generate(&definition, generator, &tools.out.join(&name), &extra);
    }
    let page = tools.out.join("docs").join(format!("{folder}.md"));
    tools.generate(&definition, "dialect-doc", &page, &[&select]);
    let ops = records::read(&tools.tool("llvm-tblgen"), &tools.include(), &definition);
    let module = tools.out.join(format!("{folder}.rs"));
    fs::write(module, rust::module(folder, &ops)).expect("OUT_DIR is writable");
    let names = generated(dialect);
    let mut includes: Vec<_> = names.iter().map(|name| tools.out.join(name)).collect();
    includes.extend(headers());
    Unit { source, includes }
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
