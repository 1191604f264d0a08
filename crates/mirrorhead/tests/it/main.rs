//! What a user of the facade writes first: the examples, and the shortest program for each thing that can be asked.

mod examples;
mod first_tries;
