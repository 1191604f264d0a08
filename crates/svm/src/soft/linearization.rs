//! The linear model of the curve that ties `$w$` to `$u = A^\top\lambda$`.

/// The linear model of the curve: `$\mathrm dw = \text{offset} + D\,\mathrm du + E\,\mathrm dr$` for every entry.
#[derive(Debug, Clone)]
pub(crate) struct Linearization {
    /// Where the tangent puts `$w$` at the current `$u$`, minus `$w$`.
    pub offsets: Vec<f64>,
    /// `$D > 0$`.
    pub slopes: Vec<f64>,
    /// The width `$r$` of the strip, where it is unknown.
    pub width: Option<Width>,
    /// How far the farthest entry is from the curve, in the scaled coordinates, as far as it is curved.
    pub distance: f64,
    /// What `$\langle w, u\rangle$` is at the scales of both.
    pub energy: f64,
}

/// The unknown width and its equation, `$E^\top\mathrm du - \delta\,\mathrm dr = \text{missing}$`.
#[derive(Debug, Clone)]
pub(crate) struct Width {
    /// `$E$` (`$N$`).
    pub pulls: Vec<f64>,
    /// `$\delta > 0$`.
    pub stiffness: f64,
    pub missing: f64,
}

impl Linearization {
    /// Room for `n` entries.
    pub fn new(n: usize) -> Self {
        let (offsets, slopes) = (vec![0.0; n], vec![0.0; n]);
        Self { offsets, slopes, width: None, distance: 0.0, energy: 0.0 }
    }
}
