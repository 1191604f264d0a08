//! The figures and verdicts of the basins experiment.

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::statistics::{excluded, measurement};
use mirrorhead_harness::{
    Axis, Claim, Effect, Figure, Finding, Measurement, Series, Shape, Summary,
};
use mirrorhead_trainer::TokenOptimality;

use super::cell::{
    Basin, BasinsConfig, BasinsOutcome, EXPONENTS, End, ROUNDS, SIZES, Starts, Stay, grid,
};
use crate::shared::forbidding_tokens::is_leaving;

const ENDS_LOCALLY_OPTIMAL: Claim = Claim {
    key: "ends-locally-optimal",
    statement: "every saturated run that grows without end does so at a locally optimal selection",
    expected: "in every run that is saturated in the end, unless the risk has a stationary point where it is (steps that shrink \
                   to a billionth lead to a gradient below a millionth of the forces it is made of): at a selection that the list has as locally \
                   optimal, or after 400 rounds on its way out: the tokens that forbid it have lost at least a tenth of their slack over the \
                   second half of the run, and once they are nearer than all others come nearer still in logits; and \
                   at least half of the separable selections are not locally optimal",
};

const OWN_DIRECTION: Claim = Claim {
    key: "own-direction",
    statement: "a run approaches the AttSVM of the selection it ends at",
    expected: "among the AttSVMs of all locally optimal selections it is the nearest, in directional \
                   Bregman divergence, to at least 95% of the saturated runs; runs at rest, and on data with one \
                   such selection, are left out",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [ENDS_LOCALLY_OPTIMAL, OWN_DIRECTION];

/// The least share of runs that are nearest to their own AttSVM.
const NEAREST_SHARE: f64 = 0.95;

type Cells = [(BasinsConfig, BasinsOutcome)];
type Found<'a> = Vec<(&'a BasinsConfig, &'a Basin)>;

impl Basin {
    /// The positions of the locally optimal selections.
    fn attracting(&self) -> impl Iterator<Item = usize> {
        (0..self.separable.len()).filter(|k| self.separable[*k].is_locally_optimal())
    }

    /// The ends of saturated runs, with the selections they ended at.
    fn saturated(&self) -> impl Iterator<Item = (&End, usize)> {
        self.ends.iter().filter_map(|end| Some((end, end.last?)))
    }

    /// The part of the saturated runs that ended at a selection.
    fn share(&self, selection: usize) -> f64 {
        let n = self.saturated().count();
        let at = self.saturated().filter(|(_, last)| *last == selection).count();
        if n == 0 { 0.0 } else { at as f64 / n as f64 }
    }

    /// The position of the globally optimal selection, if it is separable.
    fn global(&self) -> Option<usize> {
        self.separable.iter().position(|s| s.optimality == TokenOptimality::Global)
    }
}

/// The figures, the verdicts, and the cells that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&BasinsConfig) -> String) -> Summary {
    let found: Found<'_> = cells
        .iter()
        .filter_map(|(config, outcome)| Some((config, outcome.as_ref().ok()?)))
        .collect();
    let mut figures = vec![attraction(&found)];
    let slices = found.iter().filter_map(|(config, basin)| match config.starts {
        Starts::Slice(side) => Some(slice(config.p, side, basin)),
        Starts::Gaussian(_) => None,
    });
    figures.extend(slices);
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    let findings = vec![ends_locally_optimal(&found), own_direction(&found)];
    Summary { figures, findings, excluded: excluded(failed), ..Summary::default() }
}

fn ends_locally_optimal(found: &Found<'_>) -> Finding {
    let (mut runs, mut saturated, mut against, mut left, mut moved) = (0, 0, 0, 0, 0);
    let (mut late, mut longest, mut resting, mut leaving) = (0, 0, 0, 0);
    for (config, basin) in found {
        let attracts = |k: usize| basin.separable[k].is_locally_optimal();
        runs += basin.ends.len();
        saturated += basin.saturated().count();
        against += basin.saturated().filter(|(_, last)| !attracts(*last)).count();
        for stays in basin.ends.iter().filter_map(|end| end.stays) {
            match stays {
                Stay::Rests => resting += 1,
                Stay::Moves([Some(half), Some(end)]) => {
                    leaving += usize::from(is_leaving(half, end));
                }
                Stay::Moves(_) => {}
            }
        }
        let ten_rounds = ROUNDS * config.iterations;
        for end in basin.ends.iter().filter(|end| end.iterations > ten_rounds) {
            late += 1;
            longest = end.iterations.max(longest);
        }
        let firsts = basin.ends.iter().filter_map(|end| Some((end, end.first?)));
        for (end, first) in firsts.filter(|(end, first)| end.last != Some(*first)) {
            left += usize::from(!attracts(first));
            moved += usize::from(attracts(first) && end.last.is_some());
        }
    }
    let listed: usize = found.iter().map(|(_, basin)| basin.attracting().count()).sum();
    let separable: usize = found.iter().map(|(_, basin)| basin.separable.len()).sum();
    let text = format!(
        "{against} of {saturated} saturated runs end at a selection that is not locally optimal: {resting} at a stationary point of the risk, \
         {leaving} on their way out ({runs} runs; {left} were at one after the first round and left it, {late} took more than ten rounds to leave, up to \
         {longest} steps; {moved} went from one locally optimal selection to another); {listed} of {separable} separable selections are locally optimal"
    );
    let measurements = [enumerated(found), reached(found)].concat();
    let effects = vec![
        Effect::every(
            "runs that grow at a locally optimal selection, or are on their way out",
            saturated - against + leaving,
            saturated - resting,
        ),
        Effect::share("separable selections that are not", separable - listed, separable, 0.5),
    ];
    ENDS_LOCALLY_OPTIMAL.decided(effects, text).with(measurements)
}

/// How many selections are separable, and how many attract, for every size and exponent.
fn enumerated(found: &Found<'_>) -> Vec<Measurement> {
    let mut all = Vec::new();
    for sizes in SIZES {
        for p in EXPONENTS {
            let basins: Vec<_> = gaussian(found, p, sizes).collect();
            let Some(total) = basins.first().map(|basin| basin.total) else { continue };
            let SphereTokens { n_sequences, n_tokens, dim } = sizes;
            let at = format!("p = {p}, (n, T, d) = ({n_sequences}, {n_tokens}, {dim})");
            let counts = |count: fn(&Basin) -> usize| {
                basins.iter().map(|basin| count(basin) as f64).collect::<Vec<_>>()
            };
            let separable = counts(|basin| basin.separable.len());
            all.extend(measurement(format!("{at}: separable of {total}"), &separable));
            let attracting = counts(|basin| basin.attracting().count());
            all.extend(measurement(format!("{at}: locally optimal"), &attracting));
        }
    }
    all
}

/// The part of the saturated runs from Gaussian starts that reach the global optimum, where it is separable.
fn reached(found: &Found<'_>) -> Vec<Measurement> {
    let shares = |p| {
        let basins = SIZES.into_iter().flat_map(move |sizes| gaussian(found, p, sizes));
        let several = basins.filter(|basin| basin.attracting().count() > 1);
        several.filter_map(|basin| Some(basin.share(basin.global()?))).collect::<Vec<_>>()
    };
    let label = |p| format!("p = {p}: share that reaches the global optimum among several optima");
    EXPONENTS.into_iter().filter_map(|p| measurement(label(p), &shares(p))).collect()
}

/// The runs from Gaussian starts on data of a size.
fn gaussian<'a>(
    found: &'a Found<'_>,
    p: f64,
    sizes: SphereTokens,
) -> impl Iterator<Item = &'a Basin> {
    let of = move |config: &BasinsConfig| {
        matches!(config.starts, Starts::Gaussian(_)) && config.p == p && config.data == sizes
    };
    found.iter().filter(move |(config, _)| of(config)).map(|(_, basin)| *basin)
}

fn own_direction(found: &Found<'_>) -> Finding {
    let mut measurements = Vec::new();
    let (mut nearest, mut total) = (0, 0);
    for p in EXPONENTS {
        let of_p = found.iter().filter(|(config, _)| config.p == p);
        let several = of_p.filter(|(_, basin)| basin.attracting().count() > 1);
        let runs = several.flat_map(|(_, basin)| basin.saturated());
        let runs = runs.filter(|(end, _)| end.stays != Some(Stay::Rests));
        let (mut n, mut own) = (0, 0);
        for (end, last) in runs {
            n += 1;
            own += usize::from(end.nearest == Some(last));
        }
        if n > 0 {
            let label = format!("p = {p}: share nearest to their own");
            let value = own as f64 / n as f64;
            measurements.push(Measurement { label, value, spread: None, n });
        }
        nearest += own;
        total += n;
    }
    let text = format!(
        "{nearest} of {total} saturated runs are nearest to the AttSVM of their own selection"
    );
    let effect = Effect::share("runs nearest to their own", nearest, total, NEAREST_SHARE);
    OWN_DIRECTION.decided(vec![effect], text).with(measurements)
}

/// The share of starts that a locally optimal selection attracts, over its margin.
fn attraction(found: &Found<'_>) -> Figure {
    let series = EXPONENTS.into_iter().enumerate().map(|(hue, p)| {
        let basins = SIZES.into_iter().flat_map(|sizes| gaussian(found, p, sizes));
        let several = basins.filter(|basin| basin.attracting().count() > 1);
        let points = several.flat_map(|basin| {
            let margin = |k: usize| basin.separable[k].margin[0];
            let largest = basin.attracting().map(margin).fold(0.0, f64::max);
            basin.attracting().map(move |k| [margin(k) / largest, basin.share(k)])
        });
        Series::new(format!("p = {p}"), hue, Shape::Scatter { points: points.collect() })
    });
    Figure {
        key: "attraction".into(),
        title: "What attracts".into(),
        caption: "Every locally optimal selection of data that have several: the part of the saturated runs \
                  from Gaussian starts that end there, over its certified margin, as a share of the largest \
                  of them."
            .into(),
        x: Axis::linear("margin, as a share of the largest"),
        y: Axis::linear("share of the runs"),
        series: series.collect(),
    }
}

/// The starts in the plane of two locally optimal directions, coloured by the selection reached.
fn slice(p: f64, side: u32, basin: &Basin) -> Figure {
    let name = |k: usize| {
        let Some(selection) = basin.separable.get(k) else { return "not saturated".into() };
        format!("{:?}", selection.tokens)
    };
    let unsaturated = basin.separable.len();
    let mut reached: Vec<_> =
        basin.ends.iter().map(|end| end.last.unwrap_or(unsaturated)).collect();
    reached.extend(basin.rays.iter().map(|(k, _)| *k));
    reached.sort_unstable();
    reached.dedup();
    let mut series = Vec::new();
    for (hue, k) in reached.into_iter().enumerate() {
        let at = grid(side).into_iter().zip(&basin.ends);
        let own = at.filter(|(_, end)| end.last.unwrap_or(unsaturated) == k);
        let points: Vec<_> = own.map(|(point, _)| point).collect();
        if !points.is_empty() {
            series.push(Series::new(name(k), hue, Shape::Scatter { points }));
        }
        let rays = basin.rays.iter().filter(|(own, _)| *own == k);
        series.extend(rays.map(|(_, direction)| {
            let ray = Shape::Ray { from: [0.0, 0.0], direction: *direction };
            Series::new(format!("AttSVM of {}", name(k)), hue, ray)
        }));
    }
    Figure {
        key: format!("slice-{p}"),
        title: format!("Basins, p = {p}"),
        caption:
            "Starts in the plane of the two locally optimal directions of largest margin, coloured \
                  by the selection that the run ends at; runs leave the plane."
                .into(),
        x: Axis::linear("W along the first direction"),
        y: Axis::linear("W across it"),
        series,
    }
}
