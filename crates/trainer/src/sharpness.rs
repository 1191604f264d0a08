//! Sharpness: whether steps of mirror descent zigzag between the active constraints of an AttSVM.

use mirrorhead_attention::{Dataset, TokenSelection};
use mirrorhead_kernels::{LinearOperator, Matrix, dot, elementary, singular_values};
use mirrorhead_mirror::LpNorm;

use crate::max_margin::att_svm_rows;

/// Constraints of less weight than this part of the largest have no part in the sharpness.
const NEGLIGIBLE: f64 = 1e-12;

/// The sharpness of a step of dual length `step` from the dual point `$u$`, with the weights `$\ell$` of the constraints
/// `$A$` (one for each row, of any scale),
///
/// `$$ \frac{\eta}{\lVert A^\top\ell\rVert_q}\,
///    \rho\big((\operatorname{diag}\ell - \ell\ell^\top)\, A D A^\top\big), \qquad
///    D = \operatorname{diag}\big((q-1)\lvert u\rvert^{q-2}\big), \quad 1^\top\ell = 1. $$`
///
/// A step adds `$\eta A^\top\ell/\lVert A^\top\ell\rVert_q$` to `$u$` and so `$D$` times this to `$w$`; weights are a softmax
/// of `$-Aw$`, so that the step changes them by `$-(\operatorname{diag}\ell - \ell\ell^\top) A$` times that. Where
/// the sharpness exceeds two the change is larger than what it corrects, by more each time: weights swing from one active
/// constraint to another, and `$u$` grows by less than `$\eta$` a step. For `$p < 2$`, `$D$` grows with `$u$`, and steps of constant length
/// come to that point ([`onset`]).
///
/// ```
/// use mirrorhead_attention::{TokenSelection, toy_pair};
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::sharpness;
/// let data = toy_pair();
/// let selection = TokenSelection::new(vec![1, 0], &data)?;
/// let (norm, weights) = (LpNorm::new(1.5)?, [0.5, 0.0, 0.5, 0.0]);
/// let at = |size: f64| sharpness(&data, &selection, norm, &weights, &[size, -size, size, 2.0 * size], 0.1);
/// assert!((at(8.0) / at(1.0) - 8.0).abs() < 1e-12); // q - 2 = 1
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If weights, dual point or selection are of other data.
pub fn sharpness(
    data: &Dataset,
    selection: &TokenSelection,
    norm: LpNorm,
    weights: &[f64],
    dual: &[f64],
    step: f64,
) -> f64 {
    let rows = att_svm_rows(data, selection);
    assert_eq!((rows.nrows(), rows.ncols()), (weights.len(), dual.len()), "of other data");
    let (total, largest) =
        (weights.iter().sum::<f64>(), weights.iter().copied().fold(0.0, f64::max));
    let pull = {
        let mut pull = vec![0.0; rows.ncols()];
        let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        rows.apply_adjoint(&shares, &mut pull);
        norm.dual_of(&pull)
    };
    let q = norm.conjugate_exponent();
    let stretch: Vec<f64> =
        dual.iter().map(|u| ((q - 1.0) * elementary::powf(u.abs(), q - 2.0)).sqrt()).collect();
    // With r the roots of the weights, the matrix has the eigenvalues of the Gram matrix of the rows
    // r_j D^(1/2) a_j, less their projection on r.
    let felt: Vec<usize> =
        (0..weights.len()).filter(|j| weights[*j] > NEGLIGIBLE * largest).collect();
    let roots: Vec<f64> = felt.iter().map(|j| (weights[*j] / total).sqrt()).collect();
    let columns = rows.ncols();
    let mut scaled = Matrix::zeros(columns, felt.len());
    let mut unit = vec![0.0; weights.len()];
    for (k, (j, root)) in felt.iter().zip(&roots).enumerate() {
        unit[*j] = *root;
        let row = scaled.col_mut(k);
        rows.apply_adjoint(&unit, row);
        row.iter_mut().zip(&stretch).for_each(|(a, stretch)| *a *= stretch);
        unit[*j] = 0.0;
    }
    for c in 0..columns {
        let along: Vec<f64> = (0..felt.len()).map(|k| scaled[(c, k)]).collect();
        let mean = dot(&along, &roots);
        roots.iter().enumerate().for_each(|(k, root)| scaled[(c, k)] -= mean * root);
    }
    let values = singular_values(scaled.as_slice(), columns, felt.len()).unwrap_or_default();
    step / pull * values.first().copied().unwrap_or(0.0).powi(2)
}

/// The step at which normalized steps of dual length `step` reach a sharpness of two, where the sharpness of a step of length one from
/// a dual point of norm one is `unit`: with `$\lVert u\rVert_q = \eta k$`,
///
/// `$$ c\,\eta\,(\eta k)^{(2-p)/(p-1)} = 2, \qquad
///    k_* = \frac1\eta\Big(\frac{2}{c\,\eta}\Big)^{\frac{p-1}{2-p}}. $$`
///
/// None at `$p \ge 2$`, where the sharpness doesn't grow.
///
/// ```
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::onset;
/// let at = |step| onset(LpNorm::new(1.75).unwrap(), 1.0, step).unwrap();
/// assert!((at(0.05) / at(0.1) - 16.0).abs() < 1e-9);
/// assert_eq!(onset(LpNorm::new(2.0).unwrap(), 1.0, 0.1), None);
/// ```
pub fn onset(norm: LpNorm, unit: f64, step: f64) -> Option<f64> {
    let p = norm.p();
    (p < 2.0).then(|| elementary::powf(2.0 / (unit * step), (p - 1.0) / (2.0 - p)) / step)
}

/// The longest reach `$r$` within which normalized steps never zigzag, where the sharpness of a step of length one from a dual point of
/// norm one is `unit`.
///
/// Along the solution `$D u = (q-1) W$`, so that a step of dual length `$\eta$` moves `$W$` by `$(q-1)\,\eta\,\lVert u\rVert_q^{q-2}$`.
/// A step that moves it by `$r$` then has the sharpness `$c\,r/(q-1)$` wherever it begins, and
///
/// `$$ \frac{c\,r}{q-1} < 2 \iff r < r_* = \frac{2(q-1)}{c} = \frac{2}{c\,(p-1)}. $$`
///
/// Steps of `StepSize::DualNormalizedWithin` move it by no more than their reach.
///
/// ```
/// use mirrorhead_mirror::LpNorm;
/// use mirrorhead_trainer::stable_reach;
/// assert_eq!(stable_reach(LpNorm::new(1.5).unwrap(), 2.0), 2.0);
/// ```
pub fn stable_reach(norm: LpNorm, unit: f64) -> f64 {
    2.0 / (unit * (norm.p() - 1.0))
}
