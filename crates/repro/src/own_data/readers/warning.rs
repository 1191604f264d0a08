//! What a data file says that may be meant otherwise.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde::ser::SerializeStruct;

use super::parts::Key;

/// Something that is read as it stands, and should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataWarning {
    /// Tokens of zeros, such as padding is made of.
    ZeroTokens {
        /// How many sequences have them.
        sequences: usize,
        /// Of how many.
        of: usize,
        /// In how many of them they are the last tokens.
        at_the_end: usize,
    },
    /// The same token more than once in a sequence.
    RepeatedTokens {
        /// How many sequences have them.
        sequences: usize,
        /// Of how many.
        of: usize,
        /// The first such sequence, and two tokens of it.
        first: (usize, usize, usize),
    },
    /// Padding before tokens.
    MovedTokens {
        /// How many sequences have it.
        sequences: usize,
        /// Of how many.
        of: usize,
    },
    /// A name that is ignored, and almost one that isn't.
    IgnoredName {
        /// The name.
        name: String,
        /// What it may have been meant for.
        meant: &'static str,
    },
}

impl DataWarning {
    /// A word for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ZeroTokens { .. } => "zero_tokens",
            Self::RepeatedTokens { .. } => "repeated_tokens",
            Self::MovedTokens { .. } => "moved_tokens",
            Self::IgnoredName { .. } => "ignored_name",
        }
    }
}

impl fmt::Display for DataWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroTokens { sequences, of, at_the_end } => {
                let place = if at_the_end == sequences { " at their end" } else { "" };
                write!(
                    f,
                    "{sequences} of {of} sequences of X have tokens of zeros{place}, as padding is; \
                     they are taken for tokens, and may be selected: give `lengths` or `mask` if \
                     they are padding"
                )
            }
            Self::RepeatedTokens { sequences, of, first: (i, s, t) } => write!(
                f,
                "{sequences} of {of} sequences of X have a token more than once (X[{i}][{s}] and \
                 X[{i}][{t}]); the same tokens share attention equally, and none of them can be \
                 selected alone"
            ),
            Self::MovedTokens { sequences, of } => write!(
                f,
                "the mask of {sequences} of {of} sequences has padding before tokens; it is cut, and \
                 tokens are counted without it, from 0"
            ),
            Self::IgnoredName { name, meant } => {
                write!(f, "`{name}` is ignored; write `{meant}` if that is what it is")
            }
        }
    }
}

impl Serialize for DataWarning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut warning = serializer.serialize_struct("DataWarning", 2)?;
        warning.serialize_field("kind", self.kind())?;
        warning.serialize_field("message", &self.to_string())?;
        warning.end()
    }
}

/// Looks for zeros and for repetitions among tokens of `dim` entries.
pub fn of_tokens(tokens: &[f64], lengths: &[usize], dim: usize) -> Vec<DataWarning> {
    let (mut zeros, mut at_the_end, mut repeated, mut first) = (0, 0, 0, None);
    let mut start = 0;
    for (i, length) in lengths.iter().enumerate() {
        let sequence = &tokens[start..start + length * dim];
        start += length * dim;
        let zero = |token: &[f64]| token.iter().all(|entry| *entry == 0.0);
        zeros += usize::from(sequence.chunks_exact(dim).any(zero));
        at_the_end += usize::from(sequence.chunks_exact(dim).next_back().is_some_and(zero));
        if let Some((s, t)) = repetition(sequence, dim) {
            repeated += 1;
            first = first.or(Some((i, s, t)));
        }
    }
    let of = lengths.len();
    let zeros = (zeros > 0).then_some(DataWarning::ZeroTokens { sequences: zeros, of, at_the_end });
    let repeated =
        first.map(|first| DataWarning::RepeatedTokens { sequences: repeated, of, first });
    zeros.into_iter().chain(repeated).collect()
}

/// Two tokens of a sequence that are the same, and not zero.
fn repetition(sequence: &[f64], dim: usize) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    sequence.chunks_exact(dim).enumerate().find_map(|(t, token)| {
        // Adding zero leaves one zero instead of two.
        let bits: Vec<u64> = token.iter().map(|entry| (entry + 0.0).to_bits()).collect();
        if bits.iter().all(|bits| *bits == 0) {
            return None;
        }
        seen.insert(bits, t).map(|s| (s, t))
    })
}

/// Looks for names that are almost known.
pub fn of_names(names: &[String]) -> Vec<DataWarning> {
    let taken = |key: &Key| names.iter().any(|name| name == key.name());
    let almost = |name: &String| {
        let plain = name.to_lowercase().replace(['_', '-', ' ', '.'], "");
        let meant = match plain.as_str() {
            "x" | "tokens" => Key::X,
            "y" | "labels" => Key::Y,
            "z" | "queries" => Key::Z,
            "v" | "decoder" => Key::V,
            "w0" | "w" | "winit" | "start" => Key::W0,
            "lengths" | "length" | "len" | "lens" | "seqlens" | "seqlengths" => Key::Lengths,
            "mask" | "masks" | "attentionmask" | "paddingmask" | "keypaddingmask" => Key::Mask,
            _ => return None,
        };
        let meant = Some(meant).filter(|meant| !taken(meant))?.name();
        Some(DataWarning::IgnoredName { name: name.clone(), meant })
    };
    names.iter().filter(|name| Key::named(name).is_none()).filter_map(almost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_suspected_where_tokens_are_zero() {
        let tokens = [1.0, 2.0, 0.0, -0.0, 3.0, 4.0, 5.0, 6.0];
        let warnings = of_tokens(&tokens, &[2, 2], 2);
        assert_eq!(warnings, [DataWarning::ZeroTokens { sequences: 1, of: 2, at_the_end: 1 }]);
        assert!(warnings[0].to_string().contains("1 of 2 sequences"));
        assert!(of_tokens(&[1.0, 0.0, 0.0, 1.0], &[2], 2).is_empty());
    }

    #[test]
    fn repetitions_are_found_within_a_sequence_only() {
        let tokens = [1.0, 2.0, 1.0, 1.0, 3.0, 3.0];
        let found = of_tokens(&tokens, &[2, 1, 3], 1);
        let first = (2, 1, 2);
        assert_eq!(found, [DataWarning::RepeatedTokens { sequences: 1, of: 3, first }]);
    }

    #[test]
    fn a_name_that_is_almost_known_is_told() {
        let names =
            |names: &[&str]| of_names(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&["X", "seed", "W_0", "attention_mask"]).len(), 2);
        assert!(names(&["lengths", "length"]).is_empty());
    }
}
