//! Contractions that a kernel of the table computes: products of an input with weights, added up.
//!
//! The nest of level 3 becomes one on packed operands: the channels of the input are innermost, in groups of as many as
//! a step multiplies, and the weights lie in the order in which the kernel reads them. The nest is what it says, and computed as
//! any other where no tile is made of it; the kernel that it was packed for is an attribute.

mod input;
mod weights;

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{
    self, AffineMap, Factor, Generic, Integer, IteratorKind, Nest, Resize, Scalar,
};
use qonnx_dialects::value::TensorType;

use self::weights::{Order, Weights};
use super::roles::Roles;
use super::{Literal, Machine, width_of};
use crate::cpu::emit::Emitter;
use crate::cpu::kernels::{self, Choice, Kernel, Reach, Wanted};
use crate::cpu::layout::Channels;
use crate::cpu::machine::{Interval, Number};

/// Rows below which packing computed weights takes longer than it saves: at 8 both are as fast.
const ROWS: usize = 12;

/// What becomes of a nest that adds up products.
pub enum Contraction<'c> {
    /// A kernel computes it, which is said in words.
    Kernel(Machine<'c>, String),
    /// It is scalar code, and why.
    Scalar(String),
}

/// Lowers a nest if some kernel for `features` computes it; `None` if it adds up no products. `old` are its operands of level
/// 3, and `input` gives the tensor of one.
pub fn contraction<'c>(
    emit: &Emitter<'c>,
    features: &str,
    generic: &Generic,
    old: &[Val<'c>],
    result: &TensorType,
    input: impl Fn(Val<'c>) -> Option<Machine<'c>>,
) -> Option<Contraction<'c>> {
    let factors = generic.product()?;
    let site = site(emit, features, (generic, &factors), old, result, input);
    Some(match site {
        Ok(found) => Contraction::Kernel(found.site.lower(&found), found.said()),
        Err(reason) => Contraction::Scalar(reason),
    })
}

/// A contraction with its operands.
struct Found<'e, 'c> {
    site: Site<'e, 'c>,
    /// The input, and how the loops index it.
    x: (Machine<'c>, &'e AffineMap, TensorType),
    weights: Weights<'c>,
    /// How the loops index the weights of level 3.
    w: (&'e AffineMap, TensorType),
    wanted: Wanted,
}

fn site<'e, 'c>(
    emit: &'e Emitter<'c>,
    features: &str,
    (generic, factors): (&'e Generic, &[Factor; 2]),
    old: &[Val<'c>],
    result: &'e TensorType,
    input: impl Fn(Val<'c>) -> Option<Machine<'c>>,
) -> Result<Found<'e, 'c>, String> {
    let [left, right, start] = *old else {
        return Err("its factors are not the two inputs of the nest".to_owned());
    };
    kernels::any_for_integers(features)?;
    let bits = width_of(result);
    if bits > 32 {
        return Err(format!("its sums have {bits} bits, and kernels have 32"));
    }
    let signed = signs(factors).ok_or("a factor is one input twice, or a part of its bits")?;
    let start = Literal::of(start).and_then(Literal::only_number);
    let start = start.ok_or("its sums do not all begin with the same constant")?;
    let types = old.iter().map(|value| ir::type_of(*value));
    let types: Vec<_> = types.collect::<Option<_>>().ok_or("its shape is open")?;
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let extents = generic.nest().extents(&shapes).ok_or("its shape is open")?;
    if extents.contains(&0) {
        return Err("there is nothing to add up".to_owned());
    }
    let literals = [left, right].map(Literal::of);
    let mut best: Option<Result<Found<'e, 'c>, String>> = None;
    // What is computed may be on either side.
    for (x_at, w_at) in [(0, 1), (1, 0)] {
        if literals[x_at].is_some() {
            continue;
        }
        let maps = [x_at, w_at, 2].map(|at| &generic.maps[at]);
        let found = (|| {
            let roles = Roles::of(maps, &extents)
                .ok_or("its loops are not those of a product with filters or a convolution")?;
            let machine = input(old[x_at]).ok_or("its input is not known")?;
            let number = machine.number.ok_or("its input has no integers")?;
            let range = number.read_range(signed[x_at]);
            let products = roles.summed.iter().map(|&dim| extents[dim]).product();
            let weights = match literals[w_at] {
                Some(literal) => {
                    let numbers = literal.read(signed[w_at]).ok_or("its weights are absent")?;
                    let order = Order::of(&roles, &extents, &types[w_at].shape, maps[1]);
                    Weights::Constant(numbers, order)
                }
                None => {
                    let machine = input(old[w_at]).ok_or("its weights are not known")?;
                    Weights::Computed(machine, signed[w_at])
                }
            };
            let filters = extents[roles.filter];
            let wanted = wanted(&roles, (range, &weights), filters, products)?;
            if wanted.computed {
                let rows = roles.rows(&extents);
                if rows < ROWS {
                    return Err(format!(
                        "both factors are computed, and packing one for {rows} rows of the other takes longer"
                    ));
                }
            }
            let choice = kernels::choose(features, wanted)?;
            let outer = roles.outer(maps).filter(|_| !wanted.computed);
            let site = Site {
                emit,
                roles,
                extents: extents.clone(),
                outer,
                choice,
                range,
                signed: signed[x_at],
                start,
                result,
            };
            Ok(Found {
                site,
                x: (machine, maps[0], types[x_at].clone()),
                weights,
                w: (maps[1], types[w_at].clone()),
                wanted,
            })
        })();
        let rank = |found: &Found<'_, '_>| kernels::rank(found.site.choice.kernel);
        let better = match (&best, &found) {
            (Some(Ok(best)), Ok(found)) => rank(found) < rank(best),
            (best, found) => best.is_none() || found.is_ok(),
        };
        if better {
            best = Some(found);
        }
    }
    best.unwrap_or_else(|| Err("both factors are constants".to_owned()))
}

/// Whether each input of a nest that adds up products is read as signed.
fn signs([a, b]: &[Factor; 2]) -> Option<[bool; 2]> {
    let signed = [a.signed()?, b.signed()?];
    match (a.input, b.input) {
        (0, 1) => Some(signed),
        (1, 0) => Some([signed[1], signed[0]]),
        _ => None,
    }
}

/// What is asked of a kernel.
fn wanted(
    roles: &Roles,
    (x, weights): (Interval, &Weights<'_>),
    filters: usize,
    products: usize,
) -> Result<Wanted, String> {
    let own = roles.channel.is_none();
    let (w, reach, computed) = match weights {
        Weights::Constant(numbers, order) => {
            let (lo, hi) = numbers.range();
            (Interval::new(lo, hi), order.reach(numbers), false)
        }
        Weights::Computed(..) if own => {
            return Err("each channel has a filter of its own, which is computed".to_owned());
        }
        Weights::Computed(machine, signed) => {
            let number = machine.number.ok_or("its weights are no integers")?;
            let w = number.read_range(*signed);
            (w, Reach::of(w, products), true)
        }
    };
    Ok(Wanted {
        x,
        w,
        reach,
        own,
        computed,
        filters,
        products,
    })
}

/// The dimensions of groups in front of the channels of a grouped convolution.
#[derive(Clone, Copy)]
struct Outer {
    x: usize,
    result: usize,
}

impl Roles {
    /// How many results have the same weights.
    fn rows(&self, extents: &[usize]) -> usize {
        let own = |dim: &&usize| !self.batches.contains(dim);
        self.pixels
            .iter()
            .filter(own)
            .map(|&dim| extents[dim])
            .product()
    }

    /// Groups whose dimension is the one in front of the channels both in the input and in the result.
    fn outer(&self, [x, _, out]: [&AffineMap; 3]) -> Option<Outer> {
        let &[group] = self.batches.as_slice() else {
            return None;
        };
        let row = |map: &AffineMap| map.loops().iter().position(|&dim| dim == Some(group));
        let outer = Outer {
            x: row(x)?,
            result: row(out)?,
        };
        let fits = outer.x + 1 == self.channel_axis && outer.result + 1 == self.filter_axis;
        fits.then_some(outer)
    }
}

/// A contraction with the kernel that was chosen for it.
struct Site<'e, 'c> {
    emit: &'e Emitter<'c>,
    roles: Roles,
    extents: Vec<usize>,
    /// Groups that stay beside their channels.
    outer: Option<Outer>,
    choice: Choice,
    /// The numbers of the input.
    range: Interval,
    /// Whether its elements are read as signed.
    signed: bool,
    /// What each sum begins with.
    start: i64,
    result: &'e TensorType,
}

impl Found<'_, '_> {
    /// What is computed how.
    fn said(&self) -> String {
        let Wanted {
            x,
            w,
            filters,
            products,
            ..
        } = self.wanted;
        let weights = if self.wanted.computed {
            "computed weights"
        } else {
            "weights"
        };
        format!(
            "is computed by kernel '{}': inputs from {} to {}, {weights} from {} to {}, {filters} filters, {products} products a sum",
            self.site.kernel().name,
            x.lo,
            x.hi,
            w.lo,
            w.hi,
        )
    }
}

impl<'c> Site<'_, 'c> {
    fn kernel(&self) -> &'static Kernel {
        self.choice.kernel
    }

    /// Vectors of filters, where the input has `padded` channels.
    fn blocks(&self, padded: usize) -> usize {
        match self.roles.channel {
            Some(_) => self.extents[self.roles.filter].div_ceil(self.kernel().lanes),
            None => padded / self.kernel().lanes,
        }
    }

    /// The loops over positions in the order of memory.
    fn places(&self) -> Vec<usize> {
        let last: &[usize] = match self.outer {
            Some(_) => &self.roles.batches,
            None => &[],
        };
        let pixels = self.roles.pixels.iter().filter(|dim| !last.contains(dim));
        pixels.chain(last).copied().collect()
    }

    fn lower(&self, found: &Found<'_, 'c>) -> Machine<'c> {
        let emit = self.emit;
        let (machine, x_map, x_type) = &found.x;
        let Kernel { lanes, depth, .. } = *self.kernel();
        let multiple = if depth == 0 { lanes } else { depth };
        let (x, unsigned) = self.input(*machine, x_type, multiple);
        let x_shape = emit.type_of(x).shape;
        let padded = x_shape.last().copied().unwrap_or(1);
        let taps = self.roles.taps();
        let places = self.places();
        let extent = |dim: &usize| self.extents[*dim];

        // Loops: positions, vectors of filters, taps, groups of channels, filters of a vector, channels of a group.
        let (pixels, blocks) = (places.len(), self.blocks(padded));
        let block = pixels;
        let first_tap = block + 1;
        let group = first_tap + taps.len();
        let lane = group + usize::from(depth > 0);
        let loops = lane + 1 + usize::from(depth > 0);
        let mut new = vec![None; self.extents.len()];
        for (at, &dim) in places.iter().enumerate() {
            new[dim] = Some(at);
        }
        for (at, &dim) in taps.iter().enumerate() {
            new[dim] = Some(first_tap + at);
        }
        let split = |shape: &[usize], parts: usize| {
            let (&last, outer) = shape.split_last().unwrap_or((&1, &[]));
            [outer, &[last / parts, parts]].concat()
        };
        let x = emit.reshape(x, &split(&x_shape, multiple));
        let order = self.wanted_channels(x_type).order(x_type.rank());
        let inner = if depth == 0 {
            [block, lane]
        } else {
            [group, lane + 1]
        };
        let rank = x_type.rank() + 1;
        let mut x_rows = AffineMap::select(loops, &vec![0; rank]);
        for (at, &row) in order[..rank - 2].iter().enumerate() {
            let terms: Vec<_> = x_map.coefficients[row]
                .iter()
                .enumerate()
                .filter_map(|(dim, &factor)| Some((new[dim]?, factor)))
                .collect();
            x_rows = x_rows.with_sum(at, &terms);
        }
        for (at, dim) in inner.into_iter().enumerate() {
            x_rows = x_rows.with_sum(rank - 2 + at, &[(dim, 1)]);
        }
        let batches: Vec<usize> = self
            .roles
            .batches
            .iter()
            .filter_map(|&dim| new[dim])
            .collect();
        let w_loops: Vec<usize> = batches.iter().copied().chain(block..loops).collect();
        let sums: Vec<usize> = (0..pixels).chain([block, lane]).collect();
        let nest = Nest {
            maps: vec![
                x_rows,
                AffineMap::select(loops, &w_loops),
                AffineMap::select(loops, &sums),
            ],
            iterators: (0..loops)
                .map(|dim| match sums.contains(&dim) {
                    true => IteratorKind::Parallel,
                    false => IteratorKind::Reduction,
                })
                .collect(),
        };
        // Groups of channels, where they are added up.
        let inner = match padded.checked_div(depth) {
            Some(groups) => vec![groups, lanes, depth],
            None => vec![lanes],
        };
        let of_batch: Vec<_> = self.roles.batches.iter().map(extent).collect();
        let of_taps: Vec<_> = taps.iter().map(extent).collect();
        let w_shape = [of_batch.as_slice(), &[blocks], &of_taps, &inner].concat();
        let (map, ty) = &found.w;
        let packed = self.pack(&found.weights, (map, ty), padded, &w_shape);

        let outer: Vec<_> = places.iter().map(extent).collect();
        let out_shape = [outer.as_slice(), &[blocks, lanes]].concat();
        let begins = self.begins(&packed.begins, &batches, &out_shape);
        let value = emit.nest(&nest, &[x, packed.value], begins, |scalars, elements| {
            let wide = |op: Resize, element| scalars.convert(op, element, Scalar::Int(32));
            let x = wide(
                if unsigned { Resize::ExtU } else { Resize::ExtS },
                elements[0],
            );
            let product = scalars.binary(Integer::Mul, x, wide(Resize::ExtS, elements[1]));
            scalars.binary(Integer::Add, elements[2], product)
        });
        if let Some(op) = ir::defining_op(value) {
            upstream::mark_kernel(emit.context, op, self.kernel().name, packed.steps);
        }
        let value = emit.reshape(value, &[outer.as_slice(), &[blocks * lanes]].concat());
        let number = Number {
            bits: 32,
            ..Number::new(width_of(self.result), packed.sums.checked())
        };
        Machine {
            value,
            number: Some(number),
            channels: Some(Channels {
                axis: self.roles.filter_axis,
                padded: blocks * lanes,
                outer: self.outer.map(|outer| outer.result),
            }),
        }
    }

    /// The tensor that sums begin with; `begins` has those of all filters of each batch, whose loops `batches` are.
    fn begins(&self, begins: &[i64], batches: &[usize], shape: &[usize]) -> Val<'c> {
        let ty = TensorType::new(shape, Element::int(32));
        if begins.windows(2).all(|pair| pair[0] == pair[1]) {
            let value = begins.first().copied().unwrap_or(0);
            return self.emit.fill(&ty, |scalars| scalars.int(value, 32));
        }
        let rank = shape.len();
        let dims = [batches, &[rank - 2, rank - 1]].concat();
        let extents: Vec<_> = dims.iter().map(|&dim| shape[dim]).collect();
        let value = Tensor::int(32, extents, begins.to_vec());
        let map = AffineMap::select(rank, &dims);
        self.emit
            .map(&[(self.emit.constant(&value), map)], &ty, |_, elements| {
                elements[0]
            })
    }
}
