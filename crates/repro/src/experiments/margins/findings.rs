//! The figures and verdicts of the margins experiment.

use mirrorhead_harness::statistics::{self, band, last, measurement, median, spread};
use mirrorhead_harness::{
    Axis, Bound, Claim, Effect, Figure, Finding, Measurement, Series, Shape, Spread, Summary,
};

use super::cell::{ALGORITHMS, Achieved, Algorithm, GEOMETRIES, MarginsConfig, MarginsOutcome};
use crate::shared::geometry::Geometry;

const MIRROR_OWN_MARGIN: Claim = Claim {
    key: "mirror-own-margin",
    statement: "mirror descent with p maximises the ℓp margin: in its own geometry its margin goes to the \
                    largest, and is nearer to it than those of the other p",
    expected: "for p = 1.1, 1.5, 2 and 3, in the median over seeds: the margin's deficit (one minus its share of the certified maximum) \
                   falls at least 1.5 times over the last decade of steps, and the least of those of the other mirror descents is larger than it",
};

const STEEPEST_OWN_MARGIN: Claim = Claim {
    key: "steepest-own-margin",
    statement: "steepest descent in ℓp maximises the ℓp margin too",
    expected: "the same among the steepest descents, for p = 1.1, 1.5, 2 and 3",
};

const ONE_TARGET: Claim = Claim {
    key: "one-target",
    statement: "mirror descent and steepest descent of one p go to one margin, which no other \
                    algorithm reaches",
    expected: "in each geometry p = 1.1, 1.5, 2 and 3, in the median over seeds: the least deficit of all other algorithms is larger than \
                   the larger of these two",
};

const SIGN_MAX_NORM: Claim = Claim {
    key: "sign-max-norm",
    statement: "sign descent maximises the margin in the maximum norm",
    expected: "in the median over seeds its deficit there falls at least 1.5 times over the last decade of steps, and the least of all \
                   other algorithms is larger",
};

const SPECTRAL_NORM: Claim = Claim {
    key: "spectral-norm",
    statement: "spectral descent maximises the margin in the spectral norm",
    expected: "the same of its deficit in the spectral norm",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 5] =
    [MIRROR_OWN_MARGIN, STEEPEST_OWN_MARGIN, ONE_TARGET, SIGN_MAX_NORM, SPECTRAL_NORM];

/// How much a deficit that goes to zero falls over a decade of steps.
const LEAST_FALL: f64 = 1.5;

type Cells = [(MarginsConfig, MarginsOutcome)];

/// The table of algorithms by geometries: the runs of each algorithm, with their seeds.
struct Table<'a>(Vec<(Algorithm, Vec<(u64, &'a Achieved)>)>);

/// How much of the largest margin is missing at the end.
fn deficit(run: &Achieved, geometry: usize) -> f64 {
    1.0 - last(&run.shares[geometry])
}

/// How many times as much is missing a decade of steps before.
fn fall(run: &Achieved, geometry: usize) -> f64 {
    let end = run.iterations.last().copied().unwrap_or(0);
    let before = run.iterations.partition_point(|k| 10 * k <= end) - 1;
    (1.0 - run.shares[geometry][before]) / deficit(run, geometry)
}

impl Table<'_> {
    /// The final shares of an algorithm in a geometry, over runs.
    fn shares(&self, row: usize, geometry: usize) -> Vec<f64> {
        self.0[row].1.iter().map(|(_, run)| last(&run.shares[geometry])).collect()
    }

    /// Every entry of the table.
    fn measurements(&self) -> Vec<Measurement> {
        let mut all = Vec::new();
        for (geometry, name) in GEOMETRIES.iter().enumerate() {
            for (row, (algorithm, _)) in self.0.iter().enumerate() {
                let label = format!("{name} margin, {algorithm}");
                all.extend(measurement(label, &self.shares(row, geometry)));
            }
        }
        all
    }

    /// The deficits of some algorithms in a geometry, at one seed.
    fn deficits(&self, seed: u64, geometry: usize, of: impl Fn(Algorithm) -> bool) -> Vec<f64> {
        let rows = self.0.iter().filter(|(algorithm, _)| of(*algorithm));
        let runs = rows.flat_map(|(_, runs)| runs.iter().filter(|(own, _)| *own == seed));
        runs.map(|(_, run)| deficit(run, geometry)).collect()
    }

    /// At every seed: the least deficit of `others` over the largest of `those`.
    fn farther(
        &self,
        geometry: usize,
        those: impl Fn(Algorithm) -> bool,
        others: impl Fn(Algorithm) -> bool,
    ) -> Vec<f64> {
        let mut seeds: Vec<u64> =
            self.0.iter().flat_map(|(_, runs)| runs.iter().map(|(seed, _)| *seed)).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let ratio = |seed: u64| {
            let own = self.deficits(seed, geometry, &those).into_iter().reduce(f64::max)?;
            let other = self.deficits(seed, geometry, &others).into_iter().reduce(f64::min)?;
            Some(other / own)
        };
        seeds.into_iter().filter_map(ratio).collect()
    }

    /// What an algorithm that maximises the margin of its geometry shows, beside its rivals.
    fn maximises(
        &self,
        algorithm: Algorithm,
        geometry: usize,
        rivals: impl Fn(Algorithm) -> bool,
    ) -> [Effect; 2] {
        let runs = self.0.iter().filter(|(own, _)| *own == algorithm).flat_map(|(_, runs)| runs);
        let falls: Vec<f64> = runs.map(|(_, run)| fall(run, geometry)).collect();
        let is_rival = |other| other != algorithm && rivals(other);
        let farther = self.farther(geometry, |own| own == algorithm, is_rival);
        let name = GEOMETRIES[geometry];
        [
            Effect::median(
                format!("{algorithm}, {name}: fall of the deficit over a decade"),
                &falls,
                Bound::AtLeast(LEAST_FALL),
            ),
            Effect::median(
                format!("{algorithm}, {name}: the least other deficit over its own"),
                &farther,
                Bound::AtLeast(1.0),
            ),
        ]
    }
}

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let runs = |algorithm: Algorithm| {
        let own = cells.iter().filter(move |(config, _)| config.algorithm == algorithm);
        own.filter_map(|(config, outcome)| Some((config.seed, outcome.as_ref().ok()?))).collect()
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

/// Whether it is steepest descent in an ℓp norm: at p = 2 that is mirror descent.
fn is_steepest(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::SteepestDescent { .. } | Algorithm::MirrorDescent { p: 2.0 })
}

/// Each algorithm of a family against the certified maximum and against the rest of its family.
fn own_margin(claim: &Claim, table: &Table<'_>, family: fn(Algorithm) -> bool) -> Finding {
    let (mut effects, mut texts) = (Vec::new(), Vec::new());
    for (row, (algorithm, _)) in table.0.iter().enumerate().filter(|(_, (a, _))| family(*a)) {
        let Some(geometry) = column(*algorithm) else { continue };
        effects.extend(table.maximises(*algorithm, geometry, family));
        let share = median(&table.shares(row, geometry));
        texts.extend(share.map(|share| format!("{} {share:.3}", GEOMETRIES[geometry])));
    }
    claim.decided(effects, format!("median shares of the own maximum: {}", texts.join(", ")))
}

fn one_target(table: &Table<'_>) -> Finding {
    let (mut effects, mut texts) = (Vec::new(), Vec::new());
    for (geometry, name) in GEOMETRIES.iter().enumerate() {
        if !matches!(name, Geometry::Lp(p) if p.is_finite()) {
            continue;
        }
        let aims = |a: Algorithm| a.target() == Some(*name);
        let farther = table.farther(geometry, aims, |a| !aims(a));
        texts.extend(median(&farther).map(|ratio| format!("{name} {ratio:.1}")));
        effects.push(Effect::median(
            format!("{name}: the least other deficit over the larger of the two"),
            &farther,
            Bound::AtLeast(1.0),
        ));
    }
    let text = format!(
        "the least deficit of the others, over the larger of the two: {}",
        texts.join(", ")
    );
    ONE_TARGET.decided(effects, text).with(table.measurements())
}

/// The only algorithm of its geometry against the certified maximum and against all others.
fn of_a_norm(claim: &Claim, table: &Table<'_>, algorithm: Algorithm) -> Finding {
    let Some(geometry) = column(algorithm) else {
        unreachable!("sign and spectral descent have a column")
    };
    let row = table.0.iter().position(|(own, _)| *own == algorithm);
    let share = row.and_then(|row| median(&table.shares(row, geometry))).unwrap_or(f64::NAN);
    let text = format!("{share:.3} of the margin in the {}", GEOMETRIES[geometry]);
    claim.decided(table.maximises(algorithm, geometry, |_| true).into(), text)
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
        let iterations = &runs.first()?.1.iterations;
        let course =
            |(_, run): &(u64, &Achieved)| run.shares[geometry].iter().map(|s| 1.0 - s).collect();
        let deficits: Vec<Vec<f64>> = runs.iter().map(course).collect();
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
