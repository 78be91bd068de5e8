//! Changes of a file whatever it holds.

use qonnx_mlir::random_graph::Rng;

/// Some bytes changed, inserted, removed or repeated.
pub fn changed(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut changed = sound.to_vec();
    for _ in 0..=rng.below(4) {
        if changed.is_empty() {
            break;
        }
        let at = rng.below(changed.len());
        let end = (at + 1 + rng.below(8)).min(changed.len());
        match rng.below(5) {
            0 => changed[at] = rng.next_bits() as u8,
            1 => changed[at] ^= 1 << rng.below(8),
            2 => changed.insert(at, rng.next_bits() as u8),
            3 => drop(changed.drain(at..end)),
            _ => {
                let part = changed[at..end].to_vec();
                changed.splice(at..at, part);
            }
        }
    }
    changed
}

/// The beginning.
pub fn truncation(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    sound[..rng.below(sound.len())].to_vec()
}
