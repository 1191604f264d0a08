//! A norm and its dual, as certificates need them: of the entries, or of the singular values.

use mirrorhead_kernels::{Enclosure, SignedPower, dot};

use crate::Norm;
use crate::norm_bound::{dual_norm_upper, norm_upper};

/// A norm that margins are measured in, with its dual.
pub(crate) trait NormPair {
    /// The norm of the entries, or of the singular values, that this is.
    fn exponent(&self) -> Norm;

    /// The norm.
    fn size(&self, w: &[f64]) -> f64;

    /// The dual norm.
    fn dual_size(&self, u: &[f64]) -> f64;

    /// An upper bound on the norm that holds in exact arithmetic.
    fn size_upper(&self, w: &[f64]) -> f64;

    /// An upper bound on the dual norm of whatever `u` encloses.
    fn dual_size_upper(&self, u: &[Enclosure]) -> f64;

    /// `power` of the entries, or of the singular values.
    fn image(&self, power: SignedPower, x: &[f64]) -> Vec<f64>;

    /// The power of the norm whose gradient ties `$A^\top\lambda$` to `$w$`: the norm itself where there is no
    /// other.
    fn degree(&self) -> f64 {
        if let Norm::Lp(norm) = self.exponent() { norm.p() } else { 1.0 }
    }

    /// How far two unit vectors are from being mirror images, in the map of the two that is smooth;
    /// by how much `$\langle\hat w, \hat u\rangle$` falls short of one where there is none.
    fn mirror_distance(&self, w_hat: &[f64], u_hat: &[f64]) -> f64 {
        match self.exponent() {
            Norm::Lp(norm) if norm.p() < 2.0 => {
                let image = self.image(norm.inverse_mirror_power(), u_hat);
                self.size(&difference(w_hat, &image))
            }
            Norm::Lp(norm) => {
                let image = self.image(norm.mirror_power(), w_hat);
                self.dual_size(&difference(&image, u_hat))
            }
            Norm::L1 | Norm::LInfinity => 1.0 - dot(w_hat, u_hat),
        }
    }
}

impl NormPair for Norm {
    fn exponent(&self) -> Norm {
        *self
    }

    fn size(&self, w: &[f64]) -> f64 {
        self.of(w)
    }

    fn dual_size(&self, u: &[f64]) -> f64 {
        self.dual_of(u)
    }

    fn size_upper(&self, w: &[f64]) -> f64 {
        norm_upper(*self, &w.iter().map(|w| w.abs()).collect::<Vec<_>>())
    }

    fn dual_size_upper(&self, u: &[Enclosure]) -> f64 {
        dual_norm_upper(*self, &u.iter().map(|u| u.magnitude()).collect::<Vec<_>>())
    }

    fn image(&self, power: SignedPower, x: &[f64]) -> Vec<f64> {
        let mut image = vec![0.0; x.len()];
        power.map(x, &mut image);
        image
    }
}

/// `$x - y$`.
pub(crate) fn difference(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x - y).collect()
}
