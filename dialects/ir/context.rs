//! Contexts with the project's dialects, and modules as text.

use melior::Context;
use melior::dialect::DialectRegistry;
use melior::ir::operation::{OperationLike, OperationPrintingFlags};
use melior::ir::{Location, Module};
use mlir_sys::{MlirContext, MlirStringRef, mlirModuleCreateParse};
use std::sync::Once;

use super::diagnostics::emit_error;
use crate::ffi::{qonnxRegisterDialects, qonnxRegisterUpstreamPasses};
use crate::text::{self, check_source};

/// A context with all dialects in use loaded. Single-threaded: modules are small and passes run on one
/// function.
#[expect(unsafe_code, reason = "the registration lives in C++")]
pub fn session() -> Context {
    let registry = DialectRegistry::new();
    // SAFETY: the registry is valid.
    unsafe { qonnxRegisterDialects(registry.to_raw()) };
    let context = Context::new();
    context.append_dialect_registry(&registry);
    context.load_all_available_dialects();
    context.enable_multi_threading(false);
    context
}

/// The context behind a raw pointer that C++ hands over, for as long as the caller's op or module lives.
#[expect(
    unsafe_code,
    reason = "melior has no safe way from a raw context to a reference"
)]
pub(crate) fn context_of<'c>(raw: MlirContext) -> &'c Context {
    // SAFETY: a `Context` is one raw pointer, and it is leaked rather than dropped, so that the C++ owner
    // remains the only one to destroy it. (`ContextRef::to_ref` of melior refers to its own stack slot.)
    unsafe {
        let context: Context = std::mem::transmute::<MlirContext, Context>(raw);
        Box::leak(Box::new(context))
    }
}

/// Registers the upstream passes, and through `ours` the project's, once in a process.
#[expect(unsafe_code, reason = "the registration lives in C++")]
pub fn register_passes_once(ours: impl FnOnce()) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: called once.
        unsafe { qonnxRegisterUpstreamPasses() };
        ours();
    });
}

/// A module from its text or bytecode; errors are reported in the context.
#[expect(unsafe_code, reason = "melior parses text only")]
pub fn parse_module<'c>(context: &'c Context, source: &[u8]) -> Option<Module<'c>> {
    if let Err(message) = check_source(source) {
        emit_error(Location::unknown(context), &message);
        return None;
    }
    let source = MlirStringRef {
        data: source.as_ptr().cast(),
        length: source.len(),
    };
    // SAFETY: the bytes are valid for the call; MLIR needs no terminator.
    unsafe { Module::from_option_raw(mlirModuleCreateParse(context.to_raw(), source)) }
}

/// A copy of a module.
#[expect(unsafe_code, reason = "melior does not copy modules")]
pub fn clone_module<'c>(module: &Module<'c>) -> Module<'c> {
    // SAFETY: the copy is a new op that the new module owns.
    unsafe {
        let copy = mlir_sys::mlirOperationClone(module.as_operation().to_raw());
        Module::from_raw(mlir_sys::mlirModuleFromOperation(copy))
    }
}

/// The text of a module. `elide` leaves out the elements of large constants and lists.
pub fn print_module(module: &Module<'_>, elide: bool, locations: bool) -> String {
    let mut flags = OperationPrintingFlags::new();
    if elide {
        flags = flags.elide_large_elements_attributes(text::LONGEST);
    }
    if locations {
        flags = flags.enable_debug_info(true, false);
    }
    let text = module
        .as_operation()
        .to_string_with_flags(flags)
        .unwrap_or_default();
    match elide {
        true => String::from_utf8_lossy(&text::elide(text.as_bytes())).into_owned(),
        false => text,
    }
}

/// A module as bytecode, with its locations; [`parse_module`] reads it.
#[expect(unsafe_code, reason = "melior writes text only")]
pub fn module_bytecode(module: &Module<'_>) -> Vec<u8> {
    unsafe extern "C" fn append(part: MlirStringRef, bytes: *mut std::ffi::c_void) {
        if part.length > 0 {
            // SAFETY: `bytes` is the vector below, and MLIR passes a valid part.
            unsafe {
                let part = std::slice::from_raw_parts(part.data.cast::<u8>(), part.length);
                (*bytes.cast::<Vec<u8>>()).extend_from_slice(part);
            }
        }
    }
    let mut bytes: Vec<u8> = Vec::new();
    // SAFETY: the module is valid, and the vector outlives the call.
    unsafe {
        mlir_sys::mlirOperationWriteBytecode(
            module.as_operation().to_raw(),
            Some(append),
            (&raw mut bytes).cast(),
        );
    }
    bytes
}
