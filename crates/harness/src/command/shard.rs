//! A shard of a run: the part of its cells that one of several machines runs.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::cells::key;
use crate::experiment::Cell;

/// The `number`-th of `of` shards, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// The shard of a task of a Slurm job array; nothing outside of one.
    ///
    /// # Errors
    /// Numbers that make no shard.
    pub fn of_job_array(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let number = |name: &str, otherwise: Option<usize>| match variable(name) {
            Some(text) => text.parse().map_err(|_| format!("{name} is `{text}`, not a number")),
            None => otherwise.ok_or_else(|| format!("{name} is not set")),
        };
        if variable("SLURM_ARRAY_TASK_ID").is_none() {
            return Ok(None);
        }
        let task = number("SLURM_ARRAY_TASK_ID", None)?;
        let of = number("SLURM_ARRAY_TASK_COUNT", None)?;
        let first = number("SLURM_ARRAY_TASK_MIN", Some(1))?;
        let number = task.checked_sub(first).map(|before| before + 1);
        Self::new(number.unwrap_or(0), of).map(Some)
    }

    fn new(number: usize, of: usize) -> Result<Self, String> {
        if (1..=of).contains(&number) {
            Ok(Self { number, of })
        } else {
            Err(format!("there is no shard {number} of {of}: shards are counted from 1"))
        }
    }

    /// The positions of the shard's cells, in order. The longest cell goes to the first shard, each other
    /// to the shard with the least to do so far; cells that are stored under one key go together. That
    /// depends on the cells alone: not on which of them are finished, nor on the machine.
    pub fn positions(self, cells: &[&Cell]) -> Vec<usize> {
        let mut works: BTreeMap<(&str, String), (f64, Vec<usize>)> = BTreeMap::new();
        for (position, cell) in cells.iter().enumerate() {
            let work = works.entry((cell.store_name, key(cell))).or_default();
            work.0 = cell.cost_seconds;
            work.1.push(position);
        }
        let mut works: Vec<_> = works.into_values().collect();
        works.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut loads, mut own) = (vec![0.0; self.of], Vec::new());
        for (cost, positions) in works {
            let least = (0..self.of).min_by(|a, b| f64::total_cmp(&loads[*a], &loads[*b]));
            let shard = least.unwrap_or(0);
            loads[shard] += cost;
            if shard + 1 == self.number {
                own.extend(positions);
            }
        }
        own.sort_unstable();
        own
    }
}

/// As on the command line: `2/4`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            Some((number.parse::<usize>().ok()?, of.parse::<usize>().ok()?))
        });
        let (number, of) = numbers
            .ok_or_else(|| format!("`{text}` is no shard such as 2/4, the second of four"))?;
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
    fn shards_are_read_from_the_command_line_and_from_a_job_array() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
        for text in ["0/4", "5/4", "0/0", "-1/4", "2", "2/four", ""] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.contains("shard"), "{text}: {error}");
        }
        let array = |id: &'static str, min: Option<&'static str>| {
            Shard::of_job_array(move |name| match name {
                "SLURM_ARRAY_TASK_ID" => Some(id.to_owned()),
                "SLURM_ARRAY_TASK_COUNT" => Some("4".into()),
                _ => min.map(Into::into),
            })
        };
        assert_eq!(array("2", None), Ok(Some(Shard { number: 2, of: 4 })));
        assert_eq!(array("0", Some("0")), Ok(Some(Shard { number: 1, of: 4 })));
        assert!(array("7", Some("1")).is_err() && array("x", None).is_err());
        assert_eq!(Shard::of_job_array(|_| None), Ok(None));
    }
}
