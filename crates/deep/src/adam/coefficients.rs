//! The numbers that a step of Adam is made with.

use mirrorhead_mirror::Real;

/// With these, the gradient `$g$` of weights `$w$` and the moments `$m$` and `$v$`, step number `$k$` at rate `$\eta$` is
///
/// `$$ \hat g = g + c w, \quad m \leftarrow \beta_1 m + (1-\beta_1)\hat g, \quad v \leftarrow \beta_2 v + (1-\beta_2)\hat g^2,
///    \quad w \leftarrow s w - \frac{a m}{r\sqrt v + \epsilon}, $$`
///
/// `$a = \eta/(1-\beta_1^k)$`, `$r = 1/\sqrt{1-\beta_2^k}$`, `$c$` and `$s$` of the weight decay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coefficients<T> {
    /// `$\beta_1$` and `$1-\beta_1$`.
    pub(super) mean: [T; 2],
    /// `$\beta_2$` and `$1-\beta_2$`.
    pub(super) square: [T; 2],
    /// `$a$`.
    pub(super) step: T,
    /// `$r$`.
    pub(super) root: T,
    /// `$\epsilon$`.
    pub(super) epsilon: T,
    /// `$c$`.
    pub(super) penalty: T,
    /// `$s$`.
    pub(super) factor: T,
}

impl Coefficients<f64> {
    /// The nearest numbers of single precision.
    pub(super) fn single(&self) -> Coefficients<f32> {
        Coefficients {
            mean: self.mean.map(f32::near),
            square: self.square.map(f32::near),
            step: f32::near(self.step),
            root: f32::near(self.root),
            epsilon: f32::near(self.epsilon),
            penalty: f32::near(self.penalty),
            factor: f32::near(self.factor),
        }
    }
}
