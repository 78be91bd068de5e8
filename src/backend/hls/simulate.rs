//! C simulation: the project compiled by g++ and run on samples.

use std::path::{Path, PathBuf};
use std::process::Command;

use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::Tensor;

use super::Project;
use crate::backend::{BackendError, Runner, Traced};
use crate::output::Scratch;
use crate::samples::Sample;

/// A compiled project.
pub struct Simulation {
    scratch: Scratch,
    program: PathBuf,
    inputs: usize,
    /// Shape of each output.
    outputs: Vec<Vec<usize>>,
    /// The nodes whose integers are shown, by their keys.
    traces: Vec<Node>,
}

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
        let mut compiler = Command::new("g++");
        compiler
            .args(["-O1", "-std=c++14", "-ffp-contract=off", "-w", "-I"])
            .arg(headers)
            .arg(format!("{name}_test.cpp"))
            .arg(format!("host/{name}_host.cpp"))
            .arg(format!("firmware/{name}.cpp"))
            .arg("-o")
            .arg(&program)
            .current_dir(scratch.path());
        let output = scratch
            .run(&mut compiler)
            .map_err(|error| tool(format!("cannot be run: {error}; install g++")))?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stderr);
            let first: Vec<_> = messages.lines().take(20).collect();
            return Err(tool(format!(
                "does not compile the generated code, which is a bug\n{}",
                first.join("\n")
            )));
        }
        Ok(Self {
            scratch,
            program,
            inputs: project.inputs,
            outputs: project.outputs.clone(),
            traces: project.traces.clone(),
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
        let tool = |message: String| BackendError::Tool {
            tool: "C simulation".to_owned(),
            message,
        };
        // One folder for each run, so that runs do not meet.
        let files = self.scratch.folder()?;
        let path = |kind: &str, at: usize| files.join(format!("{kind}{at}"));
        let mut command = Command::new(&self.program);
        command
            .arg("--run")
            .arg(samples.len().to_string())
            .current_dir(self.scratch.path());
        for at in 0..self.inputs {
            let values = samples.iter().flat_map(|sample| sample[at].to_f32());
            let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
            self.scratch.write(path("in", at), &bytes)?;
            command.arg(path("in", at));
        }
        for at in 0..self.outputs.len() {
            command.arg(path("out", at));
        }
        let trace = files.join("trace");
        command.arg(&trace);
        let output = self
            .scratch
            .run(&mut command)
            .map_err(|error| tool(error.to_string()))?;
        if !output.status.success() {
            return Err(tool(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let trace = String::from_utf8_lossy(&self.scratch.read(trace)?).into_owned();
        let mut results = read_trace(&trace, samples.len(), &self.traces)
            .ok_or_else(|| tool("the trace is not what the test bench writes".to_owned()))?;
        for (at, shape) in self.outputs.iter().enumerate() {
            let size: usize = shape.iter().product();
            let bytes = self.scratch.read(path("out", at))?;
            let values: Vec<f32> = bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            if values.len() != size * samples.len() {
                return Err(tool(format!(
                    "output {at} has {} numbers, expected {}",
                    values.len(),
                    size * samples.len()
                )));
            }
            for (sample, result) in results.iter_mut().enumerate() {
                let part = values[sample * size..][..size].to_vec();
                result.outputs.push(Tensor::f32(shape.clone(), part));
            }
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
