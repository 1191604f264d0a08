//! The constraint `$\lVert x\rVert_p \le t$` in cones.

use clarabel::solver::SupportedConeT;

use super::program::{Affine, Program};

/// How powers become cones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Powers {
    /// `$\lvert x_k\rvert \le r_k^{1/p}\,t^{1 - 1/p}$`, a three-dimensional power cone an entry.
    PowerCones,
    /// The same for rational `$p$` as a tower of three-dimensional second-order cones.
    Towers,
}

/// Requires `$\lVert x\rVert_p \le t$` for the expressions `x`, `$1 \le p \le \infty$`. Returns the expressions'
/// rows, where each stands for itself in a cone, if they do.
pub fn require_norm(
    program: &mut Program,
    x: &[Affine],
    t: &Affine,
    p: f64,
    powers: Powers,
) -> Option<Vec<usize>> {
    if p == 1.0 {
        let sizes = absolute_values(program, x);
        bounded_sum(program, &sizes, t);
        return None;
    }
    if p == f64::INFINITY {
        bracket(program, x, &vec![t.clone(); x.len()]);
        return None;
    }
    if p == 2.0 {
        let cone = SupportedConeT::SecondOrderConeT(x.len() + 1);
        let rows = program.require(cone, std::iter::once(t.clone()).chain(x.iter().cloned()));
        return Some(rows.skip(1).collect());
    }
    let shares: Vec<Affine> = program.variables(x.len(), 0.0).map(Affine::variable).collect();
    bounded_sum(program, &shares, t);
    match powers {
        Powers::PowerCones => {
            let cones = x.iter().zip(&shares).map(|(x, r)| {
                let cone = SupportedConeT::PowerConeT(1.0 / p);
                program.require(cone, [r.clone(), t.clone(), x.clone()]).end - 1
            });
            Some(cones.collect())
        }
        Powers::Towers => {
            let (numerator, denominator) = fraction(p);
            let sizes = absolute_values(program, x);
            for (size, share) in sizes.iter().zip(&shares) {
                let factors = [
                    (share.clone(), denominator),
                    (t.clone(), numerator - denominator),
                    (size.clone(), numerator.next_power_of_two() - numerator),
                ];
                below_geometric_mean(program, size, &factors);
            }
            None
        }
    }
}

/// `$p$` as numerator and denominator.
fn fraction(p: f64) -> (usize, usize) {
    let of = |k: usize| (p * k as f64).round();
    let denominator = (1..100)
        .find(|&k| (of(k) / k as f64 - p).abs() < 1e-12 * p)
        .expect("a rational exponent with a small denominator");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (of(denominator) as usize, denominator)
}

/// New variables `$a_k \ge \lvert x_k\rvert$`.
fn absolute_values(program: &mut Program, x: &[Affine]) -> Vec<Affine> {
    let sizes: Vec<Affine> = program.variables(x.len(), 0.0).map(Affine::variable).collect();
    bracket(program, x, &sizes);
    sizes
}

/// Requires `$\lvert x_k\rvert \le a_k$`.
fn bracket(program: &mut Program, x: &[Affine], sizes: &[Affine]) {
    let both = |sign: f64| x.iter().zip(sizes).map(move |(x, a)| a.clone().plus(sign, x));
    program.nonnegative(both(1.0).chain(both(-1.0)).collect());
}

/// Requires `$\sum_k r_k \le t$`.
fn bounded_sum(program: &mut Program, shares: &[Affine], t: &Affine) {
    let rest = shares.iter().fold(t.clone(), |rest, r| rest.plus(-1.0, r));
    program.nonnegative(vec![rest]);
}

/// Requires `low` to be at most the geometric mean of the factors, of which there are `$2^L$` in all.
fn below_geometric_mean(program: &mut Program, low: &Affine, factors: &[(Affine, usize)]) {
    let half = factors.iter().map(|f| f.1).sum::<usize>() / 2;
    let mut sides = [Vec::new(), Vec::new()];
    let mut taken = 0;
    for (factor, count) in factors {
        let left = (*count).min(half - taken);
        taken += left;
        for (side, count) in sides.iter_mut().zip([left, count - left]) {
            if count > 0 {
                side.push((factor.clone(), count));
            }
        }
    }
    let [left, right] = sides.map(|side| {
        if let [(alone, _)] = side.as_slice() {
            return alone.clone();
        }
        let mean = Affine::variable(program.variables(1, 0.0).start);
        below_geometric_mean(program, &mean, &side);
        mean
    });
    // low^2 <= left right.
    program.require(
        SupportedConeT::SecondOrderConeT(3),
        [left.clone().plus(1.0, &right), left.plus(-1.0, &right), low.scaled(2.0)],
    );
}
