//! Data files in NPZ: arrays `X` (n x T x d, or all tokens in a row beside `lengths`), `Y`, `Z`, `v`, and
//! perhaps `W0`, `lengths` and `mask`.
//!
//! Nothing is believed that a checksum doesn't cover or a second place doesn't repeat: every member
//! is read to its end, where its CRC-32 is compared, and the archive's directory must agree with the
//! headers of its members and end where the file does.

use std::cmp::Ordering;
use std::io::{self, Cursor, Read};

use zip::result::ZipError;
use zip::{CompressionMethod as Method, ZipArchive};

use super::limits::MOST_NUMBERS;
use super::nested::NestedList;
use super::npy;
use super::npy_header::NpyHeader;
use super::parts::{Key, Parts};
use super::{DataProblem, Foreign};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Deflate doesn't shrink anything further than this.
const MOST_DEFLATED: u64 = 1032;

/// The most names that are remembered of an archive.
const MOST_NAMES: usize = 100;

/// Reads the arrays; sizes and numbers are still to be checked.
pub fn parse(bytes: &[u8]) -> Result<Parts, DataProblem> {
    let mut archive = open(bytes)?;
    let names = archive.file_names_raw().take(MOST_NAMES);
    let names: Vec<_> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    if names.iter().any(|name| name.ends_with("data.pkl")) {
        return Err(DataProblem::Foreign(Foreign::Container("a PyTorch file")));
    }
    if names.iter().any(|name| name == "[Content_Types].xml") {
        return Err(DataProblem::Foreign(Foreign::Container("an Office document")));
    }
    let mut total = 0;
    for key in Key::ALL {
        if let Some(count) = promised(&mut archive, key.name())? {
            total += count;
        }
        if total > MOST_NUMBERS {
            return Err(DataProblem::TooManyNumbers { place: key.name().into() });
        }
    }
    let mut parts = Parts::default();
    check_others(&mut archive)?;
    for key in Key::ALL {
        if let Some(list) = member(&mut archive, key.name(), |file| npy::read(file))? {
            parts.put(key, list);
        }
    }
    let bare = |name: String| name.strip_suffix(".npy").map(str::to_owned).unwrap_or(name);
    parts.names = names.into_iter().map(bare).collect();
    Ok(parts)
}

/// Reads arrays of these names, as far as they are there, and the archive's comment.
///
/// # Errors
/// A damaged archive, or arrays that can't be read.
pub fn read_arrays<const N: usize>(
    bytes: &[u8],
    names: [&str; N],
) -> Result<([Option<NestedList>; N], String), DataProblem> {
    let mut archive = open(bytes)?;
    let comment = String::from_utf8_lossy(archive.comment()).into_owned();
    let mut arrays = [const { None }; N];
    for (array, name) in arrays.iter_mut().zip(names) {
        promised(&mut archive, name)?;
        *array = member(&mut archive, name, |file| npy::read(file))?;
    }
    Ok((arrays, comment))
}

/// The archive, when its directory is whole and agrees with its members.
fn open(bytes: &[u8]) -> Result<Archive<'_>, DataProblem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let refuse = |reason: &str| Err(DataProblem::Archive { reason: reason.to_owned() });
    // What ends the directory is 22 bytes and a comment; NumPy writes none.
    let end = 22 + archive.comment().len();
    let ends =
        bytes.len().checked_sub(end).is_some_and(|at| bytes[at..].starts_with(b"PK\x05\x06"));
    if !ends {
        return refuse("something follows the end of the archive");
    }
    if archive.offset() != 0 {
        return refuse("something precedes the archive");
    }
    if archive.has_duplicate_names() {
        return refuse("it has two arrays of the same name");
    }
    archive.validate_header_consistency().map_err(|e| damaged(&e))?;
    Ok(archive)
}

/// The number of entries that an array promises, when its bytes can keep the promise.
fn promised(archive: &mut Archive<'_>, key: &str) -> Result<Option<usize>, DataProblem> {
    member(archive, key, |file| {
        let (size, compressed) = (file.size(), file.compressed_size());
        if size / MOST_DEFLATED > compressed.saturating_add(64) {
            return Err("is damaged: so few bytes can't hold it".into());
        }
        let header = NpyHeader::read(file)?;
        match header.bytes.cmp(&size) {
            Ordering::Equal => Ok(header.count),
            Ordering::Greater => Err("is truncated; write the file again with numpy.savez".into()),
            Ordering::Less => {
                Err("goes on after its last entry; write the file again with numpy.savez".into())
            }
        }
    })
}

/// What `read` makes of an array, if the archive has it. Where that is a problem, and the array is
/// damaged, then damage is the problem.
fn member<T>(
    archive: &mut Archive<'_>,
    key: &str,
    read: impl FnOnce(&mut zip::read::ZipFile<'_, Cursor<&[u8]>>) -> Result<T, String>,
) -> Result<Option<T>, DataProblem> {
    let Some(index) = archive.index_for_name(&format!("{key}.npy")) else {
        return Ok(None);
    };
    let problem = |reason| DataProblem::Array { key: key.to_owned(), reason };
    readable(archive, index).map_err(problem)?;
    let mut file = archive.by_index(index).map_err(|e| damaged(&e))?;
    let reason = match read(&mut file) {
        Ok(value) => return Ok(Some(value)),
        Err(reason) => reason,
    };
    drop(file);
    let mut file = archive.by_index(index).map_err(|e| damaged(&e))?;
    Err(problem(match io::copy(&mut file.by_ref().take(MOST_CHECKED), &mut io::sink()) {
        Ok(_) => reason,
        Err(error) => format!(
            "is damaged: its checksum (CRC-32) doesn't agree with its contents ({error}); copy the \
             file again, or write it again"
        ),
    }))
}

/// The most bytes of a member that are looked through for damage alone.
const MOST_CHECKED: u64 = 1 << 32;

/// Checks the members that aren't read: an archive in which one of them is damaged isn't believed.
fn check_others(archive: &mut Archive<'_>) -> Result<(), DataProblem> {
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|e| damaged(&e))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let known = name.strip_suffix(".npy").is_some_and(|name| Key::named(name).is_some());
        if known || readable(archive, index).is_err() {
            continue;
        }
        let file = archive.by_index(index).map_err(|e| damaged(&e))?;
        if let Err(error) = io::copy(&mut file.take(MOST_CHECKED), &mut io::sink()) {
            return Err(DataProblem::Archive { reason: format!("its file {name}: {error}") });
        }
    }
    Ok(())
}

/// Whether a member is stored in a way that can be read.
fn readable(archive: &Archive<'_>, index: usize) -> Result<(), String> {
    let entry = archive.by_index_data(index).map_err(|error| error.to_string())?;
    if entry.encrypted() {
        return Err("is encrypted; save the file again without a password".into());
    }
    let name = match entry.compression() {
        Method::Stored | Method::Deflated => return Ok(()),
        Method::DEFLATE64 => "Deflate64".into(),
        Method::BZIP2 => "bzip2".into(),
        Method::LZMA => "LZMA".into(),
        Method::ZSTD | Method::ZSTD_DEPRECATED => "Zstandard".into(),
        Method::XZ => "xz".into(),
        Method::PPMD => "PPMd".into(),
        other => format!("a method that isn't read ({other})"),
    };
    Err(format!("is compressed with {name}; save the file again with numpy.savez_compressed"))
}

fn damaged(error: &ZipError) -> DataProblem {
    DataProblem::Archive { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::CompressionMethod;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::super::DataFile;
    use super::super::npy::tests::npy;
    use super::*;

    fn archive(arrays: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            let options = SimpleFileOptions::default().compression_method(method);
            zip.start_file(format!("{name}.npy"), options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn stored(arrays: &[(&str, Vec<u8>)]) -> Result<DataFile, String> {
        let bytes = archive(arrays, CompressionMethod::Stored);
        DataFile::from_bytes(&bytes).map_err(|problem| problem.to_string())
    }

    fn floats(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn array(shape: &str, values: &[f64]) -> Vec<u8> {
        npy("<f8", "False", shape, &floats(values))
    }

    /// Two sequences of two tokens in two dimensions, `X` in Fortran order.
    fn arrays() -> Vec<(&'static str, Vec<u8>)> {
        let x = floats(&[0.0, 4.0, 2.0, 6.0, 1.0, 5.0, 3.0, 7.0]);
        vec![
            ("X", npy("<f8", "True", "(2, 2, 2)", &x)),
            ("Y", npy("|i1", "False", "(2, 1)", &[1, 0xff])),
            ("Z", array("(2, 2)", &[1.0, 0.0, 0.0, 1.0])),
            ("v", array("(2,)", &[0.5, -0.5])),
        ]
    }

    #[test]
    fn stored_and_deflated_archives_are_read() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let data = DataFile::from_bytes(&archive(&arrays(), method)).unwrap();
            assert_eq!(data.lengths, [2, 2]);
            assert_eq!(data.tokens, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
            assert_eq!(data.labels, [1.0, -1.0]);
        }
    }

    #[test]
    fn lengths_split_the_tokens_or_cut_their_padding() {
        let with = |shape: &str, lengths: &[f64]| {
            let mut arrays = arrays();
            let x: Vec<f64> = (0..8).map(f64::from).collect();
            arrays[0].1 = array(shape, &x);
            arrays.push(("lengths", array(&format!("({},)", lengths.len()), lengths)));
            stored(&arrays)
        };
        assert_eq!(with("(4, 2)", &[1.0, 3.0]).unwrap().lengths, [1, 3]);
        for wrong in [&[1.0, 2.0][..], &[4.0], &[0.0, 4.0], &[1.5, 2.5], &[1e300, 1.0]] {
            assert!(with("(4, 2)", wrong).is_err(), "{wrong:?}");
        }
        let cut = with("(2, 2, 2)", &[1.0, 2.0]).unwrap();
        assert_eq!((cut.lengths, cut.tokens), (vec![1, 2], vec![0.0, 1.0, 4.0, 5.0, 6.0, 7.0]));
        assert!(with("(2, 2, 2)", &[1.0, 3.0]).unwrap_err().contains("lengths[1] is 3"));
    }

    #[test]
    fn a_mask_of_truth_values_cuts_padding_of_any_kind() {
        let mut arrays = arrays();
        arrays[0].1 = array("(2, 2, 2)", &[0.0, 1.0, f64::NAN, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert!(stored(&arrays).unwrap_err().contains("X[0][1][0] is NaN"));
        arrays.push(("mask", npy("|b1", "False", "(2, 2)", &[1, 0, 1, 1])));
        assert_eq!(stored(&arrays).unwrap().lengths, [1, 2]);
        arrays[4].1 = npy("|b1", "False", "(2, 2)", &[0, 1, 1, 1]);
        let in_front = stored(&arrays).unwrap_err();
        assert!(in_front.contains("X[0][1][0] is NaN"), "{in_front}");
    }

    #[test]
    fn defects_name_the_array() {
        let with = |index: usize, array: Vec<u8>| {
            let mut arrays = arrays();
            arrays[index].1 = array;
            stored(&arrays).unwrap_err()
        };
        assert!(with(0, npy("<f8", "False", "(1,)", &[0; 8])).contains("X has shape (1,)"));
        assert!(with(0, npy("<f8", "False", "(0, 2, 2)", &[])).contains("X is empty"));
        assert!(with(1, b"no array".to_vec()).contains("array Y isn't in NPY format"));
        assert!(with(2, npy("<f8", "False", "(2, 2)", &[0; 8])).contains("array Z is truncated"));
        assert!(with(3, array("(2,)", &[1.0, f64::NAN])).contains("v[1] is NaN"));
        let positional: Vec<_> =
            ["arr_0", "arr_1"].into_iter().zip(arrays()).map(|(n, (_, a))| (n, a)).collect();
        let message = stored(&positional).unwrap_err();
        assert!(message.contains("no X") && message.contains("arr_0, arr_1"), "{message}");
        assert!(message.contains("X=X"), "{message}");
    }

    #[test]
    fn other_compressions_and_passwords_are_named() {
        let good = archive(&arrays(), CompressionMethod::Stored);
        for (method, name) in [(12u8, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (9, "Deflate64")] {
            let message = with_headers(&good, |header, at| header[at + 2] = method);
            assert!(message.contains(name), "{name}: {message}");
        }
        let message = with_headers(&good, |header, at| header[at] |= 1);
        assert!(message.contains("encrypted"), "{message}");
    }

    /// What is said of an archive whose headers, local and central, are changed; `at` is where their
    /// flags are, with the method two bytes behind.
    fn with_headers(bytes: &[u8], change: impl Fn(&mut [u8], usize)) -> String {
        let mut bytes = bytes.to_vec();
        for at in 0..bytes.len() - 12 {
            match &bytes[at..at + 4] {
                b"PK\x03\x04" => change(&mut bytes[at..], 6),
                b"PK\x01\x02" => change(&mut bytes[at..], 8),
                _ => {}
            }
        }
        DataFile::from_bytes(&bytes).unwrap_err().to_string()
    }

    #[test]
    fn every_flipped_bit_is_refused_or_changes_nothing() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let bytes = archive(&arrays(), method);
            let good = DataFile::from_bytes(&bytes).unwrap();
            let mut refused = 0;
            for bit in 0..8 * bytes.len() {
                let mut bytes = bytes.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                match DataFile::from_bytes(&bytes) {
                    Err(_) => refused += 1,
                    Ok(read) => assert_eq!(read, good, "bit {bit}"),
                }
            }
            assert!(refused > 8 * bytes.len() / 2, "{refused}");
        }
    }

    #[test]
    fn what_is_missing_at_the_end_or_too_much_is_refused() {
        let bytes = archive(&arrays(), CompressionMethod::Deflated);
        for end in 0..bytes.len() {
            assert!(DataFile::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        for rest in [&b"x"[..], b"\0\0\0\0", &bytes] {
            assert!(DataFile::from_bytes(&[&bytes, rest].concat()).is_err());
        }
    }

    #[test]
    fn few_bytes_that_promise_many_are_refused_before_they_are_unpacked() {
        let many = MOST_NUMBERS / 2 + 1;
        let mut arrays = arrays();
        arrays[0].1 = npy("|i1", "False", &format!("({many}, 2)"), &vec![0; 2 * many]);
        let bytes = archive(&arrays, CompressionMethod::Deflated);
        assert!(bytes.len() < 1 << 20);
        let message = DataFile::from_bytes(&bytes).unwrap_err().to_string();
        assert!(message.contains("134217728 numbers"), "{message}");
    }

    proptest! {
        #[test]
        fn damaged_archives_never_panic(at: usize, byte: u8, cut in 0usize..1200) {
            let mut bytes = archive(&arrays(), CompressionMethod::Deflated);
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = DataFile::from_bytes(&bytes);
            bytes.truncate(cut);
            let _ = DataFile::from_bytes(&bytes);
        }
    }
}
