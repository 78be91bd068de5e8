//! The example program.

use std::fmt::Write;

use qonnx_dialects::llvm::Code;
use qonnx_dialects::value::TensorType;

use super::header::c_type;

/// Builds and runs the program, in its folder.
pub const COMMAND: &str = "cc -O2 main.c model.o -lm -o main && ./main";

/// A program that runs the network once, on zeros or on files of raw elements, and prints the outputs.
pub fn program(name: &str, code: &Code) -> String {
    let signature = code.signature();
    let upper = name.to_ascii_uppercase();
    let (inputs, outputs) = (signature.inputs(), signature.outputs());
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "/* Runs the network once and prints its outputs, one element on a line.\n\
         \x20*\n\
         \x20* Build: cc -O2 main.c model.o -lm -o main\n\
         \x20* Run:   ./main [FILE...]\n\
         \x20*\n\
         \x20* Each FILE holds the elements of one input in the byte order of this machine; inputs without a file\n\
         \x20* are zeros.\n\
         \x20*/\n\
         #include <stdio.h>\n\n\
         #include \"model.h\"\n"
    );
    // C has no arrays without elements.
    let one_more = |ty: &TensorType| if ty.is_empty() { " + 1" } else { "" };
    for (at, ty) in inputs.iter().enumerate() {
        let _ = writeln!(
            text,
            "static {} in{at}[{upper}_IN{at}_SIZE{}];",
            c_type(ty.element),
            one_more(ty)
        );
    }
    for (at, ty) in outputs.iter().enumerate() {
        let _ = writeln!(
            text,
            "static {} out{at}[{upper}_OUT{at}_SIZE{}];",
            c_type(ty.element),
            one_more(ty)
        );
    }
    let _ = writeln!(
        text,
        "static _Alignas(64) unsigned char workspace[{upper}_WORKSPACE_SIZE + 1];\n\n\
         static int read_file(const char *path, void *buffer, size_t size) {{\n\
         \x20   FILE *file = fopen(path, \"rb\");\n\
         \x20   if (file == NULL || fread(buffer, 1, size, file) != size) {{\n\
         \x20       fprintf(stderr, \"cannot read %zu bytes from %s\\n\", size, path);\n\
         \x20       return 1;\n\
         \x20   }}\n\
         \x20   return fclose(file);\n\
         }}\n\n\
         int main(int argc, char **argv) {{"
    );
    for at in 0..inputs.len() {
        let _ = writeln!(
            text,
            "    if (argc > {0} && read_file(argv[{0}], in{at}, {upper}_IN{at}_SIZE * sizeof *in{at}) != 0)\n        return 1;",
            at + 1
        );
    }
    let arguments: Vec<_> = (0..inputs.len())
        .map(|at| format!("in{at}"))
        .chain((0..outputs.len()).map(|at| format!("out{at}")))
        .chain(["workspace".to_owned()])
        .collect();
    let _ = writeln!(text, "    {}({});", code.entry(), arguments.join(", "));
    for at in 0..outputs.len() {
        let _ = writeln!(
            text,
            "    for (size_t i = 0; i < {upper}_OUT{at}_SIZE; ++i)\n        printf(\"%.9g\\n\", (double)out{at}[i]);"
        );
    }
    let _ = writeln!(text, "    return 0;\n}}");
    text
}
