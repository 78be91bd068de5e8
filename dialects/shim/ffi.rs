//! The Rust side of `qonnx-c.h`: every C++ function that Rust calls.
#![expect(unsafe_code, reason = "declarations of the C++ shim")]

use mlir_sys::{
    MlirAttribute, MlirContext, MlirDialectRegistry, MlirLocation, MlirOperation, MlirStringRef,
    MlirType,
};
use std::ffi::{c_char, c_int, c_void};

/// `QonnxPassOption`.
#[repr(C)]
pub struct PassOption {
    pub name: MlirStringRef,
    pub description: MlirStringRef,
    pub default_value: MlirStringRef,
}

/// `QonnxPassInfo`.
#[repr(C)]
pub struct PassInfo {
    pub name: MlirStringRef,
    pub argument: MlirStringRef,
    pub description: MlirStringRef,
    pub anchor: MlirStringRef,
    pub options: *const PassOption,
    pub option_count: usize,
    pub vtable: *const c_void,
}

/// `QonnxInput`.
#[repr(C)]
pub struct OptInput {
    pub is_model: bool,
    pub may_steer: bool,
    pub bytes: MlirStringRef,
}

unsafe extern "C" {
    pub fn qonnxRegisterDialects(registry: MlirDialectRegistry);
    pub fn qonnxRegisterUpstreamPasses();
    pub fn qonnxRegisterPass(info: *const PassInfo);
    pub fn qonnxRegisterPipeline(
        argument: MlirStringRef,
        description: MlirStringRef,
        passes: MlirStringRef,
    );
    pub fn qonnxOptMain(
        argc: c_int,
        argv: *mut *mut c_char,
        tool: MlirStringRef,
        standard_error: c_int,
    ) -> c_int;
    pub fn qonnxLspMain(argc: c_int, argv: *mut *mut c_char) -> c_int;
    pub fn qonnxResourceData(attribute: MlirAttribute, size: *mut usize) -> *const u8;
    pub fn qonnxQintValuesGet(context: MlirContext, lo: i64, hi: i64, step: i64) -> MlirAttribute;
    pub fn qonnxQintValuesRead(
        attribute: MlirAttribute,
        lo: *mut i64,
        hi: *mut i64,
        step: *mut i64,
    ) -> bool;
    pub fn qonnxDataflowLinkGet(
        element: MlirType,
        rank: isize,
        extents: *const i64,
        lanes: i64,
    ) -> MlirType;
    pub fn qonnxDataflowLinkRead(
        r#type: MlirType,
        element: *mut MlirType,
        rank: *mut isize,
        extents: *mut *const i64,
        lanes: *mut i64,
    ) -> bool;
    pub fn qonnxFlattenGlobal(operation: MlirOperation);
    pub fn qonnxNestHash(nest: MlirOperation) -> usize;
    pub fn qonnxFunctionHash(function: MlirOperation) -> usize;
    pub fn qonnxFunctionsEqual(left: MlirOperation, right: MlirOperation) -> bool;
    pub fn qonnxIsProcessor(triple: MlirStringRef, name: MlirStringRef) -> bool;
    pub fn qonnxIsFeature(triple: MlirStringRef, name: MlirStringRef) -> bool;
    pub fn qonnxHasFeatures(
        triple: MlirStringRef,
        cpu: MlirStringRef,
        features: MlirStringRef,
        wanted: MlirStringRef,
    ) -> bool;
    pub fn qonnxIsElementwise(operation: MlirOperation) -> bool;
    pub fn qonnxEmit(location: MlirLocation, severity: c_int, message: *const c_char);
}
