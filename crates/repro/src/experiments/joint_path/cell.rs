//! A cell: what it depends on, what is run, and what comes out.

use mirrorhead_attention::{
    AttSvmOperator, Dataset, JointRisk, Loss, Seed, SphereTokens, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{LinearOperator, Matrix, dot};
use mirrorhead_mirror::{LpNorm, directional_bregman};
use mirrorhead_svm::{HardMarginProblem, MaxMargin, Outcome, SvmSettings, solve};
use mirrorhead_trainer::{PathPoint, as_key_query};
use serde::{Deserialize, Serialize};

use crate::shared::branches::lowest;
use crate::shared::certified::{ACTIVE, decoder_svm};

/// The exponents.
pub const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];

/// The ratios of the radius of v to that of W.
pub const RATIOS: [f64; 3] = [1.0, 10.0, 100.0];

/// The radii of W.
pub const RADII: [u64; 10] = [3, 10, 18, 32, 56, 100, 178, 316, 562, 1_000];

/// Halvings in the search for the margins that are asked of samples off the support.
const HALVINGS: usize = 60;

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointPathConfig {
    /// The size of the data.
    pub data: SphereTokens,
    /// The seed of data and starts.
    pub seed: u64,
    /// The exponent.
    pub p: f64,
    /// The radius of v over that of W.
    pub ratio: f64,
    /// The radii of W.
    pub radii: Vec<u64>,
}

/// What one path shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointPathOutcome {
    /// The comparison with the SVMs, or the hypothesis that failed.
    pub limits: Result<JointPathLimits, String>,
}

/// A path whose hypotheses hold: directional Bregman divergences at every radius.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointPathLimits {
    /// The selection of largest label margin.
    pub selection: Vec<usize>,
    /// The samples whose selected token supports the decoder's SVM.
    pub decoder_support: Vec<usize>,
    /// The margins that samples are asked for at this ratio, as parts of those of the support.
    pub bounds: Vec<f64>,
    /// Of v to the decoder's SVM.
    pub decoder: Vec<f64>,
    /// Of W to the AttSVM.
    pub full: Vec<f64>,
    /// Of W to the relaxed AttSVM.
    pub relaxed: Vec<f64>,
    /// Of W to the SVM with `bounds`.
    pub between: Vec<f64>,
    /// The largest optimality residual.
    pub residual: f64,
}

/// Runs one cell.
///
/// # Errors
/// See [`mirrorhead_harness::Experiment::run_cell`].
pub fn run(config: &JointPathConfig) -> Result<JointPathOutcome, CellError> {
    let planted = config.data.sample(Seed(config.seed))?;
    let norm = LpNorm::new(config.p)?;
    let limits = match hypotheses(&planted.data, norm)? {
        Err(reason) => Err(reason),
        Ok((selection, decoder)) => compare(config, &planted.data, norm, &selection, &decoder)?,
    };
    Ok(JointPathOutcome { limits })
}

/// The selection of largest label margin, with the decoder's SVM, by enumeration.
fn hypotheses(
    data: &Dataset,
    norm: LpNorm,
) -> Result<Result<(TokenSelection, MaxMargin), String>, CellError> {
    let lengths: Vec<usize> = (0..data.len()).map(|i| data.tokens().sequence_len(i)).collect();
    let mut best: Option<(TokenSelection, MaxMargin)> = None;
    for number in 0..lengths.iter().product() {
        let mut rest = number;
        let digit = |len: &usize| {
            let token = rest % len;
            rest /= len;
            token
        };
        let tokens = lengths.iter().map(digit).collect();
        let selection = TokenSelection::new(tokens, data)?;
        let Ok(svm) = decoder_svm(data, &selection, norm)? else { continue };
        let length = norm.of(svm.direction());
        if best.as_ref().is_none_or(|(_, best)| length < norm.of(best.direction())) {
            best = Some((selection, svm));
        }
    }
    Ok(best.ok_or_else(|| "no selection has a label margin".into()))
}

/// Solves the SVMs, follows the branches, and measures the lowest points.
fn compare(
    config: &JointPathConfig,
    data: &Dataset,
    norm: LpNorm,
    selection: &TokenSelection,
    decoder: &MaxMargin,
) -> Result<Result<JointPathLimits, String>, CellError> {
    let slacks = slacks(data, norm, selection, decoder);
    let constraints = Constraints { data, norm, selection };
    let on_support = |slack: &f64| *slack <= ACTIVE;
    let step = |slack: &f64| if on_support(slack) { 1.0 } else { 0.0 };
    let solved = [vec![1.0; data.len()], slacks.iter().map(step).collect()]
        .map(|bounds| constraints.solve(&bounds));
    let [full, relaxed] = solved;
    let (Some(full), Some(relaxed)) = (full?, relaxed?) else {
        return Ok(Err("the AttSVM of the selection is not solved".into()));
    };
    let Some((bounds, between)) = constraints.between(&slacks, config.ratio, &relaxed, &full)?
    else {
        return Ok(Err("the SVM between the two is not solved".into()));
    };
    let outside = [as_key_query(data, &between), Matrix::column(decoder.direction().to_vec())?];
    let radii: Vec<Vec<f64>> =
        config.radii.iter().map(|r| vec![*r as f64, config.ratio * *r as f64]).collect();
    let risk = JointRisk::new(data, Loss::Logistic);
    // The risks themselves underflow; their slopes in the radius of v do not.
    let height = |point: &PathPoint| point.log_gradients[1];
    let points = lowest(&risk, norm, &radii, &outside, config.seed, height)?;
    let Some(points) = points.into_iter().collect::<Option<Vec<PathPoint>>>() else {
        return Ok(Err("no branch reaches some radius".into()));
    };
    let along = |target: &[f64], tensor: usize| {
        let to = |point: &PathPoint| {
            directional_bregman(norm, target, point.parameters[tensor].as_slice())
        };
        points.iter().map(to).collect()
    };
    Ok(Ok(JointPathLimits {
        selection: selection.tokens().to_vec(),
        decoder_support: (0..data.len()).filter(|i| on_support(&slacks[*i])).collect(),
        bounds,
        decoder: along(decoder.direction(), 1),
        full: along(full.direction(), 0),
        relaxed: along(relaxed.direction(), 0),
        between: along(between.direction(), 0),
        residual: points.iter().flat_map(|point| &point.residuals).copied().fold(0.0, f64::max),
    }))
}

/// How far every selected token is beyond the label margin, for the decoder of norm 1.
fn slacks(
    data: &Dataset,
    norm: LpNorm,
    selection: &TokenSelection,
    decoder: &MaxMargin,
) -> Vec<f64> {
    let slack = |(i, token): (usize, &usize)| {
        let score = data.labels()[i] * dot(data.tokens().token(i, *token), decoder.direction());
        ((score - 1.0) / norm.of(decoder.direction())).max(0.0)
    };
    selection.tokens().iter().enumerate().map(slack).collect()
}

/// The rows of the AttSVM, to be solved for different margins of the samples.
struct Constraints<'a> {
    data: &'a Dataset,
    norm: LpNorm,
    selection: &'a TokenSelection,
}

impl Constraints<'_> {
    /// The SVM that asks sample `i` for the margin `bounds[i]`; nothing if it is not solved.
    fn solve(&self, bounds: &[f64]) -> Result<Option<MaxMargin>, CellError> {
        let operator =
            AttSvmOperator::new(self.data.tokens(), self.data.queries(), self.selection.tokens());
        let rows = (0..operator.nrows()).map(|j| bounds[operator.row_token(j).0]).collect();
        let problem = HardMarginProblem::with_bounds(&operator, self.norm, rows);
        let settings = SvmSettings::default().with_relative_gap(1e-12);
        match solve(&problem?, &settings)? {
            Outcome::MaxMargin(svm) => Ok(Some(svm)),
            _ => Ok(None),
        }
    }

    /// The limit for a radius of v that is `ratio` times that of W: a sample with slack `$\sigma_i$` weighs
    /// `$e^{-cR\sigma_i}$` of the support, and needs that much less margin. With the margin of the support
    /// scaled to 1 its bound is `$\max(0, 1 - c\,\sigma_i\lVert W\rVert_p)$`, which falls as the norm grows and
    /// raises it as it grows: there is one norm that fits, between those of `relaxed` and `full`.
    pub fn between(
        &self,
        slacks: &[f64],
        ratio: f64,
        relaxed: &MaxMargin,
        full: &MaxMargin,
    ) -> Result<Option<(Vec<f64>, MaxMargin)>, CellError> {
        let (mut low, mut high) =
            (self.norm.of(relaxed.direction()), self.norm.of(full.direction()));
        let asked = |length: f64| -> Vec<f64> {
            let bound = |slack: &f64| match *slack {
                slack if slack <= ACTIVE => 1.0,
                slack => (1.0 - ratio * slack * length).max(0.0),
            };
            slacks.iter().map(bound).collect()
        };
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let Some(svm) = self.solve(&asked(middle))? else { return Ok(None) };
            if self.norm.of(svm.direction()) > middle { low = middle } else { high = middle }
        }
        let bounds = asked(0.5 * (low + high));
        Ok(self.solve(&bounds)?.map(|svm| (bounds, svm)))
    }
}
