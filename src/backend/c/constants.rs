//! Constant arrays.

use qonnx_dialects::ir;
use qonnx_dialects::memory::Budget;
use qonnx_dialects::tensor::{Data, Element};
use qonnx_dialects::upstream::{Global, byte_size, is_machine};

use super::literal::{self, Decimal};
use super::prelude::Prelude;
use crate::backend::interface::c_type;
use crate::backend::writer::Writer;

/// Characters of a line of a table.
const LINE: usize = 118;

/// Writes a global as an array and returns its number of bytes.
pub fn write(
    out: &mut Writer,
    prelude: &mut Prelude,
    global: Global<'_>,
    name: &str,
) -> Result<usize, String> {
    let attribute = global
        .elements()
        .ok_or("has no elements, expected a constant")?;
    let ty = ir::elements_type(attribute)
        .ok_or("has no elements, expected a constant whose elements are not elided")?;
    if !is_machine(ty.element) {
        return Err(format!(
            "is of type {}, expected machine numbers",
            ty.element
        ));
    }
    let bytes = byte_size(&ty).ok_or("is larger than any memory")?;
    let count = ty.shape.iter().product::<usize>();
    // One element may stand for all of them, which are written out.
    Budget::default()
        .take(&ty)
        .map_err(|error| error.to_string())?;
    let extents: Vec<_> = ty.shape.iter().map(ToString::to_string).collect();
    let r#type = c_type(ty.element);
    if extents.len() > 1 {
        out.line(format!("/* {} numbers. */", extents.join(" x ")));
    }
    out.line(format!(
        "static const {} {name}[{}] = {{",
        r#type,
        count.max(1)
    ));
    let mut table = Table::new(out);
    if count == 0 {
        table.number("0");
    } else if let Element::Int { .. } = ty.element {
        let (_, packed) = ir::read_packed(attribute, true).ok_or("has no integers")?;
        let mut small = Small::new();
        for at in 0..count {
            // All are one where the attribute has one.
            let value = packed.get(if packed.len() == 1 { 0 } else { at });
            match small.get(value) {
                Some(text) => table.number(text),
                None => table.number(&literal::integer(value)),
            }
        }
    } else {
        let numbers = ir::read_numbers(attribute).ok_or("has no numbers")?;
        let once = numbers.data.len() == 1;
        let at = |place: usize| if once { 0 } else { place };
        for place in 0..count {
            let (value, text) = match &numbers.data {
                Data::F64(values) => {
                    let value = values[at(place)];
                    (value, literal::double(value, Decimal::None))
                }
                Data::F32(values) => {
                    let value = values[at(place)];
                    (value.into(), literal::float(value, Decimal::None))
                }
                Data::Int { .. } => return Err("has integers, expected floats".to_owned()),
            };
            prelude.include_math_for(value);
            table.number(&text);
        }
    }
    table.end();
    out.line("};");
    Ok(bytes)
}

/// The texts of small integers: weights are millions of them.
struct Small(Vec<String>);

impl Small {
    const LEAST: i64 = -128;

    fn new() -> Self {
        Self((Self::LEAST..=255).map(|value| value.to_string()).collect())
    }

    fn get(&mut self, value: i64) -> Option<&str> {
        let at = usize::try_from(value.checked_sub(Self::LEAST)?).ok()?;
        self.0.get(at).map(String::as_str)
    }
}

/// Numbers in lines.
struct Table<'o> {
    out: &'o mut Writer,
    line: String,
}

impl<'o> Table<'o> {
    fn new(out: &'o mut Writer) -> Self {
        Self {
            out,
            line: String::with_capacity(LINE + 32),
        }
    }

    fn number(&mut self, text: &str) {
        if self.line.len() + text.len() >= LINE {
            self.end_line();
        }
        self.line += text;
        self.line.push(',');
    }

    fn end_line(&mut self) {
        self.line.push('\n');
        self.out.text(&self.line);
        self.line.clear();
    }

    fn end(mut self) {
        self.line.pop();
        self.end_line();
    }
}
