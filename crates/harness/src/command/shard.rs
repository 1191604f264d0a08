//! A shard of a run: the part of its cells that one of several machines runs.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::cells::key;
use crate::experiment::Cell;

/// The `number`-th of `of` shards, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

/// What is no shard.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Not of the form.
    #[error("`{0}` is no shard such as 2/4, the second of four")]
    NoShard(String),
    /// A number that isn't among the shards.
    #[error(
        "there is no shard {number} of {of}: shards are counted from 1 (and tasks of a job array too, \
        in one range; those of Kubernetes from 0)"
    )]
    Outside {
        /// The number.
        number: usize,
        /// Of how many.
        of: usize,
    },
    /// A variable of the environment that should hold a number.
    #[error("{name} is `{text}`, not a number; give the shard with --shard I/N")]
    NoNumber {
        /// The variable.
        name: &'static str,
        /// What it holds.
        text: String,
    },
    /// A variable of the environment that should be there.
    #[error("{name} is not set; give the shard with --shard I/N")]
    NotSet {
        /// The variable.
        name: &'static str,
    },
    /// A task of an array, of which nobody says how many tasks it has.
    #[error(
        "this is a task of a job array ({name} is {text}): say with --shards N how many it has, or with \
        --shard I/N what to run (--shard 1/1 is everything)"
    )]
    UnknownNumber {
        /// The variable.
        name: &'static str,
        /// What it holds.
        text: String,
    },
    /// A number of shards outside of a job array.
    #[error("--shards {of} is for the tasks of a job array, and this is none: give --shard I/{of}")]
    NoTask {
        /// The number.
        of: usize,
    },
}

impl Shard {
    /// The `number`-th of `of` shards.
    ///
    /// # Errors
    /// There is no such shard.
    pub fn new(number: usize, of: usize) -> Result<Self, ShardError> {
        if (1..=of).contains(&number) {
            Ok(Self { number, of })
        } else {
            Err(ShardError::Outside { number, of })
        }
    }

    /// The positions of the shard's cells, in order.
    pub fn positions(self, cells: &[&Cell]) -> Vec<usize> {
        divide(cells, self.of).swap_remove(self.number - 1)
    }
}

/// The positions of every shard's cells, in order. The longest cell goes to the first shard, each other
/// to the shard with the least to do so far; cells that are stored under one key go together. That
/// depends on the cells alone: not on which of them are finished, nor on the machine.
pub fn divide(cells: &[&Cell], shards: usize) -> Vec<Vec<usize>> {
    let mut works: BTreeMap<(&str, String), (f64, Vec<usize>)> = BTreeMap::new();
    for (position, cell) in cells.iter().enumerate() {
        let work = works.entry((cell.store_name, key(cell))).or_default();
        work.0 = cell.cost_seconds;
        work.1.push(position);
    }
    let mut works: Vec<_> = works.into_values().collect();
    works.sort_by(|a, b| b.0.total_cmp(&a.0));
    // The least load first, of equal ones the first shard's.
    let mut loads: BTreeSet<(Load, usize)> = (0..shards).map(|shard| (Load(0.0), shard)).collect();
    let mut divided = vec![Vec::new(); shards];
    for (cost, positions) in works {
        let Some((load, shard)) = loads.pop_first() else { break };
        loads.insert((Load(load.0 + cost), shard));
        divided[shard].extend(positions);
    }
    for own in &mut divided {
        own.sort_unstable();
    }
    divided
}

/// What a shard has to do, in seconds.
#[derive(Debug, Clone, Copy)]
struct Load(f64);

impl Ord for Load {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Load {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Load {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Load {}

/// As on the command line: `2/4`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            Some((number.parse::<usize>().ok()?, of.parse::<usize>().ok()?))
        });
        let (number, of) = numbers.ok_or_else(|| ShardError::NoShard(text.to_owned()))?;
        Self::new(number, of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(seed: u64, cost_seconds: f64) -> Cell {
        let (experiment, label) = ("toy", format!("seed {seed}"));
        let (store_name, config, fingerprint) = ("toy", seed.into(), "code");
        Cell { experiment, store_name, label, config, cost_seconds, fingerprint }
    }

    #[test]
    fn every_cell_is_in_one_shard_and_all_have_about_as_much_to_do() {
        let cells: Vec<_> = (0..40).map(|seed| cell(seed, 1.0 + (seed % 7) as f64)).collect();
        let cells: Vec<&Cell> = cells.iter().collect();
        let shards: Vec<_> =
            (1..=4).map(|number| Shard { number, of: 4 }.positions(&cells)).collect();
        let mut all = shards.concat();
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
        let load = |own: &Vec<usize>| own.iter().map(|at| cells[*at].cost_seconds).sum::<f64>();
        let loads: Vec<f64> = shards.iter().map(load).collect();
        let (least, most) = (
            loads.iter().fold(f64::MAX, |a, b| a.min(*b)),
            loads.iter().fold(0.0, |a: f64, b| a.max(*b)),
        );
        assert!(most - least <= 7.0, "{loads:?}");
    }

    #[test]
    fn cells_with_one_key_go_together_and_more_shards_than_cells_stay_empty() {
        let cells = [cell(1, 1.0), cell(2, 1.0), cell(1, 1.0)];
        let cells: Vec<&Cell> = cells.iter().collect();
        let of = |of| -> Vec<_> {
            (1..=of).map(|number| Shard { number, of }.positions(&cells)).collect()
        };
        assert!(of(2).contains(&vec![0, 2]) && of(2).contains(&vec![1]));
        assert_eq!(of(5).iter().filter(|own| own.is_empty()).count(), 3);
    }

    #[test]
    fn shards_are_read_from_the_command_line() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
        for (text, number, of) in [("0/4", 0, 4), ("5/4", 5, 4), ("0/0", 0, 0)] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::Outside { number, of }));
        }
        for text in ["-1/4", "2", "2/four", ""] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::NoShard(text.into())));
        }
    }

    #[test]
    fn a_hundred_thousand_cells_are_divided_among_a_thousand_shards_at_once() {
        let cells: Vec<_> = (0..100_000).map(|seed| cell(seed, 1.0 + (seed % 7) as f64)).collect();
        let cells: Vec<&Cell> = cells.iter().collect();
        let own = Shard { number: 17, of: 1000 }.positions(&cells);
        let load: f64 = own.iter().map(|at| cells[*at].cost_seconds).sum();
        // The mean is 400, and no shard is off by more than a cell.
        assert!((load - 400.0).abs() <= 7.0, "{load}");
    }
}
