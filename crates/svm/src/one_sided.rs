//! Rows that no combination of rows can cancel.

use std::collections::BTreeMap;

use mirrorhead_kernels::LinearOperator;

use crate::HardMarginProblem;

/// `multipliers` without those of rows that can't be part of any `$\lambda \ge 0$` with `$A^\top\lambda = 0$`: where all
/// entries of a column that are left have one sign, their rows go, and so on until every column has both.
///
/// An interior point has a trace of such rows too, a word that one document has or a pixel that few images do, and their
/// columns would never cancel. None if the operator doesn't know its rows exactly.
pub(crate) fn without_one_sided(
    problem: &HardMarginProblem<'_>,
    multipliers: &[f64],
) -> Option<Vec<f64>> {
    let mut left = multipliers.to_vec();
    let rows: Vec<usize> = (0..left.len()).filter(|&j| left[j] > 0.0).collect();
    let signs = Signs::of(problem.operator(), &rows)?;
    let mut counts = vec![[0usize; 2]; problem.operator().ncols()];
    for (column, sign) in signs.rows.iter().flatten() {
        counts[*column][usize::from(*sign == Sign::Plus)] += 1;
    }
    loop {
        let is_stuck = |(column, _): &(usize, Sign)| counts[*column].contains(&0);
        let stuck: Vec<usize> = (0..rows.len())
            .filter(|&place| left[rows[place]] > 0.0 && signs.rows[place].iter().any(is_stuck))
            .collect();
        if stuck.is_empty() {
            return Some(left);
        }
        for place in stuck {
            left[rows[place]] = 0.0;
            for (column, sign) in &signs.rows[place] {
                counts[*column][usize::from(*sign == Sign::Plus)] -= 1;
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Minus,
    Plus,
}

/// The signs of the entries that aren't zero.
struct Signs {
    rows: Vec<Vec<(usize, Sign)>>,
}

impl Signs {
    fn of(operator: &dyn LinearOperator, rows: &[usize]) -> Option<Self> {
        let mut all = Vec::new();
        for &j in rows {
            // An entry may come in parts.
            let mut entries: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
            let known = operator.exact_row(j, &mut |k, a| {
                let (sum, size) = entries.entry(k).or_default();
                (*sum, *size) = (*sum + a, *size + a.abs());
            });
            if !known {
                return None;
            }
            let mut signs = Vec::new();
            for (k, (sum, size)) in entries.into_iter().filter(|(_, (_, size))| *size > 0.0) {
                // A sum that is rounding error may have either.
                let noise = 8.0 * f64::EPSILON * size;
                if sum > -noise {
                    signs.push((k, Sign::Plus));
                }
                if sum < noise {
                    signs.push((k, Sign::Minus));
                }
            }
            all.push(signs);
        }
        Some(Self { rows: all })
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::{DenseRows, Matrix};

    use super::*;

    #[test]
    fn rows_of_one_sided_columns_go_one_after_the_other() {
        // The last column has one sign; without its row the third has, and so on; two rows are opposite.
        let rows = Matrix::from_rows(&[
            [1.0, 2.0, 0.0, 0.0],
            [-1.0, -2.0, 0.0, 0.0],
            [1.0, 1.0, 1.0, 0.0],
            [1.0, 0.0, -1.0, 3.0],
        ])
        .unwrap();
        let rows = DenseRows::new(&rows);
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let left = without_one_sided(&problem, &[1.0, 1.0, 0.5, 0.25]);
        assert_eq!(left, Some(vec![1.0, 1.0, 0.0, 0.0]));
    }
}
