//! The text form of what a verification found.

use std::fmt;

use super::report::{
    BackendReport, BoundaryElement, Difference, Explanation, Flipped, Outcome, Report, Side, Value,
};

/// Most lines of one kind; the JSON form has all.
const LINES: usize = 8;

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {} samples", self.model, self.samples)?;
        writeln!(
            formatter,
            "{:8} {:8} {:9} {:>10} {:>9} {:>13} {:>13} {:>8}",
            "backend",
            "against",
            "result",
            "integers",
            "boundary",
            "max_abs_diff",
            "vs expected",
            "seconds"
        )?;
        for entry in &self.backends {
            entry.row(formatter)?;
        }
        for entry in &self.backends {
            entry.details(formatter, self.samples)?;
        }
        write!(
            formatter,
            "{}",
            if self.passed { "passed" } else { "FAILED" }
        )
    }
}

impl BackendReport {
    fn row(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Equal => "equal",
            Outcome::Boundary => "boundary",
            Outcome::Different => "DIFFERENT",
        };
        let difference =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3e}"));
        writeln!(
            formatter,
            "{:8} {:8} {:9} {:>10} {:>9} {:>13} {:>13} {:>8.3}",
            self.backend,
            self.reference.unwrap_or("-"),
            outcome,
            self.elements,
            self.boundary.len(),
            difference(self.reference.map(|_| self.max_abs_diff)),
            difference(self.max_abs_diff_expected),
            self.seconds
        )
    }

    fn details(&self, formatter: &mut fmt::Formatter<'_>, samples: usize) -> fmt::Result {
        let more = |formatter: &mut fmt::Formatter<'_>, all: usize, what: &str| match all
            .checked_sub(LINES)
        {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(
                formatter,
                "{}: {more} more {what}, see --json",
                self.backend
            ),
        };
        for Difference {
            sample,
            place,
            element,
            expected,
            found,
        } in self.differences.iter().take(LINES)
        {
            writeln!(
                formatter,
                "{}: sample {sample}: {place} element {element}: expected {expected}, found {found}",
                self.backend
            )?;
        }
        more(formatter, self.differences.len(), "differences")?;
        for BoundaryElement {
            sample,
            node,
            element,
            value,
            noise,
            expected,
            found,
        } in self.boundary.iter().take(LINES)
        {
            let node = node.shown();
            writeln!(
                formatter,
                "{}: sample {sample}: node '{node}' element {element}: {value:e} is within {noise:.1e} of a \
                 rounding boundary: {expected} or {found}",
                self.backend
            )?;
        }
        more(
            formatter,
            self.boundary.len(),
            "elements at rounding boundaries",
        )?;
        if self.not_numbers > 0 {
            writeln!(
                formatter,
                "{}: {} elements are NaN in the graph; no integer stands for NaN, so the quantizer gives 0",
                self.backend, self.not_numbers
            )?;
        }
        if self.unexpected.is_empty() {
            return Ok(());
        }
        let count = self.unexpected.len();
        writeln!(
            formatter,
            "{}: {count} of {samples} samples differ from the expected outputs",
            self.backend
        )?;
        for unexpected in self.unexpected.iter().take(LINES) {
            let Difference {
                sample,
                place,
                element,
                expected,
                found,
            } = &unexpected.difference;
            let explanation = &unexpected.explanation;
            writeln!(
                formatter,
                "{}: sample {sample}: {place} element {element}: expected {expected}, found {found}; {explanation}",
                self.backend
            )?;
            if let Explanation::Shown { flipped, .. } = explanation {
                for flipped in flipped.iter().take(LINES) {
                    writeln!(formatter, "{}: sample {sample}:   {flipped}", self.backend)?;
                }
                more(formatter, flipped.len(), "elements")?;
            }
        }
        more(formatter, count, "samples")
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "{text}"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown {
                flipped,
                within_noise,
            } => {
                let others = flipped.iter().any(|one| one.side != Side::Found);
                let why = match (flipped.is_empty(), others) {
                    (true, _) => "float32 noise explains it",
                    (_, true) => "the graph gives it with these elements decided the other way",
                    (_, false) => {
                        "the graph gives it; here these elements are decided the other way"
                    }
                };
                write!(formatter, "{why}")?;
                match within_noise {
                    Some(off) => write!(
                        formatter,
                        ", up to {:.1e} with a noise of {:.1e}",
                        off.distance, off.noise
                    ),
                    None => Ok(()),
                }
            }
            Self::NoElement => write!(
                formatter,
                "not explained: no element is within float32 noise of a rounding boundary"
            ),
            Self::NoChoice { near } => write!(
                formatter,
                "not explained: no choice for the {near} elements within float32 noise of a rounding boundary gives it"
            ),
            Self::Unfinished { near, runs } => write!(
                formatter,
                "not explained within {runs} runs of the graph ({near} elements are within float32 noise of a \
                 rounding boundary); --search raises that number"
            ),
            Self::NotSearched { near } => write!(
                formatter,
                "not explained: {near} elements are within float32 noise of a rounding boundary, and --search is 0"
            ),
            Self::NoGraph => write!(
                formatter,
                "not explained: no graph was run that could show that float32 noise gives it; add interp to --backends"
            ),
            Self::Different => write!(
                formatter,
                "not explained: the graph gives it, and this backend differs from the graph"
            ),
            Self::Beyond => write!(
                formatter,
                "not explained: the graph is within the tolerance of both, but they are further apart"
            ),
        }
    }
}

impl fmt::Display for Flipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            node,
            element,
            value,
            noise,
            graph,
            chosen,
            side,
        } = self;
        let by = match side {
            Side::Expected => "in the expected outputs",
            Side::Found => "here",
            Side::Both => "in both",
        };
        let node = node.shown();
        write!(formatter, "node '{node}' element {element}: ")?;
        if value.is_nan() {
            write!(formatter, "no integer stands for NaN")?;
        } else {
            write!(
                formatter,
                "{value:e} is within {noise:.1e} of a rounding boundary"
            )?;
        }
        write!(formatter, ": {graph} in the graph, {chosen} {by}")
    }
}
