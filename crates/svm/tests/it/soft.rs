//! Soft margins: the objectives of other solvers, the conditions of optimality, and what must hold for any data.

use crate::objectives::{EXPONENTS, PEERS, TALL, WIDE};
use mirrorhead_kernels::{DenseRows, InvalidSetting, KernelError, LinearOperator, Matrix, dot};
use mirrorhead_svm::{
    HardMarginProblem, Intercept, InterceptOutcome, Norm, Outcome, Refutation, SoftMargin,
    SoftMarginProblem, SoftOutcome, SvmError, SvmSettings, objective_interval, solve, solve_soft,
    solve_soft_from, solve_with_intercept, verify_objective,
};
use proptest::prelude::*;

/// A generator that is the same in every language: whole numbers below `$2^{31}$`.
struct Congruential(u64);

impl Congruential {
    /// A multiple of `$2^{-31}$` in `$[-1/2, 1/2)$`.
    fn next(&mut self) -> f64 {
        self.0 = (self.0 * 1_103_515_245 + 12_345) % (1 << 31);
        self.0 as f64 / (1u64 << 31) as f64 - 0.5
    }
}

/// Points with labels that two columns decide, with noise; the weights of the rows are 1, 2, 3, 1, ...
struct Instance {
    rows: DenseRows,
    labels: Vec<f64>,
    weights: Vec<f64>,
}

impl Instance {
    fn new((m, n, seed): (usize, usize, u64)) -> Self {
        let mut random = Congruential(seed);
        let points: Vec<Vec<f64>> =
            (0..m).map(|_| (0..n).map(|_| random.next()).collect()).collect();
        let mut label = |x: &[f64]| {
            if 2.0 * x[0] - x[1] + 0.7 * random.next() + 0.1 > 0.0 { 1.0 } else { -1.0 }
        };
        let labels: Vec<f64> = points.iter().map(|x| label(x)).collect();
        let rows = Matrix::from_fn(m, n, |j, k| labels[j] * points[j][k]);
        let weights = (0..m).map(|j| 1.0 + (j % 3) as f64).collect();
        Self { rows: DenseRows::new(&rows), labels, weights }
    }

    fn problem(&self, p: f64, cost: f64, intercept: Intercept) -> SoftMarginProblem<'_> {
        let problem = SoftMarginProblem::new(&self.rows, p, cost).unwrap();
        let problem = problem.with_weights(&self.weights).unwrap();
        match intercept {
            Intercept::Zero => problem,
            Intercept::Free => problem.with_intercept(&self.labels).unwrap(),
        }
    }
}

fn certified(problem: &SoftMarginProblem<'_>) -> SoftMargin {
    match solve_soft(problem, &SvmSettings::default()).unwrap() {
        SoftOutcome::Certified(found) => {
            assert_eq!(found.verify(problem), Ok(()), "p = {:?}", problem.norm());
            found
        }
        SoftOutcome::Inconclusive(found, reason) => {
            panic!("{reason} at {:?}, p = {:?}", found.objective, problem.norm())
        }
    }
}

#[test]
fn objectives_are_those_of_other_solvers() {
    for (shape, intercept, cost, objectives) in PEERS {
        let instance = Instance::new(shape);
        for (p, theirs) in EXPONENTS.into_iter().zip(objectives) {
            let found = certified(&instance.problem(p, cost, intercept));
            let ours = found.objective;
            assert!(ours.relative_gap() <= 1e-9);
            // Theirs is the objective of some w, so it is no smaller than what is proven of all.
            assert!(ours.lower <= theirs * (1.0 + 1e-13), "p = {p}, C = {cost}: {ours:?} {theirs}");
            assert!(ours.upper <= theirs * (1.0 + 1e-9), "p = {p}, C = {cost}: {ours:?} {theirs}");
        }
    }
}

#[test]
fn optimality_holds_row_by_row_and_in_the_gradient() {
    let instance = Instance::new(TALL);
    for p in [1.2, 2.0, 4.0] {
        let problem = instance.problem(p, 1.0, Intercept::Free);
        let found = certified(&problem);
        let (mut margins, mut forces) = (vec![0.0; 30], vec![0.0; 4]);
        instance.rows.apply(&found.w, &mut margins);
        instance.rows.apply_adjoint(&found.multipliers, &mut forces);
        let largest = forces.iter().fold(0.0f64, |most, u| most.max(u.abs()));
        for (w, u) in found.w.iter().zip(&forces) {
            let gradient = w.abs().powf(p - 1.0).copysign(*w);
            assert!((gradient - u).abs() <= 1e-3 * largest, "p = {p}: {gradient} {u}");
        }
        // Exactly zero, as `certified` has verified; here it is summed with rounding.
        assert!(dot(&instance.labels, &found.multipliers).abs() <= 1e-14, "p = {p}");
        let (mut slack, mut excess) = (0.0, 0.0);
        for (j, margin) in margins.iter().enumerate() {
            let over = margin + instance.labels[j] * found.intercept - 1.0;
            slack += found.multipliers[j] * over.max(0.0);
            excess += (problem.costs()[j] - found.multipliers[j]) * (-over).max(0.0);
            assert!((found.excesses[j] - (-over).max(0.0)).abs() <= 1e-13);
        }
        let scale = found.objective.upper;
        assert!(slack <= 1e-8 * scale && excess <= 1e-8 * scale, "p = {p}: {slack} {excess}");
    }
}

#[test]
fn a_high_price_is_a_hard_margin() {
    let instance = Instance::new(WIDE);
    for p in EXPONENTS {
        let degree = if p.is_finite() { p } else { 1.0 };
        let hard = HardMarginProblem::new(&instance.rows, p).unwrap();
        let Outcome::MaxMargin(hard) = solve(&hard, &SvmSettings::default()).unwrap() else {
            panic!("more columns than rows: separable")
        };
        let soft = certified(&instance.problem(p, 1e5, Intercept::Zero));
        let objective = hard.norm().powf(degree) / degree;
        assert!((soft.objective.upper / objective - 1.0).abs() < 1e-8, "p = {p}");
        let free = HardMarginProblem::new(&instance.rows, p).unwrap();
        let settings = SvmSettings::default();
        let free = solve_with_intercept(&free, &instance.labels, &settings).unwrap();
        let InterceptOutcome::MaxMargin(free) = free else { panic!("p = {p}: {free:?}") };
        let soft = certified(&instance.problem(p, 1e5, Intercept::Free));
        let margin = (degree * soft.objective.upper).powf(-degree.recip());
        assert!((free.interval.lower / margin - 1.0).abs() < 1e-8, "p = {p}: {:?}", free.interval);
        assert!(free.interval.upper >= hard.interval.lower, "an intercept does no harm");
        assert!(free.interval.relative_gap() <= 1e-9);
        let mut margins = vec![0.0; 12];
        instance.rows.apply(&free.w, &mut margins);
        for (margin, y) in margins.iter().zip(&instance.labels) {
            assert!(margin + y * free.intercept >= 1.0 - 1e-12);
        }
    }
}

#[test]
fn offsets_are_nothing_to_an_intercept() {
    let instance = Instance::new(TALL);
    for p in [1.0, 1.5, 2.0, 10.0] {
        let plain = certified(&instance.problem(p, 1.0, Intercept::Free));
        let moved = Matrix::from_fn(30, 4, |j, k| {
            instance.rows.row(j)[k] + instance.labels[j] * [1e4, -300.0, 0.0, 1e3][k]
        });
        let moved = DenseRows::new(&moved);
        let problem = SoftMarginProblem::new(&moved, p, 1.0).unwrap();
        let problem = problem.with_weights(&instance.weights).unwrap();
        let found = certified(&problem.with_intercept(&instance.labels).unwrap());
        let ratio = found.objective.upper / plain.objective.upper;
        assert!((ratio - 1.0).abs() < 1e-8, "p = {p}: {ratio}");
    }
}

/// One unit between the classes, wherever they lie: w = 1 and no row is given up.
#[test]
fn large_offsets_are_nothing_either() {
    let labels = [-1.0, -1.0, 1.0];
    for offset in [1e5, 1e7, 1.7e9, 1e12] {
        let rows = Matrix::from_fn(3, 1, |j, _| labels[j] * (offset + [-1.0, 0.0, 2.0][j]));
        let rows = DenseRows::new(&rows);
        for p in EXPONENTS {
            let problem = SoftMarginProblem::new(&rows, p, 2.0).unwrap();
            let found = certified(&problem.with_intercept(&labels).unwrap());
            let least = if p.is_finite() { p.recip() } else { 1.0 };
            assert!((found.objective.upper / least - 1.0).abs() < 1e-8, "{offset:e}, p = {p}");
        }
    }
}

#[test]
fn degenerate_data_have_their_solutions() {
    let solution = |rows: &[Vec<f64>], labels: Option<&[f64]>, p: f64, cost: f64| {
        let rows = DenseRows::new(&Matrix::from_rows(rows).unwrap());
        let problem = SoftMarginProblem::new(&rows, p, cost).unwrap();
        certified(&match labels {
            None => problem,
            Some(labels) => problem.with_intercept(labels).unwrap(),
        })
    };
    for p in [1.0, 1.01, 1.5, 2.0, 3.0, f64::INFINITY] {
        // One class: the intercept is all it takes.
        let one = solution(&[vec![1.0, 2.0], vec![0.5, -1.0]], Some(&[1.0, 1.0]), p, 1.0);
        assert_eq!((one.objective.upper, one.intercept), (0.0, 1.0));
        // Rows that contradict each other: both are paid for.
        let both = solution(&[vec![1.0, 2.0], vec![-1.0, -2.0]], Some(&[1.0, -1.0]), p, 3.0);
        assert!((both.objective.upper / 6.0 - 1.0).abs() < 1e-8, "p = {p}: {:?}", both.objective);
        // Nothing but zeros.
        let zeros = solution(&[vec![0.0, 0.0], vec![0.0, 0.0]], None, p, 2.0);
        assert!((zeros.objective.upper / 4.0 - 1.0).abs() < 1e-8, "p = {p}: {:?}", zeros.objective);
        // A column and a row of zeros, and duplicates.
        let rows =
            [vec![1.0, 0.0], vec![1.0, 0.0], vec![-2.0, 0.0], vec![0.0, 0.0], vec![0.5, 0.0]];
        for labels in [None, Some(&[1.0, 1.0, -1.0, 1.0, -1.0][..])] {
            for cost in [1e-6, 1e-2, 1.0, 1e3] {
                let found = solution(&rows, labels, p, cost);
                assert!(found.objective.relative_gap() <= 1e-9);
                assert!(found.objective.upper <= 5.0 * cost * (1.0 + 1e-9));
            }
        }
        // One row.
        for cost in [1e-6, 1.0, 1e6] {
            let found = solution(&[vec![2.0]], None, p, cost);
            assert!(found.objective.relative_gap() <= 1e-9, "p = {p}, C = {cost}");
        }
    }
}

#[test]
fn scales_of_price_and_data_go_together() {
    // w -> w / a for rows times a: the objective is that of a price times a^-d, times a^d... all exactly.
    let instance = Instance::new(TALL);
    for p in [1.0, 2.0, 3.0, f64::INFINITY] {
        let degree = if p.is_finite() { p } else { 1.0 };
        let factor = 2f64.powi(20);
        let scaled = Matrix::from_fn(30, 4, |j, k| factor * instance.rows.row(j)[k]);
        let scaled = DenseRows::new(&scaled);
        let plain = certified(&instance.problem(p, 1.0, Intercept::Free));
        let problem = SoftMarginProblem::new(&scaled, p, factor.powf(-degree)).unwrap();
        let problem = problem.with_weights(&instance.weights).unwrap();
        let found = certified(&problem.with_intercept(&instance.labels).unwrap());
        let ratio = found.objective.upper * factor.powf(degree) / plain.objective.upper;
        assert!((ratio - 1.0).abs() < 2e-9, "p = {p}: {ratio}");
    }
}

#[test]
fn a_head_start_saves_iterations_and_a_bad_one_does_no_harm() {
    let instance = Instance::new(TALL);
    let settings = SvmSettings::default();
    for p in [1.0, 1.5, 2.0, 3.0] {
        let first = certified(&instance.problem(p, 1.0, Intercept::Free));
        let next = instance.problem(p, 1.02, Intercept::Free);
        let cold = certified(&next);
        let start = (first.w.as_slice(), first.intercept, first.multipliers.as_slice());
        let SoftOutcome::Certified(warm) = solve_soft_from(&next, &settings, start).unwrap() else {
            panic!("p = {p}")
        };
        assert!((warm.objective.upper / cold.objective.upper - 1.0).abs() < 2e-9);
        assert!(warm.work.iterations <= cold.work.iterations + 2, "p = {p}");
        let wild = (&[1e6, -1e6, 0.0, 3.0][..], -1e9, &[0.0; 30][..]);
        let found = solve_soft_from(&next, &settings, wild).unwrap();
        assert!(found.solution().objective.relative_gap() <= 1e-9, "p = {p}");
    }
}

#[test]
fn limits_end_a_solve_with_what_there_is() {
    let instance = Instance::new(TALL);
    let problem = instance.problem(1.5, 1.0, Intercept::Free);
    let few = SvmSettings::default().with_max_iterations(3);
    let SoftOutcome::Inconclusive(found, _) = solve_soft(&problem, &few).unwrap() else {
        panic!("three iterations are too few")
    };
    assert!(found.objective.lower <= found.objective.upper && found.objective.upper.is_finite());
    assert_eq!(found.verify(&problem), Ok(()));
    let interrupt = || true;
    let stop = SvmSettings::default().with_interrupt(&interrupt);
    assert!(matches!(solve_soft(&problem, &stop).unwrap(), SoftOutcome::Inconclusive(..)));
}

#[test]
fn what_is_not_proven_is_refuted() {
    let instance = Instance::new((40, 5, 3));
    for p in EXPONENTS {
        let problem = instance.problem(p, 1.0, Intercept::Free);
        let found = certified(&problem);
        let check = |change: &dyn Fn(&mut SoftMargin)| {
            let mut claim = found.clone();
            change(&mut claim);
            claim.verify(&problem).unwrap_err()
        };
        let (lower, upper) = (found.objective.lower, found.objective.upper);
        let above = check(&|claim| claim.objective.upper = lower * (1.0 - 1e-12));
        assert!(matches!(above, Refutation::ObjectiveAbove { .. }), "p = {p}: {above}");
        let below = check(&|claim| claim.objective.lower = upper * (1.0 + 1e-12));
        assert!(matches!(below, Refutation::ObjectiveBelow { .. }), "p = {p}: {below}");
        let shifted = check(&|claim| claim.intercept += 0.1);
        assert!(matches!(shifted, Refutation::ObjectiveAbove { .. }), "p = {p}: {shifted}");
        let j = (0..40).find(|&j| found.multipliers[j] > 0.0).unwrap();
        let unbalanced = check(&|claim| claim.multipliers[j] = claim.multipliers[j].next_down());
        assert_eq!(unbalanced, Refutation::Unbalanced);
        let dear = check(&|claim| claim.multipliers[j] = 4.0);
        assert!(matches!(dear, Refutation::InvalidEntry { .. }), "{dear}");
        let infinite = check(&|claim| claim.w[0] = f64::INFINITY);
        assert!(matches!(infinite, Refutation::InvalidEntry { index: 0, .. }), "{infinite}");
        let short = check(&|claim| claim.multipliers.truncate(39));
        assert!(matches!(short, Refutation::ShapeMismatch { .. }), "{short}");
    }
}

#[test]
fn misuse_is_refused() {
    let rows = DenseRows::new(&Matrix::from_rows(&[[1.0], [2.0]]).unwrap());
    for cost in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let found = SoftMarginProblem::new(&rows, Norm::L1, cost);
        assert!(matches!(found, Err(SvmError::InvalidSetting(InvalidSetting { name: "C", .. }))));
    }
    let problem = SoftMarginProblem::new(&rows, Norm::L1, 1.0).unwrap();
    let weights = problem.clone().with_weights(&[1.0, 0.0]);
    assert!(matches!(weights, Err(SvmError::InvalidPrice { row: 1, .. })));
    let signs = problem.clone().with_intercept(&[1.0, 0.5]);
    assert!(matches!(signs, Err(SvmError::Kernel(KernelError::NotALabel { index: 1, .. }))));
    assert!(matches!(
        problem.clone().with_bounds(vec![1.0]),
        Err(SvmError::Kernel(KernelError::ShapeMismatch { expected: 2, found: 1, .. }))
    ));
    let few = SvmSettings::default().with_max_factor_rows(1);
    assert!(matches!(solve_soft(&problem, &few), Err(SvmError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Any pair brackets the optimum: the solution's own bounds lie between those of any other pair.
    #[test]
    fn duality_is_weak(seed in 1u64..10_000, p in 0usize..5, free in any::<bool>(), cost in 0.01f64..10.0) {
        let instance = Instance::new((9, 3, seed));
        let intercept = if free { Intercept::Free } else { Intercept::Zero };
        let problem = instance.problem(EXPONENTS[p], cost, intercept);
        let found = certified(&problem);
        let mut random = Congruential(seed + 1);
        for _ in 0..5 {
            let w: Vec<f64> = found.w.iter().map(|w| w * (1.0 + random.next()) + 0.1 * random.next()).collect();
            let beta = if free { found.intercept + random.next() } else { 0.0 };
            let share = 0.5 + random.next();
            let multipliers: Vec<f64> = found.multipliers.iter().map(|l| l * share).collect();
            let other = objective_interval(&problem, &w, beta, &multipliers);
            prop_assert_eq!(verify_objective(&problem, &w, beta, &multipliers, other), Ok(()));
            prop_assert!(found.objective.lower <= other.upper);
            prop_assert!(other.lower <= found.objective.upper);
        }
    }
}
