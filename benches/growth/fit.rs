//! Tables of what each pipeline takes for models of growing size, and the power of the size that fits them best.

use super::measure::{PIPELINES, Taken};
use super::{Bench, met};
use std::path::Path;

/// The greatest exponent that counts as linear: caches and hash tables cost a little more the more is in them.
const LINEAR: f64 = 1.1;
/// Seconds of processor time and bytes that are more than what runs of one model differ by. What is less says nothing of
/// growth.
const LEAST_TIME: f64 = 0.1;
const LEAST_MEMORY: f64 = (8 << 20) as f64;

/// Models of several sizes.
pub struct Sizes<'a> {
    /// What the size counts.
    pub unit: &'a str,
    /// The model that costs what every model does, which is not counted, and then models of growing size.
    pub parameters: &'a [usize],
    /// The file of a model.
    pub make: &'a dyn Fn(usize) -> Vec<u8>,
    /// The size of a model, by which what it takes should grow.
    pub size: &'a dyn Fn(usize) -> f64,
    /// Whether a run keeps a bound that the table has besides.
    pub within: &'a dyn Fn(&Taken) -> bool,
}

/// Prints what each pipeline takes for each model, and the exponents.
pub fn table(bench: &Bench<'_>, sizes: &Sizes<'_>) {
    print!("{:>10}", sizes.unit);
    for (name, _) in PIPELINES {
        print!(" {name:>18}");
    }
    println!();
    let mut lines: Vec<Vec<(f64, Taken)>> = vec![Vec::new(); PIPELINES.len()];
    for &parameter in sizes.parameters {
        let model = bench.model(&(sizes.make)(parameter));
        print!("{parameter:>10}");
        let mut holds = true;
        for ((_, run), line) in PIPELINES.iter().zip(&mut lines) {
            let taken = run(Path::new(&model));
            holds &= taken.success && (sizes.within)(&taken);
            print!(" {:>18}", taken.processor());
            line.push(((sizes.size)(parameter), taken));
        }
        println!(" {}", met(holds));
    }
    for (what, least, cost) in [
        ("time ^", LEAST_TIME, time as fn(&Taken) -> f64),
        ("memory ^", LEAST_MEMORY, memory),
    ] {
        print!("{what:>10}");
        let mut holds = true;
        for line in &lines {
            let costs: Vec<_> = line
                .iter()
                .map(|(size, taken)| (*size, cost(taken)))
                .collect();
            match exponent(&costs, least) {
                Some(exponent) => {
                    holds &= exponent <= LINEAR;
                    print!(" {exponent:>18.2}");
                }
                None => print!(" {:>18}", "flat"),
            }
        }
        println!(" {}", met(holds));
    }
}

fn time(taken: &Taken) -> f64 {
    taken.used.seconds
}

fn memory(taken: &Taken) -> f64 {
    taken.used.memory as f64
}

/// The exponent `e` of the power `c * size^e` that is nearest to the costs less the first of them: the slope of the line
/// through their logarithms by least squares. `None` if fewer than two of them are at least `least`.
fn exponent(costs: &[(f64, f64)], least: f64) -> Option<f64> {
    let (&(_, base), costs) = costs.split_first()?;
    let logarithms = costs
        .iter()
        .filter(|(_, cost)| cost - base >= least)
        .map(|(size, cost)| (size.ln(), (cost - base).ln()));
    let logarithms: Vec<_> = logarithms.collect();
    if logarithms.len() < 2 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| {
        logarithms.iter().map(of).sum::<f64>() / logarithms.len() as f64
    };
    let (x, y) = (mean(|at| at.0), mean(|at| at.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        logarithms.iter().map(|at| of(at.0 - x, at.1 - y)).sum()
    };
    Some(sum(&|x, y| x * y) / sum(&|x, _| x * x))
}

/// Checks the fit, since no test does.
pub fn check() {
    let costs = |power: f64| -> Vec<(f64, f64)> {
        let sizes = [0.0f64, 10.0, 30.0, 100.0];
        sizes.map(|size| (size, 5.0 + size.powf(power))).to_vec()
    };
    for power in [0.5, 1.0, 2.0] {
        let found = exponent(&costs(power), 1.0);
        assert!(
            found.is_some_and(|found| (found - power).abs() < 1e-9),
            "{found:?}"
        );
    }
    // Small models are not looked at, and one is no line.
    let mut costs = costs(1.0);
    costs[1].1 = 5.0;
    assert!(exponent(&costs, 20.0).is_some_and(|found| (found - 1.0).abs() < 1e-9));
    assert_eq!(exponent(&costs, 50.0), None);
}
