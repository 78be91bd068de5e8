//===- opt_main.cpp - MLIR's own command-line tools, with our dialects ------------------------------===//

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/ToolUtilities.h"
#include "mlir/Tools/ParseUtilities.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/SourceMgr.h"
#include "qonnx-c.h"
#include <unistd.h>

namespace {

/// The command line is at fault.
constexpr int usage = 2;

MlirStringRef reference(llvm::StringRef text) { return mlirStringRefCreate(text.data(), text.size()); }

/// Prints the diagnostics of a context that are wanted from here on.
void listen(mlir::MLIRContext &context, const mlir::MlirOptMainConfig &config) {
  const int verbosity = static_cast<int>(config.getDiagnosticVerbosityLevel());
  qonnxRustListen(wrap(&context), verbosity, config.shouldShowNotes());
}

/// Imports the model that was read and hands it to MlirOptMain as bytecode, which keeps locations and resources.
std::unique_ptr<llvm::MemoryBuffer> importModel(llvm::StringRef path, mlir::DialectRegistry &registry) {
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  mlir::OwningOpRef<mlir::ModuleOp> module(unwrap(qonnxRustImport(wrap(&context))));
  if (!module)
    return nullptr;
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  if (failed(mlir::writeBytecodeToFile(*module, stream)))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(bytecode, path);
}

/// Makes a diagnostic and its notes steer no terminal; returns whether they did.
bool escape(mlir::Diagnostic &diagnostic) {
  bool steered = false;
  auto append = [](MlirStringRef part, void *text) { *static_cast<std::string *>(text) += unwrap(part); };
  std::string escaped;
  if (qonnxRustEscape(reference(diagnostic.str()), append, &escaped)) {
    steered = true;
    for (mlir::DiagnosticArgument &argument : diagnostic.getArguments())
      argument = mlir::DiagnosticArgument(llvm::StringRef());
    diagnostic << escaped;
  }
  for (mlir::Diagnostic &note : diagnostic.getNotes())
    steered |= escape(note);
  return steered;
}

/// Parses every piece of a module with a handler of our own: that of MlirOptMain shows whatever a message repeats of
/// the module. It cannot be exchanged before it parses.
mlir::LogicalResult parseFirst(llvm::StringRef path, llvm::StringRef source, const mlir::MlirOptMainConfig &config,
                               mlir::DialectRegistry &registry) {
  bool steered = false;
  auto parse = [&](std::unique_ptr<llvm::MemoryBuffer> piece, llvm::raw_ostream &) -> mlir::LogicalResult {
    mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
    context.allowUnregisteredDialects(config.shouldAllowUnregisteredDialects());
    // What is expected is not known here, but no message of the parser may be one that steers.
    if (config.shouldVerifyDiagnostics())
      context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) { steered |= escape(diagnostic); });
    else
      listen(context, config);
    auto sources = std::make_shared<llvm::SourceMgr>();
    sources->AddNewSourceBuffer(std::move(piece), llvm::SMLoc());
    mlir::ParserConfig parser(&context, config.shouldVerifyOnParsing());
    auto module = mlir::parseSourceFileForTool(sources, parser, !config.shouldUseExplicitModule());
    return mlir::success(module || config.shouldVerifyDiagnostics());
  };
  auto all = llvm::MemoryBuffer::getMemBuffer(source, path, /*RequiresNullTerminator=*/false);
  if (failed(mlir::splitAndProcessBuffer(std::move(all), parse, llvm::nulls(), config.inputSplitMarker())))
    return mlir::failure();
  if (steered)
    qonnxRustReport(reference("a message of the parser holds what steers a terminal and is not shown with "
                              "--verify-diagnostics"));
  return mlir::success(!steered);
}

} // namespace

int qonnxOptMain(int argc, char **argv, MlirStringRef tool, int standardError) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  llvm::cl::opt<std::string> inputFile(llvm::cl::Positional, llvm::cl::desc("<input file>"), llvm::cl::init("-"));
  llvm::cl::opt<std::string> outputFile("o", llvm::cl::desc("Output filename"), llvm::cl::value_desc("filename"),
                                        llvm::cl::init("-"));
  const std::string help = mlir::registerCLIOptions(unwrap(tool), registry);
  std::string faults;
  llvm::raw_string_ostream faultStream(faults);
  if (!llvm::cl::ParseCommandLineOptions(argc, argv, help, &faultStream)) {
    qonnxRustReport(reference(faults));
    return usage;
  }
  const std::string input = inputFile, output = outputFile;
  const bool toFile = output != "-";
  auto config = mlir::MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, "-", registry));

  // What is still on its way through Rust dies with the process; the stack trace must not.
  static int realError = -1;
  realError = standardError;
  if (realError >= 0)
    llvm::sys::AddSignalHandler([](void *) { dup2(realError, STDERR_FILENO); }, nullptr);
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  const MlirStringRef from = reference(input), to = reference(output);
  if (toFile && !qonnxRustCheckOutput(from, to))
    return EXIT_FAILURE;
  QonnxInput read;
  if (!qonnxRustRead(from, &read))
    return EXIT_FAILURE;
  const llvm::StringRef source = unwrap(read.bytes);
  // The bytes are followed by a zero, which the parser needs.
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      read.isModel ? importModel(input, registry) : llvm::MemoryBuffer::getMemBuffer(source, input);
  if (!buffer)
    return EXIT_FAILURE;
  if (!read.isModel && read.maySteer && failed(parseFirst(input, source, config, registry)))
    return EXIT_FAILURE;

  // Passes report to us from here on: MLIR's handler does not know of nodes.
  bool pipelineAtFault = false;
  const mlir::MlirOptMainConfig given = config;
  config.setPassPipelineSetupFn([&](mlir::PassManager &manager) {
    if (given.shouldVerifyDiagnostics())
      manager.getContext()->getDiagEngine().registerHandler([](mlir::Diagnostic &diagnostic) {
        escape(diagnostic);
        return mlir::failure();
      });
    else
      listen(*manager.getContext(), given);
    mlir::LogicalResult pipeline = given.setupPassPipeline(manager);
    pipelineAtFault = failed(pipeline);
    return pipeline;
  });
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  // MLIR would write into a file as it goes, and delete it after a failure.
  const bool collected = toFile || realError >= 0;
  llvm::raw_ostream &os = collected ? static_cast<llvm::raw_ostream &>(stream) : llvm::outs();
  const bool done = succeeded(mlir::MlirOptMain(os, std::move(buffer), registry, config));
  // Of a module in several pieces those that are right are printed, but not written.
  const bool written = !collected || (!done && (toFile || bytes.empty())) ||
                       qonnxRustWriteOutput(from, to, reference(bytes));
  if (!done)
    return pipelineAtFault ? usage : EXIT_FAILURE;
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int qonnxLspMain(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  return mlir::asMainReturnCode(mlir::MlirLspServerMain(argc, argv, registry));
}
