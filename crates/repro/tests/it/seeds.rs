//! No verdict of the quick profile depends on its seeds: every claim, at five other sets of them. What is reproduced at one set may be
//! undecided at another, where a run is on the other side of a bound; it may not differ at any.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mirrorhead_harness::{AnyExperiment, Cell, ClaimResult, Profile, RunningCell, Scope, Verdict};
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

/// The claims whose verdict at one set denies that at another.
fn flips(chosen: impl Fn(&str) -> bool) -> Vec<String> {
    let mut flips = Vec::new();
    let registry = mirrorhead_repro::registry();
    for entry in registry.all().iter().filter(|entry| chosen(entry.experiment.about().name)) {
        let sets: Vec<_> = (0..SETS).map(|set| verdicts(entry.experiment, set)).collect();
        for (set, others) in sets.iter().enumerate() {
            for (first, earlier) in sets[..set].iter().enumerate() {
                for ((claim, verdict, text), (_, other, other_text)) in earlier.iter().zip(others) {
                    if contradict(*verdict, *other) {
                        flips.push(format!(
                            "{claim}: {} at set {first} ({text}), but at set {set} {} ({other_text})",
                            verdict.words(),
                            other.words()
                        ));
                    }
                }
            }
        }
    }
    flips
}

/// Experiments whose quick profile takes about a second.
const CHEAP: [&str; 4] = ["synthetic-path", "synthetic-joint", "descent", "label-noise"];

#[test]
fn cheap_verdicts_do_not_depend_on_the_seeds() {
    let flips = flips(|name| CHEAP.contains(&name));
    assert!(flips.is_empty(), "{}", flips.join("\n"));
}

#[test]
#[ignore = "minutes: every experiment at six sets of seeds"]
fn no_verdict_depends_on_the_seeds() {
    let flips = flips(|name| !CHEAP.contains(&name));
    assert!(flips.is_empty(), "{}", flips.join("\n"));
}
