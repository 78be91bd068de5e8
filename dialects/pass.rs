//! Passes written in Rust, in MLIR's own registry.
//!
//! A pass is described by [`PassInfo`] and made by its `make` function from option texts. MLIR's pass manager
//! owns it through the C++ class in `shim/rust_pass.cpp`. A panic inside a pass is a bug: it becomes a
//! diagnostic that names a reproducer, never an abort.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, RegionLike};
use mlir_sys::{MlirLocation, MlirOperation, MlirStringRef};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ffi;
use crate::ir::{Function, Op, context_of, emit_error};
use crate::upstream;

/// What a pass runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Each `func.func`.
    Function,
    /// The `builtin.module`.
    Module,
}

impl Anchor {
    /// The name of the op.
    pub const fn op_name(self) -> &'static str {
        match self {
            Self::Function => upstream::FUNC,
            Self::Module => upstream::MODULE,
        }
    }
}

/// One option of a pass.
#[derive(Clone, Copy, Debug)]
pub struct OptionInfo {
    /// Name in pipeline texts, in kebab case.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// The default value as text.
    pub default: fn() -> String,
}

/// Makes a pass from the text of each of its options; the error says which is malformed.
pub type Make = fn(&[String]) -> Result<Box<dyn DynPass>, String>;

/// Static description of a pass.
#[derive(Clone, Copy)]
pub struct PassInfo {
    /// Name of the Rust type.
    pub name: &'static str,
    /// Name on the command line and in pipeline texts.
    pub argument: &'static str,
    /// The documentation, Markdown; its first paragraph is the summary.
    pub documentation: &'static str,
    /// What the pass runs on.
    pub anchor: Anchor,
    /// Its options.
    pub options: &'static [OptionInfo],
    /// Makes the pass from the text of each option, in the order of `options`.
    pub make: Make,
    /// The Rust source file of the pass, relative to the workspace.
    pub file: &'static str,
}

impl PassInfo {
    /// The first paragraph of the documentation, on one line.
    pub fn summary(&self) -> String {
        let lines = self.documentation.lines().map(str::trim);
        lines
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Whether an option of a pass had a text that the pass does not understand.
static OPTION_REFUSED: AtomicBool = AtomicBool::new(false);

/// Whether an option of some pass of this process had a text that the pass does not understand.
pub fn option_refused() -> bool {
    OPTION_REFUSED.load(Ordering::Relaxed)
}

/// A pass failed, and has reported why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// The result of a pass.
pub type PassResult = Result<(), Reported>;

/// Reports an error at an op and fails.
pub fn fail<T>(op: Op<'_>, message: impl AsRef<str>) -> Result<T, Reported> {
    emit_error(op.location(), message.as_ref());
    Err(Reported)
}

/// A pass, as the registry keeps it. MLIR clones passes across threads.
pub trait DynPass: Send + Sync {
    /// Runs on the anchor op.
    fn run<'c>(&mut self, op: Op<'c>, context: &'c Context) -> PassResult;
    /// A copy.
    fn clone_box(&self) -> Box<dyn DynPass>;
}

/// The function that a pass was scheduled on; `None` for a declaration, which has nothing to change. Fails with
/// a report if the body has more than one block.
pub fn function(op: Op<'_>) -> Result<Option<Function<'_>>, Reported> {
    match Function::new(op) {
        Some(function) => Ok(Some(function)),
        None if op
            .region(0)
            .is_ok_and(|region| region.first_block().is_none()) =>
        {
            Ok(None)
        }
        None => fail(op, "expected a function with exactly one block"),
    }
}

fn string_ref(text: &'static str) -> MlirStringRef {
    MlirStringRef {
        data: text.as_ptr().cast(),
        length: text.len(),
    }
}

/// Puts a pass into MLIR's registry. Call once for each pass in a process.
#[expect(unsafe_code, reason = "hands static data to C++")]
pub fn register_pass(info: &'static PassInfo) {
    // The registry lives as long as the process, and so must what it points to.
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let options: Vec<_> = info
        .options
        .iter()
        .map(|option| ffi::PassOption {
            name: string_ref(option.name),
            description: string_ref(option.description),
            default_value: string_ref(leak((option.default)())),
        })
        .collect();
    let options: &'static [ffi::PassOption] = Box::leak(options.into_boxed_slice());
    let raw: &'static ffi::PassInfo = Box::leak(Box::new(ffi::PassInfo {
        name: string_ref(info.name),
        argument: string_ref(info.argument),
        description: string_ref(leak(info.summary())),
        anchor: string_ref(info.anchor.op_name()),
        options: options.as_ptr(),
        option_count: options.len(),
        vtable: std::ptr::from_ref(info).cast(),
    }));
    // SAFETY: all that `raw` points to is static.
    unsafe { ffi::qonnxRegisterPass(raw) }
}

/// Registers a named pipeline that stands for a pipeline text.
#[expect(unsafe_code, reason = "hands strings to C++, which copies them")]
pub fn register_pipeline(argument: &'static str, description: &'static str, passes: &str) {
    let passes = MlirStringRef {
        data: passes.as_ptr().cast(),
        length: passes.len(),
    };
    // SAFETY: argument and description are static, `passes` is copied.
    unsafe { ffi::qonnxRegisterPipeline(string_ref(argument), string_ref(description), passes) }
}

/// Runs a pipeline text such as `builtin.module(canonicalize)` on a module. Errors are reported in the
/// context.
#[expect(
    unsafe_code,
    reason = "melior's parser of pipelines wants an op pass manager with another anchor"
)]
pub fn run_pipeline(
    context: &Context,
    module: &mut melior::ir::Module<'_>,
    pipeline: &str,
) -> PassResult {
    use mlir_sys::*;
    unsafe extern "C" fn append(text: MlirStringRef, data: *mut c_void) {
        // SAFETY: `data` is the String below; MLIR strings have `length` bytes.
        unsafe {
            let bytes = std::slice::from_raw_parts(text.data.cast::<u8>(), text.length);
            (*data.cast::<String>()).push_str(&String::from_utf8_lossy(bytes));
        }
    }
    let mut message = String::new();
    // SAFETY: the manager lives for this call; the callback only writes to `message`.
    let outcome = unsafe {
        let manager = mlirPassManagerCreate(context.to_raw());
        let parsed = mlirParsePassPipeline(
            mlirPassManagerGetAsOpPassManager(manager),
            melior::StringRef::new(pipeline).to_raw(),
            Some(append),
            (&raw mut message).cast(),
        );
        let outcome = if parsed.value == 0 {
            Err(format!(
                "cannot parse the pass pipeline '{pipeline}': {}",
                message.trim()
            ))
        } else {
            let run = mlirPassManagerRunOnOp(manager, module.as_operation().to_raw());
            if run.value == 0 {
                Err(String::new())
            } else {
                Ok(())
            }
        };
        mlirPassManagerDestroy(manager);
        outcome
    };
    outcome.map_err(|message| {
        if !message.is_empty() {
            emit_error(Location::unknown(context), &message);
        }
        Reported
    })
}

#[expect(
    unsafe_code,
    reason = "the vtable pointer comes back from C++ as it went in"
)]
fn info(vtable: *const c_void) -> &'static PassInfo {
    // SAFETY: `register_pass` put a `&'static PassInfo` there.
    unsafe { &*vtable.cast::<PassInfo>() }
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustPassMake(
    vtable: *const c_void,
    options: MlirStringRef,
    location: MlirLocation,
) -> *mut c_void {
    let info = info(vtable);
    // SAFETY: C++ passes a valid string and location for the call.
    let (text, location) = unsafe {
        let bytes = if options.length == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(options.data.cast::<u8>(), options.length)
        };
        (
            String::from_utf8_lossy(bytes).into_owned(),
            Location::from_raw(location),
        )
    };
    let values: Vec<String> = info
        .options
        .iter()
        .map(|option| {
            text.split_whitespace()
                .filter_map(|entry| entry.split_once('='))
                .find(|(name, _)| *name == option.name)
                .map_or_else(|| (option.default)(), |(_, value)| value.to_owned())
        })
        .collect();
    match (info.make)(&values) {
        Ok(pass) => Box::into_raw(Box::new(pass)).cast(),
        Err(message) => {
            OPTION_REFUSED.store(true, Ordering::Relaxed);
            emit_error(location, &format!("pass '{}': {message}", info.argument));
            std::ptr::null_mut()
        }
    }
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustPassClone(_: *const c_void, pass: *mut c_void) -> *mut c_void {
    // SAFETY: `pass` came from `qonnxRustPassMake`.
    let pass = unsafe { &*pass.cast::<Box<dyn DynPass>>() };
    Box::into_raw(Box::new(pass.clone_box())).cast()
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustPassDrop(_: *const c_void, pass: *mut c_void) {
    // SAFETY: `pass` came from `qonnxRustPassMake` and is dropped once.
    drop(unsafe { Box::from_raw(pass.cast::<Box<dyn DynPass>>()) });
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustPassRun(
    vtable: *const c_void,
    pass: *mut c_void,
    operation: MlirOperation,
) -> bool {
    let info = info(vtable);
    // SAFETY: C++ passes the pass it owns and an op in place, whose context outlives the call.
    let (pass, op, context) = unsafe {
        let op = Op::from_raw(operation);
        let context = context_of(mlir_sys::mlirOperationGetContext(operation));
        (&mut *pass.cast::<Box<dyn DynPass>>(), op, context)
    };
    let before = reproducer::enabled().then(|| op.to_string());
    match catch_unwind(AssertUnwindSafe(|| pass.run(op, context))) {
        Ok(result) => result.is_ok(),
        Err(panic) => {
            let what = panic_text(&*panic);
            let ir = before.unwrap_or_else(|| op.to_string());
            let file = reproducer::write(info, &ir);
            emit_error(
                op.location(),
                &format!(
                    "internal error in pass '{}': {what}; this is a bug in the compiler; {file}",
                    info.argument
                ),
            );
            false
        }
    }
}

/// The message of a panic.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "unknown panic".to_owned())
}

/// Files that show a bug of the compiler again.
mod reproducer {
    use super::PassInfo;
    use std::io::Write;

    /// Whether the IR is kept before every pass (costs time): set `QONNX_REPRODUCER=1`. Otherwise the
    /// reproducer holds the IR as the failing pass left it, which for a pass that rebuilds its function is
    /// the pass's input.
    pub fn enabled() -> bool {
        std::env::var_os("QONNX_REPRODUCER").is_some_and(|value| value != "0")
    }

    /// Writes the reproducer and says where it is.
    pub fn write(info: &PassInfo, ir: &str) -> String {
        let path = std::env::temp_dir().join(format!(
            "qonnx-{}-{}.mlir",
            info.argument,
            std::process::id()
        ));
        let text = format!("// RUN: qonnx-opt --{} %s\n{ir}\n", info.argument);
        // Anyone can put a link of this name into the folder: no existing file is opened.
        let file = std::fs::File::create_new(&path);
        match file.and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => format!("reproducer written to {}", path.display()),
            Err(error) => format!("cannot write a reproducer to {}: {error}", path.display()),
        }
    }
}
