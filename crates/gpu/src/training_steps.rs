//! Steps of training the paper's text classifier: their losses, which another program must have too, and their times.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use mirrorhead_deep::{FusedAdamConfig, MirrorDescentConfig};
use mirrorhead_harness::{Device, peak_memory_bytes};
use mirrorhead_transformers::{Noise, TextClassifierConfig, TokenBatch, TrainingRun, save_weights};
use serde::Serialize;

use crate::error::GpuError;
use crate::processor::processor;

/// The step size of every method: small, so that a loss tells of weights and not of luck.
const RATE: f64 = 1e-4;

/// Sizes of the model and of its batches; the paper's 3-block model by default.
#[derive(Debug, Clone, Args, Serialize)]
pub struct Sizes {
    #[arg(long, default_value_t = 30_523)]
    vocabulary: usize,
    #[arg(long, default_value_t = 512)]
    length: usize,
    #[arg(long, default_value_t = 384)]
    width: usize,
    #[arg(long, default_value_t = 3)]
    blocks: usize,
    #[arg(long, default_value_t = 3)]
    heads: usize,
    #[arg(long, default_value_t = 1536)]
    hidden: usize,
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Steps that are timed; two others come before.
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// A file for the initial weights, from which another program begins too.
    #[arg(long)]
    #[serde(skip)]
    weights: Option<PathBuf>,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Measured {
    device: Device,
    sizes: Sizes,
    /// What a step's gradients take, by estimate.
    estimated_bytes: f64,
    /// What the process took of the machine's memory, the GPU's not included.
    peak_process_bytes: Option<u64>,
    methods: Vec<Steps>,
}

/// The steps of one method.
#[derive(Debug, Serialize)]
struct Steps {
    method: &'static str,
    /// The loss of each step over its batch, before it.
    losses: Vec<f64>,
    /// Seconds of each timed step, with the reading of its loss.
    seconds: Vec<f64>,
    tokens_per_second: f64,
}

/// Steps that come before the timed ones: shaders are compiled and tuned in them.
const BEFORE: usize = 2;

/// Trains for some steps with mirror descent at p = 1.1 and with Adam, without dropout.
///
/// # Errors
/// No such device, sizes that no model has, a file that can't be written.
pub fn measure(device: Device, sizes: &Sizes) -> Result<Measured, GpuError> {
    for (what, size) in
        [("--batch", sizes.batch), ("--steps", sizes.steps), ("--length", sizes.length)]
    {
        if size == 0 {
            return Err(GpuError::Empty { what });
        }
    }
    let config = sizes.config();
    let on = processor(device)?.autodiff();
    let mut methods = Vec::new();
    let adam = FusedAdamConfig::new().with_epsilon(1e-8).init()?;
    for (method, optimizer) in [("p = 1.1", MirrorDescentConfig::new(1.1).init()?), ("Adam", adam)]
    {
        let model = config.init(1, &on)?;
        if let Some(path) = sizes.weights.as_ref().filter(|_| methods.is_empty()) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)
                    .map_err(|source| GpuError::File { path: folder.to_owned(), source })?;
            }
            save_weights(&model, path)?;
        }
        methods.push(sizes.steps_of(method, TrainingRun::new(model, optimizer))?);
    }
    Ok(Measured {
        device,
        estimated_bytes: config.step_bytes(sizes.batch),
        peak_process_bytes: peak_memory_bytes(),
        sizes: sizes.clone(),
        methods,
    })
}

type Run = TrainingRun<mirrorhead_transformers::TextClassifier>;

impl Sizes {
    fn config(&self) -> TextClassifierConfig {
        TextClassifierConfig {
            vocabulary: self.vocabulary,
            max_length: self.length,
            width: self.width,
            n_blocks: self.blocks,
            n_heads: self.heads,
            hidden: self.hidden,
            dropout: 0.0,
        }
    }

    fn steps_of(&self, method: &'static str, mut run: Run) -> Result<Steps, GpuError> {
        let (mut losses, mut seconds) = (Vec::new(), Vec::new());
        for step in 0..BEFORE + self.steps {
            let start = Instant::now();
            let loss = |evaluation: &mirrorhead_transformers::Evaluation| {
                losses.push(evaluation.loss);
                ControlFlow::Continue(())
            };
            run.train_epoch([vec![self.batch(step)]], RATE, &mut Noise::Off, loss)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.drain(..BEFORE);
        let total: f64 = seconds.iter().sum();
        let tokens = (self.batch * self.length * self.steps) as f64;
        Ok(Steps { method, losses, seconds, tokens_per_second: tokens / total })
    }

    /// The batch of a step; `pytorch.py` makes the same.
    fn batch(&self, step: usize) -> TokenBatch {
        let id = |k: usize| (k * 7919 + step * 104_729) % self.vocabulary;
        TokenBatch {
            ids: (0..self.batch * self.length).map(|k| i32::try_from(id(k)).unwrap_or(0)).collect(),
            lengths: vec![self.length; self.batch],
            labels: (0..self.batch).map(|i| u8::from(i % 2 == 0)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_methods_begin_with_the_same_loss_and_part() {
        let temp = tempfile::tempdir().unwrap();
        let weights = temp.path().join("work/model.safetensors");
        let sizes = Sizes {
            vocabulary: 50,
            length: 8,
            width: 12,
            blocks: 2,
            heads: 2,
            hidden: 16,
            batch: 4,
            steps: 2,
            weights: Some(weights.clone()),
        };
        let measured = measure(Device::Cpu, &sizes).unwrap();
        let [first, second] = measured.methods.as_slice() else { panic!("two methods") };
        assert!(first.losses.len() == 4 && first.seconds.len() == 2);
        assert_eq!(first.losses[0], second.losses[0]);
        assert_ne!(first.losses[3], second.losses[3]);
        assert!(weights.is_file());
        let none = Sizes { batch: 0, ..sizes };
        assert!(measure(Device::Cpu, &none).unwrap_err().to_string().contains("--batch"));
    }
}
