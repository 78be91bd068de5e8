//! The process that changes and reads files.

use qonnx_mlir::random_graph::Rng;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::corpus;
use crate::mutate;
use crate::targets::{Reader, Target};

/// The input that is being read.
pub const CURRENT: &str = "current";
/// Inputs that reached something new, for the next worker.
const POOL: &str = "pool";
/// Files that one worker reads: what a read leaves behind does not pile up.
const READS: usize = 1_500;
/// What a read may take, in bytes of address space.
const MEMORY: u64 = 1 << 30;

/// Takes the limits under which files are read. A panic ends the process also where the compiler would catch it.
fn take_limits() -> io::Result<()> {
    let status = fs::read_to_string("/proc/self/statm")?;
    let pages = status.split_whitespace().next().unwrap_or_default();
    let pages: u64 = pages.parse().map_err(io::Error::other)?;
    let limit = |bytes| Rlimit {
        current: Some(bytes),
        maximum: getrlimit(Resource::As).maximum,
    };
    setrlimit(
        Resource::As,
        limit(pages * rustix::param::page_size() as u64 + MEMORY),
    )?;
    setrlimit(Resource::Core, limit(0))?;
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
    Ok(())
}

/// Reads a single file.
pub fn once(target: Target, file: &Path) -> io::Result<()> {
    take_limits()?;
    println!("{}", Reader::new(target).read(file));
    Ok(())
}

/// Changes and reads files, starting from the sound ones and from what former workers left in the folder.
pub fn work(target: Target, folder: &Path, seed: u64) -> io::Result<()> {
    let mut sound = corpus::seeds(target)?;
    let pool = folder.join(POOL);
    fs::create_dir_all(&pool)?;
    let mut known: HashSet<String> = HashSet::new();
    let mut kept = 0;
    for entry in fs::read_dir(&pool)? {
        let path = entry?.path();
        known.extend(
            path.file_name()
                .and_then(|name| name.to_str())
                .map(str::to_owned),
        );
        sound.push(fs::read(path)?);
        kept += 1;
    }
    take_limits()?;
    let current = folder.join(CURRENT);
    let mut reader = Reader::new(target);
    for number in 0..READS {
        let mut rng = Rng::new(seed.wrapping_mul(1 << 20).wrapping_add(number as u64));
        let input = mutate::changed(target, &sound, &mut rng);
        fs::write(&current, &input)?;
        let outcome = hash(reader.read(&current).as_bytes());
        // What reached something new is worth further changes.
        if kept < 5_000 && known.insert(outcome.clone()) {
            kept += 1;
            fs::write(pool.join(outcome), &input)?;
            sound.push(input);
        }
    }
    Ok(())
}

/// A short name for bytes (FNV-1a).
pub fn hash(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
