//! Work beside Python: the calling thread holds the interpreter's lock only to look for Ctrl-C and to tell of progress.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// How often the calling thread looks for signals and tells of progress.
const LOOK: Duration = Duration::from_millis(50);
/// How long an interrupted task is waited for. One that is inside of a long iteration ends by itself later.
const GRACE: Duration = Duration::from_millis(150);
/// The stack of a worker: tasks may be stolen by one that waits for another.
const STACK: usize = 8 << 20;

/// How far a task has got: an iteration, and two numbers that say how well.
#[derive(Debug, Clone, Copy, PartialEq, IntoPyObject)]
pub struct Report {
    /// Iterations so far.
    pub iteration: u64,
    /// The lower bound, or the risk.
    pub first: f64,
    /// The upper bound, or the logarithm of the gradient.
    pub second: f64,
}

/// What a task and the thread that waits for it share.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
    report: Mutex<Option<Report>>,
}

impl Control {
    /// Whether the task is to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Tells how far the task has got; what nobody has looked at is replaced.
    pub fn tell(&self, report: Report) {
        if let Ok(mut latest) = self.report.lock() {
            *latest = Some(report);
        }
    }

    fn deliver(&self, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let Some(progress) = progress else { return Ok(()) };
        let latest = self.report.lock().ok().and_then(|mut latest| latest.take());
        latest.map_or(Ok(()), |Report { iteration, first, second }| {
            progress.call1((iteration, first, second)).map(drop)
        })
    }
}

/// The pool of the process that runs: after a fork the threads of the parent's are not there.
///
/// It is locked only while the interpreter's lock is held, which the thread that forks holds, so that a
/// child never finds it locked.
static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

fn pool(_: Python<'_>) -> PyResult<Arc<ThreadPool>> {
    let mut kept =
        POOL.lock().map_err(|_| PyRuntimeError::new_err("the pool of threads is lost"))?;
    if let Some((owner, pool)) = kept.as_ref()
        && *owner == process::id()
    {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .stack_size(STACK)
        .thread_name(|k| format!("mirrorhead-{k}"))
        .build()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let pool = Arc::new(pool);
    // To end the threads of the parent would wait for them.
    std::mem::forget(kept.replace((process::id(), Arc::clone(&pool))));
    Ok(pool)
}

/// Number of threads that work: `RAYON_NUM_THREADS` where it is set, else one per processor.
#[pyfunction]
pub fn n_threads(py: Python<'_>) -> PyResult<usize> {
    Ok(pool(py)?.current_num_threads())
}

/// Runs `task` on the pool. `progress` is called about twenty times a second and at the end, if there is news.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    task: impl FnOnce(&Control) -> T + Send + 'static,
) -> PyResult<T> {
    let control = Arc::new(Control::default());
    let (sender, mut receiver) = sync_channel(1);
    let shared = Arc::clone(&control);
    pool(py)?.spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| task(&shared)));
        // Nobody may be waiting any more.
        let _ = sender.send(result);
    });
    loop {
        let (back, received) = wait(py, receiver, LOOK);
        receiver = back;
        match received {
            Ok(Ok(result)) => {
                control.deliver(progress)?;
                return Ok(result);
            }
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("a worker ended without a result"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(error) = py.check_signals().and_then(|()| control.deliver(progress)) {
            control.stop.store(true, Ordering::Relaxed);
            let _ = wait(py, receiver, GRACE);
            return Err(error);
        }
    }
}

type Caught<T> = Result<T, Box<dyn Any + Send>>;

fn wait<T: Send>(
    py: Python<'_>,
    receiver: Receiver<Caught<T>>,
    most: Duration,
) -> (Receiver<Caught<T>>, Result<Caught<T>, RecvTimeoutError>) {
    py.detach(move || {
        let received = receiver.recv_timeout(most);
        (receiver, received)
    })
}
