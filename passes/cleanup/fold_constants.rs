//! The pass `fold-constants`.

use melior::Context;
use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::onnx;
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::{TensorType, ValueInfo};

use super::infer_shapes::infer_results;
use crate::room::Room;

declare_pass! {
    /// Evaluate ops whose operands are all constants.
    ///
    /// Evaluation is that of the reference interpreter. Quantizers are kept, since they say what scale and bit
    /// width a constant has; so is what depends on them. `Shape` of a value of known type folds too, which
    /// with this pass's own type inference resolves the `Shape`, `Gather`, `Concat`, `Reshape` chains of old
    /// exports in one walk.
    pub struct FoldConstants => "fold-constants" on Function {
        /// Largest result, in elements, that is folded.
        max_elements ("max-elements"): usize = 1 << 24,
        /// Most multiplications, comparisons and copies of elements, over all ops that are folded.
        max_work ("max-work"): u64 = 1 << 31,
    }
}

impl FoldConstants {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let mut room = Room::new(self.max_work);
        for op in function.ops() {
            infer_results(op, context)?;
            let Some(graph @ GraphOp::Onnx(_)) = GraphOp::read(op) else {
                continue;
            };
            match self.fold(&graph, op, &mut room) {
                Ok(Some(results)) => replace(function, op, &results, context),
                Ok(None) => {}
                Err(message) => return fail(op, message),
            }
        }
        function.update_type(context);
        Ok(())
    }

    /// The results, if they are constant and there is room for them.
    fn fold(
        &self,
        graph: &GraphOp,
        op: Op<'_>,
        room: &mut Room,
    ) -> Result<Option<Vec<Tensor>>, String> {
        let mut elements = 0usize;
        let mut results = Vec::new();
        for result in op.results() {
            let Some(r#type) = ir::type_of(ir::val(result)) else {
                return Ok(None);
            };
            elements = elements.saturating_add(r#type.elements().unwrap_or(usize::MAX));
            results.push(r#type);
        }
        if elements > self.max_elements {
            return Ok(None);
        }
        // The value of a tensor is wanted only if all operands are constants; `Shape` wants none.
        let operands: Vec<_> = op.operands().map(ir::val).collect();
        let absent = |value: &ir::Val<'_>| ir::defining_op(*value).is_some_and(onnx::is_none);
        let all_constant = operands
            .iter()
            .all(|value| absent(value) || ir::is_constant_value(*value));
        if all_constant {
            let types: Vec<_> = operands.iter().map(|value| ir::type_of(*value)).collect();
            let types: Vec<_> = types.iter().map(Option::as_ref).collect();
            // What is too large is left to whoever needs its value.
            if !room.take(graph, &types, &results).unwrap_or(false) {
                return Ok(None);
            }
        }
        let mut known: Vec<Option<(TensorType, Option<Tensor>)>> = Vec::new();
        for value in &operands {
            if absent(value) {
                known.push(None);
                continue;
            }
            let Some(r#type) = ir::type_of(*value) else {
                return Ok(None);
            };
            known.push(Some((
                r#type,
                all_constant.then(|| ir::constant_tensor(*value)).flatten(),
            )));
        }
        let infos: Vec<_> = known
            .iter()
            .map(|entry| {
                entry.as_ref().map(|(ty, value)| ValueInfo {
                    ty,
                    value: value.as_ref(),
                })
            })
            .collect();
        graph.fold(&infos).map_err(|error| error.with_advice())
    }
}

fn replace<'c>(function: Function<'c>, op: Op<'c>, results: &[Tensor], context: &'c Context) {
    for (old, tensor) in op.results().map(ir::val).zip(results) {
        let attribute = ir::elements_attribute(context, tensor);
        let constant = onnx::constant(context, attribute, op.location())
            .expect("the attribute of a tensor has a static type");
        let new = ir::build_op(function.block(), Some(op), constant);
        let new = ir::val(new.result(0).expect("a constant has one result"));
        debug_assert_eq!(ir::type_of(new), ir::type_of(old), "{}", old.r#type());
        ir::replace_all_uses(old, new);
    }
    ir::erase(op);
}
