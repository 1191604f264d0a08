//! What a solve finds: a certified solution, a proof that there is none, or an honest interval.

use mirrorhead_kernels::LinearOperator;
use serde::Serialize;

use crate::certificate::{
    FarkasCertificate, KktResidual, MarginInterval, feasible_scale, interval_in, kkt_in,
};
use crate::norm_pair::NormPair;
use crate::{HardMarginProblem, WorkCounters};

/// What [`solve`](crate::solve) found, with its certificate.
#[derive(Debug, Clone)]
#[must_use]
pub enum Outcome {
    /// The solution, with a margin interval as narrow as asked for.
    MaxMargin(MaxMargin),
    /// A proof that no $w$ satisfies the constraints.
    NotSeparable(FarkasCertificate),
    /// Neither: the best interval so far, and why the solver stopped.
    Inconclusive(Stalled),
}

/// The direction of largest margin, scaled to satisfy $A w \ge b$ with equality somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MaxMargin {
    /// The solution $w$ ($N$): $\min_{j : b_j > 0} (A w)_j / b_j = 1$.
    pub w: Vec<f64>,
    /// The multipliers $\lambda \ge 0$ ($M$), scaled so that $A^\top\lambda = \nabla\psi(w)$, that is
    /// $b^\top\lambda = \lVert w\rVert_p^p$ (for $p = 1$ and $p = \infty$ a subgradient of the norm:
    /// $b^\top\lambda = \lVert w\rVert$), as long as this factor lies within $10^{\pm 120}$ (else the
    /// nearest such factor). The certificate does not depend on their scale.
    pub multipliers: Vec<f64>,
    /// Proven bounds on the margin $1/\lVert w\rVert_p$, recomputed from $(w, \lambda)$ and the data.
    pub interval: MarginInterval,
    /// Residuals of the optimality conditions, recomputed likewise.
    pub kkt: KktResidual,
    /// What the solve cost.
    pub work: WorkCounters,
    pub(crate) norm_p: f64,
    pub(crate) slacks: Vec<f64>,
}

impl MaxMargin {
    /// The direction of largest margin: $w$ itself.
    pub fn direction(&self) -> &[f64] {
        &self.w
    }

    /// $\lVert w\rVert_p$ of the solution, a proven upper bound on the smallest norm.
    pub fn norm(&self) -> f64 {
        self.norm_p
    }

    /// Relative width of the certified interval.
    pub fn relative_gap(&self) -> f64 {
        self.interval.relative_gap()
    }

    /// The rows whose constraint is active: $(A w)_j - b_j \le$ `tolerance`, in increasing order.
    ///
    /// Where $b = \mathbf 1$, `tolerance` is relative to the margin.
    pub fn support(&self, tolerance: f64) -> Vec<usize> {
        (0..self.slacks.len()).filter(|&j| self.slacks[j] <= tolerance).collect()
    }
}

/// A solve that stopped before it could prove what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize)]
#[error(
    "the margin is only known to lie in [{}, {}]: {reason}", interval.lower, interval.upper
)]
#[non_exhaustive]
pub struct Stalled {
    /// The best $w$ found ($N$), at unit norm $\lVert w\rVert_p = 1$ if it is not zero.
    pub w: Vec<f64>,
    /// The best multipliers found ($M$).
    pub multipliers: Vec<f64>,
    /// What these two prove.
    pub interval: MarginInterval,
    /// Why the solver stopped.
    pub reason: StallReason,
    /// What the solve cost.
    pub work: WorkCounters,
}

/// Why a solve ended without a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize)]
#[non_exhaustive]
pub enum StallReason {
    /// [`max_iterations`](crate::SvmSettings::max_iterations) was reached.
    #[error("the iteration limit was reached")]
    IterationLimit,
    /// [`time_limit`](crate::SvmSettings::time_limit) was reached.
    #[error("the time limit was reached")]
    TimeLimit,
    /// [`interrupt`](crate::SvmSettings::interrupt) asked to stop.
    #[error("the caller interrupted the solve")]
    Interrupted,
    /// Rounding errors keep the interval from narrowing further.
    #[error("rounding errors keep the interval from narrowing further")]
    Precision,
}

impl MaxMargin {
    /// The solution along `w`, with a feasible scale and a certificate from the data.
    pub(crate) fn certified<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        w: Vec<f64>,
        multipliers: Vec<f64>,
        work: WorkCounters,
    ) -> Option<Self> {
        Self::certified_in(problem, &problem.norm(), w, multipliers, work)
    }

    /// The same in another norm than the problem's own.
    pub(crate) fn certified_in<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        norm: &impl NormPair,
        mut w: Vec<f64>,
        mut multipliers: Vec<f64>,
        work: WorkCounters,
    ) -> Option<Self> {
        let mut margins = vec![0.0; problem.bounds().len()];
        problem.operator().apply(&w, &mut margins);
        let rho = feasible_scale(problem, &w, &margins).filter(|rho| *rho > 0.0)?;
        for w in &mut w {
            *w /= rho;
        }
        let norm_p = norm.size(&w);
        let weight = mirrorhead_kernels::dot(problem.bounds(), &multipliers);
        let factor = (norm.degree() * norm_p.ln()).clamp(-SCALE_LOG, SCALE_LOG).exp() / weight;
        for l in &mut multipliers {
            *l *= factor;
        }
        problem.operator().apply(&w, &mut margins);
        let slacks = margins.iter().zip(problem.bounds()).map(|(m, b)| m - b).collect();
        let interval = interval_in(problem, norm, &w, &multipliers);
        let kkt = kkt_in(problem, norm, &w, &multipliers);
        Some(Self { w, multipliers, interval, kkt, work, norm_p, slacks })
    }
}

impl Stalled {
    /// What `w` and `multipliers` prove, where that was not enough.
    pub(crate) fn with<A: LinearOperator + ?Sized>(
        problem: &HardMarginProblem<'_, A>,
        norm: &impl NormPair,
        mut w: Vec<f64>,
        multipliers: Vec<f64>,
        reason: StallReason,
        work: WorkCounters,
    ) -> Self {
        let size = norm.size(&w);
        if size > 0.0 {
            for w in &mut w {
                *w /= size;
            }
        }
        let interval = interval_in(problem, norm, &w, &multipliers);
        Self { w, multipliers, interval, reason, work }
    }
}

/// $\ln 10^{120}$, the range of the factor between normalised multipliers and those of $\psi$.
const SCALE_LOG: f64 = 276.310_211_159_285_5;
