//! An operator, borrowed or owned.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// An operator that a problem borrows, or owns together with its clones.
pub(crate) enum OperatorHandle<'a, A: ?Sized> {
    Borrowed(&'a A),
    Owned(Arc<A>),
}

impl<A: ?Sized> Clone for OperatorHandle<'_, A> {
    fn clone(&self) -> Self {
        match self {
            Self::Borrowed(operator) => Self::Borrowed(operator),
            Self::Owned(operator) => Self::Owned(Arc::clone(operator)),
        }
    }
}

impl<A: ?Sized> Deref for OperatorHandle<'_, A> {
    type Target = A;

    fn deref(&self) -> &A {
        match self {
            Self::Borrowed(operator) => operator,
            Self::Owned(operator) => operator,
        }
    }
}

impl<A: fmt::Debug + ?Sized> fmt::Debug for OperatorHandle<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
