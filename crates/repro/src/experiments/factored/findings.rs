//! The figures and verdicts of the factored experiment.

use mirrorhead_attention::SphereTokens;
use mirrorhead_harness::statistics::{band, band_of, last, measurement, median};
use mirrorhead_harness::{
    Axis, Bound, Claim, Effect, Figure, Finding, Measurement, Series, Summary,
};

use super::cell::{
    DIMS, Direction, EXPONENTS, FactoredConfig, FactoredOutcome, Nearness, PAPER_SIZES,
    Parametrisation, SEQUENCES,
};

const FACTORS_NUCLEAR: Claim = Claim {
    key: "factors-nuclear",
    statement: "gradient descent on K and Q goes to the AttSVM of the nuclear norm",
    expected: "at the paper's size: in every run closer to it than to the Frobenius solution, by \
                   the cosine; in the median over runs the angle's one minus cosine falls at least 1.2 times over the last decade of steps, \
                   to at most 0.1, with at least 0.95 of the certified nuclear margin and at most 0.95 of the Frobenius margin",
};

const WHOLE_FROBENIUS: Claim = Claim {
    key: "whole-frobenius",
    statement: "gradient descent on W goes to the AttSVM of the Frobenius norm",
    expected: "the same with the norms exchanged: 1.2 times, at most 0.001, at least 0.95 of the certified Frobenius margin and at most 0.95 of \
                   the nuclear margin",
};

const AUTHORS_START: Claim = Claim {
    key: "factors-as-the-authors",
    statement: "measured here: from the start of the authors' script (Q ~ N(0, 1), K ~ N(0, 0.01^2), each factor's steps normalized, p = 2), where the \
                    theory asks for small and balanced factors, K Q^T goes to the nuclear norm's AttSVM too",
    expected: "at the paper's size, in the median over runs: closer to it than to the Frobenius solution, by the cosine, and at least 0.95 of the \
                   certified nuclear margin",
};

const RANK: Claim = Claim {
    key: "rank",
    statement: "the product of trained factors has lower rank than a trained W",
    expected: "in the median over seeds and all sizes with n > 2, K Q^T has at least one singular value above 0.05 of the \
                   largest less than W has",
};

const OWN_FACTOR_NORM: Claim = Claim {
    key: "own-factor-norm",
    statement: "measured here, no theory known to us: mirror descent on the factors with p has the \
                    largest margin over the gauge ((|K|_p^p + |Q|_p^p)/2)^(2/p), and only p = 2 the nuclear one",
    expected: "over the seeds at which p = 1.5, 2 and 3 settle on one selection, in the median: the margin over the gauge of p \
                   of the run of any other is at most that of the run of p; and the nuclear margin of p = 1.5 and 3 at most that of p = 2",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] =
    [FACTORS_NUCLEAR, WHOLE_FROBENIUS, AUTHORS_START, RANK, OWN_FACTOR_NORM];

/// A singular value of an iterate counts from this part of the largest one on.
const COUNTED_FROM: f64 = 0.05;
/// How much an angle that goes to zero closes over a decade of steps, in one minus its cosine.
const LEAST_FALL: f64 = 1.2;
/// The authors' start.
const AS_THE_AUTHORS: Parametrisation = Parametrisation::AsTheAuthors { p: 2.0 };
/// Gradient descent on the factors.
const FACTORS_BY_GRADIENT: Parametrisation = Parametrisation::Factors { p: 2.0 };

type Cells = [(FactoredConfig, FactoredOutcome)];

/// The figures and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    let findings = vec![
        factors_nuclear(cells),
        whole_frobenius(cells),
        authors_start(cells),
        rank(cells),
        own_factor_norm(cells),
    ];
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

/// How many times one minus the cosine falls over the last decade of steps.
fn fall(run: &Direction, to: &Nearness) -> f64 {
    let end = run.iterations.last().copied().unwrap_or(0);
    let before = run.iterations.partition_point(|k| 10 * k <= end) - 1;
    (1.0 - to.cosines[before]) / (1.0 - last(&to.cosines)).max(f64::EPSILON)
}

/// The solution that runs go to, and the other one.
type Solutions = [fn(&Direction) -> &Nearness; 2];

/// What runs show that go to one solution and not to the other: within `open` of it, with at least the share `least` of
/// its margin and at most `most` of the other's.
fn goes_to(
    cells: &Cells,
    parametrisation: Parametrisation,
    [own, other]: Solutions,
    [open, least, most]: [f64; 3],
) -> Vec<Effect> {
    let runs = runs(cells, PAPER_SIZES, parametrisation);
    let cosine = |to: &Nearness| last(&to.cosines);
    let closer = runs.iter().filter(|run| cosine(own(run)) > cosine(other(run))).count();
    let of = |value: &dyn Fn(&Direction) -> f64| collect(&runs, value);
    vec![
        Effect::every("runs closer to their own solution", closer, runs.len()),
        Effect::median(
            "fall of one minus the cosine over a decade",
            &of(&|run| fall(run, own(run))),
            Bound::AtLeast(LEAST_FALL),
        ),
        Effect::median(
            "one minus the cosine at the end",
            &of(&|run| 1.0 - cosine(own(run))),
            Bound::AtMost(open),
        ),
        Effect::median("share of its margin", &of(&|run| own(run).share), Bound::AtLeast(least)),
        Effect::median("share of the other's", &of(&|run| other(run).share), Bound::AtMost(most)),
    ]
}

fn factors_nuclear(cells: &Cells) -> Finding {
    let compared = Compared::of(&runs(cells, PAPER_SIZES, FACTORS_BY_GRADIENT));
    let closer = compared.closer_to_nuclear();
    let solutions: Solutions = [|run| &run.nuclear, |run| &run.frobenius];
    let effects = goes_to(cells, FACTORS_BY_GRADIENT, solutions, [0.1, 0.95, 0.95]);
    FACTORS_NUCLEAR.decided(effects, compared.text(closer)).with(compared.measurements())
}

fn whole_frobenius(cells: &Cells) -> Finding {
    let compared = Compared::of(&runs(cells, PAPER_SIZES, Parametrisation::Whole));
    let closer = compared.cosine_nuclear.len() - compared.closer_to_nuclear();
    let solutions: Solutions = [|run| &run.frobenius, |run| &run.nuclear];
    let effects = goes_to(cells, Parametrisation::Whole, solutions, [0.001, 0.95, 0.95]);
    WHOLE_FROBENIUS.decided(effects, compared.text(closer)).with(compared.measurements())
}

fn authors_start(cells: &Cells) -> Finding {
    let runs = runs(cells, PAPER_SIZES, AS_THE_AUTHORS);
    let compared = Compared::of(&runs);
    let pairs = compared.cosine_nuclear.iter().zip(&compared.cosine_frobenius);
    let nearer: Vec<f64> = pairs.map(|(nuclear, frobenius)| nuclear - frobenius).collect();
    let cosine = "cosine to the nuclear solution, less that to the Frobenius one";
    let share = "share of the nuclear margin";
    let effects = vec![
        Effect::median(cosine, &nearer, Bound::AtLeast(0.0)),
        Effect::median(share, &compared.share_nuclear, Bound::AtLeast(0.95)),
    ];
    let text = compared.text(compared.closer_to_nuclear());
    AUTHORS_START.decided(effects, text).with(compared.measurements())
}

/// The number of singular values that count.
fn rank_of(run: &Direction) -> f64 {
    run.singular_values.iter().filter(|value| **value > COUNTED_FROM).count() as f64
}

fn rank(cells: &Cells) -> Finding {
    let sizes = SEQUENCES.into_iter().skip(1).map(|n| (n, PAPER_SIZES.dim));
    let sizes = sizes.chain(DIMS.into_iter().skip(1).map(|dim| (PAPER_SIZES.n_sequences, dim)));
    let (mut fewer, mut texts, mut measurements) = (Vec::new(), Vec::new(), Vec::new());
    for (n_sequences, dim) in sizes {
        let data = SphereTokens { n_sequences, dim, ..PAPER_SIZES };
        let of = |parametrisation: Parametrisation| -> Vec<(u64, f64)> {
            let own = cells.iter().filter(|(config, _)| {
                config.data == data && config.parametrisation == parametrisation
            });
            own.filter_map(|(config, run)| Some((config.seed, rank_of(run.as_ref().ok()?))))
                .collect()
        };
        let (factors, whole) = (of(FACTORS_BY_GRADIENT), of(Parametrisation::Whole));
        let less = factors.iter().filter_map(|(seed, rank)| {
            let (_, whole) = whole.iter().find(|(own, _)| own == seed)?;
            Some(whole - rank)
        });
        let at = format!("n = {n_sequences}, d = {dim}");
        fewer.extend(less);
        let ranks = |runs: &[(u64, f64)]| runs.iter().map(|(_, rank)| *rank).collect::<Vec<_>>();
        let (factors, whole) = (ranks(&factors), ranks(&whole));
        if let (Some(low), Some(high)) = (median(&factors), median(&whole)) {
            texts.push(format!("{low} against {high} at {at}"));
        }
        measurements.extend(measurement(format!("rank of K Q^T, {at}"), &factors));
        measurements.extend(measurement(format!("rank of W, {at}"), &whole));
    }
    let label = "rank of W less that of K Q^T";
    let effect = Effect::median(label, &fewer, Bound::AtLeast(1.0));
    RANK.decided(vec![effect], format!("medians {}", texts.join("; "))).with(measurements)
}

/// The runs of each exponent over the seeds at which all settle on one selection.
fn on_one_selection(cells: &Cells) -> [Vec<&Direction>; 3] {
    let mut together = [const { Vec::new() }; 3];
    let mut seeds: Vec<u64> = cells.iter().map(|(config, _)| config.seed).collect();
    seeds.dedup();
    for seed in seeds {
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
    let (mut effects, mut texts) = (Vec::new(), Vec::new());
    let mut judge = |name: String, own: usize, value: &dyn Fn(&Direction) -> f64| {
        // Margins of the row's data set, so that data sets can be compared: relative to the own run's.
        let base = collect(&together[own], value);
        for (row, p) in EXPONENTS.iter().enumerate().filter(|(row, _)| *row != own) {
            let ratios: Vec<f64> =
                collect(&together[row], value).iter().zip(&base).map(|(x, own)| x / own).collect();
            texts.extend(median(&ratios).map(|ratio| format!("{name}: p = {p} has {ratio:.3}")));
            let label =
                format!("margin over the {name}, p = {p} relative to p = {}", EXPONENTS[own]);
            effects.push(Effect::median(label, &ratios, Bound::AtMost(1.0)));
        }
    };
    for (column, p) in EXPONENTS.iter().enumerate() {
        judge(format!("gauge of p = {p}"), column, &|run| run.factor_margins[column]);
    }
    judge("nuclear norm".into(), 1, &|run| run.nuclear.share);
    let text = format!("medians relative to the method of that gauge: {}", texts.join("; "));
    OWN_FACTOR_NORM.decided(effects, text)
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
