//! The rule for `MaxPool`.

use melior::ir::Location;
use qonnx_dialects::monotone::Direction;
use qonnx_dialects::onnx;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{self, AffineMap, Generic, Instr, Integer, IteratorKind};
use qonnx_dialects::value::TensorType;
use std::rc::Rc;

use super::converter::Converter;
use super::refusal::Refusal;
use super::value::{IntValue, State};

impl<'c> Converter<'c> {
    /// The maximum commutes with every non-decreasing function, so the pending steps are applied after it; it
    /// becomes a minimum of the integers where the value falls with the integer.
    pub fn max_pool(
        &mut self,
        pool: &onnx::MaxPool,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let Some(State::Int(value)) = states.first() else {
            return Err(self.reasons.no_integers("its input", &states[0], true));
        };
        let uniform = value.info.uniform_scale().is_some();
        if [(!uniform).then_some(value.info.axis), value.steps.axis()]
            .into_iter()
            .flatten()
            .any(|axis| axis >= 2)
        {
            return Err(
                "a scale or a constant before it varies along an axis that it pools".to_owned(),
            );
        }
        let maximum = match direction(value)? {
            Direction::NonDecreasing | Direction::Constant => true,
            Direction::NonIncreasing => false,
            Direction::Unknown => {
                return Err("the operations before it are not monotone in one direction".to_owned());
            }
        };
        let windows = pool
            .windows(&value.shape[2..])
            .map_err(|error| error.to_string())?;
        let word = value.info.word();
        // Padding is the value that loses against every other.
        let (lo, hi) = value.info.range();
        let loser = if maximum { lo } else { hi };
        let x = self.bits(value.n, location);
        let (source, _) = self.padded(x, &value.shape, word, &windows, loser, location);
        let spatial = windows.len();
        let loops = 2 + 2 * spatial;
        let outputs: Vec<usize> = (0..2 + spatial).collect();
        let taps: Vec<usize> = (2 + spatial..loops).collect();
        let mut x = AffineMap::select(loops, &outputs);
        for (at, axis) in windows.iter().enumerate() {
            let terms = [
                (2 + at, axis.stride as i64),
                (2 + spatial + at, axis.dilation as i64),
            ];
            x = x.with_sum(2 + at, &terms);
        }
        let choose = match (maximum, word.signed) {
            (true, true) => Instr::Integer(Integer::MaxS, 0, 1),
            (true, false) => Instr::Integer(Integer::MaxU, 0, 1),
            (false, true) => Instr::Integer(Integer::MinS, 0, 1),
            (false, false) => Instr::Integer(Integer::MinU, 0, 1),
        };
        let generic = Generic {
            maps: vec![
                x,
                AffineMap::select(loops, &taps),
                AffineMap::select(loops, &outputs),
            ],
            iterators: (0..loops)
                .map(|at| {
                    if at < 2 + spatial {
                        IteratorKind::Parallel
                    } else {
                        IteratorKind::Reduction
                    }
                })
                .collect(),
            body: vec![Instr::Input(0), Instr::Output, choose],
        };
        // The window gives the loops over its elements their extents; it has no values.
        let extents: Vec<usize> = windows.iter().map(|axis| axis.kernel).collect();
        let window_type = self.tensor_type(&extents, Element::int(1));
        let window = self.append(upstream::empty(self.context, window_type, location));
        let start = self.splat(loser, Element::int(word.bits), &result.shape, location);
        let n = self.append(generic.build(self.context, &[source, window], start, location));
        let n = self.words(n, word, location);
        Ok(State::Int(IntValue {
            n,
            info: Rc::clone(&value.info),
            shape: result.shape.clone(),
            steps: value.steps.clone(),
        }))
    }
}

/// How the value moves with its integer, if it does so alike in all channels.
fn direction(value: &IntValue<'_>) -> Result<Direction, Refusal> {
    let mut scales = value
        .info
        .channels
        .iter()
        .map(|channel| channel.scale > 0.0);
    let rising = scales.next().ok_or("the tensor is empty")?;
    if scales.any(|other| other != rising) {
        return Err("the scale has different signs in different channels".to_owned());
    }
    let start = if rising {
        Direction::NonDecreasing
    } else {
        Direction::NonIncreasing
    };
    Ok(start.then(value.steps.direction(&value.shape)))
}
