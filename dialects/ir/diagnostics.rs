//! Diagnostics: reporting at a location, and capturing what MLIR reports.

use melior::Context;
use melior::diagnostic::DiagnosticSeverity;
use melior::ir::Location;
use mlir_sys::mlirEmitError;
use std::ffi::CString;
use std::sync::{Arc, Mutex};

use super::node::node_name;
use crate::ffi::qonnxEmit;
use crate::text::{Foreign, printable};

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

/// A captured diagnostic.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The ONNX node, if the location names one.
    pub node: Option<Foreign>,
    /// Where, as MLIR prints locations.
    pub location: String,
    /// What.
    pub message: String,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
            Severity::Remark => "remark",
        };
        match &self.node {
            Some(node) => {
                let node = node.shown();
                write!(formatter, "{severity}: node '{node}': {}", self.message)
            }
            None => write!(
                formatter,
                "{severity}: {} at {}",
                self.message, self.location
            ),
        }
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
pub fn capture<T>(context: &Context, body: impl FnOnce() -> T) -> (T, Vec<Diagnostic>) {
    let sink = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&sink);
    let id = context.attach_diagnostic_handler(move |diagnostic| {
        let push = |diagnostic: &melior::diagnostic::Diagnostic<'_>| {
            let severity = match diagnostic.severity() {
                DiagnosticSeverity::Error => Severity::Error,
                DiagnosticSeverity::Warning => Severity::Warning,
                DiagnosticSeverity::Note => Severity::Note,
                DiagnosticSeverity::Remark => Severity::Remark,
            };
            if let Ok(mut entries) = writer.lock() {
                entries.push(Diagnostic {
                    severity,
                    node: node_name(diagnostic.location()),
                    location: printable(&diagnostic.location().to_string()).into_owned(),
                    // MLIR repeats parts of the input.
                    message: printable(&diagnostic.to_string()).into_owned(),
                });
            }
        };
        push(&diagnostic);
        for at in 0..diagnostic.note_count() {
            if let Ok(note) = diagnostic.note(at) {
                push(&note);
            }
        }
        true
    });
    let result = body();
    context.detach_diagnostic_handler(id);
    let entries = sink
        .lock()
        .map(|mut entries| std::mem::take(&mut *entries))
        .unwrap_or_default();
    (result, entries)
}
