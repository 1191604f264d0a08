//! Gradients where attention saturates and slopes underflow, against extended precision.

use crate::reference;
use crate::reference::{
    Many, Sized, Textbook, agrees, extended, textbook, textbook_classes, textbook_heads, times,
    transposed,
};
use crate::samples::{DIM, loss, matrix, samples, scaled};
use mirrorhead_attention::{
    FactoredRisk, JointRisk, KeyQueryRisk, MultiClassRisk, MultiHeadRisk, Risk,
};
use mirrorhead_kernels::{LogScaled, Matrix};
use proptest::prelude::*;

/// Rounding of logits and margins moves exponentials by that much, relatively.
fn tolerance(exact: &Textbook) -> f64 {
    32.0 * f64::EPSILON * exact.logit_size * exact.score_size
}

/// Checks a risk of several heads or classes.
fn many_agree<R: Risk>(risk: &R, at: &[Matrix], exact: &Many) -> Result<(), TestCaseError> {
    let tolerance = 32.0 * f64::EPSILON * exact.logit_size * exact.score_size;
    let (value, gradients) = evaluate(risk, at);
    risk_agrees(value, &exact.risk, tolerance)?;
    prop_assert_eq!(gradients.len(), exact.key_queries.len());
    for (gradient, exact) in gradients.iter().zip(&exact.key_queries) {
        let agrees = agrees(gradient, exact, tolerance);
        prop_assert!(agrees.is_ok(), "{agrees:?}, log scale {}", gradient.log_scale);
    }
    Ok(())
}

fn evaluate<R: Risk>(risk: &R, at: &[Matrix]) -> (f64, Vec<LogScaled<Matrix>>) {
    let (mut gradients, mut work) = (risk.zero_gradients(), risk.workspace());
    let value = risk.value_and_gradient(at, &mut gradients, &mut work).expect("shapes that fit");
    (value, gradients)
}

/// The risk, unless it is beyond the range of `f64`: then it is infinite.
fn risk_agrees(found: f64, risk: &Sized, tolerance: f64) -> Result<(), TestCaseError> {
    if risk.size > extended(1e300) {
        prop_assert!(found > 1e299, "the risk overflows: {found}");
        return Ok(());
    }
    let error = reference::abs(&(extended(found) - &risk.value));
    let bound = &risk.size * extended(tolerance) + extended(1e-300);
    prop_assert!(error <= bound, "risk {found} instead of {}", risk.value.to_f64().value());
    Ok(())
}

fn scale_of_logits() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![1.0, 30.0, 1e3, 1e4, 1e5])
}

fn scale_of_scores() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![1.0, 30.0, 1e3])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn of_a_key_query_matrix(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(),
        logits in scale_of_logits(), scores in scale_of_scores(),
    ) {
        let (data, w, v) = (samples.dataset(), scaled(&w, logits), scaled(&v, scores));
        let risk = KeyQueryRisk::new(&data, &v, loss).expect("a fitting decoder");
        let (value, gradients) = evaluate(&risk, std::slice::from_ref(&w));
        let exact = textbook(&data, &w, &v, loss);
        risk_agrees(value, &exact.risk, tolerance(&exact))?;
        let agrees = agrees(&gradients[0], &exact.key_query, tolerance(&exact));
        prop_assert!(agrees.is_ok(), "{agrees:?}, log scale {}", gradients[0].log_scale);
    }

    #[test]
    fn of_a_key_query_matrix_and_a_decoder(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 1), loss in loss(),
        logits in scale_of_logits(), scores in scale_of_scores(),
    ) {
        let (data, w, v) = (samples.dataset(), scaled(&w, logits), scaled(&v, scores));
        let exact = textbook(&data, &w, &v, loss);
        let (value, gradients) = evaluate(&JointRisk::new(&data, loss), &[w, v]);
        risk_agrees(value, &exact.risk, tolerance(&exact))?;
        for (gradient, exact_gradient) in gradients.iter().zip([&exact.key_query, &exact.decoder]) {
            let agrees = agrees(gradient, exact_gradient, tolerance(&exact));
            prop_assert!(agrees.is_ok(), "{agrees:?}, log scale {}", gradient.log_scale);
        }
    }

    #[test]
    fn of_factors(
        samples in samples(), k in matrix(DIM, 2), q in matrix(DIM, 2), v in matrix(DIM, 1), loss in loss(),
        logits in scale_of_logits(), scores in scale_of_scores(),
    ) {
        // Powers of two, so that W = K Q^T is exact.
        let coarse = |m: &Matrix| Matrix::from_fn(DIM, 2, |i, j| (m[(i, j)] * 1024.0).round());
        let (data, k, q) = (samples.dataset(), scaled(&coarse(&k), logits / 1024.0), scaled(&coarse(&q), 1.0 / 1024.0));
        let v = scaled(&v, scores);
        let w = Matrix::from_fn(DIM, DIM, |i, j| k[(i, 0)] * q[(j, 0)] + k[(i, 1)] * q[(j, 1)]);
        let risk = FactoredRisk::new(&data, &v, loss, 2).expect("a fitting decoder");
        let mut exact = textbook(&data, &w, &v, loss);
        // |W| may be far below |K| |Q|^T, which is what is rounded.
        exact.logit_size += 2.0 * logits * (DIM * DIM) as f64;
        let to_keys = times(&exact.key_query, &q);
        let to_queries = times(&transposed(&exact.key_query), &k);
        let (value, gradients) = evaluate(&risk, &[k, q]);
        risk_agrees(value, &exact.risk, tolerance(&exact))?;
        for (gradient, exact_gradient) in gradients.iter().zip([&to_keys, &to_queries]) {
            let agrees = agrees(gradient, exact_gradient, tolerance(&exact));
            prop_assert!(agrees.is_ok(), "{agrees:?}, log scale {}", gradient.log_scale);
        }
    }

    #[test]
    fn of_several_heads(
        samples in samples(), first in matrix(DIM, DIM), second in matrix(DIM, DIM),
        v in matrix(DIM, 2), loss in loss(), logits in scale_of_logits(),
        other_logits in scale_of_logits(), scores in scale_of_scores(),
    ) {
        let (data, v) = (samples.dataset(), scaled(&v, scores));
        let heads = [scaled(&first, logits), scaled(&second, other_logits)];
        let risk = MultiHeadRisk::new(&data, &v, loss).expect("fitting decoders");
        many_agree(&risk, &heads, &textbook_heads(&data, &heads, &v, loss))?;
    }

    #[test]
    fn of_several_classes(
        samples in samples(), w in matrix(DIM, DIM), v in matrix(DIM, 4), shift in 0..4usize,
        logits in scale_of_logits(), scores in scale_of_scores(),
    ) {
        // Multiples of powers of two, so that differences of decoders are exact.
        let v = Matrix::from_fn(DIM, 4, |i, c| (v[(i, c)] * scores * 1024.0).round() / 1024.0);
        let (data, w) = (samples.dataset(), scaled(&w, logits));
        let classes: Vec<_> = (0..data.len()).map(|i| (i + shift) % 4).collect();
        let risk = MultiClassRisk::new(&data, &classes, &v).expect("fitting decoders");
        let exact = textbook_classes(&data, &classes, &w, &v);
        many_agree(&risk, &[w], &exact)?;
    }
}
