//! Equilibrated rows: the constraints `$A w \ge \rho b$` with every row and every column of size one.

mod matrices;
mod residuals;

use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix, max_abs};

use crate::units::Units;
use crate::{HardMarginProblem, Norm};

/// The rows `$r_j A_{jk} c_k$` of a set of constraints and their bounds `$\hat b_j = r_j b_j / \beta$`, where
/// the [`Units`] `$c$` bring columns to one size if they are not of one, `$r_j$` is the power of two that then
/// brings the row to size one, and `$\beta$` brings the largest bound to 1.
///
/// Scaling by powers of two is exact, so data of any size is solved as data of size one. The unknowns are
/// `$w' = w/c$` for the columns that aren't zero.
#[derive(Clone)]
pub(crate) struct EquilibratedRows<'a> {
    source: Source<'a>,
    /// Positions in the operator.
    pub rows: Vec<usize>,
    /// `$r_j$`.
    pub factors: Vec<f64>,
    /// `$\hat b_j$`.
    pub bounds: Vec<f64>,
    /// Columns of the operator that are unknowns; none stands for all.
    columns: Option<Vec<usize>>,
    pub units: Units,
    /// One entry per row of the operator.
    scratch: Vec<f64>,
    /// One entry per unknown.
    wide: Vec<f64>,
    /// The power of two by which products of two rows are kept in range.
    typical: f64,
}

/// Where the entries are.
#[derive(Clone)]
enum Source<'a> {
    /// Behind an operator, unscaled.
    Operator(&'a dyn LinearOperator),
    /// Stored, rows and columns scaled.
    Stored { rows: DenseRows, operator: &'a dyn LinearOperator },
}

/// Multiply-adds of the matrix of the unknowns that cost little.
const TALL_WORK: usize = 1 << 30;

/// Most entries that are stored of an operator.
const STORED: usize = 1 << 22;

impl<'a> EquilibratedRows<'a> {
    /// All rows of `problem` but the zero ones, which constrain nothing (or everything).
    pub fn new(problem: &'a HardMarginProblem<'_>) -> Self {
        let operator = problem.operator();
        let mut sizes = vec![0.0; operator.ncols()];
        operator.col_max_abs(&mut sizes);
        let filled: Vec<usize> = (0..sizes.len()).filter(|&k| sizes[k] > 0.0).collect();
        // An operator whose columns are out of range even where its rows are in it is left as it is.
        let in_range = filled.iter().all(|&k| sizes[k].is_finite());
        let mut units = Units::own();
        let few = 2 * filled.len() <= sizes.len() && in_range && !filled.is_empty();
        if in_range && filled.len() == sizes.len() {
            units = Units::for_sizes(&sizes);
        } else if few {
            units = Units::for_sizes(&filled.iter().map(|&k| sizes[k]).collect::<Vec<_>>());
        } else if in_range {
            // A few columns of zeros may have any unit.
            let largest = max_abs(&sizes);
            let sizes: Vec<f64> =
                sizes.iter().map(|&s| if s > 0.0 { s } else { largest }).collect();
            units = Units::for_sizes(&sizes);
        }
        let mut all = Self::of(problem, units, few.then_some(filled));
        if few || problem.headroom() < 1.0 {
            all.store();
        }
        all
    }

    /// The same in the user's own units.
    pub fn in_own_units(problem: &'a HardMarginProblem<'_>) -> Self {
        Self::of(problem, Units::own(), None)
    }

    fn of(problem: &'a HardMarginProblem<'_>, units: Units, columns: Option<Vec<usize>>) -> Self {
        let operator = problem.operator();
        let sizes = problem.row_sizes();
        let scaled = scaled_row_sizes(operator, sizes, &units, columns.as_deref());
        let rows: Vec<usize> = (0..sizes.len()).filter(|&j| sizes[j] > 0.0).collect();
        let factors: Vec<f64> = rows.iter().map(|&j| inverse_power_of_two(scaled[j])).collect();
        let mut bounds: Vec<f64> =
            rows.iter().zip(&factors).map(|(&j, c)| problem.bounds()[j] * c).collect();
        let largest = bounds.iter().fold(0.0f64, |m, &b| m.max(b));
        for b in &mut bounds {
            *b /= largest;
        }
        let mut sorted = factors.clone();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
        let n = columns.as_ref().map_or(operator.ncols(), Vec::len);
        let (scratch, wide) = (vec![0.0; sizes.len()], vec![0.0; operator.ncols().max(n)]);
        let source = Source::Operator(operator);
        Self { source, rows, factors, bounds, columns, units, scratch, wide, typical }
    }

    /// The rows at `positions` of this set.
    pub fn subset(&self, positions: &[usize]) -> Self {
        let pick = |x: &[f64]| positions.iter().map(|&k| x[k]).collect::<Vec<_>>();
        Self {
            source: match &self.source {
                Source::Operator(operator) => Source::Operator(*operator),
                Source::Stored { rows, operator } => {
                    let picked = Matrix::from_fn(positions.len(), rows.ncols(), |l, k| {
                        rows.row(positions[l])[k]
                    });
                    Source::Stored { rows: DenseRows::new(&picked), operator: *operator }
                }
            },
            rows: positions.iter().map(|&k| self.rows[k]).collect(),
            factors: pick(&self.factors),
            bounds: pick(&self.bounds),
            columns: self.columns.clone(),
            units: self.units.clone(),
            scratch: vec![0.0; self.scratch.len()],
            wide: vec![0.0; self.wide.len()],
            typical: self.typical,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Number of unknowns: of columns that aren't zero, or of all.
    pub fn ncols(&self) -> usize {
        match (&self.columns, &self.source) {
            (Some(columns), _) => columns.len(),
            (None, Source::Operator(operator) | Source::Stored { operator, .. }) => {
                operator.ncols()
            }
        }
    }

    /// Stores the entries, if they are not too many, by products with unit vectors.
    pub fn store(&mut self) {
        let (m, n) = (self.len(), self.ncols());
        if matches!(self.source, Source::Stored { .. }) || m * n > STORED {
            return;
        }
        let Source::Operator(operator) = self.source else { return };
        let mut stored = Matrix::zeros(m, n);
        if n <= m {
            let mut unit = vec![0.0; n];
            let mut column = vec![0.0; m];
            for k in 0..n {
                unit[k] = 1.0;
                self.apply(&unit, &mut column);
                unit[k] = 0.0;
                stored.col_mut(k).copy_from_slice(&column);
            }
        } else {
            let mut unit = vec![0.0; m];
            let mut row = vec![0.0; n];
            for j in 0..m {
                unit[j] = 1.0;
                self.apply_adjoint(&unit, &mut row);
                unit[j] = 0.0;
                for (k, entry) in row.iter().enumerate() {
                    stored[(j, k)] = *entry;
                }
            }
        }
        self.source = Source::Stored { rows: DenseRows::new(&stored), operator };
    }

    /// `out` `$= A w$`.
    pub fn apply(&mut self, w: &[f64], out: &mut [f64]) {
        let operator = match &self.source {
            Source::Stored { rows, .. } => return rows.apply(w, out),
            Source::Operator(operator) => *operator,
        };
        match (self.units.get(), &self.columns) {
            (None, None) => operator.apply(w, &mut self.scratch),
            (units, columns) => {
                spread(w, units, columns.as_deref(), &mut self.wide);
                operator.apply(&self.wide, &mut self.scratch);
            }
        }
        for ((out, &j), c) in out.iter_mut().zip(&self.rows).zip(&self.factors) {
            *out = self.scratch[j] * c;
        }
    }

    /// `out` `$= A^\top \lambda$`.
    pub fn apply_adjoint(&mut self, multipliers: &[f64], out: &mut [f64]) {
        let operator = match &self.source {
            Source::Stored { rows, .. } => return rows.apply_adjoint(multipliers, out),
            Source::Operator(operator) => *operator,
        };
        self.scratch.fill(0.0);
        for ((l, &j), c) in multipliers.iter().zip(&self.rows).zip(&self.factors) {
            self.scratch[j] = l * c;
        }
        match &self.columns {
            None => operator.apply_adjoint(&self.scratch, out),
            Some(columns) => {
                operator.apply_adjoint(&self.scratch, &mut self.wide);
                for (out, &k) in out.iter_mut().zip(columns) {
                    *out = self.wide[k];
                }
            }
        }
        if let Some(units) = self.units.get() {
            for (out, c) in out.iter_mut().zip(units) {
                *out *= c;
            }
        }
    }

    /// The unknowns `w` in the user's units, one for each column of the operator.
    pub fn outer(&self, w: &[f64]) -> Vec<f64> {
        let (Source::Operator(operator) | Source::Stored { operator, .. }) = self.source;
        let mut outer = vec![0.0; operator.ncols()];
        spread(w, self.units.get(), self.columns.as_deref(), &mut outer);
        outer
    }

    /// The unknowns of the method for a `$w$` of the user's.
    pub fn inner(&self, w: &[f64]) -> Vec<f64> {
        match &self.columns {
            None => self.units.divided(w),
            Some(columns) => self.units.divided(&columns.iter().map(|&k| w[k]).collect::<Vec<_>>()),
        }
    }

    /// The margin that `$w$`, with these `margins` `$= A w$`, proves: `$\min_{b_j > 0} (A w)_j / b_j$` over its
    /// norm; `$-\infty$` if it violates a row with `$b_j \le 0$`, NaN if it is zero or not finite.
    pub fn lower_bound(&self, w: &[f64], margins: &[f64], norm: Norm) -> f64 {
        let pairs = || margins.iter().zip(&self.bounds);
        let rho = tightest(margins, &self.bounds);
        let slack = f64::EPSILON * w.iter().map(|w| w.abs()).sum::<f64>();
        let holds = pairs().filter(|(_, b)| **b <= 0.0).all(|(m, b)| *m >= rho * b - slack);
        let size = self.units.norm(norm, w);
        if !(size.is_finite() && size > 0.0) {
            f64::NAN
        } else if holds {
            rho / size
        } else {
            f64::NEG_INFINITY
        }
    }

    /// Whether `$A^\top \operatorname{diag}(\sigma)^{-1} A$` is much less to factor than a matrix of all rows,
    /// and can be had.
    pub fn is_tall(&self) -> bool {
        let assembled = matches!(self.source, Source::Stored { .. }) || self.columns.is_none();
        assembled && 2 * self.ncols() <= self.len()
    }

    /// Whether that matrix is also cheap to assemble from all rows.
    pub fn is_little_work(&self) -> bool {
        self.is_tall() && self.len().saturating_mul(self.ncols().pow(2)) <= TALL_WORK
    }

    /// The entries, if they are stored.
    pub fn stored(&self) -> Option<&DenseRows> {
        match &self.source {
            Source::Stored { rows, .. } => Some(rows),
            Source::Operator(_) => None,
        }
    }

    /// Whether entries are stored, so that either matrix can be had.
    pub fn is_stored(&self) -> bool {
        matches!(self.source, Source::Stored { .. })
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

/// `out` `$= c\,w'$` in the places of `columns`, zero elsewhere.
fn spread(w: &[f64], units: Option<&[f64]>, columns: Option<&[usize]>, out: &mut [f64]) {
    if columns.is_some() {
        out.fill(0.0);
    }
    for (k, w) in w.iter().enumerate() {
        out[columns.map_or(k, |columns| columns[k])] = w * units.map_or(1.0, |units| units[k]);
    }
}

/// The size of each row once columns have their units; its largest entry where these are the user's.
fn scaled_row_sizes(
    operator: &dyn LinearOperator,
    sizes: &[f64],
    units: &Units,
    columns: Option<&[usize]>,
) -> Vec<f64> {
    let mut scaled = sizes.to_vec();
    if units.get().is_none() {
        return scaled;
    }
    let n = columns.map_or(operator.ncols(), <[usize]>::len);
    let mut wide = vec![0.0; operator.ncols()];
    spread(&vec![1.0; n], units.get(), columns, &mut wide);
    operator.apply_abs(&wide, &mut scaled);
    scaled
}

/// `$\min_{b_j > 0} m_j / b_j$` of margins `$m$` and bounds `$b$`.
pub(crate) fn tightest(margins: &[f64], bounds: &[f64]) -> f64 {
    let pairs = margins.iter().zip(bounds).filter(|(_, b)| **b > 0.0);
    pairs.fold(f64::INFINITY, |least, (margin, b)| least.min(margin / b))
}

/// `$2^{-k}$` with `$2^k \le x < 2^{k+1}$`.
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
