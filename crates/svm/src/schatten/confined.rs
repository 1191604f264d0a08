//! Which coordinate of the curve is confined.

/// The coordinate that is confined: to the ball `$\lvert x\rvert \le 1$` at a corner, and nearly so for a steep power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confined {
    /// `$U$`, `$p < 2$`: its scale is given, and that of `$W$` by `$\rho = 1$`.
    Force,
    /// `$W$`, `$p \ge 2$`: its scale is given, and that of `$U$` by `$b^\top\lambda = 1$`.
    Weight,
}
