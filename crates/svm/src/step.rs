//! Steps that keep positive vectors positive.

/// The largest `$-\mathrm dx/x$`: the share by which a full step would shrink what shrinks most.
pub(crate) fn blocking(x: &[f64], dx: &[f64]) -> f64 {
    x.iter().zip(dx).fold(0.0f64, |most, (x, dx)| most.max(-dx / x))
}

/// The longest step in `$(0, 1]$` that goes at most `caution` of the way to where something vanishes
/// of which a full step would take the share `blocking`.
pub(crate) fn longest_step(blocking: f64, caution: f64) -> f64 {
    if blocking > caution { caution / blocking } else { 1.0 }
}

/// `$(x + h\,\mathrm dx)^\top(y + h\,\mathrm dy)$`.
pub(crate) fn products_after(x: &[f64], dx: &[f64], y: &[f64], dy: &[f64], step: f64) -> f64 {
    (x.iter().zip(dx))
        .zip(y.iter().zip(dy))
        .map(|((x, dx), (y, dy))| (x + step * dx) * (y + step * dy))
        .sum()
}
