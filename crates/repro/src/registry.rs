//! The registry of experiments, from which the command line, the help and the report follow.

use crate::error::ReproError;
use crate::experiment::AnyExperiment;
use crate::experiments;

/// The group that runs when none is named.
pub const DEFAULT_GROUP: &str = "synthetic";

/// Every experiment, in the order of the paper.
pub fn all() -> Vec<&'static dyn AnyExperiment> {
    experiments::ALL.to_vec()
}

/// The groups, in order.
pub fn groups() -> Vec<&'static str> {
    let mut groups = Vec::new();
    for experiment in all() {
        if !groups.contains(&experiment.about().group) {
            groups.push(experiment.about().group);
        }
    }
    groups
}

/// The experiments with these names, or in the groups with these names, each once.
///
/// # Errors
/// A name that is neither.
pub fn select(names: &[String]) -> Result<Vec<&'static dyn AnyExperiment>, ReproError> {
    let mut chosen = vec![false; all().len()];
    for name in names {
        let mut found = false;
        for (chosen, experiment) in chosen.iter_mut().zip(all()) {
            let about = experiment.about();
            let hit = about.name == name || about.group == name;
            *chosen |= hit;
            found |= hit;
        }
        if !found {
            return Err(unknown(name));
        }
    }
    Ok(all().into_iter().zip(chosen).filter_map(|(e, chosen)| chosen.then_some(e)).collect())
}

fn unknown(name: &str) -> ReproError {
    let mut known = groups();
    known.extend(all().iter().map(|experiment| experiment.about().name));
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

    #[test]
    fn names_are_unique_and_no_group_is_named_like_an_experiment() {
        let mut seen: HashSet<&str> = groups().into_iter().collect();
        for experiment in all() {
            assert!(seen.insert(experiment.about().name), "{}", experiment.about().name);
            let claims = experiment.claims();
            let keys: HashSet<_> = claims.iter().map(|claim| claim.key).collect();
            assert_eq!(keys.len(), claims.len(), "claims of {}", experiment.about().name);
        }
    }

    #[test]
    fn the_default_group_has_experiments() {
        assert!(!select(&[DEFAULT_GROUP.into()]).unwrap().is_empty());
    }

    #[test]
    fn a_misspelt_name_suggests_the_nearest() {
        let error = select(&["synthetik".into()]).err().unwrap().to_string();
        assert!(error.contains("did you mean `synthetic`?"), "{error}");
        let error = select(&["imagenet-22k".into()]).err().unwrap().to_string();
        assert!(!error.contains("did you mean") && error.contains("known ones are"), "{error}");
    }

    #[test]
    fn edit_distances() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }
}
