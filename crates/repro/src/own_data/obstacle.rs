//! What in the data keeps attention from moving, from saturating, or from being separated.

use mirrorhead_attention::{
    AttentionError, AttentionWeights, Dataset, TokenScores, TokenSelection,
};
use mirrorhead_kernels::Matrix;

/// Why the gradient is zero.
///
/// # Errors
/// A decoder of another dimension.
pub fn to_moving(data: &Dataset, decoder: &Matrix) -> Result<String, AttentionError> {
    let scores = TokenScores::of(data, decoder)?;
    let still = |i: usize| {
        let scores = scores.sequence(i);
        identical_tokens(data, i) || zero_query(data, i) || scores.iter().all(|s| *s == scores[0])
    };
    let all = 0..data.len();
    let why = if decoder.as_slice().iter().all(|entry| *entry == 0.0) {
        "the decoder v is zero, and scores all tokens equally; give one that tells tokens apart"
    } else if all.clone().all(|i| zero_query(data, i)) {
        "every query in Z is zero; give queries that tell tokens apart"
    } else if all.clone().all(|i| identical_tokens(data, i)) {
        "the tokens of every sequence are identical, so there is nothing to select"
    } else if all.clone().all(still) {
        "in every sequence the decoder v scores all tokens equally, all tokens are identical, or \
         the query is zero; change v, X or Z"
    } else {
        "the pulls of the sequences have vanished or cancel here; start elsewhere with --w0 SEED, \
         and leave --constant out"
    };
    Ok(format!("training stopped because the gradient is zero, not for lack of steps: {why}"))
}

/// The first sequence that can't saturate however long training goes, and why; `unsaturated` is one
/// that hasn't yet.
pub fn to_saturating(
    weights: &AttentionWeights,
    data: &Dataset,
    unsaturated: usize,
) -> Option<String> {
    let never = |i: usize, why: &str| {
        format!("sequence {i} can't saturate, however long training goes: {why}; leave it out")
    };
    let several = |i: &usize| data.tokens().sequence_len(*i) > 1;
    for i in (0..data.len()).filter(several) {
        if identical_tokens(data, i) {
            return Some(never(i, "its tokens are all identical"));
        }
        if zero_query(data, i) {
            return Some(never(i, "its query is zero, so its tokens share attention equally"));
        }
    }
    let (i, tokens) = (unsaturated, data.tokens());
    let weights = weights.sequence(i);
    let top = (0..weights.len()).max_by(|s, t| weights[*s].total_cmp(&weights[*t]))?;
    let twin =
        (0..weights.len()).find(|t| *t != top && tokens.token(i, *t) == tokens.token(i, top))?;
    Some(format!(
        "sequence {i} can't saturate on its tokens {} and {}: they are identical and share \
         attention equally; leave one of them out",
        top.min(twin),
        top.max(twin)
    ))
}

/// The first constraint of the AttSVM that no key-query matrix meets, as its row is zero.
pub fn zero_constraint(data: &Dataset, selection: &TokenSelection) -> Option<String> {
    let tokens = data.tokens();
    selection.tokens().iter().enumerate().find_map(|(i, selected)| {
        let others = |t: &usize| t != selected;
        let why = |t: usize| {
            if zero_query(data, i) {
                Some("as the query of the sequence is zero")
            } else {
                let identical = tokens.token(i, t) == tokens.token(i, *selected);
                identical.then_some("as the two are identical")
            }
        };
        let (t, why) =
            (0..tokens.sequence_len(i)).filter(others).find_map(|t| why(t).map(|why| (t, why)))?;
        Some(format!(
            "in sequence {i}, nothing separates token {t} from the selected token {selected}, {why}"
        ))
    })
}

fn identical_tokens(data: &Dataset, i: usize) -> bool {
    let tokens = data.tokens();
    (1..tokens.sequence_len(i)).all(|t| tokens.token(i, t) == tokens.token(i, 0))
}

fn zero_query(data: &Dataset, i: usize) -> bool {
    data.queries().col(i).iter().all(|entry| *entry == 0.0)
}
