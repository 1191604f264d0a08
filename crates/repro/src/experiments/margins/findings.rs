//! The figures and verdicts of the margins experiment.

use mirrorhead_harness::statistics::{self, band, measurement, median, spread};
use mirrorhead_harness::{
    Axis, Claim, Figure, Finding, Measurement, Obtained, Series, Shape, Spread, Summary,
};

use super::cell::{ALGORITHMS, Achieved, Algorithm, GEOMETRIES, MarginsConfig, MarginsOutcome};
use crate::shared::geometry::Geometry;

const MIRROR_OWN_MARGIN: Claim = Claim {
    key: "mirror-own-margin",
    statement: "mirror descent with p maximises the lp margin: its share is the largest in its own \
                    geometry",
    expected: "for p = 1.1, 1.5, 2 and 3, in the median: at least 0.95 of the certified maximum of \
                   its own geometry, and more there than the mirror descents of the other p",
};

const STEEPEST_OWN_MARGIN: Claim = Claim {
    key: "steepest-own-margin",
    statement: "steepest descent in lp maximises the lp margin too",
    expected: "for p = 1.1, 1.5, 2 and 3, in the median: at least 0.95 of the certified maximum of \
                   its own geometry, and more there than the steepest descents of the other p",
};

const ONE_TARGET: Claim = Claim {
    key: "one-target",
    statement: "mirror descent and steepest descent of one p go to one margin, which no other \
                    algorithm reaches",
    expected: "in each column p = 1.1, 1.5, 2 and 3 of the table of medians, these two are above all \
                   other algorithms",
};

const SIGN_MAX_NORM: Claim = Claim {
    key: "sign-max-norm",
    statement: "sign descent maximises the margin in the maximum norm",
    expected: "its median share of the certified margin in the maximum norm is at least 0.95 and the \
                   largest of all algorithms",
};

const SPECTRAL_NORM: Claim = Claim {
    key: "spectral-norm",
    statement: "spectral descent maximises the margin in the spectral norm",
    expected: "its median share of the certified margin in the spectral norm is at least 0.95 and \
                   the largest of all algorithms",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] =
    [MIRROR_OWN_MARGIN, STEEPEST_OWN_MARGIN, ONE_TARGET, SIGN_MAX_NORM, SPECTRAL_NORM];

/// The least share of a maximised margin.
const REACHED_SHARE: f64 = 0.95;
/// The fewest runs of an algorithm whose median is judged.
const FEWEST_RUNS: usize = 3;

type Cells = [(MarginsConfig, MarginsOutcome)];

/// The table of algorithms by geometries: the runs of each algorithm.
struct Table<'a>(Vec<(Algorithm, Vec<&'a Achieved>)>);

impl Table<'_> {
    /// The final shares of an algorithm in a geometry, over runs.
    fn shares(&self, row: usize, geometry: usize) -> Vec<f64> {
        self.0[row].1.iter().filter_map(|run| run.shares[geometry].last().copied()).collect()
    }

    fn median(&self, row: usize, geometry: usize) -> f64 {
        median(&self.shares(row, geometry)).unwrap_or(0.0)
    }

    /// The largest median share of a geometry among some of the algorithms.
    fn largest(&self, geometry: usize, among: impl Fn(Algorithm) -> bool) -> f64 {
        let rows = (0..self.0.len()).filter(|row| among(self.0[*row].0));
        rows.map(|row| self.median(row, geometry)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// Every entry of the table, the largest of each column marked.
    fn measurements(&self) -> Vec<Measurement> {
        let mut all = Vec::new();
        for (geometry, name) in GEOMETRIES.iter().enumerate() {
            let largest = self.largest(geometry, |_| true);
            for (row, (algorithm, _)) in self.0.iter().enumerate() {
                let mark = if self.median(row, geometry) == largest { " (largest)" } else { "" };
                let label = format!("{name} margin, {algorithm}{mark}");
                all.extend(measurement(label, &self.shares(row, geometry)));
            }
        }
        all
    }

    fn judgeable(&self) -> bool {
        self.0.iter().all(|(_, runs)| runs.len() >= FEWEST_RUNS)
    }
}

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let runs = |algorithm: Algorithm| {
        let own = cells.iter().filter(move |(config, _)| config.algorithm == algorithm);
        own.filter_map(|(_, outcome)| outcome.as_ref().ok()).collect()
    };
    let table = Table(ALGORITHMS.map(|algorithm| (algorithm, runs(algorithm))).into());
    let findings = vec![
        own_margin(&MIRROR_OWN_MARGIN, &table, is_mirror),
        own_margin(&STEEPEST_OWN_MARGIN, &table, is_steepest),
        one_target(&table),
        of_a_norm(&SIGN_MAX_NORM, &table, Algorithm::Sign),
        of_a_norm(&SPECTRAL_NORM, &table, Algorithm::Spectral),
    ];
    let figures = vec![
        profile("mirror", "Mirror descent", &table, is_mirror),
        profile("others", "Steepest and sign descent, Adam, spectral", &table, |a| !is_mirror(a)),
        progress("mirror-progress", "Mirror descent", &table, is_mirror),
        progress("steepest-progress", "Steepest descent", &table, |a| !is_mirror(a)),
    ];
    let failed = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("{}, seed {}", config.algorithm, config.seed);
        outcome.as_ref().err().map(|reason| (reason.clone(), label))
    });
    Summary { figures, findings, excluded: statistics::excluded(failed), ..Summary::default() }
}

fn is_mirror(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::MirrorDescent { .. })
}

/// Whether it is steepest descent in an lp norm: at p = 2 that is mirror descent.
fn is_steepest(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::SteepestDescent { .. } | Algorithm::MirrorDescent { p: 2.0 })
}

fn finding(
    claim: &Claim,
    table: &Table<'_>,
    held: bool,
    text: String,
    measurements: Vec<Measurement>,
) -> Finding {
    let n = table.0.iter().map(|(_, runs)| runs.len()).sum();
    let needs = format!("{FEWEST_RUNS} runs of each");
    claim.judged_if(table.judgeable(), held, Obtained { text, measurements, n }, &needs)
}

/// Each algorithm of a family against the certified maximum and against the rest of its family.
fn own_margin(claim: &Claim, table: &Table<'_>, family: fn(Algorithm) -> bool) -> Finding {
    let (mut held, mut texts, mut measurements) = (true, Vec::new(), Vec::new());
    for (row, (algorithm, _)) in table.0.iter().enumerate().filter(|(_, (a, _))| family(*a)) {
        let Some(geometry) = column(*algorithm) else { continue };
        let own = table.median(row, geometry);
        let rival = table.largest(geometry, |a| family(a) && a != *algorithm);
        held &= own >= REACHED_SHARE && own > rival;
        texts.push(format!("{}: {own:.3} against at most {rival:.3}", GEOMETRIES[geometry]));
        let label = format!("{} margin, {algorithm}", GEOMETRIES[geometry]);
        measurements.extend(measurement(label, &table.shares(row, geometry)));
    }
    finding(claim, table, held, format!("shares {}", texts.join("; ")), measurements)
}

fn one_target(table: &Table<'_>) -> Finding {
    let (mut held, mut texts) = (true, Vec::new());
    for (geometry, name) in GEOMETRIES.iter().enumerate() {
        if !matches!(name, Geometry::Lp(p) if p.is_finite()) {
            continue;
        }
        let aims = |a: Algorithm| a.target() == Some(*name);
        let rows = (0..table.0.len()).filter(|row| aims(table.0[*row].0));
        let least = rows.map(|row| table.median(row, geometry)).fold(f64::INFINITY, f64::min);
        let rival = table.largest(geometry, |a| !aims(a));
        held &= least > rival;
        texts.push(format!("{name}: {least:.3} against at most {rival:.3}"));
    }
    let text = format!("the lesser of the two against all others: {}", texts.join("; "));
    finding(&ONE_TARGET, table, held, text, table.measurements())
}

/// The only algorithm of its geometry against the certified maximum and against all others.
fn of_a_norm(claim: &Claim, table: &Table<'_>, algorithm: Algorithm) -> Finding {
    let Some(geometry) = column(algorithm) else {
        unreachable!("sign and spectral descent have a column")
    };
    let own = table.largest(geometry, |a| a == algorithm);
    let rival = table.largest(geometry, |a| a != algorithm);
    let name = GEOMETRIES[geometry];
    let text = format!("{own:.3} of the margin in the {name}, against at most {rival:.3}");
    let rows = (0..table.0.len()).filter(|row| table.0[*row].0 == algorithm);
    let label = format!("{name} margin, {algorithm}");
    let measurements =
        rows.filter_map(|row| measurement(label.clone(), &table.shares(row, geometry))).collect();
    finding(claim, table, own >= REACHED_SHARE && own > rival, text, measurements)
}

/// The position of the geometry that an algorithm targets.
fn column(algorithm: Algorithm) -> Option<usize> {
    let target = algorithm.target()?;
    GEOMETRIES.iter().position(|geometry| *geometry == target)
}

/// The final shares of a family over the geometries.
fn profile(key: &str, title: &str, table: &Table<'_>, family: fn(Algorithm) -> bool) -> Figure {
    let rows = (0..table.0.len()).filter(|row| family(table.0[*row].0));
    let series = rows.enumerate().map(|(hue, row)| {
        let (mut points, mut edges) = (Vec::new(), Vec::new());
        for (geometry, name) in GEOMETRIES.iter().enumerate() {
            let Geometry::Lp(p) = name else { continue };
            let shares = table.shares(row, geometry);
            if let (Some(middle), Some(Spread { low, high, .. })) =
                (median(&shares), spread(&shares))
            {
                points.push([p.recip(), middle]);
                edges.push([low, high]);
            }
        }
        Series::new(table.0[row].0.to_string(), hue, Shape::Band { points, spread: edges })
    });
    Figure {
        key: key.into(),
        title: format!("{title}: margins"),
        caption: format!(
            "Margin after the last step as a share of the certified maximum for the same selection, in \
             l1.1, l1.5, l2, l3 and the maximum norm: median and 5th to 95th percentile of {} runs or fewer. A method \
             that maximises the margin of a geometry reaches 1 there.",
            table.0.iter().map(|(_, runs)| runs.len()).max().unwrap_or(0)
        ),
        x: Axis::linear("1/p of the geometry: from the maximum norm (0) to l1 (1)"),
        y: Axis::linear("share of the maximum margin"),
        series: series.collect(),
    }
}

/// How far below the maximum of its own geometry each method of a family is, along the run.
fn progress(key: &str, title: &str, table: &Table<'_>, family: fn(Algorithm) -> bool) -> Figure {
    let rows = table.0.iter().filter(|(algorithm, _)| family(*algorithm));
    let series = rows.enumerate().filter_map(|(hue, (algorithm, runs))| {
        let geometry = column(*algorithm)?;
        let iterations = &runs.first()?.iterations;
        let deficit = |run: &&Achieved| run.shares[geometry].iter().map(|s| 1.0 - s).collect();
        let deficits: Vec<Vec<f64>> = runs.iter().map(deficit).collect();
        let curves: Vec<&[f64]> = deficits.iter().map(Vec::as_slice).collect();
        Some(Series::new(algorithm.to_string(), hue, band(iterations, &curves)))
    });
    Figure {
        key: key.into(),
        title: format!("{title}: own margin"),
        caption:
            "One minus the margin's share of the certified maximum in the method's own geometry: \
                  mean and 5th to 95th percentile over runs."
                .into(),
        x: Axis::log("iteration k"),
        y: Axis::log("1 - share of the maximum margin"),
        series: series.collect(),
    }
}
