//! Formulas in running text, as they are typed: signs that keyboards lack.

/// What is typed, and what is read.
const SIGNS: [(&str, &str); 8] = [
    ("psi''", "ψ″"),
    ("||", "‖"),
    (">=", "≥"),
    ("<=", "≤"),
    ("->", "→"),
    ("infinity", "∞"),
    ("+-", "±"),
    (" ~ ", " ∼ "),
];

/// The text with the signs that are meant.
pub fn readable(text: &str) -> String {
    SIGNS.iter().fold(text.to_owned(), |text, (typed, read)| text.replace(typed, read))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn signs_are_those_that_are_meant() {
        assert_eq!(readable("||W|| -> infinity, p >= 1, psi'' > 0"), "‖W‖ → ∞, p ≥ 1, ψ″ > 0");
    }
}
