//! Safe access to MLIR: contexts, ops in place, attributes as Rust values, tensors, diagnostics.
//!
//! Handles ([`Op`], [`Val`], [`BlockHandle`]) are melior's references with the lifetime of the context, as
//! MLIR itself hands them out: a handle must not be used after its op or block was erased, which the code
//! that erases is responsible for. Everything else of the project goes through this module, so that names,
//! raw pointers and melior's landmines stay here.

mod attribute;
mod context;
mod diagnostics;
mod edit;
mod elements;
mod func;
mod handle;
mod node;
mod types;

pub(crate) use attribute::string_value;
pub use attribute::{AttributeValue, Attributes};
pub(crate) use context::context_of;
pub use context::{
    clone_module, module_bytecode, parse_module, print_module, register_passes_once, session,
};
pub use diagnostics::{
    Diagnostic, Input, Severity, capture, emit_error, emit_remark, emit_warning, listen,
};
pub use edit::{ancestor_in, has_elements, make_splats};
pub(crate) use elements::type_of_elements;
pub use elements::{
    NoElements, constant_attribute, constant_elements, constant_numbers, constant_tensor,
    elements_attribute, elements_type, is_constant_value, packed_attribute, read_elements,
    read_numbers, read_packed, resource_attribute, splat_attribute,
};
pub use func::{
    Function, append_return, argument_entries, dictionary, functions, functions_in, main_function,
    module_ops, network_of,
};
pub use handle::{
    BlockHandle, Op, Val, block_arguments, block_of, block_ops, build_op, defining_op, erase,
    has_no_uses, move_before, op_key, op_name, replace_all_uses, set_operand, set_type,
    single_block, users, val, value_key,
};
pub(crate) use handle::{block_handle, build_op_raw, op_handle, set_attribute};
pub use node::{Node, Place, identify, location_key, node_name};
pub use types::{
    OpenType, encoded_values, integers_type, reshaped_type, tensor_type, type_of, unranked,
    values_of,
};
pub(crate) use types::{element_of, element_type};
