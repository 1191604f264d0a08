//! The official folder and archive, whole, incomplete and wrong.

use std::fs;
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

/// The records of file number `k`: image $i$ has label $i + k$ modulo 10, and its planes count up from
/// $i$, from $i + 100$ and from $i + 200$ in steps of `k + 1`.
fn records(k: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10_000 * 3073);
    for i in 0..10_000 {
        bytes.push(byte((i + k) % 10));
        for plane in 0..3 {
            bytes.extend((0..1024).map(|at| byte(i + 100 * plane + (k + 1) * at)));
        }
    }
    bytes
}

/// The last eight bits.
fn byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
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
        fs::write(official.join(name), bytes).expect("a file");
    }
    assert_eq!(find_cifar10(folder.path()).expect("it is there"), official);
    let set = read_cifar10(&official).expect("a whole set");
    assert_eq!((set.train.len(), set.test.len()), (50_000, 10_000));
    assert_eq!((set.train.height(), set.train.width()), (32, 32));
    for (i, k) in [(0, 0), (9_999, 0), (10_000, 1), (34_567, 3), (49_999, 4)] {
        let record = &contents[k][i % 10_000 * 3073..][..3073];
        assert_eq!((set.train.label(i), set.train.image(i)), (record[0], &record[1..]));
    }
    assert_eq!(set.test.image(7), &contents[5][7 * 3073 + 1..8 * 3073]);
    let expected: Vec<_> = contents[5].iter().copied().step_by(3073).collect();
    assert_eq!(set.test.labels(), expected);

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
    for length in [0, 3073, records.len() - 1, records.len() - 3073] {
        fs::write(&path, &records[..length]).expect("a file");
        let error = error(folder.path());
        let DataError::BatchSize { name: "data_batch_1.bin", expected: 30_730_000, found } = error
        else {
            panic!("{error}")
        };
        assert_eq!(found, length);
    }
    records[5 * 3073] = 10;
    fs::write(&path, &records).expect("a file");
    let wrong = error(folder.path());
    assert!(matches!(wrong, DataError::NoSuchClass { record: 5, label: 10, .. }), "{wrong}");
    assert_eq!(CIFAR10_CLASSES[9], "truck");

    let archive = folder.path().join("some.tar.gz");
    write_archive(&archive, &[("readme.html", b"")]);
    assert!(matches!(error(&archive), DataError::EmptyPart { part: "data_batch_1.bin", .. }));
    write_archive(&archive, &[("data_batch_1.bin", b"short")]);
    assert!(matches!(error(&archive), DataError::BatchSize { found: 5, .. }));
}

/// The published set, where it lies beside the checkout.
#[test]
#[ignore = "takes seconds"]
fn cifar10_has_as_many_images_of_each_class_and_the_known_mean() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let Ok(path) = find_cifar10(&beside) else { return };
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
