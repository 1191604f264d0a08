//! The linear model of the curve that ties primal and dual: one tangent per entry.

/// Linearizations `$\mathrm dw = \hat w - w + D\,\mathrm du$` of the curve, one per entry.
///
/// Where the curve has a width of its own that is an unknown too (see [`Border`]) there is one more
/// term, `$-E\,\mathrm d\kappa$`.
#[derive(Debug, Clone)]
pub(crate) struct Tangents {
    /// `$\hat w - w$`: from the current `$w$` to where the tangent puts it at the current `$u$`.
    pub shifts: Vec<f64>,
    /// `$D = \mathrm dw/\mathrm du \ge 0$`.
    pub slopes: Vec<f64>,
    pub border: Option<Border>,
}

impl Tangents {
    pub fn new(n: usize) -> Self {
        Self { shifts: vec![0.0; n], slopes: vec![0.0; n], border: None }
    }
}

/// The unknown width `$\kappa$` of a curve and the equation that determines it,
/// `$E^\top \mathrm du - \delta\,\mathrm d\kappa = r$`.
#[derive(Debug, Clone)]
pub(crate) struct Border {
    /// `$E$` (`$N$`).
    pub pulls: Vec<f64>,
    /// `$\delta > 0$`.
    pub stiffness: f64,
    /// `$r$`.
    pub missing: f64,
    /// `$\varphi_k = E_k / D_k$`, and the `$\eta = \delta - \sum_k E_k^2/D_k \ge 0$` with which the equation reads
    /// `$\varphi^\top(\mathrm dw - (\hat w - w)) - \eta\,\mathrm d\kappa = r$`: the same without cancellation.
    pub shares: Vec<f64>,
    pub rest: f64,
}
