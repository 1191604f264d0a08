//! The Large Movie Review Dataset: 50,000 reviews from IMDb, half of them positive.

use std::path::{Path, PathBuf};

use crate::folder::{self, Candidate};
use crate::{DataError, Review, Reviews, archive, whole_file};

/// What is looked for, in this order.
const CANDIDATES: [Candidate; 3] = [
    Candidate::File("aclImdb_v1.tar.gz"),
    Candidate::Folder("aclImdb"),
    Candidate::File("aclImdb_labeled.tar.gz"),
];

/// What is expected, and from where.
const EXPECTED: &str = "the Large Movie Review Dataset (Maas et al. 2011): aclImdb_v1.tar.gz from \
     https://ai.stanford.edu/~amaas/data/sentiment (MD5 7c2ac02c03563afcf9b574c7e56c153a), or what \
     it unpacks to, the folder aclImdb, or its labelled part, aclImdb_labeled.tar.gz (SHA-256 \
     5fb3a0af9a0d4356e7c4142b21ec7df2a46a512ec0ea891e2dea67b47aecf4e2)";

/// Where in a folder the reviews are: the official archive `aclImdb_v1.tar.gz`, the folder `aclImdb`
/// that it unpacks to, or `aclImdb_labeled.tar.gz`, in this order.
///
/// # Errors
/// [`DataError::NotFound`], which says what is expected, from where, and what is there instead.
///
/// ```
/// use mirrorhead_datasets::find_imdb;
/// let folder = tempfile::tempdir()?;
/// let error = find_imdb(folder.path()).unwrap_err().to_string();
/// assert!(error.contains("aclImdb_v1.tar.gz") && error.contains("found nothing"));
/// std::fs::create_dir(folder.path().join("aclImdb"))?;
/// assert_eq!(find_imdb(folder.path())?, folder.path().join("aclImdb"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_imdb(data_dir: &Path) -> Result<PathBuf, DataError> {
    folder::find(data_dir, &CANDIDATES, EXPECTED)
}

/// Reads the labelled reviews of an archive or folder that [`find_imdb`] found.
///
/// The reviews are the files `(train|test)/(pos|neg)/ID_RATING.txt`; the unlabelled ones are passed
/// over. Their order is that of number, then label, and so the same whatever they were packed in.
/// An archive is read from front to back, without unpacking it to disk.
///
/// # Errors
/// A file that cannot be read ([`DataError::Read`]); an archive that is none, damaged or cut short
/// ([`DataError::Archive`]); a part without reviews ([`DataError::EmptyPart`]); a name that is no
/// number and rating ([`DataError::ReviewName`]); a rating that is not of its folder's opinion
/// ([`DataError::RatingContradictsFolder`]); a review that is there twice
/// ([`DataError::DuplicateReview`]), or empty ([`DataError::EmptyReview`]).
///
/// Source: Maas, Daly, Pham, Huang, Ng, Potts, *Learning Word Vectors for Sentiment Analysis*, 2011.
pub fn read_imdb(path: &Path) -> Result<Reviews, DataError> {
    let files =
        if path.is_dir() { read_folder(path)? } else { archive::read_chosen(path, Place::of)? };
    let mut ordered = Vec::with_capacity(files.len());
    for (place, bytes) in files {
        ordered.push((place.order()?, place, bytes));
    }
    ordered.sort_by_key(|(order, ..)| *order);
    if let Some(pair) = ordered.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(DataError::DuplicateReview { review: pair[1].1.to_string() });
    }
    for (.., part) in FOLDERS {
        if !ordered.iter().any(|(_, place, _)| place.folder == part) {
            return Err(DataError::EmptyPart { path: path.to_owned(), part });
        }
    }
    let mut reviews = Reviews::default();
    for (_, place, bytes) in ordered {
        add(&mut reviews, &place, bytes)?;
    }
    Ok(reviews)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Train,
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Opinion {
    Negative,
    Positive,
}

/// The four folders of labelled reviews.
const FOLDERS: [(Part, Opinion, &str); 4] = [
    (Part::Train, Opinion::Negative, "train/neg"),
    (Part::Train, Opinion::Positive, "train/pos"),
    (Part::Test, Opinion::Negative, "test/neg"),
    (Part::Test, Opinion::Positive, "test/pos"),
];

/// Where a review lies.
#[derive(Debug, Clone)]
struct Place {
    part: Part,
    opinion: Opinion,
    folder: &'static str,
    name: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.folder, self.name)
    }
}

impl Place {
    /// The place of `.../train/pos/NAME.txt`; nothing for other paths and for hidden files.
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let is_text = path.extension().is_some_and(|extension| extension == "txt");
        if name.starts_with('.') || !is_text {
            return None;
        }
        let (part, opinion, folder) = *FOLDERS
            .iter()
            .find(|(.., folder)| path.parent().is_some_and(|p| p.ends_with(folder)))?;
        Some(Self { part, opinion, folder, name: name.to_owned() })
    }

    /// What reviews are ordered by: part, the number of `NUMBER_RATING.txt`, opinion. The rating is
    /// held against the folder.
    fn order(&self) -> Result<(Part, u64, Opinion), DataError> {
        let (number, rating) = self
            .name
            .strip_suffix(".txt")
            .and_then(|stem| stem.split_once('_'))
            .and_then(|(number, rating)| Some((number.parse().ok()?, rating.parse::<u64>().ok()?)))
            .ok_or_else(|| DataError::ReviewName { review: self.to_string() })?;
        let agrees = match self.opinion {
            Opinion::Negative => (1..=4).contains(&rating),
            Opinion::Positive => (7..=10).contains(&rating),
        };
        if agrees {
            Ok((self.part, number, self.opinion))
        } else {
            Err(DataError::RatingContradictsFolder { review: self.to_string(), rating })
        }
    }
}

/// The reviews of an unpacked archive: `path` itself, or `path/aclImdb`.
fn read_folder(path: &Path) -> Result<Vec<(Place, Vec<u8>)>, DataError> {
    let nested = path.join("aclImdb");
    let root = if nested.is_dir() { &nested } else { path };
    let mut files = Vec::new();
    for (.., part) in FOLDERS {
        for file in folder::list(&root.join(part))? {
            if let Some(place) = Place::of(&file) {
                files.push((place, whole_file::read(&file)?));
            }
        }
    }
    Ok(files)
}

fn add(reviews: &mut Reviews, place: &Place, bytes: Vec<u8>) -> Result<(), DataError> {
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        reviews.repaired += 1;
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    if text.trim().is_empty() {
        return Err(DataError::EmptyReview { review: place.to_string() });
    }
    let part = match place.part {
        Part::Train => &mut reviews.train,
        Part::Test => &mut reviews.test,
    };
    let label = match place.opinion {
        Opinion::Negative => 0,
        Opinion::Positive => 1,
    };
    part.push(Review { text, label });
    Ok(())
}
