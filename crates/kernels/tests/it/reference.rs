//! Extended precision: binary floats as long as the formula needs, and textbook formulas in them.

use dashu_float::{FBig, round::mode::HalfEven};

/// A binary float of any precision.
pub type Extended = FBig<HalfEven, 2>;

/// `x` as the start of a computation with `bits` bits.
pub fn extended(x: f64, bits: usize) -> Extended {
    Extended::try_from(x).expect("a finite number").with_precision(bits).value()
}

/// `$|x|$`.
pub fn abs(x: &Extended) -> Extended {
    if *x < Extended::ZERO { -x } else { x.clone() }
}

/// `$|x - y| \le$` `bound`, decided in extended precision.
pub fn within(x: &Extended, y: &Extended, bound: &Extended) -> bool {
    abs(&(x - y)) <= *bound
}
