//! The processor that code is made for.

use inkwell::OptimizationLevel;
use inkwell::targets::{CodeModel, InitializationConfig, RelocMode, TargetMachine, TargetTriple};

use melior::StringRef;
use mlir_sys::MlirStringRef;

use super::CodeError;
use crate::ffi::{qonnxHasFeatures, qonnxIsFeature, qonnxIsProcessor};
use crate::text::Foreign;

/// How much LLVM optimizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Not at all: for looking at the code.
    None,
    /// Unrolling little.
    Default,
    /// Unrolling more.
    #[default]
    Aggressive,
}

impl Level {
    /// LLVM's passes, as `opt -passes=` takes them.
    ///
    /// The kernels are loop nests of known extents and nothing else, so a short pipeline does: clean up, bring
    /// loops into normal form, vectorize the innermost ones, unroll what is left of them, clean up. LLVM's own
    /// `default<O3>` unrolls short loops completely before it vectorizes, which took five times as long on a
    /// convolutional network and made it half as fast.
    pub(super) fn pipeline(self) -> String {
        let unroll = match self {
            Self::None => return "default<O0>".to_owned(),
            Self::Default => "loop-unroll<O2>",
            Self::Aggressive => "loop-unroll<O3;full-unroll-max=16>",
        };
        let passes = [
            "sroa,early-cse<memssa>,simplifycfg,instcombine",
            "loop-mssa(loop-instsimplify,loop-simplifycfg,licm,loop-rotate,licm)",
            "simplifycfg,instcombine",
            "loop(loop-idiom,indvars,loop-deletion),early-cse",
            "loop-vectorize,loop-load-elim,instcombine,simplifycfg,loop-mssa(licm)",
            unroll,
            "sroa,early-cse<memssa>,instcombine,loop-mssa(licm),gvn,dse,adce,simplifycfg",
        ];
        // In a text of passes LLVM checks that each walk of this one finds all there is to combine, which does not
        // always hold, and ends the process where it does not.
        let unchecked = passes.join(",").replace(
            "instcombine",
            "instcombine<max-iterations=1;no-verify-fixpoint>",
        );
        format!("function({unchecked})")
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

    /// Whether the processor has all of some features.
    #[expect(unsafe_code, reason = "no C API asks this")]
    pub fn has(&self, features: &[&str]) -> bool {
        let Ok(triple) = triple() else {
            return false;
        };
        if !is_processor(&self.cpu) {
            return false;
        }
        let triple = triple.as_str().to_string_lossy();
        let wanted: Vec<_> = features.iter().map(|name| format!("+{name}")).collect();
        let wanted = wanted.join(",");
        // LLVM would warn about names that it does not know.
        if !features.iter().all(|name| is_feature(name)) {
            return false;
        }
        // SAFETY: all strings are valid for the call.
        unsafe {
            qonnxHasFeatures(
                StringRef::new(&triple).to_raw(),
                StringRef::new(&self.cpu).to_raw(),
                StringRef::new(&self.features).to_raw(),
                StringRef::new(&wanted).to_raw(),
            )
        }
    }

    /// LLVM's code generator. Fails if LLVM does not know the processor.
    pub(super) fn machine(&self) -> Result<TargetMachine, CodeError> {
        let triple = triple()?;
        if !is_processor(&self.cpu) {
            let cpu = Foreign::from(self.cpu.as_str());
            let (cpu, expected) = (cpu.shown(), expected_processor());
            return Err(CodeError::Llvm(format!(
                "unknown processor '{cpu}', expected {expected}"
            )));
        }
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

/// This machine's architecture, for which LLVM is made ready.
fn triple() -> Result<TargetTriple, CodeError> {
    inkwell::targets::Target::initialize_native(&InitializationConfig::default())
        .map_err(CodeError::Llvm)?;
    Ok(TargetMachine::get_default_triple())
}

/// Whether LLVM knows a processor of this machine's architecture.
pub fn is_processor(cpu: &str) -> bool {
    is_known(qonnxIsProcessor, cpu)
}

/// Whether LLVM knows a feature of this machine's architecture, such as `avx2`.
pub fn is_feature(name: &str) -> bool {
    is_known(qonnxIsFeature, name)
}

/// Which processors and features there are, for messages.
pub fn expected_processor() -> String {
    let triple = TargetMachine::get_default_triple();
    let triple = triple.as_str().to_string_lossy();
    format!("one that 'llc -mtriple={triple} -mcpu=help' lists")
}

#[expect(unsafe_code, reason = "no C API asks this")]
fn is_known(ask: unsafe extern "C" fn(MlirStringRef, MlirStringRef) -> bool, name: &str) -> bool {
    let Ok(triple) = triple() else {
        return false;
    };
    let triple = triple.as_str().to_string_lossy();
    // SAFETY: both strings are valid for the call.
    unsafe {
        ask(
            StringRef::new(&triple).to_raw(),
            StringRef::new(name).to_raw(),
        )
    }
}
