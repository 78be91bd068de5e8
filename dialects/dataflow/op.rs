//! The layers as Rust values, which the build makes of the definitions in `Dataflow.td`.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use crate::declare;
use crate::ir::Val;

include!(concat!(env!("OUT_DIR"), "/dataflow.rs"));

impl Op {
    /// The layer's name without that of the dialect.
    pub fn short_name(&self) -> &'static str {
        let name = self.name();
        name.split_once('.').map_or(name, |(_, short)| short)
    }

    /// Builds the layer; it has one result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        result: Type<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, operands, &[result], location)
    }
}

impl Run {
    /// Builds the op.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        inputs: &[Val<'c>],
        outputs: &[Type<'c>],
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, inputs, outputs, location)
    }
}

impl Trace {
    /// Builds the op; the location names the node.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        words: Val<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, &[words], &[], location)
    }
}
