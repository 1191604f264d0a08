//! How many kills there were, and of what kind.

use std::collections::HashMap;
use std::fmt;

use crate::blow::{Arm, Blow, End};

/// Events among which the first blows are drawn.
const FIRST_LIMIT: u64 = 256;
/// And the last.
const LEAST_LIMIT: u64 = 8;

/// The count of rounds and kills.
pub struct Tally {
    /// Runs that were killed and ended.
    pub rounds: u64,
    /// Those that ended otherwise than the undisturbed one.
    pub different: u64,
    arms: Vec<Arm>,
    kills: Vec<u64>,
    /// About how many events a job has.
    limits: HashMap<(&'static str, usize), u64>,
}

impl Tally {
    /// Nothing yet.
    pub fn new(arms: &[Arm]) -> Self {
        Self {
            rounds: 0,
            different: 0,
            arms: arms.to_vec(),
            kills: vec![0; arms.len()],
            limits: HashMap::new(),
        }
    }

    /// Among how many events the next blow is drawn: about as many as the job was seen to have.
    pub fn limit(&self, job: &'static str, arm: usize) -> u64 {
        self.limits.get(&(job, arm)).copied().unwrap_or(FIRST_LIMIT)
    }

    /// Counts a blow.
    pub fn count(&mut self, job: &'static str, arm: usize, blow: Blow, end: End) {
        self.kills[arm] += u64::from(end == End::Killed);
        if let Blow::Change(number) | Blow::Call(number) = blow {
            let limit = self.limit(job, arm);
            // One that came too late shows that there are fewer; one in time, that there may be more.
            let next = if end == End::Killed { limit.max(2 * number) } else { limit.min(number) };
            self.limits.insert((job, arm), next.max(LEAST_LIMIT));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: u64 = self.kills.iter().sum();
        let kinds = self.arms.iter().zip(&self.kills);
        let kinds: Vec<_> = kinds.map(|(arm, n)| format!("{n} {}", arm.name())).collect();
        write!(
            f,
            "{} runs, {kills} kills ({}), {} ended otherwise",
            self.rounds,
            kinds.join(", "),
            self.different
        )
    }
}
