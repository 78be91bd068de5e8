//! Networks that show their integers: compiled code with further outputs, for who checks it.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Node};
use qonnx_dialects::pass::run_pipeline;
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_passes::host::expose_integers::exposed;

use super::{BackendError, Network, Runner, Traced};
use crate::samples::Sample;

/// A module whose network returns the integers of its quantizers behind its outputs.
pub struct Exposed<'c> {
    /// The module.
    pub module: Module<'c>,
    /// The nodes that the further outputs belong to, in order.
    pub nodes: Vec<Node>,
}

impl<'c> Exposed<'c> {
    /// The same module with further outputs; `lowering` is a pipeline for the casts that these take.
    pub fn new(
        context: &'c Context,
        module: &Module<'c>,
        lowering: &[&str],
    ) -> Result<Self, BackendError> {
        qonnx_passes::register();
        let nodes = ir::main_function(module).map(exposed).unwrap_or_default();
        let nodes = nodes.into_iter().map(|(node, _)| node).collect();
        let mut module = ir::clone_module(module);
        let passes = [&["func.func(expose-integers)"], lowering].concat();
        let pipeline = format!("builtin.module({})", passes.join(","));
        let (outcome, diagnostics) =
            ir::capture(context, || run_pipeline(context, &mut module, &pipeline));
        outcome.map_err(|_| BackendError::Passes(diagnostics))?;
        Ok(Self { module, nodes })
    }
}

/// The outputs of a run without the integers that [`Exposed`] has put behind them, and these.
pub fn traced(mut results: Vec<Tensor>, nodes: &[Node]) -> Traced {
    let integers = results.split_off(results.len().saturating_sub(nodes.len()));
    let numbers = |tensor: Tensor| match tensor.data {
        Data::Int { values, .. } => values,
        Data::F32(_) | Data::F64(_) => Vec::new(),
    };
    Traced {
        outputs: results,
        integers: nodes
            .iter()
            .cloned()
            .zip(integers.into_iter().map(numbers))
            .collect(),
    }
}

/// A compiled network, and the same once more with its integers as further outputs: who compares integers looks at these,
/// outputs are those of the network as its users have it.
pub struct Tracing<R> {
    plain: R,
    exposed: R,
    nodes: Vec<Node>,
}

impl<R: Runner> Tracing<R> {
    /// Makes both of a network of loop nests.
    pub fn new(
        network: Network<'_, '_>,
        load: impl Fn(Network<'_, '_>) -> Result<R, BackendError>,
    ) -> Result<Self, BackendError> {
        let lowering = ["func.func(qint-to-linalg)", "canonicalize", "cse"];
        let exposed = Exposed::new(network.context, network.module, &lowering)?;
        Ok(Self {
            plain: load(network)?,
            exposed: load(Network {
                module: &exposed.module,
                ..network
            })?,
            nodes: exposed.nodes,
        })
    }
}

impl<R: Runner> Runner for Tracing<R> {
    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
        self.plain.run(inputs)
    }

    fn run_all(&self, samples: &[Sample]) -> Result<Vec<Vec<Tensor>>, BackendError> {
        self.plain.run_all(samples)
    }

    fn traces(&self) -> bool {
        true
    }

    fn trace_all(&self, samples: &[Sample]) -> Result<Vec<Traced>, BackendError> {
        let outputs = self.plain.run_all(samples)?;
        let exposed = self.exposed.run_all(samples)?;
        let both = outputs.into_iter().zip(exposed);
        Ok(both
            .map(|(outputs, results)| Traced {
                outputs,
                ..traced(results, &self.nodes)
            })
            .collect())
    }
}
