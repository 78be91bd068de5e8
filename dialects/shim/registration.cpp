//===- registration.cpp - the dialects, interfaces and upstream passes in use -----------------------===//
//
// Only what the compiler uses: with everything of MLIR registered, a debug binary is 270 MB.

// MLIR's C API wherever it has a name for a thing: the headers that define the dialects take a compiler a minute.

#include "mlir-c/Conversion.h"
#include "mlir-c/Dialect/Affine.h"
#include "mlir-c/Dialect/Arith.h"
#include "mlir-c/Dialect/Bufferization.h"
#include "mlir-c/Dialect/ControlFlow.h"
#include "mlir-c/Dialect/Func.h"
#include "mlir-c/Dialect/LLVM.h"
#include "mlir-c/Dialect/Linalg.h"
#include "mlir-c/Dialect/Math.h"
#include "mlir-c/Dialect/MemRef.h"
#include "mlir-c/Dialect/SCF.h"
#include "mlir-c/Dialect/Tensor.h"
#include "mlir-c/Dialect/Vector.h"
#include "mlir-c/Transforms.h"
#include "mlir/Dialect/Linalg/Passes.capi.h.inc"
#include "mlir/CAPI/IR.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/Transforms/AllocationOpInterfaceImpl.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/TensorInferTypeOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "qonnx-c.h"

extern "C" {
MlirDialectHandle mlirGetDialectHandle__onnx__(void);
MlirDialectHandle mlirGetDialectHandle__qonnx__(void);
MlirDialectHandle mlirGetDialectHandle__qint__(void);
MlirDialectHandle mlirGetDialectHandle__dataflow__(void);
MlirDialectHandle mlirGetDialectHandle__hls__(void);
}

// Declared here, since its header includes those of the dialects.
namespace mlir::bufferization::func_ext {
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);
} // namespace mlir::bufferization::func_ext

void qonnxRegisterDialects(MlirDialectRegistry wrapped) {
  for (MlirDialectHandle handle : {
           mlirGetDialectHandle__onnx__(),          mlirGetDialectHandle__qonnx__(),
           mlirGetDialectHandle__qint__(),          mlirGetDialectHandle__dataflow__(),
           mlirGetDialectHandle__hls__(),           mlirGetDialectHandle__affine__(),
           mlirGetDialectHandle__arith__(),         mlirGetDialectHandle__bufferization__(),
           mlirGetDialectHandle__cf__(),            mlirGetDialectHandle__func__(),
           mlirGetDialectHandle__linalg__(),        mlirGetDialectHandle__llvm__(),
           mlirGetDialectHandle__math__(),          mlirGetDialectHandle__memref__(),
           mlirGetDialectHandle__scf__(),           mlirGetDialectHandle__tensor__(),
           mlirGetDialectHandle__vector__(),
       })
    mlirDialectHandleInsertDialect(handle, wrapped);

  mlir::DialectRegistry &registry = *unwrap(wrapped);
  // Bufferization of the upstream dialects.
  mlir::arith::registerBufferizableOpInterfaceExternalModels(registry);
  mlir::bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(registry);
  mlir::linalg::registerBufferizableOpInterfaceExternalModels(registry);
  mlir::memref::registerAllocationOpInterfaceExternalModels(registry);
  mlir::scf::registerBufferizableOpInterfaceExternalModels(registry);
  mlir::tensor::registerBufferizableOpInterfaceExternalModels(registry);
  mlir::tensor::registerInferTypeOpInterfaceExternalModels(registry);

  // Translation of the `llvm` dialect to LLVM IR.
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

/// Only passes that keep the meaning of what they are run on, each of which `lit_tests/harness/upstream.rs` shows:
/// `linalg-specialize-generic-ops`, for one, takes a product of signed and unsigned numbers for a signed one.
void qonnxRegisterUpstreamPasses(void) {
  // At every level.
  mlirRegisterTransformsCSE();
  mlirRegisterTransformsCanonicalizer();
  mlirRegisterTransformsCompositeFixedPointPass();
  mlirRegisterTransformsControlFlowSink();
  mlirRegisterTransformsInliner();
  mlirRegisterTransformsLoopInvariantCodeMotion();
  mlirRegisterTransformsPrintIRPass();
  mlirRegisterTransformsPrintOpStats();
  mlirRegisterTransformsRemoveDeadValues();
  mlirRegisterTransformsSCCP();
  mlirRegisterTransformsStripDebugInfo();
  mlirRegisterTransformsSymbolDCE();
  mlirRegisterTransformsTopologicalSort();
  mlirRegisterTransformsViewOpGraph();
  // Loop nests on tensors.
  mlirRegisterLinalgLinalgElementwiseOpFusionPass();
  mlirRegisterLinalgLinalgGeneralizeNamedOpsPass();
  mlirRegisterLinalgLinalgInlineScalarOperandsPass();
  // To buffers.
  mlir::bufferization::registerEmptyTensorToAllocTensorPass();
  mlir::bufferization::registerEmptyTensorEliminationPass();
  mlir::bufferization::registerOneShotBufferizePass();
  mlir::bufferization::registerBufferResultsToOutParamsPass();
  // To the `llvm` dialect.
  mlirRegisterLinalgConvertLinalgToLoopsPass();
  mlir::memref::registerExpandStridedMetadataPass();
  mlirRegisterConversionLowerAffinePass();
  mlirRegisterConversionSCFToControlFlowPass();
  mlirRegisterConversionConvertVectorToLLVMPass();
  mlirRegisterConversionConvertMathToLLVMPass();
  mlirRegisterConversionArithToLLVMConversionPass();
  mlirRegisterConversionConvertIndexToLLVMPass();
  mlirRegisterConversionFinalizeMemRefToLLVMConversionPass();
  mlirRegisterConversionConvertFuncToLLVMPass();
  mlirRegisterConversionConvertControlFlowToLLVMPass();
  mlirRegisterConversionReconcileUnrealizedCastsPass();
}
