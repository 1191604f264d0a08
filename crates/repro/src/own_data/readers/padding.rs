//! How many tokens each sequence has: as its list says, as `lengths` says, or as `mask` does.

use std::ops::Range;

use super::DataProblem;
use super::count::count;
use super::nested::NestedList;
use super::parts::{Key, Parts};

/// Tokens by sequence, without padding.
#[derive(Debug, PartialEq)]
pub struct Sequences {
    /// How many tokens each has.
    pub lengths: Vec<usize>,
    /// Entries of all tokens, in a row.
    pub tokens: Vec<f64>,
    /// Entries of a token.
    pub dim: usize,
    /// The number of each token in its sequence of the file, where there was padding before one.
    pub places: Option<Vec<usize>>,
}

impl Sequences {
    /// Sequences whose tokens have the numbers that they have in the file.
    fn in_place(lengths: Vec<usize>, tokens: Vec<f64>, dim: usize) -> Self {
        Self { lengths, tokens, dim, places: None }
    }

    /// The sequence, and the number in it, of the token at this place in the row.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let (i, t) = sequence_and_token(&self.lengths, at);
        (i, self.places.as_ref().map_or(t, |places| places[at]))
    }

    /// In how many sequences there was padding before a token.
    pub fn moved(&self) -> usize {
        let Some(places) = &self.places else { return 0 };
        let mut start = 0;
        let moved = self.lengths.iter().filter(|length| {
            let sequence = &places[start..start + **length];
            start += **length;
            sequence.iter().enumerate().any(|(t, place)| t != *place)
        });
        moved.count()
    }
}

/// Takes `X`, `lengths` and `mask`, and cuts what isn't a token.
///
/// # Errors
/// Shapes that `X` can't have, and statements about its tokens that contradict each other.
pub fn sequences(parts: &mut Parts) -> Result<Sequences, DataProblem> {
    let x = parts.need(Key::X)?;
    let lengths = parts.take(Key::Lengths).map(lengths).transpose()?;
    let mask = parts.take(Key::Mask);
    let entries = x.depth().checked_sub(1).filter(|depth| *depth >= 1);
    let Some(entries) = entries else {
        return Err(x.wrong_shape("X", "3 axes, or 2 beside `lengths`"));
    };
    let dim = x.sizes(entries)[0];
    if x.uniform(entries).is_none() {
        return Err(uneven_token(&x, dim));
    }
    match (entries, lengths, mask) {
        (1, Some(lengths), None) => in_a_row(x, lengths, dim),
        (1, None, None) => {
            Err(x.wrong_shape("X", "3 axes (sequence, token, entry), or 2 beside `lengths`"))
        }
        (1, _, Some(_)) => Err(x.wrong_shape("X", "3 axes beside `mask` (sequence, token, entry)")),
        (2, None, None) => {
            let lengths = x.sizes(1).to_vec();
            Ok(Sequences::in_place(lengths, x.into_values(), dim))
        }
        (2, lengths, mask) => {
            if let Some(lengths) = &lengths {
                check_lengths(&x, lengths)?;
            }
            let Some(mask) = mask else { return Ok(cut(&x, lengths.unwrap_or_default(), dim)) };
            let masked = masked_lengths(&x, &mask)?;
            if let Some(said) = &lengths {
                check_agreement(said, &masked)?;
            }
            Ok(unmasked(&x, &mask, masked, dim))
        }
        _ => Err(x.wrong_shape("X", "3 axes (sequence, token, entry), or 2 beside `lengths`")),
    }
}

fn lengths(list: NestedList) -> Result<Vec<usize>, DataProblem> {
    let values = list.into_vector("lengths")?;
    let values = values.into_iter().enumerate();
    values.map(|(i, value)| count(|| format!("lengths[{i}]"), value, 1)).collect()
}

/// The first token that has another number of entries than the first of all.
fn uneven_token(x: &NestedList, dim: usize) -> DataProblem {
    let entries = x.sizes(x.depth() - 1);
    let at = entries.iter().position(|size| *size != dim).unwrap_or_default();
    let place = if x.depth() == 3 {
        let (i, t) = sequence_and_token(x.sizes(1), at);
        format!("X[{i}][{t}]")
    } else {
        format!("X[{at}]")
    };
    let (found, because) = (entries[at], "as the first token");
    DataProblem::WrongSize { place, what: "entries", found, expected: dim, because }
}

/// The sequence of the token at this place in a row, and the token within it.
fn sequence_and_token(lengths: &[usize], mut at: usize) -> (usize, usize) {
    for (i, length) in lengths.iter().enumerate() {
        if at < *length {
            return (i, at);
        }
        at -= length;
    }
    (lengths.len(), at)
}

/// All tokens in a row, split by `lengths`.
fn in_a_row(x: NestedList, lengths: Vec<usize>, dim: usize) -> Result<Sequences, DataProblem> {
    let found = x.sizes(0)[0];
    let total = lengths.iter().fold(0usize, |total, length| total.saturating_add(*length));
    if total != found {
        return Err(DataProblem::WrongSize {
            place: "X".into(),
            what: "tokens",
            found,
            expected: total,
            because: "the sum of `lengths`",
        });
    }
    Ok(Sequences::in_place(lengths, x.into_values(), dim))
}

/// Padded data are equally long, and `lengths` says how much of it is there; lists of their own
/// lengths can only say the same again.
fn check_lengths(x: &NestedList, lengths: &[usize]) -> Result<(), DataProblem> {
    let sizes = x.sizes(1);
    if lengths.len() != sizes.len() {
        return Err(DataProblem::WrongSize {
            place: "lengths".into(),
            what: "lengths",
            found: lengths.len(),
            expected: sizes.len(),
            because: "one for each sequence of X",
        });
    }
    let padded = x.uniform(1).is_some();
    for (i, (length, size)) in lengths.iter().zip(sizes).enumerate() {
        if length > size {
            return Err(DataProblem::Contradiction(format!(
                "lengths[{i}] is {length}, but X[{i}] has only {size} tokens; correct one of them"
            )));
        }
        if !padded && length < size {
            return Err(DataProblem::Contradiction(format!(
                "lengths[{i}] is {length}, but X[{i}] has {size} tokens, and sequences of X that \
                 differ in length have no padding to cut; correct one of them, or leave lengths out"
            )));
        }
    }
    Ok(())
}

/// How many tokens `mask` keeps of each sequence.
fn masked_lengths(x: &NestedList, mask: &NestedList) -> Result<Vec<usize>, DataProblem> {
    let sizes = x.sizes(1);
    if mask.depth() != 2 {
        return Err(mask.wrong_shape("mask", "2 axes (sequence, token)"));
    }
    if mask.sizes(0) != [sizes.len()] {
        return Err(DataProblem::WrongSize {
            place: "mask".into(),
            what: "rows",
            found: mask.sizes(0)[0],
            expected: sizes.len(),
            because: "one for each sequence of X",
        });
    }
    let mut start = 0;
    let mut lengths = Vec::with_capacity(sizes.len());
    for (i, (found, size)) in mask.sizes(1).iter().zip(sizes).enumerate() {
        if found != size {
            return Err(DataProblem::WrongSize {
                place: format!("mask[{i}]"),
                what: "entries",
                found: *found,
                expected: *size,
                because: "one for each token of the sequence",
            });
        }
        lengths.push(masked_length(i, &mask.values()[start..start + size])?);
        start += size;
    }
    Ok(lengths)
}

fn masked_length(i: usize, row: &[f64]) -> Result<usize, DataProblem> {
    if let Some(t) = row.iter().position(|entry| ![0.0, 1.0].contains(entry)) {
        return Err(DataProblem::Contradiction(format!(
            "mask[{i}][{t}] is {}; write 1 for a token, and 0 for padding",
            row[t]
        )));
    }
    match row.iter().filter(|entry| **entry == 1.0).count() {
        0 => {
            let (place, remedy) = (format!("mask[{i}]"), "it leaves no token (1 is for a token)");
            Err(DataProblem::Empty { place, remedy })
        }
        length => Ok(length),
    }
}

/// The tokens that `mask` keeps, wherever the padding is.
fn unmasked(x: &NestedList, mask: &NestedList, lengths: Vec<usize>, dim: usize) -> Sequences {
    let kept = || mask.values().iter().enumerate().filter(|(_, entry)| **entry == 1.0);
    let mut tokens = Vec::with_capacity(lengths.iter().sum::<usize>() * dim);
    for (at, _) in kept() {
        tokens.extend_from_slice(&x.values()[at * dim..(at + 1) * dim]);
    }
    let numbers = x.sizes(1).iter().flat_map(|size| 0..*size);
    let places = numbers.zip(mask.values()).filter(|(_, entry)| **entry == 1.0);
    let places = places.map(|(t, _)| t).collect();
    let mut sequences = Sequences { lengths, tokens, dim, places: Some(places) };
    if sequences.moved() == 0 {
        sequences.places = None;
    }
    sequences
}

fn check_agreement(said: &[usize], masked: &[usize]) -> Result<(), DataProblem> {
    match (0..said.len()).find(|i| said[*i] != masked[*i]) {
        None => Ok(()),
        Some(i) => Err(DataProblem::Contradiction(format!(
            "lengths[{i}] is {}, but mask[{i}] keeps {} tokens; correct one of them, or leave it out",
            said[i], masked[i]
        ))),
    }
}

/// The first `lengths[i]` tokens of each sequence.
fn cut(x: &NestedList, lengths: Vec<usize>, dim: usize) -> Sequences {
    let mut tokens = Vec::with_capacity(lengths.iter().sum::<usize>() * dim);
    let mut start = 0;
    for (length, size) in lengths.iter().zip(x.sizes(1)) {
        let sequence: Range<usize> = start..start + length * dim;
        tokens.extend_from_slice(&x.values()[sequence]);
        start += size * dim;
    }
    Sequences::in_place(lengths, tokens, dim)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::json::parse;
    use super::*;

    fn read(value: &Value) -> Result<Sequences, String> {
        let mut parts = parse(value.to_string().as_bytes()).unwrap();
        sequences(&mut parts).map_err(|problem| problem.to_string())
    }

    fn padded() -> Value {
        json!({ "X": [[[1], [2], [0]], [[3], [0], [0]]] })
    }

    #[test]
    fn lengths_and_mask_cut_the_same_padding() {
        let whole = read(&padded()).unwrap();
        assert_eq!((whole.lengths, whole.tokens.len()), (vec![3, 3], 6));
        let expected = Sequences::in_place(vec![2, 1], vec![1.0, 2.0, 3.0], 1);
        for (key, value) in [
            ("lengths", json!([2, 1])),
            ("lengths", json!([[2], [1]])),
            ("lengths", json!([[2, 1]])),
            ("mask", json!([[1, 1, 0], [1, 0, 0]])),
            ("mask", json!([[true, true, false], [true, false, false]])),
        ] {
            let mut data = padded();
            data[key] = value;
            assert_eq!(read(&data).as_ref(), Ok(&expected));
            data["lengths"] = json!([2, 1]);
            assert_eq!(read(&data).as_ref(), Ok(&expected));
        }
        let row = json!({ "X": [[1], [2], [3]], "lengths": [2, 1] });
        assert_eq!(read(&row), Ok(expected));
    }

    #[test]
    fn padding_may_be_anywhere() {
        let data = json!({
            "X": [[[0], [1], [2]], [[3], [9], [4]], [[5], [6], [0]]],
            "mask": [[0, 1, 1], [1, 0, 1], [1, 1, 0]],
        });
        let found = read(&data).unwrap();
        assert_eq!((&found.lengths[..], found.moved()), (&[2, 2, 2][..], 2));
        assert_eq!(found.tokens, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let places: Vec<_> = (0..6).map(|at| found.place(at)).collect();
        assert_eq!(places, [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]);
    }

    #[test]
    fn contradictions_are_named() {
        for (x, key, value, words) in [
            (
                json!([[[1], [2]], [[3]]]),
                "lengths",
                json!([2, 2]),
                "lengths[1] is 2, but X[1] has only 1",
            ),
            (
                json!([[[1], [2]], [[3]]]),
                "lengths",
                json!([1, 1]),
                "lengths[0] is 1, but X[0] has 2",
            ),
            (json!([[[1], [2]], [[3], [4]]]), "lengths", json!([1]), "lengths has 1 lengths"),
            (json!([[[1], [2]], [[3], [4]]]), "lengths", json!([0, 1]), "lengths[0] is 0"),
            (json!([[[1], [2]], [[3], [4]]]), "mask", json!([[1, 0]]), "mask has 1 rows"),
            (json!([[[1], [2]], [[3], [4]]]), "mask", json!([[1], [0]]), "mask[0] has 1 entries"),
            (json!([[[1], [2]], [[3], [4]]]), "mask", json!([[1, 0], [0, 0]]), "mask[1] is empty"),
            (json!([[[1], [2], [3]]]), "mask", json!([[1, 2, 0]]), "mask[0][1] is 2"),
            (json!([[1], [2]]), "mask", json!([[1, 1]]), "3 axes beside `mask`"),
            (json!([[1], [2]]), "seed", json!(1), "3 axes (sequence, token, entry)"),
        ] {
            let message = read(&json!({ "X": x, key: value })).unwrap_err();
            assert!(message.contains(words), "{words}: {message}");
        }
        let mut both = padded();
        both["lengths"] = json!([2, 1]);
        both["mask"] = json!([[1, 1, 0], [1, 1, 0]]);
        assert!(read(&both).unwrap_err().contains("lengths[1] is 1, but mask[1] keeps 2"));
    }
}
