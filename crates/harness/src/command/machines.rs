//! The machines of a run that was divided among several.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::shard::Shard;
use crate::cells::{CellStatus, FinishedCell, OutputFolder, read_kept};
use crate::duration::duration;
use crate::error::ReproError;
use crate::origin::Origin;
use crate::report::{Provenance, RanOn};

/// The folder of a shard's provenance, below its output folder.
const MACHINES: &str = "machines";

/// What should be the same of all shards, and what it is called.
const OF_SHARDS: [(&str, &str); 2] = [("code_fingerprint", "code"), ("profile", "profiles")];

/// What should be the same of all cells, and what it is called.
const OF_CELLS: [(&str, &str); 7] = [
    ("version", "versions"),
    ("git_revision", "revisions"),
    ("rustc", "compilers"),
    ("build", "builds"),
    ("platform", "systems"),
    ("cpu", "processors"),
    ("features", "instruction sets"),
];

/// By how many seconds clocks may differ before it is said.
const CLOCKS: u64 = 60;

/// Keeps where the cells of a shard were run.
///
/// # Errors
/// The file can't be written.
pub fn keep(
    shard: Shard,
    provenance: &Provenance,
    folder: &OutputFolder,
) -> Result<(), ReproError> {
    let json = serde_json::to_vec(provenance)
        .map_err(|source| ReproError::Json { what: "the provenance".into(), source })?;
    let name = shard.to_string().replace('/', "-of-");
    folder.write(Path::new(MACHINES).join(format!("{name}.json")), &json).map(drop)
}

/// The provenance of every shard in these folders, and of every report.
pub fn collect(folders: &[&Path]) -> Vec<Value> {
    let read =
        |path: &Path| -> Option<Value> { serde_json::from_slice(&read_kept(path).ok()?).ok() };
    let mut machines = Vec::new();
    for folder in folders {
        let entries = fs::read_dir(folder.join(MACHINES)).into_iter().flatten().flatten();
        let mut shards: Vec<_> = entries.map(|entry| entry.path()).collect();
        shards.sort();
        machines.extend(shards.iter().filter_map(|path| read(path)));
        if shards.is_empty() {
            machines.extend(
                read(&folder.join("report.json")).map(|report| report["provenance"].clone()),
            );
        }
    }
    machines
}

/// Where cells were run, and how many.
pub fn ran_on(statuses: &[CellStatus]) -> Vec<RanOn> {
    let mut places: BTreeMap<&Origin, (usize, f64)> = BTreeMap::new();
    for (result, origin) in finished(statuses) {
        let place = places.entry(origin).or_default();
        *place = (place.0 + 1, place.1 + result.seconds);
    }
    let place = |(origin, (cells, seconds)): (&Origin, _)| {
        let origin = origin.clone();
        RanOn { origin, cells, seconds }
    };
    places.into_iter().map(place).collect()
}

/// What differs between cells and shouldn't, a sentence each.
pub fn mixtures(ran_on: &[RanOn]) -> Vec<String> {
    let places: Vec<Value> = ran_on.iter().filter_map(|p| serde_json::to_value(p).ok()).collect();
    different(&places, &OF_CELLS)
}

/// What differs between shards and shouldn't, a sentence each.
pub fn differences(machines: &[Value]) -> Vec<String> {
    different(machines, &OF_SHARDS)
}

/// Hosts whose clocks are ahead of this one's, a sentence each. No result depends on a clock.
pub fn skewed(statuses: &[CellStatus], now: u64) -> Vec<String> {
    let mut ahead: BTreeMap<&str, u64> = BTreeMap::new();
    for (result, origin) in finished(statuses) {
        let seconds = result.finished_at.unwrap_or(0).saturating_sub(now);
        if seconds > CLOCKS {
            let most = ahead.entry(&origin.machine.host).or_default();
            *most = seconds.max(*most);
        }
    }
    let sentence = |(host, seconds): (&str, u64)| {
        format!(
            "the clock of {host} is at least {} ahead of this one's: its dates can't be compared \
             (results don't depend on them)",
            duration(seconds as f64)
        )
    };
    ahead.into_iter().map(sentence).collect()
}

/// The cells with a result that say where they were run.
fn finished(statuses: &[CellStatus]) -> impl Iterator<Item = (&FinishedCell, &Origin)> {
    statuses.iter().filter_map(|status| match status {
        CellStatus::Finished { result, .. } => Some((result, result.origin.as_deref()?)),
        _ => None,
    })
}

fn different(places: &[Value], fields: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (field, name) in fields {
        let mut values: Vec<String> = places.iter().map(|place| place[field].to_string()).collect();
        values.sort();
        values.dedup();
        if values.len() > 1 {
            found.push(format!("cells come from different {name}: {}", values.join(", ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::cells::toy::BUILD;

    #[test]
    fn machines_are_read_from_their_folders_and_compared() {
        let temp = tempfile::tempdir().unwrap();
        let machine = |profile: &str| json!({"code_fingerprint": "code", "profile": profile});
        let folders = ["one", "two", "empty"].map(|name| temp.path().join(name));
        fs::create_dir_all(folders[0].join(MACHINES)).unwrap();
        fs::write(folders[0].join(MACHINES).join("1-of-2.json"), machine("a").to_string()).unwrap();
        fs::create_dir_all(&folders[1]).unwrap();
        let report = json!({"provenance": machine("b")});
        fs::write(folders[1].join("report.json"), report.to_string()).unwrap();
        let machines = collect(&folders.each_ref().map(PathBuf::as_path));
        assert_eq!(machines, [machine("a"), machine("b")]);
        assert_eq!(differences(&machines), ["cells come from different profiles: \"a\", \"b\""]);
        assert!(differences(&machines[..1]).is_empty());
    }

    fn cell(host: &str, cpu: &str, finished_at: u64) -> CellStatus {
        let mut origin = Origin::here(BUILD);
        (origin.machine.host, origin.machine.cpu) = (host.into(), cpu.into());
        let mut result = FinishedCell::now(1.0.into(), 2.0, &Arc::new(origin));
        result.finished_at = Some(finished_at);
        CellStatus::Finished { result, reused: true }
    }

    #[test]
    fn cells_are_counted_by_where_they_were_run_and_mixtures_are_named() {
        let cells = [cell("a", "x", 0), cell("b", "x", 0), cell("a", "x", 0), cell("a", "y", 0)];
        let places = ran_on(&cells);
        let count = |place: &RanOn| (place.origin.machine.host.clone(), place.cells, place.seconds);
        let counts: Vec<_> = places.iter().map(count).collect();
        assert_eq!(counts, [("a".into(), 2, 4.0), ("a".into(), 1, 2.0), ("b".into(), 1, 2.0)]);
        assert_eq!(mixtures(&places), ["cells come from different processors: \"x\", \"y\""]);
        assert!(mixtures(&ran_on(&cells[..3])).is_empty());
    }

    #[test]
    fn a_clock_that_is_ahead_is_named_with_its_host() {
        let cells = [cell("early", "x", 400), cell("late", "x", 1_000), cell("late", "x", 900)];
        assert!(skewed(&cells, 990).is_empty());
        let [warning] = &skewed(&cells, 400)[..] else { panic!("one clock is ahead") };
        assert!(warning.contains("late") && warning.contains("10 min"), "{warning}");
    }
}
