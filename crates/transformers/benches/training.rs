//! Tokens a second of a training step of the text classifier, and of its evaluation.

use std::time::Instant;

use burn::optim::{AdamConfig, ModuleOptimizer};
use burn::tensor::Device;
use clap::Parser;
use mirrorhead_deep::{FusedAdamConfig, MirrorDescentConfig};
use mirrorhead_harness::peak_memory_bytes;
use mirrorhead_transformers::{
    Noise, TextClassifier, TextClassifierConfig, TokenBatch, TrainingRun, evaluate,
};

/// Sizes of the model and of the batches; the paper's 3-block model by default, in small batches.
#[derive(Debug, Parser)]
struct Args {
    #[arg(long, default_value_t = 30_523)]
    vocabulary: usize,
    #[arg(long, default_value_t = 128)]
    length: usize,
    #[arg(long, default_value_t = 384)]
    width: usize,
    #[arg(long, default_value_t = 3)]
    blocks: usize,
    #[arg(long, default_value_t = 3)]
    heads: usize,
    #[arg(long, default_value_t = 1536)]
    hidden: usize,
    #[arg(long, default_value_t = 0.0)]
    dropout: f64,
    #[arg(long, default_value_t = 8)]
    batch: usize,
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// Mirror descent with this exponent instead of Adam.
    #[arg(long)]
    p: Option<f64>,
    /// The framework's own Adam.
    #[arg(long, conflicts_with = "p")]
    framework: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    fn optimizer(&self) -> ModuleOptimizer {
        match self.p {
            Some(p) => MirrorDescentConfig::new(p).init().expect("an exponent above 1"),
            None if self.framework => AdamConfig::new().init(),
            None => FusedAdamConfig::new().init().expect("valid settings"),
        }
    }
}

fn main() {
    let args = Args::parse();
    let config = TextClassifierConfig {
        vocabulary: args.vocabulary,
        max_length: args.length,
        width: args.width,
        n_blocks: args.blocks,
        n_heads: args.heads,
        hidden: args.hidden,
        dropout: args.dropout,
    };
    let device = Device::flex().autodiff();
    let model = config.init(1, &device).expect("a model");
    time(&args, TrainingRun::new(model, args.optimizer()));
    if let Some(peak) = peak_memory_bytes() {
        let estimate = config.step_bytes(args.batch) / 1_048_576.0;
        println!("peak memory: {} MiB; a step, by estimate: {estimate:.0} MiB", peak >> 20);
    }
}

fn time(args: &Args, mut run: TrainingRun<TextClassifier>) {
    let batch = |step: usize| {
        let token = |k: usize| (k * 7919 + step * 104_729) % args.vocabulary;
        TokenBatch {
            ids: (0..args.batch * args.length).map(|k| i32::try_from(token(k)).unwrap()).collect(),
            lengths: vec![args.length; args.batch],
            labels: (0..args.batch).map(|i| u8::from(i % 2 == 0)).collect(),
        }
    };
    let mut noise = Noise::stream(1, 1);
    let mut seconds = Vec::new();
    for step in 0..args.steps {
        let start = Instant::now();
        run.train_epoch([vec![batch(step)]], 1e-4, &mut noise, |_| {
            std::ops::ControlFlow::Continue(())
        })
        .expect("finite losses");
        seconds.push(start.elapsed().as_secs_f64());
    }
    report("training", &mut seconds, args.batch * args.length);
    let mut seconds: Vec<f64> = (0..args.steps)
        .map(|step| {
            let start = Instant::now();
            evaluate(run.model(), [batch(step)]).expect("a device");
            start.elapsed().as_secs_f64()
        })
        .collect();
    report("evaluation", &mut seconds, args.batch * args.length);
}

fn report(what: &str, seconds: &mut [f64], tokens: usize) {
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{what}: {:.4} s a step (least {:.4}), {:.0} tokens/s",
        median,
        seconds[0],
        tokens as f64 / median
    );
}
