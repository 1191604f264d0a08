//! Where the models on reviews look: how much attention falls on the decisive word.

use mirrorhead_harness::{
    About, CellContext, CellError, Claim, Experiment, Finding, HighlightedText, HighlightedTexts,
    Obtained, Scope, Summary, WeighedWord,
};
use mirrorhead_kernels::elementary;
use mirrorhead_repro::REAL_DATA;

use super::imdb::Imdb;
use super::imdb::findings::{compared, runs, sizes};
use super::imdb::profile::METHODS;
use crate::experiments::shared::over_seeds::{mean, measurement};
use crate::measures::decisive_attention::SentenceAttention;
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};

const DECISIVE_WORD: Claim = Claim {
    key: "decisive-word",
    statement: "the first token attends more to the decisive word with p = 1.1 than with p = 2",
    expected: "for every size, the difference of the mean scores over sentences and seeds is \
               positive and more than twice its standard error over seeds",
};

/// The experiment: it looks at the runs of `imdb`.
pub struct TokenSelection;

/// How many sentences are shown with their attention.
const SHOWN: usize = 10;

type Cells = [(TextTraining, TextOutcome)];

impl Experiment for TokenSelection {
    type Config = TextTraining;
    type Outcome = TextOutcome;

    fn about(&self) -> About {
        About {
            name: "token-selection",
            group: REAL_DATA,
            title: "Smaller p attends more to the decisive word",
            setting: "The runs of `imdb`, at the best epoch, on short sentences with a word that decides: \
                      those of `--sentences FILE`, else of token_selection_sentences.json in the data \
                      folder, else 20 of our own. Scored is the attention of the first token in \
                      the last block, which is what the model reads, summed over the pieces of the decisive \
                      word and averaged over the heads.",
            expectation: "A mean of 0.4387 for p = 1.1 against 0.3122 for p = 2, over the 40 of 50 sentences \
                          whose decisive word is one piece.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![DECISIVE_WORD]
    }

    fn check(&self, scope: &Scope) -> Result<(), CellError> {
        Imdb.check(scope)
    }

    fn cells(&self, scope: &Scope) -> Vec<TextTraining> {
        Imdb.cells(scope)
    }

    fn further_cells(
        &self,
        scope: &Scope,
        finished: &[(TextTraining, TextOutcome)],
    ) -> Vec<TextTraining> {
        Imdb.further_cells(scope, finished)
    }

    fn expected_further_cells(&self, scope: &Scope) -> Vec<TextTraining> {
        Imdb.expected_further_cells(scope)
    }

    fn store_name(&self) -> &'static str {
        Imdb.store_name()
    }

    fn label(&self, config: &TextTraining) -> String {
        Imdb.label(config)
    }

    fn cost_seconds(&self, config: &TextTraining) -> f64 {
        Imdb.cost_seconds(config)
    }

    fn run_cell(
        &self,
        config: &TextTraining,
        context: &dyn CellContext,
    ) -> Result<TextOutcome, CellError> {
        Imdb.run_cell(config, context)
    }

    fn summarise(&self, cells: &Cells) -> Summary {
        Summary {
            texts: sizes(cells).into_iter().map(|size| maps(cells, size)).collect(),
            findings: vec![focus(cells)],
            ..Summary::default()
        }
    }
}

/// The mean score of each run of a method.
fn scores(cells: &Cells, size: usize, method: Method) -> Vec<f64> {
    runs(cells, size, method).iter().map(|outcome| outcome.best.attention.mean().0).collect()
}

fn focus(cells: &Cells) -> Finding {
    let (mut held, mut fewest) = (true, usize::MAX);
    let (mut measurements, mut texts) = (Vec::new(), Vec::new());
    for size in sizes(cells) {
        for method in METHODS {
            let own = scores(cells, size, method);
            if !own.is_empty() {
                measurements
                    .push(measurement(format!("{size} block(s), {method}: mean score"), &own));
            }
        }
        let both = [1.1, 2.0].map(|p| scores(cells, size, Method::MirrorDescent { p }));
        fewest = both.iter().map(Vec::len).fold(fewest, usize::min);
        if fewest >= 2 {
            let [(small, small_error), (two, two_error)] = both.map(|values| mean(&values));
            held &= small - two > 2.0 * elementary::hypot(small_error, two_error);
            texts.push(format!("{size} block(s): {small:.3} for p = 1.1, {two:.3} for p = 2"));
        }
    }
    let judged = (2..usize::MAX).contains(&fewest);
    let sentences = cells.first().map_or(0, |(_, outcome)| outcome.best.attention.mean().1);
    let text = format!(
        "mean attention on the decisive word of {sentences} sentences: {}",
        texts.join("; ")
    );
    let obtained = Obtained { text, measurements, n: compared(cells).count() };
    DECISIVE_WORD.judged_if(judged, held, obtained, "2 runs of each method")
}

/// The attention of the first seed over a few sentences, one text a method.
fn maps(cells: &Cells, size: usize) -> HighlightedTexts {
    let mut texts = Vec::new();
    let of = |method| {
        let run = runs(cells, size, method).into_iter().next();
        run.map_or(&[][..], |outcome| &outcome.best.attention.sentences)
    };
    for at in 0..SHOWN {
        for method in METHODS {
            texts.extend(of(method).get(at).map(|sentence| text(method, sentence)));
        }
    }
    HighlightedTexts {
        key: format!("attention-{size}"),
        title: format!("Attention of the first token, {size} block(s)"),
        caption: "The last block, mean over its heads, first seed; the decisive word is marked."
            .into(),
        texts,
    }
}

fn text(method: Method, sentence: &SentenceAttention) -> HighlightedText {
    let score = sentence.score().map_or("no decisive word".into(), |score| format!("{score:.2}"));
    let words = sentence.pieces.iter().zip(&sentence.weights);
    HighlightedText {
        label: format!("{method}: {score}"),
        words: words.map(|(piece, weight)| WeighedWord::new(piece, *weight)).collect(),
        decisive: sentence.decisive.first().copied(),
    }
}
