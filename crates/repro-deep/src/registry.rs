//! The registry of `mirrorhead-repro-deep`: the core's experiments, and those on real data.

use mirrorhead_harness::Registry;

use crate::experiments;

/// SHA-256 of the code and compiler that cells on real data depend on, computed when this was built.
const FINGERPRINT: &str = env!("MIRRORHEAD_FINGERPRINT");

/// The core's experiments and those on real data.
///
/// ```
/// let core = mirrorhead_repro::registry();
/// assert!(mirrorhead_repro_deep::registry().all().len() > core.all().len());
/// ```
pub fn registry() -> Registry {
    mirrorhead_repro::registry().with(experiments::ALL, FINGERPRINT)
}

#[cfg(test)]
mod tests {
    use mirrorhead_repro::ON_DEMAND;

    use super::*;

    #[test]
    fn the_table_of_the_core_is_this_registry() {
        let abouts = experiments::ALL.iter().map(|experiment| experiment.about());
        let here: Vec<_> = abouts.map(|about| (about.name, about.group, about.title)).collect();
        let table: Vec<_> = ON_DEMAND.iter().map(|row| (row.name, row.group, row.title)).collect();
        assert_eq!(here, table);
    }

    #[test]
    fn cells_on_real_data_depend_on_other_code_than_those_of_the_core() {
        let registry = registry();
        let (core, deep) = registry.all().split_at(mirrorhead_repro::registry().all().len());
        assert!(core.iter().all(|entry| entry.fingerprint != FINGERPRINT));
        assert!(deep.iter().all(|entry| entry.fingerprint == FINGERPRINT));
    }
}
