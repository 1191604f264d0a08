//! What the runs say of the recipe. Its criteria were fixed before the runs that are compared.

use mirrorhead_harness::{Bound, Claim, Effect, Figure, Finding, Summary};

use super::cell::{Model, RecipeOutcome, RecipeRun, Setting};
use super::profile::{
    Cells, LARGE, MODELS, SMALL, TWO, by_recipe, from_smaller, methods, sparse_attention,
    too_large, tuned,
};
use super::tables::{accuracy, key, sparseness, table, values};
use crate::experiments::shared::step_sizes::{self, GridRun, TUNING_SEED};
use crate::training::method::Method;

const SMALLER_P_SPARSER: Claim = Claim {
    key: "smaller-p-sparser",
    statement: "which p: keys, queries and values are sparser the smaller p is",
    expected: "for every model, the median difference of the mean of their sparseness is positive between p = 1.1 and 2 \
                   and between p = 2 and 3, with a confidence of 95%",
};

const RATE_CARRIES_OVER: Claim = Claim {
    key: "rate-carries-over",
    statement: "which rate: the tuned rate of gradient descent times (p - 1) s^(p - 2) does as well as a rate tuned for p",
    expected: "for every model and p = 1.1 and 3, the median difference of the test accuracies is at least -2 points, \
                   with a confidence of 95%",
};

const SMALLER_START_SPARSER: Claim = Claim {
    key: "smaller-start-sparser",
    statement: "which start: at p = 1.1, keys, queries and values that begin at a quarter of their size end sparser, at no \
                    loss of accuracy",
    expected: "for every model, the median difference of the mean of their sparseness is positive, and that of the \
                   test accuracies at least -2 points, with a confidence of 95%",
};

const ATTENTION_ALONE_SPARSER: Claim = Claim {
    key: "attention-alone-sparser",
    statement: "groups: attention at p = 1.1 and all else by gradient descent has sparser keys, queries and values than \
                    gradient descent on all",
    expected: "for every model, the median difference of the mean of their sparseness is positive, with a confidence \
                   of 95%",
};

const ATTENTION_ALONE_AS_ACCURATE: Claim = Claim {
    key: "attention-alone-as-accurate",
    statement: "and it is as accurate as either exponent on all",
    expected: "for every model, the median differences of the test accuracies from p = 1.1 on all and from p = 2 on \
                   all are at least -2 points, with a confidence of 95%",
};

const PLAIN_NORMS_STAND_MORE: Claim = Claim {
    key: "plain-norms-stand-more",
    statement: "with norms and biases left to gradient descent, p = 1.1 stands larger rates",
    expected: "for every model, at four times the tuned rate of p = 1.1, the median difference of the test accuracies \
                   from p = 1.1 on all is at least 0, with a confidence of 95%",
};

/// The claims, in order.
pub const CLAIMS: [Claim; 6] = [
    SMALLER_P_SPARSER,
    RATE_CARRIES_OVER,
    SMALLER_START_SPARSER,
    ATTENTION_ALONE_SPARSER,
    ATTENTION_ALONE_AS_ACCURATE,
    PLAIN_NORMS_STAND_MORE,
];

/// Points of accuracy that count as none.
const MARGIN: Bound = Bound::AtLeast(-2.0);
const POSITIVE: Bound = Bound::AtLeast(0.0);

/// The figures, the tables and the verdicts.
pub fn summarise(cells: &Cells) -> Summary {
    Summary {
        figures: MODELS.iter().map(|model| steps(cells, *model)).collect(),
        tables: MODELS.iter().map(|model| table(cells, *model)).collect(),
        findings: vec![
            finding(&SMALLER_P_SPARSER, |model| smaller_p(cells, model)),
            finding(&RATE_CARRIES_OVER, |model| carries_over(cells, model)),
            finding(&SMALLER_START_SPARSER, |model| smaller_start(cells, model)),
            finding(&ATTENTION_ALONE_SPARSER, |model| attention_sparser(cells, model)),
            finding(&ATTENTION_ALONE_AS_ACCURATE, |model| attention_accurate(cells, model)),
            finding(&PLAIN_NORMS_STAND_MORE, |model| norms_stand(cells, model)),
        ],
        ..Summary::default()
    }
}

/// A claim by its effects in every model.
fn finding(claim: &Claim, effects: impl Fn(Model) -> Vec<Effect>) -> Finding {
    let effects: Vec<_> = MODELS.into_iter().flat_map(effects).collect();
    let text = effects.iter().map(Effect::to_string).collect::<Vec<_>>().join("; ");
    claim.decided(effects, text)
}

/// The difference between two settings over the seeds of both, against a bound.
fn difference(
    cells: &Cells,
    label: String,
    (number, bound): (fn(&RecipeOutcome) -> f64, Bound),
    [first, second]: [Option<Setting>; 2],
) -> Effect {
    let [first, second] = [first, second].map(|setting| values(cells, setting, number));
    let pair = |(seed, value): &(u64, f64)| {
        let other = second.iter().find(|(other, _)| other == seed)?;
        Some(value - other.1)
    };
    Effect::median(label, &first.iter().filter_map(pair).collect::<Vec<_>>(), bound)
}

fn smaller_p(cells: &Cells, model: Model) -> Vec<Effect> {
    let of = |pair: [Method; 2]| {
        let label = format!("{model}: sparseness with {} minus {}", pair[0], pair[1]);
        let pair = pair.map(|method| tuned(cells, model, method));
        difference(cells, label, (sparseness, POSITIVE), pair)
    };
    [[SMALL, TWO], [TWO, LARGE]].map(of).into()
}

fn carries_over(cells: &Cells, model: Model) -> Vec<Effect> {
    let of = |method: Method| {
        let label = format!("{model}, {method}: points at the recipe's rate minus the tuned one");
        let pair = [by_recipe(cells, model, method), tuned(cells, model, method)];
        difference(cells, label, (accuracy, MARGIN), pair)
    };
    [SMALL, LARGE].map(of).into()
}

fn smaller_start(cells: &Cells, model: Model) -> Vec<Effect> {
    let pair = [from_smaller(cells, model), tuned(cells, model, SMALL)];
    let label = |what: &str| format!("{model}: {what} from a quarter minus from the whole");
    vec![
        difference(cells, label("sparseness"), (sparseness, POSITIVE), pair),
        difference(cells, label("points"), (accuracy, MARGIN), pair),
    ]
}

fn attention_sparser(cells: &Cells, model: Model) -> Vec<Effect> {
    let pair = [sparse_attention(model), TWO].map(|method| tuned(cells, model, method));
    let label = format!("{model}: sparseness with attention at 1.1 minus p = 2");
    vec![difference(cells, label, (sparseness, POSITIVE), pair)]
}

fn attention_accurate(cells: &Cells, model: Model) -> Vec<Effect> {
    let of = |other: Method| {
        let pair = [sparse_attention(model), other].map(|method| tuned(cells, model, method));
        let label = format!("{model}: points with attention at 1.1 minus {other}");
        difference(cells, label, (accuracy, MARGIN), pair)
    };
    [SMALL, TWO].map(of).into()
}

fn norms_stand(cells: &Cells, model: Model) -> Vec<Effect> {
    let pair =
        too_large(cells, model).map_or([None; 2], |[small, norms]| [Some(norms), Some(small)]);
    let label = format!("{model}: points with norms and biases at 2 minus p = 1.1");
    vec![difference(cells, label, (accuracy, POSITIVE), pair)]
}

/// The grids of rates of a model.
fn steps(cells: &Cells, model: Model) -> Figure {
    let n_blocks = if model == Model::Reviews { 1 } else { 2 };
    let run = |(run, outcome): &(RecipeRun, RecipeOutcome)| GridRun {
        n_blocks,
        method: run.setting().method,
        step_size: run.setting().rate,
        accuracy: outcome.validation,
    };
    let own = cells.iter().filter(|(run, _)| run.seed() == TUNING_SEED && run.model == model);
    Figure {
        key: format!("steps-{}", key(model)),
        title: format!("Tuning of step sizes: {model}"),
        ..step_sizes::figure(&own.map(run).collect::<Vec<_>>(), n_blocks, &methods(model))
    }
}

#[cfg(test)]
mod tests {
    use mirrorhead_harness::Verdict::{self, Differs, Reproduced};

    use super::*;
    use crate::experiments::recipe::profile::{plain_norms, tests::example};
    use crate::training::train::End;

    /// The verdicts where outcomes are as the recipe has them, but for `change`.
    fn verdicts(change: impl Fn(&Setting, &mut RecipeOutcome)) -> Vec<Verdict> {
        let cells = example(|setting| {
            let hoyer = match setting.method {
                SMALL if setting.attention_scale.is_some() => 0.6,
                SMALL => 0.5,
                LARGE => 0.1,
                TWO => 0.2,
                _ => 0.4,
            };
            let end = End::OutOfEpochs;
            let mut outcome = RecipeOutcome { end, validation: 0.9, test: 0.9, hoyer: [hoyer; 3] };
            change(setting, &mut outcome);
            outcome
        });
        summarise(&cells).findings.into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn each_claim_follows_its_own_numbers() {
        assert_eq!(verdicts(|_, _| ()), [Reproduced; 6]);
        let denser = verdicts(|setting, outcome| {
            if setting.attention_scale.is_some() {
                outcome.hoyer = [0.4; 3];
            }
        });
        assert_eq!(denser[2], Differs);
        let worse = verdicts(|setting, outcome| {
            if setting.method == sparse_attention(setting.model) {
                (outcome.test, outcome.hoyer) = (0.87, [0.1; 3]);
            }
        });
        assert_eq!(worse, [Reproduced, Reproduced, Reproduced, Differs, Differs, Reproduced]);
        let unstable = verdicts(|setting, outcome| {
            if setting.method == plain_norms(setting.model) {
                outcome.test = 0.89;
            }
        });
        assert_eq!(unstable[5], Differs);
        let even = verdicts(|setting, outcome| {
            if setting.method == LARGE {
                outcome.hoyer = [0.3; 3];
            }
        });
        assert_eq!(even[0], Differs);
    }
}
