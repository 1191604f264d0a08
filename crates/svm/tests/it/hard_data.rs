//! Data in raw units, with offsets, thin margins, many rows and contradictions: certified at every exponent.

use crate::common::{Stream, dense, norm, outcome, solution};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Outcome, StallReason, SvmSettings, solve};

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

/// Labelled points `$y_i (x_i, 1)$` with `$x_i$` Gaussian, apart by `margin` along a hidden direction.
fn labelled(m: usize, n: usize, margin: f64, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    let hidden = stream.unit_vector(n);
    (0..m)
        .map(|i| {
            let label = if i % 2 == 0 { 1.0 } else { -1.0 };
            let mut x = stream.vector(n);
            let along: f64 = x.iter().zip(&hidden).map(|(x, h)| x * h).sum();
            let to = label * (margin + stream.gaussian().abs());
            for (x, h) in x.iter_mut().zip(&hidden) {
                *x += (to - along) * h;
            }
            x.push(1.0);
            x.iter().map(|x| label * x).collect()
        })
        .collect()
}

/// Certified to a billionth at every exponent.
fn certified(rows: &[Vec<f64>], what: &str) -> Vec<MaxMargin> {
    EXPONENTS
        .into_iter()
        .map(|p| {
            let found = solution(outcome(rows, p), &format!("{what}, p = {p}"));
            assert!(found.relative_gap() <= 1e-9, "{what}, p = {p}: {}", found.relative_gap());
            found
        })
        .collect()
}

fn with_columns_times(rows: &[Vec<f64>], units: &[f64]) -> Vec<Vec<f64>> {
    let scaled = |row: &Vec<f64>| row.iter().zip(units).map(|(x, c)| x * c).collect();
    rows.iter().map(scaled).collect()
}

#[test]
fn columns_may_have_any_unit() {
    let rows = labelled(40, 5, 0.2, 3);
    for units in [
        [1e-3, 4e3, 1.0, 0.02, 250.0, 1.0],
        [1e6, 1.0, 1.0, 1e-3, 1.0, 1.0],
        [1.0, 1.0, 1.0, 1e12, 1.0, 1e-3],
    ] {
        certified(&with_columns_times(&rows, &units), &format!("{units:?}"));
    }
}

#[test]
fn a_mass_in_kilograms_separates() {
    // The other feature is of no use; no w of size one satisfies a row, one of size 1e27 does.
    let mut stream = Stream::new(5);
    let rows: Vec<Vec<f64>> = (0..40)
        .map(|i| {
            let label = if i % 2 == 0 { 1.0 } else { -1.0 };
            let mass = label * (1e-27 + 1e-27 * stream.uniform());
            vec![label * stream.gaussian(), label * mass]
        })
        .collect();
    let found = solution(outcome(&rows, 1.0), "mass");
    assert!(found.relative_gap() <= 1e-9 && found.norm() > 1e26);
}

#[test]
fn a_time_stamp_of_no_use_does_not_disturb() {
    let mut rows = labelled(40, 2, 0.3, 7);
    let mut stream = Stream::new(8);
    for row in &mut rows {
        row[2] *= 1.7e9 + (1e7 * stream.uniform()).round();
    }
    certified(&rows, "time stamps");
}

#[test]
fn offsets_leave_digits_enough() {
    let mut rows = labelled(30, 40, 0.5, 2);
    for row in &mut rows {
        let label = row[40];
        for x in &mut row[..40] {
            *x += 1e4 * label;
        }
    }
    certified(&rows, "offsets");
}

#[test]
fn a_margin_of_a_millionth_is_found() {
    // Rows within a millionth of a plane through zero, on its right side.
    let mut stream = Stream::new(4);
    let plane = stream.unit_vector(20);
    let rows: Vec<Vec<f64>> = (0..50)
        .map(|_| {
            let mut x = stream.unit_vector(20);
            let along: f64 = x.iter().zip(&plane).map(|(x, h)| x * h).sum();
            let to = 1e-6 * (1.0 + stream.gaussian().abs());
            for (x, h) in x.iter_mut().zip(&plane) {
                *x += (to - along) * h;
            }
            x
        })
        .collect();
    certified(&rows, "a thin margin");
}

#[test]
fn rows_beyond_unknowns_cost_little() {
    let few = labelled(160, 29, 0.05, 6);
    let many: Vec<_> = few.iter().cycle().take(15 * few.len()).cloned().collect();
    for found in certified(&many, "each row fifteen times") {
        assert!(found.work.largest_factor <= 30, "{:?}", found.work);
        assert!(found.work.iterations <= 40, "{:?}", found.work);
    }
}

#[test]
fn contradictions_come_to_an_end() {
    // Row 3 is a negative multiple of row 1, in digits that make the margin vanish slowly.
    let e = 0.999_999_999_999_9;
    let rows = [
        vec![1.0, 1.0, 1.0, -0.0],
        vec![1.0, -1.0, -1.0, 1.0],
        vec![1.0, -1.0, -1.0, 0.0],
        vec![-e, e, e, -e],
        vec![0.0, 1e-5, 0.0, 1e-16],
        vec![1.0, -1.0, -1.0, 1.0],
    ];
    for p in EXPONENTS {
        assert!(matches!(outcome(&rows, p), Outcome::NotSeparable(_)), "p = {p}");
    }
}

#[test]
fn a_row_and_its_negative_are_a_contradiction_in_any_unit() {
    for rows in [
        [
            vec![1.078_186_795_235_617_6e17, 0.052_761_813_150_542_465],
            vec![-1.078_186_795_235_617_6e17, -0.052_761_813_150_542_465],
            vec![1.078_186_795_235_617_6e17, 0.052_761_797_737_996_99],
            vec![-1.078_186_795_235_617_6e17, -0.052_761_828_563_087_934],
        ],
        [
            vec![12_083_884_114.533_978, 0.516_810_507_296_126_8],
            vec![-12_083_884_114.533_978, -0.516_810_507_296_126_8],
            vec![-12_083_884_109.203_447, -0.516_810_507_461_820_4],
            vec![12_083_884_109.203_447, 0.516_810_507_047_586_1],
        ],
    ] {
        let rows = dense(&rows);
        for p in EXPONENTS {
            let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert_eq!(found.verify(&problem), Ok(()), "p = {p}");
            assert!(matches!(found, Outcome::NotSeparable(_)), "p = {p}: {found}");
        }
        // If the bounds leave room there is none to prove.
        let bounds = vec![1.0, -2.0, 1.0, -3.0];
        let problem = HardMarginProblem::with_bounds(&rows, norm(2.0), bounds).unwrap();
        let found = solve(&problem, &SvmSettings::default()).unwrap();
        assert!(!matches!(found, Outcome::NotSeparable(_)), "{found}");
    }
}

#[test]
fn an_interrupt_is_heard_while_margins_vanish() {
    let rows = dense(&[vec![1.0, 1e-13], vec![-1.0, 0.0], vec![-1.0, 1e-30]]);
    for p in EXPONENTS {
        let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
        let interrupt = || true;
        let settings = SvmSettings::default().with_interrupt(&interrupt);
        let Outcome::Inconclusive(stalled) = solve(&problem, &settings).unwrap() else {
            panic!("p = {p}: interrupted before anything was found")
        };
        assert_eq!(stalled.reason, StallReason::Interrupted);
    }
}

/// Categories beside amounts: groups of columns of which one is 1, and as many of a law with heavy tails, to two digits; with an intercept,
/// and a few labels that a plane doesn't have.
fn categories_and_amounts(m: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Stream::new(seed);
    let plane = stream.vector(2 * n);
    let group = 6;
    let mut points = Vec::new();
    for _ in 0..m {
        let mut x = vec![0.0; n];
        for first in (0..n).step_by(group) {
            let drawn = group as f64 * stream.uniform();
            let chosen = (1..group).take_while(|k| drawn >= *k as f64).count();
            if let Some(entry) = x.get_mut(first + chosen) {
                *entry = 1.0;
            }
        }
        x.extend((0..n).map(|_| ((3.0 + 2.0 * stream.gaussian()).exp() * 100.0).round() / 100.0));
        points.push(x);
    }
    let score = |x: &[f64]| x.iter().zip(&plane).map(|(x, w)| x * w).sum::<f64>();
    let row = |x: Vec<f64>| {
        let sign = if stream.uniform() < 0.02 { -1.0 } else { 1.0 } * score(&x).signum();
        x.into_iter().chain([1.0]).map(|x| sign * x).collect()
    };
    points.into_iter().map(row).collect()
}

#[test]
fn amounts_of_all_sizes_are_solved() {
    for seed in [1, 4, 8] {
        let rows = dense(&categories_and_amounts(450, 75, seed));
        for p in [1.0, 1.2, 2.0, 4.0, f64::INFINITY] {
            let problem = HardMarginProblem::new(&rows, norm(p)).unwrap();
            let outcome = solve(&problem, &SvmSettings::default()).unwrap();
            let Outcome::MaxMargin(found) = &outcome else { panic!("{seed}, p = {p}: {outcome}") };
            assert!(found.relative_gap() <= 1e-9, "{seed}, p = {p}");
            assert_eq!(outcome.verify(&problem), Ok(()));
        }
    }
}
