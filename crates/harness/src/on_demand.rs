//! The name of an experiment that only a larger binary has.

/// An experiment of a larger binary, as the smaller one knows it.
///
/// It needs something that takes minutes to build and that nothing else should wait for, such as a
/// deep-learning framework. So that it is listed, found by its name and suggested all the same, what a
/// command line needs of it stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDemand {
    /// Name on the command line.
    pub name: &'static str,
    /// Group on the command line.
    pub group: &'static str,
    /// Title in the report.
    pub title: &'static str,
}
