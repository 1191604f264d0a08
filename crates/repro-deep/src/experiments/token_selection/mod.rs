//! Where the models on reviews look: how much attention falls on the decisive word.

use mirrorhead_harness::{
    About, Claim, Finding, HighlightedText, HighlightedTexts, Obtained, Quantity, Summary, Table,
    TableEntry, WeighedWord,
};
use mirrorhead_kernels::elementary;
use mirrorhead_repro::REAL_DATA;

use super::imdb::findings::{compared, runs, sizes};
use super::imdb::profile::METHODS;
use super::view_of_imdb::View;
use crate::experiments::shared::over_seeds::{mean, measurement};
use crate::measures::decisive_attention::{Score, SentenceAttention};
use crate::training::method::Method;
use crate::training::text_training::{TextOutcome, TextTraining};

const DECISIVE_WORD: Claim = Claim {
    key: "decisive-word",
    statement: "the first token attends more to the decisive word with p = 1.1 than with p = 2",
    expected: "for every size, the difference of the mean relative scores over sentences and seeds \
               is positive and more than twice its standard error over seeds",
};

/// What it looks for in the runs of `imdb`.
pub struct TokenSelection;

/// How many sentences are shown with their attention.
const WORDS_SHOWN: usize = 10;

type Cells = [(TextTraining, TextOutcome)];

impl View for TokenSelection {
    fn about(&self) -> About {
        About {
            name: "token-selection",
            group: REAL_DATA,
            title: "Smaller p attends more to the decisive word",
            setting: "The runs of `imdb`, at the best epoch, on short sentences with a word that decides: \
                      those of `--sentences FILE`, else of token_selection_sentences.json in the data \
                      folder, else 20 of our own. Scored is the attention of the first token in \
                      the last block, which is what the model reads, averaged over the heads: as the paper \
                      does, relative to the least and the greatest weight in the sentence, (a - min) / (max - \
                      min), for decisive words of one piece; and as it is, summed over the pieces of the word.",
            expectation: "A mean of 0.4387 for p = 1.1 against 0.3122 for p = 2, over the 40 of 50 sentences \
                          whose decisive word is one piece.",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![DECISIVE_WORD]
    }

    fn summarise(&self, cells: &Cells) -> Summary {
        Summary {
            texts: sizes(cells).into_iter().map(|size| maps(cells, size)).collect(),
            tables: sizes(cells).into_iter().map(|size| sentences(cells, size)).collect(),
            findings: vec![focus(cells)],
            ..Summary::default()
        }
    }
}

/// The mean score of each run of a method.
fn scores(cells: &Cells, size: usize, method: Method, score: Score) -> Vec<f64> {
    runs(cells, size, method).iter().map(|outcome| outcome.best.attention.mean(score).0).collect()
}

/// The ways to score, the one that is judged first.
const SCORES: [(&str, Score); 2] =
    [("relative score", SentenceAttention::relative_score), ("weight", SentenceAttention::score)];

fn focus(cells: &Cells) -> Finding {
    let (mut held, mut fewest) = (true, usize::MAX);
    let (mut measurements, mut texts) = (Vec::new(), Vec::new());
    for size in sizes(cells) {
        for method in METHODS {
            for (name, score) in SCORES {
                let own = scores(cells, size, method, score);
                let label = format!("{size} block(s), {method}: mean {name}");
                measurements.extend((!own.is_empty()).then(|| measurement(label, &own)));
            }
        }
        let both = [1.1, 2.0].map(|p| {
            scores(cells, size, Method::MirrorDescent { p }, SentenceAttention::relative_score)
        });
        fewest = both.iter().map(Vec::len).fold(fewest, usize::min);
        if fewest >= 2 {
            let [(small, small_error), (two, two_error)] = both.map(|values| mean(&values));
            held &= small - two > 2.0 * elementary::hypot(small_error, two_error);
            texts.push(format!("{size} block(s): {small:.3} for p = 1.1, {two:.3} for p = 2"));
        }
    }
    let judged = (2..usize::MAX).contains(&fewest);
    let relative = SentenceAttention::relative_score;
    let sentences = cells.first().map_or(0, |(_, outcome)| outcome.best.attention.mean(relative).1);
    let text = format!(
        "mean relative attention on the decisive word of {sentences} sentences: {}",
        texts.join("; ")
    );
    let obtained = Obtained { text, measurements, n: compared(cells).count() };
    DECISIVE_WORD.judged_if(judged, held, obtained, "2 runs of each method")
}

/// The relative scores of every sentence for p = 1.1 and p = 2, on average over the seeds, and which is larger.
fn sentences(cells: &Cells, size: usize) -> Table {
    let methods = [1.1, 2.0].map(|p| runs(cells, size, Method::MirrorDescent { p }));
    let all = methods[0].first().map_or(&[][..], |run| &run.best.attention.sentences);
    let row = |(at, sentence): (usize, &SentenceAttention)| {
        sentence.relative_score()?;
        let scores = methods.each_ref().map(|runs| {
            let score = |run: &&TextOutcome| run.best.attention.sentences[at].relative_score();
            runs.iter().filter_map(score).collect::<Vec<f64>>()
        });
        let [small, two] = scores.each_ref().map(|scores| Quantity::mean(scores, 3));
        let larger = match (small?, two?) {
            (small, two) if small.value > two.value => "p = 1.1",
            (small, two) if small.value < two.value => "p = 2",
            _ => "neither",
        };
        let decisive = sentence.decisive.iter().map(|at| sentence.pieces[*at].as_str());
        Some(vec![
            TableEntry::text(sentence.sentence.clone()),
            TableEntry::text(decisive.collect::<String>()),
            TableEntry::Obtained { obtained: small },
            TableEntry::Obtained { obtained: two },
            TableEntry::text(larger),
        ])
    };
    Table {
        key: format!("sentences-{size}"),
        title: format!("Relative attention on the decisive word, {size} block(s)"),
        caption: "(a - min) / (max - min) over the pieces of the sentence, mean and standard deviation over the \
                  seeds; sentences whose decisive word is one piece. The paper has a mean of 0.4387 for p = 1.1 \
                  and 0.3122 for p = 2, of one pair of models."
            .into(),
        columns: ["sentence", "decisive word", "p = 1.1", "p = 2", "better selector"]
            .map(String::from)
            .into(),
        rows: all.iter().enumerate().filter_map(row).collect(),
    }
}

/// The attention of the first seed over a few sentences, one text a method.
fn maps(cells: &Cells, size: usize) -> HighlightedTexts {
    let mut texts = Vec::new();
    let of = |method| {
        let run = runs(cells, size, method).into_iter().next();
        run.map_or(&[][..], |outcome| &outcome.best.attention.sentences)
    };
    for at in 0..WORDS_SHOWN {
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
