//! The machines of a run that was divided among several.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::shard::Shard;
use crate::cells::OutputFolder;
use crate::error::ReproError;
use crate::report::Provenance;

/// The folder of a shard's provenance, below its output folder.
const MACHINES: &str = "machines";

/// What should be the same on all machines, and what it is called.
const THE_SAME: [(&str, &str); 6] = [
    ("version", "versions"),
    ("code_fingerprint", "code"),
    ("rustc", "compilers"),
    ("build", "builds"),
    ("cpu", "processors"),
    ("profile", "profiles"),
];

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
        |path: &Path| -> Option<Value> { serde_json::from_slice(&fs::read(path).ok()?).ok() };
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

/// What differs between machines and shouldn't, a sentence each.
pub fn differences(machines: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (field, name) in THE_SAME {
        let mut values: Vec<&Value> = machines.iter().map(|machine| &machine[field]).collect();
        values.sort_by_key(ToString::to_string);
        values.dedup();
        if values.len() > 1 {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            found.push(format!("cells come from different {name}: {}", values.join(", ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    #[test]
    fn machines_are_read_from_their_folders_and_compared() {
        let temp = tempfile::tempdir().unwrap();
        let machine = |cpu: &str| json!({"cpu": cpu, "rustc": "1.95", "profile": "quick"});
        let folders = ["one", "two", "empty"].map(|name| temp.path().join(name));
        fs::create_dir_all(folders[0].join(MACHINES)).unwrap();
        fs::write(folders[0].join(MACHINES).join("1-of-2.json"), machine("a").to_string()).unwrap();
        fs::create_dir_all(&folders[1]).unwrap();
        let report = json!({"provenance": machine("b")});
        fs::write(folders[1].join("report.json"), report.to_string()).unwrap();
        let machines = collect(&folders.each_ref().map(PathBuf::as_path));
        assert_eq!(machines, [machine("a"), machine("b")]);
        assert_eq!(differences(&machines), ["cells come from different processors: \"a\", \"b\""]);
        assert!(differences(&machines[..1]).is_empty());
    }
}
