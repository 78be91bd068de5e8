//! What a run gave: its outputs and the integers on the way, by the quantizer node they belong to.

use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::Tensor;
use std::collections::BTreeMap;

use crate::backend::Traced;
use crate::integers::{Integers, Kind};

/// What one sample's run gave.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The outputs, in graph order.
    pub outputs: Vec<Tensor>,
    /// The integers on the way, in the order they were computed; none for backends that do not
    /// show them.
    pub integers: Vec<Integers>,
}

impl From<Traced> for Trace {
    fn from(traced: Traced) -> Self {
        let integers = traced.integers.into_iter();
        Self {
            outputs: traced.outputs,
            integers: integers
                .map(|(node, n)| Integers {
                    node,
                    kind: Kind::Integers,
                    n,
                })
                .collect(),
        }
    }
}

/// The integer tensors of two runs, node by node.
#[derive(Debug, Default)]
pub struct Paired<'a> {
    /// Tensors that both runs have, in the order that the first computed them.
    pub both: Vec<(&'a Integers, &'a Integers)>,
    /// Nodes of which the second run has another number of tensors: the first's, and the second's number.
    pub uneven: Vec<(Vec<&'a Integers>, usize)>,
}

impl Trace {
    /// The integer tensors by node, each node's in the order they were computed.
    pub fn by_node(&self) -> BTreeMap<&Node, Vec<&Integers>> {
        let mut nodes: BTreeMap<&Node, Vec<&Integers>> = BTreeMap::new();
        for integers in &self.integers {
            nodes.entry(&integers.node).or_default().push(integers);
        }
        nodes
    }

    /// This run's integer tensors and those of another run of the same nodes.
    pub fn paired<'a>(&'a self, other: &'a Self) -> Paired<'a> {
        let (own, others) = (self.by_node(), other.by_node());
        let mut paired = Paired::default();
        let mut seen: BTreeMap<&Node, usize> = BTreeMap::new();
        for integers in &self.integers {
            let node = &integers.node;
            let at = seen.entry(node).or_default();
            let others = others.get(node).map_or(&[][..], Vec::as_slice);
            match &own[node] {
                all if all.len() == others.len() => paired.both.push((integers, others[*at])),
                all if *at == 0 => paired.uneven.push((all.clone(), others.len())),
                _ => {}
            }
            *at += 1;
        }
        paired
    }
}
