//! Running native code in this process: the object file, linked in memory.

use std::ffi::{CStr, CString, c_char, c_void};

use inkwell::llvm_sys::core::LLVMCreateMemoryBufferWithMemoryRangeCopy;
use inkwell::llvm_sys::error::{LLVMDisposeErrorMessage, LLVMErrorRef, LLVMGetErrorMessage};
use inkwell::llvm_sys::orc2::lljit::{
    LLVMOrcCreateLLJIT, LLVMOrcDisposeLLJIT, LLVMOrcLLJITAddObjectFile,
    LLVMOrcLLJITGetMainJITDylib, LLVMOrcLLJITLookup, LLVMOrcLLJITRef,
};

use super::{Code, CodeError};
use crate::signature::Signature;
use crate::tensor::{Data, Element, Tensor};
use crate::value::TensorType;

/// A network that is ready to run. It is the very object file that [`Code`] holds.
#[derive(Debug)]
pub struct Program {
    session: Session,
    entry: extern "C" fn(*const *mut c_void),
    signature: Signature,
}

/// An owned LLJIT.
#[derive(Debug)]
struct Session(LLVMOrcLLJITRef);

#[expect(unsafe_code, reason = "the session is a C++ object behind a pointer")]
// SAFETY: after the code is linked the session is only kept alive, and disposed of once.
unsafe impl Send for Session {}
#[expect(unsafe_code, reason = "the session is a C++ object behind a pointer")]
// SAFETY: as above: shared references do nothing with the session.
unsafe impl Sync for Session {}

impl Drop for Session {
    #[expect(unsafe_code, reason = "the C API of ORC")]
    fn drop(&mut self) {
        // SAFETY: the session is valid and disposed of once; an error leaves nothing to do.
        unsafe {
            let _ = check(LLVMOrcDisposeLLJIT(self.0));
        }
    }
}

/// Takes an LLVM error apart.
#[expect(unsafe_code, reason = "the C API of LLVM's errors")]
unsafe fn check(error: LLVMErrorRef) -> Result<(), CodeError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is valid and consumed here, and its message disposed of once.
    unsafe {
        let message = LLVMGetErrorMessage(error);
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        LLVMDisposeErrorMessage(message);
        Err(CodeError::Llvm(text))
    }
}

/// A piece of the workspace, aligned as generated code likes it.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only its address is used")] [u8; 64]);

impl Program {
    /// Links the code.
    #[expect(unsafe_code, reason = "the C API of ORC")]
    pub fn new(code: &Code) -> Result<Self, CodeError> {
        let name = CString::new(code.packed_entry()).map_err(|_| {
            CodeError::Llvm("the name of the entry function has a zero byte".to_owned())
        })?;
        // SAFETY: the session owns a copy of the object; every result is checked before it is used.
        unsafe {
            let mut session = std::ptr::null_mut();
            check(LLVMOrcCreateLLJIT(&raw mut session, std::ptr::null_mut()))?;
            let session = Session(session);
            let object = LLVMCreateMemoryBufferWithMemoryRangeCopy(
                code.object().as_ptr().cast::<c_char>(),
                code.object().len(),
                c"model.o".as_ptr(),
            );
            let library = LLVMOrcLLJITGetMainJITDylib(session.0);
            check(LLVMOrcLLJITAddObjectFile(session.0, library, object))?;
            let mut address = 0;
            check(LLVMOrcLLJITLookup(
                session.0,
                &raw mut address,
                name.as_ptr(),
            ))?;
            // The object was made by `compile`, which gives the packed entry this type.
            let entry =
                std::mem::transmute::<usize, extern "C" fn(*const *mut c_void)>(address as usize);
            Ok(Self {
                session,
                entry,
                signature: code.signature().clone(),
            })
        }
    }

    /// What the network takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Runs the network. Fails if the inputs have not the types of the signature. May be called from several
    /// threads at once.
    pub fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, CodeError> {
        let expected = self.signature.inputs();
        if inputs.len() != expected.len() {
            return Err(CodeError::InputCount {
                found: inputs.len(),
                expected: expected.len(),
            });
        }
        let mut buffers: Vec<Buffer> = Vec::with_capacity(inputs.len() + 1);
        let mut pointers: Vec<*mut c_void> = Vec::with_capacity(inputs.len() + 1);
        for (index, (input, expected)) in inputs.iter().zip(expected).enumerate() {
            let found = TensorType::of(input);
            if found != *expected {
                let show = |ty: &TensorType| format!("{:?} of {}", ty.shape, ty.element);
                return Err(CodeError::Input {
                    index,
                    found: show(&found),
                    expected: show(expected),
                });
            }
            buffers.push(Buffer::of(&input.data));
        }
        buffers.extend(self.signature.outputs().iter().map(Buffer::empty));
        pointers.extend(buffers.iter_mut().map(Buffer::pointer));
        let mut workspace = vec![Line([0; 64]); self.signature.workspace().div_ceil(64)];
        pointers.push(workspace.as_mut_ptr().cast());
        // The buffers have the types of the signature, which is that of the code by construction; the code reads
        // the inputs, writes the outputs and the workspace, and keeps no pointer.
        (self.entry)(pointers.as_ptr());
        debug_assert!(!self.session.0.is_null());
        let types = self.signature.outputs();
        let outputs = types.iter().zip(buffers.into_iter().skip(inputs.len()));
        Ok(outputs.map(|(ty, buffer)| buffer.tensor(ty)).collect())
    }
}

/// The elements of a tensor as generated code has them.
enum Buffer {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

impl Buffer {
    fn of(data: &Data) -> Self {
        match data {
            Data::F32(values) => Self::F32(values.clone()),
            Data::F64(values) => Self::F64(values.clone()),
            // What is above the bits of a number is its sign, or nothing.
            Data::Int { width, values, .. } => match width {
                0..=8 => Self::I8(values.iter().map(|&value| value as i8).collect()),
                9..=16 => Self::I16(values.iter().map(|&value| value as i16).collect()),
                17..=32 => Self::I32(values.iter().map(|&value| value as i32).collect()),
                _ => Self::I64(values.clone()),
            },
        }
    }

    /// Room for a tensor.
    fn empty(ty: &TensorType) -> Self {
        let count = ty.shape.iter().product();
        match ty.element {
            Element::F32 => Self::F32(vec![0.0; count]),
            Element::F64 => Self::F64(vec![0.0; count]),
            Element::Int { width, .. } => match width {
                0..=8 => Self::I8(vec![0; count]),
                9..=16 => Self::I16(vec![0; count]),
                17..=32 => Self::I32(vec![0; count]),
                _ => Self::I64(vec![0; count]),
            },
        }
    }

    fn pointer(&mut self) -> *mut c_void {
        match self {
            Self::F32(values) => values.as_mut_ptr().cast(),
            Self::F64(values) => values.as_mut_ptr().cast(),
            Self::I8(values) => values.as_mut_ptr().cast(),
            Self::I16(values) => values.as_mut_ptr().cast(),
            Self::I32(values) => values.as_mut_ptr().cast(),
            Self::I64(values) => values.as_mut_ptr().cast(),
        }
    }

    fn tensor(self, ty: &TensorType) -> Tensor {
        let integers = match self {
            Self::F32(values) => return Tensor::new(ty.shape.clone(), Data::F32(values)),
            Self::F64(values) => return Tensor::new(ty.shape.clone(), Data::F64(values)),
            Self::I8(values) => values.into_iter().map(i64::from).collect(),
            Self::I16(values) => values.into_iter().map(i64::from).collect(),
            Self::I32(values) => values.into_iter().map(i64::from).collect(),
            Self::I64(values) => values,
        };
        Tensor::of_integers(ty.element, ty.shape.clone(), integers)
    }
}
