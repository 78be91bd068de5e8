//===- equivalence.cpp - whether operations compute the same, wherever they are -----------------------===//

#include "mlir/CAPI/IR.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "qonnx-c.h"

using mlir::OperationEquivalence;

/// A hash of one operation: its name, attributes and result types, and the types of its operands.
static llvm::hash_code hashOf(mlir::Operation *op) {
  auto hash = OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::IgnoreLocations);
  for (mlir::Type type : op->getOperandTypes())
    hash = llvm::hash_combine(hash, type);
  return hash;
}

size_t qonnxNestHash(MlirOperation operation) {
  mlir::Operation *nest = unwrap(operation);
  llvm::hash_code hash = 0;
  nest->walk([&](mlir::Operation *op) {
    hash = llvm::hash_combine(hash, hashOf(op));
    for (mlir::Value operand : op->getOperands()) {
      mlir::Attribute constant;
      if (mlir::matchPattern(operand, mlir::m_Constant(&constant)))
        hash = llvm::hash_combine(hash, constant);
    }
  });
  return hash;
}

size_t qonnxFunctionHash(MlirOperation operation) {
  auto function = llvm::cast<mlir::FunctionOpInterface>(unwrap(operation));
  llvm::hash_code hash = llvm::hash_combine(function.getFunctionType(), function.getAllArgAttrs());
  function.getFunctionBody().walk([&](mlir::Operation *op) { hash = llvm::hash_combine(hash, hashOf(op)); });
  return hash;
}

bool qonnxFunctionsEqual(MlirOperation left, MlirOperation right) {
  auto a = llvm::cast<mlir::FunctionOpInterface>(unwrap(left));
  auto b = llvm::cast<mlir::FunctionOpInterface>(unwrap(right));
  return a.getFunctionType() == b.getFunctionType() && a.getAllArgAttrs() == b.getAllArgAttrs() &&
         OperationEquivalence::isRegionEquivalentTo(&a.getFunctionBody(), &b.getFunctionBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

bool qonnxIsElementwise(MlirOperation operation) {
  return mlir::OpTrait::hasElementwiseMappableTraits(unwrap(operation));
}
