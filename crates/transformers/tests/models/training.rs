//! Training runs: they learn, they resume bitwise, they stop on what is not finite.

use std::ops::ControlFlow;

use burn::optim::SgdConfig;
use burn::tensor::{Device, Tensor};
use mirrorhead_deep::FusedAdamConfig;
use mirrorhead_transformers::{
    Checkpoints, EpochEnd, Evaluation, ImageBatch, Noise, TextClassifier, TextClassifierConfig,
    TokenBatch, TrainingRun, TransformerError, VisionTransformerConfig, evaluate,
};

const CONFIG: TextClassifierConfig = TextClassifierConfig {
    vocabulary: 20,
    max_length: 9,
    width: 8,
    n_blocks: 2,
    n_heads: 2,
    hidden: 16,
    dropout: 0.1,
};

/// Sequences of the tokens 4 to 19 with one token 2 (label 1) or 3 (label 0) among them.
fn batches(n: usize, seed: usize) -> Vec<TokenBatch> {
    let batch = |b: usize| {
        let (mut ids, mut lengths, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..10 {
            let draw = |k: usize| (seed + 1) * 7919 + b * 104_729 + i * 1_299_709 + k * 15_485_863;
            let length = 4 + draw(0) % 6;
            let label = u8::from(draw(1) % 2 == 0);
            let place = draw(2) % length;
            let token = |t: usize| match t {
                t if t == place => 3 - i32::from(label),
                t if t < length => i32::try_from(4 + draw(3 + t) % 16).unwrap(),
                _ => 0,
            };
            ids.extend((0..9).map(token));
            lengths.push(length);
            labels.push(label);
        }
        TokenBatch { ids, lengths, labels }
    };
    (0..n).map(batch).collect()
}

/// 20 steps of a batch each.
fn steps() -> impl Iterator<Item = Vec<TokenBatch>> {
    batches(20, 0).into_iter().map(|batch| vec![batch])
}

fn begin() -> TrainingRun<TextClassifier> {
    let model = CONFIG.init(3, &Device::flex().autodiff()).unwrap();
    TrainingRun::new(model, FusedAdamConfig::new().build().unwrap())
}

fn epoch(run: &mut TrainingRun<TextClassifier>) -> Evaluation {
    let mut noise = Noise::stream(5, run.epoch as u64);
    let watch = |_: &Evaluation| ControlFlow::Continue(());
    match run.train_epoch(steps(), 3e-3, &mut noise, watch).unwrap() {
        EpochEnd::Whole(evaluation) => evaluation,
        EpochEnd::Stopped => panic!("nobody asked to stop"),
    }
}

fn logits(run: &TrainingRun<TextClassifier>) -> Vec<f32> {
    let batch = &batches(1, 9)[0];
    run.model().logits(batch, &mut Noise::Off).into_data().try_to_vec().unwrap()
}

#[test]
fn the_decisive_token_is_learned_and_generalises() {
    let mut run = begin();
    let before = evaluate(run.model(), batches(20, 1)).unwrap();
    let mut last = Evaluation::default();
    for _ in 0..15 {
        last = epoch(&mut run);
    }
    let after = evaluate(run.model(), batches(20, 1)).unwrap();
    assert!(before.accuracy() < 0.65, "{before:?}");
    assert!(last.accuracy() > 0.95 && after.accuracy() > 0.95, "{last:?} {after:?}");
}

#[test]
fn a_run_goes_on_bitwise_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("run"));
    let mut whole = begin();
    assert_eq!(checkpoints.restore::<_, u8>(&mut whole).unwrap(), None);
    epoch(&mut whole);
    checkpoints.save(&whole, &7_u8).unwrap();
    epoch(&mut whole);

    let mut resumed = begin();
    assert_eq!(checkpoints.restore::<_, u8>(&mut resumed).unwrap(), Some(7));
    assert_eq!(resumed.epoch, 1);
    epoch(&mut resumed);
    assert_eq!(logits(&whole), logits(&resumed));
    // The next checkpoint replaces the first.
    checkpoints.save(&resumed, &8_u8).unwrap();
    let kept = std::fs::read_dir(folder.path().join("run")).unwrap().count();
    assert_eq!(kept, 1);
}

#[test]
fn a_damaged_checkpoint_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path());
    let mut run = begin();
    epoch(&mut run);
    for name in ["model.safetensors", "optimizer.burnpack", "record.json"] {
        checkpoints.save(&run, &1_u8).unwrap();
        let path = folder.path().join("epoch-1").join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let error = checkpoints.restore::<_, u8>(&mut begin()).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn the_checkpoint_of_another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path());
    let mut run = begin();
    epoch(&mut run);
    checkpoints.save(&run, &()).unwrap();
    let wider = TextClassifierConfig { width: 12, ..CONFIG };
    let model = wider.init(3, &Device::flex().autodiff()).unwrap();
    let mut other = TrainingRun::new(model, FusedAdamConfig::new().build().unwrap());
    assert!(checkpoints.restore::<_, ()>(&mut other).is_err());
}

#[test]
fn a_loss_that_is_not_finite_ends_the_epoch_and_says_where() {
    let model = CONFIG.init(3, &Device::flex().autodiff()).unwrap();
    let mut run = TrainingRun::new(model, SgdConfig::new().build());
    let watch = |_: &Evaluation| ControlFlow::Continue(());
    let mut noise = Noise::Off;
    let error = run.train_epoch(steps(), 1e30, &mut noise, watch).unwrap_err();
    assert!(matches!(error, TransformerError::NotFinite { epoch: 1, step: 2.. }), "{error}");
    assert_eq!(run.epoch, 0);
}

#[test]
fn an_epoch_stops_when_asked() {
    let mut run = begin();
    let mut seen = 0;
    let watch = |_: &Evaluation| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let end = run.train_epoch(steps(), 1e-3, &mut Noise::Off, watch).unwrap();
    assert_eq!((end, run.epoch, seen), (EpochEnd::Stopped, 0, 3));
}

/// The texts of a batch, in batches of at most this many.
fn parts(batch: &TokenBatch, most: usize) -> Vec<TokenBatch> {
    let texts: Vec<usize> = (0..batch.len()).collect();
    let part = |texts: &[usize]| TokenBatch {
        ids: texts.iter().flat_map(|i| &batch.ids[9 * i..9 * (i + 1)]).copied().collect(),
        lengths: texts.iter().map(|i| batch.lengths[*i]).collect(),
        labels: texts.iter().map(|i| batch.labels[*i]).collect(),
    };
    texts.chunks(most).map(part).collect()
}

#[test]
fn steps_in_parts_are_those_of_whole_batches_up_to_rounding() {
    let trained = |most: usize| {
        let model = CONFIG.init(3, &Device::flex().autodiff()).unwrap();
        let mut run = TrainingRun::new(model, SgdConfig::new().build());
        let steps = batches(20, 0).into_iter().map(|batch| parts(&batch, most));
        let watch = |_: &Evaluation| ControlFlow::Continue(());
        let end = run.train_epoch(steps, 3e-3, &mut Noise::Off, watch).unwrap();
        (end, logits(&run))
    };
    let (EpochEnd::Whole(whole), expected) = trained(10) else { panic!("nobody asked to stop") };
    for most in [1, 3, 9] {
        let (EpochEnd::Whole(total), found) = trained(most) else { panic!("nobody asked to stop") };
        assert_eq!((total.n, total.correct), (whole.n, whole.correct));
        assert!((total.loss - whole.loss).abs() < 1e-5 * whole.loss);
        let close = |(x, y): (&f32, &f32)| (x - y).abs() < 1e-4;
        assert!(found.iter().zip(&expected).all(close), "{found:?} {expected:?}");
    }
}

#[test]
fn a_mean_over_parts_is_the_mean_over_all() {
    let sizes = VisionTransformerConfig {
        side: 4,
        patch: 2,
        n_classes: 3,
        width: 8,
        n_blocks: 1,
        n_heads: 2,
        hidden: 8,
        dropout: 0.0,
    };
    let image = |i: usize| (0..48).map(move |k| ((i * 48 + k) as f32).sin());
    let batch = |images: &[usize]| ImageBatch {
        pixels: images.iter().flat_map(|i| image(*i)).collect(),
        side: 4,
        labels: images.iter().map(|i| u8::try_from(i % 3).unwrap()).collect(),
    };
    let trained = |most: usize| {
        let model = sizes.init(1, &Device::flex().autodiff()).unwrap();
        let mut run = TrainingRun::new(model, SgdConfig::new().build());
        let step: Vec<_> = [0, 1, 2, 3, 4].chunks(most).map(batch).collect();
        let watch = |_: &Evaluation| ControlFlow::Continue(());
        run.train_epoch([step], 0.1, &mut Noise::Off, watch).unwrap();
        evaluate(run.model(), [batch(&[0, 1, 2, 3, 4])]).unwrap().loss
    };
    let model = sizes.init(1, &Device::flex().autodiff()).unwrap();
    let before = evaluate(&model, [batch(&[0, 1, 2, 3, 4])]).unwrap().loss;
    assert!((trained(5) - before).abs() > 1e-2 * before);
    assert!((trained(2) - trained(5)).abs() < 1e-5 * before);
}

#[test]
fn padding_changes_nothing() {
    let model = CONFIG.init(3, &Device::flex()).unwrap();
    let short = TokenBatch { ids: vec![4, 5, 2, 6], lengths: vec![4], labels: vec![1] };
    let padded = TokenBatch { ids: vec![4, 5, 2, 6, 0, 0, 0], lengths: vec![4], labels: vec![1] };
    let logit = |batch| model.logits(batch, &mut Noise::Off).into_scalar::<f32>();
    assert!((logit(&short) - logit(&padded)).abs() < 1e-6);
    let masked =
        |map: &Tensor<4>| map.clone().slice([0..1, 0..2, 0..7, 4..7]).max().into_scalar::<f32>();
    assert!(model.attention(&padded).iter().all(|map| masked(map) == 0.0));
}

#[test]
fn attention_weights_are_distributions_and_the_last_ones_are_what_is_read() {
    let model = CONFIG.init(3, &Device::flex()).unwrap();
    let maps = model.attention(&batches(1, 4)[0]);
    assert_eq!(maps.len(), 2);
    for map in maps {
        assert_eq!(map.dims(), [10, 2, 9, 9]);
        let sums: Vec<f32> = map.sum_dim(3).into_data().try_to_vec().unwrap();
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    }
}

#[test]
fn models_of_impossible_sizes_are_refused() {
    let device = Device::flex();
    let refused = |config: TextClassifierConfig| config.init(1, &device).unwrap_err().to_string();
    assert!(refused(TextClassifierConfig { width: 0, ..CONFIG }).contains("width"));
    assert!(refused(TextClassifierConfig { n_heads: 3, ..CONFIG }).contains("multiple of 3"));
    for dropout in [1.0, -0.1, f64::NAN] {
        assert!(refused(TextClassifierConfig { dropout, ..CONFIG }).contains("dropout"));
    }
}
