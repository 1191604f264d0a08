//! The name of a run's own folder: its data, its exponent, and what else distinguishes it.

use std::path::Path;

/// The most characters of a file's name that are taken over.
const MOST_CHARACTERS: usize = 60;

/// `reviews-p1.5-3f2a9c1b`, for the data in `reviews.npz` and a run of this identity; without an exponent
/// where `p` is NaN.
pub fn folder_name(file: &Path, p: f64, identity: &str) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let stem: String = stem.chars().take(MOST_CHARACTERS).map(plain).collect();
    let p = if p.is_nan() { String::new() } else { format!("p{p}-") };
    format!("{stem}-{p}{}", &identity[..8.min(identity.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let name = |file: &str, p| folder_name(Path::new(file), p, "0123456789");
        assert_eq!(name("data/reviews.npz", 1.5), "reviews-p1.5-01234567");
        assert_eq!(name("/dev/stdin", f64::INFINITY), "stdin-pinf-01234567");
        assert_eq!(name("a b/c d.json", f64::NAN), "c_d-01234567");
        assert!(name(&"x".repeat(300), 2.0).len() < 80);
    }
}
