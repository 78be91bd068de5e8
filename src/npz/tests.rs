//! Arrays as numpy writes them, and files that are made to break a reader.

mod hostile;

use super::values::Decoder;
use super::write::{array_bytes, to_bytes};
use super::*;
use qonnx_dialects::file::RegularFile;
use qonnx_dialects::tensor::{Data, Element, Sign, Tensor};
use std::io::Write;

/// Opens bytes as a file of arrays.
pub(crate) fn open(bytes: &[u8]) -> Result<Archive, String> {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("writable");
    Archive::new(RegularFile::new(file).expect("a regular file"), "x")
}

/// A file of arrays.
pub(crate) fn archive(arrays: &[(String, Tensor)]) -> Archive {
    open(&to_bytes(arrays).expect("in memory")).expect("just written")
}

/// A file of a single array.
pub(crate) fn single(array: &Tensor) -> Archive {
    open(&array_bytes(array).expect("in memory")).expect("just written")
}

/// A file of arrays, the last of which has a wrong checksum.
pub(crate) fn damaged(arrays: &[(String, Tensor)]) -> Archive {
    let mut bytes = to_bytes(arrays).expect("in memory");
    let record = bytes.windows(4).rposition(|bytes| bytes == b"PK\x01\x02");
    bytes[record.expect("an archive has a directory") + 16] ^= 1;
    open(&bytes).expect("its directory is sound")
}

/// An array in numpy's format, version 1.
pub(crate) fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).expect("short");
    let start = &b"\x93NUMPY\x01\x00"[..];
    [start, &length.to_le_bytes(), header.as_bytes(), data].concat()
}

/// A header as numpy writes it.
pub(crate) fn header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
}

/// The parts of an array with elements of its own type.
fn read(archive: &mut Archive, name: &str) -> Result<Vec<Tensor>, String> {
    let header = archive.header(name)?;
    archive.parts(name, &header, header.kind.element())
}

/// The parts of the array that a file is.
fn parts(bytes: &[u8]) -> Result<Vec<Tensor>, String> {
    read(&mut open(bytes)?, "x")
}

/// The elements of a vector in numpy's format, as some element.
fn converted(descr: &str, data: &[u8], element: Element) -> Result<Data, String> {
    let count = data.len() / usize::from(descr.as_bytes()[2] - b'0');
    let header = Header::read(&mut &npy(&header(descr, "False", &format!("({count},)")), &[])[..])?;
    let decoder = Decoder::new(&header, element);
    let mut found = decoder.room(count)?;
    decoder.append(data, &mut found).map(|()| found)
}

/// The elements with their own type.
fn vector(descr: &str, data: &[u8]) -> Result<Data, String> {
    let element = Header::read(&mut &npy(&header(descr, "False", "(0,)"), &[])[..])?;
    converted(descr, data, element.kind.element())
}

#[test]
fn arrays_survive_a_round_trip_and_bytes_are_stable() {
    let arrays = vec![
        (
            "b".to_owned(),
            Tensor::f32([2, 2], vec![1.0, -2.5, f32::INFINITY, 0.0]),
        ),
        ("a".to_owned(), Tensor::i64([3], vec![-1, 0, 1])),
        (
            "/layer::0/bits".to_owned(),
            Tensor::of_integers(Element::BOOL, [1, 2], vec![1, 0]),
        ),
        (
            "größe".to_owned(),
            Tensor::new(vec![1], Data::F64(vec![0.1])),
        ),
    ];
    let bytes = to_bytes(&arrays).expect("in memory");
    assert_eq!(to_bytes(&arrays).expect("in memory"), bytes);
    let mut archive = open(&bytes).expect("just written");
    for (name, tensor) in &arrays {
        let parts = read(&mut archive, name).expect("just written");
        let data = Data::joined(parts.iter().map(|part| &part.data)).expect("of one type");
        assert_eq!((&data, parts.len()), (&tensor.data, tensor.shape[0]));
        assert!(parts.iter().all(|part| part.shape == tensor.shape[1..]));
    }
    let header = archive.header("größe").expect("just written");
    assert_eq!(
        (header.kind, header.shape.as_slice()),
        (Kind::Float(8), &[1][..])
    );
}

/// These bytes are what users have compared results with.
#[test]
fn the_bytes_of_an_array_are_these() {
    for (tensor, text) in [
        (
            Tensor::scalar(4.0),
            "'<f4', 'fortran_order': False, 'shape': ()",
        ),
        (
            Tensor::i64([3], vec![1, 2, 3]),
            "'<i8', 'fortran_order': False, 'shape': (3, )",
        ),
        (
            Tensor::f32([16, 1, 64], vec![0.5; 1024]),
            "'<f4', 'fortran_order': False, 'shape': (16, 1, 64, )",
        ),
    ] {
        let bytes = array_bytes(&tensor).expect("in memory");
        let text = format!("{:<117}\n", format!("{{'descr': {text}, }}"));
        let start = [&b"\x93NUMPY\x01\x00\x76\x00"[..], text.as_bytes()].concat();
        assert_eq!(bytes[..128], start[..]);
        let size = if tensor.element().is_int() { 8 } else { 4 };
        assert_eq!(bytes.len(), 128 + size * tensor.len());
        let header = Header::read(&mut &bytes[..]).expect("just written");
        assert_eq!(header.shape, tensor.shape);
    }
}

#[test]
fn all_forms_of_a_header_are_read() {
    let read = |bytes: &[u8]| Header::read(&mut &bytes[..]);
    let wanted = read(&npy(&header("<f4", "False", "(2, 3)"), &[])).expect("as numpy writes it");
    assert_eq!((wanted.shape.as_slice(), wanted.count()), (&[2, 3][..], 6));
    for text in [
        "{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
        "  {\t'shape' : ( 2L , 3L , ) ,\n 'descr': \"<f4\", \"fortran_order\":False }   \n",
        "{'fortran_order': False, 'shape': (02, 3), 'descr': '<f4', }",
    ] {
        let mut found = read(&npy(text, &[])).expect(text);
        assert_eq!(found.length, 10 + text.len() as u64);
        found.length = wanted.length;
        assert_eq!(found, wanted, "{text}");
        for version in [2, 3] {
            let length = u32::try_from(text.len()).expect("short").to_le_bytes();
            let start = [&b"\x93NUMPY"[..], &[version, 0], &length].concat();
            let found = read(&[&start, text.as_bytes()].concat()).expect(text);
            assert_eq!(found.shape, [2, 3]);
        }
    }
    let scalar = read(&npy(&header("=f8", "True", "()"), &[])).expect("a scalar");
    assert!(scalar.fortran && scalar.shape.is_empty() && scalar.count() == 1);
}

#[test]
fn headers_of_other_things_are_refused() {
    let refused = |text: &str| {
        Header::read(&mut &npy(text, &[])[..]).expect_err(&format!("it must be refused: {text}"))
    };
    for (text, message) in [
        ("", "the end at byte 0, expected a dictionary"),
        ("[]", "'[' at byte 0, expected a dictionary"),
        ("{}", "not all of descr, fortran_order and shape"),
        ("{'shape': (1,)}", "not all of"),
        ("{'shape': (1,), 'shape': (2,)}", "a key twice"),
        ("{'size': 1}", "the key 'size'"),
        ("{'\u{1b}[31m': 1}", "\\u{1b}[31m"),
        ("{shape: (1,)}", "'s' at byte 1, expected a key"),
        ("{'shape'}", "'}' at byte 8, expected ':'"),
        ("{'shape': [1, 2]}", "'[' at byte 10, expected a tuple"),
        ("{'shape': (3)}", "a number for its shape, expected a tuple"),
        ("{'shape': (1 2)}", "'2' at byte 13, expected ',' or ')'"),
        ("{'shape': (-1,)}", "'-' at byte 11, expected an extent"),
        ("{'shape': (1.5,)}", "'.' at byte 12"),
        ("{'shape': (,)}", "',' at byte 11"),
        (
            "{'shape': (99999999999999999999,)}",
            "too large for any file",
        ),
        (
            "{'shape': (4294967296, 4294967296)}",
            "too large for any file",
        ),
        (
            "{'shape': (0, 4294967296, 4294967296)}",
            "too large for any file",
        ),
        ("{'fortran_order': 0}", "expected True or False"),
        ("{'descr': 4}", "expected a type"),
        ("{'descr': '<f4}", "a string that does not end"),
        (
            "{'descr': '\\x3cf4'}",
            "a string that does not end, or with an escape",
        ),
        (
            "{'descr': [('a', '<f4'), ('b', '<i4')]}",
            "has records, expected numbers",
        ),
        (
            "{'descr': '<U4'}",
            "elements of type '<U4', expected numbers",
        ),
        ("{'descr': '|O'}", "elements of type '|O'"),
        ("{'descr': '<c8'}", "elements of type '<c8'"),
        ("{'descr': '<f1'}", "elements of type '<f1'"),
        ("{'descr': '<b2'}", "elements of type '<b2'"),
        ("{'descr': '<f16'}", "elements of type '<f16'"),
        ("{'descr': 'f4'}", "elements of type 'f4'"),
        ("{'descr': '<M8[ns]'}", "elements of type '<M8[ns]'"),
    ] {
        let found = refused(text);
        assert!(found.contains(message), "{text}: {found}");
    }
    assert!(refused(&(header("<f4", "False", "(1,)") + "x")).contains("expected the end"));
    let read = |bytes: &[u8]| Header::read(&mut &bytes[..]);
    assert!(read(b"\x93NUMPY\x04\x00").is_err_and(|message| message.contains("version 4.0")));
    let long = [&b"\x93NUMPY\x02\x00"[..], &u32::MAX.to_le_bytes()].concat();
    assert!(read(&long).is_err_and(|message| message.contains("4294967295 bytes")));
}

#[test]
fn numbers_of_all_types_and_both_byte_orders_are_read() {
    let int = |width, unsigned, values: &[i64]| Data::Int {
        width,
        sign: if unsigned {
            Sign::Unsigned
        } else {
            Sign::Signless
        },
        values: values.to_vec(),
    };
    for (descr, data, wanted) in [
        ("|b1", &[0, 1, 2][..], int(1, true, &[0, 1, 1])),
        ("|i1", &[0xfa, 0x7f], int(8, false, &[-6, 127])),
        ("|u1", &[0xfa, 0x7f], int(8, true, &[250, 127])),
        (
            "<i2",
            &[0xfe, 0xff, 0x01, 0x02],
            int(16, false, &[-2, 0x201]),
        ),
        (
            ">i2",
            &[0xff, 0xfe, 0x02, 0x01],
            int(16, false, &[-2, 0x201]),
        ),
        ("<u2", &[0xfe, 0xff], int(16, true, &[0xfffe])),
        (">u2", &[0xff, 0xfe], int(16, true, &[0xfffe])),
        ("<i4", &[0xfe, 0xff, 0xff, 0xff], int(32, false, &[-2])),
        (">i4", &[0xff, 0xff, 0xff, 0xfe], int(32, false, &[-2])),
        (
            ">u4",
            &[0xff, 0xff, 0xff, 0xfe],
            int(32, true, &[0xffff_fffe]),
        ),
        (
            "<i8",
            &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            int(64, false, &[-2]),
        ),
        (
            ">i8",
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
            int(64, false, &[-2]),
        ),
        (
            ">u8",
            &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            int(64, true, &[i64::MAX]),
        ),
        (
            "<f2",
            &[0x00, 0x3c, 0x01, 0x00],
            Data::F32(vec![1.0, f32::powi(2.0, -24)]),
        ),
        (
            ">f2",
            &[0x3c, 0x00, 0xfc, 0x00],
            Data::F32(vec![1.0, f32::NEG_INFINITY]),
        ),
        ("<f4", &[0, 0, 0x80, 0xbf], Data::F32(vec![-1.0])),
        (">f4", &[0xbf, 0x80, 0, 0], Data::F32(vec![-1.0])),
        (
            "<f8",
            &[0, 0, 0, 0, 0, 0, 0xf0, 0xbf],
            Data::F64(vec![-1.0]),
        ),
        (
            ">f8",
            &[0xbf, 0xf0, 0, 0, 0, 0, 0, 0],
            Data::F64(vec![-1.0]),
        ),
    ] {
        assert_eq!(vector(descr, data), Ok(wanted), "{descr}");
    }
    // A NaN keeps its bits.
    let Ok(Data::F32(values)) = vector("<f4", &[1, 0, 0xa0, 0xff]) else {
        panic!("expected floats");
    };
    assert_eq!(values[0].to_bits(), 0xffa0_0001);
    let beyond = vector("<u8", &[0, 0, 0, 0, 0, 0, 0, 0x80]).expect_err("it has no i64");
    assert!(beyond.contains("holds 9223372036854775808"), "{beyond}");
}

#[test]
fn halves_become_the_same_numbers() {
    let stored: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let Ok(Data::F32(values)) = vector("<f2", &stored) else {
        panic!("expected floats");
    };
    for (bits, found) in (0..=u16::MAX).zip(values) {
        let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
        let magnitude = match exponent {
            0 => fraction * f32::powi(2.0, -24),
            31 if fraction == 0.0 => f32::INFINITY,
            31 => f32::NAN,
            _ => (1024.0 + fraction) * f32::powi(2.0, exponent - 25),
        };
        let wanted = if bits < 0x8000 { magnitude } else { -magnitude };
        let same = found.to_bits() == wanted.to_bits();
        assert!(
            same || found.is_nan() && wanted.is_nan(),
            "{bits:#06x}: {found}"
        );
    }
}

#[test]
fn numbers_become_those_of_the_models_input_or_are_refused() {
    let unsigned = Element::uint;
    let as_int = |descr: &str, data: &[u8], element| match converted(descr, data, element)? {
        Data::Int { values, .. } => Ok::<_, String>(values),
        other => panic!("expected integers, found {other:?}"),
    };
    let float = |value: f64| value.to_le_bytes();
    assert_eq!(as_int("<f8", &float(-7.0), Element::int(8)), Ok(vec![-7]));
    assert_eq!(
        as_int("<f8", &float(f64::powi(2.0, 62)), Element::I64),
        Ok(vec![1 << 62])
    );
    for (value, element) in [
        (0.5, Element::int(8)),
        (f64::NAN, Element::int(8)),
        (f64::INFINITY, Element::I64),
        (1e300, Element::I64),
        (f64::powi(2.0, 63), Element::I64),
        (-1e300, Element::I64),
        (128.0, Element::int(8)),
        (-1.0, unsigned(8)),
        (-1.0, unsigned(64)),
        (2.0, Element::BOOL),
    ] {
        let found = as_int("<f8", &float(value), element);
        assert!(found.is_err(), "{value} as {element}: {found:?}");
    }
    assert!(as_int("<i8", &(-1i64).to_le_bytes(), unsigned(64)).is_err());
    assert_eq!(as_int("|u1", &[200], unsigned(8)), Ok(vec![200]));
    assert!(as_int("|u1", &[200], Element::int(8)).is_err());
    // Rounded once: over float64 it would be 2^60.
    let odd = (1i64 << 60) + (1 << 36) + 1;
    let Ok(Data::F32(values)) = converted("<i8", &odd.to_le_bytes(), Element::F32) else {
        panic!("expected floats");
    };
    assert_eq!(values, [odd as f32]);
    assert_ne!(values, [odd as f64 as f32]);
    let Ok(Data::F32(values)) = converted("<f8", &float(0.1), Element::F32) else {
        panic!("expected floats");
    };
    assert_eq!(values, [0.1]);
}

#[test]
fn fortran_order_is_turned() {
    let file = npy(&header("|i1", "True", "(2, 3)"), &[1, 4, 2, 5, 3, 0xfa]);
    let rows = parts(&file).expect("a 2x3 array");
    let row = |values: [i64; 3]| Tensor::int(8, [3], values.to_vec());
    assert_eq!(rows, [row([1, 2, 3]), row([4, 5, -6])]);
    // Element (i, j, k) holds 100 i + 10 j + k.
    let mut data = Vec::new();
    for k in 0..4 {
        for j in 0..3 {
            for i in 0..2 {
                data.extend((100 * i + 10 * j + k as u16).to_be_bytes());
            }
        }
    }
    let found = parts(&npy(&header(">u2", "True", "(2, 3, 4)"), &data)).expect("a 2x3x4 array");
    let second = [100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123];
    assert_eq!(found[1].shape, [3, 4]);
    assert_eq!(found[1].as_int(), Some(&second[..]));
    let vector = parts(&npy(&header("|i1", "True", "(2,)"), &[1, 2])).expect("a vector");
    assert_eq!(vector[1], Tensor::int(8, [], vec![2]));
}
