//! Archives of the official layout, whole, damaged and contradictory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use mirrorhead_datasets::{DataError, Reviews, find_imdb, read_imdb};
use tempfile::TempDir;

use crate::write_anew;

/// Eight reviews and what else the archive holds, in an order that is not the reviews'.
const FILES: &[(&str, &[u8])] = &[
    ("README", b"Large Movie Review Dataset v1.0"),
    ("imdb.vocab", b"the\nand"),
    ("train/urls_pos.txt", b"http://example.org"),
    ("test/neg/0_2.txt", b"Dull.<br /><br />Very dull."),
    ("test/pos/0_10.txt", b"Superb"),
    ("test/pos/10_7.txt", b"Nice caf\xc3\xa9 scene"),
    ("test/pos/9_8.txt", b"Good"),
    ("train/neg/1_1.txt", b"Awful"),
    ("train/neg/0_3.txt", b"Bad \xff bytes"),
    ("train/pos/0_9.txt", b"Great"),
    ("train/pos/.hidden.txt", b"no review"),
    ("train/unsup/0_0.txt", b"no label"),
    ("train/unsup/1_0.txt", b""),
];

fn archive_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("aclImdb/{name}"), *bytes).expect("an entry");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("an archive")
}

fn write_archive(folder: &Path, files: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("aclImdb_v1.tar.gz");
    fs::write(&path, archive_bytes(files)).expect("a file");
    path
}

fn write_folder(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join("aclImdb").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// [`FILES`] with one of them replaced, added or, for `None`, left out.
fn with(name: &'static str, bytes: Option<&'static [u8]>) -> Vec<(&'static str, &'static [u8])> {
    let others = FILES.iter().copied().filter(|(other, _)| *other != name);
    others.chain(bytes.map(|bytes| (name, bytes))).collect()
}

/// Reads the files from an archive and from a folder, which must agree in what is wrong.
fn read(files: &[(&str, &[u8])]) -> Result<Reviews, DataError> {
    let folder = folder();
    let archive = read_imdb(&write_archive(folder.path(), files));
    write_folder(folder.path(), files);
    let unpacked = read_imdb(&folder.path().join("aclImdb"));
    match (&archive, &unpacked) {
        (Ok(a), Ok(b)) => assert_eq!(a, b),
        (Err(a), Err(b)) => {
            assert_eq!(std::mem::discriminant(a), std::mem::discriminant(b), "{a}; {b}");
        }
        _ => panic!("{archive:?} and {unpacked:?}"),
    }
    archive
}

#[test]
fn the_order_is_that_of_numbers_and_labels_whatever_the_container() {
    let reviews = read(FILES).expect("valid reviews");
    let texts = |part: &[mirrorhead_datasets::Review]| {
        part.iter().map(|r| (r.text.clone(), r.label)).collect::<Vec<_>>()
    };
    let expected = |part: &[(&str, u8)]| {
        part.iter().map(|(text, label)| ((*text).to_owned(), *label)).collect::<Vec<_>>()
    };
    assert_eq!(
        texts(&reviews.train),
        expected(&[("Bad \u{fffd} bytes", 0), ("Great", 1), ("Awful", 0)])
    );
    assert_eq!(
        texts(&reviews.test),
        expected(&[
            ("Dull.<br /><br />Very dull.", 0),
            ("Superb", 1),
            ("Good", 1),
            ("Nice café scene", 1)
        ])
    );
    assert_eq!(reviews.repaired, 1);
}

#[test]
fn a_folder_may_be_given_by_its_parent() {
    let folder = folder();
    write_folder(folder.path(), FILES);
    let inner = read_imdb(&folder.path().join("aclImdb")).expect("valid reviews");
    assert_eq!(read_imdb(folder.path()).expect("valid reviews"), inner);
}

#[test]
fn what_contradicts_itself_is_refused_by_name() {
    let message = |name, bytes| read(&with(name, bytes)).expect_err("a fault").to_string();
    for (name, expected) in [
        ("train/pos/3_4.txt", "train/pos/3_4.txt: a rating of 4"),
        ("test/neg/3_7.txt", "test/neg/3_7.txt: a rating of 7"),
        ("test/neg/3_0.txt", "a rating of 0"),
        ("train/pos/3_11.txt", "a rating of 11"),
        ("train/pos/3_5.txt", "a rating of 5"),
        ("train/pos/x_9.txt", "train/pos/x_9.txt: the name"),
        ("train/pos/39.txt", "train/pos/39.txt: the name"),
        ("train/pos/0_8.txt", "same number"),
    ] {
        let message = message(name, Some(b"text"));
        assert!(message.contains(expected), "{message}");
    }
    assert!(message("train/neg/1_1.txt", Some(b" \n")).contains("train/neg/1_1.txt has no text"));
}

#[test]
fn a_part_without_reviews_is_refused() {
    let error = |files| read_imdb(&write_archive(folder().path(), files)).expect_err("a fault");
    let without = with("train/pos/0_9.txt", None);
    assert!(matches!(error(&without), DataError::EmptyPart { part: "train/pos", .. }));
    assert!(matches!(error(&[]), DataError::EmptyPart { part: "train/neg", .. }));
    let empty = folder();
    assert!(matches!(read_imdb(empty.path()), Err(DataError::Read { .. })));
    assert!(matches!(read_imdb(&empty.path().join("none")), Err(DataError::Read { .. })));
}

#[test]
fn an_archive_cut_anywhere_or_changed_anywhere_is_refused() {
    let folder = folder();
    let path = folder.path().join("aclImdb_v1.tar.gz");
    let whole = archive_bytes(FILES);
    fs::write(&path, &whole).expect("a file");
    let reviews = read_imdb(&path).expect("a whole archive");
    for length in 0..whole.len() {
        write_anew(&path, &whole[..length]);
        let read = read_imdb(&path);
        assert!(matches!(read, Err(DataError::Archive { .. })), "{length} bytes: {read:?}");
    }
    // The first ten bytes are gzip's header: its time and system don't matter.
    for at in (0..4).chain(10..whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        write_anew(&path, &changed);
        // Some bits say which of several equal bytes to repeat.
        let read = read_imdb(&path);
        assert!(read.is_err() || read.is_ok_and(|read| read == reviews), "byte {at} changed");
    }
    let mut plain = fs::File::create(&path).expect("a file");
    plain.write_all(b"no archive at all").expect("a file");
    assert!(matches!(read_imdb(&path), Err(DataError::Archive { .. })));
}

#[test]
fn the_official_archive_comes_first() {
    let folder = folder();
    let error = find_imdb(&folder.path().join("none")).expect_err("nothing is there");
    assert!(error.to_string().contains("7c2ac02c03563afcf9b574c7e56c153a"), "{error}");
    for k in 0..20 {
        fs::write(folder.path().join(format!("other-{k:02}")), b"").expect("a file");
    }
    let error = find_imdb(folder.path()).expect_err("other files").to_string();
    assert!(error.ends_with("other-11 and 8 more"), "{error}");
    for name in ["aclImdb_labeled.tar.gz", "aclImdb", "aclImdb_v1.tar.gz"] {
        let path = folder.path().join(name);
        match name {
            "aclImdb" => fs::create_dir(&path).expect("a folder"),
            _ => fs::write(&path, b"").expect("a file"),
        }
        assert_eq!(find_imdb(folder.path()).expect("it is there"), path);
    }
}
