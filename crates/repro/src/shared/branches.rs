//! Branches of a regularization path from several starts, and the lowest of them at every radius.

use mirrorhead_attention::{Risk, Seed, gaussian_matrix};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::LpNorm;
use mirrorhead_trainer::{PathPoint, PathSettings, regularization_path};

/// Random starts beside zero and the one from outside.
const RANDOM_STARTS: u64 = 5;
/// Position in the radii at which random starts enter: later, every start settles where it is.
const ENTRY: usize = 4;

/// The lowest of all branches at each of `radii`, as far as any branch came: from zero outwards, from
/// random starts outwards, and from `outside` both inwards from the last radius and outwards. `height` orders the points.
///
/// # Errors
/// Misuse of the path.
pub fn lowest<R: Risk>(
    risk: &R,
    norm: LpNorm,
    radii: &[Vec<f64>],
    outside: &[Matrix],
    seed: u64,
    height: impl Fn(&PathPoint) -> f64,
) -> Result<Vec<Option<PathPoint>>, CellError> {
    let mut lowest: Vec<Option<PathPoint>> = vec![None; radii.len()];
    let mut follow = |start: &[Matrix], order: &[usize]| -> Result<(), CellError> {
        let along: Vec<Vec<f64>> = order.iter().map(|k| radii[*k].clone()).collect();
        let path = regularization_path(risk, norm, start, &along, &PathSettings::default());
        for (k, point) in order.iter().zip(path?.points) {
            let here = &mut lowest[*k];
            if here.as_ref().is_none_or(|best| height(&point) < height(best)) {
                *here = Some(point);
            }
        }
        Ok(())
    };
    let outwards: Vec<usize> = (0..radii.len()).collect();
    let inwards: Vec<usize> = outwards.iter().rev().copied().collect();
    let shapes = risk.shapes();
    let zero: Vec<Matrix> = shapes.iter().map(|(m, n)| Matrix::zeros(*m, *n)).collect();
    follow(&zero, &outwards)?;
    follow(outside, &inwards)?;
    for entry in [ENTRY, ENTRY + 3, ENTRY + 5] {
        follow(outside, outwards.get(entry..).unwrap_or_default())?;
    }
    for start in 0..RANDOM_STARTS {
        let tensor = |(b, (m, n)): (usize, &(usize, usize))| {
            gaussian_matrix(*m, *n, Seed(1_000 * seed + 10 * start + b as u64))
        };
        let tensors: Vec<Matrix> = shapes.iter().enumerate().map(tensor).collect();
        follow(&tensors, outwards.get(ENTRY..).unwrap_or_default())?;
    }
    Ok(lowest)
}
