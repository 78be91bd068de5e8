// RUN: qonnx-opt --split-uses=most-inserts=2 %s | FileCheck %s
// RUN: qonnx-opt --split-uses %s | FileCheck %s --check-prefix=FEW

// After two insertions the next ones go into a copy, and those into another tensor are not counted with them.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0]
// CHECK-NEXT: %[[OTHER:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0]
// CHECK-NEXT: %[[B:.*]] = tensor.insert_slice %{{.*}} into %[[A]][2]
// CHECK-NEXT: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[B]])
// CHECK-NEXT: %[[C:.*]] = tensor.insert_slice %{{.*}} into %[[COPY]][4]
// CHECK-NEXT: %[[D:.*]] = tensor.insert_slice %{{.*}} into %[[C]][6]
// CHECK-NEXT: %[[AGAIN:.*]] = bufferization.alloc_tensor() copy(%[[D]])
// CHECK-NEXT: %[[E:.*]] = tensor.insert_slice %{{.*}} into %[[AGAIN]][8]
// CHECK-NEXT: return %[[E]], %[[OTHER]]
// FEW-NOT: alloc_tensor
func.func @main(%x: tensor<2xf32>, %whole: tensor<10xf32>, %two: tensor<10xf32>) -> (tensor<10xf32>, tensor<10xf32>) {
  %0 = tensor.insert_slice %x into %whole[0] [2] [1] : tensor<2xf32> into tensor<10xf32>
  %1 = tensor.insert_slice %x into %two[0] [2] [1] : tensor<2xf32> into tensor<10xf32>
  %2 = tensor.insert_slice %x into %0[2] [2] [1] : tensor<2xf32> into tensor<10xf32>
  %3 = tensor.insert_slice %x into %2[4] [2] [1] : tensor<2xf32> into tensor<10xf32>
  %4 = tensor.insert_slice %x into %3[6] [2] [1] : tensor<2xf32> into tensor<10xf32>
  %5 = tensor.insert_slice %x into %4[8] [2] [1] : tensor<2xf32> into tensor<10xf32>
  return %5, %1 : tensor<10xf32>, tensor<10xf32>
}
