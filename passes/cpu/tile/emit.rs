//! The loops of a group, and the steps inside.

use std::collections::HashMap;

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{Code, Convert, Integer, Intrinsic, Resize};

use super::body;
use super::group::{Around, Contraction, Group, Walk};
use super::plan::{Plan, plan};
use crate::cpu::kernels::Step;

const I16: Element = Element::int(16);
const I32: Element = Element::int(32);

/// Puts loops over tiles in front of the last nest of a group. `None` if that cannot be; nothing that counts has been
/// added then.
pub fn emit<'c>(context: &'c Context, mut group: Group<'c>) -> Option<()> {
    let place = group
        .after
        .as_ref()
        .map_or(group.contraction.nest, |after| after.nest);
    let block = ir::block_of(place)?;
    let location = group.contraction.nest.location();
    let code = Code::before(context, block, place, location);
    group.merge_pixels();
    for walk in group.walks() {
        walk.buffer = code.flat(walk.buffer)?;
    }
    let (&row, outer) = group.contraction.pixels.split_last()?;
    let plan = plan(&group.contraction, row);
    let tiles = Tiles {
        group: &group,
        plan,
        row,
        outer,
    };
    let place = Place {
        outer: Vec::new(),
        row: None,
        block: None,
    };
    code.together(|code| {
        if plan.filters_inside {
            tiles.rows(code, &place, &|code, place, pixels| {
                tiles.columns(code, place, &|code, place, blocks| {
                    tiles.tile(code, place, pixels, blocks);
                });
            });
        } else {
            tiles.columns(code, &place, &|code, place, blocks| {
                tiles.rows(code, place, &|code, place, pixels| {
                    tiles.tile(code, place, pixels, blocks);
                });
            });
        }
    });
    Some(())
}

/// Where a tile begins.
#[derive(Clone)]
struct Place<'c> {
    /// Positions but for the last loop over them.
    outer: Vec<Val<'c>>,
    /// The position along that loop, once it is known.
    row: Option<Val<'c>>,
    /// The vector of filters, likewise.
    block: Option<Val<'c>>,
}

/// What is done at each place, with how many positions or vectors of filters.
type Inside<'c, 'f> = &'f dyn Fn(&Code<'c>, &Place<'c>, usize);

struct Tiles<'g, 'c> {
    group: &'g Group<'c>,
    plan: Plan,
    /// Iterations of the last loop over positions.
    row: usize,
    /// Those of the others.
    outer: &'g [usize],
}

impl<'c> Tiles<'_, 'c> {
    fn lanes(&self) -> usize {
        self.group.contraction.kernel.lanes
    }

    /// The loops over positions.
    fn rows(&self, code: &Code<'c>, place: &Place<'c>, inside: Inside<'c, '_>) {
        if let Some(&extent) = self.outer.get(place.outer.len()) {
            code.repeat(extent, 1, &[], |code, at, _| {
                let mut place = place.clone();
                place.outer.push(at);
                self.rows(code, &place, inside);
                Vec::new()
            });
            return;
        }
        in_parts(code, self.row, self.plan.pixels, |code, row, pixels| {
            let mut place = place.clone();
            place.row = Some(row);
            inside(code, &place, pixels);
        });
    }

    /// The loop over vectors of filters.
    fn columns(&self, code: &Code<'c>, place: &Place<'c>, inside: Inside<'c, '_>) {
        in_parts(
            code,
            self.group.contraction.blocks,
            self.plan.blocks,
            |code, block, blocks| {
                let mut place = place.clone();
                place.block = Some(block);
                inside(code, &place, blocks);
            },
        );
    }

    /// The address of the first element that a walk has for a tile.
    fn address(&self, code: &Code<'c>, walk: &Walk<'c>, place: &Place<'c>) -> Val<'c> {
        let (&along, outer) = walk.pixels.split_last().unwrap_or((&0, &[]));
        let mut terms: Vec<_> = place
            .outer
            .iter()
            .copied()
            .zip(outer.iter().copied())
            .collect();
        terms.extend(place.row.map(|row| (row, along)));
        terms.extend(place.block.map(|block| (block, walk.block)));
        code.address(walk.start, &terms)
    }

    /// One tile: its sums, and what is made of them.
    fn tile(&self, code: &Code<'c>, place: &Place<'c>, pixels: usize, blocks: usize) {
        let group = self.group;
        let tile = Tile {
            tiles: self,
            pixels,
            blocks,
        };
        let from = (
            self.address(code, &group.contraction.x, place),
            self.address(code, &group.contraction.w, place),
        );
        let around = |nest: &Around<'c>| -> Vec<Option<Val<'c>>> {
            let walks = nest.walks.iter();
            walks
                .map(|walk| walk.as_ref().map(|walk| self.address(code, walk, place)))
                .collect()
        };
        let sums = &group.contraction.out;
        let out = self.address(code, sums, place);
        let begin = |code: &Code<'c>| -> Vec<Val<'c>> {
            let addresses = around(&group.before);
            let mut loaded = HashMap::new();
            tile.each(|pixel, block| {
                let known = (addresses.as_slice(), &mut loaded);
                let vector = tile.nest(code, &group.before, known, (pixel, block), None);
                vector.unwrap_or_else(|| code.splat(0, I32, self.lanes()))
            })
        };
        let found = tile.sums(code, from, begin);
        let addresses = group.after.as_ref().map(around).unwrap_or_default();
        let mut loaded = HashMap::new();
        let mut found = found.into_iter();
        tile.each(|pixel, block| {
            let Some(sum) = found.next() else { return };
            let after = group.after.as_ref().and_then(|after| {
                let walk = after.walks.last()?.as_ref()?;
                let address = (*addresses.last()?)?;
                let known = (addresses.as_slice(), &mut loaded);
                let value = tile.nest(code, after, known, (pixel, block), Some(sum))?;
                Some((value, walk, address))
            });
            let (value, walk, address) = after.unwrap_or((sum, sums, out));
            let at = tile.offset(code, walk, address, (pixel, block));
            code.store(value, walk.buffer, at);
        });
    }
}

/// A loop over `total` in parts. The last one begins earlier where there is not enough left, and what two parts have in
/// common is computed twice: that is less than the code of another tile.
fn in_parts<'c>(
    code: &Code<'c>,
    total: usize,
    part: usize,
    inside: impl Fn(&Code<'c>, Val<'c>, usize),
) {
    code.repeat(total, part, &[], |code, at, _| {
        let at = match total.is_multiple_of(part) {
            true => at,
            false => code.binary(Integer::MinU, at, code.index(total - part)),
        };
        inside(code, at, part);
        Vec::new()
    });
}

/// Addresses of a nest's operands for a tile, and what has been read of them.
type Known<'c, 'k> = (
    &'k [Option<Val<'c>>],
    &'k mut HashMap<(usize, usize, usize), Val<'c>>,
);

/// Where input and weights are read.
type From<'c> = (Val<'c>, Val<'c>);

/// Some positions and vectors of filters.
struct Tile<'t, 'g, 'c> {
    tiles: &'t Tiles<'g, 'c>,
    pixels: usize,
    blocks: usize,
}

impl<'c> Tile<'_, '_, 'c> {
    fn group(&self) -> &Contraction<'c> {
        &self.tiles.group.contraction
    }

    fn lanes(&self) -> usize {
        self.tiles.lanes()
    }

    /// What is had for each position and vector of filters.
    fn each<T>(&self, mut make: impl FnMut(usize, usize) -> T) -> Vec<T> {
        let mut all = Vec::with_capacity(self.pixels * self.blocks);
        for pixel in 0..self.pixels {
            for block in 0..self.blocks {
                all.push(make(pixel, block));
            }
        }
        all
    }

    /// The address of a position and vector of filters within a tile.
    fn offset(
        &self,
        code: &Code<'c>,
        walk: &Walk<'c>,
        from: Val<'c>,
        (pixel, block): (usize, usize),
    ) -> Val<'c> {
        let along = walk.pixels.last().copied().unwrap_or(0);
        code.address(pixel * along + block * walk.block, &[(from, 1)])
    }

    /// What a nest around the contraction makes at a place of the tile, of the sum there.
    fn nest(
        &self,
        code: &Code<'c>,
        around: &Around<'c>,
        (addresses, loaded): Known<'c, '_>,
        (pixel, block): (usize, usize),
        sum: Option<Val<'c>>,
    ) -> Option<Val<'c>> {
        let lanes = self.lanes();
        body::compute(code, around.nest, lanes, |operand| {
            let walk = around.walks.get(operand).and_then(Option::as_ref);
            let address = addresses.get(operand).copied().flatten();
            let (Some(walk), Some(address)) = (walk, address) else {
                return sum.unwrap_or_else(|| code.splat(0, I32, lanes));
            };
            let still = |step: usize, at: usize| if step == 0 { 0 } else { at };
            let along = walk.pixels.last().copied().unwrap_or(0);
            let key = (operand, still(along, pixel), still(walk.block, block));
            *loaded.entry(key).or_insert_with(|| {
                let at = self.offset(code, walk, address, (pixel, block));
                if walk.lane == 0 {
                    code.load_same(walk.buffer, at, lanes)
                } else {
                    code.load(walk.buffer, at, lanes)
                }
            })
        })
    }

    /// The sums of the tile, which `begin` makes in the beginning.
    fn sums(
        &self,
        code: &Code<'c>,
        from: From<'c>,
        begin: impl FnOnce(&Code<'c>) -> Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        match self.group().kernel.step {
            Step::DotBytes | Step::PairsOfWords | Step::Products32 | Step::Floats => {
                let parts = self.tiles.plan.parts;
                let mut sums = begin(code);
                let more = (parts - 1) * sums.len();
                sums.extend((0..more).map(|_| code.splat(0, I32, self.lanes())));
                let sums = self.add_up(code, 0, from, sums);
                let count = self.pixels * self.blocks;
                let mut parts = sums.chunks(count);
                let first = parts.next().unwrap_or(&[]).to_vec();
                parts.fold(first, |sums, part| add_all(code, &sums, part))
            }
            Step::Products16 => {
                let sums = self.add_up(code, 0, from, self.zeros(code));
                let wide = |sum: &Val<'c>| code.convert(Resize::ExtS, *sum, I32, self.lanes());
                let sums: Vec<_> = sums.iter().map(wide).collect();
                add_all(code, &sums, &begin(code))
            }
            Step::PairsOfBytes if self.steps_from(0) <= self.group().steps => {
                let sums = self.add_up(code, 0, from, self.zeros(code));
                self.add_pairs(code, &sums, begin(code))
            }
            Step::PairsOfBytes => {
                let sums = begin(code);
                self.add_in_time(code, 0, from, sums)
            }
        }
    }

    /// Sums of 16 bits that are 0.
    fn zeros(&self, code: &Code<'c>) -> Vec<Val<'c>> {
        self.each(|_, _| code.splat(0, I16, 16))
    }

    /// Steps of the loops from a level on.
    fn steps_from(&self, level: usize) -> usize {
        self.group().sums[level..]
            .iter()
            .map(|sum| sum.extent)
            .fold(1, usize::saturating_mul)
    }

    /// The next iteration of a loop that adds up.
    fn along(&self, code: &Code<'c>, level: usize, from: From<'c>, at: Val<'c>) -> From<'c> {
        let sum = self.group().sums[level];
        (
            code.address(0, &[(from.0, 1), (at, sum.x)]),
            code.address(0, &[(from.1, 1), (at, sum.w)]),
        )
    }

    /// An iteration that is known.
    fn ahead(&self, code: &Code<'c>, level: usize, from: From<'c>, by: usize) -> From<'c> {
        let sum = self.group().sums[level];
        (
            code.address(by * sum.x, &[(from.0, 1)]),
            code.address(by * sum.w, &[(from.1, 1)]),
        )
    }

    /// The loops that add up, from a level on.
    fn add_up(
        &self,
        code: &Code<'c>,
        level: usize,
        from: From<'c>,
        sums: Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let Some(sum) = self.group().sums.get(level) else {
            return self.step(code, from, sums);
        };
        if level + 1 < self.group().sums.len() {
            return code.repeat(sum.extent, 1, &sums, |code, at, sums| {
                let from = self.along(code, level, from, at);
                self.add_up(code, level + 1, from, sums.to_vec())
            });
        }
        // Each part of the sums takes every so many steps.
        let count = self.pixels * self.blocks;
        let parts = sums.len() / count;
        let whole = sum.extent / parts * parts;
        let mut sums = code.repeat(whole, parts, &sums, |code, at, sums| {
            let from = self.along(code, level, from, at);
            let mut all = Vec::with_capacity(sums.len());
            for (part, sums) in sums.chunks(count).enumerate() {
                let from = self.ahead(code, level, from, part);
                all.extend(self.step(code, from, sums.to_vec()));
            }
            all
        });
        for at in whole..sum.extent {
            let from = self.ahead(code, level, from, at);
            let first = self.step(code, from, sums[..count].to_vec());
            sums.splice(..count, first);
        }
        sums
    }

    /// Likewise, with sums of 16 bits that are added to those of 32 before they overflow.
    fn add_in_time(
        &self,
        code: &Code<'c>,
        level: usize,
        from: From<'c>,
        sums: Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let steps = self.group().steps;
        if self.steps_from(level) <= steps {
            let pairs = self.add_up(code, level, from, self.zeros(code));
            return self.add_pairs(code, &pairs, sums);
        }
        let extent = self.group().sums[level].extent;
        if level + 1 < self.group().sums.len() {
            return code.repeat(extent, 1, &sums, |code, at, sums| {
                let from = self.along(code, level, from, at);
                self.add_in_time(code, level + 1, from, sums.to_vec())
            });
        }
        // Parts of equal length where that costs little.
        let part = (steps / 2 + 1..=steps)
            .rev()
            .find(|part| extent.is_multiple_of(*part))
            .unwrap_or(steps);
        let some = |code: &Code<'c>, from: From<'c>, count: usize, sums: &[Val<'c>]| {
            let pairs = code.repeat(count, 1, &self.zeros(code), |code, at, pairs| {
                let from = self.along(code, level, from, at);
                self.step(code, from, pairs.to_vec())
            });
            self.add_pairs(code, &pairs, sums.to_vec())
        };
        let whole = extent / part * part;
        let sums = code.repeat(whole, part, &sums, |code, at, sums| {
            let from = self.along(code, level, from, at);
            some(code, from, part, sums)
        });
        if whole == extent {
            return sums;
        }
        let from = self.ahead(code, level, from, whole);
        some(code, from, extent - whole, &sums)
    }

    /// Adds sums of 16 bits, two to each of 32.
    fn add_pairs(&self, code: &Code<'c>, pairs: &[Val<'c>], sums: Vec<Val<'c>>) -> Vec<Val<'c>> {
        let ones = code.splat(1, I16, 16);
        let wide: Vec<_> = pairs
            .iter()
            .map(|&pair| {
                code.call(
                    Intrinsic::PairsOfWords256,
                    &[pair, ones],
                    code.vector(I32, 8),
                )
            })
            .collect();
        add_all(code, &sums, &wide)
    }

    /// One step: for each position and vector of filters the products of a few channels.
    fn step(&self, code: &Code<'c>, from: From<'c>, sums: Vec<Val<'c>>) -> Vec<Val<'c>> {
        let group = self.group();
        let (kernel, lanes) = (group.kernel, self.lanes());
        let own = kernel.depth == 0;
        // Elements of one vector.
        let (w_count, x_count) = if own {
            (lanes, lanes)
        } else {
            (lanes * kernel.depth, kernel.depth)
        };
        let weights: Vec<_> = (0..self.blocks)
            .map(|block| {
                let at = self.offset(code, &group.w, from.1, (0, block));
                let w = code.load(group.w.buffer, at, w_count);
                match kernel.step {
                    Step::Products32 => code.convert(Resize::ExtS, w, I32, lanes),
                    Step::Floats => code.convert(Convert::ExtF, w, Element::F64, lanes),
                    _ => w,
                }
            })
            .collect();
        let mut input: HashMap<(usize, usize), Val<'c>> = HashMap::new();
        let mut sums = sums.into_iter();
        let all = self.each(|pixel, block| {
            let sum = sums.next()?;
            let w = weights[block];
            let key = (pixel, if own { block } else { 0 });
            let x = *input.entry(key).or_insert_with(|| {
                let at = self.offset(code, &group.x, from.0, key);
                if kernel.step == Step::Floats {
                    return code.load_same(group.x.buffer, at, lanes);
                }
                let x = code.load(group.x.buffer, at, x_count);
                if own {
                    return self.widened(code, x);
                }
                // The same channels for all filters.
                let word = code.bits_as(x, I32, 1);
                let words = code.broadcast(word, lanes);
                let bits = kernel.bits.0;
                code.bits_as(words, Element::int(bits), w_count)
            });
            Some(match kernel.step {
                Step::DotBytes => code.call(
                    Intrinsic::DotBytes512,
                    &[sum, x, w],
                    code.vector(I32, lanes),
                ),
                Step::PairsOfBytes => {
                    let pairs = code.vector(I16, 2 * lanes);
                    let pairs = code.call(Intrinsic::PairsOfBytes256, &[x, w], pairs);
                    code.binary(Integer::Add, sum, pairs)
                }
                Step::PairsOfWords => {
                    let pairs = code.vector(I32, lanes);
                    let pairs = code.call(Intrinsic::PairsOfWords256, &[x, w], pairs);
                    code.binary(Integer::Add, sum, pairs)
                }
                Step::Floats => code.multiply_add(x, w, sum),
                Step::Products16 | Step::Products32 => {
                    let product = code.binary(Integer::Mul, x, w);
                    code.binary(Integer::Add, sum, product)
                }
            })
        });
        all.into_iter().flatten().collect()
    }

    /// Numbers of the input as wide as products.
    fn widened(&self, code: &Code<'c>, x: Val<'c>) -> Val<'c> {
        let (bits, unsigned) = self.group().x_number;
        let (to, wide) = match self.group().kernel.step {
            Step::Products16 => (16, I16),
            _ => (32, I32),
        };
        match (bits == to, unsigned) {
            (true, _) => x,
            (false, true) => code.convert(Resize::ExtU, x, wide, self.lanes()),
            (false, false) => code.convert(Resize::ExtS, x, wide, self.lanes()),
        }
    }
}

/// Adds vectors one by one.
fn add_all<'c>(code: &Code<'c>, left: &[Val<'c>], right: &[Val<'c>]) -> Vec<Val<'c>> {
    left.iter()
        .zip(right)
        .map(|(&left, &right)| code.binary(Integer::Add, left, right))
        .collect()
}
