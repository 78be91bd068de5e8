//! Ways to make a module smaller. None of them keeps what is computed: the user's test decides whether what is left is
//! still of interest, and MLIR's verifier whether it is a module.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Module, ValueLike};
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::text::Foreign;
use std::collections::BTreeSet;
use std::ops::Range;

/// A way to make a module smaller: it has targets, any run of which can go at once.
pub struct Edit {
    /// What goes, in the plural.
    pub name: &'static str,
    /// How many targets a module has.
    pub targets: fn(&Module<'_>) -> usize,
    /// Changes the targets of a range; false if nothing was changed.
    pub apply: for<'c> fn(&'c Context, &Module<'c>, Range<usize>) -> bool,
}

/// All of them, those first that take away most.
pub const EDITS: &[Edit] = &[
    Edit {
        name: "definitions",
        targets: |module| ir::module_ops(module).len(),
        apply: |_, module, range| {
            let ops = ir::module_ops(module);
            let found = ops.get(range).unwrap_or_default();
            found.iter().rev().for_each(|op| ir::erase(*op));
            !found.is_empty()
        },
    },
    Edit {
        name: "last ops",
        targets: ops,
        // The first target is the last op.
        apply: |context, module, range| {
            range.start == 0
                && in_functions(module, all_ops, range, |function, ops, range| {
                    let count = ops.len();
                    cut_behind(context, function, &ops[count - range.end..])
                })
        },
    },
    Edit {
        name: "ops",
        targets: ops,
        apply: |context, module, range| {
            in_functions(module, all_ops, range, |function, ops, range| {
                cut_out(context, function, &ops[range])
            })
        },
    },
    Edit {
        name: "results",
        targets: |module| count(module, results),
        apply: |context, module, range| {
            in_functions(module, results, range, |function, returned, range| {
                let kept: Vec<_> = (0..returned.len())
                    .filter(|at| !range.contains(at))
                    .collect();
                function.return_others(context, kept.iter().copied(), &[]);
                true
            })
        },
    },
    Edit {
        name: "ops that pass an operand on",
        targets: |module| count(module, passing),
        apply: |_, module, range| {
            in_functions(module, passing, range, |_, ops, range| {
                each(&ops[range], pass_on)
            })
        },
    },
    Edit {
        name: "elements of constants",
        targets: |module| count(module, with_elements),
        apply: |_, module, range| {
            in_functions(module, with_elements, range, |_, ops, range| {
                each(&ops[range], ir::make_splats)
            })
        },
    },
    Edit {
        name: "arguments",
        targets: |module| count(module, arguments),
        apply: |context, module, range| {
            in_functions(module, arguments, range, |function, _, range| {
                let gone = range
                    .rev()
                    .filter(|at| function.remove_argument(context, *at));
                gone.count() > 0
            })
        },
    },
];

fn all_ops(function: Function<'_>) -> Vec<Op<'_>> {
    function.ops()
}

fn results(function: Function<'_>) -> Vec<Val<'_>> {
    function.returned()
}

fn arguments(function: Function<'_>) -> Vec<Val<'_>> {
    function.arguments()
}

fn ops(module: &Module<'_>) -> usize {
    count(module, all_ops)
}

/// How many things all functions have.
fn count<'c, T>(module: &Module<'c>, things: impl Fn(Function<'c>) -> Vec<T>) -> usize {
    let functions = ir::functions(module).into_iter();
    functions.map(|function| things(function).len()).sum()
}

/// Changes the things of a range, which may lie in several functions; false if nothing was changed.
fn in_functions<'c, T>(
    module: &Module<'c>,
    things: impl Fn(Function<'c>) -> Vec<T>,
    range: Range<usize>,
    change: impl Fn(Function<'c>, &[T], Range<usize>) -> bool,
) -> bool {
    let mut first = 0;
    let mut changed = false;
    for function in ir::functions(module) {
        let found = things(function);
        let clip = |at: usize| at.saturating_sub(first).min(found.len());
        let own = clip(range.start)..clip(range.end);
        first += found.len();
        if !own.is_empty() {
            changed |= change(function, &found, own);
        }
    }
    changed
}

/// Drops the last ops, and returns what the others give them instead of what has been returned.
fn cut_behind<'c>(context: &'c Context, function: Function<'c>, ops: &[Op<'c>]) -> bool {
    if ops.is_empty() || function.return_op().is_none() {
        return false;
    }
    let gone: BTreeSet<usize> = ops.iter().map(|op| ir::op_key(*op)).collect();
    let stays =
        |value: &Val<'c>| ir::defining_op(*value).is_none_or(|op| !gone.contains(&ir::op_key(op)));
    let returned = function.returned();
    let kept: Vec<_> = (0..returned.len())
        .filter(|&at| stays(&returned[at]))
        .collect();
    let mut known: BTreeSet<usize> = kept.iter().map(|&at| ir::value_key(returned[at])).collect();
    let operands = ops.iter().flat_map(|op| op.operands().map(ir::val));
    // What is an argument or a constant is nothing that was computed.
    let computed = |value: &Val<'c>| {
        ir::defining_op(*value).is_some() && !ir::is_constant_value(*value) && stays(value)
    };
    let live: Vec<_> = operands
        .filter(|value| computed(value) && known.insert(ir::value_key(*value)))
        .map(|value| (value, Foreign::default()))
        .collect();
    function.return_others(context, kept.iter().copied(), &live);
    ops.iter().rev().for_each(|op| ir::erase(*op));
    true
}

/// Drops some ops. What they gave to others becomes an argument, and what they returned is not returned any more.
fn cut_out<'c>(context: &'c Context, function: Function<'c>, ops: &[Op<'c>]) -> bool {
    let gone: BTreeSet<usize> = ops.iter().map(|op| ir::op_key(*op)).collect();
    let returned = function.returned();
    let stays =
        |value: Val<'c>| ir::defining_op(value).is_none_or(|op| !gone.contains(&ir::op_key(op)));
    let kept: Vec<_> = (0..returned.len())
        .filter(|&at| stays(returned[at]))
        .collect();
    if kept.len() < returned.len() {
        function.return_others(context, kept.iter().copied(), &[]);
    }
    let wanted = |value: Val<'c>| {
        ir::users(value).into_iter().any(|(user, _)| {
            let user = ir::ancestor_in(user, function.block());
            user.is_none_or(|user| !gone.contains(&ir::op_key(user)))
        })
    };
    for op in ops {
        for result in op.results().map(ir::val).filter(|result| wanted(*result)) {
            let argument = function.add_argument(context, result.r#type(), op.location());
            ir::replace_all_uses(result, argument);
        }
    }
    ops.iter().rev().for_each(|op| ir::erase(*op));
    !ops.is_empty()
}

/// Changes every op of some; false if none was changed.
fn each<'c>(ops: &[Op<'c>], change: impl Fn(Op<'c>) -> bool) -> bool {
    ops.iter().filter(|op| change(**op)).count() > 0
}

/// The ops with one result that have an operand of its type.
fn passing(function: Function<'_>) -> Vec<Op<'_>> {
    let ops = function.ops().into_iter();
    ops.filter(|op| passed(*op).is_some()).collect()
}

/// The result of an op, and its first operand of the same type.
fn passed(op: Op<'_>) -> Option<(Val<'_>, Val<'_>)> {
    let mut results = op.results().map(ir::val);
    let result = results.next().filter(|_| op.result_count() == 1)?;
    let mut operands = op.operands().map(ir::val);
    let operand = operands.find(|operand| operand.r#type() == result.r#type())?;
    Some((result, operand))
}

/// Puts an operand in the place of an op's result.
fn pass_on(op: Op<'_>) -> bool {
    let Some((result, operand)) = passed(op) else {
        return false;
    };
    ir::replace_all_uses(result, operand);
    ir::erase(op);
    true
}

/// The ops with constant elements that differ.
fn with_elements(function: Function<'_>) -> Vec<Op<'_>> {
    let ops = function.ops().into_iter();
    ops.filter(|op| ir::has_elements(*op)).collect()
}
