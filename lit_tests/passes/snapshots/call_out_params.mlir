// RUN: qonnx-opt --call-out-params %s

// The result of a function that is elsewhere becomes an argument, and each call gets a buffer for it.
func.func @main(%x: memref<4xi8>) -> (memref<2xi8>, memref<2xi8>) {
  %0 = func.call @elsewhere(%x) : (memref<4xi8>) -> memref<2xi8>
  %1 = func.call @elsewhere(%x) : (memref<4xi8>) -> memref<2xi8>
  return %0, %1 : memref<2xi8>, memref<2xi8>
}
func.func private @elsewhere(memref<4xi8> {bufferization.access = "read"}) -> memref<2xi8>
