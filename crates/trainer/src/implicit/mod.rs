//! The implicit mirror step `$\nabla\psi(w) + e^{s}\nabla L(w) = c$`, which a stage of the mirror flow and a
//! point of the regularization path both solve.
//!
//! `$u = \nabla\psi(w)$` and `$w$` are one point of a curve, entry by entry. Seen as `$w(u)$` that curve is
//! vertical at zero for `$p > 2$`, seen as `$u(w)$` it is for `$p < 2$`. Each entry therefore moves along the
//! tangent in the coordinate over which the curve is flat where it stands ([`Tangent`]): the Newton
//! matrix then has bounded entries for every `$p$`, also where an entry changes sign.

mod flat_gradient;
mod mirror_point;
mod tangent;

pub(crate) use flat_gradient::FlatGradient;
pub(crate) use mirror_point::MirrorPoint;
pub(crate) use tangent::Tangent;
