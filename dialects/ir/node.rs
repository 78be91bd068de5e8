//! Which node of the graph an op belongs to: an MLIR location that every level keeps.
//!
//! Names are for people: a file may give one name to two nodes, or to none. What tells nodes apart is the number
//! beside the name, which the location keeps as the line of the file.

use melior::ir::Location;
use melior::ir::operation::OperationLike;
use melior::{Context, StringRef};
use mlir_sys::*;
use std::collections::HashSet;

use super::func::Function;
use super::handle::{Op, op_name, text};
use crate::graph::GraphOp;
use crate::qint;
use crate::text::Foreign;

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The name that people know it by; not unique.
    pub name: Foreign,
    /// Tells nodes of one name apart: the place of the node in the file, from 1 on; 0 where nothing is known.
    pub number: u32,
}

impl Node {
    /// Its location in a file.
    pub fn location<'c>(&self, context: &'c Context, file: &str) -> Location<'c> {
        // A column of 0 keeps MLIR from looking for a line of text in the file.
        let place = Location::new(context, file, self.number as usize, 0);
        Location::name(context, self.name.verbatim(), place)
    }

    /// The node that a location names.
    #[expect(unsafe_code, reason = "melior does not take locations apart")]
    pub fn at(location: Location<'_>) -> Option<Self> {
        // SAFETY: the location is valid, and each accessor is guarded by its `IsA`.
        unsafe {
            let raw = location.to_raw();
            if mlirLocationIsAName(raw) {
                let name = StringRef::from_raw(mlirIdentifierStr(mlirLocationNameGetName(raw)));
                let child = mlirLocationNameGetChildLoc(raw);
                let number = if mlirLocationIsAFileLineColRange(child) {
                    u32::try_from(mlirLocationFileLineColRangeGetStartLine(child)).unwrap_or(0)
                } else {
                    0
                };
                let name = Foreign::new(text(name)?);
                return Some(Self { name, number });
            }
            if mlirLocationIsAFused(raw) {
                let count = mlirLocationFusedGetNumLocations(raw);
                let mut parts = vec![null_location(); count as usize];
                mlirLocationFusedGetLocations(raw, parts.as_mut_ptr());
                return parts
                    .into_iter()
                    .find_map(|part| Self::at(Location::from_raw(part)));
            }
            None
        }
    }

    /// The node that an op belongs to; for an op without one, the op's own name with number 0.
    pub fn of(op: Op<'_>) -> Self {
        Self::at(op.location()).unwrap_or_else(|| Self {
            name: Foreign::new(op_name(op)),
            number: 0,
        })
    }
}

/// A number that identifies a location.
pub fn location_key(location: Location<'_>) -> usize {
    location.to_raw().ptr as usize
}

/// A place in a file, as a location has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the file.
    pub file: Foreign,
    /// The line, from 1 on; of an ONNX file the number of the node. 0 where nothing is known.
    pub line: u32,
    /// The column, from 1 on; 0 where nothing is known, as in a file that has no lines.
    pub column: u32,
}

impl Place {
    /// Whether it is one character of a text.
    pub fn is_exact(&self) -> bool {
        self.line > 0 && self.column > 0
    }

    /// The place that a location names, or the first of its parts that does.
    #[expect(unsafe_code, reason = "melior does not take locations apart")]
    pub fn at(location: Location<'_>) -> Option<Self> {
        // SAFETY: the location is valid, and each accessor is guarded by its `IsA`.
        unsafe {
            let raw = location.to_raw();
            let parts = if mlirLocationIsAFileLineColRange(raw) {
                let number = |value| u32::try_from(value).unwrap_or(0);
                let file = mlirIdentifierStr(mlirLocationFileLineColRangeGetFilename(raw));
                return Some(Self {
                    file: Foreign::new(text(StringRef::from_raw(file))?),
                    line: number(mlirLocationFileLineColRangeGetStartLine(raw)),
                    column: number(mlirLocationFileLineColRangeGetStartColumn(raw)),
                });
            } else if mlirLocationIsAName(raw) {
                vec![mlirLocationNameGetChildLoc(raw)]
            } else if mlirLocationIsACallSite(raw) {
                vec![
                    mlirLocationCallSiteGetCallee(raw),
                    mlirLocationCallSiteGetCaller(raw),
                ]
            } else if mlirLocationIsAFused(raw) {
                let count = mlirLocationFusedGetNumLocations(raw);
                let mut parts = vec![null_location(); count as usize];
                mlirLocationFusedGetLocations(raw, parts.as_mut_ptr());
                parts
            } else {
                Vec::new()
            };
            let mut parts = parts.into_iter();
            parts.find_map(|part| Self::at(Location::from_raw(part)))
        }
    }
}

/// The name of the node that a location carries, if any. A function's location has the name of its file.
pub fn node_name(location: Location<'_>) -> Option<Foreign> {
    let name = Node::at(location)?.name;
    let of_file = Place::at(location).is_some_and(|place| place.file == name);
    (!of_file).then_some(name)
}

/// Makes the nodes of a network's graph ops and quantizers distinct: whoever has the name and number of one before it
/// gets another number, and whoever has no name gets that of its op. Depends on nothing but the function.
pub fn identify<'c>(context: &'c Context, function: Function<'c>, file: &str) {
    let ops = function.ops();
    let numbers: HashSet<u32> = ops
        .iter()
        .filter_map(|op| Some(Node::at(op.location())?.number))
        .collect();
    let mut free = (1..=u32::MAX).filter(|number| !numbers.contains(number));
    let mut taken = HashSet::new();
    for op in ops {
        let name = match (GraphOp::read(op), qint::Op::read(op)) {
            (Some(graph), _) => graph.name().to_owned(),
            (None, Some(_)) => op_name(op),
            (None, None) => continue,
        };
        let found = Node::at(op.location());
        if found
            .as_ref()
            .is_some_and(|node| taken.insert(node.clone()))
        {
            continue;
        }
        let node = Node {
            name: found.map_or_else(|| Foreign::new(name), |node| node.name),
            // There are fewer ops than numbers.
            number: free.next().unwrap_or(0),
        };
        set_location(op, node.location(context, file));
        taken.insert(node);
    }
}

#[expect(unsafe_code, reason = "melior does not wrap this call")]
fn set_location<'c>(op: Op<'c>, location: Location<'c>) {
    // SAFETY: the op is in place and the location of its context.
    unsafe { mlirOperationSetLocation(op.to_raw(), location.to_raw()) }
}

fn null_location() -> MlirLocation {
    MlirLocation {
        ptr: std::ptr::null(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir;

    fn nodes(source: &str) -> Vec<(String, u32)> {
        let context = ir::session();
        let module = ir::parse_module(&context, source.as_bytes()).expect("it parses");
        let function = ir::main_function(&module).expect("a function");
        identify(&context, function, "file");
        let nodes = function.ops().into_iter().map(Node::of);
        nodes
            .map(|node| (node.name.verbatim().to_owned(), node.number))
            .collect()
    }

    #[test]
    fn nodes_of_one_name_or_none_are_told_apart() {
        let source = r#"func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
            %a = onnx.relu %x : (tensor<2xf32>) -> tensor<2xf32> loc("r"("f":3:0))
            %b = onnx.relu %a : (tensor<2xf32>) -> tensor<2xf32> loc("r"("f":3:0))
            %c = onnx.relu %b : (tensor<2xf32>) -> tensor<2xf32> loc("r")
            %d = onnx.relu %c : (tensor<2xf32>) -> tensor<2xf32> loc("r")
            %e = onnx.relu %d : (tensor<2xf32>) -> tensor<2xf32> loc(unknown)
            return %e : tensor<2xf32>
        }"#;
        let expected = [("r", 3), ("r", 1), ("r", 0), ("r", 2), ("Relu", 4)];
        assert_eq!(
            nodes(source),
            expected.map(|(name, number)| (name.to_owned(), number))
        );
        assert_eq!(nodes(source), nodes(source));
    }

    #[test]
    fn a_location_keeps_any_name() {
        let context = ir::session();
        for name in ["", "a\nb", "a\0b", "größe", "\"x\""] {
            let node = Node {
                name: name.into(),
                number: 7,
            };
            assert_eq!(Node::at(node.location(&context, "model.onnx")), Some(node));
        }
    }
}
