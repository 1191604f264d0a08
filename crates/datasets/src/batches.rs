//! Batches of documents, of like length or as they come.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::DataError;

/// Batches whose documents are sorted by length together when they are drawn at random.
const BATCHES_IN_POOL: usize = 50;

/// Ways to cut indices into batches, of documents of like length where little padding is wanted.
///
/// `lengths` are those of all documents; `indices` are the documents to batch. Every index comes once;
/// only one batch may be smaller than the others.
#[derive(Debug, Clone, Copy)]
pub struct Batches;

impl Batches {
    /// Batches to train on, in random order: the indices are shuffled and cut into pools of 50 batches,
    /// each pool is sorted by length and cut into batches, and the batches are shuffled. One epoch, one
    /// seed.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`] for a batch size of zero, [`DataError::NoSuchIndex`] for an index without
    /// a length.
    ///
    /// ```
    /// use mirrorhead_datasets::Batches;
    /// let lengths = [7, 2, 9, 2, 7];
    /// let batches = Batches::by_length(&[0, 1, 2, 3], &lengths, 2, 1)?;
    /// assert!(batches.contains(&vec![1, 3]) || batches.contains(&vec![3, 1]));
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn by_length(
        indices: &[usize],
        lengths: &[usize],
        batch_size: usize,
        seed_of_epoch: u64,
    ) -> Result<Vec<Vec<usize>>, DataError> {
        require(indices, lengths, batch_size)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed_of_epoch);
        let mut shuffled = indices.to_vec();
        shuffled.shuffle(&mut rng);
        let mut batches = Vec::with_capacity(indices.len().div_ceil(batch_size));
        for pool in shuffled.chunks_mut(batch_size.saturating_mul(BATCHES_IN_POOL)) {
            pool.sort_by_key(|i| lengths[*i]);
            batches.extend(pool.chunks(batch_size).map(<[usize]>::to_vec));
        }
        batches.shuffle(&mut rng);
        Ok(batches)
    }

    /// Batches to train on, in random order, whatever the lengths: the indices are shuffled and cut. One
    /// epoch, one seed.
    ///
    /// # Errors
    /// [`DataError::ZeroSize`] for a batch size of zero.
    ///
    /// ```
    /// use mirrorhead_datasets::Batches;
    /// let batches = Batches::shuffled(&[4, 5, 6], 2, 1)?;
    /// let mut indices = batches.concat();
    /// indices.sort_unstable();
    /// assert_eq!((batches[0].len(), indices), (2, vec![4, 5, 6]));
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn shuffled(
        indices: &[usize],
        batch_size: usize,
        seed_of_epoch: u64,
    ) -> Result<Vec<Vec<usize>>, DataError> {
        require_batch(batch_size)?;
        let mut shuffled = indices.to_vec();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed_of_epoch));
        Ok(shuffled.chunks(batch_size).map(<[usize]>::to_vec).collect())
    }

    /// Batches to evaluate on: the indices sorted by length, equal lengths as they come, cut into
    /// batches.
    ///
    /// # Errors
    /// As [`Self::by_length`].
    ///
    /// ```
    /// use mirrorhead_datasets::Batches;
    /// let batches = Batches::in_order(&[0, 1, 2, 3, 4], &[7, 2, 9, 2, 7], 2)?;
    /// assert_eq!(batches, [vec![1, 3], vec![0, 4], vec![2]]);
    /// # Ok::<(), mirrorhead_datasets::DataError>(())
    /// ```
    pub fn in_order(
        indices: &[usize],
        lengths: &[usize],
        batch_size: usize,
    ) -> Result<Vec<Vec<usize>>, DataError> {
        require(indices, lengths, batch_size)?;
        let mut sorted = indices.to_vec();
        sorted.sort_by_key(|i| lengths[*i]);
        Ok(sorted.chunks(batch_size).map(<[usize]>::to_vec).collect())
    }
}

fn require(indices: &[usize], lengths: &[usize], batch_size: usize) -> Result<(), DataError> {
    require_batch(batch_size)?;
    require_indices(indices, lengths.len())
}

fn require_batch(batch_size: usize) -> Result<(), DataError> {
    if batch_size == 0 {
        return Err(DataError::ZeroSize { what: "batch_size" });
    }
    Ok(())
}

/// Checks that every index is below `len`.
pub(crate) fn require_indices(indices: &[usize], len: usize) -> Result<(), DataError> {
    match indices.iter().find(|index| **index >= len) {
        None => Ok(()),
        Some(&index) => Err(DataError::NoSuchIndex { index, len }),
    }
}
