//! The figures and verdicts of the joint experiment.

use mirrorhead_harness::{
    Axis, Bound, Claim, Effect, Exclusion, Figure, Finding, Series, Shape, Summary,
};

use super::cell::{JointConfig, JointLimits, JointOutcome};
use crate::shared::head::EXPONENTS;

const JOINT_DIRECTION: Claim = Claim {
    key: "joint-direction",
    statement: "ℓp-JointGD: W converges in direction to the ℓp-AttSVM and v to the ℓp-SVM of \
                    the same p, when every selected token supports the decoder's SVM",
    expected: "a final directional Bregman divergence below 0.01 for W and for v; for W at least \
                   10 times larger to the AttSVM of every other p (the SVM of v is the same for \
                   every p here: both of its constraints are active, in two dimensions)",
};

const JOINT_SELECTION: Claim = Claim {
    key: "joint-selection",
    statement: "attention and classification both saturate, on tokens that depend on p",
    expected: "tokens (1, 0), (1, 0), (0, 0) for p = 1.75, 2, 3, and mean softmax and logistic \
                   probabilities above 0.99 at the end",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 2] = [JOINT_DIRECTION, JOINT_SELECTION];

/// A final divergence below this counts as aligned.
const ALIGNED: f64 = 0.01;
/// A mean probability above this counts as saturated.
const SATURATED: f64 = 0.99;

type Cells = [(JointConfig, JointOutcome)];

/// The figures, the verdicts, and the runs that are left out.
pub fn summarise(cells: &Cells) -> Summary {
    let mut figures = vec![
        probability("softmax", "Largest softmax probability", cells, |o| &o.selected),
        probability(
            "logistic",
            "Logistic probability of the labels, by the token of largest weight",
            cells,
            |o| &o.logistic,
        ),
    ];
    for (hue, (config, outcome)) in cells.iter().enumerate() {
        let limits = outcome.limits.as_ref().ok();
        let w = outcome.key_query.iter().map(|w| [w[0], w[1]]).collect();
        let w_ray = limits.map(|limits| [limits.key_query[0], limits.key_query[1]]);
        figures.push(path(
            "W",
            "AttSVM",
            ["entry (1, 1) of W", "entry (1, 2) of W"],
            hue,
            config,
            w,
            w_ray,
        ));
        let v_ray = limits.map(|limits| limits.decoder);
        let axes = ["entry 1 of v", "entry 2 of v"];
        figures.push(path("v", "SVM", axes, hue, config, outcome.decoder.clone(), v_ray));
    }
    let findings = vec![direction(cells), selection(cells)];
    Summary { figures, findings, excluded: excluded(cells), ..Summary::default() }
}

/// The limits of a run whose hypotheses hold, or the one that failed.
fn hypotheses(outcome: &JointOutcome) -> Result<&JointLimits, String> {
    let limits = outcome.limits.as_ref().map_err(Clone::clone)?;
    if limits.decoder_support.len() < limits.selection.len() {
        return Err("a selected token doesn't support the decoder's SVM".into());
    }
    Ok(limits)
}

fn excluded(cells: &Cells) -> Vec<Exclusion> {
    let failed = |(config, outcome): &(JointConfig, JointOutcome)| {
        let reason = hypotheses(outcome).err()?;
        Some(Exclusion { reason, cells: vec![format!("p = {}", config.p)] })
    };
    cells.iter().filter_map(failed).collect()
}

fn probability(
    key: &str,
    title: &str,
    cells: &Cells,
    values: impl Fn(&JointOutcome) -> &Vec<f64>,
) -> Figure {
    let series = cells.iter().enumerate().map(|(hue, (config, outcome))| {
        let points = outcome.iterations.iter().zip(values(outcome));
        let points = points.filter(|(k, _)| **k > 0).map(|(k, v)| [*k as f64, *v]).collect();
        Series::new(format!("p = {}", config.p), hue, Shape::Line { points })
    });
    Figure {
        key: key.into(),
        title: title.into(),
        caption: "Mean over the two samples.".into(),
        x: Axis::log("iteration k"),
        y: Axis::linear("mean probability"),
        series: series.collect(),
    }
}

fn path(
    tensor: &str,
    svm: &str,
    [x, y]: [&str; 2],
    hue: usize,
    config: &JointConfig,
    points: Vec<[f64; 2]>,
    ray: Option<[f64; 2]>,
) -> Figure {
    let p = config.p;
    let ray = ray.map(|direction| Shape::Ray { from: [0.0, 0.0], direction });
    let ray = ray.map(|ray| Series::new(format!("{svm}, p = {p}"), hue, ray));
    let path = Series::new(format!("{tensor}(k), p = {p}"), hue, Shape::Line { points });
    Figure {
        key: format!("{tensor}-md-{p}"),
        title: format!("Path of {tensor}, mirror descent with p = {p}"),
        caption: format!("{} iterations; the wide line is the SVM's ray.", config.iterations),
        x: Axis::linear(x),
        y: Axis::linear(y),
        series: ray.into_iter().chain([path]).collect(),
    }
}

fn direction(cells: &Cells) -> Finding {
    let mut effects = Vec::new();
    for (config, outcome) in cells {
        let Ok(limits) = hypotheses(outcome) else { continue };
        let own = EXPONENTS.iter().position(|p| p.total_cmp(&config.p).is_eq()).unwrap_or(0);
        let (w, v) = (&limits.key_query_divergences, &limits.decoder_divergences);
        let p = config.p;
        for (tensor, value) in [("W", w[own]), ("v", v[own])] {
            let label = format!("{tensor}, p = {p}: divergence to its own SVM");
            effects.push(Effect::fact(label, value, Bound::AtMost(ALIGNED)));
        }
        let others = w.iter().enumerate().filter(|(svm, _)| *svm != own).map(|(_, d)| *d);
        let nearest = others.fold(f64::INFINITY, f64::min) / w[own];
        let label = format!("W, p = {p}: nearest other AttSVM over its own");
        effects.push(Effect::fact(label, nearest, Bound::AtLeast(10.0)));
    }
    let aligned = effects.iter().filter(|effect| effect.label.contains("own SVM"));
    let worst = aligned.filter_map(|effect| effect.estimate).fold(0.0, f64::max);
    JOINT_DIRECTION.decided(effects, format!("the largest final divergence is {worst:.2e}"))
}

fn selection(cells: &Cells) -> Finding {
    let (mut effects, mut said) = (Vec::new(), Vec::new());
    for (config, outcome) in cells {
        let (p, end) = (config.p, |values: &[f64]| values.last().copied().unwrap_or(0.0));
        let (softmax, logistic) = (end(&outcome.selected), end(&outcome.logistic));
        let settled = outcome.limits.as_ref().map(|limits| &limits.selection);
        let same = if settled == Ok(&config.paper_selection) { 1.0 } else { 0.0 };
        effects.push(Effect::fact(
            format!("p = {p}: the paper's tokens"),
            same,
            Bound::AtLeast(1.0),
        ));
        for (what, value) in [("softmax", softmax), ("logistic", logistic)] {
            let label = format!("p = {p}: mean {what} probability");
            effects.push(Effect::fact(label, value, Bound::AtLeast(SATURATED)));
        }
        let tokens = settled.map_or("unsettled".into(), |tokens| format!("{tokens:?}"));
        said.push(format!("{tokens} for p = {p} ({softmax:.4}, {logistic:.4})"));
    }
    JOINT_SELECTION.decided(effects, said.join("; "))
}
