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

/// HTML in which exponents are raised and indices lowered, as in `k^(1/(p-1))`, `10^1000` and `l_p`; names such as
/// `one_two` stay as they are.
pub fn typeset(html: &str) -> String {
    let letters: Vec<char> = html.chars().collect();
    let (mut text, mut at) = (String::with_capacity(html.len()), 0);
    while at < letters.len() {
        let end = match letters[at] {
            '^' if at > 0 => exponent(&letters, at + 1),
            '_' if at > 0 => index(&letters, at),
            _ => at + 1,
        };
        if end <= at + 1 {
            text.push(letters[at]);
            at += 1;
            continue;
        }
        let tag = if letters[at] == '^' { "sup" } else { "sub" };
        let inside: String = letters[at + 1..end].iter().collect();
        let bare = inside.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let inside = typeset(bare.unwrap_or(&inside)).replace('-', "−");
        text.extend(["<", tag, ">", &inside, "</", tag, ">"]);
        at = end;
    }
    text
}

/// Where an exponent ends that starts here: a parenthesis, a number, a letter, or a function of something.
fn exponent(letters: &[char], start: usize) -> usize {
    let mut end = start;
    if letters.get(end) == Some(&'-') {
        end += 1;
    }
    let word = end;
    while letters.get(end).is_some_and(|c| c.is_alphanumeric() || *c == '.') {
        end += 1;
    }
    // The full stop of a sentence.
    if end > word && letters[end - 1] == '.' {
        end -= 1;
    }
    let function = end > word + 1 && letters[word].is_alphabetic();
    if letters.get(end) == Some(&'(') && (end == start || function) {
        return closing(letters, end).map_or(start, |close| close + 1);
    }
    if end == word { start } else { end }
}

/// Where an index ends: one letter or digit after a variable of one letter, or after a norm.
fn index(letters: &[char], at: usize) -> usize {
    let alone = |k: Option<&char>| k.is_none_or(|c| !c.is_alphanumeric() && *c != '_');
    let before = letters[at - 1];
    let variable = before.is_alphabetic() && alone(at.checked_sub(2).and_then(|k| letters.get(k)));
    let marked = variable || ['|', '‖', ')'].contains(&before);
    let letter = letters.get(at + 1).is_some_and(|c| c.is_alphanumeric());
    if marked && letter && alone(letters.get(at + 2)) { at + 2 } else { at }
}

/// Where the parenthesis that opens here closes.
fn closing(letters: &[char], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in letters.iter().enumerate().skip(open) {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{readable, typeset};

    #[test]
    fn signs_are_those_that_are_meant() {
        assert_eq!(readable("||W|| -> infinity, p >= 1, psi'' > 0"), "‖W‖ → ∞, p ≥ 1, ψ″ > 0");
    }

    #[test]
    fn exponents_are_raised_and_indices_lowered() {
        for (typed, set) in [
            ("like k^(1/(p-1)).", "like k<sup>1/(p−1)</sup>."),
            ("to k = 10^1000.", "to k = 10<sup>1000</sup>."),
            ("(log k)^-min(2, 2(p-1)), twice", "(log k)<sup>−min(2, 2(p−1))</sup>, twice"),
            ("O((log log k)^2 / log k)", "O((log log k)<sup>2</sup> / log k)"),
            ("‖W‖_p^p and l_p", "‖W‖<sub>p</sub><sup>p</sup> and l<sub>p</sub>"),
            ("report_schema, a_long_name, 2^, x^(y", "report_schema, a_long_name, 2^, x^(y"),
            ("", ""),
        ] {
            assert_eq!(typeset(typed), set);
        }
    }
}
