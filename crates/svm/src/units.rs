//! The units of the unknowns: powers of two that bring the columns of `$A$` to one size.

use crate::Norm;
use mirrorhead_kernels::{elementary, max_abs};

/// `$c_k > 0$` with which the method's unknowns are `$w' = w / c$` and its dual points `$u' = c\,u$`. The norm of
/// the problem is a weighted one of `$w'$`: `$\lVert w\rVert_p = \lVert c\,w'\rVert_p$` and `$\lVert u\rVert_q = \lVert u'/c\rVert_q$`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Units(Option<Vec<f64>>);

/// Columns whose sizes differ by no more than this factor keep their units: a few rows drawn at random differ as much.
const ALIKE: f64 = 4096.0;

/// All unknowns of columns this cheap, next to what `$w$` costs, are nearly free: far below the gaps asked for.
const CHEAP: f64 = 1e-10;

/// An unknown of a column this dear is zero to as many digits, beside the largest.
const DEAR: f64 = 1e-13;

/// No unit is beyond this power of two, or below its inverse: their squares stay in range.
const EXTREME: f64 = f64::from_bits((1023 + 250) << 52);

impl Units {
    /// The user's own units: every `$c_k = 1$`.
    pub fn own() -> Self {
        Self(None)
    }

    /// Units in which columns of these positive `sizes` are of size one: those of the user where sizes are alike.
    pub fn for_sizes(sizes: &[f64]) -> Self {
        let (least, most) =
            sizes.iter().fold((f64::INFINITY, 0.0f64), |(l, m), &s| (l.min(s), m.max(s)));
        if sizes.is_empty() || most <= ALIKE * least {
            return Self::own();
        }
        // The geometric middle keeps both ends as far from the end of the range as can be.
        let middle = elementary::exp(elementary::ln(least) / 2.0 + elementary::ln(most) / 2.0);
        let unit = |s: f64| nearest_power_of_two((middle / s).clamp(EXTREME.recip(), EXTREME));
        Self(Some(sizes.iter().map(|&s| unit(s)).collect()))
    }

    /// `$c_k$` for every `$k$`; none where all are 1.
    pub fn get(&self) -> Option<&[f64]> {
        self.0.as_deref()
    }

    /// `$c^t$`.
    pub fn power(&self, t: f64) -> Self {
        if t == 0.0 {
            return Self::own();
        }
        Self(self.0.as_ref().map(|units| units.iter().map(|c| elementary::powf(*c, t)).collect()))
    }

    /// The units for `$p = \infty$`, but of columns that are nearly free, or nearly forbidden, as far as an unknown of the
    /// size of the largest costs what `w` does: more or less so would change nothing but the digits that it takes to tell
    /// `$w'_k$` from the edge of its strip. Elsewhere they stay as they are.
    pub fn within_reach(mut self, norm: Norm, w: &[f64]) -> Self {
        if norm != Norm::LInfinity {
            return self;
        }
        let cost = self.norm(norm, w) / max_abs(w);
        if let Some(units) = self.0.as_mut().filter(|_| cost > 0.0 && cost.is_finite()) {
            let least = cost * CHEAP / units.len() as f64;
            for c in units {
                *c = c.clamp(least, cost / DEAR);
            }
        }
        self
    }

    /// `$\log_2(\max c / \min c)$`.
    pub fn octaves(&self) -> f64 {
        let Some(units) = &self.0 else { return 0.0 };
        let logs = units.iter().map(|c| elementary::log2(*c));
        let (least, most) =
            logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), c| (l.min(c), m.max(c)));
        most - least
    }

    /// `$c\,w'$`: the unknowns in the user's units, or dual points in the method's.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        match &self.0 {
            None => x.to_vec(),
            Some(units) => x.iter().zip(units).map(|(x, c)| x * c).collect(),
        }
    }

    /// `$w / c$`.
    pub fn divided(&self, x: &[f64]) -> Vec<f64> {
        match &self.0 {
            None => x.to_vec(),
            Some(units) => x.iter().zip(units).map(|(x, c)| x / c).collect(),
        }
    }

    /// `$\lVert c\,w'\rVert$`.
    pub fn norm(&self, norm: Norm, w: &[f64]) -> f64 {
        if self.0.is_none() { norm.of(w) } else { norm.of(&self.times(w)) }
    }

    /// `$\lVert u'/c\rVert_*$`.
    pub fn dual_norm(&self, norm: Norm, u: &[f64]) -> f64 {
        if self.0.is_none() { norm.dual_of(u) } else { norm.dual_of(&self.divided(u)) }
    }

    /// The same of `n` entries `$u'_k = u$`.
    pub fn dual_norm_of_constant(&self, norm: Norm, u: f64, n: usize) -> f64 {
        match (&self.0, norm) {
            (Some(_), _) => self.dual_norm(norm, &vec![u; n]),
            (None, Norm::L1) => u.abs(),
            (None, Norm::Lp(_) | Norm::LInfinity) => {
                u.abs() * elementary::powf(n as f64, norm.conjugate_exponent().recip())
            }
        }
    }
}

/// The power of two nearest to `x`, up to a factor of two.
fn nearest_power_of_two(x: f64) -> f64 {
    f64::from_bits(x.to_bits() >> 52 << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_columns_have_scaled_units() {
        let sizes = [1.0, 3e-5, 7e8, 1e-27];
        let units = Units::for_sizes(&sizes);
        let units = units.get().unwrap();
        let products: Vec<f64> = sizes.iter().zip(units).map(|(s, c)| s * c).collect();
        for product in &products {
            assert!((0.49..2.01).contains(&(product / products[0])), "{products:?}");
        }
        assert_eq!(Units::for_sizes(&[1.0, 0.2, 10.0]), Units::own());
    }

    #[test]
    fn norms_are_those_of_the_users_units() {
        let units = Units(Some(vec![4.0, 0.5]));
        assert_eq!(units.norm(Norm::L1, &[1.0, -2.0]), 5.0);
        assert_eq!(units.dual_norm(Norm::L1, &[1.0, -2.0]), 4.0);
        assert_eq!(units.octaves(), 3.0);
    }
}
