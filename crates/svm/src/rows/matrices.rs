//! The matrices of equilibrated rows: `$A D A^\top$`, its diagonal, and `$A^\top \operatorname{diag}(\sigma)^{-1} A$`.

use faer::Mat;
use mirrorhead_kernels::{GramMut, LinearOperator, max_abs};

use super::{EquilibratedRows, Source, inverse_power_of_two, spread};

impl EquilibratedRows<'_> {
    /// The lower triangle of `gram` `$= A \operatorname{diag}(D) A^\top$`; `weights` `$= D$` is scaled in place.
    pub fn weighted_gram(&self, weights: &mut [f64], gram: &mut Mat<f64>) {
        let operator = match &self.source {
            Source::Stored { rows, .. } => {
                let all: Vec<usize> = (0..self.len()).collect();
                return rows.weighted_gram(&all, weights, GramMut::of_faer(gram.as_mut()));
            }
            Source::Operator(operator) => *operator,
        };
        let unit = self.scale(weights);
        let spread = self.spread_weights(weights);
        let weights = spread.as_deref().unwrap_or(weights);
        operator.weighted_gram(&self.rows, weights, GramMut::of_faer(gram.as_mut()));
        if unit == 1.0 && self.factors.iter().all(|&c| c == self.typical) {
            return;
        }
        let shares: Vec<f64> = self.factors.iter().map(|c| c / self.typical).collect();
        for (l, share) in shares.iter().enumerate() {
            let factor = share / unit;
            let column = &mut gram.col_as_slice_mut(l)[l..];
            for (entry, other) in column.iter_mut().zip(&shares[l..]) {
                *entry *= factor * other;
            }
        }
    }

    /// The lower triangle of `normal` `$= A^\top \operatorname{diag}(\sigma)^{-1} A$`.
    pub fn weighted_normal(&self, sigma: &[f64], normal: &mut Mat<f64>) {
        let least = sigma.iter().fold(f64::INFINITY, |l, &s| l.min(s));
        let (operator, weights) = match &self.source {
            Source::Stored { rows, .. } => {
                let weights: Vec<f64> = sigma.iter().map(|s| s.recip()).collect();
                return rows.weighted_normal(&weights, GramMut::of_faer(normal.as_mut()));
            }
            Source::Operator(operator) => {
                let mut weights = vec![0.0; self.scratch.len()];
                for ((s, &j), r) in sigma.iter().zip(&self.rows).zip(&self.factors) {
                    weights[j] = (least / s) * r * r;
                }
                (*operator, weights)
            }
        };
        operator.weighted_normal(&weights, GramMut::of_faer(normal.as_mut()));
        for l in 0..self.ncols() {
            let units = self.units.get();
            let factor = units.map_or(1.0, |c| c[l]) / least;
            for (k, entry) in normal.col_as_slice_mut(l).iter_mut().enumerate().skip(l) {
                *entry *= factor * units.map_or(1.0, |c| c[k]);
            }
        }
    }

    /// The diagonal of `$A \operatorname{diag}(D) A^\top$`; `weights` `$= D$` is scaled in place.
    pub fn weighted_squares(&self, weights: &mut [f64], out: &mut [f64]) {
        let operator = match &self.source {
            Source::Stored { rows, .. } => {
                for (j, out) in out.iter_mut().enumerate() {
                    *out = rows.row(j).iter().zip(&*weights).map(|(a, d)| a * a * d).sum();
                }
                return;
            }
            Source::Operator(operator) => *operator,
        };
        let unit = self.scale(weights);
        let spread = self.spread_weights(weights);
        let weights = spread.as_deref().unwrap_or(weights);
        let mut square = Mat::zeros(1, 1);
        for ((out, &j), c) in out.iter_mut().zip(&self.rows).zip(&self.factors) {
            operator.weighted_gram(&[j], weights, GramMut::of_faer(square.as_mut()));
            *out = square[(0, 0)] * (c / self.typical / unit) * (c / self.typical);
        }
    }

    /// `weights` in their places among the columns of the operator, where some are left out.
    fn spread_weights(&self, weights: &[f64]) -> Option<Vec<f64>> {
        let columns = self.columns.as_deref()?;
        let mut spread_out = vec![0.0; self.wide.len()];
        spread(weights, None, Some(columns), &mut spread_out);
        Some(spread_out)
    }

    /// Brings `weights` to the units of the operator, and scales them so that products with two rows stay
    /// in range: by the square of the typical factor of a row and by the factor returned.
    fn scale(&self, weights: &mut [f64]) -> f64 {
        if let Some(units) = self.units.get() {
            for (d, c) in weights.iter_mut().zip(units) {
                *d *= c * c;
            }
        }
        let square = self.typical * self.typical;
        if square == 1.0 {
            return 1.0;
        }
        // Weights of size one leave room for the square.
        let unit = inverse_power_of_two(max_abs(weights));
        for d in weights.iter_mut() {
            *d = (*d * unit) * square;
        }
        unit
    }
}
