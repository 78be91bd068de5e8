//! The data of tensors that is in files beside the model.
//!
//! A tensor gives a file, an offset and a length. Many tensors share one file, and may share bytes of it: each byte
//! is read once, and a file that is asked for more than it has is read whole, so that no more than twice its size is
//! ever in memory.

use bytes::Bytes;
use qonnx_dialects::file::{self, RegularFile, State};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::proto::TensorProto;

/// How many bytes all tensors of one file may claim together, for each byte that it has. Tied weights are a few
/// tensors on the same bytes; anything beyond is made to fill memory, as tensors are converted one by one.
const CLAIMS_PER_BYTE: u64 = 16;
/// Bytes that may be claimed of any file: many scalars may share a tiny one.
const CLAIMS: u64 = 1 << 20;

/// The files beside a model, as far as they have been read.
pub struct External {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Source>,
}

/// What is known of a file.
struct Source {
    /// What it was like when it was first opened.
    state: State,
    /// The ranges that were read, by their offset.
    read: BTreeMap<u64, Bytes>,
    /// Bytes in `read`.
    held: u64,
    /// Bytes that tensors have asked for.
    claimed: u64,
}

/// Where the data of a tensor is.
pub struct Place {
    location: String,
    path: PathBuf,
    file: RegularFile,
    offset: u64,
    length: u64,
}

impl Place {
    /// Number of bytes; the file has them.
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl External {
    /// The files of a model in a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            files: BTreeMap::new(),
        }
    }

    /// Finds the data of a tensor, and reads nothing yet.
    pub fn locate(&self, tensor: &TensorProto) -> Result<Place, String> {
        let entry = |key: &str| {
            tensor
                .external_data
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| entry.value.as_str())
        };
        let number = |key: &str| match entry(key) {
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| format!("has external data of {key} '{text}', expected a number")),
            None => Ok(None),
        };
        let location = entry("location").ok_or("has external data without a location")?;
        let path = inside(&self.folder, location)?;
        let offset = number("offset")?.unwrap_or(0);
        let file = RegularFile::open(&path).map_err(|error| unreadable(location, &error))?;
        let size = file.length();
        let length = number("length")?.unwrap_or_else(|| size.saturating_sub(offset));
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(format!(
                "has its data in {length} bytes at {offset} of '{location}', which has {size} bytes"
            ));
        }
        Ok(Place {
            location: location.to_owned(),
            path,
            file,
            offset,
            length,
        })
    }

    /// Reads the data of a tensor.
    pub fn read(&mut self, place: Place) -> Result<Bytes, String> {
        let state = place.file.state();
        let source = self.files.entry(place.path).or_insert_with(|| Source {
            state,
            read: BTreeMap::new(),
            held: 0,
            claimed: 0,
        });
        let failed = |error: std::io::Error| unreadable(&place.location, &error);
        if state != source.state {
            return Err(failed(file::changed()));
        }
        source.claimed = source.claimed.saturating_add(place.length);
        let most = state.length.saturating_mul(CLAIMS_PER_BYTE);
        if source.claimed > most.saturating_add(CLAIMS) {
            return Err(format!(
                "shares its data in '{}' with other tensors, which together claim {} bytes of the file's {}",
                place.location, source.claimed, state.length
            ));
        }
        let bytes = source.bytes(&place.file, place.offset, place.length);
        bytes.map_err(failed)
    }
}

impl Source {
    /// Bytes of the file, which has them; those that were read before are shared.
    fn bytes(&mut self, file: &RegularFile, offset: u64, length: u64) -> std::io::Result<Bytes> {
        let shared = |(start, bytes): (&u64, &Bytes)| {
            let from = usize::try_from(offset - start).ok()?;
            let to = from.checked_add(usize::try_from(length).ok()?)?;
            (to <= bytes.len()).then(|| bytes.slice(from..to))
        };
        if let Some(bytes) = self.read.range(..=offset).next_back().and_then(shared) {
            return Ok(bytes);
        }
        if self.held + length > self.state.length {
            // Its ranges overlap.
            let whole = file.read(0..self.state.length)?;
            self.held = self.state.length;
            self.read = BTreeMap::from([(0, whole)]);
            return self
                .read
                .first_key_value()
                .and_then(shared)
                .ok_or_else(file::changed);
        }
        let bytes = file.read(offset..offset + length)?;
        self.held += length;
        self.read.insert(offset, bytes.clone());
        Ok(bytes)
    }
}

fn unreadable(location: &str, error: &std::io::Error) -> String {
    format!("has its data in '{location}', which cannot be read: {error}")
}

/// The path of a location inside a folder; refuses what points outside of it.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let relative = Path::new(location);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let refused = || format!("has its data in '{location}', expected a file in the model's folder");
    if !plain || location.is_empty() {
        return Err(refused());
    }
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let missing = |error| format!("has its data in '{location}', which cannot be read: {error}");
    let real = folder.join(relative).canonicalize().map_err(missing)?;
    let root = folder.canonicalize().map_err(missing)?;
    // A symbolic link may lead out.
    if real.starts_with(root) {
        Ok(real)
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::proto::StringStringEntryProto;
    use std::fs;

    fn tensor(entries: &[(&str, &str)]) -> TensorProto {
        let entry = |&(key, value): &(&str, &str)| StringStringEntryProto {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        TensorProto {
            external_data: entries.iter().map(entry).collect(),
            ..TensorProto::default()
        }
    }

    fn read(entries: &[(&str, &str)], folder: &Path) -> Result<Bytes, String> {
        let mut external = External::new(folder);
        let place = external.locate(&tensor(entries))?;
        external.read(place)
    }

    /// A range of `w.data`.
    fn part(external: &mut External, offset: u64, length: u64) -> Result<Bytes, String> {
        let (offset, length) = (offset.to_string(), length.to_string());
        let entries = [
            ("location", "w.data"),
            ("offset", offset.as_str()),
            ("length", length.as_str()),
        ];
        let place = external.locate(&tensor(&entries))?;
        external.read(place)
    }

    #[test]
    fn external_data_is_read_within_its_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("w.data"), [1, 2, 3, 4, 5]).expect("writable");
        let read = |entries: &[(&str, &str)]| read(entries, folder.path());
        assert_eq!(
            read(&[("location", "w.data")]).as_deref(),
            Ok(&[1, 2, 3, 4, 5][..])
        );
        let part = read(&[("location", "./w.data"), ("offset", "1"), ("length", "2")]);
        assert_eq!(part.as_deref(), Ok(&[2, 3][..]));
        let far = usize::MAX.to_string();
        for (offset, length) in [
            ("4", "2"),
            ("6", "0"),
            (far.as_str(), "2"),
            ("-1", "1"),
            ("0", "x"),
        ] {
            let entries = [
                ("location", "w.data"),
                ("offset", offset),
                ("length", length),
            ];
            assert!(read(&entries).is_err(), "{offset} {length}");
        }
        assert!(read(&[]).is_err() && read(&[("location", "")]).is_err());
        assert!(
            read(&[("location", "gone.data")]).is_err_and(|message| message.contains("gone.data"))
        );
    }

    #[test]
    fn external_data_outside_of_the_folder_is_refused() {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let folder = outer.path().join("model");
        fs::create_dir(&folder).expect("writable");
        let secret = outer.path().join("secret");
        fs::write(&secret, "secret").expect("writable");
        let refused = |location: &str| {
            read(&[("location", location)], &folder)
                .is_err_and(|message| message.contains("expected a file in the model's folder"))
        };
        assert!(refused("../secret"));
        assert!(refused("x/../../secret"));
        assert!(refused(secret.to_str().expect("a plain path")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&secret, folder.join("link")).expect("writable");
            assert!(refused("link"));
        }
    }

    #[test]
    fn tensors_share_the_bytes_of_a_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        fs::write(folder.path().join("w.data"), &bytes).expect("writable");
        let mut external = External::new(folder.path());
        let first = part(&mut external, 1000, 500).expect("in the file");
        let tied = part(&mut external, 1000, 500).expect("in the file");
        assert_eq!(first.as_ptr(), tied.as_ptr());
        let within = part(&mut external, 1100, 10).expect("in the file");
        assert_eq!(within[..], bytes[1100..1110]);
        assert_eq!(
            external.files.values().map(|file| file.held).sum::<u64>(),
            500
        );
        // However its ranges overlap, a file is in memory twice at most.
        for offset in (0..2000).rev() {
            let found = part(&mut external, offset, 2500).expect("in the file");
            assert_eq!(found[..], bytes[offset as usize..][..2500]);
            assert!(external.files.values().all(|file| file.held <= 5000));
            if external.files.values().any(|file| file.claimed > 1_000_000) {
                break;
            }
        }
    }

    #[test]
    fn more_than_a_file_justifies_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("w.data"), vec![0; 1 << 20]).expect("writable");
        let mut external = External::new(folder.path());
        let claims: Vec<_> = (0..20).map(|_| part(&mut external, 0, 1 << 20)).collect();
        assert!(claims[..17].iter().all(Result::is_ok));
        let refused = |claim: &Result<Bytes, String>| {
            claim
                .as_ref()
                .is_err_and(|message| message.contains("together claim"))
        };
        assert!(claims[17..].iter().all(refused));
    }

    #[test]
    fn a_file_that_changes_between_two_tensors_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("w.data");
        fs::write(&path, [1; 8]).expect("writable");
        let mut external = External::new(folder.path());
        part(&mut external, 0, 4).expect("in the file");
        fs::write(&path, [2; 9]).expect("writable");
        let message = part(&mut external, 4, 4).expect_err("it was changed");
        assert!(message.contains("changed while it was read"), "{message}");
    }

    /// A pipe beside the model would be waited for.
    #[cfg(unix)]
    #[test]
    fn pipes_beside_the_model_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        crate::testing::pipe(&folder.path().join("w.data"));
        let path = folder.path().to_owned();
        let outcome = crate::testing::in_time(move || read(&[("location", "w.data")], &path));
        let message = outcome.expect_err("a pipe");
        assert!(message.contains("not a regular file"), "{message}");
    }
}
