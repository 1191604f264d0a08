//! How fast the margin of Adam grows, which its memory decides.

use mirrorhead_kernels::elementary;

use super::cell::Moments;

/// Halvings in the search for the rate.
const HALVINGS: u32 = 60;

/// By how much the margin of Adam without epsilon grows in a step of length `step`, along the direction of the largest margin `$\gamma$` in
/// the maximum norm.
///
/// Where attention is saturated the gradient falls like `$e^{-M}$` with the margin `$M$`, in all entries alike. If that grows by `$r$` a step,
/// what Adam remembers are geometric series, `$\frac{1-\beta_1}{1-\beta_1 e^r}\,g$` of the gradient and
/// `$\frac{1-\beta_2}{1-\beta_2 e^{2r}}\,g^2$` of its square. Each entry moves by their quotient, times the sign of `$g$`, and so
///
/// `$$ r = \gamma\,\eta\,\varphi(r), \qquad
///    \varphi(r) = \frac{1-\beta_1}{1-\beta_1 e^{r}}\sqrt{\frac{1-\beta_2 e^{2r}}{1-\beta_2}}. $$`
///
/// `$\varphi$` vanishes at `$r = -\tfrac12\log\beta_2$`: the gradient falls no faster than the root of its squares is forgotten. The rate is near
/// that as long as sign descent with the same steps would be faster, `$\gamma\eta > -\tfrac12\log\beta_2$`; for steps of `$1/\sqrt k$` up to
///
/// `$$ k_* = \Big(\frac{2\gamma}{-\log\beta_2}\Big)^2. $$`
pub fn growth_with_memory(memory: Moments, margin: f64, step: f64) -> f64 {
    let Moments { mean, square } = memory;
    let quotient = |r: f64| {
        let of_mean = (1.0 - mean) / (1.0 - mean * elementary::exp(r));
        of_mean * ((1.0 - square * elementary::exp(2.0 * r)) / (1.0 - square)).max(0.0).sqrt()
    };
    let slower = |r: f64| r < margin * step * quotient(r);
    let (mut low, mut high) = (0.0, -0.5 * elementary::ln(square));
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if slower(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adam on one weight with the risk `$e^{-w}$`, whose margin is the weight itself: nothing is linearised.
    fn simulated(memory: Moments, step: f64) -> f64 {
        let Moments { mean, square } = memory;
        // Sums relative to the gradient of the last step.
        let (mut sum, mut squares, mut growth) = (1.0 - mean, 1.0 - square, 0.0f64);
        // What is left of the start fades by 5e-4 of itself a step where that is slowest.
        for k in 1..60_000 {
            let corrected = |memory: f64| 1.0 - memory.powi(k);
            let moved = sum / corrected(mean) / (squares / corrected(square)).sqrt();
            growth = step * moved;
            sum = mean * sum * growth.exp() + 1.0 - mean;
            squares = square * squares * (2.0 * growth).exp() + 1.0 - square;
        }
        growth
    }

    #[test]
    fn the_rate_is_that_of_a_run_on_one_weight() {
        for square in [0.95, 0.999] {
            let memory = Moments { mean: 0.9, square };
            for step in [1e-4, 1e-3, 1e-2] {
                let (rate, run) = (growth_with_memory(memory, 1.0, step), simulated(memory, step));
                assert!((run / rate - 1.0).abs() < 1e-6, "{square}, {step}: {run} for {rate}");
            }
        }
    }

    #[test]
    fn it_is_the_step_where_nothing_is_forgotten_in_time_and_the_forgetting_where_steps_are_long() {
        let memory = Moments { mean: 0.9, square: 0.999 };
        let slow = growth_with_memory(memory, 2.0, 1e-6);
        assert!((slow / 2e-6 - 1.0).abs() < 0.01);
        let fast = growth_with_memory(memory, 2.0, 1e-1);
        let forgotten = -0.5 * 0.999f64.ln();
        assert!(fast < forgotten && fast > 0.99 * forgotten);
    }
}
