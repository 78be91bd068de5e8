//! Named pipelines: each is a text that MLIR parses, so what `--dump-pass-pipeline` prints is what runs.

/// A named pipeline.
#[derive(Clone, Copy)]
pub struct Pipeline {
    /// Name on the command line.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The passes, anchored on the module.
    pub text: fn() -> String,
}

/// All pipelines of the project.
pub const PIPELINES: &[Pipeline] = &[
    Pipeline {
        name: "qonnx-cleanup",
        summary: "Level 0 to 1: shapes known, constants folded, identities and dead code gone",
        text: cleanup,
    },
    Pipeline {
        name: "lower-to-int",
        summary: "Level 0 or 1 to level 2: exact-width integers",
        text: lower_to_int,
    },
];

/// Level 0 to level 1.
pub fn cleanup() -> String {
    [
        // Shapes first: what follows reads them.
        "func.func(infer-shapes)",
        // Resolves computed shapes, and with them the types that the first pass could not know.
        "func.func(fold-constants)",
        "func.func(remove-identities)",
        "func.func(split-bias)",
        // Transposed and scaled constants that `split-bias` has made.
        "func.func(fold-constants)",
        // Identical quantizers of one tensor, one for each consumer, are common in Brevitas exports.
        "cse",
        "canonicalize",
    ]
    .join(",")
}

/// Level 0 or 1 to level 2.
pub fn lower_to_int() -> String {
    lower_to_int_with(&[])
}

/// Level 0 or 1 to level 2, with options of `convert-to-int` such as `remarks=true`.
pub fn lower_to_int_with(options: &[&str]) -> String {
    let convert = format!("func.func(convert-to-int{{{}}})", options.join(" "));
    [
        cleanup().as_str(),
        convert.as_str(),
        // Composes reshapes and drops constants that have been absorbed.
        "canonicalize",
        "cse",
    ]
    .join(",")
}
