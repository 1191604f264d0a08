//! An operator, borrowed or owned.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use mirrorhead_kernels::LinearOperator;

/// An operator of any kind that a problem borrows, or owns together with its clones. Its products are looked up, so that
/// the method is compiled once, and not by everyone who brings an operator.
#[derive(Clone)]
pub(crate) enum OperatorHandle<'a> {
    Borrowed(&'a dyn LinearOperator),
    /// Without a lifetime, so that a problem that borrows is done with its operator before it is dropped.
    Owned(Arc<dyn LinearOperator + Send>),
}

impl<'a> Deref for OperatorHandle<'a> {
    type Target = dyn LinearOperator + 'a;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Borrowed(operator) => *operator,
            Self::Owned(operator) => &**operator,
        }
    }
}

impl fmt::Debug for OperatorHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
