//! No verdict of the quick profile depends on its seeds: every claim, at five other sets of them. What is reproduced at one set may be
//! undecided at another, where a run is on the other side of a bound; it may not differ at any.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mirrorhead_harness::{
    AnyExperiment, Cell, ClaimResult, Entry, Profile, RunningCell, Scope, Verdict,
};
use serde_json::Value;

/// The sets: those of the profile, and five that share no seed with them or with each other.
const SETS: u64 = 6;
/// More seeds than any experiment has in the quick profile.
const APART: u64 = 100;

/// As many seeds as the quick profile has, from others on.
fn of_set(experiment: &dyn AnyExperiment, set: u64) -> Scope {
    let own = Scope::new(Profile::Quick);
    if set == 0 {
        return own;
    }
    let cells = experiment.cells(&own, "").expect("cells");
    let seed = |cell: &Cell| cell.config.get("seed").and_then(Value::as_u64);
    let number = cells.iter().filter_map(seed).max().unwrap_or(1);
    let range = format!("{}-{}", APART * set + 1, APART * set + number);
    Scope { seeds: Some(range.parse().expect("a range")), ..own }
}

/// The verdicts of an experiment's claims at one set of seeds.
fn verdicts(experiment: &dyn AnyExperiment, set: u64) -> Vec<(String, Verdict, String)> {
    let scope = of_set(experiment, set);
    let name = experiment.about().name;
    let cells = experiment.cells(&scope, "").expect("cells");
    let (next, finished) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let context = RunningCell::outside_a_run(&scope, "unused");
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = experiment.run_cell(&cell.config, &context);
            let outcome = outcome.unwrap_or_else(|error| panic!("{name}, {}: {error}", cell.label));
            finished.lock().expect("alive").push((cell.config.clone(), outcome));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    // In the order of the cells, whoever ran them.
    let finished = finished.into_inner().expect("alive");
    let outcome_of = |config: &Value| {
        let found = finished.iter().find(|(own, _)| own == config);
        found.map(|(_, outcome)| outcome.clone()).expect("run")
    };
    let pairs: Vec<(Value, Value)> =
        cells.iter().map(|cell| (cell.config.clone(), outcome_of(&cell.config))).collect();
    let summary = experiment.summarise(&pairs).expect("a summary");
    let rows = ClaimResult::table(name, &experiment.claims(), &summary.findings);
    let said = |row: ClaimResult| {
        let text = row.obtained.map(|obtained| obtained.text).unwrap_or_default();
        (format!("{name}, {}", row.claim.key), row.verdict, text)
    };
    rows.into_iter().map(said).collect()
}

/// Whether one verdict denies the other.
fn contradict(one: Verdict, other: Verdict) -> bool {
    matches!(
        (one, other),
        (Verdict::Reproduced, Verdict::Differs) | (Verdict::Differs, Verdict::Reproduced)
    )
}

/// The claims of an experiment whose verdict at one set denies that at another.
fn flips(experiment: &dyn AnyExperiment) -> Vec<String> {
    let mut flips = Vec::new();
    let mut sets: Vec<Vec<(String, Verdict, String)>> = Vec::new();
    for set in 0..SETS {
        let others = verdicts(experiment, set);
        for (claim, verdict, text) in &others {
            println!("set {set}: {claim}: {} ({text})", verdict.words());
        }
        for (first, earlier) in sets.iter().enumerate() {
            for ((claim, verdict, text), (_, other, other_text)) in earlier.iter().zip(&others) {
                if contradict(*verdict, *other) {
                    flips.push(format!(
                        "{claim}: {} at set {first} ({text}), but at set {set} {} ({other_text})",
                        verdict.words(),
                        other.words()
                    ));
                }
            }
        }
        sets.push(others);
    }
    flips
}

/// A test of each experiment, and one that none is forgotten.
macro_rules! experiments {
    ($($(#[$ignored:meta])? $test:ident: $name:literal),* $(,)?) => {
        $(
            #[test]
            $(#[$ignored])?
            fn $test() {
                let registry = mirrorhead_repro::registry();
                let is_named = |entry: &&Entry| entry.experiment.about().name == $name;
                let entry = registry.all().iter().find(is_named).expect("in the registry");
                let flips = flips(entry.experiment);
                assert!(flips.is_empty(), "{}", flips.join("\n"));
            }
        )*

        #[test]
        fn every_experiment_has_its_test() {
            let registry = mirrorhead_repro::registry();
            let mut registered: Vec<_> =
                registry.all().iter().map(|entry| entry.experiment.about().name).collect();
            let mut tested = [$($name),*];
            registered.sort_unstable();
            tested.sort_unstable();
            assert_eq!(registered, tested);
        }
    };
}

experiments! {
    descent: "descent",
    label_noise: "label-noise",
    synthetic_joint: "synthetic-joint",
    synthetic_path: "synthetic-path",
    #[ignore = "minutes: six sets of seeds"]
    adaptive_steps: "adaptive-steps",
    #[ignore = "minutes: six sets of seeds"]
    basins: "basins",
    #[ignore = "minutes: six sets of seeds"]
    difficulty: "difficulty",
    #[ignore = "minutes: six sets of seeds"]
    discrete_rates: "discrete-rates",
    #[ignore = "minutes: six sets of seeds"]
    factored: "factored",
    #[ignore = "minutes: six sets of seeds"]
    graph_svm: "graph-svm",
    #[ignore = "minutes: six sets of seeds"]
    heads: "heads",
    #[ignore = "minutes: six sets of seeds"]
    horizon: "horizon",
    #[ignore = "minutes: six sets of seeds"]
    joint: "joint",
    #[ignore = "minutes: six sets of seeds"]
    joint_path: "joint-path",
    #[ignore = "minutes: six sets of seeds"]
    linear_margins: "linear-margins",
    #[ignore = "minutes: six sets of seeds"]
    margins: "margins",
    #[ignore = "minutes: six sets of seeds"]
    momentum: "momentum",
    #[ignore = "minutes: six sets of seeds"]
    rate: "rate",
    #[ignore = "minutes: six sets of seeds"]
    regularization_path: "regularization-path",
    #[ignore = "minutes: six sets of seeds"]
    stability: "stability",
    #[ignore = "minutes: six sets of seeds"]
    synthetic_direction: "synthetic-direction",
}
