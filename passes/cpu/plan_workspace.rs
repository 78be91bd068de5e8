//! The pass `plan-workspace`.

use melior::Context;
use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream;
use std::collections::HashMap;

declare_pass! {
    /// Lay all temporary buffers out in one workspace that the caller provides.
    ///
    /// Each `memref.alloc` becomes a view of a last argument, a buffer of as many bytes as are ever needed at
    /// once. Buffers that are not alive at the same time share memory; the largest are placed first, each at the
    /// lowest offset that is free while it lives. So the code allocates nothing and is safe to run in several
    /// threads, each with a workspace of its own.
    pub struct PlanWorkspace => "plan-workspace" on Function {
        /// Alignment of each buffer within the workspace, in bytes.
        alignment ("alignment"): usize = 64,
    }
}

/// A temporary buffer: its op, its size in bytes, and the first and last op number of its life.
struct Buffer<'c> {
    op: Op<'c>,
    size: usize,
    born: usize,
    dies: usize,
    offset: usize,
}

impl PlanWorkspace {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        if is_kernel(function) {
            return Ok(());
        }
        let ops = function.ops();
        let mut buffers = Vec::new();
        for (born, &op) in ops
            .iter()
            .enumerate()
            .filter(|(_, op)| upstream::is_alloc(**op))
        {
            let value = ir::val(op.result(0).expect("an allocation has one result"));
            let size = upstream::buffer_type(value).and_then(|ty| upstream::byte_size(&ty));
            let Some(size) = size.filter(|_| upstream::is_contiguous(value)) else {
                return fail(op, format!("has no static size: {}", value.r#type()));
            };
            buffers.push(Buffer {
                op,
                size,
                born,
                dies: born,
                offset: 0,
            });
        }
        let by_value: HashMap<usize, usize> = buffers
            .iter()
            .enumerate()
            .filter_map(|(at, buffer)| {
                Some((ir::value_key(ir::val(buffer.op.result(0).ok()?)), at))
            })
            .collect();
        for (number, op) in ops.iter().enumerate() {
            for operand in op.operands().map(ir::val) {
                if let Some(&at) = by_value.get(&ir::value_key(upstream::root(operand))) {
                    buffers[at].dies = number;
                }
            }
        }
        let size = self.place(&mut buffers);
        let location = function.op().location();
        let bytes = upstream::bytes_type(context, size);
        let workspace = upstream::append_argument(context, function, bytes, location);
        for buffer in buffers {
            let old = ir::val(buffer.op.result(0).expect("an allocation has one result"));
            let location = buffer.op.location();
            let insert = |op| {
                let op = ir::build_op(function.block(), Some(buffer.op), op);
                ir::val(op.result(0).expect("the op was built with one result"))
            };
            let offset = insert(upstream::index_constant(context, buffer.offset, location));
            let view = insert(upstream::view(
                context,
                workspace,
                offset,
                old.r#type(),
                location,
            ));
            ir::replace_all_uses(old, view);
            ir::erase(buffer.op);
        }
        Ok(())
    }

    /// Gives each buffer its offset and returns the size of the workspace.
    fn place(&self, buffers: &mut [Buffer<'_>]) -> usize {
        let alignment = self.alignment.max(1);
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(buffers[at].size));
        let mut total = 0;
        // The bytes that are taken at each op by the buffers placed so far.
        let last = buffers.iter().map(|buffer| buffer.dies).max().unwrap_or(0);
        let mut alive: Vec<Vec<(usize, usize)>> = vec![Vec::new(); last + 1];
        for at in order {
            let buffer = &buffers[at];
            let life = buffer.born..=buffer.dies;
            let mut taken: Vec<(usize, usize)> = alive[life.clone()].concat();
            taken.sort_unstable();
            taken.dedup();
            let offset = taken.iter().fold(0usize, |offset, &(start, end)| {
                if offset + buffer.size <= start {
                    offset
                } else {
                    offset.max(end.next_multiple_of(alignment))
                }
            });
            let end = offset + buffer.size;
            for taken in &mut alive[life] {
                taken.push((offset, end));
            }
            buffers[at].offset = offset;
            total = total.max(end);
        }
        total.next_multiple_of(alignment)
    }
}

/// Whether the function was made by `outline-kernels`: it has no buffers of its own.
fn is_kernel(function: Function<'_>) -> bool {
    function.is_private()
}
