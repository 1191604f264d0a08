//! A single head on reviews: the theory's own model, on frozen vectors of real words.

mod cell;
mod findings;
mod single_head;
mod tables;

use mirrorhead_datasets::PlantedReviews;
use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Profile, Scope, Summary,
};
use mirrorhead_repro::REAL_DATA;

use crate::data::frozen_reviews::FrozenSettings;
use crate::data::text_source::{Pieces, TextSource};
use crate::data::word_vectors::WordVectorSettings;
use crate::measures::separability::Separability;
use cell::{HeadCell, HeadCellOutcome};
use single_head::{EXPONENTS, SingleHead};

/// The experiment.
pub struct SingleHeadImdb;

/// Pieces learned from the training reviews; the words among them get vectors.
const LEARNED_PIECES: usize = 8_000;
/// The length of a normalized step, as in the paper's synthetic study.
const STEP: f64 = 0.1;

/// Sizes of a profile.
struct Sizes {
    /// Reviews of a run.
    n: usize,
    /// Numbers of reviews whose selections are tested.
    separability: &'static [usize],
    /// Seeds of these, a number.
    draws: u64,
    /// Steps at p = 2; fewer for smaller and more for larger p.
    iterations: u64,
}

const QUICK: Sizes = Sizes { n: 6, separability: &[4, 8, 16, 32, 64], draws: 2, iterations: 4_000 };
const REAL: Sizes = Sizes {
    n: 24,
    separability: &[16, 32, 64, 96, 128, 192, 256, 384],
    draws: 5,
    iterations: 20_000,
};

fn sizes(profile: Profile) -> &'static Sizes {
    if profile == Profile::Quick { &QUICK } else { &REAL }
}

/// How many times as many steps an exponent gets: the norm grows as `$k^{1/(p-1)}$`.
fn pace(p: f64) -> u64 {
    if p > 2.0 { 10 } else { 1 }
}

fn frozen(scope: &Scope) -> Result<FrozenSettings, CellError> {
    if scope.profile == Profile::Quick {
        let reviews = PlantedReviews { n_train: 1_000, ..PlantedReviews::default() };
        return Ok(FrozenSettings {
            source: TextSource::Planted { reviews, seed: 1 },
            vectors: WordVectorSettings { words: 500, window: 5, shift: 1.0, dim: 8, seed: 1 },
            tokens: 8,
            ridge: 1e-3,
        });
    }
    let source = TextSource::imdb(&scope.data_dir, Pieces::Learned(LEARNED_PIECES));
    Ok(FrozenSettings {
        source: source?,
        vectors: WordVectorSettings { words: 3_000, window: 5, shift: 1.0, dim: 32, seed: 1 },
        tokens: 64,
        ridge: 1e-3,
    })
}

impl Experiment for SingleHeadImdb {
    type Config = HeadCell;
    type Outcome = HeadCellOutcome;

    fn about(&self) -> About {
        About {
            name: "single-head-imdb",
            group: REAL_DATA,
            title: "A single head on IMDb reviews beside its AttSVM",
            setting: "The model of the theory, one softmax head with a fixed decoder, on real reviews: tokens \
                      are frozen unit vectors (d = 32) of the first 64 different words of a review, learned \
                      from the training reviews without labels (positive mutual information, truncated \
                      decomposition, mean taken off); the query is their mean; the decoder is the ridge \
                      regression of labels on means. 24 reviews drawn at random, normalized ℓp-AttGD (step \
                      0.1, logistic loss) from W(0) ~ N(0, 1), 20,000 steps and 200,000 for p = 3. The \
                      selection is read off each saturated run; the AttSVM of every exponent is solved for \
                      that same selection, to a certified gap; then the run goes on. Beside it, selections \
                      of up to 384 reviews that nobody trained. Profile quick: generated reviews.",
            expectation: "The paper shows this for random data only. Its theorem asks for a locally optimal \
                          selection and a start in a cone around its direction, not for random tokens.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        findings::CLAIMS.to_vec()
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        frozen(scope).map(drop)
    }

    fn cells(&self, scope: &Scope) -> Vec<HeadCell> {
        let Ok(frozen) = frozen(scope) else { return Vec::new() };
        let sizes = sizes(scope.profile);
        let mut cells = Vec::new();
        for p in EXPONENTS {
            for seed in scope.seeds(5, 10) {
                cells.push(HeadCell::Run(SingleHead {
                    frozen: frozen.clone(),
                    n: sizes.n,
                    p,
                    step: STEP,
                    iterations: sizes.iterations * pace(p),
                    seed,
                }));
            }
        }
        for n in sizes.separability {
            for seed in scope.seeds_or(sizes.draws) {
                let frozen = frozen.clone();
                cells.push(HeadCell::Separability(Separability { frozen, n: *n, seed }));
            }
        }
        cells
    }

    fn label(&self, config: &HeadCell) -> String {
        match config {
            HeadCell::Run(SingleHead { p, seed, .. }) => format!("p = {p}, seed {seed}"),
            HeadCell::Separability(Separability { n, seed, .. }) => {
                format!("selections of {n} reviews, seed {seed}")
            }
        }
    }

    fn cost_seconds(&self, config: &HeadCell) -> f64 {
        match config {
            HeadCell::Run(run) => {
                let entries = run.n * run.frozen.tokens * run.frozen.vectors.dim;
                6e-9 * (entries as u64 * run.iterations) as f64 + 3.0
            }
            HeadCell::Separability(draw) => {
                let rows = (draw.n * draw.frozen.tokens) as f64;
                1e-5 * rows + 5e-8 * rows.powi(2)
            }
        }
    }

    fn run_cell(
        &self,
        config: &HeadCell,
        context: &dyn CellContext,
    ) -> Result<HeadCellOutcome, CellError> {
        cell::run(config, context)
    }

    fn summarise(&self, cells: &[(HeadCell, HeadCellOutcome)]) -> Summary {
        findings::summarise(cells)
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::{RunningCell, Verdict};

    use super::*;

    #[test]
    fn the_quick_profile_finds_what_the_theory_says() {
        let (scope, folder) = (Scope::new(Profile::Quick), tempfile::tempdir().unwrap());
        let cells = SingleHeadImdb.cells(&scope);
        let run = |config: HeadCell| {
            let context = RunningCell::outside_a_run(&scope, folder.path());
            let outcome = SingleHeadImdb.run_cell(&config, &context).unwrap();
            (config, outcome)
        };
        let runs = cells.iter().filter(|cell| matches!(cell, HeadCell::Run(_))).count();
        let cells: Vec<_> = cells.into_iter().map(run).collect();
        let summary = SingleHeadImdb.summarise(&cells);
        for finding in &summary.findings {
            assert_eq!(finding.verdict, Verdict::Reproduced, "{finding:?}");
        }
        let left_out: usize = summary.excluded.iter().map(|exclusion| exclusion.cells.len()).sum();
        let judged = summary.findings[0].obtained.n;
        assert_eq!(judged + left_out, runs, "every run is counted");
        assert_eq!(summary.figures.len(), 4);
    }

    #[test]
    fn missing_reviews_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let scope = Scope { data_dir: folder.path().into(), ..Scope::new(Profile::Cpu) };
        let error = SingleHeadImdb.check(&scope).unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(SingleHeadImdb.cells(&scope).is_empty());
    }
}
