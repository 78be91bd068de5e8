//! What a network and others exchange through C: the host's part of one whose integer part is hardware, and integers for who
//! checks them.

pub mod call_out_params;
pub mod expose_integers;
pub mod extract_host;
mod machine;

pass_registry! {
    call_out_params::CallOutParams,
    expose_integers::ExposeIntegers,
    extract_host::ExtractHost,
}
