//! Vectors in more digits than doubles have: unevaluated sums of doubles.

use mirrorhead_kernels::two_product;
use serde::{Deserialize, Serialize};

/// What rounding to doubles has taken from a pair `$(w, \lambda)$`: to be added to it, doubles as well.
///
/// It is part of the proof where nearly everything cancels in `$A w$` or `$A^\top\lambda$`, as between columns that are 24 orders of
/// magnitude apart in size, and empty elsewhere.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Remainder {
    /// Vectors (`$N$`) that add to `$w$`.
    pub w: Vec<Vec<f64>>,
    /// Vectors (`$M$`) that add to `$\lambda$`.
    pub multipliers: Vec<Vec<f64>>,
    /// Numbers that add to `$\beta$`, where there is an intercept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intercept: Vec<f64>,
}

impl Remainder {
    /// Whether the pair is what its doubles say.
    pub fn is_empty(&self) -> bool {
        self.w.is_empty() && self.multipliers.is_empty() && self.intercept.is_empty()
    }
}

/// `x / divisor`, and what rounding takes from each quotient.
pub(crate) fn quotients(x: &[f64], divisor: f64) -> (Vec<f64>, Vec<f64>) {
    let rest_of = |x: f64| {
        let (high, low) = two_product(x / divisor, divisor);
        ((x - high) - low) / divisor
    };
    (x.iter().map(|x| x / divisor).collect(), x.iter().map(|x| rest_of(*x)).collect())
}

/// `x` times a `factor`, both at least zero, as doubles that are so, too: rounded down, and what that takes.
pub(crate) fn products(x: &[f64], factor: f64) -> (Vec<f64>, Vec<f64>) {
    let product = |x: &f64| {
        let (high, low) = two_product(*x, factor);
        if low >= 0.0 {
            return (high, low);
        }
        let below = high.next_down();
        (below, (high - below) + low)
    };
    x.iter().map(product).unzip()
}

/// A vector `$x$` as an unevaluated sum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expansion<'x> {
    pub leading: &'x [f64],
    pub rest: &'x [Vec<f64>],
}

impl<'x> Expansion<'x> {
    /// The vectors that add up to it.
    pub fn parts(self) -> impl Iterator<Item = &'x [f64]> {
        std::iter::once(self.leading).chain(self.rest.iter().map(Vec::as_slice))
    }

    /// The entries `$x_k$`, part by part.
    pub fn entry(self, k: usize) -> impl Iterator<Item = f64> {
        self.parts().map(move |part| part[k])
    }

    /// `$c x$` for a power of two `$c$` if nothing is lost to the range of doubles, else `$x$`.
    pub fn scaled_exactly(self, factor: f64) -> Scaled {
        let scaled = |x: &[f64]| x.iter().map(|x| x * factor).collect::<Vec<f64>>();
        let (leading, rest) =
            (scaled(self.leading), self.rest.iter().map(|part| scaled(part)).collect::<Vec<_>>());
        let of = Scaled { leading, rest };
        let pairs = self.parts().zip(of.get().parts());
        let is_exact =
            pairs.flat_map(|(x, y)| x.iter().zip(y)).all(|(x, scaled)| scaled / factor == *x);
        if is_exact {
            return of;
        }
        Scaled { leading: self.leading.to_vec(), rest: self.rest.to_vec() }
    }
}

/// An [`Expansion`] of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct Scaled {
    leading: Vec<f64>,
    rest: Vec<Vec<f64>>,
}

impl Scaled {
    pub fn get(&self) -> Expansion<'_> {
        Expansion { leading: &self.leading, rest: &self.rest }
    }
}

impl<'x> From<&'x Vec<f64>> for Expansion<'x> {
    fn from(leading: &'x Vec<f64>) -> Self {
        Self { leading, rest: &[] }
    }
}

impl<'x> From<&'x [f64]> for Expansion<'x> {
    fn from(leading: &'x [f64]) -> Self {
        Self { leading, rest: &[] }
    }
}
