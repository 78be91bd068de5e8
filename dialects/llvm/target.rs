//! The processor that code is made for.

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, TargetMachine, TargetTriple};

use super::CodeError;

/// How much LLVM optimizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Not at all: for looking at the code.
    None,
    /// `-O2`: as fast as `-O3` on the kernels that are made today, in two thirds of the compile time.
    #[default]
    Default,
    /// `-O3`.
    Aggressive,
}

impl Level {
    pub(super) fn pipeline(self) -> &'static str {
        match self {
            Self::None => "default<O0>",
            Self::Default => "default<O2>",
            Self::Aggressive => "default<O3>",
        }
    }

    fn to_llvm(self) -> OptimizationLevel {
        match self {
            Self::None => OptimizationLevel::None,
            Self::Default => OptimizationLevel::Default,
            Self::Aggressive => OptimizationLevel::Aggressive,
        }
    }
}

/// A processor, in LLVM's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name, such as `x86-64-v3` or `znver4`.
    pub cpu: String,
    /// Features beside those of the processor, such as `+avx2,-avx512f`; may be empty.
    pub features: String,
    /// How much LLVM optimizes.
    pub level: Level,
}

impl Target {
    /// The processor of this machine, with all that it can do.
    pub fn host() -> Self {
        Self {
            cpu: TargetMachine::get_host_cpu_name()
                .to_string_lossy()
                .into_owned(),
            features: TargetMachine::get_host_cpu_features()
                .to_string_lossy()
                .into_owned(),
            level: Level::default(),
        }
    }

    /// Another processor of this machine's architecture.
    pub fn named(cpu: impl Into<String>, features: impl Into<String>) -> Self {
        Self {
            cpu: cpu.into(),
            features: features.into(),
            level: Level::default(),
        }
    }

    /// LLVM's code generator. Fails if LLVM does not know the processor.
    pub(super) fn machine(&self) -> Result<TargetMachine, CodeError> {
        inkwell::targets::Target::initialize_native(&InitializationConfig::default())
            .map_err(CodeError::Llvm)?;
        let triple: TargetTriple = TargetMachine::get_default_triple();
        let target = inkwell::targets::Target::from_triple(&triple)
            .map_err(|error| CodeError::Llvm(error.to_string()))?;
        target
            .create_target_machine(
                &triple,
                &self.cpu,
                &self.features,
                self.level.to_llvm(),
                RelocMode::PIC,
                CodeModel::Default,
            )
            .ok_or_else(|| {
                CodeError::Llvm(format!("cannot make code for the processor '{}'", self.cpu))
            })
    }
}
