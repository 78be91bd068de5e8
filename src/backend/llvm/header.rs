//! The C header of a compiled network.

use std::fmt::Write;

use qonnx_dialects::llvm::Code;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;

use super::Interface;

/// One pointer argument of the entry function.
struct Argument<'a> {
    /// `in0`, `out0`, ...
    name: String,
    ty: &'a TensorType,
    /// The tensor's name in the model.
    tensor: Foreign,
}

fn arguments<'a>(prefix: &str, types: &'a [TensorType], names: &[Foreign]) -> Vec<Argument<'a>> {
    types
        .iter()
        .enumerate()
        .map(|(at, ty)| Argument {
            name: format!("{prefix}{at}"),
            ty,
            tensor: names.get(at).cloned().unwrap_or_default(),
        })
        .collect()
}

/// The C type of an element.
pub fn c_type(element: Element) -> &'static str {
    match element {
        Element::F64 => "double",
        _ => "float",
    }
}

fn shape(ty: &TensorType) -> String {
    let extents: Vec<_> = ty.shape.iter().map(ToString::to_string).collect();
    if extents.is_empty() {
        "scalar".to_owned()
    } else {
        extents.join(" x ")
    }
}

/// The header: the entry function with its contract, and sizes as macros.
pub fn header(name: &str, model: &Foreign, code: &Code, interface: &Interface) -> String {
    let signature = code.signature();
    let inputs = arguments("in", signature.inputs(), &interface.inputs);
    let outputs = arguments("out", signature.outputs(), &interface.outputs);
    let upper = name.to_ascii_uppercase();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "/* The network '{}', compiled by qonnx-mlir. */\n\
         #ifndef {upper}_H\n\
         #define {upper}_H\n\n\
         #ifdef __cplusplus\n\
         extern \"C\" {{\n\
         #endif\n",
        model.c_comment()
    );
    for argument in inputs.iter().chain(&outputs) {
        let count: usize = argument.ty.shape.iter().product();
        let _ = writeln!(
            text,
            "/* {}: tensor '{}', {} elements of type {}, row-major. */\n#define {upper}_{}_SIZE {count}",
            argument.name,
            argument.tensor.c_comment(),
            shape(argument.ty),
            c_type(argument.ty.element),
            argument.name.to_ascii_uppercase(),
        );
    }
    let _ = writeln!(
        text,
        "\n/* Bytes of the workspace. */\n#define {upper}_WORKSPACE_SIZE {}\n",
        signature.workspace()
    );
    let pointers: Vec<_> = inputs
        .iter()
        .map(|argument| format!("const {} *{}", c_type(argument.ty.element), argument.name))
        .chain(
            outputs
                .iter()
                .map(|argument| format!("{} *{}", c_type(argument.ty.element), argument.name)),
        )
        .chain(["void *workspace".to_owned()])
        .collect();
    let _ = writeln!(
        text,
        "/* Runs the network on one sample.\n\
         \x20*\n\
         \x20* The caller owns all buffers. They must not overlap, and must be aligned for their elements; the\n\
         \x20* workspace must be aligned for double, better for 64 bytes. Its contents do not matter before the call\n\
         \x20* and mean nothing after it; it may be a null pointer if its size is 0.\n\
         \x20*\n\
         \x20* The function allocates nothing, keeps nothing and may run in several threads at once, each with a\n\
         \x20* workspace of its own. It needs the C library's mathematical functions (-lm) at most.\n\
         \x20*/\n\
         void {}({});\n\n\
         #ifdef __cplusplus\n\
         }}\n\
         #endif\n\n\
         #endif",
        code.entry(),
        pointers.join(", ")
    );
    text
}
