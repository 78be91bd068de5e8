//! MLIR's command-line tools, called from Rust.

use melior::Context;
use melior::ir::{Location, Module};
use mlir_sys::{MlirContext, MlirModule, MlirStringRef};
use std::ffi::{CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;

use crate::ffi;
use crate::ir::{context_of, emit_error};
use crate::pass::panic_text;

/// Imports an ONNX file; `None` after reporting in the context.
pub type Importer = for<'c> fn(&'c Context, &Path) -> Option<Module<'c>>;

static IMPORTER: OnceLock<Importer> = OnceLock::new();

/// `MlirOptMain` with the process's arguments: returns the exit status. An input file that ends in `.onnx`
/// goes through `importer` first.
pub fn opt_main(arguments: &[String], importer: Importer) -> i32 {
    IMPORTER.get_or_init(|| importer);
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
pub fn lsp_main(arguments: &[String]) -> i32 {
    with_argv(arguments, |argc, argv| {
        #[expect(unsafe_code, reason = "calls C++")]
        // SAFETY: argv is a null-terminated array of C strings.
        unsafe {
            ffi::qonnxLspMain(argc, argv)
        }
    })
}

fn with_argv(arguments: &[String], run: impl FnOnce(c_int, *mut *mut c_char) -> c_int) -> i32 {
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
    let (context, path) = unsafe {
        let bytes = std::slice::from_raw_parts(path.data.cast::<u8>(), path.length);
        (
            context_of(context),
            String::from_utf8_lossy(bytes).into_owned(),
        )
    };
    let importer = IMPORTER.get();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        importer.and_then(|import| import(context, Path::new(&path)))
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
                "internal error while importing {path}: {}",
                panic_text(&*panic)
            );
            emit_error(Location::unknown(context), &message);
            MlirModule {
                ptr: std::ptr::null(),
            }
        }
    }
}
