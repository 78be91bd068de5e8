//! How large a tile is.

use super::group::Contraction;
use crate::cpu::kernels::{Kernel, Step};

/// How a group is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Positions of a tile, along the last loop over them.
    pub pixels: usize,
    /// Vectors of filters.
    pub blocks: usize,
    /// Sums that are added up at the end, so that enough are under way.
    pub parts: usize,
    /// Whether the loop over filters is inside of those over positions.
    pub filters_inside: bool,
}

/// Weights that stay in the first cache beside the rest, in bytes.
const NEAR: usize = 16 << 10;

/// Chooses the tile that takes least time, by a simple model of the processor.
pub fn plan(group: &Contraction<'_>, row: usize) -> Plan {
    let kernel = group.kernel;
    let own = kernel.depth == 0;
    let weights = group.blocks * group.w.block * (kernel.bits.1 / 8) as usize;
    let last_sum = group.sums.last().map_or(1, |sum| sum.extent);
    let candidates = (1..=most_pixels(kernel).min(row)).flat_map(|pixels| {
        let most = if pixels == 1 { 8 } else { 4 };
        (1..=most.min(group.blocks)).map(move |blocks| (pixels, blocks))
    });
    let fits =
        |&(pixels, blocks): &(usize, usize)| pixels * blocks + blocks + 2 <= kernel.registers;
    let (pixels, blocks) = candidates
        .filter(fits)
        .min_by_key(|&(pixels, blocks)| {
            let tiles = row.div_ceil(pixels) * group.blocks.div_ceil(blocks);
            (tiles * step_time(kernel, pixels, blocks), pixels * blocks)
        })
        .unwrap_or((1, 1));
    let parts = [1, 2, 4, 8]
        .into_iter()
        .filter(|&parts| {
            parts == 1
                || parts * pixels * blocks + blocks + 2 <= kernel.registers && parts <= last_sum
        })
        .find(|&parts| parts * pixels * blocks >= kernel.chains)
        .unwrap_or(1);
    Plan {
        pixels,
        blocks,
        parts: if kernel.step == Step::DotBytes {
            parts
        } else {
            1
        },
        filters_inside: own || weights <= NEAR,
    }
}

/// Positions beyond which a tile is not worth its code.
fn most_pixels(kernel: &Kernel) -> usize {
    if kernel.registers > 16 { 10 } else { 6 }
}

/// What a step of a tile takes, in tenths of a cycle.
fn step_time(kernel: &Kernel, pixels: usize, blocks: usize) -> usize {
    let sums = pixels * blocks;
    let (work, loads) = match kernel.step {
        Step::DotBytes => (10, pixels + blocks),
        Step::PairsOfBytes | Step::PairsOfWords => (7, pixels + blocks),
        Step::Floats => (5, pixels + blocks),
        Step::Products16 | Step::Products32 => (10, sums + blocks),
    };
    // What a sum waits for is hidden by other sums.
    let waiting = match kernel.step {
        Step::Floats => work * kernel.chains,
        _ => 0,
    };
    (work * sums).max(5 * loads).max(waiting) + 5
}
