//! MLIR's command-line tools, called from Rust.

use melior::Context;
use melior::ir::{Location, Module};
use mlir_sys::{MlirContext, MlirModule, MlirStringRef};
use std::ffi::{CString, OsStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;

use crate::ffi;
use crate::ir::{context_of, emit_error};
use crate::pass::panic_text;
use crate::text::{check_source, shown_path};

/// What `MlirOptMain` leaves to Rust.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Imports an ONNX file; `None` after reporting in the context.
    pub import: for<'c> fn(&'c Context, &Path) -> Option<Module<'c>>,
    /// Whether what is made of the first file may be written to the second, asked before anything is computed; false
    /// after reporting on standard error.
    pub check: fn(&Path, &Path) -> bool,
    /// Writes it; false after reporting on standard error.
    pub write: fn(&Path, &Path, &[u8]) -> bool,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// `MlirOptMain` with the process's arguments: returns the exit status. An input file that ends in `.onnx` is
/// imported by `hooks`, and an output file is written by them; standard output is written as MLIR does.
pub fn opt_main(arguments: &[OsString], hooks: Hooks) -> i32 {
    HOOKS.get_or_init(|| hooks);
    let tool = "quantized neural network optimizer driver\n";
    with_argv(arguments, |argc, argv| {
        let tool = MlirStringRef {
            data: tool.as_ptr().cast(),
            length: tool.len(),
        };
        #[expect(unsafe_code, reason = "calls C++")]
        // SAFETY: argv is a null-terminated array of C strings.
        unsafe {
            ffi::qonnxOptMain(argc, argv, tool)
        }
    })
}

/// `MlirLspServerMain`: returns the exit status.
pub fn lsp_main(arguments: &[OsString]) -> i32 {
    with_argv(arguments, |argc, argv| {
        #[expect(unsafe_code, reason = "calls C++")]
        // SAFETY: argv is a null-terminated array of C strings.
        unsafe {
            ffi::qonnxLspMain(argc, argv)
        }
    })
}

fn with_argv(arguments: &[OsString], run: impl FnOnce(c_int, *mut *mut c_char) -> c_int) -> i32 {
    let owned: Vec<CString> = arguments
        .iter()
        .filter_map(|argument| CString::new(argument.as_bytes()).ok())
        .collect();
    let mut argv: Vec<*mut c_char> = owned
        .iter()
        .map(|argument| argument.as_ptr().cast_mut())
        .collect();
    argv.push(std::ptr::null_mut());
    run(owned.len() as c_int, argv.as_mut_ptr())
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustImport(context: MlirContext, path: MlirStringRef) -> MlirModule {
    // SAFETY: C++ passes a valid context and string for the call.
    let (context, path) = unsafe { (context_of(context), path_of(path)) };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        HOOKS.get().and_then(|hooks| (hooks.import)(context, path))
    }));
    match outcome {
        Ok(module) => match module {
            Some(module) => {
                // C++ owns the module from here on.
                let raw = module.to_raw();
                std::mem::forget(module);
                raw
            }
            None => MlirModule {
                ptr: std::ptr::null(),
            },
        },
        Err(panic) => {
            let message = format!(
                "internal error while importing {}: {}",
                path.display(),
                panic_text(&*panic)
            );
            emit_error(Location::unknown(context), &message);
            MlirModule {
                ptr: std::ptr::null(),
            }
        }
    }
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustCheckOutput(input: MlirStringRef, output: MlirStringRef) -> bool {
    // SAFETY: C++ passes valid strings for the call.
    let (input, output) = unsafe { (path_of(input), path_of(output)) };
    reported(|hooks| (hooks.check)(input, output))
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustWriteOutput(
    input: MlirStringRef,
    output: MlirStringRef,
    bytes: MlirStringRef,
) -> bool {
    // SAFETY: C++ passes valid strings for the call.
    let (input, output, bytes) = unsafe { (path_of(input), path_of(output), bytes_of(bytes)) };
    reported(|hooks| (hooks.write)(input, output, bytes))
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustCheckSource(input: MlirStringRef, source: MlirStringRef) -> bool {
    // SAFETY: C++ passes valid strings for the call.
    let (input, source) = unsafe { (path_of(input), bytes_of(source)) };
    let outcome = check_source(source);
    if let Err(message) = &outcome {
        eprintln!("error: {}: {message}", shown_path(input));
    }
    outcome.is_ok()
}

/// What a hook says; a panic must not go on into C++ and is reported as a failure.
fn reported(call: impl FnOnce(&Hooks) -> bool) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(|| HOOKS.get().is_some_and(call)));
    outcome.unwrap_or_else(|panic| {
        eprintln!(
            "error: internal error while writing: {}; this is a bug in the compiler",
            panic_text(&*panic)
        );
        false
    })
}

/// The bytes of a string of MLIR's, which must be valid as long as the result is used.
#[expect(unsafe_code, reason = "a pointer and a length from C++")]
unsafe fn bytes_of<'s>(text: MlirStringRef) -> &'s [u8] {
    if text.length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) }
}

/// Likewise, as a path.
#[expect(unsafe_code, reason = "a pointer and a length from C++")]
unsafe fn path_of<'s>(text: MlirStringRef) -> &'s Path {
    // SAFETY: the caller's promise.
    Path::new(OsStr::from_bytes(unsafe { bytes_of(text) }))
}
