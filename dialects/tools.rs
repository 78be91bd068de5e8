//! MLIR's command-line tools, called from Rust.

use melior::Context;
use melior::ir::Module;
use mlir_sys::{MlirContext, MlirModule, MlirStringCallback, MlirStringRef};
use std::borrow::Cow;
use std::ffi::{CString, OsStr, OsString, c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, BufReader, PipeReader};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use crate::ffi;
use crate::ir::{Input, Severity, context_of, listen};
use crate::lsp::document_hovers;
use crate::pass::{option_refused, panic_text};
use crate::text::{
    check_source, copy_elided, elide, is_bytecode, may_steer, printable, shown_path,
};

/// Makes a module of a model that was read; `None` after reporting on standard error.
pub type Importer = Box<dyn for<'c> FnOnce(&'c Context) -> Option<Module<'c>> + Send>;

/// What `qonnx-opt` is given as input.
pub enum OptInput {
    /// A module as text or bytecode.
    Module(Vec<u8>),
    /// A model to be imported.
    Model(Importer),
}

/// What `MlirOptMain` leaves to Rust.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Whether lists of attributes that are long are left out of all that is printed and written as text.
    pub elide: bool,
    /// Reads what a path names; `None` after reporting on standard error.
    pub read: fn(&Path) -> Option<OptInput>,
    /// Whether what is made of the first file may be written to the second, asked before anything is computed; false
    /// after reporting on standard error.
    pub check: fn(&Path, &Path) -> bool,
    /// Writes it; false after reporting on standard error.
    pub write: fn(&Path, &Path, &[u8]) -> bool,
}

/// The status of a run whose command line is at fault; C++ has it too.
const USAGE: i32 = 2;

static HOOKS: OnceLock<Hooks> = OnceLock::new();
/// The model that is to be imported.
static MODEL: Mutex<Option<Importer>> = Mutex::new(None);
/// What was read: its name, and the bytes of a module.
static READ: OnceLock<(String, &'static [u8])> = OnceLock::new();
/// What is printed on standard error, on its way through a filter.
static ERRORS: Mutex<Option<Filter>> = Mutex::new(None);

/// The version of LLVM and MLIR that the tools are made with.
pub fn llvm_version() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("{major}.{minor}.{patch}")
}

/// Lets SIGPIPE end this process, as it ends other programs: quietly, when the reader of its output has gone away. Rust
/// ignores the signal, and every writer would have to look for the error. Only the main function of a tool may do this.
#[expect(unsafe_code, reason = "Rust has no other way to do this")]
pub fn end_on_broken_pipe() {
    // SAFETY: the default action runs no code of this process.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// `MlirOptMain` with the process's arguments: returns the exit status. Input is read, output files are written by
/// `hooks`; standard output is written as MLIR does.
pub fn opt_main(arguments: &[OsString], hooks: Hooks) -> i32 {
    HOOKS.get_or_init(|| hooks);
    let tool = "quantized neural network optimizer driver\n";
    let mut real_error = -1;
    if hooks.elide {
        let filter = Filter::new(libc::STDERR_FILENO, copy_elided);
        match filter {
            Ok(filter) => {
                real_error = filter.output.as_raw_fd();
                *errors() = Some(filter);
            }
            Err(error) => {
                report(&format!("standard error cannot be written: {error}"));
                return 1;
            }
        }
    }
    let status = with_argv(arguments, |argc, argv| {
        #[expect(unsafe_code, reason = "calls C++")]
        // SAFETY: argv is a null-terminated array of C strings.
        unsafe {
            ffi::qonnxOptMain(argc, argv, reference(tool.as_bytes()), real_error)
        }
    });
    end_errors();
    // The text of a pass's option is read when the pass is about to run.
    if option_refused() { USAGE } else { status }
}

/// `MlirLspServerMain`: returns the exit status. Hovers over the project's ops are documented on their way out.
pub fn lsp_main(arguments: &[OsString]) -> i32 {
    let outcome = with_filtered_output(|| {
        with_argv(arguments, |argc, argv| {
            #[expect(unsafe_code, reason = "calls C++")]
            // SAFETY: argv is a null-terminated array of C strings.
            unsafe {
                ffi::qonnxLspMain(argc, argv)
            }
        })
    });
    outcome.unwrap_or_else(|error| {
        report(&format!("standard output cannot be written: {error}"));
        1
    })
}

/// Runs `body` while what is written to standard output passes through [`document_hovers`].
fn with_filtered_output<T>(body: impl FnOnce() -> T) -> io::Result<T> {
    let filter = Filter::new(libc::STDOUT_FILENO, document_hovers)?;
    let result = body();
    filter.end().map(|()| result)
}

/// What is written to one of the process's streams passes through a thread.
struct Filter {
    stream: c_int,
    /// Where the stream went before.
    output: OwnedFd,
    thread: JoinHandle<io::Result<()>>,
}

impl Filter {
    fn new(
        stream: c_int,
        copy: impl FnOnce(BufReader<PipeReader>, File) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (from, to) = io::pipe()?;
        let output = match stream {
            libc::STDERR_FILENO => io::stderr().as_fd().try_clone_to_owned()?,
            _ => io::stdout().as_fd().try_clone_to_owned()?,
        };
        let writer = File::from(output.try_clone()?);
        let thread = thread::spawn(move || copy(BufReader::new(from), writer));
        put_at(&to, stream)?;
        Ok(Self {
            stream,
            output,
            thread,
        })
    }

    /// Waits until everything has passed. What comes later does not.
    fn end(self) -> io::Result<()> {
        // Now nobody can write to the pipe any more, so that the thread ends.
        put_at(&self.output, self.stream)?;
        match self.thread.join() {
            Ok(outcome) => outcome,
            Err(panic) => Err(io::Error::other(panic_text(&*panic))),
        }
    }
}

fn errors() -> MutexGuard<'static, Option<Filter>> {
    ERRORS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until all that was printed on standard error is there. Where that fails nobody can be told.
fn end_errors() {
    let _ = errors().take().map(Filter::end);
}

#[expect(unsafe_code, reason = "Rust has no safe way to do this")]
fn put_at(file: &impl AsFd, stream: c_int) -> io::Result<()> {
    // SAFETY: both are open.
    match unsafe { libc::dup2(file.as_fd().as_raw_fd(), stream) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
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
unsafe extern "C" fn qonnxRustRead(path: MlirStringRef, input: *mut ffi::OptInput) -> bool {
    // SAFETY: C++ passes a valid string and a place for the answer for the call.
    let (path, input) = unsafe { (path_of(path), &mut *input) };
    reported(|hooks| {
        let mut source: &'static [u8] = &[];
        let read = match (hooks.read)(path) {
            None => return false,
            Some(OptInput::Model(importer)) => {
                *MODEL.lock().unwrap_or_else(PoisonError::into_inner) = Some(importer);
                ffi::OptInput {
                    is_model: true,
                    may_steer: false,
                    bytes: reference(&[]),
                }
            }
            Some(OptInput::Module(mut bytes)) => {
                if let Err(message) = check_source(&bytes) {
                    report(&format!("{}: {message}", shown_path(path)));
                    return false;
                }
                let may_steer = may_steer(&bytes);
                bytes.push(0);
                // The tool ends when it has dealt with its input.
                let (_, bytes) = bytes.leak().split_last().unwrap_or((&0, &[]));
                source = bytes;
                ffi::OptInput {
                    is_model: false,
                    may_steer,
                    bytes: reference(bytes),
                }
            }
        };
        READ.get_or_init(|| (shown_path(path), source));
        *input = read;
        true
    })
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustImport(context: MlirContext) -> MlirModule {
    let context = context_of(context);
    let mut raw = MlirModule {
        ptr: std::ptr::null(),
    };
    reported(|_| {
        let importer = MODEL.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(module) = importer.and_then(|importer| importer(context)) else {
            return false;
        };
        // C++ owns the module from here on.
        raw = module.to_raw();
        std::mem::forget(module);
        true
    });
    raw
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustListen(context: MlirContext, verbosity: c_int, notes: bool) {
    let (name, source) = READ
        .get()
        .map_or(("", &[][..]), |(name, source)| (name.as_str(), *source));
    let wanted = move |severity| match severity {
        Severity::Error | Severity::Note => true,
        Severity::Warning => verbosity >= 1,
        Severity::Remark => verbosity >= 2,
    };
    let print = |text: &str| eprint!("{text}");
    listen(
        context_of(context),
        Input { name, source },
        wanted,
        notes,
        print,
    );
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustEscape(
    text: MlirStringRef,
    append: MlirStringCallback,
    data: *mut c_void,
) -> bool {
    // SAFETY: C++ passes a valid string for the call.
    let text = String::from_utf8_lossy(unsafe { bytes_of(text) });
    let escaped = printable(&text);
    let changed = matches!(escaped, Cow::Owned(_)) || matches!(text, Cow::Owned(_));
    if let Some(append) = append.filter(|_| changed) {
        // SAFETY: the callback copies the string.
        unsafe { append(reference(escaped.as_bytes()), data) };
    }
    changed
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustReport(text: MlirStringRef) {
    // SAFETY: C++ passes a valid string for the call.
    report(&String::from_utf8_lossy(unsafe { bytes_of(text) }));
}

/// Prints errors, one a line.
fn report(text: &str) {
    for line in printable(text).lines() {
        eprintln!("error: {line}");
    }
}

/// A string for C++, valid as long as the bytes.
fn reference(bytes: &[u8]) -> MlirStringRef {
    MlirStringRef {
        data: bytes.as_ptr().cast(),
        length: bytes.len(),
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
    reported(|hooks| {
        if !hooks.elide || is_bytecode(bytes) {
            return (hooks.write)(input, output, bytes);
        }
        // What was said before comes before.
        end_errors();
        (hooks.write)(input, output, &elide(bytes))
    })
}

/// What a hook says; a panic must not go on into C++ and is reported as a failure.
fn reported(call: impl FnOnce(&Hooks) -> bool) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(|| HOOKS.get().is_some_and(call)));
    outcome.unwrap_or_else(|panic| {
        report(&format!(
            "internal error: {}; this is a bug in the compiler",
            panic_text(&*panic)
        ));
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
