//! Whether the upstream ops of level 3 stay within their operands.
//!
//! MLIR's verifier knows the bounds of slices, but of a loop nest it looks at the first and the last iteration only,
//! which is not enough where an index falls along one loop and rises along another. Text of level 3 may be a stranger's, and everything behind its reading
//! (the interpreter, native code, hardware) addresses memory by what it says.

use melior::ir::operation::OperationLike;

use super::linalg::nest::Nest;
use crate::ir;
use crate::value::MAX_ELEMENTS;

/// Checks that an op with operands of static shape reads and writes elements that are there. `Ok` for ops that do not
/// compute indices.
pub fn check_bounds(op: ir::Op<'_>) -> Result<(), String> {
    let Some(nest) = Nest::read(op) else {
        return Ok(());
    };
    check_nest(&nest, op).map_err(|message| format!("'{}' op {message}", ir::op_name(op)))
}

fn check_nest(nest: &Nest, op: ir::Op<'_>) -> Result<(), String> {
    let types: Option<Vec<_>> = op
        .operands()
        .map(|value| ir::type_of(ir::val(value)))
        .collect();
    let Some(types) = types else {
        return Ok(());
    };
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let Some(extents) = nest.extents(&shapes) else {
        return Ok(());
    };
    if extents.contains(&0) {
        return Ok(());
    }
    // Also the factor of a loop of one iteration is multiplied by a stride.
    let mut factors = nest.maps.iter().flat_map(|map| map.coefficients.concat());
    if let Some(factor) = factors.find(|factor| factor.unsigned_abs() > MAX_ELEMENTS as u64) {
        return Err(format!(
            "multiplies a loop index by {factor}, expected at most {MAX_ELEMENTS}"
        ));
    }
    for (number, (map, shape)) in nest.maps.iter().zip(&shapes).enumerate() {
        let rows = map.coefficients.iter().zip(&map.constants);
        for (dimension, ((row, &constant), &extent)) in rows.zip(*shape).enumerate() {
            let (first, last) = index_range(row, constant, &extents);
            if first < 0 || last >= extent as i128 {
                return Err(outside(number, dimension, (first, last), extent));
            }
        }
    }
    Ok(())
}

/// The least and the greatest value of a row of an affine map.
fn index_range(row: &[i64], constant: i64, extents: &[usize]) -> (i128, i128) {
    let start = i128::from(constant);
    let mut range = (start, start);
    for (&factor, &extent) in row.iter().zip(extents) {
        let end = i128::from(factor) * (extent as i128 - 1);
        range = (range.0 + end.min(0), range.1 + end.max(0));
    }
    range
}

fn outside(operand: usize, dimension: usize, found: (i128, i128), extent: usize) -> String {
    format!(
        "indexes dimension {dimension} of operand {operand} from {} to {}, expected 0 to {}",
        found.0,
        found.1,
        extent as i128 - 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a nest that reads 4 elements by `map` of loops of 4 and `inner` iterations is refused, and why. MLIR must
    /// take it.
    fn refused(map: &str, inner: usize) -> Option<String> {
        let context = ir::session();
        let text = format!(
            r#"func.func @main(%x: tensor<4xi4>, %one: tensor<{inner}xi4>, %y: tensor<4xi4>) -> tensor<4xi4> {{
  %0 = linalg.generic {{indexing_maps = [affine_map<(i, j) -> ({map})>, affine_map<(i, j) -> (j)>,
                                        affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}}
     ins(%x, %one : tensor<4xi4>, tensor<{inner}xi4>) outs(%y : tensor<4xi4>) {{
  ^bb0(%a: i4, %b: i4, %c: i4):
    linalg.yield %a : i4
  }} -> tensor<4xi4>
  return %0 : tensor<4xi4>
}}"#
        );
        let (module, said) = ir::capture(&context, || ir::parse_module(&context, text.as_bytes()));
        let module = module.unwrap_or_else(|| panic!("{map} {inner}: {said:?}"));
        let function = ir::main_function(&module)?;
        function
            .ops()
            .into_iter()
            .find_map(|op| check_bounds(op).err())
    }

    #[test]
    fn indices_stay_within_tensors() {
        for map in ["i", "3 - i", "j + 2", "0"] {
            assert_eq!(refused(map, 2), None, "{map}");
        }
        assert_eq!(refused("i - j", 1), None);
        let found = refused("i - j", 2).unwrap_or_default();
        assert!(found.contains("from -1 to 3, expected 0 to 3"), "{found}");
        let found = refused("i + j * 4611686018427387904", 1).unwrap_or_default();
        assert!(found.contains("by 4611686018427387904"), "{found}");
    }
}
