//! The pass `convert-to-int`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function};
use qonnx_dialects::pass::PassResult;

use super::converter::Converter;
use super::reasons::Need;
use super::refusal::Options;

declare_pass! {
    /// Convert quantized operations to integer operations of exact width.
    ///
    /// ## What it does
    /// Walks the function once and builds it anew. A quantizer of a float value becomes `qint.quantize`. A
    /// matrix product, convolution, pooling or sum of scaled integers becomes one op of `qint`, whose result is
    /// as wide as the weights' values and the inputs' ranges need. Whatever elementwise float32 operations lie
    /// between an accumulator and the next quantizer become one `qint.threshold`, `qint.requantize` or
    /// `qint.lookup`, found by evaluating those very operations. What is not a scaled integer stays float,
    /// behind `qint.dequantize`.
    ///
    /// ## Requires
    /// Static shapes and split biases: the pipeline `qonnx-cleanup`.
    ///
    /// ## Guarantees
    /// Every integer is the one that the graph's float32 operations give on exactly known inputs; integer
    /// arithmetic never overflows (see `docs/exactness.md`).
    pub struct ConvertToInt => "convert-to-int" on Function {
        /// Most steps of an activation that become thresholds where a multiplication would do.
        max_thresholds ("max-thresholds"): usize = 15,
        /// Most thresholds of an activation, over all channels, where no multiplication would do; with more it stays
        /// float.
        max_table ("max-table"): usize = 1 << 17,
        /// Largest domain of an activation that is not monotone and becomes a table.
        max_lookup ("max-lookup"): usize = 1 << 16,
        /// Most multiplications, comparisons and copies of elements, over all constants that are computed; further ops
        /// stay as they are.
        max_work ("max-work"): u64 = 1 << 31,
        /// Report as a remark why an operation stays float.
        remarks ("remarks"): bool = false,
    }
}

impl ConvertToInt {
    fn run<'c>(&mut self, mut function: Function<'c>, context: &'c Context) -> PassResult {
        let ops = function.ops();
        let arguments = function.arguments();
        let returned = function.returned();
        let location = function
            .return_op()
            .map_or_else(|| function.op().location(), |op| op.location());
        let options = Options {
            max_thresholds: self.max_thresholds,
            max_table: self.max_table,
            max_lookup: self.max_lookup,
            max_work: self.max_work,
            remarks: self.remarks,
        };
        let names = function.input_names();
        let mut outputs = Vec::new();
        function.rebuild(context, |_, block| {
            let mut converter = Converter::new(context, block, options);
            let inputs = arguments.iter().zip(ir::block_arguments(block));
            for ((old, new), name) in inputs.zip(names) {
                converter.bind_float(*old, new);
                converter.reasons.input(new, name);
            }
            for op in ops {
                converter.convert(op)?;
            }
            for value in returned {
                outputs.push(converter.float_of(value, Need::Output, location)?);
            }
            ir::append_return(block, &outputs, location);
            Ok(())
        })
    }
}
