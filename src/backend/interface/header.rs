//! The C header of a compiled network.

use std::fmt::Write;

use super::{Interface, Workspace, c_type, member, shape, size_of};
use qonnx_dialects::tensor::Element;

impl Interface {
    /// The parameters of the entry function.
    pub fn parameters(&self, restrict: &str) -> String {
        let inputs = self.inputs.iter().map(|argument| {
            let ty = c_type(argument.ty.element);
            format!("const {ty} *{restrict}{}", argument.name)
        });
        let outputs = self.outputs.iter().map(|argument| {
            let ty = c_type(argument.ty.element);
            format!("{ty} *{restrict}{}", argument.name)
        });
        let workspace = format!("{} *{restrict}workspace", self.workspace_type());
        let all: Vec<_> = inputs.chain(outputs).chain([workspace]).collect();
        all.join(", ")
    }

    /// The header: the entry function with its contract, and sizes as macros. `about` is what is to be known beside it, one
    /// line each, harmless in a comment.
    pub fn header(&self, about: &[String]) -> String {
        let upper = self.upper();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "/* The network '{}', compiled by qonnx-mlir.{} */\n\
             #ifndef {upper}_H\n\
             #define {upper}_H\n",
            self.model.c_comment(),
            about
                .iter()
                .map(|line| format!("\n * {line}"))
                .collect::<String>(),
        );
        if self.needs_integers() {
            let _ = writeln!(text, "#include <stdint.h>\n");
        }
        let _ = writeln!(
            text,
            "#ifdef __cplusplus\n\
             extern \"C\" {{\n\
             #endif\n"
        );
        for argument in self.inputs.iter().chain(&self.outputs) {
            let count: usize = argument.ty.shape.iter().product();
            let _ = writeln!(
                text,
                "/* {}: tensor '{}', {} elements of type {}, row-major. */\n#define {upper}_{}_SIZE {count}",
                argument.name,
                argument.tensor.c_comment(),
                shape(&argument.ty),
                c_type(argument.ty.element),
                argument.name.to_ascii_uppercase(),
            );
        }
        let alignment = match &self.workspace {
            Workspace::Bytes(bytes) => {
                let _ = writeln!(
                    text,
                    "\n/* Bytes of the workspace. */\n#define {upper}_WORKSPACE_SIZE {bytes}\n"
                );
                "the\n * workspace must be aligned for double, better for 64 bytes. Its"
            }
            Workspace::Union(bytes, elements) => {
                let _ = writeln!(
                    text,
                    "\n/* The workspace, {bytes} bytes: what has one type at a time. */\n{}\n",
                    self.union(*bytes, elements)
                );
                "the\n * workspace is a variable of its type, or memory that was allocated for one. Its"
            }
        };
        let _ = writeln!(
            text,
            "/* Runs the network on one sample.\n\
             \x20*\n\
             \x20* The caller owns all buffers. They must not overlap, and must be aligned for their elements; {alignment} contents do not matter before the call\n\
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
            self.entry(),
            self.parameters("")
        );
        text
    }

    fn union(&self, bytes: usize, elements: &[Element]) -> String {
        let mut text = String::from("typedef union {\n");
        for element in elements {
            let count = bytes.div_ceil(size_of(*element));
            text += &format!("    {} {}[{count}];\n", c_type(*element), member(*element));
        }
        if elements.is_empty() {
            text += "    char none[1];\n";
        }
        text + &format!("}} {};", self.workspace_type())
    }

    /// Whether a type of the header is one of `stdint.h`.
    fn needs_integers(&self) -> bool {
        let arguments = self.inputs.iter().chain(&self.outputs);
        let mut elements = arguments.map(|argument| argument.ty.element);
        let kept = match &self.workspace {
            Workspace::Bytes(_) => &[][..],
            Workspace::Union(_, elements) => elements,
        };
        elements.any(|element| element.is_int()) || kept.iter().any(|element| element.is_int())
    }
}
