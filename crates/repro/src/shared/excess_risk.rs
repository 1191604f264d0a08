//! The excess of a risk over its value at a selection, however small.

use mirrorhead_attention::{
    AttentionWeights, KeyQueryRisk, Planted, Risk, RiskError, TokenScores, TokenSelection,
};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{LogScaled, Matrix, elementary};
use mirrorhead_mirror::Loss;

/// The logistic risk of the key-query matrix, less what it is when all weight is on a selection. The difference is never formed: with
/// `$d_i = \sum_t s_{it}(\gamma_{i\alpha_i} - \gamma_{it})$`, a sample has
///
/// `$$ \ell(\gamma_{i\alpha_i} - d_i) - \ell(\gamma_{i\alpha_i})
///    = \log\big(1 + \sigma(-\gamma_{i\alpha_i})(e^{d_i} - 1)\big). $$`
pub struct ExcessRisk<'a> {
    risk: KeyQueryRisk<'a>,
    scores: TokenScores,
    selection: &'a TokenSelection,
}

impl<'a> ExcessRisk<'a> {
    /// Over the risk at `selection`.
    ///
    /// # Errors
    /// A decoder that doesn't fit the data.
    pub fn new(planted: &'a Planted, selection: &'a TokenSelection) -> Result<Self, CellError> {
        let Planted { data, decoder } = planted;
        let risk = KeyQueryRisk::new(data, decoder, Loss::Logistic)?;
        Ok(Self { risk, scores: TokenScores::of(data, decoder)?, selection })
    }

    fn excess(&self, attention: &AttentionWeights) -> f64 {
        let of_sample = |(i, selected): (usize, &usize)| {
            let scores = self.scores.sequence(i);
            let best = scores[*selected];
            let pairs = attention.sequence(i).iter().zip(scores);
            let lost: f64 = pairs.map(|(weight, score)| weight * (best - score)).sum();
            let wrong = 1.0 / (1.0 + elementary::exp(best));
            elementary::ln_1p(wrong * elementary::exp_m1(lost))
        };
        let samples = self.selection.tokens().iter().enumerate();
        samples.map(of_sample).sum::<f64>() / self.selection.tokens().len() as f64
    }
}

impl<'a> Risk for ExcessRisk<'a> {
    type Workspace = <KeyQueryRisk<'a> as Risk>::Workspace;

    fn shapes(&self) -> Vec<(usize, usize)> {
        self.risk.shapes()
    }

    fn workspace(&self) -> Self::Workspace {
        self.risk.workspace()
    }

    fn value_and_gradient(
        &self,
        parameters: &[Matrix],
        gradients: &mut [LogScaled<Matrix>],
        workspace: &mut Self::Workspace,
    ) -> Result<f64, RiskError> {
        self.risk.value_and_gradient(parameters, gradients, workspace)?;
        let attention = AttentionWeights::of(&parameters[0], self.risk.data());
        Ok(self.excess(&attention.map_err(|error| RiskError::Model(error.into()))?))
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::{Seed, SphereTokens};
    use mirrorhead_svm::SvmSettings;
    use mirrorhead_trainer::{as_key_query, max_margin_key_query};

    use super::*;

    #[test]
    fn it_is_the_difference_where_that_can_be_formed_and_falls_like_the_weights_where_not() {
        let sizes = SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 };
        let planted = sizes.sample(Seed(1)).unwrap();
        let scores = TokenScores::of(&planted.data, &planted.decoder).unwrap();
        let selection = TokenSelection::optimal(&scores);
        let settings = SvmSettings::default();
        let svm = max_margin_key_query(&planted.data, &selection, 2.0, &settings).unwrap();
        let direction = as_key_query(&planted.data, &svm.max_margin().unwrap());
        let at = |size: f64| {
            let entry = |i: usize, j: usize| size * direction[(i, j)];
            [Matrix::from_fn(sizes.dim, sizes.dim, entry)]
        };
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).unwrap();
        let excess = ExcessRisk::new(&planted, &selection).unwrap();
        let least = risk.value(&at(1e5)).unwrap();
        for size in [0.0, 1.0, 5.0] {
            let expected = risk.value(&at(size)).unwrap() - least;
            assert!((excess.value(&at(size)).unwrap() - expected).abs() < 1e-15, "{size}");
        }
        // Margins are the size, up to what the gap leaves open of the direction: the root of it. Between two sizes the
        // excess falls by the exponential of their difference.
        let [near, far] = [300.0, 500.0].map(|size| excess.value(&at(size)).unwrap().ln());
        let open = settings.relative_gap.sqrt();
        assert!(((near - far) / 200.0 - 1.0).abs() < open, "{near}, {far}");
    }
}
