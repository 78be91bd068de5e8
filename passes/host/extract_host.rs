//! The pass `extract-host`.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, Type, ValueLike};
use qonnx_dialects::hls;
use qonnx_dialects::ir::{self, BlockHandle, Op, Val};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::word::Word;
use qonnx_dialects::{qint, upstream};
use std::collections::HashSet;

use super::machine::{container, widened};

declare_pass! {
    /// Keep the host's part of a network, which calls its hardware as functions that are elsewhere.
    ///
    /// ## What it does
    /// Each `hls.run` becomes a `func.call` on tensors of bytes, or of integers of 16, 32 or 64 bits: the least that hold
    /// the words of the hardware. `qint.cast` stands between these and the words, whose type says what they can be. The
    /// functions are declared, and everything else but the network goes.
    ///
    /// ## Guarantees
    /// What is left computes what the whole network did, where the functions are the hardware.
    pub struct ExtractHost => "extract-host" on Module {}
}

impl ExtractHost {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(body) = ir::single_block(module) else {
            return Ok(());
        };
        let Some(main) = ir::network_of(&ir::functions_in(body)) else {
            return fail(module, "the module has no function 'main'");
        };
        for op in ir::block_ops(body).into_iter().rev() {
            if op != main.op() {
                ir::erase(op);
            }
        }
        let mut declared = HashSet::new();
        for op in main.ops() {
            let Some(hls::Op::Run(hls::Run { callee })) = hls::Op::read(op) else {
                continue;
            };
            let calls = Calls {
                context,
                block: main.block(),
                run: op,
            };
            let types = calls.replace(&callee)?;
            if declared.insert(callee.clone()) {
                let [inputs, outputs] = &types;
                upstream::declare(context, body, &callee, (inputs, outputs), op.location());
            }
        }
        Ok(())
    }
}

/// The call in the place of an op that runs hardware.
struct Calls<'c> {
    context: &'c Context,
    block: BlockHandle<'c>,
    run: Op<'c>,
}

impl<'c> Calls<'c> {
    /// Puts the call in; gives the types of its operands and results.
    fn replace(&self, callee: &str) -> Result<[Vec<Type<'c>>; 2], Reported> {
        let mut operands = Vec::new();
        for operand in self.run.operands().map(ir::val) {
            let (_, word) = self.words(operand)?;
            let location = self.location();
            let wide = widened(self.context, self.block, self.run, operand, location);
            let Some(wide) = wide else {
                return fail(self.run, "an operand is no integer of a known range");
            };
            operands.push(self.bits(wide, container(word)));
        }
        let old: Vec<Val<'c>> = self.run.results().map(ir::val).collect();
        let mut results = Vec::new();
        for result in &old {
            let (shape, word) = self.words(*result)?;
            let element = Element::int(container(word).bits);
            results.push(ir::tensor_type(
                self.context,
                &TensorType { shape, element },
            ));
        }
        let location = self.location();
        let call = upstream::call(self.context, callee, &operands, &results, location);
        let call = ir::build_op(self.block, Some(self.run), call);
        for (old, new) in old.iter().zip(call.results()) {
            let (shape, word) = self.words(*old)?;
            let values = ir::values_of(*old);
            let Some(values) = values else {
                return fail(self.run, "a result is no integer of a known range");
            };
            let r#type = ir::integers_type(self.context, &shape, container(word), values);
            let wide = upstream::bitcast_to(self.context, ir::val(new), r#type, location);
            let wide = self.append(wide);
            let narrow = qint::Op::Cast.build(self.context, &[wide], old.r#type(), location);
            let same = r#type == old.r#type();
            ir::replace_all_uses(*old, if same { wide } else { self.append(narrow) });
        }
        ir::erase(self.run);
        let types = operands.iter().map(|value| value.r#type()).collect();
        Ok([types, results])
    }

    /// The shape and the word of a tensor of the level of layers.
    fn words(&self, value: Val<'c>) -> Result<(Vec<usize>, Word), Reported> {
        let ty = ir::type_of(value);
        let word = ty.as_ref().and_then(|ty| Word::of_element(ty.element));
        match ty.zip(word) {
            Some((ty, word)) => Ok((ty.shape, word)),
            None => fail(
                self.run,
                format!(
                    "an operand or result is of type {}, expected signed or unsigned integers of static shape",
                    value.r#type()
                ),
            ),
        }
    }

    /// The bits of a word.
    fn bits(&self, value: Val<'c>, word: Word) -> Val<'c> {
        let element = Element::int(word.bits);
        self.append(upstream::bitcast(
            self.context,
            value,
            element,
            self.location(),
        ))
    }

    fn append(&self, op: melior::ir::operation::Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.block, Some(self.run), op);
        ir::val(op.result(0).expect("the op was built with one result"))
    }

    fn location(&self) -> Location<'c> {
        self.run.location()
    }
}
