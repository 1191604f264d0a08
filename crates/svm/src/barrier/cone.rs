//! The barrier of an entry of `$w$` and its share of the norm.

use super::number::{Wide, double, power, wide};
use crate::Norm;

/// The barrier `$-\ln(s^{2/p} - w^2) - (1 - 1/p)\ln s$` of the set `$\lvert w\rvert^p \le s$`: that of a power cone, cut at height
/// one. At `$p = \infty$` the set is `$\lvert w\rvert \le 1$`. It is self-concordant, of parameter 3 (Nesterov, Optim. Methods Softw.
/// 27, 2012; Chares, 2009), so that Newton's method converges at a rate that knows neither `$p$` nor units.
pub(super) struct PowerCone {
    /// `$2/p$`.
    exponent: Wide,
    /// `$1 - 1/p$`.
    rest: Wide,
}

/// The barrier at a point: its derivatives, and what a search along a line needs.
pub(super) struct ConeBarrier {
    /// `$s^{2/p}$` and `$s^{2/p} - w^2$`.
    pub power: Wide,
    pub gap: Wide,
    pub by_w: Wide,
    pub by_share: Wide,
    pub by_w_w: Wide,
    pub by_w_share: Wide,
    pub by_share_share: Wide,
}

impl PowerCone {
    pub fn new(norm: Norm) -> Self {
        let inverse = match norm {
            Norm::L1 => wide(1.0),
            Norm::Lp(norm) => wide(1.0) / wide(norm.p()),
            Norm::LInfinity => wide(0.0),
        };
        Self { exponent: wide(2.0) * &inverse, rest: wide(1.0) - inverse }
    }

    /// `$2/p$`.
    pub fn exponent(&self) -> f64 {
        double(&self.exponent)
    }

    /// None outside of the set.
    pub fn at(&self, w: &Wide, share: &Wide) -> Option<ConeBarrier> {
        let zero = wide(0.0);
        if *share <= zero {
            return None;
        }
        let power = power(share, &self.exponent);
        let gap = &power - w * w;
        if gap <= zero {
            return None;
        }
        // Derivatives of the power, over the gap.
        let first = &self.exponent * &power / share / &gap;
        let second = (&self.exponent - wide(1.0)) * &first / share;
        let by_w = wide(2.0) * w / &gap;
        let of_share = &self.rest / share;
        Some(ConeBarrier {
            by_share: -&first - &of_share,
            by_w_w: wide(2.0) / &gap + &by_w * &by_w,
            by_w_share: -&by_w * &first,
            by_share_share: &first * &first - second + of_share / share,
            power,
            gap,
            by_w,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_differences() {
        for p in [1.0, 1.3, 2.0, 50.0, f64::INFINITY] {
            let cone = PowerCone::new(Norm::new(p).unwrap());
            let (w, s, h) = (wide(0.3), wide(0.7), wide(2f64.powi(-60)));
            let at = |w: &Wide, s: &Wide| cone.at(w, s).unwrap();
            let close = |x: Wide, y: Wide, what: &str| {
                let (x, y) = (double(&x), double(&y));
                assert!((x - y).abs() <= 1e-12 * (1.0 + x.abs()), "p = {p}, {what}: {x} {y}");
            };
            let value = |w: &Wide, s: &Wide| {
                let short = |x: Wide| x.with_precision(160).value();
                -short(at(w, s).gap).ln() - &cone.rest * short(s.clone()).ln()
            };
            let (here, twice) = (at(&w, &s), wide(2.0) * &h);
            let (more, less) = (at(&(&w + &h), &s), at(&(&w - &h), &s));
            let slope = (value(&(&w + &h), &s) - value(&(&w - &h), &s)) / &twice;
            close(here.by_w, slope, "by w");
            close(here.by_w_w, (more.by_w - less.by_w) / &twice, "by w twice");
            close(here.by_w_share, (more.by_share - less.by_share) / &twice, "by both");
            let (more, less) = (at(&w, &(&s + &h)), at(&w, &(&s - &h)));
            let slope = (value(&w, &(&s + &h)) - value(&w, &(&s - &h))) / &twice;
            close(here.by_share, slope, "by share");
            close(here.by_share_share, (more.by_share - less.by_share) / &twice, "by share twice");
        }
    }

    #[test]
    fn outside_there_is_nothing() {
        let cone = PowerCone::new(Norm::new(1.5).unwrap());
        assert!(cone.at(&wide(0.5), &wide(0.3)).is_none());
        assert!(cone.at(&wide(0.5), &wide(0.4)).is_some());
        assert!(cone.at(&wide(0.0), &wide(0.0)).is_none());
    }
}
