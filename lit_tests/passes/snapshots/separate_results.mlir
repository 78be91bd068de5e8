// RUN: qonnx-opt --separate-results %s

// One buffer as two results: the second is a copy. The third result is another buffer and stays.
func.func @main() -> (memref<4xf32>, memref<4xf32>, memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  %1 = memref.alloc() : memref<4xf32>
  return %0, %0, %1 : memref<4xf32>, memref<4xf32>, memref<4xf32>
}
