//! The figures and verdicts of the stability experiment.

use mirrorhead_harness::statistics::{band, excluded, last, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Shape, Summary};
use mirrorhead_kernels::elementary;
use mirrorhead_mirror::{LpNorm, StepSize};
use mirrorhead_trainer::stable_reach;

use super::cell::{Course, Rule, StabilityConfig, StabilityOutcome};
use super::profile::{RULED, STABLE, UNSTABLE};
use crate::shared::head::ZIGZAGS;

const STABILITY_ONSET: Claim = Claim {
    key: "stability-onset",
    statement: "normalized steps of constant length begin to zigzag for p < 2 where their sharpness reaches two, at \
                    k* = (1/eta) (2/(c eta))^((p-1)/(2-p))",
    expected: "for each p and eta, in the median over runs: the first step after which the dual norm grows by less than \
                   0.99 of its steps is within a factor of 2 of k*",
};

const STABILITY_AFTER: Claim = Claim {
    key: "stability-after",
    statement: "after the onset the direction stays right, but the norm grows by less than its steps",
    expected: "for each p and eta below 2, at four times k*, in the median over runs: the dual norm grows by at most 0.98 of its steps, and \
                   the divergence to the AttSVM is at most 0.01",
};

const STABILITY_NEVER: Claim = Claim {
    key: "stability-never",
    statement: "for p >= 2 they never do",
    expected: "in every run the dual norm grows by at least 0.99 of its steps at the end, with a sharpness below two",
};

const STABILITY_BOUNDED: Claim = Claim {
    key: "stability-bounded",
    statement: "steps that move W by r have the sharpness c r/(q-1) for ever, and steps that decay like k^-(2-p) one of their own: for p < 2 those below two \
                    never zigzag, those above do",
    expected: "in every run whose steps have less than two by the formula, the sharpness is below two over the last decade, and for p of 1.3 and more the dual norm grows by at \
                   least 0.99 of its steps at the end; in every run whose steps have more, it grows by at most 0.98; of decaying steps those within a factor of two of two are not judged. \
                   For each p within reach, in the median over runs below two, the sharpness at the end is between 0.9 and 1 times that of a whole reach, to within 0.05; and for p = 1.3, 1.5 and 1.75 \
                   the exponent of the margin's deficit in ||W|| over that decade is between -1 and -min(1, 2(p-1)), to within 0.15",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] =
    [STABILITY_ONSET, STABILITY_AFTER, STABILITY_NEVER, STABILITY_BOUNDED];

/// The sharpness from which on steps overshoot.
const TWO: f64 = 2.0;
/// The least p at which a run is long enough for its end to be that of the limit: below, the direction still turns, by which the dual norm
/// grows by less than its steps too.
const REACHED_FROM: f64 = 1.3;
/// A part of its steps by which the dual norm grows while they don't.
const GROWS: f64 = 0.99;
/// How far the limit of decaying steps has to be from two: a run comes near it like a power of k that is small for p near one.
const DECAYED: f64 = 2.0;
/// How far the sharpness at the end of a run may be from its limit.
const SETTLED: f64 = 0.05;

/// How far an exponent over one decade may be from that of the limit.
const TOLERANCE: f64 = 0.15;

type Cells = [(StabilityConfig, StabilityOutcome)];

impl Course {
    /// The first recorded iteration at which the sharpness is two.
    fn sharp_from(&self) -> Option<u64> {
        let at = self.sharpness.iter().position(|sharpness| *sharpness >= TWO)?;
        Some(self.iterations[at])
    }

    /// The first recorded iteration of the stretch at the end, over which growth stays below [`GROWS`].
    fn slow_from(&self) -> Option<u64> {
        let fast = self.growth.iter().rposition(|growth| *growth >= GROWS)?;
        self.iterations.get(fast + 1).copied()
    }

    /// The position of the first iteration of the last decade.
    fn last_decade(&self) -> usize {
        let end = self.iterations.last().copied().unwrap_or(0);
        self.iterations.partition_point(|k| 10 * k < end)
    }

    /// The exponent of the deficit in the norm of W, over the last decade.
    fn exponent(&self) -> f64 {
        let (from, end) = (self.last_decade(), self.iterations.len() - 1);
        let grown = self.norms[end] / self.norms[from];
        elementary::ln(self.deficits[end] / self.deficits[from]) / elementary::ln(grown)
    }
}

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&StabilityConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    let mut figures = vec![onsets(cells)];
    let shown = [1.5, 1.75];
    figures.extend(shown.map(|p| course(cells, p, "sharpness", "sharpness", |c| &c.sharpness)));
    figures.extend(shown.map(|p| course(cells, p, "growth", "growth over steps", |c| &c.growth)));
    Summary {
        figures,
        findings: vec![onset(cells), after(cells), never(cells), bounded(cells)],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, is: impl Fn(&StabilityConfig) -> bool) -> Vec<&Course> {
    let own = cells.iter().filter(|(config, _)| is(config));
    own.filter_map(|(_, outcome)| outcome.as_ref().ok()).collect()
}

/// The runs of steps of one constant length.
fn constant(cells: &Cells, (p, step): (f64, f64)) -> Vec<&Course> {
    runs(cells, |config| config.p == p && config.step == step && config.rule == Rule::Constant)
}

fn onset(cells: &Cells) -> Finding {
    let (mut effects, mut said, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for (p, step) in UNSTABLE {
        let runs = constant(cells, (p, step));
        // A run that never comes to it counts as one that comes to it at its end, which is far off.
        let over = |of: fn(&Course) -> Option<u64>| -> Vec<f64> {
            let ratio = |run: &&Course| {
                let end = run.iterations.last().copied().unwrap_or(0);
                Some(of(run).unwrap_or(end) as f64 / run.onset?)
            };
            runs.iter().filter_map(ratio).collect()
        };
        let at = format!("p = {p}, eta = {step}");
        let (sharp, slow) = (over(Course::sharp_from), over(Course::slow_from));
        let bound = Bound::Within(0.5, 2.0);
        measurements.extend(measurement(format!("{at}: sharpness two, over k*"), &sharp));
        effects.push(Effect::median(format!("{at}: slower growth, over k*"), &slow, bound));
        let expected: Vec<f64> = runs.iter().filter_map(|run| run.onset).collect();
        said.extend(median(&expected).map(|k| format!("{k:.0} at p = {p}, eta = {step}")));
        measurements.extend(measurement(format!("{at}: k*"), &expected));
    }
    let text = format!("median k* {}", said.join(", "));
    STABILITY_ONSET.decided(effects, text).with(measurements)
}

fn after(cells: &Cells) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for (p, step) in UNSTABLE {
        let runs = constant(cells, (p, step));
        let growth: Vec<f64> = runs.iter().map(|run| last(&run.growth)).collect();
        let ends: Vec<f64> = runs.iter().map(|run| last(&run.divergences)).collect();
        let at = format!("p = {p}, eta = {step}");
        said.extend(median(&growth).map(|growth| format!("{growth:.2} at {at}")));
        effects.push(Effect::median(format!("{at}: growth"), &growth, Bound::AtMost(ZIGZAGS)));
        effects.push(Effect::median(format!("{at}: divergence"), &ends, Bound::AtMost(0.01)));
    }
    STABILITY_AFTER.decided(effects, format!("median growth over steps {}", said.join(", ")))
}

fn never(cells: &Cells) -> Finding {
    let mut effects = Vec::new();
    for (p, step) in STABLE {
        let runs = constant(cells, (p, step));
        let grow = |run: &&&Course| last(&run.growth) >= GROWS && last(&run.sharpness) < TWO;
        let label = format!("p = {p}, eta = {step}: runs that grow by their steps");
        effects.push(Effect::every(label, runs.iter().filter(grow).count(), runs.len()));
    }
    let n: usize = effects.iter().map(|effect| effect.n).sum();
    STABILITY_NEVER.decided(effects, format!("in each of {n} runs"))
}

/// Whether steps of a rule zigzag for ever, by the formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Zigzags,
    Never,
    /// Too near two to tell.
    Either,
}

/// What the formula says of a run: with `$c$` the unit sharpness, a step that moves `$W$` by `$r$` has the sharpness `$c\,r/(q-1)$`, and
/// lengths `$\eta k^{-(2-p)}$` add up to `$\lVert u\rVert_q \to \eta k^{p-1}/(p-1)$`, at which a step has
///
/// `$$ c\,\eta k^{-(2-p)}\,\lVert u\rVert_q^{(2-p)/(p-1)} \to c\,\eta\Big(\frac{\eta}{p-1}\Big)^{(2-p)/(p-1)}. $$`
fn fate(config: &StabilityConfig, run: &Course) -> Fate {
    let p = config.p;
    let (least, most) = match config.rule {
        Rule::Constant => return Fate::Either,
        Rule::Within(reach) => {
            let whole = run.within(p, reach);
            (StepSize::NEAR_REACH * whole, whole)
        }
        Rule::Decaying => {
            let gathered = elementary::powf(config.step / (p - 1.0), (2.0 - p) / (p - 1.0));
            let limit = run.unit_sharpness * config.step * gathered;
            (limit / DECAYED, limit * DECAYED)
        }
    };
    if most < TWO {
        Fate::Never
    } else if least > TWO {
        Fate::Zigzags
    } else {
        Fate::Either
    }
}

impl Course {
    /// The sharpness of a step that moves W by a whole reach.
    fn within(&self, p: f64, reach: f64) -> f64 {
        let norm = LpNorm::new(p).expect("an exponent of the profile");
        TWO * reach / stable_reach(norm, self.unit_sharpness)
    }

    /// Whether its steps are seen to be small ones, at the end.
    fn is_smooth(&self, p: f64) -> bool {
        let late = &self.sharpness[self.last_decade()..];
        let grows = last(&self.growth) >= GROWS || p < REACHED_FROM;
        grows && late.iter().all(|sharpness| *sharpness < TWO)
    }
}

fn bounded(cells: &Cells) -> Finding {
    let (mut effects, mut said, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    let ruled: Vec<_> = cells
        .iter()
        .filter_map(|(config, outcome)| {
            let run = outcome.as_ref().ok()?;
            Some((config, run, fate(config, run)))
        })
        .collect();
    let of = |wanted: Fate| ruled.iter().filter(move |(.., fate)| *fate == wanted);
    for p in RULED {
        let never: Vec<_> = of(Fate::Never).filter(|(config, ..)| config.p == p).collect();
        let smooth = never.iter().filter(|(_, run, _)| run.is_smooth(p)).count();
        let label = format!("p = {p}: runs below two by the formula that never zigzag");
        effects.push(Effect::every(label, smooth, never.len()));
        let within = never.iter().filter_map(|(config, run, _)| match config.rule {
            Rule::Within(reach) => Some((run, last(&run.sharpness) / run.within(p, reach))),
            _ => None,
        });
        let (within, parts): (Vec<_>, Vec<f64>) = within.unzip();
        let bound = Bound::Within(StepSize::NEAR_REACH - SETTLED, 1.0 + SETTLED);
        let label = format!("p = {p}: sharpness over that of a whole reach");
        effects.push(Effect::median(label, &parts, bound));
        let exponents: Vec<f64> = within.iter().map(|run: &&Course| run.exponent()).collect();
        said.extend(median(&exponents).map(|middle| format!("||W||^{middle:.2} at p = {p}")));
        // At p = 1.1 the start still counts.
        if p >= REACHED_FROM {
            let label = format!("p = {p}: exponent of the deficit within reach");
            let slowest = -1f64.min(2.0 * (p - 1.0));
            let bound = Bound::Within(-1.0 - TOLERANCE, slowest + TOLERANCE);
            effects.push(Effect::median(label, &exponents, bound));
        }
    }
    let zigzags: Vec<_> = of(Fate::Zigzags).collect();
    let behind = zigzags.iter().filter(|(_, run, _)| last(&run.growth) <= ZIGZAGS).count();
    let label = "runs above two by the formula that zigzag";
    effects.push(Effect::every(label, behind, zigzags.len()));
    let growth: Vec<f64> = zigzags.iter().map(|(_, run, _)| last(&run.growth)).collect();
    measurements.extend(measurement("runs above two: growth over steps", &growth));
    let text = format!(
        "{} runs are below two by the formula and {} above; within reach the deficit falls as {}",
        of(Fate::Never).count(),
        zigzags.len(),
        said.join(", ")
    );
    STABILITY_BOUNDED.decided(effects, text).with(measurements)
}

/// Where growth falls behind, against the formula.
fn onsets(cells: &Cells) -> Figure {
    let (mut low, mut high) = (f64::INFINITY, 0.0f64);
    let mut series = Vec::new();
    for (hue, (p, step)) in UNSTABLE.into_iter().enumerate() {
        let points: Vec<_> = constant(cells, (p, step))
            .iter()
            .filter_map(|run| Some([run.onset?, run.slow_from()? as f64]))
            .collect();
        for [x, y] in &points {
            (low, high) = (low.min(x.min(*y)), high.max(x.max(*y)));
        }
        series.push(Series::new(format!("p = {p}, eta = {step}"), hue, Shape::Scatter { points }));
    }
    if low < high {
        let points = vec![[low, low], [high, high]];
        series.push(Series::new("the formula", UNSTABLE.len(), Shape::Line { points }));
    }
    Figure {
        key: "onset".into(),
        title: "When steps begin to zigzag".into(),
        caption: "The first step after which the dual norm grows by less than 0.99 of its steps, against \
                  k* = (1/eta) (2/(c eta))^((p-1)/(2-p)): every run at p < 2 with steps of constant length."
            .into(),
        x: Axis::log("k* by the formula"),
        y: Axis::log("k measured"),
        series,
    }
}

/// A quantity along the runs of one p.
fn course(
    cells: &Cells,
    p: f64,
    key: &str,
    quantity: &str,
    curve: fn(&Course) -> &Vec<f64>,
) -> Figure {
    let mut kinds: Vec<(f64, Rule)> = Vec::new();
    for (config, _) in cells.iter().filter(|(config, _)| config.p == p) {
        if !kinds.contains(&(config.step, config.rule)) {
            kinds.push((config.step, config.rule));
        }
    }
    let series = kinds.into_iter().enumerate().filter_map(|(hue, (step, rule))| {
        let runs = runs(cells, |c| c.p == p && c.step == step && c.rule == rule);
        // Runs go as far as their own onset asks for: shown is as far as all go.
        let shortest = runs.iter().min_by_key(|run| run.iterations.len())?;
        let n = shortest.iterations.len() - 1;
        let curves: Vec<&[f64]> = runs.iter().map(|run| &curve(run)[..n]).collect();
        Some(Series::new(
            format!("eta = {step}, {rule}"),
            hue,
            band(&shortest.iterations[..n], &curves),
        ))
    });
    Figure {
        key: format!("{key}-{p}"),
        title: format!("{} along runs, p = {p}", if key == "growth" { "Growth" } else { "Sharpness" }),
        caption: "Mean and 5th to 95th percentile over runs, as far as all of a kind go. Above a sharpness of two, steps overshoot what they \
                  correct; the dual norm then grows by less than their length."
            .into(),
        x: Axis::log("iteration k"),
        y: if key == "growth" { Axis::linear(quantity) } else { Axis::log(quantity) },
        series: series.collect(),
    }
}
