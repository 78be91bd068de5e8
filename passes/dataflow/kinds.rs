//! Which layers of hardware a layer of integers becomes.

use qonnx_dialects::dataflow::{self, Dense, Elementwise, Link, Pad, Pool, Window};
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::pass::{Reported, fail};
use qonnx_dialects::qint;
use qonnx_dialects::tensor::{Tensor, strides};
use qonnx_dialects::values::Values;
use qonnx_dialects::word::Word;

use super::layers::{Layers, Words};
use super::order::Order;

impl<'c> Layers<'c> {
    /// The words of a layer of integers.
    pub fn layer(
        &mut self,
        layer: qint::Op,
        operands: &[Val<'c>],
        link: Link,
    ) -> Result<Words<'c>, Reported> {
        match (layer, operands) {
            (qint::Op::MatMul, &[x, w]) => self.matmul(x, w, link),
            (qint::Op::Conv(conv), &[x, w]) => self.conv(conv, x, w, link),
            (qint::Op::MaxPool(pool), &[x]) => self.pool(dataflow::Pool::MaxPool, pool, x, link),
            (qint::Op::MinPool(pool), &[x]) => self.pool(dataflow::Pool::MinPool, pool, x, link),
            (qint::Op::SumPool(pool), &[x]) => self.pool(dataflow::Pool::SumPool, pool, x, link),
            (qint::Op::ConvTranspose(conv), &[x, w]) => self.conv_transpose(conv, x, w, link),
            (qint::Op::Elementwise(kind), &[a, b]) => self.elementwise(kind, [a, b], link),
            (qint::Op::Cast, &[n]) => self.each_word(n, link, |_| dataflow::Op::Cast),
            (qint::Op::Threshold(op), &[n]) => self.each_word(n, link, |axis| {
                dataflow::Op::Threshold(qint::Threshold {
                    axis: axis(op.axis),
                    ..op
                })
            }),
            (qint::Op::Requantize(op), &[n]) => self.each_word(n, link, |axis| {
                dataflow::Op::Requantize(qint::Requantize {
                    axis: axis(op.axis),
                    ..op
                })
            }),
            (qint::Op::Lookup(op), &[n]) => {
                let word = ir::type_of(n).and_then(|r#type| Word::of_element(r#type.element));
                let op = word.map_or(op.clone(), |word| for_all_words(&op, word));
                self.each_word(n, link, |axis| {
                    dataflow::Op::Lookup(qint::Lookup {
                        axis: axis(op.axis),
                        ..op
                    })
                })
            }
            _ => fail(self.op, self.unsupported()),
        }
    }

    /// The weights of a product.
    fn weights(&self, w: Val<'c>) -> Result<Tensor, Reported> {
        match self.constant_tensor(w)? {
            Some(weights) => Ok(weights),
            None => fail(
                self.op,
                "a product whose second operand is computed has no layer in hardware yet; compile this model for the cpu",
            ),
        }
    }

    /// Rows times a constant matrix.
    pub fn matmul(&mut self, x: Val<'c>, w: Val<'c>, link: Link) -> Result<Words<'c>, Reported> {
        let dense = Dense {
            weights: self.weights(w)?,
            group: 1,
            reuse_factor: 1,
        };
        if dense.weights.rank() != 2 {
            return fail(
                self.op,
                "a product with several matrices has no layer in hardware yet; compile this model for the cpu",
            );
        }
        let x = self.words(x, Order::Tensor)?;
        self.append(dataflow::Op::Dense(dense), &[&x], link, Order::Tensor)
    }

    /// A border, the windows, and their product with the filters.
    pub fn conv(
        &mut self,
        conv: qint::Conv,
        x: Val<'c>,
        w: Val<'c>,
        link: Link,
    ) -> Result<Words<'c>, Reported> {
        let weights = self.weights(w)?;
        let windows = Windows {
            kernel_shape: weights.shape[2..].to_vec(),
            strides: conv.strides,
            pads: conv.pads,
            dilations: conv.dilations,
            group: conv.group,
        };
        let rows = self.windows(windows, 0, x, &link)?;
        self.filtered(&rows, &weights, conv.group, &link)
    }

    /// The products of windows with the filters.
    fn filtered(
        &self,
        rows: &Words<'c>,
        filters: &Tensor,
        group: usize,
        result: &Link,
    ) -> Result<Words<'c>, Reported> {
        let dense = Dense {
            weights: filters_as_columns(filters),
            group,
            reuse_factor: 1,
        };
        let order = Order::ChannelsLast;
        let link = Link::array(order.shape(&result.shape), result.word);
        self.append(dataflow::Op::Dense(dense), &[rows], link, order)
    }

    /// The elements in a frame of zeros, the windows of it, and their product with the filters.
    pub fn conv_transpose(
        &mut self,
        conv: qint::ConvTranspose,
        x: Val<'c>,
        w: Val<'c>,
        link: Link,
    ) -> Result<Words<'c>, Reported> {
        let weights = self.weights(w)?;
        let order = Order::ChannelsLast;
        let image = self.words(x, order)?;
        let tensor: Vec<usize> = ir::type_of(x).map_or_else(Vec::new, |r#type| r#type.shape);
        let windows = conv.windows("conv_transpose", &tensor, &weights.shape);
        let windows = windows.or_else(|error| fail(self.op, error.to_string()))?;
        let placed = qint::ConvTranspose::placed(&windows);
        let (batch, channels) = (tensor[0], tensor[1]);
        let along = |first, last, of: fn(&qint::Placed) -> usize| -> Vec<usize> {
            let inner = placed.iter().map(of);
            [first].into_iter().chain(inner).chain([last]).collect()
        };
        let frame = image
            .link
            .with_shape(along(batch, channels, |axis| axis.frame));
        self.check_room(&frame)?;
        let zeros = dataflow::Constant {
            value: Tensor::i64([frame.size()], vec![0; frame.size()]),
        };
        let mut rows = self.append(dataflow::Op::Constant(zeros), &[], frame.clone(), order)?;
        let inside = along(batch, channels, |axis| axis.count);
        if !inside.contains(&0) {
            let part = dataflow::Slice {
                offsets: along(0, 0, |axis| axis.first),
                strides: vec![1; tensor.len()],
            };
            let link = image.link.with_shape(inside);
            let part = self.append(dataflow::Op::Slice(part), &[&image], link, order)?;
            let insert = dataflow::Insert {
                offsets: along(0, 0, |axis| axis.offset),
                strides: along(1, 1, |axis| axis.stride),
            };
            rows = self.append(dataflow::Op::Insert(insert), &[&rows, &part], frame, order)?;
        }
        let filters = conv.filters(&weights);
        let window = Window {
            kernel_shape: weights.shape[2..].to_vec(),
            strides: vec![1; windows.len()],
            dilations: conv.dilations,
            group: conv.group,
        };
        let taps: usize = window.kernel_shape.iter().product();
        let mut shape = order.shape(&link.shape);
        if let Some(row) = shape.last_mut() {
            *row = channels * taps;
        }
        let windowed = rows.link.with_shape(shape);
        let rows = self.append(dataflow::Op::Window(window), &[&rows], windowed, order)?;
        self.filtered(&rows, &filters, conv.group, &link)
    }

    /// A border that never wins, the windows of each channel, and the choice in each of them.
    pub fn pool(
        &mut self,
        kind: Pool,
        pool: qint::Pool,
        x: Val<'c>,
        link: Link,
    ) -> Result<Words<'c>, Reported> {
        let values = ir::values_of(x).unwrap_or(Values::one(0));
        let border = match kind {
            Pool::MaxPool => values.lo(),
            Pool::MinPool => values.hi(),
            Pool::SumPool => 0,
        };
        let windows = Windows {
            kernel_shape: pool.kernel_shape,
            strides: pool.strides,
            pads: pool.pads,
            dilations: pool.dilations,
            group: link.shape.get(1).copied().unwrap_or(1),
        };
        let rows = self.windows(windows, border, x, &link)?;
        let order = Order::ChannelsLast;
        let link = Link::array(order.shape(&link.shape), link.word);
        self.append(dataflow::Op::Pool(kind), &[&rows], link, order)
    }

    /// The windows of an image as rows; `result` is what becomes of them.
    fn windows(
        &mut self,
        windows: Windows,
        border: i64,
        x: Val<'c>,
        result: &Link,
    ) -> Result<Words<'c>, Reported> {
        let order = Order::ChannelsLast;
        let mut x = self.words(x, order)?;
        if windows.pads.iter().any(|&pad| pad != 0) {
            let mut shape = x.link.shape.clone();
            let (before, behind) = windows.pads.split_at(windows.kernel_shape.len());
            for ((extent, before), behind) in shape[1..].iter_mut().zip(before).zip(behind) {
                *extent += before + behind;
            }
            let link = x.link.with_shape(shape);
            let pad = Pad {
                pads: windows.pads,
                value: border,
            };
            x = self.append(dataflow::Op::Pad(pad), &[&x], link, order)?;
        }
        let elements: usize = windows.kernel_shape.iter().product();
        let mut shape = order.shape(&result.shape);
        if let Some(row) = shape.last_mut() {
            *row = x.link.row() * elements;
        }
        let link = x.link.with_shape(shape);
        let window = Window {
            kernel_shape: windows.kernel_shape,
            strides: windows.strides,
            dilations: windows.dilations,
            group: windows.group,
        };
        self.append(dataflow::Op::Window(window), &[&x], link, order)
    }

    /// Two operands word by word, both broadcast to the result.
    pub fn elementwise(
        &mut self,
        kind: qint::Elementwise,
        operands: [Val<'c>; 2],
        link: Link,
    ) -> Result<Words<'c>, Reported> {
        let rank = link.shape.len();
        let last = operands.into_iter().any(|operand| {
            let whole = ir::type_of(operand).is_some_and(|r#type| r#type.rank() == rank);
            whole && self.order(operand) == Some(Order::ChannelsLast)
        });
        let order = match last {
            true => Order::ChannelsLast,
            false => Order::Tensor,
        };
        let shape = order.shape(&link.shape);
        let [a, b] = operands;
        let a = self.broadcast(a, &shape, order)?;
        let b = self.broadcast(b, &shape, order)?;
        let link = Link::array(shape, link.word);
        let kind = match kind {
            qint::Elementwise::Add => Elementwise::Add,
            qint::Elementwise::Sub => Elementwise::Sub,
            qint::Elementwise::Mul => Elementwise::Mul,
            qint::Elementwise::Max => Elementwise::Max,
            qint::Elementwise::Min => Elementwise::Min,
        };
        self.append(dataflow::Op::Elementwise(kind), &[&a, &b], link, order)
    }

    /// A tensor broadcast to a shape in an order.
    fn broadcast(
        &mut self,
        x: Val<'c>,
        shape: &[usize],
        order: Order,
    ) -> Result<Words<'c>, Reported> {
        let rank = ir::type_of(x).map_or(0, |r#type| r#type.rank());
        let mut x = match rank == shape.len() {
            true => self.words(x, order)?,
            false => {
                let x = self.words(x, Order::Tensor)?;
                let missing = vec![1; shape.len().saturating_sub(rank)];
                let link = x.link.with_shape([missing, x.link.shape.clone()].concat());
                let x = self.append(dataflow::Op::Reshape, &[&x], link, Order::Tensor)?;
                self.reordered(&x, order)?
            }
        };
        if x.link.shape != shape {
            let link = x.link.with_shape(shape);
            x = self.append(dataflow::Op::Broadcast, &[&x], link, order)?;
        }
        Ok(x)
    }
}

/// How an image falls into windows.
struct Windows {
    kernel_shape: Vec<usize>,
    strides: Vec<usize>,
    pads: Vec<usize>,
    dilations: Vec<usize>,
    group: usize,
}

/// A table for all that a word holds: what its values never are gets the results of the nearest that they can be, so that
/// no address is beyond the table, whatever is on the wires.
fn for_all_words(op: &qint::Lookup, word: Word) -> qint::Lookup {
    let (lo, hi) = word.range();
    let columns = op.table.shape[1];
    let last = columns.saturating_sub(1) as i64;
    // A table is for few integers, and their word holds less than twice as many.
    if word.bits > 24 || lo >= op.low && hi - op.low <= last {
        return op.clone();
    }
    let domain = (hi - lo + 1) as usize;
    let table = op.table.gather(&[op.table.shape[0], domain], |index| {
        let n = lo + index[1] as i64;
        index[0] * columns + (n - op.low).clamp(0, last) as usize
    });
    qint::Lookup {
        table,
        low: lo,
        axis: op.axis,
    }
}

/// The filters of a convolution, M x C x K1..Kn, as the columns of a matrix whose rows are the words of a window: position
/// by position, each with its channels.
fn filters_as_columns(weights: &Tensor) -> Tensor {
    let (filters, channels) = (weights.shape[0], weights.shape[1]);
    let steps = strides(&weights.shape);
    let positions: usize = weights.shape[2..].iter().product();
    weights.gather(&[positions * channels, filters], |index| {
        let (position, channel) = (index[0] / channels.max(1), index[0] % channels.max(1));
        index[1] * steps[0] + channel * steps[1] + position
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use qonnx_dialects::tensor::Element;

    #[test]
    fn filters_are_columns() {
        let values = (0..8).collect::<Vec<i64>>();
        let weights = Tensor::of_integers(Element::sint(5), [2, 2, 1, 2], values);
        let columns = filters_as_columns(&weights);
        assert_eq!(columns.shape, [4, 2]);
        // Position 0 with channels 0 and 1, then position 1.
        let expected: &[i64] = &[0, 4, 2, 6, 1, 5, 3, 7];
        assert_eq!(columns.as_int(), Some(expected));
    }
}
