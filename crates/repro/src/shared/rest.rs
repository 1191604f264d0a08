//! Whether a run comes to rest at a finite key-query matrix.

use mirrorhead_attention::{KeyQueryRisk, Loss, Planted, Risk, TokenSelection};
use mirrorhead_harness::CellError;
use mirrorhead_kernels::{Matrix, elementary};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{StoppingRule, TrainingState, constraint_forces, constraint_norms, train};

/// How often steps are halved: to a billionth.
const HALVINGS: i32 = 30;
/// Steps of each length.
const STEPS_OF_A_LENGTH: u64 = 2_000;
/// What may be left of the gradient at a stationary point. Where a run grows without end it is the margin over the
/// longest row of the AttSVM, or more.
const STATIONARY: f64 = 1e-6;

/// The stationary point of the logistic risk that shrinking normalized steps lead to from a matrix that attends to `selection`, if they lead to one:
/// there the tokens that score higher than the output pull as hard as all others push.
///
/// # Errors
/// A matrix or an exponent that the trainer refuses.
pub fn at_rest(
    planted: &Planted,
    selection: &TokenSelection,
    norm: LpNorm,
    step: f64,
    key_query: &Matrix,
) -> Result<Option<Matrix>, CellError> {
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let mut here = vec![key_query.clone()];
    for halvings in 1..=HALVINGS {
        let length = step * 0.5f64.powi(halvings);
        let method =
            MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(length));
        let mut state = TrainingState::new(&risk, &method, here)?;
        train(&risk, &method, &mut state, &StoppingRule::after(STEPS_OF_A_LENGTH), &mut ())?;
        here = state.parameters;
    }
    let part = left_of_the_gradient(&risk, planted, selection, norm, &here)?;
    Ok((part < STATIONARY).then(|| here.swap_remove(0)))
}

/// The gradient's length as a part of the forces that it is made of, one for every token that isn't selected:
///
/// `$$ \lVert\nabla L\rVert_q \Big/ \frac1n\sum_{it} \lvert\ell'(f_i)\rvert\, s_{it}\, \lvert f_i - \gamma_{it}\rvert\,
///    \lVert x_{i\alpha_i} - x_{it}\rVert_q\, \lVert z_i\rVert_q. $$`
fn left_of_the_gradient(
    risk: &KeyQueryRisk<'_>,
    planted: &Planted,
    selection: &TokenSelection,
    norm: LpNorm,
    key_query: &[Matrix],
) -> Result<f64, CellError> {
    let mut gradients = risk.zero_gradients();
    risk.value_and_gradient(key_query, &mut gradients, &mut risk.workspace())?;
    let gradient = &gradients[0];
    let whole = gradient.log_scale + elementary::ln(norm.dual_of(gradient.value.as_slice()));
    let Planted { data, decoder } = planted;
    let forces = constraint_forces(data, decoder, selection, &key_query[0], Loss::Logistic)?;
    let lengths = constraint_norms(data, selection, norm);
    let sizes: Vec<f64> = forces
        .iter()
        .zip(lengths)
        .map(|(force, length)| force.log_abs() + elementary::ln(length))
        .collect();
    let largest = sizes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = sizes.iter().map(|size| elementary::exp(size - largest)).sum();
    Ok(elementary::exp(whole - largest) * planted.data.len() as f64 / sum)
}

#[cfg(test)]
mod tests {
    use mirrorhead_attention::{Seed, SphereTokens, gaussian_matrix};

    use super::*;
    use crate::shared::head::selection;

    /// A start of the basins experiment and where so many normalized steps lead, with the selection.
    fn run(data: SphereTokens, seed: u64, steps: u64) -> (Planted, TokenSelection, Matrix) {
        let planted = data.sample(Seed(seed)).unwrap();
        let norm = LpNorm::new(2.0).unwrap();
        let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic).unwrap();
        let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
        let start = gaussian_matrix(data.dim, data.dim, Seed(seed << 32));
        let mut state = TrainingState::new(&risk, &method, vec![start]).unwrap();
        train(&risk, &method, &mut state, &StoppingRule::after(steps), &mut ()).unwrap();
        let w = state.parameters.swap_remove(0);
        let selection = selection(&w, &planted.data).unwrap().unwrap();
        (planted, selection, w)
    }

    #[test]
    fn a_run_that_is_caught_rests_and_one_that_grows_does_not() {
        let norm = LpNorm::new(2.0).unwrap();
        let data = SphereTokens { n_sequences: 4, n_tokens: 3, dim: 2 };
        let (planted, caught, w) = run(data, 107, 8_000);
        let point = at_rest(&planted, &caught, norm, 0.1, &w).unwrap().unwrap();
        // It is where the steps of full length circle: not a long way off.
        let apart: Vec<f64> =
            point.as_slice().iter().zip(w.as_slice()).map(|(a, b)| a - b).collect();
        assert!(norm.of(&apart) < 0.02 * norm.of(w.as_slice()));

        let data = SphereTokens { n_sequences: 4, n_tokens: 3, dim: 4 };
        let (planted, growing, w) = run(data, 107, 8_000);
        assert_eq!(at_rest(&planted, &growing, norm, 0.1, &w).unwrap(), None);
    }
}
