//! When normalized steps of constant length zigzag: where their sharpness, which grows for `$p < 2$`, exceeds two.
//!
//! Hypotheses: attention on the globally optimal selection, far out on the ray of its certified SVM, where the
//! linearisation of a step is what `sharpness` says. Steps of constant length must grow the dual norm by all of their length below two,
//! and by less above; steps within a reach must stay below; and at `$p \ge 2$` nothing may happen.

use mirrorhead_attention::{
    AttSvmOperator, KeyQueryRisk, Loss, Planted, Seed, TokenScores, TokenSelection,
};
use mirrorhead_kernels::{LinearOperator, Matrix, dot};
use mirrorhead_mirror::{MirrorDescent, PowerPotential, StepSize};
use mirrorhead_svm::MaxMargin;
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, as_key_query, constraint_weights, onset, sharpness,
    stable_reach, train_key_query,
};

use super::settled::{PAPER, certified_svm, lp, optimality};

/// The best tokens of the paper's data, with their certified SVM.
struct Ray {
    planted: Planted,
    selection: TokenSelection,
    svm: MaxMargin,
    p: f64,
}

impl Ray {
    fn of(seed: u64, p: f64) -> Self {
        let planted = PAPER.sample(Seed(seed)).expect("positive sizes");
        let scores = TokenScores::of(&planted.data, &planted.decoder).expect("a fitting decoder");
        let selection = TokenSelection::optimal(&scores);
        let svm = certified_svm(&planted.data, &selection, p);
        let found = optimality(&planted, &selection, lp(p), &svm);
        assert!(found.is_locally_optimal(), "p = {p}, seed {seed}: hypothesis");
        Self { planted, selection, svm, p }
    }

    fn dual(&self, w: &[f64]) -> Vec<f64> {
        let mut dual = vec![0.0; w.len()];
        lp(self.p).mirror_power().map(w, &mut dual);
        dual
    }

    /// The sharpness of a step of length one from the dual point of norm one on the ray.
    fn unit_sharpness(&self) -> f64 {
        let mut dual = self.dual(self.svm.direction());
        let size = lp(self.p).dual_of(&dual);
        for u in &mut dual {
            *u /= size;
        }
        let weights = &self.svm.multipliers;
        sharpness(&self.planted.data, &self.selection, lp(self.p), weights, &dual, 1.0)
    }

    /// The point of the ray at a dual norm.
    fn at(&self, dual_norm: f64) -> Matrix {
        let w = as_key_query(&self.planted.data, &self.svm);
        let size = dual_norm.powf(1.0 / (self.p - 1.0)) / lp(self.p).of(w.as_slice());
        Matrix::from_fn(w.nrows(), w.ncols(), |i, j| size * w[(i, j)])
    }

    /// The iterates of a step rule from there, over so many steps.
    fn run(&self, step: StepSize, start: Matrix, steps: u64) -> Vec<Matrix> {
        let risk = KeyQueryRisk::new(&self.planted.data, &self.planted.decoder, Loss::Logistic);
        let method = MirrorDescent::new(PowerPotential::new(lp(self.p)), step);
        let mut snapshots = Snapshots::new(Schedule::Every(1));
        let stopping = StoppingRule::after(steps);
        let risk = risk.expect("a fitting decoder");
        train_key_query(&risk, start, &method, &stopping, &mut snapshots).expect("a finite run");
        snapshots.taken().iter().map(|(_, w)| w[0].clone()).collect()
    }

    /// By what part of its steps the dual norm grows over the second half of a run.
    fn growth(&self, step: f64, path: &[Matrix]) -> f64 {
        let size = |w: &Matrix| lp(self.p).of(w.as_slice()).powf(self.p - 1.0);
        let (half, end) = (path.len() / 2, path.len() - 1);
        (size(&path[end]) - size(&path[half])) / (step * (end - half) as f64)
    }
}

const STEP: f64 = 0.2;
const STEPS: u64 = 2_000;

#[test]
fn steps_grow_the_dual_norm_by_their_length_below_a_sharpness_of_two_and_by_less_above() {
    for (p, seed) in [(1.5, 1), (1.75, 1), (1.75, 2)] {
        let ray = Ray::of(seed, p);
        let unit = ray.unit_sharpness();
        let at_two = STEP * onset(lp(p), unit, STEP).expect("p < 2");
        // The sharpness is the (2-p)/(p-1)-th power of the dual norm. The runs start far enough out to change it little.
        let power = (p - 1.0) / (2.0 - p);
        let grown = |sharp: f64, step: f64| {
            // A step as much shorter goes with a point as much farther out.
            let far = (STEP / step * sharp / 2.0).powf(power);
            ray.growth(step, &ray.run(StepSize::DualNormalized(step), ray.at(far * at_two), STEPS))
        };
        let step = if p < 1.6 { STEP / 50.0 } else { STEP };
        let (below, above) = (grown(1.5, step), grown(3.0, step));
        assert!((below - 1.0).abs() < 2e-3, "p = {p}, seed {seed}: {below} below two");
        assert!(above < 0.98, "p = {p}, seed {seed}: {above} above two");
    }
}

#[test]
fn at_two_and_above_they_never_do() {
    for p in [2.0, 3.0] {
        let ray = Ray::of(1, p);
        // No farther: a step changes the logits by less and less for p > 2, and the weights of the constraints have to
        // settle within the run.
        let path = ray.run(StepSize::DualNormalized(STEP), ray.at(STEP * 1e3), STEPS);
        let growth = ray.growth(STEP, &path);
        assert!((growth - 1.0).abs() < 5e-3, "p = {p}: {growth}");
        assert_eq!(onset(lp(p), ray.unit_sharpness(), STEP), None);
    }
}

/// The sharpness of the last steps of a run, each with how far it moves W.
fn last_steps(ray: &Ray, path: &[Matrix]) -> Vec<(f64, f64)> {
    let Planted { data, decoder } = &ray.planted;
    let of = |pair: &[Matrix]| {
        let [u, v] = [0, 1].map(|k| ray.dual(pair[k].as_slice()));
        let moved: Vec<f64> = u.iter().zip(&v).map(|(u, v)| v - u).collect();
        let weights = constraint_weights(data, decoder, &ray.selection, &pair[0], Loss::Logistic);
        let (weights, length) = (weights.expect("fits"), lp(ray.p).dual_of(&moved));
        assert!(length < STEP, "the reach binds");
        let moved: Vec<f64> =
            pair[0].as_slice().iter().zip(pair[1].as_slice()).map(|(w, next)| next - w).collect();
        let sharp = sharpness(data, &ray.selection, lp(ray.p), &weights, &u, length);
        (sharp, lp(ray.p).of(&moved))
    };
    path[path.len() - 100..].windows(2).map(of).collect()
}

/// How far the sharpness of single steps may be from what their move gives: weights settle like the inverse of the number of steps.
const SETTLED: f64 = 0.01;

#[test]
fn steps_within_a_reach_have_the_sharpness_that_it_gives_and_zigzag_beyond_the_stable_one() {
    for (p, seed) in [(1.5, 1), (1.75, 1), (1.75, 2)] {
        let ray = Ray::of(seed, p);
        let unit = ray.unit_sharpness();
        // Where the whole step would have five times the sharpness of two.
        let far =
            5f64.powf((p - 1.0) / (2.0 - p)) * STEP * onset(lp(p), unit, STEP).expect("p < 2");
        let stable = stable_reach(lp(p), unit);
        let within = |part: f64| {
            let rule = StepSize::DualNormalizedWithin { length: STEP, reach: part * stable };
            last_steps(&ray, &ray.run(rule, ray.at(far), STEPS))
        };
        for part in [0.25, 0.5] {
            for (sharp, moved) in within(part) {
                let off = sharp / (2.0 * moved / stable) - 1.0;
                assert!(
                    off.abs() < SETTLED,
                    "p = {p}, seed {seed}, {part} of r*: {sharp}, {moved}"
                );
                assert!(moved <= part * stable && sharp < 2.0, "{sharp}, {moved}");
            }
        }
        // As the whole step there would not.
        let dual = ray.dual(ray.at(far).as_slice());
        let weights = &ray.svm.multipliers;
        let whole = sharpness(&ray.planted.data, &ray.selection, lp(p), weights, &dual, STEP);
        assert!(whole > 2.0, "p = {p}, seed {seed}: {whole}");
        let beyond: Vec<f64> = within(2.0).iter().map(|(sharp, _)| *sharp).collect();
        let largest = beyond.iter().copied().fold(0.0, f64::max);
        let swing = beyond.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        assert!(swing > 0.2 * largest, "p = {p}, seed {seed}: {swing} of {largest} at twice r*");
    }
}

/// The spectral radius by powers of the matrix as it is written, all rows with it.
#[test]
fn the_sharpness_is_the_spectral_radius_of_the_matrix_as_written() {
    for p in [1.25, 1.5, 2.0, 3.0] {
        let ray = Ray::of(2, p);
        let data = &ray.planted.data;
        let rows = AttSvmOperator::new(data.tokens(), data.queries(), ray.selection.tokens());
        let total: f64 = ray.svm.multipliers.iter().sum();
        let l: Vec<f64> = ray.svm.multipliers.iter().map(|weight| weight / total).collect();
        let u: Vec<f64> = ray.dual(ray.svm.direction()).iter().map(|u| 3.0 * u).collect();
        let q = p / (p - 1.0);
        let mut pull = vec![0.0; rows.ncols()];
        rows.apply_adjoint(&l, &mut pull);
        let factor = 0.1 / lp(p).dual_of(&pull);
        let mut x: Vec<f64> = (0..rows.nrows()).map(|j| 1.0 + (j % 7) as f64).collect();
        let mut radius = 0.0;
        for _ in 0..20_000 {
            let (mut w, mut y) = (vec![0.0; rows.ncols()], vec![0.0; rows.nrows()]);
            rows.apply_adjoint(&x, &mut w);
            w.iter_mut().zip(&u).for_each(|(w, u)| *w *= (q - 1.0) * u.abs().powf(q - 2.0));
            rows.apply(&w, &mut y);
            let mean = dot(&l, &y);
            let next: Vec<f64> = l.iter().zip(&y).map(|(l, y)| factor * l * (y - mean)).collect();
            radius = dot(&next, &next).sqrt() / dot(&x, &x).sqrt();
            let size = dot(&next, &next).sqrt();
            x = next.iter().map(|x| x / size).collect();
        }
        let found = sharpness(data, &ray.selection, lp(p), &ray.svm.multipliers, &u, 0.1);
        assert!((found / radius - 1.0).abs() < 1e-6, "p = {p}: {found} against {radius}");
    }
}
