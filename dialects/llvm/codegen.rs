//! Native code from a module.

use inkwell::AddressSpace;
use inkwell::attributes::AttributeLoc;
use inkwell::context::Context as LlvmContext;
use inkwell::module::{Linkage, Module as LlvmModule};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::values::FunctionValue;
use melior::Context;
use melior::ir::Module;
use melior::ir::operation::OperationLike;
use mlir_sys::mlirTranslateModuleToLLVMIR;

use super::{CodeError, Target};
use crate::ir::{main_function, string_value};
use crate::pass::run_pipeline;
use crate::signature::Signature;
use crate::text::Foreign;
use crate::upstream::libm_functions;

/// Texts that are made beside the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// The optimized LLVM IR.
    pub ir: bool,
    /// The assembly.
    pub assembly: bool,
}

/// The texts of [`Artifacts`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The optimized LLVM IR.
    pub ir: Option<String>,
    /// The assembly.
    pub assembly: Option<String>,
}

/// Native code: an object file with one visible function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    object: Vec<u8>,
    entry: String,
    signature: Signature,
    text: Text,
}

impl Code {
    /// The bytes of the object file.
    pub fn object(&self) -> &[u8] {
        &self.object
    }

    /// The symbol of the entry function.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// What the entry function takes.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The texts that were asked for.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The symbol of the function that takes one pointer to an array of the entry function's arguments.
    pub(super) fn packed_entry(&self) -> String {
        packed(&self.entry)
    }
}

fn packed(entry: &str) -> String {
    format!("{entry}_packed")
}

/// Compiles the network of a level-2 module. `to_buffers` and `to_llvm` are the two halves of the CPU pipeline as
/// passes anchored on the module, `entry` is the symbol of the entry function. The module is used up: on success
/// it holds the `llvm` dialect.
///
/// Fails if a pass fails, which is reported in the context, and if LLVM does not know the target.
pub fn compile(
    context: &Context,
    module: &mut Module<'_>,
    (to_buffers, to_llvm): (&str, &str),
    entry: &str,
    target: &Target,
    artifacts: Artifacts,
) -> Result<Code, CodeError> {
    let function = |module: &Module<'_>| -> Result<(String, Signature), CodeError> {
        let function = main_function(module)
            .ok_or_else(|| CodeError::Signature("the module has no function 'main'".to_owned()))?;
        let signature = Signature::of_tensors(function).map_err(CodeError::Signature)?;
        Ok((function.name(), signature))
    };
    let (name, signature) = function(module)?;
    let run = |module: &mut Module<'_>, passes: &str| {
        run_pipeline(context, module, &format!("builtin.module({passes})"))
            .map_err(|_| CodeError::Reported)
    };
    run(module, to_buffers)?;
    let signature = match crate::ir::functions(module)
        .into_iter()
        .find(|function| function.name() == name)
    {
        Some(function) => signature
            .of_buffers(function)
            .map_err(CodeError::Signature)?,
        None => {
            return Err(CodeError::Signature(format!(
                "the pipeline has lost the function '{name}'"
            )));
        }
    };
    run(module, to_llvm)?;

    let machine = target.machine()?;
    let llvm = LlvmContext::create();
    let native = translate(module, &llvm)?;
    native.set_triple(&machine.get_triple());
    native.set_data_layout(&machine.get_target_data().get_data_layout());
    prepare(&native, &llvm, &machine, &name, entry, &signature)?;
    native
        .run_passes(
            &target.level.pipeline(),
            &machine,
            PassBuilderOptions::create(),
        )
        .map_err(|error| CodeError::Llvm(error.to_string()))?;

    let emit = |file| {
        let buffer = machine.write_to_memory_buffer(&native, file);
        buffer.map_err(|error| CodeError::Llvm(error.to_string()))
    };
    let text = Text {
        ir: artifacts.ir.then(|| native.print_to_string().to_string()),
        assembly: match artifacts.assembly {
            true => {
                Some(String::from_utf8_lossy(emit(FileType::Assembly)?.as_slice()).into_owned())
            }
            false => None,
        },
    };
    let object = emit(FileType::Object)?;
    // It holds all weights once more, as does the object.
    drop(native);
    let object = object.as_slice().to_vec();
    Ok(Code {
        object,
        entry: entry.to_owned(),
        signature,
        text,
    })
}

/// The LLVM IR of a module of the `llvm` dialect, as text, before any optimization.
pub fn to_llvm_ir(module: &Module<'_>) -> Result<String, CodeError> {
    check_target(module)?;
    let llvm = LlvmContext::create();
    Ok(translate(module, &llvm)?.print_to_string().to_string())
}

/// LLVM prints the target of a module as it is: nothing but what targets are made of may be part of it.
fn check_target(module: &Module<'_>) -> Result<(), CodeError> {
    let operation = module.as_operation();
    for name in ["llvm.target_triple", "llvm.data_layout"] {
        let text = operation.attribute(name).ok().and_then(string_value);
        let legal = |letter: char| letter.is_ascii_alphanumeric() || "._:-".contains(letter);
        if let Some(text) = text.filter(|text| !text.chars().all(legal)) {
            let text = Foreign::new(text);
            return Err(CodeError::Target(format!(
                "the attribute '{name}' is '{}', expected letters, digits and '._:-'",
                text.shown()
            )));
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "the C API of the translation")]
fn translate<'l>(module: &Module<'_>, llvm: &'l LlvmContext) -> Result<LlvmModule<'l>, CodeError> {
    // SAFETY: module and context are valid; the LLVM module is owned by its wrapper from here on, which cannot
    // outlive the context. The bindings name the same C types twice.
    unsafe {
        let raw = mlirTranslateModuleToLLVMIR(module.as_operation().to_raw(), llvm.raw().cast());
        if raw.is_null() {
            return Err(CodeError::Reported);
        }
        Ok(LlvmModule::new(raw.cast()))
    }
}

/// Names the entry function, hides all others, states the processor, and adds the packed entry.
fn prepare<'l>(
    module: &LlvmModule<'l>,
    llvm: &'l LlvmContext,
    machine: &TargetMachine,
    name: &str,
    entry: &str,
    signature: &Signature,
) -> Result<(), CodeError> {
    let network = module.get_function(name).ok_or_else(|| {
        CodeError::Llvm(format!(
            "the function '{name}' has been lost in translation"
        ))
    })?;
    let cpu = machine.get_cpu().to_string_lossy().into_owned();
    let features = machine.get_feature_string().to_string_lossy().into_owned();
    for function in module
        .get_functions()
        .filter(|function| function.count_basic_blocks() > 0)
    {
        let add = |key: &str, value: &str| {
            function.add_attribute(
                AttributeLoc::Function,
                llvm.create_string_attribute(key, value),
            );
        };
        add("target-cpu", &cpu);
        add("target-features", &features);
        // LLVM knows formulas for these functions that round differently.
        for libm in libm_functions() {
            add(&format!("no-builtin-{libm}"), "");
        }
        if function != network {
            function.set_linkage(Linkage::Internal);
            // A kernel's loops are worth a call; inlining would cost compile time only.
            let no_inline = inkwell::attributes::Attribute::get_named_enum_kind_id("noinline");
            function.add_attribute(
                AttributeLoc::Function,
                llvm.create_enum_attribute(no_inline, 0),
            );
        }
    }
    network.as_global_value().set_name(entry);
    let count = signature.inputs().len() + signature.outputs().len() + 1;
    add_packed_entry(module, llvm, network, &packed(entry), count)
        .map_err(|error| CodeError::Llvm(error.to_string()))
}

/// Adds `void name(void **arguments)`, which calls `function` with the first `count` of `arguments`: a function
/// that can be called without knowing at compile time how many arguments the network takes.
fn add_packed_entry<'l>(
    module: &LlvmModule<'l>,
    llvm: &'l LlvmContext,
    function: FunctionValue<'l>,
    name: &str,
    count: usize,
) -> Result<(), inkwell::builder::BuilderError> {
    let pointer = llvm.ptr_type(AddressSpace::default());
    let wrapper = module.add_function(
        name,
        llvm.void_type().fn_type(&[pointer.into()], false),
        None,
    );
    let builder = llvm.create_builder();
    builder.position_at_end(llvm.append_basic_block(wrapper, ""));
    let array = wrapper
        .get_nth_param(0)
        .expect("the function was made with one parameter")
        .into_pointer_value();
    let mut arguments = Vec::with_capacity(count);
    for at in 0..count {
        let index = llvm.i64_type().const_int(at as u64, false);
        #[expect(
            unsafe_code,
            reason = "an address beyond an object is not safe to compute"
        )]
        // SAFETY: the caller of the function hands over an array of `count` pointers.
        let slot = unsafe { builder.build_in_bounds_gep(pointer, array, &[index], "")? };
        arguments.push(builder.build_load(pointer, slot, "")?.into());
    }
    builder.build_call(function, &arguments, "")?;
    builder.build_return(None)?;
    Ok(())
}
