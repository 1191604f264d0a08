//! The minimum of the barrier along a line, in doubles: a step is a number of one digit.

use mirrorhead_kernels::elementary;

/// Halvings of the interval in which the step is sought.
const HALVINGS: usize = 25;

/// The barrier along a line, by relative changes for a step of one.
pub(super) struct Line {
    /// By how much the objective grows.
    pub objective: f64,
    /// Of slacks: `$\mathrm ds/s$`.
    pub slacks: Vec<f64>,
    pub cones: Vec<ConeLine>,
    /// `$2/p$`.
    pub exponent: f64,
}

/// The cone of an entry along the line, everything over `$P = s^{2/p}$`.
pub(super) struct ConeLine {
    /// `$\mathrm ds/s$`.
    pub share: f64,
    /// `$(P - w^2)/P$`, `$w\,\mathrm dw/P$` and `$\mathrm dw^2/P$`.
    pub gap: f64,
    pub linear: f64,
    pub square: f64,
}

impl Line {
    /// The step to the minimum, no longer than one; none if rounding hides it.
    pub fn step(&self) -> Option<f64> {
        if self.slope(1.0) <= 0.0 {
            return Some(1.0);
        }
        let (mut least, mut most) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (least + most);
            if self.slope(middle) < 0.0 {
                least = middle;
            } else {
                most = middle;
            }
        }
        (least > 0.0).then_some(least)
    }

    /// The derivative after a step, infinite outside.
    fn slope(&self, step: f64) -> f64 {
        let mut slope = -self.objective;
        for rate in &self.slacks {
            let left = 1.0 + step * rate;
            if left <= 0.0 {
                return f64::INFINITY;
            }
            slope -= rate / left;
        }
        for cone in &self.cones {
            let (share, gap) = (1.0 + step * cone.share, cone.gap);
            if share <= 0.0 {
                return f64::INFINITY;
            }
            let growth = elementary::exp_m1(self.exponent * elementary::ln_1p(step * cone.share));
            let gap = gap + growth - step * (2.0 * cone.linear + step * cone.square);
            if gap <= 0.0 {
                return f64::INFINITY;
            }
            let of_power = self.exponent * (1.0 + growth) * cone.share / share;
            slope -= (of_power - 2.0 * (cone.linear + step * cone.square)) / gap;
            slope -= (1.0 - 0.5 * self.exponent) * cone.share / share;
        }
        if slope.is_nan() { f64::INFINITY } else { slope }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_found() {
        // -a - ln(1 - 2a) is least where 1 = 2/(1 - 2a): not at all; with 10 a, at a = 0.4.
        let line = |objective: f64| Line {
            objective,
            slacks: vec![-2.0],
            cones: Vec::new(),
            exponent: 1.0,
        };
        assert!((line(10.0).step().unwrap() - 0.4).abs() < 1e-6);
        assert_eq!(line(1.0).step(), None);
        // The cone w^2 <= s^2 from (1/2, 1) to (3/2, 1): outside.
        let cone = ConeLine { share: 0.0, gap: 0.75, linear: 0.5, square: 1.0 };
        let line = Line { objective: 1e3, slacks: vec![], cones: vec![cone], exponent: 2.0 };
        let step = line.step().unwrap();
        assert!((0.49..0.5).contains(&step), "{step}");
    }
}
