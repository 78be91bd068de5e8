//! Files of arrays, of which arrays are read when they are asked for.

use qonnx_dialects::file::{self, RegularFile};
use qonnx_dialects::tensor::{Data, Element, Tensor, for_each_index};
use rawzip::{CompressionMethod, RangeReader, ReaderAt, ZipArchiveEntryWayfinder, ZipLocator};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::NpzError;
use super::header::{Header, MAGIC};
use super::values::Decoder;

/// Memory that the arrays of one file may take, whatever its size. Zeros deflate a thousandfold, so this bounds what a
/// small file can do; real samples of this size take far longer to run than to read.
const MEMORY: u64 = 128 << 20;
/// Memory for each byte of the file besides. A stored byte becomes at most an integer of eight, so that an array that
/// is not compressed fits unless its samples are tiny; measurements and images deflate to a tenth at best.
const MEMORY_PER_BYTE: u64 = 16;
/// Memory that each sample takes besides its elements: its tensor, which is moved once, and three allocations.
const MEMORY_PER_SAMPLE: u64 = 256;
/// Most arrays in an archive. A model has a few inputs and outputs.
const MAX_ARRAYS: usize = 4096;
/// Longest name of an array, in bytes.
const MAX_NAME: usize = 1024;
/// Bytes at the end of an archive in which its directory must end: a record of 22 with a comment.
const DIRECTORY_END: u64 = 22 + 65_535;
/// Size of buffers for reading, in bytes: any record of an archive's directory fits.
const BUFFER: usize = 1 << 18;
/// Bytes that are decoded at once; a multiple of every element's size.
const CHUNK: usize = 1 << 16;

/// A file of arrays: an archive (`.npz`), or a single array (`.npy`) by the name of its file. The two are told apart
/// by their first bytes.
pub struct Archive {
    content: Content,
    /// Memory that arrays may yet take.
    left: u64,
}

enum Content {
    Single {
        file: Source,
        name: String,
    },
    Archive {
        archive: rawzip::ZipArchive<Source>,
        entries: BTreeMap<String, Entry>,
    },
}

/// An array of an archive.
struct Entry {
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    encrypted: bool,
    /// Its name in the archive.
    path: Vec<u8>,
}

struct Source(RegularFile);

impl ReaderAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

impl Archive {
    /// Opens a regular file and reads the directory of its arrays, but no array.
    pub fn open(path: &Path) -> Result<Self, NpzError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        RegularFile::open(path)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|file| Self::new(file, &name))
            .map_err(|message| NpzError {
                file: path.display().to_string(),
                message,
            })
    }

    /// An open file; `name` is that of its array, if there is but one.
    pub(super) fn new(file: RegularFile, name: &str) -> Result<Self, String> {
        let mut start = [0; MAGIC.len()];
        let file = Source(file);
        let found = RangeReader::new(&file, 0..file.0.length())
            .take(start.len() as u64)
            .read_exact(&mut start);
        let length = file.0.length();
        let memory = length.saturating_mul(MEMORY_PER_BYTE);
        let content = match found {
            Ok(()) if start == MAGIC => Content::Single {
                file,
                name: name.to_owned(),
            },
            Ok(()) if start.starts_with(b"PK") => open_archive(file)?,
            _ => return Err("is neither an .npz archive nor an .npy array".to_owned()),
        };
        Ok(Self {
            content,
            left: memory.saturating_add(MEMORY),
        })
    }

    /// Names of the arrays. They are a stranger's.
    pub fn names(&self) -> Vec<&str> {
        match &self.content {
            Content::Single { name, .. } => vec![name],
            Content::Archive { entries, .. } => entries.keys().map(String::as_str).collect(),
        }
    }

    /// Whether there is an array of a name.
    pub fn contains(&self, name: &str) -> bool {
        match &self.content {
            Content::Single { name: found, .. } => found == name,
            Content::Archive { entries, .. } => entries.contains_key(name),
        }
    }

    /// The name of the array, if the file is a single one.
    pub fn single(&self) -> Option<&str> {
        match &self.content {
            Content::Single { name, .. } => Some(name),
            Content::Archive { .. } => None,
        }
    }

    /// What an array is like. No more than its beginning is inflated.
    pub fn header(&self, name: &str) -> Result<Header, String> {
        self.entry(name)?.header()
    }

    /// Reads an array whose header is known, as one tensor for each index of its leading axis, with elements of a
    /// type. No more is inflated than the header says; an error if that is not what there is, if numbers do not fit
    /// the type, or if the arrays of this file would take more memory than its size justifies.
    pub fn parts(
        &mut self,
        name: &str,
        header: &Header,
        element: Element,
    ) -> Result<Vec<Tensor>, String> {
        let Some((&count, shape)) = header.shape.split_first() else {
            return Err("is a scalar, expected samples along the leading axis".to_owned());
        };
        let decoder = Decoder::new(header, element);
        self.claim(header, decoder, count)?;
        let entry = self.entry(name)?;
        let (mut reader, found) = entry.start()?;
        if found != *header {
            return Err(format!("cannot be read: {}", file::changed()));
        }
        let size = shape.iter().product();
        let parts = if header.fortran && !shape.is_empty() {
            let stored = read_all(&mut reader, header)?;
            let parts = (0..count).map(|at| {
                let order = Fortran { count, shape, at };
                Ok(Tensor::new(
                    shape.to_vec(),
                    order.part(&stored, decoder, header)?,
                ))
            });
            parts.collect::<Result<Vec<_>, String>>()?
        } else {
            let mut buffer = vec![0; CHUNK];
            let parts = (0..count).map(|_| {
                let mut data = decoder.room(size)?;
                let mut left = size * header.kind.size();
                while left > 0 {
                    let chunk = &mut buffer[..left.min(CHUNK)];
                    reader.read_exact(chunk).map_err(|error| broken(&error))?;
                    decoder.append(chunk, &mut data)?;
                    left -= chunk.len();
                }
                Ok(Tensor::new(shape.to_vec(), data))
            });
            parts.collect::<Result<Vec<_>, String>>()?
        };
        // The end of an entry is where its checksum is compared.
        match reader.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err("is broken: it has more bytes than its shape needs".to_owned()),
            Err(error) => return Err(broken(&error)),
        }
        let unchanged = self.source().0.check_unchanged();
        unchanged.map_err(|error| format!("cannot be read: {error}"))?;
        Ok(parts)
    }

    /// Takes the memory for an array from what is left.
    fn claim(&mut self, header: &Header, decoder: Decoder, count: usize) -> Result<(), String> {
        let elements = (header.count() as u64).saturating_mul(decoder.memory() as u64);
        let each = MEMORY_PER_SAMPLE + 8 * header.shape.len() as u64;
        let mut needed = elements.saturating_add(each.saturating_mul(count as u64));
        if header.fortran {
            needed = needed.saturating_add(header.data_bytes());
        }
        self.left = self.left.checked_sub(needed).ok_or_else(|| {
            format!(
                "has the shape {:?}, for which {} MiB of memory are needed; this file's size justifies {} MiB more: \
                 store it without compression (numpy.savez), or fewer samples in a file",
                header.shape,
                needed >> 20,
                self.left >> 20
            )
        })?;
        Ok(())
    }

    fn source(&self) -> &Source {
        match &self.content {
            Content::Single { file, .. } => file,
            Content::Archive { archive, .. } => archive.get_ref(),
        }
    }

    /// An array, with no byte of it read.
    fn entry(&self, name: &str) -> Result<Open<'_>, String> {
        match &self.content {
            Content::Single { file, .. } => {
                let length = file.0.length();
                let reader = RangeReader::new(file, 0..length);
                Ok(Open {
                    reader: Box::new(reader),
                    length,
                })
            }
            Content::Archive { archive, entries } => {
                let entry = entries.get(name).ok_or("is not in the archive")?;
                Ok(Open {
                    reader: entry.open(archive)?,
                    length: entry.place.uncompressed_size_hint(),
                })
            }
        }
    }
}

/// Reads an archive's directory. The archive must be what the directory says: nothing in it twice, by name or by
/// place, so that no two readers can see different arrays in it, and each byte is inflated once at most.
fn open_archive(file: Source) -> Result<Content, String> {
    let broken = |error: rawzip::Error| format!("is a broken archive: {error}");
    let mut buffer = vec![0; BUFFER];
    let length = file.0.length();
    let archive = ZipLocator::new()
        .max_search_space(DIRECTORY_END)
        .locate_in_reader(file, &mut buffer, length)
        .map_err(|(_, error)| broken(error))?;
    let mut entries = BTreeMap::new();
    let mut ranges = Vec::new();
    let mut records = archive.entries(&mut buffer);
    while let Some(record) = records.next_entry().map_err(broken)? {
        if entries.len() == MAX_ARRAYS {
            return Err(format!("has more than {MAX_ARRAYS} arrays"));
        }
        let path = record.file_path().as_bytes().to_vec();
        let place = record.wayfinder();
        let name = array_name(&path)?.to_owned();
        let (_, end) = archive
            .get_entry(place)
            .map_err(broken)?
            .compressed_data_range();
        ranges.push((record.local_header_offset(), end));
        let entry = Entry {
            place,
            method: record.compression_method(),
            encrypted: record.flags().is_encrypted() || record.flags().is_masked(),
            path,
        };
        if entries.contains_key(&name) {
            return Err(format!("has the array '{}' twice", name.escape_debug()));
        }
        entries.insert(name, entry);
    }
    if entries.len() as u64 != archive.entries_hint() {
        return Err(format!(
            "is a broken archive: it has {} arrays, and says that it has {}",
            entries.len(),
            archive.entries_hint()
        ));
    }
    ranges.sort_unstable();
    ranges.push((archive.directory_offset(), length));
    if ranges.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err("is a broken archive: its arrays overlap".to_owned());
    }
    Ok(Content::Archive { archive, entries })
}

/// The name of the array of an entry: without numpy's extension.
fn array_name(path: &[u8]) -> Result<&str, String> {
    let name = std::str::from_utf8(path)
        .ok()
        .filter(|name| !name.is_empty() && name.len() <= MAX_NAME && !name.contains('\0'));
    name.map(|name| name.strip_suffix(".npy").unwrap_or(name))
        .ok_or_else(|| {
            let start = &path[..path.len().min(64)];
            format!(
                "has an entry named '{}' of {} bytes, expected 1 to {MAX_NAME} bytes of UTF-8 without NUL",
                start.escape_ascii(),
                path.len()
            )
        })
}

impl Entry {
    /// A reader that inflates the array, and compares size and checksum at its end.
    fn open<'a>(
        &self,
        archive: &'a rawzip::ZipArchive<Source>,
    ) -> Result<Box<dyn Read + 'a>, String> {
        let failed = |error: rawzip::Error| format!("is broken: {error}");
        if self.encrypted {
            return Err("is encrypted".to_owned());
        }
        let entry = archive.get_entry(self.place).map_err(failed)?;
        let mut buffer = vec![0; BUFFER];
        let local = entry.local_header(&mut buffer).map_err(failed)?;
        if *local.file_path().as_bytes() != *self.path || local.compression_method() != self.method
        {
            return Err("is broken: the archive's directory describes another array".to_owned());
        }
        let stored = BufReader::with_capacity(CHUNK, entry.reader());
        match self.method {
            CompressionMethod::STORE => Ok(Box::new(entry.verifying_reader(stored))),
            CompressionMethod::DEFLATE => {
                let inflated = flate2::bufread::DeflateDecoder::new(stored);
                Ok(Box::new(entry.verifying_reader(inflated)))
            }
            other => Err(format!(
                "is compressed by method {}, expected none or deflate",
                other.as_u16()
            )),
        }
    }
}

/// An array that is being read.
struct Open<'a> {
    reader: Box<dyn Read + 'a>,
    /// Bytes of header and elements.
    length: u64,
}

impl<'a> Open<'a> {
    fn header(self) -> Result<Header, String> {
        self.start().map(|(_, header)| header)
    }

    /// Reads the header, which must fit the array's length; the reader is at the first element then.
    fn start(self) -> Result<(BufReader<Box<dyn Read + 'a>>, Header), String> {
        // A buffer of this size is also all that is inflated where only the header is asked for.
        let mut reader = BufReader::with_capacity(8192, self.reader);
        let header = Header::read(&mut reader)?;
        let needed = header.length.checked_add(header.data_bytes());
        if needed == Some(self.length) {
            return Ok((reader, header));
        }
        Err(format!(
            "claims the shape {:?} of {} in {} bytes, of which {} are the header",
            header.shape, header.kind, self.length, header.length
        ))
    }
}

fn broken(error: &io::Error) -> String {
    format!("is broken: {error}")
}

/// All stored elements of an array.
fn read_all(reader: &mut impl Read, header: &Header) -> Result<Vec<u8>, String> {
    let size = header.count() * header.kind.size();
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|_| format!("has {size} bytes, more than there is memory for"))?;
    let read = reader.take(size as u64).read_to_end(&mut bytes);
    match read.map_err(|error| broken(&error))? {
        found if found == size => Ok(bytes),
        found => Err(format!("is broken: it ends after {found} of {size} bytes")),
    }
}

/// A part of an array whose first index changes fastest.
struct Fortran<'a> {
    /// Extent of the first axis.
    count: usize,
    /// Extents of the others.
    shape: &'a [usize],
    /// Which index of the first axis.
    at: usize,
}

impl Fortran<'_> {
    /// The elements in row-major order.
    fn part(&self, stored: &[u8], decoder: Decoder, header: &Header) -> Result<Data, String> {
        let size = header.kind.size();
        let mut strides = vec![self.count; self.shape.len()];
        for axis in 1..self.shape.len() {
            strides[axis] = strides[axis - 1] * self.shape[axis - 1];
        }
        let mut data = decoder.room(self.shape.iter().product())?;
        let mut outcome = Ok(());
        for_each_index(self.shape, |index| {
            let steps = index.iter().zip(&strides).map(|(at, stride)| at * stride);
            let start = (self.at + steps.sum::<usize>()) * size;
            if outcome.is_ok() {
                outcome = decoder.append(&stored[start..start + size], &mut data);
            }
        });
        outcome.map(|()| data)
    }
}
