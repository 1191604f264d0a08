//! The figures and verdicts of next-token prediction.

use mirrorhead_harness::statistics::{band, excluded, last, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, EXPONENTS, GraphConfig, GraphOutcome, decade_before};

const DIRECTION: Claim = Claim {
    key: "graph-direction",
    statement: "gradient descent goes in direction to the Graph-SVM",
    expected: TOWARDS,
};

const FINITE: Claim = Claim {
    key: "graph-finite",
    statement: "along gradient descent tied tokens keep the finite distances of their own risk, and W is bounded where all are tied",
    expected: BOUNDED,
};

const OWN_DIRECTION: Claim = Claim {
    key: "graph-own-direction",
    statement: "mirror descent of p = 1.5 and 3 goes to the Graph-SVM of its own p",
    expected: TOWARDS,
};

const OWN_FINITE: Claim = Claim {
    key: "graph-own-finite",
    statement: "along mirror descent of p = 1.5 and 3 tied tokens keep the same finite distances, and W is bounded where all are tied",
    expected: BOUNDED,
};

const RATE: Claim = Claim {
    key: "graph-rate",
    statement: "for p of 2 and more the divergence falls like ||W||^-2, ties or not",
    expected: "for p = 2 and 3, without ties and with them, in the median over runs: the exponent of the divergence in the norm over the last decade of steps is within 0.5 of \
               -2 (for p = 1.5 theory's slowest part, of exponent -1, takes over later than any run ends: what is measured is told, and not judged)",
};

const TIE_RATE: Claim = Claim {
    key: "graph-tie-rate",
    statement: "beside orders, what the logits of tied tokens lack falls like ||W||^(p - 2) / k",
    expected: "for each p, in the median over runs: over the last decade of steps the exponent in k of what they lack, times ||W||^(2 - p), is within 0.1 of -1",
};

const TOWARDS: &str = "for each p, without ties and with them, in the median over runs: the divergence falls over the last decade of steps with an exponent in the norm of \
                       at most -1, and what that decade adds to W is at most half as far from the Graph-SVM of this p as from that of any other; where the SVM without the ties is \
                       another one, tied logits differ in it by at most half as much as in that, at one norm";

/// One over k would be an exponent of -1: where all are tied, W converges like a power of a number below one.
const BOUNDED: &str = "for each p, in the median over runs, over the last decade of steps: what the logits of tied tokens lack falls with an exponent in k of at most -0.5 with ties and \
                       orders, and of at most -1.5 where all are tied (the decade before it is below 1e-10, if it is); where all are tied the norm of W grows by at most 1%";

/// The claims, in order.
pub const CLAIMS: [Claim; 6] = [DIRECTION, FINITE, OWN_DIRECTION, OWN_FINITE, RATE, TIE_RATE];

/// Deviations below this are nearly rounding.
const FLOOR: f64 = 1e-10;

type Cells = [(GraphConfig, GraphOutcome)];

/// What a graph has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Orders,
    Both,
    Ties,
}

impl Kind {
    fn of(run: &Approach) -> Self {
        match (&run.divergences, &run.deviations) {
            (Some(_), Some(_)) => Self::Both,
            (Some(_), None) => Self::Orders,
            _ => Self::Ties,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Orders => "without ties",
            Self::Both => "ties and orders",
            Self::Ties => "all tied",
        }
    }
}

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&GraphConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: vec![directions(cells), distances(cells)],
        findings: vec![
            towards(&DIRECTION, cells, &[2.0]),
            bounded(&FINITE, cells, &[2.0]),
            towards(&OWN_DIRECTION, cells, &[1.5, 3.0]),
            bounded(&OWN_FINITE, cells, &[1.5, 3.0]),
            rate(cells),
            tie_rate(cells),
        ],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, kind: Kind, p: f64) -> Vec<&Approach> {
    let own = cells.iter().filter(|(config, _)| config.p == p);
    let runs = own.filter_map(|(_, outcome)| outcome.as_ref().ok());
    runs.filter(|run| Kind::of(run) == kind).collect()
}

/// The exponent of `y` in `x` from one record to another.
fn exponent(x: [f64; 2], y: [f64; 2]) -> f64 {
    elementary::ln(y[1] / y[0]) / elementary::ln(x[1] / x[0])
}

/// The exponent of the divergence in the norm, over the last decade of steps.
fn of_divergence(run: &Approach) -> Option<f64> {
    let divergences = run.divergences.as_ref()?;
    let end = run.iterations.len() - 1;
    let from = decade_before(&run.iterations, end);
    let ends = |values: &[f64]| [values[from], values[end]];
    Some(exponent(ends(&run.norms), ends(divergences)))
}

/// The exponent of the deviation in k, over the last decade of steps before it is at the floor.
fn of_deviation(run: &Approach) -> Option<f64> {
    let deviations = run.deviations.as_ref()?;
    let at_floor = deviations.iter().position(|deviation| *deviation < FLOOR);
    let end = at_floor.unwrap_or(deviations.len() - 1);
    let from = decade_before(&run.iterations, end);
    // At the floor from the first record on there is nothing to fall.
    (from < end).then(|| {
        let steps = [from, end].map(|at| run.iterations[at] as f64);
        exponent(steps, [from, end].map(|at| deviations[at]))
    })
}

fn found(runs: &[&Approach], of: impl Fn(&Approach) -> Option<f64>) -> Vec<f64> {
    runs.iter().filter_map(|run| of(run)).collect()
}

fn towards(claim: &Claim, cells: &Cells, exponents: &[f64]) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for &p in exponents {
        for kind in [Kind::Orders, Kind::Both] {
            let (runs, what) = (runs(cells, kind, p), format!("p = {p}, {}", kind.words()));
            let fitted = found(&runs, of_divergence);
            let label = format!("{what}: exponent of the divergence in the norm");
            effects.push(Effect::median(label, &fitted, Bound::AtMost(-1.0)));
            let own = EXPONENTS.iter().position(|q| *q == p);
            for (other, q) in EXPONENTS.iter().enumerate().filter(|(other, _)| Some(*other) != own)
            {
                let ratio = |run: &Approach| {
                    let to_each = &run.growth.as_ref()?.to_each;
                    Some(to_each[own?] / to_each[other])
                };
                let label = format!("{what}: growth, its own Graph-SVM over that of p = {q}");
                let ratios = found(&runs, ratio);
                effects.push(Effect::median(label, &ratios, Bound::AtMost(0.5)));
                said.extend(median(&ratios).map(|ratio| format!("{ratio:.1e} (p = {q}; {what})")));
            }
            if kind == Kind::Both {
                let violations = found(&runs, |run| run.growth.as_ref()?.violation);
                let label =
                    format!("{what}: growth, differences of tied logits over the SVM without ties");
                effects.push(Effect::median(label, &violations, Bound::AtMost(0.5)));
            }
        }
    }
    claim.decided(
        effects,
        format!("median distance of the growth over that from another p {}", said.join(", ")),
    )
}

fn bounded(claim: &Claim, cells: &Cells, exponents: &[f64]) -> Finding {
    let (mut effects, mut said, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for &p in exponents {
        for (kind, slowest) in [(Kind::Both, -0.5), (Kind::Ties, -1.5)] {
            let (runs, what) = (runs(cells, kind, p), format!("p = {p}, {}", kind.words()));
            let fitted = found(&runs, of_deviation);
            let label = format!("{what}: exponent in k of what tied logits lack");
            effects.push(Effect::median(label, &fitted, Bound::AtMost(slowest)));
            let ends = found(&runs, |run| run.deviations.as_deref().map(last));
            measurements
                .extend(measurement(format!("{what}: what tied logits lack at the end"), &ends));
            said.extend(median(&ends).map(|end| format!("{end:.1e} ({what})")));
        }
        let growth = |run: &Approach| {
            let end = run.norms.len() - 1;
            Some(run.norms[end] / run.norms[decade_before(&run.iterations, end)] - 1.0)
        };
        let grown = found(&runs(cells, Kind::Ties, p), growth);
        let label = format!("p = {p}, all tied: growth of the norm");
        effects.push(Effect::median(label, &grown, Bound::Within(-0.01, 0.01)));
    }
    claim
        .decided(effects, format!("median of what tied logits lack at the end {}", said.join(", ")))
        .with(measurements)
}

fn rate(cells: &Cells) -> Finding {
    let (mut effects, mut said, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for p in EXPONENTS {
        for kind in [Kind::Orders, Kind::Both] {
            let fitted = found(&runs(cells, kind, p), of_divergence);
            let what = format!("p = {p}, {}", kind.words());
            said.extend(median(&fitted).map(|middle| format!("{middle:.2} ({what})")));
            let label = format!("{what}: exponent of the divergence in the norm");
            if p < 2.0 {
                measurements.extend(measurement(label, &fitted));
            } else {
                effects.push(Effect::median(label, &fitted, Bound::Within(-2.5, -1.5)));
            }
        }
    }
    RATE.decided(effects, format!("median exponents {}", said.join(", "))).with(measurements)
}

fn tie_rate(cells: &Cells) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for p in EXPONENTS {
        let scaled = |run: &Approach| {
            let end = run.norms.len() - 1;
            let from = decade_before(&run.iterations, end);
            let deviations = run.deviations.as_ref()?;
            let value = |at: usize| deviations[at] * elementary::powf(run.norms[at], 2.0 - p);
            let steps = [from, end].map(|at| run.iterations[at] as f64);
            Some(exponent(steps, [from, end].map(value)))
        };
        let fitted = found(&runs(cells, Kind::Both, p), scaled);
        said.extend(median(&fitted).map(|middle| format!("{middle:.3} for p = {p}")));
        let label = format!("p = {p}: exponent of what tied logits lack, times ||W||^(2 - p)");
        effects.push(Effect::median(label, &fitted, Bound::Within(-1.1, -0.9)));
    }
    TIE_RATE.decided(effects, format!("median exponents {}", said.join(", ")))
}

fn curves<'a>(
    cells: &'a Cells,
    (kind, p): (Kind, f64),
    of: impl Fn(&'a Approach) -> Option<&'a Vec<f64>>,
) -> Option<Series> {
    let runs = runs(cells, kind, p);
    let iterations = &runs.first()?.iterations;
    let values: Vec<&[f64]> = runs.iter().filter_map(|run| of(run).map(Vec::as_slice)).collect();
    let hue = EXPONENTS.iter().position(|q| *q == p)?;
    Some(Series::new(format!("p = {p}"), hue, band(iterations, &values)))
}

fn directions(cells: &Cells) -> Figure {
    let series = |p: f64| curves(cells, (Kind::Both, p), |run| run.divergences.as_ref());
    Figure {
        key: "directions".into(),
        title: "To the Graph-SVM".into(),
        caption: "Directional Bregman divergence of W to the Graph-SVM of the same p, on graphs with ties and orders: mean and 5th to 95th percentile over runs.".into(),
        x: Axis::log("iteration k"),
        y: Axis::log("directional Bregman divergence"),
        series: EXPONENTS.into_iter().filter_map(series).collect(),
    }
}

fn distances(cells: &Cells) -> Figure {
    let series = |p: f64| curves(cells, (Kind::Both, p), |run| run.deviations.as_ref());
    Figure {
        key: "distances".into(),
        title: "Tied tokens".into(),
        caption: "How far the logits of tied tokens are at most from the finite differences of Luce's choice model, on graphs with ties and orders: mean and 5th to 95th percentile over runs.".into(),
        x: Axis::log("iteration k"),
        y: Axis::log("largest deviation"),
        series: EXPONENTS.into_iter().filter_map(series).collect(),
    }
}
