//! The registry of `mirrorhead-repro-deep`: the core's experiments, and those on real data.

use mirrorhead_harness::Registry;

use crate::experiments;

/// The core's experiments and those on real data.
///
/// ```
/// let core = mirrorhead_repro::registry();
/// assert!(mirrorhead_repro_deep::registry().all().len() > core.all().len());
/// ```
pub fn registry() -> Registry {
    mirrorhead_repro::registry().with(experiments::ALL)
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Entry;
    use mirrorhead_repro::ON_DEMAND;

    use super::*;

    #[test]
    fn the_table_of_the_core_is_this_registry() {
        let abouts = experiments::ALL.iter().map(|entry| entry.experiment.about());
        let here: Vec<_> = abouts.map(|about| (about.name, about.group, about.title)).collect();
        let table: Vec<_> = ON_DEMAND.iter().map(|row| (row.name, row.group, row.title)).collect();
        assert_eq!(here, table);
    }

    #[test]
    fn cells_that_are_stored_under_one_name_have_one_fingerprint() {
        for entry in experiments::ALL {
            let store_name = entry.experiment.store_name();
            let named = |other: &&Entry| other.experiment.about().name == store_name;
            let owner = experiments::ALL.iter().find(named).unwrap();
            assert_eq!(entry.fingerprint, owner.fingerprint, "{store_name}");
        }
    }
}
