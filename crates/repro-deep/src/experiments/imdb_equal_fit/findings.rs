//! The verdicts of the comparison at equal fit. Their criteria were fixed before the runs that are compared.

use mirrorhead_harness::{Bound, Claim, Effect, Finding, Measurement, Summary, statistics};

use super::figures::{fitting, learning, pruning, tuning};
use super::profile::METHODS;
use super::tables::{
    Cells, accuracies, best_accuracy, differences, pairs, pruned_accuracy, sparseness,
    stop_accuracy,
};
use crate::experiments::imdb::findings::{compared, runs};
use crate::experiments::imdb::tables::settings;
use crate::experiments::shared::paper_settings::deviations;
use crate::training::method::Method;
use crate::training::text_training::TextOutcome;
use crate::training::train::End;

const EVERY_METHOD_FITS: Claim = Claim {
    key: "every-method-fits",
    statement: "every method reaches 99.5% of the training reviews",
    expected: "every run that is compared ends by the stopping rule",
};

const SMALLER_P_AT_THE_STOP: Claim = Claim {
    key: "smaller-p-at-the-stop",
    statement: "at equal fit, a model trained with p = 1.1 classifies more test reviews correctly than one trained by \
                    gradient descent (p = 2)",
    expected: "over the seeds whose two runs both reach the stopping rule, the median difference of their test \
                   accuracies at the stop is positive, with a confidence of 95%",
};

const SMALLER_P_AT_ITS_BEST: Claim = Claim {
    key: "smaller-p-at-its-best",
    statement: "and so it does at the best epoch of each",
    expected: "over the same seeds, the median difference of the test accuracies at the best validation epochs is \
                   positive, with a confidence of 95%",
};

const SMALLER_P_SPARSER: Claim = Claim {
    key: "smaller-p-sparser",
    statement: "at equal fit, keys, queries and values are sparser with p = 1.1 than with p = 2",
    expected: "over the same seeds, the median difference of Hoyer's sparseness at the stop is positive for each of \
                   the three, with a confidence of 95%",
};

const SPARSE_IS_PRUNABLE: Claim = Claim {
    key: "sparse-is-prunable",
    statement: "and what is sparser can be pruned: with the largest tenth of keys, queries and values kept, p = 1.1 loses \
                    less test accuracy than p = 2, and less than Adam",
    expected: "over the seeds whose runs reach the stopping rule, the median of the loss of p = 2 minus that of \
                   p = 1.1 is positive, with a confidence of 95%, and that of Adam's minus it, too",
};

const ZEROS_FROM_THE_START: Claim = Claim {
    key: "zeros-from-the-start",
    statement: "a tenth of keys, queries and values that was trained as such is worth more than one that is cut out: the \
                    largest tenth classifies more test reviews correctly with LinBreg than with gradient descent (p = 2), \
                    and with AdaBreg than with Adam",
    expected: "over the seeds whose two runs both reach the stopping rule, the median difference of the test accuracies \
                   with a tenth is positive for each of the two pairs, with a confidence of 95%",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 6] = [
    EVERY_METHOD_FITS,
    SMALLER_P_AT_THE_STOP,
    SMALLER_P_AT_ITS_BEST,
    SMALLER_P_SPARSER,
    SPARSE_IS_PRUNABLE,
    ZEROS_FROM_THE_START,
];

/// The share of keys, queries and values that is kept where pruning is judged.
const JUDGED_SHARE: f64 = 0.1;

/// p = 1.1, which is compared with the others.
const SMALL: Method = METHODS[0];
/// Gradient descent.
const TWO: Method = METHODS[1];

/// The figures, the tables and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let configs: Vec<_> = compared(cells).map(|(config, _)| config).collect();
    Summary {
        figures: vec![fitting(cells), learning(cells), pruning(cells), tuning(cells)],
        tables: vec![
            accuracies(cells),
            pairs(cells),
            sparseness(cells),
            deviations(&settings(&configs)),
        ],
        findings: vec![
            fits(cells),
            at_the_stop(cells),
            at_its_best(cells),
            sparser(cells),
            prunable(cells),
            zeros(cells),
        ],
        ..Summary::default()
    }
}

fn fits(cells: &Cells) -> Finding {
    let of = |method: &Method| {
        let outcomes = runs(cells, 1, *method);
        let fitted = outcomes.iter().filter(|outcome| outcome.end == End::Fitted).count();
        Effect::every(format!("{method}: runs that reach the rule"), fitted, outcomes.len())
    };
    let effects: Vec<_> = METHODS.iter().map(of).collect();
    EVERY_METHOD_FITS.decided(effects, "every run ends by the stopping rule")
}

/// A difference in points of accuracy as an effect, and its mean with a 95% confidence interval.
fn in_points(label: &str, differences: &[f64]) -> (Effect, Option<Measurement>) {
    let points: Vec<f64> = differences.iter().map(|difference| 100.0 * difference).collect();
    let effect = Effect::median(label, &points, Bound::AtLeast(0.0));
    (effect, statistics::confidence(format!("{label}: mean"), &points))
}

fn accuracy(claim: &Claim, cells: &Cells, number: impl Fn(&TextOutcome) -> f64) -> Finding {
    let differences = differences(cells, [SMALL, TWO], number);
    let (effect, mean) =
        in_points("test accuracy of p = 1.1 minus that of p = 2, points", &differences);
    let text = effect.to_string();
    claim.decided(vec![effect], text).with(mean)
}

fn at_the_stop(cells: &Cells) -> Finding {
    accuracy(&SMALLER_P_AT_THE_STOP, cells, stop_accuracy)
}

fn at_its_best(cells: &Cells) -> Finding {
    accuracy(&SMALLER_P_AT_ITS_BEST, cells, best_accuracy)
}

fn sparser(cells: &Cells) -> Finding {
    let of = |(map, name): (usize, &str)| {
        let hoyer = |outcome: &TextOutcome| outcome.last.weights[map].hoyer;
        let label = format!("{name}: sparseness with p = 1.1 minus that with p = 2");
        Effect::median(label, &differences(cells, [SMALL, TWO], hoyer), Bound::AtLeast(0.0))
    };
    let effects: Vec<_> = ["keys", "queries", "values"].into_iter().enumerate().map(of).collect();
    let text = effects.iter().map(Effect::to_string).collect::<Vec<_>>().join("; ");
    SMALLER_P_SPARSER.decided(effects, text)
}

fn prunable(cells: &Cells) -> Finding {
    let loss = |outcome: &TextOutcome| {
        stop_accuracy(outcome) - pruned_accuracy(&outcome.last, JUDGED_SHARE)
    };
    let of = |other: Method| {
        let label = format!("loss of {other} minus that of {SMALL}, points");
        in_points(&label, &differences(cells, [other, SMALL], loss))
    };
    let (effects, means): (Vec<_>, Vec<_>) = [TWO, Method::Adam].map(of).into_iter().unzip();
    let text = effects.iter().map(Effect::to_string).collect::<Vec<_>>().join("; ");
    SPARSE_IS_PRUNABLE.decided(effects, text).with(means.into_iter().flatten())
}

fn zeros(cells: &Cells) -> Finding {
    let tenth = |outcome: &TextOutcome| pruned_accuracy(&outcome.last, JUDGED_SHARE);
    let of = |[sparse, dense]: [Method; 2]| {
        let label = format!("with a tenth, {sparse} minus {dense}, points");
        in_points(&label, &differences(cells, [sparse, dense], tenth))
    };
    let pairs = [[METHODS[4], TWO], [METHODS[5], Method::Adam]];
    let (effects, means): (Vec<_>, Vec<_>) = pairs.map(of).into_iter().unzip();
    let text = effects.iter().map(Effect::to_string).collect::<Vec<_>>().join("; ");
    ZEROS_FROM_THE_START.decided(effects, text).with(means.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Verdict;

    use super::*;
    use crate::experiments::imdb::findings::example;
    use crate::training::text_training::{Pruned, TextTraining};

    /// Five seeds of every method; p = 1.1 is ahead by so many of 1,000 test reviews, and loses so many by pruning, as those
    /// with exact zeros do.
    fn cells(ahead: [isize; 5], lost: usize) -> Vec<(TextTraining, TextOutcome)> {
        let mut cells = Vec::new();
        for (seed, ahead) in (1..).zip(ahead) {
            for method in METHODS {
                let ahead = if method == SMALL { ahead } else { 0 };
                let (config, outcome) =
                    example(method, seed, 700_usize.saturating_add_signed(ahead));
                let mut last = outcome.last;
                let mut test = last.test;
                let sparse = method == SMALL || method.first_share().is_some();
                test.correct -= if sparse { lost } else { 50 };
                last.pruned = vec![Pruned { kept: JUDGED_SHARE, test }];
                last.weights
                    .iter_mut()
                    .for_each(|map| map.hoyer = if method == SMALL { 0.5 } else { 0.2 });
                cells.push((config, TextOutcome { end: End::Fitted, last, ..outcome }));
            }
        }
        cells
    }

    fn verdicts(cells: &Cells) -> Vec<Verdict> {
        summarise(cells).findings.into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn each_claim_follows_its_own_differences() {
        use Verdict::{Differs, NotJudged, Reproduced};
        assert_eq!(verdicts(&cells([9, 11, 10, 12, 8], 10)), [Reproduced; 6]);
        let worse = verdicts(&cells([-9, -11, -10, -12, -8], 90));
        assert_eq!(worse, [Reproduced, Differs, Differs, Reproduced, Differs, Differs]);
        assert_eq!(verdicts(&cells([9, -11, 10, -12, 8], 10))[1..3], [NotJudged; 2]);
    }

    #[test]
    fn a_pair_counts_only_if_both_runs_have_fitted() {
        let mut all = cells([9, 11, 10, 12, 8], 10);
        for (config, outcome) in &mut all {
            if config.seed == 2 && config.method == TWO {
                outcome.end = End::OutOfEpochs;
            }
        }
        let mut pairs = differences(&all, [SMALL, TWO], stop_accuracy);
        pairs.sort_by(f64::total_cmp);
        for (found, expected) in pairs.iter().zip([0.008, 0.009, 0.010, 0.012]) {
            assert!((found - expected).abs() < 1e-12, "{pairs:?}");
        }
        assert_eq!(pairs.len(), 4);
        assert_eq!(verdicts(&all)[0], Verdict::Differs);
    }
}
