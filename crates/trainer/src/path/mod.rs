//! Regularization paths: the least risk under norm constraints, as they are loosened.

mod branch;
mod continuation;
mod progress;
mod settings;
mod sphere;
mod work;

use std::fmt;

use mirrorhead_kernels::{InvalidSetting, Matrix};
use mirrorhead_mirror::{LpNorm, Risk};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::implicit::{FlatGradient, MirrorPoint};
use crate::state::require_shapes;
use branch::Branch;
use continuation::{Continuation, Stationary};
pub use progress::PathProgress;
pub use settings::PathSettings;
use settings::WatchedPath;
use sphere::{descent, residuals};
pub use work::PathWork;

/// A point of a regularization path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathPoint {
    /// The radius of every tensor.
    pub radii: Vec<f64>,
    /// The tensors, `$\lVert W_b\rVert_p = R_b$`.
    pub parameters: Vec<Matrix>,
    /// The risk there.
    pub risk: f64,
    /// The logarithm of `$\lVert\partial_b L\rVert_q$`, the rate at which the risk falls with `$R_b$`: it tells
    /// points apart whose risks both underflow.
    pub log_gradients: Vec<f64>,
    /// The optimality residual of every tensor, recomputed from the risk: the Frank-Wolfe gap
    /// `$\langle g_b, W_b\rangle + R_b\lVert g_b\rVert_q \ge 0$` as a part of `$R_b\lVert g_b\rVert_q$`. Zero at a
    /// minimizer, at most 2.
    pub residuals: Vec<f64>,
}

/// How a path ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PathStop {
    /// At the last radii asked for.
    Reached,
    /// By the caller's interrupt.
    Interrupted,
    /// No stationary point was found at the next radii: where the risk has its minimum inside the ball,
    /// there is none.
    Stalled,
}

impl fmt::Display for PathStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "the last radii were reached",
            Self::Interrupted => "the caller interrupted the path",
            Self::Stalled => "no stationary point was found at the next radii",
        })
    }
}

/// A regularization path, as far as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegularizationPath {
    /// A point for each of the radii reached.
    pub points: Vec<PathPoint>,
    /// Why it ended.
    pub stop: PathStop,
    /// What it cost.
    pub work: PathWork,
}

/// Follows the regularization path of a risk,
///
/// `$$ \bar W(R) = \arg\min \{\, L(W) : \lVert W_b\rVert_p \le R_b \text{ for every tensor } b \,\}, $$`
///
/// over the given `radii`, one list a point with one radius a tensor: of `$W$` alone, or over
/// [`JointRisk`](mirrorhead_attention::JointRisk) of `$W$` and `$v$` together.
///
/// On the boundary, a minimizer has `$\nabla\psi(W_b) = -e^{\nu_b}\,\partial_b L$` for a multiplier `$e^{\nu_b}$`. Both
/// are solved for together, as a unit direction and a logarithm, by Newton's method from the point
/// before; radii far apart are approached in between. With the gradient's scale carried apart
/// nothing underflows at `$R = 10^4$` and beyond, where `$\nu$` is in the thousands. Where continuation fails
/// (at the first radii, and at folds, where the path jumps), mirror descent on the spheres finds the
/// next point.
///
/// The risk is not convex: what is followed is a branch of local minimizers, the one that descent from
/// `start` leads to at the first radii; from zero it leaves in the direction of steepest descent.
/// Compare the risks of paths from several starts. Every point carries its optimality residual, recomputed
/// from the risk.
///
/// ```
/// use mirrorhead_attention::{KeyQueryRisk, Loss, Seed, SphereTokens};
/// use mirrorhead_kernels::Matrix;
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::{PathSettings, regularization_path};
///
/// let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1))?;
/// let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
/// let radii: Vec<_> = [1.0, 10.0, 100.0, 1e3, 1e4].map(|radius| vec![radius]).into();
/// let start = [Matrix::zeros(3, 3)];
/// let path =
///     regularization_path(&risk, LpNorm::new(3.0)?, &start, &radii, &PathSettings::default())?;
/// assert_eq!(path.points.len(), 5);
/// assert!(path.points.iter().all(|point| point.residuals[0] < 1e-9));
/// assert!(path.points.is_sorted_by(|inner, outer| inner.risk >= outer.risk));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The statements it checks are the regularization path theorems of Julistiono, Ataee Tarzanagh, Azizan
/// 2024 and their predecessors in Tarzanagh et al. 2023.
///
/// # Errors
/// A start of another shape than the risk wants or that is not finite, radii that are not positive and
/// finite or not one a tensor, a tolerance out of range.
pub fn regularization_path<'w, R: Risk + ?Sized>(
    risk: &R,
    norm: LpNorm,
    start: &[Matrix],
    radii: &[Vec<f64>],
    settings: impl Into<WatchedPath<'w>>,
) -> Result<RegularizationPath, TrainError> {
    require_shapes(&risk.shapes(), start)?;
    path_along(FlatGradient::new(risk), norm, start, radii, settings.into())
}

fn path_along(
    flat_gradient: FlatGradient<'_>,
    norm: LpNorm,
    start: &[Matrix],
    radii: &[Vec<f64>],
    settings: WatchedPath<'_>,
) -> Result<RegularizationPath, TrainError> {
    settings.validate()?;
    require_radii(start.len(), radii)?;
    let flat: Vec<f64> = start.iter().flat_map(Matrix::as_slice).copied().collect();
    let start = MirrorPoint::from_primal(norm, flat);
    let (name, expected) = ("an entry of the start", "finite, and its mirror image too");
    InvalidSetting::unless(start.is_finite(), name, f64::NAN, expected)?;
    let mut branch = Branch::new(Continuation::new(flat_gradient, norm, settings), start);
    let (mut points, mut stop) = (Vec::new(), PathStop::Reached);
    for radii in radii {
        let found = branch.extend(radii);
        let solver = &mut branch.solver;
        let Some(found) = found else {
            let interrupted = solver.is_interrupted();
            stop = if interrupted { PathStop::Interrupted } else { PathStop::Stalled };
            break;
        };
        points.push(path_point(solver, &found));
        solver.points = points.len();
        solver.tell(radii);
    }
    Ok(RegularizationPath { points, stop, work: branch.solver.work })
}

fn path_point(solver: &mut Continuation<'_>, found: &Stationary) -> PathPoint {
    solver.flat_gradient.set_scales(&found.radii);
    let down = descent(&mut solver.flat_gradient, solver.norm, &found.point);
    PathPoint {
        radii: found.radii.clone(),
        residuals: residuals(solver.flat_gradient.blocks(), &found.point, &down),
        risk: down.risk,
        log_gradients: down.log_norms,
        parameters: solver.flat_gradient.tensors(&found.point.primal).to_vec(),
    }
}

fn require_radii(n_tensors: usize, radii: &[Vec<f64>]) -> Result<(), InvalidSetting> {
    for radii in radii {
        let (name, expected) = ("number of radii of a point", "the number of tensors of the risk");
        InvalidSetting::unless(radii.len() == n_tensors, name, radii.len() as f64, expected)?;
        for &radius in radii {
            let valid = radius > 0.0 && radius.is_finite();
            InvalidSetting::unless(valid, "radius", radius, "positive and finite")?;
        }
    }
    Ok(())
}
