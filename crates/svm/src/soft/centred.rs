//! Columns far from zero, where an intercept doesn't ask where zero is: time stamps, years, frequencies.
//!
//! `$\langle w, x\rangle + \beta = \langle w, x - c\rangle + (\beta + \langle w, c\rangle)$`: rows `$y_j x_j$` and `$y_j(x_j - c)$` have the
//! same `$w$` and the same multipliers. A column whose entries differ by little of what they are is taken from its middle, which costs no
//! digit (Sterbenz's lemma), and leaves all of them to what differs.

use std::collections::BTreeMap;

use mirrorhead_kernels::{
    Enclosure, GramMut, LinearOperator, add_scaled, dot, enclosed_dot, max_abs, two_sum,
};

use crate::Remainder;
use crate::exact_sum::ExactSum;
use crate::remainder::Expansion;
use crate::soft::operators::plus_product;

/// A column whose entries differ by less than this share of the largest is far from zero.
const FAR: f64 = 1.0 / 1024.0;

/// Rows that are looked at for columns that may be far from zero.
const SAMPLED: usize = 16;

/// Most doubles for an intercept.
const MOST_PARTS: usize = 6;

/// An operator with some columns taken from their middle.
pub(crate) struct Centred<'a> {
    operator: &'a dyn LinearOperator,
    /// In increasing order.
    columns: Vec<Column>,
}

/// A column `$y(x - c)$`.
struct Column {
    at: usize,
    middle: f64,
    entries: Vec<f64>,
}

impl<'a> Centred<'a> {
    /// The rows `$y_j x_j$` of an operator, for the `signs` `$y$`. None if no column is far from zero.
    pub fn of(operator: &'a dyn LinearOperator, signs: &[f64]) -> Option<Self> {
        let (mut unit, mut column) = (vec![0.0; operator.ncols()], vec![0.0; signs.len()]);
        let mut centred = |at: usize| {
            unit[at] = 1.0;
            operator.apply(&unit, &mut column);
            unit[at] = 0.0;
            let points = || column.iter().zip(signs).map(|(a, y)| a * y);
            let range = Range::of(points()).filter(Range::is_narrow)?;
            let middle = range.middle();
            let entries = points().zip(signs).map(|(x, y)| y * (x - middle)).collect();
            Some(Column { at, middle, entries })
        };
        let columns: Vec<_> =
            perhaps_far(operator, signs).into_iter().filter_map(&mut centred).collect();
        let centred = Self { operator, columns };
        // Constants alone disturb nothing.
        let is_far = |column: &Column| max_abs(&column.entries) > 0.0;
        (centred.columns.iter().any(is_far) && centred.is_exact(signs)).then_some(centred)
    }

    /// Whether the columns are stored as doubles, from which nothing was lost: else what holds of these rows would hold nearly of the
    /// operator's.
    fn is_exact(&self, signs: &[f64]) -> bool {
        signs.iter().enumerate().all(|(j, y)| {
            let mut terms = 0;
            let mut is_stored = true;
            let told = self.operator.exact_row(j, &mut |k, a| {
                if let Some(column) = self.column(k) {
                    terms += 1;
                    let (sum, lost) = two_sum(column.entries[j], y * column.middle);
                    is_stored &= sum == a && lost == 0.0;
                }
            });
            told && is_stored && terms == self.columns.len()
        })
    }

    /// What is left of the expansion `$\beta$` of an intercept of these rows for the rows of the operator: `$\beta - \langle w,
    /// c\rangle$`, in as many doubles as it takes, all of them beside those of `remainder`.
    pub fn restored(
        &self,
        (w, intercept, mut remainder): (&[f64], f64, Remainder),
    ) -> (f64, Remainder) {
        let mut sum = ExactSum::default();
        std::iter::once(intercept)
            .chain(std::mem::take(&mut remainder.intercept))
            .for_each(|x| sum.add(x));
        for column in &self.columns {
            for w in (Expansion { leading: w, rest: &remainder.w }).entry(column.at) {
                sum.add_product(-column.middle, w);
            }
        }
        let mut parts = Vec::new();
        while parts.len() < MOST_PARTS && (parts.is_empty() || sum.rounded() != 0.0) {
            parts.push(sum.rounded());
            sum.add(-sum.rounded());
        }
        remainder.intercept = parts.split_off(1);
        let both = remainder.w.len().max(remainder.intercept.len());
        remainder.w.resize(both, vec![0.0; w.len()]);
        remainder.intercept.resize(both, 0.0);
        (parts[0], remainder)
    }

    /// The column `k`, if it was taken from its middle.
    fn column(&self, k: usize) -> Option<&Column> {
        let place = self.columns.binary_search_by_key(&k, |column| column.at);
        place.ok().map(|place| &self.columns[place])
    }

    /// `w` where the operator's own columns count, zero elsewhere.
    fn own(&self, w: &[f64]) -> Vec<f64> {
        let mut own = w.to_vec();
        self.columns.iter().for_each(|column| own[column.at] = 0.0);
        own
    }
}

/// The columns that are far from zero in the first rows.
fn perhaps_far(operator: &dyn LinearOperator, signs: &[f64]) -> Vec<usize> {
    let mut ranges: BTreeMap<usize, Range> = BTreeMap::new();
    for (j, y) in signs.iter().enumerate().take(SAMPLED) {
        let mut row: BTreeMap<usize, f64> = BTreeMap::new();
        if !operator.exact_row(j, &mut |k, a| *row.entry(k).or_default() += y * a) {
            return Vec::new();
        }
        if j == 0 {
            ranges = row.into_iter().map(|(k, x)| (k, Range::at(x))).collect();
            continue;
        }
        ranges.retain(|k, range| {
            row.get(k).is_some_and(|x| {
                *range = range.including(&Range::at(*x));
                range.is_narrow()
            })
        });
        if ranges.is_empty() {
            break;
        }
    }
    ranges.into_keys().collect()
}

/// Where the entries of a column lie.
struct Range {
    least: f64,
    most: f64,
}

impl Range {
    fn of(entries: impl Iterator<Item = f64>) -> Option<Self> {
        entries.map(Self::at).reduce(|range, x| range.including(&x))
    }

    fn at(x: f64) -> Self {
        Self { least: x, most: x }
    }

    fn including(&self, other: &Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// Whether its ends differ by little of what they are.
    fn is_narrow(&self) -> bool {
        let size = self.least.abs().max(self.most.abs());
        self.most - self.least < FAR * size
    }

    fn middle(&self) -> f64 {
        self.least + 0.5 * (self.most - self.least)
    }
}

impl LinearOperator for Centred<'_> {
    fn nrows(&self) -> usize {
        self.operator.nrows()
    }

    fn ncols(&self) -> usize {
        self.operator.ncols()
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply(&self.own(w), out);
        for column in &self.columns {
            add_scaled(out, w[column.at], &column.entries);
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        self.operator.apply_adjoint(multipliers, out);
        for column in &self.columns {
            out[column.at] = dot(&column.entries, multipliers);
        }
    }

    fn apply_abs(&self, w: &[f64], out: &mut [f64]) {
        self.operator.apply_abs(&self.own(w), out);
        for column in &self.columns {
            for (out, a) in out.iter_mut().zip(&column.entries) {
                *out += a.abs() * w[column.at];
            }
        }
    }

    fn apply_adjoint_abs(&self, multipliers: &[f64], out: &mut [f64]) {
        self.operator.apply_adjoint_abs(multipliers, out);
        for column in &self.columns {
            out[column.at] = column.entries.iter().zip(multipliers).map(|(a, l)| a.abs() * l).sum();
        }
    }

    fn rounding_depth(&self) -> usize {
        self.operator.rounding_depth() + self.nrows() + 2 * self.columns.len()
    }

    fn apply_enclosed(&self, w: &[f64], out: &mut [Enclosure]) {
        self.operator.apply_enclosed(&self.own(w), out);
        for column in &self.columns {
            let w = w[column.at];
            for (out, a) in out.iter_mut().zip(&column.entries) {
                *out = plus_product(*out, *a, w);
            }
        }
    }

    fn apply_adjoint_enclosed(&self, multipliers: &[f64], out: &mut [Enclosure]) {
        self.operator.apply_adjoint_enclosed(multipliers, out);
        for column in &self.columns {
            let entries = column.entries.as_slice();
            out[column.at] = enclosed_dot(entries.into(), multipliers.into());
        }
    }

    fn exact_row(&self, j: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        let told = self.operator.exact_row(j, &mut |k, a| {
            if self.column(k).is_none() {
                term(k, a);
            }
        });
        self.columns.iter().for_each(|column| term(column.at, column.entries[j]));
        told
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        self.operator.weighted_gram(rows, &self.own(weights), gram.reborrow());
        for column in &self.columns {
            for (l, &j) in rows.iter().enumerate() {
                let factor = column.entries[j] * weights[column.at];
                for (i, &row) in rows.iter().enumerate().skip(l) {
                    gram[(i, l)] += factor * column.entries[row];
                }
            }
        }
    }

    fn weighted_normal(&self, weights: &[f64], mut normal: GramMut<'_>) {
        self.operator.weighted_normal(weights, normal.reborrow());
        let mut of_column = vec![0.0; self.ncols()];
        for column in &self.columns {
            let weighted: Vec<f64> =
                column.entries.iter().zip(weights).map(|(a, s)| a * s).collect();
            self.apply_adjoint(&weighted, &mut of_column);
            for (k, entry) in of_column.iter().enumerate() {
                normal[(k.max(column.at), k.min(column.at))] = *entry;
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            *out = 0.0;
            self.exact_row(j, &mut |_, a| *out = out.max(a.abs()));
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        self.operator.col_max_abs(out);
        for column in &self.columns {
            out[column.at] = max_abs(&column.entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soft::operators::tests::agree;
    use mirrorhead_kernels::{DenseRows, Matrix};

    /// Points times signs, with two columns far from zero, a constant and one that isn't far.
    fn rows(signs: &[f64], far: [f64; 2]) -> Matrix {
        let noise = |j: usize, k: usize| ((j * 7 + k * 3) as f64).sin();
        Matrix::from_fn(signs.len(), 5, |j, k| {
            let x = match k {
                0 | 3 => far[usize::from(k == 3)] + noise(j, k),
                2 => 4.0,
                _ => noise(j, k),
            };
            signs[j] * x
        })
    }

    #[test]
    fn rows_are_those_from_the_middle_and_nothing_is_lost() {
        let signs: Vec<f64> = (0..20).map(|j| if j % 3 == 0 { 1.0 } else { -1.0 }).collect();
        let stored = rows(&signs, [1.7e9, -3e5]);
        let dense = DenseRows::new(&stored);
        let centred = Centred::of(&dense, &signs).expect("three columns");
        let middles: Vec<(usize, f64)> =
            centred.columns.iter().map(|column| (column.at, column.middle)).collect();
        assert_eq!(middles.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2, 3]);
        let near = Matrix::from_fn(20, 5, |j, k| {
            let middle = middles.iter().find(|(at, _)| *at == k).map_or(0.0, |(_, middle)| *middle);
            stored[(j, k)] - signs[j] * middle
        });
        agree(&centred, &near);
        // The intercept of one of both is that of the other, to the last bit.
        let w = [0.3, -1.0, 2.0, 0.7, 1.0];
        let (intercept, remainder) = centred.restored((&w, 0.1, Remainder::default()));
        let mut difference = ExactSum::default();
        [intercept].iter().chain(&remainder.intercept).for_each(|x| difference.add(*x));
        difference.add(-0.1);
        for (at, middle) in &middles {
            difference.add_product(*middle, w[*at]);
        }
        assert_eq!(difference.rounded(), 0.0);
    }

    #[test]
    fn columns_that_are_near_or_not_stored_stay() {
        let signs = [1.0, -1.0, 1.0];
        let plain = rows(&signs, [0.0, 100.0]);
        assert!(Centred::of(&DenseRows::new(&plain), &signs).is_none());
    }
}
