//! Attention problems of many sizes at exponents beyond 2, none of which may stall.
//!
//! The long run is left out by default: `cargo test --release -p mirrorhead-svm --test it attention_sizes:: -- --ignored`.

use crate::common::{Stream, norm};
use mirrorhead_kernels::{GramMut, LinearOperator, dot};
use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve};

/// The rows `$\delta_{it} \otimes z_i$` of an AttSVM, never stored.
struct AttentionRows {
    dim: usize,
    /// The differences of each sequence, and its query.
    sequences: Vec<(Vec<Vec<f64>>, Vec<f64>)>,
    /// Sequence and token of each row.
    places: Vec<(usize, usize)>,
}

/// How tokens and queries are drawn.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// On the sphere.
    Sphere,
    /// Each entry by Student's law with two degrees of freedom: some rows are a hundred times as long as others.
    HeavyTails,
}

impl Kind {
    fn draw(self, stream: &mut Stream, dim: usize) -> Vec<f64> {
        match self {
            Self::Sphere => stream.unit_vector(dim),
            Self::HeavyTails => (0..dim).map(|_| student(stream)).collect(),
        }
    }
}

/// `$2 (u - \tfrac12)/\sqrt{2 u (1 - u)}$` of a uniform `$u$`: the quantile of two degrees of freedom.
fn student(stream: &mut Stream) -> f64 {
    let u = stream.uniform();
    (2.0 * u - 1.0) / (2.0 * u * (1.0 - u)).sqrt()
}

impl AttentionRows {
    /// Tokens and queries of one kind; the first token is selected.
    fn sample((n, len, dim): (usize, usize, usize), kind: Kind, seed: u64) -> Self {
        let mut stream = Stream::new(seed);
        let mut rows = Self { dim, sequences: Vec::new(), places: Vec::new() };
        for i in 0..n {
            let selected = kind.draw(&mut stream, dim);
            let differences = (1..len).map(|_| {
                let other = kind.draw(&mut stream, dim);
                selected.iter().zip(&other).map(|(a, b)| a - b).collect()
            });
            let differences: Vec<Vec<f64>> = differences.collect();
            rows.places.extend((1..len).map(|t| (i, t - 1)));
            rows.sequences.push((differences, kind.draw(&mut stream, dim)));
        }
        rows
    }

    fn difference(&self, j: usize) -> &[f64] {
        let (i, t) = self.places[j];
        &self.sequences[i].0[t]
    }
}

impl LinearOperator for AttentionRows {
    fn nrows(&self) -> usize {
        self.places.len()
    }

    fn ncols(&self) -> usize {
        self.dim * self.dim
    }

    fn apply(&self, w: &[f64], out: &mut [f64]) {
        let mut out = out.iter_mut();
        for (differences, query) in &self.sequences {
            let mut direction = vec![0.0; self.dim];
            for (z, column) in query.iter().zip(w.chunks_exact(self.dim)) {
                for (y, w) in direction.iter_mut().zip(column) {
                    *y += z * w;
                }
            }
            for difference in differences {
                *out.next().expect("a row") = dot(difference, &direction);
            }
        }
    }

    fn apply_adjoint(&self, multipliers: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let mut multipliers = multipliers.iter();
        for (differences, query) in &self.sequences {
            let mut pull = vec![0.0; self.dim];
            for difference in differences {
                let multiplier = multipliers.next().expect("a row");
                for (y, x) in pull.iter_mut().zip(difference) {
                    *y += multiplier * x;
                }
            }
            for (z, column) in query.iter().zip(out.chunks_exact_mut(self.dim)) {
                for (out, y) in column.iter_mut().zip(&pull) {
                    *out += z * y;
                }
            }
        }
    }

    fn weighted_gram(&self, rows: &[usize], weights: &[f64], mut gram: GramMut<'_>) {
        for a in 0..self.sequences.len() {
            for b in 0..self.sequences.len() {
                let (left, right) = (&self.sequences[a].1, &self.sequences[b].1);
                let mut shared = vec![0.0; self.dim];
                for ((y, z), column) in left.iter().zip(right).zip(weights.chunks_exact(self.dim)) {
                    for (s, d) in shared.iter_mut().zip(column) {
                        *s += y * z * d;
                    }
                }
                for (l, &j) in rows.iter().enumerate().filter(|(_, j)| self.places[**j].0 == b) {
                    let difference = self.difference(j);
                    let weighted: Vec<f64> =
                        difference.iter().zip(&shared).map(|(x, s)| x * s).collect();
                    for (k, &i) in rows.iter().enumerate().skip(l) {
                        if self.places[i].0 == a {
                            gram[(k, l)] = dot(self.difference(i), &weighted);
                        }
                    }
                }
            }
        }
    }

    fn row_max_abs(&self, out: &mut [f64]) {
        let largest = |x: &[f64]| x.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        for (j, out) in out.iter_mut().enumerate() {
            *out = largest(self.difference(j)) * largest(&self.sequences[self.places[j].0].1);
        }
    }

    fn col_max_abs(&self, out: &mut [f64]) {
        out.fill(0.0);
        for (differences, query) in &self.sequences {
            for (z, column) in query.iter().zip(out.chunks_exact_mut(self.dim)) {
                for (k, out) in column.iter_mut().enumerate() {
                    let largest = differences.iter().fold(0.0f64, |m, x| m.max(x[k].abs()));
                    *out = out.max(largest * z.abs());
                }
            }
        }
    }
}

/// What is left of the solves of every size, exponent and seed.
fn left_of(
    sizes: &[(usize, usize, usize)],
    kind: Kind,
    exponents: &[f64],
    seeds: &[u64],
) -> Vec<String> {
    let mut left = Vec::new();
    for &size in sizes {
        for &seed in seeds {
            let rows = AttentionRows::sample(size, kind, seed);
            for &p in exponents {
                let what = format!("{size:?}, {kind:?}, seed {seed}, p = {p}");
                let problem = HardMarginProblem::new(&rows, norm(p)).expect("a valid problem");
                let found = solve(&problem, &SvmSettings::default()).expect("valid settings");
                println!("{what}: {found}");
                if !found.max_margin().is_ok_and(|found| found.relative_gap() <= 1e-9) {
                    left.push(what);
                }
            }
        }
    }
    left
}

const NONE: [String; 0] = [];

#[test]
fn small_ones_are_solved() {
    let sizes = [(8, 32, 16), (2, 64, 64)];
    assert_eq!(left_of(&sizes, Kind::Sphere, &[3.0, 4.0, 10.0, 50.0], &[0, 1]), NONE);
}

/// A round's `$w$` of norm 1.04 looked as if it violated no row outside the round, and the search went on for ever.
#[test]
fn rounds_over_heavy_tails_come_to_an_end() {
    assert_eq!(left_of(&[(2, 256, 128)], Kind::HeavyTails, &[3.0], &[1]), NONE);
    assert_eq!(left_of(&[(2, 256, 128)], Kind::HeavyTails, &[4.0], &[2]), NONE);
}

#[test]
#[ignore = "168 solves of up to a thousand rows"]
fn all_are_solved() {
    let sizes = [
        (8, 64, 32),
        (16, 64, 32),
        (32, 32, 32),
        (4, 128, 64),
        (8, 128, 64),
        (16, 64, 64),
        (4, 256, 64),
        (2, 256, 128),
        (4, 256, 128),
        (8, 128, 128),
        (2, 512, 128),
        (2, 512, 256),
        (4, 256, 256),
        (2, 512, 512),
    ];
    assert_eq!(left_of(&sizes, Kind::Sphere, &[3.0, 4.0, 10.0, 50.0], &[0, 1, 2]), NONE);
}

/// Beyond p = 4 some whose unknowns are many times their rows are left at the iteration limit: docs/performance.md
/// says how many.
#[test]
#[ignore = "72 solves, some of which take half a minute"]
fn heavy_tails_are_solved() {
    let sizes = [(8, 64, 32), (4, 128, 64), (2, 256, 128), (2, 512, 128)];
    let exponents = [1.1, 1.5, 1.75, 2.0, 2.5, 3.0];
    assert_eq!(left_of(&sizes, Kind::HeavyTails, &exponents, &[0, 1]), NONE);
    println!("left: {:#?}", left_of(&sizes, Kind::HeavyTails, &[4.0, 6.0, 10.0], &[0, 1]));
}
