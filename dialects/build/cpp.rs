//! The C++ of a dialect and of the shim: `mlir-tblgen`, and a compiler that is called for what has changed only.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the tools and headers of MLIR are, and where results go.
pub struct Tools {
    pub prefix: PathBuf,
    pub out: PathBuf,
}

impl Tools {
    pub fn include(&self) -> PathBuf {
        self.prefix.join("include")
    }

    /// A tool of LLVM. Fails with what to do if it is missing.
    pub fn tool(&self, name: &str) -> PathBuf {
        let path = self.prefix.join("bin").join(name);
        assert!(
            path.exists(),
            "{} is missing: install MLIR 22 (`make setup`) or set MLIR_SYS_220_PREFIX",
            path.display()
        );
        path
    }

    /// Runs `mlir-tblgen` on a definition file.
    pub fn generate(&self, source: &str, generator: &str, output: &Path, extra: &[&str]) {
        let status = Command::new(self.tool("mlir-tblgen"))
            .arg(format!("-gen-{generator}"))
            .arg(format!("-I{}", self.include().display()))
            .arg("-I.")
            .args(extra)
            .arg(source)
            .arg("-o")
            .arg(output)
            .status()
            .unwrap_or_else(|error| panic!("cannot run mlir-tblgen: {error}"));
        assert!(
            status.success(),
            "mlir-tblgen -gen-{generator} failed on dialects/{source}"
        );
    }
}

/// A C++ file with the generated and hand-written files that it includes.
pub struct Unit {
    pub source: String,
    pub includes: Vec<PathBuf>,
}

/// Compiles the units into one archive. A unit whose texts are those of the last run keeps its object: a minute is
/// lost for each that is compiled in vain.
pub fn compile(tools: &Tools, units: &[Unit], archive: &str) {
    let builder = || {
        let mut build = cc::Build::new();
        if env::var_os("CXX").is_none() {
            // The Clang of MLIR's own packages, which links the tools too, takes three quarters of GCC's time.
            build.compiler(tools.tool("clang++"));
        }
        build
            .cpp(true)
            .std("c++17")
            .opt_level(1)
            .debug(false)
            .cargo_metadata(false)
            .flag("-fno-rtti")
            .flag("-fno-exceptions")
            // The headers of MLIR are not ours to mend.
            .flag("-isystem")
            .flag(tools.include().to_str().expect("the prefix is UTF-8"))
            .flag("-Wno-misleading-indentation")
            .flag("-Wno-unused-parameter")
            .include(&tools.out)
            .include("shim");
        build
    };
    let stale: Vec<_> = units.iter().filter(|unit| !unit.is_fresh(tools)).collect();
    if !stale.is_empty() {
        let mut build = builder();
        build.out_dir(tools.out.join("objects"));
        build.files(stale.iter().map(|unit| &unit.source));
        let objects = build.compile_intermediates();
        for (unit, object) in stale.iter().zip(objects) {
            fs::rename(&object, unit.object(tools)).expect("OUT_DIR is writable");
            fs::write(unit.stamp(tools), unit.fingerprint(tools)).expect("OUT_DIR is writable");
        }
    }
    let mut build = builder();
    for unit in units {
        build.object(unit.object(tools));
    }
    build.cargo_metadata(true).compile(archive);
}

impl Unit {
    fn name(&self) -> String {
        self.source.replace(['/', '.'], "_")
    }

    fn object(&self, tools: &Tools) -> PathBuf {
        tools.out.join(format!("{}.o", self.name()))
    }

    fn stamp(&self, tools: &Tools) -> PathBuf {
        tools.out.join(format!("{}.stamp", self.name()))
    }

    fn is_fresh(&self, tools: &Tools) -> bool {
        let stamp = fs::read_to_string(self.stamp(tools)).unwrap_or_default();
        stamp == self.fingerprint(tools) && self.object(tools).exists()
    }

    /// What the object depends on.
    fn fingerprint(&self, tools: &Tools) -> String {
        let mut hasher = DefaultHasher::new();
        tools.prefix.hash(&mut hasher);
        env::var_os("CXX").hash(&mut hasher);
        // The flags above are in this file.
        include_str!("cpp.rs").hash(&mut hasher);
        for path in [PathBuf::from(&self.source)].iter().chain(&self.includes) {
            fs::read(path)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
                .hash(&mut hasher);
        }
        // The headers of MLIR change with its version.
        let config = tools.include().join("llvm/Config/llvm-config.h");
        fs::read(config).unwrap_or_default().hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}
