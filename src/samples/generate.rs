//! Generated samples.

use qonnx_dialects::memory::{self, Budget, TooLarge};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;

use super::{InputHints, Sample};
use crate::random_graph::Rng;

/// The kinds of samples, one after the other.
#[derive(Clone, Copy)]
enum Kind {
    /// Pixels: 0 to 1.
    Unit,
    /// Numbers next to which the first quantizer changes its result.
    Boundaries,
    /// The range of the first quantizer and somewhat beyond.
    Range,
    /// -1 to 1.
    Symmetric,
    /// Very large, very small, and zeros of both signs.
    Extremes,
    /// -1 or 1.
    Signs,
}

const KINDS: [Kind; 6] = [
    Kind::Unit,
    Kind::Boundaries,
    Kind::Range,
    Kind::Symmetric,
    Kind::Extremes,
    Kind::Signs,
];

/// Generates samples: random numbers of several ranges, extremes, and numbers on and next to those where the
/// input's first quantizer changes its result. The same arguments give the same samples on every machine. A network
/// without inputs is a constant: it has one sample, however many are asked for. Fails if they would take too much memory.
pub fn generate(
    inputs: &[(Foreign, TensorType)],
    hints: &[InputHints],
    count: usize,
    seed: u64,
) -> Result<Vec<Sample>, TooLarge> {
    let each = inputs.iter().map(|(_, ty)| memory::bytes_of(ty));
    let each = each.fold(0, u64::saturating_add);
    Budget::default().take_bytes(each.saturating_mul(count as u64))?;
    let mut rng = Rng::new(seed);
    let count = if inputs.is_empty() { 1 } else { count };
    Ok((0..count)
        .map(|at| {
            let kind = KINDS[at % KINDS.len()];
            inputs
                .iter()
                .zip(hints)
                .map(|((_, ty), hints)| tensor(ty, hints, kind, &mut rng))
                .collect()
        })
        .collect())
}

fn tensor(ty: &TensorType, hints: &InputHints, kind: Kind, rng: &mut Rng) -> Tensor {
    let count: usize = ty.shape.iter().product();
    let boundaries = &hints.boundaries;
    let range = match (boundaries.first(), boundaries.last()) {
        (Some(&lo), Some(&hi)) => {
            let margin = (hi - lo).abs().max(hi.abs()) / 4.0;
            (f64::from(lo - margin), f64::from(hi + margin))
        }
        _ => (-8.0, 8.0),
    };
    let mut next = |_| -> f64 {
        match kind {
            Kind::Unit => rng.unit(),
            Kind::Boundaries if !boundaries.is_empty() => {
                let before = boundaries[rng.below(boundaries.len())];
                f64::from([before.next_down(), before, before.next_up()][rng.below(3)])
            }
            // Without a quantizer: multiples of a power of two, which are ties of many.
            Kind::Boundaries => rng.between(-64, 64) as f64 / 16.0,
            Kind::Range => range.0 + rng.unit() * (range.1 - range.0),
            Kind::Symmetric => rng.unit() * 2.0 - 1.0,
            Kind::Extremes => [-1e6, 1e6, 0.0, -0.0, 1e-30][rng.below(5)],
            Kind::Signs => [1.0, -1.0][rng.below(2)],
        }
    };
    let data = match ty.element {
        Element::F32 => Data::F32((0..count).map(|at| next(at) as f32).collect()),
        Element::F64 => Data::F64((0..count).map(next).collect()),
        Element::Int { width, sign } => {
            let values = (0..count).map(|_| rng.between(0, if width == 1 { 1 } else { 7 }));
            let values = values.map(|value| qonnx_dialects::tensor::wrap(value, width, sign));
            Data::Int {
                width,
                sign,
                values: values.collect(),
            }
        }
    };
    Tensor::new(ty.shape.clone(), data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_the_samples() {
        let inputs = [("x".into(), TensorType::f32([1, 64]))];
        let hints = [InputHints {
            boundaries: vec![0.25, 0.75],
        }];
        let generate = |seed| generate(&inputs, &hints, 12, seed).expect("they are small");
        let samples = generate(3);
        assert_eq!(samples, generate(3));
        assert_ne!(samples, generate(4));
        // The second sample sits on the boundaries and next to them.
        let near = samples[1][0].to_f32();
        let expected = [0.25f32, 0.75]
            .map(|at| [at.next_down(), at, at.next_up()])
            .concat();
        assert!(near.iter().all(|x| expected.contains(x)));
        assert!(
            expected.iter().all(|x| near.contains(x)),
            "64 draws of 6 numbers meet all of them"
        );
    }
}
