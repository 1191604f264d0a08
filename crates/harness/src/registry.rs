//! The registry of experiments, from which the command line, the help and the report follow.

use strsim::levenshtein;

use crate::build::Build;
use crate::error::ReproError;
use crate::experiment::{AnyExperiment, Cell, CellError, Scope};
use crate::on_demand::OnDemand;
use crate::study::Study;

/// An experiment, and the code behind it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The experiment.
    pub experiment: &'static dyn AnyExperiment,
    /// What names the code that its cells depend on, such as its SHA-256: finished cells are found again
    /// by it.
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
}

/// The experiments of a binary, in order.
#[derive(Clone)]
pub struct Registry {
    build: Build,
    study: Study,
    default_group: &'static str,
    entries: Vec<Entry>,
    on_demand: &'static [OnDemand],
    larger_binary: &'static str,
    hint: &'static str,
}

/// What was asked for.
pub enum Selection {
    /// These experiments.
    Here(Vec<Entry>),
    /// Experiments that this binary doesn't have and a larger one does; perhaps others beside them.
    Elsewhere(Vec<&'static OnDemand>),
}

impl Registry {
    /// No experiment yet, in a binary of this build; the group is the one that runs when none is named.
    pub fn new(build: Build, default_group: &'static str) -> Self {
        let (entries, on_demand, larger_binary, hint) = (Vec::new(), &[][..], "", "");
        let study = Study::NONE;
        Self { build, study, default_group, entries, on_demand, larger_binary, hint }
    }

    /// With the names of experiments that are built on demand: those that are not in this registry are in
    /// a larger binary, of which this sentence says what it is and how to get it.
    #[must_use]
    pub fn with_on_demand(
        self,
        on_demand: &'static [OnDemand],
        larger_binary: &'static str,
    ) -> Self {
        Self { on_demand, larger_binary, ..self }
    }

    /// With what is reproduced.
    #[must_use]
    pub fn of_study(self, study: Study) -> Self {
        Self { study, ..self }
    }

    /// What is reproduced.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// With a sentence that a run ends with, such as what else can be done.
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// What the larger binary is, and how to get it.
    pub fn larger_binary(&self) -> &'static str {
        self.larger_binary
    }

    /// What a run ends with.
    pub fn hint(&self) -> &'static str {
        self.hint
    }

    /// What the binary was built from.
    pub fn build(&self) -> Build {
        self.build
    }

    /// The group that runs when none is named.
    pub fn default_group(&self) -> &'static str {
        self.default_group
    }

    /// With these experiments too.
    #[must_use]
    pub fn with(mut self, experiments: &[Entry]) -> Self {
        self.entries.extend(experiments);
        self
    }

    /// Every experiment of this binary, in the order of the paper.
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Those that every binary has.
    pub fn core_experiments(&self) -> Vec<Entry> {
        let is_core = |entry: &Entry| {
            self.on_demand.iter().all(|row| row.name != entry.experiment.about().name)
        };
        self.entries.iter().copied().filter(is_core).collect()
    }

    /// Those that only a larger binary has.
    pub fn elsewhere(&self) -> impl Iterator<Item = &'static OnDemand> {
        self.on_demand.iter().filter(|row| self.names().all(|name| name != row.name))
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
    let closest = known.iter().map(|candidate| (levenshtein(name, candidate), candidate)).min();
    let nearest = closest.filter(|(distance, _)| *distance <= name.chars().count().div_ceil(2));
    ReproError::UnknownExperiment {
        name: name.to_owned(),
        nearest: nearest.map(|(_, candidate)| (*candidate).to_owned()),
        known: known.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::toy::Toy;

    const BUILD: Build =
        Build { version: "1.0.0", git_revision: None, code_fingerprint: "code", rustc: "rustc 1" };

    const ON_DEMAND: &[OnDemand] = &[
        OnDemand { name: "reviews", group: "real-data", title: "Reviews" },
        OnDemand { name: "images", group: "real-data", title: "Images" },
    ];

    /// A registry with two experiments, which knows of two that are built on demand.
    fn smaller() -> Registry {
        static SQUARES: Toy = Toy::named("squares", "arithmetic");
        static PATHS: Toy = Toy::named("paths", "synthetic");
        let entries = [&SQUARES, &PATHS].map(|toy| Entry { experiment: toy, fingerprint: "code" });
        Registry::new(BUILD, "arithmetic")
            .with(&entries)
            .with_on_demand(ON_DEMAND, "in the larger binary")
    }

    /// The same with one of these.
    fn larger() -> Registry {
        static REVIEWS: Toy = Toy::named("reviews", "real-data");
        smaller().with(&[Entry { experiment: &REVIEWS, fingerprint: "larger code" }])
    }

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

    #[test]
    fn what_only_a_larger_binary_has_is_found_elsewhere_also_beside_what_is_here() {
        let smaller = smaller();
        assert_eq!(here(select(&smaller, &[smaller.default_group()]).unwrap()), ["squares"]);
        assert_eq!(elsewhere(select(&smaller, &["reviews"]).unwrap()), ["reviews"]);
        assert_eq!(elsewhere(select(&smaller, &["squares", "reviews"]).unwrap()), ["reviews"]);
        assert_eq!(elsewhere(select(&smaller, &["real-data"]).unwrap()), ["reviews", "images"]);
    }

    #[test]
    fn the_larger_binary_has_both_and_its_own_code() {
        let larger = larger();
        assert_eq!(here(select(&larger, &["reviews", "squares"]).unwrap()), ["squares", "reviews"]);
        assert!(larger.elsewhere().all(|row| row.name != "reviews"));
        let codes: Vec<_> = larger.all().iter().map(|entry| entry.fingerprint).collect();
        assert_eq!(codes, ["code", "code", "larger code"]);
        assert_eq!(larger.core_experiments().len(), 2);
    }

    #[test]
    fn a_misspelt_name_suggests_the_nearest_here_and_elsewhere() {
        for (misspelt, meant) in
            [("synthetik", "synthetic"), ("reveiws", "reviews"), ("reel-data", "real-data")]
        {
            for registry in [smaller(), larger()] {
                let error = select(&registry, &[misspelt]).err().unwrap().to_string();
                assert!(error.contains(&format!("did you mean `{meant}`?")), "{error}");
            }
        }
        let error = select(&smaller(), &["elephants-22k"]).err().unwrap().to_string();
        assert!(!error.contains("did you mean") && error.contains("known ones are"), "{error}");
    }

    #[test]
    fn a_misspelt_name_is_misuse_even_beside_one_that_is_elsewhere() {
        assert!(select(&smaller(), &["reviews", "sqaures"]).is_err());
    }
}
