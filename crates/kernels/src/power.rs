//! The power `$x^{e}$` of any exponent, branch-free so that it vectorises.

/// `$\log 2$` in two parts; the first has trailing zeros, so that its multiples are exact.
const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Adding and subtracting it rounds to the nearest whole number.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// The bits of one.
const ONE: u64 = 1.0f64.to_bits();
/// Where an exponent begins among the bits.
const EXPONENT: u32 = 52;

/// `$x^{e}$` for `$x \ge 0$` and a finite `$e$`, within 0.75 units in the last place where the result is normal.
///
/// `$e^{y}$` with `$y = e \log x$` kept as a sum of two numbers: its error, 709 times as large in the result as in
/// `$\log x$`, stays below `$2^{-56}$`. Products take their rounding errors along by fused multiply-adds, whose
/// result no processor changes. Zero and infinity have the powers that C gives them; NaN stays.
#[inline(always)]
pub(crate) fn power(x: f64, e: f64) -> f64 {
    let (high, low) = logarithm(x);
    let y = high * e;
    let correction = high.mul_add(e, -y) + low * e;
    // Beyond these the result is zero or infinite, and what follows stays within range.
    let clamped = y.clamp(-760.0, 720.0);
    let inside = exponential(clamped, if clamped == y { correction } else { 0.0 });
    let edge = if (x == 0.0) == (e > 0.0) { 0.0 } else { f64::INFINITY };
    if x.is_nan() {
        x
    } else if e == 0.0 {
        1.0
    } else if x == 0.0 || x == f64::INFINITY {
        edge
    } else {
        inside
    }
}

/// [`power`] with a relative error below `$2^{-41}$`, of an `$x$` that single precision has; zero and infinity where single precision
/// has nothing between.
#[inline(always)]
pub(crate) fn short_power(x: f64, e: f64) -> f64 {
    // Single precision ends at 2^-149 and 2^128; an infinite product is beyond it, too.
    let y = (e * short_logarithm(x)).clamp(-200.0, 200.0);
    let inside = short_exponential(y);
    let edge = if (x == 0.0) == (e > 0.0) { 0.0 } else { f64::INFINITY };
    if x.is_nan() {
        x
    } else if x == 0.0 || x == f64::INFINITY {
        edge
    } else {
        inside
    }
}

/// `$\log x$` for a normal `$x$`, as [`logarithm`] but in one number and to `$s^{17}$`.
#[inline(always)]
fn short_logarithm(x: f64) -> f64 {
    let (m, k) = mantissa_and_exponent(x.to_bits());
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let (z2, z4) = (z * z, (z * z) * (z * z));
    let (p0, p1) = (
        z2.mul_add(line(z, 2.0 / 7.0, 2.0 / 9.0), line(z, 2.0 / 3.0, 2.0 / 5.0)),
        z2.mul_add(line(z, 2.0 / 15.0, 2.0 / 17.0), line(z, 2.0 / 11.0, 2.0 / 13.0)),
    );
    k.mul_add(std::f64::consts::LN_2, s.mul_add(2.0, s * z * z4.mul_add(p1, p0)))
}

/// `$e^{y}$` for `$\lvert y\rvert \le 200$`, as [`exponential`] but in one number and to `$r^{10}$`.
#[inline(always)]
fn short_exponential(y: f64) -> f64 {
    let shifted = y * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (-k).mul_add(std::f64::consts::LN_2, y);
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let p0 = r2.mul_add(line(r, 1.0 / 24.0, 1.0 / 120.0), line(r, 1.0 / 2.0, 1.0 / 6.0));
    let p1 =
        r2.mul_add(line(r, 1.0 / 40_320.0, 1.0 / 362_880.0), line(r, 1.0 / 720.0, 1.0 / 5_040.0));
    let p = r2.mul_add(r4.mul_add(r4.mul_add(1.0 / 3_628_800.0, p1), p0), 1.0 + r);
    let biased = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(1023);
    p * f64::from_bits(biased << EXPONENT)
}

/// `$\log x$` for a positive, finite `$x$` as a sum of two numbers, with a relative error below `$2^{-65}$`.
///
/// `$x = 2^{k} m$` with `$m \in [\sqrt{1/2}, \sqrt 2)$`, and `$\log m = 2 \operatorname{artanh} s$` with
/// `$s = (m - 1)/(m + 1)$` by its series to `$s^{27}$`; up to `$s^{3}$` the terms are sums of two numbers.
#[inline(always)]
fn logarithm(x: f64) -> (f64, f64) {
    /// Smaller numbers have no leading one among their bits.
    const TWO_54: f64 = 18_014_398_509_481_984.0;
    const TWO_THIRDS: (f64, f64) = (2.0 / 3.0, 3.700_743_415_417_188e-17);

    let subnormal = x < f64::MIN_POSITIVE;
    let bits = (if subnormal { x * TWO_54 } else { x }).to_bits();
    let (m, whole) = mantissa_and_exponent(bits);
    let k = whole - if subnormal { 54.0 } else { 0.0 };

    let numerator = m - 1.0;
    let denominator = m + 1.0;
    let lost = m - (denominator - 1.0);
    let inverse = denominator.recip();
    let s = numerator * inverse;
    let s_low = ((-s).mul_add(denominator, numerator) - s * lost) * inverse;

    let z = s * s;
    let z_low = s.mul_add(s, -z) + 2.0 * (s * s_low);
    let cubed = s * z;
    let cubed_low = s.mul_add(z, -cubed) + (s * z_low + s_low * z);
    let rest = z * series(z);
    let factor = TWO_THIRDS.0 + rest;
    let factor_low = ((TWO_THIRDS.0 - factor) + rest) + TWO_THIRDS.1;
    let tail = cubed * factor;
    let tail_low = cubed.mul_add(factor, -tail) + (cubed * factor_low + cubed_low * factor);

    // From the largest to the smallest: each sum knows what it rounds away.
    let whole = k * LN2_HIGH;
    let first = whole + 2.0 * s;
    let first_low = (whole - first) + 2.0 * s;
    let second = first + tail;
    let second_low = (first - second) + tail;
    let low = ((second_low + first_low) + (tail_low + 2.0 * s_low)) + k * LN2_LOW;
    let high = second + low;
    (high, (second - high) + low)
}

/// `$x = 2^{k} m$` with `$m \in [\sqrt{1/2}, \sqrt 2)$`, from the bits of a normal `$x$`: `$(m, k)$`.
#[inline(always)]
fn mantissa_and_exponent(bits: u64) -> (f64, f64) {
    /// What turns whole numbers below `$2^{52}$` into floating-point ones.
    const TWO_52: f64 = 4_503_599_627_370_496.0;

    // The field of the exponent steps where m would pass the root of two.
    // The bits of a NaN with a sign go past the last whole number; what comes of it is not read.
    let stepped = bits.wrapping_add(ONE - std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let field = stepped >> EXPONENT;
    let m = f64::from_bits(bits.wrapping_add(ONE).wrapping_sub(field << EXPONENT));
    let biased = f64::from_bits(TWO_52.to_bits() | field) - TWO_52;
    (m, biased - 1023.0)
}

/// `$\tfrac25 + \tfrac27 z + \dots + \tfrac{2}{27} z^{11}$`.
#[inline(always)]
fn series(z: f64) -> f64 {
    let (z2, z4) = (z * z, (z * z) * (z * z));
    let (p0, p1, p2) = (
        z2.mul_add(line(z, 2.0 / 9.0, 2.0 / 11.0), line(z, 2.0 / 5.0, 2.0 / 7.0)),
        z2.mul_add(line(z, 2.0 / 17.0, 2.0 / 19.0), line(z, 2.0 / 13.0, 2.0 / 15.0)),
        z2.mul_add(line(z, 2.0 / 25.0, 2.0 / 27.0), line(z, 2.0 / 21.0, 2.0 / 23.0)),
    );
    z4.mul_add(z4.mul_add(p2, p1), p0)
}

/// `$e^{y + c}$` for a small correction `$c$`, within 0.56 units in the last place.
///
/// As the exponential of one number: `$y = k \log 2 + r$`, a Taylor polynomial, `$2^{k}$`; but what `$r$` and
/// `$1 + r$` round away is kept, and subnormal results are rounded once more instead of flushed.
#[inline(always)]
fn exponential(y: f64, correction: f64) -> f64 {
    let shifted = y * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let lead = (-k).mul_add(LN2_HIGH, y);
    let small = (-k).mul_add(LN2_LOW, correction);
    let r = lead + small;
    let r_low = (lead - r) + small;

    let one_plus = 1.0 + r;
    let one_plus_low = (1.0 - one_plus) + r;
    let p = one_plus + (one_plus_low + (r * r).mul_add(taylor(r), r_low));
    // Half of 2^k at a time: the whole may be beyond the range where the result is not.
    let doubled = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(2 * 1023);
    let half = doubled >> 1;
    (p * f64::from_bits(half << EXPONENT)) * f64::from_bits((doubled - half) << EXPONENT)
}

/// `$(e^{r} - 1 - r)/r^{2}$` to `$r^{11}$`.
#[inline(always)]
fn taylor(r: f64) -> f64 {
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let (p0, p1, p2) = (
        r2.mul_add(line(r, 1.0 / 24.0, 1.0 / 120.0), line(r, 1.0 / 2.0, 1.0 / 6.0)),
        r2.mul_add(line(r, 1.0 / 40_320.0, 1.0 / 362_880.0), line(r, 1.0 / 720.0, 1.0 / 5_040.0)),
        r2.mul_add(
            line(r, 1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0),
            line(r, 1.0 / 3_628_800.0, 1.0 / 39_916_800.0),
        ),
    );
    r4.mul_add(r4.mul_add(p2, p1), p0)
}

/// `$a + b x$`, rounded once.
#[inline(always)]
fn line(x: f64, a: f64, b: f64) -> f64 {
    x.mul_add(b, a)
}
