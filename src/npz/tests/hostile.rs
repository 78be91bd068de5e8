//! Files that are made to break a reader: to take its time, its memory, or to say two things at once.

use super::*;
use std::time::Duration;

/// An archive of two arrays, `a` and `b`.
fn two() -> Vec<u8> {
    let arrays = [
        ("a".to_owned(), Tensor::i64([3], vec![1, 2, 3])),
        ("b".to_owned(), Tensor::f32([2, 4], vec![0.5; 8])),
    ];
    to_bytes(&arrays).expect("in memory")
}

/// Where the last record of an archive's directory is.
fn last_record(archive: &[u8]) -> usize {
    let found = archive.windows(4).rposition(|bytes| bytes == b"PK\x01\x02");
    found.expect("an archive has a directory")
}

/// An archive with bytes of its last directory record replaced.
fn patched(archive: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let at = last_record(archive) + offset;
    let mut archive = archive.to_vec();
    archive[at..at + bytes.len()].copy_from_slice(bytes);
    archive
}

/// An archive with a file in it, whatever it holds.
fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file(name, options).expect("in memory");
    archive.write_all(bytes).expect("in memory");
    archive.finish().expect("in memory").into_inner()
}

/// Why an array cannot be read.
fn refused(bytes: &[u8], name: &str) -> String {
    let found = open(bytes).and_then(|mut archive| read(&mut archive, name));
    found.expect_err("it must be refused")
}

#[test]
fn nested_brackets_end_at_once() {
    let texts = [40, 150, 4000].into_iter().flat_map(|depth| {
        [
            ("", "["),
            ("", "{"),
            ("{'a': ", "["),
            ("{'shape': ", "("),
            ("{'shape': (", "("),
            ("{'descr': ", "["),
            ("{'descr': [", "("),
        ]
        .map(|(start, bracket)| format!("{start}{}", bracket.repeat(depth)))
    });
    for text in texts {
        let array = npy(&text, &[0; 8]);
        assert!(crate::testing::in_time(move || parts(&array)).is_err());
        let archive = zipped("x.npy", &npy(&text, &[0; 8]));
        crate::testing::in_time(move || refused(&archive, "x"));
    }
}

/// Whatever a header holds, it is read or refused.
#[test]
fn broken_headers_are_refused_without_a_panic() {
    let file = npy(
        &header(">f2", "False", "(2, 3)"),
        &[0x3c, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    );
    assert_eq!(parts(&file).map(|parts| parts.len()), Ok(2));
    for end in 0..file.len() {
        assert!(parts(&file[..end]).is_err(), "{end}");
    }
    let mut read = 0;
    for at in 0..file.len() - 12 {
        for byte in 0..=u8::MAX {
            let mut broken = file.clone();
            broken[at] = byte;
            // Of those whose header is one, the whole is read.
            if Header::read(&mut &broken[..]).is_ok() {
                read += usize::from(parts(&broken).is_ok());
            }
        }
    }
    assert!(read > file.len() - 12, "at least what is unchanged is read");
    let mut state = 1u64;
    for length in (0..300).cycle().take(20_000) {
        let mut noise = npy(&" ".repeat(length), &[]);
        for byte in &mut noise[10..] {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let letters = b"{}()[]'\",:L0123 \ndescrfortran_ordershapeTrueFalse<f4\\\xff";
            *byte = letters[(state >> 33) as usize % letters.len()];
        }
        assert!(Header::read(&mut &noise[..]).is_err());
    }
}

/// Whatever a byte of an archive is, each array is read or refused.
#[test]
fn broken_archives_are_refused_without_a_panic() {
    let bytes = two();
    for end in 0..bytes.len() {
        assert!(open(&bytes[..end]).is_err(), "{end}");
    }
    let mut wrong = 0;
    for archive in [&bytes, &zip64(&bytes)] {
        for at in 0..archive.len() {
            for flipped in [0x01, 0x80, 0xff] {
                let mut broken = archive.clone();
                broken[at] ^= flipped;
                let Ok(mut found) = open(&broken) else {
                    continue;
                };
                for name in ["a", "b"] {
                    if let Ok(parts) = read(&mut found, name) {
                        let sound = read(&mut open(archive).expect("sound"), name);
                        wrong += usize::from(sound != Ok(parts));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, 0, "the checksum covers every element");
}

/// The same archive with the end of its directory in the form for more than 4 GiB.
fn zip64(archive: &[u8]) -> Vec<u8> {
    let (body, end) = archive.split_at(archive.len() - 22);
    let number = |at: usize| u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]);
    let (size, offset) = (u64::from(number(12)), u64::from(number(16)));
    let count = u64::from(end[10]).to_le_bytes();
    let record = [
        &b"PK\x06\x06"[..],
        &44u64.to_le_bytes(),
        &[45, 0, 45, 0],
        &[0; 8],
        &count,
        &count,
        &size.to_le_bytes(),
        &offset.to_le_bytes(),
    ];
    let locator = [
        &b"PK\x06\x07"[..],
        &[0; 4],
        &(body.len() as u64).to_le_bytes(),
        &[1, 0, 0, 0],
    ];
    let end = [&b"PK\x05\x06"[..], &[0; 4], &[0xff; 12], &[0; 2]];
    [body, &record.concat(), &locator.concat(), &end.concat()].concat()
}

#[test]
fn large_archives_have_another_directory() {
    let mut archive = open(&zip64(&two())).expect("an archive");
    assert_eq!(archive.names(), ["a", "b"]);
    assert_eq!(read(&mut archive, "b").map(|parts| parts.len()), Ok(2));
}

#[test]
fn archives_that_say_two_things_are_refused() {
    let bytes = two();
    let rename = |to: &[u8]| {
        let mut archive = bytes.clone();
        for at in 0..archive.len() - 4 {
            if archive[at..].starts_with(b"b.npy") {
                archive[at..at + to.len()].copy_from_slice(to);
            }
        }
        archive
    };
    assert!(refused(&rename(b"a"), "a").contains("has the array 'a' twice"));
    assert!(refused(&rename(b"\0"), "a").contains("an entry named '\\x00.npy'"));
    assert!(refused(&rename(b"\xff"), "a").contains("an entry named '\\xff.npy'"));
    // Only the directory has the other name.
    assert!(refused(&patched(&bytes, 46, b"c"), "c").contains("describes another array"));
    // Both arrays in one place.
    let overlap = patched(&bytes, 42, &0u32.to_le_bytes());
    assert!(refused(&overlap, "a").contains("overlap"));
    // The data of the last goes on into the directory.
    let long = patched(&bytes, 20, &400u32.to_le_bytes());
    assert!(refused(&long, "a").contains("overlap"));
    let far = patched(&bytes, 42, &u32::MAX.to_le_bytes());
    assert!(refused(&far, "a").contains("is a broken archive"));
    let count = [
        &bytes[..bytes.len() - 12],
        &[3, 0],
        &bytes[bytes.len() - 10..],
    ]
    .concat();
    assert!(refused(&count, "a").contains("it has 2 arrays, and says that it has 3"));
}

#[test]
fn entries_that_cannot_be_read_are_refused_when_asked_for() {
    let bytes = two();
    for (offset, change, message) in [
        (8, &[1][..], "is encrypted"),
        (10, &[12], "describes another array"),
        (
            24,
            &159u32.to_le_bytes(),
            "Invalid size: expected 159, got 160",
        ),
        (
            24,
            &161u32.to_le_bytes(),
            "claims the shape [2, 4] of float32 in 161 bytes",
        ),
        (16, &[0; 4], "is broken"),
    ] {
        let broken = patched(&bytes, offset, change);
        let found = refused(&broken, "b");
        assert!(found.contains(message), "{found}");
        // The other array is as good as before.
        let mut archive = open(&broken).expect("an archive");
        assert_eq!(read(&mut archive, "a").map(|parts| parts.len()), Ok(3));
    }
    let mut method = patched(&bytes, 10, &[12]);
    let local = method.windows(4).rposition(|bytes| bytes == b"PK\x03\x04");
    method[local.expect("an entry") + 8] = 12;
    assert!(refused(&method, "b").contains("compressed by method 12, expected none or deflate"));
    let text = zipped("x.npy", b"this is a text");
    assert_eq!(refused(&text, "x"), "is not in numpy's format");
}

/// Surplus and missing bytes, behind a directory that fits them.
#[test]
fn the_shape_says_how_many_bytes_there_are() {
    let text = header("<f4", "False", "(2, 2)");
    for (bytes, fits) in [(15, false), (16, true), (17, false)] {
        let array = npy(&text, &vec![0; bytes]);
        for file in [zipped("x.npy", &array), array] {
            assert_eq!(
                open(&file)
                    .and_then(|mut file| read(&mut file, "x"))
                    .is_ok(),
                fits
            );
        }
    }
    // The directory says less or more than the compressed data has.
    let arrays = [(
        "x".to_owned(),
        Tensor::f32([4096], (0..4096).map(|at| at as f32).collect()),
    )];
    let bytes = to_bytes(&arrays).expect("in memory");
    for size in [128 + 4 * 4096 - 4u32, 128 + 4 * 4096 + 4] {
        let message = refused(&patched(&bytes, 24, &size.to_le_bytes()), "x");
        let wanted = format!("claims the shape [4096] of float32 in {size} bytes");
        assert!(message.contains(&wanted), "{message}");
    }
}

/// Nothing is inflated, and no memory taken, for what the size of a file does not justify.
#[test]
fn more_memory_than_a_file_justifies_is_refused() {
    // The header is true; the rest would be inflated to 1.5 GB of zeros.
    let count = 375_000_000u64;
    let text = header("<f4", "False", &format!("({count}, 1)"));
    let bytes = zipped("x.npy", &npy(&text, &[0; 1000]));
    let size = u32::try_from(10 + text.len() as u64 + 4 * count).expect("less than 4 GiB");
    let bomb = patched(&bytes, 24, &size.to_le_bytes());
    let message = refused(&bomb, "x");
    assert!(message.contains("MiB of memory are needed"), "{message}");
    assert!(message.contains("numpy.savez"), "{message}");
    // Samples without elements take memory too.
    let empty = npy(&header("<f4", "False", "(1000000000000, 0)"), &[]);
    assert!(refused(&empty, "x").contains("MiB of memory are needed"));
    // All arrays of a file share what it may take.
    let zeros = Tensor::f32([1, 20 << 20], vec![0.0; 20 << 20]);
    let mut archive = archive(&[("a".to_owned(), zeros.clone()), ("b".to_owned(), zeros)]);
    assert_eq!(read(&mut archive, "a").map(|parts| parts.len()), Ok(1));
    assert!(read(&mut archive, "b").is_err_and(|message| message.contains("MiB more")));
}

#[test]
fn stored_arrays_of_any_type_fit() {
    // An image of bytes becomes integers of eight.
    let text = header("|u1", "True", "(2, 1048576, 20)");
    let found = parts(&npy(&text, &vec![7; 40 << 20])).expect("stored without compression");
    assert_eq!(found.iter().map(Tensor::len).sum::<usize>(), 40 << 20);
}

#[test]
fn more_arrays_than_any_model_has_are_refused() {
    let arrays: Vec<_> = (0..4097)
        .map(|at| (format!("a{at}"), Tensor::scalar(0.0)))
        .collect();
    let open = |count: usize| open(&to_bytes(&arrays[..count]).expect("in memory"));
    assert!(open(4096).is_ok());
    assert!(open(4097).is_err_and(|message| message.contains("more than 4096 arrays")));
}

#[test]
fn other_files_are_refused() {
    for bytes in [&b""[..], b"P", b"text\n", b"\x93NUMPX\x01\x00"] {
        let message = open(bytes).err().expect("no arrays");
        assert_eq!(message, "is neither an .npz archive nor an .npy array");
    }
    let empty = to_bytes(&[]).expect("in memory");
    assert!(open(&empty).is_ok_and(|archive| archive.names().is_empty()));
    assert!(Archive::open(&std::env::temp_dir()).is_err(), "a folder");
    #[cfg(unix)]
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pipe = folder.path().join("pipe.npz");
        crate::testing::pipe(&pipe);
        let error = crate::testing::in_time(move || Archive::open(&pipe).err());
        let error = error.expect("a pipe");
        assert!(
            error
                .to_string()
                .ends_with("pipe.npz: cannot be read: it is not a regular file")
        );
    }
}

#[test]
fn a_file_that_is_written_to_meanwhile_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.npy");
    let array = |shape: &str| npy(&header("<f4", "False", shape), &[0; 24]);
    std::fs::write(&path, array("(2, 3)")).expect("writable");
    let mut file = Archive::open(&path).expect("an array");
    let found = file.header("x").expect("an array");
    // The caller has checked the shape; it must not be another one now, even if nothing else tells.
    let time = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
    let time = time.expect("files have a time of change");
    let later = time + Duration::from_secs(1);
    // The last has the same shape, and other elements.
    for (shape, time) in [("(3, 2)", time), ("(3, 2)", later), ("(2, 3)", later)] {
        std::fs::write(&path, array(shape)).expect("writable");
        let written = std::fs::OpenOptions::new().write(true).open(&path);
        let written = written.expect("just written");
        written.set_modified(time).expect("it is ours");
        let message = file
            .parts("x", &found, Element::F32)
            .expect_err("it was changed");
        assert!(message.contains("changed while it was read"), "{message}");
    }
    std::fs::write(&path, &array("(2, 3)")[..90]).expect("writable");
    assert!(file.parts("x", &found, Element::F32).is_err());
}

#[test]
fn an_archive_that_is_truncated_meanwhile_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.npz");
    let values: Vec<f32> = (0..1 << 16).map(|at| at as f32).collect();
    let sound = [("x".to_owned(), Tensor::f32([16, 1 << 12], values))];
    write(&path, &sound).expect("writable");
    crate::testing::while_truncated(&path, || {
        let parts = Archive::open(&path)
            .map_err(|error| error.to_string())
            .and_then(|mut archive| read(&mut archive, "x"));
        let Ok(parts) = parts else {
            return false;
        };
        let all = Data::joined(parts.iter().map(|part| &part.data));
        assert_eq!(all.as_ref(), Some(&sound[0].1.data));
        true
    });
}
