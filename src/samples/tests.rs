//! Arrays that fit a model, and arrays that do not.

use super::*;
use crate::npz;
use qonnx_dialects::tensor::Data;

fn inputs() -> Vec<(Foreign, TensorType)> {
    vec![
        ("x".into(), TensorType::f32([1, 2])),
        ("i".into(), TensorType::new([1], Element::int(8))),
    ]
}

/// A file of arrays.
fn archive(arrays: &[(&str, Tensor)]) -> Archive {
    let arrays: Vec<_> = arrays
        .iter()
        .map(|(name, tensor)| ((*name).to_owned(), tensor.clone()))
        .collect();
    npz::tests::archive(&arrays)
}

fn refused(arrays: &[(&str, Tensor)]) -> String {
    from_arrays(&inputs(), &mut archive(arrays)).expect_err("it must be refused")
}

fn x() -> (&'static str, Tensor) {
    ("x", Tensor::f32([2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]))
}

#[test]
fn samples_come_from_names_or_numbers() {
    let mut archive = archive(&[("in1", Tensor::i64([2, 1], vec![7, -8])), x()]);
    let samples = from_arrays(&inputs(), &mut archive).expect("they fit");
    let second = [
        Tensor::f32([1, 2], vec![3.0, 4.0]),
        Tensor::int(8, [1], vec![-8]),
    ];
    assert_eq!(samples.len(), 2);
    assert_eq!(samples[1], second);
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    assert_eq!(refused(&[x()]), "has no array 'i' or 'in1', found x");
    assert!(refused(&[]).ends_with("found none"));
    let wide = ("i", Tensor::i64([2, 1], vec![1, 128]));
    assert_eq!(
        refused(&[x(), wide]),
        "array 'i' holds 128, expected numbers of type i8"
    );
    let few = ("in1", Tensor::i64([1, 1], vec![1]));
    assert_eq!(
        refused(&[x(), few]),
        "array 'x' has 2 samples and array 'in1' has 1, expected as many in each"
    );
    let i = ("i", Tensor::i64([2, 1], vec![1, 2]));
    let flat = ("x", Tensor::f32([2], vec![0.0; 2]));
    assert!(refused(&[flat, i.clone()]).contains("has samples of shape []"));
    let scalar = ("x", Tensor::scalar(0.0));
    assert!(refused(&[scalar, i.clone()]).contains("has no axis"));
    let single = ("x", Tensor::f32([1, 2], vec![0.0; 2]));
    assert!(refused(&[single, i]).contains("needs a leading axis of 1"));
}

#[test]
fn numbers_beyond_the_model_and_two_arrays_for_one_input_are_refused() {
    let i = ("i", Tensor::i64([2, 1], vec![1, 2]));
    for key in ["in2", "in18446744073709551616"] {
        let other = (key, Tensor::scalar(0.0));
        let message = refused(&[x(), i.clone(), other]);
        assert_eq!(
            message,
            format!("has an array '{key}', but the model has 2 inputs")
        );
    }
    let again = ("in0", x().1);
    assert!(refused(&[x(), i.clone(), again]).contains("both 'x' and 'in0'"));
    // Other names are other arrays, which nobody asked for.
    let others = [("in", x().1), ("inx", x().1), ("out9", x().1)];
    let arrays = [&[x(), i.clone()][..], &others].concat();
    assert!(from_arrays(&inputs(), &mut archive(&arrays)).is_ok());
    // An input may have a name that looks like another's number.
    let named = vec![
        ("in1".into(), TensorType::f32([1, 2])),
        ("a".into(), TensorType::f32([1, 2])),
    ];
    let mut one = archive(&[("in1", x().1)]);
    assert!(from_arrays(&named, &mut one).is_err_and(|message| message.contains("no array 'a'")));
}

#[test]
fn names_are_shown_without_what_a_terminal_acts_on() {
    let arrays: Vec<_> = (0..40)
        .map(|at| (format!("\u{1b}[2J{at}"), Tensor::scalar(0.0)))
        .collect();
    let mut archive = npz::tests::archive(&arrays);
    let message = from_arrays(&inputs(), &mut archive).expect_err("no such array");
    assert!(!message.contains('\u{1b}') && message.contains("\\u{1b}[2J1"));
    assert!(message.ends_with(" and 24 more"), "{message}");
}

#[test]
fn expected_outputs_keep_shape_and_type() {
    let outputs = ["y".into(), "z".into()];
    let bits = Tensor::of_integers(Element::BOOL, [2, 3], vec![1, 0, 1, 0, 0, 1]);
    let wide = Tensor::new(vec![2, 1, 1], Data::F64(vec![0.1, 0.2]));
    let mut file = archive(&[("out1", wide), ("y", bits)]);
    let samples = expected(&outputs, 2, &mut file).expect("they fit");
    assert_eq!(
        samples[1],
        [
            Tensor::of_integers(Element::BOOL, [3], vec![0, 0, 1]),
            Tensor::new(vec![1, 1], Data::F64(vec![0.2])),
        ]
    );
    let few = expected(&outputs, 3, &mut file).expect_err("two samples");
    assert!(
        few.contains("'y' has shape [2, 3], expected 3 samples"),
        "{few}"
    );
    let one = expected(&outputs[..1], 2, &mut file).expect_err("an output too many");
    assert_eq!(one, "has an array 'out1', but the model has 1 output");
    let missing = ["gone".into()];
    let mut file = archive(&[("y", Tensor::f32([1], vec![0.0]))]);
    let message = expected(&missing, 1, &mut file).expect_err("it is missing");
    assert_eq!(message, "has no array 'gone' or 'out0', found y");
}

#[test]
fn a_single_array_is_the_one_input_or_output() {
    let one = &inputs()[..1];
    let mut file = npz::tests::single(&x().1);
    let samples = from_arrays(one, &mut file).expect("it fits");
    assert_eq!(samples[1], [Tensor::f32([1, 2], vec![3.0, 4.0])]);
    let outputs = ["whatever".into()];
    assert_eq!(expected(&outputs, 2, &mut file).expect("it fits"), samples);
    let message = from_arrays(&inputs(), &mut file).expect_err("two inputs");
    assert!(message.contains("a single array, and the model has 2 inputs"));
}

/// A list of that many samples alone would be more memory than there is.
#[test]
fn samples_that_only_the_header_has_are_refused() {
    let text = npz::tests::header("<f4", "False", "(1000000000000, 0)");
    let mut file = npz::tests::open(&npz::tests::npy(&text, &[])).expect("an array");
    let inputs = [("x".into(), TensorType::f32([0]))];
    let message = from_arrays(&inputs, &mut file).expect_err("too many");
    assert!(message.contains("MiB of memory are needed"), "{message}");
}

/// An array that nobody asked for is not looked at, and one of another shape is not inflated.
#[test]
fn no_more_than_what_fits_is_read() {
    let mut file = npz::tests::damaged(&[
        ("x".to_owned(), Tensor::f32([4096, 1, 2], vec![1.0; 8192])),
        ("y".to_owned(), Tensor::f32([4096, 1, 2], vec![1.0; 8192])),
    ]);
    let of = |name: &str, extent| [(name.into(), TensorType::f32([1, extent]))];
    let samples = from_arrays(&of("x", 2), &mut file).expect("it is sound");
    assert_eq!(samples.len(), 4096);
    let message = from_arrays(&of("y", 2), &mut file).expect_err("it is damaged");
    assert!(message.contains("is broken"), "{message}");
    let message = from_arrays(&of("y", 3), &mut file).expect_err("it has another shape");
    assert!(
        message.contains("has samples of shape [1, 2], expected [1, 3]"),
        "{message}"
    );
}

/// None of these is worth more than a message.
#[test]
fn no_samples_no_elements_and_many_dimensions() {
    let read = |ty: TensorType, array: Tensor| {
        let inputs = [("x".into(), ty)];
        from_arrays(&inputs, &mut archive(&[("x", array)]))
    };
    let none = read(TensorType::f32([3]), Tensor::f32([0, 3], vec![]));
    assert_eq!(none, Ok(vec![]));
    let empty = read(TensorType::f32([0, 4]), Tensor::f32([2, 0, 4], vec![]));
    assert_eq!(empty, Ok(vec![vec![Tensor::f32([0, 4], vec![])]; 2]));
    let scalars = read(TensorType::f32([]), Tensor::f32([2], vec![1.0, 2.0]));
    assert_eq!(
        scalars,
        Ok(vec![vec![Tensor::scalar(1.0)], vec![Tensor::scalar(2.0)]])
    );
    let deep = read(TensorType::f32([1; 63]), Tensor::f32([1; 64], vec![5.0]));
    assert_eq!(deep, Ok(vec![vec![Tensor::f32([1; 63], vec![5.0])]]));
    let deeper = read(TensorType::f32([1; 64]), Tensor::f32([1; 65], vec![5.0]));
    assert!(deeper.is_err_and(|message| message.contains("more than 64 dimensions")));
}

#[test]
fn a_network_without_inputs_has_one_sample() {
    for arrays in [vec![], vec![x()]] {
        let samples = from_arrays(&[], &mut archive(&arrays));
        assert_eq!(samples, Ok(vec![Sample::new()]));
    }
    let foreign = from_arrays(&[], &mut archive(&[("in0", Tensor::scalar(0.0))]));
    assert!(foreign.is_err_and(|message| message.contains("the model has 0 inputs")));
    assert_eq!(generate(&[], &[], 7, 1), Ok(vec![Sample::new()]));
}
