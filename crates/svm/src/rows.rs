//! Equilibrated rows: the constraints $A w \ge \rho b$ with every row of size one.

use faer::Mat;
use mirrorhead_kernels::{GramMut, LinearOperator, max_abs};

use crate::operator_handle::OperatorHandle;
use crate::{HardMarginProblem, Norm};

/// The rows $c_j A_{j\cdot}$ of a set of constraints and their bounds $\hat b_j = c_j b_j / \beta$, where $c_j$ is
/// the power of two that brings the largest entry of the row to $[1, 2)$ and $\beta$ brings the
/// largest bound to 1.
///
/// Scaling by powers of two is exact, so data of any size is solved as data of size one.
pub(crate) struct EquilibratedRows<'a, A: ?Sized> {
    operator: OperatorHandle<'a, A>,
    /// Positions in the operator.
    pub rows: Vec<usize>,
    /// $c_j$.
    pub factors: Vec<f64>,
    /// $\hat b_j$.
    pub bounds: Vec<f64>,
    /// One entry per row of the operator.
    scratch: Vec<f64>,
    /// The power of two by which products of two rows are kept in range.
    typical: f64,
}

impl<A: ?Sized> Clone for EquilibratedRows<'_, A> {
    fn clone(&self) -> Self {
        Self {
            operator: self.operator.clone(),
            rows: self.rows.clone(),
            factors: self.factors.clone(),
            bounds: self.bounds.clone(),
            scratch: self.scratch.clone(),
            typical: self.typical,
        }
    }
}

impl<'a, A: LinearOperator + ?Sized> EquilibratedRows<'a, A> {
    /// All rows of `problem` but the zero ones, which constrain nothing (or everything).
    pub fn new(problem: &HardMarginProblem<'a, A>) -> Self {
        let sizes = problem.row_sizes();
        let rows: Vec<usize> = (0..sizes.len()).filter(|&j| sizes[j] > 0.0).collect();
        let factors: Vec<f64> = rows.iter().map(|&j| inverse_power_of_two(sizes[j])).collect();
        let mut bounds: Vec<f64> =
            rows.iter().zip(&factors).map(|(&j, c)| problem.bounds()[j] * c).collect();
        let largest = bounds.iter().fold(0.0f64, |m, &b| m.max(b));
        for b in &mut bounds {
            *b /= largest;
        }
        let mut sorted = factors.clone();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
        let scratch = vec![0.0; sizes.len()];
        Self { operator: problem.operator_handle(), rows, factors, bounds, scratch, typical }
    }

    /// The rows at `positions` of this set.
    pub fn subset(&self, positions: &[usize]) -> Self {
        let pick = |x: &[f64]| positions.iter().map(|&k| x[k]).collect::<Vec<_>>();
        Self {
            operator: self.operator.clone(),
            rows: positions.iter().map(|&k| self.rows[k]).collect(),
            factors: pick(&self.factors),
            bounds: pick(&self.bounds),
            scratch: vec![0.0; self.scratch.len()],
            typical: self.typical,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Number of unknowns.
    pub fn ncols(&self) -> usize {
        self.operator.ncols()
    }

    /// `out` $= A w$.
    pub fn apply(&mut self, w: &[f64], out: &mut [f64]) {
        self.operator.apply(w, &mut self.scratch);
        for ((out, &j), c) in out.iter_mut().zip(&self.rows).zip(&self.factors) {
            *out = self.scratch[j] * c;
        }
    }

    /// `out` $= A^\top \lambda$.
    pub fn apply_adjoint(&mut self, multipliers: &[f64], out: &mut [f64]) {
        self.scratch.fill(0.0);
        for ((l, &j), c) in multipliers.iter().zip(&self.rows).zip(&self.factors) {
            self.scratch[j] = l * c;
        }
        self.operator.apply_adjoint(&self.scratch, out);
    }

    /// The margin that $w$, with these `margins` $= A w$, proves: $\min_{b_j > 0} (A w)_j / b_j$ over its
    /// norm; $-\infty$ if it violates a row with $b_j \le 0$, NaN if it is zero or not finite.
    pub fn lower_bound(&self, w: &[f64], margins: &[f64], norm: Norm) -> f64 {
        let pairs = || margins.iter().zip(&self.bounds);
        let rho = tightest(margins, &self.bounds);
        let slack = f64::EPSILON * w.iter().map(|w| w.abs()).sum::<f64>();
        let holds = pairs().filter(|(_, b)| **b <= 0.0).all(|(m, b)| *m >= rho * b - slack);
        let size = norm.of(w);
        if !(size.is_finite() && size > 0.0) {
            f64::NAN
        } else if holds {
            rho / size
        } else {
            f64::NEG_INFINITY
        }
    }

    /// The lower triangle of `gram` $= A \operatorname{diag}(D) A^\top$; `weights` $= D$ is scaled in place.
    pub fn weighted_gram(&self, weights: &mut [f64], gram: &mut Mat<f64>) {
        let unit = self.scale(weights);
        self.operator.weighted_gram(&self.rows, weights, GramMut::of_faer(gram.as_mut()));
        if unit == 1.0 && self.factors.iter().all(|&c| c == self.typical) {
            return;
        }
        for (l, cl) in self.factors.iter().enumerate() {
            let column = gram.col_as_slice_mut(l);
            let factor = cl / self.typical / unit;
            for (entry, ck) in column.iter_mut().zip(&self.factors).skip(l) {
                *entry *= factor * (ck / self.typical);
            }
        }
    }

    /// The diagonal of $A \operatorname{diag}(D) A^\top$; `weights` $= D$ is scaled in place.
    pub fn weighted_squares(&self, weights: &mut [f64], out: &mut [f64]) {
        let unit = self.scale(weights);
        let mut square = Mat::zeros(1, 1);
        for ((out, &j), c) in out.iter_mut().zip(&self.rows).zip(&self.factors) {
            self.operator.weighted_gram(&[j], weights, GramMut::of_faer(square.as_mut()));
            *out = square[(0, 0)] * (c / self.typical / unit) * (c / self.typical);
        }
    }

    /// Scales `weights` so that products with two rows stay in range: by the square of the typical
    /// factor of a row and by the factor returned.
    fn scale(&self, weights: &mut [f64]) -> f64 {
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

    /// Multipliers of these rows up to scale, for multipliers of the problem's own rows.
    pub fn scaled(&self, multipliers: &[f64]) -> Vec<f64> {
        let largest = self.rows.iter().fold(0.0f64, |m, &j| m.max(multipliers[j]));
        self.rows
            .iter()
            .zip(&self.factors)
            .map(|(&j, c)| multipliers[j] / largest / (c / self.typical))
            .collect()
    }

    /// The multipliers of the problem's own rows, for multipliers of these.
    pub fn unscaled(&self, multipliers: &[f64]) -> Vec<f64> {
        // Dividing by the largest factor first keeps every entry representable.
        let largest = self.factors.iter().fold(0.0f64, |m, &c| m.max(c));
        let mut all = vec![0.0; self.scratch.len()];
        for ((l, &j), c) in multipliers.iter().zip(&self.rows).zip(&self.factors) {
            all[j] = l * (c / largest);
        }
        all
    }
}

/// $\min_{b_j > 0} m_j / b_j$ of margins $m$ and bounds $b$.
pub(crate) fn tightest(margins: &[f64], bounds: &[f64]) -> f64 {
    let pairs = margins.iter().zip(bounds).filter(|(_, b)| **b > 0.0);
    pairs.fold(f64::INFINITY, |least, (margin, b)| least.min(margin / b))
}

/// $2^{-k}$ with $2^k \le x < 2^{k+1}$.
pub(crate) fn inverse_power_of_two(x: f64) -> f64 {
    // Subnormal sizes are treated as the smallest normal one.
    let exponent = (x.max(f64::MIN_POSITIVE).to_bits() >> 52) & 0x7ff;
    f64::from_bits(2046u64.saturating_sub(exponent).max(1) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_become_one() {
        for x in [1.0, 1.9, 2.0, 0.3, 1e-150, 1e150, 1e-300, 1e300] {
            let scaled = x * inverse_power_of_two(x);
            assert!((1.0..2.0).contains(&scaled), "{x}: {scaled}");
        }
    }
}
