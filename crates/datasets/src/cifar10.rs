//! CIFAR-10: 60,000 images of 32 x 32 pixels in ten classes.

use std::path::{Path, PathBuf};

use crate::folder::{self, Candidate};
use crate::{DataError, ImageSet, Images, archive, whole_file};

/// The names of the classes, in the order of their labels.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The folder that the official archive unpacks to.
const FOLDER: &str = "cifar-10-batches-bin";

/// What is looked for, in this order.
const CANDIDATES: [Candidate; 2] =
    [Candidate::File("cifar-10-binary.tar.gz"), Candidate::Folder(FOLDER)];

/// What is expected, and from where.
const EXPECTED: &str = "CIFAR-10 (Krizhevsky 2009), binary version: cifar-10-binary.tar.gz from \
     https://www.cs.toronto.edu/~kriz/cifar.html (MD5 c32a1d4ab5d03f1284b67883e8d13530), or what it \
     unpacks to, the folder cifar-10-batches-bin";

/// The files to learn from.
const TRAIN: [&str; 5] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
];

/// The file to test on.
const TEST: &str = "test_batch.bin";

const SIDE: usize = 32;
const RECORDS: usize = 10_000;
/// A label, and the three planes of an image.
const RECORD: usize = 1 + 3 * SIDE * SIDE;

/// Where in a folder CIFAR-10 is: the official archive `cifar-10-binary.tar.gz`, or the folder
/// `cifar-10-batches-bin` that it unpacks to, in this order.
///
/// # Errors
/// [`DataError::NotFound`], which says what is expected, from where, and what is there instead.
pub fn find_cifar10(data_dir: &Path) -> Result<PathBuf, DataError> {
    folder::find(data_dir, &CANDIDATES, EXPECTED)
}

/// Reads the archive or folder that [`find_cifar10`] found: 50,000 images to learn from, in the order
/// of the five files, and 10,000 to test on. An archive is read without unpacking it to disk.
///
/// # Errors
/// A file that cannot be read ([`DataError::Read`]); an archive that is none, damaged or cut short
/// ([`DataError::Archive`]) or lacks one of the six files ([`DataError::EmptyPart`]); a file that is
/// not 10,000 records of 3,073 bytes ([`DataError::BatchSize`]); a label above 9
/// ([`DataError::NoSuchClass`]).
///
/// Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.
pub fn read_cifar10(path: &Path) -> Result<ImageSet, DataError> {
    if path.is_dir() {
        let nested = path.join(FOLDER);
        let folder = if nested.is_dir() { &nested } else { path };
        return read_set(|name| whole_file::read(&folder.join(name)));
    }
    let mut files = archive::read_chosen(path, name_of)?;
    read_set(|name| match files.iter().position(|(found, _)| *found == name) {
        Some(at) => Ok(files.swap_remove(at).1),
        None => Err(DataError::EmptyPart { path: path.to_owned(), part: name }),
    })
}

/// Which file of the set a path of the archive is.
fn name_of(path: &Path) -> Option<&'static str> {
    let mut names = TRAIN.into_iter().chain([TEST]);
    names.find(|name| path.ends_with(Path::new(FOLDER).join(name)))
}

fn read_set(
    mut read: impl FnMut(&'static str) -> Result<Vec<u8>, DataError>,
) -> Result<ImageSet, DataError> {
    let mut images = |names: &[&'static str]| {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for name in names {
            add_batch(name, &read(name)?, &mut pixels, &mut labels)?;
        }
        Images::new(SIDE, SIDE, pixels, labels)
    };
    Ok(ImageSet { train: images(&TRAIN)?, test: images(&[TEST])? })
}

fn add_batch(
    name: &'static str,
    records: &[u8],
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u8>,
) -> Result<(), DataError> {
    let expected = RECORDS * RECORD;
    if records.len() != expected {
        return Err(DataError::BatchSize { name, expected, found: records.len() });
    }
    for (record, bytes) in records.chunks_exact(RECORD).enumerate() {
        let (label, image) = (bytes[0], &bytes[1..]);
        if usize::from(label) >= CIFAR10_CLASSES.len() {
            return Err(DataError::NoSuchClass { name, record, label });
        }
        labels.push(label);
        pixels.extend_from_slice(image);
    }
    Ok(())
}
