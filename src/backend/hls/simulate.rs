//! C simulation: the project compiled by g++ and run on samples.

use std::path::Path;
use std::process::Command;

use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::Tensor;

use super::Project;
use crate::backend::exposed::traced;
use crate::backend::process::Process;
use crate::backend::{BackendError, Runner, Traced, compiler};
use crate::output::Scratch;
use crate::samples::Sample;

/// A compiled project.
pub struct Simulation {
    process: Process,
    /// The nodes whose integers are shown, by their keys.
    traces: Vec<Node>,
    /// The nodes whose integers are outputs.
    nodes: Vec<Node>,
}

/// What the compilers are to do.
const NO_BUG: &str = "compile the generated code, which is a bug";

impl Simulation {
    /// Writes the project into a temporary folder and compiles it with the headers of a folder.
    pub fn new(project: &Project, headers: &Path) -> Result<Self, BackendError> {
        let tool = |message: String| BackendError::Tool {
            tool: "g++".to_owned(),
            message,
        };
        let scratch = Scratch::new()?;
        for (path, text) in &project.files {
            scratch.write(path, text.as_bytes())?;
        }
        let program = scratch.path().join("simulation");
        let name = &project.name;
        let (host, object) = (format!("host/{name}_host.c"), format!("{name}_host.o"));
        let arguments = ["-std=c99", "-O1", "-w", "-c", &host, "-o", &object];
        compiler::compile(&scratch, &arguments, NO_BUG)?;
        let mut compiler = Command::new("g++");
        compiler
            .args(["-O1", "-std=c++14", "-ffp-contract=off", "-w", "-I"])
            .arg(headers)
            .arg(format!("{name}_test.cpp"))
            .arg(format!("host/{name}_hardware.cpp"))
            .arg(format!("firmware/{name}.cpp"))
            .arg(object)
            .args(["-lm", "-o"])
            .arg(&program)
            .current_dir(scratch.path());
        let output = scratch
            .run(&mut compiler)
            .map_err(|error| tool(format!("cannot be run: {error}; install g++")))?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stderr);
            let first: Vec<_> = messages.lines().take(20).collect();
            return Err(tool(format!("cannot {NO_BUG}\n{}", first.join("\n"))));
        }
        Ok(Self {
            process: Process {
                scratch,
                program,
                name: "C simulation",
                option: "--run",
                inputs: project.inputs.clone(),
                outputs: project.outputs.clone(),
            },
            traces: project.traces.clone(),
            nodes: project.nodes.clone(),
        })
    }
}

impl Runner for Simulation {
    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, BackendError> {
        let sample: Sample = inputs.iter().map(|tensor| (*tensor).clone()).collect();
        Ok(self.run_all(&[sample])?.pop().unwrap_or_default())
    }

    fn run_all(&self, samples: &[Sample]) -> Result<Vec<Vec<Tensor>>, BackendError> {
        Ok(self
            .trace_all(samples)?
            .into_iter()
            .map(|traced| traced.outputs)
            .collect())
    }

    fn traces(&self) -> bool {
        true
    }

    fn trace_all(&self, samples: &[Sample]) -> Result<Vec<Traced>, BackendError> {
        let ran = self.process.run(samples, &["trace"])?;
        let trace = ran.files.first().map(Vec::as_slice).unwrap_or_default();
        let trace = String::from_utf8_lossy(trace);
        let mut results =
            read_trace(&trace, samples.len(), &self.traces).ok_or_else(|| BackendError::Tool {
                tool: "C simulation".to_owned(),
                message: "the trace is not what the test bench writes".to_owned(),
            })?;
        for (result, outputs) in results.iter_mut().zip(ran.outputs) {
            let host = traced(outputs, &self.nodes);
            result.outputs = host.outputs;
            result.integers.extend(host.integers);
        }
        Ok(results)
    }
}

/// The integers of each sample: a line `key<TAB>numbers` for each tensor, an empty line after each sample. A key is
/// the place of the node in `traces`.
fn read_trace(text: &str, samples: usize, traces: &[Node]) -> Option<Vec<Traced>> {
    let mut results = Vec::with_capacity(samples);
    let mut current = Traced::default();
    for line in text.lines() {
        if line.is_empty() {
            results.push(std::mem::take(&mut current));
            continue;
        }
        let (key, numbers) = line.split_once('\t')?;
        let node = traces.get(key.parse::<usize>().ok()?)?;
        let numbers = numbers
            .split_whitespace()
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        current.integers.push((node.clone(), numbers));
    }
    (results.len() == samples).then_some(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_read_sample_by_sample() {
        let node = |name: &str, number| Node {
            name: name.into(),
            number,
        };
        let traces = [node("a", 1), node("a", 2)];
        let read = |text: &str, samples| read_trace(text, samples, &traces);
        let two = read("1\t1 -2 \n\n\n", 2).expect("two samples");
        assert_eq!(two[0].integers, [(node("a", 2), vec![1, -2])]);
        assert_eq!(two[1], Traced::default());
        assert_eq!(read("0\t1\n", 1), None, "a sample that does not end");
        assert_eq!(read("0\tx\n\n", 1), None, "no number");
        assert_eq!(read("2\t1\n\n", 1), None, "no such key");
    }
}
