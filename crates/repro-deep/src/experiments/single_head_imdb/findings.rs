//! The figures and verdicts of a single head on reviews.

use mirrorhead_harness::statistics::{self, last, measurement, median};
use mirrorhead_harness::{Claim, Exclusion, Finding, Measurement, Obtained, Summary};
use mirrorhead_trainer::TokenOptimality;

use super::cell::{Cells, Draws, HeadCell, HeadCellOutcome, Outcomes, Runs, outcomes, trained};
use super::single_head::{Comparison, EXPONENTS, End};
use super::tables::{KINDS, accuracies, along, numbers, separable_shares, words};
use crate::measures::separability::{Separability, Separable, Separated};

const ATTSVM_DIRECTION: Claim = Claim {
    key: "attsvm-direction",
    statement: "on real reviews too, ℓp-AttGD converges in direction to the AttSVM solution of the \
                    same p, for a locally optimal selection",
    expected: "from the middle of the run to its end, the divergence to the own AttSVM falls at least \
                   by a third (median over runs), for every p",
};

const WRONG_GEOMETRY: Claim = Claim {
    key: "wrong-geometry",
    statement: "and not to the AttSVM solution of another p for the same selection",
    expected: "the final divergence to every other AttSVM is at least 3 times the one to the own, and \
                   0.75 to 1.5 times the divergence between the two solutions themselves (medians over \
                   runs)",
};

const LOCAL_OPTIMALITY: Claim = Claim {
    key: "local-optimality",
    statement: "a selection lasts exactly when it is locally optimal: every selected word out-scores \
                    its support words",
    expected: "at least 95% of the runs at a locally optimal selection keep it when run twice as long, \
                   and every other run has left its selection for a locally optimal one by the time it \
                   has run eleven times as long",
};

const SEPARABILITY: Claim = Claim {
    key: "separability",
    statement: "a head of dimension d can select any word of each of up to d reviews; of many more it \
                    can't",
    expected: "every selection of at most d reviews, optimal or drawn at random, has an AttSVM; at the \
                   largest number of reviews every selection drawn at random has a Farkas certificate \
                   against it",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] = [ATTSVM_DIRECTION, WRONG_GEOMETRY, LOCAL_OPTIMALITY, SEPARABILITY];

/// The fewest runs whose median is judged.
const FEWEST_RUNS: usize = 5;
/// The part of the runs at a locally optimal selection that must keep it.
const KEPT_SHARE: f64 = 0.95;

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let outcomes = EXPONENTS.map(|p| outcomes(cells, p));
    let runs = outcomes.each_ref().map(locally_optimal);
    let draws = cells.iter().filter_map(draw).collect();
    let mut figures: Vec<_> =
        EXPONENTS.iter().enumerate().map(|(own, p)| along(*p, &runs[own])).collect();
    figures.push(separable_shares(&draws));
    let findings = vec![
        attsvm_direction(&runs),
        wrong_geometry(&runs),
        local_optimality(&outcomes),
        separability(&draws),
    ];
    Summary {
        figures,
        tables: vec![accuracies(cells), words(cells)],
        findings,
        excluded: excluded(cells),
        ..Summary::default()
    }
}

fn locally_optimal<'a>(outcomes: &Outcomes<'a>) -> Runs<'a> {
    let compared = outcomes.iter().filter_map(|o| Some((*o, o.comparison.as_ref().ok()?)));
    compared.filter(|(_, c)| c.optimality.is_locally_optimal()).collect()
}

fn draw(cell: &(HeadCell, HeadCellOutcome)) -> Option<(&Separability, &Separated)> {
    match cell {
        (HeadCell::Separability(config), HeadCellOutcome::Separability(outcome)) => {
            Some((config, outcome))
        }
        _ => None,
    }
}

/// The runs whose hypotheses fail, by reason.
fn excluded(cells: &Cells) -> Vec<Exclusion> {
    let reasons = cells.iter().filter_map(trained).filter_map(|(config, outcome)| {
        let reason = match &outcome.comparison {
            Ok(comparison) if comparison.optimality.is_locally_optimal() => return None,
            Ok(comparison) if comparison.optimality.is_refuted() => {
                "the selection is not locally optimal"
            }
            Ok(_) => "whether the selection is locally optimal is undecided",
            Err(reason) => reason,
        };
        Some((reason.into(), format!("p = {}, seed {}", config.p, config.seed)))
    });
    statistics::excluded(reasons)
}

/// A finding about medians over the runs of each exponent.
fn finding(
    claim: &Claim,
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
    runs: &[Runs; 3],
) -> Finding {
    let n = runs.iter().map(Vec::len).sum();
    let judged = runs.iter().all(|runs| runs.len() >= FEWEST_RUNS);
    let needs = format!("{FEWEST_RUNS} runs for each p");
    claim.judged_if(judged, held, Obtained { text, measurements, n }, &needs)
}

fn attsvm_direction(runs: &[Runs; 3]) -> Finding {
    let (mut held, mut measurements, mut falls) = (true, Vec::new(), Vec::new());
    let mut widest = 0.0_f64;
    for (own, (p, runs)) in EXPONENTS.iter().zip(runs).enumerate() {
        let curves = runs.iter().map(|(_, c)| &c.divergences[own]);
        let ratios: Vec<_> = curves.clone().map(|d| last(d) / d[d.len() / 2]).collect();
        held &= median(&ratios).is_some_and(|ratio| ratio <= 2.0 / 3.0);
        let gaps = runs.iter().flat_map(|(_, c)| &c.relative_gaps);
        widest = gaps.fold(widest, |widest, gap| widest.max(*gap));
        let ends: Vec<_> = curves.map(|d| last(d)).collect();
        measurements.extend(measurement(format!("p = {p}, final"), &ends));
        falls.extend(measurement(format!("p = {p}, final / middle"), &ratios));
    }
    let medians: Vec<_> = measurements.iter().map(|m| format!("{:.4}", m.value)).collect();
    let text = format!(
        "final medians {} for p = 1.75, 2, 3; certified gaps of the AttSVMs up to {widest:.0e}",
        medians.join(", ")
    );
    measurements.extend(falls);
    finding(&ATTSVM_DIRECTION, held, text, measurements, runs)
}

fn wrong_geometry(runs: &[Runs; 3]) -> Finding {
    let (mut held, mut measurements, mut smallest) = (true, Vec::new(), f64::INFINITY);
    let (mut own_nearest, mut n) = (0, 0);
    for (own, runs) in runs.iter().enumerate() {
        let end = |c: &Comparison, svm: usize| last(&c.divergences[svm]);
        n += runs.len();
        own_nearest +=
            runs.iter().filter(|(_, c)| (0..3).all(|svm| end(c, own) <= end(c, svm))).count();
        for svm in (0..3).filter(|svm| *svm != own) {
            let ratios: Vec<_> = runs.iter().map(|(_, c)| end(c, svm) / end(c, own)).collect();
            let to_limit: Vec<_> = runs.iter().map(|(_, c)| end(c, svm) / c.limits[svm]).collect();
            let label = format!("p = {} against {}", EXPONENTS[own], EXPONENTS[svm]);
            held &= median(&ratios).is_some_and(|ratio| ratio >= 3.0)
                && median(&to_limit).is_some_and(|part| (0.75..=1.5).contains(&part));
            smallest = median(&ratios).map_or(smallest, |ratio| smallest.min(ratio));
            measurements.extend(measurement(format!("{label}, over own"), &ratios));
            measurements.extend(measurement(format!("{label}, over its limit"), &to_limit));
        }
    }
    let text = format!(
        "the other AttSVMs are at least {smallest:.1} times as far (median over runs); the own is the \
         nearest in {own_nearest} of {n} runs"
    );
    finding(&WRONG_GEOMETRY, held, text, measurements, runs)
}

fn local_optimality(outcomes: &[Outcomes; 3]) -> Finding {
    use TokenOptimality::{Global, Local};
    let all = outcomes.iter().map(Vec::len).sum::<usize>();
    let compared: Vec<_> =
        outcomes.iter().flatten().filter_map(|o| o.comparison.as_ref().ok()).collect();
    let (passing, optimal): (Vec<&Comparison>, Vec<&Comparison>) =
        compared.iter().copied().partition(|c| !c.optimality.is_locally_optimal());
    let global = optimal.iter().filter(|c| c.optimality == Global).count();
    let kept = optimal.iter().filter(|c| c.continued.end == End::Kept).count();
    let is_left = |c: &&&Comparison| matches!(c.continued.end, End::Left(Global | Local));
    let left = passing.iter().filter(is_left).count();
    let text = format!(
        "{} of {all} runs are saturated; {} of them at a locally optimal selection ({global} at the global \
         one), and {kept} of these keep it when continued; {left} of the {} others leave theirs for a \
         locally optimal one",
        compared.len(),
        optimal.len(),
        passing.len(),
    );
    let held = kept as f64 >= KEPT_SHARE * optimal.len() as f64 && left == passing.len();
    let chosen: Vec<f64> = compared.iter().map(|c| c.optimal_tokens as f64).collect();
    let chosen = measurement("reviews whose best word is selected", &chosen);
    let measurements = chosen.into_iter().collect();
    let needs = format!("{FEWEST_RUNS} runs that settle on a selection");
    let obtained = Obtained { text, measurements, n: compared.len() };
    LOCAL_OPTIMALITY.judged_if(compared.len() >= FEWEST_RUNS, held, obtained, &needs)
}

fn separability(draws: &Draws) -> Finding {
    let numbers = numbers(draws);
    let largest = numbers.last().copied();
    let mut at_the_end = draws.iter().filter(|(config, _)| Some(config.n) == largest);
    let mut held = at_the_end.all(|(_, draw)| draw.random == Separable::No);
    let mut measurements = Vec::new();
    let mut undecided = 0;
    for n in numbers.iter().copied() {
        for (label, kind) in KINDS {
            let own: Vec<_> = draws.iter().filter(|(config, _)| config.n == n).collect();
            let count = |wanted| own.iter().filter(|(_, draw)| kind(draw) == wanted).count();
            let yes = count(Separable::Yes);
            undecided += count(Separable::Unknown);
            let within = own.iter().all(|(config, _)| n <= config.frozen.vectors.dim);
            held &= !within || yes == own.len();
            measurements.push(Measurement {
                label: format!("n = {n}, {label}: share separable"),
                value: yes as f64 / own.len() as f64,
                spread: None,
                n: own.len(),
            });
        }
    }
    let texts = KINDS.iter().map(|(label, kind)| {
        let all = |n: &usize| {
            draws.iter().filter(|(c, _)| c.n == *n).all(|(_, draw)| kind(draw) == Separable::Yes)
        };
        let most = numbers.iter().copied().take_while(all).last().unwrap_or(0);
        format!("every selection {label} is separable up to n = {most}")
    });
    let text = format!(
        "{}; {undecided} of {} selections are undecided",
        texts.collect::<Vec<_>>().join("; "),
        KINDS.len() * draws.len()
    );
    let obtained = Obtained { text, measurements, n: draws.len() };
    SEPARABILITY.judged_if(!draws.is_empty(), held, obtained, "a draw")
}
