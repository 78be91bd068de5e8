func.func @f(%x: tensor<f32> {a.b = array<index: 1, 2>}) { return }
