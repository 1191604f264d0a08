//! What a run ends with: every file but for times.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;

use serde_json::Value;
use zip::ZipArchive;

use crate::blow::End;

/// The files of a finished run, each as bytes that equal runs have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    end: End,
    files: BTreeMap<String, Vec<u8>>,
}

/// Fields that say how long something took, where and when.
const TIMES: [&str; 8] = [
    "train_seconds",
    "solve_seconds",
    "seconds",
    "provenance",
    "finished_at",
    "wall_seconds",
    "cells_run",
    "cells_reused",
];

/// What stays in a folder without being part of the run: locks.
const LOCK: &str = ".lock";

impl Outcome {
    /// What a run in this folder ended with.
    pub fn of(folder: &Path, end: End) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(at) = folders.pop() {
            for entry in fs::read_dir(at)? {
                let path = entry?.path();
                let name =
                    path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with(LOCK) {
                    let contents = fs::read(&path)?;
                    files.insert(name, lasting(&path, contents)?);
                }
            }
        }
        Ok(Self { end, files })
    }

    /// What differs from a reference, if anything does.
    pub fn difference(&self, reference: &Self) -> Option<String> {
        if self.end != reference.end {
            return Some(format!("it ended with {:?}, not {:?}", self.end, reference.end));
        }
        let mut names = self.files.keys().chain(reference.files.keys());
        let name = names.find(|name| self.files.get(*name) != reference.files.get(*name))?;
        Some(match (self.files.get(name), reference.files.get(name)) {
            (Some(_), None) => format!("{name} is left"),
            (None, _) => format!("{name} is missing"),
            _ => format!("{name} differs"),
        })
    }
}

/// The contents without times.
fn lasting(path: &Path, contents: Vec<u8>) -> io::Result<Vec<u8>> {
    let extension = path.extension().unwrap_or_default();
    if extension == "html" {
        // Times stand in its prose; every number is in the report too.
        return Ok(Vec::new());
    }
    if extension == "npz" {
        return arrays(contents);
    }
    match serde_json::from_slice::<Value>(&contents) {
        // Of what has a checksum every byte counts.
        Ok(value) if value.get("sha256").is_none() || value.get("seconds").is_some() => {
            Ok(without_times(value).to_string().into_bytes())
        }
        _ => Ok(contents),
    }
}

fn arrays(archive: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut bytes = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index)?;
        let name = member.name()?.into_owned();
        if !TIMES.iter().any(|time| name == format!("{time}.npy")) {
            bytes.extend(name.bytes());
            member.read_to_end(&mut bytes)?;
        }
    }
    Ok(bytes)
}

fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !TIMES.contains(&name.as_str()) && name != "sha256")
            .map(|(name, value)| (name, without_times(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_times).collect(),
        other => other,
    }
}
