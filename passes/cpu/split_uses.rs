//! The pass `split-uses`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Val};
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::upstream;
use std::collections::HashMap;

declare_pass! {
    /// Give a tensor of very many uses several names, and one of very many insertions several buffers.
    ///
    /// Bufferization asks of every use of a tensor whether it gets on with every other one: ten thousand layers that read
    /// one tensor would take minutes. After some uses the next ones read another name: of a constant that is the same
    /// constant again, of other tensors a copy, which is little beside that many uses.
    ///
    /// Likewise it looks at all insertions into one tensor at once, in time that grows with the cube of their number: a
    /// concatenation of five hundred parts would take minutes. After some of them the next ones go into a copy.
    pub struct SplitUses => "split-uses" on Function {
        /// Most uses of one tensor.
        most_uses ("most-uses"): usize = 64,
        /// Most insertions into one buffer.
        most_inserts ("most-inserts"): usize = 16,
    }
}

/// The name that the next uses of a tensor read.
struct Current<'c> {
    value: Val<'c>,
    uses: usize,
}

impl SplitUses {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        self.split_inserts(function, context);
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
    /// Copies what has been inserted into often enough.
    fn split_inserts<'c>(&self, function: Function<'c>, context: &'c Context) {
        // How many insertions have made a tensor since its buffer was a new one.
        let mut inserts: HashMap<usize, usize> = HashMap::new();
        for op in function.ops() {
            let Some(upstream::Op::InsertSlice(_)) = upstream::Op::read(op) else {
                continue;
            };
            let (Ok(destination), Ok(result)) = (op.operand(1), op.result(0)) else {
                continue;
            };
            let destination = ir::val(destination);
            let key = ir::value_key(destination);
            let mut count = inserts.get(&key).copied().unwrap_or(0);
            if count >= self.most_inserts.max(1) {
                let copy = upstream::tensor_copy(context, destination, op.location());
                let copy = ir::build_op(function.block(), Some(op), copy);
                let copy = ir::val(copy.result(0).expect("it was built with one result"));
                ir::set_operand(op, 1, copy);
                count = 0;
            }
            inserts.insert(ir::value_key(ir::val(result)), count + 1);
        }
    }
}
