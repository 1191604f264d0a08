//! The registry of the core: every experiment that needs no deep-learning framework and no data.

use mirrorhead_harness::Registry;

use crate::build::BUILD;
use crate::experiments;
use crate::on_demand::ON_DEMAND;
use crate::study::STUDY;

/// The group that runs when none is named.
const DEFAULT_GROUP: &str = "synthetic";

/// Where those are that need more.
const LARGER_BINARY: &str = "with a deep-learning framework, as mirrorhead-repro-deep; \
                             `cargo xtask reproduce` builds and runs it";

/// The core experiments, and the names of those that `mirrorhead-repro-deep` adds.
///
/// ```
/// let names: Vec<_> =
///     mirrorhead_repro::registry().all().iter().map(|entry| entry.experiment.about().name).collect();
/// assert!(names.contains(&"descent") && !names.contains(&"imdb"));
/// ```
pub fn registry() -> Registry {
    Registry::new(BUILD, DEFAULT_GROUP)
        .of_study(STUDY)
        .with(experiments::ALL)
        .with_on_demand(ON_DEMAND, LARGER_BINARY)
        .with_hint("`cargo xtask attgd FILE --p P` runs on your own data")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use mirrorhead_harness::Selection;

    use super::*;

    #[test]
    fn names_are_unique_and_no_group_is_named_like_an_experiment() {
        let registry = registry();
        let mut seen: HashSet<&str> = registry.groups().into_iter().collect();
        let here = registry.all().iter().map(|entry| entry.experiment.about().name);
        for name in here.chain(registry.elsewhere().map(|row| row.name)) {
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
        let Ok(Selection::Here(entries)) = registry().select(&[DEFAULT_GROUP.into()]) else {
            panic!("not here")
        };
        assert!(!entries.is_empty());
    }
}
