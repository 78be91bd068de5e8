//! Which loop of a contraction does what.

use qonnx_dialects::upstream::AffineMap;

/// What the loops of a contraction are for.
pub struct Roles {
    /// Positions of the result: its dimensions but the filters', each with its loop. Batches are among them.
    pub pixels: Vec<usize>,
    /// Loops that each have weights of their own: groups of a convolution, or several products with matrices.
    pub batches: Vec<usize>,
    /// The loop over filters, or over channels that have a filter each.
    pub filter: usize,
    /// Its dimension in the result.
    pub filter_axis: usize,
    /// The loop over input channels that are added up, unless each has a filter of its own.
    pub channel: Option<usize>,
    /// The dimension of the input that is to be innermost.
    pub channel_axis: usize,
    /// All loops that add up.
    pub summed: Vec<usize>,
}

impl Roles {
    /// Of the maps of input, weights and result.
    pub fn of([x, w, out]: [&AffineMap; 3], extents: &[usize]) -> Option<Self> {
        let plain = |map: &AffineMap| map.loops().into_iter().collect::<Option<Vec<usize>>>();
        let (in_w, in_out) = (plain(w)?, plain(out)?);
        let grows = |map: &AffineMap| {
            map.constants.iter().all(|&constant| constant == 0)
                && map.coefficients.concat().iter().all(|&factor| factor >= 0)
        };
        if !grows(x) || has_repeats(&in_w) || has_repeats(&in_out) {
            return None;
        }
        let in_x = |dim: usize| x.coefficients.iter().any(|row| row[dim] != 0);
        let (mut filters, mut groups, mut summed) = (vec![], vec![], vec![]);
        for (dim, &extent) in extents.iter().enumerate() {
            match (in_x(dim), in_w.contains(&dim), in_out.contains(&dim)) {
                // A position.
                (true, false, true) => {}
                (false, true, true) => filters.push(dim),
                (true, true, false) => summed.push(dim),
                (true, true, true) => groups.push(dim),
                // One row of a result is the same as a position.
                (false, false, true) if extent == 1 => {}
                _ => return None,
            }
        }
        let x_loops = x.loops();
        let row_of = |dim: usize| x_loops.iter().position(|&row| row == Some(dim));
        // The longest, and of several the first.
        let longest = |dims: &[usize]| dims.iter().copied().rev().max_by_key(|&dim| extents[dim]);
        let alone = filters.iter().all(|&dim| extents[dim] == 1);
        let (filter, channel, channel_axis) = match *groups.as_slice() {
            // A filter for each channel, whose loop has one iteration.
            [group] if alone => {
                groups.clear();
                (group, None, row_of(group)?)
            }
            _ => {
                let filter = longest(&filters)?;
                groups.extend(filters.into_iter().filter(|dim| *dim != filter));
                let rows = summed.iter().copied();
                let rows: Vec<usize> = rows.filter(|&dim| row_of(dim).is_some()).collect();
                let channel = longest(&rows)?;
                (filter, Some(channel), row_of(channel)?)
            }
        };
        // The channels move along the dimension that is packed for them, and along no other.
        let moves = channel.unwrap_or(filter);
        let rows = x.coefficients.iter().filter(|row| row[moves] != 0);
        if rows.count() != 1 {
            return None;
        }
        let filter_axis = in_out.iter().position(|&dim| dim == filter)?;
        // In the order of the result.
        let pixels = in_out.into_iter().filter(|dim| *dim != filter).collect();
        Some(Self {
            pixels,
            batches: groups,
            filter,
            filter_axis,
            channel,
            channel_axis,
            summed,
        })
    }

    /// The loops that add up beside the channels'.
    pub fn taps(&self) -> Vec<usize> {
        let is_tap = |dim: &usize| Some(*dim) != self.channel;
        self.summed.iter().copied().filter(is_tap).collect()
    }
}

fn has_repeats(dims: &[usize]) -> bool {
    (1..dims.len()).any(|at| dims[..at].contains(&dims[at]))
}
