//! Vectors of which more is known than fits doubles.

/// Numbers in two doubles each, `$h_k + l_k$`, off by at most `$r_k$`.
///
/// ```
/// use mirrorhead_kernels::Twofold;
/// let exact = Twofold::from(&[1.0, 0.5][..]);
/// assert!(exact.lows.is_empty() && exact.radii.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Twofold<'x> {
    /// `$h$`.
    pub highs: &'x [f64],
    /// `$l$`; empty where it is zero.
    pub lows: &'x [f64],
    /// `$r$`; empty where it is zero.
    pub radii: &'x [f64],
}

impl<'x> From<&'x [f64]> for Twofold<'x> {
    fn from(highs: &'x [f64]) -> Self {
        Self { highs, lows: &[], radii: &[] }
    }
}

/// A [`Twofold`] of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct TwofoldVector {
    highs: Vec<f64>,
    lows: Vec<f64>,
    radii: Vec<f64>,
    has_lows: bool,
    has_radii: bool,
}

impl TwofoldVector {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let zeros = || vec![0.0; len];
        let (highs, lows, radii) = (zeros(), zeros(), zeros());
        Self { highs, lows, radii, has_lows: false, has_radii: false }
    }

    /// The numbers.
    pub fn get(&self) -> Twofold<'_> {
        Twofold {
            highs: &self.highs,
            lows: if self.has_lows { &self.lows } else { &[] },
            radii: if self.has_radii { &self.radii } else { &[] },
        }
    }

    /// Takes other numbers `$(h_k, l_k, r_k)$`.
    #[inline(always)]
    pub(crate) fn set(&mut self, parts: impl ExactSizeIterator<Item = (f64, f64, f64)>) {
        assert_eq!(parts.len(), self.highs.len(), "as many numbers as before");
        (self.has_lows, self.has_radii) = (false, false);
        let into = self.highs.iter_mut().zip(&mut self.lows).zip(&mut self.radii);
        for (((high, low), radius), (h, l, r)) in into.zip(parts) {
            (*high, *low, *radius) = (h, l, r);
            // Also where they aren't numbers.
            self.has_lows |= l != 0.0;
            self.has_radii |= r != 0.0;
        }
    }
}
