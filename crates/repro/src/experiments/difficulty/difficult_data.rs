//! Families of difficult data, from the paper's to labels that contradict one another.

use std::fmt;

use mirrorhead_attention::{
    CorrelatedTokens, Dataset, HeavyTailedTokens, KeyQueryRisk, Loss, NoisyLabels, Planted,
    PlantedMargin, PlantedSolution, Seed, SphereTokens, TokenScores, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, TokenBatch, dot, elementary};
use mirrorhead_mirror::LpNorm;
use serde::{Deserialize, Serialize};

/// The families, in the order of the figures.
pub const FAMILIES: [Family; 5] = [
    Family::Sphere,
    Family::PlantedMargin { signal: 0.3 },
    Family::Correlated { correlation: 0.9 },
    Family::HeavyTailed { degrees_of_freedom: 2 },
    Family::NoisyLabels { annotators: 3, flipped: 0.2 },
];

/// How data are made difficult.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The paper's data.
    Sphere,
    /// A known solution, with half of the other tokens as support.
    PlantedMargin {
        /// See [`PlantedMargin`].
        signal: f64,
    },
    /// Tokens near the one before.
    Correlated {
        /// See [`CorrelatedTokens`].
        correlation: f64,
    },
    /// Entries of Student's distribution.
    HeavyTailed {
        /// See [`HeavyTailedTokens`].
        degrees_of_freedom: u32,
    },
    /// Several labels of each input.
    NoisyLabels {
        /// See [`NoisyLabels`].
        annotators: usize,
        /// See [`NoisyLabels`].
        flipped: f64,
    },
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sphere => "sphere",
            Self::PlantedMargin { .. } => "planted margin",
            Self::Correlated { .. } => "correlated",
            Self::HeavyTailed { .. } => "heavy tails",
            Self::NoisyLabels { .. } => "noisy labels",
        })
    }
}

/// Data of a family.
pub struct Drawn {
    /// The samples and the decoder.
    pub planted: Planted,
    /// Samples of each input, in a row.
    pub copies: usize,
    /// The solution that the data were built around.
    pub solution: Option<PlantedSolution>,
}

impl Family {
    /// Draws data; a planted margin is that of `norm`.
    ///
    /// # Errors
    /// Numbers that a generator refuses.
    pub fn sample(self, sizes: SphereTokens, norm: LpNorm, seed: Seed) -> Result<Drawn, CellError> {
        let (mut copies, mut solution) = (1, None);
        let planted = match self {
            Self::Sphere => sizes.sample(seed),
            Self::Correlated { correlation } => {
                CorrelatedTokens { sizes, correlation }.sample(seed)
            }
            Self::HeavyTailed { degrees_of_freedom } => {
                HeavyTailedTokens { sizes, degrees_of_freedom }.sample(seed)
            }
            Self::NoisyLabels { annotators, flipped } => {
                copies = annotators;
                NoisyLabels { sizes, annotators, flipped }.sample(seed)
            }
            Self::PlantedMargin { signal } => {
                let n_support = sizes.n_tokens / 2;
                let solved = PlantedMargin { sizes, norm, n_support, signal }.sample(seed);
                solved.map(|solved| solution.insert(solved).planted.clone())
            }
        };
        Ok(Drawn { planted: planted?, copies, solution })
    }
}

/// Every input once, labelled by what its samples together ask for.
pub struct Merged {
    /// The inputs.
    pub data: Dataset,
    /// The token of each.
    pub selection: TokenSelection,
    /// The scores `$\gamma$` under that label.
    pub scores: TokenScores,
}

impl Drawn {
    /// The risk over W under the logistic loss.
    ///
    /// # Errors
    /// A decoder of other data.
    pub fn risk(&self) -> Result<KeyQueryRisk<'_>, CellError> {
        let Planted { data, decoder } = &self.planted;
        KeyQueryRisk::new(data, decoder, Loss::Logistic).map_err(CellError::from)
    }

    /// Whether the common loss of an input falls from one token's output towards another's, and rises again before it: its minimum is at a weight
    /// between the two, where attention may stay for ever. The theorems ask for a loss that decreases all the way.
    pub fn has_minimum_between(&self, input: usize, chosen: usize, other: usize) -> bool {
        let first = input * self.copies;
        let [from, to] = [chosen, other].map(|token| self.output(first, token));
        self.slope(first, from) * (to - from) < 0.0 && self.slope(first, to) * (to - from) > 0.0
    }

    /// The output of a sample whose attention is on one token.
    fn output(&self, sample: usize, token: usize) -> f64 {
        dot(self.planted.data.tokens().token(sample, token), self.planted.decoder.as_slice())
    }

    /// `$\sum_c y_c\, \ell'(y_c f)$`, over the samples of an input.
    fn slope(&self, first: usize, output: f64) -> f64 {
        let labels = &self.planted.data.labels()[first..first + self.copies];
        let pull = |y: &f64| -y * elementary::exp(Loss::Logistic.log_slope(y * output));
        labels.iter().map(pull).sum()
    }

    /// The inputs where attention has settled on a selection. Together, the samples of an input have the slope
    /// `$\sum_c y_c\, \ell'(y_c f)$` in its output `$f$`: where that is negative a larger output lowers the risk,
    /// as it does for the label `$+1$`.
    ///
    /// # Errors
    /// A selection of other data, or one that differs between the samples of an input.
    pub fn merged(&self, selection: &TokenSelection) -> Result<Merged, CellError> {
        let Planted { data, decoder } = &self.planted;
        let firsts: Vec<_> = (0..data.len()).step_by(self.copies).collect();
        let tokens: Vec<_> = firsts.iter().map(|i| selection.tokens()[*i]).collect();
        let labels = firsts.iter().zip(&tokens).map(|(first, token)| {
            if self.slope(*first, self.output(*first, *token)) > 0.0 { -1.0 } else { 1.0 }
        });
        let labels = labels.collect();
        let values = firsts.iter().flat_map(|i| data.tokens().sequence(*i)).copied().collect();
        let lengths: Vec<_> = firsts.iter().map(|i| data.tokens().sequence_len(*i)).collect();
        let queries =
            Matrix::from_fn(firsts.len(), data.dim(), |i, k| data.queries()[(k, firsts[i])]);
        let batch = TokenBatch::new(data.dim(), &lengths, values)?;
        let data = Dataset::new(batch, &queries, labels)?;
        let selection = TokenSelection::new(tokens, &data)?;
        let scores = TokenScores::of(&data, decoder)?;
        Ok(Merged { data, selection, scores })
    }
}
