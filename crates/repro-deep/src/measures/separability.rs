//! Whether a head can select what it is asked to: selections of reviews, solved or proven impossible.

use mirrorhead_attention::{Seed, TokenScores, TokenSelection, gaussian_matrix};
use mirrorhead_harness::{CellContext, CellError};
use mirrorhead_mirror::LpNorm;
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::max_margin_key_query;
use serde::{Deserialize, Serialize};

use crate::data::frozen_reviews::{FrozenReviews, FrozenSettings};
use crate::data::review_tokens::ReviewTokens;

/// The exponent of the AttSVM. Whether it has a solution doesn't depend on it.
const EXPONENT: f64 = 2.0;
/// The relative gap asked for: that there is a margin is all that matters.
const RELATIVE_GAP: f64 = 1e-3;

/// One draw of reviews, with one selection of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Separability {
    /// Word vectors and decoder.
    pub frozen: FrozenSettings,
    /// The number of reviews.
    pub n: usize,
    /// The seed of reviews and tokens.
    pub seed: u64,
}

/// Whether a `$W$` selects what it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separable {
    /// The AttSVM is solved, to a certified gap.
    Yes,
    /// Farkas multipliers prove that no `$W$` does.
    No,
    /// Neither could be proven.
    Unknown,
}

/// What one draw shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Separated {
    /// The globally optimal selection: of each review the token of the highest score.
    pub optimal: Separable,
    /// A selection drawn at random.
    pub random: Separable,
}

impl Separability {
    /// Runs the cell.
    ///
    /// # Errors
    /// Data that can't be read or are too few.
    pub fn run(&self, context: &dyn CellContext) -> Result<Separated, CellError> {
        let frozen = FrozenReviews::of(&self.frozen, context.data_dir())?;
        let reviews = frozen.draw(self.n, self.seed)?;
        let scores = TokenScores::of(&reviews.data, &frozen.decoder)?;
        let separable = |selection: &TokenSelection| {
            if context.interrupted() {
                return Err(CellError::Interrupted);
            }
            is_separable(&reviews, selection)
        };
        Ok(Separated {
            optimal: separable(&TokenSelection::optimal(&scores))?,
            random: separable(&random_selection(&reviews, self.seed)?)?,
        })
    }
}

fn is_separable(
    reviews: &ReviewTokens,
    selection: &TokenSelection,
) -> Result<Separable, CellError> {
    let norm = LpNorm::new(EXPONENT)?;
    let settings = SvmSettings::default().with_relative_gap(RELATIVE_GAP);
    let outcome = max_margin_key_query(&reviews.data, selection, norm, &settings);
    Ok(match outcome? {
        Outcome::MaxMargin(_) => Separable::Yes,
        Outcome::NotSeparable(_) => Separable::No,
        Outcome::Inconclusive(_) => Separable::Unknown,
    })
}

/// Of every review the token that a random vector likes best.
fn random_selection(reviews: &ReviewTokens, seed: u64) -> Result<TokenSelection, CellError> {
    let data = &reviews.data;
    let longest = reviews.words.iter().map(Vec::len).max().unwrap_or(0);
    let draws = gaussian_matrix(longest, data.len(), Seed(seed));
    let token = |i: usize| {
        let length = reviews.words[i].len();
        mirrorhead_kernels::position_of_max(&draws.col(i)[..length])
    };
    TokenSelection::new((0..data.len()).map(token).collect(), data).map_err(CellError::from)
}
