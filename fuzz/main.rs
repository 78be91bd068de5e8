//! Feeds changed files to what reads files, for as long as one likes: `make fuzz`, or
//! `cargo run -p qonnx-fuzz -- TARGET --seconds 3600`.
//!
//! A worker process changes files and reads them, thousands one after the other; what ends it, or takes it too long or too
//! much memory, is a find. It is tried alone, made smaller and kept in `fuzz/found`. Mended ones belong into
//! `fuzz/corpus/TARGET`, from which changes start and which `make test` tries each time (`lit_tests/harness/mutants.rs`).

mod corpus;
mod find;
mod mutate;
mod targets;
mod worker;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

use find::Finder;
use targets::Target;

/// Changed files in the readers of qonnx-mlir
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look for inputs that end the process, or take too much time or memory
    Find {
        /// What reads them
        target: Target,
        /// How long to look, in seconds
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Where the changes begin: the same number gives the same first changes
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Read a single file, as a worker does
    Once {
        /// What reads it
        target: Target,
        /// The file
        file: PathBuf,
    },
    /// Change and read files until the process is ended or has read enough
    #[command(hide = true)]
    Work {
        /// What reads them
        target: Target,
        /// A folder for the input that is read, and for those that changes start from
        folder: PathBuf,
        /// Where the changes begin
        seed: u64,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Find {
            target,
            seconds,
            seed,
        } => Finder::new(target).and_then(|mut finder| finder.run(seconds, seed)),
        Command::Once { target, file } => worker::once(target, &file).map(|()| 0),
        Command::Work {
            target,
            folder,
            seed,
        } => worker::work(target, &folder, seed).map(|()| 0),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
