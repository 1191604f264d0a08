//! What a certificate tells about every direction of largest margin.

use mirrorhead_attention::{AttSvmOperator, Dataset};
use mirrorhead_kernels::{LinearOperator, elementary, max_abs};
use mirrorhead_svm::MaxMargin;

use crate::KeyQueryNorm;

/// Everything that could be a direction of largest margin, as far as a certified interval tells.
///
/// Let `$\ell \le \rho \le u$` be the interval of the largest margin `$\rho$` of the rows `$A$`, and `$g = (u - \ell)/u$`
/// its relative gap. Every maximiser lies in
///
/// `$$ S = \{ W : \lVert W\rVert \le 1,\; A W \ge \ell \}, $$`
///
/// and so does the solution `$\hat W$` found, of norm one. Two bounds follow, and no other property of the solver is used.
///
/// **The distance.** For a maximiser `$W^\star$` the midpoint `$(\hat W + W^\star)/2$` has the margin `$(\ell + \rho)/2$` at
/// least, hence the norm `$(\ell + \rho)/2\rho \ge 1 - g/2$`. Norms that are uniformly convex allow that only for near
/// vectors:
///
/// `$$ \lVert\hat W - W^\star\rVert \le \begin{cases}
///   2\,\bigl(1 - (1 - g/2)^p\bigr)^{1/p} & p \ge 2 \quad\text{(Clarkson 1936)},\\
///   2\,\bigl(1 - (1 - g/2)^2\bigr)^{1/2} / \sqrt{p - 1} & 1 < p \le 2 \quad\text{(Ball, Carlen, Lieb 1994)},
/// \end{cases} $$`
///
/// for entries and for singular values alike: `$O(g^{1/\max(2, p)})$`. At `$p = 1$` and `$p = \infty$` there
/// is no such bound, and maximisers need not be unique.
///
/// **The rows.** By duality, for every `$\kappa \ge 0$` and the multipliers `$\lambda$` of the certificate, every
/// `$W \in S$` has
///
/// `$$ \langle a, W\rangle \;\ge\; \kappa\,\ell\,\mathbf 1^\top\lambda - \lVert \kappa A^\top\lambda - a\rVert_*, $$`
///
/// and the best `$\kappa$` gives the least value of `$\langle a, W\rangle$` over the cap that `$A^\top\lambda$` cuts off the unit
/// ball. It is never much worse than the distance times `$\lVert a\rVert_*$` and mostly far better, as the ball is
/// mostly round where the cap is, whatever `$p$`. It holds for *every* maximiser where there are several.
#[derive(Debug, Clone)]
pub(crate) struct Maximisers {
    norm: KeyQueryNorm,
    dim: usize,
    /// `$\hat W$`.
    unit: Vec<f64>,
    /// `$\ell$` and `$u$`.
    lower: f64,
    upper: f64,
    /// `$A^\top\lambda$`, and the rounding error of it in the dual norm.
    force: Vec<f64>,
    force_error: f64,
    /// `$\mathbf 1^\top\lambda$`, rounded down.
    weight: f64,
    /// The relative error of a sum over all entries.
    rounding: f64,
}

impl Maximisers {
    /// What `svm` tells of the AttSVM with the rows `rows`, over `$d \times d$` matrices.
    pub fn of(rows: &AttSvmOperator, dim: usize, norm: KeyQueryNorm, svm: &MaxMargin) -> Self {
        let scale = max_abs(&svm.multipliers);
        let multipliers: Vec<f64> = svm.multipliers.iter().map(|l| l / scale).collect();
        let mut force = vec![0.0; rows.ncols()];
        rows.apply_adjoint(&multipliers, &mut force);
        let mut row_sizes = vec![0.0; rows.nrows()];
        rows.row_max_abs(&mut row_sizes);
        let terms = multipliers.iter().zip(&row_sizes).map(|(l, size)| l * size).sum::<f64>();
        let depth = (rows.nrows() + rows.n_sequences() + 8) as f64 * f64::EPSILON;
        // An entry is off by at most `depth * terms`.
        let force_error = depth * terms * norm.dual_of_units(dim);
        let rounding = (rows.ncols() + 64) as f64 * f64::EPSILON;
        let weight = multipliers.iter().sum::<f64>() * (1.0 - depth);
        Self {
            norm,
            dim,
            unit: svm.direction().iter().map(|w| w / svm.norm()).collect(),
            lower: svm.interval.lower,
            upper: svm.interval.upper,
            force,
            force_error,
            weight,
            rounding,
        }
    }

    /// The relative error that is allowed for in sums over all entries.
    pub fn rounding(&self) -> f64 {
        self.rounding
    }

    /// The proven lower bound `$\ell$` on the largest margin.
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// The proven upper bound `$u$` on the largest margin.
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// How far `$\hat W$` may be from the maximiser, in the norm of the problem; infinite at `$p = 1$` and
    /// `$p = \infty$`, where there may be several.
    pub fn distance(&self) -> f64 {
        distance(self.norm.p(), (self.upper - self.lower) / self.upper)
    }

    /// `$\langle a, \hat W\rangle$` for a row `$a$`.
    pub fn value(&self, row: &[f64]) -> f64 {
        mirrorhead_kernels::dot(row, &self.unit)
    }

    /// A number that `$\langle a, W^\star\rangle$` is proven not to fall below for any maximiser `$W^\star$`: the
    /// better of the two bounds, or the first that exceeds `enough`.
    pub fn least(&self, row: &[f64], enough: f64) -> f64 {
        let size = self.norm.dual_of(self.dim, row);
        if size == 0.0 {
            return 0.0;
        }
        let near = self.value(row) - (self.distance() + self.rounding) * size;
        if near > enough { near } else { near.max(self.least_over_cap(row, size)) }
    }

    /// The largest of the bounds over `$\kappa$`: a concave function of it, searched on a scale of
    /// logarithms by golden section.
    fn least_over_cap(&self, row: &[f64], size: f64) -> f64 {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let unit = size / (self.upper * self.weight);
        let bound = |log: f64| self.bound(row, size, unit * elementary::exp(log));
        let (mut left, mut right) = (-2.0, 38.0);
        let mut best = -size;
        let (mut low, mut high) = (right - GOLDEN * (right - left), left + GOLDEN * (right - left));
        let (mut at_low, mut at_high) = (bound(low), bound(high));
        for _ in 0..28 {
            best = best.max(at_low).max(at_high);
            if at_low > at_high {
                (right, high, at_high) = (high, low, at_low);
                low = right - GOLDEN * (right - left);
                at_low = bound(low);
            } else {
                (left, low, at_low) = (low, high, at_high);
                high = left + GOLDEN * (right - left);
                at_high = bound(high);
            }
        }
        best
    }

    /// The bound for one `$\kappa$`, rounded down.
    fn bound(&self, row: &[f64], size: f64, kappa: f64) -> f64 {
        let rest: Vec<f64> = self.force.iter().zip(row).map(|(u, a)| kappa * u - a).collect();
        let rest_size = self.norm.dual_of(self.dim, &rest);
        let gained = kappa * self.lower * self.weight;
        let error = self.rounding * (rest_size + gained.abs() + size) + kappa * self.force_error;
        let bound = gained - rest_size - error;
        if bound.is_nan() { f64::NEG_INFINITY } else { bound }
    }
}

/// The constraint `$(x_{ia} - x_{ib}) \otimes z_i$` of token `$a$` against token `$b$` as a `$d \times d$` matrix, stored
/// column after column.
pub(crate) fn constraint(data: &Dataset, i: usize, a: usize, b: usize) -> Vec<f64> {
    let (one, other) = (data.tokens().token(i, a), data.tokens().token(i, b));
    let query = data.queries().col(i);
    query.iter().flat_map(|z| one.iter().zip(other).map(move |(a, b)| (a - b) * z)).collect()
}

/// The bound of the type's documentation on the distance of two directions for a relative gap.
fn distance(p: f64, gap: f64) -> f64 {
    // 1 - (1 - g/2)^m, without cancellation.
    let lost = |m: f64| -elementary::exp_m1(m * elementary::ln_1p(-0.5 * gap.clamp(0.0, 1.0)));
    if p == 1.0 || p == f64::INFINITY {
        f64::INFINITY
    } else if p <= 2.0 {
        2.0 * (lost(2.0) / (p - 1.0)).sqrt()
    } else {
        2.0 * elementary::powf(lost(p), p.recip())
    }
}
