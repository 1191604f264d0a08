//! Numbers as people read them.

/// A number with every digit it has, and a power of ten where it would have many zeros.
pub fn number(value: f64) -> String {
    if value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (1e-4, "0.0001"),
            (999_999.5, "999999.5"),
            (1e6, "1e6"),
            (-2.5e-150, "-2.5e-150"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
