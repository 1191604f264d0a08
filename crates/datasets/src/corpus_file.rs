//! The file of a corpus: signature, version, vocabulary, documents, checksum.
//!
//! All numbers are little-endian. After signature and version come the vocabulary's text (its length
//! as eight bytes, then BERT's format) and, for each part, the number of documents (eight bytes),
//! their labels (a byte each), their lengths (four bytes each) and their ids, of two bytes if the
//! vocabulary has at most `$2^{16}$` tokens and of four otherwise. SHA-256 of all that is at the end.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{DataError, Documents, Vocabulary};

const SIGNATURE: &[u8; 8] = b"mirrordc";
const VERSION: u32 = 1;
const CHECKSUM: usize = 32;

/// The bytes of a corpus's file: a vocabulary, documents to learn from and documents to test on.
pub(crate) fn to_bytes(vocabulary: &Vocabulary, parts: [&Documents; 2]) -> Vec<u8> {
    let width = IdWidth::of(vocabulary);
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    let vocabulary = vocabulary.to_text();
    bytes.extend((vocabulary.len() as u64).to_le_bytes());
    bytes.extend(vocabulary.as_bytes());
    for part in parts {
        write_documents(&mut bytes, part, width);
    }
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

/// What [`to_bytes`] wrote; `path` is for messages.
pub(crate) fn from_bytes(
    path: &Path,
    bytes: &[u8],
) -> Result<(Vocabulary, [Documents; 2]), DataError> {
    let Some(rest) = bytes.strip_prefix(SIGNATURE) else {
        return Err(DataError::NotACorpus { path: path.to_owned() });
    };
    let damaged = |reason| DataError::CorpusDamaged { path: path.to_owned(), reason };
    // The version first: the rest may mean something else in another one.
    let found = Bytes(rest).u32().map_err(damaged)?;
    if found != VERSION {
        return Err(DataError::CorpusVersion { path: path.to_owned(), expected: VERSION, found });
    }
    let contents = bytes.len().saturating_sub(CHECKSUM);
    let (contents, checksum) = bytes.split_at(contents);
    if Sha256::digest(contents).as_slice() != checksum {
        return Err(damaged("its checksum doesn't agree"));
    }
    let mut rest = Bytes(&contents[SIGNATURE.len() + size_of_val(&VERSION)..]);
    let vocabulary = read_vocabulary(&mut rest).map_err(damaged)?;
    let train = read_documents(&mut rest, &vocabulary).map_err(damaged)?;
    let test = read_documents(&mut rest, &vocabulary).map_err(damaged)?;
    if !rest.0.is_empty() {
        return Err(damaged("it goes on after its end"));
    }
    Ok((vocabulary, [train, test]))
}

/// How many bytes an id has.
#[derive(Debug, Clone, Copy)]
enum IdWidth {
    Two,
    Four,
}

impl IdWidth {
    fn of(vocabulary: &Vocabulary) -> Self {
        if vocabulary.len() <= 1 << 16 { Self::Two } else { Self::Four }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

fn write_documents(bytes: &mut Vec<u8>, documents: &Documents, width: IdWidth) {
    bytes.extend((documents.len() as u64).to_le_bytes());
    bytes.extend(documents.labels());
    for length in documents.lengths() {
        bytes.extend(&(length as u64).to_le_bytes()[..4]);
    }
    for id in &documents.tokens {
        bytes.extend(&id.to_le_bytes()[..width.bytes()]);
    }
}

fn read_vocabulary(bytes: &mut Bytes<'_>) -> Result<Vocabulary, &'static str> {
    let length = bytes.size()?;
    let text = str::from_utf8(bytes.take(length)?).map_err(|_| "its vocabulary is no text")?;
    Vocabulary::new(text.lines().map(String::from).collect())
        .ok()
        .filter(|vocabulary| vocabulary.to_text() == text)
        .ok_or("its vocabulary is none")
}

fn read_documents(
    bytes: &mut Bytes<'_>,
    vocabulary: &Vocabulary,
) -> Result<Documents, &'static str> {
    let width = IdWidth::of(vocabulary);
    let count = bytes.size()?;
    let labels = bytes.take(count)?.to_vec();
    let mut length = 0_usize;
    let mut ends = Vec::with_capacity(count);
    for bytes in bytes.take(count.saturating_mul(4))?.chunks_exact(4) {
        length = length.saturating_add(u32_of(bytes) as usize);
        ends.push(length);
    }
    let ids = bytes.take(length.saturating_mul(width.bytes()))?;
    let tokens: Vec<u32> = ids.chunks_exact(width.bytes()).map(u32_of).collect();
    if tokens.iter().any(|id| *id as usize >= vocabulary.len()) {
        return Err("it has an id that is not in its vocabulary");
    }
    Ok(Documents { tokens, ends, labels, padding: vocabulary.padding() })
}

/// The number that up to four bytes are.
fn u32_of(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// What is yet to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("it was cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        self.take(4).map(u32_of)
    }

    fn size(&mut self) -> Result<usize, &'static str> {
        let bytes = self.take(8)?;
        let [low, high] = [&bytes[..4], &bytes[4..]].map(u32_of);
        usize::try_from(u64::from(high) << 32 | u64::from(low)).map_err(|_| "it was cut short")
    }
}
