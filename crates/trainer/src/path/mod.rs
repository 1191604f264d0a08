//! Regularization paths: the least risk under norm constraints, as they are loosened.

mod continuation;
mod settings;
mod sphere;
mod work;

use std::fmt;
use std::ops::Range;

use mirrorhead_kernels::{InvalidSetting, Matrix, Watched, elementary};
use mirrorhead_mirror::{LpNorm, Risk};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::implicit::MirrorPoint;
use crate::state::require_shapes;
use continuation::{Continuation, Stationary};
pub use settings::PathSettings;
use sphere::{descent, residuals};
pub use work::PathWork;

/// Ratio of two radii between which the path is taken to have a fold if Newton's method does not lead
/// from one to the other.
const SHORTEST_STRETCH: f64 = 1.001;

/// Radii tried for the first point, each a quarter of the one before.
const MOST_ENTRIES: usize = 10;

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
pub fn regularization_path<'w, R: Risk>(
    risk: &R,
    norm: LpNorm,
    start: &[Matrix],
    radii: &[Vec<f64>],
    settings: impl Into<Watched<'w, PathSettings>>,
) -> Result<RegularizationPath, TrainError> {
    let settings = settings.into();
    require_shapes(risk, start)?;
    settings.validate()?;
    require_radii(start.len(), radii)?;
    let flat: Vec<f64> = start.iter().flat_map(Matrix::as_slice).copied().collect();
    let start = MirrorPoint::from_primal(norm, flat);
    let (name, expected) = ("an entry of the start", "finite, and its mirror image too");
    InvalidSetting::unless(start.is_finite(), name, f64::NAN, expected)?;
    let mut solver = Continuation::new(risk, norm, settings.tolerance);
    let (mut points, mut stop) = (Vec::new(), PathStop::Reached);
    let mut branch = Branch { last: None, before: None };
    for radii in radii {
        if settings.is_interrupted() {
            stop = PathStop::Interrupted;
            break;
        }
        let Some(found) = branch.extend(&mut solver, norm, &start, radii) else {
            stop = PathStop::Stalled;
            break;
        };
        points.push(path_point(&mut solver, norm, &found));
    }
    Ok(RegularizationPath { points, stop, work: solver.work })
}

impl Stationary {
    /// Whether this can be the point after `other` on a path of minimizers: in larger balls the risk is
    /// no larger, and in smaller ones no smaller. (Newton's method may find a saddle as well.)
    fn follows(&self, other: &Self) -> bool {
        let rounding = 1e-12 * other.risk.abs();
        let pairs = || self.radii.iter().zip(&other.radii);
        (pairs().any(|(to, from)| to < from) || self.risk <= other.risk + rounding)
            && (pairs().any(|(to, from)| to > from) || self.risk >= other.risk - rounding)
    }
}

/// The last two points of a branch.
struct Branch {
    last: Option<Stationary>,
    before: Option<Stationary>,
}

impl Branch {
    /// The point of the branch at `radii`.
    fn extend<R: Risk>(
        &mut self,
        solver: &mut Continuation<'_, R>,
        norm: LpNorm,
        start: &MirrorPoint,
        radii: &[f64],
    ) -> Option<Stationary> {
        let found = match self.last {
            None => self.enter(solver, norm, start, radii)?,
            Some(_) => self.approach(solver, norm, radii)?,
        };
        self.push(found.clone());
        Some(found)
    }

    /// The first point: by descent at `radii`, or where that is too far out to find a way, further
    /// inside.
    fn enter<R: Risk>(
        &mut self,
        solver: &mut Continuation<'_, R>,
        norm: LpNorm,
        start: &MirrorPoint,
        radii: &[f64],
    ) -> Option<Stationary> {
        let mut inner = radii.to_vec();
        for _ in 0..MOST_ENTRIES {
            if let Some(found) = solver.settle(&inner, start) {
                if inner == radii {
                    return Some(found);
                }
                self.push(found);
                return self.approach(solver, norm, radii);
            }
            for radius in &mut inner {
                *radius /= 4.0;
            }
        }
        None
    }

    fn push(&mut self, found: Stationary) {
        if self.last.as_ref().is_none_or(|last| last.radii != found.radii) {
            self.before = self.last.replace(found);
        }
    }

    /// Newton's method at `radii`, or at radii in between first; where the branch has a fold, descent
    /// just behind it, to whatever branch goes on there.
    fn approach<R: Risk>(
        &mut self,
        solver: &mut Continuation<'_, R>,
        norm: LpNorm,
        radii: &[f64],
    ) -> Option<Stationary> {
        let mut targets = vec![radii.to_vec()];
        while let Some(target) = targets.last() {
            let last = self.last.as_ref()?;
            let guess = self.predict(norm, solver.flat_gradient.blocks(), target)?;
            let mut found = solver.polish(target, guess).filter(|found| found.follows(last));
            if found.is_none() {
                let pairs = || last.radii.iter().zip(target);
                let stretch =
                    pairs().map(|(from, to)| elementary::ln(to / from).abs()).fold(0.0, f64::max);
                if stretch >= elementary::ln(SHORTEST_STRETCH) {
                    solver.work.divisions += 1;
                    let between = pairs().map(|(from, to)| (from * to).sqrt()).collect();
                    targets.push(between);
                    continue;
                }
                solver.work.jumps += 1;
                let from = last.point.clone();
                // Right behind a fold descent is slow: then further out.
                while found.is_none() {
                    found = solver.settle(targets.last()?, &from);
                    if found.is_none() {
                        targets.pop();
                    }
                }
                // Nothing is to be foretold from the branch before the jump.
                self.last = None;
            }
            targets.pop();
            if targets.is_empty() {
                return found;
            }
            self.push(found?);
        }
        None
    }

    /// The direction at `radii`, if `$W$` goes on as between the last two points: it grows linearly in the
    /// radius, where its direction is curved.
    fn predict(&self, norm: LpNorm, blocks: &[Range<usize>], radii: &[f64]) -> Option<MirrorPoint> {
        let last = self.last.as_ref()?;
        let Some(before) = &self.before else { return Some(last.point.clone()) };
        let mut primal = last.point.primal.clone();
        for (b, block) in blocks.iter().enumerate() {
            let (inner, outer) = (before.radii[b], last.radii[b]);
            let t = if outer == inner { 0.0 } else { (radii[b] - outer) / (outer - inner) };
            for k in block.clone() {
                let here = outer * last.point.primal[k];
                let there = inner * before.point.primal[k];
                primal[k] = (here + t * (here - there)) / radii[b];
            }
        }
        Some(MirrorPoint::from_primal(norm, primal))
    }
}

fn path_point<R: Risk>(
    solver: &mut Continuation<'_, R>,
    norm: LpNorm,
    found: &Stationary,
) -> PathPoint {
    solver.flat_gradient.set_scales(&found.radii);
    let down = descent(&mut solver.flat_gradient, norm, &found.point);
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
