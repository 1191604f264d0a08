//! Softmax, its logarithm and its Jacobian, without overflow, cancellation or underflow.

use crate::elementary;
use crate::exponential::exp;
use crate::lanes::{lane_dot, lane_max, lane_sum};

/// `$\log \sum_t e^{a_t}$`, computed from the largest entry down; NaN if an entry is NaN.
///
/// ```
/// use mirrorhead_kernels::log_sum_exp;
/// assert_eq!(log_sum_exp(&[1000.0, 1000.0]), 1000.0 + 2f64.ln());
/// ```
pub fn log_sum_exp(logits: &[f64]) -> f64 {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max.is_finite() {
        max + log_sum_below(logits, max)
    } else if logits.iter().any(|a| a.is_nan()) {
        f64::NAN
    } else {
        max
    }
}

/// `$\log \sum_t e^{a_t - \max a}$`: the largest entry's own one apart, so that what the others add
/// to it is not rounded away.
fn log_sum_below(logits: &[f64], max: f64) -> f64 {
    let largest = logits.iter().position(|a| *a == max);
    let others = logits.iter().enumerate().filter(|(t, _)| Some(*t) != largest);
    elementary::ln_1p(others.map(|(_, a)| exp(a - max)).sum::<f64>())
}

/// `$\mathtt{out}_t = e^{a_t} / \sum_s e^{a_s}$`.
///
/// ```
/// let mut weights = [0.0; 3];
/// mirrorhead_kernels::softmax(&[1e6, 1e6, -1e6], &mut weights);
/// assert_eq!(weights, [0.5, 0.5, 0.0]);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn softmax(logits: &[f64], out: &mut [f64]) {
    assert_eq!(logits.len(), out.len(), "one probability a logit");
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (out, a) in out.iter_mut().zip(logits) {
        *out = exp(a - max);
    }
    let total = lane_sum(out, |e| e);
    for out in out {
        *out /= total;
    }
}

/// `$\mathtt{out}_t = a_t - \log \sum_s e^{a_s}$`, the logarithm of [`softmax`], finite even where the
/// probability underflows, and accurate where it rounds to one.
///
/// ```
/// let mut logs = [0.0; 2];
/// mirrorhead_kernels::log_softmax(&[0.0, -5000.0], &mut logs);
/// assert_eq!(logs, [0.0, -5000.0]);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn log_softmax(logits: &[f64], out: &mut [f64]) {
    assert_eq!(logits.len(), out.len(), "one probability a logit");
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let normalizer = log_sum_below(logits, max);
    for (out, a) in out.iter_mut().zip(logits) {
        *out = (a - max) - normalizer;
    }
}

/// What [`softmax_jacobian`] says besides the vector it writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoftmaxJacobian {
    /// The position `$\alpha$` of the largest logit, the first of equals.
    pub selected: usize,
    /// The mean score `$f = s^\top g$`.
    pub mean_score: f64,
    /// The logarithm `$m$` of the factor taken out of the vector; `$-\infty$` if the vector is zero.
    pub log_scale: f64,
}

/// The Jacobian of softmax applied to scores: writes `$c$` with
/// `$e^{m} c = s \circ (g - s^\top g)$`, where `$s = \operatorname{softmax}(a)$`.
///
/// The textbook form loses everything once `$s_\alpha$` rounds to one: `$g_\alpha - f$` cancels to
/// noise and the other `$s_t$` underflow. With `$r_t = a_t - a_\alpha \le 0$`, `$h_t = g_t - g_\alpha$`
/// and `$Z = \sum_t e^{r_t}$` no cancellation is left:
///
/// `$$ f = g_\alpha + \tfrac1Z \sum_t e^{r_t} h_t, \qquad
///    s_t (g_t - f) \ (t \ne \alpha), \qquad
///    s_\alpha (g_\alpha - f) = -\tfrac{1}{Z^2} \sum_{t} e^{r_t} h_t, $$`
///
/// and every term carries the factor `$e^{m}$`, `$m = \max_{t \ne \alpha,\, h_t \neq 0} r_t$`, which is
/// taken out before exponentiating. A vector that is exactly zero (one token, or equal scores) has
/// `$m = -\infty$` and `$c = 0$`. Logits that are NaN or `$+\infty$` give NaN.
///
/// ```
/// use mirrorhead_kernels::softmax_jacobian;
/// let mut c = [0.0; 2];
/// let j = softmax_jacobian(&[0.0, -5000.0], &[1.0, 3.0], &mut c);
/// assert_eq!((j.log_scale, c), (-5000.0, [-2.0, 2.0])); // e^-5000 * 2: far below f64
/// ```
///
/// # Panics
/// If the lengths differ or are zero.
#[inline(always)]
pub fn softmax_jacobian(logits: &[f64], scores: &[f64], out: &mut [f64]) -> SoftmaxJacobian {
    assert!(logits.len() == scores.len() && logits.len() == out.len(), "one score a logit");
    let selected = position_of_max(logits);
    let (top_logit, top_score) = (logits[selected], scores[selected]);

    let log_scale =
        lane_max(
            logits,
            scores,
            |a, g| {
                if g == top_score { f64::NEG_INFINITY } else { a - top_logit }
            },
        );
    if log_scale == f64::NEG_INFINITY {
        // The maxima above pass over NaN. Logits that overflowed have no softmax, not a zero one.
        let defined = top_logit.is_finite() && !logits.iter().any(|a| a.is_nan());
        let (value, mean_score) = if defined { (0.0, top_score) } else { (f64::NAN, f64::NAN) };
        out.fill(value);
        return SoftmaxJacobian { selected, mean_score, log_scale };
    }

    // Far below, e^m vanishes beside one: Z and f see only scores equal to the top's.
    let mean_shift = if log_scale > NEGLIGIBLE {
        near_jacobian(logits, scores, (top_logit, top_score), log_scale, out)
    } else {
        far_jacobian(logits, scores, (top_logit, top_score), log_scale, out);
        0.0
    };
    SoftmaxJacobian { selected, mean_score: top_score + mean_shift, log_scale }
}

/// The logarithm below which a probability is negligible beside one, even divided by `$10^{240}$`.
const NEGLIGIBLE: f64 = -600.0;

/// Writes `$c_t = e^{r_t - m} (h_t - P/Z)/Z$` with `$P = \sum_t e^{r_t} h_t$` and returns `$P/Z$`.
#[inline(always)]
fn near_jacobian(
    logits: &[f64],
    scores: &[f64],
    (top_logit, top_score): (f64, f64),
    log_scale: f64,
    out: &mut [f64],
) -> f64 {
    for (out, a) in out.iter_mut().zip(logits) {
        *out = exp(a - top_logit);
    }
    let total = lane_sum(out, |e| e);
    let weighted = lane_dot(out, scores, |e, g| e * (g - top_score));
    let mean_shift = weighted / total;
    let factor = exp(-log_scale) / total;
    for (out, g) in out.iter_mut().zip(scores) {
        // In this order: e^{-m} alone can be as large as e^600.
        *out = (*out * factor) * ((g - top_score) - mean_shift);
    }
    mean_shift
}

/// The same where `$e^{m}$` is negligible: `$c_t = e^{r_t - m} h_t/Z$` where `$h_t \ne 0$`, and
/// `$-e^{r_t} P'/Z^2$` elsewhere, with `$P' = \sum_t e^{r_t - m} h_t$` and `$Z$` summed over `$h_t = 0$`.
#[inline(always)]
fn far_jacobian(
    logits: &[f64],
    scores: &[f64],
    (top_logit, top_score): (f64, f64),
    log_scale: f64,
    out: &mut [f64],
) {
    let level = |h: f64| if h == 0.0 { (0.0, 1.0) } else { (log_scale, h) };
    for ((out, a), g) in out.iter_mut().zip(logits).zip(scores) {
        let (shift, factor) = level(g - top_score);
        *out = exp((a - top_logit) - shift) * factor;
    }
    let total = lane_dot(out, scores, |c, g| if g == top_score { c } else { 0.0 });
    let weighted = lane_dot(out, scores, |c, g| if g == top_score { 0.0 } else { c });
    let (at_top, elsewhere) = (-weighted / (total * total), 1.0 / total);
    for (out, g) in out.iter_mut().zip(scores) {
        *out *= if *g == top_score { at_top } else { elsewhere };
    }
}

/// The position of the largest value, the first of equals; 0 if there is none.
///
/// ```
/// assert_eq!(mirrorhead_kernels::position_of_max(&[1.0, 3.0, 3.0]), 1);
/// ```
#[inline(always)]
pub fn position_of_max(values: &[f64]) -> usize {
    // Nothing exceeds a first NaN.
    if values.first().is_none_or(|first| first.is_nan()) {
        return 0;
    }
    let max = lane_max(values, values, |v, _| v);
    values.iter().position(|v| *v == max).unwrap_or(0)
}
