//! What claims at equal fit are judged by.

use mirrorhead_harness::{Bound, Claim, Effect, Finding, Measurement, statistics};

use super::comparison::{Comparison, Outcome};
use super::tables::{pruned_accuracy, stop_accuracy};
use crate::training::method::Method;
use crate::training::train::End;

/// The share of keys, queries and values that is kept where pruning is judged.
pub const JUDGED_SHARE: f64 = 0.1;

/// Whether every run reaches the stopping rule.
pub fn fits(claim: &Claim, comparison: &Comparison) -> Finding {
    let of = |method: &Method| {
        let outcomes = comparison.outcomes(*method);
        let fitted = outcomes.iter().filter(|outcome| outcome.end == End::Fitted).count();
        Effect::every(format!("{method}: runs that reach the rule"), fitted, outcomes.len())
    };
    let effects: Vec<_> = comparison.methods.iter().map(of).collect();
    claim.decided(effects, "every run ends by the stopping rule")
}

/// Differences in points of accuracy as an effect, and their mean with a 95% confidence interval.
fn in_points(label: &str, differences: &[f64], bound: Bound) -> (Effect, Option<Measurement>) {
    let points: Vec<f64> = differences.iter().map(|difference| 100.0 * difference).collect();
    let effect = Effect::median(label, &points, bound);
    (effect, statistics::confidence(format!("{label}: mean"), &points))
}

/// By how many points a test accuracy of the first method is above that of the second.
pub fn accuracy(
    claim: &Claim,
    comparison: &Comparison,
    ([first, second], bound): ([Method; 2], Bound),
    number: impl Fn(&Outcome) -> f64,
) -> Finding {
    let differences = comparison.differences([first, second], number);
    let label = format!("test accuracy of {first} minus that of {second}, points");
    let (effect, mean) = in_points(&label, &differences, bound);
    let text = effect.to_string();
    claim.decided(vec![effect], text).with(mean)
}

/// Whether keys, queries and values are sparser at the stop with the first method than with the second.
pub fn sparser(claim: &Claim, comparison: &Comparison, [first, second]: [Method; 2]) -> Finding {
    let of = |(map, name): (usize, &str)| {
        let hoyer = |outcome: &Outcome| outcome.last.weights[map].hoyer;
        let label = format!("{name}: sparseness with {first} minus that with {second}");
        let differences = comparison.differences([first, second], hoyer);
        Effect::median(label, &differences, Bound::AtLeast(0.0))
    };
    let effects: Vec<_> = ["keys", "queries", "values"].into_iter().enumerate().map(of).collect();
    let text = in_words(&effects);
    claim.decided(effects, text)
}

/// Whether each of the others loses more test accuracy by pruning than a method.
pub fn prunable(
    claim: &Claim,
    comparison: &Comparison,
    (method, others): (Method, [Method; 2]),
) -> Finding {
    let loss = |outcome: &Outcome| stop_accuracy(outcome) - pruned_accuracy(outcome, JUDGED_SHARE);
    let of = |other: Method| {
        let label = format!("loss of {other} minus that of {method}, points");
        let differences = comparison.differences([other, method], loss);
        in_points(&label, &differences, Bound::AtLeast(0.0))
    };
    decided(claim, others.map(of))
}

/// Whether the first of each pair is above the second with the largest tenth of keys, queries and values.
pub fn with_a_tenth(claim: &Claim, comparison: &Comparison, pairs: [[Method; 2]; 2]) -> Finding {
    let tenth = |outcome: &Outcome| pruned_accuracy(outcome, JUDGED_SHARE);
    let of = |[first, second]: [Method; 2]| {
        let label = format!("with a tenth, {first} minus {second}, points");
        let differences = comparison.differences([first, second], tenth);
        in_points(&label, &differences, Bound::AtLeast(0.0))
    };
    decided(claim, pairs.map(of))
}

/// A claim by two effects, with their means beside them.
fn decided(claim: &Claim, effects: [(Effect, Option<Measurement>); 2]) -> Finding {
    let (effects, means): (Vec<_>, Vec<_>) = effects.into_iter().unzip();
    let text = in_words(&effects);
    claim.decided(effects, text).with(means.into_iter().flatten())
}

fn in_words(effects: &[Effect]) -> String {
    effects.iter().map(Effect::to_string).collect::<Vec<_>>().join("; ")
}
