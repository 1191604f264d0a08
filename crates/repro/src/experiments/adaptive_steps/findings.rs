//! The figures and verdicts of the experiment on normalized and Polyak's steps.

use mirrorhead_harness::statistics::{band_of, excluded, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, RULES, Rule, StepsConfig, StepsOutcome};

const DECAY_RATE: Claim = Claim {
    key: "decay-rate",
    statement: "normalized steps of length k^-a let W grow by all of them, so that the margin approaches its maximum like k^-(1-a)",
    expected: "for a = 0, 1/4 and 1/2, in the median over runs, over the last decade of steps: the norm grows by 0.95 to 1 times the sum of their \
                   lengths, and the exponent of the margin's deficit in ||W|| is within 0.15 of -1",
};

const POLYAK_RATE: Claim = Claim {
    key: "polyak-rate",
    statement: "Polyak steps whose excess risk is not lost in rounding are normalized ones of length 1/gamma, gamma the largest margin: W approaches it like 1/k, and each step \
                adds one to its margin, or less where they zigzag, at a sharpness c/gamma above two",
    expected: "over the last decade of steps before the excess leaves the range of f64: the exponent of the deficit in k is within 0.15 of -1 in the median over \
                   runs; the margin of W grows by 0.99 to 1.01 a step in every run with a sharpness below 1.9, and by at most 0.98 in every run with one above 2.1",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [DECAY_RATE, POLYAK_RATE];

/// How far an exponent over one decade may be from that of the limit.
const TOLERANCE: f64 = 0.15;
/// Sharpness that is clearly on one side of two.
const BELOW: f64 = 1.9;
const ABOVE: f64 = 2.1;

type Cells = [(StepsConfig, StepsOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&StepsConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: vec![progress(cells)],
        findings: vec![decay_rate(cells), polyak_rate(cells)],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, rule: Rule) -> Vec<&Approach> {
    let own = cells.iter().filter(|(config, _)| config.rule == rule);
    own.filter_map(|(_, outcome)| outcome.as_ref().ok()).collect()
}

impl Approach {
    /// The positions of the last record, and of the last one before the decade of steps that it ends.
    fn last_decade(&self) -> [usize; 2] {
        let end = self.iterations.len() - 1;
        [self.iterations.partition_point(|k| 10 * k <= self.iterations[end]) - 1, end]
    }

    /// By how much a quantity grows over the last decade.
    fn grown(&self, of: impl Fn(usize) -> f64) -> f64 {
        let [from, end] = self.last_decade().map(of);
        end - from
    }

    /// The exponent of the deficit, over the last decade, in what `size` gives of each position.
    fn exponent(&self, size: impl Fn(usize) -> f64) -> f64 {
        self.grown(|at| elementary::ln(self.deficits[at]))
            / self.grown(|at| elementary::ln(size(at)))
    }

    fn step(&self, at: usize) -> f64 {
        self.iterations[at] as f64
    }
}

fn decay_rate(cells: &Cells) -> Finding {
    let (mut effects, mut texts, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for (rule, [factor, power]) in RULES.into_iter().filter_map(|own| Some((own, own.lengths()?))) {
        let runs = runs(cells, rule);
        // The sum of the lengths up to a record.
        let added = |k: f64| factor * elementary::powf(k, 1.0 - power) / (1.0 - power);
        let part =
            |run: &&Approach| run.grown(|at| run.norms[at]) / run.grown(|at| added(run.step(at)));
        let parts: Vec<f64> = runs.iter().map(part).collect();
        let in_norm: Vec<f64> = runs.iter().map(|run| run.exponent(|at| run.norms[at])).collect();
        let in_steps: Vec<f64> = runs.iter().map(|run| run.exponent(|at| run.step(at))).collect();
        let label = format!("{rule}: growth of the norm over the steps");
        effects.push(Effect::median(label, &parts, Bound::Within(0.95, 1.0)));
        let bound = Bound::Within(-1.0 - TOLERANCE, -1.0 + TOLERANCE);
        effects.push(Effect::median(format!("{rule}: exponent in the norm"), &in_norm, bound));
        measurements.extend(measurement(format!("{rule}: exponent in k"), &in_steps));
        texts.extend(median(&in_steps).map(|middle| format!("k^{middle:.2} for {rule}")));
    }
    DECAY_RATE.decided(effects, texts.join(", ")).with(measurements)
}

fn polyak_rate(cells: &Cells) -> Finding {
    let runs = runs(cells, Rule::Polyak);
    let growth = |run: &Approach| run.grown(|at| run.margins[at]) / run.grown(|at| run.step(at));
    let exponents: Vec<f64> = runs.iter().map(|run| run.exponent(|at| run.step(at))).collect();
    let of = |is: &dyn Fn(f64) -> bool| -> Vec<f64> {
        runs.iter().filter(|run| is(run.sharpness)).map(|run| growth(run)).collect()
    };
    let (smooth, zigzagging) =
        (of(&|sharpness| sharpness < BELOW), of(&|sharpness| sharpness > ABOVE));
    let whole = smooth.iter().filter(|grown| (0.99..=1.01).contains(*grown)).count();
    let behind = zigzagging.iter().filter(|grown| **grown <= 0.98).count();
    let told = smooth.len() + zigzagging.len();
    let bound = Bound::Within(-1.0 - TOLERANCE, -1.0 + TOLERANCE);
    let effects = vec![
        Effect::median("exponent in k", &exponents, bound),
        Effect::every("runs that do as their sharpness says", whole + behind, told),
    ];
    let text = median(&exponents).map_or_else(String::new, |middle| {
        format!(
            "the deficit falls like k^{middle:.2}; {} runs below a sharpness of two, {} above",
            smooth.len(),
            zigzagging.len()
        )
    });
    let steps: Vec<f64> = runs.iter().map(|run| run.steps as f64).collect();
    POLYAK_RATE
        .decided(effects, text)
        .with(measurement("growth of the margin a step, below two", &smooth))
        .with(measurement("growth of the margin a step, above two", &zigzagging))
        .with(measurement("steps", &steps))
}

fn progress(cells: &Cells) -> Figure {
    let series = RULES.into_iter().enumerate().filter_map(|(hue, rule)| {
        let runs = runs(cells, rule);
        // As far as all go.
        let shortest = runs.iter().min_by_key(|run| run.iterations.len())?;
        let at = |(k, iteration): (usize, &u64)| {
            (*iteration as f64, runs.iter().map(|run| run.deficits[k]).collect())
        };
        let points = shortest.iterations.iter().enumerate().map(at);
        Some(Series::new(format!("{rule}, n = {}", runs.len()), hue, band_of(points)))
    });
    Figure {
        key: "progress".into(),
        title: "Normalized and Polyak's steps at p = 2".into(),
        caption: "One minus the margin's share of the certified maximum: mean and 5th to 95th percentile over n runs, as far as all of a rule go. Polyak's end where the \
                  excess risk leaves the range of f64."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
