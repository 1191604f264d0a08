//! A hyperplane with an intercept, in as many doubles as it takes, and its size.

use mirrorhead_kernels::{Enclosure, SignedPower};

use crate::Norm;
use crate::norm_pair::NormPair;
use crate::remainder::{Expansion, Remainder, quotients};

/// `$(w, \beta)$` as one vector, in as many doubles for each number as it takes.
pub(super) struct Plane {
    parts: Vec<Vec<f64>>,
}

impl Plane {
    pub fn of((w, intercept): (&[f64], f64), remainder: &Remainder) -> Self {
        let part = |w: &[f64], intercept: f64| [w, &[intercept]].concat();
        let rest = remainder.w.iter().zip(&remainder.intercept);
        let rest = rest.map(|(w, intercept)| part(w, *intercept));
        Self { parts: std::iter::once(part(w, intercept)).chain(rest).collect() }
    }

    pub fn over(&self, rho: f64) -> Self {
        let part = |part: &Vec<f64>| part.iter().map(|x| x / rho).collect();
        Self { parts: self.parts.iter().map(part).collect() }
    }

    /// The same with what rounding takes from each quotient as a part of its own.
    pub fn finely_over(&self, rho: f64) -> Self {
        let (mut parts, rest): (Vec<_>, Vec<_>) =
            self.parts.iter().map(|part| quotients(part, rho)).unzip();
        parts.extend(rest);
        Self { parts }
    }

    pub fn sum(&self) -> Expansion<'_> {
        let (leading, rest) = self.parts.split_first().expect("a plane has a part");
        Expansion { leading, rest }
    }

    /// `$w$` and `$\beta$`, and what is left of them beside what is left of the multipliers.
    pub fn split(self, multipliers: Vec<Vec<f64>>) -> (Vec<f64>, f64, Remainder) {
        let pairs = self.parts.into_iter().map(|mut part| {
            let intercept = part.pop().unwrap_or(0.0);
            (part, intercept)
        });
        let (mut w, mut intercept): (Vec<Vec<f64>>, Vec<f64>) = pairs.unzip();
        let (leading, first) = (w.remove(0), intercept.remove(0));
        (leading, first, Remainder { w, multipliers, intercept })
    }
}

/// The norm of `$w$`, without the intercept after it, and the dual norm for multipliers that leave nothing to that.
pub(super) struct OfPlane(pub Norm);

fn without_last<T>(x: &[T]) -> &[T] {
    x.split_last().map_or(x, |(_, rest)| rest)
}

impl NormPair for OfPlane {
    fn exponent(&self) -> Norm {
        self.0
    }

    fn size(&self, w: &[f64]) -> f64 {
        self.0.size(without_last(w))
    }

    fn dual_size(&self, u: &[f64]) -> f64 {
        self.0.dual_size(without_last(u))
    }

    fn size_upper(&self, w: &[f64]) -> f64 {
        self.0.size_upper(without_last(w))
    }

    fn dual_size_upper(&self, u: &[Enclosure]) -> f64 {
        self.0.dual_size_upper(without_last(u))
    }

    fn image(&self, power: SignedPower, x: &[f64]) -> Vec<f64> {
        self.0.image(power, without_last(x))
    }
}
