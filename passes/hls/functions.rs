//! One C++ function for each hardware layer.

use qonnx_dialects::dataflow::{self, Array, Cost, Dense, Elementwise};
use qonnx_dialects::hls::{self, Binary, Builder, Func, Memory, Scalar};
use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::{Data, Sign, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;

use super::names::Names;

/// An array of the top function.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its name in C++.
    pub name: String,
    /// The typedef of its words.
    pub type_name: String,
    /// Its type.
    pub array: Array,
}

/// Appends declarations and functions to the module.
pub struct Emitter<'c> {
    /// Appends to the module.
    pub builder: Builder<'c>,
    /// Names at file scope.
    pub names: Names,
}

/// The inside of a layer function.
pub struct Body<'a, 'c> {
    /// Appends to the function.
    pub builder: &'a Builder<'c>,
    /// The arrays read.
    pub inputs: &'a [Val<'c>],
    /// The array written.
    pub output: Val<'c>,
}

/// A constant array of the module, and how its elements are read.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    memory: Memory,
    word: Word,
    type_name: String,
}

impl Table {
    /// The words that it holds.
    pub fn word(&self) -> Word {
        self.word
    }

    /// The element at `indices`, as a word.
    pub fn read<'c>(&self, builder: &Builder<'c>, indices: &[Val<'c>]) -> Val<'c> {
        let array = builder.global(&self.name, &self.memory);
        builder.cast(
            builder.load(array, indices),
            Scalar::Word(self.word),
            &self.type_name,
        )
    }
}

impl<'c> Emitter<'c> {
    /// A typedef.
    pub fn typedef(&mut self, wanted: &Foreign, word: Word, comment: impl Into<Foreign>) -> String {
        let name = self.names.unique(&wanted.within("", "_word"));
        self.builder.declare(&hls::Op::Typedef(hls::Typedef {
            name: name.clone(),
            word,
            comment: comment.into(),
        }));
        name
    }

    /// An array of the top function with a typedef of its own.
    pub fn port(&mut self, wanted: &Foreign, array: Array, comment: impl Into<Foreign>) -> Port {
        let type_name = self.typedef(wanted, array.word, comment);
        Port {
            name: self.names.unique(&wanted.within("", "_out")),
            type_name,
            array,
        }
    }

    /// A constant array in the narrowest storage, read through a typedef of the words that it holds.
    pub fn table(
        &mut self,
        wanted: &Foreign,
        shape: &[usize],
        values: &[i64],
        word: Word,
        comment: &str,
    ) -> Table {
        let type_name = self.typedef(wanted, word, comment);
        let (name, memory) = self.stored(wanted, shape, values, comment);
        Table {
            name,
            memory,
            word,
            type_name,
        }
    }

    fn stored(
        &mut self,
        wanted: &Foreign,
        shape: &[usize],
        values: &[i64],
        comment: &str,
    ) -> (String, Memory) {
        let storage = Scalar::storage_of(values);
        let Scalar::Storage(width) = storage else {
            unreachable!("constants are stored in storage types")
        };
        let name = self.names.unique(wanted);
        let data = Data::Int {
            width,
            sign: Sign::Signless,
            values: values.to_vec(),
        };
        let value = Tensor::new(shape.to_vec(), data);
        self.builder
            .declare(&hls::Op::ConstantArray(hls::ConstantArray {
                name: name.clone(),
                value,
                comment: comment.into(),
            }));
        (name, Memory::new(shape, storage))
    }

    /// A constant array of indices.
    fn indices(&mut self, wanted: &Foreign, values: &[usize], comment: &str) -> (String, Memory) {
        let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
        self.stored(wanted, &[values.len()], &values, comment)
    }

    /// The function of a layer; returns its name.
    pub fn layer(
        &mut self,
        wanted: &Foreign,
        layer: &dataflow::Op,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        match layer {
            dataflow::Op::Dense(dense) => self.dense(wanted, dense, inputs, output, cost),
            dataflow::Op::Threshold(_) | dataflow::Op::Requantize(_) | dataflow::Op::Lookup(_) => {
                let activation = layer.activation().expect("these are functions of a word");
                self.activation(wanted, &activation, inputs, output, cost)
            }
            dataflow::Op::Elementwise(kind) => {
                let what = format!("{kind:?} of two arrays of {} words", output.array.size);
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(output.array.size, |inner, i| {
                        let [a, b] = [0, 1].map(|at| inner.load(body.inputs[at], &[i]));
                        elementwise(inner, *kind, a, b)
                    });
                })
            }
            dataflow::Op::Cast => {
                let what = format!("{} words in another type", output.array.size);
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(output.array.size, |inner, i| {
                        inner.load(body.inputs[0], &[i])
                    });
                })
            }
            dataflow::Op::Constant(op) => {
                let values = op.value.as_int().unwrap_or_default();
                let name = wanted.within("", "_values");
                let table = self.table(
                    &name,
                    &[values.len()],
                    values,
                    output.array.word,
                    "constant words",
                );
                let what = format!("{} constant words", values.len());
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(output.array.size, |inner, i| table.read(inner, &[i]));
                })
            }
            dataflow::Op::Gather(op) => self.gather(wanted, &op.order, inputs, output, cost),
        }
    }

    /// A function with `inputs` and `output` as its arguments.
    pub fn function(
        &mut self,
        wanted: &Foreign,
        comment: String,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
        fill: impl FnOnce(&Body<'_, 'c>),
    ) -> String {
        // No header has a macro of such a name.
        let name = self.names.unique(&wanted.within("", "_layer"));
        let mut names: Vec<String> = match inputs {
            [_] => vec!["in".to_owned()],
            _ => (0..inputs.len()).map(|at| format!("in{at}")).collect(),
        };
        names.push("out".to_owned());
        let ports: Vec<_> = inputs.iter().chain([output]).collect();
        let memories: Vec<_> = ports
            .iter()
            .map(|port| Memory::new([port.array.size], Scalar::Word(port.array.word)))
            .collect();
        let head = Func {
            name: name.clone(),
            names,
            types: ports.iter().map(|port| port.type_name.clone()).collect(),
            inputs: (0..ports.len()).map(|at| at < inputs.len()).collect(),
            top: false,
            cost,
            comment: comment.into(),
        };
        self.builder
            .function(head, &memories, |builder, arguments| {
                builder.pragma("PIPELINE", None, "II=1");
                if let Some((output, inputs)) = arguments.split_last() {
                    fill(&Body {
                        builder,
                        inputs,
                        output: *output,
                    });
                }
            });
        name
    }

    fn dense(
        &mut self,
        wanted: &Foreign,
        dense: &Dense,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let (depth, columns, rows) = (dense.inputs(), dense.outputs(), dense.rows);
        let weights = dense.weight_numbers();
        let word = Word::of_element(dense.weights.element())
            .expect("the verifier wants words for weights");
        let name = wanted.within("", "_weights");
        let weights = self.table(
            &name,
            &[depth, columns],
            weights,
            word,
            "weights, inputs x outputs",
        );
        let bias = (!dense.bias.is_empty()).then(|| {
            let word = Word::of_values(dense.bias.iter().copied());
            self.table(
                &wanted.within("", "_bias"),
                &[columns],
                &dense.bias,
                word,
                "bias of each output",
            )
        });
        let accumulator = output.array.word;
        let accumulator_type = self.typedef(
            &wanted.within("", "_accumulator"),
            accumulator,
            "accumulators",
        );
        let input = inputs[0].clone();
        let comment = format!(
            "Product of {rows} x {depth} words {} with {depth} x {columns} weights {word} in accumulators {accumulator}",
            input.array.word
        );
        self.function(wanted, comment, inputs, output, cost, |body| {
            let builder = body.builder;
            let memory = Memory::new([columns], Scalar::Word(accumulator));
            let partition = builder.global(&weights.name, &weights.memory);
            builder.pragma("ARRAY_PARTITION", Some(partition), "complete dim=0");
            let sums = builder.variable("acc", &accumulator_type, &memory);
            builder.pragma("ARRAY_PARTITION", Some(sums), "complete dim=0");
            let one_row = |inner: &Builder<'c>, row: Option<Val<'c>>| {
                unrolled(inner, "start", "j", columns, |inner, j| {
                    let start = match &bias {
                        Some(bias) => bias.read(inner, &[j]),
                        None => inner.literal(0),
                    };
                    inner.store(start, sums, &[j]);
                });
                unrolled(inner, "inputs", "i", depth, |inner, i| {
                    let x = inner.load(body.inputs[0], &[offset(inner, row, depth, i)]);
                    let x = inner.define("x", &input.type_name, x, input.array.word);
                    unrolled(inner, "outputs", "j", columns, |inner, j| {
                        let product = inner.binary(Binary::Mul, x, weights.read(inner, &[i, j]));
                        let sum = inner.binary(Binary::Add, inner.load(sums, &[j]), product);
                        inner.store(sum, sums, &[j]);
                    });
                });
                unrolled(inner, "result", "j", columns, |inner, j| {
                    inner.store(
                        inner.load(sums, &[j]),
                        body.output,
                        &[offset(inner, row, columns, j)],
                    );
                });
            };
            if rows == 1 {
                one_row(builder, None);
            } else {
                unrolled(builder, "rows", "k", rows, |inner, row| {
                    one_row(inner, Some(row))
                });
            }
        })
    }

    fn gather(
        &mut self,
        wanted: &Foreign,
        order: &[usize],
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        // For each operand: where its words go, and which word that is.
        let mut parts = Vec::new();
        let mut first = 0;
        for (at, port) in inputs.iter().enumerate() {
            let words = first..first + port.array.size;
            let (to, from): (Vec<usize>, Vec<usize>) = order
                .iter()
                .enumerate()
                .filter(|(_, from)| words.contains(from))
                .map(|(to, from)| (to, from - first))
                .unzip();
            first = words.end;
            if !to.is_empty() {
                let to = self.indices(&wanted.within("", "_to"), &to, "positions of the result");
                let from =
                    self.indices(&wanted.within("", "_from"), &from, "words that stand there");
                parts.push((at, to, from));
            }
        }
        let comment = format!("{} words in another order", output.array.size);
        self.function(wanted, comment, inputs, output, cost, |body| {
            let builder = body.builder;
            for (at, to, from) in &parts {
                let count = to.1.shape[0];
                unrolled(builder, &format!("words_{at}"), "i", count, |inner, i| {
                    let index = |(name, memory): &(String, Memory)| {
                        let entry = inner.load(inner.global(name, memory), &[i]);
                        inner.cast(entry, Scalar::Index, "")
                    };
                    let word = inner.load(body.inputs[*at], &[index(from)]);
                    inner.store(word, body.output, &[index(to)]);
                });
            }
        })
    }
}

impl<'c> Body<'_, 'c> {
    /// `out[i] = value(i)` for every word.
    pub fn words(&self, size: usize, value: impl FnOnce(&Builder<'c>, Val<'c>) -> Val<'c>) {
        unrolled(self.builder, "words", "i", size, |inner, i| {
            inner.store(value(inner, i), self.output, &[i]);
        });
    }
}

/// A loop of which every iteration has its own hardware.
pub fn unrolled<'c>(
    builder: &Builder<'c>,
    label: &str,
    counter: &str,
    extent: usize,
    body: impl FnOnce(&Builder<'c>, Val<'c>),
) {
    builder.for_each(label, counter, extent, |inner, index| {
        inner.pragma("UNROLL", None, "");
        body(inner, index);
    });
}

/// `row * columns + column`, or the column where there is one row.
fn offset<'c>(
    builder: &Builder<'c>,
    row: Option<Val<'c>>,
    columns: usize,
    column: Val<'c>,
) -> Val<'c> {
    match row {
        Some(row) => {
            let start = builder.binary(Binary::Mul, row, builder.index(columns));
            builder.binary(Binary::Add, start, column)
        }
        None => column,
    }
}

fn elementwise<'c>(builder: &Builder<'c>, kind: Elementwise, a: Val<'c>, b: Val<'c>) -> Val<'c> {
    match kind {
        Elementwise::Add => builder.binary(Binary::Add, a, b),
        Elementwise::Sub => builder.binary(Binary::Sub, a, b),
        Elementwise::Mul => builder.binary(Binary::Mul, a, b),
        Elementwise::Max | Elementwise::Min => {
            let word = word_of(a).joined(word_of(b));
            let (a, b) = (in_word(builder, a, word), in_word(builder, b, word));
            let less = builder.binary(Binary::Lt, a, b);
            let (yes, no) = if kind == Elementwise::Max {
                (b, a)
            } else {
                (a, b)
            };
            builder.select(less, yes, no, word)
        }
    }
}

/// The word of an expression.
pub fn word_of(value: Val<'_>) -> Word {
    match Scalar::of(value) {
        Some(Scalar::Word(word)) => word,
        _ => unreachable!("layers compute with words"),
    }
}

/// The expression in another word.
pub fn in_word<'c>(builder: &Builder<'c>, value: Val<'c>, word: Word) -> Val<'c> {
    if word_of(value) == word {
        value
    } else {
        builder.cast(value, Scalar::Word(word), "")
    }
}
