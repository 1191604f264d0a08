//! The verdicts of the comparison at equal fit. Their criteria were fixed before the runs that are compared.

use mirrorhead_harness::{Bound, Claim, Finding, Summary};

use crate::experiments::cifar10::findings::compared;
use crate::experiments::cifar10::profile::METHODS;
use crate::experiments::cifar10::tables::settings;
use crate::experiments::equal_fit::comparison::{Comparison, Run};
use crate::experiments::equal_fit::figures::{fitting, learning, pruning, tuning, validating};
use crate::experiments::equal_fit::findings::{accuracy, fits, prunable, sparser};
use crate::experiments::equal_fit::tables::{
    accuracies, best_accuracy, pairs, sparseness, stop_accuracy,
};
use crate::experiments::shared::paper_settings::deviations;
use crate::training::image_training::{ImageOutcome, ImageTraining};
use crate::training::method::Method;

const EVERY_METHOD_FITS: Claim = Claim {
    key: "every-method-fits",
    statement: "every method reaches 99.5% of the training images",
    expected: "every run that is compared ends by the stopping rule",
};

const ACCURACY_OF_ADAM: Claim = Claim {
    key: "accuracy-of-adam",
    statement: "at equal fit, a model trained with p = 1.1 classifies as many test images correctly as one trained by \
                    Adam",
    expected: "over the seeds whose two runs both reach the stopping rule, the median difference of their test \
                   accuracies at the stop lies within two points, with a confidence of 95% on either side",
};

const ACCURACY_OF_ADAM_AT_ITS_BEST: Claim = Claim {
    key: "accuracy-of-adam-at-its-best",
    statement: "and so it does at the best epoch of each",
    expected: "over the same seeds, the median difference of the test accuracies at the best validation epochs lies \
                   within two points, with a confidence of 95% on either side",
};

const SPARSER_THAN_ADAM: Claim = Claim {
    key: "sparser-than-adam",
    statement: "at equal fit, keys, queries and values are sparser with p = 1.1 than with Adam",
    expected: "over the same seeds, the median difference of Hoyer's sparseness at the stop is positive for each of \
                   the three, with a confidence of 95%",
};

const SPARSER_THAN_GRADIENT_DESCENT: Claim = Claim {
    key: "sparser-than-gradient-descent",
    statement: "and sparser than with gradient descent (p = 2), which is not in the paper's comparison",
    expected: "as for Adam",
};

const SMALLER_P_AT_THE_STOP: Claim = Claim {
    key: "smaller-p-at-the-stop",
    statement: "at equal fit, a model trained with p = 1.1 classifies more test images correctly than one trained by \
                    gradient descent (p = 2), as the paper says of reviews",
    expected: "over the seeds whose two runs both reach the stopping rule, the median difference of their test \
                   accuracies at the stop is positive, with a confidence of 95%",
};

const SPARSE_IS_PRUNABLE: Claim = Claim {
    key: "sparse-is-prunable",
    statement: "what is sparser can be pruned: with the largest tenth of keys, queries and values kept, p = 1.1 loses \
                    less test accuracy than p = 2, and less than Adam",
    expected: "over the seeds whose runs reach the stopping rule, the median of the loss of p = 2 minus that of \
                   p = 1.1 is positive, with a confidence of 95%, and that of Adam's minus it, too",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 7] = [
    EVERY_METHOD_FITS,
    ACCURACY_OF_ADAM,
    ACCURACY_OF_ADAM_AT_ITS_BEST,
    SPARSER_THAN_ADAM,
    SPARSER_THAN_GRADIENT_DESCENT,
    SMALLER_P_AT_THE_STOP,
    SPARSE_IS_PRUNABLE,
];

/// Within how many points accuracies count as equal: those of `cifar10`.
const AS_ACCURATE: Bound = Bound::Within(-2.0, 2.0);

/// p = 1.1, which is compared with the others.
const SMALL: Method = METHODS[0];
/// Gradient descent.
const TWO: Method = METHODS[1];

/// The pairs of the table.
const PAIRS: [[Method; 2]; 3] = [[SMALL, Method::Adam], [SMALL, TWO], [TWO, Method::Adam]];

/// The runs as they are compared.
pub fn comparison(cells: &[(ImageTraining, ImageOutcome)]) -> Comparison {
    let n_blocks = cells.first().map_or(0, |(config, _)| config.model.n_blocks);
    let runs = cells.iter().map(Run::on_images).collect();
    Comparison { samples: "images", methods: &METHODS, n_blocks, runs }
}

/// The figures, the tables and the verdicts.
pub fn summarise(cells: &[(ImageTraining, ImageOutcome)]) -> Summary {
    let all = comparison(cells);
    let configs: Vec<_> = compared(cells).map(|(config, _)| config).collect();
    Summary {
        figures: vec![fitting(&all), learning(&all), validating(&all), pruning(&all), tuning(&all)],
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
    let of_adam = ([SMALL, Method::Adam], AS_ACCURATE);
    let ahead = ([SMALL, TWO], Bound::AtLeast(0.0));
    vec![
        fits(&EVERY_METHOD_FITS, all),
        accuracy(&ACCURACY_OF_ADAM, all, of_adam, stop_accuracy),
        accuracy(&ACCURACY_OF_ADAM_AT_ITS_BEST, all, of_adam, best_accuracy),
        sparser(&SPARSER_THAN_ADAM, all, [SMALL, Method::Adam]),
        sparser(&SPARSER_THAN_GRADIENT_DESCENT, all, [SMALL, TWO]),
        accuracy(&SMALLER_P_AT_THE_STOP, all, ahead, stop_accuracy),
        prunable(&SPARSE_IS_PRUNABLE, all, (SMALL, [TWO, Method::Adam])),
    ]
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Verdict::{self, Differs, NotJudged, Reproduced};

    use super::*;
    use crate::experiments::equal_fit::comparison::tests::example;
    use crate::training::train::End;

    /// Five seeds of every method; p = 1.1 is ahead of the others by so many of 1,000 test images, of this sparseness, and
    /// loses so many by pruning.
    fn five_seeds(ahead: [isize; 5], hoyer: f64, lost: usize) -> Comparison {
        let mut all = comparison(&[]);
        for (seed, ahead) in (1..).zip(ahead) {
            for method in METHODS {
                let others = (400, (50, 0.2));
                let own = (400_usize.saturating_add_signed(ahead), (lost, hoyer));
                let (correct, (lost, hoyer)) = if method == SMALL { own } else { others };
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
        assert_eq!(verdicts(&five_seeds([9, 11, 10, 12, 8], 0.5, 10)), [Reproduced; 7]);
        let far_below = verdicts(&five_seeds([-31, -29, -30, -32, -28], 0.1, 90));
        assert_eq!(far_below[0], Reproduced);
        assert_eq!(far_below[1..], [Differs; 6]);
        // Far above isn't as accurate either, and more than gradient descent.
        let far_above = verdicts(&five_seeds([31, 29, 30, 32, 28], 0.5, 10));
        assert_eq!(far_above[1..3], [Differs; 2]);
        assert_eq!(far_above[5], Reproduced);
        let both = verdicts(&five_seeds([-9, -31, 10, 12, 8], 0.5, 10));
        assert_eq!([both[1], both[2], both[5]], [NotJudged; 3]);
    }

    #[test]
    fn a_run_that_has_not_fitted_is_told_and_left_out() {
        let mut all = five_seeds([9, 11, 10, 12, 8], 0.5, 10);
        all.runs[0].outcome.end = End::OutOfEpochs;
        let verdicts = verdicts(&all);
        assert_eq!(verdicts[0], Differs);
        // Four pairs have no interval.
        assert_eq!(verdicts[1..], [NotJudged; 6]);
    }
}
