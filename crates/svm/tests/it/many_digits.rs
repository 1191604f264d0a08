//! What doubles have too few digits for, and certificates in more.

use mirrorhead_svm::{
    HardMarginProblem, MaxMargin, Outcome, Refutation, Remainder, StallReason, SvmSettings,
    margin_interval, solve, verify_sum,
};

use crate::common::{Stream, dense, max_margin, norm, separable_rows};
use crate::nasty::drawn;

/// Solves on which the method in doubles stalled.
const STALLED: [(&str, u64, f64); 16] = [
    ("units", 0, 1.0),
    ("units", 5, 1.5),
    ("units", 6, 1.1),
    ("units", 11, 1.01),
    ("offsets in units", 4, 1.0),
    ("offsets in units", 1, 1.01),
    ("nearly opposite rows", 0, 1.0),
    ("nearly opposite rows", 0, 50.0),
    ("nearly opposite rows", 0, f64::INFINITY),
    ("thin margins in units", 2, 1.0),
    ("thin margins in units", 3, 3.0),
    ("thin margins in units", 5, 1.01),
    ("offsets", 5, 50.0),
    ("powers", 2, 10.0),
    ("powers", 3, 2.0),
    ("powers", 10, 1.01),
];

#[test]
fn what_doubles_stall_on_is_certified() {
    let mut with_remainder = 0;
    for (kind, seed, p) in STALLED {
        let what = format!("{kind}, seed {seed}, p = {p}");
        let rows = drawn(kind, seed);
        let found = max_margin(&rows, p);
        assert!(found.relative_gap() <= 1e-9, "{what}: {found}");
        with_remainder += usize::from(!found.remainder.is_empty());
        let rows = dense(&rows);
        let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
        assert_eq!(found.verify(&problem), Ok(()), "{what}");
        assert!(found.kkt.feasibility <= 1e-9 && found.kkt.complementarity.abs() <= 1e-9, "{what}");
        assert!(!found.support(1e-6).is_empty(), "{what}");
        // Tenfold closer bounds are no longer proven.
        let interval = found.interval;
        for (lower, upper) in
            [(interval.lower * (1.0 + 2e-9), interval.upper), (0.0, interval.lower * (1.0 - 1e-9))]
        {
            let mut claim = interval;
            (claim.lower, claim.upper) = (lower, upper);
            let checked =
                verify_sum(&problem, &found.w, &found.multipliers, &found.remainder, claim);
            assert!(checked.is_err(), "{what}: {claim}");
        }
    }
    // No doubles prove most of them.
    assert!((8..16).contains(&with_remainder), "{with_remainder}");
}

#[test]
fn the_remainder_is_part_of_the_proof() {
    let rows = drawn("units", 5);
    let found = max_margin(&rows, 1.0);
    let rows = dense(&rows);
    let problem = HardMarginProblem::new(&rows, norm(1.0)).unwrap();
    let text = serde_json::to_string(&found).unwrap();
    let read: MaxMargin = serde_json::from_str(&text).unwrap();
    assert_eq!(read, found);
    assert_eq!(read.verify(&problem), Ok(()));
    // Doubles alone prove less.
    let alone = margin_interval(&problem, &found.w, &found.multipliers);
    assert!(alone.relative_gap() > 0.5, "{alone}");
    let check = |remainder: &Remainder| {
        verify_sum(&problem, &found.w, &found.multipliers, remainder, found.interval)
    };
    assert!(matches!(check(&Remainder::default()), Err(Refutation::UpperBound { .. })));
    let mut short = found.remainder.clone();
    short.multipliers[0].pop();
    assert!(matches!(check(&short), Err(Refutation::ShapeMismatch { .. })));
    let mut negative = found.remainder.clone();
    negative.multipliers[0][3] = -2.0 * found.multipliers[3];
    assert!(matches!(check(&negative), Err(Refutation::InvalidEntry { index: 3, .. })));
    let mut infinite = found.remainder.clone();
    infinite.w[0][0] = f64::NAN;
    assert!(matches!(check(&infinite), Err(Refutation::InvalidEntry { index: 0, .. })));
}

#[test]
fn what_doubles_prove_says_nothing_of_remainders() {
    let found = max_margin(&drawn("offsets", 1), 2.0);
    assert!(found.remainder.is_empty());
    assert!(!serde_json::to_string(&found).unwrap().contains("remainder"));
}

#[test]
fn limits_hold_in_many_digits_too() {
    let rows = dense(&drawn("units", 5));
    let problem = HardMarginProblem::new(&rows, norm(1.0)).unwrap();
    let few = SvmSettings::default().with_max_iterations(40);
    let Outcome::Inconclusive(stalled) = solve(&problem, &few).unwrap() else { panic!("too few") };
    assert_eq!((stalled.reason, stalled.work.iterations), (StallReason::IterationLimit, 40));
    // In doubles it ends after some three hundred iterations.
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let interrupt = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 1_000_000;
    let whole = solve(&problem, SvmSettings::default().with_interrupt(&interrupt)).unwrap();
    assert!(matches!(whole, Outcome::MaxMargin(_)));
    let all = asked.load(std::sync::atomic::Ordering::Relaxed);
    let last = std::sync::atomic::AtomicUsize::new(0);
    let late = || last.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 20 > all;
    let Outcome::Inconclusive(stalled) =
        solve(&problem, SvmSettings::default().with_interrupt(&late)).unwrap()
    else {
        panic!("interrupted twenty steps before the end")
    };
    assert_eq!(stalled.reason, StallReason::Interrupted);
    assert_eq!(stalled.verify(&problem), Ok(()));
}

/// Bounds of zero leave no room around `$w = 0$`: a margin for those rows comes first.
#[test]
fn bounds_of_zero_are_no_obstacle() {
    let wide = [[1.0, -1.0, 1e-8], [-1.0, -1.0, -1e-8]];
    for (rows, p, margin) in [
        (vec![vec![0.0, 1e-8], vec![-1.0, 0.0]], 2.0, 1e-8),
        (vec![vec![0.0, 1e-16], vec![-1.0, 0.0]], 2.0, 1e-16),
        (vec![vec![0.0, 1e-4], vec![-1.0, 0.0]], 10.0, 1e-4),
        // Whatever the third entry adds to the first row has to be taken from the first entry.
        (wide.iter().map(|row| row.to_vec()).collect(), f64::INFINITY, 2.0),
    ] {
        let rows = dense(&rows);
        let problem = HardMarginProblem::with_bounds(&rows, norm(p), vec![1.0, 0.0]).unwrap();
        let found = solve(&problem, &SvmSettings::default()).unwrap().max_margin().unwrap();
        assert_eq!(found.verify(&problem), Ok(()));
        assert!((found.interval.lower / margin - 1.0).abs() <= 1e-8, "p = {p}: {found}");
    }
}

/// The same of drawn rows, columns in units up to ten decades apart.
#[test]
fn bounds_of_zero_are_none_in_units_of_their_own() {
    let exponents = [1.0, 1.1, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];
    for (k, seed) in (0..28).enumerate() {
        let (m, n) = (4 + k % 7, 2 + k % 5);
        let mut stream = Stream::new(seed);
        let units: Vec<f64> = (0..n).map(|_| 10f64.powf(10.0 * stream.uniform() - 5.0)).collect();
        let rows = separable_rows(m, n, seed);
        let scaled = rows.iter().map(|row| row.iter().zip(&units).map(|(a, u)| a * u).collect());
        let rows = dense(&scaled.collect::<Vec<Vec<f64>>>());
        let mut bounds: Vec<f64> = (0..m).map(|_| stream.uniform().round()).collect();
        bounds[0] = 1.0;
        let p = exponents[k % exponents.len()];
        let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds).unwrap();
        let found = solve(&problem, &SvmSettings::default()).unwrap().max_margin().unwrap();
        assert!(found.relative_gap() <= 1e-9, "seed {seed}, p = {p}: {found}");
        assert_eq!(found.verify(&problem), Ok(()));
    }
}

/// The second and the third row nearly span a strip of width `tau`, and the first asks for a way along it.
#[test]
fn bounds_below_zero_that_make_a_strip() {
    for s in [1e-3, 1e-6, 1e-9] {
        for tau in [1e-12, 1e-6, 0.1] {
            let rows = dense(&[
                vec![4.0 / 3.0, 0.0, 0.0],
                vec![s / 3.0, 0.0, s],
                vec![s, -3.0 * s, 0.0],
                vec![-s, 3.0 * s, 0.0],
            ]);
            for p in [1.0, 1.1, 2.0, 10.0, f64::INFINITY] {
                let bounds = vec![1.0, 1.0, -tau, -tau];
                let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds).unwrap();
                let found = solve(&problem, &SvmSettings::default()).unwrap().max_margin();
                let found = found.unwrap_or_else(|other| panic!("{s:e} {tau:e} {p}: {other}"));
                assert_eq!(found.verify(&problem), Ok(()));
                assert!(found.relative_gap() <= 1e-9);
            }
        }
    }
}

/// Rows that a rounded scale would break: what it takes is more than there is between them.
#[test]
fn strips_narrower_than_the_rounding_of_the_scale() {
    for (c, eps) in [(1e-4, 1e-10), (1e-6, 1e-6), (1e-8, 1e-6), (1e-8, 1e-10), (1e-12, 1e-5)] {
        let rows = dense(&[vec![1.0, 0.0], vec![-1.0, c]]);
        for p in [1.0, 1.5, 2.0, 10.0, f64::INFINITY] {
            let bounds = vec![1.0, -(1.0 - eps)];
            let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert_eq!(found.verify(&problem), Ok(()), "{c:e} {eps:e} {p}");
            let found = found.max_margin().unwrap_or_else(|e| panic!("{c:e} {eps:e} {p}: {e}"));
            assert!((found.interval.lower * found.norm() - 1.0).abs() < 1e-9, "{found}");
        }
    }
}

/// Nothing is left of the weight of the multipliers in doubles.
#[test]
fn bounds_of_both_signs_that_cancel() {
    for p in [1.0, 1.5, 2.0, 10.0, f64::INFINITY] {
        for c in [1e-20, 1e-17, 1e-10] {
            let rows = dense(&[vec![-3.0, 0.0], vec![1.0, c]]);
            let bounds = vec![1.0, -1.0 / 3.0];
            let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert_eq!(found.verify(&problem), Ok(()), "{c:e} {p}: {found}");
            assert!(matches!(found, Outcome::MaxMargin(_)), "{c:e} {p}: {found}");
        }
    }
}

#[test]
fn contradictions_by_the_last_digit_are_proven() {
    for (rows, bounds) in [
        ([[2.0], [-4.0]], [1.0, (-2f64).next_up()]),
        ([[1.0], [-1.0]], [1.0, (-1f64).next_up()]),
        ([[0.3], [-0.3]], [1e-7, (-1e-7f64).next_up()]),
    ] {
        let rows = dense(&rows.map(|row| row.to_vec()));
        for p in [1.0, 1.1, 2.0, f64::INFINITY] {
            let problem = HardMarginProblem::with_bounds(&rows, norm(p), bounds.to_vec()).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert!(matches!(found, Outcome::NotSeparable(_)), "{bounds:?}, p = {p}: {found}");
            assert_eq!(found.verify(&problem), Ok(()));
        }
    }
}

#[test]
fn margins_below_what_doubles_start_from_are_found() {
    for s in [1e-12, 1e-14, 1e-16] {
        for p in [1.0, 1.5, 2.0, 10.0, f64::INFINITY] {
            let found = max_margin(&[vec![1.0, 0.7 + s], vec![-1.0, -0.7 + s]], p);
            assert!(found.relative_gap() <= 1e-9, "s = {s:e}, p = {p}: {found}");
        }
    }
}

/// Multiples of one row, but for their rounding: at a large exponent doubles reach their limit of iterations.
#[test]
fn the_default_limit_of_doubles_is_no_limit_of_digits() {
    let text = "-0.5317563578452632 2.7164166192163854 -1.584042347957366 1.1080233960372867
        -0.826439093399039 4.221769716446973 -2.4618690545727566 1.7220552935117792
        0.23764600344832673 -1.213987465750692 0.7079207003943583 -0.4951841720567202
        -0.5740706756876344 2.9325749387164692 -1.7100922069993145 1.1961941403774121
        0.13961552671212737 -0.7132099719470243 0.4158989422158211 -0.29091757487198966";
    let row = |line: &str| line.split_whitespace().map(|x| x.parse().unwrap()).collect();
    let rows: Vec<Vec<f64>> = text.lines().map(row).collect();
    for p in [10.0, 30.0, 50.0] {
        let found = max_margin(&rows, p);
        assert!(found.relative_gap() <= 1e-9 && found.interval.lower < 1e-16, "p = {p}: {found}");
    }
}
