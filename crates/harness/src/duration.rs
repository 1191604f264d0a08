//! Durations as people say them.

/// A duration for people: `under 0.1 s`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        _ if seconds < 0.05 => "under 0.1 s".into(),
        _ if seconds < 9.95 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let words = [0.04, 9.94, 9.96, 59.4, 200.0, 7500.0].map(duration);
        assert_eq!(words, ["under 0.1 s", "9.9 s", "10 s", "59 s", "3 min 20 s", "2 h 5 min"]);
    }
}
