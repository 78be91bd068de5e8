!t = index
func.func @f(%x: tensor<f32> {a.b = array<!t>}) { return }
