//! The function of wires.

use qonnx_dialects::dataflow::{Copy, Cost, Wires};
use qonnx_dialects::ir::Val;
use qonnx_dialects::text::Foreign;

use super::functions::{Body, Emitter, Port, position, unrolled_all};

impl<'c> Emitter<'c> {
    /// A function that copies words to their places; returns its name.
    pub fn wires(
        &mut self,
        wanted: &Foreign,
        wires: &Wires,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let size = output.link.size();
        let comment = match wires.fill {
            Some(fill) => format!("{size} words, {fill} but for those that are copied"),
            None => format!("{size} words at other places"),
        };
        self.function(wanted, comment, inputs, output, cost, |body| {
            if let Some(fill) = wires.fill {
                body.words(size, |inner, _| inner.literal(fill));
            }
            for (at, copy) in wires.copies.iter().enumerate() {
                body.copy(at, copy);
            }
        })
    }
}

impl<'c> Body<'_, 'c> {
    /// A copy, the `at`th one of a function.
    pub fn copy(&self, at: usize, copy: &Copy) {
        const COUNTERS: [&str; 6] = ["i", "j", "k", "l", "m", "n"];
        let names: Vec<String> = (0..copy.dimensions.len())
            .map(|depth| match COUNTERS.get(depth) {
                Some(counter) => (*counter).to_owned(),
                None => format!("i{depth}"),
            })
            .collect();
        let loops = copy.dimensions.iter().zip(&names);
        let loops: Vec<_> = loops
            .map(|(dimension, counter)| {
                (
                    format!("copy_{at}_{counter}"),
                    counter.as_str(),
                    dimension.extent,
                )
            })
            .collect();
        unrolled_all(self.builder, &loops, &mut |inner, counters| {
            let place =
                |offset, step: fn(&qonnx_dialects::dataflow::Dimension) -> usize| -> Val<'c> {
                    let steps = counters
                        .iter()
                        .copied()
                        .zip(copy.dimensions.iter().map(step));
                    position(inner, offset, &steps.collect::<Vec<_>>())
                };
            let word = inner.load(self.inputs[copy.operand], &[place(copy.from, |of| of.from)]);
            inner.store(word, self.output, &[place(copy.to, |of| of.to)]);
        });
    }
}
