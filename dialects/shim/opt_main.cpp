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
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
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

} // namespace

int qonnxOptMain(int argc, char **argv, MlirStringRef tool) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  auto [inputFile, outputFile] = mlir::registerAndParseCLIOptions(argc, argv, unwrap(tool), registry);
  if (!llvm::StringRef(inputFile).ends_with(".onnx"))
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, inputFile, outputFile, registry));

  auto buffer = importOnnx(inputFile, registry);
  if (!buffer)
    return EXIT_FAILURE;
  std::string error;
  auto output = mlir::openOutputFile(outputFile, &error);
  if (!output) {
    llvm::errs() << error << "\n";
    return EXIT_FAILURE;
  }
  if (failed(mlir::MlirOptMain(output->os(), std::move(buffer), registry,
                               mlir::MlirOptMainConfig::createFromCLOptions())))
    return EXIT_FAILURE;
  output->keep();
  return EXIT_SUCCESS;
}

int qonnxLspMain(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qonnxRegisterDialects(wrap(&registry));
  return mlir::asMainReturnCode(mlir::MlirLspServerMain(argc, argv, registry));
}
