//! One C++ function for each hardware layer.

use qonnx_dialects::dataflow::{self, Cost, Elementwise, Link, Pool};
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
    pub link: Link,
}

impl Port {
    /// The array in C++, of one dimension.
    pub fn memory(&self) -> Memory {
        Memory::new([self.link.size()], Scalar::Word(self.link.word))
    }
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
    /// The name of the array.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The array.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

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
    pub fn port(&mut self, wanted: &Foreign, link: Link, comment: impl Into<Foreign>) -> Port {
        let type_name = self.typedef(wanted, link.word, comment);
        self.port_of(wanted, link, &type_name)
    }

    /// An array of the top function with a typedef that there is.
    pub fn port_of(&mut self, wanted: &Foreign, link: Link, type_name: &str) -> Port {
        Port {
            name: self.names.unique(&wanted.within("", "_out")),
            type_name: type_name.to_owned(),
            link,
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

    /// The function of a layer; returns its name.
    pub fn layer(
        &mut self,
        wanted: &Foreign,
        layer: &dataflow::Op,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let size = output.link.size();
        let links: Vec<_> = inputs.iter().map(|port| port.link.clone()).collect();
        if let Some(wires) = layer.wires(&links, &output.link) {
            return self.wires(wanted, &wires, inputs, output, cost);
        }
        match layer {
            dataflow::Op::Dense(dense) => self.dense(wanted, dense, inputs, output, cost),
            dataflow::Op::Threshold(op) => self.threshold(wanted, op, inputs, output, cost),
            dataflow::Op::Requantize(op) => self.requantize(wanted, op, inputs, output, cost),
            dataflow::Op::Lookup(op) => self.lookup(wanted, op, inputs, output, cost),
            dataflow::Op::Pool(kind) => self.pool(wanted, *kind, inputs, output, cost),
            dataflow::Op::Elementwise(kind) => {
                let what = format!("{kind:?} of two arrays of {size} words");
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(size, |inner, i| {
                        let [a, b] = [0, 1].map(|at| inner.load(body.inputs[at], &[i]));
                        elementwise(inner, *kind, a, b)
                    });
                })
            }
            dataflow::Op::Constant(op) => {
                let values = op.value.as_int().unwrap_or_default();
                let name = wanted.within("", "_values");
                let word = output.link.word;
                let table = self.table(&name, &[size], values, word, "constant words");
                let what = format!("{size} constant words");
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(size, |inner, i| table.read(inner, &[i]));
                })
            }
            dataflow::Op::Cast => {
                let what = format!("{size} words in another type");
                self.function(wanted, what, inputs, output, cost, |body| {
                    body.words(size, |inner, i| inner.load(body.inputs[0], &[i]));
                })
            }
            dataflow::Op::Reshape
            | dataflow::Op::Transpose(_)
            | dataflow::Op::Broadcast
            | dataflow::Op::Slice(_)
            | dataflow::Op::Insert(_)
            | dataflow::Op::Pad(_)
            | dataflow::Op::Window(_) => unreachable!("these are wires"),
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
        let memories: Vec<_> = ports.iter().map(|port| port.memory()).collect();
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

    /// The choice among neighbouring words.
    fn pool(
        &mut self,
        wanted: &Foreign,
        kind: Pool,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let size = output.link.size();
        let window = Pool::window(&inputs[0].link, &output.link);
        let (input_type, word) = (inputs[0].type_name.clone(), inputs[0].link.word);
        let (kind, chosen_type, chosen_word) = match kind {
            Pool::MaxPool => (Elementwise::Max, input_type.clone(), word),
            Pool::MinPool => (Elementwise::Min, input_type.clone(), word),
            Pool::SumPool => (Elementwise::Add, output.type_name.clone(), output.link.word),
        };
        let what = format!("{kind:?} of {window} words for each of {size}");
        self.function(wanted, what, inputs, output, cost, |body| {
            body.words(size, |inner, i| {
                let first = || inner.binary(Binary::Mul, i, inner.index(window));
                let memory = Memory::new([], Scalar::Word(chosen_word));
                let chosen = inner.variable("chosen", &chosen_type, &memory);
                inner.store(inner.load(body.inputs[0], &[first()]), chosen, &[]);
                unrolled(
                    inner,
                    "window",
                    "k",
                    window.saturating_sub(1),
                    |inner, k| {
                        let next = inner.binary(Binary::Add, first(), k);
                        let at = inner.binary(Binary::Add, next, inner.index(1));
                        let x = inner.load(body.inputs[0], &[at]);
                        let x = inner.define("x", &input_type, x, word);
                        let best = elementwise(inner, kind, inner.load(chosen, &[]), x);
                        inner.store(best, chosen, &[]);
                    },
                );
                inner.load(chosen, &[])
            });
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

/// `offset + counter * step + ...`, as simply as the numbers allow.
pub fn position<'c>(builder: &Builder<'c>, offset: usize, steps: &[(Val<'c>, usize)]) -> Val<'c> {
    let mut sum = (offset > 0).then(|| builder.index(offset));
    for &(counter, step) in steps {
        let term = match step {
            0 => continue,
            1 => counter,
            _ => builder.binary(Binary::Mul, counter, builder.index(step)),
        };
        sum = Some(match sum {
            Some(sum) => builder.binary(Binary::Add, sum, term),
            None => term,
        });
    }
    sum.unwrap_or_else(|| builder.index(0))
}

/// Nested loops, the counters of which `body` gets; there is none for what has one step.
pub fn unrolled_all<'c>(
    builder: &Builder<'c>,
    loops: &[(String, &str, usize)],
    body: &mut dyn FnMut(&Builder<'c>, &[Val<'c>]),
) {
    fn nest<'c>(
        builder: &Builder<'c>,
        loops: &[(String, &str, usize)],
        counters: &mut Vec<Val<'c>>,
        body: &mut dyn FnMut(&Builder<'c>, &[Val<'c>]),
    ) {
        let Some(((label, counter, extent), inside)) = loops.split_first() else {
            return body(builder, counters);
        };
        unrolled(builder, label, counter, *extent, |inner, index| {
            counters.push(index);
            nest(inner, inside, counters, body);
            counters.pop();
        });
    }
    nest(builder, loops, &mut Vec::new(), body);
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
