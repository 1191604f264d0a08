//! The pieces that a WordPiece vocabulary is learned as: byte-pair merges of characters.
//!
//! The trainer of the `tokenizers` crate numbers characters in the order of a randomly seeded hash
//! table and breaks ties by these numbers, so that two runs differ; here every order is fixed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tokenizers::{OffsetReferential, OffsetType};

use crate::DataError;
use crate::words::{SPECIAL, spaced, words};

/// Longer words are unknown ones when they are encoded.
const LONGEST_WORD: usize = 100;

/// What a piece begins with that continues a word.
const CONTINUING: &str = "##";

/// Two neighbouring pieces.
type Pair = (u32, u32);

/// The `size` tokens learned from texts, or fewer if there are no more.
pub(crate) fn learn_pieces<S: AsRef<str> + Sync>(
    texts: &[S],
    size: usize,
) -> Result<Vec<String>, DataError> {
    let counts = count_words(texts);
    let mut pieces = Pieces::of_characters(counts.keys());
    if pieces.tokens.len() > size {
        return Err(DataError::VocabularyTooSmall { size, least: pieces.tokens.len() });
    }
    let words = counts.iter().map(|(word, &count)| (pieces.spell(word), count)).collect();
    let mut merges = Merges::new(words);
    while pieces.tokens.len() < size {
        let Some(pair) = merges.most_frequent() else { break };
        let joined = pieces.join(pair);
        merges.apply(pair, joined);
    }
    Ok(pieces.tokens)
}

/// How often each word occurs. Sums of integers: the order in which threads add them is immaterial.
fn count_words<S: AsRef<str> + Sync>(texts: &[S]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (spaced, count) in count_spaced(texts) {
        for (word, ..) in words(spaced).get_splits(OffsetReferential::Original, OffsetType::None) {
            if word.chars().count() <= LONGEST_WORD {
                *counts.entry(word.to_owned()).or_default() += count;
            }
        }
    }
    counts
}

fn count_spaced<S: AsRef<str> + Sync>(texts: &[S]) -> HashMap<&str, u64> {
    texts
        .par_iter()
        .fold(HashMap::new, |mut counts, text| {
            for spaced in spaced(text.as_ref()) {
                *counts.entry(spaced).or_default() += 1;
            }
            counts
        })
        .reduce(HashMap::new, |mut sum, counts| {
            for (spaced, count) in counts {
                *sum.entry(spaced).or_default() += count;
            }
            sum
        })
}

/// Tokens and their ids.
struct Pieces {
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
}

impl Pieces {
    /// The special tokens, the characters, the characters within a word.
    fn of_characters<'a>(words: impl Iterator<Item = &'a String> + Clone) -> Self {
        let all: BTreeSet<char> = words.clone().flat_map(|word| word.chars()).collect();
        let within: BTreeSet<char> = words.flat_map(|word| word.chars().skip(1)).collect();
        let mut pieces = Self { tokens: Vec::new(), ids: HashMap::new() };
        let special = SPECIAL.map(String::from).into_iter();
        let first = all.iter().map(char::to_string);
        let continuing = within.iter().map(|c| format!("{CONTINUING}{c}"));
        for token in special.chain(first).chain(continuing) {
            pieces.id(token);
        }
        pieces
    }

    /// The id of a token, which is new if there was none.
    #[expect(clippy::cast_possible_truncation, reason = "memory ends before 2^32 tokens")]
    fn id(&mut self, token: String) -> u32 {
        if let Some(id) = self.ids.get(&token) {
            return *id;
        }
        let id = self.tokens.len() as u32;
        self.tokens.push(token.clone());
        self.ids.insert(token, id);
        id
    }

    fn spell(&mut self, word: &str) -> Vec<u32> {
        let spelling = word.chars().enumerate().map(|(at, c)| match at {
            0 => c.to_string(),
            _ => format!("{CONTINUING}{c}"),
        });
        spelling.map(|token| self.id(token)).collect()
    }

    /// The id of two pieces joined. Another pair may have been joined to the same token before.
    fn join(&mut self, (first, second): Pair) -> u32 {
        let second = &self.tokens[second as usize];
        let second = second.strip_prefix(CONTINUING).unwrap_or(second);
        self.id(format!("{}{second}", self.tokens[first as usize]))
    }
}

/// The words as they are spelled now, and how often each pair of neighbours occurs in them.
struct Merges {
    words: Vec<(Vec<u32>, u64)>,
    uses: HashMap<Pair, Uses>,
    /// Every pair with at least its count; counts that fell since are corrected when they come up.
    queue: BinaryHeap<(u64, Reverse<Pair>)>,
}

/// How often a pair occurs, and the words in which it does, or did.
#[derive(Default)]
struct Uses {
    count: u64,
    words: BTreeSet<usize>,
}

impl Merges {
    fn new(words: Vec<(Vec<u32>, u64)>) -> Self {
        let mut uses: HashMap<Pair, Uses> = HashMap::new();
        for (at, (spelling, count)) in words.iter().enumerate() {
            for pair in pairs(spelling) {
                let uses = uses.entry(pair).or_default();
                uses.count += count;
                uses.words.insert(at);
            }
        }
        let queue = uses.iter().map(|(pair, uses)| (uses.count, Reverse(*pair))).collect();
        Self { words, uses, queue }
    }

    /// The most frequent pair; of equally frequent ones that of the lowest ids.
    fn most_frequent(&mut self) -> Option<Pair> {
        loop {
            let (queued, Reverse(pair)) = self.queue.pop()?;
            match self.uses.get(&pair).map_or(0, |uses| uses.count) {
                0 => {}
                count if count == queued => return Some(pair),
                count => self.queue.push((count, Reverse(pair))),
            }
        }
    }

    /// Writes `joined` for the pair, wherever it occurs.
    fn apply(&mut self, pair: Pair, joined: u32) {
        let words = self.uses.remove(&pair).unwrap_or_default().words;
        let mut risen = BTreeSet::new();
        for at in words {
            let (spelling, count) = &mut self.words[at];
            for old in pairs(spelling) {
                if let Some(uses) = self.uses.get_mut(&old) {
                    uses.count -= *count;
                }
            }
            *spelling = merged(spelling, pair, joined);
            for new in pairs(spelling) {
                let uses = self.uses.entry(new).or_default();
                uses.count += *count;
                uses.words.insert(at);
                if new.0 == joined || new.1 == joined {
                    risen.insert(new);
                }
            }
        }
        self.queue.extend(risen.into_iter().map(|pair| (self.uses[&pair].count, Reverse(pair))));
    }
}

fn pairs(spelling: &[u32]) -> impl Iterator<Item = Pair> {
    spelling.windows(2).map(|pair| (pair[0], pair[1]))
}

/// The spelling with `joined` for the pair, from left to right.
fn merged(spelling: &[u32], pair: Pair, joined: u32) -> Vec<u32> {
    let mut merged = Vec::with_capacity(spelling.len());
    let mut at = 0;
    while at < spelling.len() {
        if spelling.get(at + 1).is_some_and(|&next| (spelling[at], next) == pair) {
            merged.push(joined);
            at += 2;
        } else {
            merged.push(spelling[at]);
            at += 1;
        }
    }
    merged
}
