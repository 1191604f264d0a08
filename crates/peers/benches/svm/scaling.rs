//! Scaling: our solver on growing attention SVMs, and the exponents of its time.

use faer::linalg::solvers::SolveLstsq;
use faer::{Mat, linalg::solvers::ColPivQr};

use crate::instance::Sizes;
use crate::measurement::{Instance, Measured, Request, Solver};
use crate::record::Record;
use crate::table::{Table, digits, gap, megabytes, seconds};
use mirrorhead_svm::Norm;

const GROWING: [Sizes; 6] = [
    Sizes::new(6, 8, 10),
    Sizes::new(20, 16, 16),
    Sizes::new(50, 20, 32),
    Sizes::new(80, 32, 40),
    Sizes::new(120, 40, 48),
    Sizes::new(200, 64, 64),
];

/// Only where `--largest` asks for them.
const LARGEST: [Sizes; 2] = [Sizes::new(500, 64, 96), Sizes::new(1000, 64, 128)];

/// The factors of the grid that exponents are fitted on.
const GRID: [[usize; 3]; 3] = [[20, 40, 80], [8, 16, 32], [24, 32, 40]];

fn ours(sizes: Sizes, p: Norm) -> Request {
    Request { instance: Instance::Attention(sizes), p, solver: Solver::Mirrorhead }
}

/// Solves growing instances, one after the other.
pub fn growing(exponents: &[Norm], largest: Option<Norm>, record: &mut Record) {
    let mut table = Table::new(
        "Mirrorhead on growing attention SVMs (relative gap 1e-9)",
        &[
            "(n, T, d)",
            "p",
            "rows x unknowns",
            "active",
            "largest factor",
            "iterations",
            "gap",
            "time",
            "peak memory",
        ],
    );
    let small = GROWING.iter().flat_map(|s| exponents.iter().map(move |p| (*s, *p)));
    let large = LARGEST.iter().filter_map(|s| largest.map(|p| (*s, p)));
    for (sizes, p) in small.chain(large) {
        let request = ours(sizes, p);
        let Some(measured) = record.measure(&request, &mut table) else { continue };
        let Some(work) = measured.work else { continue };
        table.row(&[
            sizes.to_string(),
            p.to_string(),
            format!("{} x {}", measured.shape[0], measured.shape[1]),
            work.active.to_string(),
            work.largest_factor.to_string(),
            measured.iterations.to_string(),
            gap(measured.gap),
            seconds(measured.fastest()),
            megabytes(measured.peak_bytes),
        ]);
    }
    record.keep(table);
}

/// Fits time `$= c\,n^\alpha T^\beta d^\gamma$` over a grid of instances.
pub fn fitted(exponents: &[Norm], record: &mut Record) {
    let mut table = Table::new(
        &format!("Exponents of our time over n x T x d in {GRID:?}"),
        &["p", "n", "T", "d", "largest factor to the", "instances", "residual"],
    );
    for &p in exponents {
        let mut points = Vec::new();
        for n in GRID[0] {
            for tokens in GRID[1] {
                for dim in GRID[2] {
                    let sizes = Sizes::new(n, tokens, dim);
                    let measured = record.measure(&ours(sizes, p), &mut table);
                    points.extend(measured.filter(is_certified).map(|m| (sizes, m)));
                }
            }
        }
        let logarithms = |x: usize| (x as f64).ln();
        let times: Vec<f64> = points.iter().map(|(_, m)| m.fastest().ln()).collect();
        let by_sizes = points
            .iter()
            .map(|(s, _)| vec![logarithms(s.n), logarithms(s.tokens), logarithms(s.dim)]);
        let Some((by_sizes, residual)) = least_squares(&by_sizes.collect::<Vec<_>>(), &times)
        else {
            continue;
        };
        let factors =
            points.iter().filter_map(|(_, m)| Some(vec![logarithms(m.work?.largest_factor)]));
        let by_factor = least_squares(&factors.collect::<Vec<_>>(), &times);
        let mut cells = vec![p.to_string()];
        cells.extend(by_sizes.iter().map(|x| digits(*x)));
        cells.push(by_factor.map_or_else(|| "unknown".to_owned(), |(x, _)| digits(x[0])));
        cells.extend([points.len().to_string(), format!("{:.0} %", 100.0 * residual)]);
        table.row(&cells);
    }
    record.keep(table);
}

fn is_certified(measured: &Measured) -> bool {
    measured.gap.is_some_and(|gap| gap < 1e-8)
}

/// The slopes of the affine function of `points` that is closest to `values`, and the root of its
/// mean squared error.
fn least_squares(points: &[Vec<f64>], values: &[f64]) -> Option<(Vec<f64>, f64)> {
    let (m, n) = (points.len(), points.first()?.len() + 1);
    if m <= n {
        return None;
    }
    let entry = |i: usize, k: usize| if k + 1 < n { points[i][k] } else { 1.0 };
    let matrix = Mat::from_fn(m, n, entry);
    let found = ColPivQr::new(matrix.as_ref()).solve_lstsq(Mat::from_fn(m, 1, |i, _| values[i]));
    let fitted = |i: usize| (0..n).map(|k| entry(i, k) * found[(k, 0)]).sum::<f64>();
    let squares = (0..m).map(|i| (fitted(i) - values[i]).powi(2)).sum::<f64>() / m as f64;
    Some(((0..n - 1).map(|k| found[(k, 0)]).collect(), squares.sqrt()))
}
