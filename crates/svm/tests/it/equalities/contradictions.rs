//! Proofs that there is no margin.

use super::*;

fn assert_contradiction(rows: &[Vec<f64>], equalities: &[Vec<f64>], what: &str) {
    for p in EXPONENTS {
        let outcome = checked_rows(rows, equalities, p, what);
        assert!(matches!(outcome, EqualityOutcome::NotSeparable(_)), "{what}, p = {p}: {outcome}");
    }
}

#[test]
fn contradictions_are_proven() {
    let third = 1.0 / 3.0;
    let row = vec![1.0, 0.1, -0.7];
    let negated = |row: &[f64]| row.iter().map(|a| -a).collect::<Vec<f64>>();
    let multiple = |row: &[f64]| row.iter().map(|a| -0.25 * a).collect::<Vec<f64>>();
    let alone = std::slice::from_ref(&row);
    assert_contradiction(alone, alone, "a row is an equality");
    assert_contradiction(&[vec![0.3, third, 2.0], row.clone()], &[multiple(&row)], "a multiple");
    // Only w = 0 is left.
    let all = vec![vec![1.0, third, 0.0], vec![0.1, 1.0, 0.7], vec![0.0, 2.0, 0.3], row.clone()];
    assert_contradiction(&[vec![1.0, 2.0, third]], &all, "full rank");
    // Two rows that are opposite where the equality holds: their sum is a multiple of it.
    let equality = vec![0.25, -0.5, 1.0, 2.0];
    let first = vec![1.0, 3.0, -0.5, 0.125];
    let second: Vec<f64> = first.iter().zip(&equality).map(|(a, e)| 4.0 * e - a).collect();
    assert_contradiction(
        &[first.clone(), second],
        std::slice::from_ref(&equality),
        "opposite in the space",
    );
    // Either is feasible by itself.
    margin(std::slice::from_ref(&first), std::slice::from_ref(&equality), 3.0, "one of them");
    assert_contradiction(&[first.clone(), negated(&first)], &[equality], "opposite everywhere");
}

#[test]
fn whole_numbers_cancel_as_they_stand() {
    // The equality is the sum of the rows, the last of them twice in the second case: nothing is left of them in its space but rounding.
    let rows = |rows: &[&[f64]]| rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    assert_contradiction(
        &rows(&[
            &[-2.0, 1.0, 1.0, 0.0, 1.0],
            &[-1.0, -1.0, 3.0, 1.0, 1.0],
            &[-3.0, 3.0, 3.0, 2.0, 1.0],
            &[2.0, 0.0, -1.0, 1.0, 0.0],
        ]),
        &rows(&[&[-4.0, 3.0, 6.0, 4.0, 3.0]]),
        "their sum",
    );
    assert_contradiction(
        &rows(&[&[1.0, -1.0, 0.0, 1.0], &[1.0, 1.0, 1.0, 0.0], &[1.0, 2.0, -2.0, 2.0]]),
        &rows(&[&[4.0, 4.0, -3.0, 5.0]]),
        "a weighted sum",
    );
}
