//! Upper bounds on norms that hold in exact arithmetic.
//!
//! Nothing here trusts a library's powers: `$x^e$` is made of multiplications and square roots, which
//! IEEE 754 rounds correctly, so the bound on their error is a count.

use mirrorhead_kernels::{elementary, max_abs, two_product, two_sum};
use mirrorhead_mirror::LpNorm;

use crate::Norm;

/// `$u = 2^{-53}$`, the relative error of one operation.
const ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// Powers below this are taken to be it: no product of numbers up to one gets lost unnoticed.
const LEAST: f64 = f64::from_bits((1023 - 1000) << 52);

/// A proven upper bound on `$\lVert x\rVert_p$`, given bounds `$x_k \ge 0$` on the absolute values of the
/// entries; infinite if one is not finite.
pub(crate) fn norm_upper(norm: Norm, x: &[f64]) -> f64 {
    match norm {
        Norm::L1 => sum_upper(x),
        Norm::Lp(norm) => Power::new(norm.p()).norm_upper(x),
        Norm::LInfinity => largest(x),
    }
}

/// A proven upper bound on the dual norm `$\lVert u\rVert_q$` with `$\tfrac1p + \tfrac1q = 1$` exactly.
///
/// The conjugate of a double is none in general. With the nearest one, `$\tilde q$`, in its place,
/// `$\lVert u\rVert_q \le N^{1/q - 1/\tilde q} \lVert u\rVert_{\tilde q}$`.
pub(crate) fn dual_norm_upper(norm: Norm, u: &[f64]) -> f64 {
    match norm {
        Norm::L1 => largest(u),
        Norm::Lp(norm) => {
            let q = norm.conjugate_exponent();
            let off = conjugate_error(norm.p(), q);
            let widening = 1.0 + 2.0 * off * elementary::ln(u.len() as f64).max(1.0);
            (Power::new(q).norm_upper(u) * widening.next_up()).next_up()
        }
        Norm::LInfinity => sum_upper(u),
    }
}

/// A proven upper bound on `$\tfrac1p x^p$` for `$x \ge 0$`.
pub(crate) fn power_upper(norm: LpNorm, x: f64) -> f64 {
    (Power::new(norm.p()).upper(x) / norm.p()).next_up()
}

/// A proven upper bound on its conjugate `$\tfrac1q x^q$` for `$x \ge 0$`, with `$\tfrac1p + \tfrac1q = 1$` exactly.
///
/// With the nearest double `$\tilde q$` in place of `$q$` it is off by the factor
/// `$x^{q - \tilde q}$`, and `$\lvert q - \tilde q\rvert \le 2 \tilde q^2 \lvert 1/q - 1/\tilde q\rvert$`.
pub(crate) fn conjugate_power_upper(norm: LpNorm, x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let q = norm.conjugate_exponent();
    let off = 2.0 * q * q * conjugate_error(norm.p(), q);
    let widening = 1.0 + 3.0 * off * elementary::ln(x).abs();
    let inverse = (1.0 - norm.p().recip()).next_up().next_up();
    ((Power::new(q).upper(x) * widening.next_up()).next_up() * inverse).next_up()
}

/// A bound on `$\lvert 1 - 1/p - 1/q\rvert$`; zero where it is zero.
fn conjugate_error(p: f64, q: f64) -> f64 {
    // p q = p + q exactly?
    if two_product(p, q) == two_sum(p, q) {
        return 0.0;
    }
    (1.0 - p.recip() - q.recip()).abs() + 8.0 * ROUNDOFF
}

/// `$\max_k x_k$`, infinite if an entry is not finite.
fn largest(x: &[f64]) -> f64 {
    let largest = max_abs(x);
    if largest.is_finite() { largest } else { f64::INFINITY }
}

/// An upper bound on the sum of nonnegative numbers.
fn sum_upper(x: &[f64]) -> f64 {
    let (mut sum, mut error, mut is_exact) = (0.0, 0.0, true);
    for x in x {
        let (next, of_sum) = two_sum(sum, *x);
        sum = next;
        error += of_sum;
        is_exact &= of_sum == 0.0;
    }
    if is_exact {
        return sum;
    }
    // The errors are below u times the sum each, and so is the error of their own sum.
    let share = 2.0 * ROUNDOFF + (x.len() as f64 * ROUNDOFF).powi(2);
    match (sum + error) * (1.0 + 2.0 * share).next_up() {
        upper if upper.is_finite() => upper.next_up(),
        _ => f64::INFINITY,
    }
}

/// `$x \mapsto x^e$` for `$e \ge 1$` by multiplications and square roots.
struct Power {
    exponent: f64,
    whole: u64,
    /// Whether `$2^{-1}, 2^{-2}, \dots$` are part of the fraction of the exponent.
    halvings: Vec<bool>,
}

impl Power {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn new(exponent: f64) -> Self {
        let mut fraction = exponent.fract();
        let mut halvings = Vec::new();
        while fraction > 0.0 {
            fraction *= 2.0;
            halvings.push(fraction >= 1.0);
            fraction = fraction.fract();
        }
        Self { exponent, whole: exponent.trunc() as u64, halvings }
    }

    /// `$x^e$`, off by at most [`error`](Self::error) relatively, where nothing underflows.
    fn of(&self, x: f64) -> f64 {
        let mut power = 1.0;
        let (mut square, mut left) = (x, self.whole);
        while left > 0 {
            if left & 1 == 1 {
                power *= square;
            }
            left >>= 1;
            if left > 0 {
                square *= square;
            }
        }
        let mut root = x;
        for is_part in &self.halvings {
            root = root.sqrt();
            if *is_part {
                power *= root;
            }
        }
        power
    }

    /// A bound on the relative error of a power: each factor `$x$` of the whole part brings one rounding,
    /// each root two (its own, and half of that of the root before, and so on) and a product.
    fn error(&self) -> f64 {
        let roots = self.halvings.iter().filter(|is_part| **is_part).count();
        let roundings = self.whole as f64 + 3.0 * roots as f64 + 1.0;
        2.0 * roundings * ROUNDOFF
    }

    /// An upper bound on `$x^e$` for `$x \ge 0$`.
    fn upper(&self, x: f64) -> f64 {
        if x == 0.0 {
            return 0.0;
        }
        // Where a factor of a power below one underflows, so does the power.
        (self.of(x) * (1.0 + self.error()).next_up()).next_up() + f64::MIN_POSITIVE
    }

    fn norm_upper(&self, x: &[f64]) -> f64 {
        let scale = largest(x);
        if scale == 0.0 || scale.is_infinite() || self.error() > 0.1 {
            // Exponents beyond 10^14: not larger than the sum by any means.
            return if scale == 0.0 { 0.0 } else { sum_upper(x).max(scale) };
        }
        let powers: Vec<f64> = x
            .iter()
            .filter(|x| **x > 0.0)
            .map(|x| self.of((x / scale).max(LEAST)).max(LEAST))
            .collect();
        // The quotient is off by one rounding, which the power multiplies by its exponent.
        let error = self.error() + 2.0 * self.exponent * ROUNDOFF;
        let sum = (sum_upper(&powers) * (1.0 + error).next_up()).next_up();
        (scale * self.root_upper(sum)).next_up()
    }

    /// A number whose power is at least `sum` `$\ge 1$`.
    fn root_upper(&self, sum: f64) -> f64 {
        // Of this one nothing has to be known: it is tested.
        let guess = elementary::powf(sum, self.exponent.recip()).max(1.0);
        let enough = (sum * (1.0 + 2.0 * self.error())).next_up();
        let mut widening = f64::EPSILON;
        loop {
            let root = guess * (1.0 + widening);
            if self.of(root) >= enough {
                return root;
            }
            widening *= 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mirrorhead_mirror::LpNorm;

    #[test]
    fn bounds_are_above_and_tight() {
        let x: Vec<f64> = (1..200).map(|k| (f64::from(k) * 0.37).sin().abs()).collect();
        for p in [1.0, 1.01, 1.1, 1.25, 1.75, 2.0, 2.3, 3.0, 10.0, 50.0, 1e3, f64::INFINITY] {
            let norm = Norm::new(p).unwrap();
            for (upper, plain) in
                [(norm_upper(norm, &x), norm.of(&x)), (dual_norm_upper(norm, &x), norm.dual_of(&x))]
            {
                let ratio = upper / plain;
                assert!(ratio > 1.0 - 4e-16 && ratio < 1.0 + 1e-13, "p = {p}: {ratio}");
            }
        }
    }

    #[test]
    fn whole_powers_of_exact_numbers() {
        // 3^2 + 4^2 = 5^2 and 3^3 + 4^3 + 5^3 = 6^3.
        let two = Norm::from(LpNorm::new(2.0).unwrap());
        let three = Norm::from(LpNorm::new(3.0).unwrap());
        for (norm, x, exact) in [(two, vec![3.0, 4.0], 5.0), (three, vec![3.0, 4.0, 5.0], 6.0)] {
            for scale in [1e-300, 1.0, 1e300] {
                let scaled: Vec<f64> = x.iter().map(|x| x * scale).collect();
                let upper = norm_upper(norm, &scaled);
                assert!(upper >= exact * scale && upper <= exact * scale * (1.0 + 1e-14));
            }
        }
    }

    #[test]
    fn nothing_finite_comes_of_what_is_not() {
        for bad in [f64::NAN, f64::INFINITY] {
            for p in [1.0, 1.5, f64::INFINITY] {
                assert_eq!(norm_upper(Norm::new(p).unwrap(), &[1.0, bad]), f64::INFINITY);
            }
        }
        assert_eq!(norm_upper(Norm::L1, &[0.0]), 0.0);
    }
}
