//! What in the data keeps attention from moving, from saturating, or from being separated.

use std::collections::HashMap;

use mirrorhead_attention::{
    AttentionError, AttentionWeights, Dataset, Loss, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{Matrix, elementary};
use mirrorhead_mirror::StepSize;

/// Why the gradient is zero.
///
/// # Errors
/// A decoder of another dimension.
pub fn of_moving(data: &Dataset, decoder: &Matrix) -> Result<String, AttentionError> {
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
pub fn of_saturating(
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

/// Two samples that are the same with opposite labels, whose risk has a finite minimum: attention that
/// saturates moves away from it.
///
/// With `a` labels 1 and `b` labels -1 on the same sequence and query, the risk of the head's output
/// `$f$` is `$a\,\ell(f) + b\,\ell(-f)$`, least at `$f = \ln(a/b)$` for the logistic loss and at half of that for
/// the exponential one. Unless a token has just that score, no selection attains it.
///
/// # Errors
/// A decoder of another dimension.
pub fn contradiction(
    data: &Dataset,
    decoder: &Matrix,
    loss: Loss,
) -> Result<Option<String>, AttentionError> {
    let scores = TokenScores::of(data, decoder)?;
    for group in same_samples(data) {
        let of_label =
            |label: f64| group.iter().copied().filter(move |i| data.labels()[*i] == label);
        let (positive, negative) = (of_label(1.0).count(), of_label(-1.0).count());
        let (Some(i), Some(j)) = (of_label(1.0).next(), of_label(-1.0).next()) else { continue };
        let odds = elementary::ln(positive as f64 / negative as f64);
        let best = match loss {
            Loss::Logistic => odds,
            Loss::Exponential => odds / 2.0,
            Loss::Correlation => continue,
        };
        let scores = scores.sequence(i);
        let below = scores.iter().any(|score| *score < best);
        let above = scores.iter().any(|score| *score > best);
        if !(below && above) || scores.contains(&best) {
            continue;
        }
        return Ok(Some(format!(
            "sequences {i} and {j} are the same with labels 1 and -1: their risk has a finite \
             minimum, where the head's output is {best:.3}, and any attention that saturates is \
             away from it, however long training goes; leave out the one whose label is wrong"
        )));
    }
    Ok(None)
}

/// The samples that have the same query and the same tokens, in any order; groups of several, in the
/// order of their first.
fn same_samples(data: &Dataset) -> Vec<Vec<usize>> {
    let bits = |entries: &[f64]| entries.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>();
    let mut groups: HashMap<Vec<Vec<u64>>, Vec<usize>> = HashMap::new();
    for i in 0..data.len() {
        let tokens = data.tokens();
        let mut key: Vec<_> =
            (0..tokens.sequence_len(i)).map(|t| bits(tokens.token(i, t))).collect();
        key.sort_unstable();
        key.push(bits(data.queries().col(i)));
        groups.entry(key).or_default().push(i);
    }
    let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_unstable();
    groups
}

/// Training that didn't saturate for want of steps, or of their length.
pub struct UnsaturatedTraining {
    /// The exponent.
    pub p: f64,
    /// The step rule.
    pub step: StepSize,
    /// Number of steps taken.
    pub iterations: u64,
    /// The weight from which a token is selected.
    pub threshold: f64,
}

/// Tokens whose scores have to move apart this many times further are no leaders yet.
const MOST_LARGER: f64 = 1e3;

impl UnsaturatedTraining {
    /// What saturates every sequence; `sequence` is the first that isn't yet.
    ///
    /// The dual iterate grows by the step's length with every normalized step, so that the norm of
    /// `$W$` grows like `$(\eta k)^{1/(p-1)}$`. The gap between the scores of the two leading tokens,
    /// proportional to that norm once the direction has settled, has to reach
    /// `$\ln\frac{\theta (T - 1)}{1 - \theta}$` for a weight of `$\theta$`.
    pub fn remedy(&self, weights: &AttentionWeights, sequence: usize) -> String {
        let threshold = self.threshold;
        let largest = weights.sequence(sequence).iter().copied().fold(0.0, f64::max);
        let before = format!(
            "sequence {sequence} is not saturated: its largest attention weight is {largest:.4}, \
             below {threshold}"
        );
        let StepSize::DualNormalized(step) = self.step else {
            return format!(
                "{before}; leave --constant out: steps that aren't divided by the gradient's norm \
                 shrink as attention saturates"
            );
        };
        let of_each = (0..weights.len()).map(|i| self.larger(weights.log_sequence(i)));
        let larger = of_each.fold(1.0, f64::max);
        if larger >= MOST_LARGER {
            return format!(
                "{before}; its leading tokens are hardly told apart yet: train longer, or take a \
                 longer --step"
            );
        }
        // A little more, as the estimate takes the direction for settled.
        let longer = 1.5 * elementary::powf(larger, self.p - 1.0);
        let step = rounded_up(step * longer);
        if self.p > 2.0 {
            return format!(
                "{before}; at p = {} the norm of W grows only like (step x iterations)^(1/(p-1)), \
                 with exponent {:.2}: take a longer step, --step {step}",
                self.p,
                1.0 / (self.p - 1.0)
            );
        }
        let iterations = rounded_up(self.iterations as f64 * longer);
        format!(
            "{before}; train longer, --iters {iterations}, or take a longer step, --step {step}"
        )
    }

    /// How many times the norm of `$W$` has to grow until a sequence with these weights saturates.
    fn larger(&self, log_weights: &[f64]) -> f64 {
        let mut sorted = log_weights.to_vec();
        sorted.sort_by(|one, other| other.total_cmp(one));
        let [first, second, ..] = sorted[..] else { return 1.0 };
        let others = (sorted.len() - 1) as f64;
        elementary::ln(self.threshold / (1.0 - self.threshold) * others) / (first - second)
    }
}

/// The next number with two digits.
fn rounded_up(value: f64) -> f64 {
    let unit = elementary::powf(10.0, elementary::log10(value.abs()).floor() - 1.0);
    let rounded = (value / unit).ceil() * unit;
    // Away with what the power of ten left behind its digits.
    format!("{rounded:.1e}").parse().unwrap_or(rounded)
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

#[cfg(test)]
mod tests {
    use mirrorhead_kernels::TokenBatch;

    use super::*;

    #[test]
    fn numbers_are_rounded_up_to_two_digits() {
        for (value, rounded) in [(0.1234, 0.13), (1.0, 1.0), (98.7, 99.0), (9950.0, 1e4)] {
            assert_eq!(rounded_up(value), rounded);
        }
    }

    /// One sequence with scores 2 and -1, thrice, with these labels.
    fn data(labels: &[f64]) -> Dataset {
        let n = labels.len();
        let tokens = TokenBatch::new(1, &vec![2; n], [2.0, -1.0].repeat(n)).unwrap();
        let queries = Matrix::from_fn(n, 1, |_, _| 1.0);
        Dataset::new(tokens, &queries, labels.to_vec()).unwrap()
    }

    #[test]
    fn labels_that_contradict_each_other_have_a_finite_minimum_within_the_scores() {
        let decoder = Matrix::column(vec![1.0]).unwrap();
        let of = |labels: &[f64], loss| contradiction(&data(labels), &decoder, loss).unwrap();
        let why = of(&[1.0, -1.0], Loss::Logistic).unwrap();
        assert!(why.contains("sequences 0 and 1") && why.contains("finite minimum"), "{why}");
        let why = of(&[-1.0, 1.0, 1.0], Loss::Logistic).unwrap();
        assert!(why.contains("output is 0.693"), "{why}");
        assert!(of(&[-1.0, 1.0, 1.0], Loss::Exponential).unwrap().contains("output is 0.347"));
        assert_eq!(of(&[1.0, 1.0], Loss::Logistic), None);
        // Eight to one: the minimum is at ln 8 > 2, beyond every score.
        let many = [[1.0; 8].as_slice(), &[-1.0]].concat();
        assert_eq!(of(&many, Loss::Logistic), None);
        assert_eq!(of(&[1.0, -1.0], Loss::Correlation), None);
    }
}
