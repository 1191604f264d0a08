//! The way from `$p = 2$`, where the curve is a line, to the norm and the units of the problem.

use mirrorhead_mirror::LpNorm;

use crate::Norm;
use crate::units::Units;

/// Steps shorter than this leave `$p$` where it is.
const LEAST_CONTINUING_STEP: f64 = 0.3;

/// Octaves of the ratio of units that an iteration takes in, at most, on the way from all alike to
/// those of the problem.
const OCTAVES_PER_ITERATION: f64 = 4.0;

/// The exponents from which the ends are near.
const NEAR_ONE: f64 = 1.02;
const NEAR_INFINITY: f64 = 40.0;

/// How boldly the method follows the change of exponent and the curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caution {
    /// Largest factor by which `$p - 1$` changes in one iteration on the way from 2 to its value.
    continuation: f64,
    /// Damping of the tangents (see [`Tangents::linearize`]).
    damping: f64,
    route: Route,
}

/// The way from `$p = 2$` to another exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    /// By the exponents in between to those between 1 and infinity, at once to the ends.
    Straight,
    /// By the exponents in between to the ends, too, until they are near.
    ByPowers,
    /// To an exponent close to an end by a while at that end, a linear program.
    OverTheEnd,
}

/// Iterations spent at the end on the way over it.
const DETOUR_ITERATIONS: usize = 8;

impl Caution {
    /// The quickest way for `norm`, then more careful ones for problems that need them.
    pub fn attempts(norm: Norm) -> Vec<Self> {
        let far = norm.p().max(norm.conjugate_exponent()) > EXTREME_EXPONENT;
        let continuation = if far { 1.6 } else { 2.0 };
        // An entry that hardly pulls is free to go from one end of a steep curve to the other, and comes back by a share
        // `$1/p$` an iteration.
        let steep = matches!(norm, Norm::Lp(norm) if norm.p() > EXTREME_EXPONENT);
        let damping = if steep { 8.0 } else { 3.0 };
        let first = Self { continuation, damping, route: Route::Straight };
        let again = match norm {
            Norm::Lp(_) => Route::Straight,
            Norm::L1 | Norm::LInfinity => Route::ByPowers,
        };
        let mut attempts = vec![
            first,
            Self { continuation: 1.3, damping: 1.7 * damping, route: again },
            Self { continuation: 1.15, damping: 2.7 * damping, route: again },
        ];
        if far && matches!(norm, Norm::Lp(_)) {
            attempts.push(Self { route: Route::OverTheEnd, ..first });
        }
        attempts
    }

    /// Octaves of the ratio of units that an iteration takes in, at most.
    fn octaves(self) -> f64 {
        OCTAVES_PER_ITERATION * (self.continuation - 1.0)
    }
}

/// Exponents (or conjugate exponents) beyond this are approached in shorter strides.
const EXTREME_EXPONENT: f64 = 22.0;

/// A point of the continuation: the curve of this norm in units `$c^t$`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stage {
    pub norm: Norm,
    /// `$t$`, from 0 for unknowns that all count alike to 1 for the user's units.
    pub share: f64,
}

impl Stage {
    /// The norm of the problem in the user's units: the end.
    pub fn last(norm: Norm) -> Self {
        Self { norm, share: 1.0 }
    }

    /// The line `$u = \kappa w$`, where the method starts.
    pub fn first() -> Self {
        Self { norm: Norm::Lp(LpNorm::new(2.0).expect("2 is a valid exponent")), share: 0.0 }
    }
}

/// Where the continuation is, and how it goes on.
#[derive(Debug, Clone)]
pub(crate) struct Continuation {
    stage: Stage,
    caution: Caution,
    /// Iterations left at the end on the way over it.
    detour: usize,
}

impl Continuation {
    /// At `stage`.
    pub fn new(stage: Stage, caution: Caution) -> Self {
        Self { stage, caution, detour: 0 }
    }

    /// What has been reached.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The damping of tangents.
    pub fn damping(&self) -> f64 {
        self.caution.damping
    }

    /// Moves towards `target` in `units`, the further the longer the last `step` was. False if it stays.
    pub fn advance(&mut self, target: Norm, units: &Units, step: f64) -> bool {
        if self.stage == Stage::last(target) {
            return false;
        }
        let boldness =
            ((step - LEAST_CONTINUING_STEP) / (1.0 - LEAST_CONTINUING_STEP)).clamp(0.0, 1.0);
        let at_home = self.stage.share == 1.0 || units.get().is_none();
        let stride = boldness * self.caution.octaves();
        self.stage.share = match units.octaves() {
            octaves if octaves * (1.0 - self.stage.share) <= stride => 1.0,
            octaves => self.stage.share + stride / octaves,
        };
        match (target, self.stage.norm) {
            (Norm::Lp(target), Norm::Lp(norm))
                if at_home && norm.p() == 2.0 && self.caution.route == Route::OverTheEnd =>
            {
                self.stage.norm = if target.p() < 2.0 { Norm::L1 } else { Norm::LInfinity };
                self.detour = DETOUR_ITERATIONS;
            }
            (Norm::Lp(_), Norm::L1 | Norm::LInfinity) if self.detour > 0 => {
                self.detour -= 1;
                return false;
            }
            (Norm::Lp(_), Norm::L1 | Norm::LInfinity) => self.stage.norm = target,
            // On the line of p = 2 units change without harm.
            (Norm::Lp(target), Norm::Lp(norm)) if at_home => {
                self.stage.norm = Norm::Lp(self.nearer(norm, target, boldness));
            }
            (Norm::L1 | Norm::LInfinity, Norm::Lp(norm))
                if at_home && self.caution.route == Route::ByPowers =>
            {
                let near = if target == Norm::L1 { NEAR_ONE } else { NEAR_INFINITY };
                let near = LpNorm::new(near).expect("a valid exponent");
                self.stage.norm =
                    if norm == near { target } else { Norm::Lp(self.nearer(norm, near, boldness)) };
            }
            (Norm::L1 | Norm::LInfinity, _) if at_home => self.stage.norm = target,
            _ => {}
        }
        true
    }

    /// The exponent after `norm` on the way to `target`.
    fn nearer(&self, norm: LpNorm, target: LpNorm, boldness: f64) -> LpNorm {
        let most = 1.0 + (self.caution.continuation - 1.0) * boldness;
        let wanted = (target.p() - 1.0) / (norm.p() - 1.0);
        let factor = wanted.clamp(most.recip(), most);
        if factor == wanted {
            return target;
        }
        LpNorm::new(1.0 + (norm.p() - 1.0) * factor).expect("between 2 and a valid exponent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_arrives() {
        let own = Units::own();
        for target in [1.0, 1.01, 1.5, 3.0, 50.0, f64::INFINITY] {
            let target = Norm::new(target).unwrap();
            for caution in Caution::attempts(target) {
                let mut way = Continuation::new(Stage::first(), caution);
                for _ in 0..200 {
                    way.advance(target, &own, 1.0);
                }
                assert_eq!(way.stage(), Stage::last(target), "{caution:?}");
                assert!(!way.advance(target, &own, 1.0), "there is nowhere to go");
            }
        }
    }

    #[test]
    fn short_steps_hold_the_exponent() {
        let target = Norm::new(3.0).unwrap();
        let mut way = Continuation::new(Stage::first(), Caution::attempts(target)[0]);
        way.advance(target, &Units::own(), 0.1);
        assert_eq!(way.stage().norm, Stage::first().norm);
    }
}
