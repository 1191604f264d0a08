//! Tar archives compressed by gzip, read from front to back.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::Archive;

use crate::DataError;

/// The files of an archive that `choose` gives a key to, with that key, in the archive's order.
///
/// The archive is read to its last byte, so that gzip's checksum covers what is returned.
pub(crate) fn read_chosen<K>(
    path: &Path,
    choose: impl Fn(&Path) -> Option<K>,
) -> Result<Vec<(K, Vec<u8>)>, DataError> {
    let file =
        File::open(path).map_err(|source| DataError::Read { path: path.to_owned(), source })?;
    chosen(file, choose).map_err(|source| DataError::Archive { path: path.to_owned(), source })
}

fn chosen<K>(file: File, choose: impl Fn(&Path) -> Option<K>) -> io::Result<Vec<(K, Vec<u8>)>> {
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut files = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if let Some(key) = choose(&entry.path()?) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.push((key, bytes));
        }
    }
    // Tar ends before gzip does: its checksum is still to come.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(files)
}
