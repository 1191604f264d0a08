//! Small changes of an input: of bits, bytes, stretches, and of the words and numbers of a text.

use crate::splitmix::SplitMix;

/// The most bytes of an input.
const LONGEST_INPUT: usize = 1 << 13;

/// What is written over a word or a number.
const WORDS: &[&str] = &[
    "NaN",
    "-Infinity",
    "1e999",
    "1e308",
    "-1e308",
    "5e-324",
    "-0",
    "0",
    "1",
    "-1",
    "2",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "[[1]]",
    "4294967296",
    "18446744073709551616",
    "0.5",
    "X",
    "lengths",
    "mask",
    "Y",
    "(4L,)",
    "<f8",
    "|O",
    ">f2",
];

/// The input, changed in one to four places; `other` is one that it may take from.
pub fn mutated(input: &[u8], other: &[u8], random: &mut SplitMix) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        change(&mut bytes, other, random);
    }
    bytes.truncate(LONGEST_INPUT);
    bytes
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest byte is wanted")]
fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut SplitMix) {
    let at = random.below(bytes.len());
    let stretch = at..(at + 1 + random.below(16)).min(bytes.len());
    match random.below(9) {
        _ if bytes.is_empty() => bytes.push(random.bits() as u8),
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.bits() as u8,
        2 => {
            bytes[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, b'0', b'-', b'[', b']', b',', b'"']);
        }
        3 => drop(bytes.drain(stretch)),
        4 => {
            let copy = bytes[stretch].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        5 => {
            let from = random.below(other.len());
            let piece = &other[from..(from + random.below(64)).min(other.len())];
            bytes.splice(at..at, piece.iter().copied());
        }
        6 => bytes.truncate(at),
        7 => replace_word(bytes, at, random),
        _ => bytes.insert(at, random.bits() as u8),
    }
}

/// Writes another word over the one around this place.
fn replace_word(bytes: &mut Vec<u8>, at: usize, random: &mut SplitMix) {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let start = bytes[..at].iter().rposition(|byte| !belongs(byte)).map_or(0, |k| k + 1);
    let length = bytes[start..].iter().take_while(|byte| belongs(byte)).count();
    let word = random.pick(WORDS).bytes();
    bytes.splice(start..start + length, word);
}
