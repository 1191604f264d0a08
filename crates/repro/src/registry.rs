//! The registry of experiments, from which the command line, the help and the report follow.

use crate::error::{CellError, ReproError};
use crate::experiment::{AnyExperiment, Cell};
use crate::experiments;
use crate::on_demand::{ON_DEMAND, OnDemand};
use crate::report::FINGERPRINT;
use crate::scope::Scope;

/// The group that runs when none is named.
pub const DEFAULT_GROUP: &str = "synthetic";

/// An experiment, and the code behind it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The experiment.
    pub experiment: &'static dyn AnyExperiment,
    /// SHA-256 of the code that its cells depend on.
    pub fingerprint: &'static str,
}

impl Entry {
    /// The cells of this scope.
    ///
    /// # Errors
    /// The experiment refuses it.
    pub fn cells(&self, scope: &Scope) -> Result<Vec<Cell>, CellError> {
        self.experiment.cells(scope, self.fingerprint)
    }

    /// Whether every binary has it, not only those that are built on demand.
    fn is_core(&self) -> bool {
        ON_DEMAND.iter().all(|row| row.name != self.experiment.about().name)
    }
}

/// The experiments of a binary, in order.
#[derive(Clone)]
pub struct Registry {
    entries: Vec<Entry>,
}

/// What was asked for.
pub enum Selection {
    /// These experiments.
    Here(Vec<Entry>),
    /// Experiments that this binary doesn't have and a larger one does; perhaps others beside them.
    Elsewhere(Vec<&'static OnDemand>),
}

impl Registry {
    /// The core experiments, which need no deep-learning framework and no data.
    pub fn core() -> Self {
        Self { entries: Vec::new() }.with(experiments::ALL, FINGERPRINT)
    }

    /// With these experiments too; the fingerprint is the SHA-256 of the code that their cells depend
    /// on, by which finished cells are found again.
    #[must_use]
    pub fn with(
        mut self,
        experiments: &[&'static dyn AnyExperiment],
        fingerprint: &'static str,
    ) -> Self {
        let entry = |experiment: &&'static _| Entry { experiment: *experiment, fingerprint };
        self.entries.extend(experiments.iter().map(entry));
        self
    }

    /// Every experiment of this binary, in the order of the paper.
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Those that every binary has.
    pub fn core_experiments(&self) -> Vec<Entry> {
        self.entries.iter().copied().filter(Entry::is_core).collect()
    }

    /// Those that only a larger binary has.
    pub fn elsewhere(&self) -> impl Iterator<Item = &'static OnDemand> {
        ON_DEMAND.iter().filter(|row| self.names().all(|name| name != row.name))
    }

    /// The groups, in order, also those elsewhere.
    pub fn groups(&self) -> Vec<&'static str> {
        let here = self.entries.iter().map(|entry| entry.experiment.about().group);
        let mut groups = Vec::new();
        for group in here.chain(self.elsewhere().map(|row| row.group)) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// The experiments with these names, or in the groups with these names, each once.
    ///
    /// # Errors
    /// A name that is neither, here or elsewhere.
    pub fn select(&self, names: &[String]) -> Result<Selection, ReproError> {
        let known: Vec<&str> = self.groups().into_iter().chain(self.names_everywhere()).collect();
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(unknown(name, &known));
        }
        let asked = |name: &str, group: &str| names.iter().any(|n| n == name || n == group);
        let elsewhere: Vec<_> = self.elsewhere().filter(|row| asked(row.name, row.group)).collect();
        if !elsewhere.is_empty() {
            return Ok(Selection::Elsewhere(elsewhere));
        }
        let asked = |entry: &Entry| {
            let about = entry.experiment.about();
            asked(about.name, about.group)
        };
        Ok(Selection::Here(self.entries.iter().copied().filter(asked).collect()))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|entry| entry.experiment.about().name)
    }

    fn names_everywhere(&self) -> impl Iterator<Item = &'static str> {
        self.names().chain(self.elsewhere().map(|row| row.name))
    }
}

fn unknown(name: &str, known: &[&str]) -> ReproError {
    let closest = known.iter().map(|candidate| (edit_distance(name, candidate), candidate)).min();
    let nearest = closest.filter(|(distance, _)| *distance <= name.chars().count().div_ceil(2));
    ReproError::UnknownExperiment {
        name: name.to_owned(),
        nearest: nearest.map(|(_, candidate)| (*candidate).to_owned()),
        known: known.join(", "),
    }
}

/// Number of insertions, deletions and replacements between two words (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::on_demand::REAL_DATA;
    use crate::toy::Toy;

    fn here(selection: Selection) -> Vec<&'static str> {
        match selection {
            Selection::Here(entries) => entries.iter().map(|e| e.experiment.about().name).collect(),
            Selection::Elsewhere(rows) => panic!("elsewhere: {rows:?}"),
        }
    }

    fn elsewhere(selection: Selection) -> Vec<&'static str> {
        match selection {
            Selection::Here(entries) => panic!("{} are here", entries.len()),
            Selection::Elsewhere(rows) => rows.iter().map(|row| row.name).collect(),
        }
    }

    fn select(registry: &Registry, names: &[&str]) -> Result<Selection, ReproError> {
        registry.select(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    /// A registry that has an experiment on demand too.
    fn larger() -> Registry {
        static IMDB: Toy = Toy::named("imdb", REAL_DATA);
        Registry::core().with(&[&IMDB], "larger code")
    }

    #[test]
    fn names_are_unique_and_no_group_is_named_like_an_experiment() {
        let registry = Registry::core();
        let mut seen: HashSet<&str> = registry.groups().into_iter().collect();
        for name in registry.names_everywhere() {
            assert!(seen.insert(name), "{name}");
        }
        for entry in registry.all() {
            let claims = entry.experiment.claims();
            let keys: HashSet<_> = claims.iter().map(|claim| claim.key).collect();
            assert_eq!(keys.len(), claims.len(), "claims of {}", entry.experiment.about().name);
        }
    }

    #[test]
    fn the_default_group_has_experiments() {
        assert!(!here(select(&Registry::core(), &[DEFAULT_GROUP]).unwrap()).is_empty());
    }

    #[test]
    fn what_only_a_larger_binary_has_is_found_elsewhere_also_beside_what_is_here() {
        let core = Registry::core();
        assert_eq!(elsewhere(select(&core, &["imdb"]).unwrap()), ["imdb"]);
        assert_eq!(elsewhere(select(&core, &["descent", "imdb"]).unwrap()), ["imdb"]);
        let group = elsewhere(select(&core, &[REAL_DATA]).unwrap());
        assert_eq!(group.len(), ON_DEMAND.len());
    }

    #[test]
    fn the_larger_binary_has_both_and_its_own_code() {
        let larger = larger();
        assert_eq!(here(select(&larger, &["imdb", "descent"]).unwrap()), ["descent", "imdb"]);
        assert!(larger.elsewhere().all(|row| row.name != "imdb"));
        let codes: Vec<_> = larger.all().iter().map(|entry| entry.fingerprint).collect();
        let core = Registry::core().all().len();
        assert!(codes[..core].iter().all(|code| *code == FINGERPRINT));
        assert_eq!(codes[core..], ["larger code"]);
        assert_eq!(larger.core_experiments().len(), core);
    }

    #[test]
    fn a_misspelt_name_suggests_the_nearest_here_and_elsewhere() {
        for (misspelt, meant) in
            [("synthetik", "synthetic"), ("imbd", "imdb"), ("reel-data", "real-data")]
        {
            for registry in [Registry::core(), larger()] {
                let error = select(&registry, &[misspelt]).err().unwrap().to_string();
                assert!(error.contains(&format!("did you mean `{meant}`?")), "{error}");
            }
        }
        let error = select(&Registry::core(), &["imagenet-22k"]).err().unwrap().to_string();
        assert!(!error.contains("did you mean") && error.contains("known ones are"), "{error}");
    }

    #[test]
    fn a_misspelt_name_is_misuse_even_beside_one_that_is_elsewhere() {
        assert!(select(&Registry::core(), &["imdb", "descnet"]).is_err());
    }

    #[test]
    fn edit_distances() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }
}
