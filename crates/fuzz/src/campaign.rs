//! Inputs drawn from a seed: changed, tried, and kept where they show something new.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::mutation::mutated;
use crate::splitmix::SplitMix;
use crate::target::Target;

/// The longest that an input may take.
const SLOW: Duration = Duration::from_secs(10);
/// The most inputs that are kept to be changed further.
const MOST_KEPT: usize = 4096;

/// An input that broke its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The input.
    pub input: Vec<u8>,
    /// What happened.
    pub what: String,
}

/// Inputs for one target.
pub struct Campaign<'a> {
    target: &'a Target,
    random: SplitMix,
    kept: Vec<Vec<u8>>,
    seen: HashSet<String>,
    tried: u64,
}

impl<'a> Campaign<'a> {
    /// Begins with the target's seeds; the rest follows from `seed`.
    pub fn new(target: &'a Target, seed: u64) -> Self {
        let kept = (target.seeds)();
        Self { target, random: SplitMix(seed), kept, seen: HashSet::new(), tried: 0 }
    }

    /// How many inputs were tried.
    pub fn tried(&self) -> u64 {
        self.tried
    }

    /// In how many ways inputs were taken.
    pub fn ways(&self) -> usize {
        self.seen.len()
    }

    /// Tries the next input.
    ///
    /// # Errors
    /// The input, if it broke its target.
    pub fn step(&mut self) -> Result<(), Found> {
        let seeds = usize::try_from(self.tried).unwrap_or(usize::MAX);
        let input = match self.kept.get(seeds) {
            Some(seed) if seeds < (self.target.seeds)().len() => seed.clone(),
            _ => {
                let other = self.random.below(self.kept.len());
                let input = self.random.below(self.kept.len());
                mutated(&self.kept[input], &self.kept[other], &mut self.random)
            }
        };
        self.tried += 1;
        let way = try_one(self.target, &input)?;
        if self.seen.insert(way) && self.kept.len() < MOST_KEPT {
            self.kept.push(input);
        }
        Ok(())
    }
}

/// Tries one input.
///
/// # Errors
/// The input, if it broke its target.
pub fn try_one(target: &Target, input: &[u8]) -> Result<String, Found> {
    let found = |what: String| Found { input: input.to_vec(), what };
    let start = Instant::now();
    let way = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let way = way.map_err(|panic| {
        found(format!("{}{}", message(panic.as_ref()), PLACE.with_borrow(String::clone)))
    })?;
    if start.elapsed() > SLOW {
        return Err(found(format!("it took {:?}", start.elapsed())));
    }
    Ok(way)
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Panics print nothing from here on: they are told with their input, and where they arose.
pub fn hush_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        PLACE.set(place);
    }));
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
