//! Hard margins with an intercept: what is found is proven once more, and what isn't proven is refuted.

use mirrorhead_kernels::{DenseRows, LinearOperator, Matrix};
use mirrorhead_svm::{
    Fit, HardMarginProblem, InterceptMargin, InterceptOutcome, LpClassifier, Penalty, Refutation,
    Remainder, SoftMarginProblem, SoftOutcome, SvmError, SvmSettings, solve_soft,
    solve_with_intercept,
};

use crate::common::dense;
use crate::objectives::EXPONENTS;

/// Points in `n` columns around an offset, in a unit, with labels that the first column decides with a gap.
fn points(m: usize, n: usize, offset: f64, unit: f64) -> (DenseRows, Vec<f64>) {
    let labels: Vec<f64> = (0..m).map(|j| if j % 3 == 0 { 1.0 } else { -1.0 }).collect();
    let entry = |j: usize, k: usize| {
        let noise = ((7 * j + 5 * k * k + 3 * j * k) % 17) as f64 / 16.0 - 0.5;
        if k == 0 { noise + labels[j] } else { noise }
    };
    let rows = Matrix::from_fn(m, n, |j, k| unit * labels[j] * (entry(j, k) + offset));
    (DenseRows::new(&rows), labels)
}

fn solved(rows: &DenseRows, labels: &[f64], p: f64) -> InterceptMargin {
    let problem = HardMarginProblem::new(rows, p).unwrap();
    let found = solve_with_intercept(&problem, labels, &SvmSettings::default()).unwrap();
    assert_eq!(found.verify(&problem, labels), Ok(()), "p = {p}");
    let InterceptOutcome::MaxMargin(found) = found else { panic!("p = {p}: {found}") };
    assert!(found.interval.relative_gap() <= 1e-9);
    found
}

#[test]
fn margins_are_proven_in_exact_arithmetic() {
    for (offset, unit) in [(0.0, 1.0), (100.0, 1.0), (0.0, 1e-300), (3.0, 1e100), (0.5, 8e307)] {
        for p in EXPONENTS {
            let (rows, labels) = points(20, 3, offset, unit);
            let found = solved(&rows, &labels, p);
            // It is a margin of those units and knows no offset.
            let (rows, labels) = points(20, 3, 0.0, 1.0);
            let plain = solved(&rows, &labels, p);
            let ratio = found.interval.lower / unit / plain.interval.lower;
            assert!((ratio - 1.0).abs() <= 1e-8, "{offset} {unit:e} p = {p}: {ratio}");
        }
    }
}

#[test]
fn what_is_not_proven_is_refuted() {
    let (rows, labels) = points(15, 2, 2.0, 1.0);
    for p in EXPONENTS {
        let problem = HardMarginProblem::new(&rows, p).unwrap();
        let found = solved(&rows, &labels, p);
        let (lower, upper) = (found.interval.lower, found.interval.upper);
        let refuted = |change: &dyn Fn(&mut InterceptMargin)| {
            let mut claim = found.clone();
            change(&mut claim);
            claim.verify(&problem, &labels).unwrap_err()
        };
        let above = refuted(&|claim| claim.interval.lower = upper * (1.0 + 1e-12));
        assert!(matches!(above, Refutation::LowerBound { .. }), "p = {p}: {above}");
        let below = refuted(&|claim| claim.interval.upper = lower * (1.0 - 1e-12));
        assert!(matches!(below, Refutation::UpperBound { .. }), "p = {p}: {below}");
        let shifted = refuted(&|claim| claim.intercept += 0.1);
        assert!(matches!(shifted, Refutation::LowerBound { .. }), "p = {p}: {shifted}");
        let j = (0..15).find(|&j| found.multipliers[j] > 0.0).unwrap();
        let lopsided = refuted(&|claim| claim.multipliers[j] = claim.multipliers[j].next_up());
        assert_eq!(lopsided, Refutation::Unbalanced);
        let short = refuted(&|claim| claim.multipliers.truncate(14));
        assert!(matches!(short, Refutation::ShapeMismatch { .. }), "{short}");
        let text = serde_json::to_string(&found).unwrap();
        let read: InterceptMargin = serde_json::from_str(&text).unwrap();
        assert_eq!(read.verify(&problem, &labels), Ok(()));
    }
}

#[test]
fn that_no_plane_separates_is_proven() {
    // The middle one of three points is of the other class: rows in whole multiples, the sixths of which are no doubles.
    let labels = [1.0, -1.0, 1.0];
    for third in [3.0, 4.0] {
        let rows = DenseRows::new(&Matrix::from_rows(&[[1.0], [-2.0], [third]]).unwrap());
        let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
        let found = solve_with_intercept(&problem, &labels, &SvmSettings::default()).unwrap();
        assert!(matches!(found, InterceptOutcome::NotSeparable(_)));
        assert_eq!(found.verify(&problem, &labels), Ok(()));
        let others = [1.0, 1.0, 1.0];
        assert_eq!(found.verify(&problem, &others), Err(Refutation::Unbalanced));
    }
}

#[test]
fn columns_in_units_of_their_own_cost_no_proof() {
    // Doubles have too few digits for columns 24 decades apart around an intercept: what is missing is told apart.
    let (rows, labels) = points(24, 5, 0.3, 1.0);
    let raw = DenseRows::new(&Matrix::from_fn(24, 5, |j, k| {
        let mut row = [0.0; 5];
        assert!(rows.exact_row(j, &mut |k, a| row[k] += a));
        row[k] * [1.0, 1e-12, 1e12, 1e-5, 1e7][k]
    }));
    let mut in_more_digits = 0;
    for p in EXPONENTS {
        let problem = HardMarginProblem::new(&raw, p).unwrap();
        let found = solved(&raw, &labels, p);
        let text = serde_json::to_string(&found).unwrap();
        let read: InterceptMargin = serde_json::from_str(&text).unwrap();
        assert_eq!(read.verify(&problem, &labels), Ok(()), "p = {p}");
        if found.remainder.is_empty() {
            continue;
        }
        in_more_digits += 1;
        let mut claim = found;
        claim.remainder = Remainder::default();
        assert!(claim.verify(&problem, &labels).is_err(), "p = {p}: needed for nothing");
    }
    assert!(in_more_digits > 0);
}

#[test]
fn offsets_of_columns_cost_no_proof() {
    // Seconds since an epoch: the cut is half way between .75 and 1.5 of them.
    let (points, labels) = ([0.25, 1.5, 0.75, 2.125], [-1.0, 1.0, -1.0, 1.0]);
    for offset in [1e3, 1e5, 1.7e9, 1e12] {
        let rows = DenseRows::new(&Matrix::from_fn(4, 1, |j, _| labels[j] * (points[j] + offset)));
        for p in EXPONENTS {
            let found = solved(&rows, &labels, p);
            assert!((found.interval.lower / 0.375 - 1.0).abs() <= 1e-9, "{offset:e} p = {p}");
            // At the scale at which the closest points are at one.
            assert!((found.w[0] * 0.375 - 1.0).abs() <= 1e-8, "{offset:e} p = {p}: {:?}", found.w);
        }
    }
}

#[test]
fn where_the_intercept_suffices_there_is_no_direction() {
    let rows = dense(&[vec![1.0, 2.0], vec![3.0, -1.0], vec![0.5, 0.5]]);
    let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
    let of = |problem: &HardMarginProblem<'_>, signs: &[f64]| {
        solve_with_intercept(problem, signs, &SvmSettings::default())
    };
    for (sign, intercept) in [(1.0, 1.0), (-1.0, -1.0)] {
        let refused = of(&problem, &[sign; 3]).unwrap_err();
        assert_eq!(refused, SvmError::InterceptSuffices { intercept }, "{refused}");
    }
    // With both signs it does where what it helps one by costs the other no more than it has.
    let signs = [1.0, -1.0, 1.0];
    for (of_second, suffices) in [(-2.0, true), (-1.5, true), (-1.0, false), (0.5, false)] {
        let bounds = vec![1.0, of_second, 1.5];
        let problem = HardMarginProblem::with_bounds(&rows, 2.0, bounds).unwrap();
        assert_eq!(of(&problem, &signs).is_err(), suffices, "{of_second}");
    }
}

/// The soft margin that stands in has a unit of its own, in which the second row vanishes.
#[test]
fn rows_that_vanish_in_another_unit_are_no_misuse() {
    let rows = dense(&[vec![1.0], vec![-2.3e-308]]);
    let problem = HardMarginProblem::with_bounds(&rows, 2.0, vec![1e-69, 0.0]).unwrap();
    let signs = [-1.0, 1.0];
    let found = solve_with_intercept(&problem, &signs, &SvmSettings::default()).unwrap();
    assert_eq!(found.verify(&problem, &signs), Ok(()), "{found}");
}

/// Bounds that the intercept nearly satisfies by itself.
#[test]
fn strips_of_the_intercept() {
    for eps in [1e-4, 1e-6, 1e-9] {
        let rows = dense(&[vec![0.0], vec![1.0]]);
        let problem = HardMarginProblem::with_bounds(&rows, 2.0, vec![1.0, -(1.0 - eps)]).unwrap();
        let signs = [1.0, -1.0];
        let found = solve_with_intercept(&problem, &signs, &SvmSettings::default()).unwrap();
        assert_eq!(found.verify(&problem, &signs), Ok(()));
        assert!(matches!(found, InterceptOutcome::MaxMargin(_)), "{eps:e}: {found}");
    }
}

#[test]
fn an_intercept_that_does_it_alone_costs_nothing() {
    let rows = DenseRows::new(&Matrix::from_rows(&[[1.0], [-1.0]]).unwrap());
    let signs = [1.0, -1.0];
    for second in [-1.5, -1.0, -2.0, -1.000_000_000_001] {
        for p in EXPONENTS {
            let problem = SoftMarginProblem::new(&rows, p, 1.0).unwrap();
            let problem = problem.with_bounds(vec![1.0, second]).unwrap();
            let problem = problem.with_intercept(&signs).unwrap();
            let found = solve_soft(&problem, &SvmSettings::default()).unwrap();
            let SoftOutcome::Certified(found) = found else { panic!("p = {p}: {found}") };
            assert_eq!(found.verify(&problem), Ok(()), "p = {p}");
            assert_eq!((found.objective.lower, found.objective.upper), (0.0, 0.0), "p = {p}");
        }
    }
}

#[test]
fn far_columns_cost_nothing_at_any_price_or_unit() {
    let soft = |rows: &[[f64; 2]], signs: &[f64], p: f64, cost: f64| {
        let rows = DenseRows::new(&Matrix::from_rows(rows).unwrap());
        let problem = SoftMarginProblem::new(&rows, p, cost).unwrap();
        let problem = problem.with_intercept(signs).unwrap();
        let found = solve_soft(&problem, &SvmSettings::default()).unwrap();
        let SoftOutcome::Certified(found) = found else { panic!("{rows:?}, p = {p}: {found}") };
        assert_eq!(found.verify(&problem), Ok(()), "{rows:?}, p = {p}");
    };
    for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
        soft(&[[-1.7e9, 0.0], [1.7015e9, 0.0]], &[-1.0, 1.0], p, 100.0);
        soft(&[[0.0, -13_265_304_835_979.0], [1.0, 13_265_343_032_930.0]], &[-1.0, 1.0], p, 1.0);
        // A column in another unit, in which the middle's part of the intercept is no double.
        soft(&[[0.0, -0.000_676], [9e-192, 0.000_676_5]], &[-1.0, 1.0], p, 1.0);
    }
    let mixed = Matrix::from_rows(&[[0.0, -0.000_676], [9e-192, 0.000_676_5]]).unwrap();
    solved(&DenseRows::new(&mixed), &[-1.0, 1.0], 2.0);
    // A constant beside a column that is far, and one point in both classes.
    let same = [[1e12, 1.7e9, 3.0], [-1e12, -1.7e9, -3.0], [1e12, 1.7e9 + 5.0, 4.0]];
    let same = DenseRows::new(&Matrix::from_rows(&same).unwrap());
    for p in EXPONENTS {
        let problem = HardMarginProblem::new(&same, p).unwrap();
        let signs = [1.0, -1.0, 1.0];
        let found = solve_with_intercept(&problem, &signs, &SvmSettings::default()).unwrap();
        assert_eq!(found.verify(&problem, &signs), Ok(()), "p = {p}");
        assert!(matches!(found, InterceptOutcome::NotSeparable(_)), "p = {p}: {found}");
    }
}

#[test]
fn a_point_of_both_classes_far_from_zero_is_a_contradiction() {
    // The first two rows are one point; in the second table a point of one class lies half way between two of the other.
    let same = [
        [977_300_761.0, 346_252_503.0],
        [-977_300_761.0, -346_252_503.0],
        [-977_300_761.0, -346_252_498.0],
        [977_300_756.0, 346_252_501.0],
        [977_300_757.0, 346_252_498.0],
    ];
    let between = [
        [310_754_389.0, 355_920_473.0],
        [-310_754_384.0, -355_920_473.0],
        [310_754_379.0, 355_920_473.0],
        [310_754_387.0, 355_920_471.0],
        [310_754_386.0, 355_920_470.0],
    ];
    for (rows, signs) in
        [(same, [1.0, -1.0, -1.0, 1.0, 1.0]), (between, [1.0, -1.0, 1.0, 1.0, 1.0])]
    {
        let rows = DenseRows::new(&Matrix::from_rows(&rows).unwrap());
        for p in EXPONENTS {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let found = solve_with_intercept(&problem, &signs, &SvmSettings::default()).unwrap();
            assert_eq!(found.verify(&problem, &signs), Ok(()), "p = {p}");
            assert!(matches!(found, InterceptOutcome::NotSeparable(_)), "p = {p}: {found}");
        }
    }
}

#[test]
fn a_time_stamp_beside_rates_is_solved_as_from_its_middle() {
    const FAR: f64 = 1_700_000_000.0;
    // Whole seconds: both matrices are exact, and have the same margins.
    let table = |offset: f64| {
        let (rows, labels) = points(150, 5, 0.0, 1.0);
        let second = |j: usize| (((j * j * 31) % 997) as f64 - 500.0) * 100.0;
        let rows = Matrix::from_fn(150, 6, |j, k| match k {
            5 => labels[j] * (offset + second(j)),
            _ => rows.row(j)[k],
        });
        (DenseRows::new(&rows), labels)
    };
    let ((far, labels), (near, _)) = (table(FAR), table(0.0));
    for p in EXPONENTS {
        let margins = [&far, &near].map(|rows| solved(rows, &labels, p).interval.lower);
        assert!((margins[0] / margins[1] - 1.0).abs() <= 1e-8, "p = {p}: {margins:?}");
        let objectives = [&far, &near].map(|rows| {
            let problem = SoftMarginProblem::new(rows, p, 0.1).unwrap();
            let problem = problem.with_intercept(&labels).unwrap();
            let found = solve_soft(&problem, &SvmSettings::default()).unwrap();
            let SoftOutcome::Certified(found) = found else { panic!("p = {p}: {found}") };
            assert_eq!(found.verify(&problem), Ok(()), "p = {p}");
            found.objective.upper
        });
        assert!((objectives[0] / objectives[1] - 1.0).abs() <= 1e-8, "p = {p}: {objectives:?}");
    }
    // Slacks to a power are unknowns of a hard margin, as many as there are rows.
    let points = DenseRows::new(&Matrix::from_fn(150, 6, |j, k| labels[j] * far.row(j)[k]));
    for p in [1.5, 2.0, 3.0] {
        let classifier = LpClassifier::new(p).unwrap().with_penalty(Penalty::Power(1.0));
        let fit = classifier.fit(&points, &labels, &SvmSettings::default()).unwrap();
        assert_eq!(classifier.verify(&points, &labels, &fit), Ok(()), "p = {p}");
        let Fit::Model(model) = fit else { panic!("a soft margin") };
        assert!(model.separators()[0].proof.relative_gap() <= 1e-9, "p = {p}");
        assert_eq!(model.predict(&points).unwrap(), labels, "p = {p}");
    }
}
