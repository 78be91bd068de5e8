//! The example program.

use std::fmt::Write;

use super::{Interface, Workspace, c_type};
use qonnx_dialects::value::TensorType;

impl Interface {
    /// A program that runs the network once, on zeros or on files of raw elements, and prints the outputs; or many times, from
    /// files to files. `header` is the name of the header, `build` the command that builds it.
    pub fn program(&self, header: &str, build: &str) -> String {
        let upper = self.upper();
        let mut text = String::new();
        // C has no arrays without elements.
        let one_more = |ty: &TensorType| if ty.is_empty() { " + 1" } else { "" };
        let (ins, outs) = (self.inputs.len(), self.outputs.len());
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "/* Runs the network once and prints its outputs, one element on a line.\n\
             \x20*\n\
             \x20* Build: {build}\n\
             \x20* Run:   ./main [FILE...]\n\
             \x20*        ./main --samples NUMBER IN... OUT...\n\
             \x20*\n\
             \x20* Each FILE holds the elements of one input in the byte order of this machine; inputs without a file\n\
             \x20* are zeros. With --samples, the inputs of so many runs are read from the files IN, one after the other,\n\
             \x20* and the outputs written to the files OUT.\n\
             \x20*/\n\
             #include <stdio.h>\n\
             #include <stdlib.h>\n\
             #include <string.h>\n\n\
             #include \"{header}\"\n"
        );
        for argument in self.inputs.iter().chain(&self.outputs) {
            let _ = writeln!(
                text,
                "static {} {}[{upper}_{}_SIZE{}];",
                c_type(argument.ty.element),
                argument.name,
                argument.name.to_ascii_uppercase(),
                one_more(&argument.ty)
            );
        }
        let (memory, address) = match self.workspace {
            Workspace::Bytes(_) => (
                format!("static _Alignas(64) unsigned char workspace[{upper}_WORKSPACE_SIZE + 1];"),
                "workspace",
            ),
            Workspace::Union(..) => (
                format!("static {} workspace;", self.workspace_type()),
                "&workspace",
            ),
        };
        let arguments = self.inputs.iter().chain(&self.outputs);
        let names: Vec<&str> = arguments
            .map(|argument| argument.name.as_str())
            .chain([address])
            .collect();
        let _ = writeln!(
            text,
            "{memory}\n\n\
             static void run(void) {{\n\
             \x20   {}({});\n\
             }}\n\n\
             static int read_file(const char *path, void *buffer, size_t size) {{\n\
             \x20   FILE *file = fopen(path, \"rb\");\n\
             \x20   if (file == NULL || fread(buffer, 1, size, file) != size) {{\n\
             \x20       fprintf(stderr, \"cannot read %lu bytes from %s\\n\", (unsigned long)size, path);\n\
             \x20       return 1;\n\
             \x20   }}\n\
             \x20   return fclose(file);\n\
             }}\n\n\
             static int run_files(unsigned long samples, char **paths) {{\n\
             \x20   FILE *files[{}];\n\
             \x20   for (int i = 0; i < {}; ++i) {{\n\
             \x20       files[i] = fopen(paths[i], i < {ins} ? \"rb\" : \"wb\");\n\
             \x20       if (files[i] == NULL) {{\n\
             \x20           fprintf(stderr, \"cannot open %s\\n\", paths[i]);\n\
             \x20           return 1;\n\
             \x20       }}\n\
             \x20   }}\n\
             \x20   for (unsigned long sample = 0; sample < samples; ++sample) {{",
            self.entry(),
            names.join(", "),
            (ins + outs).max(1),
            ins + outs,
        );
        for (at, argument) in self.inputs.iter().enumerate() {
            let name = &argument.name;
            let _ = writeln!(
                text,
                "        if (fread({name}, sizeof *{name}, {upper}_{}_SIZE, files[{at}]) != {upper}_{}_SIZE) {{\n\
                 \x20           fprintf(stderr, \"%s is too short\\n\", paths[{at}]);\n\
                 \x20           return 1;\n\
                 \x20       }}",
                name.to_ascii_uppercase(),
                name.to_ascii_uppercase(),
            );
        }
        let _ = writeln!(text, "        run();");
        for (at, argument) in self.outputs.iter().enumerate() {
            let (at, name) = (ins + at, &argument.name);
            let _ = writeln!(
                text,
                "        if (fwrite({name}, sizeof *{name}, {upper}_{}_SIZE, files[{at}]) != {upper}_{}_SIZE) {{\n\
                 \x20           fprintf(stderr, \"cannot write to %s\\n\", paths[{at}]);\n\
                 \x20           return 1;\n\
                 \x20       }}",
                name.to_ascii_uppercase(),
                name.to_ascii_uppercase(),
            );
        }
        let _ = writeln!(
            text,
            "    }}\n\
             \x20   for (int i = 0; i < {0}; ++i) {{\n\
             \x20       if (fclose(files[i]) != 0) {{\n\
             \x20           fprintf(stderr, \"cannot write to %s\\n\", paths[i]);\n\
             \x20           return 1;\n\
             \x20       }}\n\
             \x20   }}\n\
             \x20   return 0;\n\
             }}\n\n\
             int main(int argc, char **argv) {{\n\
             \x20   if (argc == {1} && strcmp(argv[1], \"--samples\") == 0)\n\
             \x20       return run_files(strtoul(argv[2], NULL, 10), argv + 3);",
            ins + outs,
            ins + outs + 3
        );
        for (at, argument) in self.inputs.iter().enumerate() {
            let (at, name) = (at + 1, &argument.name);
            let _ = writeln!(
                text,
                "    if (argc > {at} && read_file(argv[{at}], {name}, {upper}_{}_SIZE * sizeof *{name}) != 0)\n        return 1;",
                name.to_ascii_uppercase()
            );
        }
        let _ = writeln!(text, "    run();");
        for argument in &self.outputs {
            let name = &argument.name;
            let (format, cast) = match argument.ty.element.is_int() {
                true => ("%lld", "long long"),
                false => ("%.9g", "double"),
            };
            let _ = writeln!(
                text,
                "    for (size_t i = 0; i < {upper}_{}_SIZE; ++i)\n        printf(\"{format}\\n\", ({cast}){name}[i]);",
                name.to_ascii_uppercase()
            );
        }
        let _ = writeln!(text, "    return 0;\n}}");
        text
    }
}
