//! The exponents, steps and lengths of the runs.

/// The exponents and steps at which the onset is measured.
pub const UNSTABLE: [(f64, f64); 6] =
    [(1.5, 0.05), (1.5, 0.1), (1.6, 0.1), (1.6, 0.2), (1.75, 0.2), (1.75, 0.3)];
/// Those without an onset.
pub const STABLE: [(f64, f64); 3] = [(2.0, 0.1), (2.0, 0.4), (3.0, 0.1)];
/// The exponents at which other rules are tried.
pub const RULED: [f64; 4] = [1.1, 1.3, 1.5, 1.75];
/// The first dual length of those.
pub const LENGTH: f64 = 0.2;
/// How far W moves in one step at most.
pub const REACH: f64 = 2.0;
