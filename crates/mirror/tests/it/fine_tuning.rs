//! From which start which bias: mirror descent fits by the change that is least in its geometry.

use crate::grid::potential;
use mirrorhead_kernels::{Matrix, dot};
use mirrorhead_mirror::{
    ElasticNetPotential, Geometry, MirrorDescent, Optimizer, PotentialOfEach, Risk, StepSize,
    bregman_divergence, risk_of,
};

/// 60 equations, 200 unknowns: a dense start, and a truth that differs from it in three entries.
const EQUATIONS: usize = 60;
const UNKNOWNS: usize = 200;
const CHANGED: [(usize, f64); 3] = [(17, 1.0), (90, -0.8), (151, 1.2)];

struct FineTuning {
    rows: Matrix,
    start: Matrix,
    targets: Vec<f64>,
}

/// Numbers of mean zero and variance one without structure: sums of twelve draws of a linear
/// congruential generator.
fn normal_numbers(count: usize, mut seed: u64) -> Vec<f64> {
    let mut draw = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count).map(|_| (0..12).map(|_| draw()).sum::<f64>() - 6.0).collect()
}

impl FineTuning {
    fn new(seed: u64) -> Self {
        let entries = normal_numbers(EQUATIONS * UNKNOWNS, seed);
        let scale = (EQUATIONS as f64).sqrt().recip();
        let rows = Matrix::from_fn(UNKNOWNS, EQUATIONS, |k, j| scale * entries[j * UNKNOWNS + k]);
        let start = Matrix::column(normal_numbers(UNKNOWNS, seed + 1)).expect("finite");
        let mut truth = start.clone();
        for (k, by) in CHANGED {
            truth[(k, 0)] += by;
        }
        let targets = (0..EQUATIONS).map(|j| dot(rows.col(j), truth.as_slice())).collect();
        Self { rows, start, targets }
    }

    /// Half the squared residual.
    fn risk(&self) -> impl Risk<Workspace = ()> + '_ {
        risk_of(vec![(UNKNOWNS, 1)], |w, gradients| {
            let gradient = gradients[0].value.as_mut_slice();
            gradient.fill(0.0);
            let mut risk = 0.0;
            for (j, target) in self.targets.iter().enumerate() {
                let residual = dot(self.rows.col(j), w[0].as_slice()) - target;
                risk += residual * residual / 2.0;
                mirrorhead_kernels::add_scaled(gradient, residual, self.rows.col(j));
            }
            risk
        })
    }

    /// The fit that mirror descent reaches from the start.
    fn fit<G: Geometry>(&self, geometry: G, step: f64, steps: usize) -> Matrix {
        let (risk, method) = (self.risk(), MirrorDescent::new(geometry, StepSize::Constant(step)));
        let (mut w, mut gradients) = ([self.start.clone()], risk.zero_gradients());
        let mut state = method.init(&w).expect("inside the domain");
        let mut value = f64::INFINITY;
        for _ in 0..steps {
            value = risk.value_and_gradient(&w, &mut gradients, &mut ()).expect("shapes that fit");
            if value < 1e-22 {
                break;
            }
            method.step(&mut state, &mut w, &gradients, value).expect("finite");
        }
        assert!(value < 1e-8, "it fits: {value}");
        let [w] = w;
        w
    }

    /// How many entries changed by more than `least`.
    fn changed(&self, w: &Matrix, least: f64) -> usize {
        let pairs = w.as_slice().iter().zip(self.start.as_slice());
        pairs.filter(|(w, start)| (**w - **start).abs() > least).count()
    }
}

#[test]
fn around_the_start_few_weights_change_and_by_a_threshold_exactly_those_of_the_truth() {
    for seed in [1, 2] {
        let problem = FineTuning::new(seed);
        let psi = potential(1.1);
        let (start, around) = (&problem.start, [problem.start.clone()]);
        // The potential of zero: nothing sparse about the change, nor about the weights.
        let plain = problem.fit(psi, 0.02, 150_000);
        assert!(problem.changed(&plain, 1e-3) > 100, "{}", problem.changed(&plain, 1e-3));
        // The same potential around the start: the three entries of the truth.
        let centred = problem.fit(PotentialOfEach::around(&psi, &around), 0.02, 150_000);
        assert_eq!(problem.changed(&centred, 1e-2), 3);
        // A soft threshold around it: three, and all others to the last bit.
        let elastic = ElasticNetPotential::new(3.0).expect("a threshold");
        let sparse = problem.fit(PotentialOfEach::around(&elastic, &around), 0.2, 150_000);
        assert_eq!(problem.changed(&sparse, 0.0), 3);
        for (k, by) in CHANGED {
            assert!((sparse[(k, 0)] - start[(k, 0)] - by).abs() < 1e-5, "entry {k}");
        }
    }
}

#[test]
fn the_fit_is_the_one_nearest_to_the_start_in_bregman_divergence() {
    // Azizan, Hassibi 2019. Other fits: along the null space of the rows, by projections.
    let problem = FineTuning::new(3);
    let elsewhere = normal_numbers(UNKNOWNS, 99);
    for (p, step) in [(1.2, 0.02), (1.5, 0.05), (2.0, 0.1)] {
        let psi = potential(p);
        let w = problem.fit(psi, step, 100_000);
        let null = problem.null_direction(&elsewhere);
        let divergence = |t: f64| {
            let other: Vec<f64> = w.as_slice().iter().zip(&null).map(|(w, n)| w + t * n).collect();
            bregman_divergence(&psi, &other, problem.start.as_slice())
        };
        let (here, near) = (divergence(0.0), [1e-3, -1e-3, 0.1, -0.1].map(divergence));
        assert!(near.iter().all(|there| *there > here), "p = {p}: {here} and {near:?}");
        // It is not the fit of least potential, which is what training from zero finds.
        let value = |t: f64| {
            let other: Vec<f64> = w.as_slice().iter().zip(&null).map(|(w, n)| w + t * n).collect();
            mirrorhead_mirror::Potential::value(&psi, &other)
        };
        assert!(value(0.05).min(value(-0.05)) < value(0.0), "p = {p}");
    }
}

impl FineTuning {
    /// `x` less its part in the span of the rows, by repeated projection on each.
    fn null_direction(&self, x: &[f64]) -> Vec<f64> {
        let mut x = x.to_vec();
        for _ in 0..3_000 {
            for j in 0..EQUATIONS {
                let row = self.rows.col(j);
                let part = dot(row, &x) / dot(row, row);
                mirrorhead_kernels::add_scaled(&mut x, -part, row);
            }
        }
        let left = (0..EQUATIONS).map(|j| dot(self.rows.col(j), &x).abs()).fold(0.0, f64::max);
        assert!(left < 1e-9, "{left}");
        x
    }
}
