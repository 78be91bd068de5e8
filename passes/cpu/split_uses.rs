//! The pass `split-uses`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Val};
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::upstream;
use std::collections::HashMap;

declare_pass! {
    /// Give a tensor of very many uses several names.
    ///
    /// Bufferization asks of every use of a tensor whether it gets on with every other one: ten thousand layers that read
    /// one tensor would take minutes. After some uses the next ones read another name: of a constant that is the same
    /// constant again, of other tensors a copy, which is little beside that many uses.
    pub struct SplitUses => "split-uses" on Function {
        /// Most uses of one tensor.
        most_uses ("most-uses"): usize = 64,
    }
}

/// The name that the next uses of a tensor read.
struct Current<'c> {
    value: Val<'c>,
    uses: usize,
}

impl SplitUses {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let mut names: HashMap<usize, Current<'c>> = HashMap::new();
        for op in function.ops().into_iter().chain(function.return_op()) {
            for (at, value) in op.operands().map(ir::val).enumerate().collect::<Vec<_>>() {
                if ir::type_of(value).is_none() {
                    continue;
                }
                let current = names
                    .entry(ir::value_key(value))
                    .or_insert(Current { value, uses: 0 });
                if current.uses >= self.most_uses.max(1) {
                    let location = op.location();
                    let again = match ir::constant_attribute(value) {
                        Some(constant) => upstream::constant_of(context, constant, location),
                        None => upstream::tensor_copy(context, current.value, location),
                    };
                    let again = ir::build_op(function.block(), Some(op), again);
                    let value = ir::val(again.result(0).expect("it was built with one result"));
                    *current = Current { value, uses: 0 };
                }
                current.uses += 1;
                ir::set_operand(op, at, current.value);
            }
        }
        Ok(())
    }
}
