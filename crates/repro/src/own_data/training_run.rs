//! ℓp-AttGD on one data set with one exponent: trained, or gone on with, and certified.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use mirrorhead_attention::{AttentionError, AttentionWeights, KeyQueryRisk, Loss};
use mirrorhead_harness::{note, say, sha256};
use mirrorhead_kernels::Matrix;
use mirrorhead_mirror::{LpNorm, MirrorDescent, PowerPotential, StepSize};
use mirrorhead_trainer::{
    Certification, CertifySettings, StopReason, Stopped, StoppingRule, TrainingState, certify,
    least_margin, train,
};
use serde_json::{Value, json};

use super::impossibility::{self, UnsaturatedTraining};
use super::outcome::CommandResult;
use super::picture::run_sheet;
use super::progress::Progress;
use super::recording::Recording;
use super::run_folder::{PAGE, RESULT, RunFolder, TRACE, TRACE_TABLE};
use super::samples::Samples;
use super::saved_run::SavedRun;
use super::trace::TraceTable;
use crate::build::FINGERPRINT;

/// What a run is made of.
pub struct TrainingRun<'a> {
    /// The data.
    pub samples: &'a Samples,
    /// The exponent.
    pub norm: LpNorm,
    /// The step rule.
    pub step: StepSize,
    /// The loss.
    pub loss: Loss,
    /// At most this much work is lost when the process is killed.
    pub save_every: Duration,
    /// Where it starts.
    pub start: &'a Matrix,
    /// How the start is called.
    pub started: &'a str,
    /// Number of steps.
    pub iterations: u64,
}

/// How a run ended.
pub enum RunEnd {
    /// With a result.
    Finished(Box<Finished>),
    /// Interrupted.
    Interrupted,
}

/// A run that ended by itself.
pub struct Finished {
    /// What came out.
    pub result: CommandResult,
    /// Where it lies.
    pub path: PathBuf,
    /// The steps that were recorded.
    pub recording: Recording,
    /// What follows from each of them.
    pub trace: TraceTable,
}

type Failure = Box<dyn std::error::Error>;

impl TrainingRun<'_> {
    /// The settings that the trajectory depends on. Where the data lie is none of them.
    fn settings(&self) -> Value {
        json!({
            "command": "attgd",
            "p": self.norm.p(),
            "step": self.step,
            "loss": self.loss,
            "w0": self.started,
        })
    }

    /// The digest of all that the trajectory depends on: contents, settings, code.
    pub fn identity(&self) -> String {
        sha256(format!("{FINGERPRINT}\n{}\n{}", self.settings(), self.samples.sha256))
    }

    /// Runs it in this folder, or goes on with it.
    ///
    /// # Errors
    /// A folder that can't be used, or an iterate out of range; what was trained is kept.
    pub fn run(
        &self,
        file: &Path,
        folder: &Path,
        interrupted: &Arc<AtomicBool>,
    ) -> Result<RunEnd, Failure> {
        let Samples { data, decoder, .. } = self.samples;
        let folder = RunFolder::open(folder, self.identity())?;
        folder.remove(RESULT)?;
        let mut settings = self.settings();
        settings["file"] = json!(file.to_string_lossy());
        settings["iterations"] = json!(self.iterations);
        let mut result = CommandResult::new(self.identity(), settings, self.samples);

        let risk = KeyQueryRisk::new(data, decoder, self.loss)?;
        let method = MirrorDescent::new(PowerPotential::new(self.norm), self.step);
        let progress = Progress::towards(self.iterations, format!("p = {}", self.norm.p()));
        let mut saved = SavedRun::new(&folder, data.dim(), interrupted, progress, self.save_every);
        let mut state = if let Some(state) = saved.state(self.iterations, data.dim())? {
            say(&format!("{:<20} {}\n", "going on from", state.iteration));
            state
        } else {
            TrainingState::new(&risk, &method, vec![self.start.clone()])?
        };
        let stopping = StoppingRule::after(self.iterations);
        let stopped = train(&risk, &method, &mut state, &stopping, &mut saved);
        saved.end_of_leg(&state, &stopped)?;
        let stopped = stopped?;
        if stopped.reason == StopReason::Interrupted {
            let steps = saved.kept();
            note(&format!(
                "\ninterrupted: {steps} steps are kept; give the same command again to go on"
            ));
            return Ok(RunEnd::Interrupted);
        }
        result.train_seconds = Some(saved.seconds());
        let found = self.judge(&mut result, &state, &stopped)?;
        let trace = self.write_trace(&folder, &saved, &result, &found)?;
        let path = result.write(&folder)?;
        let recording = saved.into_recording();
        Ok(RunEnd::Finished(Box::new(Finished { result, path, recording, trace })))
    }

    /// Enters what the trained matrix is worth, and returns what could be certified of it.
    fn judge<S>(
        &self,
        result: &mut CommandResult,
        state: &TrainingState<S>,
        stopped: &Stopped,
    ) -> Result<Certification, Failure> {
        let Samples { data, decoder, .. } = self.samples;
        let key_query = &state.parameters[0];
        let norm_p = self.norm.of(key_query.as_slice());
        result.loss = Some(stopped.risk);
        result.iterations = Some(state.iteration);
        result.stop_reason = Some(json!(stopped.reason));
        result.norm_p = Some(norm_p);
        result.key_query = Some(key_query.clone());
        let weights = AttentionWeights::of(key_query, data)?;
        let outputs = weights.outputs(data, decoder)?;
        let right = outputs.iter().zip(data.labels()).filter(|(f, y)| *f * *y > 0.0).count();
        result.accuracy = Some(right as f64 / data.len() as f64);

        let clock = Instant::now();
        let found = certify(data, decoder, key_query, self.norm, &CertifySettings::default())?;
        let seconds = clock.elapsed().as_secs_f64();
        result.enter(data, &found);
        if let Certification::NotSaturated { sequence, weight, threshold } = found {
            let details = json!({
                "sequence": sequence, "largest_weight": weight, "threshold": threshold,
            });
            let (p, step, iterations) = (self.norm.p(), self.step, state.iteration);
            let unsaturated = UnsaturatedTraining { p, step, iterations, threshold };
            let message = self.why_not_saturated(&weights, sequence, stopped, &unsaturated)?;
            result.find("not_saturated", message, &details);
        } else {
            result.solve_seconds = Some(seconds);
        }
        if let Certification::Certified(certified) = &found {
            result.margin = Some(least_margin(data, &certified.selection, key_query) / norm_p);
        }
        Ok(found)
    }

    fn why_not_saturated(
        &self,
        weights: &AttentionWeights,
        sequence: usize,
        stopped: &Stopped,
        unsaturated: &UnsaturatedTraining,
    ) -> Result<String, AttentionError> {
        let Samples { data, decoder, .. } = self.samples;
        let never = match impossibility::of_saturating(weights, data, sequence) {
            Some(why) => Some(why),
            None => impossibility::contradiction(data, decoder, self.loss)?,
        };
        if stopped.reason == StopReason::Stationary {
            let moving = impossibility::of_moving(data, decoder)?;
            return Ok(never.map_or_else(|| moving.clone(), |why| format!("{moving}; {why}")));
        }
        Ok(never.unwrap_or_else(|| unsaturated.remedy(weights, sequence)))
    }

    fn write_trace(
        &self,
        folder: &RunFolder,
        saved: &SavedRun<'_>,
        result: &CommandResult,
        found: &Certification,
    ) -> Result<TraceTable, Failure> {
        let data = &self.samples.data;
        let selection = result.selection.as_deref();
        let direction = match found {
            Certification::Certified(certified) => Some(certified.svm.direction()),
            Certification::Tied { tied, .. } => Some(tied.svm.direction()),
            _ => None,
        };
        let table = TraceTable::of(saved.recording(), data, self.norm, selection, direction);
        let columns = table.columns();
        let archive = saved.recording().archive(folder.identity(), saved.seconds(), &columns)?;
        folder.write(TRACE, &archive)?;
        folder.write(TRACE_TABLE, table.csv(saved.recording()).as_bytes())?;
        let sheet = run_sheet(result, self.norm, &table)?;
        for (key, drawing) in &sheet.drawings {
            folder.write(&format!("{key}.svg"), drawing.as_bytes())?;
        }
        folder.write(PAGE, sheet.page.as_bytes())?;
        Ok(table)
    }
}
