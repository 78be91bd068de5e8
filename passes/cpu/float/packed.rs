//! Sums of products with constant weights, packed for a kernel.
//!
//! The filters of a vector are neighbours, and the order of each sum stays: ascending, in `f64`.

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::upstream::{self, AffineMap, IteratorKind, Nest};
use qonnx_dialects::value::TensorType;

use super::{Node, multiply_add_wide, wide};
use crate::cpu::kernels::{self, ALL_STEPS};

/// A loop of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Over positions of the result, by number.
    Pixel(usize),
    /// That adds up, by number.
    Sum(usize),
}

/// Which products are added up.
pub struct Product {
    /// Extents of the loops over positions.
    pub pixels: Vec<usize>,
    /// How many filters there are.
    pub filters: usize,
    /// Extents of the loops that add up, in the order of the sum.
    pub sums: Vec<usize>,
    /// For each dimension of the input the loops that move along it, with their steps.
    pub rows: Vec<Vec<(Loop, usize)>>,
}

impl Product {
    /// The sums, filters innermost, of an `f32` input with weights of which `weight(filter, step)` is one; `None` if no kernel
    /// computes them. There may be more filters than those asked for at the end.
    pub fn build<'c>(
        &self,
        node: &Node<'c, '_>,
        input: Val<'c>,
        weight: impl Fn(usize, usize) -> f32,
    ) -> Option<Val<'c>> {
        let steps: usize = self.sums.iter().product();
        let (filters, sums) = (
            self.filters,
            format!("{} filters, {steps} products a sum", self.filters),
        );
        let kernel = match kernels::floats(node.features, filters, steps) {
            Ok(kernel) => kernel,
            Err(reason) => {
                node.say(format!("is computed by scalar code: {reason}"));
                return None;
            }
        };
        node.say(format!(
            "is computed by kernel '{}': floats, {sums}",
            kernel.name
        ));
        let emit = &node.emit;
        let lanes = kernel.lanes;
        let blocks = self.filters.div_ceil(lanes);
        let mut weights = Vec::with_capacity(blocks * lanes * steps);
        for block in 0..blocks {
            for step in 0..steps {
                for filter in block * lanes..(block + 1) * lanes {
                    let inside = filter < self.filters;
                    weights.push(if inside { weight(filter, step) } else { 0.0 });
                }
            }
        }
        // Loops: positions, vectors of filters, what is added up, channels of a group, filters of a vector, a channel.
        let (pixels, sums) = (self.pixels.len(), self.sums.len());
        let (block, group) = (pixels, pixels + 1 + sums);
        let loops = group + 3;
        let shape = [&[blocks], self.sums.as_slice(), &[1, lanes, 1]].concat();
        let weights = emit.constant(&Tensor::new(shape, Data::F32(weights)));

        let ty = emit.type_of(input);
        let rank = ty.rank();
        let double = TensorType::new(ty.shape.clone(), Element::F64);
        let map = AffineMap::identity(rank);
        let x = emit.map(&[(input, map)], &double, |scalars, elements| {
            wide(scalars, elements[0])
        });
        let x = emit.reshape(x, &[ty.shape.as_slice(), &[1, 1]].concat());
        let mut map = AffineMap::select(loops, &vec![0; rank + 2]);
        for (row, terms) in self.rows.iter().enumerate() {
            let place = |term: &(Loop, usize)| match *term {
                (Loop::Pixel(at), step) => (at, step as i64),
                (Loop::Sum(at), step) => (block + 1 + at, step as i64),
            };
            map = map.with_sum(row, &terms.iter().map(place).collect::<Vec<_>>());
        }
        map = map.with_sum(rank, &[(group, 1)]);
        map = map.with_sum(rank + 1, &[(group + 2, 1)]);
        let places: Vec<usize> = (0..pixels).chain([block, group + 1]).collect();
        let nest = Nest {
            maps: vec![
                map,
                AffineMap::select(loops, &(block..loops).collect::<Vec<_>>()),
                AffineMap::select(loops, &places),
            ],
            iterators: (0..loops)
                .map(|dim| match places.contains(&dim) {
                    true => IteratorKind::Parallel,
                    false => IteratorKind::Reduction,
                })
                .collect(),
        };
        let shape = [self.pixels.as_slice(), &[blocks, lanes]].concat();
        let zeros = emit.fill(&TensorType::new(shape, Element::F64), |scalars| {
            scalars.f64(0.0)
        });
        let value = emit.nest(&nest, &[x, weights], zeros, multiply_add_wide);
        if let Some(op) = ir::defining_op(value) {
            upstream::mark_kernel(emit.context, op, kernel.name, ALL_STEPS);
        }
        let filters = [self.pixels.as_slice(), &[blocks * lanes]].concat();
        Some(emit.reshape(value, &filters))
    }
}
