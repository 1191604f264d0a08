//! What the caller decides: accuracy and limits.

use std::time::Duration;

use mirrorhead_kernels::{InvalidSetting, Watched};
use serde::{Deserialize, Serialize};

use crate::SvmError;
use crate::progress::Progress;

/// Accuracy and limits of a solve.
///
/// ```
/// use mirrorhead_svm::SvmSettings;
/// let settings = SvmSettings::default().with_relative_gap(1e-6).with_max_iterations(100);
/// let text = serde_json::to_string(&settings)?;
/// let read: SvmSettings = serde_json::from_str(&text)?;
/// assert_eq!((read.relative_gap, read.max_iterations), (1e-6, 100));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// What a file doesn't mention keeps its default. A caller that wants to interrupt a solve, or to be told how far it
/// has got, hands over [`WatchedSettings`] in their place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SvmSettings {
    /// Stop when `(upper - lower) / upper` of the certified
    /// [`MarginInterval`](crate::MarginInterval) is at most this. Default `1e-9`; `1e-12` is
    /// reachable at small sizes.
    pub relative_gap: f64,
    /// The gap that will do where rounding, or a limit, keeps [`relative_gap`](Self::relative_gap) out of reach: an answer
    /// this good is not tried for again. Default none, and then nothing else will do. For hard margins.
    pub sufficient_gap: Option<f64>,
    /// Largest number of interior-point iterations in doubles, each with one factorization, in all
    /// rounds and attempts together. Default 500. A small problem on which these stall, or which isn't solved after as many
    /// as the default, takes some hundred steps more, in many digits, which only [`time_limit`](Self::time_limit) and an
    /// interrupt end.
    pub max_iterations: usize,
    /// Most rows in a factored matrix, whose memory is `$8 k^2$` bytes for `$k$` rows. Where more rows are in
    /// play the systems are solved by conjugate gradients, with a factor of that many rows to
    /// precondition them: slower, and the less accurate the more rows are active. Default 20,000
    /// (3.2 GB, used only where needed).
    pub max_factor_rows: usize,
    /// Stop after this much wall-clock time. Default none, and then no clock is read.
    pub time_limit: Option<Duration>,
}

impl Default for SvmSettings {
    fn default() -> Self {
        Self {
            relative_gap: 1e-9,
            sufficient_gap: None,
            max_iterations: 500,
            max_factor_rows: 20_000,
            time_limit: None,
        }
    }
}

/// Settings, and functions of the caller: [`with_interrupt`](Watched::with_interrupt) is asked once an iteration and
/// within long ones, [`with_progress`](Watched::with_progress) is told once an iteration.
pub type WatchedSettings<'a> = Watched<'a, SvmSettings, Progress>;

impl SvmSettings {
    /// With another [`relative_gap`](Self::relative_gap).
    #[must_use]
    pub fn with_relative_gap(self, relative_gap: f64) -> Self {
        Self { relative_gap, ..self }
    }

    /// With a [`sufficient_gap`](Self::sufficient_gap).
    ///
    /// ```
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{HardMarginProblem, SvmSettings, solve};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[1e3, 1.0], [-1e3, 1.1], [0.1, 1e-3]])?);
    /// let problem = HardMarginProblem::new(&rows, 3.0)?;
    /// let settings = SvmSettings::default().with_relative_gap(1e-15).with_sufficient_gap(1e-9);
    /// let solution = solve(&problem, &settings)?.max_margin()?;
    /// assert!(solution.relative_gap() <= 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_sufficient_gap(self, sufficient_gap: f64) -> Self {
        Self { sufficient_gap: Some(sufficient_gap), ..self }
    }

    /// Whether [`max_iterations`](Self::max_iterations) is no limit that somebody has set on all the work.
    pub(crate) fn limits_doubles_alone(&self) -> bool {
        self.max_iterations >= Self::default().max_iterations
    }

    /// With another limit of [`max_iterations`](Self::max_iterations).
    #[must_use]
    pub fn with_max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }

    /// With another limit of [`max_factor_rows`](Self::max_factor_rows).
    #[must_use]
    pub fn with_max_factor_rows(self, max_factor_rows: usize) -> Self {
        Self { max_factor_rows, ..self }
    }

    /// With a [`time_limit`](Self::time_limit).
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit: Some(time_limit), ..self }
    }

    /// With a function that is asked once an iteration; `true` stops the solve with the best interval so far.
    #[must_use]
    pub fn with_interrupt(self, interrupt: &(dyn Fn() -> bool + Sync)) -> WatchedSettings<'_> {
        Watched::from(self).with_interrupt(interrupt)
    }

    /// With a function that is told once an iteration how far the solve has got.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use mirrorhead_kernels::{DenseRows, Matrix};
    /// use mirrorhead_svm::{Norm, Progress, SoftMarginProblem, SvmSettings, solve_soft};
    /// let rows = DenseRows::new(&Matrix::from_rows(&[[1.0, 2.0], [-0.5, 1.0], [0.3, -1.0]])?);
    /// let problem = SoftMarginProblem::new(&rows, Norm::new(3.0)?, 1.0)?;
    /// let gaps = Mutex::new(Vec::new());
    /// let note = |now: Progress| gaps.lock().unwrap().push(now.relative_gap());
    /// let found = solve_soft(&problem, SvmSettings::default().with_progress(&note))?;
    /// let gaps = gaps.into_inner().unwrap();
    /// assert_eq!(gaps.len(), found.solution().work.iterations);
    /// assert!(gaps.windows(2).all(|pair| pair[1] <= pair[0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_progress(self, progress: &(dyn Fn(Progress) + Sync)) -> WatchedSettings<'_> {
        Watched::from(self).with_progress(progress)
    }

    /// The widest gap that is an answer.
    pub(crate) fn widest_gap(&self) -> f64 {
        self.sufficient_gap.map_or(self.relative_gap, |gap| gap.max(self.relative_gap))
    }

    /// Checks the ranges.
    pub(crate) fn validated(&self) -> Result<(), SvmError> {
        let sufficient = self.sufficient_gap.unwrap_or(self.relative_gap);
        for (name, gap) in [("relative_gap", self.relative_gap), ("sufficient_gap", sufficient)] {
            let within = gap > 0.0 && gap < 1.0;
            InvalidSetting::unless(within, name, gap, "strictly between 0 and 1")?;
        }
        for (name, value) in
            [("max_iterations", self.max_iterations), ("max_factor_rows", self.max_factor_rows)]
        {
            InvalidSetting::unless(value > 0, name, value as f64, "at least 1")?;
        }
        Ok(())
    }
}
