//! The figures and verdicts of the horizon experiment.

use mirrorhead_harness::statistics::{band, excluded, last, median};
use mirrorhead_harness::{Axis, Bound, Claim, Effect, Figure, Finding, Series, Summary};
use mirrorhead_kernels::elementary;

use super::cell::{Approach, HorizonConfig, HorizonOutcome, Named, POTENTIALS};

const HORIZON_MARGIN: Claim = Claim {
    key: "horizon-margin",
    statement: "a potential that is not homogeneous maximises the margin of the norm that its level sets tend to",
    expected: "for each potential, in the median over runs: the deficit of the margin in that norm falls over the last decade of steps, with an exponent in \
               the norm of at most -0.25 (the hyperbolic entropy: -0.05), and is at the end at most half of any other potential's in that norm",
};

const HORIZON_RATE: Claim = Claim {
    key: "horizon-rate",
    statement: "the deficit falls like 1/||w||, but more slowly for the hyperbolic entropy, whose weights off the support of the l1 solution fade with a smaller power",
    expected: "in the median over runs, over the last decade of steps: the exponent in the norm is within 0.15 of -1 for elastic net, square plus cube and cosh, and \
               from -0.85 to -0.05 for the hyperbolic entropy",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [HORIZON_MARGIN, HORIZON_RATE];

type Cells = [(HorizonConfig, HorizonOutcome)];

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells, label: &dyn Fn(&HorizonConfig) -> String) -> Summary {
    let failed = cells
        .iter()
        .filter_map(|(config, outcome)| Some((outcome.as_ref().err()?.clone(), label(config))));
    Summary {
        figures: vec![progress(cells)],
        findings: vec![margins(cells), rates(cells)],
        excluded: excluded(failed),
        ..Summary::default()
    }
}

fn runs(cells: &Cells, potential: Named) -> Vec<(u64, &Approach)> {
    let own = cells.iter().filter(|(config, _)| config.potential == potential);
    own.filter_map(|(config, outcome)| Some((config.seed, outcome.as_ref().ok()?))).collect()
}

/// The exponent of the deficit in the norm, over the last decade of steps.
fn exponent(run: &Approach, own: usize) -> f64 {
    let end = run.iterations.len() - 1;
    let from = run.iterations.partition_point(|k| 10 * k <= run.iterations[end]) - 1;
    let deficits = &run.deficits[own];
    elementary::ln(deficits[end] / deficits[from])
        / elementary::ln(run.norms[end] / run.norms[from])
}

fn exponents(cells: &Cells, potential: Named) -> Vec<f64> {
    runs(cells, potential).iter().map(|(_, run)| exponent(run, potential.own())).collect()
}

fn margins(cells: &Cells) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for potential in POTENTIALS {
        let own = potential.own();
        let slowest = if potential == Named::Hypentropy { -0.05 } else { -0.25 };
        let label = format!("{potential}: exponent of the deficit in the norm");
        effects.push(Effect::median(label, &exponents(cells, potential), Bound::AtMost(slowest)));
        for other in POTENTIALS.into_iter().filter(|other| *other != potential) {
            let rivals = runs(cells, other);
            let ratio = |(seed, run): &(u64, &Approach)| {
                let (_, rival) = rivals.iter().find(|(at, _)| at == seed)?;
                Some(last(&run.deficits[own]) / last(&rival.deficits[own]))
            };
            let ratios: Vec<f64> = runs(cells, potential).iter().filter_map(ratio).collect();
            let label = format!("{potential}: deficit over that of {other}");
            effects.push(Effect::median(label, &ratios, Bound::AtMost(0.5)));
        }
        let ends: Vec<f64> =
            runs(cells, potential).iter().map(|(_, run)| last(&run.deficits[own])).collect();
        said.extend(median(&ends).map(|end| format!("{end:.4} for {potential}")));
    }
    HORIZON_MARGIN.decided(effects, format!("median deficits {}", said.join(", ")))
}

fn rates(cells: &Cells) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for potential in POTENTIALS {
        let found = exponents(cells, potential);
        said.extend(median(&found).map(|middle| format!("{middle:.2} for {potential}")));
        let bound = match potential {
            Named::Hypentropy => Bound::Within(-0.85, -0.05),
            _ => Bound::Within(-1.15, -0.85),
        };
        effects.push(Effect::median(format!("{potential}: exponent in the norm"), &found, bound));
    }
    HORIZON_RATE.decided(effects, format!("median exponents {}", said.join(", ")))
}

fn progress(cells: &Cells) -> Figure {
    let series = POTENTIALS.into_iter().enumerate().filter_map(|(hue, potential)| {
        let runs = runs(cells, potential);
        let curves: Vec<&[f64]> =
            runs.iter().map(|(_, run)| run.deficits[potential.own()].as_slice()).collect();
        let iterations = &runs.first()?.1.iterations;
        Some(Series::new(potential.to_string(), hue, band(iterations, &curves)))
    });
    Figure {
        key: "progress".into(),
        title: "Potentials that are not homogeneous".into(),
        caption: "One minus the margin's share of the certified maximum in the norm of the horizon: mean and 5th to 95th percentile over runs. Steps move w \
                  by 0.1 in that norm, of cosh by 0.02."
            .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
