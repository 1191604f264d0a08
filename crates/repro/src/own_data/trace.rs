//! The course of a run: loss, norm, divergence and the probability of the selected tokens, step by step.

use std::fmt::Write;

use mirrorhead_attention::{AttentionWeights, Dataset};
use mirrorhead_mirror::{LpNorm, directional_bregman};

use super::recording::Recording;

/// What follows from each recorded step once the selection is known; NaN where nothing does.
pub struct TraceTable {
    iterations: Vec<u64>,
    losses: Vec<f64>,
    norm_p: Vec<f64>,
    directional_bregman: Vec<f64>,
    least_probability: Vec<f64>,
    mean_probability: Vec<f64>,
}

impl TraceTable {
    /// Looks at every recorded step from the end: at the selection and the direction found there.
    pub fn of(
        recording: &Recording,
        data: &Dataset,
        norm: LpNorm,
        selection: Option<&[usize]>,
        direction: Option<&[f64]>,
    ) -> Self {
        let (mut norm_p, mut divergence) = (Vec::new(), Vec::new());
        let (mut least, mut mean) = (Vec::new(), Vec::new());
        for (_, recorded) in recording.steps() {
            let w = recorded.key_query.as_slice();
            norm_p.push(norm.of(w));
            let zero = w.iter().all(|entry| *entry == 0.0);
            divergence.push(match direction {
                Some(direction) if !zero => directional_bregman(norm, direction, w),
                _ => f64::NAN,
            });
            let weights = AttentionWeights::of(&recorded.key_query, data).ok();
            let probabilities: Option<Vec<f64>> =
                weights.zip(selection).map(|(weights, tokens)| {
                    tokens.iter().enumerate().map(|(i, t)| weights.sequence(i)[*t]).collect()
                });
            let (lowest, average) = probabilities.map_or((f64::NAN, f64::NAN), |probabilities| {
                let sum: f64 = probabilities.iter().sum();
                let lowest = probabilities.iter().copied().fold(f64::INFINITY, f64::min);
                (lowest, sum / probabilities.len() as f64)
            });
            least.push(lowest);
            mean.push(average);
        }
        let steps = recording.steps();
        let (iterations, losses) = steps.map(|(k, recorded)| (k, recorded.loss)).unzip();
        Self {
            iterations,
            losses,
            norm_p,
            directional_bregman: divergence,
            least_probability: least,
            mean_probability: mean,
        }
    }

    /// The risk at each step.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// The divergence at each step.
    pub fn divergences(&self) -> &[f64] {
        &self.directional_bregman
    }

    /// A value at each step as points over the iterations: where there is one, and a place on a logarithmic axis.
    pub fn points(&self, values: &[f64]) -> Vec<[f64; 2]> {
        let steps = self.iterations.iter().zip(values);
        let shown = steps.filter(|(k, value)| **k > 0 && value.is_finite());
        shown.map(|(k, value)| [*k as f64, *value]).collect()
    }

    /// The columns, by name.
    pub fn columns(&self) -> [(&'static str, Vec<f64>); 4] {
        [
            ("norm_p", self.norm_p.clone()),
            ("directional_bregman", self.directional_bregman.clone()),
            ("least_selected_probability", self.least_probability.clone()),
            ("mean_selected_probability", self.mean_probability.clone()),
        ]
    }

    /// The table as CSV: a head, and a row for every recorded step; empty where there is no number.
    pub fn csv(&self, recording: &Recording) -> String {
        let columns = self.columns();
        let mut text = String::from("iteration,loss,log_gradient");
        for (name, _) in &columns {
            let _ = write!(text, ",{name}");
        }
        text.push('\n');
        for (row, (iteration, recorded)) in recording.steps().enumerate() {
            let _ = write!(text, "{iteration}");
            let own = [recorded.loss, recorded.log_gradient];
            for value in own.into_iter().chain(columns.iter().map(|(_, column)| column[row])) {
                let value = if value.is_finite() { format!("{value:e}") } else { String::new() };
                let _ = write!(text, ",{value}");
            }
            text.push('\n');
        }
        text
    }
}
