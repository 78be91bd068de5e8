//! Whole imports: models built here, broken ones, and the corpus where it is present.

mod broken;
mod corpus;
mod model;
mod operators;
mod refused;
mod schemas;
