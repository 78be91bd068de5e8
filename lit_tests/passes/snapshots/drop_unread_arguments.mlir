// RUN: qonnx-opt --drop-unread-arguments %s

// The kernel uses one of its arguments: the other one goes, also from the call in a loop. What others may call stays.
func.func @main(%x: memref<4xf32>, %w: memref<2x2xi1>) {
  %0 = arith.constant 0 : index
  %1 = arith.constant 1 : index
  scf.for %i = %0 to %1 step %1 {
    func.call @kernel(%w, %x) : (memref<2x2xi1>, memref<4xf32>) -> ()
  }
  func.call @kernel(%w, %x) : (memref<2x2xi1>, memref<4xf32>) -> ()
  return
}
func.func private @kernel(%w: memref<2x2xi1> {llvm.noalias}, %x: memref<4xf32> {llvm.noalias}) {
  %c = arith.constant 1.0 : f32
  linalg.fill ins(%c : f32) outs(%x : memref<4xf32>)
  return
}
