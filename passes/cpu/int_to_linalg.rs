//! The pass `int-to-linalg`.

use std::cell::Cell;
use std::collections::HashMap;

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, ValueLike};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, BlockHandle, Function, Op, Val};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::{onnx, qint, upstream};

use super::emit::Emitter;
use super::float::{self, Node, Operand};
use super::integer::{self, Contraction, Literal, Machine, machine_type};
use super::layout::Channels;
use super::machine::{Declared, is_signed};

declare_pass! {
    /// Rewrite level 3 to upstream dialects on machine types.
    ///
    /// Exact-width integers become `i8`, `i16`, `i32` or `i64` tensors, the ops of `qint` and of the float
    /// regions become `linalg.generic` with bodies of `arith` and `math`. Results are bit for bit those of the
    /// reference interpreter: float sums are `f64` in ascending order and rounded once, nothing is contracted or
    /// reassociated.
    ///
    /// What has no elements is not computed, and goes in and out of the function as a vector of length 0.
    ///
    /// An integer's container holds a number of a known range modulo the container's width; a reader masks the
    /// high bits only where that range and its reading (signed or unsigned) disagree. How integers are read and what they
    /// can be is what the types at `tensor.bitcast` say; of bits without such types, the extensions in loop nests.
    ///
    /// With `features` of a processor, contractions are packed for the kernels of the table that the
    /// processor has instructions for (`qonnx.kernel` names the one of a nest), and the tensors between them keep their
    /// channels innermost. Without, every nest is one of scalars in the order of level 3.
    pub struct IntToLinalg => "int-to-linalg" on Function {
        /// Features of the processor that kernels may use, such as `avx2` or `avx2+avx512vnni`.
        features ("features"): String = String::new(),
        /// Report as a remark which kernel computes each contraction, or why none does.
        remarks ("remarks"): bool = false,
    }
}

impl IntToLinalg {
    fn run<'c>(&mut self, mut function: Function<'c>, context: &'c Context) -> PassResult {
        let old = (function.ops(), function.arguments(), function.returned());
        let (ops, arguments, returned) = old;
        for value in arguments.iter().chain(&returned) {
            if ir::type_of(*value).is_none() {
                let message = format!(
                    "the function has an input or output of type {}, expected a tensor of static shape",
                    value.r#type()
                );
                return fail(function.op(), message);
            }
        }
        let anchor = function.op();
        let location = function
            .return_op()
            .map_or(function.op().location(), |op| op.location());
        function.rebuild(context, |_, block| {
            let mut walk = Walk {
                context,
                features: &self.features,
                remarks: self.remarks,
                block,
                values: HashMap::new(),
            };
            for (old, new) in arguments.iter().zip(ir::block_arguments(block)) {
                let new = walk.argument(new, location);
                let machine = match ir::type_of(*old).map(|r#type| r#type.element) {
                    // Whatever the caller gives.
                    Some(Element::Int { width, .. }) => Machine::int(new, width, None),
                    _ => Machine::float(new),
                };
                walk.bind(*old, machine);
            }
            for op in ops {
                walk.lower(op)?;
            }
            let emit = Emitter {
                context,
                block,
                location,
            };
            let results = returned
                .iter()
                .map(|value| match ir::type_of(*value) {
                    Some(ty) if ty.is_empty() => Some(emit.empty(&machine_type(&ty.buffer()))),
                    _ => walk.tensor(&emit, *value),
                })
                .collect::<Option<Vec<_>>>();
            let Some(results) = results else {
                return fail(anchor, "returns a constant without its elements");
            };
            ir::append_return(block, &results, location);
            Ok(())
        })
    }
}

/// The forward walk from the old block to the new one.
struct Walk<'c, 'f> {
    context: &'c Context,
    /// Those that kernels may use.
    features: &'f str,
    /// Whether contractions are remarked on.
    remarks: bool,
    block: BlockHandle<'c>,
    /// The new tensor of each old value that has one. Constants and undefined tensors are made where they are used, one for
    /// each use: a destination is written over, and bufferization takes time with the square of the uses of one.
    values: HashMap<usize, Machine<'c>>,
}

impl<'c> Walk<'c, '_> {
    fn bind(&mut self, old: Val<'c>, mut new: Machine<'c>) {
        if let (Some(number), Some(declared)) = (&mut new.number, Declared::of(old)) {
            *number = number.declared(declared);
        }
        self.values.insert(ir::value_key(old), new);
    }

    /// What the network sees of an argument of the new block, which becomes one of machine numbers.
    fn argument(&self, argument: Val<'c>, location: Location<'c>) -> Val<'c> {
        let Some(ty) = ir::type_of(argument).map(|ty| machine_type(&ty)) else {
            return argument;
        };
        ir::set_type(argument, ir::tensor_type(self.context, &ty.buffer()));
        if !ty.is_empty() {
            return argument;
        }
        let emit = Emitter {
            context: self.context,
            block: self.block,
            location,
        };
        emit.empty(&ty)
    }

    fn lower(&mut self, op: Op<'c>) -> Result<(), Reported> {
        let emit = Emitter {
            context: self.context,
            block: self.block,
            location: op.location(),
        };
        let mut results = op.results().map(ir::val);
        if results.any(|result| Literal::of(result).is_some()) {
            return Ok(());
        }
        if onnx::is_constant(op) || onnx::is_none(op) || upstream::is_empty(op) {
            return Ok(());
        }
        if let Some(callee) = upstream::callee(op) {
            return self.call(&emit, &callee, op);
        }
        let types = match op
            .results()
            .map(|result| ir::type_of(ir::val(result)))
            .collect::<Option<Vec<_>>>()
        {
            Some(types) => types,
            None => {
                return fail(
                    op,
                    "has a result of unknown shape; run 'infer-shapes' first",
                );
            }
        };
        if types.iter().all(TensorType::is_empty) {
            for (old, ty) in op.results().zip(&types) {
                let new = undefined(&emit, ty);
                self.bind(ir::val(old), new);
            }
            return Ok(());
        }
        let outcome = if let Some(graph) = GraphOp::read(op) {
            self.float(&emit, &graph, op, &types)
        } else {
            self.integer(&emit, op, &types).map(|machine| vec![machine])
        };
        match outcome {
            Ok(machines) => {
                for (old, new) in op.results().zip(machines) {
                    self.bind(ir::val(old), new);
                }
                Ok(())
            }
            Err(reason) => fail(op, reason),
        }
    }

    /// A call of a function that is elsewhere, on tensors of machine types.
    fn call(&mut self, emit: &Emitter<'c>, callee: &str, op: Op<'c>) -> Result<(), Reported> {
        let operands = op
            .operands()
            .map(|operand| self.tensor(emit, ir::val(operand)));
        let Some(operands) = operands.collect::<Option<Vec<_>>>() else {
            return fail(op, "an operand is a constant without its elements");
        };
        let results: Vec<_> = op.results().map(|result| result.r#type()).collect();
        let same = |(old, new): (melior::ir::Value<'c, '_>, &Val<'c>)| old.r#type() == new.r#type();
        if !op.operands().zip(&operands).all(same) {
            return fail(
                op,
                "calls with something else than floats and integers of 8, 16, 32 or 64 bits",
            );
        }
        let call = upstream::call(self.context, callee, &operands, &results, op.location());
        let call = ir::build_op(self.block, None, call);
        for (old, new) in op.results().zip(call.results()) {
            let new = ir::val(new);
            let machine = match ir::type_of(new).map(|ty| ty.element) {
                Some(Element::Int { width, .. }) => Machine::int(new, width, None),
                _ => Machine::float(new),
            };
            self.bind(ir::val(old), machine);
        }
        Ok(())
    }

    /// Says something of an op, if that is wanted.
    fn remark(&self, op: Op<'c>, said: &str) {
        if self.remarks {
            ir::emit_remark(op.location(), &format!("'{}' {said}", ir::op_name(op)));
        }
    }

    /// An op of `qint` or of an upstream dialect.
    fn integer(
        &mut self,
        emit: &Emitter<'c>,
        op: Op<'c>,
        types: &[TensorType],
    ) -> Result<Machine<'c>, String> {
        let Some(result) = types.first() else {
            return Err(unknown(op));
        };
        let old: Vec<_> = op.operands().map(ir::val).collect();
        let read = upstream::Op::read(op);
        if let Some(upstream::Op::Generic(generic)) = &read {
            let input = |value| self.machine(emit, value).ok().flatten();
            let contraction =
                integer::contraction(emit, self.features, generic, &old, result, input);
            match contraction {
                Some(Contraction::Kernel(machine, said)) => {
                    self.remark(op, &said);
                    return Ok(machine);
                }
                Some(Contraction::Scalar(reason)) => {
                    self.remark(op, &format!("is computed by scalar code: {reason}"));
                }
                None => {}
            }
        }
        let signed = old.first().is_some_and(|first| is_signed(*first));
        let mut operands = old
            .iter()
            .map(|operand| self.machine(emit, *operand))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| unknown(op))?;
        if operands.iter().any(|machine| machine.channels.is_some()) {
            if let Some(machine) = integer::lower_in_memory(emit, op, &old, &operands, result)? {
                return Ok(machine);
            }
            for (machine, old) in operands.iter_mut().zip(&old) {
                *machine = in_order(emit, *machine, *old);
            }
        }
        match (qint::Op::read(op), read) {
            (Some(qint), _) => {
                let operand = *operands.first().ok_or("has no operand")?;
                integer::lower_qint(emit, &qint, operand, signed, result)
            }
            (None, Some(upstream)) => integer::lower_upstream(emit, &upstream, &operands, result),
            (None, None) => Err(unknown(op)),
        }
    }

    /// The new tensor of an old value for one use of it; `None` for a value that no op has made.
    fn machine(&self, emit: &Emitter<'c>, old: Val<'c>) -> Result<Option<Machine<'c>>, String> {
        if let Some(machine) = self.values.get(&ir::value_key(old)) {
            return Ok(Some(*machine));
        }
        if let Some(literal) = Literal::of(old) {
            return integer::constant(emit, literal).map(Some);
        }
        let empty = ir::defining_op(old).is_some_and(upstream::is_empty);
        let r#type = ir::type_of(old).filter(|_| empty);
        Ok(r#type.map(|ty| undefined(emit, &ty)))
    }

    /// An op of the graph that stayed float.
    fn float(
        &mut self,
        emit: &Emitter<'c>,
        graph: &GraphOp,
        op: Op<'c>,
        types: &[TensorType],
    ) -> Result<Vec<Machine<'c>>, String> {
        let values: Vec<Val<'c>> = op.operands().map(ir::val).collect();
        let machine = |value: &Val<'c>| self.values.get(&ir::value_key(*value)).copied();
        let result = types.first().ok_or("has no result")?;
        let rank = result.rank();
        let alike = |value: &Val<'c>| ir::type_of(*value).is_some_and(|ty| ty.rank() == rank);
        let channels = values
            .iter()
            .filter(|value| float::keeps_channels(graph) && alike(value))
            .find_map(|value| machine(value)?.channels)
            .map(|channels| channels.tight(&result.shape));
        let operands: Vec<Option<Operand<'c>>> = values
            .iter()
            .map(|&value| {
                let absent = ir::defining_op(value).is_some_and(onnx::is_none);
                if absent {
                    return Ok(None);
                }
                let ty = ir::type_of(value).ok_or("has an operand of unknown shape")?;
                let mut machine = machine(&value);
                let stored = machine.and_then(|machine| machine.channels);
                let kept = stored.filter(|stored| {
                    let same = |channels: Channels| {
                        (channels.axis, channels.outer) == (stored.axis, stored.outer)
                    };
                    alike(&value) && channels.is_some_and(same)
                });
                machine = machine.map(|machine| match kept {
                    Some(kept) => Machine {
                        value: emit.tight(machine.value, kept, &ty.shape),
                        ..machine
                    },
                    None => in_order(emit, machine, value),
                });
                Ok(Some(Operand {
                    old: value,
                    machine: machine.map(|machine| machine.value),
                    channels: kept.map(|kept| kept.tight(&ty.shape)),
                    ty,
                }))
            })
            .collect::<Result<_, &str>>()?;
        let node = Node {
            emit: *emit,
            operands: &operands,
            results: types,
            features: self.features,
            channels,
            stored: Cell::new(None),
            said: Cell::new(None),
        };
        let results = float::lower(graph, &node).map_err(|reason| {
            format!(
                "'{}' stays float and the cpu backend has no code for it yet: it {reason}",
                graph.name()
            )
        })?;
        if let Some(said) = node.said.take() {
            self.remark(op, &said);
        }
        let mut machines: Vec<_> = results.into_iter().map(Machine::float).collect();
        if let Some(first) = machines.first_mut() {
            first.channels = node.stored.get();
        }
        Ok(machines)
    }

    /// The new tensor of an old value that the function returns.
    fn tensor(&self, emit: &Emitter<'c>, old: Val<'c>) -> Option<Val<'c>> {
        let machine = match self.values.get(&ir::value_key(old)) {
            Some(machine) => in_order(emit, *machine, old),
            None => integer::constant(emit, Literal::of(old)?).ok()?,
        };
        Some(machine.returned(emit, Declared::of(old)).value)
    }
}

/// The new tensor of an old value in the order of level 3.
fn in_order<'c>(emit: &Emitter<'c>, machine: Machine<'c>, old: Val<'c>) -> Machine<'c> {
    match ir::type_of(old) {
        Some(ty) => Machine {
            value: emit.in_order(machine.value, machine.channels, &ty.shape),
            channels: None,
            ..machine
        },
        None => machine,
    }
}

/// A tensor whose elements nobody has written.
fn undefined<'c>(emit: &Emitter<'c>, ty: &TensorType) -> Machine<'c> {
    let value = emit.empty(&machine_type(ty));
    match ty.element {
        Element::Int { width, .. } => Machine::int(value, width, None),
        _ => Machine::float(value),
    }
}

fn unknown(op: Op<'_>) -> String {
    format!(
        "the cpu backend has no code for '{}', expected an op of level 3; run 'lower-to-int' first",
        ir::op_name(op)
    )
}
