//! The experiments on images, through the registry: what they find, and what their outcomes must not
//! depend on.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use mirrorhead_datasets::{
    Augmentation, Batches, ImageSet, Images, Normalisation, PlantedImages, Presentation, Split,
    normalised,
};
use mirrorhead_deep::MirrorDescentConfig;
use mirrorhead_harness::{Cell, CellError, Entry, Finding, Profile, RunningCell, Scope, Verdict};
use mirrorhead_repro_deep::registry;
use mirrorhead_transformers::{
    EpochEnd, Evaluation, ImageBatch, Noise, TrainingRun, VisionTransformer,
    VisionTransformerConfig, evaluate,
};
use serde_json::{Value, json};

pub fn experiment(name: &str) -> Entry {
    let registry = registry();
    *registry.all().iter().find(|entry| entry.experiment.about().name == name).unwrap()
}

fn run(config: &Value, scope: &Scope, checkpoints: &Path) -> Result<Value, CellError> {
    experiment("cifar10")
        .experiment
        .run_cell(config, &RunningCell::outside_a_run(scope, checkpoints))
}

/// A run of seconds' fractions: few images, moved and mirrored, p = 1.1.
fn small(max_epochs: usize) -> Value {
    let mut config =
        experiment("cifar10").cells(&Scope::new(Profile::Quick)).unwrap()[0].config.clone();
    assert_eq!(config["method"], json!({"mirror_descent": {"p": 1.1}}));
    config["source"]["planted"]["images"]["n_train"] = 115.into();
    config["source"]["planted"]["images"]["n_test"] = 50.into();
    config["crop_padding"] = 2.into();
    config["max_epochs"] = max_epochs.into();
    config
}

fn fresh(config: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    run(config, &Scope::new(Profile::Quick), folder.path()).unwrap()
}

#[test]
fn the_quick_profile_tunes_learns_planted_images_and_has_every_finding() {
    let (entry, scope) = (experiment("cifar10"), Scope::new(Profile::Quick));
    let finished = |cells: Vec<Cell>| -> Vec<(Value, Value)> {
        cells.into_iter().map(|cell| (cell.config.clone(), fresh(&cell.config))).collect()
    };
    let mut outcomes = finished(entry.cells(&scope).unwrap());
    assert_eq!(outcomes.len(), 15);
    let further = entry.experiment.further_cells(&scope, entry.fingerprint, &outcomes).unwrap();
    let compared = finished(further);
    assert_eq!(compared.len(), 9);
    for (config, outcome) in &compared {
        let test: Evaluation = serde_json::from_value(outcome["best"]["test"].clone()).unwrap();
        // One of four classes.
        assert!(test.n == 400 && test.accuracy() > 0.6, "{config}: {test:?}");
        let same = |(other, _): &&(Value, Value)| other["method"] == config["method"];
        let best = |outcome: &Value| {
            let epochs = outcome["epochs"].as_array().unwrap().iter();
            epochs.map(|epoch| epoch["validation"]["correct"].as_u64().unwrap()).max().unwrap()
        };
        let grid: Vec<_> = outcomes.iter().filter(same).collect();
        let most = grid.iter().map(|(_, outcome)| best(outcome)).max().unwrap();
        let used =
            grid.iter().find(|(other, _)| other["step_size"] == config["step_size"]).unwrap();
        assert_eq!(best(&used.1), most);
    }
    outcomes.extend(compared);
    let summary = entry.experiment.summarise(&outcomes).unwrap();
    let keys: Vec<_> = summary.findings.iter().map(|finding| finding.key).collect();
    assert_eq!(keys, entry.experiment.claims().iter().map(|claim| claim.key).collect::<Vec<_>>());
    assert!(summary.findings.iter().all(|finding| finding.verdict != Verdict::NotRun));
    assert_eq!((summary.figures.len(), summary.tables.len()), (5, 2));

    let too_few = entry.experiment.summarise(&outcomes[..21]).unwrap();
    let judged =
        |finding: &&Finding| !matches!(finding.verdict, Verdict::NotRun | Verdict::NotJudged);
    let judged: Vec<_> = too_few.findings.iter().filter(judged).map(|f| f.key).collect();
    assert_eq!(judged, ["no-run-lost"]);
}

#[test]
fn a_run_goes_on_bitwise_from_its_checkpoint() {
    let (folder, scope) = (tempfile::tempdir().unwrap(), Scope::new(Profile::Quick));
    let shorter = run(&small(2), &scope, folder.path()).unwrap();
    let resumed = run(&small(4), &scope, folder.path()).unwrap();
    assert_eq!(resumed, fresh(&small(4)));
    let epochs = |outcome: &Value| outcome["epochs"].as_array().unwrap().clone();
    assert_eq!(epochs(&resumed)[..2], epochs(&shorter)[..]);
    assert_ne!(shorter["last"], resumed["last"]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fresh(&small(2)))
    };
    assert_eq!(on(1), on(2));
}

/// The numbers that a view of a training image becomes.
fn batch(
    images: &Images,
    indices: &[usize],
    augmentation: Augmentation,
    of: &Images,
) -> ImageBatch {
    let normalisation = Normalisation::of(of).unwrap();
    let presentation = Presentation { augmentation, side: images.height(), normalisation };
    ImageBatch {
        pixels: normalised(images, indices, &presentation).unwrap(),
        side: images.height(),
        labels: indices.iter().map(|i| images.label(*i)).collect(),
    }
}

/// The outcome of [`small`] by a plain loop that makes each batch when it is needed, on this thread.
fn plain_loop(config: &Value) -> Vec<[Evaluation; 2]> {
    let planted: PlantedImages =
        serde_json::from_value(config["source"]["planted"]["images"].clone()).unwrap();
    let ImageSet { train, test } = planted.sample(1).unwrap().images;
    let model: VisionTransformerConfig = serde_json::from_value(config["model"].clone()).unwrap();
    let step_size = config["step_size"].as_f64().unwrap();
    let seed = config["seed"].as_u64().unwrap();
    let split = Split::stratified(train.labels(), 0.1, seed).unwrap();
    let optimizer: ModuleOptimizer = MirrorDescentConfig::new(1.1).init().unwrap();
    let mut run: TrainingRun<VisionTransformer> =
        TrainingRun::new(model.init(seed, &Device::flex().autodiff()).unwrap(), optimizer);
    let shown = |images: &Images, indices: &[usize]| {
        let batches = indices.chunks(100);
        batches.map(|i| batch(images, i, Augmentation::None, &train)).collect::<Vec<_>>()
    };
    let mut epochs = Vec::new();
    for epoch in 1..=config["max_epochs"].as_u64().unwrap() {
        let order = (seed << 20) + epoch;
        let lengths = vec![1; train.len()];
        let batches = Batches::by_length(&split.train, &lengths, 20, order).unwrap();
        let seed_of_epoch = order ^ (1 << 63);
        let views = Augmentation::CropAndFlip { padding: 2, seed_of_epoch };
        let steps = batches.iter().map(|indices| vec![batch(&train, indices, views, &train)]);
        let mut noise = Noise::stream(seed, epoch);
        let end = run.train_epoch(steps, step_size, &mut noise, |_| ControlFlow::Continue(()));
        let EpochEnd::Whole(trained) = end.unwrap() else { panic!("nobody stopped it") };
        epochs.push([trained, evaluate(run.model(), shown(&train, &split.validation)).unwrap()]);
    }
    let all: Vec<usize> = (0..test.len()).collect();
    let tested = evaluate(&run.model().valid(), shown(&test, &all)).unwrap();
    epochs.push([tested, tested]);
    epochs
}

#[test]
fn batches_made_ahead_give_what_a_plain_loop_gives() {
    let config = small(3);
    let outcome = fresh(&config);
    let mut expected = plain_loop(&config);
    let [tested, _] = expected.pop().unwrap();
    let expected: Vec<_> = expected
        .iter()
        .map(|[train, validation]| json!({"train": train, "validation": validation}))
        .collect();
    assert_eq!(outcome["epochs"], json!(expected));
    assert_eq!(outcome["last"]["test"], json!(tested));
}

#[test]
fn a_step_that_is_too_large_ends_the_run_and_keeps_the_last_finite_model() {
    let mut config = small(3);
    config["method"] = json!({"mirror_descent": {"p": 2.0}});
    config["step_size"] = 1e30.into();
    let outcome = fresh(&config);
    assert_eq!(outcome["end"]["diverged"]["epoch"], 1, "{}", outcome["end"]);
    assert_eq!((&outcome["epochs"], &outcome["last"]["epoch"]), (&json!([]), &json!(0)));
}

#[test]
fn settings_out_of_range_are_refused_with_the_reason() {
    for (field, value, said) in [
        ("batch", json!(0), "batch_size"),
        ("validation", json!(1.5), "fraction"),
        ("method", json!({"mirror_descent": {"p": 0.5}}), "p"),
        ("device", json!("vulkan"), "vulkan"),
    ] {
        let mut config = small(1);
        config[field] = value;
        let folder = tempfile::tempdir().unwrap();
        let refused = run(&config, &Scope::new(Profile::Quick), folder.path());
        let Err(error @ CellError::Failed { .. }) = refused else { panic!("{field}: {refused:?}") };
        let reason = error.to_string();
        assert!(field == "device" && cfg!(feature = "vulkan") || reason.contains(said), "{reason}");
    }
    let mut config = small(1);
    config["model"]["n_classes"] = 3.into();
    let folder = tempfile::tempdir().unwrap();
    let error = run(&config, &Scope::new(Profile::Quick), folder.path()).unwrap_err();
    assert!(error.to_string().contains("3 classes"), "{error}");
}

/// Black images in the official layout, of all classes in turn.
fn write_black(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let mut records = vec![0_u8; 10_000 * 3_073];
    for (i, record) in records.chunks_exact_mut(3_073).enumerate() {
        record[0] = u8::try_from(i % 10).unwrap();
    }
    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"] {
        fs::write(folder.join(name).with_extension("bin"), &records).unwrap();
    }
    fs::write(folder.join("test_batch.bin"), &records).unwrap();
}

#[test]
fn missing_damaged_and_other_images_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let scope = Scope { data_dir: data.path().to_owned(), ..Scope::new(Profile::Cpu) };
    let missing = experiment("cifar10").cells(&scope).unwrap_err().to_string();
    assert!(missing.contains("cifar-10-batches-bin"), "{missing}");
    let official = data.path().join("cifar-10-batches-bin");
    write_black(&official);
    let cells = experiment("cifar10").cells(&scope).unwrap();
    assert_eq!(cells.len(), 15);

    // The configuration is of other images than the folder has.
    let mut config = cells[0].config.clone();
    config["source"]["cifar10"]["sha256"] = "0".repeat(64).into();
    let checkpoints = tempfile::tempdir().unwrap();
    let other = run(&config, &scope, checkpoints.path()).unwrap_err().to_string();
    assert!(other.contains("other images") && other.contains(&"0".repeat(64)), "{other}");

    let path = official.join("data_batch_3.bin");
    fs::write(&path, &fs::read(&path).unwrap()[..1_000_000]).unwrap();
    let damaged = experiment("cifar10").cells(&scope).unwrap_err().to_string();
    assert!(damaged.contains("data_batch_3.bin") && damaged.contains("1000000"), "{damaged}");
}
