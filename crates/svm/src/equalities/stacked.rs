//! The rows of several operators, one below the other.

use mirrorhead_kernels::{Enclosure, LinearOperator, two_sum};

/// `$(\pm A^{(1)}; \pm A^{(2)}; \dots)$`, each with a sign: for proofs, which ask for products and rows and no matrices.
pub(super) struct StackedRows<'a> {
    blocks: Vec<Block<'a>>,
}

struct Block<'a> {
    operator: &'a dyn LinearOperator,
    sign: f64,
}

impl<'a> StackedRows<'a> {
    /// These operators times their signs, all with the same columns.
    pub fn new(blocks: impl IntoIterator<Item = (&'a dyn LinearOperator, f64)>) -> Self {
        let blocks = blocks.into_iter().map(|(operator, sign)| Block { operator, sign });
        Self { blocks: blocks.collect() }
    }

    /// Each block with the part of `out`, of one entry a row, that is its own.
    fn parts<'x, T>(
        &'x self,
        mut out: &'x mut [T],
    ) -> impl Iterator<Item = (&'x Block<'a>, &'x mut [T])> {
        self.blocks.iter().map(move |block| {
            let (part, rest) = std::mem::take(&mut out).split_at_mut(block.operator.nrows());
            out = rest;
            (block, part)
        })
    }

    /// The block of row `j`, by its position, and the row's position in it.
    fn place(&self, mut j: usize) -> (usize, usize) {
        for (at, block) in self.blocks.iter().enumerate() {
            if j < block.operator.nrows() {
                return (at, j);
            }
            j -= block.operator.nrows();
        }
        panic!("no row {j} below the last block")
    }

    /// The sum over the blocks of what `product` makes of the part of `multipliers` that is theirs.
    fn sum(
        &self,
        mut multipliers: &[f64],
        out: &mut [f64],
        product: impl Fn(&Block<'_>, &[f64], &mut [f64]),
    ) {
        out.fill(0.0);
        let mut part = vec![0.0; out.len()];
        for block in &self.blocks {
            let (own, rest) = multipliers.split_at(block.operator.nrows());
            multipliers = rest;
            product(block, own, &mut part);
            out.iter_mut().zip(&part).for_each(|(out, x)| *out += x);
        }
    }
}

impl LinearOperator for StackedRows<'_> {
    fn nrows(&self) -> usize {
        self.blocks.iter().map(|block| block.operator.nrows()).sum()
    }

    fn ncols(&self) -> usize {
        self.blocks.first().map_or(0, |block| block.operator.ncols())
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (block, out) in self.parts(out) {
            block.operator.apply(w, out);
            for x in out {
                *x *= block.sign;
            }
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        self.sum(multipliers, out, |block, own, out| {
            block.operator.apply_adjoint(own, out);
            for x in out {
                *x *= block.sign;
            }
        });
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        self.parts(out).for_each(|(block, out)| block.operator.apply_abs(w, out));
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        self.sum(multipliers, out, |block, own, out| block.operator.apply_adjoint_abs(own, out));
    }

    fn rounding_depth(&self) -> usize {
        let depths = self.blocks.iter().map(|block| block.operator.rounding_depth() + 1);
        depths.sum()
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        for (block, out) in self.parts(out) {
            block.operator.apply_enclosed(w, out);
            for x in out {
                x.value *= block.sign;
            }
        }
    }

    fn apply_adjoint_enclosed(&self, mut multipliers: &[f64], out: &mut [Enclosure]) {
        out.fill(Enclosure::default());
        let mut part = vec![Enclosure::default(); out.len()];
        for block in &self.blocks {
            let (own, rest) = multipliers.split_at(block.operator.nrows());
            multipliers = rest;
            if own.iter().all(|l| *l == 0.0) {
                continue;
            }
            block.operator.apply_adjoint_enclosed(own, &mut part);
            for (sum, x) in out.iter_mut().zip(&part) {
                *sum = added(*sum, Enclosure { value: block.sign * x.value, ..*x });
            }
        }
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let (at, row) = self.place(j);
        let Block { operator, sign } = self.blocks[at];
        operator.exact_row(row, &mut |k, a| term(k, sign * a))
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        self.parts(out).for_each(|(block, out)| block.operator.row_max_abs(out));
    }
}

/// The sum of two enclosed numbers.
fn added(a: Enclosure, b: Enclosure) -> Enclosure {
    let (value, off) = two_sum(a.value, b.value);
    let exact = off == 0.0 && (a.radius == 0.0 || b.radius == 0.0);
    let radius = a.radius + b.radius + off.abs();
    Enclosure { value, radius: if exact { radius } else { radius.next_up().next_up() } }
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;

    /// What proofs ask of stacked rows is what they would be told of the same rows in one matrix.
    #[test]
    fn the_same_as_one_matrix() {
        let entry = |j: usize, k: usize| ((7 * j + 3 * k * k + j * k) % 11) as f64 - 4.0;
        let rows: Vec<Vec<f64>> = (0..5).map(|j| (0..3).map(|k| entry(j, k)).collect()).collect();
        let negated: Vec<Vec<f64>> =
            rows[3..].iter().map(|row| row.iter().map(|a| -a).collect()).collect();
        let of = |rows: &[Vec<f64>]| DenseRows::new(&Matrix::from_rows(rows).unwrap());
        let (upper, lower, whole) = (of(&rows[..3]), of(&negated), of(&rows));
        let stacked = StackedRows::new([(&upper as &dyn LinearOperator, 1.0), (&lower, -1.0)]);
        assert_eq!((stacked.nrows(), stacked.ncols()), (5, 3));

        let (w, multipliers) = ([1.0, -2.0, 0.5], [3.0, 0.0, 1.0, 2.0, 0.25]);
        let products = |rows: &dyn LinearOperator| {
            let (mut margins, mut sizes, mut abs) = ([0.0; 5], [0.0; 5], [0.0; 5]);
            rows.apply(&w, &mut margins);
            rows.row_max_abs(&mut sizes);
            rows.apply_abs(&w.map(f64::abs), &mut abs);
            let (mut forces, mut abs_forces) = ([0.0; 3], [0.0; 3]);
            rows.apply_adjoint(&multipliers, &mut forces);
            rows.apply_adjoint_abs(&multipliers, &mut abs_forces);
            let mut enclosed = [Enclosure::default(); 3];
            rows.apply_adjoint_enclosed(&multipliers, &mut enclosed);
            (margins, sizes, abs, forces, abs_forces, enclosed.map(|x| x.value))
        };
        assert_eq!(products(&stacked), products(&whole));
        for j in 0..5 {
            let row = |rows: &dyn LinearOperator| {
                let mut terms = Vec::new();
                assert!(rows.exact_row(j, &mut |k, a| terms.push((k, a))));
                terms
            };
            assert_eq!(row(&stacked), row(&whole));
        }
    }
}
