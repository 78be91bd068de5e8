// RUN: qonnx-opt --plan-workspace %s

// Three buffers in a workspace for two: the first is dead when the third is born.
func.func @main(%x: memref<64xi8> {onnx.name = "x"}, %y: memref<64xi8> {onnx.name = "y"}) {
  %a = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  memref.copy %a, %b : memref<64xi8> to memref<64xi8>
  %c = memref.alloc() : memref<64xi8>
  memref.copy %b, %c : memref<64xi8> to memref<64xi8>
  memref.copy %c, %y : memref<64xi8> to memref<64xi8>
  return
}
