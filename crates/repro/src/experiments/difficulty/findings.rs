//! The figures and verdicts of the experiment on difficult data.

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::statistics::{self, band, last, measurement, median, range};
use mirrorhead_harness::{
    Axis, Bound, Claim, Effect, Figure, Finding, Measurement, Series, Shape, Summary,
};

use super::cell::{DifficultyConfig, DifficultyOutcome, SIZES, Solved};
use super::difficult_data::{FAMILIES, Family};
use super::settled_run::{EXPONENTS, NotCounted, SettledRun};
use crate::shared::forbidding_tokens::is_leaving;

const DIFFICULT_DESCENT: Claim = Claim {
    key: "difficult-descent",
    statement: "on difficult data too, the risk never increases with small steps",
    expected: "in every run: no step raises the risk, and every measurable step lowers it by at least \
                   half of what the mirror geometry of its p predicts to first order",
};

const DIFFICULT_OPTIMALITY: Claim = Claim {
    key: "difficult-optimality",
    statement: "and attention leaves what is not locally optimal",
    expected: "in every run whose selection is the same as after half of its steps, once it has been given up to 16 times the steps, whose steps don't zigzag, whose inputs have no minimum of \
                   their loss between two tokens, where the risk has no stationary point and no support token scores the same as the selected one: the selection is locally optimal, or the tokens that forbid it have lost at least a tenth of their slack over the second half of the run, as they must to take over, and once they are nearer than all others come nearer still in logits",
};

const DIFFICULT_GROWTH: Claim = Claim {
    key: "difficult-growth",
    statement: "and the norm grows without bound at a locally optimal selection",
    expected: "over the second half of every run, the dual point grows by at least the margin over the largest \
                   dual norm of a row, times the length of its steps: as much as they must add along the AttSVM's \
                   solution where every pull is towards it",
};

const DIFFICULT_DIRECTION: Claim = Claim {
    key: "difficult-direction",
    statement: "and W goes in direction to the AttSVM solution of the same p, not of another",
    expected: "for each family and p with at least five runs that count, in the median over runs of all sizes: the divergence to the own AttSVM \
                   falls at least twofold over the last three quarters of the steps, and at the end the nearest \
                   other is at least twice as far",
};

const PLANTED_MARGIN: Claim = Claim {
    key: "planted-margin",
    statement: "solver and run find a solution that was known before",
    expected: "in every cell that it solves the certified margin is the planted one to 1e-9, and the solver's direction within 1e-9 of it; \
                   from runs that select the planted tokens the AttSVM of any other p is, in the median, at least \
                   twice as far as the planted direction",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] = [
    DIFFICULT_DESCENT,
    DIFFICULT_OPTIMALITY,
    DIFFICULT_GROWTH,
    DIFFICULT_DIRECTION,
    PLANTED_MARGIN,
];

/// The fewest runs of a kind whose median is judged.
const FEWEST_RUNS: usize = 5;
/// How much the divergence falls, and how much farther others are.
const LEAST_FACTOR: f64 = 2.0;
/// How near the solver is to what is known.
const PLANTED_TOLERANCE: f64 = 1e-9;

type Cells = [(DifficultyConfig, DifficultyOutcome)];

/// The figures, the verdicts, and the runs that are left out of some.
pub fn summarise(cells: &Cells, label: &dyn Fn(&DifficultyConfig) -> String) -> Summary {
    let findings = vec![
        descent(cells),
        local_optimality(cells),
        growth(cells),
        direction(cells),
        planted(cells),
    ];
    let mut figures = vec![summary(cells)];
    figures.extend((0..EXPONENTS.len()).map(|own| courses(cells, own)));
    let failed = cells.iter().filter_map(|(config, outcome)| {
        let obstacle = outcome.course.as_ref().err()?;
        Some((format!("{}: {obstacle}", config.family), label(config)))
    });
    let unsolved = counted(cells).flat_map(|(config, run)| {
        let unsolved = EXPONENTS.iter().zip(&run.divergences).filter(|(_, to)| to.is_none());
        unsolved.map(|(p, _)| {
            let reason = "only from the comparison with another p, of whose AttSVM the solver is inconclusive";
            (format!("{reason}: p = {p}"), label(config))
        })
    });
    let excluded = statistics::excluded(failed.chain(unsolved));
    Summary { figures, findings, excluded, ..Summary::default() }
}

fn descent(cells: &Cells) -> Finding {
    let increases: u64 = cells.iter().map(|(_, outcome)| outcome.drops.increases).sum();
    let ratios: Vec<f64> =
        cells.iter().filter_map(|(_, outcome)| outcome.drops.least_ratio).collect();
    let text = format!("{increases} steps of {} runs raise the risk", cells.len());
    let never = cells.iter().filter(|(_, outcome)| outcome.drops.increases == 0).count();
    let enough = ratios.iter().filter(|ratio| **ratio >= 0.5).count();
    let effects = vec![
        Effect::every("runs without a step that raises the risk", never, cells.len()),
        Effect::every("runs whose least drop is half of the predicted one", enough, ratios.len()),
    ];
    DIFFICULT_DESCENT.decided(effects, text)
}

/// The runs whose hypotheses hold.
fn counted(cells: &Cells) -> impl Iterator<Item = (&DifficultyConfig, &SettledRun)> {
    cells.iter().filter_map(|(config, outcome)| Some((config, outcome.course.as_ref().ok()?)))
}

fn local_optimality(cells: &Cells) -> Finding {
    let (mut measurements, mut against, mut optimal, mut longer) = (Vec::new(), 0, 0, 0);
    for family in FAMILIES {
        let of = cells.iter().filter(|(config, _)| config.family == family);
        let outcomes: Vec<_> = of.collect();
        let count = |is: &dyn Fn(&DifficultyConfig, &DifficultyOutcome) -> bool| {
            outcomes.iter().filter(|(config, outcome)| is(config, outcome)).count()
        };
        let at_optimal = count(&|_, outcome| outcome.course.is_ok());
        optimal += at_optimal;
        against +=
            count(&|_, outcome| matches!(outcome.course, Err(NotCounted::NotOptimal { .. })));
        longer += count(&|config, outcome| {
            outcome.course.is_ok() && outcome.iterations > config.steps.number
        });
        measurements.push(Measurement {
            label: format!("{family}: runs settled at a locally optimal selection"),
            value: at_optimal as f64,
            spread: None,
            n: outcomes.len(),
        });
    }
    let widenings: Vec<f64> = cells
        .iter()
        .filter_map(|(_, outcome)| match outcome.course {
            Err(NotCounted::NotOptimal { widening, .. }) => widening,
            _ => None,
        })
        .collect();
    measurements.extend(measurement("margin gained without the tokens that forbid it", &widenings));
    let slacks: Vec<[[f64; 2]; 2]> = cells
        .iter()
        .filter_map(|(_, outcome)| match outcome.course {
            Err(NotCounted::NotOptimal { slack: [Some(half), Some(end)], .. }) => Some([half, end]),
            _ => None,
        })
        .collect();
    for (at, when) in ["after half of the steps", "at the end"].into_iter().enumerate() {
        let parts: Vec<f64> = slacks.iter().map(|slack| slack[at][0]).collect();
        let label = format!("slack of the tokens that forbid it, {when}");
        measurements.extend(measurement(label, &parts));
    }
    let steps: Vec<[f64; 2]> = cells
        .iter()
        .filter_map(|(_, outcome)| match outcome.course {
            Err(NotCounted::NotOptimal { sharpness, growth, .. }) => Some([sharpness, growth]),
            _ => None,
        })
        .collect();
    for (which, what) in ["sharpness of their steps", "growth of their dual point over its steps"]
        .into_iter()
        .enumerate()
    {
        let values: Vec<f64> = steps.iter().map(|pair| pair[which]).collect();
        measurements.extend(measurement(format!("runs that stay: {what}"), &values));
    }
    let leaving = slacks.iter().filter(|[half, end]| is_leaving(*half, *end)).count();
    let text = format!(
        "{against} of {} settled runs are at a selection that is not locally optimal, {leaving} of them with less and less slack of the \
         tokens that forbid it; {longer} of the others needed more steps than the first round ({} runs in all)",
        optimal + against,
        cells.len()
    );
    let label = "settled runs at a locally optimal selection, or on their way out";
    let effect = Effect::every(label, optimal + leaving, optimal + against);
    DIFFICULT_OPTIMALITY.decided(vec![effect], text).with(measurements)
}

fn growth(cells: &Cells) -> Finding {
    let (mut measurements, mut n, mut grown) = (Vec::new(), 0, 0);
    let mut least: Option<f64> = None;
    for family in FAMILIES {
        let of = || counted(cells).filter(|(config, _)| config.family == family);
        let shares: Vec<_> = of().map(|(config, run)| run.growth(config.steps.length)).collect();
        let over: Vec<_> = of()
            .map(|(config, run)| run.growth(config.steps.length) / run.least_growth())
            .collect();
        let measured = [("growth", &shares), ("growth over the least possible", &over)];
        measurements.extend(measured.into_iter().filter_map(|(what, values)| {
            Some(Measurement {
                label: format!("{family}: {what}"),
                value: median(values)?,
                spread: range(values),
                n: values.len(),
            })
        }));
        n += over.len();
        grown += over.iter().filter(|over| **over >= 1.0).count();
        least = over.into_iter().chain(least).reduce(f64::min);
    }
    let at_least = least.map(|least| format!("; the least by {least:.2} times what it must"));
    let text =
        format!("the dual point grows in {grown} of {n} runs{}", at_least.unwrap_or_default());
    let effect = Effect::every("runs that grow as they must", grown, n);
    DIFFICULT_GROWTH.decided(vec![effect], text).with(measurements)
}

/// One family with one exponent, and its runs that count.
fn kinds(cells: &Cells) -> Vec<(String, usize, Vec<&SettledRun>)> {
    let mut kinds = Vec::new();
    for family in FAMILIES {
        for (own, p) in EXPONENTS.iter().enumerate() {
            let of = counted(cells).filter(|(config, _)| config.family == family && config.p == *p);
            let runs = of.map(|(_, course)| course).collect();
            kinds.push((format!("{family}, p = {p}"), own, runs));
        }
    }
    kinds
}

fn direction(cells: &Cells) -> Finding {
    let (mut effects, mut measurements, mut few) = (Vec::new(), Vec::new(), Vec::new());
    let (mut fall, mut farther) = (f64::INFINITY, f64::INFINITY);
    for (name, own, runs) in kinds(cells) {
        if runs.len() < FEWEST_RUNS {
            few.push(name);
            continue;
        }
        let of = |value: &dyn Fn(&SettledRun) -> f64| {
            runs.iter().map(|run| value(run)).collect::<Vec<_>>()
        };
        let falls = of(&|run| run.fall(own));
        let ratios = of(&|run| run.nearest_other(own) / last(run.own(own)));
        fall = median(&falls).map_or(fall, |middle| fall.min(middle));
        farther = median(&ratios).map_or(farther, |middle| farther.min(middle));
        let bound = Bound::AtLeast(LEAST_FACTOR);
        effects.push(Effect::median(format!("{name}: fall of the divergence"), &falls, bound));
        effects.push(Effect::median(format!("{name}: nearest other over own"), &ratios, bound));
        let ends = of(&|run| last(run.own(own)));
        measurements.extend(measurement(format!("{name}: final, own"), &ends));
    }
    let few = if few.is_empty() {
        String::new()
    } else {
        format!("; too few runs count of {}", few.join("; "))
    };
    let text = format!(
        "the median divergence falls at least {fall:.1} times, and the other AttSVMs are at least {farther:.1} times \
         as far{few}"
    );
    DIFFICULT_DIRECTION.decided(effects, text).with(measurements)
}

fn planted(cells: &Cells) -> Finding {
    let planted: Vec<_> =
        cells.iter().filter_map(|(_, outcome)| outcome.planted.as_ref()).collect();
    let solved: Vec<_> = planted.iter().filter_map(|solved| solved.as_ref().ok()).collect();
    let error = |solved: &Solved| (solved.margin_ratio - 1.0).abs().max(solved.divergence.abs());
    let worst = solved.iter().map(|solved| error(solved)).fold(0.0, f64::max);
    let exact = solved.iter().filter(|solved| error(solved) <= PLANTED_TOLERANCE).count();
    let runs: Vec<_> =
        counted(cells).filter_map(|(config, run)| Some((config, run, run.to_planted?))).collect();
    let ends: Vec<f64> = runs.iter().map(|(_, _, to_planted)| *to_planted).collect();
    let ratio = |(config, run, to_planted): &(&DifficultyConfig, &SettledRun, f64)| {
        run.nearest_other(position(config.p)) / to_planted
    };
    let ratios: Vec<f64> = runs.iter().map(ratio).collect();
    let text = format!(
        "margins and directions agree to {worst:.1e} (solved in {} of {} cells); {} runs at the planted selection",
        solved.len(),
        planted.len(),
        runs.len()
    );
    let nearest = "nearest other AttSVM over the planted direction";
    let effects = vec![
        Effect::every("solutions that are the planted ones", exact, solved.len()),
        Effect::median(nearest, &ratios, Bound::AtLeast(LEAST_FACTOR)),
    ];
    let further = measurement("divergence of runs to the planted direction", &ends);
    PLANTED_MARGIN.decided(effects, text).with(further)
}

/// The position of an exponent among those of the experiment.
fn position(p: f64) -> usize {
    EXPONENTS.iter().position(|own| *own == p).unwrap_or(0)
}

/// All runs that count: how far they end from their own AttSVM, and from the nearest other.
fn summary(cells: &Cells) -> Figure {
    let mut series = Vec::new();
    let (mut low, mut high) = (f64::INFINITY, 0.0f64);
    for (hue, family) in FAMILIES.into_iter().enumerate() {
        let of = counted(cells).filter(|(config, _)| config.family == family);
        let points: Vec<_> = of
            .map(|(config, run)| {
                let own = position(config.p);
                [last(run.own(own)), run.nearest_other(own)]
            })
            .collect();
        for [own, other] in &points {
            (low, high) = (low.min(own.min(*other)), high.max(own.max(*other)));
        }
        series.push(Series::new(family.to_string(), hue, Shape::Scatter { points }));
    }
    if low < high {
        let diagonal = vec![[low, low], [high, high]];
        series.push(Series::new("as far", FAMILIES.len(), Shape::Line { points: diagonal }));
    }
    let counts: Vec<_> = FAMILIES
        .into_iter()
        .map(|family: Family| {
            let runs = cells.iter().filter(|(config, _)| config.family == family).count();
            let of = counted(cells).filter(|(config, _)| config.family == family).count();
            format!("{family} {of} of {runs}")
        })
        .collect();
    Figure {
        key: "summary".into(),
        title: "Own AttSVM against that of another p".into(),
        caption: format!(
            "Every run whose hypotheses hold, at all sizes and p: directional Bregman divergence at the end to \
             the AttSVM of its own p, and to the nearest other. Above the line, the own is nearer. Runs shown: {}; \
             the others are counted below, with the reason.",
            counts.join(", ")
        ),
        x: Axis::log("divergence to the own AttSVM"),
        y: Axis::log("divergence to the nearest other"),
        series,
    }
}

/// The divergence to the own AttSVM along the runs at the largest size.
fn courses(cells: &Cells, own: usize) -> Figure {
    let present = |sizes: &SphereTokens| cells.iter().any(|(config, _)| config.data == *sizes);
    let sizes = SIZES.into_iter().rfind(present).unwrap_or(SIZES[0]);
    let p = EXPONENTS[own];
    let series = FAMILIES.into_iter().enumerate().filter_map(|(hue, family)| {
        let of = counted(cells)
            .filter(|(c, _)| c.family == family && c.data == sizes && c.p == p)
            .map(|(_, run)| run);
        let runs: Vec<_> = of.collect();
        // Runs that were continued are shown as far as all go.
        let shortest = runs.iter().min_by_key(|run| run.iterations.len())?;
        let n = shortest.iterations.len();
        let curves: Vec<&[f64]> = runs.iter().map(|run| &run.own(own)[..n]).collect();
        Some(Series::new(family.to_string(), hue, band(&shortest.iterations, &curves)))
    });
    let SphereTokens { n_sequences, n_tokens, dim } = sizes;
    Figure {
        key: format!("course-{p}"),
        title: format!("p = {p}, (n, T, d) = ({n_sequences}, {n_tokens}, {dim})"),
        caption: "Directional Bregman divergence to the AttSVM of the same p and of the selection at the end: mean \
                  and 5th to 95th percentile of the runs whose hypotheses hold."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("directional Bregman divergence"),
        series: series.collect(),
    }
}
