//! Whether there is the memory that training takes.

use std::num::NonZeroUsize;

use mirrorhead_harness::{CellError, Device};
use sysinfo::{MemoryRefreshKind, System};

use super::task::TrainingTask;

/// Checks, before a run begins, that the gradients of its steps fit into the memory that is free: a
/// process that is refused memory ends without a word. A GPU's memory isn't known beforehand.
///
/// # Errors
/// They don't; says how many samples would.
pub fn require_memory<T: TrainingTask>(task: &T) -> Result<(), CellError> {
    let plan = task.plan();
    if plan.device != Device::Cpu {
        return Ok(());
    }
    require(available(), plan.at_once(), |n_samples| task.step_bytes(n_samples))
}

/// What can be had without swapping, in bytes, also within the limits of a container.
fn available() -> f64 {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let limited = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(limited) as f64
}

fn require(
    available: f64,
    at_once: usize,
    step_bytes: impl Fn(usize) -> f64,
) -> Result<(), CellError> {
    if step_bytes(at_once) <= available {
        return Ok(());
    }
    let fits = (1..at_once).rev().find(|n| step_bytes(*n) <= available);
    let remedy = match fits.and_then(NonZeroUsize::new) {
        Some(n) => format!(
            "compute them {n} at a time with `--micro-batch {n}`, or run fewer cells at a time with `--jobs`"
        ),
        None => "not even one sample's fit: take a larger machine or a smaller profile".into(),
    };
    Err(CellError::new(format!(
        "the gradients of {at_once} samples take about {:.1} GiB of memory, and {:.1} GiB are free: {remedy}",
        step_bytes(at_once) / GIB,
        available / GIB,
    )))
}

const GIB: f64 = 1_073_741_824.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_the_number_that_does() {
        let step_bytes = |n: usize| (0.5 + n as f64) * GIB;
        assert_eq!(require(10.6 * GIB, 10, step_bytes), Ok(()));
        let refused = |available| require(available, 100, step_bytes).unwrap_err().to_string();
        let message = refused(12.0 * GIB);
        assert!(message.contains("100.5 GiB") && message.contains("12.0 GiB"), "{message}");
        assert!(message.contains("--micro-batch 11`"), "{message}");
        assert!(refused(1.0 * GIB).contains("not even one"));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(available() > 1e6);
    }
}
