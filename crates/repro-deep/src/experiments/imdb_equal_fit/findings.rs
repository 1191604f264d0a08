//! The verdicts of the comparison at equal fit. Their criteria were fixed before the runs that are compared.

use mirrorhead_harness::{Bound, Claim, Finding, Summary};

use super::profile::METHODS;
use crate::experiments::equal_fit::comparison::{Comparison, Run};
use crate::experiments::equal_fit::figures::{fitting, learning, pruning, tuning};
use crate::experiments::equal_fit::findings::{accuracy, fits, prunable, sparser, with_a_tenth};
use crate::experiments::equal_fit::tables::{
    accuracies, best_accuracy, pairs, sparseness, stop_accuracy,
};
use crate::experiments::imdb::findings::compared;
use crate::experiments::imdb::tables::settings;
use crate::experiments::shared::paper_settings::deviations;
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};

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

/// p = 1.1, which is compared with the others.
const SMALL: Method = METHODS[0];
/// Gradient descent.
const TWO: Method = METHODS[1];

/// The pairs of the table: p = 1.1 and the other methods, those among each other, and those with exact zeros beside the
/// methods that they are otherwise.
const PAIRS: [[Method; 2]; 9] = [
    [SMALL, TWO],
    [SMALL, METHODS[2]],
    [SMALL, Method::Adam],
    [TWO, METHODS[2]],
    [TWO, Method::Adam],
    [METHODS[4], TWO],
    [METHODS[5], Method::Adam],
    [METHODS[6], Method::Adam],
    [METHODS[5], METHODS[6]],
];

/// The runs as they are compared.
pub fn comparison(cells: &[(TextTraining, TextOutcome)]) -> Comparison {
    let runs = cells.iter().map(Run::on_texts).collect();
    Comparison { samples: "reviews", methods: &METHODS, n_blocks: 1, runs }
}

/// The figures, the tables and the verdicts.
pub fn summarise(cells: &[(TextTraining, TextOutcome)]) -> Summary {
    let all = comparison(cells);
    let configs: Vec<_> = compared(cells).map(|(config, _)| config).collect();
    Summary {
        figures: vec![fitting(&all), learning(&all), pruning(&all), tuning(&all)],
        tables: vec![
            accuracies(&all),
            pairs(&all, &PAIRS),
            sparseness(&all),
            deviations(&settings(&configs)),
        ],
        findings: findings(&all),
        ..Summary::default()
    }
}

fn findings(all: &Comparison) -> Vec<Finding> {
    let ahead = ([SMALL, TWO], Bound::AtLeast(0.0));
    vec![
        fits(&EVERY_METHOD_FITS, all),
        accuracy(&SMALLER_P_AT_THE_STOP, all, ahead, stop_accuracy),
        accuracy(&SMALLER_P_AT_ITS_BEST, all, ahead, best_accuracy),
        sparser(&SMALLER_P_SPARSER, all, [SMALL, TWO]),
        prunable(&SPARSE_IS_PRUNABLE, all, (SMALL, [TWO, Method::Adam])),
        with_a_tenth(&ZEROS_FROM_THE_START, all, [[METHODS[4], TWO], [METHODS[5], Method::Adam]]),
    ]
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Verdict;

    use super::*;
    use crate::experiments::equal_fit::comparison::tests::example;
    use crate::training::train::End;

    /// Five seeds of every method; p = 1.1 is ahead by so many of 1,000 test reviews, and loses so many by pruning, as those
    /// with exact zeros do.
    fn five_seeds(ahead: [isize; 5], lost: usize) -> Comparison {
        let mut all = comparison(&[]);
        for (seed, ahead) in (1..).zip(ahead) {
            for method in METHODS {
                let (ahead, hoyer) = if method == SMALL { (ahead, 0.5) } else { (0, 0.2) };
                let sparse = method == SMALL || method.first_share().is_some();
                let correct = 700_usize.saturating_add_signed(ahead);
                let lost = if sparse { lost } else { 50 };
                all.runs.push(example((method, seed), (correct, lost), hoyer));
            }
        }
        all
    }

    fn verdicts(all: &Comparison) -> Vec<Verdict> {
        findings(all).into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn each_claim_follows_its_own_differences() {
        use Verdict::{Differs, NotJudged, Reproduced};
        assert_eq!(verdicts(&five_seeds([9, 11, 10, 12, 8], 10)), [Reproduced; 6]);
        let worse = verdicts(&five_seeds([-9, -11, -10, -12, -8], 90));
        assert_eq!(worse, [Reproduced, Differs, Differs, Reproduced, Differs, Differs]);
        assert_eq!(verdicts(&five_seeds([9, -11, 10, -12, 8], 10))[1..3], [NotJudged; 2]);
    }

    #[test]
    fn a_run_that_has_not_fitted_is_told() {
        let mut all = five_seeds([9, 11, 10, 12, 8], 10);
        all.runs[0].outcome.end = End::OutOfEpochs;
        assert_eq!(verdicts(&all)[0], Verdict::Differs);
    }
}
