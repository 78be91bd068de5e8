//! Every float operation has its reason.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Node, Severity};
use qonnx_passes::pipelines;
use std::collections::HashSet;
use std::path::Path;

use crate::driver::{self, LoadOptions};
use crate::random_graph;

/// Lowers a module and returns the float operations that no remark is about, and how many there are in all.
fn unexplained<'c>(context: &'c Context, module: &mut Module<'c>) -> (Vec<String>, usize) {
    let passes = pipelines::lower_to_int_with(&["remarks=true"]);
    let diagnostics = driver::run(context, module, "a model", "lowering", &passes)
        .expect("the module can be lowered");
    let said: HashSet<(String, String)> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Remark)
        .filter_map(|diagnostic| {
            let op = diagnostic.message.split('\'').nth(1)?;
            let node = diagnostic.node.as_ref()?;
            Some((node.verbatim().to_owned(), op.to_owned()))
        })
        .collect();
    let function = ir::main_function(module).expect("a network");
    let floats: Vec<_> = function
        .ops()
        .into_iter()
        .filter_map(|op| {
            let name = GraphOp::read(op)?.name();
            Some((Node::of(op).name.verbatim().to_owned(), name.to_owned()))
        })
        .collect();
    let silent = floats
        .iter()
        .filter(|float| !said.contains(float))
        .map(|(node, op)| format!("{node}: {op}"));
    (silent.collect(), floats.len())
}

#[test]
fn every_float_operation_has_a_reason() {
    let context = ir::session();
    let mut count = 0;
    for seed in 0..150 {
        let mut module = random_graph::module(&context, seed);
        let (silent, floats) = unexplained(&context, &mut module);
        assert!(silent.is_empty(), "graph {seed}: {silent:?}");
        count += floats;
    }
    for name in ["wine_mlp", "digits_mlp", "digits_cnn"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.onnx"));
        let loaded = driver::load(&context, &path, &LoadOptions::default()).expect("an example");
        let mut module = loaded.module;
        let (silent, floats) = unexplained(&context, &mut module);
        assert!(silent.is_empty(), "{name}: {silent:?}");
        count += floats;
    }
    assert!(count > 50, "{count} float operations are too few to tell");
}
