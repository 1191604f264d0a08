//! Potentials whose level sets, scaled to one size, tend to those of a norm as they grow.

use mirrorhead_kernels::{elementary, max_abs};
use mirrorhead_mirror::{LpNorm, MirrorError, Potential};

/// `$\psi(w) = \sum_k \tfrac12 w_k^2 + \tfrac13\lvert w_k\rvert^3$`: the geometry of `$\ell_2$` near zero and of `$\ell_3$` far out.
///
/// `$\nabla\psi(w) = w + w\lvert w\rvert$`, whose inverse is `$2u / (1 + \sqrt{1 + 4\lvert u\rvert})$`.
#[derive(Debug, Clone, Copy)]
pub struct SumOfPowers {
    norm: LpNorm,
}

impl SumOfPowers {
    /// The potential.
    ///
    /// # Errors
    /// None: three is an exponent.
    pub fn new() -> Result<Self, MirrorError> {
        Ok(Self { norm: LpNorm::new(3.0)? })
    }
}

impl Potential for SumOfPowers {
    fn value(&self, w: &[f64]) -> f64 {
        w.iter().map(|w| w * w * (0.5 + w.abs() / 3.0)).sum()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        let mut w = vec![0.0; u.len()];
        self.inverse_mirror_map(u, &mut w);
        // Where u = w + w |w|: u w less the value.
        w.iter().map(|w| w * w * (0.5 + 2.0 * w.abs() / 3.0)).sum()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        for (u, w) in u.iter_mut().zip(w) {
            *u = w * (1.0 + w.abs());
        }
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        for (w, u) in w.iter_mut().zip(u) {
            *w = 2.0 * u / (1.0 + (1.0 + 4.0 * u.abs()).sqrt());
        }
    }

    fn norm(&self, w: &[f64]) -> f64 {
        self.norm.of(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.norm.dual_of(gradient)
    }
}

/// `$\psi(w) = \sum_k \cosh w_k - 1$`: the geometry of `$\ell_2$` near zero and of the maximum norm far out, which no power has.
///
/// It is the conjugate of the hyperbolic entropy: `$\nabla\psi(w) = \sinh w$`, `$\nabla\psi^*(u) = \operatorname{arsinh} u$`.
#[derive(Debug, Clone, Copy)]
pub struct Cosh;

impl Potential for Cosh {
    fn value(&self, w: &[f64]) -> f64 {
        // cosh w - 1 = 2 sinh^2(w/2): no difference of nearly equal numbers.
        w.iter().map(|w| 2.0 * elementary::sinh(w / 2.0).powi(2)).sum()
    }

    fn conjugate_value(&self, u: &[f64]) -> f64 {
        let rise = |u: f64| u * (u / (1.0 + elementary::hypot(1.0, u)));
        u.iter().map(|u| u * elementary::asinh(*u) - rise(*u)).sum()
    }

    fn mirror_map(&self, w: &[f64], u: &mut [f64]) {
        for (u, w) in u.iter_mut().zip(w) {
            *u = elementary::sinh(*w);
        }
    }

    fn inverse_mirror_map(&self, u: &[f64], w: &mut [f64]) {
        for (w, u) in w.iter_mut().zip(u) {
            *w = elementary::asinh(*u);
        }
    }

    fn norm(&self, w: &[f64]) -> f64 {
        max_abs(w)
    }

    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().map(|g| g.abs()).sum()
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_mirror::{ElasticNetPotential, HypentropyPotential, Norm};

    use super::*;

    #[test]
    fn they_and_their_maps_are_each_others_gradients_and_conjugates() {
        let potentials: [Box<dyn Potential>; 2] =
            [Box::new(SumOfPowers::new().unwrap()), Box::new(Cosh)];
        for psi in potentials {
            let w = [0.3, -1.7, 0.0, 4.0];
            let (mut u, mut back) = ([0.0; 4], [0.0; 4]);
            psi.mirror_map(&w, &mut u);
            psi.inverse_mirror_map(&u, &mut back);
            for k in 0..4 {
                assert!((back[k] - w[k]).abs() < 1e-14);
                let moved = |by: f64| {
                    let mut w = w;
                    w[k] += by;
                    psi.value(&w)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - u[k]).abs() < 1e-7 * (1.0 + u[k].abs()), "{slope}, {}", u[k]);
            }
            let inner: f64 = u.iter().zip(&w).map(|(u, w)| u * w).sum();
            assert!((psi.value(&w) + psi.conjugate_value(&u) - inner).abs() < 1e-11);
        }
    }

    /// The multiple of a direction at which a potential has a value.
    fn multiple(psi: &dyn Potential, direction: [f64; 3], value: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        let at = |t: f64| psi.value(&direction.map(|x| t * x));
        while at(high) < value {
            high *= 2.0;
        }
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if at(middle) < value { low = middle } else { high = middle }
        }
        high
    }

    #[test]
    fn level_sets_tend_to_balls_of_the_horizon() {
        let potentials: [(f64, Box<dyn Potential>); 4] = [
            (1.0, Box::new(HypentropyPotential::new(1.0).unwrap())),
            (2.0, Box::new(ElasticNetPotential::new(1.0).unwrap())),
            (3.0, Box::new(SumOfPowers::new().unwrap())),
            (f64::INFINITY, Box::new(Cosh)),
        ];
        let directions = [[1.0, -0.5, 0.2], [0.3, 0.3, 0.9]];
        for (p, psi) in potentials {
            let norm = Norm::new(p).unwrap();
            let off = |value: f64| {
                let [a, b] = directions.map(|d| norm.of(&d) * multiple(psi.as_ref(), d, value));
                (a / b - 1.0).abs()
            };
            let (near, far) = (off(1e3), off(1e12));
            // Of the hyperbolic entropy and of cosh they do like 1/log.
            assert!(far < 0.06 && far < 0.6 * near, "p = {p}: {near}, then {far}");
        }
    }
}
