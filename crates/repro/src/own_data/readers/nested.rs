//! Numbers in nested lists, as a file holds them: one buffer, and the size of every list.

use super::DataProblem;

/// Nested lists of numbers, all of the same depth, of any sizes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NestedList {
    /// `sizes[k]`: how many elements each list of depth `k` has, in the order of the file; those of
    /// depth 0 is the list itself.
    sizes: Vec<Vec<usize>>,
    values: Vec<f64>,
}

impl NestedList {
    /// Numbers in lists of these sizes; that they fit is the reader's matter.
    pub fn new(sizes: Vec<Vec<usize>>, values: Vec<f64>) -> Self {
        debug_assert_eq!(sizes.last().map(|sizes| sizes.iter().sum()), Some(values.len()));
        Self { sizes, values }
    }

    /// A dense array, the last axis fastest.
    pub fn dense(shape: &[usize], values: Vec<f64>) -> Self {
        let lists = |axis: usize| shape[..axis].iter().product();
        let sizes = (0..shape.len()).map(|axis| vec![shape[axis]; lists(axis)]).collect();
        Self::new(sizes, values)
    }

    /// The number of axes.
    pub fn depth(&self) -> usize {
        self.sizes.len()
    }

    /// The sizes of all lists of this depth.
    pub fn sizes(&self, depth: usize) -> &[usize] {
        &self.sizes[depth]
    }

    /// The common size of the lists of this depth, unless they differ.
    pub fn uniform(&self, depth: usize) -> Option<usize> {
        let (first, others) = self.sizes[depth].split_first()?;
        others.iter().all(|size| size == first).then_some(*first)
    }

    /// Every number, in the order of the file.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Every number, in the order of the file.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The numbers of a vector, also when it stands as a row or a column of a matrix.
    ///
    /// # Errors
    /// A matrix, or more than one axis otherwise.
    pub fn into_vector(self, place: &'static str) -> Result<Vec<f64>, DataProblem> {
        let vector = match self.depth() {
            1 => true,
            2 => self.sizes(0) == [1] || self.uniform(1) == Some(1),
            _ => false,
        };
        if vector { Ok(self.values) } else { Err(self.wrong_shape(place, "1 axis")) }
    }

    /// That this has another shape than it must have.
    pub fn wrong_shape(&self, place: &'static str, expected: &'static str) -> DataProblem {
        DataProblem::WrongShape { place, found: self.shape(), expected }
    }

    /// The shape as Python writes it, or that there is none.
    fn shape(&self) -> String {
        let shape: Option<Vec<_>> = (0..self.depth()).map(|k| self.uniform(k)).collect();
        match shape.as_deref() {
            Some([size]) => format!("has shape ({size},)"),
            Some(sizes) => {
                let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
                format!("has shape ({})", sizes.join(", "))
            }
            None => format!("has {} axes of uneven sizes", self.depth()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_vectors_and_matrices_are_not() {
        let values = vec![1.0, 2.0, 3.0, 4.0];
        for shape in [&[4][..], &[4, 1], &[1, 4]] {
            let list = NestedList::dense(shape, values.clone());
            assert_eq!(list.into_vector("Y").unwrap(), values);
        }
        let message = |shape: &[usize]| {
            let list = NestedList::dense(shape, values.clone());
            list.into_vector("Y").unwrap_err().to_string()
        };
        assert_eq!(message(&[2, 2]), "Y has shape (2, 2), but must have 1 axis");
        assert_eq!(message(&[1, 4, 1]), "Y has shape (1, 4, 1), but must have 1 axis");
        let ragged = NestedList::new(vec![vec![2], vec![1, 3]], values);
        assert!(
            ragged.into_vector("Y").unwrap_err().to_string().contains("2 axes of uneven sizes")
        );
    }

    #[test]
    fn a_dense_array_knows_the_size_of_every_list() {
        let list = NestedList::dense(&[2, 3, 1], vec![0.0; 6]);
        assert_eq!((list.depth(), list.sizes(1), list.uniform(2)), (3, &[3, 3][..], Some(1)));
    }
}
