//! Methods whose runs are compared at equal fit, whatever they learn from.

use crate::experiments::shared::step_sizes::{GridRun, TUNING_SEED};
use crate::training::image_training::{ImageOutcome, ImageTraining};
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};
use crate::training::train::{End, TrainingOutcome};
use crate::training::trained::Trained;

/// What came of a run.
pub type Outcome = TrainingOutcome<Trained>;

/// A run until the stopping rule, or short of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The optimizer.
    pub method: Method,
    /// Its step size.
    pub step_size: f64,
    /// The seed.
    pub seed: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// The runs of an experiment, those that tune step sizes among them.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is classified, in the plural.
    pub samples: &'static str,
    /// The methods, in the order of the tables.
    pub methods: &'static [Method],
    /// Blocks of the model.
    pub n_blocks: usize,
    /// The runs.
    pub runs: Vec<Run>,
}

impl Run {
    /// A run of a text classifier.
    pub fn on_texts((config, outcome): &(TextTraining, TextOutcome)) -> Self {
        let TextTraining { method, step_size, seed, .. } = *config;
        Self { method, step_size, seed, outcome: outcome.map(|trained| trained.model.clone()) }
    }

    /// A run of a vision transformer.
    pub fn on_images((config, outcome): &(ImageTraining, ImageOutcome)) -> Self {
        let ImageTraining { method, step_size, seed, .. } = *config;
        Self { method, step_size, seed, outcome: outcome.clone() }
    }

    fn tunes(&self) -> bool {
        self.seed == TUNING_SEED
    }

    /// What tuning ranks by: reaching the stopping rule, then validation; without reaching it, how near it came.
    fn rank(&self) -> (bool, f64) {
        match self.outcome.end {
            End::Fitted => (true, self.outcome.best_validation()),
            End::OutOfEpochs | End::Diverged { .. } => {
                let accuracies = self.outcome.epochs.iter().map(|epoch| epoch.train.accuracy());
                (false, accuracies.fold(0.0, f64::max))
            }
        }
    }
}

impl Comparison {
    /// The outcomes of a method that are compared, in the order of the seeds.
    pub fn outcomes(&self, method: Method) -> Vec<&Outcome> {
        self.compared(method).map(|run| &run.outcome).collect()
    }

    fn compared(&self, method: Method) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| !run.tunes() && run.method == method)
    }

    /// The step size of a method's runs that are compared.
    pub fn step_size(&self, method: Method) -> Option<f64> {
        self.compared(method).next().map(|run| run.step_size)
    }

    /// Differences between two methods of a number of each run, over the seeds whose two runs have both reached the
    /// stopping rule.
    pub fn differences(
        &self,
        [first, second]: [Method; 2],
        number: impl Fn(&Outcome) -> f64,
    ) -> Vec<f64> {
        let fitted = |method: Method, seed: u64| {
            let mut own = self.compared(method).filter(|run| run.seed == seed);
            own.find(|run| run.outcome.end == End::Fitted).map(|run| number(&run.outcome))
        };
        let pair = |run: &Run| Some(fitted(first, run.seed)? - fitted(second, run.seed)?);
        self.compared(first).filter_map(pair).collect()
    }

    /// The runs that tune step sizes.
    pub fn grid(&self) -> Vec<GridRun> {
        let run = |run: &Run| GridRun {
            n_blocks: self.n_blocks,
            method: run.method,
            step_size: run.step_size,
            accuracy: run.outcome.best_validation(),
        };
        self.runs.iter().filter(|run| run.tunes()).map(run).collect()
    }

    /// The step size of a method: of the runs that tune and reach the stopping rule, the one that validates best; if none
    /// does, the one that comes nearest. The smallest of equals.
    pub fn tuned(&self, method: Method) -> Option<f64> {
        let own = self.runs.iter().filter(|run| run.tunes() && run.method == method);
        let mut steps: Vec<_> = own.map(|run| (run.rank(), run.step_size)).collect();
        steps
            .sort_by(|((a, x), s), ((b, y), t)| b.cmp(a).then(y.total_cmp(x)).then(s.total_cmp(t)));
        steps.first().map(|(_, step)| *step)
    }
}

#[cfg(test)]
pub mod tests {
    use mirrorhead_transformers::Evaluation;

    use super::*;
    use crate::experiments::equal_fit::findings::JUDGED_SHARE;
    use crate::training::train::Epoch;
    use crate::training::trained::Pruned;

    /// This many of a thousand.
    fn of_1000(correct: usize) -> Evaluation {
        Evaluation { loss: 0.0, correct, n: 1_000 }
    }

    /// A run that has fitted, with this many of 1,000 test samples correct, so many less after pruning, and maps of this
    /// sparseness.
    pub fn example(
        (method, seed): (Method, u64),
        (correct, lost): (usize, usize),
        hoyer: f64,
    ) -> Run {
        let epoch = Epoch { train: of_1000(995), validation: of_1000(correct), test: None };
        let mut trained = Trained {
            epoch: 1,
            test: of_1000(correct),
            weights: Default::default(),
            pruned: vec![Pruned { kept: JUDGED_SHARE, test: of_1000(correct - lost) }],
        };
        trained.weights.iter_mut().for_each(|map| map.hoyer = hoyer);
        let (best, last) = (trained.clone(), trained);
        let outcome = TrainingOutcome { epochs: vec![epoch], end: End::Fitted, best, last };
        Run { method, step_size: 0.1, seed, outcome }
    }

    const TWO: Method = Method::MirrorDescent { p: 2.0 };

    fn comparison(runs: Vec<Run>) -> Comparison {
        Comparison { samples: "samples", methods: &[TWO, Method::Adam], n_blocks: 1, runs }
    }

    #[test]
    fn a_step_that_fits_goes_before_one_that_validates_better() {
        let run = |(step_size, end, train, validation): (f64, End, usize, usize)| {
            let mut run = example((TWO, TUNING_SEED), (500, 0), 0.0);
            run.outcome.epochs[0].train = of_1000(train);
            run.outcome.epochs[0].validation = of_1000(validation);
            Run { step_size, outcome: TrainingOutcome { end, ..run.outcome }, ..run }
        };
        let (fitted, open) = (End::Fitted, End::OutOfEpochs);
        let all = [
            (0.1, open, 990, 900),
            (0.2, fitted, 995, 700),
            (0.4, fitted, 995, 800),
            (0.3, fitted, 995, 800),
        ];
        let all = comparison(all.map(run).into());
        assert_eq!((all.tuned(TWO), all.tuned(Method::Adam)), (Some(0.3), None));
        let none = [(0.1, open, 700, 900), (0.2, open, 800, 600)].map(run);
        assert_eq!(comparison(none.into()).tuned(TWO), Some(0.2));
    }

    #[test]
    fn a_pair_counts_only_if_both_runs_have_fitted_and_none_that_tunes() {
        let mut runs = Vec::new();
        for (seed, ahead) in (TUNING_SEED..).zip([50, 9, 11, 10, 12, 8]) {
            runs.push(example((TWO, seed), (700 + ahead, 0), 0.0));
            runs.push(example((Method::Adam, seed), (700, 0), 0.0));
        }
        // That of seed 2.
        runs[5].outcome.end = End::OutOfEpochs;
        let all = comparison(runs);
        let correct = |outcome: &Outcome| outcome.last.test.correct as f64;
        assert_eq!(all.differences([TWO, Method::Adam], correct), [9.0, 10.0, 12.0, 8.0]);
        assert_eq!((all.outcomes(TWO).len(), all.grid().len()), (5, 2));
    }
}
