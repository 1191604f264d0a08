//! Where images come from.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use mirrorhead_datasets::{DataError, ImageSet, PlantedImages, find_cifar10, read_cifar10};
use mirrorhead_harness::CellError;
use serde::{Deserialize, Serialize};

/// The images of an experiment. Where a file lies is no part of it, what it holds is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// CIFAR-10.
    Cifar10 {
        /// [`ImageSet::fingerprint`].
        sha256: String,
    },
    /// Noise with one decisive patch in each image.
    Planted {
        /// Their sizes.
        images: PlantedImages,
        /// Their seed.
        seed: u64,
    },
}

/// Images that were read or made last; other cells use the same.
static LAST: Mutex<Option<(ImageSource, Arc<ImageSet>)>> = Mutex::new(None);

impl ImageSource {
    /// CIFAR-10 as it is in the data folder.
    ///
    /// # Errors
    /// It isn't there, or it is damaged.
    pub fn cifar10(data_dir: &Path) -> Result<Self, DataError> {
        let set = read_cifar10(&find_cifar10(data_dir)?)?;
        let source = Self::Cifar10 { sha256: set.fingerprint() };
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((source.clone(), Arc::new(set)));
        Ok(source)
    }

    /// The images; read or made once, whoever asks.
    ///
    /// # Errors
    /// Data that can't be read, or that is other data than this source's.
    pub fn images(&self, data_dir: &Path) -> Result<Arc<ImageSet>, CellError> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((source, set)) = last.as_ref()
            && source == self
        {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(self.read(data_dir)?);
        *last = Some((self.clone(), Arc::clone(&set)));
        Ok(set)
    }

    fn read(&self, data_dir: &Path) -> Result<ImageSet, CellError> {
        match self {
            Self::Planted { images, seed } => {
                images.sample(*seed).map(|planted| planted.images).map_err(CellError::from)
            }
            Self::Cifar10 { sha256 } => {
                let path = find_cifar10(data_dir)?;
                let set = read_cifar10(&path)?;
                let found = set.fingerprint();
                if found == *sha256 {
                    return Ok(set);
                }
                let path = path.display();
                Err(CellError::new(format!(
                    "{path} has other images (SHA-256 {found}) than this cell is about ({sha256})"
                )))
            }
        }
    }
}
