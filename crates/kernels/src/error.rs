//! What a caller of the kernels can get wrong.

use std::borrow::Cow;

use thiserror::Error;

/// Data that no constructor takes. The message names the place and the expectation; the crates above say it in this way
/// too.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// Nothing to work on.
    #[error("{what} is empty: at least one entry is needed")]
    Empty {
        /// The argument concerned.
        what: &'static str,
    },
    /// Two sizes that must agree do not.
    #[error("{what}: expected {expected}, found {found}")]
    ShapeMismatch {
        /// The argument concerned.
        what: Cow<'static, str>,
        /// The size that fits.
        expected: usize,
        /// The size given.
        found: usize,
    },
    /// A label of a classification problem that is neither +1 nor -1.
    #[error("label {index} is {value}: labels are +1 or -1")]
    NotALabel {
        /// The point concerned.
        index: usize,
        /// The offending label.
        value: f64,
    },
    /// A NaN or an infinity.
    #[error("{what}: entry {index} is {value}, every entry must be finite")]
    NotFinite {
        /// The argument concerned.
        what: Cow<'static, str>,
        /// Position within it.
        index: usize,
        /// The offending value.
        value: f64,
    },
}

impl KernelError {
    /// Checks that a size, which `what` names, is the one that fits.
    ///
    /// # Errors
    /// [`KernelError::ShapeMismatch`], if it isn't.
    pub fn require_size<W: Into<Cow<'static, str>>>(
        what: impl FnOnce() -> W,
        expected: usize,
        found: usize,
    ) -> Result<(), Self> {
        if expected == found {
            Ok(())
        } else {
            Err(Self::ShapeMismatch { what: what().into(), expected, found })
        }
    }

    /// Checks that every entry is finite.
    ///
    /// # Errors
    /// [`KernelError::NotFinite`], for the first that isn't.
    pub fn require_finite<W: Into<Cow<'static, str>>>(
        what: impl FnOnce() -> W,
        values: &[f64],
    ) -> Result<(), Self> {
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => {
                Err(Self::NotFinite { what: what().into(), index, value: values[index] })
            }
        }
    }

    /// Checks that every label is `$+1$` or `$-1$`.
    ///
    /// # Errors
    /// [`KernelError::NotALabel`], for the first that is neither.
    pub fn require_labels(labels: &[f64]) -> Result<(), Self> {
        match labels.iter().position(|label| label.abs() != 1.0) {
            None => Ok(()),
            Some(index) => Err(Self::NotALabel { index, value: labels[index] }),
        }
    }
}

/// A number that is out of its range: a setting, or an argument of a constructor. All crates of the project
/// say it in this way.
///
/// ```
/// use mirrorhead_kernels::InvalidSetting;
/// let wrong = InvalidSetting { name: "tolerance", value: -1.0, expected: "positive" };
/// assert_eq!(wrong.to_string(), "tolerance = -1 is out of range: it must be positive");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{name} = {value} is out of range: it must be {expected}")]
pub struct InvalidSetting {
    /// The setting.
    pub name: &'static str,
    /// The value given.
    pub value: f64,
    /// What would do.
    pub expected: &'static str,
}

impl InvalidSetting {
    /// Refuses the value unless it is `valid`.
    ///
    /// # Errors
    /// `Self`, if it is not.
    pub fn unless(
        valid: bool,
        name: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), Self> {
        if valid { Ok(()) } else { Err(Self { name, value, expected }) }
    }
}
