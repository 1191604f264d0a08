//! The figures and verdicts of the factored experiment.

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::statistics::{band, band_of, last, measurement, median};
use mirrorhead_harness::{Axis, Claim, Figure, Finding, Measurement, Obtained, Series, Summary};

use super::cell::{
    DIMS, Direction, EXPONENTS, FactoredConfig, FactoredOutcome, PAPER_SIZES, Parametrisation,
    SEQUENCES,
};

const FACTORS_NUCLEAR: Claim = Claim {
    key: "factors-nuclear",
    statement: "gradient descent on K and Q goes to the AttSVM of the nuclear norm",
    expected: "at the paper's size: in every run closer to it than to the Frobenius solution, by \
                   the cosine; in the median a cosine of at least 0.98 and 0.99 of the certified \
                   nuclear margin, and less than 0.9 of the Frobenius margin",
};

const WHOLE_FROBENIUS: Claim = Claim {
    key: "whole-frobenius",
    statement: "gradient descent on W goes to the AttSVM of the Frobenius norm",
    expected: "at the paper's size: in every run closer to it than to the nuclear solution, by the \
                   cosine; in the median a cosine of at least 0.999 and 0.99 of the certified Frobenius \
                   margin, and less than 0.95 of the nuclear margin",
};

const RANK: Claim = Claim {
    key: "rank",
    statement: "the product of trained factors has lower rank than a trained W",
    expected: "at every size with n > 2, the median number of singular values above 0.05 of the \
                   largest is lower for K Q^T than for W",
};

const OWN_FACTOR_NORM: Claim = Claim {
    key: "own-factor-norm",
    statement: "measured here, no theory known to us: mirror descent on the factors with p has the \
                    largest margin over ((|K|_p^p + |Q|_p^p)/2)^(2/p), and only p = 2 the nuclear one",
    expected: "over the seeds at which p = 1.5, 2 and 3 settle on one selection: in the median, the \
                   run of p has the largest of the three; and p = 2 the largest nuclear margin",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 4] = [FACTORS_NUCLEAR, WHOLE_FROBENIUS, RANK, OWN_FACTOR_NORM];

/// A singular value of an iterate counts from this part of the largest one on.
const COUNTED_FROM: f64 = 0.05;
/// The fewest runs that are judged.
const FEWEST_RUNS: usize = 3;
/// Gradient descent on the factors.
const FACTORS_BY_GRADIENT: Parametrisation = Parametrisation::Factors { p: 2.0 };

type Cells = [(FactoredConfig, FactoredOutcome)];

/// The figures and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let findings =
        vec![factors_nuclear(cells), whole_frobenius(cells), rank(cells), own_factor_norm(cells)];
    let mut figures: Vec<Figure> =
        [(FACTORS_BY_GRADIENT, "factors"), (Parametrisation::Whole, "whole")]
            .map(|(parametrisation, key)| correlation(cells, parametrisation, key))
            .into();
    let by_sequences =
        SEQUENCES.map(|n_sequences| (n_sequences, SphereTokens { n_sequences, ..PAPER_SIZES }));
    let by_dim = DIMS.map(|dim| (dim, SphereTokens { dim, ..PAPER_SIZES }));
    figures.push(ranks(cells, "rank-sequences", "number of sequences n (d = 10)", &by_sequences));
    figures.push(ranks(cells, "rank-dimension", "dimension d (n = 6)", &by_dim));
    Summary { figures, findings, ..Summary::default() }
}

fn runs(cells: &Cells, data: SphereTokens, parametrisation: Parametrisation) -> Vec<&Direction> {
    let own = cells
        .iter()
        .filter(|(config, _)| config.data == data && config.parametrisation == parametrisation);
    own.filter_map(|(_, outcome)| outcome.as_ref().ok()).collect()
}

fn finding(
    claim: &Claim,
    held: bool,
    (n, fewest): (usize, usize),
    text: String,
    measurements: Vec<Measurement>,
) -> Finding {
    let needs = format!("{FEWEST_RUNS} runs of each");
    claim.judged_if(fewest >= FEWEST_RUNS, held, Obtained { text, measurements, n }, &needs)
}

fn collect(runs: &[&Direction], value: impl Fn(&Direction) -> f64) -> Vec<f64> {
    runs.iter().map(|run| value(run)).collect()
}

/// The medians of what tells two directions apart, with their measurements.
struct Compared {
    cosine_nuclear: Vec<f64>,
    cosine_frobenius: Vec<f64>,
    share_nuclear: Vec<f64>,
    share_frobenius: Vec<f64>,
}

impl Compared {
    fn of(runs: &[&Direction]) -> Self {
        Self {
            cosine_nuclear: collect(runs, |run| last(&run.nuclear.cosines)),
            cosine_frobenius: collect(runs, |run| last(&run.frobenius.cosines)),
            share_nuclear: collect(runs, |run| run.nuclear.share),
            share_frobenius: collect(runs, |run| run.frobenius.share),
        }
    }

    /// The number of runs closer to the nuclear solution.
    fn closer_to_nuclear(&self) -> usize {
        let pairs = self.cosine_nuclear.iter().zip(&self.cosine_frobenius);
        pairs.filter(|(nuclear, frobenius)| nuclear > frobenius).count()
    }

    fn measurements(&self) -> Vec<Measurement> {
        let labelled = [
            ("cosine to the nuclear solution", &self.cosine_nuclear),
            ("cosine to the Frobenius solution", &self.cosine_frobenius),
            ("share of the nuclear margin", &self.share_nuclear),
            ("share of the Frobenius margin", &self.share_frobenius),
        ];
        labelled.into_iter().filter_map(|(label, values)| measurement(label, values)).collect()
    }

    fn text(&self, closer: usize) -> String {
        let middle = |values: &[f64]| median(values).unwrap_or(f64::NAN);
        format!(
            "{closer} of {} runs closer to their own solution; medians: cosine {:.4} to the nuclear and \
             {:.4} to the Frobenius solution, shares {:.4} and {:.4} of the two margins",
            self.cosine_nuclear.len(),
            middle(&self.cosine_nuclear),
            middle(&self.cosine_frobenius),
            middle(&self.share_nuclear),
            middle(&self.share_frobenius)
        )
    }
}

fn at_least(values: &[f64], bound: f64) -> bool {
    median(values).is_some_and(|middle| middle >= bound)
}

fn factors_nuclear(cells: &Cells) -> Finding {
    let compared = Compared::of(&runs(cells, PAPER_SIZES, FACTORS_BY_GRADIENT));
    let (n, closer) = (compared.cosine_nuclear.len(), compared.closer_to_nuclear());
    let held = closer == n
        && at_least(&compared.cosine_nuclear, 0.98)
        && at_least(&compared.share_nuclear, 0.99)
        && !at_least(&compared.share_frobenius, 0.9);
    finding(&FACTORS_NUCLEAR, held, (n, n), compared.text(closer), compared.measurements())
}

fn whole_frobenius(cells: &Cells) -> Finding {
    let compared = Compared::of(&runs(cells, PAPER_SIZES, Parametrisation::Whole));
    let n = compared.cosine_nuclear.len();
    let closer = n - compared.closer_to_nuclear();
    let held = closer == n
        && at_least(&compared.cosine_frobenius, 0.999)
        && at_least(&compared.share_frobenius, 0.99)
        && !at_least(&compared.share_nuclear, 0.95);
    finding(&WHOLE_FROBENIUS, held, (n, n), compared.text(closer), compared.measurements())
}

/// The number of singular values that count.
fn rank_of(run: &Direction) -> f64 {
    run.singular_values.iter().filter(|value| **value > COUNTED_FROM).count() as f64
}

fn rank(cells: &Cells) -> Finding {
    let sizes = SEQUENCES.into_iter().skip(1).map(|n| (n, PAPER_SIZES.dim));
    let sizes = sizes.chain(DIMS.into_iter().skip(1).map(|dim| (PAPER_SIZES.n_sequences, dim)));
    let (mut held, mut fewest, mut n, mut texts, mut measurements) =
        (true, usize::MAX, 0, Vec::new(), Vec::new());
    for (n_sequences, dim) in sizes {
        let data = SphereTokens { n_sequences, dim, ..PAPER_SIZES };
        let [factors, whole] =
            [FACTORS_BY_GRADIENT, Parametrisation::Whole].map(|parametrisation| {
                let ranks = collect(&runs(cells, data, parametrisation), rank_of);
                let label = format!("rank of {parametrisation}, n = {n_sequences}, d = {dim}");
                measurements.extend(measurement(label, &ranks));
                ranks
            });
        fewest = fewest.min(factors.len()).min(whole.len());
        n += factors.len() + whole.len();
        if let (Some(low), Some(high)) = (median(&factors), median(&whole)) {
            held &= low < high;
            texts.push(format!("{low} against {high} at n = {n_sequences}, d = {dim}"));
        }
    }
    finding(&RANK, held, (n, fewest), format!("medians {}", texts.join("; ")), measurements)
}

/// The runs of each exponent over the seeds at which all settle on one selection.
fn on_one_selection(cells: &Cells) -> [Vec<&Direction>; 3] {
    let mut together = [const { Vec::new() }; 3];
    let last = cells.iter().map(|(config, _)| config.seed).max().unwrap_or(0);
    for seed in 1..=last {
        let own = EXPONENTS.map(|p| {
            let found = cells.iter().find(|(config, _)| {
                config.seed == seed
                    && config.data == PAPER_SIZES
                    && config.parametrisation == Parametrisation::Factors { p }
            });
            found.and_then(|(_, outcome)| outcome.as_ref().ok())
        });
        let [Some(a), Some(b), Some(c)] = own else { continue };
        if a.selection == b.selection && b.selection == c.selection {
            for (all, run) in together.iter_mut().zip([a, b, c]) {
                all.push(run);
            }
        }
    }
    together
}

fn own_factor_norm(cells: &Cells) -> Finding {
    let together = on_one_selection(cells);
    let n = together[0].len();
    let (mut held, mut texts, mut measurements) = (true, Vec::new(), Vec::new());
    let columns = EXPONENTS.iter().enumerate();
    let mut judge = |name: String, own: usize, value: &dyn Fn(&Direction) -> f64| {
        // Margins of the row's data set, so that data sets can be compared: relative to the own run's.
        let base = collect(&together[own], value);
        for (row, p) in EXPONENTS.iter().enumerate().filter(|(row, _)| *row != own) {
            let ratios: Vec<f64> =
                collect(&together[row], value).iter().zip(&base).map(|(x, own)| x / own).collect();
            let middle = median(&ratios).unwrap_or(f64::NAN);
            held &= middle < 1.0;
            texts.push(format!("{name}: p = {p} has {middle:.3}"));
            let label =
                format!("margin over the {name}, p = {p} relative to p = {}", EXPONENTS[own]);
            measurements.extend(measurement(label, &ratios));
        }
    };
    for (column, p) in columns {
        judge(format!("factor norm of p = {p}"), column, &|run| run.factor_margins[column]);
    }
    judge("nuclear norm".into(), 1, &|run| run.nuclear.share);
    let text = format!("medians relative to the method of that norm: {}", texts.join("; "));
    finding(&OWN_FACTOR_NORM, held, (3 * n, n), text, measurements)
}

fn correlation(cells: &Cells, parametrisation: Parametrisation, key: &str) -> Figure {
    let runs = runs(cells, PAPER_SIZES, parametrisation);
    let iterations = runs.first().map_or(&[][..], |run| &run.iterations);
    let curve = |name: &str, hue, cosines: fn(&Direction) -> &Vec<f64>| {
        let curves: Vec<&[f64]> = runs.iter().map(|run| cosines(run).as_slice()).collect();
        Series::new(name, hue, band(iterations, &curves))
    };
    Figure {
        key: key.into(),
        title: format!("Training {parametrisation}"),
        caption: format!(
            "Cosine of the angle between W(k) and the two AttSVM solutions of the selection that the run \
             settles on: mean and 5th to 95th percentile of {} runs.",
            runs.len()
        ),
        x: Axis::log("iteration k"),
        y: Axis::linear("cosine"),
        series: vec![
            curve("nuclear solution", 0, |run| &run.nuclear.cosines),
            curve("Frobenius solution", 1, |run| &run.frobenius.cosines),
        ],
    }
}

fn ranks(cells: &Cells, key: &str, axis: &str, sizes: &[(usize, SphereTokens)]) -> Figure {
    let curve = |name: &str, hue, parametrisation, rank: fn(&Direction) -> f64| {
        let at = |data| collect(&runs(cells, data, parametrisation), rank);
        Series::new(name, hue, band_of(sizes.iter().map(|(x, data)| (*x as f64, at(*data)))))
    };
    Figure {
        key: key.into(),
        title: "Rank of the trained key-query matrix".into(),
        caption: "Singular values above 0.05 of the largest one, after the last step, and the ranks of the \
                  certified solutions (above 1e-6): mean and 5th to 95th percentile over runs."
            .into(),
        x: Axis::linear(axis),
        y: Axis::linear("rank"),
        series: vec![
            curve("K Q^T", 0, FACTORS_BY_GRADIENT, rank_of),
            curve("nuclear solution", 1, FACTORS_BY_GRADIENT, |run| run.nuclear.rank as f64),
            curve("W", 2, Parametrisation::Whole, rank_of),
            curve("Frobenius solution", 3, Parametrisation::Whole, |run| run.frobenius.rank as f64),
        ],
    }
}
