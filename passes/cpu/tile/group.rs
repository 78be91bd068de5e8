//! What a kernel computes in one go, read from loop nests on buffers.

use std::collections::HashMap;

use qonnx_dialects::ir::{self, Op, Val};
use qonnx_dialects::tensor::{Element, strides};
use qonnx_dialects::upstream::{self, AffineMap, IteratorKind, Nest, Resize};

use crate::cpu::kernels::{self, Kernel, Step};

/// How a buffer is walked along the loops of a contraction, in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk<'c> {
    /// The buffer.
    pub buffer: Val<'c>,
    /// Where it begins.
    pub start: usize,
    /// One for each loop over positions.
    pub pixels: Vec<usize>,
    /// From a vector of filters to the next.
    pub block: usize,
    /// From a filter to the next.
    pub lane: usize,
}

/// A loop that adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Its iterations.
    pub extent: usize,
    /// Its step in the input.
    pub x: usize,
    /// Its step in the weights.
    pub w: usize,
}

/// A nest that is computed on the sums of a tile.
pub struct Around<'c> {
    /// The nest.
    pub nest: Op<'c>,
    /// How each of its operands is walked; `None` for the sums themselves.
    pub walks: Vec<Option<Walk<'c>>>,
}

/// A contraction, and the nests around it that are computed with it.
pub struct Group<'c> {
    /// The contraction.
    pub contraction: Contraction<'c>,
    /// What makes its sums in the beginning. Sums that are there already would be added to twice, where tiles overlap.
    pub before: Around<'c>,
    /// What is made of them, if it alone reads them.
    pub after: Option<Around<'c>>,
}

/// A nest that was packed for a kernel.
pub struct Contraction<'c> {
    /// The nest.
    pub nest: Op<'c>,
    /// Its kernel.
    pub kernel: &'static Kernel,
    /// How many steps a sum of 16 bits may take.
    pub steps: usize,
    /// Iterations of the loops over positions.
    pub pixels: Vec<usize>,
    /// How many vectors of filters there are.
    pub blocks: usize,
    /// The loops that add up, outermost first; of channels the last one goes over groups.
    pub sums: Vec<Sum>,
    /// The input.
    pub x: Walk<'c>,
    /// Bits of its numbers, and whether they are unsigned.
    pub x_number: (u32, bool),
    /// The weights.
    pub w: Walk<'c>,
    /// Where the sums are.
    pub out: Walk<'c>,
}

/// A nest on contiguous buffers.
struct Read<'c> {
    nest: Nest,
    operands: Vec<Val<'c>>,
    /// Steps between neighbours along each dimension of each operand.
    strides: Vec<Vec<usize>>,
    extents: Vec<usize>,
}

impl<'c> Read<'c> {
    fn of(op: Op<'c>) -> Option<Self> {
        use melior::ir::operation::OperationLike;
        let nest = Nest::read(op)?;
        let operands: Vec<_> = op.operands().map(ir::val).collect();
        let types = operands
            .iter()
            .map(|&operand| {
                let ty = upstream::buffer_type(operand)?;
                (ty.rank() > 0 && upstream::is_contiguous(operand)).then_some(ty)
            })
            .collect::<Option<Vec<_>>>()?;
        let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
        let extents = nest.extents(&shapes)?;
        Some(Self {
            strides: shapes.iter().map(|shape| strides(shape)).collect(),
            nest,
            operands,
            extents,
        })
    }

    /// The step of an operand along a loop; `None` for one backwards.
    fn step(&self, operand: usize, dim: usize) -> Option<usize> {
        let rows = self.nest.maps[operand].coefficients.iter();
        let steps = rows.zip(&self.strides[operand]).map(|(row, &stride)| {
            let factor = usize::try_from(row[dim]).ok()?;
            Some(factor * stride)
        });
        steps.sum()
    }

    fn start(&self, operand: usize) -> Option<usize> {
        let constants = self.nest.maps[operand].constants.iter();
        let starts = constants
            .zip(&self.strides[operand])
            .map(|(&constant, &stride)| Some(usize::try_from(constant).ok()? * stride));
        starts.sum()
    }
}

/// The loops that the rows of a map are.
fn loops(map: &AffineMap) -> Option<Vec<usize>> {
    map.loops().into_iter().collect()
}

impl<'c> Contraction<'c> {
    /// Reads a nest.
    fn read(op: Op<'c>) -> Option<Self> {
        let (name, steps) = upstream::kernel_of(op)?;
        let kernel = kernels::named(&name)?;
        let read = Read::of(op)?;
        let [x, w, out] = *read.operands.as_slice() else {
            return None;
        };
        let (w_loops, out_loops) = (loops(&read.nest.maps[1])?, loops(&read.nest.maps[2])?);
        let [places @ .., out_block, out_lane] = out_loops.as_slice() else {
            return None;
        };
        // Positions that have weights of their own come first, so that the weights stay along the last loop.
        let batches = w_loops.iter().take_while(|dim| places.contains(dim));
        let (batches, rest) = w_loops.split_at(batches.count());
        let others = places.iter().filter(|dim| !batches.contains(dim));
        let pixels: Vec<usize> = batches.iter().chain(others).copied().collect();
        let (&block, rest) = rest.split_first()?;
        let (taps, channels, lane, depth) = match (kernel.depth, rest) {
            (0, [taps @ .., lane]) => (taps, None, *lane, None),
            (_, [taps @ .., group, lane, depth]) => (taps, Some(*group), *lane, Some(*depth)),
            _ => return None,
        };
        let extent = |dim: usize| read.extents[dim];
        let loops = 2 + pixels.len() + taps.len() + usize::from(depth.is_some()) * 2;
        let packed = (*out_block, *out_lane) == (block, lane)
            && loops == read.extents.len()
            && extent(lane) == kernel.lanes
            && depth.map_or(0, extent) == kernel.depth;
        if !packed || read.extents.contains(&0) || steps == 0 {
            return None;
        }
        let walk = |operand: usize, buffer: Val<'c>| {
            Some(Walk {
                buffer,
                start: read.start(operand)?,
                pixels: pixels
                    .iter()
                    .map(|&dim| read.step(operand, dim))
                    .collect::<Option<_>>()?,
                block: read.step(operand, block)?,
                lane: read.step(operand, lane)?,
            })
        };
        let sums = taps
            .iter()
            .copied()
            .chain(channels)
            .map(|dim| {
                Some(Sum {
                    extent: extent(dim),
                    x: read.step(0, dim)?,
                    w: read.step(1, dim)?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let (x_walk, w_walk, out_walk) = (walk(0, x)?, walk(1, w)?, walk(2, out)?);
        let beside = match depth {
            Some(depth) => {
                read.step(0, depth)? == 1
                    && read.step(1, depth)? == 1
                    && w_walk.lane == kernel.depth
                    && (x_walk.lane, x_walk.block) == (0, 0)
            }
            None => x_walk.lane == 1 && w_walk.lane == 1,
        };
        let elements = [x, w, out].map(|value| upstream::buffer_type(value).map(|ty| ty.element));
        let (x_number, fits) = match (kernel.step, elements) {
            (Step::Floats, elements) => {
                let floats = [Element::F64, Element::F32, Element::F64].map(Some);
                ((64, false), elements == floats)
            }
            (_, [Some(x), Some(w), Some(out)]) => {
                let unsigned = reads_unsigned(op)?;
                let Element::Int { width: bits, .. } = x else {
                    return None;
                };
                let x_fits = match kernel.depth {
                    0 => [8, 16].contains(&bits),
                    _ => bits == kernel.bits.0 && unsigned == (bits == 8),
                };
                let w_fits = w == Element::int(kernel.bits.1);
                let sums_fit = out == Element::int(32);
                ((bits, unsigned), x_fits && w_fits && sums_fit)
            }
            _ => return None,
        };
        if !beside || !fits || out_walk.lane != 1 {
            return None;
        }
        Some(Self {
            nest: op,
            kernel,
            steps,
            pixels: pixels.iter().map(|&dim| extent(dim)).collect(),
            blocks: extent(block),
            sums,
            x: x_walk,
            x_number,
            w: w_walk,
            out: out_walk,
        })
    }

    /// A nest that makes the sums in the beginning, or something of them.
    fn around(&self, op: Op<'c>, makes: bool) -> Option<Around<'c>> {
        let read = Read::of(op)?;
        let parallel = |kind: &IteratorKind| *kind == IteratorKind::Parallel;
        let output = read.operands.len() - 1;
        let buffer = upstream::root(self.out.buffer);
        let mut ours = (0..=output).filter(|&at| upstream::root(read.operands[at]) == buffer);
        let sums = ours.next()?;
        if ours.next().is_some()
            || (sums == output) != makes
            || !read.nest.iterators.iter().all(parallel)
            || !super::body::is_vectorizable(op)
        {
            return None;
        }
        // Each iteration has one sum, and each sum one.
        let dims = loops(&read.nest.maps[sums])?;
        let count: usize = read.extents.iter().product();
        let all: usize = upstream::buffer_type(buffer)?.shape.iter().product();
        let distinct = (0..read.extents.len()).all(|dim| dims.contains(&dim));
        if !distinct || dims.len() != read.extents.len() || count != all {
            return None;
        }
        // What is computed twice must not read what it has written.
        let written = upstream::root(read.operands[output]);
        let mut inputs = read.operands[..output].iter();
        if !makes && inputs.any(|input| upstream::root(*input) == written) {
            return None;
        }
        let places = self.places(&read, sums)?;
        let walks = (0..=output)
            .map(|operand| {
                if operand == sums {
                    return Some(None);
                }
                let along = |place: &Option<(usize, usize)>| match *place {
                    Some((dim, factor)) => Some(read.step(operand, dim)? * factor),
                    None => Some(0),
                };
                let steps = places.iter().map(along).collect::<Option<Vec<_>>>()?;
                let [pixels @ .., block, lane] = steps.as_slice() else {
                    return None;
                };
                if *lane > 1 || operand == output && *lane != 1 {
                    return None;
                }
                Some(Some(Walk {
                    buffer: read.operands[operand],
                    start: read.start(operand)?,
                    pixels: pixels.to_vec(),
                    block: *block,
                    lane: *lane,
                }))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Around { nest: op, walks })
    }

    /// For each loop of the contraction over its result (positions, vectors of filters, filters): the loop of a nest over the
    /// same sums that goes along with it, and how many of its iterations are one; `None` where there is one iteration.
    fn places(&self, read: &Read<'c>, sums: usize) -> Option<Vec<Option<(usize, usize)>>> {
        let ours = self
            .pixels
            .iter()
            .copied()
            .zip(self.out.pixels.iter().copied())
            .chain([
                (self.blocks, self.out.block),
                (self.kernel.lanes, self.out.lane),
            ]);
        let mut reached = vec![0; read.extents.len()];
        ours.map(|(extent, step)| {
            if extent == 1 {
                return Some(None);
            }
            let dims = 0..read.extents.len();
            let along = dims.filter_map(|dim| {
                let stride = read.step(sums, dim)?;
                let fits = stride > 0
                    && read.extents[dim] > 1
                    && step.is_multiple_of(stride)
                    && (extent - 1) * (step / stride) < read.extents[dim];
                fits.then_some((stride, dim))
            });
            let (stride, dim) = along.max()?;
            let factor = step / stride;
            reached[dim] += (extent - 1) * factor;
            (reached[dim] < read.extents[dim]).then_some(Some((dim, factor)))
        })
        .collect()
    }
}

impl<'c> Group<'c> {
    /// Reads the nest at a place of a block's ops, with the nests around it. `places` has the place of each op.
    pub fn read(ops: &[Op<'c>], places: &HashMap<usize, usize>, at: usize) -> Option<Self> {
        let contraction = Contraction::read(ops[at])?;
        let buffer = upstream::root(contraction.out.buffer);
        ir::defining_op(buffer).filter(|op| upstream::is_alloc(*op))?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for user in users_of_buffer(buffer) {
            match *places.get(&ir::op_key(user))? {
                place if place < at => before.push((place, user)),
                place if place > at => after.push((place, user)),
                _ => {}
            }
        }
        let [(from, nest)] = before.as_slice() else {
            return None;
        };
        let mut group = Self {
            before: contraction.around(*nest, true)?,
            after: None,
            contraction,
        };
        let begins = group.before.walks.iter().flatten();
        let mut read: Vec<_> = begins.map(|walk| walk.buffer).collect();
        read.extend([group.contraction.x.buffer, group.contraction.w.buffer]);
        // Everything is read when the last nest is: not later than something else is written there.
        let safe = |last: usize| {
            let mut between = (*from..=last).filter(|place| *place != *from && *place != at);
            !between.any(|place| writes(ops[place], &read))
        };
        if !safe(at) || read.iter().any(|read| upstream::root(*read) == buffer) {
            return None;
        }
        if let [(last, nest)] = after.as_slice()
            && safe(*last)
        {
            group.after = group.contraction.around(*nest, false);
        }
        Some(group)
    }

    /// Everything that is walked.
    pub fn walks(&mut self) -> impl Iterator<Item = &mut Walk<'c>> {
        let around = std::iter::once(&mut self.before).chain(self.after.iter_mut());
        let around = around.flat_map(|around| around.walks.iter_mut().flatten());
        let Contraction { x, w, out, .. } = &mut self.contraction;
        [x, w, out].into_iter().chain(around)
    }

    /// Makes one loop of two over positions where every buffer is walked on evenly, so that tiles go on from one row to the
    /// next. One loop is left at least.
    pub fn merge_pixels(&mut self) {
        let mut at = self.contraction.pixels.len();
        while at > 0 {
            at -= 1;
            let extent = self.contraction.pixels[at];
            let goes_on = extent == 1
                || at > 0 && {
                    self.walks()
                        .all(|walk| walk.pixels[at - 1] == extent * walk.pixels[at])
                };
            if !goes_on || self.contraction.pixels.len() == 1 {
                continue;
            }
            if extent > 1 {
                // The inner one stays, with the iterations of both.
                self.contraction.pixels[at] *= self.contraction.pixels[at - 1];
                self.contraction.pixels.remove(at - 1);
                self.walks().for_each(|walk| {
                    walk.pixels.remove(at - 1);
                });
            } else {
                self.contraction.pixels.remove(at);
                self.walks().for_each(|walk| {
                    walk.pixels.remove(at);
                });
            }
        }
        let weights = self.contraction.w.pixels.last();
        if weights.is_none_or(|step| *step != 0) {
            // A tile has the same weights for all its positions.
            self.contraction.pixels.push(1);
            self.walks().for_each(|walk| walk.pixels.push(0));
        }
    }
}

/// The ops that read or write a buffer, through views.
fn users_of_buffer<'c>(buffer: Val<'c>) -> Vec<Op<'c>> {
    use melior::ir::operation::OperationLike;
    let mut values = vec![buffer];
    let mut users: Vec<Op<'c>> = Vec::new();
    let mut next = 0;
    while let Some(&value) = values.get(next) {
        next += 1;
        for (user, _) in ir::users(value) {
            if upstream::is_view(user) {
                values.extend(user.results().map(ir::val));
            } else if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    users
}

/// Whether an op may write to one of some buffers. Ops have what they write to last.
fn writes<'c>(op: Op<'c>, buffers: &[Val<'c>]) -> bool {
    use melior::ir::operation::OperationLike;
    if upstream::is_view(op) || op.operand_count() == 0 {
        return false;
    }
    let last = op.operand(op.operand_count() - 1).map(ir::val);
    last.is_ok_and(|last| {
        let root = upstream::root(last);
        buffers.iter().any(|buffer| upstream::root(*buffer) == root)
    })
}

/// Whether the body of a contraction reads its first operand as unsigned.
fn reads_unsigned(op: Op<'_>) -> Option<bool> {
    use melior::ir::operation::OperationLike;
    let block = ir::single_block(op)?;
    let first = *ir::block_arguments(block).first()?;
    let reads = |op: &Op<'_>| op.operands().map(ir::val).next() == Some(first);
    let read = ir::block_ops(block).into_iter().find(reads)?;
    match upstream::resize_of(read)? {
        Resize::ExtU => Some(true),
        Resize::ExtS => Some(false),
        Resize::Trunc => None,
    }
}
