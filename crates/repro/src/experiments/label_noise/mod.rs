//! Label noise: what joint training does where no decoder separates the samples.

mod cell;
mod findings;

use mirrorhead_attention::NoisyLabels;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};

use cell::{
    ANNOTATORS, EXPONENTS, FLIPPED_SHARE, LabelNoiseConfig, LabelNoiseOutcome, SIZES, STEP,
};

/// ℓp-JointGD on inputs labelled by several annotators.
pub struct LabelNoise;

impl Experiment for LabelNoise {
    type Config = LabelNoiseConfig;
    type Outcome = LabelNoiseOutcome;

    fn about(&self) -> About {
        About {
            name: "label-noise",
            group: "algorithms",
            title: "Labels that contradict one another",
            setting: "Six inputs of the paper's kind (T = 8, d = 10), each labelled three times, each label wrong with \
                      probability 0.2. ℓp-JointGD from W = 0, v = 0, logistic loss, constant step 1, 10,000 steps \
                      (paper profile: 100,000).",
            expectation: "Not in the paper, whose theorem on joint training needs labels that the decoder can separate. \
                          Here it can't, whatever tokens are selected: the decoder's SVM is refuted by a Farkas \
                          certificate, while the AttSVM of a selection still has a solution.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn cells(&self, scope: &Scope) -> Vec<LabelNoiseConfig> {
        let iterations = if scope.profile == Profile::Quick { 10_000 } else { 100_000 };
        let data = NoisyLabels { sizes: SIZES, annotators: ANNOTATORS, flipped: FLIPPED_SHARE };
        let cell = |seed, p| LabelNoiseConfig { data, seed, p, step: STEP, iterations };
        scope.seeds(6, 20).flat_map(|seed| EXPONENTS.map(|p| cell(seed, p))).collect()
    }

    fn label(&self, config: &LabelNoiseConfig) -> String {
        format!("p = {}, seed {}", config.p, config.seed)
    }

    fn cost_seconds(&self, config: &LabelNoiseConfig) -> f64 {
        6e-6 * config.iterations as f64
    }

    fn run_cell(
        &self,
        config: &LabelNoiseConfig,
        _: &dyn CellContext,
    ) -> Result<LabelNoiseOutcome, CellError> {
        cell::run(config)
    }

    fn summarise(&self, cells: &[(LabelNoiseConfig, LabelNoiseOutcome)]) -> Summary {
        findings::summarise(cells, &|config| self.label(config))
    }
}
