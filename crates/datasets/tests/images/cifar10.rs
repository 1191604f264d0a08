//! The official folder and archive, whole, incomplete and wrong.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use mirrorhead_datasets::{CIFAR10_CLASSES, DataError, Normalisation, find_cifar10, read_cifar10};

const FILES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

/// Bytes of a record and of a file.
const RECORD: usize = 3073;
const SIZE: usize = 10_000 * RECORD;

/// The records of file number `k`: black airplanes, but every thousandth one, which has label 1 to
/// 9 and 0, turned by `k`, and planes that count up.
fn records(k: usize) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    for (i, record) in bytes.chunks_exact_mut(RECORD).enumerate().step_by(1000) {
        for (at, value) in record.iter_mut().enumerate() {
            *value = (i + k + at).to_le_bytes()[0];
        }
        record[0] = u8::try_from((i / 1000 + k + 1) % 10).expect("a digit");
    }
    bytes
}

/// Writes the records of which every thousandth one is not zero, and leaves the rest to the file
/// system.
fn write_records(path: &Path, records: &[u8]) {
    let mut file = fs::File::create(path).expect("a file");
    file.set_len(records.len() as u64).expect("room");
    for (i, record) in records.chunks(RECORD).enumerate().step_by(1000) {
        file.seek(SeekFrom::Start((i * RECORD) as u64)).expect("a place");
        file.write_all(record).expect("a file");
    }
}

fn write_archive(path: &Path, files: &[(&str, &[u8])]) {
    let file = fs::File::create(path).expect("a file");
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let name = format!("cifar-10-batches-bin/{name}");
        archive.append_data(&mut header, name, *bytes).expect("an entry");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("an archive");
}

#[test]
fn folder_and_archive_are_read_in_the_order_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let official = folder.path().join("cifar-10-batches-bin");
    fs::create_dir(&official).expect("a folder");
    let contents: Vec<_> = (0..6).map(records).collect();
    for (name, bytes) in FILES.iter().zip(&contents) {
        write_records(&official.join(name), bytes);
    }
    assert_eq!(find_cifar10(folder.path()).expect("it is there"), official);
    let set = read_cifar10(&official).expect("a whole set");
    assert_eq!((set.train.len(), set.test.len()), (50_000, 10_000));
    assert_eq!((set.train.height(), set.train.width()), (32, 32));
    let parts = [(&set.train, &contents[..5]), (&set.test, &contents[5..])];
    for (images, files) in parts {
        for (i, record) in files.iter().flat_map(|file| file.chunks_exact(RECORD)).enumerate() {
            assert_eq!((images.label(i), images.image(i)), (record[0], &record[1..]), "{i}");
        }
    }

    // The archive has another order, and other files.
    let path = folder.path().join("cifar-10-binary.tar.gz");
    let order = [5, 3, 0, 4, 1, 2];
    let files = order.map(|k| (FILES[k], contents[k].as_slice()));
    write_archive(&path, &[&files[..], &[("batches.meta.txt", b"airplane")]].concat());
    assert_eq!(find_cifar10(folder.path()).expect("it is there"), path);
    assert_eq!(read_cifar10(&path).expect("a whole archive"), set);
    assert_eq!(read_cifar10(folder.path()).expect("its parent"), set);

    let whole = fs::read(&path).expect("a file");
    for length in [whole.len() - 1, whole.len() / 8, 5, 0] {
        fs::write(&path, &whole[..length]).expect("a file");
        let read = read_cifar10(&path).map(|set| set.train.len());
        assert!(matches!(read, Err(DataError::Archive { .. })), "{length}: {read:?}");
    }
}

#[test]
fn an_incomplete_or_wrong_set_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = |path: &Path| read_cifar10(path).map(|set| set.train.len()).expect_err("a fault");
    let missing = find_cifar10(folder.path()).expect_err("nothing is there").to_string();
    assert!(missing.contains("c32a1d4ab5d03f1284b67883e8d13530"), "{missing}");
    assert!(matches!(error(folder.path()), DataError::Read { .. }));
    assert!(matches!(error(&folder.path().join("none")), DataError::Read { .. }));

    let path = folder.path().join("data_batch_1.bin");
    let mut records = records(0);
    for length in [0, RECORD, SIZE - 1, SIZE - RECORD] {
        write_records(&path, &records[..length]);
        let error = error(folder.path());
        let DataError::BatchSize { name: "data_batch_1.bin", expected: SIZE, found } = error else {
            panic!("{error}")
        };
        assert_eq!(found, length);
    }
    records[5000 * RECORD] = 10;
    write_records(&path, &records);
    let wrong = error(folder.path());
    assert!(matches!(wrong, DataError::NoSuchClass { record: 5000, label: 10, .. }), "{wrong}");
    assert_eq!(CIFAR10_CLASSES[9], "truck");

    let archive = folder.path().join("some.tar.gz");
    write_archive(&archive, &[("readme.html", b"")]);
    assert!(matches!(error(&archive), DataError::EmptyPart { part: "data_batch_1.bin", .. }));
    write_archive(&archive, &[("data_batch_1.bin", b"short")]);
    assert!(matches!(error(&archive), DataError::BatchSize { found: 5, .. }));
}

#[test]
#[ignore = "needs CIFAR-10 in MIRRORHEAD_DATA_DIR"]
fn cifar10_has_as_many_images_of_each_class_and_the_known_mean() {
    let data_dir =
        std::env::var_os("MIRRORHEAD_DATA_DIR").expect("MIRRORHEAD_DATA_DIR says where it is");
    let path = find_cifar10(Path::new(&data_dir)).expect("CIFAR-10");
    let set = read_cifar10(&path).expect("a whole set");
    for (images, expected) in [(&set.train, 5000), (&set.test, 1000)] {
        let mut counts = [0; 10];
        images.labels().iter().for_each(|label| counts[usize::from(*label)] += 1);
        assert_eq!(counts, [expected; 10]);
    }
    let Normalisation { mean, deviation } = Normalisation::of(&set.train).expect("images");
    // The values in common use; compressed copies of the images differ by less.
    let known = [0.4914, 0.4822, 0.4465, 0.2470, 0.2435, 0.2616];
    for (found, known) in mean.iter().chain(&deviation).zip(known) {
        assert!((found - known).abs() < 0.005, "{mean:?} {deviation:?}");
    }
}
