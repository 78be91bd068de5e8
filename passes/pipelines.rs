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
        name: "lower-to-qint",
        summary: "Level 0 or 1 to level 2: layers of exact-width integers",
        text: lower_to_qint,
    },
    Pipeline {
        name: "lower-to-int",
        summary: "Level 0 or 1 to level 3: loop nests on exact-width integers",
        text: lower_to_int,
    },
    Pipeline {
        name: "int-to-buffers",
        summary: "Level 3 to loop nests on buffers that the caller owns, machine types",
        text: int_to_buffers,
    },
    Pipeline {
        name: "int-to-c",
        summary: "Level 3 to loops on buffers that the C printer reads",
        text: int_to_c,
    },
    Pipeline {
        name: "buffers-to-llvm",
        summary: "Loop nests on buffers to the `llvm` dialect",
        text: buffers_to_llvm,
    },
    Pipeline {
        name: "qint-to-hls",
        summary: "Level 2 to the `hls` dialect: hardware layers as C++ one to one",
        text: qint_to_hls,
    },
    Pipeline {
        name: "hls-to-host",
        summary: "A network of the `hls` dialect to its host's part: loops on buffers around calls of the hardware",
        text: hls_to_host,
    },
    Pipeline {
        name: "int-to-llvm",
        summary: "Level 3 to the `llvm` dialect: the CPU pipeline",
        text: int_to_llvm,
    },
];

/// Level 0 to level 1.
pub fn cleanup() -> String {
    [
        // Shapes first: what follows reads them.
        "func.func(infer-shapes)",
        // Resolves computed shapes, and with them the types that the first pass could not know.
        "func.func(fold-constants)",
        "func.func(check-outputs)",
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
pub fn lower_to_qint() -> String {
    lower_to_qint_with(&[])
}

/// Level 0 or 1 to level 3.
pub fn lower_to_int() -> String {
    lower_to_int_with(&[])
}

/// Level 0 or 1 to level 3, with options of `convert-to-int` such as `remarks=true`.
pub fn lower_to_int_with(options: &[&str]) -> String {
    [lower_to_qint_with(options), layers_to_linalg()].join(",")
}

/// Level 2 to level 3.
pub fn layers_to_linalg() -> String {
    // Composes reshapes. Of two bitcasts it would make one, and what the type between them says would be lost.
    let compose = "canonicalize{disable-patterns=\"(anonymous namespace)::ChainedTensorBitcast\"}";
    ["func.func(qint-to-linalg)", compose, "cse"].join(",")
}

/// Level 0 or 1 to level 2, with options of `convert-to-int`.
fn lower_to_qint_with(options: &[&str]) -> String {
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

/// Level 3 to functions on buffers: results are arguments that the caller owns, temporary buffers are parts of a
/// workspace that the caller provides, each loop nest is a function of scalar code.
pub fn int_to_buffers() -> String {
    int_to_buffers_for("", false)
}

/// Likewise, with kernels that use some features of a processor, such as `avx2`; with a plus between them. With `remarks`, the
/// passes say which kernel computes a contraction, or why none does.
pub fn int_to_buffers_for(features: &str, remarks: bool) -> String {
    let workspace = "func.func(plan-workspace)".to_owned();
    [int_to_kernels(features, remarks, &[]), workspace].join(",")
}

/// Level 3 to functions on buffers of which each loop nest is one; temporary buffers have no place yet. `bufferized` are passes
/// on functions of buffers that still have results.
fn int_to_kernels(features: &str, remarks: bool, bufferized: &[&str]) -> String {
    let features = Some(format!("features={features}")).filter(|_| !features.is_empty());
    let remarks = Some("remarks=true".to_owned()).filter(|_| remarks);
    let options = |options: &[Option<String>]| -> String {
        let options: Vec<_> = options.iter().flatten().cloned().collect();
        match options.is_empty() {
            true => String::new(),
            false => format!("{{{}}}", options.join(" ")),
        }
    };
    let to_linalg = options(&[features, remarks.clone()]);
    let to_linalg = format!("func.func(int-to-linalg{to_linalg})");
    let tiles = format!("func.func(tile-kernels{})", options(&[remarks]));
    let before = [
        to_linalg.as_str(),
        "canonicalize",
        // Before `cse`, which would make one value of all empty tensors of a type and of all that are filled alike:
        // bufferization then looks for conflicts between all their uses, and copies.
        "empty-tensor-to-alloc-tensor",
        "cse",
        "func.func(select-kernels)",
        "func.func(split-uses)",
        "one-shot-bufferize{bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map}",
    ];
    let after = [
        // Hoisting below takes each result for a buffer of its own.
        "func.func(separate-results)",
        // With hoisting, what computes a result writes into the caller's buffer.
        "buffer-results-to-out-params{hoist-static-allocs modify-public-functions}",
        "canonicalize",
        tiles.as_str(),
        "outline-kernels",
        "call-libm",
    ];
    [&before, bufferized, &after].concat().join(",")
}

/// Level 3 to loops and scalars on buffers of machine types, from which C is printed.
pub fn int_to_c() -> String {
    int_to_c_with(&[])
}

/// A network of the `hls` dialect to its host's part, from which C is printed.
pub fn hls_to_host() -> String {
    let host = ["extract-host", &layers_to_linalg()].join(",");
    [host, int_to_c_with(&["call-out-params"])].join(",")
}

fn int_to_c_with(bufferized: &[&str]) -> String {
    [
        int_to_kernels("", false, bufferized).as_str(),
        // The size of the largest element, which is as much as C asks for: small machines have little memory.
        "func.func(plan-workspace{alignment=8})",
        "convert-linalg-to-loops",
        // Indices of windows become sums and products.
        "lower-affine",
        // Loops of one iteration are none, and what the loops do not need is neither loaded nor an argument.
        "canonicalize",
        "cse",
        "drop-unread-arguments",
    ]
    .join(",")
}

/// Functions on buffers to the `llvm` dialect, with plain pointers as arguments.
pub fn buffers_to_llvm() -> String {
    [
        "convert-linalg-to-loops",
        "expand-strided-metadata",
        "lower-affine",
        "convert-scf-to-cf",
        // Intrinsics that are exact: roots, roundings, signs.
        "convert-math-to-llvm",
        "convert-arith-to-llvm",
        "convert-index-to-llvm",
        "convert-vector-to-llvm",
        "finalize-memref-to-llvm",
        "flatten-globals",
        "convert-func-to-llvm{use-bare-ptr-memref-call-conv}",
        "convert-cf-to-llvm",
        "reconcile-unrealized-casts",
    ]
    .join(",")
}

/// Level 3 to the `llvm` dialect.
pub fn int_to_llvm() -> String {
    [int_to_buffers(), buffers_to_llvm()].join(",")
}

/// Level 2 to the `hls` dialect.
pub fn qint_to_hls() -> String {
    [
        "qint-to-dataflow",
        "dataflow-to-hls",
        // Constants of the graph that only the integer part used.
        "canonicalize",
    ]
    .join(",")
}

/// The passes of a pipeline one by one, each as a text that can be run on the module. Names of [`PIPELINES`] stand for their
/// passes.
pub fn expanded(text: &str) -> Vec<String> {
    let mut passes = Vec::new();
    for part in parts(text) {
        let named = PIPELINES.iter().find(|pipeline| pipeline.name == part);
        let nested = part
            .strip_suffix(')')
            .and_then(|part| part.split_once('('))
            .filter(|(anchor, _)| !anchor.contains('{'));
        match (named, nested) {
            (Some(pipeline), _) => passes.extend(expanded(&(pipeline.text)())),
            // The module is what all are run on.
            (None, Some(("builtin.module", inner))) => passes.extend(expanded(inner)),
            (None, Some((anchor, inner))) => {
                let inner = expanded(inner).into_iter();
                passes.extend(inner.map(|pass| format!("{anchor}({pass})")));
            }
            (None, None) => passes.push(part.to_owned()),
        }
    }
    passes
}

/// The name of a pass of [`expanded`] without its options and what it is nested in.
pub fn name_of(pass: &str) -> &str {
    let head = pass.split('{').next().unwrap_or(pass);
    let name = head.rsplit('(').next().unwrap_or(head);
    name.trim_end_matches(')').trim()
}

/// What is between the commas outside of brackets.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    let split = text.split(move |letter| {
        match letter {
            '(' | '{' | '[' | '<' => depth += 1,
            ')' | '}' | ']' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    split.map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_are_taken_apart() {
        let text = "builtin.module(func.func(a{x=1,2 y={z=(3)}}, b), cse), qint-to-hls";
        assert_eq!(
            expanded(text),
            [
                "func.func(a{x=1,2 y={z=(3)}})",
                "func.func(b)",
                "cse",
                "qint-to-dataflow",
                "dataflow-to-hls",
                "canonicalize"
            ]
        );
        let names: Vec<_> = expanded(text)
            .iter()
            .map(|pass| name_of(pass).to_owned())
            .collect();
        assert_eq!(names[..3], ["a", "b", "cse"]);
        assert_eq!(expanded(" , "), [""; 0]);
    }

    #[test]
    fn every_pass_of_a_pipeline_has_a_name() {
        for pipeline in PIPELINES {
            for pass in expanded(pipeline.name) {
                let name = name_of(&pass);
                assert!(
                    !name.is_empty()
                        && name
                            .chars()
                            .all(|at| at.is_ascii_alphanumeric() || at == '-'),
                    "{pass}"
                );
            }
        }
    }
}
