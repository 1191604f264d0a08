//! The framework's tensors as a backend of the methods: on any device, in any width of numbers.

use burn::tensor::{Tensor, TensorData};
use mirrorhead_kernels::{Matrix, SignedPower};
use mirrorhead_mirror::Backend;

use super::tensor_powers::{broadcast, signed_power};

/// Tensors of rank `D`. Nothing waits for the device but what runs in double precision in the processor's memory.
pub(super) struct Tensors<const D: usize>;

/// A norm on a device, as a product: neither factor leaves the range where the norm would.
#[derive(Debug, Clone)]
pub(super) struct DeviceNorm {
    /// The largest entry in size; one if all are zero.
    largest: Tensor<1>,
    /// The norm over it.
    relative: Tensor<1>,
}

impl<const D: usize> Backend for Tensors<D> {
    type Entries = Tensor<D>;
    type Norm = DeviceNorm;

    fn copy(&mut self, x: &Tensor<D>, out: &mut Tensor<D>) {
        *out = x.clone();
    }

    fn combine(&mut self, a: f64, x: &Tensor<D>, b: f64, y: &Tensor<D>, out: &mut Tensor<D>) {
        *out = scaled(a, x) + scaled(b, y);
    }

    fn hypot(&mut self, a: f64, x: &Tensor<D>, b: f64, y: &Tensor<D>, out: &mut Tensor<D>) {
        // By the quotient: squares of small numbers underflow.
        let (x, y) = (scaled(a, x).abs(), scaled(b, y).abs());
        let larger = x.clone().max_pair(y.clone());
        let zero = larger.clone().equal_elem(0.0);
        let quotient = x.min_pair(y) / larger.clone().mask_fill(zero, 1.0);
        *out = larger * (quotient.square() + 1.0).sqrt();
    }

    fn quotient(&mut self, c: f64, x: &Tensor<D>, y: &Tensor<D>, out: &mut Tensor<D>) {
        let zero = y.clone().equal_elem(0.0);
        let quotient = x.clone() / y.clone().mask_fill(zero.clone(), 1.0);
        *out = quotient.mask_fill(zero, 0.0).mul_scalar(c);
    }

    fn between(&mut self, a: f64, x: &Tensor<D>, y: &Tensor<D>, out: &mut Tensor<D>) {
        *out = x.clone() + (y.clone() - x.clone()).mul_scalar(a);
    }

    fn divide(&mut self, x: &Tensor<D>, norm: &DeviceNorm, out: &mut Tensor<D>) {
        let DeviceNorm { largest, relative } = norm.clone();
        *out = x.clone() / broadcast(largest) / broadcast(relative);
    }

    fn multiply(&mut self, x: &Tensor<D>, norm: &DeviceNorm, out: &mut Tensor<D>) {
        let DeviceNorm { largest, relative } = norm.clone();
        *out = x.clone() * broadcast(largest) * broadcast(relative);
    }

    fn power(&mut self, power: SignedPower, x: &Tensor<D>, out: &mut Tensor<D>) {
        *out = signed_power(x.clone(), power);
    }

    fn sign(&mut self, x: &Tensor<D>, out: &mut Tensor<D>) {
        *out = x.clone().sign();
    }

    fn shrink(&mut self, threshold: f64, x: &Tensor<D>, out: &mut Tensor<D>) {
        let excess = x.clone().abs().sub_scalar(threshold);
        let none = excess.clone().lower_equal_elem(0.0);
        *out = excess.mask_fill(none, 0.0) * x.clone().sign();
    }

    fn stretch(&mut self, threshold: f64, x: &Tensor<D>, out: &mut Tensor<D>) {
        *out = x.clone() + x.clone().sign().mul_scalar(threshold);
    }

    /// With `$r = x/\max|x|$` it is `$\max|x|\,\lVert r\rVert$`, and `$1 \le \lVert r\rVert_e^e \le$` the number of entries.
    fn lp_norm(&mut self, exponent: SignedPower, x: &Tensor<D>) -> DeviceNorm {
        let largest = x.clone().max_abs();
        let zero = largest.clone().equal_elem(0.0);
        let largest = largest.mask_fill(zero, 1.0);
        let relative = x.clone() / broadcast(largest.clone());
        let sum = signed_power(relative.abs(), exponent).sum();
        let root = sum.powf_scalar(exponent.exponent().recip());
        // Only of a zero tensor is the sum less than one.
        DeviceNorm { largest, relative: root.clamp_min(1.0) }
    }

    fn in_double(
        &mut self,
        x: &Tensor<D>,
        out: &mut Tensor<D>,
        map: &mut dyn FnMut(&Matrix, &mut Matrix),
    ) {
        let wide = matrix(x);
        let mut image = Matrix::zeros(wide.nrows(), wide.ncols());
        map(&wide, &mut image);
        let data = TensorData::new(image.transposed().as_slice().to_vec(), x.shape());
        *out = Tensor::from_data(data, (&x.device(), x.dtype()));
    }

    fn norm_in_double(
        &mut self,
        x: &Tensor<D>,
        norm: &mut dyn FnMut(&Matrix) -> f64,
    ) -> DeviceNorm {
        let norm = norm(&matrix(x));
        let number = |x: f64, like: &Tensor<D>| {
            Tensor::from_data(TensorData::new(vec![x], [1]), (&like.device(), like.dtype()))
        };
        DeviceNorm { largest: number(norm, x), relative: number(1.0, x) }
    }

    fn keep_still(
        &mut self,
        before: &Tensor<D>,
        after: &Tensor<D>,
        stays: &Tensor<D>,
        out: &mut Tensor<D>,
    ) {
        *out = out.clone().mask_where(after.clone().equal(before.clone()), stays.clone());
    }

    fn restore(
        &mut self,
        expected: &Tensor<D>,
        found: &Tensor<D>,
        slack: f64,
        fresh: &Tensor<D>,
        out: &mut Tensor<D>,
    ) {
        let Some(info) = expected.dtype().finfo() else { return };
        let slack = expected.clone().abs().mul_scalar(slack * info.epsilon) + info.min_positive;
        let unchanged = (expected.clone() - found.clone()).abs().lower_equal(slack);
        *out = fresh.clone().mask_where(unchanged, out.clone());
    }
}

/// `$a x$`, without a product by one.
fn scaled<const D: usize>(a: f64, x: &Tensor<D>) -> Tensor<D> {
    if a == 1.0 { x.clone() } else { x.clone().mul_scalar(a) }
}

/// Rows and columns of a tensor as a matrix: its first dimension and all others; a vector is a column.
pub(super) fn size<const D: usize>(tensor: &Tensor<D>) -> (usize, usize) {
    let rows = tensor.dims()[0];
    (rows, tensor.shape().num_elements() / rows.max(1))
}

/// The entries in double precision. Waits for the device.
fn matrix<const D: usize>(tensor: &Tensor<D>) -> Matrix {
    let (nrows, ncols) = size(tensor);
    let entries: Vec<f64> = tensor.to_data().iter::<f64>().collect();
    Matrix::from_fn(nrows, ncols, |i, j| entries[i * ncols + j])
}
