//! The walk: dispatch of each op to its rule, and the float fallback.

use melior::Context;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Attribute, Location};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, BlockHandle, Op, Val};
use qonnx_dialects::onnx::{Contraction, Family, Movement, Normalization, Pooling};
use qonnx_dialects::packed::Packed;
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::qint::{self, Dequantize};
use qonnx_dialects::qonnx::{self, Codes};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::value::{TensorType, ValueInfo};
use qonnx_dialects::values::Values;
use qonnx_dialects::word::Word;
use qonnx_dialects::{onnx, upstream};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::constant::{self, Constant};
use super::parameters::Quantizers;
use super::reasons::{Need, Reasons};
use super::refusal::{NO_FORM, NOT_A_NUMBER, Options, Refusal};
use super::steps::Steps;
use super::value::{IntValue, State};
use crate::analysis::scaled_int::{ScaledConstant, ScaledInt};
use crate::room::Room;

/// The conversion of one function.
pub struct Converter<'c> {
    pub context: &'c Context,
    pub options: Options,
    block: BlockHandle<'c>,
    /// State of each value of the old function.
    states: HashMap<usize, State<'c>>,
    /// Float form of values of the old function that have been asked for it.
    floats: HashMap<usize, Val<'c>>,
    /// Float form of integers after some steps, which are kept so that their key stays theirs.
    carriers: HashMap<(usize, usize), (Steps<'c>, Val<'c>)>,
    /// Room for constants that are computed.
    room: Room,
    /// Why operations stay float.
    pub reasons: Reasons,
    /// Old values that may be NaN for finite inputs, because a constant makes them so.
    undefined: HashSet<usize>,
}

impl<'c> Converter<'c> {
    pub fn new(context: &'c Context, block: BlockHandle<'c>, options: Options) -> Self {
        Self {
            context,
            reasons: Reasons::new(options.remarks),
            room: Room::new(options.max_work),
            options,
            block,
            states: HashMap::new(),
            floats: HashMap::new(),
            carriers: HashMap::new(),
            undefined: HashSet::new(),
        }
    }

    /// Says that an old value is a float value of the new function.
    pub fn bind_float(&mut self, old: Val<'c>, new: Val<'c>) {
        self.states.insert(ir::value_key(old), State::Float(new));
    }

    /// Converts one op of the old function.
    pub fn convert(&mut self, op: Op<'c>) -> PassResult {
        let location = op.location();
        let operands: Vec<Val<'c>> = op.operands().map(ir::val).collect();
        let results: Vec<Val<'c>> = op.results().map(ir::val).collect();
        if onnx::is_none(op) {
            self.states.insert(ir::value_key(results[0]), State::Absent);
            return Ok(());
        }
        if onnx::is_constant(op) {
            let attribute = ir::constant_attribute(results[0]);
            let known = attribute.and_then(|value| Some((value, ir::elements_type(value)?)));
            let Some((value, r#type)) = known else {
                return fail(
                    op,
                    "the elements of this constant are elided; nothing can be computed from it",
                );
            };
            let constant = Constant::of_attribute(value, r#type, location);
            self.states
                .insert(ir::value_key(results[0]), State::Constant(constant));
            return Ok(());
        }
        let Some(graph) = GraphOp::read(op) else {
            return fail(
                op,
                format!("'{}' op is not part of levels 0 and 1", ir::op_name(op)),
            );
        };
        let Some(types) = results
            .iter()
            .map(|value| ir::type_of(*value))
            .collect::<Option<Vec<_>>>()
        else {
            return fail(
                op,
                "the shape of a result is not known; run 'infer-shapes' and 'fold-constants' first",
            );
        };
        let states: Vec<State<'c>> = operands
            .iter()
            .map(|value| {
                self.states
                    .get(&ir::value_key(*value))
                    .cloned()
                    .unwrap_or(State::Absent)
            })
            .collect();

        let folded = self.fold(&graph, &states, &types, location);
        if let Some(constants) = folded.or_else(|reason| fail(op, reason))? {
            for (result, constant) in results.iter().zip(constants) {
                self.states
                    .insert(ir::value_key(*result), State::Constant(constant));
            }
            return Ok(());
        }
        let undefined = self.may_be_nan(&graph, &states, &operands);
        if undefined {
            self.undefined
                .extend(results.iter().map(|value| ir::value_key(*value)));
        }
        let [result] = types.as_slice() else {
            self.reasons.refused(location, graph.name(), NO_FORM);
            return self.keep_float(&graph, op, &operands, &types);
        };
        let outcome = match (undefined, states.first()) {
            (true, Some(State::Float(_))) if is_quantizer(&graph) => Err(NOT_A_NUMBER.to_owned()),
            _ => self.integer_rule(&graph, &states, result, location),
        };
        match outcome {
            Ok(state) => {
                if is_quantizer(&graph) {
                    self.undefined.remove(&ir::value_key(results[0]));
                }
                self.states.insert(ir::value_key(results[0]), state);
                Ok(())
            }
            Err(refusal) => {
                // An integer in the place of NaN would be another result than the graph's.
                let defined = !undefined && refusal != NOT_A_NUMBER;
                if !defined {
                    self.undefined.insert(ir::value_key(results[0]));
                }
                let form = if defined {
                    self.quantize_float_form(&graph, &states, &operands, result, op)?
                } else {
                    None
                };
                match form {
                    Some(state) => {
                        self.reasons.apart(location, graph.name(), &refusal);
                        self.states.insert(ir::value_key(results[0]), state);
                        Ok(())
                    }
                    None => {
                        self.reasons.refused(location, graph.name(), &refusal);
                        self.keep_float(&graph, op, &operands, &types)
                    }
                }
            }
        }
    }

    /// A quantizer that does not become one integer function with what is before it: what is before it is computed
    /// in float, and from the quantizer on everything may be integer again. `None` for other ops, and for quantizers
    /// that have no integer form at all.
    fn quantize_float_form(
        &mut self,
        graph: &GraphOp,
        states: &[State<'c>],
        operands: &[Val<'c>],
        result: &TensorType,
        op: Op<'c>,
    ) -> Result<Option<State<'c>>, Reported> {
        if !is_quantizer(graph) || !matches!(states.first(), Some(State::Int(_))) {
            return Ok(None);
        }
        let x = self.float_of(operands[0], Need::Quantizer, op.location())?;
        let mut states = states.to_vec();
        states[0] = State::Float(x);
        Ok(self
            .integer_rule(graph, &states, result, op.location())
            .ok())
    }

    /// Whether the result may be NaN for finite inputs of the network: a constant makes NaN here, or did before. Codes
    /// of one signed bit are the sign, which NaN has by definition.
    fn may_be_nan(&self, graph: &GraphOp, states: &[State<'c>], operands: &[Val<'c>]) -> bool {
        let types: Vec<_> = operands.iter().map(|value| ir::type_of(*value)).collect();
        let values: Vec<_> = states
            .iter()
            .map(|state| match state {
                // What are scaled integers, such as weights, is finite and not looked at.
                State::Constant(constant) if constant.int.is_none() => constant.numbers().ok(),
                _ => None,
            })
            .collect();
        let infos: Vec<_> = types
            .iter()
            .zip(&values)
            .map(|(ty, value)| {
                let value = value.as_deref();
                ty.as_ref().map(|ty| ValueInfo { ty, value })
            })
            .collect();
        let before = |value: &Val<'c>| self.undefined.contains(&ir::value_key(*value));
        if !operands.iter().any(before) && !graph.makes_nan(&infos) {
            return false;
        }
        match graph {
            GraphOp::Qonnx(op) if is_quantizer(graph) => {
                let codes = Quantizers::of_states(op, states)
                    .ok()
                    .and_then(|all| all.codes());
                !matches!(codes, Some(Codes::SignOfCode | Codes::SignOfInput))
            }
            _ => true,
        }
    }

    /// The rule of the op's family.
    fn integer_rule(
        &mut self,
        graph: &GraphOp,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        match graph {
            GraphOp::Qonnx(quantizer @ (qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant)) => {
                self.quantizer(quantizer, states, result, location)
            }
            GraphOp::Onnx(op) => self.rule_of_family(op, states, result, location),
            op if op.is_elementwise() => self.step(op, states, result, location),
            GraphOp::Qonnx(_) => Err(NO_FORM.to_owned()),
        }
    }

    /// The rule of a standard op.
    fn rule_of_family(
        &mut self,
        op: &onnx::Op,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let integers = || states.iter().all(|state| matches!(state, State::Int(_)));
        match op.family() {
            Family::Elementwise(onnx::Op::Add | onnx::Op::Sub) if integers() => {
                self.add(op, states, result, location)
            }
            Family::Elementwise(_)
            | Family::Conversion(_)
            | Family::Normalization(Normalization::BatchNormalization(_)) => {
                self.step(&op.clone().into(), states, result, location)
            }
            Family::Contraction(Contraction::MatMul) => self.matmul(states, result, location),
            Family::Contraction(Contraction::Conv(conv)) => {
                self.conv(conv, states, result, location)
            }
            Family::Pooling(Pooling::MaxPool(pool)) => {
                self.max_pool(pool, states, result, location)
            }
            Family::Reshaping(_) | Family::Movement(Movement::Transpose(_)) => {
                self.movement(op, states, result, location)
            }
            Family::Movement(Movement::Concat(concat)) => {
                self.concat(concat.axis, states, result, location)
            }
            // `split-bias` has made a product and a sum of a Gemm that has an integer form. What has no rule stays float,
            // which is right for every op.
            Family::Contraction(_)
            | Family::Pooling(_)
            | Family::Normalization(_)
            | Family::Reduction(_)
            | Family::Movement(_) => Err(NO_FORM.to_owned()),
        }
    }

    /// Keeps an op on float values.
    fn keep_float(
        &mut self,
        graph: &GraphOp,
        op: Op<'c>,
        operands: &[Val<'c>],
        types: &[TensorType],
    ) -> PassResult {
        let location = op.location();
        let operands = operands
            .iter()
            .map(|operand| self.float_of(*operand, Need::Op(graph.name()), location))
            .collect::<Result<Vec<_>, _>>()?;
        let types: Vec<_> = types
            .iter()
            .map(|r#type| ir::tensor_type(self.context, r#type))
            .collect();
        let new = ir::build_op(
            self.block,
            None,
            graph.build(self.context, &operands, &types, location),
        );
        for (old, new) in op.results().zip(new.results()) {
            self.bind_float(ir::val(old), ir::val(new));
        }
        Ok(())
    }

    /// The float form of an old value, built where it is first asked for; `need` says who at `location` asks.
    pub fn float_of(
        &mut self,
        old: Val<'c>,
        need: Need<'_>,
        location: Location<'c>,
    ) -> Result<Val<'c>, Reported> {
        let key = ir::value_key(old);
        if let Some(float) = self.floats.get(&key) {
            return Ok(*float);
        }
        let state = self.states.get(&key).cloned().unwrap_or(State::Absent);
        let float = match state {
            State::Absent => self.append(onnx::none(self.context, location)),
            State::Float(value) => value,
            State::Constant(constant) => self.float_constant(&constant)?,
            State::Int(value) => self.dequantized(&value, need, location),
        };
        self.floats.insert(key, float);
        Ok(float)
    }

    /// `qint.dequantize` and the pending steps as float ops. What another value has in common with this one is built
    /// once.
    fn dequantized(
        &mut self,
        value: &IntValue<'c>,
        need: Need<'_>,
        location: Location<'c>,
    ) -> Val<'c> {
        let carrier = TensorType {
            shape: value.shape.clone(),
            element: Element::F32,
        };
        let carrier_type = ir::tensor_type(self.context, &carrier);
        let n = ir::value_key(value.n);
        let mut missing = Vec::new();
        let mut steps = &value.steps;
        let mut float = loop {
            if let Some((_, float)) = self.carriers.get(&(n, steps.key())) {
                break *float;
            }
            match steps.split_last() {
                Some((step, before)) => {
                    missing.push((step, steps));
                    steps = before;
                }
                None => {
                    let dequantize = qint::Op::Dequantize(Dequantize {
                        scale: value.info.scale_tensor(value.shape.len()),
                    });
                    let location = ir::defining_op(value.n).map_or(location, |op| op.location());
                    let op = dequantize.build(self.context, &[value.n], carrier_type, location);
                    let float = self.append(op);
                    self.carriers.insert((n, 0), (Steps::default(), float));
                    break float;
                }
            }
        };
        for (step, steps) in missing.into_iter().rev() {
            self.reasons
                .needed(step.location, step.op.name(), need, location);
            let mut operands = Vec::with_capacity(step.constants.len());
            for (at, constant) in step.constants.iter().enumerate() {
                operands.push(match constant {
                    _ if at == step.moving => float,
                    Some(constant) => {
                        let attribute = ir::elements_attribute(self.context, constant);
                        self.float_attribute(attribute, step.location)
                    }
                    None => self.append(onnx::none(self.context, step.location)),
                });
            }
            float =
                self.append(
                    step.op
                        .build(self.context, &operands, &[carrier_type], step.location),
                );
            self.carriers
                .insert((n, steps.key()), (steps.clone(), float));
        }
        float
    }

    fn float_constant(&mut self, constant: &Constant<'c>) -> Result<Val<'c>, Reported> {
        let attribute = match constant.attribute() {
            Some(attribute) => attribute,
            None => {
                let value = constant.tensor().map_err(|reason| {
                    ir::emit_error(constant.location, &reason);
                    Reported
                })?;
                ir::elements_attribute(self.context, &value)
            }
        };
        Ok(self.float_attribute(attribute, constant.location))
    }

    fn float_attribute(&mut self, value: Attribute<'c>, location: Location<'c>) -> Val<'c> {
        let constant = onnx::constant(self.context, value, location)
            .expect("the attribute of a tensor has a static type");
        self.append(constant)
    }

    /// A constant of integers of the new function, of the narrowest type.
    pub fn packed_constant(
        &mut self,
        values: &Packed,
        shape: &[usize],
        location: Location<'c>,
    ) -> Val<'c> {
        let (lo, hi) = values.range();
        let element = Word::of_range(lo, hi).element();
        let attribute = ir::packed_attribute(self.context, values, element, shape);
        self.append(upstream::constant_of(self.context, attribute, location))
    }

    /// The results of an op whose operands are all constants; `None` for other ops. Fails if they would take too much
    /// memory.
    fn fold(
        &mut self,
        graph: &GraphOp,
        states: &[State<'c>],
        types: &[TensorType],
        location: Location<'c>,
    ) -> Result<Option<Vec<Constant<'c>>>, String> {
        let mut operands = Vec::with_capacity(states.len());
        for state in states {
            operands.push(match state {
                State::Constant(constant) => Some(constant.clone()),
                State::Absent => None,
                _ => return Ok(None),
            });
        }
        // An op without operands that were found constant is left to the float form.
        if operands.iter().flatten().next().is_none() {
            return Ok(None);
        }
        let scaled = match (operands.first(), types) {
            (Some(Some(first)), [result]) => scaled_result(graph, first, &operands, result),
            _ => Ok(None),
        };
        let (int, unscaled) = match scaled {
            Ok(int) => (int.map(Rc::new), None),
            Err(reason) => (None, Some(Rc::from(reason))),
        };
        if let (Some(int), [result]) = (&int, types)
            && let Some(constant) = Constant::deferred(graph, &operands, int, result, location)
        {
            return Ok(Some(vec![constant]));
        }
        let operand_types: Vec<_> = operands
            .iter()
            .map(|operand| operand.as_ref().map(|constant| &constant.r#type))
            .collect();
        let room = self.room.take(graph, &operand_types, types);
        if !room.map_err(|error| error.to_string())? {
            return Ok(None);
        }
        let Ok(values) = constant::evaluate(graph, &operands) else {
            return Ok(None);
        };
        let constants = values.into_iter().map(|value| Constant {
            int: int.clone(),
            unscaled: unscaled.clone(),
            ..Constant::of_tensor(value, location)
        });
        Ok(Some(constants.collect()))
    }

    /// Appends an op to the new function and returns its first result.
    pub fn append(&mut self, operation: Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.block, None, operation);
        ir::val(op.result(0).expect("every op built here has a result"))
    }

    /// Appends a layer whose result has the integers of `info`.
    pub fn layer(
        &mut self,
        op: &qint::Op,
        operands: &[Val<'c>],
        info: ScaledInt,
        shape: &[usize],
        location: Location<'c>,
    ) -> State<'c> {
        let r#type = self.integers_type(shape, info.values());
        let n = self.append(op.build(self.context, operands, r#type, location));
        State::Int(IntValue::new(n, info, shape.to_vec()))
    }

    /// Appends a reshape.
    pub fn reshape(&mut self, value: Val<'c>, shape: &[usize], location: Location<'c>) -> Val<'c> {
        upstream::reshape(self.context, self.block, None, value, shape, location)
            .expect("the caller keeps the number of elements")
    }

    /// The MLIR type of a tensor of integers, exactly as wide as they need.
    pub fn integers_type(&self, shape: &[usize], values: Values) -> melior::ir::Type<'c> {
        ir::integers_type(self.context, shape, values.word(), values)
    }
}

/// Whether the op is a quantizer that may have an integer form.
fn is_quantizer(graph: &GraphOp) -> bool {
    matches!(
        graph,
        GraphOp::Qonnx(qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant)
    )
}

/// The scaled integers of a constant result: of a quantizer, or of data movement of scaled integers; `None` for what no
/// quantizer has made. The error says why there are none although one has.
fn scaled_result(
    graph: &GraphOp,
    first: &Constant<'_>,
    operands: &[Option<Constant<'_>>],
    result: &TensorType,
) -> Result<Option<ScaledConstant>, Refusal> {
    match (graph, &first.int) {
        (GraphOp::Qonnx(op), _) => {
            let values = constant::tensors(operands)?;
            let values: Vec<Option<&Tensor>> = values.iter().map(Option::as_deref).collect();
            super::parameters::quantize_constant(op, &values).map(Some)
        }
        (GraphOp::Onnx(op), Some(int)) => super::movement::move_constant(op, int, result).map(Some),
        // What was lost before stays lost, for the same reason.
        (GraphOp::Onnx(_), None) => match &first.unscaled {
            Some(reason) => Err(reason.to_string()),
            None => Ok(None),
        },
    }
}
