//! Diagnostics: reporting at a location, and capturing what MLIR reports.

use melior::Context;
use melior::diagnostic::DiagnosticSeverity;
use melior::ir::Location;
use mlir_sys::{
    MlirDiagnostic, MlirLogicalResult, MlirStringRef, mlirContextAttachDiagnosticHandler,
    mlirContextDetachDiagnosticHandler, mlirDiagnosticGetLocation, mlirDiagnosticGetNote,
    mlirDiagnosticGetNumNotes, mlirDiagnosticGetSeverity, mlirDiagnosticPrint, mlirEmitError,
};
use std::ffi::{CString, c_void};
use std::sync::{Arc, Mutex};

use super::node::{Place, node_name};
use crate::ffi::qonnxEmit;
use crate::text::{Foreign, is_bytecode, printable};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The input is at fault or the compiler failed.
    Error,
    /// The result may not be what the user wants.
    Warning,
    /// Additional information to the diagnostic before it.
    Note,
    /// A fact worth knowing.
    Remark,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Remark => "remark",
        })
    }
}

/// A captured diagnostic. Its texts steer no terminal.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The ONNX node, if the location names one.
    pub node: Option<Foreign>,
    /// Where in a file, if the location says so.
    pub place: Option<Place>,
    /// What.
    pub message: String,
}

impl Diagnostic {
    /// What was reported, and at which node or place; the file is left to the caller.
    pub fn text(&self) -> String {
        let message = &self.message;
        match (&self.node, &self.place) {
            (Some(node), _) => format!("node '{}': {message}", node.shown()),
            (None, Some(place)) if place.is_exact() => {
                format!("line {}, column {}: {message}", place.line, place.column)
            }
            (None, _) => message.clone(),
        }
    }

    #[expect(unsafe_code, reason = "the C API of diagnostics")]
    fn of(raw: MlirDiagnostic) -> Self {
        // SAFETY: MLIR hands over a diagnostic that is valid for the call of its handler.
        let location = unsafe { Location::from_raw(mlirDiagnosticGetLocation(raw)) };
        Self {
            severity: severity(raw),
            node: node_name(location),
            place: Place::at(location),
            // MLIR repeats parts of the input.
            message: printable(&message(raw)).into_owned(),
        }
    }

    /// A diagnostic and its notes.
    #[expect(unsafe_code, reason = "the C API of diagnostics")]
    fn with_notes(raw: MlirDiagnostic) -> Vec<Self> {
        // SAFETY: as above; there are as many notes.
        let notes =
            unsafe { (0..mlirDiagnosticGetNumNotes(raw)).map(|at| mlirDiagnosticGetNote(raw, at)) };
        [raw].into_iter().chain(notes).map(Self::of).collect()
    }
}

#[expect(unsafe_code, reason = "the C API of diagnostics")]
fn severity(raw: MlirDiagnostic) -> Severity {
    // SAFETY: the diagnostic is valid.
    match DiagnosticSeverity::try_from(unsafe { mlirDiagnosticGetSeverity(raw) }) {
        Ok(DiagnosticSeverity::Warning) => Severity::Warning,
        Ok(DiagnosticSeverity::Note) => Severity::Note,
        Ok(DiagnosticSeverity::Remark) => Severity::Remark,
        Ok(DiagnosticSeverity::Error) | Err(_) => Severity::Error,
    }
}

/// The text of a diagnostic. Symbols may hold any bytes, and melior's `Display` panics at what is no UTF-8.
#[expect(unsafe_code, reason = "the C API of diagnostics")]
fn message(raw: MlirDiagnostic) -> String {
    unsafe extern "C" fn append(text: MlirStringRef, data: *mut c_void) {
        if text.length > 0 {
            // SAFETY: `data` is the vector below; MLIR strings have `length` bytes.
            unsafe {
                let bytes = std::slice::from_raw_parts(text.data.cast::<u8>(), text.length);
                (*data.cast::<Vec<u8>>()).extend_from_slice(bytes);
            }
        }
    }
    let mut bytes: Vec<u8> = Vec::new();
    // SAFETY: the diagnostic is valid, and the callback only writes to `bytes`.
    unsafe { mlirDiagnosticPrint(raw, Some(append), (&raw mut bytes).cast()) };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Puts a handler in front of those of a context; it returns whether others are not to be asked.
#[expect(unsafe_code, reason = "the C API of diagnostics")]
fn attach<F: Fn(MlirDiagnostic) -> bool>(context: &Context, handler: F) -> u64 {
    unsafe extern "C" fn handle<F: Fn(MlirDiagnostic) -> bool>(
        raw: MlirDiagnostic,
        handler: *mut c_void,
    ) -> MlirLogicalResult {
        // SAFETY: the handler below, which lives until MLIR calls `destroy`.
        let value = unsafe { (*handler.cast::<F>())(raw) };
        MlirLogicalResult {
            value: i8::from(value),
        }
    }
    unsafe extern "C" fn destroy<F>(handler: *mut c_void) {
        // SAFETY: MLIR calls this once with the handler below.
        drop(unsafe { Box::from_raw(handler.cast::<F>()) });
    }
    let handler = Box::into_raw(Box::new(handler)).cast();
    // SAFETY: the context is valid, and the handler is its own from here on.
    unsafe {
        mlirContextAttachDiagnosticHandler(
            context.to_raw(),
            Some(handle::<F>),
            handler,
            Some(destroy::<F>),
        )
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.severity, self.text())
    }
}

#[expect(unsafe_code, reason = "the C API of diagnostics")]
fn emit(location: Location<'_>, severity: i32, message: &str) {
    // Names of the model may be part of it; what is escaped holds no NUL.
    let message = CString::new(printable(message).as_bytes()).unwrap_or_default();
    // SAFETY: location and message are valid for the call.
    unsafe {
        if severity == 0 {
            mlirEmitError(location.to_raw(), message.as_ptr());
        } else {
            qonnxEmit(location.to_raw(), severity, message.as_ptr());
        }
    }
}

/// Reports an error.
pub fn emit_error(location: Location<'_>, message: &str) {
    emit(location, 0, message);
}

/// Reports a warning.
pub fn emit_warning(location: Location<'_>, message: &str) {
    emit(location, 1, message);
}

/// Reports a remark.
pub fn emit_remark(location: Location<'_>, message: &str) {
    emit(location, 3, message);
}

/// Runs `body` and returns what was reported meanwhile, besides its result.
#[expect(unsafe_code, reason = "the C API of diagnostics")]
pub fn capture<T>(context: &Context, body: impl FnOnce() -> T) -> (T, Vec<Diagnostic>) {
    let sink = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&sink);
    let id = attach(context, move |raw| {
        if let Ok(mut entries) = writer.lock() {
            entries.extend(Diagnostic::with_notes(raw));
        }
        true
    });
    let result = body();
    // SAFETY: the handler was attached above.
    unsafe { mlirContextDetachDiagnosticHandler(context.to_raw(), id) };
    let entries = sink
        .lock()
        .map(|mut entries| std::mem::take(&mut *entries))
        .unwrap_or_default();
    (result, entries)
}

/// A file as a tool was given it, to show lines of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// Its bytes.
    pub source: &'a [u8],
}

/// Hands every diagnostic of a context that is wanted to `print` as it comes, as text for a terminal, with its notes if
/// these are wanted. The others are left to the handlers before.
pub fn listen(
    context: &Context,
    input: Input<'static>,
    wanted: impl Fn(Severity) -> bool + 'static,
    notes: bool,
    print: impl Fn(&str) + 'static,
) {
    attach(context, move |raw| {
        if !wanted(severity(raw)) {
            return false;
        }
        let entries = Diagnostic::with_notes(raw);
        for entry in entries.iter().take(if notes { entries.len() } else { 1 }) {
            print(&shown(entry, input));
        }
        true
    });
}

/// A diagnostic as compilers show it: the file, the node or the place, the message, and the line where it is one of the
/// input. Other files are not looked into, whatever a location says.
fn shown(diagnostic: &Diagnostic, input: Input<'_>) -> String {
    let place = diagnostic.place.as_ref();
    let file = place.map_or_else(
        || input.name.to_owned(),
        |place| place.file.shown().to_string(),
    );
    let (severity, message) = (diagnostic.severity, &diagnostic.message);
    let exact = place.filter(|place| place.is_exact() && diagnostic.node.is_none());
    let Some(place) = exact else {
        return format!("{file}: {severity}: {}\n", diagnostic.text());
    };
    let (line, column) = (place.line as usize, place.column as usize);
    let mut text = format!("{file}:{line}:{column}: {severity}: {message}\n");
    let own = file == input.name && !is_bytecode(input.source);
    let lines = own.then(|| input.source.split(|&byte| byte == b'\n'));
    if let Some(source) = lines.and_then(|mut lines| lines.nth(line - 1)) {
        let source = String::from_utf8_lossy(source);
        let source = source.trim_end_matches('\r');
        let before = source.char_indices().take_while(|&(at, _)| at < column - 1);
        let blanks = before.map(|(_, letter)| if letter == '\t' { '\t' } else { ' ' });
        text += &format!("{}\n{}^\n", printable(source), blanks.collect::<String>());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(node: Option<&str>, file: &str, line: u32, column: u32) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            node: node.map(Foreign::from),
            place: Some(Place {
                file: file.into(),
                line,
                column,
            }),
            message: "it is wrong".to_owned(),
        }
    }

    #[test]
    fn diagnostics_name_the_node_or_show_the_line() {
        let input = Input {
            name: "a.mlir",
            source: "one\n\ttwö three\r\n".as_bytes(),
        };
        let text = |diagnostic: &Diagnostic| shown(diagnostic, input);
        assert_eq!(
            text(&at(Some("n\u{1b}"), "b.onnx", 7, 0)),
            "b.onnx: error: node 'n\\u{1b}': it is wrong\n"
        );
        assert_eq!(
            text(&at(None, "a.mlir", 2, 7)),
            "a.mlir:2:7: error: it is wrong\n\ttwö three\n\t    ^\n"
        );
        // Lines of other files are not shown, and a line beyond the end is none.
        for (file, line) in [("/etc/passwd", 1), ("a.mlir", 9)] {
            let expected = format!("{file}:{line}:1: error: it is wrong\n");
            assert_eq!(text(&at(None, file, line, 1)), expected);
        }
        let mut nowhere = at(None, "a.mlir", 0, 0);
        nowhere.place = None;
        assert_eq!(text(&nowhere), "a.mlir: error: it is wrong\n");
    }

    #[test]
    fn captured_diagnostics_say_where() {
        let context = crate::ir::session();
        let source = b"func.func @f() {\n  return %x : i1\n}";
        let (module, found) = capture(&context, || crate::ir::parse_module(&context, source));
        assert!(module.is_none());
        let text = found.first().map(ToString::to_string).unwrap_or_default();
        assert!(text.starts_with("error: line 2, column 10: "), "{text}");
    }

    /// A symbol's bytes are the module's.
    #[test]
    fn a_message_that_is_no_utf8_is_one() {
        let context = crate::ir::session();
        let source = br#"module { func.func private @"\FF\1b"() func.func private @"\FF\1b"() }"#;
        let (module, found) = capture(&context, || crate::ir::parse_module(&context, source));
        assert!(module.is_none());
        let text = found.first().map(ToString::to_string).unwrap_or_default();
        assert!(text.contains("\u{fffd}\\u{1b}"), "{text:?}");
    }
}
