//! Wires: every word of the result is a word of an operand or a constant.

use super::{Layer, check, operands};
use crate::broadcast::broadcast_strides;
use crate::dataflow::estimate::Cost;
use crate::dataflow::{Broadcast, Constant, Insert, Link, Pad, Reshape, Slice, Transpose, Window};
use crate::onnx::explicit_windows;
use crate::tensor::{broadcast_shape, strides};

/// How often a copy steps, and how far in the operand and in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Number of steps.
    pub extent: usize,
    /// Distance of neighbouring words that are read.
    pub from: usize,
    /// Distance of neighbouring words that are written.
    pub to: usize,
}

/// Words of an operand at their places in the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The operand.
    pub operand: usize,
    /// The first word that is read.
    pub from: usize,
    /// The first word that is written.
    pub to: usize,
    /// The steps, outermost first.
    pub dimensions: Vec<Dimension>,
}

impl Copy {
    /// Steps through extents in row-major order; dimensions that step alike are one.
    fn new(
        operand: usize,
        [from, to]: [usize; 2],
        dimensions: impl IntoIterator<Item = Dimension>,
    ) -> Self {
        let mut merged: Vec<Dimension> = Vec::new();
        for inner in dimensions.into_iter().filter(|inner| inner.extent != 1) {
            let apart = |step: usize| inner.extent * step;
            match merged.last_mut() {
                Some(outer) if outer.from == apart(inner.from) && outer.to == apart(inner.to) => {
                    *outer = Dimension {
                        extent: outer.extent * inner.extent,
                        ..inner
                    };
                }
                _ => merged.push(inner),
            }
        }
        Self {
            operand,
            from,
            to,
            dimensions: merged,
        }
    }

    /// All words of an operand, where they are.
    fn whole(operand: usize, size: usize) -> Self {
        let all = Dimension {
            extent: size,
            from: 1,
            to: 1,
        };
        Self::new(operand, [0, 0], [all])
    }

    /// Calls `visit` with each pair of a word that is read and one that is written.
    fn for_each(&self, visit: &mut impl FnMut(usize, usize)) {
        fn walk(
            dimensions: &[Dimension],
            from: usize,
            to: usize,
            visit: &mut impl FnMut(usize, usize),
        ) {
            let Some((outer, inner)) = dimensions.split_first() else {
                return visit(from, to);
            };
            for step in 0..outer.extent {
                walk(inner, from + step * outer.from, to + step * outer.to, visit);
            }
        }
        walk(&self.dimensions, self.from, self.to, visit);
    }
}

/// Where the words of a result come from. Later copies write over earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wires {
    /// The word of all places, before anything is copied.
    pub fill: Option<i64>,
    /// What is copied.
    pub copies: Vec<Copy>,
}

impl Wires {
    /// Whether the result has the words of its first operand in their order.
    pub fn are_straight(&self, size: usize) -> bool {
        self.copies == [Copy::whole(0, size)]
    }

    fn of(copies: impl Into<Vec<Copy>>) -> Self {
        Self {
            fill: None,
            copies: copies.into(),
        }
    }

    fn eval(&self, operands: &[(&Link, &[i64])], size: usize) -> Vec<i64> {
        let mut values = vec![self.fill.unwrap_or(0); size];
        for copy in &self.copies {
            let words = operands[copy.operand].1;
            copy.for_each(&mut |from, to| values[to] = words[from]);
        }
        values
    }
}

/// A layer that is wires.
trait Wired {
    /// As [`Layer::infer`], but for the type of the words.
    fn shape(&self, operands: &[Link], result: &Link) -> Result<Vec<usize>, String>;

    /// The wires of a layer that has been verified.
    fn wired(&self, operands: &[Link], result: &Link) -> Wires;
}

macro_rules! layers {
    ($($layer:ty),*) => {
        $(impl Layer for $layer {
            fn infer(&self, operands: &[Link], result: &Link) -> Result<Vec<usize>, String> {
                let other = operands.iter().find(|operand| operand.word != result.word);
                check(other.is_none(), || match other {
                    Some(other) => format!("makes {result} of {other}, expected words of one type"),
                    None => String::new(),
                })?;
                self.shape(operands, result)
            }

            fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
                let links: Vec<Link> = operands.iter().map(|(link, _)| (*link).clone()).collect();
                self.wired(&links, result).eval(operands, result.size())
            }

            fn cost(&self, _: &[Link], _: &Link) -> Cost {
                Cost::WIRES
            }

            fn wires(&self, operands: &[Link], result: &Link) -> Option<Wires> {
                Some(self.wired(operands, result))
            }
        })*
    };
}

layers!(Reshape, Transpose, Broadcast, Slice, Insert, Pad, Window);

impl Wired for Reshape {
    fn shape(&self, links: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        check(x.size() == result.size(), || {
            format!("makes {result} of {x}, expected as many words")
        })?;
        Ok(result.shape.clone())
    }

    fn wired(&self, _: &[Link], result: &Link) -> Wires {
        Wires::of([Copy::whole(0, result.size())])
    }
}

impl Wired for Transpose {
    fn shape(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        permuted(&self.perm, x)
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let (from, to) = (strides(&operands[0].shape), strides(&result.shape));
        let dimensions = self.perm.iter().zip(&to).zip(&result.shape);
        let dimensions = dimensions.map(|((&at, &to), &extent)| Dimension {
            extent,
            from: from[at],
            to,
        });
        Wires::of([Copy::new(0, [0, 0], dimensions)])
    }
}

/// The shape of a link with its dimensions in another order.
pub fn permuted(perm: &[usize], x: &Link) -> Result<Vec<usize>, String> {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    let all = sorted.iter().copied().eq(0..x.shape.len());
    check(all, || {
        format!("has the permutation {perm:?}, expected one of the dimensions of {x}")
    })?;
    Ok(perm.iter().map(|&at| x.shape[at]).collect())
}

impl Wired for Broadcast {
    fn shape(&self, links: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let joined = broadcast_shape(&x.shape, &result.shape);
        check(joined.as_ref() == Some(&result.shape), || {
            format!("makes {result} of {x}, expected a shape that this one broadcasts to")
        })?;
        Ok(result.shape.clone())
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let from = broadcast_strides(&operands[0].shape, result.shape.len());
        let steps = from.into_iter().zip(strides(&result.shape));
        let dimensions = steps.zip(&result.shape);
        let dimensions = dimensions.map(|((from, to), &extent)| Dimension { extent, from, to });
        Wires::of([Copy::new(0, [0, 0], dimensions)])
    }
}

/// Where a part of a whole lies, and how far apart its elements are there; an error if it does not lie inside.
fn part(offsets: &[usize], steps: &[usize], whole: &Link, part: &[usize]) -> Result<(), String> {
    let rank = whole.shape.len();
    let ranks = [offsets.len(), steps.len(), part.len()];
    let inside = |axis: usize| {
        let last = part[axis].checked_sub(1)?.checked_mul(steps[axis])?;
        Some(last.checked_add(offsets[axis])? < whole.shape[axis])
    };
    let fits = ranks == [rank; 3] && (0..rank).all(|axis| inside(axis) == Some(true));
    check(fits, || {
        format!(
            "has a part of shape {part:?} at {offsets:?} in steps of {steps:?}, expected one inside of {whole}"
        )
    })
}

/// The first element of a part, and the distance of its elements, in a whole.
fn placed(offsets: &[usize], steps: &[usize], whole: &[usize]) -> (usize, Vec<usize>) {
    let own = strides(whole);
    let first = offsets.iter().zip(&own).map(|(&at, &step)| at * step);
    let steps = steps.iter().zip(&own).map(|(&by, &step)| by * step);
    (first.sum(), steps.collect())
}

impl Wired for Slice {
    fn shape(&self, links: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        part(&self.offsets, &self.strides, x, &result.shape)?;
        Ok(result.shape.clone())
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let (first, from) = placed(&self.offsets, &self.strides, &operands[0].shape);
        let steps = from.into_iter().zip(strides(&result.shape));
        let dimensions = steps.zip(&result.shape);
        let dimensions = dimensions.map(|((from, to), &extent)| Dimension { extent, from, to });
        Wires::of([Copy::new(0, [first, 0], dimensions)])
    }
}

impl Wired for Insert {
    fn shape(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x, inserted] = operands(links)?;
        part(&self.offsets, &self.strides, x, &inserted.shape)?;
        Ok(x.shape.clone())
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let inserted = &operands[1].shape;
        let (first, to) = placed(&self.offsets, &self.strides, &result.shape);
        let steps = strides(inserted).into_iter().zip(to);
        let dimensions = steps.zip(inserted);
        let dimensions = dimensions.map(|((from, to), &extent)| Dimension { extent, from, to });
        Wires::of([
            Copy::whole(0, result.size()),
            Copy::new(1, [0, first], dimensions),
        ])
    }
}

/// The spatial extents of an image of `lists` numbers for each spatial dimension.
fn spatial<'a>(x: &'a Link, lists: &[(&str, &[usize], usize)]) -> Result<&'a [usize], String> {
    let rank = x.shape.len();
    check(rank >= 2, || {
        format!("reads {x}, expected an image, batch and channels at least")
    })?;
    let spatial = &x.shape[1..rank - 1];
    for (name, list, times) in lists {
        check(list.len() == times * spatial.len(), || {
            let expected = times * spatial.len();
            format!("has {} {name}, expected {expected} for {x}", list.len())
        })?;
    }
    Ok(spatial)
}

impl Wired for Pad {
    fn shape(&self, links: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let spatial = spatial(x, &[("pads", &self.pads, 2)])?;
        check(result.word.wrap(self.value) == self.value, || {
            format!(
                "pads with {}, which {} does not hold",
                self.value, result.word
            )
        })?;
        let mut shape = x.shape.clone();
        let (before, behind) = self.pads.split_at(spatial.len());
        for ((extent, before), behind) in shape[1..].iter_mut().zip(before).zip(behind) {
            let padded = extent
                .checked_add(*before)
                .and_then(|at| at.checked_add(*behind));
            *extent = padded.ok_or("has pads beyond 64-bit numbers")?;
        }
        Ok(shape)
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let x = &operands[0].shape;
        let mut offsets = vec![0; x.len()];
        let before = &self.pads[..self.pads.len() / 2];
        offsets[1..=before.len()].copy_from_slice(before);
        let (first, to) = placed(&offsets, &vec![1; x.len()], &result.shape);
        let steps = strides(x).into_iter().zip(to);
        let dimensions = steps.zip(x);
        let dimensions = dimensions.map(|((from, to), &extent)| Dimension { extent, from, to });
        Wires {
            fill: Some(self.value),
            copies: vec![Copy::new(0, [0, first], dimensions)],
        }
    }
}

impl Wired for Window {
    fn shape(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let lists = [
            ("kernel extents", &self.kernel_shape[..], 1),
            ("strides", &self.strides, 1),
            ("dilations", &self.dilations, 1),
        ];
        let spatial = spatial(x, &lists)?;
        let channels = x.row();
        check(
            self.group >= 1 && channels.is_multiple_of(self.group),
            || {
                format!(
                    "has {} groups, expected a divisor of the {channels} channels",
                    self.group
                )
            },
        )?;
        let (kernel, unpadded) = (&self.kernel_shape, vec![0; 2 * spatial.len()]);
        let lists = [&self.strides[..], &unpadded, &self.dilations];
        let windows = explicit_windows("window", false, spatial, kernel, lists)
            .map_err(|error| format!("has windows that do not fit {x}: {error}"))?;
        let mut row = Some(channels);
        for extent in kernel {
            row = row.and_then(|row| row.checked_mul(*extent));
        }
        let row = row.ok_or("has windows beyond 64-bit numbers")?;
        let outputs = windows.iter().map(|axis| axis.output);
        Ok([x.shape[0]]
            .into_iter()
            .chain(outputs)
            .chain([row])
            .collect())
    }

    fn wired(&self, operands: &[Link], result: &Link) -> Wires {
        let x = &operands[0].shape;
        let from = strides(x);
        let spatial = self.kernel_shape.len();
        let channels = x[x.len() - 1];
        let each = channels / self.group;
        let positions: usize = self.kernel_shape.iter().product();
        let row = strides(&result.shape);
        let mut dimensions = vec![Dimension {
            extent: x[0],
            from: from[0],
            to: row[0],
        }];
        for axis in 0..spatial {
            dimensions.push(Dimension {
                extent: result.shape[axis + 1],
                from: from[axis + 1] * self.strides[axis],
                to: row[axis + 1],
            });
        }
        dimensions.push(Dimension {
            extent: self.group,
            from: each,
            to: positions * each,
        });
        let inside = strides(&self.kernel_shape);
        for axis in 0..spatial {
            dimensions.push(Dimension {
                extent: self.kernel_shape[axis],
                from: from[axis + 1] * self.dilations[axis],
                to: inside[axis] * each,
            });
        }
        dimensions.push(Dimension {
            extent: each,
            from: 1,
            to: 1,
        });
        Wires::of([Copy::new(0, [0, 0], dimensions)])
    }
}

impl Layer for Constant {
    fn infer(&self, _: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let values = self.value.as_int().unwrap_or_default();
        check(values.len() == result.size(), || {
            format!("has {} values for {} words", values.len(), result.size())
        })?;
        let lost = values
            .iter()
            .find(|&&value| result.word.wrap(value) != value);
        match lost {
            None => Ok(result.shape.clone()),
            Some(lost) => Err(format!(
                "has the value {lost}, which {} does not hold",
                result.word
            )),
        }
    }

    fn eval(&self, _: &[(&Link, &[i64])], _: &Link) -> Vec<i64> {
        self.value.as_int().unwrap_or_default().to_vec()
    }

    fn cost(&self, _: &[Link], _: &Link) -> Cost {
        Cost::WIRES
    }
}
