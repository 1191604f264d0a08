//! Multipliers whose pull vanishes where it should, to more digits than the largest of them have.

use mirrorhead_kernels::{DenseRows, max_abs};

use crate::exact_sum::ExactSum;
use crate::limits::Limits;
use crate::rows::EquilibratedRows;
use crate::two_fold_cholesky::TwoFoldCholesky;

/// Entries of `$A^\top\lambda$` below this multiple of `$\varepsilon\lVert\lambda\rVert_1$` are rounding errors of zero.
const NOISE: f64 = 64.0;

/// Columns whose part of `$w^\top A^\top\lambda$` is no larger than one of these may be without cost as well.
pub(crate) const PARTS: [f64; 2] = [0.0, 1e-12];

/// Multipliers below this share of the largest are those of rows that aren't active, free to be chosen.
const IDLE: f64 = 1e-6;

/// Idle multipliers are set to such a share of the largest, the first that is tried being safe for badly conditioned
/// columns and the last cheap where margins are thin or rows are many.
pub(crate) const SHARES: [f64; 3] = [1e-12, 1e-14, 1e-15];

/// Levels of idle rows, and the factor from one to the next.
const LEVELS: usize = 4;
const NEXT_LEVEL: f64 = 1e-8;

/// Most multiply-adds that the correction may take.
const MOST_WORK: usize = 1 << 24;

/// Changes `multipliers` `$\lambda$` such that entries of `$A^\top\lambda$` that are zero to rounding are zero to many more
/// digits: of a column without cost, such as an offset, the rounding error would count for more than
/// everything else. None if rows aren't stored, or nothing can be done.
///
/// The large multipliers can't be had to more digits than doubles have. But those of idle rows may be as small as one
/// likes, at next to no cost, and small numbers are fine ones: each level of them takes up what rounding the level above
/// has left, by the smallest relative change, `$\delta = -\Lambda^2 A_F (A_F^\top \Lambda^2 A_F)^{-1} A_F^\top\lambda$` for the
/// columns `$F$`.
pub(crate) fn refined(
    rows: &EquilibratedRows<'_>,
    (w, multipliers): (&[f64], &[f64]),
    (share, part): (f64, f64),
    limits: &Limits<'_>,
) -> Option<Vec<f64>> {
    let mut multipliers = multipliers.to_vec();
    let dual_point = dual_point(rows.stored()?, &multipliers);
    let total: f64 = multipliers.iter().sum();
    let threshold = NOISE * f64::EPSILON * total;
    let parts: Vec<f64> = dual_point.iter().zip(w).map(|(u, w)| (u * w).abs()).collect();
    let least = part * parts.iter().sum::<f64>();
    let is_free = |k: &usize| dual_point[*k].abs() <= threshold || parts[*k] < least;
    let columns: Vec<usize> = (0..dual_point.len()).filter(is_free).collect();
    let stored = rows.stored()?;
    let (m, f) = (multipliers.len(), columns.len());
    if f == 0 || m * f * f > MOST_WORK {
        return None;
    }
    let picked = Picked::new(stored, &columns);
    let largest = max_abs(&multipliers);
    let (active, idle): (Vec<usize>, Vec<usize>) =
        (0..m).partition(|&j| multipliers[j] > IDLE * largest);
    // Half of the idle rows are of the first level, a quarter of the second, and so on.
    let mut levels: Vec<Vec<usize>> = vec![Vec::new(); LEVELS];
    for (place, &j) in idle.iter().enumerate() {
        let level = ((place + 1).trailing_zeros() as usize).min(LEVELS - 1);
        levels[level].push(j);
        multipliers[j] = (0..level).fold(share * largest, |size, _| size * NEXT_LEVEL);
    }
    levels.insert(0, active);
    for level in levels.iter().filter(|level| level.len() >= f) {
        picked.correct(&mut multipliers, level, limits)?;
    }
    multipliers.iter().all(|l| l.is_finite() && *l >= 0.0).then_some(multipliers)
}

/// `$A^\top\lambda$` of stored rows, without any rounding error but the last.
pub(crate) fn dual_point(rows: &DenseRows, multipliers: &[f64]) -> Vec<f64> {
    let columns: Vec<usize> = (0..rows.as_mat().ncols()).collect();
    Picked::new(rows, &columns).pull(multipliers)
}

/// Some columns of the rows.
struct Picked {
    width: usize,
    entries: Vec<f64>,
}

impl Picked {
    fn new(rows: &DenseRows, columns: &[usize]) -> Self {
        let m = rows.as_mat().nrows();
        let entries = (0..m).flat_map(|j| columns.iter().map(move |&k| rows.row(j)[k])).collect();
        Self { width: columns.len(), entries }
    }

    fn row(&self, j: usize) -> &[f64] {
        &self.entries[j * self.width..(j + 1) * self.width]
    }

    /// Cancels the pull on these columns by the multipliers of some rows.
    fn correct(&self, multipliers: &mut [f64], rows: &[usize], limits: &Limits<'_>) -> Option<()> {
        let largest = rows.iter().fold(0.0f64, |most, &j| most.max(multipliers[j]));
        let weight = |j: usize| (multipliers[j] / largest).powi(2);
        let weighted = rows.iter().map(|&j| (self.row(j), weight(j)));
        // Columns that are alike in these rows can't be told apart: a trace on the diagonal decides.
        let size: f64 = rows.iter().map(|&j| weight(j)).sum();
        let mut factor = TwoFoldCholesky::of_sum(weighted, &vec![1e-26 * size; self.width]);
        factor.factor(limits).ok()?;
        let mut pull = self.pull(multipliers);
        factor.solve(&mut pull);
        let changes: Vec<f64> = rows
            .iter()
            .map(|&j| {
                let along: f64 = self.row(j).iter().zip(&pull).map(|(a, y)| a * y).sum();
                -weight(j) * along
            })
            .collect();
        // A change as large as the multiplier itself is none of a rounding error.
        let fits = rows.iter().zip(&changes).all(|(&j, change)| change.abs() < multipliers[j]);
        if fits {
            for (&j, change) in rows.iter().zip(&changes) {
                multipliers[j] += change;
            }
        }
        Some(())
    }

    /// `$A_F^\top\lambda$`, rounded once.
    fn pull(&self, multipliers: &[f64]) -> Vec<f64> {
        (0..self.width)
            .map(|k| {
                let terms = multipliers.iter().enumerate();
                let mut parts = ExactSum::default();
                for (j, l) in terms {
                    parts.add_product(*l, self.row(j)[k]);
                }
                parts.rounded()
            })
            .collect()
    }
}
