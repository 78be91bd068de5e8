//! A network as a program that reads its inputs from files and writes its outputs to files.

use std::path::PathBuf;
use std::process::Command;

use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::value::TensorType;

use super::BackendError;
use crate::output::Scratch;
use crate::samples::Sample;

/// A program of a scratch folder.
pub struct Process {
    /// Its folder.
    pub scratch: Scratch,
    /// The program; it is run in the folder.
    pub program: PathBuf,
    /// What it is in messages.
    pub name: &'static str,
    /// The argument in front of the number of samples.
    pub option: &'static str,
    /// Types of the inputs.
    pub inputs: Vec<TensorType>,
    /// Types of the outputs.
    pub outputs: Vec<TensorType>,
}

/// What a run gave.
pub struct Ran {
    /// The outputs of each sample.
    pub outputs: Vec<Vec<Tensor>>,
    /// What is in the further files.
    pub files: Vec<Vec<u8>>,
}

impl Process {
    /// Runs samples: `program OPTION SAMPLES IN... OUT... MORE...`, where files hold raw elements in the byte order of the
    /// machine, one sample after the other, and `more` names further files that the program writes.
    pub fn run(&self, samples: &[Sample], more: &[&str]) -> Result<Ran, BackendError> {
        let failed = |message: String| BackendError::Tool {
            tool: self.name.to_owned(),
            message,
        };
        // One folder for each run, so that runs do not meet.
        let files = self.scratch.folder()?;
        let path = |kind: &str, at: usize| files.join(format!("{kind}{at}"));
        let mut command = Command::new(&self.program);
        command
            .arg(self.option)
            .arg(samples.len().to_string())
            .current_dir(self.scratch.path());
        for (at, ty) in self.inputs.iter().enumerate() {
            let mut bytes = Vec::new();
            for sample in samples {
                let input = sample
                    .get(at)
                    .filter(|input| TensorType::of(input) == *ty)
                    .ok_or_else(|| {
                        failed(format!(
                            "a sample has no input {at} of shape {:?} and type {}",
                            ty.shape, ty.element
                        ))
                    })?;
                write(&mut bytes, &input.data);
            }
            self.scratch.write(path("in", at), &bytes)?;
            command.arg(path("in", at));
        }
        for at in 0..self.outputs.len() {
            command.arg(path("out", at));
        }
        let more: Vec<_> = more.iter().map(|name| files.join(name)).collect();
        command.args(&more);
        let output = self
            .scratch
            .run(&mut command)
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("{}: {}", output.status, said.trim())));
        }
        let mut results = vec![Vec::with_capacity(self.outputs.len()); samples.len()];
        for (at, ty) in self.outputs.iter().enumerate() {
            let bytes = self.scratch.read(path("out", at))?;
            let size = ty.shape.iter().product::<usize>() * size_of(ty.element);
            if bytes.len() != size * samples.len() {
                return Err(failed(format!(
                    "output {at} has {} bytes, expected {}",
                    bytes.len(),
                    size * samples.len()
                )));
            }
            for (sample, result) in results.iter_mut().enumerate() {
                let bytes = &bytes[sample * size..][..size];
                result.push(Tensor::new(ty.shape.clone(), read(ty.element, bytes)));
            }
        }
        let files = more.iter().map(|path| self.scratch.read(path));
        Ok(Ran {
            outputs: results,
            files: files.collect::<Result<_, _>>()?,
        })
    }
}

/// Bytes of an element in a file.
fn size_of(element: Element) -> usize {
    match element {
        Element::F32 => 4,
        Element::F64 => 8,
        Element::Int { width, .. } => (width.next_power_of_two().max(8) / 8) as usize,
    }
}

fn write(bytes: &mut Vec<u8>, data: &Data) {
    match data {
        Data::F32(values) => bytes.extend(values.iter().flat_map(|value| value.to_ne_bytes())),
        Data::F64(values) => bytes.extend(values.iter().flat_map(|value| value.to_ne_bytes())),
        Data::Int { values, .. } => {
            let size = size_of(data.element());
            // The low bytes of a number come first here.
            bytes.extend(
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes()[..size].to_vec()),
            );
        }
    }
}

fn read(element: Element, bytes: &[u8]) -> Data {
    match element {
        Element::F32 => Data::F32(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|at| f32::from_ne_bytes(*at))
                .collect(),
        ),
        Element::F64 => Data::F64(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|at| f64::from_ne_bytes(*at))
                .collect(),
        ),
        Element::Int { width, sign } => {
            let number = |bytes: &[u8]| {
                let low = bytes
                    .iter()
                    .rev()
                    .fold(0u64, |all, &byte| all << 8 | u64::from(byte));
                qonnx_dialects::tensor::wrap(low.cast_signed(), width, sign)
            };
            Data::Int {
                width,
                sign,
                values: bytes.chunks_exact(size_of(element)).map(number).collect(),
            }
        }
    }
}
