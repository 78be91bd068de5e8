//! Whether float32 noise explains expected outputs: shown by the graph itself.
//!
//! Another executor of the same graph rounds its sums in an order of its own, so that elements within noise of a
//! rounding boundary may come out the other way. Expected outputs are explained if *some* choice for those elements,
//! run through the rest of the graph, gives them. The choice is searched for, best first:
//!
//! - A node of the search is a set of decisions. Its run is valid only if each decision lies within noise in that very
//!   run, and it is the answer if all outputs are within the tolerance or the noise of the float operations behind the
//!   last decision.
//! - From a node only elements that one wrong output depends on are decided further, because an answer must decide some
//!   of them otherwise. So a network that is local, such as a convolution, falls into parts that are solved one after
//!   the other; and if no element is left that a wrong output depends on, the node is no way to an answer.
//! - Fewer wrong outputs come first, then by turns outputs that are less wrong and fewer decisions; among the elements
//!   those that take the least share of their noise. The order is a total one, and the search is bounded by a number
//!   of runs, so that its result depends on nothing else.
//!
//! Before it, one run with bounds of everything that may be decided refuses what no choice can reach.

use qonnx_dialects::tensor::Tensor;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use super::number::Number;
use super::replay::{Decisions, Needed, Place, Replay, Run};
use super::report::{Explanation, Flipped, Side, WithinNoise};
use crate::interp::{InterpError, Interpreter};
use crate::samples::Sample;

/// How many wrong outputs are looked at for the one with the fewest elements to decide.
const CONSIDERED: usize = 4;

/// The search for explanations in one graph; it has a number of runs for all samples together.
pub struct Search<'e, 'c> {
    replay: Replay<'e, 'c>,
    /// What the output elements that were looked at last depend on.
    needed: VecDeque<(OutputElement, Needed)>,
    limit: usize,
    left: usize,
}

/// What the outputs should be.
#[derive(Clone, Copy)]
pub struct Goal<'a> {
    /// The expected outputs, of the shapes that the graph's have.
    pub expected: &'a [Tensor],
    /// How far a float output may be off, relative above 1.
    pub tolerance: f32,
}

/// What the search found out.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The answer.
    pub explanation: Explanation,
    /// The outputs of the run that gives the expected ones, and how far float32 noise may move their elements; none if
    /// there is no such run.
    pub outputs: Vec<(Tensor, Vec<f32>)>,
}

/// An element of an output: the number of the output, and of the element in it.
type OutputElement = (usize, usize);

/// An output element that is not the expected one, and by how much.
type Wrong = (OutputElement, f64);

/// A decision that may be added.
type Move = (Place, i64);

/// A node of the search.
struct Node {
    /// Number of wrong outputs.
    count: usize,
    /// By how much they are wrong, summed.
    excess: f64,
    decisions: Decisions,
    moves: Vec<Move>,
    /// The first move that was not tried yet.
    next: usize,
}

/// The nodes with moves to try. Half of them are tried where the outputs are least wrong, which finds many flips that
/// each bring them nearer, and half where there are fewest decisions, which finds few flips that do not.
#[derive(Default)]
struct Open {
    nodes: Vec<Node>,
    least_wrong: BinaryHeap<Reverse<Key>>,
    fewest: BinaryHeap<Reverse<Key>>,
    turn: bool,
}

/// What nodes are ordered by, the least first; the last is the node's number.
type Key = [u64; 4];

impl<'e, 'c> Search<'e, 'c> {
    /// A search in a graph of level 0 or 1 that may run it `limit` times.
    pub fn new(interpreter: &'e Interpreter<'c>, limit: usize) -> Self {
        Self {
            replay: Replay::new(interpreter),
            needed: VecDeque::new(),
            limit,
            left: limit,
        }
    }

    /// Explains expected outputs of a sample.
    pub fn explain(&mut self, sample: &Sample, goal: Goal<'_>) -> Result<Explained, InterpError> {
        let first = self.replay.first(sample)?;
        let wrong = self.wrong(&first, goal);
        if wrong.is_empty() {
            return Ok(self.shown(&first, &Decisions::new(), goal));
        }
        let near = self.replay.near(&first).count();
        if near == 0 {
            return Ok(Explanation::NoElement.into());
        }
        let moves = self.moves(&first, &Decisions::new(), &wrong);
        if moves.is_empty() || !self.is_in_reach(&first, goal)? {
            return Ok(Explanation::NoChoice { near }.into());
        }
        if self.limit == 0 {
            return Ok(Explanation::NotSearched { near }.into());
        }
        let root = Node::new(&wrong, Decisions::new(), moves);
        self.search(&first, goal, root, near)
    }

    fn search(
        &mut self,
        first: &Run,
        goal: Goal<'_>,
        root: Node,
        near: usize,
    ) -> Result<Explained, InterpError> {
        let mut visited: BTreeSet<Decisions> = BTreeSet::new();
        let mut open = Open::default();
        open.push(root);
        while let Some((mut decisions, (place, key))) = open.next() {
            decisions.insert(place, key);
            if !visited.insert(decisions.clone()) {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else {
                let runs = self.limit;
                return Ok(Explanation::Unfinished { near, runs }.into());
            };
            self.left = left;
            let Some(run) = self.replay.again(first, &decisions)? else {
                continue;
            };
            let wrong = self.wrong(&run, goal);
            if wrong.is_empty() {
                return Ok(self.shown(&run, &decisions, goal));
            }
            let moves = self.moves(&run, &decisions, &wrong);
            open.push(Node::new(&wrong, decisions, moves));
        }
        Ok(Explanation::NoChoice { near }.into())
    }

    /// Each element of the outputs: what is expected, what a run gives, and how far float32 noise may move that.
    fn elements(
        &self,
        run: &Run,
        goal: Goal<'_>,
        mut visit: impl FnMut(OutputElement, Number, Number, f32),
    ) {
        let outputs = goal.expected.iter().zip(self.replay.outputs(run));
        for (output, (expected, (found, radii))) in outputs.enumerate() {
            for at in 0..expected.len().min(found.len()) {
                let (wanted, found) = (Number::at(expected, at), Number::at(found, at));
                let radius = radii.get(at).copied().unwrap_or(0.0);
                visit((output, at), wanted, found, radius);
            }
        }
    }

    /// The output elements that are not the expected ones, and by how much.
    fn wrong(&self, run: &Run, goal: Goal<'_>) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        self.elements(run, goal, |at, wanted, found, radius| {
            if !wanted.is_near(found, goal.tolerance) && !wanted.is_within(found, radius) {
                wrong.push((at, wanted.distance(found)));
            }
        });
        wrong
    }

    /// Whether every output element can come near to the expected one, by a bound of what may be decided.
    fn is_in_reach(&self, first: &Run, goal: Goal<'_>) -> Result<bool, InterpError> {
        let reach = self.replay.reach(first)?;
        let mut in_reach = true;
        self.elements(first, goal, |(output, at), wanted, found, _| {
            let radius = reach.get(output).and_then(|radii| radii.get(at));
            let radius = radius.copied().unwrap_or(f32::INFINITY);
            in_reach &= can_reach(wanted, found, radius, goal.tolerance);
        });
        Ok(in_reach)
    }

    /// What may be decided further in a run so that one of its wrong outputs changes. Empty if there is one that nothing
    /// changes.
    fn moves(&mut self, run: &Run, decisions: &Decisions, wrong: &[Wrong]) -> Vec<Move> {
        let mut fewest: Option<Vec<(f32, Place, i64)>> = None;
        for (at, _) in wrong.iter().take(CONSIDERED) {
            if !self.needed.iter().any(|(known, _)| known == at) {
                self.needed.truncate(CONSIDERED - 1);
                self.needed.push_front((*at, self.replay.needed(run, *at)));
            }
            let known = self.needed.iter().find(|(known, _)| known == at);
            let is_needed = |place| known.is_some_and(|(_, needed)| needed.contains(place));
            let near = self.replay.near(run).filter(|(place, _)| is_needed(*place));
            let moves = near.flat_map(|(place, near)| {
                let key = decisions.get(&place).copied().unwrap_or(near.graph);
                let further = near.further(key).into_iter();
                further.map(move |next| (near.share, place, next))
            });
            let moves: Vec<_> = moves.collect();
            if fewest
                .as_ref()
                .is_none_or(|fewest| moves.len() < fewest.len())
            {
                fewest = Some(moves);
            }
        }
        let mut moves = fewest.unwrap_or_default();
        moves.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        moves
            .into_iter()
            .map(|(_, place, key)| (place, key))
            .collect()
    }

    /// A run that gives the expected outputs.
    fn shown(&self, run: &Run, decisions: &Decisions, goal: Goal<'_>) -> Explained {
        let flipped = self
            .replay
            .near(run)
            .filter_map(|(place, near)| {
                let chosen = *decisions.get(&place)?;
                // A decision may have become the graph's own by others before it.
                (chosen != near.graph).then(|| Flipped {
                    node: self.replay.step(place).node(),
                    element: place.1,
                    value: near.value,
                    noise: near.radius,
                    graph: near.number(near.graph),
                    chosen: near.number(chosen),
                    side: Side::Expected,
                })
            })
            .collect();
        let explanation = Explanation::Shown {
            flipped,
            within_noise: self.within_noise(run, goal),
        };
        let outputs = self.replay.outputs(run).into_iter();
        let outputs = outputs.map(|(tensor, radii)| (tensor.clone(), radii.to_vec()));
        Explained {
            explanation,
            outputs: outputs.collect(),
        }
    }

    /// The output element that is furthest from the expected one among those that only noise excuses.
    fn within_noise(&self, run: &Run, goal: Goal<'_>) -> Option<WithinNoise> {
        let mut worst: Option<WithinNoise> = None;
        self.elements(run, goal, |(output, element), wanted, found, noise| {
            let distance = wanted.distance(found);
            let worse = worst.as_ref().is_none_or(|worst| worst.distance < distance);
            if worse && !wanted.is_near(found, goal.tolerance) {
                worst = Some(WithinNoise {
                    output,
                    element,
                    distance,
                    noise,
                });
            }
        });
        worst
    }
}

impl From<Explanation> for Explained {
    fn from(explanation: Explanation) -> Self {
        Self {
            explanation,
            outputs: Vec::new(),
        }
    }
}

/// Whether a number that may move by `radius` can come near to `wanted`.
fn can_reach(wanted: Number, found: Number, radius: f32, tolerance: f32) -> bool {
    if wanted.is_near(found, tolerance) {
        return true;
    }
    let (wanted, found, radius) = (wanted.real(), found.real(), f64::from(radius));
    // A sum that overflows is infinite, and what comes of that may be NaN.
    if !found.is_finite() || found.abs() + radius >= f64::from(f32::MAX) {
        return true;
    }
    // The noise itself was found for the numbers of one run; it grows with them, by far less than this.
    let radius = radius * 1.001;
    let slack = f64::from(tolerance) * wanted.abs().max(1.0);
    wanted.is_finite() && (wanted - found).abs() <= radius + slack
}

impl Node {
    fn new(wrong: &[Wrong], decisions: Decisions, moves: Vec<Move>) -> Self {
        let excess = |by: f64| if by.is_finite() { by } else { f64::MAX };
        Self {
            count: wrong.len(),
            excess: wrong.iter().map(|(_, by)| excess(*by)).sum(),
            decisions,
            moves,
            next: 0,
        }
    }
}

impl Open {
    fn push(&mut self, node: Node) {
        let number = self.nodes.len();
        let (count, decisions) = (node.count, node.decisions.len());
        let [count, decisions, number] = [count, decisions, number].map(|n| n as u64);
        // Sums of distances are not negative, so that their bits have their order.
        let excess = node.excess.to_bits();
        self.least_wrong
            .push(Reverse([count, excess, decisions, number]));
        self.fewest
            .push(Reverse([count, decisions, excess, number]));
        self.nodes.push(node);
    }

    /// The next move to try, and the decisions it is added to.
    fn next(&mut self) -> Option<(Decisions, Move)> {
        self.turn = !self.turn;
        let heap = if self.turn {
            &mut self.least_wrong
        } else {
            &mut self.fewest
        };
        while let Some(Reverse(key)) = heap.peek() {
            let number = key[3] as usize;
            let node = &mut self.nodes[number];
            if let Some(&tried) = node.moves.get(node.next) {
                node.next += 1;
                return Some((node.decisions.clone(), tried));
            }
            heap.pop();
        }
        None
    }
}
