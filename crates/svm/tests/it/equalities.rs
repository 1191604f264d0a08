//! Margins under linear equalities, proven.

use crate::common::{Stream, dense, norm};
use crate::exact::ill_conditioned;
use mirrorhead_kernels::LinearOperator;
use mirrorhead_svm::{
    EqualityMargin, EqualityOutcome, EqualityProblem, HardMarginProblem, Outcome, Refutation,
    SparseRows, SvmError, SvmSettings, solve, solve_with_equalities,
};
use proptest::prelude::*;

const EXPONENTS: [f64; 9] = [1.0, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 50.0, f64::INFINITY];

type Rows = Vec<Vec<f64>>;

/// Solves and has the outcome checked, after a trip through JSON.
fn checked<A: LinearOperator + ?Sized, E: LinearOperator + ?Sized>(
    problem: &EqualityProblem<'_, A, E>,
    what: &str,
) -> EqualityOutcome {
    let outcome = solve_with_equalities(problem, &SvmSettings::default()).expect("valid settings");
    assert_eq!(outcome.verify(problem), Ok(()), "{what}: {outcome}");
    let text = serde_json::to_string(&outcome).unwrap();
    let read: EqualityOutcome = serde_json::from_str(&text).unwrap();
    if !matches!(outcome, EqualityOutcome::Inconclusive(..)) {
        assert_eq!(outcome, read, "{what}");
    }
    outcome
}

fn checked_rows(rows: &[Vec<f64>], equalities: &[Vec<f64>], p: f64, what: &str) -> EqualityOutcome {
    let (a, e) = (dense(rows), dense(equalities));
    let problem = HardMarginProblem::new(&a, norm(p)).unwrap().with_equalities(&e).unwrap();
    checked(&problem, &format!("{what}, p = {p}"))
}

/// The solution, with a gap as small as is asked for.
fn margin(rows: &[Vec<f64>], equalities: &[Vec<f64>], p: f64, what: &str) -> EqualityMargin {
    let outcome = checked_rows(rows, equalities, p, what);
    outcome.max_margin().unwrap_or_else(|other| panic!("{what}, p = {p}: {other}"))
}

/// `expected`, known to the relative `error`, is in the interval.
fn assert_contains(found: &EqualityMargin, expected: f64, error: f64, what: &str) {
    let (lower, upper) = (found.interval.lower, found.interval.upper);
    let off = expected * error;
    assert!(lower <= expected + off && expected <= upper + off, "{what}: {expected} and {found}");
    assert!(found.relative_gap() <= 1e-9, "{what}: {found}");
}

/// Rows on the right side of a vector of the space of the equalities, and random equalities.
fn separable(m: usize, n: usize, l: usize, seed: u64) -> (Rows, Rows) {
    let mut stream = Stream::new(seed);
    let equalities: Rows = (0..l).map(|_| stream.vector(n)).collect();
    let inside = without(&stream.vector(n), &orthonormal(&equalities));
    let side = |row: Vec<f64>| {
        let sign = dot(&row, &inside).signum();
        row.iter().map(|a| a * sign).collect()
    };
    ((0..m).map(|_| side(stream.vector(n))).collect(), equalities)
}

/// `$\lVert x\rVert_p$`.
fn size(x: &[f64], p: f64) -> f64 {
    let largest = x.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if p.is_infinite() {
        return largest;
    }
    largest * x.iter().map(|x| (x.abs() / largest).powf(p)).sum::<f64>().powf(1.0 / p)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// An orthonormal basis of the span, by Gram and Schmidt's method, twice.
fn orthonormal(rows: &[Vec<f64>]) -> Rows {
    let mut basis: Rows = Vec::new();
    for row in rows {
        let size = dot(row, row).sqrt();
        let rest = without(&without(row, &basis), &basis);
        let left = dot(&rest, &rest).sqrt();
        if left > 1e-9 * size {
            basis.push(rest.iter().map(|a| a / left).collect());
        }
    }
    basis
}

/// What is left of `row` beside the span of a basis.
fn without(row: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut rest = row.to_vec();
    for b in basis {
        let share = dot(&rest, b);
        rest.iter_mut().zip(b).for_each(|(a, b)| *a -= share * b);
    }
    rest
}

#[test]
fn equal_entries() {
    // One entry of so many that are equal, by a cycle, twice, and a row of zeros; and the sum of two of three.
    for n in [2usize, 3, 7] {
        let difference = |i: usize, j: usize, unit: f64| {
            let mut row = vec![0.0; n];
            row[i] += unit;
            row[j] -= unit;
            row
        };
        let mut equalities: Rows = (0..n).map(|i| difference(i, (i + 1) % n, 1.0)).collect();
        equalities.extend((0..n).map(|i| difference((i + 1) % n, i, 0.3)));
        equalities.push(vec![0.0; n]);
        let mut first = vec![0.0; n];
        first[0] = 1.0;
        for p in EXPONENTS {
            let what = format!("n = {n}");
            let found = margin(&[first.clone()], &equalities, p, &what);
            assert_contains(&found, (n as f64).powf(-1.0 / p), 1e-14, &what);
            assert_eq!(found.determined.entries.len(), n - 1);
            let found = margin(&[vec![3.0; n]], &equalities, p, &what);
            assert_contains(&found, 3.0 * (n as f64).powf(1.0 - 1.0 / p), 1e-14, &what);
        }
    }
}

#[test]
fn a_line_that_has_no_vector_of_doubles() {
    // 0.1 w_1 = 0.3 w_2 for the doubles that 0.1 and 0.3 are.
    for p in EXPONENTS {
        let found = margin(&[vec![1.0, 0.0]], &[vec![0.1, -0.3]], p, "a line");
        assert_contains(&found, 0.3 / size(&[0.3, 0.1], p), 1e-14, "a line");
    }
}

#[test]
fn the_largest_of_all_directions_of_a_plane() {
    // In a plane the margin is a quasiconcave function of an angle.
    for seed in 0..6 {
        let n = 4 + usize::try_from(seed).unwrap() % 3;
        let (rows, equalities) = separable(7, n, n - 2, seed);
        let basis = orthonormal(&equalities);
        let mut all = basis.clone();
        all.extend((0..n).map(|k| (0..n).map(|i| f64::from(i == k)).collect::<Vec<f64>>()));
        let plane = &orthonormal(&all)[basis.len()..];
        for p in EXPONENTS {
            let at = |angle: f64| {
                let (sin, cos) = angle.sin_cos();
                let w: Vec<f64> =
                    plane[0].iter().zip(&plane[1]).map(|(a, b)| a * cos + b * sin).collect();
                let least = rows.iter().map(|row| dot(row, &w)).fold(f64::INFINITY, f64::min);
                least / size(&w, p)
            };
            let step = std::f64::consts::TAU / 20_000.0;
            let best = (0..20_000)
                .max_by(|i, j| at(f64::from(*i) * step).total_cmp(&at(f64::from(*j) * step)));
            let middle = f64::from(best.unwrap()) * step;
            assert!(at(middle) > 0.0, "the grid misses the margin");
            let (mut from, mut to) = (middle - step, middle + step);
            for _ in 0..200 {
                let (left, right) = (from + (to - from) / 3.0, to - (to - from) / 3.0);
                if at(left) < at(right) { from = left } else { to = right }
            }
            let what = format!("seed {seed}");
            let found = margin(&rows, &equalities, p, &what);
            // Entries of the plane are known to a few roundings; flat tops hide nothing from a maximum.
            assert_contains(&found, at(0.5 * (from + to)), 1e-12, &what);
        }
    }
}

#[test]
fn at_p_2_it_is_the_problem_of_the_projected_rows() {
    for (seed, (m, n, l)) in
        [(6, 5, 2), (12, 20, 6), (30, 40, 20), (60, 30, 10), (90, 60, 30)].into_iter().enumerate()
    {
        let (rows, equalities) = separable(m, n, l, 100 + seed as u64);
        let basis = orthonormal(&equalities);
        let projected: Rows = rows.iter().map(|row| without(row, &basis)).collect();
        let projected = dense(&projected);
        let plain = HardMarginProblem::new(&projected, 2.0).unwrap();
        let plain = solve(&plain, &SvmSettings::default()).unwrap().max_margin().unwrap();
        let found = margin(&rows, &equalities, 2.0, &format!("seed {seed}"));
        assert_contains(&found, plain.interval.upper, 1.1e-9, "projected");
        let scale = dot(&found.w, &plain.w) / dot(&plain.w, &plain.w);
        for (ours, theirs) in found.w.iter().zip(&plain.w) {
            assert!((ours - scale * theirs).abs() < 1e-3 * dot(&plain.w, &plain.w).sqrt());
        }
    }
}

#[test]
fn random_problems_of_some_size_are_proven_for_every_exponent() {
    for (seed, (m, n, l)) in
        [(12, 20, 6), (30, 40, 20), (60, 30, 10), (25, 60, 50)].into_iter().enumerate()
    {
        let (rows, equalities) = separable(m, n, l, 40 + seed as u64);
        for p in EXPONENTS {
            let found = margin(&rows, &equalities, p, &format!("seed {seed}"));
            assert!(found.relative_gap() <= 1e-9);
        }
    }
}

#[test]
fn units_of_equalities_do_not_matter() {
    let (rows, equalities) = separable(9, 8, 4, 5);
    for p in [1.0, 1.1, 1.5, 2.0, 3.0, 10.0, f64::INFINITY] {
        let plain = margin(&rows, &equalities, p, "plain");
        // Powers of two: the same equalities exactly.
        for (k, unit) in [2f64.powi(20), 2f64.powi(-20), 2f64.powi(300)].into_iter().enumerate() {
            let scaled: Rows = equalities
                .iter()
                .enumerate()
                .map(|(i, row)| {
                    row.iter().map(|a| if i % 2 == 0 { a * unit } else { a / unit }).collect()
                })
                .collect();
            let found = margin(&rows, &scaled, p, &format!("unit {k}"));
            assert!(found.interval.lower <= plain.interval.upper);
            assert!(plain.interval.lower <= found.interval.upper);
        }
        // These are rounded, and so are other equalities by a little.
        let scaled: Rows = equalities
            .iter()
            .enumerate()
            .map(|(i, row)| row.iter().map(|a| a * if i % 2 == 0 { 1e6 } else { 1e-6 }).collect())
            .collect();
        let found = margin(&rows, &scaled, p, "decimal units");
        assert_contains(&found, plain.interval.upper, 1e-8, "decimal units");
    }
}

#[test]
fn nearly_dependent_equalities_are_what_they_say() {
    // Their difference is an equality by itself, however small.
    let first = [1.0, 2.0, -1.0, 0.5, 0.0];
    for off in [1e-3, 1e-7, 1e-12, 1e-15] {
        let second = vec![1.0, 2.0 + off, -1.0, 0.5, off];
        let off = second[1] - 2.0;
        for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY] {
            let rows = [vec![1.0, 0.0, 0.5, 0.0, 0.3], vec![0.0, 0.2, 1.0, 1.0, 0.0]];
            let what = format!("off by {off}");
            let near = margin(&rows, &[first.to_vec(), second.clone()], p, &what);
            let plain =
                margin(&rows, &[first.to_vec(), vec![0.0, off, 0.0, 0.0, second[4]]], p, &what);
            assert_contains(&near, plain.interval.upper, 1e-8, &what);
        }
    }
}

#[test]
fn without_equalities_it_is_the_plain_problem() {
    let (rows, _) = separable(9, 6, 1, 3);
    let a = dense(&rows);
    let none = SparseRows::new::<Vec<(usize, f64)>>(6, &[]).unwrap();
    for p in EXPONENTS {
        let plain = HardMarginProblem::new(&a, norm(p)).unwrap();
        let problem = plain.clone().with_equalities(&none).unwrap();
        let found = checked(&problem, "no equality").max_margin().unwrap();
        let plain = solve(&plain, &SvmSettings::default()).unwrap().max_margin().unwrap();
        assert_contains(&found, plain.interval.upper, 1e-9, "no equality");
        assert!(found.determined.entries.is_empty());
    }
}

#[test]
fn bounds_of_their_own() {
    let (rows, equalities) = separable(8, 7, 3, 11);
    let (a, e) = (dense(&rows), dense(&equalities));
    let bounds: Vec<f64> = (0..8).map(|j| [1.0, 2.0, 0.0, -1.0][j % 4]).collect();
    for p in EXPONENTS {
        let problem = HardMarginProblem::with_bounds(&a, norm(p), bounds.clone()).unwrap();
        let problem = problem.with_equalities(&e).unwrap();
        let found = checked(&problem, "bounds").max_margin().unwrap();
        assert!(found.relative_gap() <= 1e-9, "p = {p}");
    }
}

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
    assert_contradiction(&[row.clone()], &[row.clone()], "a row is an equality");
    assert_contradiction(&[vec![0.3, third, 2.0], row.clone()], &[multiple(&row)], "a multiple");
    // Only w = 0 is left.
    let all = vec![vec![1.0, third, 0.0], vec![0.1, 1.0, 0.7], vec![0.0, 2.0, 0.3], row.clone()];
    assert_contradiction(&[vec![1.0, 2.0, third]], &all, "full rank");
    // Two rows that are opposite where the equality holds: their sum is a multiple of it.
    let equality = vec![0.25, -0.5, 1.0, 2.0];
    let first = vec![1.0, 3.0, -0.5, 0.125];
    let second: Vec<f64> = first.iter().zip(&equality).map(|(a, e)| 4.0 * e - a).collect();
    assert_contradiction(&[first.clone(), second], &[equality.clone()], "opposite in the space");
    // Either is feasible by itself.
    margin(&[first.clone()], &[equality.clone()], 3.0, "one of them");
    assert_contradiction(&[first.clone(), negated(&first)], &[equality], "opposite everywhere");
}

/// `$(e_i - e_j)^\top W e_k$` for tokens with embeddings `$e$`, exactly: entries are sums of products.
struct LogitDifferences {
    embeddings: Rows,
    /// `$(i, j, k)$`.
    triples: Vec<(usize, usize, usize)>,
}

impl LogitDifferences {
    fn terms(&self, row: usize) -> impl Iterator<Item = (usize, f64, f64)> {
        let (i, j, k) = self.triples[row];
        let e = &self.embeddings;
        let dim = e[0].len();
        let entry = move |token: usize, sign: f64| {
            (0..dim * dim).map(move |at| (at, sign * e[token][at % dim], e[k][at / dim]))
        };
        entry(i, 1.0).chain(entry(j, -1.0))
    }
}

impl LinearOperator for LogitDifferences {
    fn nrows(&self) -> usize {
        self.triples.len()
    }

    fn ncols(&self) -> usize {
        self.embeddings[0].len().pow(2)
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        for (row, out) in out.iter_mut().enumerate() {
            *out = self.terms(row).map(|(at, a, b)| a * b * w[at]).sum();
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (row, l) in multipliers.iter().enumerate() {
            self.terms(row).for_each(|(at, a, b)| out[at] += l * (a * b));
        }
    }

    fn rounding_depth(&self) -> usize {
        2 * (self.nrows() + self.ncols()) + 4
    }

    fn exact_row(&self, row: usize, term: &mut dyn FnMut(usize, f64)) -> bool {
        for (at, a, b) in self.terms(row) {
            let (high, low) = mirrorhead_kernels::two_product(a, b);
            term(at, high);
            term(at, low);
        }
        true
    }
}

/// A token graph for each last token: what may follow (a cycle of tokens 0 to 2, all of equal logits) before what may not.
fn graph(tokens: usize) -> (Vec<(usize, usize, usize)>, Vec<(usize, usize, usize)>) {
    let (mut rows, mut equalities) = (Vec::new(), Vec::new());
    for k in 0..tokens {
        let component: Vec<usize> = (0..2 + k % 2).map(|i| (i + k) % tokens).collect();
        for (&i, &j) in component.iter().zip(component.iter().cycle().skip(1)) {
            // Each edge of the cycle twice, in both directions.
            equalities.extend([(i, j, k), (j, i, k), (i, j, k)]);
        }
        let others = (0..tokens).filter(|j| !component.contains(j));
        rows.extend(others.map(|j| (component[0], j, k)));
    }
    (rows, equalities)
}

#[test]
fn the_graph_svm_of_next_token_prediction() {
    for (tokens, dim, is_orthogonal) in [(4, 4, true), (5, 5, true), (4, 5, false), (5, 6, false)] {
        let mut stream = Stream::new(tokens as u64);
        let unit = |i: usize| (0..dim).map(|k| f64::from(i == k)).collect();
        let embeddings: Rows = (0..tokens)
            .map(|i| if is_orthogonal { unit(i) } else { stream.unit_vector(dim) })
            .collect();
        let (rows, equalities) = graph(tokens);
        let of = |triples| LogitDifferences { embeddings: embeddings.clone(), triples };
        // One edge fewer of each cycle is a spanning tree, and enough.
        let tree: Vec<_> =
            equalities.iter().copied().step_by(3).filter(|(i, j, _)| i < j).collect();
        let (a, e, tree) = (of(rows), of(equalities), of(tree));
        for p in [1.0, 1.1, 1.5, 2.0, 3.0, 10.0, f64::INFINITY] {
            let what = format!("{tokens} tokens, p = {p}");
            let problem = HardMarginProblem::new(&a, norm(p)).unwrap();
            let full = problem.clone().with_equalities(&e).unwrap();
            let full = checked(&full, &what).max_margin().unwrap();
            let thin = problem.clone().with_equalities(&tree).unwrap();
            let thin = checked(&thin, &what).max_margin().unwrap();
            assert_contains(&full, thin.interval.upper, 1.1e-9, &what);
            assert_eq!(full.determined.entries.len(), thin.determined.entries.len(), "{what}");
            let Outcome::MaxMargin(free) = solve(&problem, &SvmSettings::default()).unwrap() else {
                panic!("{what}")
            };
            assert!(free.interval.upper >= full.interval.lower, "{what}");
        }
    }
}

#[test]
fn what_is_tampered_with_is_refuted() {
    let (rows, equalities) = separable(9, 8, 4, 5);
    let (a, e) = (dense(&rows), dense(&equalities));
    let problem = HardMarginProblem::new(&a, 3.0).unwrap().with_equalities(&e).unwrap();
    let good = checked(&problem, "good").max_margin().unwrap();
    let changed = |change: &dyn Fn(&mut EqualityMargin)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.verify(&problem)
    };
    let is_lower = |found| matches!(found, Err(Refutation::LowerBound { .. }));
    let is_upper = |found| matches!(found, Err(Refutation::UpperBound { .. }));
    let is_broken = |found| matches!(found, Err(Refutation::EqualityBroken { .. }));
    assert!(is_lower(changed(&|bad| bad.interval.lower *= 1.0 + 1e-8)));
    assert!(is_upper(changed(&|bad| bad.interval.upper *= 1.0 - 1e-8)));
    let free =
        (0..8).find(|k| good.determined.entries.iter().all(|entry| entry.column != *k)).unwrap();
    assert!(is_broken(changed(&|bad| bad.w[free] = bad.w[free].next_up())));
    assert!(is_broken(changed(&|bad| bad.determined.entries[1].numerator += 1)));
    assert!(is_broken(changed(&|bad| bad.determined.exponent += 1)));
    assert!(changed(&|bad| bad.determined.entries[1].column = 90).is_err());
    assert!(is_upper(changed(&|bad| bad.equality_multipliers[2] += 1e-3)));
    assert!(changed(&|bad| bad.multipliers[3] = -1e-300).is_err());
    assert!(changed(&|bad| bad.w[3] = f64::NAN).is_err());
    assert!(changed(&|bad| bad.w.truncate(3)).is_err());

    let opposed = dense(&[vec![1.0, 0.1, -0.7]]);
    let problem = HardMarginProblem::new(&opposed, 2.0).unwrap().with_equalities(&opposed).unwrap();
    let EqualityOutcome::NotSeparable(proof) = checked(&problem, "opposed") else {
        panic!("opposed")
    };
    let other = dense(&[vec![1.0, 0.1, -0.8]]);
    let other = HardMarginProblem::new(&opposed, 2.0).unwrap().with_equalities(&other).unwrap();
    assert!(matches!(proof.verify(&other), Err(Refutation::DoesNotCancel { .. })));
}

#[test]
fn misuse_is_refused() {
    let rows = dense(&[vec![1.0, 2.0]]);
    let problem = HardMarginProblem::new(&rows, 2.0).unwrap();
    let wide = dense(&[vec![1.0, 2.0, 3.0]]);
    assert!(matches!(problem.clone().with_equalities(&wide), Err(SvmError::Kernel(_))));
    let tiny = dense(&[vec![1.0, 1.0], vec![1e-310, 0.0]]);
    let refused = problem.clone().with_equalities(&tiny).unwrap_err();
    assert!(matches!(refused, SvmError::InvalidEquality { row: 1, .. }), "{refused}");
    let problem = problem.with_equalities(&rows).unwrap();
    assert!(
        solve_with_equalities(&problem, SvmSettings::default().with_relative_gap(2.0)).is_err()
    );
}

#[test]
fn limits_end_a_solve_with_what_there_is() {
    let (rows, equalities) = separable(30, 20, 6, 9);
    let (a, e) = (dense(&rows), dense(&equalities));
    let problem = HardMarginProblem::new(&a, 3.0).unwrap().with_equalities(&e).unwrap();
    for settings in [
        SvmSettings::default().with_max_iterations(1),
        SvmSettings::default().with_time_limit(std::time::Duration::ZERO),
    ] {
        let outcome = solve_with_equalities(&problem, settings).unwrap();
        assert_eq!(outcome.verify(&problem), Ok(()));
        assert!(matches!(outcome, EqualityOutcome::Inconclusive(..)), "{outcome}");
    }
}

#[test]
fn hundreds_of_ill_conditioned_problems_without_an_exception() {
    let (mut solved, mut contradictory, mut inconclusive) = (0, 0, 0);
    for seed in 0..900 {
        let (mut rows, _) = ill_conditioned(seed);
        let l = 1 + usize::try_from(seed).unwrap() % (rows.len() - 1);
        let equalities = rows.split_off(rows.len() - l);
        let p = EXPONENTS[usize::try_from(seed).unwrap() % EXPONENTS.len()];
        let (a, e) = (dense(&rows), dense(&equalities));
        let Ok(problem) = HardMarginProblem::new(&a, norm(p)) else { continue };
        let Ok(problem) = problem.with_equalities(&e) else { continue };
        let outcome = checked(&problem, &format!("seed {seed}, p = {p}"));
        match outcome {
            EqualityOutcome::MaxMargin(_) => solved += 1,
            EqualityOutcome::NotSeparable(_) => contradictory += 1,
            other => {
                inconclusive += 1;
                println!("{seed} p = {p} {other} A {rows:?} E {equalities:?}");
            }
        }
    }
    println!("{solved} {contradictory} {inconclusive}");
    // Honest is not enough: most of them have an answer.
    assert!(inconclusive * 20 < solved + contradictory && solved > 100 && contradictory > 100);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Two equalities leave a line, `n`, whose entries are whole: the margin is known exactly.
    #[test]
    fn the_interval_contains_the_margin_of_a_line(
        e in prop::array::uniform2(prop::array::uniform3(-4i32..5)),
        a in prop::collection::vec(prop::array::uniform3(-4i32..5), 1..4),
        exponent in prop::sample::select(vec![1.0, 1.1, 1.5, 2.0, 3.0, 10.0, f64::INFINITY]),
    ) {
        let [[a0, a1, a2], [b0, b1, b2]] = e;
        let n = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0];
        let real = |row: &[i32; 3]| row.map(f64::from).to_vec();
        let rows: Rows = a.iter().map(real).collect();
        let outcome = checked_rows(&rows, &e.iter().map(real).collect::<Rows>(), exponent, "a line");
        if n != [0; 3] {
            let along = |row: &[i32; 3]| row.iter().zip(&n).map(|(a, n)| a * n).sum::<i32>();
            let least = a.iter().map(along).min().unwrap().max(a.iter().map(|row| -along(row)).min().unwrap());
            let n = n.map(f64::from);
            match outcome {
                EqualityOutcome::MaxMargin(found) => {
                    assert_contains(&found, f64::from(least) / size(&n, exponent), 4e-15, "a line");
                }
                EqualityOutcome::NotSeparable(_) => prop_assert!(least <= 0),
                other => prop_assert!(false, "{other}"),
            }
        }
    }
}
