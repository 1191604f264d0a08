//! A boundary of claim `local-optimality`: the risk can have a minimum at a finite matrix whose attention is
//! saturated, at a selection that is not locally optimal. A run that comes there goes nowhere else.
//!
//! At such a point a token `$0$` that out-scores the selected one pulls as hard as all others push: with forces `$\mu_j$`
//! along the rows `$a_j$` of the AttSVM, `$a_0 = \sum_j c_j a_j$` for `$c_j = \mu_j/\mu_0$`. The Hessian is nearly
//! `$\sum_j \mu_j a_j a_j^\top - \mu_0\, a_0 a_0^\top$`, and by Cauchy and Schwarz it is positive where `$\sum_j c_j < 1$`.

use mirrorhead_attention::{
    AttSvmOperator, Dataset, KeyQueryRisk, Loss, Planted, Risk, Seed, SphereTokens, TokenScores,
    TokenSelection, gaussian_matrix,
};
use mirrorhead_kernels::{LinearOperator, Matrix, dot};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{
    EnumerationSettings, StoppingRule, TokenOptimality, TrainingState, enumerate_selections, train,
};

/// The token that out-scores the selected one.
const PULLS: (usize, usize) = (2, 0);

/// From `start`, 4,000 normalized steps of 0.1, and then shorter and shorter ones.
fn at_rest(risk: &KeyQueryRisk<'_>, start: Matrix) -> Matrix {
    let steps = (0..=30).map(|k| (0.1 * 0.5f64.powi(k), if k == 0 { 4_000 } else { 200 }));
    steps.fold(start, |w, (length, number)| {
        let potential = PowerPotential::new(LpNorm::new(2.0).expect("an exponent"));
        let method = MirrorDescent::new(potential, StepSize::DualNormalized(length));
        let mut state = TrainingState::new(risk, &method, vec![w]).expect("fits");
        train(risk, &method, &mut state, &StoppingRule::after(number), &mut ()).expect("fits");
        state.parameters.swap_remove(0)
    })
}

/// The forces along the rows: `$\lvert\ell'(f_i)\rvert\, s_{it}\, (f_i - \gamma_{it})$`.
fn forces(data: &Dataset, scores: &TokenScores, rows: &AttSvmOperator, w: &Matrix) -> Vec<f64> {
    let mut gaps = vec![0.0; rows.nrows()];
    rows.apply(w.as_slice(), &mut gaps);
    let mut outputs = vec![0.0; data.len()];
    let mut totals = vec![0.0; data.len()];
    for i in 0..data.len() {
        for (t, score) in scores.sequence(i).iter().enumerate() {
            let row = (0..rows.nrows()).find(|j| rows.row_token(*j) == (i, t));
            let weight = row.map_or(1.0, |j| (-gaps[j]).exp());
            outputs[i] += weight * score;
            totals[i] += weight;
        }
        outputs[i] /= totals[i];
    }
    let force = |j: usize| {
        let (i, t) = rows.row_token(j);
        let slope = 1.0 / (1.0 + outputs[i].exp());
        slope * (-gaps[j]).exp() / totals[i] * (outputs[i] - scores.sequence(i)[t])
    };
    (0..rows.nrows()).map(force).collect()
}

#[test]
fn a_run_can_be_caught_at_a_finite_minimum() {
    let sizes = SphereTokens { n_sequences: 4, n_tokens: 3, dim: 2 };
    let Planted { data, decoder } = sizes.sample(Seed(107)).expect("positive sizes");
    let norm = LpNorm::new(2.0).expect("an exponent");
    let selection = TokenSelection::new(vec![1, 1, 1, 0], &data).expect("3 tokens");
    let all = enumerate_selections(&data, &decoder, norm, &EnumerationSettings::default());
    let all = all.expect("small");
    assert_eq!(all.get(&selection).expect("separable").optimality, TokenOptimality::NotOptimal);

    let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("fits");
    let w = at_rest(&risk, gaussian_matrix(2, 2, Seed(107 << 32)));
    let rows = AttSvmOperator::new(data.tokens(), data.queries(), selection.tokens());
    let scores = TokenScores::of(&data, &decoder).expect("fits");
    let forces = forces(&data, &scores, &rows, &w);

    // Stationary: one force pulls, the others push, and nothing is left.
    let (mut left, mut row, mut sizes) = (vec![0.0; 4], vec![0.0; 4], 0.0);
    for (j, force) in forces.iter().enumerate() {
        let mut unit = vec![0.0; rows.nrows()];
        unit[j] = 1.0;
        rows.apply_adjoint(&unit, &mut row);
        sizes += force.abs() * norm.of(&row);
        left.iter_mut().zip(&row).for_each(|(left, a)| *left += force * a);
    }
    assert!(norm.of(&left) < 1e-6 * sizes, "{:e} of {sizes:e}", norm.of(&left));
    let pulls = |j: &usize| rows.row_token(*j) == PULLS;
    let (pull, push): (Vec<usize>, Vec<usize>) = (0..rows.nrows()).partition(pulls);
    assert!(forces[pull[0]] < 0.0 && push.iter().all(|j| forces[*j] > 0.0));

    // Saturated, though finite: as large as the page on local optimality has it.
    assert_eq!(norm.of(w.as_slice()).round(), 238.0);
    let mut gaps = vec![0.0; rows.nrows()];
    rows.apply(w.as_slice(), &mut gaps);
    assert!(gaps.iter().all(|gap| *gap > 37.0));

    // A minimum: by the forces, and by the gradient around it.
    let coefficients = push.iter().map(|j| forces[*j] / -forces[pull[0]]);
    assert!(coefficients.sum::<f64>() < 1.0);
    let mut gradients = risk.zero_gradients();
    let mut work = risk.workspace();
    for seed in 0..100 {
        let away = gaussian_matrix(2, 2, Seed(seed));
        let scale = 0.05 / norm.of(away.as_slice());
        let there = Matrix::from_fn(2, 2, |a, b| w[(a, b)] + scale * away[(a, b)]);
        risk.value_and_gradient(&[there], &mut gradients, &mut work).expect("fits");
        assert!(dot(gradients[0].value.as_slice(), away.as_slice()) > 0.0, "direction {seed}");
    }
}
