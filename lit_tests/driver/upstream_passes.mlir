// Upstream passes that would not keep the meaning of a product of signed and unsigned numbers are not offered.
// RUN: not qonnx-opt --linalg-specialize-generic-ops %s 2>&1 | FileCheck %s
// CHECK: Unknown command line argument '--linalg-specialize-generic-ops'
func.func @main() { return }
