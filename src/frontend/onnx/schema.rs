//! What the dialects' declarations say of the operators of ONNX and QONNX, and the reading of nodes by them.
//!
//! A file that has more than an operator has is refused, as `onnx.checker` refuses it: an attribute that nothing reads
//! changes the meaning of the node for its author, not for us. Everything that is declared is either read or has no
//! effect on the values that an operator computes at inference.

use std::collections::BTreeSet;

use qonnx_dialects::declare::{
    Attribute, Declaration, Declared, Kind, OnnxAttribute, Presence, Values,
};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::AttributeValue;
use qonnx_dialects::{onnx, qonnx};

use super::node::{Node, Refusal, Translated};
use super::opset::Set;
use super::proto::NodeProto;

/// Where the declarations of an operator set are: those of ops, and those of operators that are no ops.
fn tables(set: Set) -> [&'static [Declaration]; 2] {
    match set {
        Set::Onnx(_) => [onnx::DECLARATIONS, onnx::APART],
        Set::Qonnx(_) => [qonnx::DECLARATIONS, qonnx::APART],
    }
}

/// The declaration of an operator, with its place among those of ops if it is one. The two versions of an operator of
/// QONNX are told apart by the number of inputs.
pub fn find(node: &NodeProto, set: Set) -> Option<(Option<usize>, &'static Declaration)> {
    let named = |declaration: &&Declaration| declaration.names.contains(&node.op_type.as_str());
    let [ops, others] = tables(set);
    let inputs = last_named(&node.input);
    let mut known = ops.iter().enumerate().filter(|(_, known)| named(known));
    let fits = |known: &(usize, &Declaration)| {
        let (least, most) = known.1.arity();
        (least..=most).contains(&inputs)
    };
    let best = known.clone().find(fits).or_else(|| known.next_back());
    match best {
        Some((number, declaration)) => Some((Some(number), declaration)),
        None => others.iter().find(named).map(|known| (None, known)),
    }
}

/// Whether QONNX has an operator of this name.
pub fn is_of_qonnx(operator: &str) -> bool {
    let mut known = qonnx::DECLARATIONS.iter();
    known.any(|declaration| declaration.names.contains(&operator))
}

/// Checks that a node has no attribute and no output that its operator does not have, no attribute twice, and that its
/// version of the operator set has the operator. Of operators that are not known nothing is said.
pub fn check(node: &NodeProto, set: Set) -> Result<(), Refusal> {
    let Some((_, known)) = find(node, set) else {
        return Ok(());
    };
    let (version, domain) = match set {
        Set::Onnx(version) => (version, "ai.onnx"),
        Set::Qonnx(version) => (version, "QONNX"),
    };
    let operator = format!("{} of {domain} version {version}", node.op_type);
    if matches!(set, Set::Onnx(_)) && version < known.since {
        let since = known.since;
        return Err(Refusal {
            message: format!(
                "it is no operator of {domain} version {version}, expected version {since} or newer"
            ),
            help: "correct the version that the model imports, or export it again for a newer one",
        });
    }
    let mut seen = BTreeSet::new();
    for attribute in &node.attribute {
        let name = attribute.name.as_str();
        if !seen.insert(name) {
            return Err(Refusal {
                message: format!("it has the attribute '{name}' more than once"),
                help: "leave the one that is meant; ONNX allows each attribute once",
            });
        }
        let known = known.onnx;
        let of_name = || known.iter().filter(|known| known.name == name);
        if of_name().any(|known| has(known, version)) {
            continue;
        }
        let expected = of_name()
            .next()
            .map_or_else(|| expected(known, version), versions);
        return Err(Refusal {
            message: format!(
                "it has the attribute '{name}', which {operator} does not have, expected {expected}"
            ),
            help: "remove the attribute, or correct its name or the version that the model imports",
        });
    }
    let (found, most) = (last_named(&node.output), known.outputs);
    if found > most {
        return Err(Refusal {
            message: format!("it has {found} outputs, expected at most {most}, as {operator} has"),
            help: "the node breaks the rules of its operator; correct the exporter or the file",
        });
    }
    Ok(())
}

/// Whether a version of the operator set has the attribute. QONNX's versions are too often not imported to tell.
fn has(known: &OnnxAttribute, version: i64) -> bool {
    (known.first..=known.last).contains(&version) || known.first == 1 && version < 1
}

/// Number of tensors of a node, absent ones at the end not counted.
pub fn last_named(names: &[String]) -> usize {
    names
        .iter()
        .rposition(|name| !name.is_empty())
        .map_or(0, |last| last + 1)
}

/// The attributes that an operator has, in words.
fn expected(attributes: &[OnnxAttribute], version: i64) -> String {
    let names: Vec<_> = attributes
        .iter()
        .filter(|known| has(known, version))
        .map(|known| format!("'{}'", known.name))
        .collect();
    if names.is_empty() {
        "no attributes".to_owned()
    } else {
        format!("only {}", names.join(", "))
    }
}

/// The versions that have an attribute, in words.
fn versions(known: &OnnxAttribute) -> String {
    if known.last == i64::MAX {
        format!("it from version {} on", known.first)
    } else {
        format!("it up to version {}", known.last)
    }
}

/// The op of a node whose operator says all that the op has, in all versions. `None` if the declaration is of no op.
pub fn translate(node: &Node<'_>, set: Set, number: usize) -> Result<Option<Translated>, Refusal> {
    let (op, declaration): (Option<GraphOp>, &Declaration) = match set {
        Set::Onnx(_) => (
            read::<onnx::Op>(node, number)?.map(GraphOp::from),
            &onnx::DECLARATIONS[number],
        ),
        Set::Qonnx(_) => (
            read::<qonnx::Op>(node, number)?.map(GraphOp::from),
            &qonnx::DECLARATIONS[number],
        ),
    };
    let variadic = declaration
        .operands
        .iter()
        .any(|operand| operand.presence == Presence::Variadic);
    let operands = if variadic {
        node.inputs()
    } else {
        declaration.operands.len()
    };
    Ok(op.map(|op| Translated::of_inputs(op, operands).results(declaration.results.len())))
}

/// The op of a declaration, its attributes read from a node.
pub fn read<T: Declared>(node: &Node<'_>, number: usize) -> Result<Option<T>, Refusal> {
    let declaration = &T::declarations()[number];
    let mut values = Vec::with_capacity(declaration.attributes.len());
    for (at, attribute) in declaration.attributes.iter().enumerate() {
        let given = declaration
            .onnx
            .iter()
            .find(|known| known.fills == Some(at));
        let Some(given) = given else {
            return Ok(None);
        };
        let value = value(node, attribute, given)?;
        if value.is_none() && !attribute.optional {
            let name = given.name;
            return Err(format!("its attribute '{name}' is missing, expected one").into());
        }
        values.push(value);
    }
    Ok(T::of(number, &mut Values::new(values)))
}

/// The value of an attribute: what the node says, or what ONNX says where it does not.
fn value(
    node: &Node<'_>,
    attribute: &Attribute,
    given: &OnnxAttribute,
) -> Result<Option<AttributeValue>, Refusal> {
    use AttributeValue as Value;
    let name = given.name;
    let default = given.default;
    Ok(match attribute.kind {
        Kind::Int => {
            let default = default.and_then(|text| text.parse().ok());
            node.int_if(name)?.or(default).map(Value::Int)
        }
        Kind::Size | Kind::Bits => {
            let default = default.and_then(|text| text.parse().ok());
            let value = node.size_if(name)?;
            if let (Kind::Bits, Some(bits)) = (attribute.kind, value)
                && u32::try_from(bits).is_err()
            {
                return Err(
                    format!("its attribute '{name}' is {bits}, expected at most 32").into(),
                );
            }
            value.map(|value| value as i64).or(default).map(Value::Int)
        }
        Kind::Float => {
            let default = default.and_then(|text| text.parse().ok());
            node.float_if(name)?.or(default).map(Value::Float)
        }
        Kind::Bool => match (node.int_if(name)?, default) {
            (None, None) => None,
            (None, Some(default)) => Some(Value::Bool(default != "0")),
            (Some(_), _) => Some(Value::Bool(node.boolean(name, false)?)),
        },
        Kind::Choice(choice) => {
            let text = node.string_if(name)?.or(default.map(str::to_owned));
            if let Some(text) = &text {
                (choice.check)(text)?;
            }
            text.map(Value::Text)
        }
        Kind::Text | Kind::Foreign => {
            let text = node.string_if(name)?.or(default.map(str::to_owned));
            text.map(Value::Text)
        }
        // No list has another default than the empty one.
        Kind::Ints => {
            let default = default.map(|_| Vec::new());
            node.ints(name)?.or(default).map(Value::Ints)
        }
        Kind::Sizes => {
            let values = match node.ints(name)? {
                Some(_) => Some(node.sizes(name)?),
                None => default.map(|_| Vec::new()),
            };
            values.map(|values| Value::Ints(values.into_iter().map(|value| value as i64).collect()))
        }
        Kind::Tensor => node
            .tensor(name)?
            .map(|value| Value::Tensor(value.to_tensor())),
        // ONNX has none of these.
        Kind::Flags | Kind::Texts | Kind::Symbol | Kind::Element | Kind::Word => None,
    })
}
