//! The files around the code: test bench, golden vectors and synthesis script.

use qonnx_dialects::hls::Func;
use qonnx_dialects::ir::Node;
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::text::Foreign;
use std::collections::HashMap;

use crate::backend::host::Host;
use crate::backend::interface::{Argument, c_type};
use crate::backend::{BackendError, BackendOption, Settings};

/// What the test bench compares with.
pub struct Golden {
    /// The samples, one tensor for each input.
    pub inputs: Vec<Vec<Tensor>>,
    /// The expected outputs of each.
    pub outputs: Vec<Vec<Tensor>>,
    /// The expected integers of each behind every quantizer, by its node.
    pub integers: Vec<Vec<(Node, Vec<i64>)>>,
}

/// What synthesis is told; both become words of Tcl and hold nothing that means more there.
pub struct Target {
    /// The device: letters, digits, dots, underscores and dashes.
    part: String,
    /// The clock's period in nanoseconds: a decimal number.
    clock: String,
}

impl Target {
    /// Reads the options of the command line.
    pub fn new(settings: &Settings) -> Result<Self, BackendError> {
        let value = |option: &BackendOption| {
            let set = settings.get(&Foreign::from(option.name));
            set.map_or(option.default, Foreign::verbatim).to_owned()
        };
        let refuse = |option: &BackendOption, found: &str, expected: &str| {
            Err(BackendError::Option {
                option: option.name.into(),
                found: found.into(),
                expected: expected.to_owned(),
            })
        };
        let (part, clock) = (value(&PART), value(&CLOCK));
        let legal = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        let starts = part.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if !starts || !part.chars().all(legal) {
            let expected = "a device such as xcvu13p-flga2577-2-e";
            return refuse(&PART, &part, expected);
        }
        let decimal = |letter: char| letter.is_ascii_digit() || letter == '.';
        let period = clock.parse::<f64>().ok();
        if !clock.chars().all(decimal)
            || !period.is_some_and(|period| period > 0.0 && period.is_finite())
        {
            return refuse(
                &CLOCK,
                &clock,
                "a positive number of nanoseconds, such as 5",
            );
        }
        Ok(Self { part, clock })
    }
}

/// Which device.
pub const PART: BackendOption = BackendOption {
    name: "part",
    summary: "The device for synthesis",
    default: "xcvu13p-flga2577-2-e",
};
/// Which clock.
pub const CLOCK: BackendOption = BackendOption {
    name: "clock",
    summary: "Clock period for synthesis in nanoseconds",
    default: "5",
};

/// Name and text of each file. `tops` are the functions that become hardware.
pub fn files(
    name: &str,
    host: &Host,
    tops: &[Func],
    golden: &Golden,
    traces: &[Node],
    target: &Target,
) -> Vec<(String, String)> {
    let mut files = vec![
        (format!("{name}_test.cpp"), test_bench(name, host)),
        ("build_prj.tcl".to_owned(), synthesis(name, tops, target)),
        (
            "tb_data/integers.dat".to_owned(),
            integers(&golden.integers, traces),
        ),
    ];
    for at in 0..host.source.interface.inputs.len() {
        files.push((
            format!("tb_data/in{at}.dat"),
            lines(golden.inputs.iter().map(|sample| &sample[at])),
        ));
    }
    for at in 0..host.source.interface.outputs.len() {
        files.push((
            format!("tb_data/out{at}.dat"),
            lines(golden.outputs.iter().filter_map(|sample| sample.get(at))),
        ));
    }
    files
}

/// One line for each sample, numbers that are read back exactly.
fn lines<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> String {
    let words = |tensor: &Tensor| -> Vec<String> {
        match &tensor.data {
            Data::F32(values) => values.iter().map(|value| format!("{value:e}")).collect(),
            Data::F64(values) => values.iter().map(|value| format!("{value:e}")).collect(),
            Data::Int { values, .. } => values.iter().map(i64::to_string).collect(),
        }
    };
    tensors
        .map(|tensor| words(tensor).join(" ") + "\n")
        .collect()
}

/// A line `key<TAB>numbers` for each tensor that the simulation shows too, an empty line after each sample.
fn integers(samples: &[Vec<(Node, Vec<i64>)>], traces: &[Node]) -> String {
    let keys: HashMap<&Node, usize> = traces.iter().zip(0..).collect();
    let mut text = String::new();
    for sample in samples {
        for (node, numbers) in sample {
            let Some(key) = keys.get(node) else {
                continue;
            };
            let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
            text += &format!("{key}\t{}\n", numbers.join(" "));
        }
        text.push('\n');
    }
    text
}

fn test_bench(name: &str, host: &Host) -> String {
    let interface = &host.source.interface;
    let upper = interface.name.to_ascii_uppercase();
    let mut arrays = String::new();
    let mut tables = Vec::new();
    for arguments in [&interface.inputs, &interface.outputs] {
        let mut table = String::new();
        for Argument { name, ty, .. } in arguments {
            let size = format!("{upper}_{}_SIZE", name.to_ascii_uppercase());
            // C has no arrays without elements.
            let one_more = if ty.is_empty() { " + 1" } else { "" };
            arrays += &format!("static {} {name}[{size}{one_more}];\n", c_type(ty.element));
            let kind = match ty.element {
                Element::F32 => "F32",
                Element::F64 => "F64",
                element if element.is_unsigned() => "UNSIGNED",
                Element::Int { .. } => "SIGNED",
            };
            table += &format!("    {{{name}, {size}, sizeof *{name}, {kind}}},\n");
        }
        tables.push(table);
    }
    let arguments = interface.inputs.iter().chain(&interface.outputs);
    let arguments: Vec<_> = arguments
        .map(|argument| argument.name.as_str())
        .chain(["&workspace"])
        .collect();
    TEST_BENCH
        .replace("@NAME@", name)
        .replace("@ARRAYS@", &arrays)
        .replace("@INS@", &tables[0])
        .replace("@OUTS@", &tables[1])
        .replace("@INPUTS@", &interface.inputs.len().to_string())
        .replace("@OUTPUTS@", &interface.outputs.len().to_string())
        .replace("@WORKSPACE@", &interface.workspace_type())
        .replace("@ENTRY@", &interface.entry())
        .replace("@ARGUMENTS@", &arguments.join(", "))
}

const TEST_BENCH: &str = include_str!("runtime/test_bench.cpp");

fn synthesis(name: &str, tops: &[Func], target: &Target) -> String {
    let names: Vec<_> = tops.iter().map(|head| head.name.as_str()).collect();
    let Target { part, clock } = target;
    format!(
        "# Vitis HLS: vitis_hls -f build_prj.tcl [csim] [synth] [cosim] [export]; all of them without arguments.
cd [file dirname [file normalize [info script]]]
set steps $argv
if {{[llength $steps] == 0}} {{ set steps {{csim synth cosim export}} }}

# One project for each function that becomes hardware.
foreach top {{{}}} {{
    open_project -reset {name}_${{top}}_prj
    set_top $top
    add_files firmware/{name}.cpp -cflags \"-std=c++14\"
    add_files -tb {name}_test.cpp -cflags \"-std=c++14\"
    add_files -tb host/{name}_host.c -cflags \"-std=c99\"
    add_files -tb host/{name}_hardware.cpp -cflags \"-std=c++14\"
    add_files -tb tb_data
    open_solution -reset solution1
    set_part {{{part}}}
    create_clock -period {clock} -name default

    if {{[lsearch $steps csim] >= 0}} {{ csim_design }}
    if {{[lsearch $steps synth] >= 0}} {{ csynth_design }}
    if {{[lsearch $steps cosim] >= 0}} {{ cosim_design }}
    if {{[lsearch $steps export] >= 0}} {{ export_design -format ip_catalog }}
    close_project
}}
exit
",
        names.join(" ")
    )
}
