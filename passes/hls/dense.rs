//! The function of a product with a constant matrix.

use qonnx_dialects::dataflow::{Cost, Dense};
use qonnx_dialects::hls::{Binary, Builder, Memory, Scalar};
use qonnx_dialects::ir::Val;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;

use super::functions::{Emitter, Port, position, unrolled};

impl<'c> Emitter<'c> {
    /// The function of a dense layer; returns its name.
    pub fn dense(
        &mut self,
        wanted: &Foreign,
        dense: &Dense,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let (depth, columns, groups) = (dense.inputs(), dense.outputs(), dense.group);
        let each = dense.group_outputs();
        let rows = output.link.size() / columns.max(1);
        let word = Word::of_element(dense.weights.element())
            .expect("the verifier wants words for weights");
        let weights = self.table(
            &wanted.within("", "_weights"),
            &[depth, columns],
            dense.weight_numbers(),
            word,
            "weights, inputs x outputs",
        );
        let accumulator = output.link.word;
        let accumulator_type = self.typedef(
            &wanted.within("", "_accumulator"),
            accumulator,
            "accumulators",
        );
        let input = inputs[0].clone();
        let among = match groups {
            1 => String::new(),
            _ => format!(" in {groups} groups"),
        };
        let comment = format!(
            "Product of {rows} x {} words {} with {depth} x {columns} weights {word}{among} in accumulators {accumulator}",
            depth * groups,
            input.link.word
        );
        self.function(wanted, comment, inputs, output, cost, |body| {
            let builder = body.builder;
            let memory = Memory::new([columns], Scalar::Word(accumulator));
            let partition = builder.global(weights.name(), weights.memory());
            builder.pragma("ARRAY_PARTITION", Some(partition), "complete dim=0");
            let sums = builder.variable("acc", &accumulator_type, &memory);
            builder.pragma("ARRAY_PARTITION", Some(sums), "complete dim=0");
            optional(builder, "rows", "k", rows, &|inner, row| {
                unrolled(inner, "start", "j", columns, |inner, j| {
                    inner.store(inner.literal(0), sums, &[j]);
                });
                optional(inner, "groups", "g", groups, &|inner, group| {
                    unrolled(inner, "inputs", "i", depth, |inner, i| {
                        let steps = [(row, depth * groups), (group, depth), (Some(i), 1)];
                        let x = inner.load(body.inputs[0], &[place(inner, &steps)]);
                        let x = inner.define("x", &input.type_name, x, input.link.word);
                        unrolled(inner, "outputs", "j", each, |inner, j| {
                            let output = || place(inner, &[(group, each), (Some(j), 1)]);
                            let weight = weights.read(inner, &[i, output()]);
                            let product = inner.binary(Binary::Mul, x, weight);
                            let sum = inner.load(sums, &[output()]);
                            let sum = inner.binary(Binary::Add, sum, product);
                            inner.store(sum, sums, &[output()]);
                        });
                    });
                });
                unrolled(inner, "result", "j", columns, |inner, j| {
                    let to = place(inner, &[(row, columns), (Some(j), 1)]);
                    inner.store(inner.load(sums, &[j]), body.output, &[to]);
                });
            });
        })
    }
}

/// A loop with its counter, or its body alone where there is one iteration.
fn optional<'c>(
    builder: &Builder<'c>,
    label: &str,
    counter: &str,
    extent: usize,
    body: &dyn Fn(&Builder<'c>, Option<Val<'c>>),
) {
    match extent {
        1 => body(builder, None),
        _ => unrolled(builder, label, counter, extent, |inner, index| {
            body(inner, Some(index));
        }),
    }
}

/// The sum of those counters that there are, each times its step.
fn place<'c>(builder: &Builder<'c>, steps: &[(Option<Val<'c>>, usize)]) -> Val<'c> {
    let steps = steps
        .iter()
        .filter_map(|&(counter, step)| Some((counter?, step)));
    position(builder, 0, &steps.collect::<Vec<_>>())
}
