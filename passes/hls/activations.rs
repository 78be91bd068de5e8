//! Functions of each word: thresholds, rescaling, tables.

use qonnx_dialects::dataflow::{Cost, Function, Link};
use qonnx_dialects::hls::{Binary, Builder, Memory, Scalar};
use qonnx_dialects::ir::Val;
use qonnx_dialects::qint::{Lookup, Requantize, Threshold};
use qonnx_dialects::qonnx::Rounding;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;

use super::functions::{Body, Emitter, Port, Table, in_word, unrolled, word_of};

/// A parameter of each channel: one literal where all channels agree.
enum Parameter {
    Same(i64),
    Each(Table),
}

impl Parameter {
    fn read<'c>(&self, builder: &Builder<'c>, channel: Val<'c>) -> Val<'c> {
        match self {
            Self::Same(value) => builder.literal(*value),
            Self::Each(table) => table.read(builder, &[channel]),
        }
    }
}

/// How channels are found from the position of a word.
#[derive(Clone, Copy)]
struct Channels {
    count: usize,
    inner: usize,
    size: usize,
}

impl Channels {
    fn of_layer(function: &dyn Function, link: &Link) -> Self {
        Self {
            count: function.channels(),
            inner: function.inner(link),
            size: link.size(),
        }
    }

    /// `i / inner % count`, as simply as the sizes allow.
    fn of<'c>(self, builder: &Builder<'c>, i: Val<'c>) -> Val<'c> {
        let block = if self.inner == 1 {
            i
        } else {
            builder.binary(Binary::Div, i, builder.index(self.inner))
        };
        if self.inner * self.count == self.size {
            block
        } else {
            builder.binary(Binary::Rem, block, builder.index(self.count))
        }
    }
}

impl<'c> Emitter<'c> {
    fn parameter(&mut self, wanted: &Foreign, values: &[i64], comment: &str) -> Parameter {
        match values {
            [first, rest @ ..] if rest.iter().all(|value| value == first) => {
                Parameter::Same(*first)
            }
            _ => {
                let word = Word::of_values(values.iter().copied());
                Parameter::Each(self.table(wanted, &[values.len()], values, word, comment))
            }
        }
    }

    /// The function of a `threshold` layer; returns its name.
    pub fn threshold(
        &mut self,
        wanted: &Foreign,
        op: &Threshold,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let channels = Channels::of_layer(op, &output.link);
        let rows = channels.count;
        let steps = op.thresholds.shape.get(1).copied().unwrap_or(0);
        let levels = op.thresholds.as_int().unwrap_or_default();
        let input = inputs[0].clone();
        // Numbers and thresholds are compared in one word that holds both.
        let common = Word::of_values(levels.iter().copied()).joined(input.link.word);
        let table = (steps > 0).then(|| {
            let word = signed_as(levels, common.signed);
            let shape: &[usize] = if rows == 1 { &[steps] } else { &[rows, steps] };
            self.table(
                &wanted.within("", "_thresholds"),
                shape,
                levels,
                word,
                "thresholds, channels x steps",
            )
        });
        let base = self.parameter(
            &wanted.within("", "_base"),
            &op.base,
            "result below the first threshold",
        );
        let step = self.parameter(
            &wanted.within("", "_step"),
            &op.step,
            "what a threshold adds",
        );
        let count_word = Word::of_range(0, steps as i64);
        let count_type = self.typedef(
            &wanted.within("", "_count"),
            count_word,
            "number of thresholds reached",
        );
        let comment = format!(
            "{} words {} by {steps} thresholds in each of {rows} channels",
            output.link.size(),
            input.link.word
        );
        self.function(wanted, comment, inputs, output, cost, |body| {
            body.words(output.link.size(), |inner, i| {
                // An expression is printed where it is used, so the channel is made again in the inner loop.
                let channel = channels.of(inner, i);
                let Some(table) = &table else {
                    return base.read(inner, channel);
                };
                let n = load_n(body, inner, i, &input);
                let count = inner.variable(
                    "count",
                    &count_type,
                    &Memory::new([], Scalar::Word(count_word)),
                );
                inner.store(inner.literal(0), count, &[]);
                unrolled(inner, "thresholds", "k", steps, |inner, k| {
                    let index = if rows == 1 {
                        vec![k]
                    } else {
                        vec![channels.of(inner, i), k]
                    };
                    let level = table.read(inner, &index);
                    let reached = inner.binary(
                        Binary::Ge,
                        in_sign(inner, n, common),
                        in_sign(inner, level, common),
                    );
                    let one = inner.cast(
                        reached,
                        Scalar::Word(Word {
                            bits: 1,
                            signed: false,
                        }),
                        "",
                    );
                    inner.store(
                        inner.binary(Binary::Add, inner.load(count, &[]), one),
                        count,
                        &[],
                    );
                });
                let count = inner.load(count, &[]);
                stepped(inner, &base, &step, count, channel)
            });
        })
    }

    /// The function of a `requantize` layer; returns its name.
    pub fn requantize(
        &mut self,
        wanted: &Foreign,
        op: &Requantize,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let channels = Channels::of_layer(op, &output.link);
        let multiplier =
            self.parameter(&wanted.within("", "_multiplier"), &op.multiplier, "factors");
        let addend = self.parameter(&wanted.within("", "_addend"), &op.addend, "addends");
        let of = |parameter: &Parameter| match parameter {
            Parameter::Same(value) => Word::of_range((*value).min(0), (*value).max(0)),
            Parameter::Each(table) => table.word(),
        };
        let input = inputs[0].clone();
        let scaled_word = input.link.word.product(of(&multiplier)).sum(of(&addend));
        let scaled_type = self.typedef(
            &wanted.within("", "_scaled"),
            scaled_word,
            "before the shift",
        );
        let rounded_word = rounded_word(scaled_word, op.shift, op.rounding_mode);
        let rounded_type = self.typedef(
            &wanted.within("", "_rounded"),
            rounded_word,
            "after the shift",
        );
        let comment = format!(
            "{} words {} rescaled: shift {}, {}, limited to {}..={}",
            output.link.size(),
            input.link.word,
            op.shift,
            op.rounding_mode,
            op.lo,
            op.hi
        );
        self.function(wanted, comment, inputs, output, cost, |body| {
            body.words(output.link.size(), |inner, i| {
                let n = load_n(body, inner, i, &input);
                let channel = channels.of(inner, i);
                let product = inner.binary(Binary::Mul, n, multiplier.read(inner, channel));
                let scaled = inner.binary(Binary::Add, product, addend.read(inner, channel));
                let scaled = inner.define("scaled", &scaled_type, scaled, scaled_word);
                let rounded = round_shift(inner, scaled, op.shift, op.rounding_mode);
                let rounded = inner.define("rounded", &rounded_type, rounded, rounded_word);
                limit(inner, rounded, op.lo, op.hi)
            });
        })
    }

    /// The function of a `lookup` layer; returns its name.
    pub fn lookup(
        &mut self,
        wanted: &Foreign,
        op: &Lookup,
        inputs: &[Port],
        output: &Port,
        cost: Cost,
    ) -> String {
        let channels = Channels::of_layer(op, &output.link);
        let (rows, domain) = (channels.count, op.table.shape.get(1).copied().unwrap_or(0));
        let values = op.table.as_int().unwrap_or_default();
        let shape: &[usize] = if rows == 1 {
            &[domain]
        } else {
            &[rows, domain]
        };
        let word = Word::of_values(values.iter().copied());
        let table = self.table(
            &wanted.within("", "_table"),
            shape,
            values,
            word,
            "results, channels x domain",
        );
        let input = inputs[0].clone();
        let comment = format!(
            "{} words {} by tables of {domain} in each of {rows} channels",
            output.link.size(),
            input.link.word
        );
        self.function(wanted, comment, inputs, output, cost, |body| {
            body.words(output.link.size(), |inner, i| {
                let n = load_n(body, inner, i, &input);
                let position = if op.low == 0 {
                    n
                } else {
                    inner.binary(Binary::Sub, n, inner.literal(op.low))
                };
                let position = inner.cast(position, Scalar::Index, "");
                let index = if rows == 1 {
                    vec![position]
                } else {
                    vec![channels.of(inner, i), position]
                };
                table.read(inner, &index)
            });
        })
    }
}

/// The word of `values` with the given signedness.
fn signed_as(values: &[i64], signed: bool) -> Word {
    let word = Word::of_values(values.iter().copied());
    if signed && !word.signed {
        Word {
            bits: word.bits + 1,
            signed,
        }
    } else {
        word
    }
}

/// The number in a word of the same signedness as `common`, which is signed if either side is.
fn in_sign<'c>(builder: &Builder<'c>, value: Val<'c>, common: Word) -> Val<'c> {
    let word = word_of(value);
    if word.signed == common.signed {
        value
    } else {
        in_word(builder, value, common)
    }
}

/// `const T n = in[i];`
fn load_n<'c>(body: &Body<'_, 'c>, builder: &Builder<'c>, i: Val<'c>, input: &Port) -> Val<'c> {
    let n = builder.load(body.inputs[0], &[i]);
    builder.define("n", &input.type_name, n, input.link.word)
}

/// `base + step * count`, without what does nothing.
fn stepped<'c>(
    builder: &Builder<'c>,
    base: &Parameter,
    step: &Parameter,
    count: Val<'c>,
    channel: Val<'c>,
) -> Val<'c> {
    match (base, step) {
        (Parameter::Same(0), Parameter::Same(1)) => count,
        (_, Parameter::Same(1)) => builder.binary(Binary::Add, base.read(builder, channel), count),
        (_, Parameter::Same(-1)) => builder.binary(Binary::Sub, base.read(builder, channel), count),
        _ => {
            let steps = builder.binary(Binary::Mul, step.read(builder, channel), count);
            builder.binary(Binary::Add, base.read(builder, channel), steps)
        }
    }
}

/// The word of [`round_shift`]'s result.
fn rounded_word(scaled: Word, shift: u32, rounding: Rounding) -> Word {
    if shift == 0 || rounding == Rounding::Floor {
        return scaled;
    }
    let half = 1i64 << (shift - 1);
    let addend = |value: i64| Word::of_range(0, value);
    match rounding {
        Rounding::Round => scaled.sum(addend(half - 1)).sum(scaled.joined(Word {
            bits: 1,
            signed: false,
        })),
        Rounding::Ceil => scaled.sum(addend((half - 1) * 2 + 1)),
        Rounding::Floor => scaled,
        Rounding::Up | Rounding::Down => scaled.sum(choice_word(0, (half - 1) * 2 + 1)),
        Rounding::HalfUp | Rounding::HalfDown => scaled.sum(choice_word(half - 1, half)),
    }
}

/// The word that two non-negative addends share.
fn choice_word(a: i64, b: i64) -> Word {
    Word::of_range(0, a.max(b))
}

/// `value / 2^shift`, rounded, as a shift of the value and an addend: shifting alone is rounding down.
fn round_shift<'c>(
    builder: &Builder<'c>,
    value: Val<'c>,
    shift: u32,
    rounding: Rounding,
) -> Val<'c> {
    if shift == 0 {
        return value;
    }
    let half = 1i64 << (shift - 1);
    // 2^shift - 1, without overflow.
    let almost = (half - 1) * 2 + 1;
    let shifted = |value| builder.binary(Binary::Shr, value, builder.index(shift as usize));
    // The addend of a negative value, and of another.
    let by_sign = |negative: i64, other: i64| {
        let word = choice_word(negative, other);
        let (negative, other) = (
            builder.literal_of(negative, word),
            builder.literal_of(other, word),
        );
        if !word_of(value).signed {
            return other;
        }
        let zero = builder.literal_of(0, word_of(value));
        let below = builder.binary(Binary::Lt, value, zero);
        builder.select(below, negative, other, word)
    };
    let addend = match rounding {
        Rounding::Floor => return shifted(value),
        Rounding::Ceil => builder.literal(almost),
        Rounding::Up => by_sign(0, almost),
        Rounding::Down => by_sign(almost, 0),
        Rounding::HalfUp => by_sign(half - 1, half),
        Rounding::HalfDown => by_sign(half, half - 1),
        Rounding::Round => {
            // A tie goes up exactly if the integer below it is odd.
            let odd = builder.binary(Binary::And, shifted(value), builder.literal(1));
            let biased = builder.binary(Binary::Add, value, builder.literal(half - 1));
            return shifted(builder.binary(Binary::Add, biased, odd));
        }
    };
    shifted(builder.binary(Binary::Add, value, addend))
}

/// `value` limited to `lo..=hi`.
fn limit<'c>(builder: &Builder<'c>, value: Val<'c>, lo: i64, hi: i64) -> Val<'c> {
    let word = word_of(value).joined(Word::of_range(lo.min(0), hi.max(0)));
    let value = in_word(builder, value, word);
    let (low, high) = (builder.literal_of(lo, word), builder.literal_of(hi, word));
    let above = builder.binary(Binary::Lt, high, value);
    let upper = builder.select(above, high, value, word);
    let below = builder.binary(Binary::Lt, value, low);
    builder.select(below, low, upper, word)
}
