//! The files around the code: test bench, golden vectors, synthesis script and Makefile.

use qonnx_dialects::tensor::Tensor;

use super::host::Host;

/// What the test bench compares with.
pub struct Golden {
    /// The samples, one tensor for each input.
    pub inputs: Vec<Vec<Tensor>>,
    /// The expected outputs of each.
    pub outputs: Vec<Vec<Tensor>>,
}

/// Name and text of each file.
pub fn files(name: &str, host: &Host, golden: &Golden, part: &str, clock: &str) -> Vec<(String, String)> {
    let mut files = vec![
        (format!("{name}_test.cpp"), test_bench(name, host)),
        ("build_prj.tcl".to_owned(), synthesis(name, part, clock)),
        ("Makefile".to_owned(), makefile(name)),
    ];
    for at in 0..host.inputs.len() {
        files.push((format!("tb_data/in{at}.dat"), lines(golden.inputs.iter().map(|sample| &sample[at]))));
    }
    for at in 0..host.outputs.len() {
        files.push((format!("tb_data/out{at}.dat"), lines(golden.outputs.iter().map(|sample| &sample[at]))));
    }
    files
}

/// One line for each sample, numbers that are read back exactly.
fn lines<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> String {
    tensors
        .map(|tensor| {
            let numbers: Vec<_> = tensor.to_f32().iter().map(|value| format!("{value:e}")).collect();
            numbers.join(" ") + "\n"
        })
        .collect()
}

fn test_bench(name: &str, host: &Host) -> String {
    let sizes = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let arguments: Vec<String> = (0..host.inputs.len())
        .map(|at| format!("in[{at}].data()"))
        .chain((0..host.outputs.len()).map(|at| format!("out[{at}].data()")))
        .chain(["0".to_owned()])
        .collect();
    TEST_BENCH
        .replace("@NAME@", name)
        .replace("@IN@", &sizes(&host.inputs))
        .replace("@OUT@", &sizes(&host.outputs))
        .replace("@INPUTS@", &host.inputs.len().to_string())
        .replace("@OUTPUTS@", &host.outputs.len().to_string())
        .replace("@ARGUMENTS@", &arguments.join(", "))
}

const TEST_BENCH: &str = include_str!("runtime/test_bench.cpp");

fn synthesis(name: &str, part: &str, clock: &str) -> String {
    format!(
        "# Vitis HLS: vitis_hls -f build_prj.tcl [csim] [synth] [cosim] [export]; all of them without arguments.
set steps $argv
if {{[llength $steps] == 0}} {{ set steps {{csim synth cosim export}} }}

open_project -reset {name}_prj
set_top network
add_files firmware/{name}.cpp -cflags \"-std=c++14\"
add_files -tb {name}_test.cpp -cflags \"-std=c++14\"
add_files -tb host/{name}_host.cpp -cflags \"-std=c++14 -ffp-contract=off\"
add_files -tb host/float_ops.h
add_files -tb tb_data
open_solution -reset solution1
set_part {{{part}}}
create_clock -period {clock} -name default

if {{[lsearch $steps csim] >= 0}} {{ csim_design }}
if {{[lsearch $steps synth] >= 0}} {{ csynth_design }}
if {{[lsearch $steps cosim] >= 0}} {{ cosim_design }}
if {{[lsearch $steps export] >= 0}} {{ export_design -format ip_catalog }}
exit
"
    )
}

fn makefile(name: &str) -> String {
    format!(
        "# `make csim` compiles the network with g++ and checks it against the golden vectors.
# AP_TYPES is the folder with ap_int.h: part of Vitis HLS, and of the hls4ml package.
AP_TYPES ?= ../../.venv/ap_types
CXX ?= g++
CXXFLAGS ?= -O1 -std=c++14 -ffp-contract=off -Wno-unknown-pragmas -Wno-unused-label

.PHONY: csim clean
csim: {name}_test
\t./{name}_test

{name}_test: {name}_test.cpp host/{name}_host.cpp firmware/{name}.cpp
\t@test -f $(AP_TYPES)/ap_int.h || {{ echo 'ap_int.h is missing: make csim AP_TYPES=FOLDER with the ap_types headers'; exit 1; }}
\t$(CXX) $(CXXFLAGS) -I$(AP_TYPES) $^ -o $@

clean:
\trm -f {name}_test
"
    )
}
