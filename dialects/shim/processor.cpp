//===- processor.cpp - what LLVM knows about processors ----------------------------------------------===//

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Triple.h"
#include "mlir/CAPI/Support.h"
#include "qonnx-c.h"

// LLVM itself warns about an unknown processor on standard error and makes code for another one.
bool qonnxIsProcessor(MlirStringRef triple, MlirStringRef name) {
  llvm::Triple parsed(unwrap(triple));
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, error);
  if (!target)
    return false;
  std::unique_ptr<llvm::MCSubtargetInfo> info(target->createMCSubtargetInfo(parsed, "", ""));
  return info && info->isCPUStringValid(unwrap(name));
}
