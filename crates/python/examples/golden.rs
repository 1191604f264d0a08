//! Numbers that the Rust crates compute, as JSON: what the Python package has to agree with, to the last bit.
//!
//! `cargo run --example golden > tests/golden.json`

use mirrorhead::prelude::*;
use mirrorhead::svm::{Fit, LpClassifier, Penalty};
use mirrorhead::trainer::EnumerationSettings;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let golden = json!({
        "max_margin": max_margins()?,
        "classifier": classifiers()?,
        "mirror": mirror_steps()?,
        "training": training()?,
        "selections": selections()?,
        "flow": flow()?,
        "path": path()?,
    });
    println!("{}", serde_json::to_string(&golden)?);
    Ok(())
}

/// Rows that a direction of their own separates.
fn rows(nrows: usize, ncols: usize, seed: u64) -> Matrix {
    let drawn = gaussian_matrix(nrows, ncols, Seed(seed));
    Matrix::from_fn(nrows, ncols, |i, j| drawn[(i, j)] + if j == 0 { 4.0 } else { 0.0 })
}

fn max_margins() -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for p in [1.0, 1.1, 1.7, 2.0, 3.0, 10.0, f64::INFINITY] {
        let rows = rows(30, 12, 7);
        let operator = DenseRows::new(&rows);
        let problem = HardMarginProblem::new(&operator, p)?;
        let solution = solve(&problem, &SvmSettings::default())?.max_margin()?;
        found.push(json!({
            "p": p.to_string(), "rows": rows, "w": solution.w, "multipliers": solution.multipliers,
            "lower": solution.interval.lower, "upper": solution.interval.upper,
            "iterations": solution.work.iterations,
        }));
    }
    Ok(found)
}

fn classifiers() -> Result<Vec<Value>> {
    let points = gaussian_matrix(40, 5, Seed(3));
    let labels: Vec<f64> = (0..40).map(|i| f64::from(u8::from(points[(i, 0)] > 0.2))).collect();
    let operator = DenseRows::new(&points);
    let mut found = Vec::new();
    for (p, penalty) in
        [(1.5, Penalty::Hinge(2.0)), (2.0, Penalty::Hinge(0.5)), (3.0, Penalty::Hard)]
    {
        let classifier = LpClassifier::new(p)?.with_penalty(penalty);
        let fit = classifier.fit(&operator, &labels, &SvmSettings::default())?;
        let Fit::Model(model) = fit else { return Err("a cut separates them".into()) };
        let separator = &model.separators()[0];
        let cost = if let Penalty::Hinge(cost) = penalty { Some(cost) } else { None };
        found.push(json!({
            "p": p, "C": cost, "points": points, "labels": labels,
            "w": separator.coefficients, "intercept": separator.intercept,
        }));
    }
    Ok(found)
}

fn mirror_steps() -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let memories = [Memory::None, Memory::HeavyBall(0.9), Memory::Nesterov(0.5)];
    for p in [1.1, 1.25, 1.5, 1.75, 2.0, 2.7, 3.0] {
        for (memory, normalized) in memories.into_iter().flat_map(|m| [(m, false), (m, true)]) {
            let norm = LpNorm::new(p)?;
            let step =
                if normalized { StepSize::DualNormalized(0.05) } else { StepSize::Constant(0.05) };
            let method = MirrorDescent::new(PowerPotential::new(norm), step).with_memory(memory);
            let start = gaussian_matrix(4, 3, Seed(11));
            let mut w = [start.clone()];
            let mut state = method.init(&w)?;
            let (mut gradients, mut trajectory) = (Vec::new(), Vec::new());
            for k in 0..8 {
                let value = gaussian_matrix(4, 3, Seed(100 + k));
                gradients.push(value.clone());
                let gradient = [LogScaled { log_scale: 0.0, value }];
                method.step(&mut state, &mut w, &gradient, 0.0)?;
                trajectory.push(w[0].clone());
            }
            let (momentum, nesterov) = match memory {
                Memory::HeavyBall(beta) => (beta, false),
                Memory::Nesterov(beta) => (beta, true),
                _ => (0.0, false),
            };
            found.push(json!({
                "p": p, "momentum": momentum, "nesterov": nesterov, "normalized": normalized, "lr": 0.05,
                "start": start, "gradients": gradients, "trajectory": trajectory, "dual": state.dual()[0],
            }));
        }
    }
    Ok(found)
}

fn planted() -> Result<Planted> {
    Ok(SphereTokens { n_sequences: 6, n_tokens: 8, dim: 10 }.sample(Seed(1))?)
}

fn training() -> Result<Value> {
    let planted = planted()?;
    let norm = LpNorm::new(1.75)?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let method = MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(0.1));
    let (start, rule) = (gaussian_matrix(10, 10, Seed(1)), StoppingRule::after(1_500));
    let trained = train_key_query(&risk, start, &method, &rule, &mut ())?;
    let settings = CertifySettings::default();
    let found = certify(&planted.data, &planted.decoder, &trained.key_query, norm, &settings)?;
    let Certification::Certified(certified) = found else { return Err("it is saturated".into()) };
    let joint = JointRisk::new(&planted.data, Loss::Logistic);
    let start = (Matrix::zeros(10, 10), Matrix::zeros(10, 1));
    let both = train_joint(&joint, start, &method, &StoppingRule::after(300), &mut ())?;
    Ok(json!({
        "key_query": trained.key_query, "risk": trained.risk,
        "selection": certified.selection, "w": certified.svm.w,
        "divergence": certified.distances.map(|distances| distances.divergence),
        "joint_key_query": both.key_query, "joint_decoder": both.decoder,
    }))
}

fn selections() -> Result<Value> {
    let decoder = Matrix::column(vec![1.0, 0.0])?;
    let settings = EnumerationSettings::default();
    let norm = LpNorm::new(2.0)?;
    let found = mirrorhead::trainer::enumerate_selections(&toy_pair(), &decoder, norm, &settings)?;
    let each = found.separable.iter();
    let each: Vec<_> =
        each.map(|e| json!([e.selection, e.optimality, e.svm.interval.lower])).collect();
    Ok(json!({ "total": found.total, "separable": each }))
}

fn flow() -> Result<Value> {
    let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1))?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let start = [gaussian_matrix(3, 3, Seed(1))];
    let mut state = FlowState::new(&risk, LpNorm::new(3.0)?, &start, 0.0)?;
    let flowed = mirror_flow(&risk, &mut state, &[230.0, 2_300.0], &FlowSettings::default())?;
    let points = flowed.points.iter().map(|point| &point.parameters[0]);
    Ok(json!({ "log_times": [230.0, 2_300.0], "key_queries": points.collect::<Vec<_>>() }))
}

fn path() -> Result<Value> {
    let planted = SphereTokens { n_sequences: 3, n_tokens: 4, dim: 3 }.sample(Seed(1))?;
    let risk = KeyQueryRisk::new(&planted.data, &planted.decoder, Loss::Logistic)?;
    let (start, radii) = ([Matrix::zeros(3, 3)], [vec![1.0], vec![10.0], vec![1e4]]);
    let settings = PathSettings::default();
    let path = regularization_path(&risk, LpNorm::new(3.0)?, &start, &radii, &settings)?;
    let points = path.points.iter().map(|point| &point.parameters[0]);
    Ok(json!({ "radii": [1.0, 10.0, 1e4], "key_queries": points.collect::<Vec<_>>() }))
}
