//! The task of a job array that this process is, as cluster engines tell it in the environment.

use super::shard::{Shard, ShardError};

/// Variables that hold the number of a task, and what the first task of an array has there. Only Slurm says of
/// how many; with the others, and when a part of an array is submitted again, `--shards` does.
const NUMBERS: [(&str, usize); 4] = [
    (SLURM, 1),
    // PBS counts from what the array says: `-J 1-N` is meant.
    ("PBS_ARRAY_INDEX", 1),
    // Kubernetes counts from 0.
    ("JOB_COMPLETION_INDEX", 0),
    // HyperQueue counts from what the array says: `--array 1-N` is meant.
    ("HQ_TASK_ID", 1),
];

const SLURM: &str = "SLURM_ARRAY_TASK_ID";

/// The shard of a task of a job array; nothing outside of one. `of` is the number of shards, where the command
/// says it.
///
/// # Errors
/// Numbers that make no shard, or none of how many.
pub fn shard_of_array_task(
    of: Option<usize>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Shard>, ShardError> {
    let task = NUMBERS.iter().find_map(|(name, first)| Some((*name, *first, variable(name)?)));
    let Some((name, first, text)) = task else {
        return of.map_or(Ok(None), |of| Err(ShardError::NoTask { of }));
    };
    let task = number(name, &text)?;
    if let Some(of) = of {
        let counted = task.checked_sub(first).map_or(0, |before| before + 1);
        return Shard::new(counted, of).map(Some);
    }
    if name != SLURM {
        return Err(ShardError::UnknownNumber { name, text });
    }
    let or = |name: &'static str, otherwise: Option<usize>| match variable(name) {
        Some(text) => number(name, &text),
        None => otherwise.ok_or(ShardError::NotSet { name }),
    };
    let of = or("SLURM_ARRAY_TASK_COUNT", None)?;
    let min = or("SLURM_ARRAY_TASK_MIN", Some(1))?;
    let step = or("SLURM_ARRAY_TASK_STEP", Some(1))?.max(1);
    let before = task.checked_sub(min).filter(|before| before.is_multiple_of(step));
    Shard::new(before.map_or(0, |before| before / step + 1), of).map(Some)
}

fn number(name: &'static str, text: &str) -> Result<usize, ShardError> {
    text.trim().parse().map_err(|_| ShardError::NoNumber { name, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(of: Option<usize>, set: &[(&str, &str)]) -> Result<Option<String>, ShardError> {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Ok(shard_of_array_task(of, variable)?.map(|shard| shard.to_string()))
    }

    #[test]
    fn slurm_says_which_of_how_many() {
        let slurm = |id, min, step| {
            let set = [
                (SLURM, id),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_STEP", step),
            ];
            array(None, &set)
        };
        assert_eq!(slurm("2", "1", "1"), Ok(Some("2/4".into())));
        assert_eq!(slurm("0", "0", "1"), Ok(Some("1/4".into())));
        assert_eq!(slurm("16", "10", "2"), Ok(Some("4/4".into())));
        // The tasks 1, 3, 7, 9 are no range: there is no shard 9 of 4.
        assert_eq!(slurm("9", "1", "1"), Err(ShardError::Outside { number: 9, of: 4 }));
        assert!(matches!(slurm("x", "1", "1"), Err(ShardError::NoNumber { .. })));
        let uncounted = array(None, &[(SLURM, "2")]);
        assert_eq!(uncounted, Err(ShardError::NotSet { name: "SLURM_ARRAY_TASK_COUNT" }));
    }

    #[test]
    fn others_say_which_and_the_command_of_how_many() {
        for (name, first, last) in [
            ("PBS_ARRAY_INDEX", "1", "4"),
            ("JOB_COMPLETION_INDEX", "0", "3"),
            ("HQ_TASK_ID", "1", "4"),
        ] {
            assert_eq!(array(Some(4), &[(name, first)]), Ok(Some("1/4".into())));
            assert_eq!(array(Some(4), &[(name, last)]), Ok(Some("4/4".into())));
            let error = array(None, &[(name, first)]).unwrap_err();
            assert!(error.to_string().contains("--shards"), "{error}");
        }
        assert_eq!(
            array(Some(4), &[("PBS_ARRAY_INDEX", "0")]),
            Err(ShardError::Outside { number: 0, of: 4 })
        );
        // One task of an array, submitted again.
        assert_eq!(
            array(Some(4), &[(SLURM, "3"), ("SLURM_ARRAY_TASK_COUNT", "1")]),
            Ok(Some("3/4".into()))
        );
    }

    #[test]
    fn outside_of_an_array_there_is_no_shard() {
        assert_eq!(array(None, &[]), Ok(None));
        assert_eq!(array(Some(4), &[]), Err(ShardError::NoTask { of: 4 }));
    }
}
