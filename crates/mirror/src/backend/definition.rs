//! What methods ask of the numbers that they are run on.

use mirrorhead_kernels::{Matrix, SignedPower};

/// What methods do with the entries of a tensor, wherever these are: slices of `f64` or `f32` in the processor's
/// memory ([`Slices`](crate::Slices)), or the tensors of a framework.
///
/// A [`TensorMethod`](crate::TensorMethod) is written over it once. All entries of one call have one shape; results go to
/// `out`, whose entries before the call don't count. Numbers that are made of entries are
/// [`Norm`](Self::Norm)s: they may stay on a device, so that no step waits for one.
///
/// [`conformance`](crate::conformance) holds a backend against the formulas of every method.
pub trait Backend {
    /// The entries of a tensor.
    type Entries: ?Sized;
    /// A norm of entries.
    type Norm: Clone;

    /// `out` `$= x$`.
    fn copy(&mut self, x: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= a x + b y$`.
    fn combine(
        &mut self,
        a: f64,
        x: &Self::Entries,
        b: f64,
        y: &Self::Entries,
        out: &mut Self::Entries,
    );

    /// `out` `$= \sqrt{(a x)^2 + (b y)^2}$`.
    fn hypot(
        &mut self,
        a: f64,
        x: &Self::Entries,
        b: f64,
        y: &Self::Entries,
        out: &mut Self::Entries,
    );

    /// `out` `$= c\,x / y$`; zero where `$y$` is zero.
    fn quotient(&mut self, c: f64, x: &Self::Entries, y: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= x + a (y - x)$`.
    fn between(&mut self, a: f64, x: &Self::Entries, y: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= x / \lVert\cdot\rVert$`; zero if the norm is zero.
    fn divide(&mut self, x: &Self::Entries, norm: &Self::Norm, out: &mut Self::Entries);

    /// `out` `$= x \lVert\cdot\rVert$`.
    fn multiply(&mut self, x: &Self::Entries, norm: &Self::Norm, out: &mut Self::Entries);

    /// `out` `$= \operatorname{sign}(x)\lvert x\rvert^{e}$`.
    fn power(&mut self, power: SignedPower, x: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= \operatorname{sign}(x)$`, zero of zero.
    fn sign(&mut self, x: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= \operatorname{sign}(x)(\lvert x\rvert - \lambda)_+$`.
    fn shrink(&mut self, threshold: f64, x: &Self::Entries, out: &mut Self::Entries);

    /// `out` `$= x + \lambda\operatorname{sign}(x)$`.
    fn stretch(&mut self, threshold: f64, x: &Self::Entries, out: &mut Self::Entries);

    /// `$\bigl(\sum_k\lvert x_k\rvert^{e}\bigr)^{1/e}$`, `$e \ge 1$`.
    fn lp_norm(&mut self, exponent: SignedPower, x: &Self::Entries) -> Self::Norm;

    /// A map that is none of the above, in double precision in the processor's memory: what potentials and norms of
    /// one's own are run by.
    fn in_double(
        &mut self,
        x: &Self::Entries,
        out: &mut Self::Entries,
        map: &mut dyn FnMut(&Matrix, &mut Matrix),
    );

    /// A norm that is none of the above, likewise.
    fn norm_in_double(
        &mut self,
        x: &Self::Entries,
        norm: &mut dyn FnMut(&Matrix) -> f64,
    ) -> Self::Norm;

    /// `out` `$=$` `stays` in the entries where `before` and `after` are equal.
    fn keep_still(
        &mut self,
        before: &Self::Entries,
        after: &Self::Entries,
        stays: &Self::Entries,
        out: &mut Self::Entries,
    );

    /// `out` `$=$` `fresh` in the entries where `found` is not `expected`, within `slack` relative roundings.
    fn restore(
        &mut self,
        expected: &Self::Entries,
        found: &Self::Entries,
        slack: f64,
        fresh: &Self::Entries,
        out: &mut Self::Entries,
    );
}
