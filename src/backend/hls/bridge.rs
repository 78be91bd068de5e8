//! The functions that the host's part calls as C, which start the hardware.

use qonnx_dialects::hls::{Func, Memory};
use qonnx_dialects::ir::Node;
use std::collections::HashSet;

use super::printer::{self, Firmware};
use crate::backend::host::{Core, Host};
use crate::backend::writer::Writer;

/// `host/NAME_hardware.cpp`. The nodes whose integers it shows are added to those of the firmware.
pub fn print(host: &Host, firmware: &mut Firmware, name: &str) -> Result<String, String> {
    let mut code = Writer::default();
    code.line(format!(
        "// The hardware of network '{name}' as its host's part calls it, written by qonnx-mlir."
    ));
    code.line(format!("#include \"{}\"", host.hardware_path()));
    code.line(format!("#include \"../firmware/{name}.h\""));
    code.line("#include \"../firmware/trace.h\"");
    code.line("");
    code.line("#include <cstddef>");
    let mut shown = HashSet::new();
    for core in &host.cores {
        let symbol = &core.external.symbol;
        let mut tops = firmware.tops.iter().zip(&firmware.arguments);
        let (head, memories) = tops
            .find(|(head, _)| head.name == *symbol)
            .ok_or_else(|| format!("the hardware has no function '{symbol}'"))?;
        let sizes = memories.iter().map(Memory::size);
        let types = core.external.arguments.iter();
        if !sizes.eq(types.map(|(_, ty)| ty.shape.iter().product::<usize>())) {
            return Err(format!(
                "the host calls '{symbol}' with other sizes than it has"
            ));
        }
        code.line("");
        function(
            &mut code,
            core,
            (head, memories),
            &mut firmware.traces,
            &mut shown,
        );
    }
    Ok(code.finish())
}

/// The function of one run of hardware. Integers that the host's quantizers have made are shown once.
fn function(
    code: &mut Writer,
    core: &Core,
    (head, memories): (&Func, &[Memory]),
    traces: &mut Vec<Node>,
    shown: &mut HashSet<Node>,
) {
    code.open(format!("{} {{", core.external.head()));
    let array = |name: &str| format!("{}_{name}", head.name);
    code.line("// Not on the stack, which may be smaller than the arrays of a network.");
    let arguments = head.names.iter().zip(&head.types).zip(memories);
    for ((name, words), memory) in arguments.clone() {
        let size = memory.size();
        code.line(format!(
            "static thread_local {words} {}[{size}];",
            array(name)
        ));
    }
    let copied = arguments.zip(&head.inputs).enumerate();
    let mut after = Vec::new();
    for (at, (((name, _), memory), input)) in copied {
        let (size, array) = (memory.size(), array(name));
        let each = format!("for (size_t i = 0; i < {size}; ++i)");
        if !input {
            after.push(format!("{each} a{at}[i] = {array}[i].to_int64();"));
            continue;
        }
        code.line(format!("{each} {array}[i] = a{at}[i];"));
        let node = core.quantizers.get(at).cloned().flatten();
        if let Some(node) = node.filter(|node| shown.insert(node.clone())) {
            let name = node.name.clone();
            code.line(printer::trace(
                traces,
                node,
                &name,
                &array,
                &size.to_string(),
            ));
        }
    }
    let names: Vec<_> = head.names.iter().map(|name| array(name)).collect();
    code.line(format!("{}({});", head.name, names.join(", ")));
    for line in after {
        code.line(line);
    }
    code.close("}");
}
