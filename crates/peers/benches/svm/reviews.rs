//! Labelled film reviews: the IMDb archive of Maas et al. (2011), read in place.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tar::Archive;

/// The archive's name in the folder given by `--data-dir` or [`DATA_DIR`], or in `data` of the workspace.
const ARCHIVE: &str = "aclImdb_labeled.tar.gz";

/// The environment variable that names the folder.
const DATA_DIR: &str = "MIRRORHEAD_DATA_DIR";

/// Reviews with the sign of their opinion.
#[derive(Debug, Default)]
pub struct Reviews {
    pub texts: Vec<String>,
    pub labels: Vec<f64>,
}

/// Where the archive is, or what is missing.
pub fn archive(data_dir: Option<&Path>) -> Result<PathBuf, String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let folder = data_dir
        .map(Path::to_path_buf)
        .or_else(|| std::env::var_os(DATA_DIR).map(PathBuf::from))
        .unwrap_or(own);
    let path = folder.join(ARCHIVE);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "no text: {ARCHIVE} (the labelled part of the Large Movie Review Dataset) is not in {}; \
         say where it is by --data-dir or {DATA_DIR}",
        folder.display()
    ))
}

/// `train` reviews of the training part and `test` of the test part, half of each of either opinion,
/// evenly spread over the archive's numbering.
pub fn read(archive: &Path, train: usize, test: usize) -> Result<[Reviews; 2], String> {
    let failed = |error: std::io::Error| format!("{}: {error}", archive.display());
    let file = File::open(archive).map_err(failed)?;
    let mut parts = [(train, Vec::new()), (test, Vec::new())];
    for entry in Archive::new(GzDecoder::new(file)).entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let path = entry.path().map_err(failed)?.into_owned();
        let Some((part, label, number)) = place(&path) else { continue };
        let (size, reviews) = &mut parts[part];
        if is_chosen(number, *size) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(failed)?;
            reviews.push((number, label, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(parts.map(|(_, mut reviews)| {
        reviews.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (labels, texts) = reviews.into_iter().map(|(_, label, text)| (label, text)).unzip();
        Reviews { texts, labels }
    }))
}

/// The part (0 to learn from, 1 to test on), label and number of `.../train/pos/NUMBER_RATING.txt`.
fn place(path: &Path) -> Option<(usize, f64, usize)> {
    let mut parts = path.components().rev().filter_map(|part| part.as_os_str().to_str());
    let number = parts.next()?.strip_suffix(".txt")?.split('_').next()?.parse().ok()?;
    let label = match parts.next()? {
        "pos" => 1.0,
        "neg" => -1.0,
        _ => return None,
    };
    let part = match parts.next()? {
        "train" => 0,
        "test" => 1,
        _ => return None,
    };
    Some((part, label, number))
}

/// Whether the review of this number is among the `size`/2 chosen of [`NUMBERS`].
fn is_chosen(number: usize, size: usize) -> bool {
    let before = |number: usize| number * (size / 2) / NUMBERS;
    number < NUMBERS && before(number + 1) > before(number)
}

/// Reviews of one opinion in one part.
const NUMBERS: usize = 12_500;
