//===- opt_main.cpp - MLIR's own command-line tools, with our dialects ------------------------------===//

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/SourceMgr.h"
#include "qonnx-c.h"

namespace {

/// Imports an ONNX file and hands it to MlirOptMain as bytecode, which keeps locations and resources.
std::unique_ptr<llvm::MemoryBuffer> importOnnx(llvm::StringRef path, mlir::DialectRegistry &registry) {
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module(
      unwrap(qonnxRustImport(wrap(&context), mlirStringRefCreate(path.data(), path.size()))));
  if (!module)
    return nullptr;
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  if (failed(mlir::writeBytecodeToFile(*module, stream)))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(bytecode, path);
}

/// Reads an input file as MlirOptMain does; null after reporting.
std::unique_ptr<llvm::MemoryBuffer> openInput(llvm::StringRef path) {
  if (path == "-" && llvm::sys::Process::FileDescriptorIsDisplayed(fileno(stdin)))
    llvm::errs() << "(processing input from stdin now, hit ctrl-c/ctrl-d to interrupt)\n";
  std::string error;
  auto buffer = mlir::openInputFile(path, &error);
  if (!buffer)
    llvm::errs() << error << "\n";
  return buffer;
}

MlirStringRef reference(llvm::StringRef text) { return mlirStringRefCreate(text.data(), text.size()); }

} // namespace

int qonnxOptMain(int argc, char **argv, MlirStringRef tool) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  auto [inputFile, outputFile] = mlir::registerAndParseCLIOptions(argc, argv, unwrap(tool), registry);
  const bool onnx = llvm::StringRef(inputFile).ends_with(".onnx");
  const bool toFile = outputFile != "-";
  const auto config = mlir::MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, inputFile, "-", registry));

  // As MlirOptMain does. Rust's writing has its own way with SIGPIPE.
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  if (!toFile)
    llvm::sys::SetOneShotPipeSignalFunction(llvm::sys::DefaultOneShotPipeSignalHandler);
  const MlirStringRef from = reference(inputFile), to = reference(outputFile);
  if (toFile && !qonnxRustCheckOutput(from, to))
    return EXIT_FAILURE;
  std::unique_ptr<llvm::MemoryBuffer> buffer = onnx ? importOnnx(inputFile, registry) : openInput(inputFile);
  if (!buffer)
    return EXIT_FAILURE;
  // MLIR shows lines of the input in its messages.
  if (!onnx && !qonnxRustCheckSource(from, reference(buffer->getBuffer())))
    return EXIT_FAILURE;
  if (!toFile)
    return mlir::asMainReturnCode(mlir::MlirOptMain(llvm::outs(), std::move(buffer), registry, config));
  // MLIR would write into the file as it goes, and delete it after a failure.
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (failed(mlir::MlirOptMain(stream, std::move(buffer), registry, config)))
    return EXIT_FAILURE;
  return qonnxRustWriteOutput(from, to, reference(bytes)) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int qonnxLspMain(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  return mlir::asMainReturnCode(mlir::MlirLspServerMain(argc, argv, registry));
}
