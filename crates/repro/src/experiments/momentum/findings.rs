//! The figures and verdicts of the experiment on methods that remember.

use mirrorhead_harness::statistics::{band, excluded, last, measurement, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{ALGORITHMS, Algorithm, Approach, GEOMETRIES, MomentumConfig, MomentumOutcome};
use super::growth::growth_with_memory;

const MOMENTUM_MAX_NORM: Claim = Claim {
    key: "momentum-max-norm",
    statement: "Signum maximises the margin in the maximum norm, at a rate of about 1/sqrt(k) with steps that decay so",
    expected: "in the median over seeds: the exponent of the deficit of the margin in the maximum norm over the last decade of \
               steps is at most -0.35, and Muon's deficit there at least 3 times as large at the end",
};

const MOMENTUM_ADAM: Claim = Claim {
    key: "momentum-adam",
    statement: "Adam without epsilon maximises the same margin at the same rate, with its usual memory of 1,000 squared gradients after millions of steps",
    expected: "the same of Adam with 0.9 and 0.999",
};

const MOMENTUM_GROWTH: Claim = Claim {
    key: "momentum-growth",
    statement: "what delays Adam is its memory: the gradient falls no faster than its squares are forgotten, and the margin grows by the r a step with \
                r = gamma eta (1-b1)/(1-b1 e^r) sqrt((1-b2 e^2r)/(1-b2))",
    expected: "for either memory, in the median over runs: between the last two records the margin grows by 0.95 to 1.05 times this",
};

const MOMENTUM_SHORT_MEMORY: Claim = Claim {
    key: "momentum-short-memory",
    statement: "and with a memory of 20 after as many steps as Signum",
    expected: "the same of Adam with 0.9 and 0.95",
};

const MOMENTUM_SPECTRAL: Claim = Claim {
    key: "momentum-spectral",
    statement: "Muon, with exact factors, maximises the margin in the spectral norm, at the same rate",
    expected: "the same of the spectral norm, against the deficits of Signum and of either Adam",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] =
    [MOMENTUM_MAX_NORM, MOMENTUM_ADAM, MOMENTUM_SHORT_MEMORY, MOMENTUM_GROWTH, MOMENTUM_SPECTRAL];

type Cells = [(MomentumConfig, MomentumOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&MomentumConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: (0..GEOMETRIES.len()).map(|geometry| figure(cells, geometry)).collect(),
        findings: vec![
            maximises(&MOMENTUM_MAX_NORM, cells, Algorithm::Signum),
            maximises(&MOMENTUM_ADAM, cells, Algorithm::AdamWithoutEpsilon),
            maximises(&MOMENTUM_SHORT_MEMORY, cells, Algorithm::AdamOfShortMemory),
            growth(cells),
            maximises(&MOMENTUM_SPECTRAL, cells, Algorithm::Muon),
        ],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, algorithm: Algorithm) -> Vec<(u64, &Approach)> {
    let own = cells.iter().filter(|(config, _)| config.algorithm == algorithm);
    own.filter_map(|(config, outcome)| Some((config.seed, outcome.as_ref().ok()?))).collect()
}

/// The exponent of a deficit over the last decade of steps.
fn exponent(run: &Approach, geometry: usize) -> f64 {
    let end = last_iteration(run);
    let before = run.iterations.partition_point(|k| 10 * k <= end) - 1;
    let deficits = &run.deficits[geometry];
    let way = end as f64 / run.iterations[before] as f64;
    elementary::ln(last(deficits) / deficits[before]) / elementary::ln(way)
}

fn last_iteration(run: &Approach) -> u64 {
    run.iterations.last().copied().unwrap_or(0)
}

/// A method's deficit in its own norm, against those of all methods with the other aim.
fn maximises(claim: &Claim, cells: &Cells, algorithm: Algorithm) -> Finding {
    let geometry = algorithm.target();
    let name = GEOMETRIES[geometry];
    let own = runs(cells, algorithm);
    let exponents: Vec<f64> = own.iter().map(|(_, run)| exponent(run, geometry)).collect();
    let label = format!("{algorithm}: exponent of the deficit in the {name}");
    let mut effects = vec![Effect::median(label, &exponents, Bound::AtMost(-0.35))];
    for other in ALGORITHMS.into_iter().filter(|other| other.target() != geometry) {
        let rivals = runs(cells, other);
        let ratio = |(seed, run): &(u64, &Approach)| {
            let (_, rival) = rivals.iter().find(|(own, _)| own == seed)?;
            Some(last(&rival.deficits[geometry]) / last(&run.deficits[geometry]))
        };
        let ratios: Vec<f64> = own.iter().filter_map(ratio).collect();
        let label = format!("deficit of {other} in the {name} over that of {algorithm}");
        effects.push(Effect::median(label, &ratios, Bound::AtLeast(3.0)));
    }
    let ends: Vec<f64> = own.iter().map(|(_, run)| last(&run.deficits[geometry])).collect();
    let text = median(&exponents).zip(median(&ends)).map_or_else(String::new, |(power, end)| {
        format!("the deficit falls as k^{power:.2}, to {end:.4}")
    });
    claim.decided(effects, text).with(measurement("deficit at the end", &ends))
}

/// The growth of the margin over the last interval of records, against what the memory lets it.
fn growth(cells: &Cells) -> Finding {
    let (mut effects, mut said, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for (algorithm, memory) in ALGORITHMS.into_iter().filter_map(|own| Some((own, own.moments()?)))
    {
        let runs = runs(cells, algorithm);
        let of_run = |(_, run): &(u64, &Approach)| {
            let end = run.iterations.len() - 1;
            let [from, to] = [end - 1, end].map(|at| run.iterations[at] as f64);
            let measured = (run.margins[end] - run.margins[end - 1]) / (to - from);
            // The mean of 1/sqrt(k) over these steps.
            let step = 2.0 / (from.sqrt() + to.sqrt());
            let margin = run.largest[algorithm.target()];
            let forgotten = -0.5 * elementary::ln(memory.square);
            (measured / growth_with_memory(memory, margin, step), measured / forgotten)
        };
        let (ratios, parts): (Vec<f64>, Vec<f64>) = runs.iter().map(of_run).unzip();
        let label = format!("{algorithm}: growth of the margin over the formula's");
        effects.push(Effect::median(label, &ratios, Bound::Within(0.95, 1.05)));
        let label = format!("{algorithm}: growth over the rate of forgetting");
        measurements.extend(measurement(label, &parts));
        said.extend(median(&ratios).map(|middle| format!("{middle:.3} for {algorithm}")));
    }
    let text = format!("growth over the formula's: {}", said.join(", "));
    MOMENTUM_GROWTH.decided(effects, text).with(measurements)
}

fn figure(cells: &Cells, geometry: usize) -> Figure {
    let series = ALGORITHMS.into_iter().enumerate().filter_map(|(hue, algorithm)| {
        let runs = runs(cells, algorithm);
        let iterations = &runs.first()?.1.iterations;
        let curves: Vec<&[f64]> =
            runs.iter().map(|(_, run)| run.deficits[geometry].as_slice()).collect();
        Some(Series::new(algorithm.to_string(), hue, band(iterations, &curves)))
    });
    let name = GEOMETRIES[geometry];
    Figure {
        key: if geometry == 0 { "maximum".into() } else { "spectral".into() },
        title: format!("Methods that remember: margin in the {name}"),
        caption: "One minus the margin's share of the certified maximum: mean and 5th to 95th percentile over runs.".into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
