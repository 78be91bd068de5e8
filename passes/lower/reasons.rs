//! Why operations stay float, in the words of the graph.
//!
//! Each float operation of the new function gets one remark. A refusal names what was found, not what would usually be
//! the cause: an operand that is no integer is traced to the node or the input that it comes from.

use melior::ir::Location;
use qonnx_dialects::ir::{self, Node, Val};
use qonnx_dialects::text::Foreign;
use std::collections::{HashMap, HashSet};

use super::refusal::Refusal;
use super::value::{IntValue, State};

/// Who needs the float form of a value that is integers with pending steps.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// The caller of the network.
    Output,
    /// An op of that name that stays float.
    Op(&'a str),
    /// A quantizer that does not become one integer operation with the steps.
    Quantizer,
}

/// The remarks of one function.
pub struct Reasons {
    wanted: bool,
    /// Names of the network's inputs, by their values.
    inputs: HashMap<usize, Foreign>,
    /// What has been remarked on: an op may be built more than once.
    said: HashSet<(usize, String)>,
}

impl Reasons {
    /// Remarks are made only if they are wanted.
    pub fn new(wanted: bool) -> Self {
        Self {
            wanted,
            inputs: HashMap::new(),
            said: HashSet::new(),
        }
    }

    /// Tells an input of the network.
    pub fn input(&mut self, value: Val<'_>, name: Foreign) {
        self.inputs.insert(ir::value_key(value), name);
    }

    /// Makes a remark on an op, unless there is one.
    fn remark(&mut self, location: Location<'_>, op: &str, text: impl FnOnce() -> String) {
        let key = || (ir::location_key(location), op.to_owned());
        if self.wanted && self.said.insert(key()) {
            ir::emit_remark(location, &format!("'{op}' {}", text()));
        }
    }

    /// Says why an op stays float.
    pub fn refused(&mut self, location: Location<'_>, op: &str, refusal: &str) {
        self.remark(location, op, || format!("stays float: {refusal}"));
    }

    /// Says why a quantizer is not one integer operation with the steps before it, although it yields integers.
    pub fn apart(&mut self, location: Location<'_>, op: &str, refusal: &str) {
        self.remark(location, op, || {
            format!("is no integer operation with what is before it: {refusal}")
        });
    }

    /// Says why a step is built as a float op, for an op at `user`.
    pub fn needed(&mut self, location: Location<'_>, op: &str, need: Need<'_>, user: Location<'_>) {
        self.remark(location, op, || {
            let node = ir::node_name(user).map(|name| format!("node '{}'", name.shown()));
            match need {
                Need::Output => "stays float: its result is an output of the network, with no quantizer in between"
                    .to_owned(),
                Need::Op(user) => {
                    let user = match node {
                        Some(node) => format!("{node} ('{user}')"),
                        None => format!("'{user}'"),
                    };
                    format!("stays float: its result goes to {user}, which stays float, with no quantizer in between")
                }
                Need::Quantizer => {
                    let node = node.map_or_else(String::new, |node| format!(", {node}"));
                    format!("stays float: it is no integer operation with the quantizer behind it{node}")
                }
            }
        });
    }

    /// Where a float value of the new function comes from.
    fn origin(&self, value: Val<'_>) -> String {
        if let Some(op) = ir::defining_op(value) {
            let name = Node::of(op).name;
            return format!("the result of node '{}', which stays float", name.shown());
        }
        match self.inputs.get(&ir::value_key(value)) {
            Some(name) => format!(
                "the network's input '{}', which is not quantized",
                name.shown()
            ),
            None => "an input of the network that is not quantized".to_owned(),
        }
    }

    /// Why a value is not what a rule needs: integers without pending steps, or with them where `pending` says that they
    /// will do. `what` is what the rule calls the value.
    pub fn no_integers(&self, what: &str, state: &State<'_>, pending: bool) -> Refusal {
        match state {
            State::Absent => format!("{what} is left out"),
            State::Constant(constant) => match &constant.unscaled {
                Some(reason) => format!("{what} is a constant without integers: {reason}"),
                None => format!("{what} is a constant that no quantizer has made"),
            },
            State::Float(value) => format!("{what} is {}", self.origin(*value)),
            State::Int(value) => match last_step(value) {
                Some(step) if !pending => {
                    format!("{what} is the result of {step}, with no quantizer in between")
                }
                _ => format!("{what} is computed"),
            },
        }
    }
}

/// The last pending step of a value.
fn last_step(value: &IntValue<'_>) -> Option<String> {
    let (step, _) = value.steps.split_last()?;
    Some(match ir::node_name(step.location) {
        Some(name) => format!("node '{}'", name.shown()),
        None => format!("'{}'", step.op.name()),
    })
}
