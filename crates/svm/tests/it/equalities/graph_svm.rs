//! The Graph-SVM of next-token prediction.

use super::*;

/// `$(i, j, k)$`.
type Triple = (usize, usize, usize);

/// `$(e_i - e_j)^\top W e_k$` for tokens with embeddings `$e$`, exactly: entries are sums of products.
struct LogitDifferences {
    embeddings: Rows,
    triples: Vec<Triple>,
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
fn graph(tokens: usize) -> (Vec<Triple>, Vec<Triple>) {
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
    for (tokens, dim, is_orthogonal) in
        [(4, 4, true), (5, 5, true), (4, 5, false), (5, 6, false), (8, 8, false)]
    {
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
            assert_eq!(full.exact.entries.len(), thin.exact.entries.len(), "{what}");
            let Outcome::MaxMargin(free) = solve(&problem, &SvmSettings::default()).unwrap() else {
                panic!("{what}")
            };
            assert!(free.interval.upper >= full.interval.lower, "{what}");
        }
    }
}
