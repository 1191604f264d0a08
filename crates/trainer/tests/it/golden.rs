//! Reference trajectories: the normalized step in stable arithmetic, from an implementation of its own that was
//! checked against 80-bit runs. `fixtures/` holds twelve seeds of the paper's study with every checkpoint.

use std::path::{Path, PathBuf};

use mirrorhead_attention::{AttentionWeights, Dataset, KeyQueryRisk, Loss, TokenSelection};
use mirrorhead_kernels::{Matrix, TokenBatch, max_abs};
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize, directional_bregman};
use mirrorhead_svm::{Outcome, SvmSettings};
use mirrorhead_trainer::{
    Schedule, Snapshots, StoppingRule, Trace, max_margin_key_query, train_key_query,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    #[serde(rename = "X")]
    tokens: TokenBatch,
    #[serde(rename = "Y")]
    labels: Vec<f64>,
    #[serde(rename = "Z")]
    queries: Matrix,
    #[serde(rename = "v")]
    decoder: Vec<f64>,
    #[serde(rename = "W0")]
    start: Matrix,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    p: f64,
    step_size: f64,
    alpha: Vec<usize>,
    checkpoints: Vec<Point>,
    att_svm: Vec<AttSvm>,
    final_directional_bregman: std::collections::BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Point {
    iter: u64,
    loss: f64,
    #[serde(rename = "W")]
    key_query: Option<Matrix>,
    norm_p: f64,
}

#[derive(Deserialize)]
struct AttSvm {
    p: f64,
    norm_p: f64,
}

/// The number of seeds that are part of the project.
const SEEDS: usize = 12;

fn golden_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = std::fs::read_dir(&folder).expect("the fixtures are part of the project");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> =
        paths.filter(|path| path.to_string_lossy().contains("att_gd_seed_")).collect();
    files.sort();
    assert_eq!(files.len(), SEEDS, "every seed is there");
    files
}

#[test]
fn trajectories_agree_with_the_reference_to_the_end() {
    for file in golden_files() {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let golden: Golden = serde_json::from_str(&text).expect("the documented schema");
        let data = Dataset::new(golden.tokens, &golden.queries, golden.labels).expect("valid data");
        let decoder = Matrix::column(golden.decoder).expect("a finite decoder");
        let risk = KeyQueryRisk::new(&data, &decoder, Loss::Logistic).expect("a fitting decoder");
        assert_eq!(golden.runs.iter().map(|run| run.p).collect::<Vec<_>>(), [1.75, 2.0, 3.0]);
        for run in &golden.runs {
            check_run(&file, &data, &risk, &golden.start, run);
        }
    }
}

fn check_run(file: &Path, data: &Dataset, risk: &KeyQueryRisk<'_>, start: &Matrix, run: &Run) {
    let norm = LpNorm::new(run.p).expect("an exponent");
    let method =
        MirrorDescent::new(PowerPotential::new(norm), StepSize::DualNormalized(run.step_size));
    let matrices = run.checkpoints.iter().filter(|point| point.key_query.is_some()).count();
    assert!(matrices >= 4 && run.att_svm.len() == 6, "{}: something to compare", file.display());
    let iterations: Vec<_> = run.checkpoints.iter().map(|point| point.iter).collect();
    let mut trace = Trace::new(Schedule::At(iterations.clone()));
    let mut snapshots = Snapshots::new(Schedule::At(iterations.clone()));
    let stopping = StoppingRule::after(*iterations.last().expect("checkpoints"));
    let trained =
        train_key_query(risk, start.clone(), &method, &stopping, &mut (&mut trace, &mut snapshots))
            .expect("a finite run");

    let name = format!("{} p = {}", file.file_name().expect("a name").display(), run.p);
    assert_eq!(trace.points().len(), iterations.len(), "{name}: every checkpoint is traced");
    assert_eq!(snapshots.taken().len(), iterations.len(), "{name}: every checkpoint is kept");
    for ((point, traced), (_, tensors)) in
        run.checkpoints.iter().zip(trace.points()).zip(snapshots.taken())
    {
        let ours = tensors[0].as_slice();
        assert!((traced.risk - point.loss).abs() <= 1e-12, "{name}: risk at {}", point.iter);
        let norm_error = (norm.of(ours) / point.norm_p - 1.0).abs();
        assert!(norm_error <= 1e-9, "{name}: norm at {}: {norm_error:e}", point.iter);
        if let Some(expected) = &point.key_query {
            let expected = expected.as_slice();
            let worst = ours.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let relative = worst / max_abs(expected);
            assert!(relative <= 1e-9, "{name}: W({}) off by {relative:e}", point.iter);
        }
    }

    let weights = AttentionWeights::of(&trained.key_query, data).expect("a finite matrix");
    let selection = TokenSelection::from_saturated(&weights, 0.5).expect("a settled selection");
    assert_eq!(selection.tokens(), run.alpha, "{name}: selection");
    for reference in &run.att_svm {
        check_max_margin(&name, data, &selection, &trained.key_query, norm, reference, run);
    }
}

/// The certified SVM of the selection has the reference's norm, and the run is as far from its
/// direction, in the geometry of the run whatever p' is.
fn check_max_margin(
    name: &str,
    data: &Dataset,
    selection: &TokenSelection,
    key_query: &Matrix,
    norm: LpNorm,
    reference: &AttSvm,
    run: &Run,
) {
    let target_norm = LpNorm::new(reference.p).expect("an exponent");
    let settings = SvmSettings::default().with_relative_gap(1e-11);
    let outcome = max_margin_key_query(data, selection, target_norm, &settings);
    let Ok(Outcome::MaxMargin(svm)) = outcome else { panic!("{name}: p' = {}", reference.p) };
    let norm_error = (svm.norm() / reference.norm_p - 1.0).abs();
    assert!(norm_error <= 1e-9, "{name}: norm of the SVM of {}: {norm_error:e}", reference.p);
    let Some(expected) = run.final_directional_bregman.get(&format!("{:?}", reference.p)) else {
        // The reference measured divergences to the three exponents of the study only.
        assert!(![1.75, 2.0, 3.0].contains(&reference.p), "{name}: p' = {}", reference.p);
        return;
    };
    let divergence = directional_bregman(norm, svm.direction(), key_query.as_slice());
    assert!(
        (divergence - expected).abs() <= 1e-8,
        "{name}: divergence to p' = {} is {divergence}, not {expected}",
        reference.p
    );
}
