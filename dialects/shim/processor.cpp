//===- processor.cpp - what LLVM knows about processors ----------------------------------------------===//

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Triple.h"
#include "mlir/CAPI/Support.h"
#include "qonnx-c.h"

namespace {

/// What LLVM knows about the processors of an architecture; null if it knows none.
std::unique_ptr<llvm::MCSubtargetInfo> subtarget(MlirStringRef triple, llvm::StringRef cpu = "",
                                                 llvm::StringRef features = "") {
  llvm::Triple parsed(unwrap(triple));
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(target ? target->createMCSubtargetInfo(parsed, cpu, features) : nullptr);
}

} // namespace

// LLVM itself warns about what it does not know on standard error and makes code for something else.
bool qonnxIsProcessor(MlirStringRef triple, MlirStringRef name) {
  auto info = subtarget(triple);
  return info && info->isCPUStringValid(unwrap(name));
}

bool qonnxIsFeature(MlirStringRef triple, MlirStringRef name) {
  auto info = subtarget(triple);
  return info && llvm::any_of(info->getAllProcessorFeatures(),
                              [&](const auto &feature) { return unwrap(name) == feature.Key; });
}

bool qonnxHasFeatures(MlirStringRef triple, MlirStringRef cpu, MlirStringRef features, MlirStringRef wanted) {
  auto info = subtarget(triple, unwrap(cpu), unwrap(features));
  return info && info->checkFeatures(unwrap(wanted));
}
