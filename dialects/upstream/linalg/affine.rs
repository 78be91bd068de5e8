//! Affine maps with constant coefficients: how a loop nest indexes a tensor.

use melior::Context;
use melior::ir::{Attribute, AttributeLike};
use mlir_sys::*;

/// A map from loop indices to tensor indices: result `r` is `constant[r] + sum(coefficients[r][d] * d)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffineMap {
    /// Number of loops.
    pub dims: usize,
    /// One row for each result, one column for each loop.
    pub coefficients: Vec<Vec<i64>>,
    /// One for each result.
    pub constants: Vec<i64>,
}

impl AffineMap {
    /// The map that selects loops: result `r` is loop `selected[r]`.
    pub fn select(dims: usize, selected: &[usize]) -> Self {
        let row = |loop_index: usize| (0..dims).map(|dim| i64::from(dim == loop_index)).collect();
        Self {
            dims,
            coefficients: selected.iter().map(|&at| row(at)).collect(),
            constants: vec![0; selected.len()],
        }
    }

    /// The map of a map with no results: a scalar.
    pub fn scalar(dims: usize) -> Self {
        Self::select(dims, &[])
    }

    /// The identity.
    pub fn identity(dims: usize) -> Self {
        Self::select(dims, &(0..dims).collect::<Vec<_>>())
    }

    /// Numpy broadcasting of a tensor of `shape` against loops over a tensor of `dims` dimensions.
    pub fn broadcast(dims: usize, shape: &[usize]) -> Self {
        let skipped = dims - shape.len();
        let mut map = Self::select(dims, &(skipped..dims).collect::<Vec<_>>());
        for (row, &extent) in map.coefficients.iter_mut().zip(shape) {
            if extent == 1 {
                row.fill(0);
            }
        }
        map
    }

    /// The same map of loops in another order: loop `at` becomes what loop `order[at]` was.
    #[must_use]
    pub fn permuted(&self, order: &[usize]) -> Self {
        let row = |row: &Vec<i64>| order.iter().map(|&old| row[old]).collect();
        Self {
            dims: self.dims,
            coefficients: self.coefficients.iter().map(row).collect(),
            constants: self.constants.clone(),
        }
    }

    /// Result `result` becomes the sum of `terms`, each a loop times a coefficient.
    #[must_use]
    pub fn with_sum(mut self, result: usize, terms: &[(usize, i64)]) -> Self {
        self.coefficients[result].fill(0);
        for &(dim, coefficient) in terms {
            self.coefficients[result][dim] += coefficient;
        }
        self
    }

    /// The loop that each result is; `None` for one that is a constant, a multiple, or a sum.
    pub fn loops(&self) -> Vec<Option<usize>> {
        let rows = self.coefficients.iter().zip(&self.constants);
        rows.map(|(row, &constant)| {
            let mut used = (0..row.len()).filter(|&dim| row[dim] != 0);
            let dim = used.next()?;
            (constant == 0 && row[dim] == 1 && used.next().is_none()).then_some(dim)
        })
        .collect()
    }

    /// The MLIR attribute.
    pub(crate) fn to_attribute<'c>(&self, context: &'c Context) -> Attribute<'c> {
        let dims: Vec<_> = (0..self.dims).map(|dim| format!("d{dim}")).collect();
        let results: Vec<_> = self
            .coefficients
            .iter()
            .zip(&self.constants)
            .map(|(row, &constant)| {
                let mut terms: Vec<_> = row
                    .iter()
                    .enumerate()
                    .filter(|&(_, &factor)| factor != 0)
                    .map(|(dim, &factor)| match factor {
                        1 => format!("d{dim}"),
                        factor => format!("d{dim} * {factor}"),
                    })
                    .collect();
                if constant != 0 || terms.is_empty() {
                    terms.push(constant.to_string());
                }
                terms.join(" + ")
            })
            .collect();
        let text = format!(
            "affine_map<({}) -> ({})>",
            dims.join(", "),
            results.join(", ")
        );
        Attribute::parse(context, &text).expect("the text of an affine map is well formed")
    }

    /// Reads an affine map attribute; `None` if it has symbols, divisions, products of loops or numbers beyond 64 bits.
    #[expect(unsafe_code, reason = "melior does not take affine maps apart")]
    pub(crate) fn read(attribute: Attribute<'_>) -> Option<Self> {
        // SAFETY: guarded by the kind of the attribute.
        let map = unsafe {
            mlirAttributeIsAAffineMap(attribute.to_raw())
                .then(|| mlirAffineMapAttrGetValue(attribute.to_raw()))?
        };
        // SAFETY: the map is valid and indices are in range.
        let (dims, symbols, results) = unsafe {
            (
                mlirAffineMapGetNumDims(map),
                mlirAffineMapGetNumSymbols(map),
                mlirAffineMapGetNumResults(map),
            )
        };
        if symbols != 0 {
            return None;
        }
        let dims = usize::try_from(dims).ok()?;
        let mut read = Self {
            dims,
            coefficients: Vec::new(),
            constants: Vec::new(),
        };
        for at in 0..results {
            let mut row = vec![0; dims];
            // SAFETY: `at` is in range.
            let constant = linear(unsafe { mlirAffineMapGetResult(map, at) }, 1, &mut row)?;
            read.coefficients.push(row);
            read.constants.push(constant);
        }
        Some(read)
    }
}

/// Adds `factor * expression` to a row of coefficients and returns its constant part.
#[expect(unsafe_code, reason = "melior does not take affine maps apart")]
fn linear(expression: MlirAffineExpr, factor: i64, row: &mut [i64]) -> Option<i64> {
    // SAFETY: each accessor is guarded by its `IsA`.
    unsafe {
        if mlirAffineExprIsADim(expression) {
            let dim = usize::try_from(mlirAffineDimExprGetPosition(expression)).ok()?;
            let sum = row.get_mut(dim)?;
            *sum = sum.checked_add(factor)?;
            return Some(0);
        }
        if mlirAffineExprIsAConstant(expression) {
            return factor.checked_mul(mlirAffineConstantExprGetValue(expression));
        }
        let operands = || {
            (
                mlirAffineBinaryOpExprGetLHS(expression),
                mlirAffineBinaryOpExprGetRHS(expression),
            )
        };
        if mlirAffineExprIsAAdd(expression) {
            let (left, right) = operands();
            return linear(left, factor, row)?.checked_add(linear(right, factor, row)?);
        }
        if mlirAffineExprIsAMul(expression) {
            let (left, right) = operands();
            if mlirAffineExprIsAConstant(right) {
                let factor = factor.checked_mul(mlirAffineConstantExprGetValue(right))?;
                return linear(left, factor, row);
            }
            if mlirAffineExprIsAConstant(left) {
                let factor = factor.checked_mul(mlirAffineConstantExprGetValue(left))?;
                return linear(right, factor, row);
            }
        }
        None
    }
}
