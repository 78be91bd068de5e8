//===- qonnx-c.h - every C++ function that Rust calls, and every Rust function that C++ calls ------===//

#ifndef QONNX_C_H
#define QONNX_C_H

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

extern "C" {

//===--- Implemented in C++ ------------------------------------------------------------------------===//

/// Adds the dialects of qonnx-mlir, the upstream dialects in use, and their interface implementations.
void qonnxRegisterDialects(MlirDialectRegistry registry);

/// Registers the upstream passes in use in MLIR's global registry. Call once in a process.
void qonnxRegisterUpstreamPasses(void);

/// One option of a pass: its name, description and default value as text.
struct QonnxPassOption {
  MlirStringRef name, description, defaultValue;
};

/// Static description of a pass written in Rust. All pointers live for the whole process.
struct QonnxPassInfo {
  MlirStringRef name, argument, description;
  /// Name of the op that the pass runs on, or empty for any.
  MlirStringRef anchor;
  const QonnxPassOption *options;
  size_t optionCount;
  /// Handed back to the callbacks.
  const void *vtable;
};

/// Puts a Rust pass into MLIR's global registry.
void qonnxRegisterPass(const QonnxPassInfo *info);

/// Registers a named pipeline that stands for the pipeline text `passes`.
void qonnxRegisterPipeline(MlirStringRef argument, MlirStringRef description, MlirStringRef passes);

/// What a tool is given as input.
struct QonnxInput {
  /// Whether it is an ONNX model, which `qonnxRustImport` makes a module of. Otherwise `bytes` are a module as text or
  /// bytecode; they live for the whole process, and a zero follows.
  bool isModel;
  /// Whether MLIR's messages about the module may steer a terminal.
  bool maySteer;
  MlirStringRef bytes;
};

/// `MlirOptMain`. The input comes from `qonnxRustRead`, what goes to a file is written by `qonnxRustWriteOutput`, and
/// diagnostics of passes are printed by `qonnxRustListen`. Returns 2 if the command line is at fault. If Rust changes what
/// is printed on standard error, `standardError` is the real one, to which a crash reports; -1 otherwise. Then Rust writes
/// to standard output as well.
int qonnxOptMain(int argc, char **argv, MlirStringRef tool, int standardError);

/// `MlirLspServerMain`.
int qonnxLspMain(int argc, char **argv);

/// The bytes of a `dense_resource` attribute, or null where it is another attribute or the blob is absent.
const char *qonnxResourceData(MlirAttribute attribute, size_t *size);

/// Makes an `llvm.mlir.global` of nested arrays one of a single array with the same elements; leaves all else alone.
void qonnxFlattenGlobal(MlirOperation operation);

/// A hash of a loop nest that is the same for nests that differ in places, locations and globals only.
size_t qonnxNestHash(MlirOperation nest);

/// A hash of a `func.func` that is the same for functions that differ in names and locations only.
size_t qonnxFunctionHash(MlirOperation function);

/// Whether two operations `func.func` differ in names and locations only.
bool qonnxFunctionsEqual(MlirOperation left, MlirOperation right);

/// Whether LLVM knows a processor of that name, for the architecture of a target triple.
bool qonnxIsProcessor(MlirStringRef triple, MlirStringRef name);

/// Likewise, a feature of processors.
bool qonnxIsFeature(MlirStringRef triple, MlirStringRef name);

/// Whether a processor has all of some features, which are written as `+avx2,+avx512vnni`; `features` are those that it is
/// said to have beside its own.
bool qonnxHasFeatures(MlirStringRef triple, MlirStringRef cpu, MlirStringRef features, MlirStringRef wanted);

/// Whether an op computes each element of vectors as it computes scalars.
bool qonnxIsElementwise(MlirOperation operation);

/// Reports a warning (severity 1) or a remark (3).
void qonnxEmit(MlirLocation location, int severity, const char *message);

/// The encoding of a tensor that holds `lo`, `lo + step`, ... `hi` only; null if the steps do not end there.
MlirAttribute qonnxQintValuesGet(MlirContext context, int64_t lo, int64_t hi, int64_t step);

/// Takes such an encoding apart; false for other attributes, and for none.
bool qonnxQintValuesRead(MlirAttribute attribute, int64_t *lo, int64_t *hi, int64_t *step);

/// The type of words of type `element`, a signed or unsigned integer, in a shape: an array, or a stream of so many lanes.
/// Null if there is none.
MlirType qonnxDataflowLinkGet(MlirType element, intptr_t rank, const int64_t *extents, int64_t lanes);

/// Takes a `dataflow.array` (0 lanes) or `dataflow.stream` apart; false for other types. The extents live as long as
/// the context.
bool qonnxDataflowLinkRead(MlirType type, MlirType *element, intptr_t *rank, const int64_t **extents, int64_t *lanes);

//===--- Implemented in Rust -----------------------------------------------------------------------===//

/// Builds a pass from the text `key=value key=value `; returns null after reporting at `location`.
void *qonnxRustPassMake(const void *vtable, MlirStringRef options, MlirLocation location);
void *qonnxRustPassClone(const void *vtable, void *pass);
void qonnxRustPassDrop(const void *vtable, void *pass);
/// Runs the pass; false after a failure, which has been reported. Never unwinds.
bool qonnxRustPassRun(const void *vtable, void *pass, MlirOperation operation);

/// Checks the rules of an op; false after reporting a violation at the op.
bool qonnxRustVerify(MlirOperation operation);

/// Whether the result of an op of `qint` is its first operand, of the same type, whatever that holds.
bool qonnxRustIsIdentity(MlirOperation operation);

/// Reads what a path names; false after reporting on standard error.
bool qonnxRustRead(MlirStringRef path, QonnxInput *input);

/// Imports the model that was read as a module in `context`; a null module after reporting on standard error.
MlirModule qonnxRustImport(MlirContext context);

/// Prints diagnostics of a context on standard error from here on, each with its notes if these are wanted. With
/// verbosity 0 errors only, with 1 warnings, with 2 remarks too; the others are left to other handlers.
void qonnxRustListen(MlirContext context, int verbosity, bool notes);

/// Hands a text in which nothing steers a terminal to `append`, unless the text is one already; returns whether it was
/// not.
bool qonnxRustEscape(MlirStringRef text, MlirStringCallback append, void *data);

/// Prints errors on standard error, one each line.
void qonnxRustReport(MlirStringRef text);

/// Whether what is made of the file `input` may be written to `output`; false after reporting on standard error.
bool qonnxRustCheckOutput(MlirStringRef input, MlirStringRef output);

/// Writes it; false after reporting on standard error.
bool qonnxRustWriteOutput(MlirStringRef input, MlirStringRef output, MlirStringRef bytes);
}

#endif // QONNX_C_H
