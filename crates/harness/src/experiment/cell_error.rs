//! Why one cell of an experiment has no result.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why one cell of an experiment has no result, or why an experiment refuses a scope.
///
/// Every error becomes one by `?`, and is kept with its causes:
///
/// ```
/// use mirrorhead_harness::CellError;
///
/// fn cell(text: &str) -> Result<f64, CellError> {
///     Ok(text.parse()?)
/// }
/// assert_eq!(cell("one").unwrap_err().to_string(), "invalid float literal");
/// ```
///
/// (For that it is no [`Error`] itself.)
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CellError {
    /// What should never happen, or a file that is missing.
    Failed {
        /// What went wrong.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The cell was asked to stop ([`CellContext::interrupted`](crate::CellContext::interrupted)), and its
    /// checkpoint is saved.
    Interrupted,
}

impl CellError {
    /// A failure, for any reason that can be said.
    pub fn new(reason: impl fmt::Display) -> Self {
        let sentence: Box<dyn Error + Send + Sync> = reason.to_string().into();
        Self::Failed { source: sentence.into() }
    }

    /// Whether the cell was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for CellError {
    fn from(error: E) -> Self {
        Self::Failed { source: Arc::new(error) }
    }
}

/// The error, and those of its causes that it doesn't say itself.
impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed { source } = self else {
            return f
                .write_str("stopped at a checkpoint; the same command again goes on from there");
        };
        let mut said = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            let why = error.to_string();
            if !said.contains(&why) {
                said = format!("{said}: {why}");
            }
            cause = error.source();
        }
        f.write_str(&said)
    }
}

/// Equal if they say the same.
impl PartialEq for CellError {
    fn eq(&self, other: &Self) -> bool {
        self.is_interrupted() == other.is_interrupted() && self.to_string() == other.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the step is too long{}", if *.said { format!(": {}", .source) } else { String::new() })]
    struct TooLong {
        said: bool,
        source: std::num::ParseFloatError,
    }

    #[test]
    fn an_error_is_told_with_its_causes_and_none_twice() {
        for said in [false, true] {
            let source = "one".parse::<f64>().unwrap_err();
            let error = CellError::from(TooLong { said, source });
            assert_eq!(error.to_string(), "the step is too long: invalid float literal");
            let CellError::Failed { source } = error else { panic!("it failed") };
            assert!(source.downcast_ref::<TooLong>().is_some() && source.source().is_some());
        }
    }
}
