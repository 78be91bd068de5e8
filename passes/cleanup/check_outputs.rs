//! The pass `check-outputs`.

use melior::Context;
use qonnx_dialects::ir::{self, Function, OpenType};
use qonnx_dialects::pass::{PassResult, fail};

declare_pass! {
    /// Compare the outputs with what the file declares them to be.
    ///
    /// A file says of each graph output what it is. Where that contradicts what the ops give, either the graph or the
    /// declaration is not what its author meant, and whoever reads the results by the declaration reads them wrongly.
    /// What is declared of values inside of the graph is not compared: exporters leave it behind when they change a
    /// graph, and nothing reads it. An output whose type is not known yet is left for the next run.
    pub struct CheckOutputs => "check-outputs" on Function {}
}

impl CheckOutputs {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let mut declared = function.declared_outputs();
        if declared.iter().all(Option::is_none) {
            return Ok(());
        }
        let outputs = function.returned().into_iter().zip(function.output_names());
        for ((value, name), declared) in outputs.zip(&mut declared) {
            let Some(found) = ir::type_of(value) else {
                continue;
            };
            if let Some(open) = declared.take().filter(|open| !open.admits(&found)) {
                let at = ir::defining_op(value).unwrap_or(function.op());
                return fail(
                    at,
                    format!(
                        "the graph output '{}' is {}, but the file declares it as {open}; correct the declaration or \
                         the graph",
                        name.shown(),
                        OpenType::from(&found)
                    ),
                );
            }
        }
        function.declare_outputs(context, &declared);
        Ok(())
    }
}
