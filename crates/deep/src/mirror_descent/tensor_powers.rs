//! Signed powers of tensors, and numbers that broadcast.

use burn::tensor::Tensor;
use mirrorhead_kernels::SignedPower;

/// `$\operatorname{sign}(x)\,\lvert x\rvert^{e}$` by products and a square root where they make it.
pub(super) fn signed_power<const D: usize>(x: Tensor<D>, power: SignedPower) -> Tensor<D> {
    let exponent = power.exponent();
    if exponent < 1.0 {
        let size = x.clone().abs();
        return x.sign() * if exponent == 0.5 { size.sqrt() } else { size.powf_scalar(exponent) };
    }
    let whole = exponent.floor();
    let fraction = exponent - whole;
    if whole > MOST_FACTORS || (fraction != 0.0 && fraction != 0.5) {
        return x.clone() * x.abs().powf_scalar(exponent - 1.0);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let others = whole as u32 - 1;
    // x is one factor; the others are those of |x|, an even number of them squares of x.
    let mut product = x.clone();
    if fraction == 0.5 {
        product = product * x.clone().abs().sqrt();
    }
    if others % 2 == 1 {
        product = product * x.clone().abs();
    }
    let (mut square, mut left) = (x, others / 2);
    while left > 0 {
        square = square.square();
        if left % 2 == 1 {
            product = product * square.clone();
        }
        left /= 2;
    }
    product
}

/// The largest whole exponent that is multiplied out.
const MOST_FACTORS: f64 = 128.0;

/// One number as a tensor that broadcasts.
pub(super) fn broadcast<const D: usize>(number: Tensor<1>) -> Tensor<D> {
    number.reshape([1; D])
}
