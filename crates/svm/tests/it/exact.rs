//! What the solver calls proven is true in exact arithmetic, on data made to break it.

use crate::common::{Stream, att_svm_rows, dense, norm};
use mirrorhead_kernels::{Enclosure, LinearOperator};
use mirrorhead_svm::{
    FarkasCertificate, HardMarginProblem, MaxMargin, Outcome, Refutation, SparseRows, SvmSettings,
    solve,
};

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

/// A few rows in a few dimensions with a flaw of one kind or another.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn ill_conditioned(seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut stream = Stream::new(seed);
    let pick = |stream: &mut Stream, n: usize| (stream.uniform() * n as f64) as usize;
    let (m, n) = (2 + pick(&mut stream, 6), 1 + pick(&mut stream, 4));
    let mut rows: Vec<Vec<f64>> = (0..m).map(|_| stream.vector(n)).collect();
    let tiny = |stream: &mut Stream| 10f64.powf(-17.0 + 12.0 * stream.uniform());
    for _ in 0..=pick(&mut stream, 3) {
        let (i, j, k) = (pick(&mut stream, m), pick(&mut stream, m), pick(&mut stream, n));
        match pick(&mut stream, 9) {
            // Opposite rows, exactly or nearly.
            0 => rows[i] = rows[j].iter().map(|x| -x).collect(),
            1 => {
                let off = tiny(&mut stream);
                rows[i] = rows[j].iter().map(|x| -x * (1.0 + off * stream.gaussian())).collect();
            }
            // A column in other units.
            2 => {
                let unit = 10f64.powf(-27.0 + 40.0 * stream.uniform());
                for row in &mut rows {
                    row[k] *= unit;
                }
            }
            // Every row on the right side of one column, by little.
            3 => {
                let unit = tiny(&mut stream);
                for row in &mut rows {
                    row[k] = unit * (1.0 + row[k].abs());
                }
            }
            // Duplicates, exactly or nearly, and multiples.
            4 => {
                let copy = rows[j].clone();
                rows[i] = copy;
            }
            5 => {
                let factor = stream.gaussian();
                rows[i] = rows[j].iter().map(|x| factor * x).collect();
            }
            // Numbers of few digits, which cancel exactly.
            6 => rows.iter_mut().flatten().for_each(|x| *x = x.round()),
            // Entries of every size, and of none.
            7 => rows[i].iter_mut().for_each(|x| *x *= 10f64.powf(30.0 * stream.uniform() - 15.0)),
            _ => rows.iter_mut().for_each(|row| row[k] = 0.0),
        }
    }
    let bounds = match pick(&mut stream, 4) {
        0 => (0..m).map(|j| if j == 0 { 1.0 } else { stream.gaussian().round() }).collect(),
        1 => (0..m).map(|j| if j % 2 == 0 { 1.0 } else { 0.0 }).collect(),
        _ => vec![1.0; m],
    };
    (rows, bounds)
}

/// What came of some problems.
#[derive(Debug, Default)]
struct Tally {
    solved: usize,
    not_separable: usize,
    inconclusive: usize,
}

/// Solves and has the outcome checked, after a trip through JSON.
fn checked(problem: &HardMarginProblem<'_>, tally: &mut Tally, what: &str) {
    let settings = SvmSettings::default();
    let outcome = solve(problem, &settings).expect("valid settings");
    assert_eq!(outcome.verify(problem), Ok(()), "{what}: {outcome}");
    let text = serde_json::to_string(&outcome).unwrap();
    let read: Outcome = serde_json::from_str(&text).unwrap();
    match (&outcome, &read) {
        (Outcome::Inconclusive(stalled), _) => {
            println!("{what}: {stalled}");
            tally.inconclusive += 1;
            assert!(stalled.interval.relative_gap() > settings.relative_gap, "{what}: {stalled}");
        }
        (found, read) => assert_eq!(found, read, "{what}"),
    }
    match outcome {
        Outcome::MaxMargin(found) => {
            tally.solved += 1;
            assert!(found.relative_gap() <= settings.relative_gap, "{what}: {found}");
            // Decisions between several classes rest on the scale.
            let scale = found.interval.lower * found.norm();
            assert!((scale - 1.0).abs() <= 1e-9, "{what}: a margin of {scale} at {:?}", found.w);
        }
        Outcome::NotSeparable(_) => tally.not_separable += 1,
        Outcome::Inconclusive(_) => {}
    }
}

#[test]
fn thousands_of_ill_conditioned_problems_without_an_exception() {
    let mut tally = Tally::default();
    for seed in 0..3_000 {
        let (rows, bounds) = ill_conditioned(seed);
        let p = EXPONENTS[usize::try_from(seed).unwrap() % EXPONENTS.len()];
        let what = format!("seed {seed}, p = {p}");
        if seed % 3 == 0 {
            let entries: Vec<Vec<(usize, f64)>> =
                rows.iter().map(|row| row.iter().copied().enumerate().collect()).collect();
            let sparse = SparseRows::new(rows[0].len(), &entries).unwrap();
            let Ok(problem) = HardMarginProblem::with_bounds(&sparse, p, bounds) else { continue };
            checked(&problem, &mut tally, &what);
        } else {
            let dense = dense(&rows);
            let Ok(problem) = HardMarginProblem::with_bounds(&dense, p, bounds) else { continue };
            checked(&problem, &mut tally, &what);
        }
    }
    println!("{tally:?}");
    // Honest is not enough: most of them have an answer.
    let answered = tally.solved + tally.not_separable;
    assert!(answered > 4 * tally.inconclusive, "{tally:?}");
    assert!(tally.solved > 500 && tally.not_separable > 500, "{tally:?}");
}

#[test]
fn attention_problems_are_proven_for_every_exponent() {
    for p in EXPONENTS {
        for (n, len, dim) in [(3, 5, 4), (6, 8, 10)] {
            let rows = dense(&att_svm_rows(n, len, dim, 3));
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            checked(&problem, &mut Tally::default(), &format!("p = {p}"));
        }
    }
}

#[test]
fn columns_that_are_small_do_not_make_a_proof() {
    // w = (0, 10^13) satisfies both.
    let rows = dense(&[vec![1.0, 1e-13], vec![-1.0, 1e-13]]);
    // A molecular mass in kg separates what a column of size one doesn't.
    let mut stream = Stream::new(40);
    let mass: Vec<Vec<f64>> =
        (0..40).map(|_| vec![stream.gaussian(), 1e-27 * (1.0 + stream.uniform())]).collect();
    for rows in [rows, dense(&mass)] {
        for p in EXPONENTS {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            let found = solve(&problem, &SvmSettings::default()).unwrap();
            assert!(!matches!(found, Outcome::NotSeparable(_)), "p = {p}");
            assert_eq!(found.verify(&problem), Ok(()));
        }
    }
}

#[test]
fn opposite_rows_up_to_little_have_honest_intervals() {
    for exponent in 3..16 {
        let mut stream = Stream::new(exponent);
        let off = 10f64.powi(-i32::try_from(exponent).unwrap());
        let mut rows: Vec<Vec<f64>> = (0..3).map(|_| stream.vector(4)).collect();
        let opposite = rows[0].iter().map(|x| -x + off * stream.gaussian()).collect();
        rows.push(opposite);
        let rows = dense(&rows);
        for p in EXPONENTS {
            let problem = HardMarginProblem::new(&rows, p).unwrap();
            checked(&problem, &mut Tally::default(), &format!("p = {p}, off by {off}"));
        }
    }
}

#[test]
fn what_is_tampered_with_is_refuted() {
    let rows = dense(&att_svm_rows(6, 8, 10, 1));
    let problem = HardMarginProblem::new(&rows, 3.0).unwrap();
    let good = solve(&problem, &SvmSettings::default()).unwrap().max_margin().unwrap();
    assert_eq!(good.verify(&problem), Ok(()));
    // The weakest constraint decides, and every digit counts.
    let changed = |change: &dyn Fn(&mut MaxMargin)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.verify(&problem)
    };
    let is_lower = |found| matches!(found, Err(Refutation::LowerBound { .. }));
    let is_upper = |found| matches!(found, Err(Refutation::UpperBound { .. }));
    assert!(is_lower(changed(&|bad| bad.interval.lower *= 1.0 + 1e-12)));
    assert!(is_upper(changed(&|bad| bad.interval.upper *= 1.0 - 1e-12)));
    assert!(is_lower(changed(&|bad| bad.w[7] += 1e-3)));
    assert!(is_upper(changed(&|bad| bad.multipliers[3] += 1e-2)));
    assert!(changed(&|bad| bad.multipliers[3] = -1e-300).is_err());
    assert!(changed(&|bad| bad.w[3] = f64::NAN).is_err());
    assert!(changed(&|bad| bad.w.truncate(3)).is_err());

    let opposed = dense(&[vec![1.0, 2.0, 0.0], vec![-0.3, -0.6, 0.0], vec![0.0, 0.0, 1.0]]);
    let problem = HardMarginProblem::new(&opposed, 3.0).unwrap();
    let proof = FarkasCertificate::near(&problem, &[0.3, 1.0, 0.0]).unwrap();
    assert_eq!(proof.verify(&problem), Ok(()));
    let text = serde_json::to_string(&proof).unwrap();
    let digit = text.rfind(|c: char| c.is_ascii_digit()).unwrap();
    let other = if &text[digit..=digit] == "1" { "2" } else { "1" };
    let forged = format!("{}{other}{}", &text[..digit], &text[digit + 1..]);
    let forged: FarkasCertificate = serde_json::from_str(&forged).unwrap();
    assert!(matches!(forged.verify(&problem), Err(Refutation::DoesNotCancel { .. })));
    let bounds = vec![1.0, -1.0, 1.0];
    let relaxed = HardMarginProblem::with_bounds(&opposed, 3.0, bounds).unwrap();
    assert_eq!(proof.verify(&relaxed), Err(Refutation::BoundsCancel));
}

#[test]
fn an_operator_of_two_products_is_enclosed_by_its_own_word() {
    /// Rows in a form that knows nothing of enclosures.
    struct Plain(mirrorhead_kernels::DenseRows);

    impl LinearOperator for Plain {
        fn nrows(&self) -> usize {
            self.0.nrows()
        }

        fn ncols(&self) -> usize {
            self.0.ncols()
        }

        fn apply(&self, w: &[f64], out: &mut [f64]) {
            self.0.apply(w, out);
        }

        fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
            self.0.apply_adjoint(multipliers, out);
        }
    }

    let mut tally = Tally::default();
    for seed in 0..60 {
        let (rows, bounds) = ill_conditioned(seed);
        let plain = Plain(dense(&rows));
        let exact = dense(&rows);
        let w: Vec<f64> = Stream::new(seed).vector(plain.ncols());
        let (mut wide, mut tight) =
            (vec![Enclosure::default(); rows.len()], vec![Enclosure::default(); rows.len()]);
        plain.apply_enclosed(&w, &mut wide);
        exact.apply_enclosed(&w, &mut tight);
        for (wide, tight) in wide.iter().zip(&tight) {
            assert!(wide.lower() <= tight.lower() && tight.upper() <= wide.upper());
        }
        let Ok(problem) = HardMarginProblem::with_bounds(&plain, norm(2.0), bounds) else {
            continue;
        };
        checked(&problem, &mut tally, &format!("seed {seed}"));
    }
}

#[test]
fn a_negative_multiple_of_a_row_is_a_proof() {
    // The fourth row opposes the second; the fifth is nearly zero.
    let off = 0.999_999_999_999_9;
    let rows = dense(&[
        vec![1.0, 1.0, 1.0, -0.0],
        vec![1.0, -1.0, -1.0, 1.0],
        vec![1.0, -1.0, -1.0, 0.0],
        vec![-off, off, off, -off],
        vec![0.0, 1e-5, 0.0, 1e-16],
        vec![1.0, -1.0, -1.0, 1.0],
    ]);
    for p in EXPONENTS {
        let problem = HardMarginProblem::new(&rows, p).unwrap();
        let found = solve(&problem, &SvmSettings::default()).unwrap();
        assert!(matches!(found, Outcome::NotSeparable(_)), "p = {p}: {found}");
        assert_eq!(found.verify(&problem), Ok(()));
    }
}
