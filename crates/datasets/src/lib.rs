//! Real and planted data for deep models: film reviews and small images, as published and as drawn
//! with a known answer. Knows no model and no framework.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Review`], [`Reviews`] | a text and its opinion; the two parts of a set of them |
//! | [`find_imdb`], [`read_imdb`] | the Large Movie Review Dataset, packed or unpacked |
//! | [`PlantedReviews`], [`PlantedCorpus`], [`DecisiveWord`] | texts with one decisive word, and where it stands |
//! | [`DecisiveSentence`], [`read_decisive`] | sentences whose decisive word a reader named |
//! | [`Vocabulary`], [`Piece`] | WordPiece, as BERT's: read or learned, ids and where in the text they stand |
//! | [`Documents`], [`Corpus`] | token ids with labels; two parts of them with their vocabulary, and its file |
//! | [`Batches`], [`padded`], [`PaddedBatch`] | documents of like length together, as one rectangle of ids |
//! | [`Split`] | training and validation, class by class |
//! | [`Images`], [`ImageSet`] | colour images of one size with their classes; the two parts of a set |
//! | [`find_cifar10`], [`read_cifar10`], [`CIFAR10_CLASSES`] | CIFAR-10, packed or unpacked |
//! | [`PlantedImages`], [`PlantedImageSet`], [`PatchPlace`] | noise with one decisive patch, and where it is |
//! | [`Augmentation`], [`resize`], [`Normalisation`] | random crops and flips; bilinear growth; mean and deviation |
//! | [`Presentation`], [`normalised`] | the three together: images as a network's numbers |
//! | [`file_digest`] | what a file holds, in 64 digits |
//! | [`DataError`] | what can be wrong with a file or an argument |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod archive;
mod augmentation;
mod batches;
mod checksum;
mod cifar10;
mod corpus;
mod corpus_file;
mod decisive_sentence;
mod documents;
mod error;
mod folder;
mod images;
mod imdb;
mod learned_pieces;
mod normalisation;
mod padded_batch;
mod planted_images;
mod planted_reviews;
mod resize;
mod review;
mod split;
mod vocabulary;
mod whole_file;
mod words;

pub use augmentation::Augmentation;
pub use batches::Batches;
pub use checksum::file_digest;
pub use cifar10::{CIFAR10_CLASSES, find_cifar10, read_cifar10};
pub use corpus::Corpus;
pub use decisive_sentence::{DecisiveSentence, read_decisive};
pub use documents::Documents;
pub use error::DataError;
pub use images::{ImageSet, Images};
pub use imdb::{find_imdb, read_imdb};
pub use normalisation::{Normalisation, Presentation, normalised};
pub use padded_batch::{PaddedBatch, padded};
pub use planted_images::{PatchPlace, PlantedImageSet, PlantedImages};
pub use planted_reviews::{DecisiveWord, PlantedCorpus, PlantedReviews};
pub use resize::resize;
pub use review::{Review, Reviews};
pub use split::Split;
pub use vocabulary::{Piece, Vocabulary};
