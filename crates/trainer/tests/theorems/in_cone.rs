//! Starts in the cone of a selection, established before the run from its certified SVM and its scores.

use mirrorhead_attention::{
    AttSvmOperator, KeyQueryRisk, Planted, Risk, Seed, TokenScores, gaussian_matrix,
};
use mirrorhead_kernels::{LinearOperator, LogScaled, Matrix};
use mirrorhead_trainer::{EnumeratedSelection, as_key_query};

use super::settled::lp;

/// A start in the cone of a selection, beside the ray of its SVM.
pub struct InCone {
    pub start: Matrix,
    pub radius: f64,
}

impl InCone {
    /// At radius `$R$` and a relative distance `$\varepsilon$` from the ray, support tokens weigh
    /// `$e^{-R(1 \pm a)}$`, where `$a = \varepsilon \max_j \lVert (A e)_j \rVert$`, and pull the right way by at
    /// least `gain`, if the selection is locally optimal. The others weigh at most `$e^{-R(1 + \delta - a)}$`
    /// and pull the wrong way by at most `loss` each. With `$a = \delta/4$`, `$R\,\delta/2$` has to
    /// exceed `$\log(\text{number} \cdot \text{loss}/\text{gain})$`: here it does by 5.
    pub fn of(planted: &Planted, entry: &EnumeratedSelection, seed: u64) -> Self {
        let data = &planted.data;
        let selected = entry.selection.tokens();
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), selected);
        let scores = TokenScores::of(data, &planted.decoder).expect("a fitting decoder");
        let solution = as_key_query(data, &entry.svm);
        let noise = gaussian_matrix(data.dim(), data.dim(), Seed(seed));
        let (mut margins, mut noises) = (vec![0.0; rows.nrows()], vec![0.0; rows.nrows()]);
        rows.apply(solution.as_slice(), &mut margins);
        rows.apply(noise.as_slice(), &mut noises);
        let (mut gain, mut loss, mut delta) = (f64::INFINITY, 0.0f64, 1.0f64);
        for (j, margin) in margins.iter().enumerate() {
            let (i, t) = rows.row_token(j);
            let lead = scores.sequence(i)[selected[i]] - scores.sequence(i)[t];
            if lead > 0.0 {
                if margin - 1.0 <= 1e-5 {
                    gain = gain.min(lead);
                }
            } else if margin - 1.0 > 1e-5 {
                loss = loss.max(-lead);
                delta = delta.min(margin - 1.0);
            }
        }
        let against = if gain.is_finite() { margins.len() as f64 * loss / gain } else { 1.0 };
        // Where nothing is to be held, any radius at which attention is saturated will do.
        let radius = if entry.optimality.is_locally_optimal() {
            10f64.max(2.0 * (against.max(1.0).ln() + 5.0) / delta)
        } else {
            10.0
        };
        let largest = noises.iter().fold(0.0f64, |a, x| a.max(x.abs()));
        let start = Matrix::from_fn(data.dim(), data.dim(), |a, b| {
            radius * (solution[(a, b)] + delta / (4.0 * largest) * noise[(a, b)])
        });
        Self { start, radius }
    }
}

/// The dual norm of the gradient of a risk.
pub fn slope(risk: &KeyQueryRisk<'_>, p: f64, at: &Matrix) -> f64 {
    let value = Matrix::zeros(at.nrows(), at.ncols());
    let mut gradients = [LogScaled { log_scale: 0.0, value }];
    let _ =
        risk.value_and_gradient(std::slice::from_ref(at), &mut gradients, &mut risk.workspace());
    gradients[0].log_scale.exp() * lp(p).dual_of(gradients[0].value.as_slice())
}
