//! The figures and verdicts of the joint regularization path.

use mirrorhead_harness::statistics::{band, excluded, last, measurement};
use mirrorhead_harness::{
    Axis, Claim, Effect, Figure, Finding, Quantity, Series, Summary, Table, TableEntry,
};

use super::cell::{EXPONENTS, JointPathConfig, JointPathLimits, JointPathOutcome, RADII, RATIOS};

const JOINT_PATH_ALL_SUPPORT: Claim = Claim {
    key: "joint-path-all-support",
    statement: "if every selected token supports the decoder's SVM, the joint path converges in \
                    direction to the decoder's SVM and the AttSVM",
    expected: "in every run divergences of v and of W below 1e-3 at R = 1,000, and for W at most \
                   a tenth of what it is at R = 100; for every ratio of the radii",
};

const JOINT_PATH_RELAXED: Claim = Claim {
    key: "joint-path-relaxed",
    statement: "otherwise W converges to the relaxed AttSVM, and v to the decoder's SVM",
    expected: "the same for the relaxed AttSVM, in every run where the radius of v is large enough \
                   against that of W for the other samples to need no margin, and a divergence to the \
                   full AttSVM at least 10 times as large (where the two differ by 1e-3 or more)",
};

const JOINT_PATH_BETWEEN: Claim = Claim {
    key: "joint-path-between",
    statement: "measured here, not claimed in the paper: where v grows no faster than cR and a \
                    sample off the support still matters, the limit is the SVM that asks it for the \
                    margin 1 - c slack ||W||, between the full and the relaxed one",
    expected: "in every such run a divergence to that SVM below 1e-3 at R = 1,000, and at most a \
                   fifth of the smaller of those to the full and the relaxed AttSVM, where these are \
                   1e-3 or more",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 3] = [JOINT_PATH_ALL_SUPPORT, JOINT_PATH_RELAXED, JOINT_PATH_BETWEEN];

/// A final divergence below this counts as aligned; of two directions nearer than this nothing is
/// said.
const ALIGNED: f64 = 1e-3;
/// Position of R = 100 in the radii.
const AT_100: usize = 5;
/// The largest optimality residual of a point that counts as solved.
const SOLVED: f64 = 1e-9;

type Cells = [(JointPathConfig, JointPathOutcome)];
type Run<'a> = (&'a JointPathConfig, &'a JointPathLimits);

/// Which theorem a run falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Every selected token supports the decoder's SVM.
    AllSupport,
    /// Some don't, and v is large enough for them to need no margin.
    Relaxed,
    /// Some don't, and they still need some.
    Between,
}

fn case(run: &JointPathLimits) -> Case {
    if run.decoder_support.len() == run.selection.len() {
        Case::AllSupport
    } else if run.bounds.iter().all(|bound| *bound == 0.0 || *bound == 1.0) {
        Case::Relaxed
    } else {
        Case::Between
    }
}

/// The figures, the verdicts, and the runs that are left out of both.
pub fn summarise(cells: &Cells) -> Summary {
    let runs: Vec<Run> =
        cells.iter().filter_map(|(c, o)| Some((c, o.limits.as_ref().ok()?))).collect();
    let of = |wanted: Case| -> Vec<Run> {
        runs.iter().copied().filter(|(_, run)| case(run) == wanted).collect()
    };
    let (all, relaxed, between) = (of(Case::AllSupport), of(Case::Relaxed), of(Case::Between));
    let figures = vec![
        figure("all-support", "Every selected token supports the decoder's SVM", &all),
        figure("relaxed", "A selected token off the support, v large", &relaxed),
        figure("between", "A selected token off the support, v not large", &between),
    ];
    let reasons = cells.iter().filter_map(|(config, outcome)| {
        let label = format!("p = {}, c = {}, seed {}", config.p, config.ratio, config.seed);
        Some((outcome.limits.as_ref().err()?.clone(), label))
    });
    let findings = vec![
        finding(&JOINT_PATH_ALL_SUPPORT, &all, |run| falls(&run.full), |run| &run.full),
        finding(&JOINT_PATH_RELAXED, &relaxed, relaxes, |run| &run.relaxed),
        finding(&JOINT_PATH_BETWEEN, &between, lies_between, |run| &run.between),
    ];
    let tables = vec![against_the_statement(&between)];
    Summary { figures, findings, tables, excluded: excluded(reasons), ..Summary::default() }
}

/// The paths that contradict the statement as printed, without a radius of v that outgrows that of W, by name.
fn against_the_statement(between: &[Run]) -> Table {
    let columns =
        ["p", "ratio c of the radii", "seed", "W to the relaxed AttSVM", "to the SVM between"];
    let number = |value: f64| {
        let obtained = Some(Quantity::new(value, 6));
        TableEntry::Obtained { obtained }
    };
    let row = |(config, run): &Run| {
        vec![
            TableEntry::text(config.p.to_string()),
            TableEntry::text(config.ratio.to_string()),
            TableEntry::text(config.seed.to_string()),
            number(last(&run.relaxed)),
            number(last(&run.between)),
        ]
    };
    let far = between.iter().filter(|(_, run)| last(&run.relaxed) >= ALIGNED).count();
    Table {
        key: "against-the-statement".into(),
        title: "Paths that the statement without r/R growing would have at the relaxed AttSVM"
            .into(),
        caption: format!(
            "With a sample off the support and r = cR the statement as printed says that W goes to the relaxed AttSVM. These {} paths \
             don't: {far} of them are 1e-3 or more from it at R = 1,000.",
            between.len()
        ),
        columns: columns.map(String::from).into(),
        rows: between.iter().map(row).collect(),
    }
}

/// Small at the end, and falling; of what is already rounding nothing more is asked.
fn falls(divergences: &[f64]) -> bool {
    let end = last(divergences);
    end < ALIGNED && (end < 1e-9 || end < 0.1 * divergences[AT_100])
}

fn relaxes(run: &JointPathLimits) -> bool {
    let apart = last(&run.full);
    falls(&run.relaxed) && (apart < ALIGNED || apart > 10.0 * last(&run.relaxed))
}

fn lies_between(run: &JointPathLimits) -> bool {
    let nearest = last(&run.full).min(last(&run.relaxed));
    last(&run.between) < ALIGNED && (nearest < ALIGNED || last(&run.between) < 0.2 * nearest)
}

fn finding(
    claim: &Claim,
    runs: &[Run],
    holds: impl Fn(&JointPathLimits) -> bool,
    divergences: impl Fn(&JointPathLimits) -> &Vec<f64>,
) -> Finding {
    let good =
        |(_, run): &&Run| holds(run) && last(&run.decoder) < ALIGNED && run.residual < SOLVED;
    let held = runs.iter().filter(good).count();
    let mut measurements = Vec::new();
    for p in EXPONENTS {
        for ratio in RATIOS {
            let own = runs.iter().filter(|(config, _)| {
                config.p.total_cmp(&p).is_eq() && config.ratio.total_cmp(&ratio).is_eq()
            });
            let ends: Vec<f64> = own.map(|(_, run)| last(divergences(run))).collect();
            measurements
                .extend(measurement(format!("p = {p}, c = {ratio}: W at R = 1,000"), &ends));
        }
    }
    let text = format!("{held} of {} paths do", runs.len());
    let effect = Effect::every("paths of this kind that do", held, runs.len());
    claim.decided(vec![effect], text).with(measurements)
}

fn figure(key: &str, title: &str, runs: &[Run]) -> Figure {
    let curves = |of: fn(&JointPathLimits) -> &Vec<f64>| {
        let curves: Vec<&[f64]> = runs.iter().map(|(_, run)| &of(run)[..]).collect();
        band(&RADII, &curves)
    };
    Figure {
        key: key.into(),
        title: title.into(),
        caption: format!(
            "Directional Bregman divergences along the joint path: mean and 5th to 95th percentile of \
             {} runs, all p and ratios of the radii.",
            runs.len()
        ),
        x: Axis::log("radius R of W"),
        y: Axis::log("directional Bregman divergence"),
        series: vec![
            Series::new("W to the AttSVM", 0, curves(|run| &run.full)),
            Series::new("W to the relaxed AttSVM", 1, curves(|run| &run.relaxed)),
            Series::new("W to the SVM between", 2, curves(|run| &run.between)),
            Series::new("v to the decoder's SVM", 3, curves(|run| &run.decoder)),
        ],
    }
}
