//! Small models as messages.

use bytes::Bytes;
use prost::Message;
use qonnx_dialects::ir;

use crate::driver::{Level, bring_to};
use crate::frontend::onnx::proto::*;
use crate::frontend::onnx::{ImportErrors, ImportOptions, import_bytes};

/// A model with one float32 input `x` of shape 2x3x4, one output `y`, and the initializers of `tensors`.
pub fn model(version: i64, nodes: Vec<NodeProto>, tensors: Vec<TensorProto>) -> ModelProto {
    let graph = GraphProto {
        node: nodes,
        input: vec![value("x", &[2, 3, 4])],
        output: vec![ValueInfoProto {
            name: "y".to_owned(),
            r#type: None,
        }],
        initializer: tensors,
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version,
        }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

/// A float32 value; an extent of 0 is symbolic.
pub fn value(name: &str, shape: &[i64]) -> ValueInfoProto {
    let dim = |&extent: &i64| DimensionProto {
        dim_value: (extent != 0).then_some(extent),
        dim_param: (extent == 0).then(|| "batch".to_owned()),
    };
    let shape = TensorShapeProto {
        dim: shape.iter().map(dim).collect(),
    };
    let tensor_type = Some(TensorTypeProto {
        elem_type: 1,
        shape: Some(shape),
    });
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type }),
    }
}

/// A node of the standard domain, named after its operator.
pub fn node(op_type: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto {
        name: format!("the_{op_type}"),
        op_type: op_type.to_owned(),
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: outputs.iter().map(|&name| name.to_owned()).collect(),
        ..NodeProto::default()
    }
}

impl NodeProto {
    /// The same in another domain.
    pub fn domain(mut self, domain: &str) -> Self {
        self.domain = domain.to_owned();
        self
    }

    fn with(mut self, name: &str, kind: i32, fill: impl FnOnce(&mut AttributeProto)) -> Self {
        let mut attribute = AttributeProto {
            name: name.to_owned(),
            r#type: kind,
            ..AttributeProto::default()
        };
        fill(&mut attribute);
        self.attribute.push(attribute);
        self
    }

    /// The same with a float attribute.
    pub fn float(self, name: &str, value: f32) -> Self {
        self.with(name, 1, |attribute| attribute.f = value)
    }

    /// The same with an integer attribute.
    pub fn int(self, name: &str, value: i64) -> Self {
        self.with(name, 2, |attribute| attribute.i = value)
    }

    /// The same with a string attribute.
    pub fn string(self, name: &str, value: &str) -> Self {
        self.with(name, 3, |attribute| {
            attribute.s = Bytes::copy_from_slice(value.as_bytes())
        })
    }

    /// The same with a tensor attribute.
    pub fn tensor(self, name: &str, value: TensorProto) -> Self {
        self.with(name, 4, |attribute| attribute.t = Some(value))
    }

    /// The same with a floats attribute.
    pub fn floats(self, name: &str, values: &[f32]) -> Self {
        self.with(name, 6, |attribute| attribute.floats = values.to_vec())
    }

    /// The same with an integers attribute.
    pub fn ints(self, name: &str, values: &[i64]) -> Self {
        self.with(name, 7, |attribute| attribute.ints = values.to_vec())
    }
}

/// An int64 initializer of rank 1.
pub fn ints(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: 7,
        dims: vec![values.len() as i64],
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// A float32 initializer in raw form.
pub fn floats(name: &str, shape: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: 1,
        dims: shape.to_vec(),
        raw_data: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        ..TensorProto::default()
    }
}

/// Imports a model; the text of its module, and what was reported besides.
pub fn import_with(
    model: &ModelProto,
    options: &ImportOptions,
) -> Result<(String, Vec<String>), ImportErrors> {
    let context = ir::session();
    let bytes = Bytes::from(model.encode_to_vec());
    let (module, diagnostics) = ir::capture(&context, || {
        import_bytes(&context, bytes, "model.onnx", options)
    });
    let messages = diagnostics
        .into_iter()
        .map(|diagnostic| diagnostic.message)
        .collect();
    Ok((ir::print_module(&module?, false, true), messages))
}

/// The text of an imported model.
pub fn import(model: &ModelProto) -> Result<String, ImportErrors> {
    import_with(model, &ImportOptions::default()).map(|(text, _)| text)
}

/// What is reported on a model that cannot be imported.
pub fn faults(model: &ModelProto) -> String {
    import(model)
        .expect_err("the model is at fault")
        .to_string()
}

/// The text of a model at level 1, or what is reported on the way there.
pub fn cleaned(model: &ModelProto) -> Result<String, String> {
    let context = ir::session();
    let bytes = Bytes::from(model.encode_to_vec());
    let options = ImportOptions::default();
    let cleaned = || {
        let mut module = import_bytes(&context, bytes, "model.onnx", &options)
            .map_err(|errors| errors.to_string())?;
        bring_to(&context, &mut module, "model.onnx", Level::Clean)
            .map_err(|error| error.to_string())?;
        Ok(ir::print_module(&module, false, true))
    };
    ir::capture(&context, cleaned).0
}
